#pragma once
/* packet: one frame of a burst on its way through the rooms: what the port says of it, then what decode finds in it.
 * Owned by the worker's burst; valid until the end of the burst. No pointer here outlives it. */
#include <stdint.h>

#include "dataplane/port/link.h"

#define VG_BURST     32u
#define VG_VLAN_NONE 0xffffu

/* Who talks to whom, and in whose network: the lower (address, port) is index 0, so that both directions share one
 * key. No padding: it is hashed and compared as bytes. */
struct vg_flow_key {
	uint8_t ip[2][16]; /* IPv4 in the first 4 bytes, the rest 0 */
	uint16_t port[2];  /* host order */
	uint16_t vlan[2];  /* outer, inner tag; VG_VLAN_NONE = none */
	uint8_t ip_version;
	uint8_t capture_idx;
};
_Static_assert(sizeof(struct vg_flow_key) == 42, "the key has no padding");

#define VG_TCP_FIN 1u
#define VG_TCP_SYN 2u
#define VG_TCP_RST 4u
#define VG_TCP_ACK 16u

struct vg_packet {
	/* from the port */
	const uint8_t *frame;     /* the first segment */
	uint32_t n_first_bytes;   /* bytes that lie there together */
	uint32_t n_frame_bytes;   /* of the whole frame */
	const void *segment;      /* the port's handle of it, for the payload beyond the first segment */
	int64_t wall_ns;          /* UTC */
	uint64_t clock_ns;        /* the path's clock at this frame: never goes back */
	enum vg_link link;        /* how the frame begins */
	uint32_t n_payload_bytes; /* of TCP, in all segments; 0 where the headers were cut short */
	/* from decode */
	uint16_t ip_off, payload_off; /* within the first segment */
	uint8_t tcp_flags;
	uint8_t dir; /* 0: sent by ip[0]:port[0] of the key */
	uint32_t seq, ack;
	uint32_t hash; /* from flow */
	struct vg_flow_key key;
};
