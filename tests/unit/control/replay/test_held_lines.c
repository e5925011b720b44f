/* held_lines: an object's lines go out with its last record, all or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/replay/held_lines.h"

static void lines_come_together_and_unfinished_ones_are_dropped(void **state)
{
	static struct vg_held_lines held;
	char path[] = "/tmp/vigil-test-held.XXXXXX", got[64] = { 0 };
	struct vg_lines lines;
	FILE *in;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(vg_lines_open(&lines, path), VG_OK);
	assert_int_equal(vg_held_lines_add(&held, 0, 1, "a1\n", 3), VG_OK);
	assert_int_equal(vg_held_lines_add(&held, 1, 2, "b1\n", 3), VG_OK);
	assert_int_equal(vg_held_lines_add(&held, 0, 1, "a2\n", 3), VG_OK);
	assert_int_equal(lines.n_bytes, 0);
	assert_int_equal(vg_held_lines_give(&held, 0, 1, &lines), VG_OK);
	assert_int_equal(vg_held_lines_give(&held, 0, 1, &lines), VG_OK);   /* there are no more */
	assert_int_equal(vg_held_lines_add(&held, 1, 3, "c1\n", 3), VG_OK); /* 2 never came to its end */
	assert_int_equal(vg_held_lines_give(&held, 1, 2, &lines), VG_OK);
	assert_int_equal(vg_held_lines_give(&held, 1, 3, &lines), VG_OK);
	assert_int_equal(vg_held_lines_add(&held, VG_LANE_MAX_HASHERS, 3, "x", 1), VG_ERANGE);
	assert_int_equal(vg_lines_sync(&lines), VG_OK);
	assert_int_equal(lines.n_file_bytes, 9);
	assert_int_equal(vg_lines_close(&lines), VG_OK);
	in = fopen(path, "r");
	assert_int_equal(fread(got, 1, sizeof(got), in), 9);
	fclose(in);
	assert_string_equal(got, "a1\na2\nc1\n");
	/* Going on behind the first line cuts the others off. */
	assert_int_equal(vg_lines_go_on(&lines, path, 10), VG_ERANGE);
	assert_int_equal(vg_lines_go_on(&lines, path, 3), VG_OK);
	assert_int_equal(vg_lines_add(&lines, "z\n", 2), VG_OK);
	assert_int_equal(vg_lines_close(&lines), VG_OK);
	memset(got, 0, sizeof(got));
	in = fopen(path, "r");
	assert_int_equal(fread(got, 1, sizeof(got), in), 5);
	fclose(in);
	assert_string_equal(got, "a1\nz\n");
	vg_held_lines_fini(&held);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_together_and_unfinished_ones_are_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
