/* Who and where of a body, seen from either direction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/proto/parser.h"

static const struct vg_attr_tunnel tunnel = { .kind = VG_TUNNEL_VXLAN, .id = 7 };
static const struct vg_proto_flow flow = {
	.ident = { .ip_version = 4,
		   .ip = { { 10, 0, 0, 1 }, { 192, 0, 2, 9 } },
		   .port = { 40000, 21 },
		   .vlan = { 7, 0xffff },
		   .capture_idx = 3,
		   .flow_id = 77,
		   .tunnels = &tunnel,
		   .n_tunnels = 1,
		   .midstream = 1 },
};

static void the_sender_is_who_fed_the_direction(void **state)
{
	struct vg_proto *p = *state;
	memset(&p->card, 0xff, sizeof(p->card));
	vg_card_begin(p, &flow, 1, VG_PROTO_HTTP, VG_DOWNLOAD);
	assert_memory_equal(p->card.src_ip, flow.ident.ip[1], 16);
	assert_memory_equal(p->card.dst_ip, flow.ident.ip[0], 16);
	assert_int_equal(p->card.src_port, 21);
	assert_int_equal(p->card.dst_port, 40000);
	assert_int_equal(p->card.vlan[0], 7);
	assert_int_equal(p->card.tunnels[0].id, 7);
	assert_int_equal(p->card.n_tunnels, 1);
	assert_int_equal(p->card.flags, VG_ATTR_MIDSTREAM);
	assert_int_equal(p->card.capture_idx, 3);
	assert_int_equal(p->card.flow_id, 77);
}

static void nothing_of_the_card_before_is_left(void **state)
{
	struct vg_proto *p = *state;
	memset(&p->card, 0xff, sizeof(p->card));
	vg_card_begin(p, &flow, 0, VG_PROTO_HTTP, VG_UPLOAD);
	assert_int_equal(p->card.n_url, 0);
	assert_int_equal(p->card.codings, 0);
	assert_int_equal(p->card.direction, VG_UPLOAD);
	assert_true(p->card.size_hint == UINT64_MAX);
	assert_memory_equal(p->card.src_ip, flow.ident.ip[0], 16);
}

static uint64_t name_of(const struct vg_proto *p, const struct vg_flow_ident *who, const char *host, const char *url)
{
	struct vg_span texts[2] = { { (const uint8_t *)host, strlen(host) }, { (const uint8_t *)url, strlen(url) } };
	return vg_card_resource(p, who, texts, 2);
}

static void a_resource_is_named_alike_by_whoever_sees_it_and_by_nobody_else(void **state)
{
	struct vg_proto *p = *state;
	struct vg_flow_ident other = flow.ident;
	memset(p, 0, sizeof(*p));
	vg_proto_seed(p, 99);
	uint64_t name = name_of(p, &flow.ident, "host", "/a");
	other.port[0] = 4;
	memcpy(other.ip[0], flow.ident.ip[1], 16);
	memcpy(other.ip[1], flow.ident.ip[0], 16);
	assert_true(name && name == name_of(p, &other, "host", "/a"));
	assert_true(name != name_of(p, &flow.ident, "host", "/b"));
	assert_true(name != name_of(p, &flow.ident, "host/", "a"));
	other.vlan[0] = 8;
	assert_true(name != name_of(p, &other, "host", "/a"));
	other = flow.ident;
	other.ip[1][3]++;
	assert_true(name != name_of(p, &other, "host", "/a"));
	vg_proto_seed(p, 100);
	assert_true(name != name_of(p, &flow.ident, "host", "/a"));
}

static int proto_open(void **state)
{
	*state = aligned_alloc(64, (sizeof(struct vg_proto) + 63) & ~(size_t)63);
	return 0;
}

static int proto_close(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_sender_is_who_fed_the_direction, proto_open, proto_close),
		cmocka_unit_test_setup_teardown(a_resource_is_named_alike_by_whoever_sees_it_and_by_nobody_else,
						proto_open, proto_close),
		cmocka_unit_test_setup_teardown(nothing_of_the_card_before_is_left, proto_open, proto_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
