/* rows: SQL of the outbox. */
#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>
#include <vigil/clock.h>

#include "control/outbox/rows_priv.h"

static const char *const steps[] = {
	"CREATE TABLE outbox(id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL UNIQUE, state INTEGER NOT NULL,"
	" report_id INTEGER NOT NULL DEFAULT 0, n_attempts INTEGER NOT NULL DEFAULT 0,"
	" n_opened INTEGER NOT NULL DEFAULT 0, finish_sent INTEGER NOT NULL DEFAULT 0,"
	" minimal INTEGER NOT NULL DEFAULT 0, last_code INTEGER NOT NULL DEFAULT -1,"
	" last_http INTEGER NOT NULL DEFAULT 0, queued_ns INTEGER NOT NULL, opened_ns INTEGER NOT NULL DEFAULT 0,"
	" changed_ns INTEGER NOT NULL DEFAULT 0, next_try_ns INTEGER NOT NULL DEFAULT 0,"
	" done_ns INTEGER NOT NULL DEFAULT 0, last_text TEXT, request_id TEXT, reason TEXT,"
	" in_flight INTEGER NOT NULL DEFAULT -1, in_flight_file INTEGER NOT NULL DEFAULT 0,"
	" after INTEGER NOT NULL DEFAULT 0, alarmed INTEGER NOT NULL DEFAULT 0, n_files INTEGER NOT NULL DEFAULT 0,"
	" receipt TEXT);"
	"CREATE INDEX outbox_due ON outbox(state, next_try_ns);"
	"CREATE TABLE outbox_files(row_id INTEGER NOT NULL REFERENCES outbox(id), file_idx INTEGER NOT NULL,"
	" file_id TEXT NOT NULL, md5 BLOB NOT NULL, described INTEGER NOT NULL, PRIMARY KEY(row_id, file_idx));"
	"CREATE TABLE outbox_calls(id INTEGER PRIMARY KEY, row_id INTEGER NOT NULL REFERENCES outbox(id),"
	" at_ns INTEGER NOT NULL, endpoint TEXT, report_id INTEGER NOT NULL, call INTEGER NOT NULL,"
	" outcome INTEGER NOT NULL, file_idx INTEGER NOT NULL, code INTEGER NOT NULL, http_status INTEGER NOT NULL,"
	" took_ms INTEGER NOT NULL, n_times INTEGER NOT NULL DEFAULT 1, description TEXT, request_id TEXT,"
	" document TEXT, answer TEXT);"
	"CREATE INDEX outbox_calls_row ON outbox_calls(row_id, id)",
};

enum vg_err vg_rows_migrate(struct vg_store *store)
{
	return vg_store_migrate(store, "outbox", steps, VG_ARRAY_LEN(steps));
}

void vg_row_read(sqlite3_stmt *q, struct vg_row *row)
{
	struct vg_outbox_row *p = &row->pub;
	memset(row, 0, sizeof(*row));
	p->id = sqlite3_column_int64(q, 0);
	p->case_id = sqlite3_column_int64(q, 1);
	p->report_id = sqlite3_column_int64(q, 2);
	p->state = (enum vg_outbox_state)sqlite3_column_int(q, 3);
	p->n_attempts = (unsigned)sqlite3_column_int(q, 4);
	p->n_opened = (unsigned)sqlite3_column_int(q, 5);
	p->finish_sent = sqlite3_column_int(q, 6);
	p->minimal = sqlite3_column_int(q, 7);
	p->last_code = sqlite3_column_int(q, 8);
	p->last_http = sqlite3_column_int(q, 9);
	p->queued_ns = sqlite3_column_int64(q, 10);
	p->opened_ns = sqlite3_column_int64(q, 11);
	p->changed_ns = sqlite3_column_int64(q, 12);
	p->next_try_ns = sqlite3_column_int64(q, 13);
	p->done_ns = sqlite3_column_int64(q, 14);
	vg_store_text(q, 15, p->last_text, sizeof(p->last_text));
	vg_store_text(q, 16, p->request_id, sizeof(p->request_id));
	vg_store_text(q, 17, p->reason, sizeof(p->reason));
	row->in_flight = sqlite3_column_int(q, 18);
	row->in_flight_file = (unsigned)sqlite3_column_int(q, 19);
	row->after = (enum vg_after_retract)sqlite3_column_int(q, 20);
	row->alarmed = sqlite3_column_int(q, 21);
	p->n_files = (unsigned)sqlite3_column_int(q, 22);
	p->n_uploaded = (unsigned)sqlite3_column_int(q, 23);
	p->n_described = (unsigned)sqlite3_column_int(q, 24);
}

static enum vg_err load_files(struct vg_store *store, struct vg_row *row)
{
	static const char sql[] = "SELECT file_idx, file_id, md5, described FROM outbox_files WHERE row_id = ?";
	sqlite3_stmt *q = vg_store_query(store, sql, "i", row->pub.id);
	enum vg_err err = q ? VG_OK : VG_EIO;

	while (!err && !(err = vg_store_step(store, q))) {
		int64_t idx = sqlite3_column_int64(q, 0);
		if (idx < 0 || idx >= (int64_t)row->n_files)
			continue;
		struct vg_row_file *f = &row->files[idx];
		vg_store_text(q, 1, f->file_id, sizeof(f->file_id));
		(void)vg_store_blob(q, 2, f->md5, sizeof(f->md5));
		f->described = sqlite3_column_int(q, 3);
	}
	vg_store_reset(q);
	return err == VG_ENOTFOUND ? VG_OK : err;
}
enum vg_err vg_row_load(struct vg_store *store, int64_t id, unsigned n_files, struct vg_row *row)
{
	static const char sql[] = "SELECT " VG_ROW_COLUMNS " FROM outbox WHERE id = ?";
	sqlite3_stmt *q = vg_store_query(store, sql, "i", id);
	enum vg_err err = q ? vg_store_step(store, q) : VG_EIO;

	memset(row, 0, sizeof(*row));
	if (!err)
		vg_row_read(q, row);
	vg_store_reset(q);
	if (err)
		return err;
	row->n_files = n_files;
	if (n_files)
		row->pub.n_files = n_files;
	row->files = calloc(n_files ? n_files : 1, sizeof(*row->files));
	err = row->files ? load_files(store, row) : VG_ENOMEM;
	if (err)
		vg_row_fini(row);
	return err;
}
void vg_row_fini(struct vg_row *row)
{
	free(row->files);
	row->files = NULL;
}

static enum vg_err save_files(struct vg_store *store, struct vg_row *row)
{
	static const char clear[] = "DELETE FROM outbox_files WHERE row_id = ?";
	static const char insert[] =
		"INSERT INTO outbox_files(row_id, file_idx, file_id, md5, described) VALUES(?,?,?,?,?)";
	enum vg_err err = vg_store_exec(store, clear, "i", row->pub.id);

	for (unsigned i = 0; i < row->n_files && !err; i++) {
		const struct vg_row_file *f = &row->files[i];
		if (f->file_id[0])
			err = vg_store_exec(store, insert, "iitbi", row->pub.id, (int64_t)i, f->file_id, f->md5,
					    sizeof(f->md5), (int64_t)f->described);
	}
	row->files_dirty = 0;
	return err;
}
enum vg_err vg_row_save(struct vg_store *store, struct vg_row *row)
{
	static const char sql[] =
		"UPDATE outbox SET report_id=?, state=?, n_attempts=?, n_opened=?, finish_sent=?, minimal=?,"
		" last_code=?, last_http=?, opened_ns=?, changed_ns=?, next_try_ns=?, done_ns=?, last_text=?,"
		" request_id=?, reason=?, in_flight=?, in_flight_file=?, after=?, alarmed=?, n_files=? WHERE id=?";
	const struct vg_outbox_row *p = &row->pub;
	enum vg_err err = vg_store_exec(store, sql, "iiiiiiiiiiiitttiiiiii", p->report_id, (int64_t)p->state,
					(int64_t)p->n_attempts, (int64_t)p->n_opened, (int64_t)p->finish_sent,
					(int64_t)p->minimal, (int64_t)p->last_code, (int64_t)p->last_http, p->opened_ns,
					p->changed_ns, p->next_try_ns, p->done_ns, p->last_text, p->request_id,
					p->reason, (int64_t)row->in_flight, (int64_t)row->in_flight_file,
					(int64_t)row->after, (int64_t)row->alarmed, (int64_t)p->n_files, p->id);
	return err || !row->files_dirty ? err : save_files(store, row);
}

enum vg_err vg_rows_next(struct vg_store *store, int64_t now_ns, int64_t *id, int64_t *case_id)
{
	static const char sql[] = "SELECT id, case_id FROM outbox WHERE state <= ? AND next_try_ns <= ?"
				  " ORDER BY report_id <> 0 DESC, next_try_ns, id LIMIT 1";
	sqlite3_stmt *q = vg_store_query(store, sql, "ii", (int64_t)VG_OUTBOX_RETRACTING, now_ns);
	enum vg_err err = q ? vg_store_step(store, q) : VG_EIO;
	if (!err) {
		*id = sqlite3_column_int64(q, 0);
		*case_id = sqlite3_column_int64(q, 1);
	}
	vg_store_reset(q);
	return err;
}

/* A call that never left repeats for days where an endpoint is away: one row with a count is enough. */
static enum vg_err count_up(struct vg_store *store, const struct vg_row *row, const struct vg_link_result *r)
{
	static const char sql[] = "UPDATE outbox_calls SET n_times = n_times + 1, at_ns = ?, description = ? WHERE id ="
				  " (SELECT max(id) FROM outbox_calls WHERE row_id = ?) AND call = ? AND outcome = ?";
	enum vg_err err = vg_store_exec(store, sql, "itiii", vg_wall_now().ns, r->description, row->pub.id,
					(int64_t)r->call, (int64_t)r->outcome);
	return err ? err : vg_store_n_changed(store) ? VG_OK : VG_ENOTFOUND;
}
enum vg_err vg_rows_add_call(struct vg_store *store, const struct vg_row *row, const struct vg_link_result *result,
			     unsigned file_idx, const char *endpoint, const char *document, const char *answer)
{
	static const char sql[] =
		"INSERT INTO outbox_calls(row_id, at_ns, endpoint, report_id, call, outcome, file_idx,"
		" code, http_status, took_ms, description, request_id, document, answer)"
		" VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
	enum vg_err err = VG_ENOTFOUND;

	if (result->outcome == VG_OUTCOME_NOT_SENT || result->outcome == VG_OUTCOME_REFUSED)
		err = count_up(store, row, result);
	if (err != VG_ENOTFOUND)
		return err;
	return vg_store_exec(store, sql, "iitiiiiiiitttt", row->pub.id, vg_wall_now().ns, endpoint, row->pub.report_id,
			     (int64_t)result->call, (int64_t)result->outcome, (int64_t)file_idx, (int64_t)result->code,
			     (int64_t)result->http_status, (int64_t)result->took_ms, result->description,
			     result->request_id, document, answer);
}
enum vg_err vg_rows_set_receipt(struct vg_store *store, int64_t id, const char *receipt)
{
	return vg_store_exec(store, "UPDATE outbox SET receipt = ? WHERE id = ?", "ti", receipt, id);
}
