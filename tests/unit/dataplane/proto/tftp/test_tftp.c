/* Transfers as lists of datagrams: lost, repeated and reordered blocks, options, numbers that go around, ends. */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include <vigil/base.h>
#include <vigil/stats_page.h>

#include "dataplane/proto/tftp/tftp_priv.h"
#include "dataplane/protocols.h"
#include "tests/lib/guard.h"

struct bench {
	struct vg_proto *proto;
	struct vg_stats_page stats;
	struct vg_body_log log;
	struct vg_proto_flow *flow;
};

static int bench_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 64 };
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	struct vg_body_sink sink;
	struct vg_flow_ident ident = { .ip_version = 4,
				       .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } },
				       .port = { 0, 40000 } };
	if (!b)
		return -1;
	memset(b, 0, sizeof(*b));
	sink = vg_body_log_sink(&b->log);
	b->proto = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	b->flow = vg_proto_flow_take(b->proto, VG_APP_TFTP, &ident);
	*state = b;
	return 0;
}

static int bench_close(void **state)
{
	struct bench *b = *state;
	vg_proto_flow_give(b->proto, &b->flow);
	assert_int_equal(b->log.n_open, 0);
	assert_int_equal(vg_pool_n_out(&vg_tftp_of(b->proto)->held), 0);
	vg_proto_destroy(b->proto);
	free(b);
	return 0;
}

/* The client is side 1. */
static void say(struct bench *b, unsigned dir, const void *bytes, size_t n)
{
	uint8_t *copy = vg_guard_copy(bytes, n);
	assert_int_equal(vg_proto_datagram(b->proto, b->flow, dir, dir ? 40000 : 5000, dir ? 5000 : 40000, copy,
					   (uint32_t)n, 1000),
			 VG_MORE);
	vg_guard_free(copy, n);
}
#define SAY(dir, text) say(b, dir, text, sizeof(text) - 1)

static void block(struct bench *b, unsigned dir, unsigned no, const char *text)
{
	uint8_t datagram[600] = { 0, 3, (uint8_t)(no >> 8), (uint8_t)no };
	size_t n = strlen(text);
	memcpy(datagram + 4, text, n);
	say(b, dir, datagram, n + 4);
}

static void expect(struct bench *b, const char *text)
{
	assert_string_equal(b->log.text, text);
	b->log.text[0] = 0;
	b->log.n_text = 0;
}
#define READ "\0\1dir/a.jpg\0octet\0blksize\0008\0"
#define OACK "\0\6blksize\0008\0"
#define DOWN "down RRQ  tftp://10.0.0.1/dir/a.jpg 0 file=a.jpg: "

static void a_short_block_ends_what_was_read(void **state)
{
	struct bench *b = *state;
	SAY(1, READ);
	SAY(1, READ);
	SAY(0, OACK);
	block(b, 0, 1, "01234567");
	block(b, 0, 1, "01234567");
	block(b, 1, 2, "not mine");
	block(b, 0, 2, "abc");
	block(b, 0, 2, "abc");
	expect(b, DOWN "01234567abc = complete\n");
	SAY(1, "\0\2up\0octet\0");
	block(b, 1, 1, "xyz");
	expect(b, "up WRQ  tftp://10.0.0.1/up 0 file=up: xyz = complete\n");
}

static void an_empty_block_ends_it_too(void **state)
{
	struct bench *b = *state;
	SAY(1, READ);
	SAY(0, OACK);
	block(b, 0, 1, "01234567");
	block(b, 0, 2, "");
	expect(b, DOWN "01234567 = complete\n");
}

static void blocks_of_a_window_may_come_in_any_order(void **state)
{
	struct bench *b = *state;
	unsigned seed = (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	for (unsigned round = 0; round < 100; round++) {
		static const char *const texts[] = { "00000000", "11111111", "22222222", "33333333", "444" };
		unsigned order[] = { 0, 1, 2, 3, 4 };
		for (unsigned i = 4; i; i--) {
			unsigned k = (unsigned)rand_r(&seed) % (i + 1), t = order[i];
			order[i] = order[k];
			order[k] = t;
		}
		SAY(1, READ);
		SAY(0, OACK);
		for (unsigned i = 0; i < 5; i++)
			block(b, 0, order[i] + 1, texts[order[i]]);
		expect(b, DOWN "00000000111111112222222233333333444 = complete\n");
	}
}

static void a_block_that_never_comes_is_a_gap(void **state)
{
	struct bench *b = *state;
	SAY(1, READ);
	SAY(0, OACK);
	block(b, 0, 1, "01234567");
	for (unsigned i = 3; i < 3 + 1 + VG_TFTP_EARLY + 1; i++)
		block(b, 0, i, "........");
	block(b, 0, 13, "!");
	expect(b, DOWN
	       "01234567{8}................................................................................! = gap\n");
	assert_int_equal(b->stats.counters[VG_C_TFTP_HOLES], 1);
	SAY(1, READ);
	SAY(0, OACK);
	block(b, 0, 2, "ab");
	vg_proto_end(b->proto, b->flow, 0, VG_END_TIMEOUT, 1);
	expect(b, DOWN "{8}ab = gap\n");
}

static void errors_abort_and_silence_cuts(void **state)
{
	struct bench *b = *state;
	SAY(1, READ);
	SAY(0, OACK);
	block(b, 0, 1, "01234567");
	SAY(1, "\0\5\0\0full\0");
	expect(b, DOWN "01234567 = aborted\n");
	SAY(1, READ);
	SAY(0, OACK);
	block(b, 0, 1, "01234567");
	vg_proto_end(b->proto, b->flow, 1, VG_END_TIMEOUT, 1);
	expect(b, DOWN "01234567 = truncated\n");
	SAY(1, READ);
	SAY(0, "\0\5\0\1no such file\0");
	expect(b, "");
}

static void without_an_acknowledgement_the_first_block_tells_its_size(void **state)
{
	struct bench *b = *state;
	SAY(1, "\0\1a\0octet\0blksize\0008\0");
	block(b, 0, 1, "01234567");
	block(b, 0, 2, "abc");
	expect(b, "down RRQ  tftp://10.0.0.1/a 0 file=a: 01234567abc = complete\n");
	SAY(1, "\0\1a\0octet\0blksize\0001428\0");
	block(b, 0, 1, "short");
	expect(b, "down RRQ  tftp://10.0.0.1/a 0 file=a: short = complete\n");
}

static void numbers_go_around_to_0_or_to_1(void **state)
{
	struct bench *b = *state;
	for (unsigned first = 0; first < 2; first++) {
		uint64_t n_blocks = b->proto->stats->counters[VG_C_TFTP_HOLES];
		SAY(1, READ);
		SAY(0, OACK);
		for (unsigned i = 1; i <= 65535; i++)
			block(b, 0, i, "01234567");
		for (unsigned i = first; i < 3; i++) {
			block(b, 0, i, "abcdefgh");
			block(b, 0, i, "abcdefgh");
		}
		block(b, 0, 3, "x");
		assert_non_null(strstr(b->log.text, "= complete\n"));
		b->log.text[0] = 0;
		b->log.n_text = 0;
		assert_int_equal(b->proto->stats->counters[VG_C_TFTP_HOLES], n_blocks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_short_block_ends_what_was_read, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(an_empty_block_ends_it_too, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(blocks_of_a_window_may_come_in_any_order, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(a_block_that_never_comes_is_a_gap, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(errors_abort_and_silence_cuts, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(without_an_acknowledgement_the_first_block_tells_its_size, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(numbers_go_around_to_0_or_to_1, bench_open, bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
