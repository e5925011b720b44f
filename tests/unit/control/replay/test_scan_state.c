/* scan_state: files that are done in any order, across interruptions, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <vigil/config_snapshot.h>

#include "control/replay/scan_state.h"

static char dir[] = "/tmp/vigil-test-scan.XXXXXX", path[64], resume[64];
static char *roots[] = { dir, dir };

static struct vg_scan_state *open_state(const char *key)
{
	char why[256];
	return vg_scan_state_open(path, key, roots, 2, why, sizeof(why));
}
static struct vg_attribution file(uint64_t no, const char *name, uint64_t key)
{
	struct vg_attribution a = { .flow_id = no, .path_key = key };
	a.n_url = (uint16_t)snprintf(a.url, sizeof(a.url), "%s/%s", dir, name);
	return a;
}
static void done(struct vg_scan_state *s, uint64_t no, const char *name, uint64_t key)
{
	struct vg_attribution a = file(no, name, key);
	vg_scan_state_done(s, &a);
}
/* What a vigil-feed would read. */
static void expect_resume(const char *after, unsigned n_keys)
{
	struct vg_feed_resume head;
	char text[64] = { 0 };
	FILE *in = fopen(resume, "r");
	assert_non_null(in);
	assert_int_equal(fread(&head, sizeof(head), 1, in), 1);
	assert_int_equal(head.magic, VG_RESUME_MAGIC);
	assert_int_equal(head.has_path, after != NULL);
	assert_int_equal(fread(text, 1, head.n_path, in), head.n_path);
	assert_string_equal(text, after ? after : "");
	assert_int_equal(head.n_keys, n_keys);
	fclose(in);
}

static void what_is_done_in_any_order_is_known_after_an_interruption(void **state)
{
	struct vg_scan_state *s = open_state("k");
	(void)state;
	assert_non_null(s);
	assert_int_equal(vg_scan_state_n_files(s), 0);
	assert_int_equal(vg_scan_state_begin(s, 0, dir), VG_OK);
	assert_int_not_equal(access(resume, F_OK), 0); /* nothing to skip */
	done(s, 2, "b", 22);
	done(s, 1, "a", 11);
	done(s, 5, "e", 55);
	done(s, 4, "d", 44);
	done(s, 4, "d", 44); /* heard twice */
	assert_int_equal(vg_scan_state_save(s, 1000), VG_OK);
	vg_scan_state_destroy(s);
	s = open_state("k");
	assert_non_null(s);
	assert_int_equal(vg_scan_state_n_files(s), 4);
	assert_int_equal(vg_scan_state_objects_bytes(s), 1000);
	assert_int_equal(vg_scan_state_begin(s, 0, dir), VG_OK);
	expect_resume("b", 2);
	done(s, 1, "c", 33); /* the first that is not skipped */
	assert_int_equal(vg_scan_state_save(s, 1200), VG_OK);
	vg_scan_state_destroy(s);
	s = open_state("k");
	assert_int_equal(vg_scan_state_begin(s, 0, dir), VG_OK);
	expect_resume("c", 2);
	vg_scan_state_batch_done(s, 1);
	assert_int_equal(vg_scan_state_begin(s, 1, dir), VG_OK);
	assert_int_not_equal(access(resume, F_OK), 0); /* the next path begins anew */
	vg_scan_state_remove(s);
	vg_scan_state_destroy(s);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void a_path_too_long_for_its_record_is_known_by_its_key(void **state)
{
	struct vg_scan_state *s = open_state("k");
	struct vg_attribution a = { .flow_id = 1, .path_key = 7, .n_url = VG_ATTR_URL };
	(void)state;
	memset(a.url, 'x', sizeof(a.url));
	assert_int_equal(vg_scan_state_begin(s, 0, dir), VG_OK);
	vg_scan_state_done(s, &a);
	assert_int_equal(vg_scan_state_begin(s, 0, dir), VG_OK);
	expect_resume(NULL, 1);
	vg_scan_state_remove(s);
	vg_scan_state_destroy(s);
	unlink(resume);
}

static void a_file_that_never_ends_does_not_hold_memory_for_ever(void **state)
{
	struct vg_scan_state *s = open_state("k");
	(void)state;
	assert_int_equal(vg_scan_state_begin(s, 0, dir), VG_OK);
	done(s, 2, "b", 2);
	done(s, VG_SCAN_MAX_WINDOW + 5, "y", 3); /* 1 is given up: 2 is done with all before it */
	assert_int_equal(vg_scan_state_save(s, 0), VG_OK);
	assert_int_equal(vg_scan_state_begin(s, 0, dir), VG_OK);
	expect_resume("b", 0);
	vg_scan_state_remove(s);
	vg_scan_state_destroy(s);
	unlink(resume);
}

static void another_scans_state_a_broken_one_and_a_held_one_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"{\"scan\":\"k\"}",
		"{\"scan\":\"k\",\"path_idx\":2,\"files\":0,\"objects_bytes\":0,\"done\":[]}",
		"{\"scan\":\"k\",\"path_idx\":0,\"files\":0,\"objects_bytes\":0,\"done\":[\"x\"]}",
		"{\"scan\":\"k\",\"path_idx\":0,\"after\":\"abc\",\"files\":0,\"done\":[],\"objects_bytes\":0}"
	};
	struct vg_scan_state *s = open_state("k");
	(void)state;
	assert_null(open_state("k")); /* held */
	assert_int_equal(vg_scan_state_save(s, 0), VG_OK);
	vg_scan_state_destroy(s);
	assert_null(open_state("other"));
	for (size_t i = 0; i < VG_ARRAY_LEN(bad); i++) {
		FILE *out = fopen(path, "w");
		fputs(bad[i], out);
		fclose(out);
		assert_null(open_state("k"));
	}
	unlink(path);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/state", dir);
	snprintf(resume, sizeof(resume), "%s/resume", dir);
	return 0;
}
static int tear_down(void **state)
{
	char lock[80];
	(void)state;
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_done_in_any_order_is_known_after_an_interruption),
		cmocka_unit_test(a_path_too_long_for_its_record_is_known_by_its_key),
		cmocka_unit_test(a_file_that_never_ends_does_not_hold_memory_for_ever),
		cmocka_unit_test(another_scans_state_a_broken_one_and_a_held_one_are_refused),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
