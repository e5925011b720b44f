#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "control/config/config.h"
#include "tests/lib/guard.h"
#include "tests/lib/scratch.h"

static enum vg_err parse(const char *text, struct vg_config *config, char why[600])
{
	uint8_t *copy = vg_guard_copy(text, strlen(text));
	why[0] = 0;
	enum vg_err err = vg_config_parse(config, "vigil.yaml", (const char *)copy, strlen(text), why, 600);
	vg_guard_free(copy, strlen(text));
	return err;
}

static struct vg_config *config_of(const char *text)
{
	struct vg_config *config = malloc(sizeof(*config));
	char why[600];
	assert_non_null(config);
	assert_int_equal(parse(text, config, why), VG_OK);
	return config;
}

static void an_empty_file_is_all_defaults(void **state)
{
	static const char *const texts[] = { "", "\n# nothing\n", "dataplane:\nlists:\ncontrol:\n", "---\n...\n" };
	struct vg_config *defaults = malloc(sizeof(*defaults));
	(void)state;
	vg_config_defaults(defaults);
	assert_int_equal(defaults->dataplane.n_cores, 1);
	assert_int_equal(defaults->reporting.environment, VG_ENV_OFF);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vg_config *config = config_of(texts[i]);
		assert_string_equal(config->path, "vigil.yaml");
		memset(config->path, 0, sizeof(config->path));
		assert_memory_equal(config, defaults, sizeof(*config));
		free(config);
	}
	free(defaults);
}

static void values_of_every_type_are_taken(void **state)
{
	(void)state;
	struct vg_config *c = config_of(
		"dataplane:\n  cores: 3\n  ports: ['0000:01:00.0', \"net_tap0\"]\n  huge_pages: no\n"
		"  object_hold_bytes: 64M\nhashing: {pdq: false, hashers: 2}\n"
		"lists:\n  - name: a\n    file: /x/a.txt\n    action: report\n    file_distance: 4\n"
		"  - {name: b, file: /x/b.txt, perceptual_action: count, match_distance: 12}\n"
		"control:\n  programs:\n    hashing: /opt/h\n");
	assert_int_equal(c->dataplane.n_cores, 3);
	assert_int_equal(c->dataplane.n_ports, 2);
	assert_string_equal(c->dataplane.ports[1], "net_tap0");
	assert_int_equal(c->dataplane.huge_pages, VG_HUGE_NO);
	assert_int_equal(c->dataplane.object_hold_bytes, 64u << 20);
	assert_int_equal(c->hashing.pdq, 0);
	assert_int_equal(c->n_lists, 2);
	assert_int_equal(c->lists[0].action, VG_ACTION_REPORT);
	assert_int_equal(c->lists[0].file_distance, 4);
	assert_int_equal(c->lists[1].action, VG_ACTION_REVIEW);
	assert_int_equal(c->lists[1].perceptual_action, VG_ACTION_COUNT);
	assert_int_equal(c->lists[1].match_distance, 12);
	assert_int_equal(c->lists[1].file_distance, VG_CONFIG_NEVER);
	assert_int_equal(c->lists[1].line, 12);
	assert_string_equal(c->control.programs.hashing, "/opt/h");
	free(c);
}

static void a_port_may_differ_from_the_others(void **state)
{
	(void)state;
	struct vg_config *c = config_of("dataplane:\n"
					"  ports:\n"
					"    - net_tap0\n"
					"    - device: net_tap1\n"
					"      tenant_key: vni\n"
					"      checksums: drop\n"
					"      direction_vlans: {in: 101, out: 102}\n"
					"    - {device: net_tap2}\n"
					"  tenant_key: vlan\n"
					"  checksums: ignore\n"
					"  direction_vlans: {in: 7, out: 8}\n");
	struct vg_port_rule plain = { VG_TENANT_VLAN, VG_CHECKSUMS_IGNORE, { 7, 8 }, 0, 0, 0, 0 };
	struct vg_port_rule own = { VG_TENANT_VNI, VG_CHECKSUMS_DROP, { 101, 102 }, 0, 0, 0, 0 }, rule;

	assert_int_equal(c->dataplane.n_ports, 3);
	assert_string_equal(c->dataplane.ports[1], "net_tap1");
	for (uint32_t i = 0; i <= VG_CONFIG_MAX_PORTS; i++) {
		rule = vg_config_port_rule(c, i);
		assert_memory_equal(&rule, i == 1 ? &own : &plain, sizeof(rule));
	}
	free(c);
	c = config_of("");
	rule = vg_config_port_rule(c, 0);
	assert_int_equal(rule.tenant_key, VG_TENANT_BOTH);
	assert_int_equal(rule.checksums, VG_CHECKSUMS_VERIFY);
	assert_int_equal(rule.direction_vlans[0], 0);
	free(c);
}

static void ports_that_tap_one_link_share_the_flows_and_the_rule_of_the_first(void **state)
{
	static const uint8_t want[] = { 0, 0, 2, 0, 4, 2, 0 };
	struct vg_config *c = config_of("dataplane:\n"
					"  ports:\n"
					"    - net_tap0\n"
					"    - {device: net_tap1, link: 3}\n"
					"    - {device: net_tap2, link: 3}\n"
					"    - {device: net_tap3, link: 1}\n"
					"    - {device: net_tap4, link: 1}\n"
					"    - {device: net_tap5, link: 3}\n");

	(void)state;
	for (uint32_t i = 0; i < sizeof(want); i++)
		assert_int_equal(vg_config_port_rule(c, i).flows_of_1, want[i]);
	free(c);
}

static void cards_are_asked_to_drop_where_a_port_or_all_say_so(void **state)
{
	struct vg_config *c = config_of("dataplane:\n  ports: [net_tap0]\n");

	(void)state;
	assert_int_equal(vg_config_port_rule(c, 0).offload, VG_OFFLOAD_NO);
	free(c);
	c = config_of("dataplane:\n"
		      "  offload: rte_flow\n"
		      "  ports:\n"
		      "    - net_tap0\n"
		      "    - {device: net_tap1, offload: no}\n"
		      "    - {device: net_tap2, offload: rte_flow}\n");
	assert_int_equal(vg_config_port_rule(c, 0).offload, VG_OFFLOAD_RTE_FLOW);
	assert_int_equal(vg_config_port_rule(c, 1).offload, VG_OFFLOAD_NO);
	assert_int_equal(vg_config_port_rule(c, 2).offload, VG_OFFLOAD_RTE_FLOW);
	free(c);
}

/* text, "line:" and a word of the message. */
static const struct {
	const char *text, *line, *word;
} bad[] = {
	{ "hashing:\n  plugins: [p.so]\n", ":2:", "absolute" },
	{ "hashing:\n  pdq: yes\n  plugins: [/no/such/p.so]\n", ":3:", "not there" },
	{ "hashing:\n  plugins: [/a, /b, /c, /d, /e]\n", ":2:", "plugins" },
	{ "dataplane:\n  corse: 1\n", ":2:", "no key" },
	{ "dataplan:\n  cores: 1\n", ":1:", "no section" },
	{ "dataplane:\n  cores: 1\n  cores: 2\n", ":3:", "twice" },
	{ "control:\n  run_dir: /a\ncontrol:\n  run_dir: /b\n", ":3:", "twice" },
	{ "dataplane:\n  cores: 0\n", ":2:", "1 to 64" },
	{ "dataplane:\n  cores: 65\n", ":2:", "1 to 64" },
	{ "dataplane:\n  cores: -1\n", ":2:", "1 to 64" },
	{ "dataplane:\n  cores: one\n", ":2:", "1 to 64" },
	{ "dataplane:\n  cores: [1]\n", ":2:", "single value" },
	{ "dataplane:\n  cores: 1K\n", ":2:", "1 to 64" },
	{ "dataplane:\n  object_hold_bytes: 99999999999999999999\n", ":2:", "number" },
	{ "dataplane:\n  object_hold_bytes: 16777216T\n", ":2:", "number" },
	{ "dataplane:\n  huge_pages: perhaps\n", ":2:", "auto|yes|no" },
	{ "dataplane:\n  ports: eth0\n", ":2:", "sequence" },
	{ "dataplane:\n  ports: ['']\n", ":2:", "empty" },
	{ "dataplane:\n  ring_slots: 1000\n", ":2:", "power of two" },
	{ "dataplane:\n  object_min_bytes: 10G\n  object_max_bytes: 1G\n", ":2:", "above" },
	{ "dataplane:\n  tenant_key: mac\n", ":2:", "both|vlan|vni|none" },
	{ "dataplane:\n  checksums: maybe\n", ":2:", "verify|ignore|drop" },
	{ "dataplane:\n  direction_vlans:\n    in: 101\n", ":3:", "both tags" },
	{ "dataplane:\n  direction_vlans:\n    out: 101\n", ":3:", "both tags" },
	{ "dataplane:\n  direction_vlans: {in: 5, out: 5}\n", ":2:", "one tag" },
	{ "dataplane:\n  direction_vlans: {in: 5, out: 4095}\n", ":2:", "0 to 4094" },
	{ "dataplane:\n  direction_vlans: {in: 5, up: 6}\n", ":2:", "no key" },
	{ "dataplane:\n  ports:\n    - a\n    - device: b\n      tenant_key: mac\n", ":5:", "default|both|vlan" },
	{ "dataplane:\n  ports:\n    - a\n    - tenant_key: vlan\n", ":4:", "no device" },
	{ "dataplane:\n  ports:\n    - {device: b, direction_vlans: {in: 101}}\n", ":3:", "both tags" },
	{ "dataplane:\n  ports:\n    - {device: b, colour: red}\n", ":3:", "no key" },
	{ "dataplane: 5\n", ":1:", "no keys" },
	{ "hashing:\n  pdq: maybe\n", ":2:", "yes|no" },
	{ "lists: 5\n", ":1:", "sequence" },
	{ "lists:\n  - name: a\n", ":2:", "no file" },
	{ "lists:\n  - file: a\n", ":2:", "no name" },
	{ "lists:\n  - {name: a, file: b}\n  - {name: a, file: c}\n", ":3:", "another list" },
	{ "lists:\n  - {name: a, file: b, perceptual_action: report}\n", ":2:", "count|alert|review" },
	{ "lists:\n  - {name: a, file: b, match_distance: 64}\n", ":2:", "0 to 63" },
	{ "lists:\n  - {name: a, file: b, match_distance: 40, file_distance: 32}\n", ":2:", "0 to 31" },
	{ "lists:\n  - {name: a, file: b, match_distance: 3, file_distance: 4}\n", ":2:", "above" },
	{ "lists:\n  - {name: a, file: b, colour: red}\n", ":2:", "no key" },
	{ "control:\n  appliance_id: \"a\\nb\"\n", ":2:", "control character" },
	{ "control.programs:\n  hashing: x\n", ":1:", "no section" },
	{ "control:\n  programs: x\n", ":2:", "no keys" },
	{ "? [a]\n: b\n", ":1:", "no section" },
	{ "- a\n", ":1:", "no configuration" },
	{ "a: [\n", ":", "not YAML" },
	{ "a: \"\\xff\xff\"\n", ":", "not YAML" },
	{ "dataplane:\n  cores: 1\n---\ndataplane:\n", ":4:", "second document" },
	{ "reporting:\n  environment: test\n", ":2:", "email" },
	{ "reporting:\n  environment: test\n  email: a@b\n", ":2:", "custodian_keys" },
	{ "reporting:\n  environment: test\n  email: a@b\nevidence:\n  custodian_keys: [a, b]\n", ":2:", "https" },
	{ "reporting:\n  environment: test\n  email: a@b\nevidence:\n  custodian_keys: [a, b]\n"
	  "test_endpoint:\n  url: http://x\n",
	  ":7:", "https" },
	{ "reporting:\n  environment: production\n  email: a@b\n  url: https://x/\n  user: u\n  password_file: p\n"
	  "evidence:\n  custodian_keys: [a, b]\n",
	  ":2:", "production_key" },
	{ "reporting:\n  environment: production\n  email: a@example.org\n  url: https://x/\n  user: u\n  "
	  "password_file: p\n"
	  "  production_key: file real reports\nevidence:\n  custodian_keys: [a, b]\n",
	  ":2:", "real company" },
};

static void what_is_wrong_is_named_with_its_line(void **state)
{
	struct vg_config *config = malloc(sizeof(*config));
	char why[600];
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vg_err err = parse(bad[i].text, config, why);
		if (err != VG_EINVAL || !strstr(why, bad[i].line) || !strstr(why, bad[i].word))
			fail_msg("\"%s\" gave %d \"%s\"", bad[i].text, err, why);
		assert_ptr_equal(strstr(why, "vigil.yaml:"), why);
	}
	free(config);
}

static void a_file_is_read_with_paths_from_its_folder(void **state)
{
	struct vg_config *config = malloc(sizeof(*config));
	struct scratch scratch;
	char why[600], expected[600], *large = malloc(VG_CONFIG_MAX_BYTES + 2);
	(void)state;
	scratch_init(&scratch);
	const char *path = scratch_write(&scratch, "v.yaml",
					 "lists:\n  - {name: a, file: lists/a.txt}\n"
					 "control:\n  run_dir: /abs\n  suppress_file: s.txt\n");
	assert_int_equal(vg_config_load(config, path, why, sizeof(why)), VG_OK);
	snprintf(expected, sizeof(expected), "%s/lists/a.txt", scratch.dir);
	assert_string_equal(config->lists[0].file, expected);
	assert_string_equal(config->control.run_dir, "/abs");
	snprintf(expected, sizeof(expected), "%s/s.txt", scratch.dir);
	assert_string_equal(config->control.suppress_file, expected);
	assert_int_not_equal(config->sha256[0] | config->sha256[1] | config->sha256[2], 0);
	assert_int_equal(vg_config_load(config, "/nonexistent/v.yaml", why, sizeof(why)), VG_ENOTFOUND);
	memset(large, '#', VG_CONFIG_MAX_BYTES + 1);
	large[VG_CONFIG_MAX_BYTES + 1] = 0;
	assert_int_equal(vg_config_load(config, scratch_write(&scratch, "l.yaml", large), why, sizeof(why)),
			 VG_ENOTFOUND);
	free(large);
	free(config);
	scratch_fini(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_is_all_defaults),
		cmocka_unit_test(values_of_every_type_are_taken),
		cmocka_unit_test(a_port_may_differ_from_the_others),
		cmocka_unit_test(ports_that_tap_one_link_share_the_flows_and_the_rule_of_the_first),
		cmocka_unit_test(cards_are_asked_to_drop_where_a_port_or_all_say_so),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(a_file_is_read_with_paths_from_its_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
