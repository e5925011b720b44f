#include "forward/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <vigil/log.h>

#define ROOM "forward"

static int is_in_range(struct vg_forward_conf *conf)
{
	if (!conf->n_pairs || conf->n_pairs > VG_FORWARD_MAX_PAIRS || conf->mtu < 68 || conf->mtu > 16000 ||
	    vg_frame_ring_check(&conf->ring))
		return 0;
	for (uint32_t i = 0; i < conf->n_pairs; i++)
		if (conf->is_inspect_first[i] > 1 ||
		    (conf->is_inspect_first[i] &&
		     (!conf->hold_ms || !conf->inspect_wait_us || !conf->stops_per_minute)))
			return 0;
	for (uint32_t i = 0; i < conf->n_pairs; i++)
		for (unsigned side = 0; side < 2; side++) {
			conf->pairs[i][side][VG_SNAPSHOT_PORT - 1] = 0;
			if (!conf->pairs[i][side][0])
				return 0;
		}
	return 1;
}

enum vg_err vg_forward_snapshot_read(const char *run_dir, struct vg_forward_conf *conf)
{
	char path[PATH_MAX], rest;
	size_t n_bytes = 0;
	ssize_t got = 1;
	int fd = snprintf(path, sizeof(path), "%s/forward.snapshot", run_dir) < (int)sizeof(path)
			 ? open(path, O_RDONLY | O_CLOEXEC)
			 : -1;

	if (fd < 0) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: %s", path, strerror(errno));
		return VG_EIO;
	}
	while (n_bytes < sizeof(*conf) && (got = read(fd, (char *)conf + n_bytes, sizeof(*conf) - n_bytes)) > 0)
		n_bytes += (size_t)got;
	got = n_bytes == sizeof(*conf) ? read(fd, &rest, 1) : 1;
	close(fd);
	if (got || vg_snapshot_check(conf, sizeof(*conf))) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: not a snapshot of this version", path);
		return VG_ECORRUPT;
	}
	if (is_in_range(conf))
		return VG_OK;
	vg_log(VG_LOG_ERROR, ROOM, "%s: a value is out of range", path);
	return VG_ERANGE;
}
