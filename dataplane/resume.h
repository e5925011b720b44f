#pragma once
/* resume: which files of a scan were done before it was interrupted. The walk takes the names of a folder in the order
 * of their bytes, and a folder's files where its name stands, so that one path says what lies before it even where
 * the tree has changed since. Cold; one thread. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>

struct vg_resume {
	bool has_path;
	char path[VG_RESUME_MAX_PATH + 1];
	uint64_t *keys; /* sorted */
	uint32_t n_keys;
};

/* Reads RUN/resume; where there is none, nothing was done. VG_OK; VG_EIO, VG_ECORRUPT, VG_ENOMEM. */
enum vg_err vg_resume_load(struct vg_resume *r, const char *run_dir);
void vg_resume_fini(struct vg_resume *r);

/* Is the file at `below` (its path below port 0's) done? */
bool vg_resume_is_done(const struct vg_resume *r, const char *below, uint64_t path_key);

/* < 0, 0, > 0: the walk comes to a before, at, after b. */
int vg_resume_order(const char *a, const char *b);

/* Names a file: its path as walked, its device and inode. */
uint64_t vg_feed_path_key(const char *path, const struct stat *st);
