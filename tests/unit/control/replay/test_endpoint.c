/* endpoint: a replay can name a test endpoint, and nothing else by any spelling. */
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

#include "control/replay/endpoint.h"

static char dir[] = "/tmp/vigil-test-endpoint.XXXXXX", json_path[64], why[1024];
static struct vg_config_endpoint from_config, endpoint;

static void put(const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}
static int make_files(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	put("password", "x\n");
	put("ca.pem", "x\n");
	snprintf(json_path, sizeof(json_path), "%s/endpoint.json", dir);
	strcpy(from_config.user, "me");
	snprintf(from_config.password_file, sizeof(from_config.password_file), "%s/password", dir);
	snprintf(from_config.ca_file, sizeof(from_config.ca_file), "%s/ca.pem", dir);
	return 0;
}
static enum vg_err ask(const char *report_to)
{
	why[0] = 0;
	return vg_run_endpoint(report_to, &from_config, &endpoint, why, sizeof(why));
}
static void a_loopback_url_takes_its_credentials_from_test_endpoint(void **state)
{
	static const struct vg_config_endpoint none;
	(void)state;
	assert_int_equal(ask("https://127.0.0.1:8443/ispws"), VG_OK);
	assert_string_equal(endpoint.url, "https://127.0.0.1:8443/ispws");
	assert_string_equal(endpoint.user, "me");
	assert_int_equal(ask("https://[::1]:8443/"), VG_OK);
	assert_int_equal(vg_run_endpoint("https://127.0.0.1/", &none, &endpoint, why, sizeof(why)), VG_EINVAL);
	assert_non_null(strstr(why, "test_endpoint"));
}
static void real_hosts_are_refused_however_they_are_written(void **state)
{
	static const char *const urls[] = {
		"https://report.cybertip.org/ispws",
		"https://REPORT.cybertip.org./ispws",
		"https://cybertip.org/",
		"https://exttest.cybertip.org/ispws",
		"https://example.com/",
		"http://127.0.0.1/",
		"https://127.0.0.1@report.cybertip.org/",
		"https://me:pw@127.0.0.1/",
		"https://127.0.0.1.example.com/",
		"https:///",
		"ftp://127.0.0.1/",
		"https://localhost.example.com/",
		"://",
		"https://10.0.0.1/",
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(urls); i++)
		if (ask(urls[i]) != VG_EDENIED || !strstr(why, "refused"))
			fail_msg("%s: %s", urls[i], why);
}
static void an_endpoint_file_must_be_marked_test(void **state)
{
	(void)state;
	put("endpoint.json", "{\"url\":\"https://127.0.0.1:1/\",\"user\":\"u\",\"password_file\":\"password\","
			     "\"ca_file\":\"ca.pem\",\"environment\":\"test\"}");
	assert_int_equal(ask(json_path), VG_OK);
	assert_string_equal(endpoint.user, "u");
	assert_string_equal(endpoint.password_file, from_config.password_file);
	put("endpoint.json", "{\"url\":\"https://127.0.0.1:1/\",\"user\":\"u\",\"password_file\":\"password\","
			     "\"ca_file\":\"ca.pem\",\"environment\":\"production\"}");
	assert_int_equal(ask(json_path), VG_EDENIED);
	put("endpoint.json", "{\"url\":\"https://127.0.0.1:1/\",\"user\":\"u\",\"password_file\":\"password\","
			     "\"ca_file\":\"ca.pem\"}");
	assert_int_equal(ask(json_path), VG_EDENIED);
	put("endpoint.json",
	    "{\"url\":\"https://report.cybertip.org/ispws\",\"user\":\"u\",\"password_file\":\"password\","
	    "\"ca_file\":\"ca.pem\",\"environment\":\"test\"}");
	assert_int_equal(ask(json_path), VG_EDENIED);
	put("endpoint.json", "{\"url\":\"https://127.0.0.1:1/\",\"user\":\"u\",\"password_file\":\"not-there\","
			     "\"ca_file\":\"ca.pem\",\"environment\":\"test\"}");
	assert_int_equal(ask(json_path), VG_EINVAL);
	put("endpoint.json", "{\"user\":\"u\",\"environment\":\"test\"}");
	assert_int_equal(ask(json_path), VG_EINVAL);
	put("endpoint.json", "no json");
	assert_int_equal(ask(json_path), VG_EINVAL);
	assert_int_equal(ask("/no/such/file"), VG_EINVAL);
}
static int remove_files(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loopback_url_takes_its_credentials_from_test_endpoint),
		cmocka_unit_test(real_hosts_are_refused_however_they_are_written),
		cmocka_unit_test(an_endpoint_file_must_be_marked_test),
	};
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
