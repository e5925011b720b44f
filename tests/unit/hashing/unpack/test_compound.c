/* compound: the streams of a file that the test itself lays out: small and large, cut, looped, lying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hashing/unpack/compound.h"
#include "tests/lib/guard.h"

#define SECTOR    512u
#define N_SECTORS 14u
#define END       0xfffffffeu
#define N_RANDOM  20000

/* Sectors: 0 FAT, 1 directory, 2 mini FAT, 3 the root's stream, 4 to 13 a large stream backwards. */
static void put(uint8_t *at, uint32_t v)
{
	memcpy(at, &v, 4);
}

static void entry(uint8_t *file, unsigned n_th, const char *name, unsigned type, uint32_t sector, uint32_t n_bytes)
{
	uint8_t *e = file + 2 * SECTOR + (size_t)n_th * 128;

	for (size_t i = 0; name[i]; i++)
		e[2 * i] = (uint8_t)name[i];
	e[66] = (uint8_t)type;
	put(e + 116, sector);
	put(e + 120, n_bytes);
}

static void make(uint8_t *file)
{
	memset(file, 0, (N_SECTORS + 1) * SECTOR);
	memcpy(file, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	file[28] = 0xfe, file[29] = 0xff, file[30] = 9, file[32] = 6;
	put(file + 48, 1);
	put(file + 60, 2);
	put(file + 68, END);
	memset(file + 76, 0xff, SECTOR - 76);
	put(file + 76, 0);
	for (unsigned i = 0; i < 4; i++)
		put(file + SECTOR + (size_t)i * 4, END);
	for (unsigned i = 4; i < N_SECTORS; i++) {
		put(file + SECTOR + (size_t)i * 4, i == 4 ? END : i - 1);
		memset(file + (size_t)(i + 1) * SECTOR, (int)(N_SECTORS - i), SECTOR);
	}
	entry(file, 0, "Root Entry", 5, 3, SECTOR);
	entry(file, 1, "large", 2, 13, 10 * SECTOR - 12);
	entry(file, 2, "small", 2, 1, 100);
	put(file + 3 * SECTOR + 4, 3); /* small sector 1, then 3 */
	put(file + 3 * SECTOR + 12, END);
	memset(file + 4 * SECTOR + 64, 'a', 64);
	memset(file + 4 * SECTOR + 192, 'b', 64);
}

static void streams_are_read_along_their_chains(void **state)
{
	uint8_t file[(N_SECTORS + 1) * SECTOR], to[(N_SECTORS + 1) * SECTOR];
	struct vg_compound_stream s;
	struct vg_compound c;
	(void)state;
	make(file);
	assert_true(vg_compound_open(&c, &(struct vg_span){ file, sizeof(file) }));
	assert_true(vg_compound_next(&c, &s));
	assert_string_equal(s.name, "large");
	assert_int_equal(vg_compound_read(&c, &s, to, sizeof(to)), 10 * SECTOR - 12);
	for (unsigned i = 0; i < 10 * SECTOR - 12; i++)
		assert_int_equal(to[i], 1 + i / SECTOR);
	assert_true(vg_compound_next(&c, &s));
	assert_string_equal(s.name, "small");
	assert_int_equal(vg_compound_read(&c, &s, to, sizeof(to)), 100);
	assert_true(to[0] == 'a' && to[63] == 'a' && to[64] == 'b' && to[99] == 'b');
	assert_false(vg_compound_next(&c, &s));
}

static void a_chain_that_loops_or_leaves_the_file_ends(void **state)
{
	uint8_t file[(N_SECTORS + 1) * SECTOR], to[(N_SECTORS + 1) * SECTOR];
	struct vg_compound_stream s;
	struct vg_compound c;
	unsigned n = 0;
	(void)state;
	make(file);
	put(file + SECTOR + 7 * 4, 9000);
	assert_true(vg_compound_open(&c, &(struct vg_span){ file, sizeof(file) }));
	assert_true(vg_compound_next(&c, &s));
	assert_int_equal(vg_compound_read(&c, &s, to, sizeof(to)), 7 * SECTOR);
	make(file);
	put(file + SECTOR + 4 * 4, 13); /* the large stream */
	put(file + 3 * SECTOR + 12, 1); /* the small one */
	put(file + SECTOR + 1 * 4, 1);  /* the directory */
	put(file + 2 * SECTOR + 128 + 120, UINT32_MAX);
	put(file + 2 * SECTOR + 256 + 120, 4095);
	assert_true(vg_compound_open(&c, &(struct vg_span){ file, sizeof(file) }));
	for (; vg_compound_next(&c, &s); n++)
		assert_true(vg_compound_read(&c, &s, to, sizeof(to)) <= sizeof(to));
	assert_true(n >= 2 && n <= 4 * (N_SECTORS + 1));
}

static void what_is_no_compound_file_is_refused(void **state)
{
	uint8_t file[(N_SECTORS + 1) * SECTOR];
	static const struct {
		unsigned off, value;
	} lies[] = { { 0, 0 }, { 28, 0 }, { 30, 40 }, { 32, 9 } };
	struct vg_compound c;
	(void)state;
	for (unsigned i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		make(file);
		file[lies[i].off] = (uint8_t)lies[i].value;
		assert_false(vg_compound_open(&c, &(struct vg_span){ file, sizeof(file) }));
	}
	make(file);
	assert_false(vg_compound_open(&c, &(struct vg_span){ file, 511 }));
	assert_false(vg_compound_open(&c, &(struct vg_span){ file, SECTOR }));
}

static void nothing_is_read_past_the_end_whatever_the_tables_say(void **state)
{
	const char *text = getenv("VIGIL_SEED");
	unsigned seed = text ? (unsigned)atoi(text) : 1124;
	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned i = 0; i < N_RANDOM; i++) {
		uint8_t file[(N_SECTORS + 1) * SECTOR], to[4 * SECTOR], *copy;
		size_t n = (size_t)rand_r(&seed) % sizeof(file) + 1;
		struct vg_compound_stream s;
		struct vg_compound c;
		make(file);
		for (unsigned k = 0; k < 6; k++) {
			size_t off = (size_t)rand_r(&seed) % (4 * SECTOR);
			put(file + off, (unsigned)rand_r(&seed) % 4 ? (unsigned)rand_r(&seed) % 20 : UINT32_MAX);
		}
		copy = vg_guard_copy(file, n);
		if (vg_compound_open(&c, &(struct vg_span){ copy, n }))
			while (vg_compound_next(&c, &s))
				assert_true(vg_compound_read(&c, &s, to, sizeof(to)) <= sizeof(to));
		vg_guard_free(copy, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_read_along_their_chains),
		cmocka_unit_test(a_chain_that_loops_or_leaves_the_file_ends),
		cmocka_unit_test(what_is_no_compound_file_is_refused),
		cmocka_unit_test(nothing_is_read_past_the_end_whatever_the_tables_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
