/* See known.h. */
#include "control/known/known.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vigil/clock.h>
#include <vigil/memfd.h>

struct vg_knowns {
	struct vg_store *store;
	struct vg_lists *lists;
	struct vg_intake_known table;
};

static const char *const steps[] = {
	"CREATE TABLE known_objects(sha256 BLOB PRIMARY KEY, n_bytes INTEGER NOT NULL, head_sha256 BLOB NOT NULL,"
	" md5 BLOB NOT NULL, sha1 BLOB NOT NULL, created_ns INTEGER NOT NULL);"
	"CREATE INDEX known_objects_age ON known_objects(created_ns);",
};

static int by_length_and_digest(const void *a, const void *b)
{
	const struct vg_known_head *left = a, *right = b;
	if (left->n_bytes != right->n_bytes)
		return left->n_bytes < right->n_bytes ? -1 : 1;
	return memcmp(left->sha256, right->sha256, sizeof(left->sha256));
}

/* Does the present generation still say that these digests are to be stopped? */
static int still_blocks(const struct vg_knowns *k, const struct vg_index_view *view, enum vg_algo algo,
			const uint8_t *value)
{
	uint32_t entries[16], n = vg_index_find(view, algo, value, entries, VG_ARRAY_LEN(entries));
	for (uint32_t i = 0; i < n; i++) {
		const struct vg_index_entry *entry = &view->entries[entries[i]];
		const struct vg_index_list *list = &view->lists[entry->list_idx];
		if (vg_action_blocks(list->action) &&
		    !vg_lists_suppressed(k->lists, algo, value, view->strings + list->name_off,
					 view->strings + entry->id_off))
			return 1;
	}
	return 0;
}

/* The heads that count, newest first, as many as fit. */
static enum vg_err collect(struct vg_knowns *k, struct vg_known_head *heads, uint32_t *n_heads)
{
	static const char sql[] =
		"SELECT n_bytes,head_sha256,md5,sha1,sha256 FROM known_objects ORDER BY created_ns DESC";
	struct vg_lists_info info;
	uint8_t md5[16], sha1[20], sha256[32];
	vg_lists_info(k->lists, &info);
	const struct vg_index_view *view = vg_lists_view(k->lists, info.generation);
	sqlite3_stmt *s = vg_store_query(k->store, sql, "");
	enum vg_err err = s ? VG_OK : VG_EIO;
	memset(&heads[0], 0, sizeof(heads[0]));
	*n_heads = 1;
	while (!err && view && *n_heads < VG_KNOWN_MAX_HEADS && !(err = vg_store_step(k->store, s))) {
		struct vg_known_head *head = &heads[*n_heads];
		head->n_bytes = (uint64_t)sqlite3_column_int64(s, 0);
		if (vg_store_blob(s, 1, head->sha256, sizeof(head->sha256)) || vg_store_blob(s, 2, md5, sizeof(md5)) ||
		    vg_store_blob(s, 3, sha1, sizeof(sha1)) || vg_store_blob(s, 4, sha256, sizeof(sha256)))
			continue;
		if (still_blocks(k, view, VG_ALGO_SHA256, sha256) || still_blocks(k, view, VG_ALGO_SHA1, sha1) ||
		    still_blocks(k, view, VG_ALGO_MD5, md5))
			(*n_heads)++;
	}
	vg_store_reset(s);
	return err == VG_ENOTFOUND ? VG_OK : err;
}

/* In order, each once, sealed. */
static int table_make(struct vg_known_head *heads, uint32_t *n_heads)
{
	uint32_t n = 1;
	qsort(heads, *n_heads, sizeof(*heads), by_length_and_digest);
	for (uint32_t i = 1; i < *n_heads; i++)
		if (by_length_and_digest(&heads[i], &heads[n - 1]) != 0)
			heads[n++] = heads[i];
	size_t n_bytes = n * sizeof(*heads);
	int fd = vg_memfd_new("vigil-known", n_bytes);
	void *at = fd < 0 ? NULL : vg_memfd_map(fd, n_bytes, PROT_READ | PROT_WRITE);
	if (at) {
		memcpy(at, heads, n_bytes);
		munmap(at, n_bytes);
	}
	if (fd >= 0 && (!at || vg_memfd_seal(fd, VG_SEALS_FINAL))) {
		close(fd);
		fd = -1;
	}
	*n_heads = n;
	return fd;
}

enum vg_err vg_knowns_refresh(struct vg_knowns *k)
{
	struct vg_known_head *heads = calloc(VG_KNOWN_MAX_HEADS, sizeof(*heads));
	uint32_t n_heads = 0;
	enum vg_err err = heads ? collect(k, heads, &n_heads) : VG_EIO;
	int fd = err ? -1 : table_make(heads, &n_heads);
	free(heads);
	if (fd < 0)
		return VG_EIO;
	if (k->table.fd >= 0)
		close(k->table.fd);
	k->table = (struct vg_intake_known){ fd, n_heads, k->table.generation + 1 };
	return VG_OK;
}

static int is_wanted(const struct vg_intake_match *match)
{
	const struct vg_verified *v = match->verified;
	if (v->partial || !match->bytes || match->record->n_sample_bytes != match->record->n_bytes ||
	    match->record->flags & (VG_RECORD_CODED | VG_RECORD_MEMBER_OF | VG_RECORD_PARTIAL))
		return 0;
	for (unsigned i = 0; i < v->n_hits; i++)
		if (v->hit_exact[i] && vg_action_blocks(v->hit_action[i]))
			return 1;
	return 0;
}

enum vg_err vg_knowns_add(struct vg_knowns *k, const struct vg_intake_match *match, int *is_new)
{
	static const char sql[] = "INSERT OR IGNORE INTO known_objects(sha256,n_bytes,head_sha256,md5,sha1,created_ns)"
				  " VALUES(?,?,?,?,?,?)";
	static const char changes_sql[] = "SELECT changes()";
	const struct vg_msg_record *r = match->record;
	size_t n_head = r->n_bytes < VG_KNOWN_HEAD_BYTES ? r->n_bytes : VG_KNOWN_HEAD_BYTES;
	uint8_t head[32];
	if (is_new)
		*is_new = 0;
	if (!is_wanted(match))
		return VG_OK;
	if (!EVP_Digest(match->bytes, n_head, head, NULL, EVP_sha256(), NULL) ||
	    vg_store_exec(k->store, sql, "bibbbi", r->sha256, sizeof(r->sha256), (int64_t)r->n_bytes, head,
			  sizeof(head), r->md5, sizeof(r->md5), r->sha1, sizeof(r->sha1), vg_wall_now().ns))
		return VG_EIO;
	sqlite3_stmt *s = vg_store_query(k->store, changes_sql, "");
	int changed = s && !vg_store_step(k->store, s) && sqlite3_column_int(s, 0) > 0;
	vg_store_reset(s);
	if (!changed)
		return VG_OK;
	if (is_new)
		*is_new = 1;
	return vg_knowns_refresh(k);
}

struct vg_intake_known vg_knowns_table(const struct vg_knowns *k)
{
	return k->table;
}

struct vg_knowns *vg_knowns_create(struct vg_store *store, struct vg_lists *lists)
{
	struct vg_knowns *k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->store = store;
	k->lists = lists;
	k->table.fd = -1;
	if (!vg_store_migrate(store, "known", steps, VG_ARRAY_LEN(steps)) && !vg_knowns_refresh(k))
		return k;
	free(k);
	return NULL;
}

void vg_knowns_destroy(struct vg_knowns *k)
{
	if (!k)
		return;
	if (k->table.fd >= 0)
		close(k->table.fd);
	free(k);
}
