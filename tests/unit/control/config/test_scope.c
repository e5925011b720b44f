/* The scope's texts as the dataplane reads them, and errors that name the option and say what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/media.h>

#include "control/config/profile.h"
#include "control/config/scope.h"

static void texts_become_rules(void **state)
{
	struct vg_config *c = *state;
	struct vg_scope_conf conf;
	uint32_t profile;
	const char *option;
	char why[200];
	static const uint8_t v4[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0 };
	strcpy(c->scope.prefixes[c->scope.n_prefixes++], "192.0.2.0/24");
	strcpy(c->scope.prefixes[c->scope.n_prefixes++], "2001:db8::/32");
	strcpy(c->scope.exclude[c->scope.n_exclude++], "192.0.2.7");
	strcpy(c->scope.vlans[c->scope.n_vlans++], "100-199");
	strcpy(c->scope.vlans[c->scope.n_vlans++], "7");
	strcpy(c->scope.protocols_off[c->scope.n_protocols_off++], "smb");
	assert_int_equal(vg_config_scope(c, &conf, &option, &profile, why, sizeof(why)), 0);
	assert_int_equal(conf.n_rules, 3);
	assert_memory_equal(conf.rules[0].ip, v4, 16);
	assert_int_equal(conf.rules[0].n_bits, 120);
	assert_true(conf.rules[0].is_in && conf.rules[1].is_in && !conf.rules[2].is_in);
	assert_int_equal(conf.rules[1].n_bits, 32);
	assert_int_equal(conf.rules[2].n_bits, 128);
	assert_int_equal(conf.n_vlans, 2);
	assert_int_equal(conf.vlans[0][1], 199);
	assert_int_equal(conf.vlans[1][0], 7);
	assert_int_equal(conf.vlans[1][1], 7);
	assert_int_equal(conf.protocols_off, 1u << VG_PROTO_SMB);
}

static void what_cannot_be_is_named(void **state)
{
	static const struct {
		const char *key, *text;
	} rows[] = { { "prefixes", "192.0.2.0/33" },
		     { "prefixes", "192.0.2.0/" },
		     { "prefixes", "example.com" },
		     { "prefixes", "2001:db8::/129" },
		     { "exclude", "1.2.3.4/2x" },
		     { "exclude", "" },
		     { "vlans", "4095" },
		     { "vlans", "9-8" },
		     { "vlans", "1-2-3" },
		     { "vlans", "-1" },
		     { "protocols_off", "gopher" } };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vg_config *c = calloc(1, sizeof(*c));
		struct vg_scope_conf conf;
		uint32_t profile;
		const char *option = "";
		char why[200] = "";
		c->scope.n_prefixes = !strcmp(rows[i].key, "prefixes");
		c->scope.n_exclude = !strcmp(rows[i].key, "exclude");
		c->scope.n_vlans = !strcmp(rows[i].key, "vlans");
		c->scope.n_protocols_off = !strcmp(rows[i].key, "protocols_off");
		strcpy(c->scope.prefixes[0], rows[i].text);
		strcpy(c->scope.exclude[0], rows[i].text);
		memcpy(c->scope.vlans[0], rows[i].text, strlen(rows[i].text) < 16 ? strlen(rows[i].text) : 15);
		memcpy(c->scope.protocols_off[0], rows[i].text, strlen(rows[i].text) < 16 ? strlen(rows[i].text) : 15);
		assert_int_equal(vg_config_scope(c, &conf, &option, &profile, why, sizeof(why)), -1);
		assert_string_equal(option, rows[i].key);
		assert_non_null(strstr(why, "is no "));
		free(c);
	}
}

static void trusted_proxies_are_networks_of_ones_own(void **state)
{
	static const struct {
		const char *text;
		int n_bits; /* -1: refused */
	} trusted[] = { { "10.0.0.0/8", 104 }, { "192.0.2.1", 128 }, { "2001:db8::/32", 32 }, { "0.0.0.0/1", 97 },
			{ "0.0.0.0/0", -1 },   { "::/0", -1 },       { "10.0.0.0/33", -1 },   { "proxy.example", -1 } };
	struct vg_config *c = *state;
	struct vg_trust_conf conf;
	const char *option = "";
	char why[200] = "";
	c->trust.header = VG_TRUST_FORWARDED;
	for (size_t i = 0; i < sizeof(trusted) / sizeof(trusted[0]); i++) {
		c->trust.n_proxies = 1;
		strcpy(c->trust.proxies[0], trusted[i].text);
		assert_int_equal(vg_config_trust(c, &conf, &option, why, sizeof(why)), trusted[i].n_bits < 0 ? -1 : 0);
		if (trusted[i].n_bits < 0) {
			assert_string_equal(option, "trusted_proxies");
			assert_non_null(strstr(why, trusted[i].text));
			continue;
		}
		assert_int_equal(conf.rules[0].n_bits, trusted[i].n_bits);
		assert_int_equal(conf.header, VG_TRUST_FORWARDED);
	}
}

static int open_config(void **state)
{
	*state = calloc(1, sizeof(struct vg_config));
	return !*state;
}
static int close_config(void **state)
{
	free(*state);
	return 0;
}

static void profiles_lie_behind_the_scope_in_the_same_arrays(void **state)
{
	struct vg_config *c = calloc(1, sizeof(*c));
	struct vg_scope_conf *conf = calloc(1, sizeof(*conf));
	struct vg_scope_part part = { 0 };
	const char *option;
	uint32_t profile;
	char why[200];
	(void)state;
	strcpy(c->scope.prefixes[c->scope.n_prefixes++], "192.0.2.0/24");
	c->n_profiles = 2;
	strcpy(c->profiles[0].name, "us");
	c->profiles[0].carve = VG_SAID_YES;
	strcpy(c->profiles[0].scope.exclude[c->profiles[0].scope.n_exclude++], "10.0.0.0/8");
	strcpy(c->profiles[0].customers[c->profiles[0].n_customers++], "198.51.100.0/24");
	strcpy(c->profiles[1].name, "eu");
	c->profiles[1].mail = VG_SAID_NO;
	strcpy(c->profiles[1].scope.urls[c->profiles[1].scope.n_urls++], "www.example.org");
	strcpy(c->profiles[1].scope.vlans[c->profiles[1].scope.n_vlans++], "9");
	strcpy(c->profiles[1].scope.protocols_off[c->profiles[1].scope.n_protocols_off++], "ftp");
	assert_int_equal(vg_config_scope(c, conf, &option, &profile, why, sizeof(why)), 0);
	assert_int_equal(conf->n_rules, 1); /* the default's */
	assert_int_equal(conf->n_profiles, 2);
	assert_int_equal(conf->profiles[0].id, vg_config_profile_id("us"));
	assert_int_equal(conf->profiles_id, vg_config_profiles_id(c));
	assert_int_equal(conf->profiles[0].flags, VG_CONF_CARVE);
	assert_int_equal(conf->profiles[0].said, VG_CONF_CARVE);
	assert_int_equal(conf->profiles[1].flags, 0);
	assert_int_equal(conf->profiles[1].said, VG_CONF_MAIL);
	assert_true(vg_scope_part_of(conf, 1, &part));
	assert_int_equal(part.n_rules, 1);
	assert_int_equal(part.rules[0].ip[12], 10);
	assert_false(part.rules[0].is_in);
	assert_int_equal(part.n_customers, 1);
	assert_int_equal(part.customers[0].ip[12], 198);
	assert_true(vg_scope_part_of(conf, 2, &part));
	assert_int_equal(part.n_rules + part.n_customers, 0);
	assert_int_equal(part.vlans[0][0], 9);
	assert_string_equal(part.sites[0].pattern, "www.example.org");
	assert_int_equal(part.protocols_off, 1u << VG_PROTO_FTP);
	assert_false(vg_scope_part_of(conf, 3, &part));
	/* whose prefix it is that is wrong */
	strcpy(c->profiles[1].customers[c->profiles[1].n_customers++], "nowhere");
	assert_int_equal(vg_config_scope(c, conf, &option, &profile, why, sizeof(why)), -1);
	assert_string_equal(option, "customers");
	assert_int_equal(profile, 2);
	free(conf);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(texts_become_rules, open_config, close_config),
		cmocka_unit_test(profiles_lie_behind_the_scope_in_the_same_arrays),
		cmocka_unit_test(what_cannot_be_is_named),
		cmocka_unit_test_setup_teardown(trusted_proxies_are_networks_of_ones_own, open_config, close_config),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
