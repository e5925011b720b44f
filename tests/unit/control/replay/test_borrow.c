/* borrow: of a configuration only what a run may read; the rest is not even parsed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <vigil/base.h>

#include "control/replay/borrow.h"

static const char whole[] = "# a comment\n"
			    "dataplane:\n"
			    "  cores: 3\n"
			    "reporting:\n"
			    "  environment: production\n"
			    "  url: https://report.cybertip.org/ispws\n"
			    "  nonsense: [1, 2\n"
			    "    , 3]\n"
			    "hashing:\n"
			    "  hashers: 2\n"
			    "lists:\n"
			    "  - name: real\n"
			    "    file: /etc/vigil/real.txt\n"
			    "control: { state_dir: /var/lib/vigil }\n"
			    "test_endpoint:\n"
			    "  url: https://127.0.0.1:1/\n"
			    "  user: me\n"
			    "  password_file: secrets/password\n"
			    "evidence:\n"
			    "  dir: /srv\n";
static char why[1024];

static void other_sections_become_empty_lines(void **state)
{
	char *text = strdup(whole);
	(void)state;
	assert_int_equal(vg_run_borrow_blank("f", text, strlen(text), why, sizeof(why)), VG_OK);
	assert_null(strstr(text, "reporting"));
	assert_null(strstr(text, "cybertip"));
	assert_null(strstr(text, "real"));
	assert_null(strstr(text, "control"));
	assert_null(strstr(text, "/srv"));
	assert_non_null(strstr(text, "  hashers: 2\n"));
	assert_non_null(strstr(text, "secrets/password"));
	unsigned n_lines = 0, n_before = 0;
	for (const char *at = text; *at; at++)
		n_lines += *at == '\n';
	for (const char *at = whole; *at; at++)
		n_before += *at == '\n';
	assert_int_equal(n_lines, n_before);
	free(text);
}
static void what_is_no_block_of_sections_is_refused(void **state)
{
	static const char *const texts[] = { "{reporting: {url: x}}",
					     "- a\n- b\n",
					     "just text",
					     "a: 1\n---\nreporting:\n  url: x\n",
					     "a: [1\n",
					     "\x01" };
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(texts); i++) {
		char *text = strdup(texts[i]);
		enum vg_err err = vg_run_borrow_blank("f", text, strlen(text), why, sizeof(why));
		/* a lone scalar has no section at all: the parser of the configuration refuses it later */
		assert_true(err == VG_EINVAL || i == 2);
		free(text);
	}
}
static void the_borrowed_sections_are_checked_with_their_lines(void **state)
{
	struct vg_config *config = malloc(sizeof(*config));
	char path[] = "/tmp/vigil-test-borrow.XXXXXX", want[64];
	FILE *out;
	(void)state;
	close(mkstemp(path));
	out = fopen(path, "w");
	fputs(whole, out);
	fclose(out);
	assert_int_equal(vg_run_borrow(path, config, why, sizeof(why)), VG_OK);
	assert_int_equal(config->dataplane.n_cores, 3);
	assert_int_equal(config->hashing.n_hashers, 2);
	assert_int_equal(config->n_lists, 0);
	assert_int_equal(config->reporting.environment, VG_ENV_OFF);
	assert_string_equal(config->reporting.endpoint.url, "");
	assert_string_equal(config->test_endpoint.user, "me");
	assert_string_equal(config->test_endpoint.password_file, "/tmp/secrets/password");
	out = fopen(path, "w");
	fputs("reporting:\n  x: y\nhashing:\n  hashers: none\n", out);
	fclose(out);
	assert_int_equal(vg_run_borrow(path, config, why, sizeof(why)), VG_EINVAL);
	snprintf(want, sizeof(want), "%s:4", path);
	assert_non_null(strstr(why, want));
	unlink(path);
	assert_int_equal(vg_run_borrow(path, config, why, sizeof(why)), VG_ENOTFOUND);
	assert_int_equal(vg_run_borrow("/tmp", config, why, sizeof(why)), VG_ENOTFOUND);
	assert_int_equal(vg_run_borrow(NULL, config, why, sizeof(why)), VG_OK);
	free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_sections_become_empty_lines),
		cmocka_unit_test(what_is_no_block_of_sections_is_refused),
		cmocka_unit_test(the_borrowed_sections_are_checked_with_their_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
