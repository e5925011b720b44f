/* The cold half of inspect.h. */
#include <stdlib.h>
#include <string.h>

#include <vigil/pages.h>

#include "dataplane/inspect_priv.h"

#define MIN_HOLE_POOL (16u << 20) /* bytes for held segments of a core, */
#define MAX_HOLE_POOL (64u << 20) /* whatever hole_bytes times n_streams says */

static void release(struct vg_inspect *inspect)
{
	if (!inspect)
		return;
	vg_detect_destroy(inspect->detect);
	for (unsigned i = 0; i < VG_SCOPE_PROFILES; i++) {
		vg_scope_destroy(inspect->scopes[i]);
		vg_scope_destroy(inspect->customers[i]);
	}
	vg_streams_destroy(inspect->streams);
	vg_flow_table_destroy(inspect->flows);
	vg_defrag_destroy(inspect->defrag);
	vg_pages_free(inspect->live, inspect->n_live * sizeof(inspect->live[0]));
	vg_pages_free(inspect->carriers, inspect->n_live * sizeof(inspect->carriers[0]));
	free(inspect);
}

/* False: out of memory, or a profile that cannot be. */
static int profiles_create(struct vg_inspect *inspect, const struct vg_dataplane_conf *conf)
{
	const struct vg_scope_conf *scope = &conf->scope;
	uint32_t raw = 1u << VG_PROTO_RAW;

	if (scope->n_profiles >= VG_SCOPE_PROFILES)
		return 0;
	for (uint32_t i = 0; i <= scope->n_profiles; i++) {
		uint32_t off = i ? scope->profiles[i - 1].protocols_off : scope->protocols_off;
		inspect->carves |= (vg_profile_flags(conf, i) & VG_CONF_CARVE && !(off & raw) ? 1u : 0) << i;
		inspect->scopes[i] = vg_scope_create_profile(scope, i);
		if (!inspect->scopes[i])
			return 0;
	}
	for (uint32_t i = 1; i <= scope->n_profiles; i++) {
		const struct vg_scope_profile *p = &scope->profiles[i - 1];
		inspect->profile_ids[i] = p->id;
		if (!p->customers.n)
			continue;
		inspect->customers[i] = vg_scope_create_customers(scope, i);
		if (!inspect->customers[i])
			return 0;
		inspect->n_customers++;
	}
	for (uint32_t i = 0; i < VG_SNAPSHOT_MAX_PORTS; i++)
		if (conf->rules[i].profile > scope->n_profiles)
			return 0;
	return 1;
}

struct vg_inspect *vg_inspect_create(const struct vg_dataplane_conf *conf, const uint64_t seed[3],
				     struct vg_stats_page *stats, struct vg_proto *proto)
{
	struct vg_inspect *inspect = calloc(1, sizeof(*inspect));
	uint64_t pool_bytes = (uint64_t)conf->hole_bytes * conf->n_streams;
	struct vg_recogniser rows[VG_APP_N];
	struct vg_stream_sink sink;

	if (!inspect)
		return NULL;
	pool_bytes = pool_bytes < MIN_HOLE_POOL   ? MIN_HOLE_POOL
		     : pool_bytes > MAX_HOLE_POOL ? MAX_HOLE_POOL
						  : pool_bytes;
	vg_inspect_stream_sink(inspect, &sink);
	inspect->stats = stats;
	inspect->proto = proto;
	memcpy(inspect->rules, conf->rules, sizeof(inspect->rules));
	inspect->n_live = conf->n_streams;
	inspect->live = vg_pages_new(inspect->n_live * sizeof(inspect->live[0]));
	inspect->carriers = vg_pages_new(inspect->n_live * sizeof(inspect->carriers[0]));
	inspect->flows = vg_flow_table_create(conf->n_flows, (uint64_t)conf->idle_timeout_ms * 1000000, seed, stats,
					      vg_inspect_flow_end, inspect);
	inspect->streams = vg_streams_create(conf->n_streams, conf->hole_bytes, pool_bytes,
					     (uint64_t)conf->hole_timeout_ms * 1000000, stats, &sink);
	inspect->defrag = vg_defrag_create(seed, stats);
	inspect->detect = vg_detect_create(stats, rows, vg_proto_recognisers(proto, rows),
					   !(conf->flags & VG_CONF_REPLAY) || conf->n_cores > 1);
	if (profiles_create(inspect, conf) && inspect->live && inspect->carriers && inspect->defrag && inspect->flows &&
	    inspect->streams && inspect->detect)
		return inspect;
	release(inspect);
	return NULL;
}

void vg_inspect_destroy(struct vg_inspect *inspect)
{
	release(inspect);
}
