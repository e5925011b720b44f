#pragma once
/* summary: what a run saw, counted while its records come in, and printed at its end: for people, or as one JSON
 * object. One thread, no heap. */
#include <stdint.h>
#include <stdio.h>

#include <vigil/counters.h>
#include <vigil/media.h>
#include <vigil/msg.h>

#include "control/cases/case.h"
#include "control/replay/latency.h"

#define VG_SUMMARY_KINDS 64

struct vg_tally {
	uint64_t n_objects[VG_SUMMARY_KINDS][VG_STATE_N]; /* records, members too; kinds as enum vg_kind */
	uint64_t n_state[VG_STATE_N], n_records, n_matches;
	struct vg_latency verdict, filed; /* from the last byte's CLOSE */
};
/* Counts one record that is written. */
void vg_tally_add(struct vg_tally *tally, const struct vg_msg_record *record);

struct vg_summary {
	const struct vg_tally *tally;
	uint64_t dataplane[VG_C_N], hashing[VG_H_N];
	int64_t n_cases[VG_CASE_STATE_N];
	uint64_t n_paths, n_reports_filed, n_hasher_restarts, n_refused; /* refused: matches vigild did not believe */
	double seconds; /* from the first packet's dataplane to DRAINED, all batches together */
	int is_scan;
};
/* Prints it; nothing else is printed to `out` by a run. */
void vg_summary_print_json(const struct vg_summary *summary, FILE *out);
void vg_summary_print_text(const struct vg_summary *summary, FILE *out);
