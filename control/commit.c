#include "control/commit.h"

#include <string.h>

/* Bytes that cases name as kept. */
static enum vg_err used_bytes(struct vg_store *store, uint64_t *n_bytes)
{
	static const char sql[] = "SELECT coalesce(sum(n_sample_bytes),0) FROM case_files WHERE evidence_id<>''";
	sqlite3_stmt *s = vg_store_query(store, sql, "");
	enum vg_err err = s ? vg_store_step(store, s) : VG_EIO;
	*n_bytes = err ? 0 : (uint64_t)sqlite3_column_int64(s, 0);
	vg_store_reset(s);
	return err;
}

/* Seals the bytes of a new case that keeps them. */
static enum vg_err seal(const struct vg_commit_rooms *rooms, struct vg_case_match *match, int memfd)
{
	uint64_t n_used;
	if (vg_cases_policy(match) == VG_ACTION_COUNT || match->has_topic)
		return VG_OK;
	if (used_bytes(rooms->store, &n_used))
		return VG_EIO;
	if (n_used > rooms->max_evidence_bytes || match->file.n_sample_bytes > rooms->max_evidence_bytes - n_used)
		return VG_EFULL;
	return vg_evidence_seal(rooms->evidence, memfd, match->file.n_sample_bytes, match->file.evidence_id);
}

enum vg_err vg_commit_match(const struct vg_commit_rooms *rooms, struct vg_case_match *match, int memfd,
			    struct vg_case_added *added)
{
	match->file.evidence_id[0] = 0;
	if (vg_store_begin(rooms->store))
		return VG_EIO;
	enum vg_err err = vg_cases_preview(rooms->cases, match, added);
	if (!err && added->is_new)
		err = seal(rooms, match, memfd);
	if (!err)
		err = vg_cases_add(rooms->cases, match, added);
	if (!err && added->is_new && added->state == VG_CASE_QUEUED && rooms->outbox)
		err = vg_outbox_enqueue(rooms->outbox, added->case_id);
	if (err) {
		vg_store_rollback(rooms->store);
		if (match->file.evidence_id[0])
			(void)vg_evidence_remove(rooms->evidence, match->file.evidence_id);
	} else { /* a commit that failed may have reached the disk: then the file stays, and the next start decides */
		err = vg_store_commit(rooms->store);
	}
	if (err)
		match->file.evidence_id[0] = 0;
	if (!err && added->is_new && rooms->outbox)
		vg_outbox_kick(rooms->outbox);
	return err == VG_EFULL || err == VG_EAGAIN || !err ? err : VG_EIO;
}

struct requeue {
	const struct vg_commit_rooms *rooms;
	enum vg_err err;
};

static int enqueue_one(void *ctx, const struct vg_case *c)
{
	struct requeue *r = ctx;
	r->err = vg_outbox_enqueue(r->rooms->outbox, c->id);
	return r->err != VG_OK;
}

enum vg_err vg_commit_requeue(const struct vg_commit_rooms *rooms)
{
	struct requeue r = { rooms, VG_OK };
	struct vg_cases_filter filter = { .state = VG_CASE_QUEUED, .max_rows = 100000 };
	if (!rooms->outbox)
		return VG_OK;
	if (vg_store_begin(rooms->store))
		return VG_EIO;
	enum vg_err err = vg_cases_list(rooms->cases, &filter, enqueue_one, &r);
	err = err ? err : r.err;
	if (!err)
		return vg_store_commit(rooms->store);
	vg_store_rollback(rooms->store);
	return err;
}
