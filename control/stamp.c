#include "control/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STAMP_BYTES 32

/* The stamp without its line break; "" where there is none. */
static enum vg_err read_stamp(const char *path, char stamp[STAMP_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	stamp[0] = 0;
	if (fd < 0)
		return errno == ENOENT ? VG_OK : VG_EIO;
	ssize_t n = read(fd, stamp, STAMP_BYTES - 1);
	close(fd);
	if (n < 0)
		return VG_EIO;
	stamp[n] = 0;
	stamp[strcspn(stamp, "\r\n")] = 0;
	return VG_OK;
}

static enum vg_err write_stamp(const char *dir, const char *path, const char *stamp)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return VG_EIO;
	int bad = dprintf(fd, "%s\n", stamp) < 0 || fsync(fd);
	bad = close(fd) || bad;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bad = fd < 0 || fsync(fd) || bad;
	if (fd >= 0)
		close(fd);
	if (bad)
		(void)unlink(path);
	return bad ? VG_EIO : VG_OK;
}

enum vg_err vg_stamp_check(const char *state_dir, unsigned environment, int demo, int *is_demo, char *why, size_t n_why)
{
	static const char *const wanted[] = { "", "test", "production" };
	const char *want = demo ? "demo" : wanted[environment <= VG_ENV_PRODUCTION ? environment : 0];
	char path[PATH_MAX], have[STAMP_BYTES];
	*is_demo = demo;
	if (demo && environment == VG_ENV_PRODUCTION) {
		snprintf(why, n_why, "a replay, scan or demo never reports to production; set another environment");
		return VG_ECONFLICT;
	}
	if (snprintf(path, sizeof(path), "%s/STAMP", state_dir) >= (int)sizeof(path) || read_stamp(path, have)) {
		snprintf(why, n_why, "%s/STAMP: %s", state_dir, strerror(errno));
		return VG_EIO;
	}
	if (!strcmp(have, "demo")) {
		*is_demo = 1;
		if (environment != VG_ENV_PRODUCTION)
			return VG_OK;
	}
	if (have[0] && want[0] && strcmp(have, want) != 0) {
		snprintf(why, n_why, "%s is stamped \"%s\" and cannot serve as \"%s\"; take another state folder",
			 state_dir, have, want);
		return VG_ECONFLICT;
	}
	if (have[0] || !want[0])
		return VG_OK;
	if (write_stamp(state_dir, path, want)) {
		snprintf(why, n_why, "%s: %s", path, strerror(errno));
		return VG_EIO;
	}
	return VG_OK;
}
