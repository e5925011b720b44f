/* What is recognised behind a handshake, and what is held until then. */
#include "tests/lib/body_log.h"

#include <stdlib.h>

#include "dataplane/proto/again.h"
#include "dataplane/protocols.h"

struct bench {
	struct vg_stats_page stats;
	struct vg_body_log log;
	struct vg_proto *proto;
	struct vg_again again;
};

static int bench_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 2 };
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	memset(b, 0, sizeof(*b));
	struct vg_body_sink sink = vg_body_log_sink(&b->log);
	b->proto = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	vg_again_begin(&b->again, 0);
	*state = b;
	return 0;
}
static int bench_close(void **state)
{
	struct bench *b = *state;
	vg_proto_destroy(b->proto);
	free(b);
	return 0;
}
static enum vg_app bytes(struct bench *b, unsigned dir, const char *text)
{
	return vg_again_bytes(b->proto, &b->again, dir, (const uint8_t *)text, (uint32_t)strlen(text));
}

static void first_bytes_are_put_together(void **state)
{
	struct bench *b = *state;
	assert_int_equal(bytes(b, 0, ""), VG_APP_NONE);
	assert_int_equal(bytes(b, 0, "GE"), VG_APP_NONE);
	assert_int_equal(bytes(b, 0, "T /"), VG_APP_HTTP1);
	assert_int_equal(b->again.n_held[0], 2);
	assert_memory_equal(b->again.held[0], "GE", 2);
}

static void what_was_held_before_is_looked_at(void **state)
{
	struct bench *b = *state;
	assert_true(vg_again_hold(&b->again, 0, (const uint8_t *)"GET / HTTP/1.1\r\n", 16));
	assert_int_equal(bytes(b, 0, ""), VG_APP_HTTP1);
	assert_int_equal(b->again.n_held[0], 16);
}

static void one_direction_that_does_not_tell_waits_for_the_other(void **state)
{
	struct bench *b = *state;
	assert_int_equal(bytes(b, 0, "\1\2\3\4 strange"), VG_APP_NONE);
	assert_int_equal(bytes(b, 1, "HTTP/1.1 200 OK"), VG_APP_HTTP1);
	vg_again_begin(&b->again, 0);
	assert_int_equal(bytes(b, 0, "\1\2\3\4 strange"), VG_APP_NONE);
	assert_int_equal(bytes(b, 1, "\1\2\3\4 strange"), VG_APP_UNKNOWN);
}

static void sealed_is_nobodys(void **state)
{
	assert_int_equal(bytes(*state, 0, "\x16\x03\x01"), VG_APP_OPAQUE);
}

static void behind_a_hole_a_message_may_begin(void **state)
{
	struct bench *b = *state;
	assert_int_equal(bytes(b, 0, "GE"), VG_APP_NONE);
	vg_again_gap(&b->again, 0, 5);
	assert_int_equal(b->again.n_lost[0], 7);
	assert_int_equal(bytes(b, 0, "GET /a HTTP/1.1\r\n"), VG_APP_HTTP1);
	vg_again_gap(&b->again, 0, 0);
	assert_true(b->again.n_lost[0] == UINT64_MAX);
	vg_again_gap(&b->again, 0, 5);
	assert_true(b->again.n_lost[0] == UINT64_MAX);
}

static void what_is_held_has_an_end(void **state)
{
	struct bench *b = *state;
	static uint8_t much[VG_AGAIN_BYTES];
	assert_true(vg_again_hold(&b->again, 1, much, VG_AGAIN_BYTES - 1));
	assert_false(vg_again_hold(&b->again, 1, much, 2));
	assert_int_equal(b->again.n_held[1], VG_AGAIN_BYTES);
	assert_int_equal(bytes(b, 1, "x"), VG_APP_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(first_bytes_are_put_together, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(what_was_held_before_is_looked_at, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(one_direction_that_does_not_tell_waits_for_the_other, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(sealed_is_nobodys, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(behind_a_hole_a_message_may_begin, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(what_is_held_has_an_end, bench_open, bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
