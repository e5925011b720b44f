#include "control/cases/codings.h"

#include <stdio.h>

#include <vigil/codings.h>

const char *vg_codings_say(uint32_t codings, int is_chunked, char *to, size_t n_to)
{
	int n = 0;
	to[0] = 0;
	for (; codings; codings >>= 8)
		if (codings & 0xff)
			n += snprintf(to + n, n_to - (size_t)n, "%s%s", n ? ", " : "", vg_coding_str(codings & 0xff));
	if (is_chunked)
		(void)snprintf(to + n, n_to - (size_t)n, "%schunked", n ? ", " : "");
	return to;
}
