#pragma once
/* feed: frames in the order they are to be inspected, with their times, from all ports of one receiving thread:
 * captures one after the other (each conf->loop times, paced where asked), or devices in turn. Time: a capture's
 * frames carry theirs; the path's clock is the largest of them so far, anew for each round of each capture. Live
 * frames carry the time of their poll. A frame's order is its number in all input; live, its clock. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>

#include "dataplane/decode/packet.h"
#include "dataplane/port/port.h"

struct rte_mbuf;

/* PACKETS: n_frames >= 1. IDLE: nothing now. ROUND: a capture is used up once: flush, then go on. INPUT_END: all
 * are. */
enum vg_feed_word { VG_FEED_PACKETS, VG_FEED_IDLE, VG_FEED_ROUND, VG_FEED_INPUT_END };

/* Which devices a feed takes frames from (captures: only ALL). */
enum vg_feed_share { VG_FEED_ALL, VG_FEED_MULTI_QUEUE, VG_FEED_SINGLE_QUEUE };

struct vg_feed {
	struct vg_ports *ports;
	uint32_t flags; /* VG_CONF_* */
	enum vg_feed_share share;
	uint16_t queue;
	uint32_t loops, loops_left, port_idx;
	uint64_t clock_ns;                 /* of the last frame, or of the last poll */
	uint64_t order;                    /* of the last frame or ROUND; captures: 1, 2, 3 … */
	uint64_t n_packets, n_bytes;       /* of this round */
	uint64_t first_clock_ns, began_ns; /* for pacing; 0: not begun */
	uint8_t is_short;                  /* a capture was cut short */
	uint32_t n_received, n_given;      /* of the last burst; the rest waits for its time */
	/* the frames to be inspected now: first .. first + n_frames - 1 of the arrays */
	uint32_t first, n_frames;
	enum vg_link link;
	uint8_t capture_idx;
	struct rte_mbuf *mbufs[VG_BURST];
	int64_t wall_ns[VG_BURST];
	uint64_t clocks_ns[VG_BURST];
	uint64_t orders[VG_BURST];
};

/* ports are borrowed; queue of each multi-queue device, 0 of the others. Cold. */
void vg_feed_init(struct vg_feed *feed, struct vg_ports *ports, const struct vg_dataplane_conf *conf,
		  enum vg_feed_share share, uint16_t queue);
/* The next frames into feed; they are the caller's to free. mono_ns: the monotonic clock now, wall_ns: UTC now.
 * With pacing only frames that are due are handed out (IDLE until then). One thread per feed. */
enum vg_feed_word vg_feed_next(struct vg_feed *feed, uint64_t mono_ns, int64_t wall_ns);
