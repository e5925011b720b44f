/* detect: the input is a list of spans (1 byte direction and length, then so many bytes), each given to first
 * bytes, and as an IP packet to nDPI. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/detect/detect.h"
#include "dataplane/detect/first_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vg_recogniser rows[] = { { vg_first_bytes_http1, vg_first_bytes_is_message,
						       VG_APP_HTTP1 } };
	static struct vg_stats_page stats;
	static struct vg_detect *detect; /* one engine for all inputs */
	struct vg_detect_flow flow = { 0 };
	enum vg_app app = VG_APP_NONE;

	if (!detect)
		detect = vg_detect_create(&stats, rows, 1, 1);
	for (size_t off = 0; off < size && app == VG_APP_NONE;) {
		uint32_t n = data[off] & 127;
		unsigned dir = data[off] >> 7;
		uint8_t ip[40 + 128] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2 };
		uint8_t *exact;

		off++;
		n = n < size - off ? n : (uint32_t)(size - off);
		if (!n) {
			vg_detect_gap(&flow, dir, 1);
			continue;
		}
		exact = malloc(n);
		memcpy(exact, data + off, n);
		(void)vg_first_bytes_is_message(exact, n);
		app = vg_detect_bytes(detect, &flow, dir, exact, n);
		if (flow.n_held[0] > VG_DETECT_HELD_BYTES || flow.n_held[1] > VG_DETECT_HELD_BYTES)
			abort();
		free(exact);
		ip[3] = (uint8_t)(40 + n);
		ip[20 + 1] = dir ? 80 : 99;
		ip[22 + 1] = dir ? 99 : 80;
		ip[32] = 0x50;
		ip[33] = 0x18;
		memcpy(ip + 40, data + off, n);
		if (app == VG_APP_NONE)
			app = vg_detect_ask(detect, &flow, ip, 40 + n, 1000000);
		off += n;
	}
	vg_detect_end(detect, &flow);
	return 0;
}
