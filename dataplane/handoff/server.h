#pragma once
/* server: the hand-over socket RUN/handover.sock (msg.h): gives hashers their lanes and vigild the attribution and
 * stats memory. Cold, one thread (main), driven by vg_handoff_server_poll(); speaks with workers by one atomic per
 * lane only. A peer must be root, our own user or of the socket's group (SO_PEERCRED, SO_PEERGROUPS); a message that
 * is not exactly a HELLO ends its link; a second hasher of an index is refused while the first lives. vigild may come
 * and go. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/err.h>
#include <vigil/msg.h>
#include <vigil/url_table.h>

#include "dataplane/handoff/handoff.h"

struct vg_handoff_server;

/* Listens. cores and stats_fds (one per core) are borrowed until destroy and must outlive it. NULL: the reason is
 * logged. */
void vg_handoff_server_destroy(struct vg_handoff_server *server);
struct vg_handoff_server *vg_handoff_server_create(const char *run_dir, const struct vg_dataplane_conf *conf,
						   uint64_t boot_id, struct vg_handoff *const *cores,
						   const int *stats_fds, uint32_t n_cores)
	VG_DEALLOC(vg_handoff_server_destroy);
/* Whom KNOWN and URLS messages of vigild go to; fd stays the server's. Without the first, or with other than VG_OK,
 * its link ends. */
typedef enum vg_err vg_handoff_known_fn(void *ctx, const struct vg_msg_known *msg, int fd);
typedef enum vg_err vg_handoff_urls_fn(void *ctx, const struct vg_msg_urls *msg, int fd);
void vg_handoff_server_on_known(struct vg_handoff_server *server, vg_handoff_known_fn *known, vg_handoff_urls_fn *urls,
				void *ctx);
/* Waits at most timeout_ms for the socket and does what there is to do; call it in a loop (some milliseconds). */
void vg_handoff_server_poll(struct vg_handoff_server *server, int timeout_ms);
/* To be destroyed after the workers have ended and before their handoffs. */
/* True once DRAINED was sent to vigild. */
int vg_handoff_server_drained(const struct vg_handoff_server *server);
/* True once DRAINED was sent and that link has closed since: nobody needs us any more. */
int vg_handoff_server_released(const struct vg_handoff_server *server);
