#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "control/evidence/keys.h"
#include "control/preflight.h"
#include "tests/lib/scratch.h"

struct fixture {
	struct scratch scratch;
	struct vg_config *config;
	char said[4096];
};

static void name_key(struct fixture *f, unsigned at, const char *name)
{
	snprintf(f->config->evidence.custodian_keys[at], VG_CONFIG_PATH, "%s", scratch_path(&f->scratch, name));
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f || !(f->config = calloc(1, sizeof(*f->config))))
		return -1;
	scratch_init(&f->scratch);
	vg_config_defaults(f->config);
	f->config->evidence.n_custodian_keys = 2;
	if (vg_custodian_keygen(f->scratch.dir))
		return -1;
	name_key(f, 0, "custodian-1.pub");
	name_key(f, 1, "custodian-2.pub");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	scratch_fini(&f->scratch);
	free(f->config);
	free(f);
	return 0;
}

static unsigned look(struct fixture *f)
{
	memset(f->said, 0, sizeof(f->said));
	FILE *out = fmemopen(f->said, sizeof(f->said) - 1, "w");
	assert_non_null(out);
	unsigned n_bad = vg_preflight(f->config, out);
	fclose(out);
	return n_bad;
}

#define SAYS(text) assert_non_null(strstr(f->said, text))

static void report_to(struct fixture *f, const char *url, const char *password, unsigned mode)
{
	f->config->reporting.environment = VG_ENV_TEST;
	snprintf(f->config->test_endpoint.url, VG_CONFIG_PATH, "%s", url);
	scratch_write(&f->scratch, "password", password);
	snprintf(f->config->test_endpoint.password_file, VG_CONFIG_PATH, "%s", scratch_path(&f->scratch, "password"));
	assert_int_equal(chmod(f->config->test_endpoint.password_file, mode), 0);
}

static void what_is_not_set_yet_is_a_note(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(look(f), 0);
	SAYS("note: reporting.environment is off");
	SAYS("note: dataplane.ports is empty");
	SAYS("note: lists is empty");
}

static void custodians_are_two_with_own_public_keys(void **state)
{
	struct fixture *f = *state;
	f->config->evidence.n_custodian_keys = 1;
	assert_int_equal(look(f), 1);
	SAYS("needs two keys or more");
	f->config->evidence.n_custodian_keys = 2;
	name_key(f, 1, "custodian-1.pub");
	assert_int_equal(look(f), 1);
	SAYS("the same key as another custodian's");
	name_key(f, 1, "custodian-2.key");
	assert_int_equal(look(f), 1);
	SAYS("a secret key, which must never be on this machine");
	name_key(f, 1, "nobody.pub");
	assert_int_equal(look(f), 1);
	SAYS("nobody.pub: No such file or directory");
	scratch_write(&f->scratch, "nobody.pub", "not hex\n");
	assert_int_equal(look(f), 1);
	SAYS("64 hex digits");
}

static void a_password_is_for_its_reader_alone(void **state)
{
	struct fixture *f = *state;
	report_to(f, "https://127.0.0.1:1/ispws", "secret\n", 0600);
	assert_int_equal(look(f), 0);
	report_to(f, "https://127.0.0.1:1/ispws", "secret\n", 0644);
	assert_int_equal(look(f), 1);
	SAYS("mode 0644 lets others at the password");
	report_to(f, "https://127.0.0.1:1/ispws", "", 0600);
	assert_int_equal(look(f), 1);
	SAYS("holds no password");
	strcpy(f->config->test_endpoint.password_file, "/nonexistent/password");
	assert_int_equal(look(f), 1);
	SAYS("/nonexistent/password: No such file");
	strcpy(f->config->test_endpoint.password_file, "/run/credentials/none.service/password");
	assert_int_equal(look(f), 0);
	SAYS("note: /run/credentials/none.service/password");
}

static void a_test_never_goes_to_a_real_endpoint(void **state)
{
	struct fixture *f = *state;
	report_to(f, "https://report.cybertip.org/ispws", "secret\n", 0600);
	assert_int_equal(look(f), 1);
	SAYS("reports there are real ones");
	report_to(f, "https://", "secret\n", 0600);
	assert_int_equal(look(f), 1);
	SAYS("no https url");
	report_to(f, "https://127.0.0.1:1/ispws", "secret\n", 0600);
	strcpy(f->config->test_endpoint.ca_file, "/nonexistent/ca.pem");
	assert_int_equal(look(f), 1);
	SAYS("/nonexistent/ca.pem: No such file");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_set_yet_is_a_note),
		TEST(custodians_are_two_with_own_public_keys),
		TEST(a_password_is_for_its_reader_alone),
		TEST(a_test_never_goes_to_a_real_endpoint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
