#pragma once
/* known: objects that vigild has verified before, by length and SHA-256 of their first bytes (msg.h, VG_MSG_KNOWN): a
 * sealed table that is replaced as a whole. The main thread takes a new one, a worker looks things up in the one it has
 * taken up between two bursts; the one before is unmapped once the worker has let it go. One worker. */
#include <stdatomic.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/msg.h>

struct vg_known_table {
	const struct vg_known_head *heads; /* mapped, read-only, ascending */
	uint32_t n_heads;
	uint64_t generation;
};
struct vg_known {
	struct vg_known_table tables[2];
	const struct vg_known_table *_Atomic offered; /* by main */
	const struct vg_known_table *_Atomic taken;   /* by the worker */
};

/* Empty; zero is also that. Cold. */
void vg_known_destroy(struct vg_known *known);
/* Checks seals, size and order of a table and offers it. VG_ESEAL, VG_ERANGE, VG_ECORRUPT, VG_EIO; VG_EAGAIN: the
 * worker still holds the one before the present one (it has not polled for 200 ms). Cold, main thread. */
enum vg_err vg_known_take(struct vg_known *known, const struct vg_msg_known *msg, int fd);

/* Worker: between bursts. NULL: none yet. */
static inline const struct vg_known_table *vg_known_poll(struct vg_known *known)
{
	const struct vg_known_table *now = atomic_load_explicit(&known->offered, memory_order_acquire);
	atomic_store_explicit(&known->taken, now, memory_order_release);
	return now;
}
/* 1 where some known object has this length; or this length and this digest. Binary search. */
int vg_known_has_size(const struct vg_known_table *table, uint64_t n_bytes);
int vg_known_has(const struct vg_known_table *table, uint64_t n_bytes, const uint8_t sha256[32]);
