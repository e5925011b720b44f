#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "control/match_case.h"

struct given {
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_verified v;
	struct vg_index_list lists[1];
	struct vg_index_entry entries[1];
	struct vg_index_header header;
	struct vg_index_view view;
	struct vg_intake_match match;
	struct vg_case_match out;
};

#define TAKE(field, n, text) (memcpy(g->a.field, text, sizeof(text) - 1), g->a.n = sizeof(text) - 1)

static void given_init(struct given *g)
{
	memset(g, 0, sizeof(*g));
	g->a.proto = VG_PROTO_HTTP;
	g->a.ip_version = 4;
	inet_pton(AF_INET, "192.0.2.1", g->a.src_ip);
	inet_pton(AF_INET, "192.0.2.2", g->a.dst_ip);
	g->a.vlan[0] = 7;
	g->a.vlan[1] = 0xffff;
	g->a.n_tunnels = 2;
	g->a.tunnels[0] = (struct vg_attr_tunnel){ .kind = VG_TUNNEL_ERSPAN, .id = 5, .ip_version = 4 };
	inet_pton(AF_INET, "198.51.100.9", g->a.tunnels[0].src_ip);
	g->a.tunnels[1] = (struct vg_attr_tunnel){ .kind = VG_TUNNEL_PPPOE, .id = 6 };
	atomic_store(&g->a.state, VG_STATE_COMPLETE);
	TAKE(host, n_host, "h.test");
	TAKE(url, n_url, "/a?b");
	TAKE(filename, n_filename, "f.jpg");
	g->header.generation = 12;
	g->lists[0].name_off = 1;
	g->entries[0].id_off = 6;
	g->view = (struct vg_index_view){ .header = &g->header,
					  .lists = g->lists,
					  .entries = g->entries,
					  .strings = "\0list\0E-9",
					  .n_lists = 1,
					  .n_entries = 1 };
	g->v.n_hits = 1;
	g->v.exact = g->v.hit_exact[0] = 1;
	g->v.hit_action[0] = VG_ACTION_REPORT;
	g->v.hits[0].algo = VG_ALGO_MD5;
	g->v.sha256[0] = 0xab;
	g->r.n_bytes = g->r.n_sample_bytes = 100;
	g->r.boot_id = 3;
	g->match = (struct vg_intake_match){
		.record = &g->r, .hasher_idx = 2, .attribution = &g->a, .view = &g->view, .verified = &g->v
	};
}

static void the_facts_are_those_of_record_and_list(void **state)
{
	struct given given, *g = &given;
	(void)state;
	given_init(g);
	vg_match_case(&g->match, &g->out);
	assert_string_equal(g->out.origin.src_ip, "192.0.2.1");
	assert_string_equal(g->out.origin.dst_ip, "192.0.2.2");
	assert_string_equal(g->out.origin.url, "http://h.test/a?b");
	assert_int_equal(g->out.origin.vlan_outer, 7);
	assert_int_equal(g->out.origin.vlan_inner, -1);
	assert_int_equal(g->out.origin.n_tunnels, 2);
	assert_int_equal(g->out.origin.tunnels[0].kind, VG_TUNNEL_ERSPAN);
	assert_int_equal(g->out.origin.tunnels[0].id, 5);
	assert_string_equal(g->out.origin.tunnels[0].src_ip, "198.51.100.9");
	assert_string_equal(g->out.origin.tunnels[0].dst_ip, "0.0.0.0");
	assert_int_equal(g->out.origin.tunnels[1].kind, VG_TUNNEL_PPPOE);
	assert_string_equal(g->out.origin.tunnels[1].src_ip, "");
	assert_string_equal(g->out.file.filename, "f.jpg");
	assert_string_equal(g->out.file.member, "");
	assert_true(g->out.file.complete);
	assert_int_equal(g->out.file.sha256[0], 0xab);
	assert_string_equal(g->out.file.hits[0].list, "list");
	assert_string_equal(g->out.file.hits[0].entry_id, "E-9");
	assert_int_equal(g->out.file.hits[0].generation, 12);
	assert_true(g->out.file.hits[0].exact);
	assert_int_equal(g->out.hit_actions[0], VG_ACTION_REPORT);
	assert_int_equal(g->out.hasher_idx, 2);
	assert_int_equal(g->out.origin.codings, 0);
	assert_false(g->out.origin.is_chunked);
	assert_int_equal(g->out.origin.clock_max_error_us, -1);
}

static void what_was_undone_is_told(void **state)
{
	struct given given, *g = &given;
	(void)state;
	given_init(g);
	g->a.codings = VG_CODING_BR | VG_CODING_AWS_CHUNKED << 8;
	g->a.flags = VG_ATTR_CHUNKED;
	g->r.n_field = 3; /* of no member: not looked at */
	vg_match_case(&g->match, &g->out);
	assert_int_equal(g->out.origin.codings, g->a.codings);
	assert_true(g->out.origin.is_chunked);
	assert_string_equal(g->out.file.field, "");
	g->r.flags = VG_RECORD_MEMBER_OF;
	g->r.transfer = VG_TRANSFER_BASE64;
	memset(g->r.field, 0xff, VG_RECORD_FIELD);
	g->r.n_field = VG_RECORD_FIELD;
	vg_match_case(&g->match, &g->out);
	assert_int_equal(strlen(g->out.file.field), 3 * VG_RECORD_FIELD);
	assert_int_equal(g->out.file.transfer, VG_TRANSFER_BASE64);
}

static void a_part_has_its_own_name(void **state)
{
	struct given given, *g = &given;
	(void)state;
	given_init(g);
	g->r.flags = VG_RECORD_MEMBER_OF | VG_RECORD_BAD_CODING;
	memcpy(g->r.member, "p\0q", 3);
	g->r.n_member = 3;
	vg_match_case(&g->match, &g->out);
	assert_string_equal(g->out.file.filename, "p\xef\xbf\xbdq");
	assert_string_equal(g->out.file.member, "p\xef\xbf\xbdq");
	assert_false(g->out.file.complete);
}

static void urls_are_made_absolute_where_the_host_is_known(void **state)
{
	struct given given, *g = &given;
	(void)state;
	given_init(g);
	TAKE(url, n_url, "http://proxy.test/x");
	vg_match_case(&g->match, &g->out);
	assert_string_equal(g->out.origin.url, "http://proxy.test/x");
	static const uint8_t https[] = { VG_PROTO_HTTP, VG_PROTO_HTTP2, VG_PROTO_WEBSOCKET, VG_PROTO_FASTCGI };
	for (unsigned i = 0; i < sizeof(https); i++) {
		g->a.proto = https[i];
		TAKE(url, n_url, "/stream");
		vg_match_case(&g->match, &g->out);
		assert_string_equal(g->out.origin.url, "http://h.test/stream");
	}
	g->a.proto = VG_PROTO_FTP;
	vg_match_case(&g->match, &g->out);
	assert_string_equal(g->out.origin.url, "/stream");
	g->a.proto = VG_PROTO_HTTP;
	TAKE(url, n_url, "/only");
	g->a.n_host = 0;
	vg_match_case(&g->match, &g->out);
	assert_string_equal(g->out.origin.url, "/only");
	memset(g->a.host, 'h', sizeof(g->a.host));
	memset(g->a.url, '/', sizeof(g->a.url));
	g->a.n_host = sizeof(g->a.host);
	g->a.n_url = sizeof(g->a.url);
	vg_match_case(&g->match, &g->out);
	assert_in_range(strlen(g->out.origin.url), 1000, sizeof(g->out.origin.url) - 1);
}

static void a_forwarded_address_is_an_address_or_nothing(void **state)
{
	static const struct {
		const char *given, *expected;
	} cases[] = {
		{ "203.0.113.4", "203.0.113.4" },
		{ "203.0.113.4:1234", "203.0.113.4" },
		{ " \"203.0.113.4\"", "203.0.113.4" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "[2001:db8::1]:99", "2001:db8::1" },
		{ "\"[2001:db8::1]\"", "2001:db8::1" },
		{ "unknown", "" },
		{ "_hidden", "" },
		{ "", "" },
		{ "300.1.1.1", "" },
		{ "[", "" },
		{ "1.2.3.4, 5.6.7.8", "" },
	};
	struct given given, *g = &given;
	(void)state;
	given_init(g);
	for (size_t i = 0; i < VG_ARRAY_LEN(cases); i++) {
		g->a.n_forwarded = (uint16_t)strlen(cases[i].given);
		memcpy(g->a.forwarded, cases[i].given, g->a.n_forwarded);
		vg_match_case(&g->match, &g->out);
		assert_string_equal(g->out.origin.forwarded_ip, cases[i].expected);
	}
	memset(g->a.forwarded, '1', sizeof(g->a.forwarded));
	g->a.n_forwarded = sizeof(g->a.forwarded);
	g->a.flags |= VG_ATTR_CLIENT;
	vg_match_case(&g->match, &g->out);
	assert_string_equal(g->out.origin.forwarded_ip, "");
	assert_false(g->out.origin.is_client); /* no address: nobody */
	memcpy(g->a.forwarded, "192.0.2.1", g->a.n_forwarded = 9);
	vg_match_case(&g->match, &g->out);
	assert_true(g->out.origin.is_client);
	g->a.flags &= ~VG_ATTR_CLIENT;
	vg_match_case(&g->match, &g->out);
	assert_false(g->out.origin.is_client);
}

static void heads_that_were_cut_are_told(void **state)
{
	struct given given, *g = &given;
	(void)state;
	given_init(g);
	vg_match_case(&g->match, &g->out);
	assert_false(g->out.origin.is_cut);
	g->a.flags |= VG_ATTR_HEAD_CUT;
	vg_match_case(&g->match, &g->out);
	assert_true(g->out.origin.is_cut);
}

static void a_part_is_as_whole_as_it_is_itself(void **state)
{
	struct given given, *g = &given;
	(void)state;
	given_init(g);
	atomic_store(&g->a.state, VG_STATE_TRUNCATED);
	g->r.flags = VG_RECORD_MEMBER_OF;
	g->r.state = VG_STATE_COMPLETE;
	vg_match_case(&g->match, &g->out);
	assert_true(g->out.file.complete);
	atomic_store(&g->a.state, VG_STATE_COMPLETE);
	g->r.state = VG_STATE_TRUNCATED;
	vg_match_case(&g->match, &g->out);
	assert_false(g->out.file.complete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_facts_are_those_of_record_and_list),
		cmocka_unit_test(what_was_undone_is_told),
		cmocka_unit_test(a_part_has_its_own_name),
		cmocka_unit_test(urls_are_made_absolute_where_the_host_is_known),
		cmocka_unit_test(a_forwarded_address_is_an_address_or_nothing),
		cmocka_unit_test(heads_that_were_cut_are_told),
		cmocka_unit_test(a_part_is_as_whole_as_it_is_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
