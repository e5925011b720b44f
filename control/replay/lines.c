#include "control/replay/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum vg_err open_file(struct vg_lines *lines, const char *path, int flags)
{
	*lines = (struct vg_lines){ .fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | flags, 0600) };
	if (lines->fd < 0)
		return VG_EIO;
	lines->buffer = malloc(VG_LINES_BUFFER);
	if (lines->buffer)
		return VG_OK;
	close(lines->fd);
	return VG_ENOMEM;
}

enum vg_err vg_lines_open(struct vg_lines *lines, const char *path)
{
	return open_file(lines, path, O_TRUNC);
}

enum vg_err vg_lines_go_on(struct vg_lines *lines, const char *path, uint64_t n_bytes)
{
	enum vg_err err = open_file(lines, path, 0);
	off_t n_there = err ? -1 : lseek(lines->fd, 0, SEEK_END);
	if (err)
		return err;
	if (n_there < 0 || (uint64_t)n_there < n_bytes)
		err = n_there < 0 ? VG_EIO : VG_ERANGE;
	else if (ftruncate(lines->fd, (off_t)n_bytes) || lseek(lines->fd, (off_t)n_bytes, SEEK_SET) < 0)
		err = VG_EIO;
	lines->n_file_bytes = n_bytes;
	if (err) {
		free(lines->buffer);
		lines->buffer = NULL;
		close(lines->fd);
	}
	return err;
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
	lines->n_file_bytes += done;
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

enum vg_err vg_lines_sync(struct vg_lines *lines)
{
	if (!lines->buffer)
		return VG_OK;
	if (!vg_lines_flush(lines) && fdatasync(lines->fd))
		lines->err = VG_EIO;
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
