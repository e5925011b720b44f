#pragma once
/* audit: who did what when: append-only rows in the store, each with the SHA-256 over the previous row's hash and its
 * own fields, so that a changed, removed or inserted row breaks the chain (K4 of the duties). SQLite triggers refuse
 * UPDATE and DELETE. One thread, in the caller's transaction: an act and its audit row are durable together.
 *
 * hash = SHA-256 over: previous hash (32 bytes, zeros before the first row), then id, wall_ns, who, what, subject,
 * details, each as its length (u32, big-endian) and its bytes; id and wall_ns as 8 bytes big-endian. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/store/store.h"

struct vg_audit;

void vg_audit_destroy(struct vg_audit *audit);
/* Makes its table; the store must outlive it. NULL on failure (vg_store_why). */
struct vg_audit *vg_audit_create(struct vg_store *store) VG_DEALLOC(vg_audit_destroy);

/* who: "vigild", "uid:1000", …; what: a verb ("case.approve"); subject: what it was done to ("VG-2026-000001");
 * details: JSON object text, or NULL for {}. Never payload. VG_OK or VG_EIO (then the caller rolls back). */
enum vg_err vg_audit_append(struct vg_audit *audit, const char *who, const char *what, const char *subject,
			    const char *details);
/* One row, strings borrowed during the call only. */
struct vg_audit_row {
	int64_t id, wall_ns;
	const char *who, *what, *subject, *details;
	uint8_t hash[32];
};
typedef void (*vg_audit_fn)(void *ctx, const struct vg_audit_row *row);
/* The newest `n_rows` rows, newest first. */
enum vg_err vg_audit_list(struct vg_audit *audit, unsigned n_rows, vg_audit_fn fn, void *ctx);
/* Walks the whole chain. VG_OK with the number of rows and the head's hash, or VG_ECORRUPT with the id of the first row
 * that does not fit in *first_bad. Any pointer may be NULL. */
enum vg_err vg_audit_verify(struct vg_audit *audit, int64_t *n_rows, uint8_t head[32], int64_t *first_bad);
