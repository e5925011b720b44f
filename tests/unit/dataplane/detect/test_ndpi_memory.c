/* ndpi_memory: blocks never overlap, all comes back as one, and nDPI takes what it needs from there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <ndpi/ndpi_api.h>

#include "dataplane/detect/ndpi_memory.h"

#define N_HELD 500u

struct held {
	uint8_t *at;
	size_t n_bytes;
	uint8_t mark;
};

static void check_and_free(struct held *h)
{
	for (size_t i = 0; i < h->n_bytes; i++)
		if (h->at[i] != h->mark)
			fail_msg("byte %zu of %zu is another block's", i, h->n_bytes);
	vg_ndpi_memory_free(h->at);
	h->at = NULL;
}

static void random_blocks_keep_their_bytes_and_all_come_back(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct vg_ndpi_memory *memory = vg_ndpi_memory_create();
	struct held held[N_HELD] = { 0 };
	uint32_t n_full = 0;

	(void)state;
	print_message("seed %u\n", seed);
	assert_non_null(memory);
	vg_ndpi_memory_enter(memory);
	for (int i = 0; i < 60000; i++) {
		struct held *h = &held[(unsigned)rand_r(&seed) % N_HELD];

		if (h->at) {
			check_and_free(h);
			continue;
		}
		h->n_bytes = (size_t)rand_r(&seed) % (1u << (1 + rand_r(&seed) % 17));
		h->mark = (uint8_t)rand_r(&seed);
		h->at = vg_ndpi_memory_malloc(h->n_bytes);
		n_full += !h->at;
		if (h->at)
			memset(h->at, h->mark, h->n_bytes);
		assert_int_equal((uintptr_t)h->at % VG_NDPI_UNIT_BYTES, 0);
	}
	print_message("found full %u times\n", n_full);
	for (uint32_t i = 0; i < N_HELD; i++)
		if (held[i].at)
			check_and_free(&held[i]);
	assert_int_equal(vg_ndpi_memory_n_used(memory), 0);
	held[0].at = vg_ndpi_memory_malloc(VG_NDPI_BYTES); /* one block again */
	assert_non_null(held[0].at);
	assert_null(vg_ndpi_memory_malloc(1));
	assert_null(vg_ndpi_memory_malloc(VG_NDPI_BYTES + 1));
	vg_ndpi_memory_free(held[0].at);
	vg_ndpi_memory_leave();
	vg_ndpi_memory_destroy(memory);
}

static void room_is_said_to_be_gone_before_a_call_could_fail(void **state)
{
	struct vg_ndpi_memory *memory = vg_ndpi_memory_create();
	size_t n_most = (size_t)VG_NDPI_UNIT_BYTES << VG_NDPI_CALL_ORDER;
	void *blocks[VG_NDPI_BYTES / 65536];
	uint32_t n = 0;

	(void)state;
	assert_non_null(memory);
	vg_ndpi_memory_enter(memory);
	while (vg_ndpi_memory_has_room(memory)) {
		blocks[n] = vg_ndpi_memory_malloc(n_most / 2 + 1);
		assert_non_null(blocks[n++]);
	}
	assert_int_equal(n, VG_NDPI_BYTES / n_most);
	vg_ndpi_memory_free(blocks[--n]);
	assert_true(vg_ndpi_memory_has_room(memory));
	while (n)
		vg_ndpi_memory_free(blocks[--n]);
	vg_ndpi_memory_leave();
	vg_ndpi_memory_destroy(memory);
}

static void the_hooks_are_ndpis_and_outside_of_a_call_they_are_malloc(void **state)
{
	struct vg_ndpi_memory *memory = vg_ndpi_memory_create();
	void *early, *late;

	(void)state;
	assert_non_null(memory);
	early = ndpi_malloc(100);
	vg_ndpi_memory_enter(memory);
	late = ndpi_calloc(3, 40);
	assert_int_equal(vg_ndpi_memory_n_used(memory), 128);
	late = ndpi_realloc(late, 120, 300);
	assert_int_equal(vg_ndpi_memory_n_used(memory), 512);
	ndpi_free(early); /* not ours: libc's */
	ndpi_free(late);
	ndpi_free(NULL);
	assert_int_equal(vg_ndpi_memory_n_used(memory), 0);
	vg_ndpi_memory_leave();
	vg_ndpi_memory_destroy(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_blocks_keep_their_bytes_and_all_come_back),
		cmocka_unit_test(room_is_said_to_be_gone_before_a_call_could_fail),
		cmocka_unit_test(the_hooks_are_ndpis_and_outside_of_a_call_they_are_malloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
