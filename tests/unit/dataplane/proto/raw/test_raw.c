/* Pictures among bytes of any kind: whole, byte by byte and at random cuts the same bodies. */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include "dataplane/proto/raw/raw_priv.h"
#include "dataplane/protocols.h"
#include "tests/lib/guard.h"

#define NOISE "\x01\x00noise \xff\xd8 GIF8 RIFF\x89PNG\r\n"
#define JPEG  "\xff\xd8\xff\xe0\0\5\1\2\3\xff\xdb\0\3\4\xff\xda\0\4\1\2scan\xff\0\xff\xd1more\xff\xff\xd9"
#define PNG                                                                                     \
	"\x89PNG\r\n\x1a\n\0\0\0\3IHDRabc\1\2\3\4\0\0\0\5IDAThello\1\2\3\4\0\0\0\0IEND\xae\x42" \
	"\x60\x82"
#define GIF  "GIF89a\1\0\1\0\x80\0\0rgbrgb!\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2\x44\1\0!\xfe\3hi!\0;"
#define WEBP "RIFF\21\0\0\0WEBPVP8 \4\0\0\0abcde!"
#define MP4  "\0\0\0\24ftypisom\0\0\0\1mp42\0\0\0\14moovabcd\0\0\0\1mdat\0\0\0\0\0\0\0\25hello"

enum cuts { WHOLE, BYTES, RANDOM };
struct bench {
	struct vg_stats_page stats;
	struct vg_body_log log;
	struct vg_proto *proto;
	struct vg_proto_flow *flow;
	enum cuts cuts;
	enum vg_step last;
};

static int bench_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 4, .flags = VG_CONF_CARVE };
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	struct vg_body_sink sink;

	if (!b)
		return -1;
	memset(b, 0, sizeof(*b));
	sink = vg_body_log_sink(&b->log);
	b->proto = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	*state = b;
	return b->proto ? 0 : -1;
}

static int bench_close(void **state)
{
	struct bench *b = *state;
	vg_proto_destroy(b->proto);
	free(b);
	return 0;
}

static void say(struct bench *b, unsigned dir, const char *bytes, size_t n_all)
{
	for (size_t at = 0, n; at < n_all && b->last == VG_MORE; at += n) {
		n = b->cuts == WHOLE ? n_all : b->cuts == BYTES ? 1 : 1 + (size_t)random() % 30;
		n = n < n_all - at ? n : n_all - at;
		uint8_t *copy = vg_guard_copy(bytes + at, n);
		b->last = vg_proto_feed(b->proto, &b->flow, dir, copy, (uint32_t)n, 1);
		vg_guard_free(copy, n);
	}
}
#define SAY(dir, text) say(b, dir, text, sizeof(text) - 1)

static void hold(struct bench *b, void (*talk)(struct bench *b), const char *bodies)
{
	struct vg_flow_ident ident = { .ip_version = 4, .port = { 40000, 4000 } };
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	srandom(seed);
	for (unsigned i = 0; i < 102; i++) {
		b->cuts = i == 0 ? WHOLE : i == 1 ? BYTES : RANDOM;
		b->log.n_text = 0;
		b->log.text[0] = 0;
		b->last = VG_MORE;
		b->flow = vg_proto_flow_take(b->proto, VG_APP_RAW, &ident);
		assert_non_null(b->flow);
		talk(b);
		vg_proto_flow_give(b->proto, &b->flow);
		assert_string_equal(b->log.text, bodies);
		assert_int_equal(b->log.n_open, 0);
	}
}

static void talk_all(struct bench *b)
{
	SAY(1, NOISE JPEG PNG "x" GIF WEBP NOISE MP4 JPEG);
	SAY(0, "upload:" PNG);
}

static void every_kind_is_found_among_noise_and_ends_where_it_ends(void **state)
{
	struct bench *b = *state;
	hold(b, talk_all,
	     "down    0: ....................scan....more... = complete\n"
	     "down    0: .PNG........IHDRabc........IDAThello........IEND.B`. = complete\n"
	     "down    0: GIF89a.......rgbrgb!.......,...........D..!..hi!.; = complete\n"
	     "down    0: RIFF....WEBPVP8 ....abcde! = complete\n"
	     "down    0: ....ftypisom....mp42....moovabcd....mdat........hello = complete\n"
	     "down    0: ....................scan....more... = complete\n"
	     "up    0: .PNG........IHDRabc........IDAThello........IEND.B`. = complete\n");
	assert_int_equal(b->stats.counters[VG_C_RAW_BEGUN], 7 * 102);
	assert_int_equal(b->stats.counters[VG_C_RAW_WHOLE], 7 * 102);
}

static void talk_broken(struct bench *b)
{
	SAY(1, "\xff\xd8\xff\xe0\0\3\1\xff\xdb\0\1" PNG "\x89PNG\r\n\x1a\n\0\0\0\3IHDRabc\1\2\3\4\0\0\0" PNG
	       "GIF87a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\x0c" JPEG "\0\0\0\24ftypisom\0\0\0\1mp42" GIF);
	SAY(1, "\xff\xd8\xff\xe0\0\3");
	vg_proto_end(b->proto, b->flow, 1, VG_END_FIN, 1);
}

static void what_breaks_is_truncated_and_hides_nothing_behind_it(void **state)
{
	hold(*state, talk_broken,
	     "down    0: ......... = truncated\n"
	     "down    0: .PNG........IHDRabc........IDAThello........IEND.B`. = complete\n"
	     "down    0: .PNG........IHDRabc.... = truncated\n"
	     "down    0: .PNG........IHDRabc........IDAThello........IEND.B`. = complete\n"
	     "down    0: GIF87a.......,......... = truncated\n"
	     "down    0: ....................scan....more... = complete\n"
	     "down    0: ....ftypisom....mp42 = truncated\n"
	     "down    0: GIF89a.......rgbrgb!.......,...........D..!..hi!.; = complete\n"
	     "down    0: ...... = truncated\n");
}

static void talk_gaps(struct bench *b)
{
	SAY(1, "\xff\xd8\xff\xdb\0\2\xff\xda\0\2scan");
	(void)vg_proto_gap(b->proto, b->flow, 1, 9, 1);
	SAY(1, "more\xff\xd9\x89PNG\r\n\x1a\n\0\0\0\11IHDRabc");
	(void)vg_proto_gap(b->proto, b->flow, 1, 6, 1);
	SAY(1, "\1\2\3\4\0\0\0\0IENDcrc!GIF87a\1\0\1\0\0\0\0");
	(void)vg_proto_gap(b->proto, b->flow, 1, 6, 1);
	SAY(1, "!");
	SAY(1, WEBP "\xff\xd8\xff\xe1\0");
	vg_proto_end(b->proto, b->flow, 1, VG_END_RST, 1);
}

static void gaps_within_runs_are_passed_and_others_end_a_body(void **state)
{
	hold(*state, talk_gaps,
	     "down    0: ..........scan{9}more.. = gap\n"
	     "down    0: .PNG........IHDRabc{6}........IENDcrc! = gap\n"
	     "down    0: GIF87a.......{6} = gap\n"
	     "down    0: RIFF....WEBPVP8 ....abcde! = complete\n"
	     "down    0: ..... = aborted\n");
}

static void talk_file(struct bench *b)
{
	SAY(1, "\0\0\0\24ftypheic\0\0\0\0mif1\0\0\0\14metaabcd\0\0\0\0mdatto the end");
	vg_proto_end(b->proto, b->flow, 1, VG_END_FIN, 1);
}

static void boxes_may_go_on_to_the_end_of_the_stream(void **state)
{
	hold(*state, talk_file, "down    0: ....ftypheic....mif1....metaabcd....mdatto the end = complete\n");
}

static void another_protocol_takes_over_where_its_message_begins(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4, .port = { 40000, 4000 } };

	b->flow = vg_proto_flow_take(b->proto, VG_APP_RAW, &ident);
	SAY(0, "something else");
	SAY(1, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
	assert_int_equal(b->flow->parser->app, VG_APP_HTTP1);
	vg_proto_flow_give(b->proto, &b->flow);
	assert_string_equal(b->log.text, "down    200 flags=2: abc = complete\n");
}

static void a_stream_without_pictures_is_let_go_in_the_end(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	static char zeros[1 << 20];

	b->flow = vg_proto_flow_take(b->proto, VG_APP_RAW, &ident);
	for (unsigned i = 0; i < 64; i++)
		b->last = vg_proto_feed(b->proto, &b->flow, i & 1, (const uint8_t *)zeros, sizeof(zeros), 1);
	assert_int_equal(b->last, VG_MORE);
	SAY(0, "and more of it, so that the last held bytes count, too");
	assert_int_equal(b->last, VG_SKIP);
	assert_int_equal(b->stats.counters[VG_C_RAW_IDLE], 1);
	vg_proto_flow_give(b->proto, &b->flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_is_found_among_noise_and_ends_where_it_ends, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(what_breaks_is_truncated_and_hides_nothing_behind_it, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(gaps_within_runs_are_passed_and_others_end_a_body, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(boxes_may_go_on_to_the_end_of_the_stream, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(another_protocol_takes_over_where_its_message_begins, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(a_stream_without_pictures_is_let_go_in_the_end, bench_open,
						bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
