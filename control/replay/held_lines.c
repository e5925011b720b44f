#include "control/replay/held_lines.h"

#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>

void vg_held_lines_fini(struct vg_held_lines *held)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(held->of); i++)
		free(held->of[i].at);
	memset(held, 0, sizeof(*held));
}

enum vg_err vg_held_lines_add(struct vg_held_lines *held, uint32_t hasher_idx, uint64_t object_id, const char *line,
			      size_t n_bytes)
{
	if (hasher_idx >= VG_LANE_MAX_HASHERS)
		return VG_ERANGE;
	if (held->of[hasher_idx].object_id != object_id)
		held->of[hasher_idx].n_bytes = 0;
	held->of[hasher_idx].object_id = object_id;
	if (held->of[hasher_idx].n_room - held->of[hasher_idx].n_bytes < n_bytes) {
		size_t n = 2 * held->of[hasher_idx].n_room + n_bytes;
		char *more = realloc(held->of[hasher_idx].at, n);
		if (!more)
			return VG_ENOMEM;
		held->of[hasher_idx].at = more;
		held->of[hasher_idx].n_room = n;
	}
	memcpy(held->of[hasher_idx].at + held->of[hasher_idx].n_bytes, line, n_bytes);
	held->of[hasher_idx].n_bytes += n_bytes;
	return VG_OK;
}

enum vg_err vg_held_lines_give(struct vg_held_lines *held, uint32_t hasher_idx, uint64_t object_id,
			       struct vg_lines *lines)
{
	enum vg_err err = VG_OK;
	const char *at, *end;
	if (hasher_idx >= VG_LANE_MAX_HASHERS || held->of[hasher_idx].object_id != object_id ||
	    !held->of[hasher_idx].n_bytes)
		return VG_OK;
	at = held->of[hasher_idx].at;
	end = at + held->of[hasher_idx].n_bytes;
	while (!err && at < end) { /* one by one: together they may be more than the buffer */
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t n = line_end ? (size_t)(line_end - at) + 1 : (size_t)(end - at);
		err = vg_lines_add(lines, at, n);
		at += n;
	}
	held->of[hasher_idx].n_bytes = 0;
	return err;
}
