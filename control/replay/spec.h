#pragma once
/* spec: what one replay, scan or hash run shall do: written as JSON by vigilctl into the private state folder, read
 * by `vigild --run SPEC.json`. Lists, keys and the reporting endpoint are not in it: they stand in the configuration
 * beside. Owns its texts; one thread; not for hot rooms. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

/* Captures or paths of one run. */
#define VG_RUN_MAX_PATHS 65536u
/* Captures that one dataplane works through; the next ones get a fresh dataplane. */
#define VG_RUN_BATCH     16u

enum vg_run_mode {
	VG_RUN_REPLAY, /* paths are captures, worked by vigil-dataplane */
	VG_RUN_SCAN    /* paths are files and folders, worked by vigil-feed */
};
struct vg_run_spec {
	enum vg_run_mode mode;
	char **paths; /* as the user gave them, each readable from vigild's working folder */
	size_t n_paths;
	char *objects_path, *cases_path; /* NULL = not wanted; made new, whole lines are flushed */
	char *resume_path, *resume_key;  /* scan: state file, and what it is the state of; NULL = not wanted */
	char *summary_path;              /* NULL = summary goes to stdout */
	uint32_t n_cores, n_hashers;     /* >= 1 */
	uint32_t loop;                   /* times over each capture, >= 1 */
	int pace, all_files, json;       /* json: the summary is one JSON object */
	int exact_pdq;                   /* full-size decoding, as `vigilctl hash` prints it */
	int files_reports;               /* a reporting endpoint is configured: wait until the outbox is settled */
	int keep_state;                  /* the state folder stays after the run */
};

/* Writes the spec to path (created 0600). VG_OK or VG_EIO. */
enum vg_err vg_run_spec_write(const struct vg_run_spec *spec, const char *path);
/* Reads and checks a spec; everything in it is the caller's to free by vg_run_spec_free(), also after an error.
 * On failure (VG_EIO, VG_EINVAL) `why` (cap bytes) says what is wrong. */
enum vg_err vg_run_spec_read(const char *path, struct vg_run_spec *spec, char *why, size_t cap);
/* Frees the texts and zeroes the spec. */
void vg_run_spec_free(struct vg_run_spec *spec);
