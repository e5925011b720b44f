/* rebuild: lists are read beside the loop and taken up in one step. The builder is this very program: what VIGIL_TEST_
 * BUILDER names is what it does, an honest one or a broken one; whatever it does, the lists in use stay whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vigil/memfd.h>
#include <vigil/sock.h>

#include "control/lists/builder.h"
#include "control/lists/builder_msg.h"
#include "control/lists/rebuild.h"
#include "tests/lib/scratch.h"

#define BEHAVIOUR "VIGIL_TEST_BUILDER"
#define A         "0123456789abcdef0123456789abcdef"
#define B         "1123456789abcdef0123456789abcdef"

/* --- the builder's side --- */
static void tell(const void *m, size_t n_bytes, const int *fds, size_t n_fds)
{
	(void)vg_sock_send(VG_BUILDER_FD, m, n_bytes, fds, n_fds);
}

/* An honest index of an empty list, or of none that anybody would call one. */
static int make_index(const char *how)
{
	struct vg_config_list conf;
	char why[200], path[] = "/tmp/vigil-test-XXXXXX";
	struct vg_reading_counts counts;
	int fd = -1, empty = mkstemp(path);
	struct vg_reading reading = {
		.conf = &conf, .n_conf = 1, .fds = &empty, .number = !strcmp(how, "number") ? 77 : 2
	};
	struct vg_generation g;
	unlink(path);
	vg_config_list_defaults(&conf);
	if (vg_reading_make(&reading, &counts, &fd, why, sizeof(why)) || vg_generation_take(&g, fd))
		_exit(90);
	if (!strcmp(how, "number"))
		return fd;
	size_t n_bytes = g.n_bytes - (!strcmp(how, "size") ? 64 : 0);
	int again = vg_memfd_new("bad", n_bytes);
	uint8_t *at = vg_memfd_map(again, n_bytes, PROT_READ | PROT_WRITE);
	memcpy(at, g.base, n_bytes);
	at[n_bytes - 1] ^= !strcmp(how, "sum");
	munmap(at, n_bytes);
	if (strcmp(how, "seal") != 0)
		(void)vg_memfd_seal(again, VG_SEALS_FINAL);
	return again;
}

static int misbehave(const char *how)
{
	struct vg_build_done done = { .type = VG_BUILD_DONE };
	struct vg_build_failed failed = { .type = VG_BUILD_FAILED, .err = VG_EINVAL };
	struct vg_build_tables tables = { .type = VG_BUILD_TABLES };
	int fd;
	if (!strcmp(how, "dies"))
		raise(SIGKILL);
	if (!strcmp(how, "ends"))
		return 3;
	while (!strcmp(how, "sleeps"))
		pause();
	if (!strcmp(how, "rubbish")) {
		tell("what is this", 12, NULL, 0);
		pause();
	}
	if (!strcmp(how, "unasked")) {
		tell(&tables, sizeof(tables), NULL, 0);
		pause();
	}
	if (!strcmp(how, "shouts")) {
		memset(failed.why, '\n', sizeof(failed.why));
		tell(&failed, sizeof(failed), NULL, 0);
		return 0;
	}
	if (!strcmp(how, "dies late")) {
		struct vg_build_progress progress = { VG_BUILD_PROGRESS, VG_PHASE_SORTING, 1, 0, 10, 10 };
		tell(&progress, sizeof(progress), NULL, 0);
		raise(SIGKILL);
	}
	if (!strcmp(how, "nothing")) { /* new, it says, and gives none */
		tell(&done, sizeof(done), NULL, 0);
		return 0;
	}
	fd = make_index(how);
	tell(&done, sizeof(done), &fd, 1);
	if (!strcmp(how, "twice"))
		tell(&done, sizeof(done), &fd, 1);
	return 0;
}

/* --- vigild's side --- */
struct fixture {
	struct scratch scratch;
	struct vg_loop *loop;
	struct vg_lists *lists;
	struct vg_rebuild *rebuild;
	struct vg_rebuild_conf rebuild_conf;
	struct vg_config_list conf[VG_CONFIG_MAX_LISTS];
	uint32_t n_conf;
	char why[VG_LISTS_WHY], dir[200];
	unsigned n_ready, n_done;
	uint64_t id, generation_when_ready;
	enum vg_err err;
};

static uint64_t generation(struct fixture *f)
{
	struct vg_lists_info info;
	vg_lists_info(f->lists, &info);
	return info.generation;
}

static void on_ready(void *ctx)
{
	struct fixture *f = ctx;
	f->n_ready++;
	f->generation_when_ready = generation(f);
	assert_int_equal(f->n_done, 0);
}

static void on_done(void *ctx, uint64_t id, enum vg_err err, const char *why)
{
	struct fixture *f = ctx;
	f->n_done++;
	f->id = id;
	f->err = err;
	snprintf(f->why, sizeof(f->why), "%s", why);
}

static int set_up(void **state)
{
	static struct fixture f;
	memset(&f, 0, sizeof(f));
	scratch_init(&f.scratch);
	snprintf(f.dir, sizeof(f.dir), "%s/lists", f.scratch.dir);
	f.loop = vg_loop_create();
	f.lists = vg_lists_open(f.dir, f.why, sizeof(f.why));
	f.rebuild_conf = (struct vg_rebuild_conf){
		.lists = f.lists, .max_s = 300, .ctx = &f, .ready = on_ready, .done = on_done
	};
	f.rebuild = vg_rebuild_create(f.loop, &f.rebuild_conf);
	f.n_conf = 1;
	vg_config_list_defaults(&f.conf[0]);
	strcpy(f.conf[0].name, "one");
	strcpy(f.conf[0].file, scratch_path(&f.scratch, "one.txt"));
	scratch_write(&f.scratch, "one.txt", "md5," A ",E\n");
	setenv(BEHAVIOUR, "honest", 1);
	*state = &f;
	return !f.lists || !f.rebuild;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_rebuild_destroy(f->rebuild);
	vg_lists_destroy(f->lists);
	vg_loop_destroy(f->loop);
	scratch_fini(&f->scratch);
	return waitpid(-1, NULL, 0) != -1 || errno != ECHILD; /* no child is left behind */
}

static void start(struct fixture *f, const char *suppress, int with_disk)
{
	const char *path = suppress ? scratch_write(&f->scratch, "s.txt", suppress) : "";
	f->n_done = 0;
	assert_int_equal(vg_rebuild_start(f->rebuild, f->conf, f->n_conf, path, with_disk, f->why, sizeof(f->why)),
			 VG_OK);
	assert_int_equal(f->n_done, 0);
}

static enum vg_err run(struct fixture *f, const char *suppress, int with_disk)
{
	start(f, suppress, with_disk);
	while (!f->n_done)
		assert_int_equal(vg_loop_step(f->loop, 1000), VG_OK);
	return f->err;
}

static uint64_t n_md5(struct fixture *f)
{
	const struct vg_index_view *view = vg_lists_view(f->lists, generation(f));
	return view ? view->n_md5 : 0;
}

static void an_honest_builder_gives_what_vigild_itself_would_have_made(void **state)
{
	struct fixture *f = *state;
	struct vg_lists_info mine, theirs;
	char dir[220];
	snprintf(dir, sizeof(dir), "%s/mine", f->scratch.dir);
	struct vg_lists *lists = vg_lists_create(dir, f->why, sizeof(f->why));
	scratch_write(&f->scratch, "one.txt", "md5," A ",E\nmd5," A ",E\nmd5," B ",F\nplugin,x@1,0,aa,P\n");
	assert_int_equal(vg_lists_reload(lists, f->conf, 1, scratch_write(&f->scratch, "s.txt", "entry,F\n"), f->why,
					 sizeof(f->why)),
			 VG_OK);
	vg_lists_info(lists, &mine);
	assert_int_equal(run(f, "entry,F\n", 1), VG_OK);
	vg_lists_info(f->lists, &theirs);
	assert_memory_equal(mine.sha256, theirs.sha256, 32);
	assert_int_equal(theirs.generation, 1);
	assert_int_equal(theirs.n_folded, mine.n_folded);
	assert_int_equal(theirs.n_left_out, mine.n_left_out);
	assert_int_equal(theirs.n_suppressed, mine.n_suppressed);
	assert_string_equal(vg_lists_warning(f->lists, 0), vg_lists_warning(lists, 0));
	assert_int_equal(f->n_ready, 0);
	vg_lists_destroy(lists);
}

static void the_same_lists_again_keep_their_number_but_take_the_new_suppressions(void **state)
{
	struct fixture *f = *state;
	uint8_t value[16] = { 0 };
	assert_int_equal(run(f, NULL, 1), VG_OK);
	assert_int_equal(run(f, "entry,OTHER\n", 0), VG_OK);
	assert_int_equal(generation(f), 1);
	assert_int_equal(vg_lists_suppressed(f->lists, VG_ALGO_MD5, value, "one", "OTHER"), 1);
	scratch_write(&f->scratch, "one.txt", "md5," B ",E\nmd5," A ",E\n");
	assert_int_equal(run(f, NULL, 0), VG_OK);
	assert_int_equal(generation(f), 2);
	assert_non_null(vg_lists_view(f->lists, 1));
	assert_int_equal(vg_lists_suppressed(f->lists, VG_ALGO_MD5, value, "one", "OTHER"), 0);
}

static void a_wrong_line_is_named_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	char expected[600];
	const char *why;
	assert_int_equal(run(f, NULL, 1), VG_OK);
	scratch_write(&f->scratch, "one.txt", "md5," B ",E\nmd5,nonsense\n");
	assert_int_equal(run(f, "entry,OTHER\n", 0), VG_EINVAL);
	snprintf(expected, sizeof(expected), "%s:2: ", f->conf[0].file);
	assert_memory_equal(f->why, expected, strlen(expected));
	assert_int_equal(generation(f), 1);
	struct vg_lists_info info;
	vg_lists_info(f->lists, &info);
	assert_int_equal(info.n_suppressed, 0);
	assert_int_equal(vg_rebuild_ending(f->rebuild, f->id, &why), VG_EINVAL);
	assert_string_equal(why, f->why);
	assert_int_equal(vg_rebuild_ending(f->rebuild, f->id - 1, &why), VG_OK);
	assert_int_equal(vg_rebuild_ending(f->rebuild, f->id + 1, &why), VG_ENOTFOUND);
	assert_int_equal(vg_rebuild_ending(f->rebuild, 0, &why), VG_ENOTFOUND);
}

static void files_that_are_not_there_refuse_the_start(void **state)
{
	struct fixture *f = *state;
	unlink(f->conf[0].file);
	assert_int_equal(vg_rebuild_start(f->rebuild, f->conf, 1, "", 0, f->why, sizeof(f->why)), VG_EINVAL);
	assert_non_null(strstr(f->why, "one.txt: No such file"));
	assert_int_equal(vg_rebuild_start(f->rebuild, f->conf, 1, "/nonexistent/s", 0, f->why, sizeof(f->why)),
			 VG_EINVAL);
	assert_non_null(strstr(f->why, "/nonexistent/s: No such file"));
	const char *bad = scratch_write(&f->scratch, "s.txt", "\nnonsense\n");
	assert_int_equal(vg_rebuild_start(f->rebuild, f->conf, 1, bad, 0, f->why, sizeof(f->why)), VG_EINVAL);
	assert_non_null(strstr(f->why, "s.txt:2: "));
	scratch_write(&f->scratch, "one.txt", "md5," A ",E\n");
	assert_int_equal(run(f, NULL, 0), VG_OK);
}

static void a_broken_builder_changes_nothing_whatever_it_does(void **state)
{
	static const struct {
		const char *how, *why;
	} cases[] = { { "dies", "signal 9" },  { "ends", "exit 3" },   { "dies late", "signal 9" },
		      { "rubbish", "rules" },  { "unasked", "rules" }, { "nothing", "rules" },
		      { "seal", "refused" },   { "size", "refused" },  { "sum", "refused" },
		      { "number", "refused" }, { "twice", "rules" } };
	struct fixture *f = *state;
	struct vg_rebuild_state now;
	assert_int_equal(run(f, NULL, 1), VG_OK);
	for (size_t i = 0; i < VG_ARRAY_LEN(cases); i++) {
		setenv(BEHAVIOUR, cases[i].how, 1);
		print_message("a builder that does: %s\n", cases[i].how);
		assert_int_not_equal(run(f, "entry,OTHER\n", 0), VG_OK);
		print_message("  %s\n", f->why);
		assert_non_null(strstr(f->why, cases[i].why));
		assert_int_equal(generation(f), 1);
		assert_int_equal(n_md5(f), 1);
		assert_int_equal(scratch_count(f->dir), 1);
	}
	vg_rebuild_state(f->rebuild, &now);
	assert_int_equal(now.n_failed, VG_ARRAY_LEN(cases));
	setenv(BEHAVIOUR, "honest", 1);
	scratch_write(&f->scratch, "one.txt", "md5," B ",E\nmd5," A ",E\n");
	assert_int_equal(run(f, NULL, 0), VG_OK);
	assert_int_equal(n_md5(f), 2);
}

static void what_it_says_is_one_line_of_text(void **state)
{
	struct fixture *f = *state;
	setenv(BEHAVIOUR, "shouts", 1);
	assert_int_equal(run(f, NULL, 1), VG_EINVAL);
	assert_int_equal(strlen(f->why), VG_LISTS_WHY - 1);
	assert_null(strchr(f->why, '\n'));
}

static void a_builder_that_takes_too_long_is_killed(void **state)
{
	struct fixture *f = *state;
	vg_rebuild_destroy(f->rebuild);
	f->rebuild_conf.max_s = 1;
	f->rebuild = vg_rebuild_create(f->loop, &f->rebuild_conf);
	setenv(BEHAVIOUR, "sleeps", 1);
	assert_int_equal(run(f, NULL, 0), VG_EAGAIN);
	assert_non_null(strstr(f->why, "longer than 1 s"));
}

static void one_at_a_time_and_stopping_ends_it_without_a_word(void **state)
{
	struct fixture *f = *state;
	struct vg_rebuild_state now;
	const char *why;
	setenv(BEHAVIOUR, "sleeps", 1);
	start(f, NULL, 0);
	assert_int_equal(vg_loop_step(f->loop, 0), VG_OK);
	vg_rebuild_state(f->rebuild, &now);
	assert_true(now.is_running && now.id == 1 && now.n_lists == 1);
	assert_int_equal(vg_rebuild_ending(f->rebuild, 1, &why), VG_EAGAIN);
	assert_int_equal(vg_rebuild_start(f->rebuild, f->conf, 1, "", 0, f->why, sizeof(f->why)), VG_EAGAIN);
	assert_non_null(strstr(f->why, "build 1"));
	vg_rebuild_stop(f->rebuild);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	vg_rebuild_state(f->rebuild, &now);
	assert_false(now.is_running);
	assert_int_equal(f->n_done, 0);
	setenv(BEHAVIOUR, "honest", 1);
	assert_int_equal(run(f, NULL, 0), VG_OK);
	setenv(BEHAVIOUR, "sleeps", 1);
	start(f, NULL, 0); /* and is destroyed with it */
}

static void what_is_to_be_suppressed_is_so_at_once_and_again_not_where_the_lists_are_refused(void **state)
{
	struct fixture *f = *state;
	const uint8_t value[16] = { 0 };
	assert_int_equal(run(f, NULL, 1), VG_OK);
	setenv(BEHAVIOUR, "dies", 1);
	start(f, "entry,E\n", 0);
	assert_int_equal(vg_lists_suppressed(f->lists, VG_ALGO_MD5, value, "one", "E"), 1);
	while (!f->n_done)
		assert_int_equal(vg_loop_step(f->loop, 1000), VG_OK);
	assert_int_equal(f->err, VG_EIO);
	assert_int_equal(vg_lists_suppressed(f->lists, VG_ALGO_MD5, value, "one", "E"), 0);
}

static void what_was_on_disk_is_in_use_before_the_files_are_read(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(run(f, NULL, 1), VG_OK);
	scratch_write(&f->scratch, "one.txt", "md5," B ",E\nmd5," A ",E\n");
	assert_int_equal(run(f, NULL, 0), VG_OK);
	vg_rebuild_destroy(f->rebuild);
	vg_lists_destroy(f->lists);
	f->lists = f->rebuild_conf.lists = vg_lists_open(f->dir, f->why, sizeof(f->why));
	f->rebuild = vg_rebuild_create(f->loop, &f->rebuild_conf);
	vg_lists_expect(f->lists, 1);
	assert_int_equal(generation(f), 0);
	assert_int_equal(vg_lists_expected(f->lists), 1);
	scratch_write(&f->scratch, "one.txt", "nonsense\n");
	assert_int_equal(run(f, NULL, 1), VG_EINVAL);
	assert_int_equal(f->n_ready, 1);
	assert_int_equal(f->generation_when_ready, 2);
	assert_int_equal(vg_lists_expected(f->lists), 0);
	assert_int_equal(n_md5(f), 2);
	assert_non_null(vg_lists_view(f->lists, 1));
}

static void large_lists_come_with_their_tables_now_and_at_the_next_start(void **state)
{
	struct fixture *f = *state;
	FILE *out = fopen(f->conf[0].file, "we");
	struct vg_lists_info info;
	uint64_t x = 1;
	for (unsigned i = 0; i < 66000; i++) {
		fputs("pdq,", out);
		for (unsigned k = 0; k < 4; k++)
			fprintf(out, "%016llx",
				(unsigned long long)(x = x * 6364136223846793005u + 1442695040888963407u));
		fprintf(out, ",%u\n", i);
	}
	fclose(out);
	assert_int_equal(run(f, NULL, 1), VG_OK);
	assert_true(vg_lists_tables_fd(f->lists) >= 0);
	vg_lists_info(f->lists, &info);
	assert_int_equal(info.n_pdq, 66000);
	assert_true(info.n_tables_bytes > 66000 * 256);
	vg_rebuild_destroy(f->rebuild);
	vg_lists_destroy(f->lists);
	f->lists = f->rebuild_conf.lists = vg_lists_open(f->dir, f->why, sizeof(f->why));
	f->rebuild = vg_rebuild_create(f->loop, &f->rebuild_conf);
	assert_int_equal(run(f, NULL, 1), VG_OK);
	assert_int_equal(f->n_ready, 1);
	assert_true(vg_lists_tables_fd(f->lists) >= 0);
	assert_int_equal(generation(f), 1);
	setenv(BEHAVIOUR, "dies", 1);
	vg_rebuild_destroy(f->rebuild);
	vg_lists_destroy(f->lists);
	f->lists = f->rebuild_conf.lists = vg_lists_open(f->dir, f->why, sizeof(f->why));
	f->rebuild = vg_rebuild_create(f->loop, &f->rebuild_conf);
	assert_int_equal(run(f, NULL, 1), VG_EIO); /* yesterday's, without tables: hashers scan */
	assert_int_equal(f->n_ready, 2);
	assert_int_equal(generation(f), 1);
	assert_int_equal(vg_lists_tables_fd(f->lists), -1);
}

static void as_many_lists_as_there_may_be_are_told_at_once(void **state)
{
	struct fixture *f = *state;
	char name[32];
	for (uint32_t i = 0; i < VG_CONFIG_MAX_LISTS; i++) {
		f->conf[i] = f->conf[0];
		snprintf(name, sizeof(name), "list-%u", i);
		strcpy(f->conf[i].name, name);
	}
	f->n_conf = VG_CONFIG_MAX_LISTS;
	assert_int_equal(run(f, NULL, 0), VG_OK);
	assert_int_equal(vg_lists_view(f->lists, 1)->n_lists, VG_CONFIG_MAX_LISTS);
}

static void the_weight_is_that_of_all_files(void **state)
{
	struct fixture *f = *state;
	uint64_t before = vg_rebuild_weight(f->lists, f->conf, 1, "", 1);
	assert_int_equal(before, strlen("md5," A ",E\n"));
	assert_int_equal(vg_rebuild_weight(f->lists, f->conf, 1, scratch_write(&f->scratch, "s.txt", "12345"), 1),
			 before + 5);
	assert_int_equal(run(f, NULL, 0), VG_OK);
	assert_true(vg_rebuild_weight(f->lists, f->conf, 1, "", 1) > before);
	assert_int_equal(vg_rebuild_weight(f->lists, f->conf, 1, "", 0), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(an_honest_builder_gives_what_vigild_itself_would_have_made),
		TEST(the_same_lists_again_keep_their_number_but_take_the_new_suppressions),
		TEST(a_wrong_line_is_named_and_changes_nothing),
		TEST(files_that_are_not_there_refuse_the_start),
		TEST(a_broken_builder_changes_nothing_whatever_it_does),
		TEST(what_it_says_is_one_line_of_text),
		TEST(a_builder_that_takes_too_long_is_killed),
		TEST(one_at_a_time_and_stopping_ends_it_without_a_word),
		TEST(what_is_to_be_suppressed_is_so_at_once_and_again_not_where_the_lists_are_refused),
		TEST(what_was_on_disk_is_in_use_before_the_files_are_read),
		TEST(large_lists_come_with_their_tables_now_and_at_the_next_start),
		TEST(as_many_lists_as_there_may_be_are_told_at_once),
		TEST(the_weight_is_that_of_all_files),
	};
	const char *how = getenv(BEHAVIOUR);
	if (argc == 3 && !strcmp(argv[1], VG_BUILDER_OPTION))
		return how && strcmp(how, "honest") ? misbehave(how)
						    : vg_builder_run(VG_BUILDER_FD, strtoull(argv[2], NULL, 10));
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
