/* flow_table: against a linear list of flows with the same rules (idle, oldest out), and the rules one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/flow/flow_table.h"

#define MS UINT64_C(1000000)

struct ends {
	uint32_t n[3];
	uint16_t last_port;
};

static void on_end(void *owner, struct vg_flow *flow, enum vg_flow_end why)
{
	struct ends *ends = owner;

	ends->n[why]++;
	ends->last_port = flow->key.port[1];
}

static const uint64_t seed_words[3] = { 0x0123456789abcdef, 0x1122334455667788, 0xdeadbeefcafef00d };

struct set {
	struct vg_stats_page *stats;
	struct ends ends;
	struct vg_flow_table *table;
};

static void set_up(struct set *set, uint32_t n_flows, uint64_t idle_ns)
{
	memset(set, 0, sizeof(*set));
	set->stats = calloc(1, sizeof(*set->stats));
	set->table = vg_flow_table_create(n_flows, idle_ns, seed_words, set->stats, on_end, &set->ends);
	assert_non_null(set->table);
}

static void tear_down(struct set *set)
{
	vg_flow_table_flush(set->table);
	assert_int_equal(set->table->n_used, 0);
	vg_flow_table_destroy(set->table);
	free(set->stats);
}

static struct vg_packet packet(uint32_t id, uint64_t clock_ns)
{
	struct vg_packet pkt = { .clock_ns = clock_ns };

	pkt.key.net = 4;
	memcpy(pkt.key.ip[0], &id, 3);
	pkt.key.port[0] = 80;
	pkt.key.port[1] = (uint16_t)id;
	pkt.key.vlan[0] = pkt.key.vlan[1] = VG_VLAN_NONE;
	return pkt;
}

static struct vg_flow *find(struct set *set, struct vg_packet pkt)
{
	vg_flow_table_prefetch_burst(set->table, &pkt, 1);
	return vg_flow_table_find(set->table, &pkt);
}

/* What the test calls the flow of a packet: the number of its beginning, kept where an inspector has its stream. */
static uint32_t id_of(struct set *set, struct vg_packet pkt)
{
	uint64_t n_begun = set->stats->counters[VG_C_FLOWS];
	struct vg_flow *flow = find(set, pkt);

	if (set->stats->counters[VG_C_FLOWS] != n_begun)
		flow->stream_idx = (uint32_t)n_begun + 1;
	return flow->stream_idx;
}

static void one_key_is_one_flow_until_it_is_idle(void **state)
{
	struct set s;
	uint64_t id;

	(void)state;
	set_up(&s, 100, 1000 * MS);
	id = id_of(&s, packet(1, 0));
	assert_int_equal(id_of(&s, packet(1, 999 * MS)), id);
	assert_int_equal(id_of(&s, packet(1, 1998 * MS)), id);
	assert_int_equal(s.ends.n[VG_FLOW_IDLE], 0);
	/* exactly idle_ns later it is another one, although no timer ran */
	assert_int_not_equal(id_of(&s, packet(1, 2998 * MS)), id);
	assert_int_equal(s.ends.n[VG_FLOW_IDLE], 1);
	assert_int_equal(s.stats->counters[VG_C_FLOWS], 2);
	assert_int_equal(s.stats->counters[VG_C_FLOWS_AGED], 1);
	tear_down(&s);
}

static void a_closed_flow_is_kept_for_what_comes_late_and_then_makes_room(void **state)
{
	const uint64_t closed_ms = VG_FLOW_CLOSED_NS / MS;
	struct set s;
	uint64_t id;

	(void)state;
	set_up(&s, 100, 100000 * MS);
	id = id_of(&s, packet(1, 0));
	id_of(&s, packet(2, 0));
	vg_flow_table_close(s.table, find(&s, packet(1, 10 * MS)));
	vg_flow_table_close(s.table, find(&s, packet(1, 20 * MS)));
	assert_int_equal(s.stats->counters[VG_C_FLOWS_CLOSED], 1);
	assert_int_equal(id_of(&s, packet(1, (closed_ms + 19) * MS)), id); /* late, and from then on */
	assert_int_equal(vg_flow_table_age(s.table, (closed_ms + 30) * MS, 10), 0);
	assert_int_equal(vg_flow_table_age(s.table, (2 * closed_ms + 2000) * MS, 10), 1);
	assert_int_equal(s.table->n_used, 1);
	assert_int_equal(s.stats->counters[VG_C_FLOWS_AGED], 0);
	/* exactly, although no timer ran */
	id = id_of(&s, packet(3, 30000 * MS));
	vg_flow_table_close(s.table, find(&s, packet(3, 30000 * MS)));
	assert_int_not_equal(id_of(&s, packet(3, (30000 + closed_ms) * MS)), id);
	/* one that goes on stays as long as any */
	vg_flow_table_close(s.table, find(&s, packet(3, 50000 * MS)));
	vg_flow_reopen(find(&s, packet(3, 50000 * MS)));
	id = id_of(&s, packet(3, 50000 * MS));
	(void)vg_flow_table_age(s.table, 90000 * MS, 10);
	assert_int_equal(id_of(&s, packet(3, 90000 * MS)), id);
	tear_down(&s);
}

static void tenant_capture_and_version_are_part_of_the_key(void **state)
{
	struct set s;
	struct vg_packet p[5];

	(void)state;
	set_up(&s, 100, 1000 * MS);
	for (int i = 0; i < 5; i++)
		p[i] = packet(7, 0);
	p[1].key.vlan[0] = 5;
	p[2].key.vlan[1] = 5;
	p[3].key.capture_idx = 1;
	p[4].key.net = 6;
	for (int i = 0; i < 5; i++)
		find(&s, p[i]);
	assert_int_equal(s.table->n_used, 5);
	tear_down(&s);
}

static void a_full_table_puts_out_the_oldest(void **state)
{
	struct set s;

	(void)state;
	set_up(&s, 64, 10000 * MS);
	for (uint32_t i = 0; i < 64; i++)
		find(&s, packet(i, i * 100 * MS));
	for (uint32_t i = 0; i < 32; i++) /* the older half becomes busy again */
		find(&s, packet(i, 6400 * MS + i * 100 * MS));
	find(&s, packet(1000, 9700 * MS));
	assert_int_equal(s.ends.n[VG_FLOW_EVICTED], 1);
	assert_int_equal(s.ends.last_port, 32);
	assert_int_equal(s.table->n_used, 64);
	tear_down(&s);
}

static void a_flood_keeps_the_size_and_the_busy(void **state)
{
	struct set s;
	uint64_t id;

	(void)state;
	set_up(&s, 1000, 60000 * MS);
	id = id_of(&s, packet(5, 0));
	for (uint32_t i = 0; i < 200000; i++) {
		find(&s, packet(1000 + i, i * MS / 10));
		if (i % 100 == 0)
			assert_int_equal(id_of(&s, packet(5, i * MS / 10)), id);
		if (i % 32 == 0)
			vg_flow_table_age(s.table, i * MS / 10, 64);
	}
	assert_true(s.table->n_used <= 1000);
	assert_true(s.ends.n[VG_FLOW_EVICTED] > 190000);
	tear_down(&s);
}

static void ageing_ends_what_is_idle_and_only_that(void **state)
{
	struct set s;
	uint64_t now = 0;

	(void)state;
	set_up(&s, 1000, 1000 * MS);
	for (uint32_t i = 0; i < 500; i++)
		find(&s, packet(i, 0));
	for (now = 0; now < 5000 * MS; now += 10 * MS) {
		for (uint32_t i = 0; i < 100; i++)
			find(&s, packet(i, now));
		while (vg_flow_table_age(s.table, now, 16)) {
		}
	}
	assert_int_equal(s.table->n_used, 100);
	assert_int_equal(s.ends.n[VG_FLOW_IDLE], 400);
	tear_down(&s);
}

static void a_restarted_flow_is_new_and_forgets_its_bases(void **state)
{
	struct set s;
	struct vg_flow *flow;

	(void)state;
	set_up(&s, 10, 1000 * MS);
	flow = find(&s, packet(1, 0));
	flow->state = VG_FLOW_LET_GO;
	flow->flags = VG_FLOW_BASE(0) | VG_FLOW_BASE(1) | VG_FLOW_CLOSED;
	vg_flow_table_restart(s.table, flow);
	assert_int_equal(flow->state, VG_FLOW_NEW);
	assert_int_equal(flow->flags, 0);
	assert_int_equal(s.stats->counters[VG_C_FLOWS], 2);
	assert_int_equal(s.ends.n[0] + s.ends.n[1] + s.ends.n[2], 0);
	assert_int_equal(s.stats->counters[VG_C_FLOWS_CLOSED], 0); /* it had been counted as closed */
	tear_down(&s);
}

static void a_flush_ends_all_and_time_may_begin_anew(void **state)
{
	struct set s;

	(void)state;
	set_up(&s, 100, 1000 * MS);
	for (uint32_t i = 0; i < 50; i++)
		find(&s, packet(i, UINT64_C(1) << 60));
	vg_flow_table_flush(s.table);
	assert_int_equal(s.ends.n[VG_FLOW_FLUSHED], 50);
	find(&s, packet(3, 0));
	find(&s, packet(3, 500 * MS));
	assert_int_equal(vg_flow_table_age(s.table, 1100 * MS, 10), 0);
	assert_int_equal(vg_flow_table_age(s.table, 1600 * MS, 10), 1);
	tear_down(&s);
}

static void random_traffic_is_told_apart_as_a_list_does(void **state)
{
	enum { N_KEYS = 300 };
	unsigned seed = (unsigned)time(NULL);
	uint64_t last[N_KEYS], id[N_KEYS] = { 0 }, now = 0;
	struct set s;

	(void)state;
	print_message("seed %u\n", seed);
	set_up(&s, N_KEYS, 50 * MS);
	for (int i = 0; i < 200000; i++) {
		uint32_t k = (uint32_t)rand_r(&seed) % N_KEYS;
		uint64_t got;

		now += (uint64_t)rand_r(&seed) % MS;
		got = id_of(&s, packet(k, now));
		if (id[k] && now - last[k] < 50 * MS)
			assert_int_equal(got, id[k]);
		else
			assert_true(got > id[k]);
		id[k] = got;
		last[k] = now;
		if (rand_r(&seed) % 8 == 0)
			vg_flow_table_age(s.table, now, (uint32_t)rand_r(&seed) % 10);
	}
	assert_int_equal(s.ends.n[VG_FLOW_EVICTED], 0);
	tear_down(&s);
}

/* The default size of a core: filled, flooded four times over with one busy flow in it, aged to nothing. */
static void a_million_flows_age_out_and_the_oldest_make_room(void **state)
{
	enum { N = 1 << 20 };
	uint64_t now = 0, n_full;
	uint32_t busy;
	struct set s;

	(void)state;
	set_up(&s, N, 60000 * MS);
	for (uint32_t i = 0; i < N; i++)
		find(&s, packet(i, now += 1000));
	assert_int_equal(s.table->n_used, N);
	busy = id_of(&s, packet(7, now));
	for (uint32_t i = 0; i < 4 * N; i++) {
		find(&s, packet(N + i, now += 1000));
		if (i % 100000 == 0)
			assert_int_equal(id_of(&s, packet(7, now)), busy);
	}
	assert_int_equal(s.table->n_used, N);
	assert_int_equal(s.ends.n[VG_FLOW_EVICTED], 4 * N);
	/* only the newest are left: the oldest of them is found, the one before it is not */
	n_full = s.stats->counters[VG_C_FLOWS];
	find(&s, packet(4 * N + 1, now));
	assert_int_equal(s.stats->counters[VG_C_FLOWS], n_full);
	find(&s, packet(4 * N - 2, now));
	assert_int_equal(s.stats->counters[VG_C_FLOWS], n_full + 1);
	for (now += 60000 * MS; vg_flow_table_age(s.table, now, 4096);)
		now += MS;
	now += 60000 * MS;
	while (vg_flow_table_age(s.table, now, 4096)) {
	}
	assert_int_equal(s.table->n_used, 0);
	assert_int_equal(s.table->wheel->n_armed, 0);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_key_is_one_flow_until_it_is_idle),
		cmocka_unit_test(a_closed_flow_is_kept_for_what_comes_late_and_then_makes_room),
		cmocka_unit_test(tenant_capture_and_version_are_part_of_the_key),
		cmocka_unit_test(a_full_table_puts_out_the_oldest),
		cmocka_unit_test(a_flood_keeps_the_size_and_the_busy),
		cmocka_unit_test(ageing_ends_what_is_idle_and_only_that),
		cmocka_unit_test(a_restarted_flow_is_new_and_forgets_its_bases),
		cmocka_unit_test(a_flush_ends_all_and_time_may_begin_anew),
		cmocka_unit_test(random_traffic_is_told_apart_as_a_list_does),
		cmocka_unit_test(a_million_flows_age_out_and_the_oldest_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
