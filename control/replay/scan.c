#include "control/replay/scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int vg_scan_open(struct vg_scan *scan, const struct vg_run_spec *spec, struct vg_lines *objects)
{
	char why[1024];
	enum vg_err err = VG_OK;
	*scan = (struct vg_scan){ .spec = spec, .objects = objects };
	scan->state = vg_scan_state_open(spec->resume_path, spec->resume_key, spec->paths, spec->n_paths, why,
					 sizeof(why));
	if (!scan->state) {
		fprintf(stderr, "vigil: %s\n", why);
		return -1;
	}
	if (vg_scan_state_n_files(scan->state))
		fprintf(stderr, "vigil: going on behind %llu files that are done\n",
			(unsigned long long)vg_scan_state_n_files(scan->state));
	if (spec->objects_path)
		err = vg_lines_go_on(objects, spec->objects_path, vg_scan_state_objects_bytes(scan->state));
	if (err)
		fprintf(stderr, "vigil: %s: %s\n", spec->objects_path,
			err == VG_ERANGE ? "is shorter than the state of the scan says" : strerror(errno));
	return err ? -1 : 0;
}

void vg_scan_fini(struct vg_scan *scan)
{
	vg_held_lines_fini(&scan->held);
	vg_scan_state_destroy(scan->state);
	scan->state = NULL;
}

int vg_scan_record(struct vg_scan *scan, const struct vg_object_facts *facts, char *line)
{
	uint32_t hasher_idx = facts->attr->hasher_idx;
	uint64_t object_id = facts->record->object_id;
	if (scan->objects->buffer) {
		size_t n = vg_object_line(facts, line, VG_OBJECT_LINE_MAX);
		if (!n || vg_held_lines_add(&scan->held, hasher_idx, object_id, line, n))
			return -1;
	}
	if (!(facts->record->flags & VG_RECORD_LAST))
		return 0;
	/* Its reader was stopped within it: it is read again, from its beginning. */
	if (facts->attr->state != VG_STATE_COMPLETE && facts->attr->state != VG_STATE_ABORTED)
		return 0;
	if (vg_held_lines_give(&scan->held, hasher_idx, object_id, scan->objects))
		return -1;
	vg_scan_state_done(scan->state, facts->attr);
	return 0;
}

int vg_scan_save(struct vg_scan *scan)
{
	return vg_lines_sync(scan->objects) || vg_scan_state_save(scan->state, scan->objects->n_file_bytes) ? -1 : 0;
}
