/* reading: files by name or by descriptor give the same index; progress is told; wrong lines name file and line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "control/lists/generation.h"
#include "control/lists/reading.h"
#include "tests/lib/scratch.h"

#define A "0123456789abcdef0123456789abcdef"
#define B "1123456789abcdef0123456789abcdef"

struct fixture {
	struct scratch scratch;
	struct vg_config_list conf[2];
	struct vg_reading reading;
	struct vg_reading_counts counts;
	char why[512];
	uint32_t last_list;
	uint64_t n_rows;
	unsigned n_told;
};

static int set_up(void **state)
{
	static struct fixture f;
	memset(&f, 0, sizeof(f));
	scratch_init(&f.scratch);
	for (int i = 0; i < 2; i++) {
		vg_config_list_defaults(&f.conf[i]);
		strcpy(f.conf[i].name, i ? "two" : "one");
		strcpy(f.conf[i].file, scratch_path(&f.scratch, i ? "two.txt" : "one.txt"));
	}
	scratch_write(&f.scratch, "one.txt", "md5," A ",E\nmd5," A ",E\nmd5," B ",F\n");
	scratch_write(&f.scratch, "two.txt", "md5," B ",G\n");
	f.reading = (struct vg_reading){ .conf = f.conf, .n_conf = 2, .number = 7 };
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	scratch_fini(&f->scratch);
	return 0;
}

static void on_progress(void *ctx, uint32_t list_idx, uint64_t n_rows, uint64_t n_bytes)
{
	struct fixture *f = ctx;
	(void)n_bytes;
	assert_true(list_idx >= f->last_list && n_rows >= f->n_rows);
	f->last_list = list_idx;
	f->n_rows = n_rows;
	f->n_told++;
}

static struct vg_generation make(struct fixture *f)
{
	struct vg_generation g;
	int fd;
	assert_int_equal(vg_reading_make(&f->reading, &f->counts, &fd, f->why, sizeof(f->why)), VG_OK);
	assert_int_equal(vg_generation_take(&g, fd), VG_OK);
	assert_int_equal(g.view.header->generation, 7);
	return g;
}

static void files_by_name_and_by_descriptor_give_the_same_index(void **state)
{
	struct fixture *f = *state;
	struct vg_generation by_name = make(f), by_fd;
	int fds[] = { open(f->conf[0].file, O_RDONLY), open(f->conf[1].file, O_RDONLY) };
	assert_int_equal(f->counts.n_folded, 1);
	f->reading.fds = fds;
	by_fd = make(f);
	assert_true(vg_generation_same(&by_name, &by_fd));
	assert_int_equal(by_fd.view.n_md5, 3);
	close(fds[0]);
	close(fds[1]);
	vg_generation_fini(&by_name);
	vg_generation_fini(&by_fd);
}

static void progress_goes_forward_and_ends_behind_the_last_list(void **state)
{
	struct fixture *f = *state;
	f->reading.progress = on_progress;
	f->reading.ctx = f;
	struct vg_generation g = make(f);
	assert_int_equal(f->last_list, 2);
	assert_int_equal(f->n_rows, 4);
	assert_true(f->n_told >= 3);
	vg_generation_fini(&g);
}

static void a_wrong_line_or_file_is_named_and_nothing_is_made(void **state)
{
	struct fixture *f = *state;
	char expected[600];
	int fd;
	scratch_write(&f->scratch, "two.txt", "# fine\nmd5,xyz\n");
	assert_int_equal(vg_reading_make(&f->reading, &f->counts, &fd, f->why, sizeof(f->why)), VG_EINVAL);
	assert_int_equal(fd, -1);
	snprintf(expected, sizeof(expected), "%s:2: ", f->conf[1].file);
	assert_memory_equal(f->why, expected, strlen(expected));
	unlink(f->conf[1].file);
	assert_int_equal(vg_reading_make(&f->reading, &f->counts, &fd, f->why, sizeof(f->why)), VG_EINVAL);
	assert_non_null(strstr(f->why, "No such file"));
	strcpy(f->conf[1].file, f->scratch.dir);
	assert_int_equal(vg_reading_make(&f->reading, &f->counts, &fd, f->why, sizeof(f->why)), VG_EINVAL);
	assert_non_null(strstr(f->why, "directory"));
}

static void what_is_suppressed_or_undeclared_is_left_out_and_counted(void **state)
{
	struct fixture *f = *state;
	char why[200];
	struct vg_suppress *suppress = vg_suppress_load(scratch_write(&f->scratch, "s.txt", "entry,E\n"), why,
							sizeof(why));
	scratch_write(&f->scratch, "two.txt", "plugin,x@1,0,aabb,P\nmd5," B ",G\n");
	f->reading.suppress = suppress;
	struct vg_generation g = make(f);
	assert_int_equal(g.view.n_md5, 2);
	assert_int_equal(f->counts.n_left_out, 2);
	assert_int_equal(f->counts.unserved.n_entries, 1);
	assert_int_equal(g.view.n_plugins, 0);
	vg_generation_fini(&g);
	vg_suppress_destroy(suppress);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_by_name_and_by_descriptor_give_the_same_index),
		TEST(progress_goes_forward_and_ends_behind_the_last_list),
		TEST(a_wrong_line_or_file_is_named_and_nothing_is_made),
		TEST(what_is_suppressed_or_undeclared_is_left_out_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
