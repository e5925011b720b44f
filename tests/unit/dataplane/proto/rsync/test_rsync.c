/* A daemon's session: greeting, arguments, exchange, frames. Whole, byte by byte and at random cuts the same. */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include <vigil/base.h>
#include <vigil/stats_page.h>

#include "dataplane/proto/rsync/rsync_priv.h"
#include "dataplane/protocols.h"
#include "tests/lib/guard.h"

enum cuts { WHOLE, BYTES, RANDOM };
struct bench {
	struct vg_proto *proto;
	struct vg_stats_page stats;
	struct vg_body_log log;
	struct vg_proto_flow *flow;
	enum cuts cuts;
	enum vg_step last;
};

static int bench_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 64 };
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
	b->last = VG_MORE;
	for (size_t at = 0, n; at < n_all && b->last == VG_MORE; at += n) {
		n = b->cuts == WHOLE ? n_all : b->cuts == BYTES ? 1 : 1 + (size_t)random() % 9;
		n = n < n_all - at ? n : n_all - at;
		uint8_t *copy = vg_guard_copy(bytes + at, n);
		b->last = vg_proto_feed(b->proto, &b->flow, dir, copy, (uint32_t)n, 1);
		vg_guard_free(copy, n);
	}
}
#define SAY(dir, text) say(b, dir, text, sizeof(text) - 1)

static void begin(struct bench *b)
{
	struct vg_flow_ident ident = { .ip_version = 4,
				       .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } },
				       .port = { 873, 40000 } };
	b->flow = vg_proto_flow_take(b->proto, VG_APP_RSYNC, &ident);
	SAY(0, "@RSYNCD: 31.0 md5\n");
	SAY(1, "@RSYNCD: 31.0 md5 md4\nw\n");
	SAY(0, "welcome\n@RSYNCD: OK\n");
}

static void hold(struct bench *b, void (*talk)(struct bench *b), const char *bodies)
{
	srandom((unsigned)time(NULL));
	for (unsigned i = 0; i < 102; i++) {
		b->cuts = i == 0 ? WHOLE : i == 1 ? BYTES : RANDOM;
		b->log.n_text = 0;
		b->log.text[0] = 0;
		begin(b);
		talk(b);
		vg_proto_flow_give(b->proto, &b->flow);
		for (char *at; (at = strstr(b->log.text, " boundary="));) /* nobody can guess it */
			memmove(at, at + 26, strlen(at + 26) + 1);
		assert_string_equal(b->log.text, bodies);
		assert_int_equal(b->log.n_open, 0);
	}
}

#define ZEROS  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SERVER "\x81\xff\4none\1\2\3\4"

static void talk_down(struct bench *b)
{
	SAY(1, "--server\0--sender\0-re.iLsfxCIvu\0.\0w/img/a.jpg\0\0");
	SAY(0, SERVER);
	SAY(1, "\4none\4\0\0\7\0\0\0\0");
	SAY(0, "\12\0\0\7file list.");
	SAY(0, "\6\0\0\10notice");
	SAY(0, "\33\0\0\7\1\0\200" ZEROS "\5\0\0\0hell");
	SAY(0, "\25\0\0\7o\2\0\0\0, \0\0\0\0checksum..");
	SAY(0, "\40\0\0\7\1\0\200" ZEROS "\3\0\0\0abc\0\0\0\0xx");
	vg_proto_end(b->proto, b->flow, 0, VG_END_FIN, 1);
}

static void files_are_literal_tokens_in_frames_of_data(void **state)
{
	hold(*state, talk_down,
	     "down   rsync://10.0.0.1/w/img/a.jpg 0 file=a.jpg: hello,  = complete\n"
	     "down   rsync://10.0.0.1/w/img/a.jpg 0 file=a.jpg: abc = complete\n");
}

static void talk_delta(struct bench *b)
{
	SAY(1, "--server\0--sender\0-re.iLsfxCIvu\0.\0w/b\0\0");
	SAY(0, SERVER);
	SAY(1, "\4none");
	SAY(0, "\52\0\0\7\1\0\200\2\0\0\0\0\1\0\0\20\0\0\0\7\0\0\0\377\377\377\377\3\0\0\0abc\376\377\377\377\0\0\0\0");
}

static void blocks_of_another_copy_are_gaps(void **state)
{
	struct bench *b = *state;
	hold(b, talk_delta, "down   rsync://10.0.0.1/w/b 0 file=b: {256}abc{7} = gap\n");
	assert_int_equal(b->stats.counters[VG_C_RSYNC_PARTIAL], 102);
}

static void talk_up(struct bench *b)
{
	SAY(1, "--server\0-re.iLsfxCIvu\0.\0up/\0\0");
	SAY(0, SERVER);
	SAY(1, "\4none");
	SAY(1, "\32\0\0\7\0\200" ZEROS "\12\0\0\0half");
	vg_proto_end(b->proto, b->flow, 1, VG_END_RST, 1);
}

static void what_a_client_sends_is_an_upload_and_a_reset_aborts_it(void **state)
{
	hold(*state, talk_up, "up   rsync://10.0.0.1/up/ 0: half = aborted\n");
}

/* Two files; the server has zlibx and zstd. choice: the client's list with its length. */
static void compressed(struct bench *b, const char *choice, size_t n_choice, const char *last)
{
	SAY(1, "--server\0--sender\0-rze.iLsfxCIvu\0.\0w/img/a.jpg\0\0");
	SAY(0, "\x81\xff\4none\12zlibx zstd\1\2\3\4");
	SAY(1, "\4none");
	say(b, 1, choice, n_choice);
	SAY(1, "\4\0\0\7\0\0\0\0");
	SAY(0, "\12\0\0\7file list.");
	SAY(0, "\31\0\0\7\1\0\200" ZEROS "\100\6\x28\xb5"
	       "ab");
	SAY(0, "\22\0\0\7cd\100\3xyz\0checksum..");
	SAY(0, "\31\0\0\7\1\0\200" ZEROS "\100\4efgh");
	say(b, 0, last, 4 + 3);
	vg_proto_end(b->proto, b->flow, 0, VG_END_FIN, 1);
}
static void talk_zstd(struct bench *b)
{
	compressed(b, "\16zstd lz4 zlibx", 15, "\3\0\0\7\0xx");
}
static void talk_zlib(struct bench *b)
{
	compressed(b, "\16lz4 zlibx zstd", 15, "\3\0\0\7\0xx");
}
static void talk_zstd_cut(struct bench *b)
{
	compressed(b, "\4zstd", 5, "\3\0\0\7\100\5i");
}
static void talk_zstd_delta(struct bench *b)
{
	compressed(b, "\4zstd", 5, "\3\0\0\7\201xx");
}
static void talk_lz4(struct bench *b)
{
	SAY(1, "--server\0--sender\0-rze.iLsfxCIvu\0.\0w/\0\0");
	SAY(0, "\x81\xff\4none\3lz4\1\2\3\4");
	SAY(1, "\4none\10zstd lz4\4\0\0\7\0\0\0\0");
	SAY(0, "\12\0\0\7file list.");
}
static void talk_choice(struct bench *b)
{
	SAY(1, "--server\0--sender\0-re.iLsfxCIvu\0--compress-choice=lz4\0.\0w/\0\0");
	assert_int_equal(b->last, VG_SKIP);
}

static void zstd_runs_over_all_files_of_a_direction(void **state)
{
	_Static_assert(VG_CODING_ZSTD_MESSAGES == 9, "coded= below");
	hold(*state, talk_zstd,
	     "down   rsync://10.0.0.1/w/img/a.jpg 0 coded=9: ............(.abcd............xyz........................"
	     "efgh............ = complete\n");
	hold(*state, talk_zstd_cut,
	     "down   rsync://10.0.0.1/w/img/a.jpg 0 coded=9: ............(.abcd............xyz........................"
	     "efgh............i = truncated\n");
	hold(*state, talk_zstd_delta,
	     "down   rsync://10.0.0.1/w/img/a.jpg 0 coded=9: ............(.abcd............xyz........................"
	     "efgh = gap\n");
}
static void zlib_begins_anew_with_every_file(void **state)
{
	hold(*state, talk_zlib,
	     "down   rsync://10.0.0.1/w/img/a.jpg 0 file=a.jpg coded=2: (.abcdxyz......... = complete\n"
	     "down   rsync://10.0.0.1/w/img/a.jpg 0 file=a.jpg coded=2: efgh......... = complete\n");
}
static void other_codecs_are_let_go_and_counted(void **state)
{
	struct bench *b = *state;
	hold(b, talk_lz4, "");
	assert_int_equal(b->stats.counters[VG_C_RSYNC_COMPRESSED], 102);
	hold(b, talk_choice, "");
	assert_int_equal(b->stats.counters[VG_C_RSYNC_COMPRESSED], 204);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_literal_tokens_in_frames_of_data, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(blocks_of_another_copy_are_gaps, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(what_a_client_sends_is_an_upload_and_a_reset_aborts_it, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(zstd_runs_over_all_files_of_a_direction, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(zlib_begins_anew_with_every_file, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(other_codecs_are_let_go_and_counted, bench_open, bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
