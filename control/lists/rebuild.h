#pragma once
/* rebuild: reads the lists again beside the loop: a builder reads the files (builder_link.h), a thread checks what it
 * made and stores it (loop/beside.h), and the generation in use is only changed by one step of the loop at the end.
 * Before the first reading, what is on disk is loaded, and in use as soon as its search tables are made. One at a
 * time. One thread (the loop's). */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/config/config.h"
#include "control/lists/lists.h"
#include "control/loop/loop.h"

#define VG_REBUILD_REMEMBERED 16u /* endings of builds that can still be asked for */

struct vg_rebuild;
struct vg_rebuild_conf {
	struct vg_lists *lists; /* borrowed */
	const char *program;    /* NULL = this one; tests */
	uint32_t max_s;
	uint64_t max_bytes; /* 0 = by the size of the files */
	void *ctx;
	/* Yesterday's lists are in use, today's are still being read. */
	void (*ready)(void *ctx);
	/* Ended; err VG_OK: the lists in use are those of the files. why is borrowed. Another may be started in it. */
	void (*done)(void *ctx, uint64_t id, enum vg_err err, const char *why);
};
/* Kills the builder and waits for the thread; done is not called. */
void vg_rebuild_destroy(struct vg_rebuild *rebuild);
struct vg_rebuild *vg_rebuild_create(struct vg_loop *loop, const struct vg_rebuild_conf *conf)
	VG_DEALLOC(vg_rebuild_destroy);

/* Bytes of the files that a reading goes through; what cannot be seen counts nothing. with_disk: and of the
 * generations on disk. */
uint64_t vg_rebuild_weight(const struct vg_lists *lists, const struct vg_config_list *conf, uint32_t n_conf,
			   const char *suppress_file, int with_disk);
/* Begins (vg_lists_reload() has the arguments); with_disk: what is on disk is loaded first. VG_OK: done will be called,
 * not from within; VG_EAGAIN: one is under way; VG_EINVAL, VG_EIO, VG_ENOMEM: nothing has begun, see why. */
enum vg_err vg_rebuild_start(struct vg_rebuild *rebuild, const struct vg_config_list *conf, uint32_t n_conf,
			     const char *suppress_file, int with_disk, char *why, size_t n_why);
/* Ends what is under way as if it had failed, without done: vigild is stopping. */
void vg_rebuild_stop(struct vg_rebuild *rebuild);

struct vg_rebuild_state {
	uint64_t id; /* of the one under way, or of the last one; 0 = none yet */
	int is_running;
	uint32_t phase; /* enum vg_build_phase */
	uint32_t n_lists_read, n_lists;
	uint64_t n_entries, begin_ns; /* rows so far; monotone clock */
	uint64_t n_failed;            /* of all so far */
};
void vg_rebuild_state(const struct vg_rebuild *rebuild, struct vg_rebuild_state *state);
const char *vg_build_phase_str(unsigned phase);
/* How build `id` ended: VG_OK; its error, and why; VG_EAGAIN: it is under way; VG_ENOTFOUND: not remembered. */
enum vg_err vg_rebuild_ending(const struct vg_rebuild *rebuild, uint64_t id, const char **why);
