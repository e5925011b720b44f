#pragma once
/* pull: an archive that is read forward while its bytes still come: libarchive pulls, the network pushes, so the walk
 * has a stack of its own and sleeps where it wants more. ZIP by its local headers, tar, RAR, CAB, and what is packed as
 * one stream; memory is that of the decoders, whatever the archive's size. About VG_PULL_STACK of address space. One
 * thread; the sink is called on the walk's stack, inside feed or end. */
#include <stdbool.h>

#include <vigil/base.h>
#include <vigil/bytes.h>

#include "hashing/unpack/budget.h"
#include "hashing/unpack/entry.h"

#define VG_PULL_STACK (4ull << 20)

struct vg_pull;
void vg_pull_destroy(struct vg_pull *pull);
/* Start-up only. NULL: out of memory. */
struct vg_pull *vg_pull_create(void) VG_DEALLOC(vg_pull_destroy);

/* Can archives of this kind (enum vg_kind) be read forward? */
bool vg_pull_reads(unsigned kind);

/* Begins one; what was begun before must have ended. budget and sink's functions live until vg_pull_end(). */
void vg_pull_begin(struct vg_pull *pull, unsigned kind, struct vg_budget *budget, const struct vg_entry_sink *sink);

/* The next bytes, borrowed for the call. Nothing where the walk has ended already. */
void vg_pull_feed(struct vg_pull *pull, const uint8_t *bytes, size_t n_bytes);

/* No more will come: the walk sees its end, and ends. Nothing where none was begun. */
void vg_pull_end(struct vg_pull *pull);
