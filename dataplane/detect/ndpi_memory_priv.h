#pragma once
/* ndpi_memory_priv: the memory of one core. */
#include "dataplane/detect/ndpi_memory.h"

#define VG_NDPI_UNITS (1u << (VG_NDPI_ORDERS - 1))
#define VG_NDPI_NONE  UINT32_MAX

/* What a unit is. INSIDE: of the block before it. */
enum vg_ndpi_unit { VG_NDPI_INSIDE, VG_NDPI_FREE, VG_NDPI_TAKEN };

struct vg_ndpi_memory {
	uint8_t *bytes;
	size_t n_used;
	uint32_t first[VG_NDPI_ORDERS]; /* free blocks by order */
	uint32_t next[VG_NDPI_UNITS], prev[VG_NDPI_UNITS];
	uint8_t order[VG_NDPI_UNITS], unit[VG_NDPI_UNITS]; /* at a block's first unit */
};
