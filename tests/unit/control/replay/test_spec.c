/* spec: what is written is what is read; anything else is refused. */
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

#include "control/replay/spec.h"

static char path[] = "/tmp/vigil-test-spec.XXXXXX";

static void a_specification_survives_the_file(void **state)
{
	char *paths[] = { (char[]){ "a.pcap" }, (char[]){ "\xff\xfe dir/b" }, (char[]){ "hex:00" },
			  (char[]){ "\"q\"\n" } };
	struct vg_run_spec spec = { .mode = VG_RUN_SCAN,
				    .paths = paths,
				    .n_paths = 4,
				    .objects_path = (char[]){ "o\xc3" },
				    .n_cores = 3,
				    .n_hashers = 2,
				    .loop = 1000,
				    .pace = 1,
				    .json = 1,
				    .exact_pdq = 1 };
	struct vg_run_spec got;
	char why[256];
	(void)state;
	assert_int_equal(vg_run_spec_write(&spec, path), VG_OK);
	assert_int_equal(vg_run_spec_read(path, &got, why, sizeof(why)), VG_OK);
	assert_int_equal(got.mode, VG_RUN_SCAN);
	assert_int_equal(got.n_paths, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(got.paths[i], paths[i]);
	assert_string_equal(got.objects_path, "o\xc3");
	assert_null(got.cases_path);
	assert_null(got.summary_path);
	assert_int_equal(got.n_cores, 3);
	assert_int_equal(got.n_hashers, 2);
	assert_int_equal(got.loop, 1000);
	assert_true(got.pace && got.json && got.exact_pdq && !got.all_files && !got.files_reports && !got.keep_state);
	vg_run_spec_free(&got);
	assert_null(got.paths);
}
static void anything_else_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{",
		"{\"mode\":\"replay\"}",
		"{\"mode\":\"other\",\"paths\":[\"x\"],\"cores\":1,\"hashers\":1,\"loop\":1}",
		"{\"mode\":\"replay\",\"paths\":[],\"cores\":1,\"hashers\":1,\"loop\":1}",
		"{\"mode\":\"replay\",\"paths\":[1],\"cores\":1,\"hashers\":1,\"loop\":1}",
		"{\"mode\":\"replay\",\"paths\":[\"hex:zz\"],\"cores\":1,\"hashers\":1,\"loop\":1}",
		"{\"mode\":\"replay\",\"paths\":[\"x\"],\"cores\":0,\"hashers\":1,\"loop\":1}",
		"{\"mode\":\"replay\",\"paths\":[\"x\"],\"cores\":1,\"hashers\":65,\"loop\":1}",
		"{\"mode\":\"replay\",\"paths\":[\"x\"],\"cores\":1,\"hashers\":1,\"loop\":\"1\"}",
		"{\"mode\":\"replay\",\"mode\":\"scan\",\"paths\":[\"x\"],\"cores\":1,\"hashers\":1,\"loop\":1}",
	};
	struct vg_run_spec got;
	char why[256];
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(texts); i++) {
		FILE *out = fopen(path, "w");
		fputs(texts[i], out);
		fclose(out);
		why[0] = 0;
		assert_int_equal(vg_run_spec_read(path, &got, why, sizeof(why)), VG_EINVAL);
		assert_non_null(strstr(why, path));
		vg_run_spec_free(&got);
	}
	assert_int_equal(vg_run_spec_read("/no/such/file", &got, why, sizeof(why)), VG_EIO);
	assert_int_equal(vg_run_spec_write(&got, "/no/such/folder/x"), VG_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_specification_survives_the_file),
		cmocka_unit_test(anything_else_is_refused),
	};
	int fd = mkstemp(path), bad;
	if (fd < 0)
		return 1;
	close(fd);
	bad = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return bad;
}
