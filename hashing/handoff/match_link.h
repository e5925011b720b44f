#pragma once
/* match_link: the hasher's end of the match link (vigil/msg.h): vigild connects, gets hello and stats page, gives the
 * list index, then takes records. Every record, and the sealed memfd of a match, is kept until it is acknowledged as
 * durable, and is sent again, in order, on the next link. Nothing is ever dropped: when the spool is full the caller
 * takes no more from its lanes. One thread; never blocks; no allocation after create (VG_LINK_MAX_RECORDS * 1.2 KiB).
 * One vigild at a time: a new connection ends the one before. */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/msg.h>
#include <vigil/stats_page.h>

#define VG_LINK_MAX_RECORDS 4096 /* not acknowledged */
#define VG_LINK_N_FDS       2    /* what vg_match_link_poll() fills */

/* A record of this object is durable now. */
typedef void (*vg_match_link_acked_fn)(void *ctx, uint32_t core_idx, uint64_t object_id);

struct vg_match_link_setup {
	int listen_fd; /* non-blocking, listening; the link's from now on */
	int stats_fd;  /* sent with the hello; stays the caller's */
	uint32_t hasher_idx;
	uint64_t boot_id;
	uint64_t spool_bytes; /* unacknowledged match bytes beyond which the spool counts as full */
	struct vg_stats_page *stats;
	vg_match_link_acked_fn acked;
	void *ctx;
};
struct vg_match_link;

/* Closes everything; what was not acknowledged is lost with the process. NULL is nothing. */
void vg_match_link_destroy(struct vg_match_link *link);
/* Start-up only. NULL: out of memory. */
struct vg_match_link *vg_match_link_create(const struct vg_match_link_setup *setup) VG_DEALLOC(vg_match_link_destroy);

/* Fills what to wait for: the listener and, where there is one, the connection (else fd -1, which poll(2) skips). */
void vg_match_link_poll(const struct vg_match_link *link, struct pollfd fds[VG_LINK_N_FDS]);

/* Does all that can be done now: accepts, receives, answers, sends. Call it when poll says so, and after put. */
void vg_match_link_serve(struct vg_match_link *link);
/* The same, but accepts and receives only what poll(2) on fds of vg_match_link_poll() found (accept4(2) makes a socket
 * before it looks whether anybody waits). */
void vg_match_link_serve_ready(struct vg_match_link *link, const struct pollfd fds[VG_LINK_N_FDS]);

/* Keeps a record (seq is given here) and sends it when it can. memfd -1 for VG_MSG_OBJECT, else it is a VG_MSG_MATCH
 * and the descriptor is the link's from now on. VG_OK, or VG_EFULL: VG_LINK_MAX_RECORDS wait (nothing was taken). */
enum vg_err vg_match_link_put(struct vg_match_link *link, const struct vg_msg_record *record, int memfd);

/* True where the caller should take nothing new in: too many records or bytes wait. */
bool vg_match_link_full(const struct vg_match_link *link);

/* Records not yet acknowledged. */
uint32_t vg_match_link_waiting(const struct vg_match_link *link);

/* Is somebody there, and has the present vigild asked for an object record of every file? */
bool vg_match_link_up(const struct vg_match_link *link);
bool vg_match_link_wants_objects(const struct vg_match_link *link);

/* The newest index that arrived and was not yet taken: its descriptor and that of its search tables (the
 * caller's, who closes them), or -1. */
int vg_match_link_take_index(struct vg_match_link *link, uint64_t *generation, int *tables_fd);

/* Answers it; from then on records are sent on this link. */
void vg_match_link_index_taken(struct vg_match_link *link, uint64_t generation, enum vg_err err);
