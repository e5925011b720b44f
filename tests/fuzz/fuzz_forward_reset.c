/* A frame of the wire -> the end of its connection: whatever it is, nothing is read beyond it, and what comes out fits
 * and is itself understood. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "forward/reset/reset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t to[VG_RESET_MAX_BYTES], again[VG_RESET_MAX_BYTES];
	for (int kind = VG_RESET_RECEIVER; kind <= VG_RESET_ANSWER_451; kind++) {
		uint32_t n = vg_reset_make(data, (uint32_t)size, (enum vg_reset_kind)kind, to);
		if (n > sizeof(to))
			abort();
		/* an answer in words can be answered, a reset cannot */
		if (n && !!vg_reset_make(to, n, VG_RESET_SENDER, again) != (kind == VG_RESET_ANSWER_451))
			abort();
	}
	return 0;
}
