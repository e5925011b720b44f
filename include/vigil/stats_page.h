#pragma once
/* stats_page: counters of one writer (a dataplane core or a hasher) in a memfd page of its own, read by vigild, which
 * adds
 * them up. Relaxed stores by one writer, relaxed loads by readers: no lock, no torn words. Sealed VG_SEALS_OURS. */
#include <stdatomic.h>
#include <stdint.h>

#include <vigil/counters.h>

#define VG_STATS_BYTES   16384u
#define VG_STATS_MAGIC   0x54535556u
#define VG_STATS_BUCKETS 40
#define VG_STATS_PORTS   56
#define VG_PORT_NAME     48

/* How the frames of a port come to the workers. ALONE: there is one. DISPATCHED: one queue, a thread of ours shares
 * out. HASHED: a queue for each, by the card's symmetric hash; workers hand over what is another's. INLINE: of the
 * forwarder. */
enum vg_port_share { VG_PORT_NONE, VG_PORT_ALONE, VG_PORT_DISPATCHED, VG_PORT_HASHED, VG_PORT_INLINE };
enum vg_port_link { VG_PORT_LINK_UNKNOWN, VG_PORT_LINK_UP, VG_PORT_LINK_DOWN };
/* One port, written by the main thread of who owns it some times a second. The dataplane's stand in the page of core
 * 0, the forwarder's a and b first in the page of their pair. share is set last: NONE = no port here. */
struct vg_port_stats {
	char name[VG_PORT_NAME]; /* interface, device or PCI address; NUL-terminated, not to be believed */
	_Atomic uint32_t share, link, n_queues, reserved;
	_Atomic uint64_t rx_packets, rx_bytes, rx_missed, rx_errors, rx_nombuf, tx_packets, tx_bytes, tx_errors,
		n_downs;
};

struct vg_stats_page {
	uint32_t magic, n_counters;
	_Alignas(64) _Atomic uint64_t progress_packets,
		progress_bytes;         /* replay: of the input, for the progress line */
	_Atomic uint64_t n_objects_out; /* objects handed over and not yet DONE */
	_Atomic uint64_t input_done;    /* replay: 1 once the input is used up */
	/* Time from CLOSE enqueued to verdict, in powers of two of 1 us: bucket i counts < 2^i us. Hashers fill it. */
	_Alignas(64) _Atomic uint64_t verdict_us_log2[VG_STATS_BUCKETS];
	_Alignas(64) _Atomic uint64_t counters[512];
	_Alignas(64) struct vg_port_stats ports[VG_STATS_PORTS];
};
_Static_assert(sizeof(struct vg_stats_page) <= VG_STATS_BYTES, "a stats page is four pages");
_Static_assert(VG_C_N <= 512 && VG_H_N <= 512 && VG_F_N <= 512, "room for counters");

/* Adds to a counter of our own page. Hot. */
static inline void vg_count(struct vg_stats_page *page, unsigned counter, uint64_t n)
{
	_Atomic uint64_t *c = &page->counters[counter];
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}
