/* The cold half of ndpi_memory.h. */
#include <stdlib.h>
#include <string.h>

#include <ndpi/ndpi_api.h>
#include <ndpi/ndpi_main.h>

#include <vigil/pages.h>

#include "dataplane/detect/ndpi_memory_priv.h"

struct vg_ndpi_memory *vg_ndpi_memory_create(void)
{
	struct vg_ndpi_memory *m = vg_pages_new(sizeof(*m));

	if (!m)
		return NULL;
	m->bytes = vg_pages_new(VG_NDPI_BYTES);
	if (!m->bytes) {
		vg_pages_free(m, sizeof(*m));
		return NULL;
	}
	memset(m->first, 0xff, sizeof(m->first));
	m->first[VG_NDPI_ORDERS - 1] = 0;
	m->order[0] = VG_NDPI_ORDERS - 1;
	m->unit[0] = VG_NDPI_FREE;
	m->next[0] = m->prev[0] = VG_NDPI_NONE;
	set_ndpi_malloc(vg_ndpi_memory_malloc);
	set_ndpi_free(vg_ndpi_memory_free);
	set_ndpi_flow_malloc(vg_ndpi_memory_malloc);
	set_ndpi_flow_free(vg_ndpi_memory_free);
	return m;
}

void vg_ndpi_memory_destroy(struct vg_ndpi_memory *m)
{
	if (!m)
		return;
	vg_pages_free(m->bytes, VG_NDPI_BYTES);
	vg_pages_free(m, sizeof(*m));
}
