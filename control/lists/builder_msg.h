#pragma once
/* builder_msg: what vigild and its builder (builder.h) say to each other over their socket pair (SOCK_SEQPACKET): one
 * fixed struct a message, descriptors beside it (vigil/sock.h). Both are the same program; what the builder says is
 * checked like any other process's word all the same. No part of it is kept or goes to another host.
 *   vigild:  BEGIN · LIST and its file, n_lists times · SUPPRESS and its file · INDEX and the sealed index in use,
 *            where there are such
 *   builder: PROGRESS, any number · TABLES, where asked for · PROGRESS … · DONE or FAILED, then it ends */
#include <stdint.h>

#include "control/config/config.h"
#include "control/lists/lists_priv.h"

enum vg_build_type {
	VG_BUILD_BEGIN = 0x56420001,
	VG_BUILD_LIST,
	VG_BUILD_SUPPRESS,
	VG_BUILD_INDEX,
	VG_BUILD_PROGRESS,
	VG_BUILD_TABLES,
	VG_BUILD_DONE,
	VG_BUILD_FAILED
};
/* In the order in which they come. */
enum vg_build_phase {
	VG_PHASE_LOADING,  /* vigild: yesterday's from disk */
	VG_PHASE_STARTING, /* a builder */
	VG_PHASE_OLD_TABLES,
	VG_PHASE_READING,
	VG_PHASE_SORTING,
	VG_PHASE_TABLES,
	VG_PHASE_CHECKING, /* vigild: what the builder made */
	VG_PHASE_N
};
struct vg_build_begin {
	uint32_t type, n_lists;
	uint64_t number;
	uint32_t has_suppress, has_index;
	uint32_t wants_tables; /* of the index in use, at once */
	uint32_t n_declared;
	struct vg_declared declared[VG_PLUGIN_MAX];
};
struct vg_build_list {
	uint32_t type, reserved;
	struct vg_config_list conf;
};
struct vg_build_suppress {
	uint32_t type, reserved;
	char name[VG_CONFIG_PATH + 16];
};
struct vg_build_plain { /* INDEX */
	uint32_t type, reserved;
};
struct vg_build_progress {
	uint32_t type, phase; /* enum vg_build_phase */
	uint32_t list_idx, reserved;
	uint64_t n_rows, n_bytes;
};
/* TABLES: one descriptor, or none and err. */
struct vg_build_tables {
	uint32_t type;
	int32_t err;
	uint64_t ms;
};
/* DONE: is_same and no descriptor; or the index, and its tables where tables_err is VG_OK and they are worth it. */
struct vg_build_done {
	uint32_t type, is_same;
	int32_t tables_err;
	uint32_t reserved;
	uint64_t tables_ms;
	struct vg_reading_counts counts;
};
struct vg_build_failed {
	uint32_t type;
	int32_t err;
	char why[VG_LISTS_WHY];
};
