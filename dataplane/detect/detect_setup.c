/* The cold half of detect.h. nDPI's own lists (Tor exits) and libgcrypt (QUIC) are not needed for TCP's first
 * bytes. */
#include <stdlib.h>
#include <string.h>

#include <ndpi/ndpi_api.h>
#include <ndpi/ndpi_main.h>

#include <vigil/pages.h>

#include "dataplane/detect/detect_priv.h"

static void release(struct vg_detect *detect)
{
	if (!detect)
		return;
	if (detect->engine) {
		vg_ndpi_memory_enter(detect->memory);
		ndpi_exit_detection_module(detect->engine);
		vg_ndpi_memory_leave();
	}
	vg_ndpi_memory_destroy(detect->memory);
	free(detect->free);
	vg_pages_free(detect->flows, (size_t)VG_DETECT_FLOWS * detect->flow_bytes);
	free(detect);
}

int vg_detect_engine_create(struct vg_detect *detect)
{
	NDPI_PROTOCOL_BITMASK all;

	if (detect->has_no_engine)
		return -1;
	vg_ndpi_memory_enter(detect->memory);
	detect->engine = ndpi_init_detection_module(ndpi_dont_load_tor_hosts | ndpi_dont_init_libgcrypt);
	if (detect->engine) {
		NDPI_BITMASK_SET_ALL(all);
		ndpi_set_protocol_detection_bitmask2(detect->engine, &all);
		ndpi_finalize_initialization(detect->engine);
	}
	vg_ndpi_memory_leave();
	detect->has_no_engine = !detect->engine;
	return detect->engine ? 0 : -1;
}

struct vg_detect *vg_detect_create(struct vg_stats_page *stats, const struct vg_recogniser *rows, uint32_t n_rows,
				   int at_once)
{
	struct vg_detect *detect = calloc(1, sizeof(*detect));

	if (!detect)
		return NULL;
	detect->stats = stats;
	detect->n_rows = n_rows < VG_APP_N ? n_rows : VG_APP_N;
	memcpy(detect->rows, rows, detect->n_rows * sizeof(rows[0]));
	detect->flow_bytes = (ndpi_detection_get_sizeof_ndpi_flow_struct() + 63u) & ~63u;
	detect->flows = vg_pages_new((size_t)VG_DETECT_FLOWS * detect->flow_bytes);
	detect->free = calloc(VG_DETECT_FLOWS, sizeof(detect->free[0]));
	detect->memory = vg_ndpi_memory_create();
	if (!detect->flows || !detect->free || !detect->memory || (at_once && vg_detect_engine_create(detect))) {
		release(detect);
		return NULL;
	}
	while (detect->n_free < VG_DETECT_FLOWS) {
		detect->free[detect->n_free] = VG_DETECT_FLOWS - 1 - detect->n_free;
		detect->n_free++;
	}
	return detect;
}

void vg_detect_destroy(struct vg_detect *detect)
{
	release(detect);
}
