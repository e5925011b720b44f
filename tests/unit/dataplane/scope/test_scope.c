/* scope: against rules applied one by one, and the rules of what excludes what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "dataplane/scope/scope.h"

static const uint16_t untagged[2] = { 0xffff, 0xffff };

static void rule(struct vg_scope_conf *conf, const char *ip, unsigned n_bits, int is_in)
{
	struct vg_scope_rule *r = &conf->rules[conf->n_rules++];
	memset(r, 0, sizeof(*r));
	r->is_in = (uint8_t)is_in;
	if (inet_pton(AF_INET6, ip, r->ip) == 1) {
		r->n_bits = (uint8_t)n_bits;
		return;
	}
	r->ip[10] = r->ip[11] = 0xff;
	assert_int_equal(inet_pton(AF_INET, ip, r->ip + 12), 1);
	r->n_bits = (uint8_t)(96 + n_bits);
}

static int has(const struct vg_scope *s, const char *a, const char *b)
{
	uint8_t ip[2][16] = { { 0 } };
	unsigned version = strchr(a, ':') ? 6 : 4;
	assert_int_equal(inet_pton(version == 4 ? AF_INET : AF_INET6, a, ip[0]), 1);
	assert_int_equal(inet_pton(version == 4 ? AF_INET : AF_INET6, b, ip[1]), 1);
	return vg_scope_has(s, version, (const uint8_t(*)[16])ip, untagged);
}

static void without_rules_all_is_in(void **state)
{
	struct vg_scope_conf *conf = *state;
	struct vg_scope *s = vg_scope_create(conf);
	assert_true(has(s, "10.0.0.1", "192.0.2.1"));
	assert_true(has(s, "2001:db8::1", "::"));
	vg_scope_destroy(s);
}

static void the_longest_prefix_decides_and_an_exclusion_wins(void **state)
{
	struct vg_scope_conf *conf = *state;
	rule(conf, "192.0.2.0", 24, 1);
	rule(conf, "192.0.2.64", 26, 0);
	rule(conf, "192.0.2.65", 32, 1);
	rule(conf, "198.51.100.7", 32, 0);
	rule(conf, "2001:db8::", 32, 1);
	struct vg_scope *s = vg_scope_create(conf);
	assert_true(has(s, "10.0.0.1", "192.0.2.1"));
	assert_true(has(s, "192.0.2.255", "10.0.0.1"));
	assert_false(has(s, "10.0.0.1", "10.0.0.2"));
	assert_false(has(s, "10.0.0.1", "192.0.2.64"));
	assert_false(has(s, "192.0.2.1", "192.0.2.127"));
	assert_true(has(s, "10.0.0.1", "192.0.2.65"));
	assert_false(has(s, "198.51.100.7", "192.0.2.1"));
	assert_true(has(s, "2001:db8:ffff::", "2001:4860::1"));
	assert_false(has(s, "2001:db9::", "2001:4860::1"));
	vg_scope_destroy(s);
}

static void exclusions_alone_leave_the_rest_in(void **state)
{
	struct vg_scope_conf *conf = *state;
	rule(conf, "0.0.0.0", 1, 0);
	rule(conf, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, 0);
	struct vg_scope *s = vg_scope_create(conf);
	assert_false(has(s, "127.0.0.1", "192.0.2.1"));
	assert_true(has(s, "128.0.0.0", "192.0.2.1"));
	assert_false(has(s, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::1"));
	assert_true(has(s, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "::1"));
	vg_scope_destroy(s);
}

static void all_may_be_excluded_or_included(void **state)
{
	struct vg_scope_conf *conf = *state;
	rule(conf, "::", 0, 0);
	struct vg_scope *s = vg_scope_create(conf);
	assert_false(has(s, "192.0.2.1", "192.0.2.2"));
	assert_false(has(s, "2001:db8::1", "::1"));
	vg_scope_destroy(s);
	conf->rules[0].is_in = 1;
	s = vg_scope_create(conf);
	assert_true(has(s, "192.0.2.1", "192.0.2.2"));
	vg_scope_destroy(s);
}

static void vlans_are_asked_too(void **state)
{
	struct vg_scope_conf *conf = *state;
	uint8_t ip[2][16] = { { 10 }, { 11 } };
	conf->n_vlans = 1;
	conf->vlans[0][0] = 100;
	conf->vlans[0][1] = 199;
	struct vg_scope *s = vg_scope_create(conf);
	const struct {
		uint16_t vlan[2];
		int is_in;
	} rows[] = { { { 100, 0xffff }, 1 }, { { 7, 199 }, 1 }, { { 200, 99 }, 0 }, { { 0xffff, 0xffff }, 0 } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(vg_scope_has(s, 4, (const uint8_t(*)[16])ip, rows[i].vlan), rows[i].is_in);
	vg_scope_destroy(s);
}

static int word_of(const struct vg_scope_conf *conf, const uint8_t ip[16])
{
	int best = -1, is_in = -1;
	for (uint32_t i = 0; i < conf->n_rules; i++) {
		const struct vg_scope_rule *r = &conf->rules[i];
		int same = 1;
		for (unsigned bit = 0; bit < r->n_bits; bit++)
			same &= !((ip[bit / 8] ^ r->ip[bit / 8]) & 0x80 >> bit % 8);
		if (same && (r->n_bits > best || (r->n_bits == best && !r->is_in))) {
			best = r->n_bits;
			is_in = r->is_in;
		}
	}
	return is_in;
}

static void any_rules_say_the_same_as_one_by_one(void **state)
{
	struct vg_scope_conf *conf = *state;
	unsigned seed = (unsigned)time(NULL);
	printf("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 100; round++) {
		conf->n_rules = (uint32_t)random() % 40;
		int has_in = 0;
		for (uint32_t i = 0; i < conf->n_rules; i++) {
			struct vg_scope_rule *r = &conf->rules[i];
			for (unsigned k = 0; k < 16; k++) /* few bits differ, so that they nest */
				r->ip[k] = k == 3 || k == 15 ? (uint8_t)random() & 0xc3 : 0x20;
			r->n_bits = (uint8_t)(random() % 129);
			r->is_in = random() & 1;
			has_in |= r->is_in;
		}
		struct vg_scope *s = vg_scope_create(conf);
		for (unsigned k = 0; k < 300; k++) {
			uint8_t ip[2][16];
			int word[2];
			for (unsigned e = 0; e < 2; e++) {
				for (unsigned i = 0; i < 16; i++)
					ip[e][i] = i == 3 || i == 15 ? (uint8_t)random() & 0xc3 : 0x20;
				word[e] = word_of(conf, ip[e]);
			}
			int want = word[0] && word[1] && (!has_in || word[0] == 1 || word[1] == 1);
			assert_int_equal(vg_scope_has(s, 6, (const uint8_t(*)[16])ip, untagged), want);
		}
		vg_scope_destroy(s);
	}
	conf->n_rules = 1;
	conf->rules[0].n_bits = 129;
	assert_null(vg_scope_create(conf));
}

static void a_profile_has_its_own_rules_and_customers(void **state)
{
	struct vg_scope_conf *conf = *state;
	struct vg_scope *s;

	rule(conf, "10.0.0.0", 8, 0);
	rule(conf, "192.0.2.0", 24, 1); /* from here on the profile's */
	rule(conf, "198.51.100.0", 24, 1);
	conf->n_rules = 1;
	conf->vlans[0][0] = conf->vlans[0][1] = 7;
	conf->n_profiles = 1;
	conf->profiles[0] = (struct vg_scope_profile){ .rules = { 1, 1 }, .vlans = { 0, 1 }, .customers = { 2, 1 } };
	s = vg_scope_create_profile(conf, 0);
	assert_false(has(s, "10.0.0.1", "192.0.2.1"));
	assert_true(has(s, "203.0.113.1", "203.0.113.2"));
	vg_scope_destroy(s);
	s = vg_scope_create_profile(conf, 1);
	assert_false(has(s, "10.0.0.1", "192.0.2.1")); /* without its tag */
	vg_scope_destroy(s);
	conf->profiles[0].vlans.n = 0;
	s = vg_scope_create_profile(conf, 1);
	assert_true(has(s, "10.0.0.1", "192.0.2.1"));
	assert_false(has(s, "203.0.113.1", "198.51.100.9"));
	vg_scope_destroy(s);
	s = vg_scope_create_customers(conf, 1);
	assert_true(has(s, "203.0.113.1", "198.51.100.9"));
	assert_false(has(s, "10.0.0.1", "192.0.2.1"));
	vg_scope_destroy(s);
}

static void a_profile_beyond_its_arrays_is_refused(void **state)
{
	static const struct vg_scope_range bad[] = {
		{ VG_SCOPE_MAX_RULES, 1 }, { 1, VG_SCOPE_MAX_RULES }, { UINT32_MAX, 2 }, { 2, UINT32_MAX }
	};
	struct vg_scope_conf *conf = *state;

	conf->n_profiles = 1;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		conf->profiles[0] = (struct vg_scope_profile){ .rules = bad[i] };
		assert_null(vg_scope_create_profile(conf, 1));
		conf->profiles[0] = (struct vg_scope_profile){ .vlans = bad[i] };
		assert_null(vg_scope_create_profile(conf, 1));
		conf->profiles[0] = (struct vg_scope_profile){ .sites = bad[i] };
		assert_null(vg_scope_create_profile(conf, 1));
		conf->profiles[0] = (struct vg_scope_profile){ .customers = bad[i] };
		assert_null(vg_scope_create_customers(conf, 1));
	}
	memset(&conf->profiles[0], 0, sizeof(conf->profiles[0]));
	assert_null(vg_scope_create_profile(conf, 2));
	conf->n_profiles = VG_SCOPE_PROFILES;
	assert_null(vg_scope_create_profile(conf, 0));
}

static int conf_open(void **state)
{
	*state = calloc(1, sizeof(struct vg_scope_conf));
	return !*state;
}
static int conf_close(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
#define ON_CONF(test) cmocka_unit_test_setup_teardown(test, conf_open, conf_close)
	const struct CMUnitTest tests[] = {
		ON_CONF(without_rules_all_is_in),
		ON_CONF(a_profile_has_its_own_rules_and_customers),
		ON_CONF(a_profile_beyond_its_arrays_is_refused),
		ON_CONF(the_longest_prefix_decides_and_an_exclusion_wins),
		ON_CONF(exclusions_alone_leave_the_rest_in),
		ON_CONF(all_may_be_excluded_or_included),
		ON_CONF(vlans_are_asked_too),
		ON_CONF(any_rules_say_the_same_as_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
