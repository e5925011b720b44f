/* The chain is the point: whoever can write the file can rewrite rows, but not without moving every later hash, and
 * heads leave the machine. The triggers only keep our own code honest. */
#include "control/audit/audit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vigil/bytes.h>
#include <vigil/clock.h>

#define HASH_BYTES 32

static const char *const steps[] = {
	"CREATE TABLE audit(id INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,"
	" subject TEXT NOT NULL, details TEXT NOT NULL, hash BLOB NOT NULL);"
	"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT,'audit is append-only'); END;"
	"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT,'audit is append-only'); END;",
};

struct vg_audit {
	struct vg_store *store;
	EVP_MD_CTX *sha;
};

struct vg_audit *vg_audit_create(struct vg_store *store)
{
	struct vg_audit *audit = calloc(1, sizeof(*audit));
	if (!audit)
		return NULL;
	audit->store = store;
	audit->sha = EVP_MD_CTX_new();
	if (audit->sha && !vg_store_migrate(store, "audit", steps, VG_ARRAY_LEN(steps)))
		return audit;
	EVP_MD_CTX_free(audit->sha);
	free(audit);
	return NULL;
}

void vg_audit_destroy(struct vg_audit *audit)
{
	if (!audit)
		return;
	EVP_MD_CTX_free(audit->sha);
	free(audit);
}

static int add_field(struct vg_audit *audit, const void *bytes, size_t n_bytes)
{
	uint8_t length[4];
	vg_put_be32(length, (uint32_t)n_bytes);
	return EVP_DigestUpdate(audit->sha, length, sizeof(length)) && EVP_DigestUpdate(audit->sha, bytes, n_bytes);
}

static int add_number(struct vg_audit *audit, int64_t number)
{
	uint8_t bytes[8];
	vg_put_be32(bytes, (uint32_t)((uint64_t)number >> 32));
	vg_put_be32(bytes + 4, (uint32_t)(uint64_t)number);
	return EVP_DigestUpdate(audit->sha, bytes, sizeof(bytes));
}

static enum vg_err chain(struct vg_audit *audit, const uint8_t previous[HASH_BYTES], const struct vg_audit_row *row,
			 uint8_t hash[HASH_BYTES])
{
	const char *fields[] = { row->who, row->what, row->subject, row->details };
	int is_ok = EVP_DigestInit_ex(audit->sha, EVP_sha256(), NULL) &&
		    EVP_DigestUpdate(audit->sha, previous, HASH_BYTES) && add_number(audit, row->id) &&
		    add_number(audit, row->wall_ns);
	for (size_t i = 0; i < VG_ARRAY_LEN(fields) && is_ok; i++)
		is_ok = add_field(audit, fields[i], strlen(fields[i]));
	return is_ok && EVP_DigestFinal_ex(audit->sha, hash, NULL) ? VG_OK : VG_EIO;
}

/* The newest row's id and hash; id 0 and zeros where there is none. */
static enum vg_err head(struct vg_audit *audit, int64_t *id, uint8_t hash[HASH_BYTES])
{
	static const char sql[] = "SELECT id,hash FROM audit ORDER BY id DESC LIMIT 1";
	*id = 0;
	memset(hash, 0, HASH_BYTES);
	sqlite3_stmt *s = vg_store_query(audit->store, sql, "");
	if (!s)
		return VG_EIO;
	enum vg_err err = vg_store_step(audit->store, s);
	if (!err) {
		*id = sqlite3_column_int64(s, 0);
		err = vg_store_blob(s, 1, hash, HASH_BYTES);
	} else if (err == VG_ENOTFOUND) {
		err = VG_OK;
	}
	vg_store_reset(s);
	return err ? VG_EIO : VG_OK;
}

enum vg_err vg_audit_append(struct vg_audit *audit, const char *who, const char *what, const char *subject,
			    const char *details)
{
	static const char sql[] = "INSERT INTO audit(id,wall_ns,who,what,subject,details,hash) VALUES(?,?,?,?,?,?,?)";
	struct vg_audit_row row = { .wall_ns = vg_wall_now().ns,
				    .who = who,
				    .what = what,
				    .subject = subject,
				    .details = details ? details : "{}" };
	uint8_t previous[HASH_BYTES];
	if (vg_store_begin(audit->store))
		return VG_EIO;
	enum vg_err err = head(audit, &row.id, previous);
	row.id++;
	if (!err)
		err = chain(audit, previous, &row, row.hash);
	if (!err)
		err = vg_store_exec(audit->store, sql, "iittttb", row.id, row.wall_ns, row.who, row.what, row.subject,
				    row.details, row.hash, (size_t)HASH_BYTES);
	if (!err)
		return vg_store_commit(audit->store) ? VG_EIO : VG_OK;
	vg_store_rollback(audit->store);
	return VG_EIO;
}

/* A NULL column (a hand-made row) reads as the empty string; the hash then decides. */
static const char *text_of(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);
	return text ? text : "";
}

static enum vg_err read_row(sqlite3_stmt *s, struct vg_audit_row *row)
{
	row->id = sqlite3_column_int64(s, 0);
	row->wall_ns = sqlite3_column_int64(s, 1);
	row->who = text_of(s, 2);
	row->what = text_of(s, 3);
	row->subject = text_of(s, 4);
	row->details = text_of(s, 5);
	return vg_store_blob(s, 6, row->hash, HASH_BYTES);
}

enum vg_err vg_audit_list(struct vg_audit *audit, unsigned n_rows, vg_audit_fn fn, void *ctx)
{
	static const char sql[] = "SELECT id,wall_ns,who,what,subject,details,hash FROM audit ORDER BY id DESC LIMIT ?";
	struct vg_audit_row row;
	sqlite3_stmt *s = vg_store_query(audit->store, sql, "i", (int64_t)n_rows);
	enum vg_err err = s ? VG_OK : VG_EIO;
	while (!err && !(err = vg_store_step(audit->store, s))) {
		(void)read_row(s, &row);
		fn(ctx, &row);
	}
	vg_store_reset(s);
	return err == VG_ENOTFOUND ? VG_OK : err;
}

enum vg_err vg_audit_verify(struct vg_audit *audit, int64_t *n_rows, uint8_t head_hash[32], int64_t *first_bad)
{
	static const char sql[] = "SELECT id,wall_ns,who,what,subject,details,hash FROM audit ORDER BY id";
	uint8_t previous[HASH_BYTES] = { 0 }, hash[HASH_BYTES];
	struct vg_audit_row row;
	int64_t n = 0;
	sqlite3_stmt *s = vg_store_query(audit->store, sql, "");
	enum vg_err err = s ? VG_OK : VG_EIO;
	while (!err && !(err = vg_store_step(audit->store, s))) {
		enum vg_err bad = read_row(s, &row);
		if (bad || row.id != n + 1 || chain(audit, previous, &row, hash) ||
		    memcmp(hash, row.hash, HASH_BYTES) != 0) {
			if (first_bad)
				*first_bad = row.id;
			err = VG_ECORRUPT;
			break;
		}
		memcpy(previous, hash, HASH_BYTES);
		n++;
	}
	vg_store_reset(s);
	if (n_rows)
		*n_rows = n;
	if (head_hash)
		memcpy(head_hash, previous, HASH_BYTES);
	return err == VG_ENOTFOUND ? VG_OK : err;
}
