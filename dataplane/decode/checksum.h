#pragma once
/* checksum: TCP's checksum over a packet that decode has been through (RFC 9293 3.1, RFC 1071). Pure; any thread. */
#include <stdint.h>

#include "dataplane/decode/packet.h"

/* RIGHT; WRONG; PARTIAL: wrong, and exactly the sum of the pseudo-header, as a host leaves it for its network card to
 * finish; UNKNOWN: not all of what it covers is there, or IP's length is 0 (segmentation offload). */
enum vg_checksum { VG_CHECKSUM_RIGHT, VG_CHECKSUM_WRONG, VG_CHECKSUM_PARTIAL, VG_CHECKSUM_UNKNOWN };

/* pkt->segment as in inspect.h. */
enum vg_checksum vg_checksum_tcp(const struct vg_packet *pkt);
