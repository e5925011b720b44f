/* SQLite behind a few words. Prepared statements are cached by the address of their text (rooms pass literals), so a
 * statement is parsed once however often it is used. */
#include "control/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_STATEMENTS 256

struct vg_store {
	sqlite3 *db;
	int lock_fd;
	unsigned depth;
	int is_doomed;
	unsigned n_statements;
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} statements[MAX_STATEMENTS];
	char why[VG_STORE_WHY];
};

static enum vg_err fail(struct vg_store *store)
{
	int code = sqlite3_errcode(store->db);
	snprintf(store->why, sizeof(store->why), "%s", sqlite3_errmsg(store->db));
	return (code & 0xff) == SQLITE_CONSTRAINT ? VG_ECONFLICT : VG_EIO;
}

/* The lock file outlives us on purpose: removing it would let two openers hold two different files. */
static int take_lock(const char *path, char *why, size_t n_why)
{
	char lock_path[4096];
	if (snprintf(lock_path, sizeof(lock_path), "%s.lock", path) >= (int)sizeof(lock_path)) {
		snprintf(why, n_why, "the path of the database is too long");
		return -1;
	}
	int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		snprintf(why, n_why, "%s: %s", lock_path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		snprintf(why, n_why, "%s is in use by another vigild; stop that one first", path);
		close(fd);
		return -1;
	}
	return fd;
}

static enum vg_err pragmas(struct vg_store *store)
{
	static const char setup[] =
		"PRAGMA locking_mode=EXCLUSIVE;PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
		"PRAGMA foreign_keys=ON;PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON;"
		"CREATE TABLE IF NOT EXISTS schema(room TEXT PRIMARY KEY, version INTEGER NOT NULL)";
	if (sqlite3_exec(store->db, setup, NULL, NULL, NULL) != SQLITE_OK)
		return fail(store);
	/* Both must have taken: a file system without shared memory or an old journal mode would fall back silently. */
	static const char mode_sql[] = "PRAGMA journal_mode", sync_sql[] = "PRAGMA synchronous";
	sqlite3_stmt *mode = vg_store_query(store, mode_sql, "");
	if (!mode || vg_store_step(store, mode) || strcmp((const char *)sqlite3_column_text(mode, 0), "wal") != 0) {
		snprintf(store->why, sizeof(store->why), "the file system does not carry a write-ahead log");
		return VG_EIO;
	}
	vg_store_reset(mode);
	sqlite3_stmt *sync = vg_store_query(store, sync_sql, "");
	if (!sync || vg_store_step(store, sync) || sqlite3_column_int(sync, 0) != 2)
		return VG_EIO;
	vg_store_reset(sync);
	return VG_OK;
}

static void release(struct vg_store *store)
{
	for (unsigned i = 0; i < store->n_statements; i++)
		sqlite3_finalize(store->statements[i].statement);
	if (store->db && store->depth)
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	(void)sqlite3_close(store->db);
	close(store->lock_fd);
	free(store);
}

struct vg_store *vg_store_open(const char *path, char *why, size_t n_why)
{
	struct vg_store *store = calloc(1, sizeof(*store));
	if (!store) {
		snprintf(why, n_why, "out of memory");
		return NULL;
	}
	store->lock_fd = take_lock(path, why, n_why);
	if (store->lock_fd < 0) {
		free(store);
		return NULL;
	}
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); /* SQLite would make it 0644 */
	if (fd < 0) {
		snprintf(why, n_why, "%s: %s", path, strerror(errno));
		goto out;
	}
	close(fd);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK || sqlite3_busy_timeout(store->db, 2000) ||
	    pragmas(store)) {
		snprintf(why, n_why, "%s: %s", path, store->why[0] ? store->why : sqlite3_errmsg(store->db));
		goto out;
	}
	return store;
out:
	release(store);
	return NULL;
}

void vg_store_close(struct vg_store *store)
{
	if (store)
		release(store);
}

sqlite3 *vg_store_db(struct vg_store *store)
{
	return store->db;
}

const char *vg_store_why(const struct vg_store *store)
{
	return store->why;
}

enum vg_err vg_store_begin(struct vg_store *store)
{
	if (!store->depth) {
		if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
			return fail(store);
		store->is_doomed = 0;
	}
	store->depth++;
	return VG_OK;
}

enum vg_err vg_store_commit(struct vg_store *store)
{
	VG_INVARIANT(store->depth > 0);
	if (--store->depth)
		return store->is_doomed ? VG_ECONFLICT : VG_OK;
	if (store->is_doomed) {
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
		return VG_ECONFLICT;
	}
	if (sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return VG_OK;
	(void)fail(store);
	if (!sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return VG_EIO;
}

void vg_store_rollback(struct vg_store *store)
{
	VG_INVARIANT(store->depth > 0);
	store->is_doomed = 1;
	if (!--store->depth && !sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

enum vg_err vg_store_migrate(struct vg_store *store, const char *room, const char *const steps[], unsigned n_steps)
{
	static const char get_sql[] = "SELECT version FROM schema WHERE room=?";
	static const char set_sql[] = "INSERT INTO schema(room,version) VALUES(?,?) "
				      "ON CONFLICT(room) DO UPDATE SET version=excluded.version";
	int64_t version = 0;
	enum vg_err err = vg_store_begin(store);
	if (err)
		return err;
	sqlite3_stmt *get = vg_store_query(store, get_sql, "t", room);
	if (!get)
		goto broken;
	err = vg_store_step(store, get);
	if (!err)
		version = sqlite3_column_int64(get, 0);
	vg_store_reset(get);
	if (err && err != VG_ENOTFOUND)
		goto broken;
	if (version < 0 || version > (int64_t)n_steps) {
		snprintf(store->why, sizeof(store->why), "the tables of %s are of a newer version of Vigil", room);
		vg_store_rollback(store);
		return VG_EVERSION;
	}
	for (unsigned i = (unsigned)version; i < n_steps; i++)
		if (sqlite3_exec(store->db, steps[i], NULL, NULL, NULL) != SQLITE_OK) {
			(void)fail(store);
			goto broken;
		}
	if (version != (int64_t)n_steps && vg_store_exec(store, set_sql, "ti", room, (int64_t)n_steps))
		goto broken;
	return vg_store_commit(store);
broken:
	vg_store_rollback(store);
	return VG_EIO;
}

static sqlite3_stmt *cached(struct vg_store *store, const char *sql)
{
	for (unsigned i = 0; i < store->n_statements; i++)
		if (store->statements[i].sql == sql) {
			(void)sqlite3_reset(store->statements[i].statement);
			(void)sqlite3_clear_bindings(store->statements[i].statement);
			return store->statements[i].statement;
		}
	VG_INVARIANT(store->n_statements < MAX_STATEMENTS); /* texts must be literals */
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
		(void)fail(store);
		return NULL;
	}
	store->statements[store->n_statements].sql = sql;
	store->statements[store->n_statements++].statement = statement;
	return statement;
}

static int bind(sqlite3_stmt *statement, const char *types, va_list args)
{
	int code = SQLITE_OK;
	for (int i = 1; *types && code == SQLITE_OK; types++, i++) {
		if (*types == 'i') {
			code = sqlite3_bind_int64(statement, i, va_arg(args, int64_t));
		} else if (*types == 'd') {
			code = sqlite3_bind_double(statement, i, va_arg(args, double));
		} else if (*types == 't') {
			code = sqlite3_bind_text(statement, i, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
		} else if (*types == 'b') {
			const void *blob = va_arg(args, const void *);
			size_t n_blob = va_arg(args, size_t);
			code = blob ? sqlite3_bind_blob64(statement, i, blob, n_blob, SQLITE_TRANSIENT)
				    : sqlite3_bind_null(statement, i);
		} else {
			VG_INVARIANT(*types == 'n');
		}
	}
	return code;
}

static sqlite3_stmt *query(struct vg_store *store, const char *sql, const char *types, va_list args)
{
	sqlite3_stmt *statement = cached(store, sql);
	if (!statement)
		return NULL;
	VG_INVARIANT((size_t)sqlite3_bind_parameter_count(statement) == strlen(types));
	if (bind(statement, types, args) == SQLITE_OK)
		return statement;
	(void)fail(store);
	return NULL;
}

sqlite3_stmt *vg_store_query(struct vg_store *store, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *statement = query(store, sql, types, args);
	va_end(args);
	return statement;
}

enum vg_err vg_store_step(struct vg_store *store, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);
	return code == SQLITE_ROW ? VG_OK : code == SQLITE_DONE ? VG_ENOTFOUND : fail(store);
}

void vg_store_reset(sqlite3_stmt *statement)
{
	if (statement)
		(void)sqlite3_reset(statement);
}

enum vg_err vg_store_exec(struct vg_store *store, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *statement = query(store, sql, types, args);
	va_end(args);
	if (!statement)
		return VG_EIO;
	enum vg_err err = vg_store_step(store, statement);
	vg_store_reset(statement);
	return err == VG_ENOTFOUND ? VG_OK : err;
}

int64_t vg_store_last_id(struct vg_store *store)
{
	return sqlite3_last_insert_rowid(store->db);
}

int vg_store_n_changed(struct vg_store *store)
{
	return sqlite3_changes(store->db);
}

void vg_store_text(sqlite3_stmt *statement, int column, char *text, size_t n_text)
{
	const char *from = (const char *)sqlite3_column_text(statement, column);
	size_t n = from ? (size_t)sqlite3_column_bytes(statement, column) : 0;
	if (n >= n_text) {
		n = n_text - 1;
		while (n && ((unsigned char)from[n] & 0xc0) == 0x80)
			n--;
	}
	if (n)
		memcpy(text, from, n);
	text[n] = 0;
}

enum vg_err vg_store_blob(sqlite3_stmt *statement, int column, void *blob, size_t n_blob)
{
	const void *from = sqlite3_column_blob(statement, column);
	if (!from || (size_t)sqlite3_column_bytes(statement, column) != n_blob) {
		memset(blob, 0, n_blob);
		return VG_ENOTFOUND;
	}
	memcpy(blob, from, n_blob);
	return VG_OK;
}
