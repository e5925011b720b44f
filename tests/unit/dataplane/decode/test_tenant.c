#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/decode.h"
#include "dataplane/decode/tenant.h"
#include "tests/lib/encapsulate.h"
#include "tests/lib/pktbuild.h"

/* A frame of the innermost tags vlan[0], vlan[1] (0 = none) inside VXLAN vni (0 = none), decoded, by that rule. */
static struct vg_packet packet(const struct vg_port_rule *rule, uint16_t outer, uint16_t inner, uint32_t vni)
{
	static struct pb_frame f;
	static uint8_t room[PB_MAX + 128];
	struct pb_tcp t = { .src = 1, .dst = 2, .sport = 3, .dport = 80, .flags = 16 };
	struct vg_packet pkt = { .link = VG_LINK_ETHERNET };

	pb_ether(&f);
	if (outer)
		pb_tag(&f, 0x88a8, outer);
	if (inner)
		pb_tag(&f, 0x8100, inner);
	pb_be16(&f, 0x0800);
	pb_ipv4_tcp(&f, &t, 0);
	memcpy(room, f.bytes, f.n_bytes);
	pkt.frame = room;
	pkt.n_first_bytes = pkt.n_frame_bytes = vni ? en_capsulate("vxlan", vni, f.bytes, f.n_bytes, room) : f.n_bytes;
	assert_int_equal(vg_decode_frame(&pkt), VG_DECODE_TCP);
	vg_tenant_apply(rule, &pkt);
	return pkt;
}

static int same(const struct vg_packet *a, const struct vg_packet *b)
{
	return !memcmp(&a->key, &b->key, sizeof(a->key));
}

static void each_rule_separates_what_it_names(void **state)
{
	static const struct {
		enum vg_tenant_key rule;
		int vlans, vnis; /* whether they separate */
	} cases[] = {
		{ VG_TENANT_BOTH, 1, 1 }, { VG_TENANT_VLAN, 1, 0 }, { VG_TENANT_VNI, 0, 1 }, { VG_TENANT_NONE, 0, 0 }
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct vg_port_rule rule = { .tenant_key = (uint8_t)cases[i].rule };
		struct vg_packet plain = packet(&rule, 0, 0, 0), tagged = packet(&rule, 7, 0, 0),
				 stacked = packet(&rule, 7, 8, 0), in_5 = packet(&rule, 0, 0, 5),
				 in_6 = packet(&rule, 0, 0, 6);
		assert_int_equal(!same(&plain, &tagged), cases[i].vlans);
		assert_int_equal(!same(&tagged, &stacked), cases[i].vlans);
		assert_int_equal(!same(&plain, &in_5), cases[i].vnis);
		assert_int_equal(!same(&in_5, &in_6), cases[i].vnis);
		assert_int_equal(vg_flow_key_ip_version(&in_6.key), 4);
	}
}

static void the_tags_stay_in_the_packet_whatever_the_rule(void **state)
{
	(void)state;
	for (unsigned key = VG_TENANT_BOTH; key <= VG_TENANT_NONE; key++) {
		struct vg_port_rule rule = { .tenant_key = (uint8_t)key, .direction_vlans = { 101, 102 } };
		struct vg_packet pkt = packet(&rule, 102, 8, 0);
		assert_int_equal(pkt.vlan[0], 102);
		assert_int_equal(pkt.vlan[1], 8);
		assert_int_equal(packet(&rule, 0, 0, 9).vlan[0], VG_VLAN_NONE);
	}
}

static void the_tags_of_a_mirrors_directions_are_one(void **state)
{
	struct vg_port_rule rule = { .direction_vlans = { 101, 102 } };
	struct vg_packet in = packet(&rule, 101, 0, 0), out = packet(&rule, 102, 0, 0),
			 other = packet(&rule, 103, 0, 0), in_8 = packet(&rule, 101, 8, 0),
			 out_8 = packet(&rule, 102, 8, 0), out_9 = packet(&rule, 102, 9, 0);

	(void)state;
	assert_true(same(&in, &out));
	assert_false(same(&in, &other));
	assert_true(same(&in_8, &out_8));
	assert_false(same(&in_8, &out_9));
	rule.direction_vlans[0] = rule.direction_vlans[1] = 0;
	in = packet(&rule, 101, 0, 0);
	out = packet(&rule, 102, 0, 0);
	assert_false(same(&in, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_separates_what_it_names),
		cmocka_unit_test(the_tags_stay_in_the_packet_whatever_the_rule),
		cmocka_unit_test(the_tags_of_a_mirrors_directions_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
