/* decode: byte 0 chooses the link type, bytes 1-2 how much longer the frame is than its first segment; the rest is the
 * frame. What is found must lie inside. */
#include <stdint.h>
#include <stdlib.h>

#include "dataplane/decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_packet pkt = { 0 };

	if (size < 3 || size > 65535)
		return 0;
	pkt.link = data[0] % VG_LINK_N;
	pkt.frame = data + 3;
	pkt.n_first_bytes = (uint32_t)size - 3;
	pkt.n_frame_bytes = pkt.n_first_bytes + data[1] * 256u + data[2];
	if (vg_decode_frame(&pkt) != VG_DECODE_TCP)
		return 0;
	if (pkt.payload_off > pkt.n_first_bytes || pkt.ip_off >= pkt.payload_off || pkt.dir > 1 ||
	    pkt.payload_off + pkt.n_payload_bytes > pkt.n_frame_bytes)
		abort();
	return 0;
}
