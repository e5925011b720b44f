#pragma once
/* packet: one frame of a burst on its way through the rooms: what the port says of it, then what decode finds in it.
 * Owned by the worker's burst; valid until the end of the burst. No pointer here outlives it. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/attribution.h>
#include <vigil/base.h>

#include "dataplane/port/link.h"

#define VG_BURST     32u
#define VG_VLAN_NONE 0xffffu

/* Who talks to whom, and in whose network: the lower (address, port) is index 0, so that both directions share one
 * key. No padding: it is hashed and compared as bytes. */
struct vg_flow_key {
	uint8_t ip[2][16]; /* IPv4 in the first 4 bytes, the rest 0 */
	uint16_t port[2];  /* host order */
	uint16_t vlan[2]; /* outer, inner tag of the innermost Ethernet header; VG_VLAN_NONE = none, or no part of it */
	uint16_t tenant[2]; /* high, low half of the id of the innermost tunnel that has one (see tunnel); else 0 */
	uint8_t net;        /* IP version | VG_FLOW_NET_UDP | kind of that tunnel << 4 */
	uint8_t capture_idx;
};
_Static_assert(sizeof(struct vg_flow_key) == 46, "the key has no padding");

/* In key.net beside the IP version: the flow is one of UDP datagrams. */
#define VG_FLOW_NET_UDP 8u
static inline uint8_t vg_flow_key_ip_version(const struct vg_flow_key *key)
{
	return key->net & 7;
}
/* The bytes of a key that are not addresses and ports: whose network it is. */
#define VG_FLOW_NETWORK_BYTES 10u
static inline const uint8_t *vg_flow_key_network(const struct vg_flow_key *key)
{
	return (const uint8_t *)key + offsetof(struct vg_flow_key, vlan);
}

#define VG_TCP_FIN 1u
#define VG_TCP_SYN 2u
#define VG_TCP_RST 4u
#define VG_TCP_ACK 16u
#define VG_TCP_URG 32u

/* An encapsulation around a packet. */
struct vg_layer {
	uint32_t id;     /* VNI, GRE key, ERSPAN or PPPoE session, innermost MPLS label; 0 where there is none */
	uint16_t ip_off; /* of the IP header that carries it; where ip_version is 0 there is none */
	uint8_t kind;    /* enum vg_tunnel */
	uint8_t ip_version;
};

struct vg_packet {
	/* from the port */
	const uint8_t *frame;     /* the first segment */
	uint32_t n_first_bytes;   /* bytes that lie there together */
	uint32_t n_frame_bytes;   /* of the whole frame */
	const void *segment;      /* the port's handle of it, for the payload beyond the first segment */
	int64_t wall_ns;          /* UTC */
	uint64_t clock_ns;        /* the path's clock at this frame: never goes back */
	uint64_t order;           /* its place in all input (vigil/lane.h) */
	enum vg_link link;        /* how the frame begins */
	uint32_t n_payload_bytes; /* of TCP, in all segments; 0 where the headers were cut short */
	/* from decode: the innermost IP header, and what is behind it */
	uint16_t ip_off, payload_off; /* within the first segment */
	uint16_t tcp_off;
	uint8_t tcp_flags;
	uint8_t dir;      /* 0: sent by ip[0]:port[0] of the key */
	uint8_t frame_no; /* from the port: which frame of its burst this is, or its last fragment */
	uint8_t port_idx; /* from the port: which one it is, even where key.capture_idx names another */
	uint8_t is_whole; /* all that TCP's checksum covers is there */
	uint8_t n_tunnels;
	struct vg_layer tunnels[VG_ATTR_TUNNELS]; /* from outside to inside */
	/* a fragment (VG_DECODE_WORD_FRAGMENT): its bytes are payload_off and n_payload_bytes, seq its
	 * identification, */
	uint16_t frag_off; /* and this their place in the datagram */
	uint8_t frag_proto, frag_more;
	uint32_t seq, ack;
	uint32_t hash;    /* from flow */
	uint16_t vlan[2]; /* from tenant: the tags as they were, whatever the key is made of */
	struct vg_flow_key key;
};

/* Asks for the headers of a frame, before a burst is decoded: they come from memory (or from the card's part of the
 * last-level cache) all at once instead of one after the other. */
static inline void vg_packet_prefetch(const uint8_t *frame)
{
	__builtin_prefetch(frame);
	__builtin_prefetch(frame + VG_CACHE_LINE);
}
