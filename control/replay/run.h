#pragma once
/* run: a foreground run inside vigild (replay, scan, hash): works the paths in batches of VG_RUN_BATCH, writes the
 * object lines, waits until everything is drained, acknowledged and filed, and closes with the summary.
 * It knows no other room's state: what it needs done stands in vg_run_ops (callbacks of vigild's main), what it must
 * know is told to it by the vg_run_on_… functions. One thread (vigild's loop); nothing here blocks. */
#include <stdint.h>

#include <vigil/attribution.h>
#include <vigil/err.h>
#include <vigil/index_format.h>
#include <vigil/msg.h>
#include <vigil/stats_page.h>

#include "control/replay/spec.h"

struct vg_run;

/* One batch: paths[0 .. n_paths) in the order of ports; capture_idx of an attribution record counts from 0 in it. */
struct vg_run_batch {
	const struct vg_run_spec *spec;
	char *const *paths;
	uint32_t n_paths, batch_idx;
};
/* How far the cases and reports of this run are. */
struct vg_run_filing {
	uint64_t n_reports_filed; /* receipts */
	uint64_t n_pending;       /* queued or being filed: the run waits for these */
	uint64_t n_review, n_held;
};
/* What vigild's main does for a run. None may call back into the run before it returns. */
struct vg_run_ops {
	void *arg;
	/* Writes the snapshots for this batch, empties the run folder of the last one and starts dataplane (scan: vigil-feed)
	 * and hashers. Anything but VG_OK fails the run. */
	enum vg_err (*start_batch)(void *arg, const struct vg_run_batch *batch);
	/* Stops the batch's programs in order (TERM, later KILL); vg_run_on_stopped() once all are gone. */
	void (*stop_batch)(void *arg);
	/* Calls each() for every stats page of the batch, mapped; called about 5 times a second and before stop_batch. */
	void (*each_page)(void *arg,
			  void (*each)(void *each_arg, int is_hasher, uint32_t idx, const struct vg_stats_page *page),
			  void *each_arg);
	/* Fills how far cases and reports are. */
	void (*filing)(void *arg, struct vg_run_filing *filing);
	/* Writes the cases as JSON lines to fd; VG_OK or VG_EIO. */
	enum vg_err (*write_cases)(void *arg, int fd);
	/* The run is over: leave the loop and exit with this code (0 or 1). Called once, last. */
	void (*done)(void *arg, int exit_code);
};

/* Opens the output files (an unwritable one fails at once) and begins the first batch; `spec` and `ops` are borrowed
 * until vg_run_destroy(). Reports what is wrong on stderr and returns NULL where it cannot begin. */
struct vg_run *vg_run_create(const struct vg_run_spec *spec, const struct vg_run_ops *ops);
void vg_run_destroy(struct vg_run *run);

/* A record became durable the first time (never for one that was seen before); `attr` is the validated copy, `index` the
 * generation it was searched in (NULL where none was), case_id the case it was folded into (0 = none). Writes its object
 * line. A write error fails the run. */
void vg_run_on_record(struct vg_run *run, const struct vg_msg_record *record, const struct vg_attribution *attr,
		      const struct vg_index_view *index, int64_t case_id);
/* The report of a case has its receipt (outbox event FILED). */
void vg_run_on_filed(struct vg_run *run, int64_t case_id);
/* The dataplane said that its input is used up and every object is DONE. */
void vg_run_on_drained(struct vg_run *run);
/* A program of the batch ended: `program` by name; status as by waitpid(2). The end of the dataplane with a failure, or
 * before it was drained, fails the run; a hasher that the supervisor starts again is only counted. */
void vg_run_on_exit(struct vg_run *run, const char *program, int status);
/* All programs of the batch are gone (after stop_batch). */
void vg_run_on_stopped(struct vg_run *run);
/* Time passes: to be called about 20 times a second (progress line, end of filing). */
void vg_run_on_tick(struct vg_run *run);
/* TERM or INT: stops what runs and ends with code 1, keeping what was written. */
void vg_run_on_interrupt(struct vg_run *run);
