/* digest_table: lines by file, in the order they were asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/replay/digest_table.h"

static char path[] = "/tmp/vigil-test-digests.XXXXXX", *text;
static size_t n_missing;

static enum vg_err print(const char *lines, const char *const *paths, size_t n_paths, int as_json)
{
	size_t n;
	enum vg_err err;
	FILE *out = fopen(path, "w");
	fputs(lines, out);
	fclose(out);
	free(text);
	text = NULL;
	out = open_memstream(&text, &n);
	err = vg_digest_table(path, paths, n_paths, as_json, out, &n_missing);
	fclose(out);
	return err;
}
static const char lines[] =
	"{\"capture\":\"b\",\"member\":\"in\\u001bside\",\"md5\":\"3\",\"type\":\"image/png\",\"size\":5}\n"
	"{\"capture\":\"b\",\"member\":null,\"md5\":\"2\",\"type\":\"x/"
	"y\",\"size\":7,\"pdq\":\"ab\",\"pdq_quality\":90}\n"
	"{\"capture\":\"a\",\"member\":null,\"md5\":\"1\",\"size\":9}\n";

static void a_film_lists_its_frames(void **state)
{
	const char *const paths[] = { "f" };
	(void)state;
	assert_int_equal(
		print("{\"capture\":\"f\",\"member\":null,\"frames\":2,\"film\":\"part\",\"vpdq\":[\"0,1,ab,0.000\","
		      "\"30,2,cd,1.001\"]}\n",
		      paths, 1, 0),
		VG_OK);
	assert_non_null(strstr(
		text, "  frames   2, of a part of the film\n  vpdq     0,1,ab,0.000\n  vpdq     30,2,cd,1.001\n"));
}

static void files_come_in_the_order_of_the_command_line(void **state)
{
	const char *const paths[] = { "a", "b" };
	(void)state;
	assert_int_equal(print(lines, paths, 2, 0), VG_OK);
	assert_int_equal(n_missing, 0);
	const char *a = strstr(text, "md5      1"), *b = strstr(text, "md5      2"),
		   *member = strstr(text, "md5      3");
	assert_true(a && b && member && a < b && b < member);
	assert_non_null(strstr(text, "quality  90"));
	assert_non_null(strstr(text, "in?side"));
	assert_non_null(strstr(text, "pdq      -"));
}
static void as_json_the_lines_are_unchanged(void **state)
{
	const char *const paths[] = { "a" };
	(void)state;
	assert_int_equal(print(lines, paths, 1, 1), VG_OK);
	assert_string_equal(text, strrchr(lines, '{'));
}
static void a_file_without_lines_is_counted(void **state)
{
	const char *const paths[] = { "a", "none", "other" };
	(void)state;
	assert_int_equal(print(lines, paths, 3, 0), VG_OK);
	assert_int_equal(n_missing, 2);
}
static void rubbish_is_said(void **state)
{
	const char *const paths[] = { "a" };
	size_t n;
	(void)state;
	assert_int_equal(print("{\"capture\":\n", paths, 1, 0), VG_ECORRUPT);
	assert_int_equal(vg_digest_table("/no/such/file", paths, 1, 0, stdout, &n), VG_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_film_lists_its_frames),
		cmocka_unit_test(files_come_in_the_order_of_the_command_line),
		cmocka_unit_test(as_json_the_lines_are_unchanged),
		cmocka_unit_test(a_file_without_lines_is_counted),
		cmocka_unit_test(rubbish_is_said),
	};
	int fd = mkstemp(path), bad;
	if (fd < 0)
		return 1;
	close(fd);
	bad = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	free(text);
	return bad;
}
