/* match: one file's record: kind by bytes, refusals of the decoder counted by reason, what is not to be decoded,
 * samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/memfd.h>

#include "hashing/match/match.h"
#include "tests/lib/index_make.h"
#include "tests/lib/picture.h"

struct fixture {
	struct vg_match match;
	struct vg_stats_page stats;
	struct vg_span span;
	uint64_t n_hook_bytes;
};

static void hook(void *ctx, uint64_t n_bytes)
{
	((struct fixture *)ctx)->n_hook_bytes = n_bytes;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct vg_image_limits limits = { .max_pixels = 100000 };
	f->match = (struct vg_match){ .image = vg_image_create(&limits),
				      .pdq = vg_pdq_create(),
				      .index = vg_index_create(),
				      .stats = &f->stats,
				      .before_decode = hook,
				      .hook_ctx = f };
	*state = f;
	return 0;
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_image_destroy(f->match.image);
	vg_pdq_destroy(f->match.pdq);
	vg_index_destroy(f->match.index);
	free(f);
	return 0;
}

static struct vg_msg_record judge(struct fixture *f, const void *bytes, size_t n, bool may_decode)
{
	struct vg_msg_record r = { .flags = 0 };
	struct vg_match_file file = { .n_bytes = n, .may_decode = may_decode };
	f->span = (struct vg_span){ bytes, n };
	file.bytes = (struct vg_chain){ &f->span, n != 0, n };
	f->n_hook_bytes = 0;
	vg_match_file(&f->match, &file, &r);
	return r;
}
static uint8_t *jpeg(uint32_t width, uint32_t height, size_t *n)
{
	uint8_t *pixels = vg_picture_draw(width, height, 3, width);
	uint8_t *bytes = vg_picture_to_jpeg(
		&(struct vg_picture_jpeg){ .width = width, .height = height, .n_channels = 3 }, pixels, n);
	free(pixels);
	return bytes;
}
static uint64_t count(struct fixture *f, unsigned counter)
{
	return atomic_load(&f->stats.counters[counter]);
}

static void pictures_are_hashed_and_every_refusal_is_counted_by_reason(void **state)
{
	struct fixture *f = *state;
	size_t n, n_large;
	uint8_t *small = jpeg(100, 100, &n), *large = jpeg(1000, 400, &n_large);
	struct vg_msg_record r = judge(f, small, n, true);
	assert_int_equal(r.kind, VG_KIND_JPEG);
	assert_true(r.flags & VG_RECORD_HAS_PDQ);
	assert_int_equal(f->n_hook_bytes, n);
	r = judge(f, large, n_large, true);
	assert_false(r.flags & VG_RECORD_HAS_PDQ);
	assert_int_equal(count(f, VG_H_FAILED_JPEG_PIXELS), 1);
	judge(f, "\xff\xd8\xff not a picture at all", 25, true);
	assert_int_equal(count(f, VG_H_FAILED_JPEG), 1);
	r = judge(f, "GIF89a..........", 16, true);
	assert_int_equal(r.kind, VG_KIND_GIF);
	assert_int_equal(count(f, VG_H_FAILED_GIF), 1);
	r = judge(f, "words", 5, true);
	assert_int_equal(r.kind, VG_KIND_UNKNOWN);
	assert_int_equal(count(f, VG_H_IMAGES), 1);
	assert_int_equal(count(f, VG_H_PDQ), 1);
	free(small);
	free(large);
}

static void what_may_not_be_decoded_is_not_and_says_so(void **state)
{
	struct fixture *f = *state;
	size_t n;
	uint8_t *small = jpeg(100, 100, &n);
	struct vg_msg_record r = judge(f, small, n, false);
	assert_int_equal(r.flags, VG_RECORD_NO_DECODE);
	assert_int_equal(f->n_hook_bytes, 0);
	f->match.no_pdq = true;
	r = judge(f, small, n, true);
	assert_int_equal(r.flags, 0);
	assert_int_equal(count(f, VG_H_QUERIES), 0);
	free(small);
}

static void exact_digests_are_asked_for_only_where_they_are_given(void **state)
{
	struct fixture *f = *state;
	struct vg_index_make make = { .n_lists = 0 };
	struct vg_digest_values values = { .md5 = { 1, 2, 3 } };
	struct vg_match_file file = { .n_bytes = 0, .digests = &values };
	struct vg_msg_record r = { .flags = 0 };
	size_t n_bytes;
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	vg_index_make_add(&make, 0, VG_ALGO_MD5, values.md5);
	uint8_t *bytes = vg_index_make_bytes(&make, 3, &n_bytes);
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	assert_int_equal(vg_index_take(f->match.index, fd, -1, 3), VG_OK);
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.n_hits, 1);
	assert_int_equal(r.generation, 3);
	assert_true(r.flags & VG_RECORD_HAS_DIGESTS);
	file.digests = NULL;
	r.flags = 0;
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.n_hits, 0);
	assert_int_equal(r.flags, 0);
	close(fd);
	free(bytes);
	vg_index_make_free(&make);
}

/* A picture in ten lists by four algorithms: the strongest that a record has room for are named, more are counted. */
static void every_list_is_named_and_what_falls_off_is_counted(void **state)
{
	struct fixture *f = *state;
	struct vg_index_make make = { .n_lists = 0 };
	struct vg_digest_values values = { .md5 = { 1, 2, 3 }, .sha1 = { 4 }, .sha256 = { 5 } };
	struct vg_match_file file = { .n_bytes = 0, .digests = &values };
	struct vg_msg_record r = { .flags = 0 };
	size_t n_bytes;
	for (uint32_t i = 0; i < 10; i++) {
		vg_index_make_list(&make, i == 9 ? VG_ACTION_REPORT : VG_ACTION_COUNT, VG_ACTION_REVIEW, 31);
		vg_index_make_add(&make, i, VG_ALGO_MD5, values.md5);
		vg_index_make_add(&make, i, VG_ALGO_SHA1, values.sha1);
		vg_index_make_add(&make, i, VG_ALGO_SHA256, values.sha256);
	}
	for (unsigned n_more = 0; n_more < 2; n_more++) { /* 30 hits, then 33 */
		uint8_t *bytes = vg_index_make_bytes(&make, 3 + n_more, &n_bytes);
		int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
		assert_int_equal(vg_index_take(f->match.index, fd, -1, 3 + n_more), VG_OK);
		vg_match_file(&f->match, &file, &r);
		assert_int_equal(r.n_hits, n_more ? VG_RECORD_MAX_HITS : 30);
		assert_int_equal(count(f, VG_H_HITS_UNNAMED), n_more);
		const struct vg_index_view *view = vg_index_peek(f->match.index);
		assert_int_equal(view->entries[r.hits[0].entry_idx].list_idx, 9);
		close(fd);
		free(bytes);
		for (unsigned k = 0; k < 3; k++)
			vg_index_make_add(&make, k, VG_ALGO_MD5, values.md5);
	}
	vg_index_make_free(&make);
}

/* An index of one entry with a digest, or none where it is NULL. */
static void take(struct fixture *f, uint64_t generation, enum vg_algo algo, const uint8_t *value)
{
	struct vg_index_make make = { .n_lists = 0 };
	size_t n_bytes;
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	if (value)
		vg_index_make_add(&make, 0, algo, value);
	uint8_t *bytes = vg_index_make_bytes(&make, generation, &n_bytes);
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	assert_int_equal(vg_index_take(f->match.index, fd, -1, generation), VG_OK);
	close(fd);
	free(bytes);
	vg_index_make_free(&make);
}

/* Pictures 0 .. 5 come again and again while lists change, some under the generation of the one before. */
static void play(struct fixture *f, struct vg_msg_record *records, unsigned n_records)
{
	uint8_t *pictures[6], hash[32];
	size_t n[6];
	for (unsigned i = 0; i < 6; i++)
		pictures[i] = jpeg(60 + 7 * i, 80, &n[i]);
	n[5] /= 2; /* truncated: partial, never remembered */
	memcpy(hash, judge(f, pictures[1], n[1], true).pdq, sizeof(hash));
	for (unsigned i = 0; i < n_records; i++) {
		unsigned p = i * 7 % 11 % 6;
		struct vg_digest_values values = { .md5 = { (uint8_t)(p + 1) }, .sha256 = { (uint8_t)(p + 1), 1 } };
		struct vg_match_file file = { .n_bytes = n[p], .may_decode = true, .digests = &values };
		if (i % 25 == 0)
			take(f, 1 + i / 50, i % 75 ? VG_ALGO_PDQ : VG_ALGO_MD5,
			     i % 100 == 75 ? NULL
			     : i % 75      ? hash
					   : (const uint8_t[16]){ 3 });
		f->span = (struct vg_span){ pictures[p], n[p] };
		file.bytes = (struct vg_chain){ &f->span, 1, n[p] };
		memset(&records[i], 0, sizeof(records[i]));
		vg_match_file(&f->match, &file, &records[i]);
	}
	for (unsigned i = 0; i < 6; i++)
		free(pictures[i]);
}

static void records_are_the_same_with_and_without_remembering_while_lists_change(void **state)
{
	enum { N = 300 };
	struct fixture *f = *state;
	struct vg_msg_record *with = calloc(N, sizeof(*with)), *without = calloc(N, sizeof(*without));
	unsigned n_hit = 0;
	play(f, without, N);
	uint64_t n_decoded = count(f, VG_H_IMAGES);
	assert_int_equal(count(f, VG_H_SEEN_ASKED), 0);
	f->match.seen = vg_seen_create(64);
	play(f, with, N);
	vg_seen_destroy(f->match.seen);
	f->match.seen = NULL;
	for (unsigned i = 0; i < N; i++) {
		n_hit += with[i].n_hits;
		assert_memory_equal(&with[i], &without[i], sizeof(*with));
	}
	assert_true(n_hit > 10 && n_hit < N);
	assert_int_equal(count(f, VG_H_SEEN_ASKED), N);
	assert_int_equal(count(f, VG_H_IMAGES), 2 * n_decoded - count(f, VG_H_SEEN));
	assert_true(count(f, VG_H_SEEN) > N / 2);
	free(with);
	free(without);
}

/* Entries 0 .. 60 bits from the exact hash of a picture: decoded smaller, the same are hit, with the same record. */
static void pictures_decoded_smaller_come_to_the_same_hits_and_hashes(void **state)
{
	struct fixture *f = *state;
	const struct vg_image_limits limits = { .max_ms = 60000 };
	size_t n;
	unsigned n_hit = 0;
	vg_image_destroy(f->match.image);
	f->match.image = vg_image_create(&limits);
	uint8_t *picture = jpeg(1200, 900, &n), hash[32], entry[32];
	memcpy(hash, judge(f, picture, n, true).pdq, 32);
	for (unsigned bits = 0; bits <= 60; bits += 2) {
		memcpy(entry, hash, 32);
		for (unsigned b = 0; b < bits; b++)
			entry[b * 37 % 256 / 8] ^= (uint8_t)(1 << b * 37 % 8);
		take(f, 1 + bits, VG_ALGO_PDQ, entry);
		f->match.scaled = false;
		struct vg_msg_record exact = judge(f, picture, n, true);
		f->match.scaled = true;
		struct vg_msg_record scaled = judge(f, picture, n, true);
		assert_int_equal(scaled.n_hits, exact.n_hits);
		assert_int_equal(exact.n_hits, bits <= 31);
		n_hit += exact.n_hits;
		if (exact.n_hits)
			assert_memory_equal(&scaled, &exact, sizeof(exact));
		if (bits > 52) /* 31, the margin and more */
			assert_false(scaled.flags & VG_RECORD_HAS_PDQ);
	}
	assert_int_equal(n_hit, 16);
	assert_in_range(count(f, VG_H_SCALED), 4, 31 - n_hit);
	assert_int_equal(count(f, VG_H_SCALED) + count(f, VG_H_SCALED_AGAIN), 31);
	free(picture);
}

/* Whoever asks for all records gets exact ones, also of what a smaller decode has settled before. */
static void an_exact_hash_is_made_where_it_is_asked_for_or_a_digest_hits(void **state)
{
	struct fixture *f = *state;
	struct vg_digest_values values = { .sha256 = { 9 } };
	struct vg_match_file file = { .may_decode = true, .digests = &values };
	struct vg_msg_record r = { .flags = 0 };
	size_t n;
	uint8_t *picture = jpeg(250, 300, &n);
	f->match.scaled = true;
	f->match.seen = vg_seen_create(4);
	file.n_bytes = n;
	f->span = (struct vg_span){ picture, n };
	file.bytes = (struct vg_chain){ &f->span, 1, n };
	take(f, 1, VG_ALGO_PDQ, NULL);
	for (unsigned i = 0; i < 4; i++) { /* smaller, known, exactly, known */
		r.flags = 0;
		file.exact = i >= 2;
		vg_match_file(&f->match, &file, &r);
		assert_int_equal(!!(r.flags & VG_RECORD_HAS_PDQ), i >= 2);
	}
	assert_int_equal(count(f, VG_H_IMAGES), 2);
	assert_int_equal(count(f, VG_H_SCALED), 1);
	assert_int_equal(count(f, VG_H_SEEN), 2);
	take(f, 2, VG_ALGO_SHA256, values.sha256);
	file.exact = false;
	r.flags = 0;
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.n_hits, 1);
	assert_true(r.flags & VG_RECORD_HAS_PDQ);
	assert_int_equal(count(f, VG_H_SCALED), 1);
	vg_seen_destroy(f->match.seen);
	free(picture);
}

/* Refused once, counted once. */
static void what_breaks_decoded_smaller_is_not_tried_again(void **state)
{
	struct fixture *f = *state;
	f->match.scaled = true;
	(void)judge(f, "\xff\xd8\xff not a picture at all", 25, true);
	assert_int_equal(count(f, VG_H_FAILED_JPEG), 1);
	assert_int_equal(count(f, VG_H_IMAGES), 0);
}

static void a_sample_holds_the_first_bytes_and_can_never_change_again(void **state)
{
	uint8_t bytes[10000];
	struct vg_span spans[3] = { { bytes, 3000 }, { bytes + 3000, 1 }, { bytes + 3001, 6999 } };
	struct vg_chain chain = { spans, 3, sizeof(bytes) };
	static const uint64_t most[] = { 0, 1, 3000, 9999, 10000, UINT64_MAX };
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < VG_ARRAY_LEN(most); i++) {
		uint64_t n, want = most[i] < sizeof(bytes) ? most[i] : sizeof(bytes);
		size_t n_checked;
		int fd;
		assert_int_equal(vg_match_sample(&chain, most[i], NULL, 0, &fd, &n), VG_OK);
		assert_int_equal(n, want);
		assert_int_equal(vg_memfd_check(fd, VG_SEALS_FINAL, want, want, &n_checked), VG_OK);
		assert_null(vg_memfd_map(fd, VG_PAGE, PROT_READ | PROT_WRITE));
		if (want) {
			void *at = vg_memfd_map(fd, want, PROT_READ);
			assert_memory_equal(at, bytes, want);
			munmap(at, want);
		}
		close(fd);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(pictures_are_hashed_and_every_refusal_is_counted_by_reason),
		T(what_may_not_be_decoded_is_not_and_says_so),
		T(every_list_is_named_and_what_falls_off_is_counted),
		T(exact_digests_are_asked_for_only_where_they_are_given),
		T(records_are_the_same_with_and_without_remembering_while_lists_change),
		T(pictures_decoded_smaller_come_to_the_same_hits_and_hashes),
		T(an_exact_hash_is_made_where_it_is_asked_for_or_a_digest_hits),
		T(what_breaks_decoded_smaller_is_not_tried_again),
		T(a_sample_holds_the_first_bytes_and_can_never_change_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
