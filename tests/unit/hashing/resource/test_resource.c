/* Resources from pieces: against a model of what was written, in any order, with overlaps; parts; large ones; and what
 * happens when memory is short, a piece contradicts, or nothing comes any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/resource/resource.h"

#define KEEP (40u * VG_RESOURCE_BLOCK)
struct bench {
	struct vg_stats_page stats;
	struct vg_resources *rs;
	uint8_t *bytes;
};

static int open_with(void **state, uint64_t hold_bytes, uint32_t n_resources)
{
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	memset(b, 0, sizeof(*b));
	struct vg_resources_setup setup = { .hold_bytes = hold_bytes,
					    .keep_bytes = KEEP,
					    .age_ns = 1000,
					    .sample_bytes = 100000,
					    .n_resources = n_resources,
					    .stats = &b->stats };
	unsigned seed = (unsigned)time(NULL);
	printf("seed %u\n", seed);
	srandom(seed);
	b->rs = vg_resources_create(&setup);
	b->bytes = malloc(4 * KEEP);
	for (size_t i = 0; i < 4 * KEEP; i++)
		b->bytes[i] = (uint8_t)random();
	*state = b;
	return !b->rs;
}
static int bench_open(void **state)
{
	return open_with(state, 16ull * KEEP, 16);
}
static int small_open(void **state)
{
	return open_with(state, 4ull * VG_RESOURCE_BLOCK, 2);
}
static int bench_close(void **state)
{
	struct bench *b = *state;
	vg_resources_destroy(b->rs);
	free(b->bytes);
	free(b);
	return 0;
}

static void piece(struct bench *b, uint64_t name, uint64_t off, uint64_t n, uint64_t total)
{
	struct vg_resource_writer w;
	assert_true(vg_resource_open(b->rs, name, off, total, 0, 5, &w));
	for (uint64_t at = 0; at < n;) {
		uint64_t k = 1 + (uint64_t)random() % 100000;
		k = k < n - at ? k : n - at;
		vg_resource_write(b->rs, &w, b->bytes + off + at, k);
		at += k;
	}
	vg_resource_close(b->rs, &w, true);
}

static void assert_same(const struct bench *b, const struct vg_resource_whole *whole, uint64_t n)
{
	uint8_t *got = malloc(whole->bytes.n_bytes + 1);
	assert_int_equal(vg_chain_copy(&whole->bytes, 0, got, whole->bytes.n_bytes), whole->bytes.n_bytes);
	assert_memory_equal(got, b->bytes, whole->bytes.n_bytes);
	assert_int_equal(whole->n_bytes, n);
	free(got);
}

static struct vg_digest_values digests_of(const uint8_t *bytes, size_t n_bytes)
{
	struct vg_digest_values v;
	struct vg_digests *d = vg_digests_create();
	vg_digests_init(d, VG_DIGEST_ALL);
	vg_digests_feed(d, bytes, n_bytes);
	vg_digests_done(d, &v);
	vg_digests_destroy(d);
	return v;
}

/* Random pieces until a bitmap says that all was written: neither earlier nor later is the resource whole. */
static void pieces_in_any_order_with_overlaps_make_it_whole_exactly_when_all_is_there(void **state)
{
	struct bench *b = *state;
	for (unsigned round = 0; round < 60; round++) {
		uint64_t total = 1 + (uint64_t)random() % (round % 4 ? 300000 : 3 * KEEP), n_there = 0;
		uint8_t *there = calloc(1, total);
		struct vg_resource_whole whole;
		for (unsigned k = 0; n_there < total && k < 40000; k++) {
			uint64_t off = (uint64_t)random() % total;
			if (k > 20) /* then what is missing, bluntly */
				for (off = 0; there[off]; off++)
					;
			uint64_t n = 1 + (uint64_t)random() % (total - off);
			assert_false(vg_resource_take(b->rs, 7, &whole));
			piece(b, 7, off, n, total);
			for (uint64_t i = off; i < off + n; i++) {
				n_there += !there[i];
				there[i] = 1;
			}
		}
		assert_true(vg_resource_take(b->rs, 7, &whole));
		assert_same(b, &whole, total);
		assert_int_equal(whole.bytes.n_bytes, total <= KEEP ? total : 100000);
		assert_int_equal(whole.has_digests, total > KEEP);
		if (whole.has_digests) {
			struct vg_digest_values want = digests_of(b->bytes, total);
			assert_memory_equal(&want, &whole.digests, sizeof(want));
		}
		vg_resource_drop(b->rs, 7);
		vg_resource_age(b->rs, 2000); /* what came twice */
		assert_int_equal(vg_resource_n_blocks(b->rs), 0);
		assert_false(vg_resource_take(b->rs, 7, &whole));
		free(there);
	}
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_FULL], 0);
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_CHANGED], 0);
}

static void part(struct bench *b, uint32_t no, uint64_t from, uint64_t n, bool to_end)
{
	struct vg_resource_writer w;
	assert_true(vg_resource_open(b->rs, 9, 0, UINT64_MAX, no, 5, &w));
	vg_resource_write(b->rs, &w, b->bytes + from, n / 2);
	vg_resource_write(b->rs, &w, b->bytes + from + n / 2, n - n / 2);
	vg_resource_close(b->rs, &w, to_end);
}

/* A download broke off and was gone on with; its beginning is told last, after another download of all of it. */
static void two_transfers_that_cross_each_other_are_two(void **state)
{
	struct bench *b = *state;
	struct vg_resource_whole whole;
	for (unsigned round = 0; round < 40; round++) {
		uint64_t total = 2 + (uint64_t)random() % 400000, k = 1 + (uint64_t)random() % (total - 1);
		piece(b, 7, k, total - k, total);
		piece(b, 7, 0, total, total);
		assert_true(vg_resource_take(b->rs, 7, &whole));
		assert_same(b, &whole, total);
		vg_resource_drop(b->rs, 7);
		assert_false(vg_resource_take(b->rs, 7, &whole));
		assert_in_range(vg_resource_n_blocks(b->rs), 1, (total - k) / VG_RESOURCE_BLOCK + 2);
		piece(b, 7, 0, k, total);
		assert_true(vg_resource_take(b->rs, 7, &whole));
		assert_same(b, &whole, total);
		vg_resource_drop(b->rs, 7);
		assert_int_equal(vg_resource_n_blocks(b->rs), 0);
		assert_false(vg_resource_take(b->rs, 7, &whole));
	}
}

static void parts_follow_by_their_numbers_once_all_have_come_whole(void **state)
{
	struct bench *b = *state;
	struct vg_resource_whole whole;
	part(b, 5, 200000, 70000, true);
	part(b, 1, 0, 100000, false); /* aborted, and sent again */
	vg_resource_all_parts(b->rs, 9, 3, 5);
	part(b, 3, 100000, 100000, true);
	assert_false(vg_resource_take(b->rs, 9, &whole));
	part(b, 1, 0, 100000, true);
	assert_true(vg_resource_take(b->rs, 9, &whole));
	assert_same(b, &whole, 270000);
	vg_resource_drop(b->rs, 9);
	vg_resource_all_parts(b->rs, 9, 1, 5); /* the end may be seen first */
	part(b, 2, 0, 10, true);
	assert_true(vg_resource_take(b->rs, 9, &whole));
	assert_same(b, &whole, 10);
}

static void a_piece_that_contradicts_begins_the_resource_again(void **state)
{
	struct bench *b = *state;
	struct vg_resource_whole whole;
	struct vg_resource_writer w;
	piece(b, 7, 0, 1000, 2000);
	b->bytes[600] ^= 1;
	piece(b, 7, 500, 1500, 2000);
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_CHANGED], 1);
	assert_false(vg_resource_take(b->rs, 7, &whole));
	piece(b, 7, 0, 500, 2000);
	assert_true(vg_resource_take(b->rs, 7, &whole));
	assert_same(b, &whole, 2000);
	/* another size is another resource */
	assert_true(vg_resource_open(b->rs, 7, 0, 3000, 0, 5, &w));
	assert_false(vg_resource_take(b->rs, 7, &whole));
}

static void what_cannot_be_is_refused_and_nothing_is_written_past_the_end(void **state)
{
	struct bench *b = *state;
	struct vg_resource_whole whole;
	struct vg_resource_writer w;
	assert_false(vg_resource_open(b->rs, 0, 0, 10, 0, 5, &w));
	assert_false(vg_resource_open(b->rs, 7, 10, 10, 0, 5, &w));
	assert_false(vg_resource_open(b->rs, 7, 0, UINT64_MAX, 0, 5, &w));
	assert_false(vg_resource_open(b->rs, 7, 0, 10, VG_RESOURCE_MAX_PARTS, 5, &w));
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_REFUSED], 4);
	assert_true(vg_resource_open(b->rs, 7, 4, 10, 0, 5, &w));
	vg_resource_write(b->rs, &w, b->bytes + 4, 100);
	vg_resource_skip(&w, UINT64_MAX);
	vg_resource_write(b->rs, &w, b->bytes, 100);
	vg_resource_close(b->rs, &w, true);
	vg_resource_write(b->rs, &w, b->bytes, 100);
	piece(b, 7, 0, 4, 10);
	assert_true(vg_resource_take(b->rs, 7, &whole));
	assert_same(b, &whole, 10);
}

static void short_memory_takes_the_oldest_and_old_ones_go_by_themselves(void **state)
{
	struct bench *b = *state;
	struct vg_resource_whole whole;
	struct vg_resource_writer w;
	piece(b, 1, 0, 2 * VG_RESOURCE_BLOCK, 3 * VG_RESOURCE_BLOCK);
	assert_true(vg_resource_open(b->rs, 2, 0, 4 * VG_RESOURCE_BLOCK, 0, 6, &w));
	vg_resource_write(b->rs, &w, b->bytes, 4 * VG_RESOURCE_BLOCK);
	assert_true(vg_resource_take(b->rs, 2, &whole));
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_FULL], 1);
	piece(b, 3, 0, 5 * VG_RESOURCE_BLOCK, 5 * VG_RESOURCE_BLOCK); /* alone too large: gone, not half there */
	assert_false(vg_resource_take(b->rs, 3, &whole));
	assert_int_equal(vg_resource_n_blocks(b->rs), 0);
	for (uint64_t name = 1; name < 100; name++)
		piece(b, name, 0, 10, 20);
	vg_resource_age(b->rs, 1005);
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_AGED], 0);
	vg_resource_age(b->rs, 1006);
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_AGED], 2);
	assert_int_equal(vg_resource_n_blocks(b->rs), 0);
	vg_resource_write(b->rs, &w, b->bytes, 1); /* its resource is gone */
	assert_int_equal(vg_resource_n_blocks(b->rs), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			pieces_in_any_order_with_overlaps_make_it_whole_exactly_when_all_is_there, bench_open,
			bench_close),
		cmocka_unit_test_setup_teardown(two_transfers_that_cross_each_other_are_two, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(parts_follow_by_their_numbers_once_all_have_come_whole, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(a_piece_that_contradicts_begins_the_resource_again, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(what_cannot_be_is_refused_and_nothing_is_written_past_the_end,
						bench_open, bench_close),
		cmocka_unit_test_setup_teardown(short_memory_takes_the_oldest_and_old_ones_go_by_themselves, small_open,
						bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
