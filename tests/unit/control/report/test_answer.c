/* The endpoint's answers, which are foreign bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/report/answer.h"
#include "tests/lib/guard.h"

static enum vg_step parse(const char *text, struct vg_answer *a)
{
	size_t n = strlen(text);
	uint8_t *guarded = vg_guard_copy(text, n);
	enum vg_step step = vg_answer_parse(guarded, n, a);
	vg_guard_free(guarded, n);
	return step;
}
#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"

static void a_submit_answer_gives_its_report(void **state)
{
	struct vg_answer a;
	(void)state;
	assert_int_equal(parse(HEAD "<reportResponse><responseCode>0</responseCode><responseDescription>Success"
				    "</responseDescription><reportId>4564654</reportId></reportResponse>",
			       &a),
			 VG_DONE);
	assert_true(a.code == 0 && a.report_id == 4564654 && !a.done && !a.has_md5);
	assert_string_equal(a.description, "Success");
}
static void an_upload_answer_gives_file_and_digest(void **state)
{
	struct vg_answer a;
	(void)state;
	assert_int_equal(
		parse("<reportResponse>\n <responseCode> 0 </responseCode><responseDescription/>"
		      "<reportId>1</reportId><fileId>b0754af766b426f2928a02c651ed4b99</fileId>"
		      "<hash>FAfa5efeaf3cbe3b23b2748d13e629a1</hash><later><fileId>x</fileId></later></reportResponse>",
		      &a),
		VG_DONE);
	assert_string_equal(a.file_id, "b0754af766b426f2928a02c651ed4b99");
	assert_true(a.has_md5 && a.md5[0] == 0xfa && a.md5[15] == 0xa1);
}
static void a_done_answer_counts_its_files(void **state)
{
	struct vg_answer a;
	(void)state;
	assert_int_equal(parse("<reportDoneResponse><responseCode>0</responseCode><reportId>7</reportId><files>"
			       "<fileId>a</fileId><fileId>b</fileId></files></reportDoneResponse>",
			       &a),
			 VG_DONE);
	assert_true(a.done && a.n_files == 2 && !a.file_id[0]);
	assert_int_equal(parse("<reportDoneResponse><responseCode>0</responseCode><reportId>7</reportId><files/>"
			       "</reportDoneResponse>",
			       &a),
			 VG_DONE);
	assert_int_equal(a.n_files, 0);
}
static void latin1_declared_is_latin1(void **state)
{
	struct vg_answer a;
	(void)state;
	assert_int_equal(parse("<?xml version='1.0' encoding='ISO-8859-1'?><reportResponse><responseCode>4100"
			       "</responseCode><responseDescription>\xe4</responseDescription></reportResponse>",
			       &a),
			 VG_DONE);
	assert_string_equal(a.description, "\xc3\xa4");
	assert_int_equal(a.code, 4100);
}
static void what_is_no_answer_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"<",
		"<html/>",
		"<reportResponse/>",
		"<reportResponse><responseCode/></reportResponse>",
		"<reportResponse><responseCode>x</responseCode></reportResponse>",
		"<reportResponse><responseCode>-1</responseCode></reportResponse>",
		"<reportResponse><responseCode>99999999999999999999</responseCode></reportResponse>",
		"<reportResponse><responseCode>0</responseCode><responseCode>1</responseCode></reportResponse>",
		"<reportResponse><responseCode>0<b/></responseCode></reportResponse>",
		"<reportResponse><responseCode>0</responseCode>",
		"<reportResponse><responseCode>0</responseCode></reportResponse><x/>",
		"<reportResponse><x><responseCode>0</responseCode></x></reportResponse>",
		"<reportResponse><responseCode>0</responseCode><reportId>0</reportId></reportResponse>",
		"<reportResponse><responseCode>0</responseCode><reportId>1 2</reportId></reportResponse>",
		"<reportResponse><responseCode>0</responseCode><fileId>a b</fileId></reportResponse>",
		"<reportResponse><responseCode>0</responseCode><fileId>&lt;</fileId></reportResponse>",
		"<reportResponse><responseCode>0</responseCode><hash>zz</hash></reportResponse>",
		"<n:reportResponse xmlns:n='x'><responseCode>0</responseCode></n:reportResponse>",
		"<!DOCTYPE reportResponse><reportResponse><responseCode>0</responseCode></reportResponse>",
		"<!DOCTYPE r [<!ENTITY a '0'>]><reportResponse><responseCode>&a;</responseCode></reportResponse>",
		"<reportResponse><responseCode>&a;</responseCode></reportResponse>",
		"<?xml version='1.0' encoding='UTF-7'?><reportResponse><responseCode>0</responseCode></reportResponse>",
		"<?xml version='1.0' "
		"encoding='UTF-16'?><reportResponse><responseCode>0</responseCode></reportResponse>",
		"<reportResponse><responseCode>0</responseCode><responseDescription>\xff</responseDescription></"
		"reportResponse>",
	};
	struct vg_answer a;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (parse(texts[i], &a) != VG_BAD)
			fail_msg("accepted: %s", texts[i]);
}
static void depth_and_size_are_bounded(void **state)
{
	struct vg_answer a;
	char *text = calloc(1, VG_ANSWER_MAX_BYTES + 100);
	(void)state;
	strcpy(text, "<reportResponse><responseCode>0</responseCode>");
	for (int i = 0; i < VG_ANSWER_MAX_DEPTH + 1; i++)
		strcat(text, "<a>");
	for (int i = 0; i < VG_ANSWER_MAX_DEPTH + 1; i++)
		strcat(text, "</a>");
	strcat(text, "</reportResponse>");
	assert_int_equal(vg_answer_parse(text, strlen(text), &a), VG_BAD);
	memset(text, ' ', VG_ANSWER_MAX_BYTES + 50);
	memcpy(text, "<reportResponse><responseCode>0</responseCode></reportResponse>", 63);
	assert_int_equal(vg_answer_parse(text, VG_ANSWER_MAX_BYTES, &a), VG_DONE);
	assert_int_equal(vg_answer_parse(text, VG_ANSWER_MAX_BYTES + 1, &a), VG_BAD);
	free(text);
}
static void long_descriptions_are_cut(void **state)
{
	char text[3000] = "<reportResponse><responseCode>1000</responseCode><responseDescription>";
	struct vg_answer a;
	(void)state;
	memset(text + strlen(text), 'x', 2000);
	strcat(text, "</responseDescription></reportResponse>");
	assert_int_equal(parse(text, &a), VG_DONE);
	assert_true(strlen(a.description) < sizeof(a.description));
	assert_non_null(strstr(a.description, "[cut]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_submit_answer_gives_its_report),
		cmocka_unit_test(an_upload_answer_gives_file_and_digest),
		cmocka_unit_test(a_done_answer_counts_its_files),
		cmocka_unit_test(latin1_declared_is_latin1),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(depth_and_size_are_bounded),
		cmocka_unit_test(long_descriptions_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
