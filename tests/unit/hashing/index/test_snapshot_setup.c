/* snapshot, what comes with an index: search tables that are not this index's, cut, changed or untrue are refused, and
 * the generation in use stays; and films among its videos. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/index/snapshot_priv.h"
#include "tests/lib/index_make.h"
#include "tests/lib/picture.h"
#include "tests/lib/tables_make.h"

static uint64_t seed;
static struct vg_index_make make;
static struct vg_index *taken;

static void random_bytes(uint8_t *at, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		at[i] = (uint8_t)vg_random(&seed);
}
/* An index whose pictures are enough for tables. */
static int many_pictures(uint64_t generation, uint8_t **tables, size_t *n_tables)
{
	struct vg_index_view view;
	size_t n_bytes;
	uint8_t value[32];
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < VG_BANDS_MIN_HASHES; i++) {
		random_bytes(value, sizeof(value));
		vg_index_make_add(&make, 0, VG_ALGO_PDQ, value);
	}
	uint8_t *bytes = vg_index_make_bytes(&make, generation, &n_bytes);
	assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_OK);
	*tables = vg_tables_make_bytes(&view, n_tables);
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	free(bytes);
	return fd;
}
static enum vg_err take(int fd, const uint8_t *tables, size_t n_tables, int seals)
{
	int tables_fd = vg_index_make_memfd(tables, n_tables, seals);
	enum vg_err err = vg_index_take(taken, fd, tables_fd, 2);
	close(tables_fd);
	assert_int_equal(vg_index_generation(taken), err ? 0 : 2);
	return err;
}

static void tables_cut_unsealed_or_of_another_index_are_refused(void **state)
{
	size_t n;
	uint8_t *tables;
	int fd = many_pictures(2, &tables, &n);
	(void)state;
	assert_int_equal(take(fd, tables, n, VG_SEALS_FINAL & ~F_SEAL_WRITE), VG_ESEAL);
	assert_int_equal(take(fd, tables, sizeof(struct vg_tables_header) - 1, VG_SEALS_FINAL), VG_ERANGE);
	assert_int_equal(take(fd, tables, n - 64, VG_SEALS_FINAL), VG_ECORRUPT);
	assert_int_equal(take(fd, tables, sizeof(struct vg_tables_header), VG_SEALS_FINAL), VG_ECORRUPT);
	for (size_t at = 0; at < sizeof(struct vg_tables_header); at++) {
		tables[at] ^= 1;
		assert_int_not_equal(take(fd, tables, n, VG_SEALS_FINAL), VG_OK);
		tables[at] ^= 1;
	}
	for (unsigned i = 0; i < 20; i++) {
		size_t at = sizeof(struct vg_tables_header) + vg_random(&seed) % (n - sizeof(struct vg_tables_header));
		tables[at] ^= 0x40;
		assert_int_equal(take(fd, tables, n, VG_SEALS_FINAL), VG_ECORRUPT);
		tables[at] ^= 0x40;
	}
	assert_int_equal(take(fd, tables, n, VG_SEALS_FINAL), VG_OK);
	assert_non_null(taken->near.bands);
	free(tables);
	close(fd);
}

static void tables_that_lead_out_of_their_bounds_are_refused_whatever_their_checksum(void **state)
{
	size_t n;
	uint8_t *tables;
	int fd = many_pictures(2, &tables, &n);
	struct vg_tables_header *h = (void *)tables;
	uint32_t *first = (void *)(tables + h->pdq_first.off);
	struct vg_band_entry *entries = (void *)(tables + h->pdq_entries.off);
	const uint32_t bad[] = { VG_BANDS_MIN_HASHES, UINT32_MAX };
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct vg_band_entry *entry = &entries[vg_random(&seed) % (16 * VG_BANDS_MIN_HASHES)], was = *entry;
		uint32_t *at = &first[vg_random(&seed) % (16 * (VG_BANDS_VALUES + 1))], before = *at;
		entry->record_idx = bad[i];
		vg_tables_make_sum(tables, n);
		assert_int_equal(take(fd, tables, n, VG_SEALS_FINAL), VG_ECORRUPT);
		*entry = was;
		*at = bad[i] + (i == 0);
		vg_tables_make_sum(tables, n);
		assert_int_equal(take(fd, tables, n, VG_SEALS_FINAL), VG_ECORRUPT);
		*at = before;
	}
	vg_tables_make_sum(tables, n);
	assert_int_equal(take(fd, tables, n, VG_SEALS_FINAL), VG_OK);
	free(tables);
	close(fd);
}

static void a_film_is_found_by_its_lists_own_numbers_strongest_first(void **state)
{
	uint8_t values[20][32], others[20][32];
	struct vg_frame_hash film[21] = { { .quality = 0 } };
	struct vg_hit hits[4];
	size_t n_bytes;
	bool cut_short;
	(void)state;
	random_bytes(values[0], sizeof(values));
	random_bytes(others[0], sizeof(others));
	uint32_t reviews = vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	uint32_t alerts = vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_ALERT, 31);
	uint32_t strict = vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	make.lists[strict].query_percent = 100;
	uint32_t alerted = vg_index_make_video(&make, alerts, (const void *)values, 20);
	uint32_t whole = vg_index_make_video(&make, reviews, (const void *)values, 20);
	uint32_t most = vg_index_make_video(&make, reviews, (const void *)values, 17);
	(void)vg_index_make_video(&make, strict, (const void *)values, 19);
	(void)vg_index_make_video(&make, reviews, (const void *)others, 20);
	uint8_t *bytes = vg_index_make_bytes(&make, 2, &n_bytes);
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	assert_int_equal(vg_index_take(taken, fd, -1, 2), VG_OK);
	for (unsigned i = 0; i < 21; i++) {
		memcpy(film[i].pdq, values[i % 20], 32);
		film[i].pdq[5] ^= 0x0f;
		film[i].frame_no = 30 * i + 1;
		film[i].quality = 50;
	}
	assert_int_equal(vg_index_query_video(taken, film, 21, hits, 4, &cut_short), 3);
	assert_false(cut_short);
	const struct vg_hit expected[] = { { .entry_idx = whole, .query_percent = 100, .compared_percent = 100 },
					   { .entry_idx = most, .query_percent = 85, .compared_percent = 100 },
					   { .entry_idx = alerted, .query_percent = 100, .compared_percent = 100 } };
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(hits[i].algo, VG_ALGO_VPDQ);
		assert_int_equal(hits[i].entry_idx, expected[i].entry_idx);
		assert_int_equal(hits[i].query_percent, expected[i].query_percent);
		assert_int_equal(hits[i].compared_percent, expected[i].compared_percent);
		assert_int_equal(hits[i].distance, 0);
	}
	assert_int_equal(hits[0].frame_idx, 1);
	assert_int_equal(vg_index_query_video(taken, film, 21, hits, 1, &cut_short), 1);
	assert_int_equal(hits[0].entry_idx, whole);
	assert_int_equal(vg_index_query_video(taken, film, 0, hits, 4, &cut_short), 0);
	free(bytes);
	close(fd);
}

static void videos_whose_frames_are_not_theirs_are_refused(void **state)
{
	uint8_t values[6][32];
	struct vg_index_view view;
	size_t n_bytes;
	(void)state;
	random_bytes(values[0], sizeof(values));
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	(void)vg_index_make_video(&make, 0, (const void *)values, 3);
	(void)vg_index_make_video(&make, 0, (const void *)(values + 3), 3);
	uint8_t *bytes = vg_index_make_bytes(&make, 2, &n_bytes);
	assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_OK);
	struct vg_index_video *videos = (void *)(uintptr_t)view.videos;
	struct vg_index_frame *frames = (void *)(uintptr_t)view.frames;
	uint32_t *const fields[] = { &videos[0].entry_idx, &videos[1].first_frame, &videos[1].n_frames,
				     &videos[0].n_frames,  &frames[2].video_idx,   &frames[3].video_idx };
	const uint32_t bad[] = { 2, 4, 7, UINT32_MAX };
	for (unsigned i = 0; i < 6; i++)
		for (unsigned b = 0; b < 4; b++) {
			uint32_t was = *fields[i];
			*fields[i] = bad[b];
			assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_ECORRUPT);
			*fields[i] = was;
		}
	memcpy(frames[1].value, frames[0].value, 32); /* a value twice */
	assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_ECORRUPT);
	free(bytes);
}

static int begin(void **state)
{
	(void)state;
	taken = vg_index_create();
	return taken ? 0 : -1;
}
static int end(void **state)
{
	(void)state;
	vg_index_destroy(taken);
	vg_index_make_free(&make);
	return 0;
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tables_cut_unsealed_or_of_another_index_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(
			tables_that_lead_out_of_their_bounds_are_refused_whatever_their_checksum, begin, end),
		cmocka_unit_test_setup_teardown(a_film_is_found_by_its_lists_own_numbers_strongest_first, begin, end),
		cmocka_unit_test_setup_teardown(videos_whose_frames_are_not_theirs_are_refused, begin, end),
	};
	seed = (uint64_t)time(NULL);
	print_message("seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
