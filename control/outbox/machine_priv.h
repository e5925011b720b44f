#pragma once
/* machine: what to call next and what an answer means (CYBERTIP sections 3 and 6). Pure: rows in, rows out; no clock,
 * no store, no socket. */
#include "control/cases/case.h"
#include "control/outbox/rows_priv.h"

/* How the endpoint as a whole fared, for the circuit breaker. */
enum vg_health { VG_HEALTH_NONE, VG_HEALTH_GOOD, VG_HEALTH_BAD, VG_HEALTH_CLOSED_TO_US };
struct vg_machine_next {
	enum vg_call call;
	unsigned file_idx;
};
struct vg_machine_limits {
	uint64_t expiry_open_ns, expiry_change_ns;
};
struct vg_machine_verdict {
	enum vg_health health;
	int wait;        /* 1 = a failure: wait before the next try */
	int receipt;     /* 1 = the answer is the receipt */
	char alarm[256]; /* empty = none */
};
/* The next call of a row that is not done, moving its state forward where a stage is complete. */
void vg_machine_next(struct vg_row *row, const struct vg_case *c, struct vg_machine_next *next);
/* Takes the result of a call in; the row's in_flight is cleared. */
void vg_machine_apply(struct vg_row *row, const struct vg_case *c, const struct vg_link_result *result,
		      unsigned file_idx, int64_t now_ns, const struct vg_machine_limits *limits,
		      struct vg_machine_verdict *verdict);
/* The reporter or vigild died while a call was under way: as an answer that never came. */
void vg_machine_lost(struct vg_row *row, const struct vg_case *c, int64_t now_ns,
		     const struct vg_machine_limits *limits, struct vg_machine_verdict *verdict);
/* A HELD or FAILED row goes on from its durable state. */
void vg_machine_revive(struct vg_row *row, int64_t now_ns);
/* Puts the row on hold now (nothing is open at the endpoint, or its state there is in doubt). */
void vg_machine_hold(struct vg_row *row, enum vg_outbox_state state, const char *reason, int64_t now_ns);
/* Retracts first, then holds. */
void vg_machine_retract(struct vg_row *row, enum vg_after_retract after, const char *reason);
/* Milliseconds to wait after n_attempts failures: exponential with jitter (random: 64 random bits), hourly once late.
 * */
uint64_t vg_machine_wait_ms(unsigned n_attempts, int late, uint32_t first_ms, uint32_t max_ms, uint32_t late_ms,
			    uint64_t random);
