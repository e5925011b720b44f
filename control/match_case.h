#pragma once
/* match_case: a verified match of intake as the facts of a case: the record that the dataplane wrote, the digests
 * that vigild computed, the entries of that list generation. Texts stay raw; cases makes them legal. Pure. */
#include "control/cases/cases.h"
#include "control/intake/intake.h"

void vg_match_case(const struct vg_intake_match *match, struct vg_case_match *out);
