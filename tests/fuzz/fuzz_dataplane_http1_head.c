/* One message head and the texts of its values: parsed, then every span must lie inside the input. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dataplane/proto/http1/http1_head.h"
#include "dataplane/proto/http1/http1_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct vg_span s, const uint8_t *data, size_t size)
{
	if (s.n_bytes && (s.at < data || s.at + s.n_bytes > data + size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_http1_head head;
	char text[40];
	int cut = 0;
	size_t end = vg_http1_head_end(data, size, 0);

	(void)vg_http1_start_check(data, size);
	if (end > size || (end && data[end - 1] != '\n'))
		abort();
	if (!end || vg_http1_head_parse(data, end, &head) != VG_DONE)
		return 0;
	const struct vg_span spans[] = { head.method, head.target,      head.host,          head.type,
					 head.agent,  head.disposition, head.forwarded_for, head.forwarded };
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		inside(spans[i], data, size);
		if (vg_http1_copy(spans[i], text, sizeof(text), &cut) > sizeof(text) ||
		    vg_http1_disposition(spans[i], text, sizeof(text), &cut) > sizeof(text) ||
		    vg_http1_segment(spans[i], text, sizeof(text), &cut) > sizeof(text) ||
		    vg_http1_boundary(spans[i], text, sizeof(text), &cut) > sizeof(text) ||
		    vg_http1_forwarded_for(spans[i], text, sizeof(text), &cut) > sizeof(text) ||
		    vg_http1_forwarded(spans[i], text, sizeof(text), &cut) > sizeof(text))
			abort();
		inside(vg_http1_authority(spans[i]), data, size);
	}
	return 0;
}
