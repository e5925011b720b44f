#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <vigil/attribution.h>

#include "control/cases/carriers.h"

static const struct vg_case_tunnel mirror = { VG_TUNNEL_ERSPAN, 77, "2001:db8::1", "2001:db8::2" };
static const struct vg_case_tunnel overlay = { VG_TUNNEL_VXLAN, 0xabcdef, "192.0.2.1", "192.0.2.2" };
static const struct vg_case_tunnel line = { VG_TUNNEL_PPPOE, 9, "", "" };

static void tunnels_are_read_as_they_were_written(void **state)
{
	static struct vg_case_origin from, to;
	char text[VG_CARRIERS_TEXT];

	(void)state;
	for (from.n_tunnels = 0; from.n_tunnels <= VG_CASE_TUNNELS; from.n_tunnels++) {
		from.tunnels[0] = mirror;
		from.tunnels[1] = overlay;
		from.tunnels[2] = line;
		from.tunnels[3] = (struct vg_case_tunnel){ VG_TUNNEL_IP, UINT32_MAX, "", "" };
		memset(from.tunnels[3].src_ip, 'f', 45);
		memset(from.tunnels[3].dst_ip, 'f', 45);
		memset(from.tunnels + from.n_tunnels, 0, (VG_CASE_TUNNELS - from.n_tunnels) * sizeof(from.tunnels[0]));
		memset(&to, 0, sizeof(to));
		vg_carriers_write(&from, text, sizeof(text));
		vg_carriers_read(text, &to);
		assert_memory_equal(&to, &from, sizeof(to));
	}
}

static void what_is_no_such_text_ends_the_list(void **state)
{
	static const char *const texts[] = { "",
					     "vxlan",
					     "vxlan 1",
					     "vxlan 1 -",
					     "vxlan 1 - -",
					     "carrier pigeon",
					     "none 1 - -;",
					     ";;;;",
					     "vxlanvxlanvxlanvxlanvxlan 1 - -;",
					     "vxlan x - -;" };
	static struct vg_case_origin to;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		vg_carriers_read(texts[i], &to);
		assert_int_equal(to.n_tunnels, 0);
	}
	vg_carriers_read("vxlan 1 - -;rubbish", &to);
	assert_int_equal(to.n_tunnels, 1);
	vg_carriers_read("gre 1 - -;gre 2 - -;gre 3 - -;gre 4 - -;gre 5 - -;", &to);
	assert_int_equal(to.n_tunnels, VG_CASE_TUNNELS);
}

static void tunnels_are_said_in_words(void **state)
{
	struct vg_case_tunnel plain = { VG_TUNNEL_GRE, 0, "192.0.2.1", "192.0.2.2" }, strange = { 200, 5, "", "" };
	char text[200];

	(void)state;
	assert_string_equal(vg_carriers_say(&mirror, text, sizeof(text)),
			    "ERSPAN session 77 from 2001:db8::1 to 2001:db8::2");
	assert_string_equal(vg_carriers_say(&line, text, sizeof(text)), "PPPoE session 9");
	assert_string_equal(vg_carriers_say(&plain, text, sizeof(text)), "GRE from 192.0.2.1 to 192.0.2.2");
	assert_string_equal(vg_carriers_say(&strange, text, sizeof(text)), "nothing id 5");
	assert_string_equal(vg_carriers_id(VG_TUNNEL_GENEVE), "vni");
	assert_string_equal(vg_carriers_id(99), "id");
}

static void private_addresses_belong_to_a_tenant(void **state)
{
	static const struct {
		const char *ip;
		int is_private;
	} cases[] = { { "10.1.2.3", 1 },     { "172.16.0.1", 1 },
		      { "172.31.255.1", 1 }, { "172.32.0.1", 0 },
		      { "192.168.9.9", 1 },  { "192.169.0.1", 0 },
		      { "100.64.0.1", 1 },   { "100.128.0.1", 0 },
		      { "169.254.1.1", 1 },  { "203.0.113.7", 0 },
		      { "fd00::1", 1 },      { "fe80::1", 1 },
		      { "2001:db8::1", 0 },  { "", 0 },
		      { "nobody", 0 } };
	static struct vg_case_origin o;
	char text[80];

	(void)state;
	o.vlan_outer = 7;
	o.vlan_inner = -1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(vg_carriers_tenant(&o, cases[i].ip, text, sizeof(text))[0] != 0, cases[i].is_private);
	o.vlan_outer = -1;
	assert_string_equal(vg_carriers_tenant(&o, "10.0.0.1", text, sizeof(text)), "");
	o.n_tunnels = 2;
	o.tunnels[0] = overlay;
	o.tunnels[1] = mirror; /* who mirrors says nothing of whose it is */
	assert_string_equal(vg_carriers_tenant(&o, "10.0.0.1", text, sizeof(text)), " vlan -1 -1 vxlan 11259375");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnels_are_read_as_they_were_written),
		cmocka_unit_test(what_is_no_such_text_ends_the_list),
		cmocka_unit_test(tunnels_are_said_in_words),
		cmocka_unit_test(private_addresses_belong_to_a_tenant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
