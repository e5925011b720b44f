#pragma once
/* detect: which protocol does a flow speak? The cheap question first (first bytes), nDPI for what stays undecided.
 * One struct vg_detect per core. Not a hot room: nDPI allocates; how often it is asked is bounded per flow. */
#include <stdint.h>

/* NONE: not decided yet. HTTP1: goes to proto. OPAQUE: known and of no interest (encrypted, other protocols).
 * UNKNOWN: undecided after all budgets. OPAQUE and UNKNOWN flows are let go: one look-up per packet from then on. */
enum vg_app { VG_APP_NONE, VG_APP_HTTP1, VG_APP_OPAQUE, VG_APP_UNKNOWN, VG_APP_N };
