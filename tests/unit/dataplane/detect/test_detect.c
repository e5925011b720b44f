/* detect: undecided flows piece by piece, what is held and lost on the way, and nDPI for what first bytes do not
 * tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/detect/detect_priv.h"
#include "dataplane/detect/first_bytes.h"
#include "tests/lib/guard.h"
#include "tests/lib/pktbuild.h"

struct set {
	struct vg_stats_page *stats;
	struct vg_detect *detect;
	struct vg_detect_flow flow;
};

static void set_up(struct set *s)
{
	static const struct vg_recogniser rows[] = { { vg_first_bytes_http1, vg_first_bytes_is_message,
						       VG_APP_HTTP1 } };
	memset(s, 0, sizeof(*s));
	s->stats = calloc(1, sizeof(*s->stats));
	s->detect = vg_detect_create(s->stats, rows, 1, 0);
	assert_non_null(s->detect);
}

static void tear_down(struct set *s)
{
	vg_detect_end(s->detect, &s->flow);
	vg_detect_destroy(s->detect);
	free(s->stats);
}

static enum vg_app feed(struct set *s, unsigned dir, const char *text)
{
	uint8_t *at = vg_guard_copy(text, strlen(text));
	enum vg_app app = vg_detect_bytes(s->detect, &s->flow, dir, at, (uint32_t)strlen(text));

	vg_guard_free(at, strlen(text));
	return app;
}

static void a_request_byte_by_byte_is_held_until_it_tells(void **state)
{
	struct set s;

	(void)state;
	set_up(&s);
	assert_int_equal(feed(&s, 1, "G"), VG_APP_NONE);
	assert_int_equal(feed(&s, 1, "E"), VG_APP_NONE);
	assert_int_equal(feed(&s, 1, "T"), VG_APP_NONE);
	assert_int_equal(feed(&s, 1, " "), VG_APP_NONE);
	assert_int_equal(feed(&s, 1, "/"), VG_APP_HTTP1);
	assert_int_equal(s.flow.n_held[1], 4);
	assert_memory_equal(s.flow.held[1], "GET ", 4);
	assert_int_equal(s.flow.n_lost_bytes[0] + s.flow.n_lost_bytes[1], 0);
	assert_int_equal(s.stats->counters[VG_C_DETECT_HTTP], 1);
	tear_down(&s);
}

static void a_body_in_the_middle_is_lost_until_a_message_begins(void **state)
{
	struct set s;

	(void)state;
	set_up(&s);
	assert_int_equal(feed(&s, 0, "\x01\x02 some bytes of a picture, long enough to tell nothing"), VG_APP_NONE);
	assert_int_equal(feed(&s, 0, "more of them"), VG_APP_NONE);
	assert_true(s.flow.n_lost_bytes[0] > 50);
	assert_int_equal(feed(&s, 0, "HTTP/1.1 200 OK\r\n"), VG_APP_HTTP1);
	tear_down(&s);
}

static void a_gap_loses_what_was_held(void **state)
{
	struct set s;

	(void)state;
	set_up(&s);
	feed(&s, 0, "GE");
	vg_detect_gap(&s.flow, 0, 100);
	assert_int_equal(s.flow.n_lost_bytes[0], 102);
	assert_int_equal(s.flow.n_held[0], 0);
	assert_int_equal(feed(&s, 0, "GET /never-mind HTTP/1.1\r\n"), VG_APP_HTTP1);
	tear_down(&s);
}

static void it_gives_up_after_a_bounded_number_of_pieces(void **state)
{
	struct set s;
	unsigned n = 0;

	(void)state;
	set_up(&s);
	while (feed(&s, n & 1, "nothing that anybody would know about at all") == VG_APP_NONE)
		n++;
	assert_int_equal(n + 1, VG_DETECT_MAX_SPANS);
	assert_int_equal(s.stats->counters[VG_C_DETECT_UNKNOWN], 1);
	tear_down(&s);
}

static enum vg_app ask(struct set *s, const struct pb_tcp *t)
{
	struct pb_frame f = { .n_bytes = 0 };
	uint8_t *at;
	enum vg_app app;

	pb_ipv4_tcp(&f, t, 0);
	at = vg_guard_copy(f.bytes, f.n_bytes);
	app = vg_detect_ask(s->detect, &s->flow, at, f.n_bytes, 1000000000);
	vg_guard_free(at, f.n_bytes);
	return app;
}

static void ndpi_names_what_first_bytes_do_not(void **state)
{
	static const char handshake[] = "\x13"
					"BitTorrent protocol\0\0\0\0\0\0\0\0aaaaaaaaaaaaaaaaaaaa-XX0000-bbbbbbbbbbbb";
	struct pb_tcp t = { 1, 2, 6881, 40000, 1, 1, 0x18, handshake, sizeof(handshake) - 1, 0 };
	enum vg_app app;
	struct set s;

	(void)state;
	set_up(&s);
	app = ask(&s, &t);
	assert_int_equal(app, VG_APP_OPAQUE);
	assert_true(s.stats->counters[VG_C_DETECT_NDPI] > 0);
	assert_int_equal(s.stats->counters[VG_C_DETECT_OPAQUE], 1);
	tear_down(&s);
}

static void ndpi_is_asked_a_bounded_number_of_times(void **state)
{
	static const char noise[] = "\x9a\x01\x77\xe3\x9a\x01\x77\xe3\x9a\x01\x77\xe3";
	struct pb_tcp t = { 1, 2, 50001, 50002, 1, 1, 0x18, noise, sizeof(noise) - 1, 0 };
	struct set s;

	(void)state;
	set_up(&s);
	for (int i = 0; i < 20; i++)
		(void)ask(&s, &t);
	assert_true(s.stats->counters[VG_C_DETECT_NDPI] <= VG_DETECT_PACKETS);
	tear_down(&s);
}

static void a_full_pool_of_ndpi_flows_is_no_answer_and_no_leak(void **state)
{
	static struct vg_detect_flow flows[VG_DETECT_FLOWS + 1];
	static const char noise[] = "\x9a\x01\x77\xe3\x9a\x01\x77\xe3";
	struct pb_tcp t = { 1, 2, 50001, 50002, 1, 1, 0x18, noise, sizeof(noise) - 1, 0 };
	struct pb_frame f = { .n_bytes = 0 };
	struct set s;

	(void)state;
	set_up(&s);
	pb_ipv4_tcp(&f, &t, 0);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i <= VG_DETECT_FLOWS; i++)
			(void)vg_detect_ask(s.detect, &flows[i], f.bytes, f.n_bytes, 1000000000);
		assert_int_equal(flows[VG_DETECT_FLOWS].ndpi_1, 0);
		for (uint32_t i = 0; i <= VG_DETECT_FLOWS; i++)
			vg_detect_end(s.detect, &flows[i]);
		memset(flows, 0, sizeof(flows));
	}
	tear_down(&s);
}

static void an_engine_made_late_leaves_its_memory_to_flows(void **state)
{
	struct vg_stats_page stats = { 0 };
	struct vg_recogniser none = { 0 };

	(void)state;
	for (int at_once = 0; at_once < 2; at_once++) {
		struct vg_detect *detect = vg_detect_create(&stats, &none, 1, at_once);
		size_t n_used;

		assert_non_null(detect);
		assert_int_equal(detect->engine != NULL, at_once);
		assert_int_equal(vg_ndpi_memory_n_used(detect->memory) != 0, at_once);
		if (!at_once)
			assert_int_equal(vg_detect_engine_create(detect), 0);
		n_used = vg_ndpi_memory_n_used(detect->memory);
		print_message("%zu bytes\n", n_used);
		assert_true(n_used < VG_NDPI_BYTES / 2);
		assert_true(vg_ndpi_memory_has_room(detect->memory));
		vg_detect_destroy(detect);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_byte_by_byte_is_held_until_it_tells),
		cmocka_unit_test(a_body_in_the_middle_is_lost_until_a_message_begins),
		cmocka_unit_test(a_gap_loses_what_was_held),
		cmocka_unit_test(it_gives_up_after_a_bounded_number_of_pieces),
		cmocka_unit_test(ndpi_names_what_first_bytes_do_not),
		cmocka_unit_test(ndpi_is_asked_a_bounded_number_of_times),
		cmocka_unit_test(a_full_pool_of_ndpi_flows_is_no_answer_and_no_leak),
		cmocka_unit_test(an_engine_made_late_leaves_its_memory_to_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
