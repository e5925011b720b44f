#pragma once
/* inspect_priv: the state of inspect.c and its _setup half. */
#include "dataplane/decode/defrag.h"
#include "dataplane/detect/detect.h"
#include "dataplane/flow/flow_table.h"
#include "dataplane/inspect.h"
#include "dataplane/stream/stream.h"

/* What the worker knows of a live stream beyond its sequence numbers; same index as in the pool of streams. */
struct vg_inspect_stream {
	struct vg_proto_flow *proto; /* once detect has decided; else NULL */
	struct vg_flow *flow;
	uint64_t flow_id; /* 1, 2, 3 … of this core, never reused */
	struct vg_detect_flow detect;
	uint8_t app;         /* enum vg_app */
	uint8_t expected;    /* enum vg_app that another flow announced */
	uint8_t conflict[2]; /* told before proto was there */
	uint8_t ended[2];    /* 1 + enum vg_stream_end, told before proto was there */
	uint8_t n_tunnels;
	uint16_t vlan[2];
	struct vg_attr_tunnel tunnels[VG_ATTR_TUNNELS]; /* around its first packet with payload */
};
struct vg_inspect {
	struct vg_defrag *defrag;
	struct vg_flow_table *flows;
	struct vg_streams *streams;
	struct vg_detect *detect;
	struct vg_proto *proto; /* borrowed */
	struct vg_stats_page *stats;
	struct vg_hold *hold;           /* NULL: no pair is inspect-first */
	struct vg_inspect_stream *live; /* n_live of them */
	uint64_t n_begun;               /* live streams so far */
	uint32_t n_live;
	struct vg_port_rule rules[VG_SNAPSHOT_MAX_PORTS];
};

/* stream's sink and the flow table's end: the owner is the struct vg_inspect. */
void vg_inspect_stream_sink(struct vg_inspect *inspect, struct vg_stream_sink *sink);
void vg_inspect_flow_end(void *owner, struct vg_flow *flow, enum vg_flow_end why);
