#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/config/profile.h"

static struct vg_config *parsed(const char *text, enum vg_err want, char why[600])
{
	struct vg_config *config = malloc(sizeof(*config));
	assert_non_null(config);
	why[0] = 0;
	enum vg_err err = vg_config_parse(config, "vigil.yaml", text, strlen(text), why, 600);
	if (err != want)
		print_error("%s: %s\n", text, why);
	assert_int_equal(err, want);
	return config;
}

static void ports_pairs_and_lists_refer_to_profiles_by_name(void **state)
{
	char why[600];
	(void)state;
	struct vg_config *c = parsed("profiles:\n  - name: us\n    url_lists: [bad]\n    review_only: yes\n"
				     "  - {name: eu, url_lists: [none], mail: no, customers: [192.0.2.0/24]}\n"
				     "dataplane:\n  ports: [{device: a, profile: eu}, {device: b}, c]\n  profile: us\n"
				     "forward:\n  pairs: [{a: x, b: y, profile: eu}, {a: v, b: w}]\n"
				     "lists:\n  - {name: bad, file: /l, kind: url, action: alert}\n"
				     "  - {name: worse, file: /m, kind: url, action: alert}\n  - {name: h, file: /h}\n",
				     VG_OK, why);
	assert_int_equal(c->n_profiles, 2);
	assert_int_equal(vg_config_profile_find(c, "eu"), 2);
	assert_int_equal(vg_config_profile_find(c, "uk"), 0);
	assert_int_equal(vg_config_profile_find(c, ""), 0);
	static const uint8_t want[] = { 2, 1, 1, 2, 1, 1 };
	for (uint32_t i = 0; i < sizeof(want); i++)
		assert_int_equal(vg_config_port_rule(c, i).profile, want[i]);
	assert_true(c->profiles[0].review_only);
	assert_int_equal(c->profiles[1].mail, VG_SAID_NO);
	assert_int_equal(c->lists[0].not_profiles, 4); /* eu has none of them */
	assert_int_equal(c->lists[1].not_profiles, 6);
	assert_int_equal(c->lists[2].not_profiles, 0); /* hashes are everybody's */
	free(c);
}

static void without_profiles_nothing_is_different(void **state)
{
	char why[600];
	(void)state;
	struct vg_config *c = parsed("dataplane: {ports: [a]}\n", VG_OK, why);
	assert_int_equal(vg_config_profiles_id(c), 0);
	assert_int_equal(vg_config_port_rule(c, 0).profile, 0);
	free(c);
}

static void the_id_of_all_profiles_is_that_of_their_names_and_order(void **state)
{
	char why[600];
	(void)state;
	struct vg_config *a = parsed("profiles: [{name: us}, {name: eu}]\n", VG_OK, why);
	struct vg_config *b = parsed("profiles: [{name: eu}, {name: us}]\n", VG_OK, why);
	struct vg_config *c = parsed("profiles: [{name: us, urls: [a.example]}, {name: eu}]\n", VG_OK, why);
	assert_true(vg_config_profiles_id(a) != vg_config_profiles_id(b));
	assert_true(vg_config_profiles_id(a) == vg_config_profiles_id(c));
	assert_true(vg_config_profiles_id(a));
	free(a);
	free(b);
	free(c);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "profiles:\n  - {urls: [a.example]}\n", "vigil.yaml:2: this profile has no name" },
		{ "profiles:\n  - {name: us}\n  - {name: us}\n", "vigil.yaml:3: another profile is called us" },
		{ "profiles:\n  - name: a b\n", "vigil.yaml:2: profile a b: a name has letters" },
		{ "profiles: us\n", "vigil.yaml:1: profiles is a sequence" },
		{ "profiles:\n  - {name: us, prefix: [1.2.3.4]}\n", "vigil.yaml:2: prefix is no key of profiles" },
		{ "profiles:\n  - {name: us}\n  - {name: eu, prefixes: [1.2.3.4/99]}\n",
		  "vigil.yaml:3: \"1.2.3.4/99\" is no prefix" },
		{ "dataplane:\n  ports:\n    - {device: a, profile: us}\n",
		  "vigil.yaml:3: profile us is none of profiles" },
		{ "dataplane:\n  profile: us\n", "vigil.yaml:2: profile us is none of profiles" },
		{ "forward:\n  pairs:\n    - {a: x, b: y, profile: us}\n", "vigil.yaml:3: profile us is none of" },
		{ "lists:\n  - {name: h, file: /h}\nprofiles:\n  - {name: us, url_lists: [h]}\n",
		  "vigil.yaml:4: url_lists: h is no list of kind url" },
		{ "profiles:\n  - {name: us, url_lists: [none, x]}\n", "vigil.yaml:2: url_lists: none is no list" },
		{ "profiles: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}, {name: g}, {name: "
		  "h}]\n",
		  "vigil.yaml:1: more than 7 profiles" },
	};
	char why[600];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		free(parsed(rows[i].text, VG_EINVAL, why));
		if (!strstr(why, rows[i].why))
			print_error("%s\nwanted: %s\n", why, rows[i].why);
		assert_non_null(strstr(why, rows[i].why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_pairs_and_lists_refer_to_profiles_by_name),
		cmocka_unit_test(without_profiles_nothing_is_different),
		cmocka_unit_test(the_id_of_all_profiles_is_that_of_their_names_and_order),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
