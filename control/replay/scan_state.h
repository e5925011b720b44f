#pragma once
/* scan_state: how far a scan has come, in a file that the operator names: it can be interrupted, even by kill -9,
 * and gone on with. Kept: the last file that is done with all before it in the order of the walk, the keys of files
 * behind it that are done, too, and how long the objects file was when all of these were in it. What came after that
 * is cut off and done again: nothing is lost, no line is there twice. In memory: one entry for each file between the
 * first that is not done and the last that is. One thread. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/attribution.h>
#include <vigil/base.h>
#include <vigil/err.h>

#define VG_SCAN_MAX_WINDOW (1u << 20) /* files that may be done before an earlier one: then that one is given up */

struct vg_scan_state;

void vg_scan_state_destroy(struct vg_scan_state *s);
/* Reads the file, or begins where it is not there, and locks it (FILE.lock) against others. `key` names what is
 * scanned against which lists and where the lines go: a file of another scan is refused. NULL: `why` says it. */
struct vg_scan_state *vg_scan_state_open(const char *path, const char *key, char *const *paths, size_t n_paths,
					 char *why, size_t n_why) VG_DEALLOC(vg_scan_state_destroy);

/* Where to begin: the path to scan first, the length of the objects file, the files done before. */
size_t vg_scan_state_path_idx(const struct vg_scan_state *s);
uint64_t vg_scan_state_objects_bytes(const struct vg_scan_state *s);
uint64_t vg_scan_state_n_files(const struct vg_scan_state *s);

/* A vigil-feed begins with path first_path as its port 0: writes RUN/resume for it, or removes an old one. VG_OK or
 * VG_EIO. */
enum vg_err vg_scan_state_begin(struct vg_scan_state *s, size_t first_path, const char *run_dir);

/* All records of a file are durable and its lines are in the objects file's buffer. */
void vg_scan_state_done(struct vg_scan_state *s, const struct vg_attribution *attr);

/* The batch is drained: everything before path next_path is done. */
void vg_scan_state_batch_done(struct vg_scan_state *s, size_t next_path);

/* Makes it durable: the objects file must hold exactly objects_bytes, synced. VG_OK or VG_EIO. */
enum vg_err vg_scan_state_save(struct vg_scan_state *s, uint64_t objects_bytes);

/* The scan is complete: the file is not needed any more. */
void vg_scan_state_remove(struct vg_scan_state *s);
