#include "control/stats/names.h"

#include <stdio.h>
#include <string.h>

#include <vigil/base.h>

const struct vg_counter_text *vg_stats_text(int is_hasher, unsigned counter)
{
	static const struct vg_counter_text dataplane[] = {
#define X(sym, name, help) { name, help },
		VG_DATAPLANE_COUNTERS(X)
#undef X
	};
	static const struct vg_counter_text hashing[] = {
#define X(sym, name, help) { name, help },
		VG_HASHING_COUNTERS(X)
#undef X
	};
	VG_INVARIANT(counter < (is_hasher ? VG_ARRAY_LEN(hashing) : VG_ARRAY_LEN(dataplane)));
	return is_hasher ? &hashing[counter] : &dataplane[counter];
}

const struct vg_counter_text *vg_stats_forward_text(unsigned counter)
{
	static const struct vg_counter_text forward[] = {
#define X(sym, name, help) { name, help },
		VG_FORWARD_COUNTERS(X)
#undef X
	};
	VG_INVARIANT(counter < VG_ARRAY_LEN(forward));
	return &forward[counter];
}

void vg_stats_name_split(const char *name, struct vg_stats_name *parts)
{
	const char *colon = strchr(name, ':'), *equals = colon ? strchr(colon, '=') : NULL;
	memset(parts, 0, sizeof(*parts));
	if (!equals) {
		snprintf(parts->base, sizeof(parts->base), "%s", name);
		return;
	}
	snprintf(parts->base, sizeof(parts->base), "%.*s", (int)(colon - name), name);
	snprintf(parts->label, sizeof(parts->label), "%.*s", (int)(equals - colon - 1), colon + 1);
	const char *comma = strchr(equals, ','), *second = comma ? strchr(comma, '=') : NULL;
	snprintf(parts->value, sizeof(parts->value), "%.*s", (int)(second ? comma - equals - 1 : VG_STATS_NAME - 1),
		 equals + 1);
	if (!second)
		return;
	snprintf(parts->label2, sizeof(parts->label2), "%.*s", (int)(second - comma - 1), comma + 1);
	snprintf(parts->value2, sizeof(parts->value2), "%s", second + 1);
}

int vg_stats_is_shed(const char *name)
{
	static const char *const bases[] = { "rx_missed_packets_total",
					     "rx_nombuf_packets_total",
					     "decode_skipped_packets_total",
					     "flows_ended_total:reason=evicted",
					     "streams_shed_total",
					     "files_shed_total",
					     "files_skipped_total:reason=special",
					     "files_skipped_total:reason=link",
					     "reassembly_gaps_total",
					     "flows_shed_total",
					     "steer_shed_packets_total",
					     "detect_ndpi_skipped_packets_total",
					     "http_bad_total",
					     "http2_shed_total",
					     "http2_tables_lost_total",
					     "websocket_lost_total",
					     "ftp_shed_total",
					     "smb_shed_total",
					     "smb_skipped_messages_total",
					     "nfs_shed_total",
					     "nfs_skipped_messages_total",
					     "fastcgi_shed_total",
					     "http_shed_total",
					     "bodies_skipped_total",
					     "objects_shed_total",
					     "objects_digest_only_total",
					     "objects_lost_total",
					     "unpack_failed_total",
					     "images_partial_total",
					     "images_failed_total",
					     "videos_failed_total",
					     "plugin_failed_total",
					     "descriptors_refused_total",
					     "hasher_violations_total" };
	for (unsigned i = 0; i < VG_ARRAY_LEN(bases); i++) {
		size_t n = strlen(bases[i]);
		if (!strncmp(name, bases[i], n) && (!name[n] || name[n] == ':'))
			return 1;
	}
	return 0;
}
