/* stream: against a map of what arrived: each delivered byte must be the first copy that came, each gap must cover only
 * bytes that had not come, and nothing may be told twice or out of order. Then the rules one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/stream/stream.h"
#include "tests/lib/stream_map.h"

/* ---- random streams ---- */

struct piece {
	uint32_t off, n;
	uint8_t twist;
};

static uint32_t below(unsigned *seed, uint32_t n)
{
	return (uint32_t)((((uint64_t)rand_r(seed) << 31) ^ (uint64_t)rand_r(seed)) % n);
}

/* Cuts n_bytes into pieces; some are lost, doubled, widened over their neighbours, changed, moved. */
static size_t cut(unsigned *seed, uint32_t n_bytes, uint32_t max_piece, uint32_t loss, uint32_t far,
		  struct piece *pieces)
{
	size_t n = 0;

	for (uint32_t off = 0; off < n_bytes;) {
		uint32_t len = 1 + below(seed, max_piece);
		struct piece p;
		len = len < n_bytes - off ? len : n_bytes - off;
		p = (struct piece){ off, len, 0 };
		if (below(seed, 100) >= loss)
			pieces[n++] = p;
		if (!below(seed, 8)) {
			p.off = off > 50 ? off - below(seed, 50) : off;
			p.n = len + below(seed, 90) + (off - p.off);
			p.n = p.n < n_bytes - p.off ? p.n : n_bytes - p.off;
			p.twist = below(seed, 4) ? 0 : 0x55;
			pieces[n++] = p;
		}
		off += len;
	}
	for (size_t i = 0; i < n; i++)
		if (below(seed, 100) < 30) {
			size_t k = i + below(seed, far + 1);
			if (k < n) {
				struct piece t = pieces[i];
				pieces[i] = pieces[k];
				pieces[k] = t;
			}
		}
	return n;
}

static void check_all_told(const struct half *h)
{
	uint32_t n_missing = 0;

	for (uint32_t i = 0; i < h->n_bytes; i++)
		n_missing += !h->came[i];
	assert_int_equal(h->n_gap_bytes, n_missing);
	assert_int_equal(h->at, h->n_bytes);
}

/* Bytes that are not those of the stream, doubted or broken: they may never be told where better ones come. */
static void send_decoy(struct map *map, unsigned dir, const struct piece *piece, int is_broken)
{
	enum vg_step (*give)(struct vg_streams *, uint32_t, unsigned, uint32_t, const uint8_t *, uint32_t, uint64_t,
			     int64_t) = is_broken ? vg_stream_broken : vg_stream_doubt;
	static uint8_t bytes[MAX_PIECE];

	memset(bytes, 0xee, sizeof(bytes));
	assert_int_equal(give(map->streams, map->idx, dir, map->half[dir].isn + 1 + piece->off, bytes, piece->n,
			      map->clock_ns, 0),
			 VG_MORE);
}

static void one_random_stream(unsigned seed, int tight, int decoys)
{
	struct piece *pieces = calloc(2 * MAX_BYTES, sizeof(*pieces));
	unsigned s = seed, dir = seed & 1;
	uint32_t n_bytes = 1 + below(&s, seed % 4 ? 3000 : MAX_BYTES - 1);
	uint32_t isn = below(&s, 3) ? below(&s, UINT32_MAX) : UINT32_MAX - below(&s, n_bytes + 2);
	uint64_t timeout_ns = (tight ? 1 + below(&s, 50) : 1000000) * MS;
	struct map *map = map_make(tight ? 8192 * (1 + below(&s, 4)) : 8u << 20, tight ? 32768 : 8u << 20, timeout_ns);
	size_t n, fin_at;

	begin(map, dir, isn, n_bytes);
	if (decoys) /* the other side is seen: nothing doubted is believed by time */
		begin(map, !dir, 1, 0);
	n = cut(&s, n_bytes, 1 + below(&s, seed % 3 ? 1500 : 40), below(&s, 3) || decoys ? 0 : below(&s, 20),
		below(&s, 60), pieces);
	map->tight = tight || n > (8u << 20) / 2048 - 64; /* more pieces than nodes: the budget gives holes up early */
	decoys = decoys && n < 1000;
	fin_at = below(&s, 4) ? n : below(&s, (uint32_t)n + 1);
	for (size_t i = 0; i <= n; i++) {
		map->clock_ns += below(&s, 3) * MS;
		if (vg_stream_is_due(map->streams, map->idx, map->clock_ns))
			assert_int_equal(vg_stream_expire(map->streams, map->idx, map->clock_ns), VG_MORE);
		if (i == fin_at)
			(void)vg_stream_fin(map->streams, map->idx, dir, isn + 1 + n_bytes, map->clock_ns, 0);
		if (i < n && decoys && !below(&s, 3))
			send_decoy(map, dir, &pieces[below(&s, 2) ? i : below(&s, (uint32_t)n)], (int)below(&s, 2));
		if (i < n)
			assert_int_equal(arrive(map, dir, pieces[i].off, pieces[i].n, pieces[i].twist), VG_MORE);
	}
	map->in_finish = 1;
	vg_stream_finish(map->streams, map->idx, VG_END_INPUT_END);
	check_all_told(&map->half[dir]);
	assert_int_equal(map->half[dir].ended, 1 + VG_END_FIN);
	assert_int_equal(map->half[!dir].ended, 1 + VG_END_INPUT_END);
	map_free(map);
	free(pieces);
}

static void random_streams(int tight, int decoys, const char *name)
{
	const char *want = getenv("VIGIL_SEED");
	unsigned first = want ? (unsigned)strtoul(want, NULL, 10) : (unsigned)time(NULL) * 1000;
	unsigned n = want ? 1 : 1500;

	print_message("%s: seeds %u..%u (VIGIL_SEED=n repeats one)\n", name, first, first + n - 1);
	for (unsigned i = 0; i < n; i++) {
		if (getenv("VIGIL_SEED_SAY"))
			print_message("seed %u\n", first + i);
		one_random_stream(first + i, tight, decoys);
	}
}

static void random_cuts_orders_copies_and_losses_give_what_the_map_says(void **state)
{
	(void)state;
	random_streams(0, 0, "roomy");
}

static void random_decoys_that_are_doubted_are_never_told(void **state)
{
	(void)state;
	random_streams(0, 1, "decoys");
}

static void it_holds_with_small_budgets_and_short_timeouts_too(void **state)
{
	(void)state;
	random_streams(1, 0, "tight");
}

/* ---- the rules ---- */

static void a_hole_is_given_up_by_time_and_never_before(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 5000 * MS);
	uint32_t idx = map->idx;

	(void)state;
	begin(map, 0, 100, 3000);
	arrive(map, 0, 0, 1000, 0);
	arrive(map, 0, 2000, 1000, 0);
	map->clock_ns += 4999 * MS;
	assert_false(vg_stream_is_due(map->streams, idx, map->clock_ns));
	assert_int_equal(vg_streams_due(map->streams, map->clock_ns), VG_STREAM_NONE);
	assert_int_equal(map->half[0].n_gaps, 0);
	map->clock_ns += 200 * MS; /* beyond the width of a wheel slot */
	assert_int_equal(vg_streams_due(map->streams, map->clock_ns), idx);
	assert_int_equal(vg_stream_expire(map->streams, idx, map->clock_ns), VG_MORE);
	assert_int_equal(map->half[0].n_gap_bytes, 1000);
	assert_int_equal(map->half[0].at, 3000);
	map_free(map);
}

static void progress_before_a_hole_lets_it_wait_anew(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 100 * MS);

	(void)state;
	begin(map, 0, 5, 100000);
	arrive(map, 0, 90000, 100, 0); /* far ahead: an evader's, or real */
	for (uint32_t i = 0; i < 50; i++) {
		map->clock_ns += 60 * MS;
		if (vg_stream_is_due(map->streams, map->idx, map->clock_ns))
			vg_stream_expire(map->streams, map->idx, map->clock_ns);
		arrive(map, 0, i * 1000, 1000, 0);
	}
	assert_int_equal(map->half[0].n_gaps, 0);
	assert_int_equal(map->half[0].at, 50000);
	map_free(map);
}

static void a_full_budget_gives_up_the_first_hole_only(void **state)
{
	struct map *map = map_make(16384, 1 << 20, 100000 * MS);
	uint32_t off = 1000;

	(void)state;
	map->tight = 1;
	begin(map, 1, 7, 100000);
	while (!map->half[1].n_gaps && off < 60000) {
		arrive(map, 1, off, 1000, 0);
		off += 2000;
	}
	assert_int_equal(map->half[1].n_gaps, 1);
	assert_int_equal(map->half[1].at, 2000);
	assert_true(off >= 16000);
	map_free(map);
}

static void the_first_copy_wins_and_a_differing_one_is_told(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 5000 * MS);

	(void)state;
	begin(map, 0, 0, 3000);
	arrive(map, 0, 1000, 1000, 0x11);
	arrive(map, 0, 500, 2000, 0);
	assert_true(map->half[0].n_conflicts == 1);
	arrive(map, 0, 0, 3000, 0x22);
	assert_true(map->half[0].n_conflicts >= 2);
	assert_int_equal(map->half[0].at, 3000);
	assert_true(map->stats.counters[VG_C_STREAM_CONFLICT] >= 2);
	map_free(map);
}

static void keep_alive_probes_and_retransmissions_are_cut(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 5000 * MS);

	(void)state;
	begin(map, 0, 0xfffffff0u, 100);
	arrive(map, 0, 0, 50, 0);
	arrive(map, 0, 49, 1, 0);
	arrive(map, 0, 0, 50, 0);
	arrive(map, 0, 20, 80, 0);
	assert_int_equal(map->half[0].at, 100);
	assert_int_equal(map->stats.counters[VG_C_STREAM_RETRANSMITTED], 1 + 50 + 30);
	map_free(map);
}

static void a_fin_waits_for_what_is_outstanding(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 5000 * MS);

	(void)state;
	begin(map, 0, 10, 2000);
	begin(map, 1, 20, 0);
	assert_int_equal(vg_stream_fin(map->streams, map->idx, 0, 10 + 1 + 2000, map->clock_ns, 0), VG_MORE);
	assert_int_equal(vg_stream_fin(map->streams, map->idx, 1, 21, map->clock_ns, 0), VG_MORE);
	assert_int_equal(map->half[1].ended, 1 + VG_END_FIN);
	arrive(map, 0, 1000, 1000, 0);
	assert_false(map->half[0].ended);
	assert_int_equal(arrive(map, 0, 0, 1000, 0), VG_DONE);
	assert_int_equal(map->half[0].ended, 1 + VG_END_FIN);
	map_free(map);
}

static void a_fin_behind_a_hole_comes_after_the_gap(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 50 * MS);

	(void)state;
	begin(map, 0, 10, 2000);
	arrive(map, 0, 0, 500, 0);
	vg_stream_fin(map->streams, map->idx, 0, 10 + 1 + 2000, map->clock_ns, 0);
	map->clock_ns += 50 * MS;
	assert_int_equal(vg_stream_expire(map->streams, map->idx, map->clock_ns), VG_MORE);
	assert_int_equal(map->half[0].n_gap_bytes, 1500);
	assert_int_equal(map->half[0].ended, 1 + VG_END_FIN);
	map_free(map);
}

static void bytes_beyond_a_fin_are_not_told(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 50 * MS);

	(void)state;
	begin(map, 0, 10, 2000);
	map->half[0].n_bytes = 3000;
	vg_stream_fin(map->streams, map->idx, 0, 10 + 1 + 2000, map->clock_ns, 0);
	arrive(map, 0, 1500, 1500, 0);
	arrive(map, 0, 0, 1500, 0);
	assert_int_equal(map->half[0].at, 2000);
	assert_int_equal(map->half[0].ended, 1 + VG_END_FIN);
	map_free(map);
}

static void a_reset_ends_both_sides_after_a_while_without_payload(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 50 * MS);

	(void)state;
	begin(map, 0, 10, 2000);
	begin(map, 1, 20, 2000);
	arrive(map, 1, 0, 1000, 0);
	vg_stream_rst(map->streams, map->idx, 0, 11, map->clock_ns, 0);
	map->clock_ns += 30 * MS;
	arrive(map, 1, 1000, 500, 0); /* was under way */
	map->clock_ns += 49 * MS;
	(void)vg_stream_expire(map->streams, map->idx, map->clock_ns);
	assert_int_equal(map->half[0].ended, 1 + VG_END_RST);
	assert_false(map->half[1].ended);
	map->clock_ns += 2 * MS;
	assert_int_equal(vg_stream_expire(map->streams, map->idx, map->clock_ns), VG_DONE);
	assert_int_equal(map->half[1].ended, 1 + VG_END_RST);
	assert_int_equal(map->half[1].at, 1500);
	map_free(map);
}

static void a_reset_outside_the_window_is_ignored(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 50 * MS);

	(void)state;
	begin(map, 0, 10, 2000);
	vg_stream_rst(map->streams, map->idx, 0, 11 + VG_STREAM_RST_WINDOW + 1, map->clock_ns, 0);
	map->clock_ns += 1000 * MS;
	assert_false(vg_stream_is_due(map->streams, map->idx, map->clock_ns));
	map_free(map);
}

static void a_reset_whose_sender_goes_on_is_forgotten(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 50 * MS);

	(void)state;
	begin(map, 0, 10, 2000);
	arrive(map, 0, 0, 500, 0);
	vg_stream_rst(map->streams, map->idx, 0, 11 + 500, map->clock_ns, 0);
	arrive(map, 0, 500, 500, 0);
	map->clock_ns += 1000 * MS;
	assert_false(vg_stream_is_due(map->streams, map->idx, map->clock_ns));
	assert_false(map->half[0].ended || map->half[1].ended);
	map_free(map);
}

static void without_a_syn_earlier_bytes_are_waited_for(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 50 * MS);

	(void)state;
	map->half[0].n_bytes = 3000;
	arrive(map, 0, 1000, 1000, 0);
	arrive(map, 0, 0, 1000, 0);
	assert_int_equal(map->half[0].at, 0);
	map->clock_ns += 60 * MS;
	assert_int_equal(vg_stream_expire(map->streams, map->idx, map->clock_ns), VG_MORE);
	assert_int_equal(map->half[0].at, 2000);
	assert_int_equal(map->half[0].n_gaps, 1); /* the beginning is unknown */
	assert_int_equal(map->half[0].n_gap_bytes, 0);
	arrive(map, 0, 2000, 1000, 0);
	assert_int_equal(map->half[0].at, 3000);
	map_free(map);
}

static void a_late_syn_says_where_held_bytes_belong(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 50 * MS);

	(void)state;
	map->half[0].isn = 0xffffff00u;
	map->half[0].n_bytes = 3000;
	arrive(map, 0, 1000, 1000, 0);
	vg_stream_begin(map->streams, map->idx, 0, 0xffffff01u, 1, map->clock_ns, 0);
	arrive(map, 0, 0, 1000, 0);
	assert_int_equal(map->half[0].at, 2000);
	assert_int_equal(map->half[0].n_gaps, 0);
	map_free(map);
}

static void a_sink_that_has_enough_is_obeyed_at_once(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 50 * MS);

	(void)state;
	begin(map, 0, 0, 4000);
	arrive(map, 0, 2000, 1000, 0);
	map->answer = VG_SKIP;
	assert_int_equal(arrive(map, 0, 0, 2000, 0), VG_SKIP);
	assert_int_equal(map->half[0].at, 2000);
	map_free(map);
}

static void a_full_pool_of_states_is_an_answer(void **state)
{
	struct map *map = map_make(1 << 20, 1 << 20, 50 * MS);
	uint32_t idx[4];

	(void)state;
	for (int i = 0; i < 3; i++)
		idx[i] = vg_streams_take(map->streams);
	assert_int_equal(vg_streams_take(map->streams), VG_STREAM_NONE);
	assert_int_equal(map->stats.counters[VG_C_STREAM_NO_STATE], 1);
	for (int i = 0; i < 3; i++)
		vg_streams_give(map->streams, &idx[i]);
	idx[0] = vg_streams_take(map->streams);
	assert_int_not_equal(idx[0], VG_STREAM_NONE);
	vg_streams_give(map->streams, &idx[0]);
	map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_cuts_orders_copies_and_losses_give_what_the_map_says),
		cmocka_unit_test(random_decoys_that_are_doubted_are_never_told),
		cmocka_unit_test(it_holds_with_small_budgets_and_short_timeouts_too),
		cmocka_unit_test(a_hole_is_given_up_by_time_and_never_before),
		cmocka_unit_test(progress_before_a_hole_lets_it_wait_anew),
		cmocka_unit_test(a_full_budget_gives_up_the_first_hole_only),
		cmocka_unit_test(the_first_copy_wins_and_a_differing_one_is_told),
		cmocka_unit_test(keep_alive_probes_and_retransmissions_are_cut),
		cmocka_unit_test(a_fin_waits_for_what_is_outstanding),
		cmocka_unit_test(a_fin_behind_a_hole_comes_after_the_gap),
		cmocka_unit_test(bytes_beyond_a_fin_are_not_told),
		cmocka_unit_test(a_reset_ends_both_sides_after_a_while_without_payload),
		cmocka_unit_test(a_reset_outside_the_window_is_ignored),
		cmocka_unit_test(a_reset_whose_sender_goes_on_is_forgotten),
		cmocka_unit_test(without_a_syn_earlier_bytes_are_waited_for),
		cmocka_unit_test(a_late_syn_says_where_held_bytes_belong),
		cmocka_unit_test(a_sink_that_has_enough_is_obeyed_at_once),
		cmocka_unit_test(a_full_pool_of_states_is_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
