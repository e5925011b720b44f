/* The built-in schema: the published examples, good and bad, where they are at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/report/schema.h"

static struct vg_schema *schema;

static enum vg_err check(const char *text)
{
	char why[200];
	enum vg_err err = vg_schema_check(schema, text, strlen(text), why, sizeof(why));
	if (err)
		assert_true(why[0] != 0);
	return err;
}
#define HEAD "<report><incidentSummary><incidentType>Child Sex Tourism</incidentType><incidentDateTime>"
#define TAIL                                                                                                           \
	"</incidentDateTime></incidentSummary><reporter><reportingPerson><email>a@b.example</email></reportingPerson>" \
	"</reporter></report>"

static void a_smallest_report_is_valid(void **state)
{
	(void)state;
	assert_int_equal(check(HEAD "2026-11-24T06:00:00Z" TAIL), VG_OK);
	assert_int_equal(check(HEAD "2026-11-24T06:00:00+01:00" TAIL), VG_OK);
}
static void what_the_schema_forbids_is_refused(void **state)
{
	(void)state;
	assert_int_equal(check(HEAD "2026-11-24T06:00:00" TAIL), VG_EINVAL); /* no zone */
	assert_int_equal(check("<report/>"), VG_EINVAL);
	assert_int_equal(check("<other/>"), VG_EINVAL);
	assert_int_equal(check("<report>"), VG_EINVAL);
	assert_int_equal(check(""), VG_EINVAL);
	assert_int_equal(check("<!DOCTYPE report>" HEAD "2026-11-24T06:00:00Z" TAIL), VG_EINVAL);
}
static void a_complaint_does_not_repeat_contents(void **state)
{
	char why[200];
	const char *text = HEAD "SECRET" TAIL;
	(void)state;
	assert_int_equal(vg_schema_check(schema, text, strlen(text), why, sizeof(why)), VG_EINVAL);
	assert_null(strstr(why, "SECRET"));
	assert_non_null(strstr(why, "incidentDateTime"));
}
static char *read_all(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, 1 << 16);
	assert_non_null(file);
	assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
	fclose(file);
	return text;
}
static void examples_of(const char *kind, enum vg_err want)
{
	const char *shared = getenv("VIGIL_SHARED");
	char pattern[600];
	glob_t found;
	snprintf(pattern, sizeof(pattern), "%s/specs/cybertip/examples/%s/*.xml", shared ? shared : "../shared", kind);
	if (glob(pattern, 0, NULL, &found)) {
		printf("skip: no %s\n", pattern);
		skip();
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *text = read_all(found.gl_pathv[i]);
		if (check(text) != want)
			fail_msg("%s", found.gl_pathv[i]);
		free(text);
	}
	globfree(&found);
}
static void the_good_examples_are_valid(void **state)
{
	(void)state;
	examples_of("good", VG_OK);
}
static void the_bad_examples_are_refused(void **state)
{
	(void)state;
	examples_of("bad", VG_EINVAL);
}

static int make_schema(void **state)
{
	(void)state;
	schema = vg_schema_create();
	return schema ? 0 : -1;
}
static int drop_schema(void **state)
{
	(void)state;
	vg_schema_destroy(schema);
	return 0;
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_smallest_report_is_valid),
		cmocka_unit_test(what_the_schema_forbids_is_refused),
		cmocka_unit_test(a_complaint_does_not_repeat_contents),
		cmocka_unit_test(the_good_examples_are_valid),
		cmocka_unit_test(the_bad_examples_are_refused),
	};
	return cmocka_run_group_tests(tests, make_schema, drop_schema);
}
