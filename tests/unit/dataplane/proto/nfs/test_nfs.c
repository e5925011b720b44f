/* NFS's recogniser and limits; what messages mean is in test_nfs3.c and test_nfs4.c. */
#include "tests/lib/nfs_talk.h"

static void only_calls_of_nfs_are_recognised(void **state)
{
	uint8_t record[8192], *at;
	uint32_t n = vg_nfs_record(record, "read3 1 fid=7 n=3", 0);
	(void)state;
	for (uint32_t i = 1; i <= n; i++) {
		at = vg_guard_copy(record, i);
		assert_int_equal(vg_nfs_first(at, i), i < VG_NFS_HUNT_BYTES ? VG_APP_NONE : VG_APP_NFS);
		assert_int_equal(vg_nfs_begins(at, i), i >= VG_NFS_HUNT_BYTES);
		vg_guard_free(at, i);
	}
	for (uint32_t i = 0; i < VG_NFS_HUNT_BYTES; i++) {
		if (i >= 1 && i < 8) /* length, xid */
			continue;
		record[i] ^= 0x55;
		assert_int_equal(vg_nfs_first(record, n), VG_APP_UNKNOWN);
		assert_false(vg_nfs_begins(record, n));
		record[i] ^= 0x55;
	}
}

static void one_line(struct bench *b, struct vg_proto_flow **flow, unsigned dir, const char *line)
{
	static uint8_t record[8192];
	uint32_t n = vg_nfs_record(record, line, (int)dir);
	assert_int_equal(vg_proto_feed(b->proto, flow, dir, record, n, 1), VG_MORE);
}

static void at_a_limit_the_oldest_is_given_up(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_NFS, &ident);
	const struct vg_nfs_flow *nfs = vg_nfs_flow_of(flow);
	char line[128];
	b->log.n_text = 0;
	one_line(b, &flow, 0, "write3 1 fid=1 data=first");
	for (unsigned i = 2; i < VG_NFS_MAX_FILES + 2; i++) {
		snprintf(line, sizeof(line), "write3 %u fid=%u data=x", i, i);
		one_line(b, &flow, 0, line);
		snprintf(line, sizeof(line), "lookup3 %u fid=1 name=n%u", 10000 + i, i);
		one_line(b, &flow, 0, line);
	}
	assert_memory_equal(b->log.text, "up WRITE   0 flags=400: first = truncated\n", 42);
	assert_int_equal(nfs->files.n_items, VG_NFS_MAX_FILES);
	assert_int_equal(b->stats.counters[VG_C_NFS_SHED_FILES], 1);
	for (unsigned i = 0; i < VG_NFS_MAX_ASKS; i++) {
		snprintf(line, sizeof(line), "lookup3 %u fid=1 name=m", 20000 + i);
		one_line(b, &flow, 0, line);
	}
	assert_int_equal(nfs->asks.n_items, VG_NFS_MAX_ASKS);
	assert_true(nfs->names.n_items <= VG_NFS_MAX_NAMES);
	assert_true(b->stats.counters[VG_C_NFS_SHED_ASKS] > 0 && b->stats.counters[VG_C_NFS_SHED_NAMES] > 0);
	vg_proto_flow_give(b->proto, &flow);
	assert_int_equal(vg_nfs_n_out(vg_nfs_of(b->proto)), 0);
}

static void noise_is_survived_and_ends_in_the_end(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_NFS, &ident);
	static uint8_t noise[1 << 16];
	unsigned seed = (unsigned)time(NULL), n = 0;
	printf("seed %u\n", seed);
	srandom(seed);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)random() & 0x81;
	while (vg_proto_feed(b->proto, &flow, n++ & 1, noise, sizeof(noise), 1) == VG_MORE)
		assert_true(n < 4 * (VG_NFS_MAX_STRANGE_BYTES / sizeof(noise)));
	vg_proto_flow_give(b->proto, &flow);
}

static const struct talk talks[] = { { "other programs on the connection", 0, { "> null 1", "< null 1" }, "" } };

static void other_programs_are_passed_by(void **state)
{
	talks_hold(*state, talks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_calls_of_nfs_are_recognised),
		cmocka_unit_test(at_a_limit_the_oldest_is_given_up),
		cmocka_unit_test(noise_is_survived_and_ends_in_the_end),
		cmocka_unit_test(other_programs_are_passed_by),
	};
	return cmocka_run_group_tests(tests, bench_open, bench_close);
}
