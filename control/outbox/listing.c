/* listing: what ctl and metrics read of the outbox. */
#include <string.h>

#include "control/outbox/outbox_priv.h"

enum vg_err vg_outbox_list(struct vg_outbox *ob, vg_outbox_row_fn *fn, void *user)
{
	static const char sql[] = "SELECT " VG_ROW_COLUMNS " FROM outbox ORDER BY id";
	sqlite3_stmt *q = vg_store_query(ob->store, sql, "");
	enum vg_err err = q ? VG_OK : VG_EIO;
	struct vg_row row;

	while (!err && !(err = vg_store_step(ob->store, q))) {
		vg_row_read(q, &row);
		if (fn(user, &row.pub))
			break;
	}
	vg_store_reset(q);
	return err == VG_ENOTFOUND ? VG_OK : err;
}
enum vg_err vg_outbox_find(struct vg_outbox *ob, int64_t case_id, struct vg_outbox_row *found)
{
	static const char sql[] = "SELECT " VG_ROW_COLUMNS " FROM outbox WHERE case_id = ?";
	sqlite3_stmt *q = vg_store_query(ob->store, sql, "i", case_id);
	enum vg_err err = q ? vg_store_step(ob->store, q) : VG_EIO;
	struct vg_row row;

	if (!err) {
		vg_row_read(q, &row);
		*found = row.pub;
	}
	vg_store_reset(q);
	return err;
}
enum vg_err vg_outbox_calls(struct vg_outbox *ob, int64_t row_id, vg_outbox_call_fn *fn, void *user)
{
	static const char sql[] =
		"SELECT id, at_ns, report_id, call, outcome, file_idx, code, http_status, took_ms,"
		" description, request_id, document, answer FROM outbox_calls WHERE row_id = ? ORDER BY id";
	sqlite3_stmt *q = vg_store_query(ob->store, sql, "i", row_id);
	enum vg_err err = q ? VG_OK : VG_EIO;

	while (!err && !(err = vg_store_step(ob->store, q))) {
		struct vg_outbox_call call = { .id = sqlite3_column_int64(q, 0),
					       .at_ns = sqlite3_column_int64(q, 1),
					       .report_id = sqlite3_column_int64(q, 2),
					       .call = (unsigned)sqlite3_column_int(q, 3),
					       .outcome = (unsigned)sqlite3_column_int(q, 4),
					       .file_idx = (unsigned)sqlite3_column_int(q, 5),
					       .code = sqlite3_column_int(q, 6),
					       .http_status = sqlite3_column_int(q, 7),
					       .took_ms = (uint32_t)sqlite3_column_int64(q, 8),
					       .description = (const char *)sqlite3_column_text(q, 9),
					       .request_id = (const char *)sqlite3_column_text(q, 10),
					       .document = (const char *)sqlite3_column_text(q, 11),
					       .answer = (const char *)sqlite3_column_text(q, 12) };
		if (fn(user, &call))
			break;
	}
	vg_store_reset(q);
	return err == VG_ENOTFOUND ? VG_OK : err;
}
void vg_outbox_counts(struct vg_outbox *ob, struct vg_outbox_counts *counts)
{
	static const char sql[] = "SELECT state, count(*), min(queued_ns) FROM outbox GROUP BY state";
	sqlite3_stmt *q = vg_store_query(ob->store, sql, "");

	memset(counts, 0, sizeof(*counts));
	while (q && !vg_store_step(ob->store, q)) {
		int state = sqlite3_column_int(q, 0);
		int64_t oldest_ns = sqlite3_column_int64(q, 2);
		if (state < 0 || state >= VG_OUTBOX_STATE_N)
			continue;
		counts->n_state[state] = (uint64_t)sqlite3_column_int64(q, 1);
		if (state != VG_OUTBOX_FILED && state != VG_OUTBOX_DONE_WITHOUT_RECEIPT &&
		    (!counts->oldest_pending_ns || oldest_ns < counts->oldest_pending_ns))
			counts->oldest_pending_ns = oldest_ns;
	}
	vg_store_reset(q);
	counts->reporter_connected = ob->peer_ready;
	counts->breaker_open = ob->closed_until_ns != 0;
}
int vg_outbox_settled(struct vg_outbox *ob)
{
	static const char sql[] = "SELECT 1 FROM outbox WHERE state <= ? LIMIT 1";
	sqlite3_stmt *q = vg_store_query(ob->store, sql, "i", (int64_t)VG_OUTBOX_RETRACTING);
	enum vg_err err = q ? vg_store_step(ob->store, q) : VG_EIO;
	vg_store_reset(q);
	return err == VG_ENOTFOUND;
}
