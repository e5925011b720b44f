/* The reporting endpoint's answers. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/report/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_answer a;
	if (vg_answer_parse(data, size, &a) == VG_DONE &&
	    (a.code < 0 || a.report_id < 0 || strlen(a.file_id) >= sizeof(a.file_id) ||
	     strlen(a.description) >= sizeof(a.description)))
		abort();
	return 0;
}
