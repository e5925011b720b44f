/* defrag: frames of Ethernet or raw IP, each behind a byte of link type and flags and two of length; all live in one
 * table. Whatever they say, what comes out lies inside its frame. */
#include <stdint.h>
#include <stdlib.h>

#include "dataplane/decode/defrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[3] = { 1, 2, 3 };
	struct vg_stats_page *stats = calloc(1, sizeof(*stats));
	struct vg_defrag *defrag = stats ? vg_defrag_create(seed, stats) : NULL;
	uint64_t clock_ns = 0;

	while (defrag && size >= 3) {
		uint32_t n = data[1] * 256u + data[2];
		struct vg_packet pkt = { .link = data[0] & 1 ? VG_LINK_RAW : VG_LINK_ETHERNET };
		uint8_t *copy;

		clock_ns += (uint64_t)(data[0] >> 1) * 1000000;
		data += 3;
		size -= 3;
		n = n < size ? n : (uint32_t)size;
		copy = malloc(n + 1);
		if (!copy)
			break;
		for (uint32_t i = 0; i < n; i++)
			copy[i] = data[i];
		pkt.frame = copy;
		pkt.n_first_bytes = pkt.n_frame_bytes = n;
		pkt.clock_ns = clock_ns;
		if (vg_defrag_frame(defrag, &pkt, 0) == VG_DECODE_TCP &&
		    (pkt.payload_off > pkt.n_first_bytes || pkt.ip_off >= pkt.payload_off ||
		     pkt.payload_off + pkt.n_payload_bytes > pkt.n_frame_bytes))
			abort();
		free(copy);
		data += n;
		size -= n;
	}
	if (defrag)
		vg_defrag_flush(defrag);
	vg_defrag_destroy(defrag);
	free(stats);
	return 0;
}
