/* EAL's command line. Other programs of Vigil may run their own beside this one. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include <vigil/log.h>

#include "forward/eal.h"

#define ROOM     "forward/eal"
#define MAX_ARGS (16 + 4 * VG_FORWARD_MAX_PAIRS)

/* "(0-2)@(0,1)": lcores 0 to 2 float over CPUs 0 and 1. */
static void map_lcores(char *text, size_t n_text, uint32_t n_lcores)
{
	cpu_set_t cpus;
	size_t n = (size_t)snprintf(text, n_text, "--lcores=(0-%u)@(", n_lcores - 1);
	const char *between = "";

	if (sched_getaffinity(0, sizeof(cpus), &cpus)) {
		CPU_ZERO(&cpus);
		CPU_SET(0, &cpus);
	}
	for (int cpu = 0; cpu < CPU_SETSIZE && n + 16 < n_text; cpu++)
		if (CPU_ISSET(cpu, &cpus)) {
			n += (size_t)snprintf(text + n, n_text - n, "%s%d", between, cpu);
			between = ",";
		}
	snprintf(text + n, n_text - n, ")");
}

/* [domain:]bus:device.function and nothing of a virtual device's name */
static int is_pci(const char *device)
{
	return device[strspn(device, "0123456789abcdefABCDEF:")] == '.' && strchr(device, ':');
}

int vg_forward_eal_has_pci(const struct vg_forward_conf *conf)
{
	for (uint32_t i = 0; i < 2 * conf->n_pairs; i++)
		if (is_pci(conf->pairs[i / 2][i % 2]))
			return 1;
	return 0;
}

enum vg_err vg_forward_eal_start(const struct vg_forward_conf *conf, const char *run_dir)
{
	char lcores[8192], memory[32], prefix[64];
	const char *args[MAX_ARGS] = { "vigil-forward",       lcores, prefix, "--no-telemetry", "--no-shconf",
				       "--log-level=*:error", "-m",   memory };
	int n = 8, n_pci = 0;

	map_lcores(lcores, sizeof(lcores), 1 + conf->n_pairs);
	snprintf(memory, sizeof(memory), "%u", conf->eal_mem_mb);
	snprintf(prefix, sizeof(prefix), "--file-prefix=vigil-forward-%ld", (long)getpid());
	if (conf->flags & VG_CONF_NO_HUGE)
		args[n++] = "--no-huge";
	for (uint32_t i = 0; i < 2 * conf->n_pairs; i++)
		if (is_pci(conf->pairs[i / 2][i % 2])) {
			args[n++] = "-a";
			args[n++] = conf->pairs[i / 2][i % 2];
			n_pci++;
		}
	if (!n_pci)
		args[n++] = "--no-pci";
	if (setenv("RUNTIME_DIRECTORY", run_dir, 1) || setenv("XDG_RUNTIME_DIR", run_dir, 1))
		return VG_ENOMEM;
	if (rte_eal_init(n, (char **)(uintptr_t)args) < 0) {
		vg_log(VG_LOG_ERROR, ROOM, "EAL does not start: %s", rte_strerror(rte_errno));
		return VG_EIO;
	}
	return VG_OK;
}
