#include "control/supervise/roles.h"

#include <stdio.h>

static const struct vg_role_row roles[VG_PROGRAM_N] = {
	[VG_PROGRAM_DATAPLANE] = { "vigil-dataplane", 0, 1, 5000, "handover.sock", "",
				   "has the ports, huge pages and the media memory; never files, networks or "
				   "decoders" },
	[VG_PROGRAM_FEED] = { "vigil-feed", 0, 1, 5000, "handover.sock", "",
			      "plays the dataplane for scan: reads the files it is given, no ports" },
	[VG_PROGRAM_HASHING] = { "vigil-hashing", 1, 2, 5000, "hasher-N.sock", "handover.sock",
				 "has its lanes and the list index, read-only; never files, networks or another's "
				 "objects" },
	[VG_PROGRAM_REPORTER] = { "vigil-reporter", 0, 3, 10000, "", "reporter.sock",
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
