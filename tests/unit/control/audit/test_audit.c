#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "control/audit/audit.h"
#include "tests/lib/scratch.h"

struct fixture {
	struct scratch scratch;
	struct vg_store *store;
	struct vg_audit *audit;
};

static int set_up(void **state)
{
	static struct fixture f;
	char why[VG_STORE_WHY];
	scratch_init(&f.scratch);
	f.store = vg_store_open(scratch_path(&f.scratch, "a.db"), why, sizeof(why));
	f.audit = f.store ? vg_audit_create(f.store) : NULL;
	*state = &f;
	return !f.audit;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_audit_destroy(f->audit);
	vg_store_close(f->store);
	scratch_fini(&f->scratch);
	return 0;
}

static void append_three(struct fixture *f)
{
	assert_int_equal(vg_audit_append(f->audit, "vigild", "case.new", "case 1", NULL), VG_OK);
	assert_int_equal(vg_audit_append(f->audit, "uid:1000", "case.approve", "VG-2026-000001", "{\"reason\":\"x\"}"),
			 VG_OK);
	assert_int_equal(vg_audit_append(f->audit, "vigild", "case.filed", "VG-2026-000001", NULL), VG_OK);
}

static void a_chain_of_rows_verifies(void **state)
{
	struct fixture *f = *state;
	int64_t n_rows = -1;
	uint8_t head[32], again[32], zero[32] = { 0 };
	assert_int_equal(vg_audit_verify(f->audit, &n_rows, head, NULL), VG_OK);
	assert_int_equal(n_rows, 0);
	assert_memory_equal(head, zero, 32);
	append_three(f);
	assert_int_equal(vg_audit_verify(f->audit, &n_rows, head, NULL), VG_OK);
	assert_int_equal(n_rows, 3);
	assert_memory_not_equal(head, zero, 32);
	append_three(f);
	assert_int_equal(vg_audit_verify(f->audit, &n_rows, again, NULL), VG_OK);
	assert_memory_not_equal(head, again, 32);
}

static void rows_cannot_be_changed_or_removed_by_sql(void **state)
{
	struct fixture *f = *state;
	append_three(f);
	assert_int_not_equal(
		sqlite3_exec(vg_store_db(f->store), "UPDATE audit SET who='x' WHERE id=2", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_not_equal(sqlite3_exec(vg_store_db(f->store), "DELETE FROM audit WHERE id=3", NULL, NULL, NULL),
			     SQLITE_OK);
	assert_int_equal(vg_audit_verify(f->audit, NULL, NULL, NULL), VG_OK);
}

static void every_kind_of_tampering_breaks_the_chain(void **state)
{
	static const char *const acts[] = {
		"UPDATE audit SET who='uid:0' WHERE id=2",
		"UPDATE audit SET details='{}' WHERE id=2",
		"UPDATE audit SET wall_ns=wall_ns+1 WHERE id=2",
		"UPDATE audit SET what='case', subject='.approveVG-2026-000001' WHERE id=2",
		"UPDATE audit SET hash=zeroblob(32) WHERE id=2",
		"UPDATE audit SET hash='' WHERE id=2",
		"DELETE FROM audit WHERE id=2",
		"DELETE FROM audit WHERE id=2; UPDATE audit SET id=2 WHERE id=3",
	};
	struct fixture *f = *state;
	append_three(f);
	sqlite3 *db = vg_store_db(f->store);
	assert_int_equal(
		sqlite3_exec(db, "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete", NULL, NULL, NULL),
		SQLITE_OK);
	for (size_t i = 0; i < VG_ARRAY_LEN(acts); i++) {
		int64_t first_bad = 0;
		sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
		assert_int_equal(sqlite3_exec(db, acts[i], NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(vg_audit_verify(f->audit, NULL, NULL, &first_bad), VG_ECORRUPT);
		assert_in_range(first_bad, 2, 3);
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
	assert_int_equal(vg_audit_verify(f->audit, NULL, NULL, NULL), VG_OK);
}

static void an_act_and_its_row_stand_or_fall_together(void **state)
{
	struct fixture *f = *state;
	int64_t n_rows;
	append_three(f);
	vg_store_begin(f->store);
	append_three(f);
	vg_store_rollback(f->store);
	assert_int_equal(vg_audit_verify(f->audit, &n_rows, NULL, NULL), VG_OK);
	assert_int_equal(n_rows, 3);
}

static void note_row(void *ctx, const struct vg_audit_row *row)
{
	int64_t *ids = ctx;
	ids[++ids[0]] = row->id;
}

static void the_newest_rows_come_first(void **state)
{
	struct fixture *f = *state;
	int64_t ids[8] = { 0 };
	append_three(f);
	assert_int_equal(vg_audit_list(f->audit, 2, note_row, ids), VG_OK);
	assert_int_equal(ids[0], 2);
	assert_int_equal(ids[1], 3);
	assert_int_equal(ids[2], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_chain_of_rows_verifies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rows_cannot_be_changed_or_removed_by_sql, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_kind_of_tampering_breaks_the_chain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_act_and_its_row_stand_or_fall_together, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_newest_rows_come_first, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
