#pragma once
/* reading: list files in, the sealed index of one generation out, wherever that is done: within vigild, or in the
 * builder (builder.h). Nothing is kept of it. One thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#include "control/config/config.h"
#include "control/lists/suppress.h"
#include "control/lists/unserved.h"

/* What is to be read; everything is borrowed. */
struct vg_reading {
	const struct vg_config_list *conf;
	uint32_t n_conf;
	const int *fds; /* of the files of conf, opened for us; NULL = by their names */
	const struct vg_suppress *suppress;
	const struct vg_declared *declared; /* plug-ins whose values are searched for */
	unsigned n_declared;
	uint64_t number; /* of the generation */
	/* Now and then: of conf[list_idx] n_bytes are read, of all lists together n_rows are taken; list_idx n_conf:
	 * the index is being made. May be NULL. */
	void (*progress)(void *ctx, uint32_t list_idx, uint64_t n_rows, uint64_t n_bytes);
	void *ctx;
};
/* What came of it beside the index. */
struct vg_reading_counts {
	uint64_t n_left_out, n_folded, n_blank_videos, n_thinned_videos;
	struct vg_unserved unserved;
};
/* *fd: a memfd sealed VG_SEALS_FINAL, the caller's. VG_OK; VG_EINVAL, a file or line: "file:line: why" in why; VG_EIO,
 * VG_ENOMEM, VG_EFULL. */
enum vg_err vg_reading_make(const struct vg_reading *reading, struct vg_reading_counts *counts, int *fd, char *why,
			    size_t n_why);
/* 1 where it is among those. */
int vg_declared_has(const struct vg_declared *declared, unsigned n_declared, const char algo[VG_PLUGIN_ALGO_BYTES],
		    uint32_t version);
