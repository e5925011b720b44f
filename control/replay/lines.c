#include "control/replay/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum vg_err vg_lines_open(struct vg_lines *lines, const char *path)
{
	*lines = (struct vg_lines){ .fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600) };
	if (lines->fd < 0)
		return VG_EIO;
	lines->buffer = malloc(VG_LINES_BUFFER);
	if (lines->buffer)
		return VG_OK;
	close(lines->fd);
	return VG_ENOMEM;
}

enum vg_err vg_lines_flush(struct vg_lines *lines)
{
	size_t done = 0;
	while (!lines->err && done < lines->n_bytes) {
		ssize_t n = write(lines->fd, lines->buffer + done, lines->n_bytes - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			lines->err = VG_EIO;
		else
			done += (size_t)n;
	}
	lines->n_bytes = 0;
	return lines->err;
}

enum vg_err vg_lines_add(struct vg_lines *lines, const char *line, size_t n_bytes)
{
	if (!lines->buffer)
		return VG_OK;
	if (n_bytes > VG_LINES_BUFFER)
		return VG_ERANGE;
	if (n_bytes > VG_LINES_BUFFER - lines->n_bytes)
		vg_lines_flush(lines);
	memcpy(lines->buffer + lines->n_bytes, line, n_bytes);
	lines->n_bytes += n_bytes;
	return lines->err;
}

enum vg_err vg_lines_close(struct vg_lines *lines)
{
	if (!lines->buffer)
		return VG_OK;
	vg_lines_flush(lines);
	if (close(lines->fd) && !lines->err)
		lines->err = VG_EIO;
	free(lines->buffer);
	lines->buffer = NULL;
	lines->fd = -1;
	return lines->err;
}
