#pragma once
/* run: a foreground run inside vigild (replay, scan, hash): works the paths in batches of VG_RUN_BATCH, writes the
 * object lines, waits until everything is drained, acknowledged and filed, and closes with the summary.
 * It starts no program itself: that is asked of vigild's main by vg_run_ops, and what main hears from intake,
 * supervise and outbox it passes on by the vg_run_on_… functions. One thread (vigild's loop); nothing here blocks. */
#include <stdint.h>

#include <vigil/attribution.h>
#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/index_format.h>
#include <vigil/msg.h>

#include "control/cases/cases.h"
#include "control/intake/intake.h"
#include "control/loop/loop.h"
#include "control/outbox/outbox.h"
#include "control/replay/scan_state.h"
#include "control/replay/spec.h"

struct vg_run;

/* One batch: paths[0 .. n_paths) in the order of ports; capture_idx of an attribution record counts from 0 in it. */
struct vg_run_batch {
	const struct vg_run_spec *spec;
	char *const *paths;
	uint32_t n_paths, batch_idx;
	struct vg_scan_state *scan; /* a scan that can be interrupted: RUN/resume is to be written; else NULL */
};
/* What vigild's main does for a run. */
struct vg_run_ops {
	void *arg;
	/* Writes both snapshots for this batch (cores, hashers, flags and loop as the spec says) and starts a fresh
	 * dataplane (scan: vigil-feed) and hashers. Anything but VG_OK fails the run. */
	enum vg_err (*start_batch)(void *arg, const struct vg_run_batch *batch);
	/* Stops the batch's dataplane and hashers in order (TERM, later KILL); vg_run_on_stopped() once all are
	 * gone, from the loop, never from within this call. */
	void (*stop_batch)(void *arg);
	/* The run is over, nothing of it runs any more: leave the loop and exit with this code (0 or 1). Called
	 * once. */
	void (*done)(void *arg, int exit_code);
};
/* The rooms a run looks at; borrowed, must outlive it. */
struct vg_run_rooms {
	struct vg_loop *loop;
	struct vg_intake *intake; /* one for all batches: its sums go on */
	struct vg_cases *cases;
	struct vg_outbox *outbox; /* NULL = no reporting endpoint */
};

void vg_run_destroy(struct vg_run *run);
/* Opens the output files (an unwritable one fails at once); the first batch begins from the loop. `spec` is borrowed
 * until vg_run_destroy(). Says what is wrong on stderr and returns NULL where it cannot begin. */
struct vg_run *vg_run_create(const struct vg_run_spec *spec, const struct vg_run_rooms *rooms,
			     const struct vg_run_ops *ops) VG_DEALLOC(vg_run_destroy);

/* A record became durable the first time (never for one that was seen before): OBJECT and MATCH alike, one call for
 * one record. `attr` is the validated copy, `index` the generation it was searched in (NULL where none was), case_id
 * the case a match was folded into (0 = none). Writes its object line. A write error fails the run. */
void vg_run_on_record(struct vg_run *run, const struct vg_msg_record *record, const struct vg_attribution *attr,
		      const struct vg_index_view *index, const struct vg_frame_hash *frames, int64_t case_id);
/* The report of a case has its receipt (outbox event FILED). */
void vg_run_on_filed(struct vg_run *run, int64_t case_id);
/* The dataplane said that its input is used up and every object is DONE. */
void vg_run_on_drained(struct vg_run *run);
/* A program of the batch ended: its name ("vigil-dataplane"); status as by waitpid(2). The end of dataplane or feed
 * with a failure or before DRAINED fails the run; hashers that the supervisor starts again are only counted. */
void vg_run_on_exit(struct vg_run *run, const char *program, int wait_status, int will_restart);
/* All programs of the batch are gone (after stop_batch). */
void vg_run_on_stopped(struct vg_run *run);
/* TERM or INT: stops what runs and ends with code 1; what was written stays. */
void vg_run_on_interrupt(struct vg_run *run);
