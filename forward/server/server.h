#pragma once
/* server: the socket RUN/forward.sock (msg.h): gives the inspector the frame rings and vigild the stats pages.
 * Cold, one thread (main), driven by vg_forward_server_poll(); it speaks with the forwarding threads by one atomic
 * per ring only. A peer must be root, our own user or of the socket's group (SO_PEERCRED); a message that is not
 * exactly a HELLO ends its
 * link. A new inspector puts the one before it off, so that an orphan cannot keep the rings. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "forward/ring/ring.h"

struct vg_forward_server;

/* Listens. rings and stats_fds (one per pair) are borrowed until destroy. NULL: the reason is logged. */
void vg_forward_server_destroy(struct vg_forward_server *server);
struct vg_forward_server *vg_forward_server_create(const char *run_dir, uint64_t boot_id, struct vg_ring *const *rings,
						   const int *stats_fds, uint32_t n_pairs)
	VG_DEALLOC(vg_forward_server_destroy);
/* Waits at most timeout_ms for the socket and does what there is to do; call it in a loop (some milliseconds). */
void vg_forward_server_poll(struct vg_forward_server *server, int timeout_ms);
