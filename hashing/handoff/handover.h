#pragma once
/* handover: how a hasher gets its lanes: connects to the dataplane's hand-over socket, says who it is, takes the
 * welcome and one lane for each core (vigil/msg.h). Start-up only, before the sandbox closes; blocks, with limits.
 * The open socket afterwards says one thing: that the dataplane lives. */
#include <stdint.h>

#include <vigil/err.h>
#include <vigil/msg.h>

#define VG_HANDOVER_ANSWER_MS 10000 /* that the dataplane may take between two messages */

struct vg_handover_lane {
	struct vg_msg_lane msg;
	int fds[3]; /* out, in, attr; -1 once closed */
};
struct vg_handover {
	int fd; /* -1 = none */
	uint64_t boot_id;
	uint32_t n_cores;
	struct vg_handover_lane lanes[VG_LANE_MAX_CORES]; /* by core_idx; every one of n_cores is set */
};

/* One try. VG_OK; VG_EAGAIN: nobody there yet, or it went away or was not ready: try again later; VG_EPROTO: it says
 * what the protocol does not allow (a second lane for a core, a geometry out of range, a message of another
 * version). */
enum vg_err vg_handover_get(const char *path, uint32_t hasher_idx, struct vg_handover *handover);

/* Closes the lanes' descriptors (they are mapped by then); the socket stays open. */
void vg_handover_close_lanes(struct vg_handover *handover);

/* Closes everything. */
void vg_handover_fini(struct vg_handover *handover);
