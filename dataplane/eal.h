#pragma once
/* eal: DPDK's environment started as Vigil needs it: quiet, no telemetry, no shared files, floating lcores. Cold. */
#include <stdint.h>

#include <vigil/config_snapshot.h>
#include <vigil/err.h>

/* Starts EAL with n_lcores lcores (0 is main) that may run on every CPU this process is allowed. Logged on failure. */
enum vg_err vg_eal_start(const struct vg_dataplane_conf *conf, const char *run_dir, uint32_t n_lcores);
