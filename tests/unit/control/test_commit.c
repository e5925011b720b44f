#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <vigil/memfd.h>

#include "control/commit.h"
#include "control/evidence/keys.h"
#include "control/loop/loop.h"
#include "tests/lib/match_make.h"
#include "tests/lib/scratch.h"

#define N_BYTES 3000u

/* vigild's rooms over a folder that outlives the process. */
struct rooms {
	struct vg_loop *loop;
	struct vg_audit *audit;
	struct vg_commit_rooms commit;
	char evidence_dir[200];
};

static int rooms_open(struct rooms *r, const struct scratch *scratch)
{
	static char keys[2][200];
	char why[VG_STORE_WHY];
	struct vg_evidence_conf evidence = { .dir = r->evidence_dir, .n_custodians = 2 };
	struct vg_outbox_conf *outbox = calloc(1, sizeof(*outbox));
	enum vg_err err;
	memset(r, 0, sizeof(*r));
	snprintf(r->evidence_dir, sizeof(r->evidence_dir), "%s/evidence", scratch->dir);
	for (int i = 0; i < 2; i++) {
		snprintf(keys[i], sizeof(keys[i]), "%s/custodian-%d.pub", scratch->dir, i + 1);
		evidence.custodian_paths[i] = keys[i];
	}
	r->loop = vg_loop_create();
	r->commit.store = vg_store_open(scratch_path(scratch, "vigil.db"), why, sizeof(why));
	r->audit = r->commit.store ? vg_audit_create(r->commit.store) : NULL;
	r->commit.cases = r->audit ? vg_cases_create(r->commit.store, r->audit, 3600000000000ll) : NULL;
	r->commit.evidence = r->commit.cases ? vg_evidence_create(r->commit.store, &evidence, &err) : NULL;
	r->commit.max_evidence_bytes = 1 << 20;
	outbox->link.environment = VG_ENVIRONMENT_TEST;
	strcpy(outbox->link.url, "https://127.0.0.1:1/ispws");
	strcpy(outbox->link.user, "u");
	strcpy(outbox->link.password_path, "/nonexistent");
	strcpy(outbox->link.card.email, "a@b.test");
	if (r->commit.evidence)
		r->commit.outbox = vg_outbox_create(r->commit.store, r->loop, r->commit.cases, r->audit,
						    r->commit.evidence, outbox, &err);
	free(outbox);
	if (!r->commit.outbox)
		return -1;
	(void)vg_evidence_sweep(r->commit.evidence);
	return 0;
}

static void rooms_close(struct rooms *r)
{
	vg_outbox_destroy(r->commit.outbox);
	vg_evidence_destroy(r->commit.evidence);
	vg_cases_destroy(r->commit.cases);
	vg_audit_destroy(r->audit);
	vg_store_close(r->commit.store);
	vg_loop_destroy(r->loop);
}

static int content(void)
{
	uint8_t bytes[N_BYTES];
	int fd = vg_memfd_new("match", N_BYTES);
	memset(bytes, 7, sizeof(bytes));
	assert_int_equal(pwrite(fd, bytes, N_BYTES, 0), N_BYTES);
	assert_int_equal(vg_memfd_seal(fd, VG_SEALS_FINAL), VG_OK);
	return fd;
}

static struct vg_case_match a_match(unsigned n)
{
	struct vg_case_match m = match_make(n);
	m.file.n_bytes = m.file.n_sample_bytes = N_BYTES;
	return m;
}

static int64_t n_of(struct rooms *r, const char *sql)
{
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_prepare_v2(vg_store_db(r->commit.store), sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static void expect_one_of_each(struct rooms *r, int64_t n_cases)
{
	assert_int_equal(n_of(r, "SELECT count(*) FROM cases"), n_cases);
	assert_int_equal(n_of(r, "SELECT count(*) FROM case_files WHERE evidence_id<>''"), n_cases);
	assert_int_equal(n_of(r, "SELECT count(*) FROM outbox"), n_cases);
	assert_int_equal(n_of(r, "SELECT count(*) FROM audit WHERE what='case.new'"), n_cases);
	assert_int_equal(scratch_count(r->evidence_dir), n_cases);
	assert_int_equal(vg_audit_verify(r->audit, NULL, NULL, NULL), VG_OK);
}

static int set_up(void **state)
{
	static struct scratch scratch;
	uint8_t key[32] = { 9, 1 };
	struct rooms r;
	scratch_init(&scratch);
	if (vg_custodian_keygen(scratch.dir) || rooms_open(&r, &scratch))
		return -1;
	if (vg_evidence_take_reporter_key(r.commit.evidence, 1, key))
		return -1;
	rooms_close(&r);
	*state = &scratch;
	return 0;
}

static int tear_down(void **state)
{
	scratch_fini(*state);
	return 0;
}

static void a_match_is_one_case_one_file_one_report(void **state)
{
	struct rooms r;
	struct vg_case_match m = a_match(1);
	struct vg_case_added added;
	int fd = content();
	assert_int_equal(rooms_open(&r, *state), 0);
	assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_OK);
	assert_true(added.is_new);
	expect_one_of_each(&r, 1);
	m = a_match(1);
	assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_OK);
	assert_true(added.is_known);
	m = a_match(1);
	m.object_id++;
	assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_OK);
	assert_false(added.is_new || added.is_known);
	expect_one_of_each(&r, 1);
	m = a_match(2);
	assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_OK);
	expect_one_of_each(&r, 2);
	close(fd);
	rooms_close(&r);
}

static void what_is_only_counted_keeps_no_bytes(void **state)
{
	struct rooms r;
	struct vg_case_match m = a_match(1);
	struct vg_case_added added;
	int fd = content();
	assert_int_equal(rooms_open(&r, *state), 0);
	m.hit_actions[0] = VG_ACTION_COUNT;
	assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_OK);
	assert_int_equal(added.state, VG_CASE_COUNTED);
	assert_int_equal(scratch_count(r.evidence_dir), 0);
	assert_int_equal(n_of(&r, "SELECT count(*) FROM outbox"), 0);
	close(fd);
	rooms_close(&r);
}

static void the_declared_room_is_kept(void **state)
{
	struct rooms r;
	struct vg_case_match m = a_match(1);
	struct vg_case_added added;
	int fd = content();
	assert_int_equal(rooms_open(&r, *state), 0);
	r.commit.max_evidence_bytes = N_BYTES + 10;
	assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_OK);
	m = a_match(2);
	assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_EFULL);
	expect_one_of_each(&r, 1);
	close(fd);
	rooms_close(&r);
}

static void bytes_that_cannot_be_sealed_make_no_case(void **state)
{
	struct rooms r;
	struct vg_case_match m = a_match(1);
	struct vg_case_added added;
	assert_int_equal(rooms_open(&r, *state), 0);
	assert_int_equal(vg_commit_match(&r.commit, &m, -1, &added), VG_EIO);
	expect_one_of_each(&r, 0);
	int fd = content();
	m = a_match(1);
	assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_OK);
	expect_one_of_each(&r, 1);
	close(fd);
	rooms_close(&r);
}

/* Where a process is killed, or a statement made to fail: before the nth changed row, before the commit, after it. */
static int countdown;
static void die_at_row(void *ctx, int op, char const *db, char const *table, sqlite3_int64 id)
{
	(void)ctx;
	(void)op;
	(void)db;
	(void)table;
	(void)id;
	if (!countdown--)
		_exit(9);
}
static int die_at_commit(void *ctx)
{
	(void)ctx;
	_exit(9);
}
static int die_after_commit(void *ctx, sqlite3 *db, const char *name, int n_pages)
{
	(void)ctx;
	(void)db;
	(void)name;
	(void)n_pages;
	_exit(9);
}
static int refuse_at_row(void *ctx, int op, const char *a, const char *b, const char *c, const char *d)
{
	(void)ctx;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return op == SQLITE_INSERT && !countdown-- ? SQLITE_DENY : SQLITE_OK;
}

/* A child commits a match and is gone at the given step. Returns 9 where it died there, 0 where it got through. */
static int killed_at(const struct scratch *scratch, int step)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		struct rooms r;
		struct vg_case_match m = a_match(1);
		struct vg_case_added added;
		if (rooms_open(&r, scratch))
			_exit(1);
		sqlite3 *db = vg_store_db(r.commit.store);
		countdown = step;
		if (step == -1)
			sqlite3_commit_hook(db, die_at_commit, NULL);
		else if (step == -2)
			sqlite3_wal_hook(db, die_after_commit, NULL);
		else
			sqlite3_update_hook(db, die_at_row, NULL);
		int fd = content();
		_exit(vg_commit_match(&r.commit, &m, fd, &added) ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_kill_at_every_step_loses_and_doubles_nothing(void **state)
{
	int n_killed = 0;
	for (int step = -2; step < 100; step++) {
		struct rooms r;
		struct vg_case_added added;
		struct vg_case_match m = a_match(1);
		int code = killed_at(*state, step);
		assert_true(code == 0 || code == 9);
		assert_int_equal(rooms_open(&r, *state), 0); /* sweeps what no row names */
		expect_one_of_each(&r, step == -2 || !code);
		int fd = content();
		assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_OK); /* the hasher sends it again */
		expect_one_of_each(&r, 1);
		close(fd);
		rooms_close(&r);
		n_killed += code == 9;
		tear_down(state);
		assert_int_equal(set_up(state), 0);
		if (!code)
			break;
	}
	print_message("killed at %d steps\n", n_killed);
	assert_true(n_killed >= 8);
}

static void a_statement_that_fails_at_any_place_leaves_nothing(void **state)
{
	int n_failed = 0;
	for (int step = 0; step < 100; step++) {
		struct rooms r;
		struct vg_case_added added;
		struct vg_case_match m = a_match(1);
		int fd = content();
		assert_int_equal(rooms_open(&r, *state), 0);
		countdown = step;
		sqlite3_set_authorizer(vg_store_db(r.commit.store), refuse_at_row, NULL);
		enum vg_err err = vg_commit_match(&r.commit, &m, fd, &added);
		sqlite3_set_authorizer(vg_store_db(r.commit.store), NULL, NULL);
		expect_one_of_each(&r, !err);
		n_failed += err != VG_OK;
		m = a_match(1);
		assert_int_equal(vg_commit_match(&r.commit, &m, fd, &added), VG_OK);
		expect_one_of_each(&r, 1);
		close(fd);
		rooms_close(&r);
		tear_down(state);
		assert_int_equal(set_up(state), 0);
		if (!err)
			break;
	}
	print_message("failed at %d places\n", n_failed);
	assert_true(n_failed >= 5);
}

static void what_was_queued_while_nothing_was_reported_is_queued_later(void **state)
{
	struct rooms r;
	struct vg_case_match m = a_match(1);
	struct vg_case_added added;
	int fd = content();
	assert_int_equal(rooms_open(&r, *state), 0);
	struct vg_commit_rooms quiet = r.commit;
	quiet.outbox = NULL;
	assert_int_equal(vg_commit_match(&quiet, &m, fd, &added), VG_OK);
	assert_int_equal(vg_commit_requeue(&quiet), VG_OK);
	assert_int_equal(n_of(&r, "SELECT count(*) FROM outbox"), 0);
	assert_int_equal(vg_commit_requeue(&r.commit), VG_OK);
	assert_int_equal(vg_commit_requeue(&r.commit), VG_OK);
	expect_one_of_each(&r, 1);
	close(fd);
	rooms_close(&r);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_match_is_one_case_one_file_one_report),
		T(what_is_only_counted_keeps_no_bytes),
		T(the_declared_room_is_kept),
		T(bytes_that_cannot_be_sealed_make_no_case),
		T(a_kill_at_every_step_loses_and_doubles_nothing),
		T(a_statement_that_fails_at_any_place_leaves_nothing),
		T(what_was_queued_while_nothing_was_reported_is_queued_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
