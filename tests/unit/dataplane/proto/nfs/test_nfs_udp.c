/* NFS over UDP: a message a datagram, lost, late and sent again. */
#include "tests/lib/nfs_talk.h"

static void say(struct bench *b, const char *step)
{
	static uint8_t record[8192];
	unsigned dir = step[0] == '<';
	uint32_t n;
	uint8_t *copy;

	if (step[0] == 't') {
		b->wall_ns += strtol(step + 1, NULL, 10) * 1000000;
		return;
	}
	n = vg_nfs_record(record, step + 2, (int)dir) - 4;
	copy = vg_guard_copy(record + 4, n);
	assert_int_equal(
		vg_proto_datagram(b->proto, b->flow, dir, dir ? 2049 : 800, dir ? 800 : 2049, copy, n, b->wall_ns),
		VG_MORE);
	vg_guard_free(copy, n);
}

static void hold(struct bench *b, const char *const *steps, const char *bodies)
{
	struct vg_flow_ident ident = { .ip_version = 4 };

	b->flow = vg_proto_flow_take(b->proto, VG_APP_NFS, &ident);
	assert_non_null(b->flow);
	b->log.n_text = 0;
	b->log.text[0] = 0;
	b->wall_ns = 1;
	for (; *steps; steps++)
		say(b, *steps);
	vg_proto_flow_give(b->proto, &b->flow);
	assert_string_equal(b->log.text, bodies);
	assert_int_equal(b->log.n_open, 0);
	assert_int_equal(VG_TALK_OUT(b->proto), 0);
}
#define HOLD(b, bodies, ...) hold(b, (const char *const[]){ __VA_ARGS__, NULL }, bodies)

static void calls_open_a_flow_and_nothing_else_does(void **state)
{
	static const char *const lines[] = { "read2 1 fid=7 n=3", "read3 1 fid=7 n=3" };
	uint8_t record[8192], *at;
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t n = vg_nfs_record(record, lines[i], 0) - 4;
		for (uint32_t k = 1; k <= n; k++) {
			at = vg_guard_copy(record + 4, k);
			assert_int_equal(vg_nfs_opens(at, k), k >= 40);
			vg_guard_free(at, k);
		}
		for (uint32_t k = 4; k < 24; k++) { /* behind the xid */
			record[4 + k] ^= 0x55;
			assert_false(vg_nfs_opens(record + 4, n));
			record[4 + k] ^= 0x55;
		}
	}
	assert_false(vg_nfs_opens(record + 4, vg_nfs_record(record, "read3 1 data=abc", 1) - 4));
	assert_false(vg_nfs_opens(record + 4, vg_nfs_record(record, "read4 1 fid=7 n=3", 0) - 4));
}

static void files_are_read_and_written(void **state)
{
	HOLD(*state, "down READ  nfs:///a.jpg 0 file=a.jpg: hello = complete\n", "> lookup3 1 fid=1 name=a.jpg",
	     "< lookup3 1 fid=8 size=5", "> read3 3 fid=8 n=9", "< read3 3 data=hello size=5 kind=1");
	HOLD(*state, "up WRITE  nfs:///n 0 file=n flags=c00: helloyou = complete\n", "> create2 1 fid=1 name=n",
	     "< create2 1 fid=7", "> write2 3 fid=7 off=5 data=you", "> write2 2 fid=7 data=hello", "< write2 3 size=8",
	     "< write2 2 size=8");
}

static void what_is_sent_again_is_taken_once(void **state)
{
	struct bench *b = *state;
	HOLD(b, "up WRITE  nfs:///n 0 file=n flags=c00: helloyou = complete\n", "> create2 1 fid=1 name=n",
	     "< create2 1 fid=7", "> write2 2 fid=7 data=hello", "> write2 2 fid=7 data=hello", "< write2 2 size=5",
	     "> write2 3 fid=7 off=5 data=you", "< write2 2 size=5", "> write2 2 fid=7 data=hello",
	     "< write2 3 size=8");
	HOLD(b, "down READ  nfs:///a 0 file=a: abcd = complete\n", "> lookup3 1 fid=1 name=a",
	     "> lookup3 1 fid=1 name=a", "< lookup3 1 fid=8 size=4", "< lookup3 1 fid=8 size=4", "> read3 3 fid=8 n=2",
	     "> read3 3 fid=8 n=2", "< read3 3 data=ab size=4", "< read3 3 data=ab size=4", "> read3 4 fid=8 off=2 n=2",
	     "< read3 4 data=cd size=4");
}

static void an_xid_that_is_used_again_for_another_call_is_another_call(void **state)
{
	HOLD(*state, "down READ  nfs:///a 0 file=a: abcd = complete\n", "> lookup3 1 fid=1 name=a",
	     "< lookup3 1 fid=8 size=4", "> read3 1 fid=8 n=2", "< read3 1 data=ab size=4", "> read3 1 fid=8 off=2 n=2",
	     "< read3 1 data=cd size=4");
}

static void replies_heard_before_their_calls_wait(void **state)
{
	HOLD(*state, "down READ  nfs:///a 0 file=a: abcd = complete\n", "> null 9", "< lookup3 1 fid=8 size=4",
	     "< read3 2 data=ab size=4", "> lookup3 1 fid=1 name=a", "> read3 2 fid=8 n=2", "> read3 4 fid=8 off=2 n=2",
	     "< read3 4 data=cd size=4");
	/* one whose call is lost holds the others up only so long */
	HOLD(*state, "down READ  nfs:///a 0 file=a flags=10: cd = truncated\n", "> lookup3 1 fid=1 name=a",
	     "< lookup3 1 fid=8 size=4", "< read3 7 data=ab size=4", "> read3 4 fid=8 off=2 n=2",
	     "< read3 4 data=cd size=4", "t 2100", "> null 9", "< null 9");
}

static void rubbish_does_not_spoil_what_follows(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	static uint8_t noise[2000];
	unsigned seed = (unsigned)time(NULL);
	printf("seed %u\n", seed);
	srandom(seed);
	b->flow = vg_proto_flow_take(b->proto, VG_APP_NFS, &ident);
	for (unsigned i = 0; i < 5000; i++) {
		uint32_t n = (uint32_t)random() % 1400;
		for (uint32_t k = 0; k < n; k++)
			noise[k] = (uint8_t)(random() % 3 ? 0 : random());
		assert_int_equal(vg_proto_datagram(b->proto, b->flow, i & 1, 1, 2, noise, n, 1), VG_MORE);
	}
	b->log.n_text = 0;
	b->log.text[0] = 0;
	b->wall_ns = 3000000000;
	say(b, "> lookup3 1 fid=1 name=a");
	say(b, "< lookup3 1 fid=8 size=2");
	say(b, "> read3 2 fid=8 n=2");
	say(b, "< read3 2 data=ab size=2");
	assert_string_equal(b->log.text, "down READ  nfs:///a 0 file=a: ab = complete\n");
	vg_proto_flow_give(b->proto, &b->flow);
	assert_int_equal(VG_TALK_OUT(b->proto), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_open_a_flow_and_nothing_else_does),
		cmocka_unit_test(files_are_read_and_written),
		cmocka_unit_test(what_is_sent_again_is_taken_once),
		cmocka_unit_test(an_xid_that_is_used_again_for_another_call_is_another_call),
		cmocka_unit_test(replies_heard_before_their_calls_wait),
		cmocka_unit_test(rubbish_does_not_spoil_what_follows),
	};
	return cmocka_run_group_tests(tests, bench_open, bench_close);
}
