#pragma once
/* scope_priv: the flattened table. */
#include "dataplane/scope/scope.h"

enum vg_scope_word { VG_SCOPE_NOTHING, VG_SCOPE_IN, VG_SCOPE_OUT };

/* From here to the next segment's beginning. */
struct vg_scope_segment {
	uint8_t begin[16];
	uint8_t word; /* enum vg_scope_word */
};
struct vg_scope {
	uint32_t n_segments, n_vlans; /* the first segment begins at :: */
	uint8_t has_prefixes;
	uint16_t vlans[VG_SCOPE_MAX_VLANS][2];
	struct vg_scope_segment segments[]; /* room for two of each rule, and one */
};
