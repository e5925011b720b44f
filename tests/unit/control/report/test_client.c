/* One call over HTTPS against the local endpoint: whom it trusts, what it says of what it cannot know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/report/client.h"
#include "tests/lib/filing_more.h"

static struct filing house;

static struct vg_link_conf settings(void)
{
	struct vg_link_conf conf = house.outbox->conf.link;
	return conf;
}
static struct vg_link_result call_status(const struct vg_link_conf *conf)
{
	struct vg_client_request request = { .call = VG_CALL_STATUS };
	struct vg_link_result r = { 0 };
	char *answer;
	size_t n_answer;
	enum vg_err err;
	struct vg_client *client = vg_client_create(conf, 1, NULL, &err);
	assert_non_null(client);
	vg_client_call(client, &request, &r, &answer, &n_answer);
	free(answer);
	vg_client_destroy(client);
	return r;
}

static void a_good_endpoint_answers(void **state)
{
	struct vg_link_conf conf = settings();
	struct vg_link_result r = call_status(&conf);
	(void)state;
	assert_int_equal(r.outcome, VG_OUTCOME_ANSWERED);
	assert_int_equal(r.code, 0);
	assert_int_equal(r.http_status, 200);
	assert_int_equal(strlen(r.request_id), 16);
	assert_non_null(strstr(r.description, "Remote User : vigil"));
}
static void another_authority_is_not_trusted(void **state)
{
	struct vg_link_conf conf = settings();
	struct filing other;
	struct vg_link_result r;
	(void)state;
	filing_start(&other); /* has an authority of its own */
	snprintf(conf.ca_path, sizeof(conf.ca_path), "%s/endpoint/ca.pem", other.dir);
	r = call_status(&conf);
	assert_int_equal(r.outcome, VG_OUTCOME_NOT_SENT);
	if (!strstr(r.description, "SSL"))
		fail_msg("%s", r.description);
	conf.ca_path[0] = 0; /* the system's do not know it either */
	if (!access("/etc/ssl/certs/ca-certificates.crt", R_OK)) {
		r = call_status(&conf);
		assert_int_equal(r.outcome, VG_OUTCOME_NOT_SENT);
	}
	filing_end(&other);
}
static void a_name_that_is_not_in_the_certificate_is_not_trusted(void **state)
{
	struct vg_link_conf conf = settings();
	(void)state;
	snprintf(conf.url, sizeof(conf.url), "https://other.localhost%s", strrchr(house.url, ':'));
	struct vg_link_result r = call_status(&conf);
	assert_int_equal(r.outcome, VG_OUTCOME_NOT_SENT);
	assert_non_null(strstr(r.description, "subject name")); /* it was reached, and not believed */
}
static void a_wrong_password_is_a_401_without_an_answer(void **state)
{
	struct vg_link_conf conf = settings();
	FILE *file = fopen(filing_path(&house, "wrong"), "w");
	(void)state;
	fputs("wrong\n", file);
	fclose(file);
	snprintf(conf.password_path, sizeof(conf.password_path), "%s/wrong", house.dir);
	struct vg_link_result r = call_status(&conf);
	assert_int_equal(r.outcome, VG_OUTCOME_BAD_ANSWER);
	assert_int_equal(r.http_status, 401);
}
static void nobody_there_means_not_sent(void **state)
{
	struct vg_link_conf conf = settings();
	(void)state;
	snprintf(conf.url, sizeof(conf.url), "https://127.0.0.1:1/ispws");
	assert_int_equal(call_status(&conf).outcome, VG_OUTCOME_NOT_SENT);
}
static void a_proxy_of_the_environment_is_not_used(void **state)
{
	struct vg_link_conf conf = settings();
	(void)state;
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_int_equal(call_status(&conf).outcome, VG_OUTCOME_ANSWERED);
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
}
static void what_cannot_be_known_is_said(void **state)
{
	static const struct {
		const char *kind;
		enum vg_outcome want;
	} rows[] = { { "lost", VG_OUTCOME_NO_ANSWER },     { "cut", VG_OUTCOME_NO_ANSWER },
		     { "500", VG_OUTCOME_BAD_ANSWER },     { "rubbish", VG_OUTCOME_BAD_ANSWER },
		     { "doctype", VG_OUTCOME_BAD_ANSWER }, { "huge", VG_OUTCOME_BAD_ANSWER },
		     { "4100", VG_OUTCOME_ANSWERED } };
	struct vg_link_conf conf = settings();
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		filing_fault(&house, "status", rows[i].kind, 1, 0);
		struct vg_link_result r = call_status(&conf);
		if (r.outcome != rows[i].want)
			fail_msg("%s: outcome %u, %s", rows[i].kind, r.outcome, r.description);
	}
}
static void a_call_has_a_time_limit(void **state)
{
	struct vg_link_conf conf = settings();
	(void)state;
	conf.call_ms = 200;
	filing_fault(&house, "status", "slow", 1, 1000);
	struct vg_link_result r = call_status(&conf);
	assert_int_equal(r.outcome, VG_OUTCOME_NO_ANSWER);
	assert_true(r.took_ms >= 200 && r.took_ms < 900);
}
static void settings_that_lack_something_are_refused(void **state)
{
	struct vg_link_conf conf = settings();
	enum vg_err err;
	(void)state;
	snprintf(conf.password_path, sizeof(conf.password_path), "/nonexistent");
	assert_null(vg_client_create(&conf, 1, NULL, &err));
	assert_int_equal(err, VG_EIO);
	assert_non_null(strstr(vg_client_fault(err), "password_file"));
	conf = settings();
	snprintf(conf.user, sizeof(conf.user), "a:b");
	assert_null(vg_client_create(&conf, 1, NULL, &err));
	assert_int_equal(err, VG_EINVAL);
	conf = settings();
	snprintf(conf.url, sizeof(conf.url), "https://report.cybertip.org/ispws");
	conf.environment = VG_ENVIRONMENT_PRODUCTION;
	snprintf(conf.production_key, sizeof(conf.production_key), VG_PRODUCTION_KEY);
	assert_null(vg_client_create(&conf, 0, NULL, &err)); /* vigild is a demo */
	assert_int_equal(err, VG_EDENIED);
	conf.demo = 0;
	assert_null(vg_client_create(&conf, 1, NULL, &err)); /* the reporter's own folder is stamped */
	assert_int_equal(err, VG_EDENIED);
}
static void secrets_are_not_to_be_seen_from_outside(void **state)
{
	char path[64], text[65536], *password = calloc(1, 64);
	static const char *const names[] = { "cmdline", "environ" };
	FILE *file = fopen(filing_path(&house, "endpoint/password"), "r");
	(void)state;
	assert_non_null(fgets(password, 49, file));
	fclose(file);
	assert_int_equal(strlen(password), 48);
	for (size_t i = 0; i < VG_ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", house.reporter, names[i]);
		file = fopen(path, "r");
		if (!file)
			continue; /* not readable at all: better still */
		size_t n = fread(text, 1, sizeof(text), file);
		assert_null(memmem(text, n, password, 48));
		fclose(file);
	}
	free(password);
}

static int make_house(void **state)
{
	(void)state;
	filing_start(&house);
	return 0;
}
static int drop_house(void **state)
{
	(void)state;
	filing_end(&house);
	return 0;
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_endpoint_answers),
		cmocka_unit_test(another_authority_is_not_trusted),
		cmocka_unit_test(a_name_that_is_not_in_the_certificate_is_not_trusted),
		cmocka_unit_test(a_wrong_password_is_a_401_without_an_answer),
		cmocka_unit_test(nobody_there_means_not_sent),
		cmocka_unit_test(a_proxy_of_the_environment_is_not_used),
		cmocka_unit_test(what_cannot_be_known_is_said),
		cmocka_unit_test(a_call_has_a_time_limit),
		cmocka_unit_test(settings_that_lack_something_are_refused),
		cmocka_unit_test(secrets_are_not_to_be_seen_from_outside),
	};
	return cmocka_run_group_tests(tests, make_house, drop_house);
}
