#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/config/check.h"
#include "control/config/options.h"

static void set_production(struct vg_config *c)
{
	vg_config_defaults(c);
	c->reporting.environment = VG_ENV_PRODUCTION;
	strcpy(c->reporting.production_key, "file real reports");
	strcpy(c->reporting.email, "abuse@hoster.test");
	strcpy(c->reporting.company, "Hoster");
	strcpy(c->reporting.first_name, "A");
	strcpy(c->reporting.last_name, "B");
	strcpy(c->reporting.endpoint.url, "https://report.invalid/ispws");
	strcpy(c->reporting.endpoint.user, "u");
	strcpy(c->reporting.endpoint.password_file, "/p");
	c->evidence.n_custodian_keys = 2;
}

static void production_needs_all_of_its_parts(void **state)
{
	struct vg_config *c = malloc(sizeof(*c));
	uint32_t *lines = calloc(vg_n_options, sizeof(*lines));
	char why[200];
	size_t line;
	(void)state;
	set_production(c);
	assert_int_equal(vg_config_check(c, lines, &line, why, sizeof(why)), 0);
	char *const parts[] = { c->reporting.production_key, c->reporting.email,
				c->reporting.company,        c->reporting.first_name,
				c->reporting.last_name,      c->reporting.endpoint.url,
				c->reporting.endpoint.user,  c->reporting.endpoint.password_file };
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char saved = parts[i][0];
		parts[i][0] = 0;
		assert_int_equal(vg_config_check(c, lines, &line, why, sizeof(why)), -1);
		parts[i][0] = saved;
	}
	c->evidence.n_custodian_keys = 1;
	assert_int_equal(vg_config_check(c, lines, &line, why, sizeof(why)), -1);
	free(lines);
	free(c);
}

static const char *wrong_with(const char *text, char *why, size_t n_why)
{
	struct vg_config *c = malloc(sizeof(*c));
	enum vg_err err = vg_config_parse(c, "f", text, strlen(text), why, n_why);
	free(c);
	return err ? why : "";
}

static void what_is_to_be_stopped_must_be_inspected_first(void **state)
{
#define PAIR  "forward:\n  pairs:\n    - a: x\n      b: y\n"
#define FIRST PAIR "      mode: inspect-first\n"
#define BLOCK "lists:\n  - name: n\n    file: f\n    action: block\n"
	char why[512];
	(void)state;
	assert_string_equal(wrong_with(FIRST BLOCK, why, sizeof(why)), "");
	assert_string_equal(wrong_with(FIRST BLOCK "inline:\n  hold_ms: 30\n", why, sizeof(why)), "");
	assert_non_null(strstr(wrong_with(PAIR BLOCK, why, sizeof(why)), "f:6: this list says block"));
	assert_non_null(strstr(wrong_with(FIRST, why, sizeof(why)), "f:3: this pair is inspect-first"));
	/* the words of a pair's frames are one worker's (docs/adr/0011) */
	assert_non_null(strstr(wrong_with(FIRST BLOCK "dataplane:\n  cores: 2\n", why, sizeof(why)),
			       "f:11: a pair is inspect-first: its frames wait for the words of one worker; set "
			       "dataplane.cores: 1, or make that pair forward-first"));
	assert_non_null(strstr(wrong_with(PAIR "    - a: v\n      b: w\n      mode: inspect-first\n" BLOCK
					       "dataplane:\n  cores: 64\n",
					  why, sizeof(why)),
			       "f:13: a pair is inspect-first"));
	assert_string_equal(
		wrong_with(FIRST "    - a: v\n      b: w\n" BLOCK "dataplane:\n  cores: 1\n", why, sizeof(why)), "");
	assert_non_null(strstr(wrong_with(FIRST BLOCK "inline:\n  hold_ms: 0\n", why, sizeof(why)), "f:11: "));
	assert_non_null(strstr(wrong_with(PAIR "      mode: first\n", why, sizeof(why)), "f:5: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(production_needs_all_of_its_parts),
					    cmocka_unit_test(what_is_to_be_stopped_must_be_inspected_first) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
