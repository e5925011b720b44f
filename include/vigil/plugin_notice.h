#pragma once
/* plugin_notice: RUN/hasher-N.refused: which plug-in hasher N could not load, for a vigild that did not start it and
 * sees no exit code: the place of the item in hashing.plugins, one decimal digit, and a line break. Written by the
 * hasher before it ends, removed when its plug-ins load. Only a word for people: whoever reads it checks it against the
 * configuration. Cold code only. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/plugin_value.h>

#define VG_PLUGIN_NOTICE_PATH 4096

static inline int vg_plugin_notice_path(char path[VG_PLUGIN_NOTICE_PATH], const char *run_dir, uint32_t hasher_idx)
{
	return snprintf(path, VG_PLUGIN_NOTICE_PATH, "%s/hasher-%u.refused", run_dir, hasher_idx) <
	       VG_PLUGIN_NOTICE_PATH;
}
/* plugin_idx -1: all are loaded. What cannot be written is in the hasher's log all the same. */
static inline void vg_plugin_notice_write(const char *run_dir, uint32_t hasher_idx, int plugin_idx)
{
	char path[VG_PLUGIN_NOTICE_PATH], text[16];
	int fd, n_bytes = snprintf(text, sizeof(text), "%d\n", plugin_idx);
	if (!vg_plugin_notice_path(path, run_dir, hasher_idx))
		return;
	(void)unlink(path);
	if (plugin_idx < 0)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return;
	(void)!fchmod(fd, 0640); /* vigild is of the group, whatever the umask says */
	(void)!write(fd, text, (size_t)n_bytes);
	close(fd);
}
/* The place of the plug-in; -1: no such word, or none that could be one. */
static inline int vg_plugin_notice_read(const char *run_dir, uint32_t hasher_idx)
{
	char path[VG_PLUGIN_NOTICE_PATH], text[4] = "";
	struct stat st;
	ssize_t n = -1;
	int fd = vg_plugin_notice_path(path, run_dir, hasher_idx)
			 ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
			 : -1;
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		n = read(fd, text, sizeof(text));
	close(fd);
	if (n != 2 || text[1] != '\n' || text[0] < '0' || text[0] >= (char)('0' + VG_PLUGIN_MAX))
		return -1;
	return text[0] - '0';
}
