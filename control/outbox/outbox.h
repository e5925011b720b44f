#pragma once
/* outbox: the durable queue of reports in vigild. It owns every decision (what to call next, when to try again, when
 * to hold); vigil-reporter carries out one call at a time and knows nothing of before and after. A row is committed
 * before the next call is ordered, and "finish sent" before /finish. Tables outbox, outbox_files, outbox_calls. One
 * thread. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/outbox/link.h"

struct vg_store;
struct vg_loop;
struct vg_cases;
struct vg_audit;
struct vg_evidence;
struct vg_outbox;

/* A report's life. FILED has its receipt; DONE_WITHOUT_RECEIPT is known finished by a 5102; HELD and FAILED wait for
 * a person (`reports retry`), and both alarm: HELD = its true state at the endpoint is in doubt or its bytes are;
 * FAILED = the endpoint refused also the minimal document. */
#define VG_OUTBOX_STATE_TABLE(X)                                  \
	X(VG_OUTBOX_QUEUED, "queued")                             \
	X(VG_OUTBOX_OPENING, "opening")                           \
	X(VG_OUTBOX_UPLOADING, "uploading")                       \
	X(VG_OUTBOX_DESCRIBING, "describing")                     \
	X(VG_OUTBOX_FINISHING, "finishing")                       \
	X(VG_OUTBOX_RETRACTING, "retracting")                     \
	X(VG_OUTBOX_FILED, "filed")                               \
	X(VG_OUTBOX_DONE_WITHOUT_RECEIPT, "done_without_receipt") \
	X(VG_OUTBOX_HELD, "held")                                 \
	X(VG_OUTBOX_FAILED, "failed")
enum vg_outbox_state {
#define X(sym, txt) sym,
	VG_OUTBOX_STATE_TABLE(X)
#undef X
		VG_OUTBOX_STATE_N
};
static inline const char *vg_outbox_state_str(unsigned state)
{
	static const char *const names[] = {
#define X(sym, txt) txt,
		VG_OUTBOX_STATE_TABLE(X)
#undef X
	};
	return state < VG_OUTBOX_STATE_N ? names[state] : "unknown";
}

enum vg_outbox_event_kind {
	VG_OUTBOX_EV_STEP,  /* a call was answered and committed */
	VG_OUTBOX_EV_FILED, /* FILED or DONE_WITHOUT_RECEIPT: committed */
	VG_OUTBOX_EV_HELD,  /* HELD or FAILED: committed; text says why */
	VG_OUTBOX_EV_ALARM, /* nothing is lost, but a person should look: text says what */
};
struct vg_outbox_event {
	enum vg_outbox_event_kind kind;
	int64_t row_id, case_id, report_id; /* report_id 0 = none */
	enum vg_outbox_state state;
	unsigned call; /* enum vg_call of EV_STEP */
	int code;      /* response code of EV_STEP */
	int64_t at_ns; /* UTC; of FILED: when the receipt was committed */
	const char *text;
};
typedef void vg_outbox_event_fn(void *user, const struct vg_outbox_event *event);

struct vg_outbox_conf {
	struct vg_link_conf link; /* endpoint and the reporter's card, as link.h says; head is filled here */
	uint64_t seed;            /* of the jitter; 0 = random */
	/* 0 = the defaults: first wait 2 s, doubled up to 15 min; from 72 h after enqueuing hourly. Tests shorten
	 * them. */
	uint32_t retry_first_ms, retry_max_ms, retry_late_ms;
	/* Circuit breaker: after n_breaker failures in a row nothing is tried for breaker_ms. 0 = 5 and 60 s. */
	uint32_t n_breaker, breaker_ms;
	/* Unfinished reports are gone 24 h after opening or 1 h after the last change (CYBERTIP section 1). 0 =
	 * these. */
	uint64_t expiry_open_ms, expiry_change_ms;
	uint64_t alarm_ms; /* a report that waits longer raises one alarm; 0 = three quarters of expiry_open_ms */
	vg_outbox_event_fn *on_event; /* may be NULL; called after the commit, never inside a transaction */
	void *user;
};
void vg_outbox_destroy(struct vg_outbox *ob);
/* All but conf is borrowed and must outlive it. Makes its tables; rows that were under way go on where the durable
 * state says. VG_EDENIED: the endpoint is not allowed (vg_endpoint_allowed()). VG_EINVAL: settings incomplete. NULL
 * on failure with *err. */
VG_DEALLOC(vg_outbox_destroy)
struct vg_outbox *vg_outbox_create(struct vg_store *store, struct vg_loop *loop, struct vg_cases *cases,
				   struct vg_audit *audit, struct vg_evidence *evidence,
				   const struct vg_outbox_conf *conf, enum vg_err *err);
/* Queues a case, in the caller's transaction where one is open. Queuing a case twice is VG_OK and does nothing. */
enum vg_err vg_outbox_enqueue(struct vg_outbox *ob, int64_t case_id);
/* Listens on RUN/reporter.sock. One reporter at a time: a newer connection replaces the older. */
enum vg_err vg_outbox_listen(struct vg_outbox *ob, const char *run_dir);
/* Looks for due work now (after enqueuing outside of the loop's own turn; a timer does it as well). */
void vg_outbox_kick(struct vg_outbox *ob);

/* ---- for ctl and metrics ---- */
struct vg_outbox_row {
	int64_t id, case_id, report_id; /* report_id 0 = none */
	enum vg_outbox_state state;
	unsigned n_files, n_uploaded, n_described, n_attempts, n_opened;
	int finish_sent, minimal, last_code, last_http;
	int64_t queued_ns, opened_ns, changed_ns, next_try_ns, done_ns; /* UTC; 0 = not yet */
	char last_text[256], request_id[128], reason[256];
};
/* One answered (or unanswered) call of a report, oldest first; document and answer are NULL where there is none. */
struct vg_outbox_call {
	int64_t id, at_ns, report_id;
	unsigned call, outcome, file_idx;
	int code, http_status;
	uint32_t took_ms;
	const char *description, *request_id, *document, *answer;
};
/* Return non-zero from the callback to stop. Rows are borrowed for the time of the call. */
typedef int vg_outbox_row_fn(void *user, const struct vg_outbox_row *row);
typedef int vg_outbox_call_fn(void *user, const struct vg_outbox_call *call);
enum vg_err vg_outbox_list(struct vg_outbox *ob, vg_outbox_row_fn *fn, void *user);
/* The row of one case. VG_ENOTFOUND. */
enum vg_err vg_outbox_find(struct vg_outbox *ob, int64_t case_id, struct vg_outbox_row *row);
enum vg_err vg_outbox_calls(struct vg_outbox *ob, int64_t row_id, vg_outbox_call_fn *fn, void *user);
/* Tries a waiting row now; a HELD or FAILED row goes on from its durable state (audited by the caller). VG_ENOTFOUND;
 * VG_ECONFLICT where it is done. */
enum vg_err vg_outbox_retry_now(struct vg_outbox *ob, int64_t row_id);

struct vg_outbox_counts {
	uint64_t n_state[VG_OUTBOX_STATE_N];
	int64_t oldest_pending_ns; /* UTC when the oldest row not yet done was queued, 0 = none */
	int reporter_connected, breaker_open;
};
void vg_outbox_counts(struct vg_outbox *ob, struct vg_outbox_counts *counts);
/* True while nothing is left that time alone would file: all rows are filed, done, held or failed (replay waits for
 * it). */
int vg_outbox_settled(struct vg_outbox *ob);

/* ---- epochs of the reporter's evidence key ---- */
/* Asks the connected reporter for the next epoch's key. VG_ECLOSED: none is connected. */
enum vg_err vg_outbox_rotate_epoch(struct vg_outbox *ob);
/* Asks the reporter to destroy an epoch's secret key once no unsettled case has evidence in it. VG_ECONFLICT: the
 * epoch is current, or a case of it is not settled. */
enum vg_err vg_outbox_destroy_epoch(struct vg_outbox *ob, uint64_t epoch);
