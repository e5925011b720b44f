#pragma once
/* build: rows of list files gathered and made into one sealed index generation (include/vigil/index_format.h). Memory
 * grows with the rows (about 40 bytes each and their texts), at most VG_LISTS_MAX_ENTRIES. One thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/config/config.h"
#include "control/lists/list_text.h"

struct vg_build;

void vg_build_destroy(struct vg_build *build);
struct vg_build *vg_build_create(void) VG_DEALLOC(vg_build_destroy);
/* Begins a list; rows that follow are its. VG_OK, VG_ENOMEM. */
enum vg_err vg_build_list(struct vg_build *build, const struct vg_config_list *conf);
/* Adds one row to the list begun last; of a video's frames those of a quality below VG_PDQ_MIN_QUALITY are passed over.
 * VG_OK, VG_EFULL (too many rows), VG_ENOMEM; a plug-in's value: VG_ECONFLICT (plugins.h). */
enum vg_err vg_build_row(struct vg_build *build, const struct vg_list_row *row);
/* After the finish: videos that had no frame good enough and are left out; those with more than VG_VIDEO_MAX_FRAMES, of
 * which so many, evenly spread, were kept. */
void vg_build_videos(const struct vg_build *build, uint64_t *n_blank, uint64_t *n_thinned);
/* Sorts, folds rows that repeat (same list, value, entry id and class; *n_folded counts them) and writes the whole
 * into a memfd sealed VG_SEALS_FINAL: *fd and *n_bytes. The build may only be destroyed afterwards. VG_OK, VG_EIO,
 * VG_ENOMEM. */
enum vg_err vg_build_finish(struct vg_build *build, uint64_t generation, int64_t built_ns, int *fd, uint64_t *n_bytes,
			    uint64_t *n_folded);
