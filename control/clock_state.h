#pragma once
/* clock_state: whose clock the times of a match are by, and how wrong it may be (R1: clock source and error): the
 * system's, as the kernel's time discipline tells it (adjtimex(2)), or the capture file's. */
#include <sys/timex.h>

#include "control/cases/case.h"

/* What the kernel says (status: adjtimex()'s result), as a case has it. Pure. */
void vg_clock_state_of(const struct timex *kernel, int status, struct vg_case_origin *origin);
/* The same of now; of_capture: the times are those of a capture file, of whose clock nothing is known. */
void vg_clock_state_take(int of_capture, struct vg_case_origin *origin);
