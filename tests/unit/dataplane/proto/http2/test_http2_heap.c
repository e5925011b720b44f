/* The heap against a model: no two blocks overlap, all that is given back becomes one piece again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/proto/http2/http2_heap.h"

#define N_HELD 300u

static void blocks_never_overlap_and_all_come_back(void **state)
{
	struct vg_http2_heap heap;
	static uint8_t *held[N_HELD];
	static size_t sizes[N_HELD];
	unsigned seed = (unsigned)time(NULL);
	(void)state;

	print_message("seed %u\n", seed);
	srandom(seed);
	assert_int_equal(vg_http2_heap_create(&heap, 1 << 20), VG_OK);
	for (unsigned turn = 0; turn < 20000; turn++) {
		unsigned i = (unsigned)random() % N_HELD;
		if (held[i]) {
			for (size_t k = 0; k < sizes[i]; k++)
				if (held[i][k] != (uint8_t)i)
					fail_msg("block %u was written by another at %zu", i, k);
			vg_http2_heap_give(&heap, held[i]);
			held[i] = NULL;
			continue;
		}
		sizes[i] = 1 + (size_t)random() % (random() % 8 ? 300 : 70000);
		held[i] = vg_http2_heap_take(&heap, sizes[i]);
		if (!held[i])
			continue;
		assert_true(((uintptr_t)held[i] & 63) == 0);
		assert_true(vg_http2_heap_block_bytes(&heap, held[i]) >= sizes[i]);
		memset(held[i], (int)(uint8_t)i, sizes[i]);
	}
	for (unsigned i = 0; i < N_HELD; i++)
		if (held[i])
			vg_http2_heap_give(&heap, held[i]);
	assert_int_equal(heap.n_out, 0);
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(vg_http2_heap_take(&heap, VG_HTTP2_HEAP_MAX));
	assert_null(vg_http2_heap_take(&heap, 1));
	vg_http2_heap_destroy(&heap);
}

static void what_is_too_large_is_refused(void **state)
{
	struct vg_http2_heap heap;
	(void)state;

	assert_int_equal(vg_http2_heap_create(&heap, 1), VG_OK);
	assert_null(vg_http2_heap_take(&heap, VG_HTTP2_HEAP_MAX + 1));
	assert_non_null(vg_http2_heap_take(&heap, VG_HTTP2_HEAP_MAX));
	assert_null(vg_http2_heap_take(&heap, 64));
	vg_http2_heap_destroy(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_never_overlap_and_all_come_back),
		cmocka_unit_test(what_is_too_large_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
