#pragma once
/* decode: finds IP and TCP in a frame: offsets, canonical 5-tuple, VLAN stack, sequence numbers. Reads only the first
 * segment, bounded depth, no checksums, no state. Rubbish is counted, never fatal. Any thread. */
#include <stdint.h>

#include <vigil/stats_page.h>

#include "dataplane/decode/packet.h"

#define VG_DECODE_MAX_TAGS       4u /* VLAN tags; the outer two are the tenant */
#define VG_DECODE_MAX_EXTENSIONS 8u /* IPv6 extension headers (RFC 8200 4) */

/* What a frame is. The values other than TCP and UDP are the counter it belongs to. */
enum vg_decode_word {
	VG_DECODE_TCP = -1,
	VG_DECODE_UDP = -4, /* a whole datagram, beside tunnels that are known */
	VG_DECODE_WORD_NOT_IP = VG_C_DECODE_NOT_IP,
	VG_DECODE_WORD_SHORT = VG_C_DECODE_SHORT,
	VG_DECODE_WORD_FRAGMENT = VG_C_DECODE_FRAGMENT,
	VG_DECODE_WORD_NOT_TCP = VG_C_DECODE_NOT_TCP,
	VG_DECODE_WORD_DEPTH = VG_C_DECODE_DEPTH,
};

/* Fills the decode half of *pkt from its port half. pkt->key.capture_idx is the caller's. Payload ends where IP
 * says, not where the frame does (Ethernet padding); an IP length of 0 (segmentation offload) means to the end of
 * the frame; payload that was not captured is not counted in n_payload_bytes. */
enum vg_decode_word vg_decode_frame(struct vg_packet *pkt);
