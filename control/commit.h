#pragma once
/* commit: makes one match durable: first the sealed evidence file, then case, outbox row and audit in one
 * transaction. Whatever step fails, nothing of it stays but perhaps a file that no row names, which is removed; the
 * hasher is not answered and sends the match again. One thread. */
#include <stdint.h>

#include <vigil/err.h>

#include "control/cases/cases.h"
#include "control/evidence/evidence.h"
#include "control/outbox/outbox.h"
#include "control/store/store.h"

struct vg_commit_rooms {
	struct vg_store *store;
	struct vg_cases *cases;
	struct vg_evidence *evidence;
	struct vg_outbox *outbox;    /* NULL = cases wait in state QUEUED */
	uint64_t max_evidence_bytes; /* declared room */
};
/* memfd holds match->file.n_sample_bytes. match->file.evidence_id is filled in. VG_OK = durable (also where it was
 * known before: added says so); VG_EFULL = the declared room is used up; VG_EAGAIN, VG_EIO = not now. */
enum vg_err vg_commit_match(const struct vg_commit_rooms *rooms, struct vg_case_match *match, int memfd,
			    struct vg_case_added *added);
/* Puts every QUEUED case into the outbox (those queued while nothing was reported). VG_OK, VG_EIO. */
enum vg_err vg_commit_requeue(const struct vg_commit_rooms *rooms);
