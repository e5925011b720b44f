#pragma once
/* urls: the listed URLs that vigild gave (include/vigil/url_table.h): a sealed table that is replaced as a whole.
 * The main thread checks a new one and offers it to each core; a worker takes it up at its next look-up, and the
 * table before it is unmapped once no worker can be reading it. No URL is in it, and none is kept here. */
#include <stdatomic.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/msg.h>
#include <vigil/url_table.h>

struct vg_url_map {
	const struct vg_url_table_header *header; /* mapped, read-only */
	const struct vg_url_slot *slots;
	uint32_t n_slots, n_domains; /* copied when they were checked */
};
/* One core's view; zero is: none. */
struct vg_urls {
	struct vg_url_map maps[2];
	const struct vg_url_map *_Atomic offered; /* by main */
	const struct vg_url_map *_Atomic taken;   /* by the worker */
	uint64_t profiles; /* profiles_id of this core's configuration; tables must be for these */
};

/* Unmaps both; no worker runs any more. Cold. */
void vg_urls_fini(struct vg_urls *urls);
/* Checks seals, size and checksum of a table and offers it. VG_ECONFLICT (of other profiles), VG_ESEAL, VG_ERANGE,
 * VG_ECORRUPT, VG_EVERSION, VG_EIO;
 * VG_EAGAIN: the worker has not polled for 200 ms and may still read the one before the present one. Cold, main. */
enum vg_err vg_urls_take(struct vg_urls *urls, const struct vg_msg_urls *msg, int fd);

/* Worker: between bursts. NULL: no table yet, or an empty one. */
static inline const struct vg_url_map *vg_urls_poll(struct vg_urls *urls)
{
	const struct vg_url_map *now = atomic_load_explicit(&urls->offered, memory_order_acquire);
	atomic_store_explicit(&urls->taken, now, memory_order_release);
	return now && now->header->n_urls ? now : NULL;
}
