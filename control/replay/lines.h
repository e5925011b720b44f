#pragma once
/* lines: an output file that only ever holds whole lines, whatever happens to the program: lines are gathered in
 * memory and go to the file by whole ones. One thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#define VG_LINES_BUFFER (1u << 18)

struct vg_lines {
	char *buffer; /* VG_LINES_BUFFER bytes, NULL = not open */
	size_t n_bytes;
	int fd;
	uint64_t n_file_bytes; /* written to the file, from its beginning */
	enum vg_err err;       /* first failure; sticks */
};
/* Opens path new and empty (0600 where it is made). VG_EIO with errno, VG_ENOMEM. */
enum vg_err vg_lines_open(struct vg_lines *lines, const char *path);
/* Opens a file to go on with it behind its first n_bytes; what is behind them is cut off. VG_EIO with errno, VG_ERANGE:
 * it is shorter; VG_ENOMEM. */
enum vg_err vg_lines_go_on(struct vg_lines *lines, const char *path, uint64_t n_bytes);
/* Adds one line of n_bytes with its line break, n_bytes <= VG_LINES_BUFFER. VG_OK or the first failure. */
enum vg_err vg_lines_add(struct vg_lines *lines, const char *line, size_t n_bytes);
/* Writes what was gathered. */
enum vg_err vg_lines_flush(struct vg_lines *lines);
/* Writes what was gathered and waits until the file is on disk. */
enum vg_err vg_lines_sync(struct vg_lines *lines);
/* Flushes and closes; nothing where it is not open. VG_OK or the first failure. */
enum vg_err vg_lines_close(struct vg_lines *lines);
