#pragma once
/* handlers: what vigild does for each command, and the rooms it does it with. All run on vigild's loop, none blocks
 * for longer than a store transaction or the reading of small lists. */
#include "control/audit/audit.h"
#include "control/cases/cases.h"
#include "control/config/config.h"
#include "control/ctl/command.h"
#include "control/intake/intake.h"
#include "control/lists/lists.h"
#include "control/lists/rebuild.h"
#include "control/outbox/outbox.h"
#include "control/ports/port_watch.h"
#include "control/store/store.h"

/* One program as `status` shows it. */
struct vg_ctl_program {
	const char *name;
	int index; /* hasher; -1 = there is one only */
	int is_up;
	uint64_t n_restarts;
	char trouble[VG_CONFIG_PATH + 64]; /* what stops it, and what to do; "" = nothing is known */
};
/* The suppress file before a change of it, to be put back where the lists cannot be read with it. */
struct vg_ctl_undo {
	const char *path, *rows;
};
enum vg_err vg_ctl_write_rows(const char *path, const char *rows);
typedef void (*vg_ctl_program_fn)(void *ctx, const struct vg_ctl_program *program);

/* Borrowed, all of vigild's; what lies further down the walk comes as a callback. */
struct vg_ctl_env {
	const struct vg_config *config;
	struct vg_store *store;
	struct vg_audit *audit;
	struct vg_cases *cases;
	struct vg_lists *lists;
	struct vg_intake *intake;
	struct vg_outbox *outbox;          /* NULL = nothing is reported */
	int64_t started_ns;                /* UTC */
	const struct vg_port_watch *ports; /* NULL = no ports are looked at */
	void *arg;
	/* Reads all list files again and gives the generation to the hashers; `why` says what stopped it. Where that
	 * takes its time it only begins: *build_id is its number (rebuild.h) then, else 0. undo (may be NULL, copied):
	 * is done there where a begun one fails; the caller does it where VG_OK is not returned. */
	enum vg_err (*reload_lists)(void *arg, const struct vg_ctl_undo *undo, uint64_t *build_id, char *why,
				    size_t n_why);
	const struct vg_rebuild *rebuild; /* NULL = all reading is done at once */
	/* What stops a hasher that is not linked, and what to do; "" = nothing is known. May be NULL. */
	void (*hasher_trouble)(void *arg, uint32_t hasher_idx, char *text, size_t n_text);
	/* Names every program vigild knows of; may be NULL. */
	void (*each_program)(void *arg, vg_ctl_program_fn fn, void *ctx);
};

enum vg_err vg_ctl_audit_show(struct vg_ctl_call *call);
enum vg_err vg_ctl_audit_verify(struct vg_ctl_call *call);
enum vg_err vg_ctl_cases_approve(struct vg_ctl_call *call);
enum vg_err vg_ctl_cases_dismiss(struct vg_ctl_call *call);
enum vg_err vg_ctl_cases_list(struct vg_ctl_call *call);
enum vg_err vg_ctl_cases_show(struct vg_ctl_call *call);
enum vg_err vg_ctl_cases_frames(struct vg_ctl_call *call);
enum vg_err vg_ctl_lists_build(struct vg_ctl_call *call);
enum vg_err vg_ctl_lists_reload(struct vg_ctl_call *call);
enum vg_err vg_ctl_lists_show(struct vg_ctl_call *call);
enum vg_err vg_ctl_lists_suppress(struct vg_ctl_call *call);
enum vg_err vg_ctl_lists_unsuppress(struct vg_ctl_call *call);
enum vg_err vg_ctl_reports_list(struct vg_ctl_call *call);
enum vg_err vg_ctl_reports_retry(struct vg_ctl_call *call);
enum vg_err vg_ctl_reports_show(struct vg_ctl_call *call);
enum vg_err vg_ctl_stats(struct vg_ctl_call *call);
enum vg_err vg_ctl_status(struct vg_ctl_call *call);

/* The hit that decides a case: exact before perceptual, then the smallest distance, then the order of the files.
 * NULL where no file has one. Borrowed from c. */
const struct vg_case_hit *vg_case_best_hit(const struct vg_case *c);
/* UTC as "2026-11-24T06:20:00Z"; 0 = null. A text, bytes that are no UTF-8 as "?";
 * empty = null. New references. */
json_t *vg_ctl_time(int64_t wall_ns);
json_t *vg_ctl_text(const char *text);
/* What is being read, {build, phase, …}; null where nothing is. New reference. */
json_t *vg_ctl_build(const struct vg_ctl_env *env);
/* Remembers `format` as the reason and returns err. */
enum vg_err vg_ctl_refuse(struct vg_ctl_call *call, enum vg_err err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
