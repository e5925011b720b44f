/* lines: only whole lines reach the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "control/replay/lines.h"

static char path[] = "/tmp/vigil-test-lines.XXXXXX";

static void lines_reach_the_file_whole_and_in_order(void **state)
{
	struct vg_lines lines;
	char line[1000], got[1000];
	(void)state;
	assert_int_equal(vg_lines_open(&lines, path), VG_OK);
	for (unsigned i = 0; i < 2000; i++) {
		int n = snprintf(line, sizeof(line), "%u %0*u\n", i, (int)(i % 900) + 1, 7u);
		assert_int_equal(vg_lines_add(&lines, line, (size_t)n), VG_OK);
		if (i % 100 == 50) { /* whatever has been written so far ends with a line */
			struct stat st;
			FILE *in = fopen(path, "r");
			assert_false(fstat(fileno(in), &st));
			if (st.st_size) {
				fseek(in, -1, SEEK_END);
				assert_int_equal(fgetc(in), '\n');
			}
			fclose(in);
		}
	}
	assert_int_equal(vg_lines_close(&lines), VG_OK);
	FILE *in = fopen(path, "r");
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(line, sizeof(line), "%u %0*u\n", i, (int)(i % 900) + 1, 7u);
		assert_non_null(fgets(got, sizeof(got), in));
		assert_string_equal(got, line);
	}
	assert_null(fgets(got, sizeof(got), in));
	fclose(in);
}
static void an_unwritable_file_is_refused_at_once(void **state)
{
	struct vg_lines lines;
	(void)state;
	assert_int_equal(vg_lines_open(&lines, "/no/such/folder/x"), VG_EIO);
}
static void a_full_disk_is_said(void **state)
{
	struct vg_lines lines;
	(void)state;
	assert_int_equal(vg_lines_open(&lines, "/dev/full"), VG_OK);
	assert_int_equal(vg_lines_add(&lines, "x\n", 2), VG_OK);
	assert_int_equal(vg_lines_flush(&lines), VG_EIO);
	assert_int_equal(vg_lines_add(&lines, "x\n", 2), VG_EIO);
	assert_int_equal(vg_lines_close(&lines), VG_EIO);
}
static void a_file_that_is_not_open_takes_nothing(void **state)
{
	struct vg_lines lines = { 0 };
	(void)state;
	assert_int_equal(vg_lines_add(&lines, "x\n", 2), VG_OK);
	assert_int_equal(vg_lines_close(&lines), VG_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_reach_the_file_whole_and_in_order),
		cmocka_unit_test(an_unwritable_file_is_refused_at_once),
		cmocka_unit_test(a_full_disk_is_said),
		cmocka_unit_test(a_file_that_is_not_open_takes_nothing),
	};
	int fd = mkstemp(path), bad;
	if (fd < 0)
		return 1;
	close(fd);
	bad = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return bad;
}
