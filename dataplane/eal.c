/* EAL's command line. Several dataplanes run beside each other: nothing of EAL's lies in shared places. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include <vigil/base.h>
#include <vigil/log.h>

#include "dataplane/eal.h"

#define ROOM     "dataplane/eal"
#define MAX_ARGS (16 + 2 * VG_SNAPSHOT_MAX_PORTS)

/* "(0-3)@(0,1,5)": lcores 0 to 3 float over CPUs 0, 1 and 5. */
static void lcore_map(char *text, size_t cap, uint32_t n_lcores)
{
	cpu_set_t cpus;
	size_t n;

	n = (size_t)snprintf(text, cap, "--lcores=(0-%u)@(", n_lcores - 1);
	if (sched_getaffinity(0, sizeof(cpus), &cpus)) {
		CPU_ZERO(&cpus);
		CPU_SET(0, &cpus);
	}
	for (int cpu = 0, n_cpus = 0; cpu < CPU_SETSIZE && n + 16 < cap; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			n += (size_t)snprintf(text + n, cap - n, "%s%d", n_cpus++ ? "," : "", cpu);
	snprintf(text + n, cap - n, ")");
}

/* domain:bus:device.function, with or without domain */
static int is_pci(const char *port)
{
	unsigned a, b, c, d;

	return sscanf(port, "%x:%x:%x.%x", &a, &b, &c, &d) == 4 || sscanf(port, "%x:%x.%x", &a, &b, &c) == 3;
}

/* The Makefile's DPDK_VIRTUAL has these; the number of a device follows its driver's name. */
static int is_virtual(const char *port)
{
	static const char *const drivers[] = { VG_FORWARD_PORT, "net_af_packet", "net_memif",
					       "net_pcap",      "net_ring",      "net_tap" };

	for (size_t i = 0; i < VG_ARRAY_LEN(drivers); i++) {
		size_t n = strlen(drivers[i]);

		if (!strncmp(port, drivers[i], n) && port[n] != '_')
			return 1;
	}
	return 0;
}

int vg_eal_is_virtual(const struct vg_dataplane_conf *conf)
{
	for (uint32_t i = 0; i < conf->n_ports && !(conf->flags & VG_CONF_REPLAY); i++)
		if (!is_virtual(conf->ports[i]))
			return 0;
	return 1;
}

enum vg_err vg_eal_start(const struct vg_dataplane_conf *conf, const char *run_dir, uint32_t n_lcores)
{
	char lcores[8192], memory[32], prefix[64];
	char *args[MAX_ARGS];
	int n = 0, n_pci = 0;

	lcore_map(lcores, sizeof(lcores), n_lcores);
	snprintf(memory, sizeof(memory), "%u", conf->eal_mem_mb);
	snprintf(prefix, sizeof(prefix), "--file-prefix=vigil-%ld", (long)getpid());
	args[n++] = (char *)(uintptr_t) "vigil-dataplane";
	args[n++] = lcores;
	args[n++] = prefix;
	args[n++] = (char *)(uintptr_t) "--no-telemetry";
	args[n++] = (char *)(uintptr_t) "--no-shconf";
	args[n++] = (char *)(uintptr_t) "--log-level=*:error";
	args[n++] = (char *)(uintptr_t) "-m";
	args[n++] = memory;
	if (conf->flags & VG_CONF_NO_HUGE)
		args[n++] = (char *)(uintptr_t) "--no-huge";
	for (uint32_t i = 0; i < conf->n_ports && !(conf->flags & VG_CONF_REPLAY); i++)
		if (is_pci(conf->ports[i])) {
			args[n++] = (char *)(uintptr_t) "-a";
			args[n++] = (char *)(uintptr_t)conf->ports[i];
			n_pci++;
		}
	if (!n_pci)
		args[n++] = (char *)(uintptr_t) "--no-pci";
	args[n] = NULL;
	if (setenv("RUNTIME_DIRECTORY", run_dir, 1) || setenv("XDG_RUNTIME_DIR", run_dir, 1))
		return VG_ENOMEM;
	if (rte_eal_init(n, args) < 0) {
		vg_log(VG_LOG_ERROR, ROOM, "EAL does not start: %s", rte_strerror(rte_errno));
		return VG_EIO;
	}
	return VG_OK;
}
