/* tables: what is built is what the format says, sealed, with its checksum; few hashes have none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "control/lists/tables.h"
#include "tests/lib/index_make.h"
#include "tests/lib/tables_make.h"

static uint8_t *index_of(unsigned n_pdq, unsigned n_frames, struct vg_index_view *view)
{
	struct vg_index_make make = { .n_lists = 0 };
	unsigned seed = (unsigned)time(NULL);
	size_t n_bytes;
	print_message("seed %u\n", seed);
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < n_pdq; i++) {
		uint32_t value[8];
		for (unsigned k = 0; k < 8; k++)
			value[k] = (uint32_t)rand_r(&seed) << 8 ^ (uint32_t)rand_r(&seed);
		vg_index_make_add(&make, 0, VG_ALGO_PDQ, (const void *)value);
	}
	for (unsigned done = 0; done < n_frames;) {
		static uint32_t values[VG_VIDEO_MAX_FRAMES][8];
		unsigned n = n_frames - done < VG_VIDEO_MAX_FRAMES ? n_frames - done : VG_VIDEO_MAX_FRAMES;
		for (unsigned i = 0; i < n; i++) {
			for (unsigned k = 0; k < 8; k++)
				values[i][k] = (uint32_t)rand_r(&seed);
			values[i][0] = i;
		}
		vg_index_make_video(&make, 0, (const void *)values, n);
		done += n;
	}
	uint8_t *bytes = vg_index_make_bytes(&make, 9, &n_bytes);
	assert_int_equal(vg_index_open(bytes, n_bytes, view), VG_OK);
	vg_index_make_free(&make);
	return bytes;
}

static void tables_are_built_as_the_format_says(void **state)
{
	struct vg_index_view view;
	uint8_t *bytes = index_of(VG_BANDS_MIN_HASHES + 77, VG_BANDS_MIN_HASHES, &view);
	struct vg_bands pdq, frames;
	size_t n_want, n_have = 0;
	uint8_t *want = vg_tables_make_bytes(&view, &n_want);
	uint64_t n_bytes;
	int fd;
	(void)state;
	assert_int_equal(vg_tables_build(&view, &fd, &n_bytes), VG_OK);
	assert_int_equal(n_bytes, n_want);
	assert_int_equal(vg_memfd_check(fd, VG_SEALS_FINAL, n_want, n_want, &n_have), VG_OK);
	uint8_t *have = vg_memfd_map_large(fd, n_have, PROT_READ);
	assert_non_null(have);
	assert_int_equal((uintptr_t)have % (2u << 20), 0);
	assert_memory_equal(have, want, n_want);
	assert_int_equal(vg_tables_open(have, n_have, &view, &pdq, &frames), VG_OK);
	assert_int_equal(pdq.n_hashes, VG_BANDS_MIN_HASHES + 77);
	assert_int_equal(frames.n_hashes, VG_BANDS_MIN_HASHES);
	munmap(have, n_have);
	close(fd);
	free(want);
	free(bytes);
}

static void few_hashes_have_none(void **state)
{
	struct vg_index_view view;
	uint8_t *bytes = index_of(100, 50, &view);
	uint64_t n_bytes;
	int fd;
	(void)state;
	assert_int_equal(vg_tables_build(&view, &fd, &n_bytes), VG_OK);
	assert_int_equal(fd, -1);
	assert_int_equal(n_bytes, 0);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_built_as_the_format_says),
		cmocka_unit_test(few_hashes_have_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
