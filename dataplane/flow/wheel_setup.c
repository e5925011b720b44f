/* The cold half of wheel.h. */
#include <stdlib.h>
#include <string.h>

#include <vigil/pages.h>

#include "dataplane/flow/wheel.h"

struct vg_wheel *vg_wheel_create(uint32_t n_nodes, uint64_t horizon_ns)
{
	struct vg_wheel *wheel = n_nodes <= VG_WHEEL_MAX_NODES ? calloc(1, sizeof(*wheel)) : NULL;

	if (!wheel)
		return NULL;
	wheel->nodes = vg_pages_new((size_t)n_nodes * sizeof(wheel->nodes[0]));
	if (!wheel->nodes) {
		free(wheel);
		return NULL;
	}
	wheel->n_nodes = n_nodes;
	wheel->slot_ns = horizon_ns / (VG_WHEEL_SLOTS - 2) + 1;
	memset(wheel->heads, 0xff, sizeof(wheel->heads));
	return wheel;
}

void vg_wheel_destroy(struct vg_wheel *wheel)
{
	if (!wheel)
		return;
	vg_pages_free(wheel->nodes, (size_t)wheel->n_nodes * sizeof(wheel->nodes[0]));
	free(wheel);
}
