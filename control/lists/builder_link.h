#pragma once
/* builder_link: vigild's end of a builder (builder.h): starts it, tells it what to read, hears it, ends it. What it
 * says is checked for form here; what it made is checked by rebuild.h. It may not take longer than it is given, and
 * ends with vigild. One thread (the loop's). */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/lists/builder_msg.h"
#include "control/loop/loop.h"

struct vg_builder;
struct vg_builder_conf {
	const char *program; /* NULL = this one, even where its file was replaced */
	uint32_t max_ms;
	uint64_t max_bytes; /* of its memory, 0 = no limit */
};
/* Borrowed during the start. */
struct vg_builder_job {
	struct vg_reading reading; /* conf, declared, number */
	const char *suppress_name; /* "" = none */
	int suppress_fd;
	const struct vg_generation *current; /* base NULL = none */
	int wants_tables;
};
/* How it ended. The descriptors are the callee's, and not checked; -1 = none. */
struct vg_builder_end {
	enum vg_err err;
	char why[VG_LISTS_WHY]; /* where err; one line of printable text */
	int is_same, index_fd;
	struct vg_lists_tables tables;
	struct vg_reading_counts counts; /* bounded and terminated */
};
struct vg_builder_hooks {
	void *ctx;
	void (*progress)(void *ctx, const struct vg_build_progress *progress);
	/* Of the index in use; tables->fd is the callee's. */
	void (*tables)(void *ctx, const struct vg_lists_tables *tables);
	/* Once, when the process is gone; the builder may be destroyed in it. */
	void (*ended)(void *ctx, const struct vg_builder_end *end);
};
/* Kills it where it still runs and reaps it. */
void vg_builder_destroy(struct vg_builder *builder);
/* Opens the list files and starts. NULL with the reason in why: *err VG_EINVAL (a file), VG_EIO. */
struct vg_builder *vg_builder_create(struct vg_loop *loop, const struct vg_builder_conf *conf,
				     const struct vg_builder_job *job, const struct vg_builder_hooks *hooks,
				     enum vg_err *err, char *why, size_t n_why) VG_DEALLOC(vg_builder_destroy);
