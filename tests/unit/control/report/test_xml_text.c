/* Texts of the wire made fit for documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/report/xml_text.h"
#include "tests/lib/guard.h"

static void legal(const char *in, const char *want)
{
	char out[200];
	assert_int_equal(vg_xml_legal(in, out, sizeof(out), 199), 0);
	assert_string_equal(out, want);
}
#define BAD "\xef\xbf\xbd"

static void legal_text_is_unchanged(void **state)
{
	(void)state;
	legal("", "");
	legal("a b\tc\r\n<&>\"'", "a b\tc\r\n<&>\"'");
	legal("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
}
static void forbidden_characters_are_replaced(void **state)
{
	(void)state;
	legal("a\x01\x1f\x7f", "a" BAD BAD "\x7f");
	legal("\xef\xbf\xbe\xef\xbf\xbf", BAD BAD);
	legal("\xed\xa0\x80", BAD); /* half of a surrogate pair */
}
static void broken_utf8_is_replaced_byte_by_byte(void **state)
{
	(void)state;
	legal("\x80", BAD);
	legal("\xc3", BAD);
	legal("\xc3(", BAD "(");
	legal("\xc0\xaf", BAD BAD);
	legal("\xe2\x82", BAD BAD);
	legal("\xf4\x90\x80\x80", BAD BAD BAD BAD);
	legal("\xff\xfe", BAD BAD);
}
static void cutting_leaves_whole_characters_and_a_note(void **state)
{
	char out[64];
	(void)state;
	assert_int_equal(vg_xml_legal("0123456789", out, sizeof(out), 10), 0);
	assert_int_equal(vg_xml_legal("0123456789x", out, sizeof(out), 10), 1);
	assert_string_equal(out, "0123 [cut]");
	/* A character outside the BMP counts twice. */
	assert_int_equal(
		vg_xml_legal("\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80", out, sizeof(out), 7),
		1);
	assert_string_equal(out, " [cut]");
	assert_int_equal(vg_xml_legal("abc", out, sizeof(out), 2), 1);
	assert_string_equal(out, "");
}
static void any_bytes_become_well_formed_content_within_the_limit(void **state)
{
	unsigned random = 1;
	(void)state;
	printf("seed 1\n");
	for (int round = 0; round < 3000; round++) {
		char in[80], out[100], doc[400];
		size_t n = (unsigned)rand_r(&random) % 79, cap = 1 + (unsigned)rand_r(&random) % 99, units = 0;
		for (size_t i = 0; i < n; i++)
			in[i] = (char)(1 + rand_r(&random) % 255);
		in[n] = 0;
		uint8_t *guarded = vg_guard_copy(in, n + 1);
		vg_xml_legal((const char *)guarded, out, cap, 40);
		vg_guard_free(guarded, n + 1);
		assert_true(strlen(out) < cap);
		for (const char *p = out; *p; p++)
			units += ((unsigned char)*p & 0xc0) != 0x80 ? ((unsigned char)*p >= 0xf0 ? 2 : 1) : 0;
		assert_true(units <= 40);
		snprintf(doc, sizeof(doc), "<a><![CDATA[%s]]></a>", out);
		if (strstr(out, "]]>"))
			continue;
		xmlDocPtr parsed = xmlReadMemory(doc, (int)strlen(doc), NULL, "UTF-8", XML_PARSE_NOERROR);
		assert_non_null(parsed);
		xmlFreeDoc(parsed);
	}
}
static void urls_become_ascii_and_stay_urls(void **state)
{
	char out[100];
	(void)state;
	assert_int_equal(vg_xml_url("http://h/a b\xc3\xa4\x01?x=<1>", out, sizeof(out), 99), 0);
	assert_string_equal(out, "http://h/a%20b%C3%A4%01?x=%3C1%3E");
	assert_int_equal(vg_xml_url("HTTPS://[::1]:8/%41", out, sizeof(out), 99), 0);
	assert_string_equal(out, "HTTPS://[::1]:8/%41");
	assert_int_equal(vg_xml_url("http://h/\x80\x80\x80", out, sizeof(out), 13), 1);
	assert_string_equal(out, "http://h/%80");
}
static void what_is_no_absolute_url_is_refused(void **state)
{
	static const char *const texts[] = { "",        "/a",        "h/a",       "ftp://h/",
					     "http://", "http:///a", "http://?x", "javascript:1" };
	char out[100];
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(vg_xml_url(texts[i], out, sizeof(out), 99), -1);
}
static void times_are_utc_with_zone_and_clamped(void **state)
{
	char out[32];
	(void)state;
	vg_xml_time(1795500000123456789, out);
	assert_string_equal(out, "2026-11-24T06:00:00.123Z");
	vg_xml_time(0, out);
	assert_string_equal(out, "1970-01-01T00:00:00.000Z");
	vg_xml_time(-1, out);
	assert_string_equal(out, "1970-01-01T00:00:00.000Z");
	vg_xml_time(INT64_MAX, out);
	assert_string_equal(out, "2262-04-11T23:47:16.854Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legal_text_is_unchanged),
		cmocka_unit_test(forbidden_characters_are_replaced),
		cmocka_unit_test(broken_utf8_is_replaced_byte_by_byte),
		cmocka_unit_test(cutting_leaves_whole_characters_and_a_note),
		cmocka_unit_test(any_bytes_become_well_formed_content_within_the_limit),
		cmocka_unit_test(urls_become_ascii_and_stay_urls),
		cmocka_unit_test(what_is_no_absolute_url_is_refused),
		cmocka_unit_test(times_are_utc_with_zone_and_clamped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
