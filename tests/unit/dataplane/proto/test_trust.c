/* Whose word for a client's address is believed, and what attackers write. */
#include "tests/lib/proto_talk.h"

#include <arpa/inet.h>

#include "dataplane/proto/trust.h"

static void rule(struct vg_trust_conf *trust, const char *ip, unsigned n_bits)
{
	struct vg_scope_rule *r = &trust->rules[trust->n_rules++];
	memset(r, 0, sizeof(*r));
	if (inet_pton(AF_INET, ip, r->ip + 12) == 1) {
		r->ip[10] = r->ip[11] = 0xff;
		n_bits += 96;
	} else {
		assert_int_equal(inet_pton(AF_INET6, ip, r->ip), 1);
	}
	r->n_bits = (uint8_t)n_bits;
}
static void trust_make(struct vg_trust_conf *trust)
{
	memset(trust, 0, sizeof(*trust));
	rule(trust, "10.0.0.0", 29);
	rule(trust, "2001:db8:1::", 48);
	rule(trust, "192.0.2.1", 32);
}
static struct vg_flow_ident who_make(const char *client)
{
	struct vg_flow_ident who = { .ip_version = 4 };
	who.ip_version = inet_pton(AF_INET, client, who.ip[0]) == 1 ? 4 : 6;
	if (who.ip_version == 6)
		assert_int_equal(inet_pton(AF_INET6, client, who.ip[0]), 1);
	return who;
}

static void prefixes_end_where_they_say(void **state)
{
	static const struct {
		const char *ip;
		int is_in;
	} rows[] = { { "10.0.0.0", 1 },        { "10.0.0.7", 1 },   { "10.0.0.8", 0 },         { "11.0.0.0", 0 },
		     { "192.0.2.1", 1 },       { "192.0.2.2", 0 },  { "2001:db8:1::9", 1 },    { "2001:db8:2::9", 0 },
		     { "::ffff:10.0.0.7", 1 }, { "::10.0.0.7", 0 }, { "2001:db8:1:ffff::", 1 } };
	struct vg_trust_conf trust;
	(void)state;
	trust_make(&trust);
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct vg_flow_ident who = who_make(rows[i].ip);
		assert_int_equal(vg_trust_has(&trust, who.ip_version, who.ip[0]), rows[i].is_in);
	}
	trust.n_rules = 0;
	struct vg_flow_ident who = who_make("10.0.0.1");
	assert_false(vg_trust_has(&trust, 4, who.ip[0]));
}

static const struct {
	const char *peer, *claimed, *remote, *list;
	int is_forwarded, is_partial;
	const char *client; /* "": nobody is believed */
} rows[] = {
	{ "10.0.0.1", NULL, "", "203.0.113.9", 0, 0, "203.0.113.9" },
	/* forged from outside */
	{ "198.51.100.9", NULL, "", "203.0.113.9", 0, 0, "" },
	{ "198.51.100.9", "203.0.113.9", "", "", 0, 0, "" },
	{ "198.51.100.9", NULL, "203.0.113.9", "", 0, 0, "" },
	/* what the client wrote itself stands to the left */
	{ "10.0.0.1", NULL, "", "203.0.113.1, 203.0.113.9", 0, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "", "10.0.0.2, 203.0.113.9", 0, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "", "\"203.0.113.1, 203.0.113.9", 0, 0, "203.0.113.9" },
	/* a chain of two; one of nothing but proxies ends at its beginning */
	{ "10.0.0.1", NULL, "", "203.0.113.1, 203.0.113.9, 2001:db8:1::5, 10.0.0.2", 0, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "", "10.0.0.3, 10.0.0.2", 0, 0, "10.0.0.3" },
	{ "10.0.0.1", NULL, "", "10.0.0.3, 10.0.0.2", 0, 1, "" },
	{ "10.0.0.1", NULL, "", "", 0, 1, "" },
	{ "10.0.0.1", NULL, "", "", 0, 0, "" },
	/* ports, brackets, quotes, mapped addresses */
	{ "10.0.0.1", NULL, "", "203.0.113.9:4711", 0, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "", "[2001:db8::9]:4711", 0, 0, "2001:db8::9" },
	{ "10.0.0.1", NULL, "", " 2001:DB8::9 ", 0, 0, "2001:db8::9" },
	{ "10.0.0.1", NULL, "", "::ffff:203.0.113.9", 0, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "", "203.0.113.9, ::ffff:10.0.0.2", 0, 0, "203.0.113.9" },
	{ "2001:db8:1::1", NULL, "", "203.0.113.9", 0, 0, "203.0.113.9" },
	/* who hides is not replaced by what stands to its left */
	{ "10.0.0.1", NULL, "", "203.0.113.9, unknown", 0, 0, "" },
	{ "10.0.0.1", NULL, "", "203.0.113.9, _hidden", 0, 0, "" },
	{ "10.0.0.1", NULL, "", "203.0.113.9,", 0, 0, "" },
	{ "10.0.0.1", NULL, "", "203.0.113.9, 300.1.1.1", 0, 0, "" },
	{ "10.0.0.1", NULL, "", "203.0.113.9, [2001:db8::9", 0, 0, "" },
	{ "10.0.0.1", NULL, "", "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24", 0, 0, "" },
	/* Forwarded (RFC 7239) */
	{ "10.0.0.1", NULL, "", "for=203.0.113.9;proto=http;by=10.0.0.1", 1, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "", "for=203.0.113.1, By=10.0.0.2 ; FOR=\"[2001:db8::9]:80\"", 1, 0, "2001:db8::9" },
	{ "10.0.0.1", NULL, "", "for=203.0.113.9, for=10.0.0.2", 1, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "", "for=203.0.113.1;x=\", for=203.0.113.9", 1, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "", "for=203.0.113.9, for=_x", 1, 0, "" },
	{ "10.0.0.1", NULL, "", "for=203.0.113.9, proto=http", 1, 0, "" },
	{ "10.0.0.1", NULL, "", "203.0.113.9", 1, 0, "" },
	/* PROXY first, then what the proxy behind it wrote */
	{ "10.0.0.1", "203.0.113.9", "", "203.0.113.1", 0, 0, "203.0.113.9" },
	{ "10.0.0.1", "10.0.0.2", "", "203.0.113.9", 0, 0, "203.0.113.9" },
	{ "10.0.0.1", "10.0.0.2", "", "", 0, 0, "10.0.0.2" },
	/* FastCGI */
	{ "10.0.0.1", NULL, "203.0.113.9", "203.0.113.1", 0, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "10.0.0.2", "203.0.113.1, 203.0.113.9", 0, 0, "203.0.113.9" },
	{ "10.0.0.1", NULL, "unix:", "203.0.113.9", 0, 0, "" },
};

static void the_first_from_the_right_that_is_no_proxy_is_the_client(void **state)
{
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct vg_flow_ident who = who_make(rows[i].peer);
		size_t n = strlen(rows[i].list), n_remote = strlen(rows[i].remote);
		uint8_t *list = vg_guard_copy(rows[i].list, n ? n : 1);
		struct vg_trust_hops hops = { .who = &who, .remote = { (const uint8_t *)rows[i].remote, n_remote } };
		char out[VG_ATTR_FORWARDED];
		struct vg_trust_conf trust;
		trust_make(&trust);
		trust.header = rows[i].is_forwarded ? VG_TRUST_FORWARDED : VG_TRUST_X_FORWARDED_FOR;
		hops.lists[trust.header] = (struct vg_span){ list, n };
		hops.lists[!trust.header] = (struct vg_span){ (const uint8_t *)"203.0.113.66",
							      12 }; /* never believed */
		hops.is_partial[trust.header] = (uint8_t)rows[i].is_partial;
		if (rows[i].claimed) {
			who.claimed_version = 4;
			assert_int_equal(inet_pton(AF_INET, rows[i].claimed, who.claimed_ip), 1);
		}
		n = vg_trust_client(&trust, &hops, out);
		if (n != strlen(rows[i].client) || memcmp(out, rows[i].client, n))
			fail_msg("row %zu: %.*s instead of %s", i, (int)n, out, rows[i].client);
		vg_guard_free(list, strlen(rows[i].list) ? strlen(rows[i].list) : 1);
	}
}

/* Flows: from a trusted address, and from another one. */
static void talk(struct vg_talk_bench *b, const char *request, int is_trusted, const char *client, enum vg_app app)
{
	const struct vg_talk_step steps[] = { { '>', request, 0 },
					      { '<', "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 0 } };
	char bodies[256];
	trust_make(&b->proto->trust);
	if (!is_trusted)
		b->proto->trust.rules[0].ip[15] = 8;
	snprintf(bodies, sizeof(bodies), "down GET h /a 200 file=a client=%s%s: a = complete\n", client,
		 is_trusted ? " flags=40" : "");
	vg_talk_all_cuts(b, request, app, 0, steps, 2, bodies);
}

static void requests_and_proxy_headers_name_the_client(void **state)
{
	struct vg_talk_bench *b = *state;
	static const char two[] = "GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.1\r\n"
				  "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.66\r\n\r\n";
	static const char one[] = "GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.1, 203.0.113.9\r\n\r\n";
	static const char proxy[] = "PROXY TCP4 203.0.113.9 10.0.0.2 1 2\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n";
	talk(b, two, 1, "203.0.113.9", VG_APP_HTTP1);
	talk(b, two, 0, "203.0.113.1", VG_APP_HTTP1);
	talk(b, one, 1, "203.0.113.9", VG_APP_HTTP1);
	talk(b, one, 0, "203.0.113.1", VG_APP_HTTP1);
	talk(b, proxy, 1, "203.0.113.9", VG_APP_PROXY);
	talk(b, proxy, 0, "203.0.113.9", VG_APP_PROXY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_end_where_they_say),
		cmocka_unit_test(the_first_from_the_right_that_is_no_proxy_is_the_client),
		cmocka_unit_test_setup_teardown(requests_and_proxy_headers_name_the_client, vg_talk_open,
						vg_talk_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
