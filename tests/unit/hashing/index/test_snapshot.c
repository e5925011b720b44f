/* snapshot: queries against a plain loop with neighbours planted at distances 0 .. 32, list policy, order and
 * fullness of hits; and that nothing but a whole, sealed, checksummed index is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/index/hamming.h"
#include "hashing/index/snapshot_priv.h"
#include "tests/lib/index_make.h"
#include "tests/lib/picture.h"
#include "tests/lib/tables_make.h"

struct fixture {
	uint64_t seed;
	struct vg_index *index;
	struct vg_index_make make;
	struct vg_pdq_result pdq;
};

static void random_bytes(struct fixture *f, uint8_t *at, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		at[i] = (uint8_t)vg_random(&f->seed);
}
static void flip(struct fixture *f, uint8_t *hash, unsigned n_bits)
{
	uint8_t done[32] = { 0 };
	while (n_bits) {
		unsigned bit = vg_random(&f->seed) % 256;
		if (done[bit / 8] >> bit % 8 & 1)
			continue;
		done[bit / 8] |= (uint8_t)(1 << bit % 8);
		hash[bit / 8] ^= (uint8_t)(1 << bit % 8);
		n_bits--;
	}
}
static enum vg_err take(struct fixture *f, uint64_t generation)
{
	size_t n_bytes, n_tables;
	struct vg_index_view view;
	uint8_t *bytes = vg_index_make_bytes(&f->make, generation, &n_bytes), *tables = NULL;
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL), tables_fd = -1;
	assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_OK);
	if (view.n_pdq >= VG_BANDS_MIN_HASHES || view.n_frames >= VG_BANDS_MIN_HASHES) {
		tables = vg_tables_make_bytes(&view, &n_tables);
		tables_fd = vg_index_make_memfd(tables, n_tables, VG_SEALS_FINAL);
	}
	enum vg_err err = vg_index_take(f->index, fd, tables_fd, generation);
	close(fd);
	if (tables_fd >= 0)
		close(tables_fd);
	free(bytes);
	free(tables);
	return err;
}
static void random_picture(struct fixture *f)
{
	random_bytes(f, f->pdq.variants[0], sizeof(f->pdq.variants));
	memcpy(f->pdq.hash, f->pdq.variants[0], 32);
	f->pdq.quality = 80;
}

static void radius_search_finds_what_a_plain_loop_finds(void **state)
{
	struct fixture *f = *state;
	static uint8_t planted[400][32];
	struct vg_hit hits[500];
	print_message("seed %llu\n", (unsigned long long)f->seed);
	random_picture(f);
	for (unsigned l = 0; l < 3; l++)
		vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW,
				   (uint8_t)(l == 0   ? 31
					     : l == 1 ? 12
						      : 200));
	for (unsigned i = 0; i < 400; i++) {
		memcpy(planted[i], f->pdq.variants[i % 8], 32);
		flip(f, planted[i], i % 80 <= 70 ? i % 80 : 128);
		vg_index_make_add(&f->make, i % 3, VG_ALGO_PDQ, planted[i]);
	}
	assert_int_equal(take(f, 7), VG_OK);
	uint32_t n = vg_index_query(f->index, NULL, &f->pdq, hits, 500), n_expected = 0;
	for (unsigned i = 0; i < 400; i++) {
		unsigned best = 256, limit = i % 3 == 1 ? 12 : i % 3 == 2 ? 63 : 31, found = 0;
		for (unsigned v = 0; v < 8; v++) {
			unsigned d = vg_hamming_distance(planted[i], f->pdq.variants[v]);
			best = d < best ? d : best;
		}
		n_expected += best <= limit;
		for (uint32_t h = 0; h < n; h++)
			if (hits[h].entry_idx == i) {
				found++;
				assert_int_equal(hits[h].distance, best);
				assert_int_equal(hits[h].algo, VG_ALGO_PDQ);
				assert_int_equal(vg_hamming_distance(planted[i], f->pdq.variants[hits[h].variant]),
						 best);
			}
		assert_int_equal(found, best <= limit);
	}
	assert_int_equal(n, n_expected);
	for (uint32_t h = 1; h < n; h++)
		assert_true(hits[h - 1].distance <= hits[h].distance);
}

static void many_hashes_are_searched_by_bands_with_the_same_hits_as_by_scan(void **state)
{
	struct fixture *f = *state;
	struct vg_hit by_bands[8], by_scan[8];
	uint8_t hash[32], centres[4][32];
	uint32_t n_hits = 0;
	print_message("seed %llu\n", (unsigned long long)f->seed);
	random_bytes(f, centres[0], sizeof(centres));
	for (unsigned l = 0; l < 3; l++)
		vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW, (uint8_t)(31 - 9 * l));
	for (uint32_t i = 0; i < VG_BANDS_MIN_HASHES + 10; i++) {
		random_bytes(f, hash, 32);
		if (i % 400 == 0) {
			memcpy(hash, centres[i / 400 % 4], 32);
			flip(f, hash, vg_random(&f->seed) % 16);
		}
		if (i % 3)
			vg_index_make_add(&f->make, i % 3, VG_ALGO_PDQ, hash);
		else /* several hashes of one entry */
			vg_index_make_record(&f->make, VG_ALGO_PDQ, hash, i / 400);
	}
	assert_int_equal(take(f, 1), VG_OK);
	const struct vg_bands *bands = f->index->near.bands;
	struct vg_near scan;
	assert_non_null(bands);
	assert_int_equal(vg_near_init(&scan, f->index->tier, f->index->view.pdq, f->index->view.n_pdq, 31, NULL),
			 VG_OK);
	f->index->near.sketch = scan.sketch;
	f->index->near.n_sketch = scan.n_sketch;
	for (unsigned round = 0; round < 200; round++) {
		uint32_t room = 1 + round % 8, n;
		random_picture(f);
		for (unsigned v = round % 3; v < 8; v += 3) {
			memcpy(f->pdq.variants[v], centres[round % 4], 32);
			flip(f, f->pdq.variants[v], vg_random(&f->seed) % 16);
		}
		memset(by_bands, 0, sizeof(by_bands));
		memset(by_scan, 0, sizeof(by_scan));
		n = vg_index_query(f->index, NULL, &f->pdq, by_bands, room);
		f->index->near.bands = NULL;
		assert_int_equal(vg_index_query(f->index, NULL, &f->pdq, by_scan, room), n);
		f->index->near.bands = bands;
		assert_memory_equal(by_bands, by_scan, sizeof(by_scan));
		n_hits += n;
	}
	assert_true(n_hits > 0);
}

static void when_there_are_too_many_the_nearest_stay(void **state)
{
	struct fixture *f = *state;
	struct vg_hit all[200], few[8];
	random_picture(f);
	vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < 200; i++) {
		uint8_t near[32];
		memcpy(near, f->pdq.hash, 32);
		flip(f, near, vg_random(&f->seed) % 32);
		vg_index_make_add(&f->make, 0, VG_ALGO_PDQ, near);
	}
	assert_int_equal(take(f, 1), VG_OK);
	assert_int_equal(vg_index_query(f->index, NULL, &f->pdq, all, 200), 200);
	assert_int_equal(vg_index_query(f->index, NULL, &f->pdq, few, 8), 8);
	assert_memory_equal(all, few, sizeof(few));
	assert_int_equal(vg_index_query(f->index, NULL, &f->pdq, few, 0), 0);
}

static void a_list_that_reports_is_not_crowded_out_by_one_that_counts(void **state)
{
	struct fixture *f = *state;
	struct vg_hit hits[4];
	random_picture(f);
	uint32_t counts = vg_index_make_list(&f->make, VG_ACTION_COUNT, VG_ACTION_COUNT, 31);
	uint32_t reviews = vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	uint8_t far[32];
	memcpy(far, f->pdq.hash, 32);
	flip(f, far, 30);
	for (unsigned i = 0; i < 20; i++)
		vg_index_make_add(&f->make, counts, VG_ALGO_PDQ, f->pdq.hash);
	uint32_t wanted = vg_index_make_add(&f->make, reviews, VG_ALGO_PDQ, far);
	assert_int_equal(take(f, 1), VG_OK);
	assert_int_equal(vg_index_query(f->index, NULL, &f->pdq, hits, 4), 4);
	assert_int_equal(hits[0].entry_idx, wanted);
	assert_int_equal(hits[0].distance, 30);
}

static void an_entry_with_several_hashes_is_reported_once_by_its_nearest(void **state)
{
	struct fixture *f = *state;
	struct vg_hit hits[4];
	uint8_t near[32];
	random_picture(f);
	vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	memcpy(near, f->pdq.variants[3], 32);
	flip(f, near, 20);
	uint32_t entry = vg_index_make_add(&f->make, 0, VG_ALGO_PDQ, near);
	flip(f, near, 5);
	vg_index_make_record(&f->make, VG_ALGO_PDQ, near, entry);
	memcpy(near, f->pdq.variants[6], 32);
	flip(f, near, 3);
	vg_index_make_record(&f->make, VG_ALGO_PDQ, near, entry);
	memcpy(near, f->pdq.variants[1], 32);
	flip(f, near, 9);
	vg_index_make_record(&f->make, VG_ALGO_PDQ, near, entry);
	assert_int_equal(take(f, 1), VG_OK);
	assert_int_equal(vg_index_query(f->index, NULL, &f->pdq, hits, 4), 1);
	assert_int_equal(hits[0].distance, 3);
	assert_int_equal(hits[0].variant, 6);
}

static void a_hash_of_low_quality_is_not_searched(void **state)
{
	struct fixture *f = *state;
	struct vg_hit hit;
	random_picture(f);
	vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	vg_index_make_add(&f->make, 0, VG_ALGO_PDQ, f->pdq.hash);
	assert_int_equal(take(f, 1), VG_OK);
	f->pdq.quality = VG_PDQ_MIN_QUALITY - 1;
	assert_int_equal(vg_index_query(f->index, NULL, &f->pdq, &hit, 1), 0);
	f->pdq.quality = VG_PDQ_MIN_QUALITY;
	assert_int_equal(vg_index_query(f->index, NULL, &f->pdq, &hit, 1), 1);
}

static void digests_are_found_exactly_and_before_pictures(void **state)
{
	struct fixture *f = *state;
	struct vg_digest_values digests[50], other;
	struct vg_hit hits[8];
	random_picture(f);
	vg_index_make_list(&f->make, VG_ACTION_COUNT, VG_ACTION_REPORT, 31);
	uint32_t picture = vg_index_make_add(&f->make, 0, VG_ALGO_PDQ, f->pdq.hash);
	for (unsigned i = 0; i < 50; i++) {
		random_bytes(f, (uint8_t *)&digests[i], sizeof(digests[i]));
		assert_int_equal(vg_index_make_add(&f->make, 0, VG_ALGO_MD5, digests[i].md5), 3 * i + 1);
		vg_index_make_add(&f->make, 0, VG_ALGO_SHA1, digests[i].sha1);
		vg_index_make_add(&f->make, 0, VG_ALGO_SHA256, digests[i].sha256);
	}
	assert_int_equal(take(f, 1), VG_OK);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(vg_index_query(f->index, &digests[i], &f->pdq, hits, 8), 4);
		for (unsigned h = 0; h < 3; h++) {
			assert_int_equal(hits[h].entry_idx, 3 * i + 1 + h);
			assert_int_equal(hits[h].algo, VG_ALGO_MD5 + h);
		}
		assert_int_equal(hits[3].entry_idx, picture);
		for (unsigned byte = 0; byte < sizeof(other); byte++) {
			other = digests[i];
			((uint8_t *)&other)[byte] ^= 1;
			assert_int_equal(vg_index_query(f->index, &other, NULL, hits, 8), 2);
		}
	}
}

static void digests_that_were_not_made_are_not_searched(void **state)
{
	struct fixture *f = *state;
	static const struct vg_digest_values none;
	struct vg_hit hit;
	vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	vg_index_make_add(&f->make, 0, VG_ALGO_MD5, none.md5);
	assert_int_equal(take(f, 1), VG_OK);
	assert_int_equal(vg_index_query(f->index, &none, NULL, &hit, 1), 0);
}

static void the_same_digest_in_many_entries_is_reported_up_to_the_room(void **state)
{
	struct fixture *f = *state;
	struct vg_digest_values digests;
	struct vg_hit hits[100];
	random_bytes(f, (uint8_t *)&digests, sizeof(digests));
	vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < 70; i++)
		vg_index_make_add(&f->make, 0, VG_ALGO_SHA1, digests.sha1);
	assert_int_equal(take(f, 1), VG_OK);
	assert_int_equal(vg_index_query(f->index, &digests, NULL, hits, 8), 8);
	assert_int_equal(vg_index_query(f->index, &digests, NULL, hits, 100), VG_INDEX_MAX_SAME);
}

static void before_the_first_index_nothing_is_found(void **state)
{
	struct fixture *f = *state;
	struct vg_digest_values digests;
	struct vg_hit hit;
	random_picture(f);
	random_bytes(f, (uint8_t *)&digests, sizeof(digests));
	assert_int_equal(vg_index_query(f->index, &digests, &f->pdq, &hit, 1), 0);
	assert_int_equal(vg_index_generation(f->index), 0);
	assert_null(vg_index_peek(f->index));
	assert_int_equal(take(f, 3), VG_OK); /* an empty one is an index too */
	assert_int_equal(vg_index_query(f->index, &digests, &f->pdq, &hit, 1), 0);
	assert_int_equal(vg_index_generation(f->index), 3);
}

/* Takes what has been made bad; the generation in use must stay. */
static void refuse(struct fixture *f, const uint8_t *bytes, size_t n_bytes, int seals, enum vg_err expected)
{
	int fd = vg_index_make_memfd(bytes, n_bytes, seals);
	enum vg_err err = vg_index_take(f->index, fd, -1, 2);
	struct vg_hit hit;
	close(fd);
	if (expected)
		assert_int_equal(err, expected);
	assert_int_not_equal(err, VG_OK);
	assert_int_equal(vg_index_generation(f->index), 1);
	assert_int_equal(vg_index_query(f->index, NULL, &f->pdq, &hit, 1), 1);
}
static uint8_t *two_generations(struct fixture *f, size_t *n_bytes)
{
	uint8_t digest[32];
	random_picture(f);
	vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	vg_index_make_add(&f->make, 0, VG_ALGO_PDQ, f->pdq.hash);
	for (unsigned i = 0; i < 9; i++) {
		random_bytes(f, digest, sizeof(digest));
		vg_index_make_add(&f->make, 0, VG_ALGO_MD5 + i % 3, digest);
	}
	assert_int_equal(take(f, 1), VG_OK);
	return vg_index_make_bytes(&f->make, 2, n_bytes);
}

static void an_index_without_all_seals_is_refused(void **state)
{
	struct fixture *f = *state;
	size_t n_bytes;
	uint8_t *bytes = two_generations(f, &n_bytes);
	const int seals[] = { F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_SEAL };
	for (unsigned i = 0; i < 4; i++)
		refuse(f, bytes, n_bytes, VG_SEALS_FINAL & ~seals[i], VG_ESEAL);
	assert_int_equal(vg_index_take(f->index, 0, -1, 2), VG_ESEAL);
	assert_int_equal(vg_index_take(f->index, -1, -1, 2), VG_ESEAL);
	free(bytes);
}

static void an_index_cut_anywhere_is_refused(void **state)
{
	struct fixture *f = *state;
	size_t n_bytes;
	uint8_t *bytes = two_generations(f, &n_bytes);
	for (size_t n = 0; n < n_bytes; n += n < 300 ? 1 : 13)
		refuse(f, bytes, n, VG_SEALS_FINAL, n < sizeof(struct vg_index_header) ? VG_ERANGE : VG_ECORRUPT);
	free(bytes);
}

static void a_changed_bit_anywhere_is_refused(void **state)
{
	struct fixture *f = *state;
	size_t n_bytes, built = offsetof(struct vg_index_header, built_ns);
	/* These may claim their zero padding too: an entry or list that nothing names, the end of the last string. */
	const size_t padded[] = { offsetof(struct vg_index_header, lists.n_items),
				  offsetof(struct vg_index_header, entries.n_items),
				  offsetof(struct vg_index_header, strings.n_items) };
	uint8_t *bytes = two_generations(f, &n_bytes);
	for (size_t i = 0; i < n_bytes; i++)
		for (unsigned bit = 0; bit < 8; bit += i < sizeof(struct vg_index_header) ? 1 : 7) {
			if ((i >= built && i < built + 8) || i == padded[0] || i == padded[1] || i == padded[2])
				continue;
			bytes[i] ^= (uint8_t)(1 << bit);
			refuse(f, bytes, n_bytes, VG_SEALS_FINAL, VG_OK);
			bytes[i] ^= (uint8_t)(1 << bit);
		}
	free(bytes);
}

static void every_header_field_set_to_extremes_is_refused_or_harmless(void **state)
{
	static const uint64_t extremes[] = {
		0, 1, 63, 64, 4096, UINT32_MAX, 1ull << 40, INT64_MAX, UINT64_MAX - 63, UINT64_MAX
	};
	struct fixture *f = *state;
	size_t n_bytes;
	uint8_t *bytes = two_generations(f, &n_bytes);
	for (size_t at = 0; at < sizeof(struct vg_index_header); at += 8)
		for (unsigned e = 0; e < VG_ARRAY_LEN(extremes); e++) {
			uint64_t before;
			struct vg_index_view view;
			memcpy(&before, bytes + at, 8);
			memcpy(bytes + at, &extremes[e], 8);
			int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
			/* A section may shrink to fewer items and still be a true index: nothing may crash in a
			 * query. */
			if (vg_index_take(f->index, fd, -1, 2) == VG_OK) {
				struct vg_hit hits[4];
				struct vg_digest_values digests;
				memset(&digests, 0xff, sizeof(digests));
				vg_index_query(f->index, &digests, &f->pdq, hits, 4);
				assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_OK);
			}
			close(fd);
			memcpy(bytes + at, &before, 8);
		}
	free(bytes);
}

static void another_generation_than_announced_is_refused(void **state)
{
	struct fixture *f = *state;
	size_t n_bytes;
	uint8_t *bytes = two_generations(f, &n_bytes);
	free(bytes);
	bytes = vg_index_make_bytes(&f->make, 3, &n_bytes);
	refuse(f, bytes, n_bytes, VG_SEALS_FINAL, VG_EVERSION);
	free(bytes);
}

static void digests_out_of_order_are_refused(void **state)
{
	struct fixture *f = *state;
	size_t n_bytes;
	uint8_t *bytes = two_generations(f, &n_bytes), first[20];
	struct vg_index_header h;
	memcpy(&h, bytes, sizeof(h));
	uint8_t *md5 = bytes + h.md5.off;
	memcpy(first, md5, 20);
	memcpy(md5, md5 + 20, 20);
	memcpy(md5 + 20, first, 20);
	SHA256(bytes + sizeof(h), n_bytes - sizeof(h), h.sha256);
	memcpy(bytes, &h, sizeof(h));
	refuse(f, bytes, n_bytes, VG_SEALS_FINAL, VG_ECORRUPT);
	free(bytes);
}

static void a_record_of_no_entry_is_passed_over(void **state)
{
	struct fixture *f = *state;
	struct vg_digest_values digests;
	struct vg_hit hit;
	random_picture(f);
	random_bytes(f, (uint8_t *)&digests, sizeof(digests));
	vg_index_make_list(&f->make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	vg_index_make_record(&f->make, VG_ALGO_PDQ, f->pdq.hash, 0);
	vg_index_make_record(&f->make, VG_ALGO_MD5, digests.md5, UINT32_MAX);
	assert_int_equal(take(f, 1), VG_OK);
	assert_int_equal(vg_index_query(f->index, &digests, &f->pdq, &hit, 1), 0);
}

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	f->seed = (uint64_t)time(NULL);
	f->index = vg_index_create();
	*state = f;
	return f->index ? 0 : -1;
}
static int unmake(void **state)
{
	struct fixture *f = *state;
	vg_index_destroy(f->index);
	vg_index_make_free(&f->make);
	free(f);
	return 0;
}
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(radius_search_finds_what_a_plain_loop_finds),
		TEST(many_hashes_are_searched_by_bands_with_the_same_hits_as_by_scan),
		TEST(when_there_are_too_many_the_nearest_stay),
		TEST(a_list_that_reports_is_not_crowded_out_by_one_that_counts),
		TEST(an_entry_with_several_hashes_is_reported_once_by_its_nearest),
		TEST(a_hash_of_low_quality_is_not_searched),
		TEST(digests_are_found_exactly_and_before_pictures),
		TEST(digests_that_were_not_made_are_not_searched),
		TEST(the_same_digest_in_many_entries_is_reported_up_to_the_room),
		TEST(before_the_first_index_nothing_is_found),
		TEST(an_index_without_all_seals_is_refused),
		TEST(an_index_cut_anywhere_is_refused),
		TEST(a_changed_bit_anywhere_is_refused),
		TEST(every_header_field_set_to_extremes_is_refused_or_harmless),
		TEST(another_generation_than_announced_is_refused),
		TEST(digests_out_of_order_are_refused),
		TEST(a_record_of_no_entry_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
