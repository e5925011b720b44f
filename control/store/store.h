#pragma once
/* store: the one SQLite connection of vigild: WAL, synchronous=FULL, foreign keys, locked against a second opener.
 * One thread. Rooms make their own tables by vg_store_migrate() and do what belongs together in one transaction. */
#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#define VG_STORE_WHY 256

struct vg_store;

/* Commits nothing: an open transaction is rolled back. */
void vg_store_close(struct vg_store *store);
/* Opens or makes the database file (mode 0600). NULL with the reason in why (n_why bytes, never NULL): not readable,
 * another process has it (lock file path + ".lock", flock(2)), damaged. */
struct vg_store *vg_store_open(const char *path, char *why, size_t n_why) VG_DEALLOC(vg_store_close);
/* Borrowed, for rooms that need SQLite itself. */
sqlite3 *vg_store_db(struct vg_store *store);
/* What the last failed call said; "" where none failed. */
const char *vg_store_why(const struct vg_store *store);

/* Transactions nest: only the outermost commit writes. A rollback at any depth dooms the whole: the outer commit then
 * rolls back and returns VG_ECONFLICT. BEGIN IMMEDIATE. After VG_OK of the outermost commit the data survive power
 * loss. VG_EIO where SQLite fails (rolled back). */
enum vg_err vg_store_begin(struct vg_store *store);
enum vg_err vg_store_commit(struct vg_store *store);
void vg_store_rollback(struct vg_store *store);

/* Brings a room's tables up: steps[i] is the SQL that leads from version i to i + 1; table schema(room, version) knows
 * which have run. Steps are never changed once released. VG_EVERSION where the file is newer than n_steps. */
enum vg_err vg_store_migrate(struct vg_store *store, const char *room, const char *const steps[], unsigned n_steps);

/* Prepares (cached by the text's address: pass literals) and binds: types has one letter for each `?`:
 * i int64_t, t const char * (NULL = null), b const void * and size_t (NULL = null), d double, n nothing (null).
 * The statement is the store's and valid until the next vg_store_query() of the same text; vg_store_reset() it when
 * done. NULL on failure, see vg_store_why(). */
sqlite3_stmt *vg_store_query(struct vg_store *store, const char *sql, const char *types, ...);
/* VG_OK = a row is there, VG_ENOTFOUND = no (further) row, VG_ECONFLICT = a constraint, VG_EIO otherwise. */
enum vg_err vg_store_step(struct vg_store *store, sqlite3_stmt *statement);
void vg_store_reset(sqlite3_stmt *statement);
/* query + step + reset, for statements that give no row. VG_OK, VG_ECONFLICT (constraint), VG_EIO. */
enum vg_err vg_store_exec(struct vg_store *store, const char *sql, const char *types, ...);
/* Row id of the last insert; rows that the last statement changed. */
int64_t vg_store_last_id(struct vg_store *store);
int vg_store_n_changed(struct vg_store *store);
/* Copies a text column, cut to n_text - 1 bytes at a UTF-8 boundary, always terminated; NULL column = "". */
void vg_store_text(sqlite3_stmt *statement, int column, char *text, size_t n_text);
/* Copies a blob column of exactly n_blob bytes; VG_ENOTFOUND where it is null or of another size (blob zeroed). */
enum vg_err vg_store_blob(sqlite3_stmt *statement, int column, void *blob, size_t n_blob);
