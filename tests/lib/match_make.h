#pragma once
/* match_make: a verified match as intake hands it to cases: one exact hit, action report, upload. */
#include <stdio.h>
#include <string.h>

#include <vigil/attribution.h>

#include "control/cases/cases.h"

/* n tells matches apart: object, content and port. */
static inline struct vg_case_match match_make(unsigned n)
{
	struct vg_case_match m;
	memset(&m, 0, sizeof(m));
	m.boot_id = 0xfedcba9876543210u;
	m.object_id = (uint64_t)(n + 1) << 32 | n;
	m.core_idx = 1;
	m.origin.proto = VG_PROTO_HTTP;
	m.origin.direction = VG_UPLOAD;
	strcpy(m.origin.src_ip, "203.0.113.7");
	strcpy(m.origin.dst_ip, "198.51.100.2");
	m.origin.src_port = 40000 + n;
	m.origin.dst_port = 80;
	m.origin.http_status = 201;
	m.origin.vlan_outer = 100;
	m.origin.vlan_inner = -1;
	m.origin.n_tunnels = 1;
	m.origin.tunnels[0].kind = VG_TUNNEL_VXLAN;
	m.origin.tunnels[0].id = 4711;
	strcpy(m.origin.tunnels[0].src_ip, "192.0.2.201");
	strcpy(m.origin.tunnels[0].dst_ip, "192.0.2.202");
	m.origin.first_byte_ns = 1700000000000000000;
	m.origin.last_byte_ns = 1700000000500000000;
	strcpy(m.origin.host, "host.test");
	strcpy(m.origin.url, "http://host.test/up");
	strcpy(m.origin.method, "PUT");
	m.origin.boot_id = m.boot_id;
	m.origin.core_idx = m.core_idx;
	m.origin.flow_id = UINT64_MAX - n;
	m.origin.codings = VG_CODING_GZIP | (uint32_t)VG_CODING_UNKNOWN << 24;
	m.origin.is_chunked = 1;
	m.origin.clock = VG_CLOCK_SYNCED;
	m.origin.clock_max_error_us = 1500;
	m.origin.clock_error_us = 20;
	m.file.n_bytes = m.file.n_sample_bytes = 1000 + n;
	m.file.complete = 1;
	m.file.kind = VG_KIND_PNG;
	m.file.state = VG_STATE_COMPLETE;
	m.file.sha256[0] = (uint8_t)n;
	m.file.sha256[1] = 1;
	m.file.md5[0] = (uint8_t)n;
	m.file.has_pdq = 1;
	m.file.pdq[5] = 9;
	m.file.pdq_quality = 88;
	strcpy(m.file.filename, "a.png");
	strcpy(m.file.field, "photo");
	m.file.transfer = VG_TRANSFER_BASE64;
	m.file.n_hits = 1;
	strcpy(m.file.hits[0].list, "list");
	strcpy(m.file.hits[0].entry_id, "E-1");
	m.file.hits[0].algo = VG_ALGO_SHA256;
	m.file.hits[0].generation = 3;
	m.file.hits[0].exact = 1;
	m.hit_actions[0] = VG_ACTION_REPORT;
	return m;
}
