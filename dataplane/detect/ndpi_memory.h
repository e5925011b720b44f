#pragma once
/* ndpi_memory: what nDPI allocates while packets run, from memory of a fixed size made at start: one per core. Blocks
 * are powers of two from 64 bytes on (buddies), so that nothing is lost to fragments for good; all bookkeeping lies
 * beside the blocks, not in them: an overflow inside nDPI cannot lead it anywhere.
 *
 * nDPI's hooks (set_ndpi_malloc) know no context: which core's memory they serve is a variable of the thread, set
 * around each call into nDPI, also when its engine is made. Outside of that they are malloc and free. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>

#define VG_NDPI_UNIT_BYTES 64u
#define VG_NDPI_ORDERS     19u /* the largest block is the whole memory: 64 << 18 = 16 MiB */
#define VG_NDPI_BYTES      ((size_t)VG_NDPI_UNIT_BYTES << (VG_NDPI_ORDERS - 1))
/* What one packet may need at most: nDPI gathers a TLS message in blocks that double (the old and the new one). */
#define VG_NDPI_CALL_ORDER 11u /* 128 KiB */

struct vg_ndpi_memory;
/* Also sets nDPI's hooks, which are the process's. NULL: out of memory. Cold. */
void vg_ndpi_memory_destroy(struct vg_ndpi_memory *memory);
struct vg_ndpi_memory *vg_ndpi_memory_create(void) VG_DEALLOC(vg_ndpi_memory_destroy);

/* Until vg_ndpi_memory_leave() nDPI's allocations of this thread come from memory. Not nested. */
void vg_ndpi_memory_enter(struct vg_ndpi_memory *memory);
void vg_ndpi_memory_leave(void);
/* Whether a call that needs as much as any may find it: to be asked before each. */
int vg_ndpi_memory_has_room(const struct vg_ndpi_memory *memory);
/* Bytes that are given out, in whole blocks. */
size_t vg_ndpi_memory_n_used(const struct vg_ndpi_memory *memory);

/* The hooks: zero bytes are one, NULL where no block is free. A pointer that is not the beginning of a block that was
 * given out is a bug (VG_INVARIANT). */
void *vg_ndpi_memory_malloc(size_t n_bytes);
void vg_ndpi_memory_free(void *at);
