/* Files that are uploaded piece by piece: against a server's file that is stored, broken off, appended to and gone on
 * with at random; pieces that are told of late; holes; large ones; and the purse of judging again and again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/resource/resource_priv.h"

#define KEEP   (8u * VG_RESOURCE_BLOCK)
#define N_FILE (2u * KEEP)
#define END    UINT64_MAX

struct bench {
	struct vg_stats_page stats;
	struct vg_resources *rs;
	uint8_t *bytes;
	int64_t clock_ns;
};

static int bench_open(void **state)
{
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	memset(b, 0, sizeof(*b));
	struct vg_resources_setup setup = { .hold_bytes = 8ull * KEEP,
					    .keep_bytes = KEEP,
					    .age_ns = 1000,
					    .sample_bytes = 100000,
					    .n_resources = 8,
					    .stats = &b->stats };
	unsigned seed = getenv("VIGIL_SEED") ? (unsigned)atoi(getenv("VIGIL_SEED")) : (unsigned)time(NULL);
	printf("seed %u\n", seed);
	srandom(seed);
	b->rs = vg_resources_create(&setup);
	b->bytes = malloc(2 * N_FILE);
	for (size_t i = 0; i < 2 * N_FILE; i++)
		b->bytes[i] = (uint8_t)random();
	*state = b;
	return !b->rs;
}
static int bench_close(void **state)
{
	struct bench *b = *state;
	vg_resources_destroy(b->rs);
	free(b->bytes);
	free(b);
	return 0;
}

struct sent {
	uint64_t off, at, n; /* off: as it is told; at: where its bytes come from */
	bool anew, appended, broken, hole;
	int64_t began_ns; /* 0: now */
};
static void send_piece(struct bench *b, const struct sent *s)
{
	struct vg_resource_writer w;
	struct vg_resource_growth g = { .off = s->off,
					.began_ns = s->began_ns ? s->began_ns : ++b->clock_ns,
					.anew = s->anew,
					.appended = s->appended };
	assert_true(vg_resource_open_growing(b->rs, 7, &g, 5, &w));
	w.ended_ns = s->began_ns ? s->began_ns : ++b->clock_ns;
	for (uint64_t at = 0; at < s->n;) {
		uint64_t k = 1 + (uint64_t)random() % 100000;
		k = k < s->n - at ? k : s->n - at;
		vg_resource_write(b->rs, &w, b->bytes + s->at + at, k);
		at += k;
	}
	if (s->hole)
		vg_resource_break(b->rs, &w);
	else
		vg_resource_close(b->rs, &w, !s->broken);
}
static void store(struct bench *b, uint64_t n, bool broken)
{
	send_piece(b, &(struct sent){ .n = n, .anew = true, .broken = broken });
}
static void append(struct bench *b, uint64_t off, uint64_t at, uint64_t n, bool broken)
{
	send_piece(b, &(struct sent){ .off = off, .at = at, .n = n, .appended = true, .broken = broken });
}

static void assert_whole(struct bench *b, uint64_t n)
{
	struct vg_resource_whole whole;
	struct vg_digest_values want;
	uint8_t *got = malloc(n);
	assert_true(vg_resource_take(b->rs, 7, &whole));
	assert_int_equal(whole.n_bytes, n);
	assert_int_equal(vg_chain_copy(&whole.bytes, 0, got, n), whole.bytes.n_bytes);
	assert_memory_equal(got, b->bytes, whole.bytes.n_bytes);
	if (whole.has_digests) {
		struct vg_digests *d = vg_digests_create();
		vg_digests_init(d, VG_DIGEST_ALL);
		vg_digests_feed(d, b->bytes, n);
		vg_digests_done(d, &want);
		assert_memory_equal(&want, &whole.digests, sizeof(want));
		vg_digests_destroy(d);
	} else {
		assert_int_equal(whole.bytes.n_bytes, n);
	}
	free(got);
	vg_resource_drop(b->rs, 7);
	assert_false(vg_resource_take(b->rs, 7, &whole)); /* until more of it comes */
}
static void assert_not_whole(struct bench *b)
{
	struct vg_resource_whole whole;
	assert_false(vg_resource_take(b->rs, 7, &whole));
}

/* The server's file: what was stored, appended and gone on with; all that was seen of it has reached it. */
static void it_is_what_the_server_has_whenever_a_piece_went_to_its_end(void **state)
{
	struct bench *b = *state;
	uint64_t n_file = 0;
	bool is_sure = false;
	for (unsigned round = 0; round < 3000; round++) {
		unsigned what = (unsigned)random() % 10;
		bool broken = random() % 3 == 0, is_more;
		uint64_t n = 1 + (uint64_t)random() % (round % 50 ? 30000 : KEEP), off = n_file;
		if (n_file + n > N_FILE)
			what = 0;
		if (what == 0 || !n_file) {
			b->bytes[random() % 100] ^= 1; /* another file */
			store(b, n, broken);
			n_file = n;
			is_sure = !broken;
			assert_not_whole(b); /* the piece is all of it */
			continue;
		}
		if (what < 4) {
			append(b, END, n_file, n, broken);
		} else if (what < 7) {
			append(b, n_file, n_file, n, broken);
		} else {
			off = n_file - (uint64_t)random() % (n_file < 5000 ? n_file : 5000);
			if (!is_sure && off + n < n_file)
				off = n_file; /* how much of what broke off came nobody knows */
			send_piece(b, &(struct sent){ .off = off, .at = off, .n = n, .broken = broken });
		}
		is_sure = !broken || (is_sure && off + n <= n_file);
		is_more = off + n > n_file;
		n_file = is_more ? off + n : n_file;
		if (is_more && !broken)
			assert_whole(b, n_file);
		else if (!is_sure)
			assert_not_whole(b);
		else {
			struct vg_resource_whole whole;
			(void)vg_resource_take(b->rs, 7, &whole);
			vg_resource_drop(b->rs, 7);
		}
	}
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_CHANGED], 0);
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_FULL], 0);
}

static void a_beginning_that_is_told_of_late_is_still_the_beginning(void **state)
{
	struct bench *b = *state;
	b->clock_ns = 10;
	append(b, 1000, 1000, 500, false);
	assert_not_whole(b);
	send_piece(b, &(struct sent){ .n = 1200, .anew = true, .broken = true, .began_ns = b->clock_ns - 1 });
	assert_whole(b, 1500);
	store(b, 100, false); /* and a later one begins anew */
	append(b, END, 100, 10, false);
	assert_whole(b, 110);
}

static void parts_in_any_order_over_several_handles_are_one_file(void **state)
{
	struct bench *b = *state;
	send_piece(b, &(struct sent){ .off = 2000, .at = 2000, .n = 1000 });
	assert_not_whole(b);
	send_piece(b, &(struct sent){ .n = 1000 });
	assert_not_whole(b);
	send_piece(b, &(struct sent){ .off = 1000, .at = 1000, .n = 1000 });
	assert_whole(b, 3000);
}

static void behind_a_hole_nobody_knows_where_the_file_ends(void **state)
{
	struct bench *b = *state;
	struct vg_resource_growth g = { .off = END, .appended = true };
	struct vg_resource_writer w;
	store(b, 1000, false);
	send_piece(b, &(struct sent){ .off = END, .at = 1000, .n = 100, .appended = true, .hole = true });
	assert_not_whole(b);
	assert_false(vg_resource_open_growing(b->rs, 7, &g, 5, &w));
	assert_int_equal(b->stats.counters[VG_H_RESOURCES_REFUSED], 1);
	append(b, 1100, 1100, 100, false); /* SIZE says so */
	assert_whole(b, 1200);
}

static void what_a_piece_rewrites_is_rewritten_and_nothing_else(void **state)
{
	struct bench *b = *state;
	store(b, 2000, false);
	memcpy(b->bytes + 500, b->bytes + 5000, 1000);
	send_piece(b, &(struct sent){ .off = 500, .at = 5000, .n = 1000 });
	assert_true(b->stats.counters[VG_H_RESOURCES_CHANGED] > 0);
	assert_whole(b, 2000);
	send_piece(b, &(struct sent){ .at = 7000, .n = 100, .anew = true, .began_ns = 1 }); /* beside it */
	memcpy(b->bytes, b->bytes + 7000, 100);
	assert_whole(b, 2000);
}

static void one_that_grows_large_is_digested_on(void **state)
{
	struct bench *b = *state;
	struct vg_digests *d = vg_digests_create();
	struct vg_span span = { b->bytes, 100000 };
	struct vg_chain head = { &span, 1, span.n_bytes };
	struct vg_resource_begun begun = { d, KEEP + 5000, &head, 101 };
	struct vg_resource_growth g = { .anew = true, .began_ns = 100 };
	store(b, KEEP - 10, false);
	append(b, END, KEEP - 10, 100000, false);
	assert_whole(b, KEEP + 99990);
	append(b, END, KEEP + 99990, 7, false);
	assert_whole(b, KEEP + 99997);
	b->clock_ns = 100;
	vg_digests_init(d, VG_DIGEST_ALL);
	vg_digests_feed(d, b->bytes, KEEP + 5000);
	assert_true(vg_resource_adopt_growing(b->rs, 7, &g, &begun, false, 5)); /* the same, from elsewhere */
	assert_not_whole(b);
	append(b, KEEP + 5000, KEEP + 5000, 1000, false);
	assert_whole(b, KEEP + 6000);
	vg_digests_destroy(d);
}

static void a_file_is_judged_as_often_as_its_purse_allows(void **state)
{
	struct bench *b = *state;
	uint64_t n_file = KEEP / 2, n_judged = 0;
	struct vg_resource_whole whole;
	store(b, n_file, false);
	for (unsigned i = 0; i < 2000; i++) {
		append(b, END, n_file, 1, false);
		n_file++;
		if (vg_resource_take(b->rs, 7, &whole))
			n_judged += whole.n_bytes;
		vg_resource_drop(b->rs, 7);
	}
	assert_in_range(n_judged, VG_RESOURCE_JUDGED_BYTES, VG_RESOURCE_JUDGED_BYTES + 17 * n_file);
	assert_true(b->stats.counters[VG_H_RESOURCES_PUT_OFF] > 0);
}

int main(void)
{
#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_open, bench_close)
	const struct CMUnitTest tests[] = {
		ON_BENCH(it_is_what_the_server_has_whenever_a_piece_went_to_its_end),
		ON_BENCH(a_beginning_that_is_told_of_late_is_still_the_beginning),
		ON_BENCH(parts_in_any_order_over_several_handles_are_one_file),
		ON_BENCH(behind_a_hole_nobody_knows_where_the_file_ends),
		ON_BENCH(what_a_piece_rewrites_is_rewritten_and_nothing_else),
		ON_BENCH(one_that_grows_large_is_digested_on),
		ON_BENCH(a_file_is_judged_as_often_as_its_purse_allows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
