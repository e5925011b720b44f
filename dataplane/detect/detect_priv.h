#pragma once
/* detect_priv: the engine of one core, shared by detect.c and its _setup half. */
#include "dataplane/detect/detect.h"
#include "dataplane/detect/ndpi_memory.h"

struct ndpi_detection_module_struct;
struct vg_detect {
	struct ndpi_detection_module_struct *engine; /* NULL: nothing has asked for it yet */
	int has_no_engine;                           /* it could not be made */
	struct vg_ndpi_memory *memory;               /* what nDPI allocates while packets run */
	struct vg_stats_page *stats;
	uint8_t *flows; /* VG_DETECT_FLOWS of flow_bytes each */
	uint32_t *free;
	uint32_t flow_bytes, n_free;
	uint32_t n_rows;
	struct vg_recogniser rows[VG_APP_N];
};

/* nDPI's engine, all of it from detect's memory, as it is made while packets run, too. 0, or -1 for good. */
int vg_detect_engine_create(struct vg_detect *detect);
