#include "control/clock_state.h"

#include <string.h>

void vg_clock_state_of(const struct timex *kernel, int status, struct vg_case_origin *origin)
{
	origin->clock = VG_CLOCK_UNKNOWN;
	origin->clock_max_error_us = origin->clock_error_us = -1;
	if (status < 0) /* not allowed here */
		return;
	origin->clock = status == TIME_ERROR || kernel->status & STA_UNSYNC ? VG_CLOCK_FREE : VG_CLOCK_SYNCED;
	if (origin->clock != VG_CLOCK_SYNCED) /* its bounds are of no clock but its own */
		return;
	origin->clock_max_error_us = kernel->maxerror;
	origin->clock_error_us = kernel->esterror;
}

void vg_clock_state_take(int of_capture, struct vg_case_origin *origin)
{
	struct timex kernel;
	memset(&kernel, 0, sizeof(kernel)); /* modes 0: nothing is changed, and no privilege is needed */
	vg_clock_state_of(&kernel, of_capture ? -1 : adjtimex(&kernel), origin);
	if (of_capture)
		origin->clock = VG_CLOCK_CAPTURE;
}
