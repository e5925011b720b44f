#pragma once
/* object_line: one transferred file as one JSON line, the fixed contract of `--objects` (DESIGN.md section 3). Absent
 * values are null; digests are null where the file was not seen whole. The line depends on what was transferred only,
 * never on core, hasher or time, so that two replays are equal when their sorted lines are. Pure, any thread. */
#include <stddef.h>

#include <vigil/attribution.h>
#include <vigil/index_format.h>
#include <vigil/msg.h>

/* The longest line: every text at its limit and escaped, and every frame of a film. */
#define VG_OBJECT_LINE_MAX (131072u + VG_FRAMES_MAX * 104u)

struct vg_object_facts {
	const char *capture; /* path as given; up to PATH_MAX */
	const struct vg_msg_record *record;
	const struct vg_attribution *attr;  /* a copy by vg_attribution_read() */
	const struct vg_index_view *index;  /* of record->generation, or NULL: then matches is empty */
	const struct vg_frame_hash *frames; /* record->n_frames of them, to be listed; NULL: only their number is */
};
/* Writes the line with its line break into line[0 .. cap) and returns its length; 0 where cap (VG_OBJECT_LINE_MAX
 * always suffices) is too small. */
size_t vg_object_line(const struct vg_object_facts *facts, char *line, size_t cap);
