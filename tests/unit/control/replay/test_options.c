/* options: every silly command line is refused with a reason that names it. */
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

#include "control/replay/options.h"

static char why[512];

static enum vg_err parse(enum vg_run_command command, struct vg_run_args *args, const char *const *words)
{
	static const char *argv[64];
	size_t n = 0;
	for (; words[n]; n++)
		argv[n] = words[n];
	why[0] = 0;
	return vg_run_args_parse(command, argv, n, args, why, sizeof(why));
}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void a_whole_command_line_is_taken(void **state)
{
	struct vg_run_args args;
	(void)state;
	assert_int_equal(parse(VG_RUN_CMD_REPLAY, &args,
			       WORDS("--config", "c.yaml", "a.pcap", "--list", "l1", "--list=l2", "--all-files",
				     "--objects", "o", "--cases=c", "--report-to", "https://127.0.0.1:1/", "--cores",
				     "2", "--hashers", "3", "--loop", "4", "-j", "--state", "s", "b.pcap")),
			 VG_OK);
	assert_string_equal(args.config, "c.yaml");
	assert_string_equal(args.lists[1], "l2");
	assert_int_equal(args.n_lists, 2);
	assert_string_equal(args.cases, "c");
	assert_int_equal(args.n_cores, 2);
	assert_int_equal(args.n_hashers, 3);
	assert_int_equal(args.loop, 4);
	assert_true(args.json && args.all_files && !args.pace);
	assert_int_equal(args.n_paths, 2);
	assert_string_equal(args.paths[0], "a.pcap");
	assert_string_equal(args.paths[1], "b.pcap");
}
static void two_dashes_end_the_options(void **state)
{
	struct vg_run_args args;
	(void)state;
	assert_int_equal(parse(VG_RUN_CMD_SCAN, &args, WORDS("--json", "--", "--objects", "-")), VG_OK);
	assert_int_equal(args.n_paths, 2);
	assert_string_equal(args.paths[0], "--objects");
}
static void what_is_silly_is_refused_by_name(void **state)
{
	static const struct {
		const char *words[6], *named;
	} rows[] = {
		{ { "--cores", "0", "x" }, "--cores" },
		{ { "--cores", "-1", "x" }, "--cores" },
		{ { "--cores", "2x", "x" }, "--cores" },
		{ { "--cores", "", "x" }, "--cores" },
		{ { "--cores", "65", "x" }, "--cores" },
		{ { "--hashers", "99999999999999999999999", "x" }, "--hashers" },
		{ { "--loop", "0", "x" }, "--loop" },
		{ { "--loop=0", "x" }, "--loop" },
		{ { "--bogus", "x" }, "--bogus" },
		{ { "-x", "x" }, "-x" },
		{ { "--jso", "x" }, "--jso" },
		{ { "--json=1", "x" }, "--json" },
		{ { "x", "--objects" }, "--objects" },
		{ { "--objects", "", "x" }, "--objects" },
		{ { "--objects=a", "--objects=b", "x" }, "twice" },
		{ { "--objects=a", "--cases=a", "x" }, "same file" },
		{ { "--pace", "--loop=2", "x" }, "--pace" },
		{ { "--list", "", "x" }, "--list" },
		{ { "--json" }, "no capture" },
	};
	struct vg_run_args args;
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		assert_int_equal(parse(VG_RUN_CMD_REPLAY, &args, rows[i].words), VG_EINVAL);
		if (!strstr(why, rows[i].named))
			fail_msg("row %zu: '%s' does not name '%s'", i, why, rows[i].named);
	}
}
static void scan_and_hash_take_no_options_of_replay(void **state)
{
	struct vg_run_args args;
	(void)state;
	assert_int_equal(parse(VG_RUN_CMD_SCAN, &args, WORDS("--report-to", "https://127.0.0.1/", "x")), VG_EINVAL);
	assert_int_equal(parse(VG_RUN_CMD_SCAN, &args, WORDS("--cores", "2", "x")), VG_EINVAL);
	assert_int_equal(parse(VG_RUN_CMD_HASH, &args, WORDS("--list", "l", "x")), VG_EINVAL);
	assert_int_equal(parse(VG_RUN_CMD_HASH, &args, WORDS("-j", "x")), VG_OK);
}
static void help_needs_no_capture(void **state)
{
	struct vg_run_args args;
	(void)state;
	assert_int_equal(parse(VG_RUN_CMD_REPLAY, &args, WORDS("--help")), VG_OK);
	assert_true(args.help);
}
static void too_many_lists_are_refused(void **state)
{
	const char *argv[VG_RUN_MAX_LISTS + 2];
	struct vg_run_args args;
	(void)state;
	for (size_t i = 0; i <= VG_RUN_MAX_LISTS; i++)
		argv[i] = "--list=x";
	argv[VG_RUN_MAX_LISTS + 1] = "capture";
	assert_int_equal(vg_run_args_parse(VG_RUN_CMD_REPLAY, argv, VG_RUN_MAX_LISTS + 2, &args, why, sizeof(why)),
			 VG_EINVAL);
}
static void write_file(const char *path, const void *bytes, size_t n)
{
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(out);
}
static void captures_are_known_by_their_first_bytes(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum vg_err want;
		const char *named;
	} rows[] = {
		{ "\xd4\xc3\xb2\xa1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24, VG_OK, "" },
		{ "\xa1\xb2\xc3\xd4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24, VG_OK, "" },
		{ "\x4d\x3c\xb2\xa1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24, VG_OK, "" },
		{ "\x0a\x0d\x0d\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24, VG_OK, "" },
		{ "\xd4\xc3\xb2\xa1\0\0\0", 7, VG_EINVAL, "neither" },
		{ "", 0, VG_EINVAL, "neither" },
		{ "\x1f\x8b\x08\0", 4, VG_EINVAL, "gunzip" },
		{ "#!/bin/sh\necho this is no capture\n", 34, VG_EINVAL, "neither" },
	};
	char path[] = "/tmp/vigil-test-capture.XXXXXX";
	(void)state;
	close(mkstemp(path));
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		write_file(path, rows[i].bytes, rows[i].n);
		why[0] = 0;
		assert_int_equal(vg_capture_check(path, why, sizeof(why)), rows[i].want);
		assert_non_null(strstr(why, rows[i].named));
	}
	unlink(path);
	assert_int_equal(vg_capture_check(path, why, sizeof(why)), VG_EIO);
	assert_non_null(strstr(why, path));
	assert_int_equal(vg_capture_check("/tmp", why, sizeof(why)), VG_EIO);
	assert_int_equal(vg_capture_check("/dev/null", why, sizeof(why)), VG_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_command_line_is_taken),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(what_is_silly_is_refused_by_name),
		cmocka_unit_test(scan_and_hash_take_no_options_of_replay),
		cmocka_unit_test(help_needs_no_capture),
		cmocka_unit_test(too_many_lists_are_refused),
		cmocka_unit_test(captures_are_known_by_their_first_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
