#pragma once
/* hold: decides which frames of inspect-first pairs wait for a verdict (docs/adr/0011-verdict-hold.md). It stands
 * around media: it sees each body begin and grow between proto and media, learns between media and handoff whether it
 * is wanted, and hears from handoff what the hashers say; its words go to the forwarder by the pair's frame ring, which
 * has the clocks and the frames. One per core (of one), fixed pools, no locks, no allocation after create.
 *
 * A direction of a connection is held from a frame on while one of its bodies
 *	is announced, and its kind not known yet (a response's head, before its first bytes),
 *	is wanted and so far that the rest fits into what its sender may have in flight (10 segments, or what was
 *	    seen) and conf->verdict_hold_bytes; where its length is not announced: the last bytes so far, in a window
 *	    of that size,
 *	has a length and first bytes, as far as they came, of an object known before,
 *	has ended, whole, and its verdict is not there;
 * and for hold_ms at most, which the forwarder sees to. Bodies of protocols that cannot be cut are never held. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/stats_page.h>

#include "dataplane/decode/packet.h"
#include "dataplane/handoff/handoff.h"
#include "dataplane/hold/known.h"
#include "dataplane/media/media.h"
#include "dataplane/port/frames.h"
#include "dataplane/proto/body.h"

#define VG_HOLD_FLOWS      8192u        /* connections with bodies, or stopped; oldest idle out */
#define VG_HOLD_DIGESTS    256u         /* bodies at once whose first bytes are compared */
#define VG_HOLD_BLOCKED_NS 60000000000u /* a stopped connection is remembered so long after its last frame */

struct vg_hold;

/* handoff and stats are borrowed until destroy. NULL: out of memory, or more cores than one (logged). Cold. */
void vg_hold_destroy(struct vg_hold *hold);
struct vg_hold *vg_hold_create(const struct vg_dataplane_conf *conf, struct vg_handoff *handoff,
			       struct vg_stats_page *stats) VG_DEALLOC(vg_hold_destroy);
/* A pair whose frames wait for our words; before any burst, at most VG_FORWARD_MAX_PAIRS. Cold. */
enum vg_err vg_hold_add_pair(struct vg_hold *hold, struct vg_frames *frames);
/* The room's place in the walk: proto feeds *outer, media feeds *media. inner is media's body sink; both are set up
 * before a body comes. */
void vg_hold_media_sink(struct vg_hold *hold, struct vg_media_sink *media);
void vg_hold_body_sink(struct vg_hold *hold, const struct vg_body_sink *inner, struct vg_body_sink *outer);
/* For the main thread. */
struct vg_known *vg_hold_known(struct vg_hold *hold);

/* A burst of frames of an inspect-first pair begins: tags[i] is the slot of pkts with frame_no i. Each gets its word at
 * the end. */
void vg_hold_burst_begin(struct vg_hold *hold, struct vg_frames *frames, const uint32_t *tags, uint32_t n_frames);
void vg_hold_burst_end(struct vg_hold *hold);
/* Around the inspection of one packet (hash and key set); nothing outside such a burst. before: 1 = of a stopped
 * connection: it is dropped, and its flow to be ended. after: 1 = the connection is stopped now. */
int vg_hold_before(struct vg_hold *hold, const struct vg_packet *pkt);
int vg_hold_after(struct vg_hold *hold, const struct vg_packet *pkt);
/* Between bursts, also without any: what became of queues. After vg_handoff_poll(). */
void vg_hold_poll(struct vg_hold *hold, uint64_t mono_ns);
