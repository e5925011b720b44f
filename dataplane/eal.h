#pragma once
/* eal: DPDK's environment started as Vigil needs it: quiet, no telemetry, no shared files, floating lcores. Cold. */
#include <stdint.h>

#include <vigil/config_snapshot.h>
#include <vigil/err.h>

/* Whether the virtual drivers that are linked into vigil-dataplane are enough for all ports of conf: captures, pairs of
 * the forwarder, net_af_packet, net_memif, net_pcap, net_ring, net_tap. Else the program over DPDK's shared build is
 * needed, which loads all drivers there are (ADR 30). */
int vg_eal_is_virtual(const struct vg_dataplane_conf *conf);

/* Starts EAL with n_lcores lcores (0 is main) that may run on every CPU this process is allowed. Logged on failure. */
enum vg_err vg_eal_start(const struct vg_dataplane_conf *conf, const char *run_dir, uint32_t n_lcores);
