/* First bytes of a body: any answer is fine, as long as it is the same for the first 64 of them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dataplane/media/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vg_sniff *sniff;
	if (!sniff)
		sniff = vg_sniff_create();
	if (!sniff)
		abort();
	if (vg_sniff(sniff, data, size) != vg_sniff(sniff, data, size < VG_SNIFF_BYTES ? size : VG_SNIFF_BYTES))
		abort();
	return 0;
}
