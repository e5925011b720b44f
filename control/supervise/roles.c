#include "control/supervise/roles.h"

#include <stdio.h>

#define SOON 100, 30000

static const struct vg_role_row roles[VG_PROGRAM_N] = {
	/* a link is down while it is: it comes back at once, and goes last */
	[VG_PROGRAM_FORWARD] = { "vigil-forward", 0, 0, 9, 2000, 1, 1000, "forward.sock", "",
				 "has the two ports of each inline link and nothing else; never a reason to stop "
				 "forwarding" },
	[VG_PROGRAM_DATAPLANE] = { "vigil-dataplane", 0, 0, 1, 5000, SOON, "handover.sock", "forward.sock",
				   "has the ports, huge pages and the media memory; never files, networks or "
				   "decoders" },
	[VG_PROGRAM_FEED] = { "vigil-feed", 0, 1, 1, 5000, SOON, "handover.sock", "",
			      "plays the dataplane for scan: reads the files it is given, no ports" },
	[VG_PROGRAM_HASHING] = { "vigil-hashing", 1, 0, 2, 5000, SOON, "hasher-N.sock", "handover.sock",
				 "has its lanes and the list index, read-only; never files, networks or another's "
				 "objects" },
	/* knows nothing that vigild did not tell it: without one it has nothing to do, and would keep its lock */
	[VG_PROGRAM_REPORTER] = { "vigil-reporter", 0, 1, 3, 10000, SOON, "", "reporter.sock",
				  "has the reporting endpoint and the evidence key of the epoch; never the store" },
};

const struct vg_role_row *vg_role(unsigned id)
{
	return id < VG_PROGRAM_N ? &roles[id] : NULL;
}

size_t vg_role_argv(unsigned id, const char *path, const char *run_dir, const char *state_dir, uint32_t hasher_idx,
		    char *room, size_t n_room, const char *argv[], size_t max_args)
{
	size_t n = 0;
	if (id >= VG_PROGRAM_N || max_args < VG_ROLE_MAX_ARGS)
		return 0;
	argv[n++] = path;
	argv[n++] = "--run-dir";
	argv[n++] = run_dir;
	if (roles[id].per_hasher) {
		snprintf(room, n_room, "%u", hasher_idx);
		argv[n++] = "--hasher";
		argv[n++] = room;
	}
	if (id == VG_PROGRAM_REPORTER) {
		argv[n++] = "--state-dir";
		argv[n++] = state_dir;
	}
	argv[n] = NULL;
	return n;
}
