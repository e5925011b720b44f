#pragma once
/* config_snapshot: what vigild tells the dataplane and the hashers: fixed binary structs, validated by the reader,
 * written
 * to RUN/dataplane.snapshot and RUN/hashing.snapshot (rename) before they start. Only control parses text.
 * Paths and device arguments are NUL-terminated. */
#include <stdint.h>
#include <string.h>

#include <vigil/err.h>
#include <vigil/frame_ring.h>
#include <vigil/lane.h>
#include <vigil/plugin.h>
#include <vigil/scope.h>

#define VG_SNAPSHOT_MAGIC     0x50414e53u
#define VG_SNAPSHOT_VERSION   3u
#define VG_SNAPSHOT_MAX_PORTS 64
#define VG_SNAPSHOT_PORT      1024
#define VG_SNAPSHOT_PLUGIN    512

/* dataplane flags */
#define VG_CONF_REPLAY     1u    /* ports are capture files, one after the other; ends when all is drained */
#define VG_CONF_LOSSLESS   2u    /* replay: the reader waits instead of shedding */
#define VG_CONF_ALL_FILES  4u    /* every body, not only media */
#define VG_CONF_PACE       8u    /* replay at the capture's own speed */
#define VG_CONF_NO_HUGE    16u   /* no huge pages here */
#define VG_CONF_FEED_FILES 32u   /* vigil-feed: ports are files and folders, read whole, no EAL */
#define VG_CONF_MAIL       2048u /* SMTP, POP3 and IMAP are looked into */
#define VG_CONF_CARVE      4096u /* pictures in streams that nobody understands */
#define VG_CONF_TEXTS      1024u /* text is handed over, for files that stand in it as base64 */
#define VG_CONF_REALTIME   256u  /* forwarder: its threads before all others of the machine (SCHED_FIFO) */
#define VG_CONF_CUT_HTTP2  128u  /* inspect-first: a stopped HTTP/2 body takes its whole connection with it */

/* What tells two customers with the same addresses apart on a port. BOTH: the VLAN stack of the innermost Ethernet
 * header and the id of the innermost tunnel that names a network (VNI, GRE key, PPPoE session). */
enum vg_tenant_key { VG_TENANT_BOTH, VG_TENANT_VLAN, VG_TENANT_VNI, VG_TENANT_NONE };
/* Segments with a wrong TCP checksum. VERIFY: dropped where their sender is known to send right ones in that direction
 * of the flow; IGNORE: taken; DROP: dropped. */
enum vg_checksum_policy { VG_CHECKSUMS_VERIFY, VG_CHECKSUMS_IGNORE, VG_CHECKSUMS_DROP };
/* Who drops the frames of flows that were let go as opaque: the worker, or (RTE_FLOW) the card, where it can. */
enum vg_offload_mode { VG_OFFLOAD_NO, VG_OFFLOAD_RTE_FLOW };
struct vg_port_rule {
	uint8_t tenant_key, checksums;
	uint16_t direction_vlans[2]; /* the mirror's outer tags of frames in and out, one tenant; 0, 0 = it adds none */
	/* 1 + the port that taps the same link: each may carry a direction, their flows are one, and that port's rule
	 * holds for both; 0: none */
	uint8_t flows_of_1;
	uint8_t offload; /* enum vg_offload_mode; of ports that are devices */
	uint8_t profile; /* of scope; 0: its flows are those of their customers' profiles, or of profile 0 */
	uint8_t reserved;
};

/* What a receiving thread does while nothing comes. */
enum vg_rx_idle { VG_RX_POLL, VG_RX_SLEEP, VG_RX_INTERRUPT };
struct vg_dataplane_conf {
	uint32_t magic, version;
	uint64_t generation;
	uint32_t n_bytes; /* sizeof(struct vg_dataplane_conf) */
	uint32_t flags;
	uint32_t n_cores, n_hashers;
	uint32_t n_flows;         /* flow table entries per core */
	uint32_t n_streams;       /* stream states per core */
	uint32_t idle_timeout_ms; /* packet time */
	uint32_t hole_timeout_ms; /* packet time that a hole is waited for */
	uint32_t hole_bytes;      /* out-of-order bytes kept per stream direction */
	uint32_t eal_mem_mb;
	uint32_t rx_idle; /* enum vg_rx_idle */
	struct vg_lane_geometry lane;
	uint64_t object_hold_bytes; /* larger objects are digest-only */
	uint64_t object_min_bytes, object_max_bytes;
	struct vg_scope_conf scope;
	struct vg_trust_conf trust;
	uint32_t loop; /* replay: times over each capture, >= 1 */
	uint32_t n_ports;
	uint32_t verdict_hold_bytes; /* inspect-first: of a direction's end, that may wait for a verdict */
	uint32_t stops_per_minute;   /* inspect-first: by one hasher's word */
	uint32_t offload_rules;      /* in a port's card at once */
	uint32_t offload_ms;         /* that one stays there */
	struct vg_port_rule rules[VG_SNAPSHOT_MAX_PORTS];
	char ports[VG_SNAPSHOT_MAX_PORTS]
		  [VG_SNAPSHOT_PORT]; /* capture paths, or DPDK device arguments / PCI addresses */
};

/* The flags (VG_CONF_*) that hold for a profile <= conf->scope.n_profiles. */
static inline uint32_t vg_profile_flags(const struct vg_dataplane_conf *conf, uint32_t profile)
{
	const struct vg_scope_profile *p = &conf->scope.profiles[profile ? profile - 1 : 0];

	return profile ? (conf->flags & ~p->said) | (p->flags & p->said) : conf->flags;
}

/* hashing flags */
#define VG_HCONF_NO_DIGESTS    1u /* bench only: framing and copy without hashing */
#define VG_HCONF_DIGESTS_SHIFT 8u /* from this bit on VG_DIGEST_* of the only digests to make; 0: those needed */
#define VG_HCONF_NO_PDQ        2u
#define VG_HCONF_SCALED        8u  /* JPEGs are decoded smaller first */
#define VG_HCONF_NOBODY_WAITS  16u /* scan or replay: a verdict may take as long as makes all of them cheap */
#define VG_HCONF_TEXTS         4u  /* files that stand as base64 in text are looked for */
struct vg_hashing_conf {
	uint32_t magic, version;
	uint64_t generation;
	uint32_t n_bytes; /* sizeof(struct vg_hashing_conf) */
	uint32_t flags;
	uint64_t max_unpacked_bytes;  /* per object, all its codings and members together */
	uint32_t max_ratio;           /* unpacked : packed, checked beyond 1 MiB */
	uint32_t max_members;         /* per object */
	uint64_t max_pixels;          /* per picture */
	uint64_t sample_bytes;        /* head sample of a digest-only match */
	uint64_t spool_bytes;         /* unacknowledged match bytes kept before intake pauses */
	uint64_t max_picture_bytes;   /* memory that one picture's decoder may take */
	uint32_t min_picture_side;    /* pixels; smaller pictures get digests only */
	uint32_t max_frames;          /* of an animation or of pages that are hashed */
	uint32_t max_depth;           /* containers in containers */
	uint32_t max_object_ms;       /* processor time of one object */
	uint64_t resource_hold_bytes; /* of all resources in pieces that are not whole yet */
	uint32_t seen_before_entries; /* pictures a hasher remembers; 0 = none */
	uint32_t max_film_frames;     /* of a film that are hashed, <= VG_FRAMES_MAX */
	uint32_t ms_per_frame;        /* of a film, between two that are hashed; 0 = every one */
	uint32_t n_plugins;
	uint64_t resource_hold_ms;                       /* one without a new piece for so long is let go */
	char plugins[VG_PLUGIN_MAX][VG_SNAPSHOT_PLUGIN]; /* paths of shared objects, see plugin.h */
};

/* RUN/resume, for a vigil-feed that goes on where another scan was interrupted: this header, n_path bytes of the last
 * file that is done with all before it in the order of the walk (below port 0's path, no slash in front; n_path 0 with
 * port 0 itself a file, or nothing done), then n_keys path_keys of files behind it that are done, too. Native order. */
#define VG_RESUME_MAGIC    0x4d534552u
#define VG_RESUME_MAX_PATH 4096u
#define VG_RESUME_MAX_KEYS (1u << 24)
struct vg_feed_resume {
	uint32_t magic, n_path, n_keys, has_path;
};

#define VG_FORWARD_MAX_PAIRS 16
/* RUN/forward.snapshot, for vigil-forward. Its flags are VG_CONF_NO_HUGE and VG_CONF_REALTIME. */
struct vg_forward_conf {
	uint32_t magic, version;
	uint64_t generation;
	uint32_t n_bytes; /* sizeof(struct vg_forward_conf) */
	uint32_t flags;
	uint32_t n_pairs;
	uint32_t mtu; /* the ports must carry frames of this much payload, besides Ethernet header and two tags */
	uint32_t eal_mem_mb;
	uint32_t idle_us; /* sleep between polls once nothing came for a while; 0 = poll always */
	uint32_t hold_ms, inspect_wait_us, stops_per_minute; /* of inspect-first pairs */
	uint8_t is_inspect_first[VG_FORWARD_MAX_PAIRS];
	struct vg_frame_ring_geometry ring;                    /* of each pair */
	char pairs[VG_FORWARD_MAX_PAIRS][2][VG_SNAPSHOT_PORT]; /* device arguments or PCI addresses of a and b */
};
/* A port of the dataplane that is a pair of the forwarder: "forward:IDX:PATH", PATH = RUN/forward.sock. */
#define VG_FORWARD_PORT "forward:"

/* The structs begin alike; checks the beginning of one that was read whole. */
static inline enum vg_err vg_snapshot_check(const void *conf, uint32_t n_bytes)
{
	uint32_t words[5];
	memcpy(words, conf, sizeof(words));
	if (words[0] != VG_SNAPSHOT_MAGIC)
		return VG_ECORRUPT;
	return words[1] != VG_SNAPSHOT_VERSION || words[4] != n_bytes ? VG_EVERSION : VG_OK;
}
