#pragma once
/* compound: Microsoft's compound file ([MS-CFB] 2): a small file system in a file, in which documents of the old Office
 * programs, Outlook's messages and thumbnail stores lie. Streams are found by the directory's entries in their order,
 * not by its tree, so that a broken tree hides nothing. Caller's storage, one thread, no allocation; each sector's
 * number is checked, and a chain ends after as many sectors as the file has. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/bytes.h>

#define VG_COMPOUND_NAME_BYTES 97u /* 32 units of UTF-16 as UTF-8, and a NUL ([MS-CFB] 2.6.1) */

struct vg_compound {
	const uint8_t *at;
	size_t n_bytes;
	uint32_t sector_bytes, mini_sector_bytes, mini_cutoff;
	uint32_t n_sectors, dir_sector, mini_fat_sector, mini_stream_sector;
	uint32_t next_dir_sector, next_entry, n_dirs_seen; /* where vg_compound_next() stands */
};
struct vg_compound_stream {
	char name[VG_COMPOUND_NAME_BYTES];
	size_t n_name;
	uint32_t sector; /* its first */
	uint64_t n_bytes;
};

/* False: no compound file, or its header says what no such file can have. `bytes` stay the caller's. */
bool vg_compound_open(struct vg_compound *c, const struct vg_span *bytes);
/* The next stream that is not empty; false after the last. */
bool vg_compound_next(struct vg_compound *c, struct vg_compound_stream *stream);
/* Copies the stream's bytes, at most n_room: how many there were. Fewer than its size: its chain is broken. */
size_t vg_compound_read(const struct vg_compound *c, const struct vg_compound_stream *stream, uint8_t *to,
			size_t n_room);
