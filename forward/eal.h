#pragma once
/* eal: DPDK's environment as the forwarder needs it: quiet, no telemetry, no shared files, floating lcores. Cold. */
#include <stdint.h>

#include <vigil/config_snapshot.h>
#include <vigil/err.h>

/* True where a side of a pair is a PCI device. */
int vg_forward_eal_has_pci(const struct vg_forward_conf *conf);
/* Starts EAL with lcore 0 for main and one lcore per pair, on the CPUs this process is allowed. Logged on failure. */
enum vg_err vg_forward_eal_start(const struct vg_forward_conf *conf, const char *run_dir);
