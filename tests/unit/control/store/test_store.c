#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "control/store/store.h"
#include "tests/lib/scratch.h"

static const char *const steps[] = { "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, bytes BLOB);",
				     "ALTER TABLE t ADD COLUMN extra INTEGER;" };
static const char insert_sql[] = "INSERT INTO t(name,bytes) VALUES(?,?)", count_sql[] = "SELECT count(*) FROM t";

static int64_t count(struct vg_store *store)
{
	sqlite3_stmt *s = vg_store_query(store, count_sql, "");
	assert_non_null(s);
	assert_int_equal(vg_store_step(store, s), VG_OK);
	int64_t n = sqlite3_column_int64(s, 0);
	vg_store_reset(s);
	return n;
}

static struct vg_store *open_in(struct scratch *scratch)
{
	char why[VG_STORE_WHY];
	struct vg_store *store = vg_store_open(scratch_path(scratch, "t.db"), why, sizeof(why));
	assert_non_null(store);
	return store;
}

static void a_second_opener_is_refused(void **state)
{
	struct scratch scratch;
	char why[VG_STORE_WHY];
	struct stat st;
	(void)state;
	scratch_init(&scratch);
	struct vg_store *store = open_in(&scratch);
	assert_null(vg_store_open(scratch_path(&scratch, "t.db"), why, sizeof(why)));
	assert_non_null(strstr(why, "in use"));
	assert_int_equal(stat(scratch_path(&scratch, "t.db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	vg_store_close(store);
	vg_store_close(open_in(&scratch));
	scratch_fini(&scratch);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct scratch scratch;
	char why[VG_STORE_WHY], rubbish[5000];
	(void)state;
	scratch_init(&scratch);
	memset(rubbish, 'x', sizeof(rubbish) - 1);
	rubbish[sizeof(rubbish) - 1] = 0;
	assert_null(vg_store_open(scratch_write(&scratch, "bad.db", rubbish), why, sizeof(why)));
	assert_true(why[0]);
	assert_null(vg_store_open("/nonexistent/x.db", why, sizeof(why)));
	scratch_fini(&scratch);
}

static void tables_are_brought_up_step_by_step(void **state)
{
	struct scratch scratch;
	(void)state;
	scratch_init(&scratch);
	struct vg_store *store = open_in(&scratch);
	assert_int_equal(vg_store_migrate(store, "t", steps, 1), VG_OK);
	assert_int_equal(vg_store_exec(store, insert_sql, "tb", "a", "xy", (size_t)2), VG_OK);
	vg_store_close(store);
	store = open_in(&scratch);
	assert_int_equal(vg_store_migrate(store, "t", steps, 2), VG_OK);
	assert_int_equal(vg_store_migrate(store, "t", steps, 2), VG_OK);
	assert_int_equal(count(store), 1);
	assert_int_equal(vg_store_migrate(store, "t", steps, 1), VG_EVERSION);
	vg_store_close(store);
	scratch_fini(&scratch);
}

static void a_step_that_fails_leaves_nothing(void **state)
{
	static const char *const bad[] = { "CREATE TABLE b(id); CREATE TABLE b(id);" };
	struct scratch scratch;
	(void)state;
	scratch_init(&scratch);
	struct vg_store *store = open_in(&scratch);
	assert_int_equal(vg_store_migrate(store, "b", bad, 1), VG_EIO);
	assert_true(vg_store_why(store)[0]);
	assert_null(vg_store_query(store, "SELECT * FROM b", ""));
	vg_store_close(store);
	scratch_fini(&scratch);
}

static void only_the_outermost_commit_writes(void **state)
{
	struct scratch scratch;
	(void)state;
	scratch_init(&scratch);
	struct vg_store *store = open_in(&scratch);
	vg_store_migrate(store, "t", steps, 2);
	assert_int_equal(vg_store_begin(store), VG_OK);
	assert_int_equal(vg_store_begin(store), VG_OK);
	vg_store_exec(store, insert_sql, "tb", "a", NULL, (size_t)0);
	assert_int_equal(vg_store_commit(store), VG_OK);
	vg_store_close(store); /* without the outer commit */
	store = open_in(&scratch);
	assert_int_equal(count(store), 0);
	vg_store_close(store);
	scratch_fini(&scratch);
}

static void an_inner_rollback_dooms_the_whole(void **state)
{
	struct scratch scratch;
	(void)state;
	scratch_init(&scratch);
	struct vg_store *store = open_in(&scratch);
	vg_store_migrate(store, "t", steps, 2);
	vg_store_begin(store);
	vg_store_exec(store, insert_sql, "tb", "a", NULL, (size_t)0);
	vg_store_begin(store);
	vg_store_rollback(store);
	vg_store_begin(store);
	vg_store_exec(store, insert_sql, "tb", "b", NULL, (size_t)0);
	assert_int_equal(vg_store_commit(store), VG_ECONFLICT); /* the inner one says so already */
	assert_int_equal(vg_store_commit(store), VG_ECONFLICT);
	assert_int_equal(count(store), 0);
	vg_store_begin(store);
	vg_store_exec(store, insert_sql, "tb", "c", NULL, (size_t)0);
	assert_int_equal(vg_store_commit(store), VG_OK);
	assert_int_equal(count(store), 1);
	vg_store_close(store);
	scratch_fini(&scratch);
}

static void a_constraint_is_a_conflict_and_texts_are_cut_between_characters(void **state)
{
	static const char get_sql[] = "SELECT name,bytes FROM t WHERE name=?";
	struct scratch scratch;
	char text[4];
	uint8_t blob[3];
	(void)state;
	scratch_init(&scratch);
	struct vg_store *store = open_in(&scratch);
	vg_store_migrate(store, "t", steps, 2);
	assert_int_equal(vg_store_exec(store, insert_sql, "tb", "a\xc3\xa4\xc3\xa4", "abc", (size_t)3), VG_OK);
	assert_int_equal(vg_store_exec(store, insert_sql, "tb", "a\xc3\xa4\xc3\xa4", "abc", (size_t)3), VG_ECONFLICT);
	sqlite3_stmt *s = vg_store_query(store, get_sql, "t", "a\xc3\xa4\xc3\xa4");
	assert_int_equal(vg_store_step(store, s), VG_OK);
	vg_store_text(s, 0, text, sizeof(text));
	assert_string_equal(text, "a\xc3\xa4");
	assert_int_equal(vg_store_blob(s, 1, blob, 3), VG_OK);
	assert_memory_equal(blob, "abc", 3);
	assert_int_equal(vg_store_blob(s, 1, blob, 2), VG_ENOTFOUND);
	assert_int_equal(vg_store_step(store, s), VG_ENOTFOUND);
	vg_store_reset(s);
	vg_store_close(store);
	scratch_fini(&scratch);
}

/* A child commits one row and leaves a second uncommitted, then is gone without any clean-up. */
static void what_was_committed_survives_a_kill(void **state)
{
	struct scratch scratch;
	int status;
	(void)state;
	scratch_init(&scratch);
	pid_t pid = fork();
	if (!pid) {
		char why[VG_STORE_WHY];
		struct vg_store *store = vg_store_open(scratch_path(&scratch, "t.db"), why, sizeof(why));
		if (!store || vg_store_migrate(store, "t", steps, 2) ||
		    vg_store_exec(store, insert_sql, "tb", "a", NULL, (size_t)0) || vg_store_begin(store) ||
		    vg_store_exec(store, insert_sql, "tb", "b", NULL, (size_t)0))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	struct vg_store *store = open_in(&scratch);
	assert_int_equal(count(store), 1);
	vg_store_close(store);
	scratch_fini(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_opener_is_refused),
		cmocka_unit_test(a_file_that_is_no_database_is_refused),
		cmocka_unit_test(tables_are_brought_up_step_by_step),
		cmocka_unit_test(a_step_that_fails_leaves_nothing),
		cmocka_unit_test(only_the_outermost_commit_writes),
		cmocka_unit_test(an_inner_rollback_dooms_the_whole),
		cmocka_unit_test(a_constraint_is_a_conflict_and_texts_are_cut_between_characters),
		cmocka_unit_test(what_was_committed_survives_a_kill),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
