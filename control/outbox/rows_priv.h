#pragma once
/* rows: the outbox's tables. A row is loaded, changed by machine.c and saved; nothing of it is kept between two
 * turns. */
#include <stdint.h>

#include "control/outbox/outbox.h"
#include "control/store/store.h"

#define VG_OUTBOX_MAX_FILES 4096
#define VG_NO_CALL          (-1)

/* What happens once the report is retracted. */
enum vg_after_retract { VG_AFTER_BEGIN_AGAIN, VG_AFTER_HOLD, VG_AFTER_FAIL };
/* What the endpoint knows of one file of the case. */
struct vg_row_file {
	char file_id[72];
	uint8_t md5[16];
	int described; /* 1 = yes, 2 = the endpoint refused even the minimal description */
};
struct vg_row {
	struct vg_outbox_row pub;
	int in_flight; /* enum vg_call ordered and not yet answered, VG_NO_CALL = none */
	unsigned in_flight_file;
	enum vg_after_retract after;
	int alarmed; /* an alarm for the 24 h window was given */
	int files_dirty;
	unsigned n_files; /* of the case */
	struct vg_row_file *files;
};
enum vg_err vg_rows_migrate(struct vg_store *store);
/* Loads by id with n_files files (calloc'ed; vg_row_fini()); 0 where files are of no interest. VG_ENOTFOUND, VG_EIO. */
enum vg_err vg_row_load(struct vg_store *store, int64_t id, unsigned n_files, struct vg_row *row);
/* Writes all of it, files where files_dirty. In the caller's transaction. */
enum vg_err vg_row_save(struct vg_store *store, struct vg_row *row);
void vg_row_fini(struct vg_row *row);
/* Next row with work at now_ns: its id and case; an open report goes first. VG_ENOTFOUND: none. */
enum vg_err vg_rows_next(struct vg_store *store, int64_t now_ns, int64_t *id, int64_t *case_id);
/* Adds an answered call; one that never went out only counts up its like. document and answer may be NULL. */
enum vg_err vg_rows_add_call(struct vg_store *store, const struct vg_row *row, const struct vg_link_result *result,
			     unsigned file_idx, const char *endpoint, const char *document, const char *answer);
/* Keeps the receipt of a FILED row. */
enum vg_err vg_rows_set_receipt(struct vg_store *store, int64_t id, const char *receipt);
/* Columns of `SELECT` VG_ROW_COLUMNS into a row. */
#define VG_ROW_COLUMNS                                                                                                \
	"id, case_id, report_id, state, n_attempts, n_opened, finish_sent, minimal, last_code, last_http,"            \
	" queued_ns, opened_ns, changed_ns, next_try_ns, done_ns, last_text, request_id, reason, in_flight,"          \
	" in_flight_file, after, alarmed, n_files, (SELECT count(*) FROM outbox_files f WHERE f.row_id = outbox.id)," \
	" (SELECT count(*) FROM outbox_files f WHERE f.row_id = outbox.id AND f.described)"
void vg_row_read(sqlite3_stmt *q, struct vg_row *row);
