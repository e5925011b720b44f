/* target: requests for listed URLs and requests out of scope, in HTTP/1 and HTTP/2: conversations, cut everywhere.
 * Cards show their flags: 80 listed, 100 to be stopped, 200 out of scope, 8 ambiguous, 4 cut. */
#include "tests/lib/proto_talk.h"

#include "dataplane/proto/target.h"
#include "tests/lib/h2_make.h"

#define GET(host, path) "GET " path " HTTP/1.1\r\nHost: " host "\r\n\r\n"
#define OK(body)        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" body
#define NONE            "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"

struct table {
	struct vg_url_table_header header;
	struct vg_url_slot slots[64];
	struct vg_url_map map;
};

static void put(struct table *t, enum vg_url_key kind, const char *text, uint32_t flags)
{
	uint64_t hash = vg_url_hash(kind, text, strlen(text)), at = hash;

	while (t->slots[at & 63].hash)
		at++;
	t->slots[at & 63] = (struct vg_url_slot){ .hash = hash, .flags = flags };
}

static struct table table;

static int open_listed(void **state)
{
	struct vg_talk_bench *b;

	if (vg_talk_open(state))
		return -1;
	b = *state;
	memset(&table, 0, sizeof(table));
	put(&table, VG_URL_KEY_HOST, "h.t", VG_URL_UNDER);
	put(&table, VG_URL_KEY_PREFIX, "h.t/bad", VG_URL_LISTED);
	put(&table, VG_URL_KEY_PREFIX, "h.t/stop", VG_URL_LISTED | VG_URL_BLOCK);
	put(&table, VG_URL_KEY_DOMAIN, "d.t", VG_URL_LISTED);
	table.map = (struct vg_url_map){ &table.header, table.slots, 64, 1 };
	b->proto->listed = &table.map;
	return 0;
}

static int open_scoped(void **state)
{
	struct vg_scope_conf conf = { .n_sites = 2 };
	struct vg_talk_bench *b;

	if (vg_talk_open(state))
		return -1;
	b = *state;
	conf.sites[0].is_in = 1;
	strcpy(conf.sites[0].pattern, "*.in.t");
	strcpy(conf.sites[1].pattern, "*/private/*");
	return vg_sites_create(&conf, &b->proto->profiles[0].sites);
}

static void talk(struct vg_talk_bench *b, const char *name, const struct vg_talk_step *steps, size_t n,
		 const char *bodies)
{
	vg_talk_all_cuts(b, name, VG_APP_HTTP1, 0, steps, n, bodies);
}
#define TALK(name, bodies, ...)                                         \
	do {                                                            \
		const struct vg_talk_step steps[] = { __VA_ARGS__ };    \
		talk(*state, name, steps, VG_ARRAY_LEN(steps), bodies); \
	} while (0)

static void listed_requests_mark_their_bodies(void **state)
{
	TALK("plain", "down GET h.t /bad/1.jpg 200 file=1.jpg flags=80: xx = complete\n",
	     { '>', GET("h.t", "/bad/1.jpg"), 0 }, { '<', OK("xx"), 0 });
	TALK("to be stopped", "down GET h.t /stop 200 file=stop flags=180: xx = complete\n",
	     { '>', GET("h.t", "/stop"), 0 }, { '<', OK("xx"), 0 });
	TALK("a name with all under it", "down GET a.b.d.t / 200 flags=80: xx = complete\n",
	     { '>', GET("a.b.d.t", "/"), 0 }, { '<', OK("xx"), 0 });
	TALK("its neighbour", "down GET h.t /badx 200 file=badx: xx = complete\n", { '>', GET("h.t", "/badx"), 0 },
	     { '<', OK("xx"), 0 });
	TALK("upload",
	     "up PUT h.t /bad/2 0 file=2 flags=80: zz = complete\ndown PUT h.t /bad/2 200 file=2 flags=80: xx = "
	     "complete\n",
	     { '>', "PUT /bad/2 HTTP/1.1\r\nHost: h.t\r\nContent-Length: 2\r\n\r\nzz", 0 }, { '<', OK("xx"), 0 });
	TALK("keep-alive: each for itself",
	     "down GET h.t /a 200 file=a: 11 = complete\ndown GET h.t /bad 200 file=bad flags=80: 22 = complete\n"
	     "down GET h.t /b 200 file=b: 33 = complete\n",
	     { '>', GET("h.t", "/a") GET("h.t", "/bad") GET("h.t", "/b"), 0 }, { '<', OK("11") OK("22") OK("33"), 0 });
}

static void a_listed_request_without_a_body_is_told_all_the_same(void **state)
{
	TALK("no body", "down GET h.t /bad 404 file=bad flags=80:  = complete\n", { '>', GET("h.t", "/bad"), 0 },
	     { '<', NONE, 0 });
	TALK("HEAD", "down HEAD h.t /bad 200 file=bad flags=80:  = complete\n",
	     { '>', "HEAD /bad HTTP/1.1\r\nHost: h.t\r\n\r\n", 0 },
	     { '<', "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 0 });
	TALK("no answer", "down GET h.t /bad 0 file=bad flags=80:  = complete\n", { '>', GET("h.t", "/bad"), 0 },
	     { 'E', NULL, 0 });
	TALK("304", "down GET h.t /bad 304 file=bad flags=80:  = complete\n", { '>', GET("h.t", "/bad"), 0 },
	     { '<', "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", 0 });
	TALK("not listed", "", { '>', GET("h.t", "/ok"), 0 }, { '<', NONE, 0 });
}

static void disguises_change_nothing(void **state)
{
	TALK("dots, escapes, slashes", "down GET h.t /x/..//%62a%64/./y 200 file=y flags=80: xx = complete\n",
	     { '>', GET("h.t", "/x/..//%62a%64/./y"), 0 }, { '<', OK("xx"), 0 });
	TALK("an escaped slash", "down GET h.t /bad%2Fy 200 file=bad%2Fy flags=80: xx = complete\n",
	     { '>', GET("h.t", "/bad%2Fy"), 0 }, { '<', OK("xx"), 0 });
	TALK("host with port, dot, capitals", "down GET H.T.:8080 /bad 200 file=bad flags=80: xx = complete\n",
	     { '>', GET("H.T.:8080", "/bad"), 0 }, { '<', OK("xx"), 0 });
	TALK("absolute form", "down GET h.t http://h.t/bad 200 file=bad flags=80: xx = complete\n",
	     { '>', GET("other.t", "http://h.t/bad"), 0 }, { '<', OK("xx"), 0 });
	TALK("absolute form hides the Host header",
	     "down GET h.t http://other.t/bad 200 file=bad flags=88: xx = complete\n",
	     { '>', GET("h.t", "http://other.t/bad"), 0 }, { '<', OK("xx"), 0 });
	TALK("user name", "down GET h.t http://u:p@h.t/bad 200 file=bad flags=80: xx = complete\n",
	     { '>', GET("x.t", "http://u:p@h.t/bad"), 0 }, { '<', OK("xx"), 0 });
}

/* What the record has of a long target is enough to find it again. */
static void a_target_longer_than_its_record_is_kept_in_its_normal_form(void **state)
{
	static char request[4096], want[256];
	size_t n = (size_t)sprintf(request, "GET ");

	for (unsigned i = 0; i < 600; i++)
		n += (size_t)sprintf(request + n, "/.");
	sprintf(request + n, "/%%62ad/1.jpg HTTP/1.1\r\nHost: h.t\r\n\r\n");
	sprintf(want, "down GET h.t /bad/1.jpg 200 file=1.jpg flags=84: xx = complete\n");
	TALK("long", want, { '>', request, 0 }, { '<', OK("xx"), 0 });
}

static void hosts_that_no_list_can_have_are_counted(void **state)
{
	static char request[512];
	struct vg_talk_bench *b = *state;
	uint64_t before = b->stats.counters[VG_C_REQUESTS_NO_HOST];
	char host[300];

	memset(host, 'a', 280);
	strcpy(host + 280, ".d.t");
	sprintf(request, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
	struct vg_talk_step overlong[] = { { '>', request, 0 }, { '<', NONE, 0 } };
	vg_talk_hold(b, "overlong", VG_APP_HTTP1, 0, overlong, 2, "", VG_TALK_WHOLE);
	assert_int_equal(b->stats.counters[VG_C_REQUESTS_NO_HOST], before + 1);
	TALK("no host", "down GET  /bad 200 file=bad: xx = complete\n", { '>', "GET /bad HTTP/1.0\r\n\r\n", 0 },
	     { '<', OK("xx"), 0 });
}

static void http2(struct vg_talk_bench *b, const char *name, const char *client, const char *server, const char *bodies)
{
	static uint8_t bytes[2][VG_H2_MAKE_BYTES];
	struct vg_talk_step steps[2] = { { '>', (const char *)bytes[0], 0 }, { '<', (const char *)bytes[1], 0 } };
	struct vg_h2_make make;

	vg_h2_make_init(&make);
	steps[0].n = vg_h2_make(&make, 0, client, bytes[0]);
	steps[1].n = vg_h2_make(&make, 1, server, bytes[1]);
	vg_h2_make_fini(&make);
	vg_talk_all_cuts(b, name, VG_APP_HTTP2, 0, steps, 2, bodies);
}

static void http2_is_asked_the_same(void **state)
{
	http2(*state, "listed", "PRI\nSET\nH 1 e :method=GET :scheme=http :path=/bad/1 :authority=h.t:80\n",
	      "SET\nH 1 - :status=200\nD 1 e xx\n", "down GET h.t:80 /bad/1 200 file=1 flags=80: xx = complete\n");
	http2(*state, "no body", "PRI\nSET\nH 1 e :method=GET :scheme=http :path=/bad :authority=h.t\n",
	      "SET\nH 1 e :status=204\n", "down GET h.t /bad 204 file=bad flags=80:  = complete\n");
	http2(*state, "no answer", "PRI\nSET\nH 1 e :method=GET :scheme=http :path=/stop :authority=h.t\n", "SET\n",
	      "down GET h.t /stop 0 file=stop flags=180:  = complete\n");
	http2(*state, "reset", "PRI\nSET\nH 1 e :method=GET :scheme=http :path=/bad :authority=h.t\nR 1\n", "SET\n",
	      "down GET h.t /bad 0 file=bad flags=80:  = complete\n");
	http2(*state, "the host field stands in", "PRI\nSET\nH 1 e :method=GET :scheme=http :path=/bad host=h.t\n",
	      "SET\nH 1 - :status=200\nD 1 e xx\n", "down GET h.t /bad 200 file=bad flags=80: xx = complete\n");
	http2(*state, "streams apart",
	      "PRI\nSET\nH 1 e :method=GET :scheme=http :path=/ok :authority=h.t\n"
	      "H 3 e :method=GET :scheme=http :path=/bad :authority=h.t\n",
	      "SET\nH 3 - :status=200\nH 1 - :status=200\nD 1 e 11\nD 3 e 33\n",
	      "down GET h.t /ok 200 file=ok: 11 = complete\ndown GET h.t /bad 200 file=bad flags=80: 33 = complete\n");
	http2(*state, "gRPC",
	      "PRI\nSET\nH 1 - :method=POST :scheme=http :path=/bad/s :authority=h.t content-type=application/grpc\nD "
	      "1 ge up\n",
	      "SET\nH 1 - :status=200 content-type=application/grpc\nD 1 ge dn\n",
	      "up POST h.t /bad/s 0 type=application/grpc file=s flags=80: up = complete\n"
	      "down POST h.t /bad/s 200 type=application/grpc file=s flags=80: dn = complete\n");
}

/* media leaves out what is marked 200; the sink here shows it. */
static void out_of_scope_is_marked_in_both_directions_and_for_each_request_anew(void **state)
{
	TALK("in, out, in",
	     "down GET a.in.t /1 200 file=1: 11 = complete\ndown GET b.out.t /2 200 file=2 flags=200: 22 = complete\n"
	     "down GET a.in.t /3 200 file=3: 33 = complete\n",
	     { '>', GET("a.in.t", "/1") GET("b.out.t", "/2") GET("a.in.t", "/3"), 0 },
	     { '<', OK("11") OK("22") OK("33"), 0 });
	TALK("excluded path, also as upload",
	     "up PUT a.in.t /private/x 0 file=x flags=200: zz = complete\n"
	     "down PUT a.in.t /private/x 200 file=x flags=200: xx = complete\n",
	     { '>', "PUT /private/x HTTP/1.1\r\nHost: a.in.t\r\nContent-Length: 2\r\n\r\nzz", 0 },
	     { '<', OK("xx"), 0 });
	TALK("disguised", "down GET a.in.t /p/../%70rivate/x 200 file=x flags=200: xx = complete\n",
	     { '>', GET("a.in.t", "/p/../%70rivate/x"), 0 }, { '<', OK("xx"), 0 });
	TALK("not known", "down    200 flags=200: xx = complete\n", { '<', OK("xx"), 0 });
	http2(*state, "http2", "PRI\nSET\nH 1 e :method=GET :scheme=http :path=/x :authority=b.out.t\n",
	      "SET\nH 1 - :status=200\nD 1 e xx\n", "down GET b.out.t /x 200 file=x flags=200: xx = complete\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(listed_requests_mark_their_bodies, open_listed, vg_talk_close),
		cmocka_unit_test_setup_teardown(a_listed_request_without_a_body_is_told_all_the_same, open_listed,
						vg_talk_close),
		cmocka_unit_test_setup_teardown(disguises_change_nothing, open_listed, vg_talk_close),
		cmocka_unit_test_setup_teardown(a_target_longer_than_its_record_is_kept_in_its_normal_form, open_listed,
						vg_talk_close),
		cmocka_unit_test_setup_teardown(hosts_that_no_list_can_have_are_counted, open_listed, vg_talk_close),
		cmocka_unit_test_setup_teardown(http2_is_asked_the_same, open_listed, vg_talk_close),
		cmocka_unit_test_setup_teardown(out_of_scope_is_marked_in_both_directions_and_for_each_request_anew,
						open_scoped, vg_talk_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
