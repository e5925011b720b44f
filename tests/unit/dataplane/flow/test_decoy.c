#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/decode.h"
#include "dataplane/flow/decoy.h"
#include "tests/lib/pktbuild.h"

#define RIGHT   0u
#define WRONG   1u
#define PARTIAL 2u

static void ended(void *owner, struct vg_flow *flow, enum vg_flow_end why)
{
	(void)owner;
	(void)flow;
	(void)why;
}

static uint32_t sum(const uint8_t *at, uint32_t n)
{
	uint32_t s = 0;

	for (uint32_t i = 0; i < n; i++)
		s += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	return s;
}

/* What the table says of a packet of that kind, with a payload of that many bytes. */
static enum vg_decoy is_decoy(struct vg_flow_table *table, uint8_t flags, unsigned kind, uint32_t n_payload,
			      unsigned policy)
{
	static const uint8_t payload[2000];
	struct pb_tcp t = {
		.src = 1, .dst = 2, .sport = 3, .dport = 80, .flags = flags, .payload = payload, .n_payload = n_payload
	};
	struct vg_packet pkt = { .link = VG_LINK_ETHERNET, .clock_ns = 1 };
	static struct pb_frame f;
	uint32_t tcp_off, s;

	pb_simple(&f, &t);
	tcp_off = f.ip_off + 20;
	s = sum(f.bytes + f.ip_off + 12, 8) + 6 + f.n_bytes - tcp_off;
	if (kind != PARTIAL)
		s += sum(f.bytes + tcp_off, f.n_bytes - tcp_off);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	pb_set16(&f, tcp_off + 16, (kind == PARTIAL ? s : ~s & 0xffff) ^ (kind == WRONG ? 0x5a5a : 0));
	pkt.frame = f.bytes;
	pkt.n_first_bytes = pkt.n_frame_bytes = f.n_bytes;
	assert_int_equal(vg_decode_frame(&pkt), VG_DECODE_TCP);
	vg_flow_table_prefetch_burst(table, &pkt, 1);
	return vg_decoy_judge(table, vg_flow_table_find(table, &pkt), &pkt, policy);
}

static struct vg_flow_table *table_make(struct vg_stats_page *stats)
{
	static const uint64_t seed[3] = { 1, 2, 3 };

	memset(stats, 0, sizeof(*stats));
	return vg_flow_table_create(16, 1000000000, seed, stats, ended, NULL);
}

static void verify_drops_the_wrong_ones_of_who_sends_right_ones(void **state)
{
	static struct vg_stats_page stats;
	struct vg_flow_table *table = table_make(&stats);

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_false(is_decoy(table, 16, RIGHT, 100, VG_CHECKSUMS_VERIFY));
	assert_int_equal(is_decoy(table, 16, WRONG, 100, VG_CHECKSUMS_VERIFY), VG_DECOY_BROKEN);
	assert_int_equal(is_decoy(table, 4, WRONG, 0, VG_CHECKSUMS_VERIFY), VG_DECOY_DROPPED);
	assert_false(is_decoy(table, 16, WRONG, 0, VG_CHECKSUMS_VERIFY)); /* carries nothing */
	assert_int_equal(stats.counters[VG_C_DECODE_CHECKSUM], 2);
	vg_flow_table_destroy(table);
}

static void verify_takes_all_of_who_sends_wrong_ones(void **state)
{
	static struct vg_stats_page stats;
	struct vg_flow_table *table = table_make(&stats);

	(void)state;
	for (int i = 0; i < 400; i++) {
		assert_false(is_decoy(table, 16, WRONG, 100, VG_CHECKSUMS_VERIFY));
		assert_false(is_decoy(table, 16, PARTIAL, 100, VG_CHECKSUMS_VERIFY));
	}
	assert_false(is_decoy(table, 16, RIGHT, 100, VG_CHECKSUMS_VERIFY)); /* by chance */
	assert_false(is_decoy(table, 16, WRONG, 100, VG_CHECKSUMS_VERIFY));
	vg_flow_table_destroy(table);
}

static void drop_takes_no_wrong_or_unfinished_one_from_anybody(void **state)
{
	static struct vg_stats_page stats;
	struct vg_flow_table *table = table_make(&stats);

	(void)state;
	assert_int_equal(is_decoy(table, 16, WRONG, 100, VG_CHECKSUMS_DROP), VG_DECOY_DROPPED);
	assert_true(is_decoy(table, 16, PARTIAL, 100, VG_CHECKSUMS_DROP));
	assert_false(is_decoy(table, 16, PARTIAL, 1600, VG_CHECKSUMS_DROP)); /* never was on a wire like that */
	assert_false(is_decoy(table, 16, RIGHT, 100, VG_CHECKSUMS_DROP));
	assert_int_equal(stats.counters[VG_C_DECODE_CHECKSUM], 2);
	vg_flow_table_destroy(table);
}

static void what_is_larger_than_a_frame_was_merged_by_a_host(void **state)
{
	static struct vg_stats_page stats;
	struct vg_flow_table *table = table_make(&stats);

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_false(is_decoy(table, 16, RIGHT, 100, VG_CHECKSUMS_VERIFY));
	assert_false(is_decoy(table, 16, PARTIAL, 1481, VG_CHECKSUMS_VERIFY));
	assert_false(is_decoy(table, 16, WRONG, 1481, VG_CHECKSUMS_VERIFY));
	assert_true(is_decoy(table, 16, WRONG, 1480, VG_CHECKSUMS_VERIFY));
	assert_true(is_decoy(table, 16, PARTIAL, 1480, VG_CHECKSUMS_VERIFY));
	assert_true(is_decoy(table, 16, WRONG, 1481, VG_CHECKSUMS_DROP));
	vg_flow_table_destroy(table);
}

static void ignore_looks_at_none(void **state)
{
	static struct vg_stats_page stats;
	struct vg_flow_table *table = table_make(&stats);

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_false(is_decoy(table, 16, RIGHT, 100, VG_CHECKSUMS_IGNORE));
	assert_false(is_decoy(table, 16, WRONG, 100, VG_CHECKSUMS_IGNORE));
	assert_int_equal(stats.counters[VG_C_DECODE_CHECKSUM], 0);
	vg_flow_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verify_drops_the_wrong_ones_of_who_sends_right_ones),
		cmocka_unit_test(verify_takes_all_of_who_sends_wrong_ones),
		cmocka_unit_test(drop_takes_no_wrong_or_unfinished_one_from_anybody),
		cmocka_unit_test(what_is_larger_than_a_frame_was_merged_by_a_host),
		cmocka_unit_test(ignore_looks_at_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
