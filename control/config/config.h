#pragma once
/* config: vigil.yaml as one checked struct. The options are one table of rows (options.c: section, name, type, limits,
 * default, unit, help), from which parsing, `vigild --dump-config` and deploy/vigil.yaml.example come. An unknown key,
 * a key given twice, a value out of range: refused with "file:line: what, what to do". Secrets are named by path only.
 * Plain values, loaded once, read-only afterwards. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <vigil/config_snapshot.h>
#include <vigil/err.h>
#include <vigil/media.h>

#include "control/config/config_scope.h"

#define VG_CONFIG_TEXT      256
#define VG_CONFIG_PATH      512
#define VG_CONFIG_PORT      1024
#define VG_CONFIG_MAX_PORTS 32
#define VG_CONFIG_MAX_PAIRS 16
#define VG_CONFIG_MAX_KEYS  8
#define VG_CONFIG_MAX_EAL   16
#define VG_CONFIG_MAX_RULES 65536u /* in a card */
#define VG_CONFIG_NEVER     255u
#define VG_CONFIG_MAX_BYTES (1u << 20) /* of a configuration file */

enum vg_config_environment { VG_ENV_OFF, VG_ENV_TEST, VG_ENV_PRODUCTION };
enum vg_config_huge { VG_HUGE_AUTO, VG_HUGE_YES, VG_HUGE_NO };

/* What differs between ports. Here 0 of a choice of a single port means: as for all. */
struct vg_config_port {
	char device[VG_CONFIG_PORT]; /* only while it is read */
	uint32_t tenant_key;         /* enum vg_tenant_key; of a single port that + 1 */
	uint32_t checksums;          /* enum vg_checksum_policy; of a single port that + 1 */
	uint32_t offload;            /* enum vg_offload_mode; of a single port that + 1 */
	uint32_t in_vlan, out_vlan;  /* 0 = the mirror adds no tags */
	char profile
		[VG_SCOPE_PROFILE_NAME]; /* name; empty: of a single port: as for all; of all: by customers, or none */
	uint32_t link;                   /* of a single port: those of one number tap the same link; 0 = it is alone */
	uint32_t line;                   /* of the configuration file, for messages; 0 = written as a device only */
};

struct vg_config_dataplane {
	uint32_t n_cores;
	uint32_t n_ports;
	char ports[VG_CONFIG_MAX_PORTS][VG_CONFIG_PORT];       /* PCI addresses or vdev arguments */
	struct vg_config_port port_rules[VG_CONFIG_MAX_PORTS]; /* of each */
	struct vg_config_port all_ports;                       /* of captures, pairs, and ports without their own */
	uint32_t huge_pages;                                   /* enum vg_config_huge */
	uint32_t n_flows, n_streams, idle_timeout_ms, hole_timeout_ms, hole_bytes, eal_mem_mb;
	uint32_t rx_idle;                                                           /* enum vg_rx_idle */
	uint32_t n_slots, n_tiny_chunks, n_small_chunks, n_large_chunks, n_records; /* of each lane */
	uint64_t object_hold_bytes, object_min_bytes, object_max_bytes;
	uint32_t texts, mail, carve;
	uint32_t offload_rules, offload_s;
};
/* FORWARD_FIRST: frames go at once, copies are inspected. INSPECT_FIRST: frames wait for the inspector's word. */
enum vg_config_mode { VG_FORWARD_FIRST, VG_INSPECT_FIRST };
/* Two ports of one link that passes through. */
struct vg_config_pair {
	char a[VG_CONFIG_PORT], b[VG_CONFIG_PORT]; /* PCI addresses or vdev arguments */
	uint32_t mode;                             /* enum vg_config_mode */
	char profile[VG_SCOPE_PROFILE_NAME];
	uint32_t line; /* of the configuration file, for messages */
};
struct vg_config_forward {
	uint32_t n_pairs; /* 0 = nothing is inline */
	struct vg_config_pair pairs[VG_CONFIG_MAX_PAIRS];
	uint32_t mtu, n_slots, n_ring_bytes, eal_mem_mb, idle_us;
	uint32_t realtime; /* 1: its threads go before all others */
};
/* What inspect-first pairs may cost their traffic. */
struct vg_config_inline {
	uint32_t hold_ms, hold_bytes, inspect_wait_us, stops_per_minute;
	uint32_t reset_connection; /* 1: an HTTP/2 connection may be cut because of one of its bodies */
};
struct vg_config_hashing {
	uint32_t n_hashers;
	uint32_t digests; /* 0 no (benches: nothing can match), 1 those needed, 2 all, 3-5 only MD5, SHA-1, SHA-256 */
	uint32_t pdq;     /* 0 = exact digests only */
	uint32_t scaled;  /* 0 = every JPEG is decoded at its full size */
	uint64_t max_unpacked_bytes;
	uint32_t max_ratio, max_members;
	uint64_t max_pixels, sample_bytes, spool_bytes, max_picture_bytes;
	uint32_t min_picture_side, max_frames, max_depth, max_object_ms, seen_before_entries;
	uint32_t max_film_frames, ms_per_frame; /* ms_per_frame: written in seconds; 0 = every frame */
	uint64_t resource_hold_bytes;
	uint32_t resource_hold_ms;
	uint32_t n_plugins;
	char plugins[VG_PLUGIN_MAX][VG_CONFIG_PATH];
};
enum vg_config_list_kind { VG_LIST_HASHES, VG_LIST_URLS };
/* One list file and its policy. */
struct vg_config_list {
	char name[128], file[VG_CONFIG_PATH], source[128];
	uint32_t kind;                      /* enum vg_config_list_kind */
	uint32_t action, perceptual_action; /* enum vg_action */
	uint32_t match_distance;            /* bits, <= VG_PDQ_WIDE_DISTANCE */
	uint32_t file_distance;             /* bits, or VG_CONFIG_NEVER */
	uint32_t frame_distance;            /* vPDQ: bits, <= VG_PDQ_MAX_DISTANCE */
	uint32_t query_percent, compared_percent;
	uint32_t not_profiles; /* of URLs: bit per profile that does not use it, by vg_config_list_profiles() */
	uint32_t line;         /* of the configuration file, for messages; 0 = not from one */
};
/* A CyberTipline-style endpoint. */
struct vg_config_endpoint {
	char url[VG_CONFIG_PATH]; /* base, https; empty = none */
	char user[VG_CONFIG_TEXT], password_file[VG_CONFIG_PATH], ca_file[VG_CONFIG_PATH];
};
struct vg_config_reporting {
	uint32_t environment;    /* enum vg_config_environment; test uses test_endpoint, production `endpoint` */
	char production_key[64]; /* what must be said to file real reports, word for word: outbox/link.h */
	struct vg_config_endpoint endpoint;
	char company[VG_CONFIG_TEXT];
	char first_name[VG_CONFIG_TEXT], last_name[VG_CONFIG_TEXT], email[VG_CONFIG_TEXT], phone[VG_CONFIG_TEXT];
	char platform[VG_CONFIG_TEXT], legal_contact_email[VG_CONFIG_TEXT];
	char terms_of_service[1024], legal_url[1024];
	uint32_t timeout_s, retry_min_s, retry_max_s, alarm_s;
};
struct vg_config_evidence {
	char dir[VG_CONFIG_PATH]; /* empty = STATE/evidence */
	uint32_t n_custodian_keys;
	char custodian_keys[VG_CONFIG_MAX_KEYS][VG_CONFIG_PATH]; /* public key files */
	uint64_t max_bytes;                                      /* the declared spool: above it intake takes no more */
	uint32_t retention_days;
};
struct vg_config_programs {
	char forward[VG_CONFIG_PATH], dataplane[VG_CONFIG_PATH], hashing[VG_CONFIG_PATH], reporter[VG_CONFIG_PATH],
		feed[VG_CONFIG_PATH];
};
struct vg_config_control {
	char appliance_id[VG_CONFIG_TEXT];
	char run_dir[VG_CONFIG_PATH], state_dir[VG_CONFIG_PATH];
	char metrics_address[64];
	uint32_t metrics_port; /* 0 = off */
	uint32_t fold_window_s, matches_per_minute;
	uint64_t lists_inline_bytes, builder_max_bytes; /* 0: all by a builder; as much as the files' sizes need */
	uint32_t builder_s;                             /* 0 = as long as it takes */
	char suppress_file[VG_CONFIG_PATH];
	char operator_group[64], officer_group[64], auditor_group[64];
	char legal_basis[VG_CONFIG_TEXT], policy_version[VG_CONFIG_TEXT];
	struct vg_config_programs programs; /* empty = beside vigild */
};
struct vg_config {
	char path[VG_CONFIG_PATH]; /* file it came from, "" = defaults */
	uint8_t sha256[32];        /* of that file's bytes (R2), zeros for defaults */
	struct vg_config_forward forward;
	struct vg_config_inline inlined;
	struct vg_config_dataplane dataplane;
	struct vg_config_scope scope;
	uint32_t n_profiles; /* profile i of scope.h is profiles[i - 1] */
	struct vg_config_profile profiles[VG_CONFIG_MAX_PROFILES];
	struct vg_config_trust trust;
	struct vg_config_hashing hashing;
	uint32_t n_lists;
	struct vg_config_list lists[VG_CONFIG_MAX_LISTS];
	struct vg_config_reporting reporting;
	struct vg_config_evidence evidence;
	struct vg_config_control control;
	struct vg_config_endpoint test_endpoint;
};

/* Every default of the table. The struct is large (about 1 MiB): keep it on the heap. */
void vg_config_defaults(struct vg_config *config);
/* Defaults, then the file. Relative paths are taken from the file's folder. On failure `why` (n_why bytes) has
 * "file:line: what, what to do". VG_OK, VG_ENOTFOUND (cannot be read), VG_EINVAL. */
enum vg_err vg_config_load(struct vg_config *config, const char *path, char *why, size_t n_why);
/* The same from n_text bytes in memory; `name` stands for the file in messages. */
enum vg_err vg_config_parse(struct vg_config *config, const char *name, const char *text, size_t n_text, char *why,
			    size_t n_why);
/* Writes the effective configuration as YAML; with_help: every key with its meaning, limits and unit (the example). */
void vg_config_dump(const struct vg_config *config, FILE *out, int with_help);
/* Where suppressions are kept: control.suppress_file, which must be there, or STATE/suppress.list, which a first
 * suppression makes: until then it is "" unless to_write. Returns `path`. */
const char *vg_config_suppress_path(const struct vg_config *config, char path[VG_CONFIG_PATH + 16], int to_write);
/* A pair with the table's defaults (no ports). */
void vg_config_pair_defaults(struct vg_config_pair *pair);
/* A port with the table's defaults (no device, all as for all ports). */
void vg_config_port_defaults(struct vg_config_port *port);
/* The rule of dataplane.ports[port_idx]; of captures and pairs: that of VG_CONFIG_MAX_PORTS. */
struct vg_port_rule vg_config_port_rule(const struct vg_config *config, uint32_t port_idx);
/* A profile with the table's defaults (no name). */
void vg_config_profile_defaults(struct vg_config_profile *profile);
/* A list with the table's defaults (name, file and source empty). */
void vg_config_list_defaults(struct vg_config_list *list);
