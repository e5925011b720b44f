#pragma once
/* frames: copies of forwarded frames as a port (vigil/frame_ring.h): one ring per pair of vigil-forward, each its
 * own port. The link is made before the sandbox closes; when the forwarder ends it closes, and so must the
 * inspector, which comes again with a link of its own. Cold but for vg_frames_rx(). */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/frame_ring.h>

struct rte_mbuf;
struct rte_mempool;

/* One ring; the reader's own memory but for the two mappings. */
struct vg_frames {
	struct vg_frame_ring_geometry geometry;
	const struct vg_frame_ring_out *out;
	const struct vg_frame_slot *slots;
	const uint8_t *area;
	struct vg_frame_ring_in *in;
	uint64_t start_idx, next;
	uint8_t is_broken; /* the forwarder's word cannot be true: nothing more is read */
	/* inspect-first: each frame waits for our word (vigil/frame_ring.h); words lies behind `in` */
	uint8_t is_inspect_first;
	uint32_t hold_ms;
	_Atomic uint64_t *words;
};
struct vg_frames_link {
	int fd;
	uint32_t n_pairs;
	struct vg_frames pairs[VG_FORWARD_MAX_PAIRS];
};

/* Connects to a forward.sock, waiting at most wait_ms for it and for its rings. NULL: logged. */
void vg_frames_link_destroy(struct vg_frames_link *link);
struct vg_frames_link *vg_frames_link_create(const char *path, uint32_t wait_ms) VG_DEALLOC(vg_frames_link_destroy);
/* True once the forwarder has closed the link (or never should have spoken). */
int vg_frames_link_is_closed(const struct vg_frames_link *link);

/* Up to n_mbufs (<= 32) next frames as mbufs of `pool` (a chain where a frame is larger than one), each with the low
 * half of its slot index in hash.usr. 0: nothing now,
 * or no buffer was free (*n_nombuf grows; the frame comes next time). A slot that points out of the area is
 * skipped and counted in *n_bad. One thread per ring. */
uint32_t vg_frames_rx(struct vg_frames *frames, struct rte_mempool *pool, struct rte_mbuf **mbufs, uint32_t n_mbufs,
		      uint64_t *n_nombuf, uint64_t *n_bad);
/* Frames that were forwarded without a copy since the forwarder's start. */
uint64_t vg_frames_shed(const struct vg_frames *frames);
