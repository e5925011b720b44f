/* part_head: names as browsers, curl and old clients send them, and lines that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hashing/unpack/part_head.h"
#include "tests/lib/guard.h"
#include "tests/lib/picture.h"

static struct vg_part_head parse(const char *text, size_t n)
{
	struct vg_part_head head;
	char *at = (char *)vg_guard_copy(text, n);
	vg_part_head_read(at, n, &head);
	vg_guard_free((uint8_t *)at, n);
	return head;
}

static void check_name(const char *line, const char *name)
{
	struct vg_part_head head = parse(line, strlen(line));
	assert_true(head.has_filename);
	assert_int_equal(head.n_filename, strlen(name));
	assert_memory_equal(head.filename, name, strlen(name));
}

static void file_names_are_read_as_they_are_sent(void **state)
{
	(void)state;
	check_name("Content-Disposition: form-data; name=\"f\"; filename=\"a b.jpg\"\r\n\r\n", "a b.jpg");
	check_name("content-disposition:form-data;filename=plain.png;name=f\n", "plain.png");
	check_name("Content-Disposition: form-data; name=\"x;filename=no\"; filename=\"y;z.gif\"\r\n", "y;z.gif");
	check_name("Content-Disposition: form-data; filename=\"C:\\dir\\p.jpg\"", "C:\\dir\\p.jpg");
	check_name("Content-Disposition: form-data; filename=\"a\\\"b.jpg\"", "a\"b.jpg");
	check_name("Content-Disposition: form-data;\r\n\tname=f;\r\n filename=folded.jpg\r\n\r\n", "folded.jpg");
	check_name("Content-Disposition: form-data; name=f; filename=\"\"", "");
}

static void the_field_of_a_form_is_named_bounded(void **state)
{
	static const struct {
		const char *line, *field;
	} cases[] = {
		{ "Content-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n", "photo" },
		{ "Content-Disposition: form-data; filename=a.jpg; name=f[0]\n", "f[0]" },
		{ "Content-Disposition: form-data; name=\"a\\\"b\"\r\n", "a\"b" },
		{ "Content-Disposition: attachment; name=\"no\"\r\n", "" },
		{ "Content-Type: image/png; name=\"no\"\r\n", "" },
	};
	char line[1000] = "Content-Disposition: form-data; name=\"";
	struct vg_part_head head;
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		head = parse(cases[i].line, strlen(cases[i].line));
		assert_int_equal(head.n_field, strlen(cases[i].field));
		assert_memory_equal(head.field, cases[i].field, head.n_field);
	}
	memset(line + strlen(line), 'n', 600);
	head = parse(line, strlen(line));
	assert_int_equal(head.n_field, VG_PART_FIELD);
}

static void the_extended_name_wins_wherever_it_stands(void **state)
{
	(void)state;
	check_name("Content-Disposition: form-data; filename*=UTF-8''%e2%82%ac%20x.jpg; filename=\"e.jpg\"",
		   "\xe2\x82\xac x.jpg");
	check_name("Content-Disposition: form-data; filename=\"e.jpg\"; filename*=utf-8'en'r%C3%A4t.png",
		   "r\xc3\xa4t.png");
	check_name("Content-Disposition: form-data; filename*=ISO-8859-1''r%E4t.png", "r\xc3\xa4t.png");
	check_name("Content-Disposition: form-data; filename*=UTF-8''100%", "100%");
}

static void a_name_in_pieces_is_put_together(void **state)
{
	(void)state;
	check_name("Content-Disposition: attachment;\r\n filename*0=one-;\r\n filename*1=\"two .\";\r\n filename*2=zip",
		   "one-two .zip");
	check_name("Content-Disposition: attachment; filename=x; filename*0*=iso-8859-1''r%E4; filename*1*=t%e4; "
		   "filename*2=.jpg",
		   "r\xc3\xa4t\xc3\xa4.jpg");
	check_name("Content-Disposition: attachment; filename*0=a; filename*2=c; filename*1=b; filename*99999999=d",
		   "ab");
	check_name("Content-Disposition: attachment; filename=a; filename*x=b; filename*0x=c", "a");
	check_name("Content-Disposition: attachment; filename*0*=nocharset", "");
}

static void a_name_that_is_too_long_keeps_its_end(void **state)
{
	char line[1000] = "Content-Disposition: form-data; filename=\"";
	struct vg_part_head head;
	(void)state;
	memset(line + strlen(line), 'x', 600);
	strcat(line, ".jpg\"");
	head = parse(line, strlen(line));
	assert_int_equal(head.n_filename, VG_PART_NAME_BYTES);
	assert_memory_equal(head.filename + VG_PART_NAME_BYTES - 5, "x.jpg", 5);
}

static void boundaries_encodings_and_plain_fields_are_told_apart(void **state)
{
	struct vg_part_head head;
	const char *nested = "Content-Type: multipart/mixed; charset=x; boundary=\"in ner\"\r\n\r\n";
	const char *coded = "Content-Transfer-Encoding: BASE64\r\nContent-Disposition: form-data; name=f\r\n\r\n";
	(void)state;
	head = parse(nested, strlen(nested));
	assert_int_equal(head.n_boundary, 6);
	assert_memory_equal(head.boundary, "in ner", 6);
	assert_false(head.has_filename);
	head = parse(coded, strlen(coded));
	assert_int_equal(head.transfer, VG_TRANSFER_BASE64);
	assert_false(head.has_filename);
	assert_int_equal(head.n_boundary, 0);
}

static void rubbish_is_passed_over_to_its_last_byte(void **state)
{
	static const char words[][24] = { "content-disposition", "content-type", ":", ";", "=",  "\"",   "\\",
					  "filename*",           "filename",     "'", "%", "%e", "\r\n", "\n ",
					  "multipart/",          "boundary",     "a", "" };
	uint64_t seed = 7;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[600] = "";
		for (uint64_t i = 0, n = vg_random(&seed) % 20; i < n; i++)
			strcat(text, words[vg_random(&seed) % (sizeof(words) / sizeof(words[0]))]);
		struct vg_part_head head = parse(text, strlen(text));
		assert_true(head.n_filename <= VG_PART_NAME_BYTES && head.n_boundary <= VG_PART_BOUNDARY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_names_are_read_as_they_are_sent),
		cmocka_unit_test(the_field_of_a_form_is_named_bounded),
		cmocka_unit_test(the_extended_name_wins_wherever_it_stands),
		cmocka_unit_test(a_name_in_pieces_is_put_together),
		cmocka_unit_test(a_name_that_is_too_long_keeps_its_end),
		cmocka_unit_test(boundaries_encodings_and_plain_fields_are_told_apart),
		cmocka_unit_test(rubbish_is_passed_over_to_its_last_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
