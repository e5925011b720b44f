/* resume: the order of paths is the order of the walk; a run folder's file is believed only where it is whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/resume.h"

static void the_order_is_that_of_a_walk_by_names(void **state)
{
	/* a/…, a-b, ab: a folder's files come where its name stands. */
	static const char *const sorted[] = { "a/b/c", "a/b.c", "a/z", "a-b", "a.txt", "ab", "b", "\xff" };
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(sorted); i++)
		for (size_t k = 0; k < VG_ARRAY_LEN(sorted); k++) {
			int order = vg_resume_order(sorted[i], sorted[k]);
			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
}

static void put(const char *dir, const struct vg_feed_resume *head, const char *path, const uint64_t *keys, size_t cut)
{
	char name[64];
	FILE *out;
	snprintf(name, sizeof(name), "%s/resume", dir);
	out = fopen(name, "w");
	fwrite(head, sizeof(*head), 1, out);
	fwrite(path, 1, head->n_path, out);
	fwrite(keys, 1, head->n_keys * sizeof(*keys) - cut, out);
	fclose(out);
}

static void what_was_done_is_known_and_a_broken_file_is_refused(void **state)
{
	char dir[] = "/tmp/vigil-test-resume.XXXXXX", name[64];
	struct vg_feed_resume head = { .magic = VG_RESUME_MAGIC, .n_path = 3, .n_keys = 3, .has_path = 1 };
	const uint64_t keys[] = { 9, 1, 5 };
	struct vg_resume r;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(vg_resume_load(&r, dir), VG_OK); /* none: nothing done */
	assert_false(vg_resume_is_done(&r, "a", 1));
	put(dir, &head, "m/m", keys, 0);
	assert_int_equal(vg_resume_load(&r, dir), VG_OK);
	assert_true(vg_resume_is_done(&r, "m/m", 77));
	assert_true(vg_resume_is_done(&r, "a", 77));
	assert_false(vg_resume_is_done(&r, "n", 77));
	assert_true(vg_resume_is_done(&r, "n", 5));
	vg_resume_fini(&r);
	put(dir, &head, "m/m", keys, 1);
	assert_int_equal(vg_resume_load(&r, dir), VG_ECORRUPT);
	head.n_keys = VG_RESUME_MAX_KEYS + 1;
	put(dir, &(struct vg_feed_resume){ .magic = 1 }, "", keys, 0);
	assert_int_equal(vg_resume_load(&r, dir), VG_ECORRUPT);
	snprintf(name, sizeof(name), "%s/resume", dir);
	unlink(name);
	rmdir(dir);
}

static void a_key_is_of_path_and_inode(void **state)
{
	struct stat a = { .st_ino = 1 }, b = { .st_ino = 2 };
	(void)state;
	assert_int_equal(vg_feed_path_key("x", &a), vg_feed_path_key("x", &a));
	assert_int_not_equal(vg_feed_path_key("x", &a), vg_feed_path_key("x", &b));
	assert_int_not_equal(vg_feed_path_key("x", &a), vg_feed_path_key("y", &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_is_that_of_a_walk_by_names),
		cmocka_unit_test(what_was_done_is_known_and_a_broken_file_is_refused),
		cmocka_unit_test(a_key_is_of_path_and_inode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
