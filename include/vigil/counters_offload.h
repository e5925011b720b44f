#pragma once
/* counters_offload: opaque flows whose frames cards drop; rows of the dataplane's table, see counters.h. The worker of
 * a core counts what it does not even ask for, the main thread (page of core 0) all else. */
#define VG_OFFLOAD_COUNTERS(X)                                                                                        \
	X(VG_C_OFFLOAD_PORTS, "flow_offload_ports", "ports whose cards can drop opaque flows for us")                 \
	X(VG_C_OFFLOAD_RULES, "flow_offload_rules", "rules in cards now, one for each direction of a flow")           \
	X(VG_C_OFFLOAD_MADE, "flow_offload_inserted_total", "rules that cards took")                                  \
	X(VG_C_OFFLOAD_SHAPE, "flow_offload_refused_total:reason=shape",                                              \
	  "directions no rule is made for: tunnels, tags or addresses its card cannot match")                         \
	X(VG_C_OFFLOAD_FULL, "flow_offload_refused_total:reason=full", "no rule was free on this core")               \
	X(VG_C_OFFLOAD_BUSY, "flow_offload_refused_total:reason=busy", "too many others waited for the card")         \
	X(VG_C_OFFLOAD_LIMIT, "flow_offload_refused_total:reason=limit", "the port had offload_rules")                \
	X(VG_C_OFFLOAD_CARD, "flow_offload_refused_total:reason=card", "the card did not take it")                    \
	X(VG_C_OFFLOAD_ENDED, "flow_offload_expired_total:reason=ended", "taken out: its flow ended or was let go")   \
	X(VG_C_OFFLOAD_AGED, "flow_offload_expired_total:reason=age", "taken out after offload_seconds")              \
	X(VG_C_OFFLOAD_IDLE, "flow_offload_expired_total:reason=idle", "taken out: it dropped nothing any more")      \
	X(VG_C_OFFLOAD_DOWN, "flow_offload_expired_total:reason=link", "taken out: the link went down")               \
	X(VG_C_OFFLOAD_BROKEN, "flow_offload_expired_total:reason=card", "taken out with all others: the card broke") \
	X(VG_C_OFFLOAD_DROPPED, "flow_offload_dropped_packets_total", "frames that cards dropped, where they count")  \
	X(VG_C_OFFLOAD_REUSED, "flow_offload_reused_total",                                                           \
	  "connections that began while rules still stood for an older one with their addresses and ports")
