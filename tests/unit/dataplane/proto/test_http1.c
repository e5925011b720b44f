/* HTTP/1 as conversations and the bodies they carry: each is fed whole, byte by byte and at 100 random cuts, and must
 * give the same bodies every time. */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include <vigil/stats_page.h>

#include "dataplane/proto/http1.h"
#include "tests/lib/guard.h"

/* '>' client's bytes, '<' server's bytes; '(' and ')' a gap of n in the client's and the server's; 'f', 'F' FIN of client
 * and server; 'R' RST of the server; 'T' time-out of both; 'E' end of input of both; 'C' conflict in the server's;
 * 't' n milliseconds pass; '!' nothing more will be found (VG_SKIP). */
struct step {
	char what;
	const char *bytes;
	uint64_t n;
};
struct talk {
	const char *name;
	int midstream;
	struct step steps[12];
	const char *bodies;
	unsigned n_bad;
};

#define GET(path)              "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define OK(length)             "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"
#define DOWN(path, file, rest) "down GET h " path " 200 file=" file ": " rest "\n"

static const struct talk talks[] = {
	{ "a length",
	  0,
	  { { '>', GET("/a/b.jpg?x=/1"), 0 }, { '<', OK("5") "hello", 0 } },
	  "down GET h /a/b.jpg?x=/1 200 file=b.jpg: hello = complete\n",
	  0 },
	{ "claims are kept",
	  0,
	  { { '>', "GET /x HTTP/1.1\r\nhost:  H:80 \r\nuser-AGENT: me/1\r\nX-Forwarded-For: 10.1.1.1, 10.2.2.2\r\n\r\n",
	      0 },
	    { '<',
	      "HTTP/1.1 200 OK\r\nContent-Type: image/png; q=1\r\nContent-Disposition: attachment; filename=\"a;b.png\""
	      "\r\nContent-Encoding: gzip, br\r\nContent-Length: 1\r\n\r\nz",
	      0 } },
	  "down GET H:80 /x 200 type=image/png; q=1 file=a;b.png client=10.1.1.1 agent=me/1 coded=301: z = complete\n",
	  0 },
	{ "keep-alive",
	  0,
	  { { '>', GET("/1"), 0 }, { '<', OK("2") "ab", 0 }, { '>', GET("/2"), 0 }, { '<', OK("3") "cde", 0 } },
	  DOWN("/1", "1", "ab = complete") DOWN("/2", "2", "cde = complete"),
	  0 },
	{ "pipelining",
	  0,
	  { { '>', GET("/1") GET("/2") GET("/3"), 0 }, { '<', OK("1") "a" OK("0") OK("1") "c", 0 } },
	  DOWN("/1", "1", "a = complete") DOWN("/3", "3", "c = complete"),
	  0 },
	{ "HEAD, 304 and 204 have no body",
	  0,
	  { { '>', "HEAD /1 HTTP/1.1\r\nHost: h\r\n\r\n" GET("/2") GET("/3") GET("/4"), 0 },
	    { '<', OK("9") "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\nHTTP/1.1 204 No\r\n\r\n" OK("1") "d",
	      0 } },
	  DOWN("/4", "4", "d = complete"),
	  0 },
	{ "interim responses",
	  0,
	  { { '>', "PUT /up/x.bin HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", 0 },
	    { '<', "HTTP/1.1 100 Continue\r\n\r\n", 0 },
	    { '>', "body" GET("/2"), 0 },
	    { '<',
	      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n" OK(
		      "1") "z",
	      0 } },
	  "up PUT h /up/x.bin 0 file=x.bin: body = complete\n" DOWN("/2", "2", "z = complete"),
	  0 },
	{ "a refused 100-continue has no body",
	  0,
	  { { '>', "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 400\r\n\r\n", 0 },
	    { '<', "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 0 },
	    { '>', GET("/b"), 0 },
	    { '<', OK("1") "b", 0 } },
	  "up PUT h /a 0 file=a:  = aborted\n" DOWN("/b", "b", "b = complete"),
	  0 },
	{ "chunks with extensions and trailers",
	  0,
	  { { '>', GET("/c") GET("/d"), 0 },
	    { '<',
	      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b;c\"\r\nhello\r\n0003 \r\n "
	      "wo\r\nA\nrld3456789\n"
	      "000\r\nX-T: 1\r\nY: 2\r\n\r\n" OK("1") "d",
	      0 } },
	  DOWN("/c", "c", "hello world3456789 = complete") DOWN("/d", "d", "d = complete"),
	  0 },
	{ "an empty chunked body",
	  0,
	  { { '>', GET("/c") GET("/d"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" OK("1") "d", 0 } },
	  DOWN("/c", "c", " = complete") DOWN("/d", "d", "d = complete"),
	  0 },
	{ "chunked beside a length",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	      0 } },
	  DOWN("/c", "c", "hello = complete"),
	  0 },
	{ "chunked uploads",
	  0,
	  { { '>',
	      "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" GET("/q"),
	      0 } },
	  "up POST h /p 0 file=p coded=1: abc = complete\n",
	  0 },
	{ "broken chunks",
	  0,
	  { { '>', GET("/c") GET("/d"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX" OK("1") "d", 0 } },
	  DOWN("/c", "c", "abc = truncated") DOWN("/d", "d", "d = complete"),
	  1 },
	{ "chunks that lack the last blank line",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", 0 },
	    { 'F', NULL, 0 } },
	  DOWN("/c", "c", "abc = complete"),
	  0 },
	{ "chunks that lack the last chunk",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 0 },
	    { 'F', NULL, 0 } },
	  DOWN("/c", "c", "abc = truncated"),
	  0 },
	{ "until FIN",
	  0,
	  { { '>', "GET /c HTTP/1.0\r\nHost: h\r\n\r\n", 0 },
	    { '<', "HTTP/1.0 200 OK\r\n\r\nall of it", 0 },
	    { 'F', NULL, 0 } },
	  DOWN("/c", "c", "all of it = complete"),
	  0 },
	{ "until the end of input",
	  0,
	  { { '>', GET("/c"), 0 }, { '<', "HTTP/1.0 200 OK\r\n\r\nsome", 0 }, { 'E', NULL, 0 } },
	  DOWN("/c", "c", "some = truncated"),
	  0 },
	{ "until RST",
	  0,
	  { { '>', GET("/c"), 0 }, { '<', "HTTP/1.0 200 OK\r\n\r\nsome", 0 }, { 'R', NULL, 0 } },
	  DOWN("/c", "c", "some = truncated"),
	  0 },
	{ "a length cut by RST",
	  0,
	  { { '>', GET("/c"), 0 }, { '<', OK("9") "some", 0 }, { 'R', NULL, 0 } },
	  DOWN("/c", "c", "some = aborted"),
	  0 },
	{ "a length cut by FIN",
	  0,
	  { { '>', GET("/c"), 0 }, { '<', OK("9") "some", 0 }, { 'F', NULL, 0 } },
	  DOWN("/c", "c", "some = truncated"),
	  0 },
	{ "a length cut by a time-out",
	  0,
	  { { '>', GET("/c"), 0 }, { '<', OK("9") "some", 0 }, { 'T', NULL, 0 } },
	  DOWN("/c", "c", "some = truncated"),
	  0 },
	{ "bare LF",
	  0,
	  { { '>', "GET /c HTTP/1.1\nHost: h\n\n", 0 }, { '<', "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 0 } },
	  DOWN("/c", "c", "ok = complete"),
	  0 },
	{ "equal lengths are one",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok", 0 } },
	  DOWN("/c", "c", "ok = complete"),
	  0 },
	{ "of two lengths the first",
	  0,
	  { { '>', GET("/c"), 0 }, { '<', "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nok", 0 } },
	  DOWN("/c", "c", "ok = complete"),
	  0 },
	{ "a length that is none",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok", 0 },
	    { 'F', NULL, 0 } },
	  DOWN("/c", "c", "ok = complete"),
	  0 },
	{ "folded and odd headers",
	  0,
	  { { '>',
	      "\r\n\r\nGET   http://abs:8080/c?q  HTTP/1.1\r\nHost : h\r\nno colon here\r\nUser-Agent: a\r\n b\r\n\r\n",
	      0 },
	    { '<', "http/1.1   200\r\nContent-Length\t:\t2\r\n\r\nok", 0 } },
	  "down GET abs:8080 http://abs:8080/c?q 200 file=c agent=a   b: ok = complete\n",
	  0 },
	{ "CONNECT opens a tunnel",
	  0,
	  { { '>', "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
	    { '<', "HTTP/1.1 200 OK\r\n\r\n", 0 },
	    { '!', NULL, 0 } },
	  "",
	  0 },
	{ "a refused tunnel",
	  0,
	  { { '>', "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
	    { '<', "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno", 0 },
	    { '>', GET("/c"), 0 },
	    { '<', OK("2") "ok", 0 } },
	  "down CONNECT h h:443 407 file=h:443: no = complete\n" DOWN("/c", "c", "ok = complete"),
	  0 },
	{ "an upgrade",
	  0,
	  { { '>', "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n", 0 },
	    { '<', "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 0 },
	    { '!', NULL, 0 } },
	  "",
	  0 },
	{ "HTTP/2", 0, { { '>', "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0 }, { '!', NULL, 0 } }, "", 0 },
	{ "a hole inside a length",
	  0,
	  { { '>', GET("/c") GET("/d"), 0 },
	    { '<', OK("10") "abc", 0 },
	    { ')', NULL, 4 },
	    { '<', "hij" OK("1") "d", 0 } },
	  DOWN("/c", "c", "abc{4}hij = gap") DOWN("/d", "d", "d = complete"),
	  0 },
	{ "a hole up to the end of a length",
	  0,
	  { { '>', GET("/c") GET("/d"), 0 }, { '<', OK("10") "abc", 0 }, { ')', NULL, 7 }, { '<', OK("1") "d", 0 } },
	  DOWN("/c", "c", "abc{7} = gap") DOWN("/d", "d", "d = complete"),
	  0 },
	{ "a hole over the end of a length",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', OK("10") "abc", 0 },
	    { ')', NULL, 20 },
	    { '>', GET("/d"), 0 },
	    { '<', "gth: 3\r\n\r\nHTTHTTP/1.1 2x0" OK("1") "d", 0 } },
	  DOWN("/c", "c", "abc{7} = gap") DOWN("/d", "d", "d = complete"),
	  0 },
	{ "a hole of unknown size",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', OK("10") "abc", 0 },
	    { ')', NULL, 0 },
	    { '>', GET("/d"), 0 },
	    { '<', "x" OK("1") "d", 0 } },
	  DOWN("/c", "c", "abc{0} = gap") DOWN("/d", "d", "d = complete"),
	  0 },
	{ "a hole inside a chunk",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nab", 0 },
	    { ')', NULL, 3 },
	    { '<', "fgh\r\n1\r\ni\r\n0\r\n\r\n", 0 } },
	  DOWN("/c", "c", "ab{3}fghi = gap"),
	  0 },
	{ "a hole over chunks",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nab", 0 },
	    { ')', NULL, 9 },
	    { '<', "i\r\n0\r\n\r\n", 0 },
	    { '>', GET("/d"), 0 },
	    { '<', OK("1") "d", 0 } },
	  DOWN("/c", "c", "ab{9} = gap") DOWN("/d", "d", "d = complete"),
	  0 },
	{ "a hole in a body until FIN",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', "HTTP/1.0 200 OK\r\n\r\nab", 0 },
	    { ')', NULL, 3 },
	    { '<', "f", 0 },
	    { 'F', NULL, 0 } },
	  DOWN("/c", "c", "ab{3}f = gap"),
	  0 },
	{ "a hole in a head",
	  0,
	  { { '>', GET("/c"), 0 },
	    { '<', "HTTP/1.1 200 OK\r\nConte", 0 },
	    { ')', NULL, 9 },
	    { '<', ": 1\r\n\r\nx", 0 },
	    { '>', GET("/d"), 0 },
	    { '<', OK("1") "d", 0 } },
	  DOWN("/d", "d", "d = complete"),
	  0 },
	{ "lost requests take no response",
	  0,
	  { { '>', "GET /c HT", 0 },
	    { '(', NULL, 100 },
	    { '<', OK("1") "c", 0 },
	    { '>', GET("/d"), 0 },
	    { '<', OK("1") "d", 0 } },
	  "down    200: c = complete\n" DOWN("/d", "d", "d = complete"),
	  0 },
	{ "a hole in an upload",
	  0,
	  { { '>', "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\na", 0 },
	    { '(', NULL, 4 },
	    { '>', "f" GET("/d"), 0 },
	    { '<', OK("0") OK("1") "d", 0 } },
	  "up POST h /p 0 file=p: a{4}f = gap\n" DOWN("/d", "d", "d = complete"),
	  0 },
	{ "picked up midway",
	  1,
	  { { '<', "middle of a body HTTP/1.", 0 },
	    { '<', "x and its end" OK("1") "a", 0 },
	    { '>', "rest of it" GET("/d"), 0 },
	    { '<', OK("1") "d", 0 } },
	  "down    200 flags=2: a = complete\ndown GET h /d 200 file=d flags=2: d = complete\n",
	  0 },
	{ "picked up in an upload",
	  1,
	  { { '>', "xxxPUT /a\r\nPUT /\001b HTTP/1.1\r\nPUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok",
	      0 } },
	  "up PUT h /p 0 file=p flags=2: ok = complete\n",
	  0 },
	{ "a response before its request",
	  0,
	  { { '<', OK("4") "ab", 0 },
	    { 't', NULL, 1 },
	    { '>', GET("/c"), 0 },
	    { '<', "cd", 0 },
	    { '>', GET("/d"), 0 },
	    { '<', OK("1") "d", 0 } },
	  DOWN("/c", "c", "abcd = complete") DOWN("/d", "d", "d = complete"),
	  0 },
	{ "a response long before a request",
	  0,
	  { { '<', OK("1") "a", 0 }, { 't', NULL, 900 }, { '>', GET("/d"), 0 }, { '<', OK("1") "d", 0 } },
	  "down    200: a = complete\n" DOWN("/d", "d", "d = complete"),
	  0 },
	{ "responses without requests",
	  0,
	  { { '<', OK("9") OK("11") "HTTP/2 is x" OK("1") "a", 0 },
	    { '<', "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 b", 0 },
	    { 'F', NULL, 0 } },
	  "down    200:  = truncated\ndown    200: HTTP/2 is x = complete\ndown    200: a = complete\n"
	  "down    200: HTTP/1.1 b = complete\n",
	  0 },
	{ "requests without responses",
	  0,
	  { { '>', GET("/1") GET("/2") GET("/3") "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok" GET("/5"),
	      0 } },
	  "up POST h /p 0 file=p: ok = complete\n",
	  0 },
	{ "multipart",
	  0,
	  { { '>',
	      "POST /p HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; charset=x; boundary=\"a "
	      "b\"\r\nContent-Length: 2\r\n\r\n--",
	      0 } },
	  "up POST h /p 0 type=multipart/form-data; charset=x; boundary=\"a b\" file=p boundary=a b: -- = complete\n",
	  0 },
	{ "something else",
	  0,
	  { { '>', "\003\001garbage", 0 }, { '>', " and more " GET("/c"), 0 }, { '<', OK("1") "c", 0 } },
	  DOWN("/c", "c", "c = complete"),
	  1 },
	{ "a start line that never comes",
	  0,
	  { { '>', "thisisaverylongtokenthatisnomethod " GET("/c"), 0 }, { '<', OK("1") "c", 0 } },
	  DOWN("/c", "c", "c = complete"),
	  1 },
	{ "both sides send requests",
	  0,
	  { { '>', GET("/c"), 0 }, { '<', GET("/d") OK("1") "c", 0 } },
	  DOWN("/c", "c", "c = complete"),
	  1 },
	{ "segments in conflict",
	  0,
	  { { '>', GET("/c") GET("/d") GET("/e"), 0 },
	    { '<', OK("2") "a", 0 },
	    { 'C', NULL, 0 },
	    { '<', "b" OK("1"), 0 },
	    { 'C', NULL, 0 },
	    { '<', "d", 0 },
	    { 'C', NULL, 0 },
	    { '<', OK("1") "e", 0 } },
	  "down GET h /c 200 file=c flags=1: ab = complete\ndown GET h /d 200 file=d flags=1: d = complete\n"
	  "down GET h /e 200 file=e flags=1: e = complete\n",
	  0 },
};

struct bench {
	struct vg_proto *proto;
	struct vg_stats_page stats;
	struct vg_body_log log;
	int64_t wall_ns;
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
	b->proto = vg_proto_create(&conf, &b->stats, &sink);
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

enum cuts { WHOLE, BYTES, RANDOM };

static void bytes_feed(struct bench *b, struct vg_proto_flow *flow, unsigned dir, const char *bytes, enum cuts cuts)
{
	size_t n_all = strlen(bytes);
	for (size_t at = 0, n; at < n_all; at += n) {
		n = cuts == WHOLE ? n_all : cuts == BYTES ? 1 : 1 + (size_t)random() % (random() % 2 ? 5 : 60);
		n = n < n_all - at ? n : n_all - at;
		uint8_t *copy = vg_guard_copy(bytes + at, n);
		b->last = vg_proto_feed(b->proto, flow, dir, copy, (uint32_t)n, b->wall_ns);
		vg_guard_free(copy, n);
	}
}

static void step_take(struct bench *b, struct vg_proto_flow *flow, const struct step *s, enum cuts cuts)
{
	switch (s->what) {
	case '>':
	case '<':
		bytes_feed(b, flow, s->what == '<', s->bytes, cuts);
		break;
	case '(':
	case ')':
		(void)vg_proto_gap(b->proto, flow, s->what == ')', s->n, b->wall_ns);
		break;
	case 'f':
	case 'F':
		vg_proto_end(b->proto, flow, s->what == 'F', VG_END_FIN, b->wall_ns);
		break;
	case 'R':
		vg_proto_end(b->proto, flow, 1, VG_END_RST, b->wall_ns);
		break;
	case 'T':
	case 'E':
		for (unsigned dir = 0; dir < 2; dir++)
			vg_proto_end(b->proto, flow, dir, s->what == 'T' ? VG_END_TIMEOUT : VG_END_INPUT_END,
				     b->wall_ns);
		break;
	case 'C':
		vg_proto_conflict(b->proto, flow, 1);
		break;
	case 't':
		b->wall_ns += (int64_t)s->n * 1000000;
		break;
	case '!':
		assert_int_equal(b->last, VG_SKIP);
		break;
	default:
		fail();
	}
}

static void talk_hold(struct bench *b, const struct talk *t, enum cuts cuts)
{
	struct vg_flow_ident ident = { .ip_version = 4, .port = { 40000, 80 }, .midstream = (uint8_t)t->midstream };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_HTTP1, &ident);
	uint64_t n_bad = b->stats.counters[VG_C_HTTP_BAD];
	assert_non_null(flow);
	b->log.n_text = 0;
	b->log.text[0] = 0;
	b->wall_ns = 1000;
	for (size_t i = 0; i < VG_ARRAY_LEN(t->steps) && t->steps[i].what; i++)
		step_take(b, flow, &t->steps[i], cuts);
	vg_proto_flow_give(b->proto, &flow);
	assert_null(flow);
	if (strcmp(b->log.text, t->bodies) || b->stats.counters[VG_C_HTTP_BAD] - n_bad != t->n_bad) {
		print_error("talk \"%s\", cuts %d:\n%swanted:\n%s", t->name, cuts, b->log.text, t->bodies);
		fail();
	}
	/* nothing stays out: neither bodies nor pooled state */
	assert_int_equal(b->log.n_open, 0);
	assert_int_equal(vg_pool_n_out(&b->proto->flows), 0);
	assert_int_equal(vg_pool_n_out(&b->proto->asks), 0);
	assert_int_equal(vg_pool_n_out(&b->proto->small), 0);
	assert_int_equal(vg_pool_n_out(&b->proto->large), 0);
}

static void conversations_give_their_bodies_fed_whole(void **state)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++)
		talk_hold(*state, &talks[i], WHOLE);
}

static void conversations_give_their_bodies_fed_byte_by_byte(void **state)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++)
		talk_hold(*state, &talks[i], BYTES);
}

static void conversations_give_their_bodies_at_random_cuts(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	srandom(seed);
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++)
		for (unsigned k = 0; k < 100; k++)
			talk_hold(*state, &talks[i], RANDOM);
}

static void a_body_nobody_wants_is_still_framed(void **state)
{
	struct bench *b = *state;
	static const struct talk t = {
		"unwanted", 0, { { '>', GET("/1") GET("/2"), 0 }, { '<', OK("3") "abc" OK("2") "de", 0 } }, "", 0
	};
	unsigned n_before = b->log.n_opened;
	b->log.refuse = 1;
	talk_hold(b, &t, BYTES);
	b->log.refuse = 0;
	assert_int_equal(b->log.n_opened - n_before, 2);
	b->log.skip_after = 1;
	talk_hold(b, &t, BYTES);
	b->log.skip_after = 0;
	assert_int_equal(b->log.n_opened - n_before, 4);
}

static void a_stranger_is_let_go(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_HTTP1, &ident);
	uint8_t noise[4096];
	memset(noise, 0x81, sizeof(noise));
	for (unsigned i = 0; i < 40; i++) {
		(void)vg_proto_feed(b->proto, flow, 0, noise, sizeof(noise), 0);
		b->last = vg_proto_feed(b->proto, flow, 1, noise, sizeof(noise), 0);
	}
	assert_int_equal(b->last, VG_SKIP);
	vg_proto_flow_give(b->proto, &flow);
}

static void heads_have_a_limit(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_HTTP1, &ident);
	uint64_t n_bad = b->stats.counters[VG_C_HTTP_BAD];
	static uint8_t line[1000];
	memset(line, 'a', sizeof(line));
	(void)vg_proto_feed(b->proto, flow, 0, (const uint8_t *)"GET / HTTP/1.1\r\n", 16, 0);
	for (unsigned i = 0; i < 60; i++)
		(void)vg_proto_feed(b->proto, flow, 0, line, sizeof(line), 0);
	assert_int_equal(b->stats.counters[VG_C_HTTP_BAD] - n_bad, 0);
	assert_int_equal(vg_pool_n_out(&b->proto->large), 1);
	for (unsigned i = 0; i < 10; i++)
		(void)vg_proto_feed(b->proto, flow, 0, line, sizeof(line), 0);
	assert_int_equal(b->stats.counters[VG_C_HTTP_BAD] - n_bad, 1);
	assert_int_equal(vg_pool_n_out(&b->proto->large), 0);
	vg_proto_flow_give(b->proto, &flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_fed_whole, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_fed_byte_by_byte, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_at_random_cuts, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(a_body_nobody_wants_is_still_framed, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(a_stranger_is_let_go, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(heads_have_a_limit, bench_open, bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
