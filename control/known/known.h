#pragma once
/* known: objects that were verified to be exact matches of a list that says block, by length and SHA-256 of their first
 * VG_KNOWN_HEAD_BYTES, as the table that the dataplane stops transfers by from their first bytes (msg.h, VG_MSG_KNOWN).
 * Kept in the store, so that it outlives a restart; what a list no longer names, or names without block, or what is
 * suppressed, is not in the table. Only vigild writes it: a hasher's word adds nothing. One thread. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/intake/intake.h"
#include "control/lists/lists.h"
#include "control/store/store.h"

struct vg_knowns;
/* NULL on failure (vg_store_why). lists and store are borrowed. */
void vg_knowns_destroy(struct vg_knowns *knowns);
struct vg_knowns *vg_knowns_create(struct vg_store *store, struct vg_lists *lists) VG_DEALLOC(vg_knowns_destroy);

/* Remembers a verified match that is a whole body, as it travelled, of a list that says block; others are VG_OK and
 * nothing. *is_new (may be NULL): the table has changed. VG_EIO. */
enum vg_err vg_knowns_add(struct vg_knowns *knowns, const struct vg_intake_match *match, int *is_new);
/* Makes the table anew: after list files were read, or an entry was suppressed. VG_OK; VG_EIO: the old one stays. */
enum vg_err vg_knowns_refresh(struct vg_knowns *knowns);
/* The present table: never NULL, the descriptor is ours until the next refresh or add. */
struct vg_intake_known vg_knowns_table(const struct vg_knowns *knowns);
