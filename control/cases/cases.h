#pragma once
/* cases: matches become cases. A match is added once (key: boot, core, hasher, object, member), folded into an open
 * case of the same content and the same uploader or host within the window, and its list's policy chooses the state.
 * One thread, all in the store. Texts are made UTF-8 and XML-1.0-legal here (RFC 3629; XML 1.0, 2.2), once.
 *
 * Folding, within the window since the case was made: an upload folds by sha256 and source address (with the
 * forwarded one, where a proxy names it), a download by sha256 and host (without a host: server address); who
 * downloads does not matter: the reported party is the host's customer. What has a topic folds by that. A folded
 * match adds a sighting (its own key and origin) and no second file. It does not fold, but makes a new case, where
 * policy wants more of it than of the case (review -> report), where the case is DISMISSED, where the case is HELD
 * and the match is not, and where the case has a head sample only and the match has all bytes. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/frame_hash.h>

#include "control/audit/audit.h"
#include "control/cases/case.h"
#include "control/store/store.h"

struct vg_cases;

/* One verified match, as intake and evidence hand it over. Texts may be raw bytes of the wire: cases makes them legal.
 * file.hits are the recomputed ones, hit_actions[i] what the list of hits[i] says (enum vg_action, the perceptual one
 * for a hit that is not exact). */
struct vg_case_match {
	uint64_t boot_id, object_id;
	uint32_t core_idx, hasher_idx, member_no;
	struct vg_case_origin origin;
	struct vg_case_file file;           /* id is ignored; evidence_id empty = none kept */
	const struct vg_frame_hash *frames; /* file.n_frames of them, borrowed during the call; NULL: none */
	uint8_t hit_actions[VG_CASE_HITS];
	int held; /* a brake holds it, reason says why: state HELD whatever policy says */
	char reason[256];
	int has_topic; /* it folds by `topic`, not by its digest, and no bytes are kept: no file */
	uint8_t topic[32];
};
struct vg_case_added {
	int64_t case_id, file_id;
	enum vg_case_state state;
	int is_new;   /* 1 = a new case with a file, 0 = folded into one: no evidence is kept of this sighting */
	int is_known; /* 1 = this match was added before: nothing was changed, the ids are of then */
};

void vg_cases_destroy(struct vg_cases *cases);
/* fold_window_ns: how long after its last sighting a case takes more in. NULL on failure (vg_store_why). */
struct vg_cases *vg_cases_create(struct vg_store *store, struct vg_audit *audit, int64_t fold_window_ns)
	VG_DEALLOC(vg_cases_destroy);

/* What policy says of a match: the strictest of its hits' actions; evidence is kept unless this is COUNT. A partial
 * match (digest-only claim that could not be recomputed) is never REPORT. */
enum vg_action vg_cases_policy(const struct vg_case_match *match);
/* Adds a match inside the caller's transaction (begun by it), with its audit row. VG_OK, VG_EIO. */
enum vg_err vg_cases_add(struct vg_cases *cases, const struct vg_case_match *match, struct vg_case_added *added);
/* What vg_cases_add() would do now, without doing it (case_id 0 for a new case): evidence is sealed only for a new one
 * that is not COUNTED. */
enum vg_err vg_cases_preview(struct vg_cases *cases, const struct vg_case_match *match, struct vg_case_added *would);

/* Loads a case with all its files; VG_ENOTFOUND. Free with vg_case_free(). */
enum vg_err vg_cases_load(struct vg_cases *cases, int64_t case_id, struct vg_case *c);
void vg_case_free(struct vg_case *c);
/* The hashed frames of a file of a case, as they were taken in. Calls fn for each; VG_ENOTFOUND: it has none. */
typedef void (*vg_cases_frame_fn)(void *ctx, const struct vg_frame_hash *frame);
enum vg_err vg_cases_frames(struct vg_cases *cases, int64_t file_id, vg_cases_frame_fn fn, void *ctx);
/* The id of "VG-2026-000001" or of a plain number; 0 = no such case. */
int64_t vg_cases_find(struct vg_cases *cases, const char *name);

struct vg_cases_filter {
	int state;         /* enum vg_case_state, -1 = any */
	int64_t after_id;  /* only cases with a greater id */
	unsigned max_rows; /* 0 = 1000 */
};
/* Calls fn for each case, oldest first; c is borrowed during the call. fn returns 0 to go on. */
typedef int (*vg_cases_fn)(void *ctx, const struct vg_case *c);
enum vg_err vg_cases_list(struct vg_cases *cases, const struct vg_cases_filter *filter, vg_cases_fn fn, void *ctx);
/* Cases in each state, and the oldest created_ns of a state (0 = none). */
enum vg_err vg_cases_count(struct vg_cases *cases, int64_t n_cases[VG_CASE_STATE_N],
			   int64_t oldest_ns[VG_CASE_STATE_N]);

/* A person's word on a case in REVIEW or HELD: to QUEUED, or to DISMISSED. With its audit row, in a transaction of its
 * own (nests in the caller's). VG_ENOTFOUND, VG_ECONFLICT (another state), VG_EINVAL (no who, a dismissal without a
 * reason), VG_EIO. The caller puts an approved one into the outbox in the same transaction. */
enum vg_err vg_cases_approve(struct vg_cases *cases, int64_t case_id, const char *who, const char *reason);
enum vg_err vg_cases_dismiss(struct vg_cases *cases, int64_t case_id, const char *who, const char *reason);
/* For the outbox: moves a case from one state to another inside the caller's transaction, with its audit row (what:
 * "case.<state>"). Allowed: QUEUED to FILING; FILING to FILED, QUEUED, HELD; QUEUED to HELD, FILED; HELD to QUEUED,
 * FILING, FILED. VG_ECONFLICT where the case is not in `from` or the move is not allowed. */
enum vg_err vg_cases_set_state(struct vg_cases *cases, int64_t case_id, enum vg_case_state from, enum vg_case_state to,
			       const char *who, const char *reason);
/* Calls fn for every evidence_id that a file row names (to find orphaned evidence at start). */
typedef void (*vg_cases_evidence_fn)(void *ctx, const char *evidence_id);
enum vg_err vg_cases_evidence(struct vg_cases *cases, vg_cases_evidence_fn fn, void *ctx);
