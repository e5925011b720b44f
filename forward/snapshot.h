#pragma once
/* snapshot: RUN/forward.snapshot, read once at start and checked. Cold. */
#include <vigil/config_snapshot.h>
#include <vigil/err.h>

/* Reads it into conf (all texts terminated). What is wrong is logged: VG_EIO, VG_ECORRUPT or VG_ERANGE. */
enum vg_err vg_forward_snapshot_read(const char *run_dir, struct vg_forward_conf *conf);
