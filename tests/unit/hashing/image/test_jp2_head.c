/* jp2_head: small pictures whose headers ask for much, each by another word; and files of the house, whole and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/media.h>

#include "hashing/image/jp2_head.h"
#include "hashing/image/luma.h"
#include "tests/lib/guard.h"

static uint8_t file[65536];
static size_t n_file;

static void load(const char *path)
{
	FILE *in = fopen(path, "rb");
	assert_non_null(in);
	n_file = fread(file, 1, sizeof(file), in);
	fclose(in);
	assert_true(n_file > 100);
}
static enum vg_err cost(size_t n, uint64_t *n_bytes)
{
	uint8_t *guarded = vg_guard_copy(file, n);
	struct vg_span span = { guarded, n };
	enum vg_err err = vg_jp2_cost(&(struct vg_chain){ &span, n != 0, n }, n_bytes);
	vg_guard_free(guarded, n);
	return err;
}
static void put32(size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		file[at + i] = (uint8_t)(value >> (24 - 8 * i));
}
/* Where a marker stands. */
static size_t find(uint8_t marker)
{
	for (size_t i = 0; i + 1 < n_file; i++)
		if (file[i] == 0xff && file[i + 1] == marker)
			return i;
	abort();
}

static void pictures_of_the_house_cost_little_and_are_decoded(void **state)
{
	static const char *const paths[] = { "tests/data/formats/a.j2k", "tests/data/formats/a.jp2" };
	struct vg_image *image = vg_image_create(NULL);
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t n_bytes;
		struct vg_luma luma;
		load(paths[i]);
		struct vg_span span = { file, n_file };
		assert_int_equal(cost(n_file, &n_bytes), VG_OK);
		assert_in_range(n_bytes, 10000, 64u << 20);
		assert_int_equal(vg_image_luma(image, VG_KIND_JP2, &(struct vg_chain){ &span, 1, n_file }, &luma),
				 VG_OK);
		for (size_t n = 0; n < n_file; n += n < 300 ? 1 : 97)
			assert_true(cost(n, &n_bytes) == VG_OK || n < n_file / 2);
	}
	vg_image_destroy(image);
}

/* Each is refused by its purse, and never reaches the library. */
static void what_a_header_asks_for_is_bounded_before_it_is_asked_for(void **state)
{
	struct vg_image *image = vg_image_create(NULL);
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		uint64_t n_bytes = 0;
		struct vg_luma luma;
		load("tests/data/formats/a.j2k");
		size_t siz = find(0x51), cod = find(0x52), sot = find(0x90);
		if (i == 0) { /* many pixels */
			put32(siz + 6, 0x7fffffff);
			put32(siz + 10, 0x7fffffff);
			put32(siz + 22, 0x7fffffff);
			put32(siz + 26, 0x7fffffff);
		} else if (i == 1) { /* many components of many tiles */
			put32(siz + 6, 60000);
			put32(siz + 22, 1);
			file[siz + 38] = 0x3f;
		} else if (i == 2) { /* precincts of one sample */
			put32(siz + 6, 8000);
			put32(siz + 10, 8000);
			put32(siz + 22, 8000);
			put32(siz + 26, 8000);
			file[cod + 4] |= 1;
			file[cod + 3]++; /* one byte longer: the size of the precincts */
			memmove(file + cod + 15, file + cod + 14, n_file - cod - 14);
			n_file++;
			file[cod + 9] = 0;
			file[cod + 14] = 0;
		} else if (i == 3) { /* a tile-part of gigabytes */
			put32(sot + 6, 0xfffffff0);
		} else { /* more tiles than have numbers */
			put32(siz + 22, 1);
			put32(siz + 26, 1);
			put32(siz + 6, 70000);
		}
		enum vg_err err = cost(n_file, &n_bytes);
		assert_true(i == 4 ? err == VG_ECORRUPT : err == VG_OK && n_bytes > 512u << 20);
		struct vg_span span = { file, n_file };
		err = vg_image_luma(image, VG_KIND_JP2, &(struct vg_chain){ &span, 1, n_file }, &luma);
		assert_int_equal(err, i == 4 ? VG_ECORRUPT : VG_EBUDGET);
	}
	vg_image_destroy(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_of_the_house_cost_little_and_are_decoded),
		cmocka_unit_test(what_a_header_asks_for_is_bounded_before_it_is_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
