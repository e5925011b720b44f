#pragma once
/* outbox_priv: what the halves of the outbox share: outbox.c (queue, clock, breaker, events), turn.c (one call: order
 * it, take its result, commit) and peer.c (the reporter's socket). */
#include "control/audit/audit.h"
#include "control/cases/cases.h"
#include "control/evidence/evidence.h"
#include "control/loop/loop.h"
#include "control/outbox/machine_priv.h"
#include "control/outbox/outbox.h"

#define VG_OUTBOX_ROOM "control/outbox"

/* The call under way; row_id 0 = none. */
struct vg_job {
	int64_t row_id, case_id;
	uint64_t id;
	enum vg_call call;
	unsigned file_idx;
	uint64_t began_ns; /* monotonic */
};
struct vg_outbox {
	struct vg_store *store;
	struct vg_loop *loop;
	struct vg_cases *cases;
	struct vg_audit *audit;
	struct vg_evidence *evidence;
	struct vg_outbox_conf conf;
	struct vg_machine_limits limits;
	uint64_t random, next_job;
	uint64_t tick_timer, kick_timer, retry_timer;
	/* the reporter */
	int listen_fd, peer_fd, peer_ready; /* ready: its HELLO was taken */
	struct vg_job job;
	/* breaker */
	unsigned n_bad;
	uint64_t closed_until_ns; /* monotonic, 0 = closed circuit: all well */
	uint64_t last_window_check_ns;
};

/* outbox.c */
void vg_outbox_pump(struct vg_outbox *ob);
void vg_outbox_emit(struct vg_outbox *ob, enum vg_outbox_event_kind kind, const struct vg_row *row, unsigned call,
		    const char *text);
/* A row waits: looks for it again when its time has come. */
void vg_outbox_wake_in(struct vg_outbox *ob, uint64_t ms);
void vg_outbox_health(struct vg_outbox *ob, enum vg_health health);
uint64_t vg_outbox_random(struct vg_outbox *ob);
/* turn.c: orders the next call of the row; VG_EAGAIN: nothing was ordered, look for the next row. */
enum vg_err vg_turn_begin(struct vg_outbox *ob, int64_t row_id, int64_t case_id);
/* Takes the result of the job under way. document and answer may be NULL. */
void vg_turn_end(struct vg_outbox *ob, const struct vg_link_result *result, const char *document, const char *answer);
/* peer.c */
enum vg_err vg_peer_order(struct vg_outbox *ob, const struct vg_link_do *order, const int *fds, size_t n_fds);
void vg_peer_drop(struct vg_outbox *ob, const char *why);
