/* The pools of one core. */
#include <stdlib.h>

#include "dataplane/proto/parser.h"

/* Announced endpoints at a time: one in so many streams may be one, at least EXPECT_MIN. */
#define EXPECT_SHARE 8u
#define EXPECT_MIN   1024u
/* Flows whose client named another host, the same way. */
#define CLAIM_SHARE  16u
#define CLAIM_MIN    64u

static uint32_t n_flows(const struct vg_parser *parser, uint32_t n_streams)
{
	uint32_t n = parser->share ? n_streams / parser->share : n_streams;

	n = n < VG_PARSER_MIN_FLOWS ? VG_PARSER_MIN_FLOWS : n;
	return n < n_streams ? n : n_streams ? n_streams : 1;
}

static enum vg_err parser_create(struct vg_proto *p, const struct vg_dataplane_conf *conf,
				 const struct vg_parser *parser)
{
	enum vg_err err = VG_OK;

	p->parsers[parser->app] = parser;
	if (parser->opens)
		p->openers[p->n_openers++] = parser->app;
	if (parser->create)
		err = parser->create(conf, &p->shared[parser->app]);
	if (err)
		return err;
	return vg_pool_create(&p->flows[parser->app], n_flows(parser, conf->n_streams),
			      (parser->flow_bytes + 63) & ~(size_t)63);
}

static void release(struct vg_proto *p)
{
	if (!p)
		return;
	for (unsigned app = 0; app < VG_APP_N; app++) {
		vg_pool_destroy(&p->flows[app]);
		if (p->parsers[app] && p->parsers[app]->destroy)
			p->parsers[app]->destroy(p->shared[app]);
	}
	vg_expect_destroy(&p->expect);
	vg_pool_destroy(&p->claims);
	for (unsigned i = 0; i < VG_SCOPE_PROFILES; i++)
		vg_sites_destroy(p->profiles[i].sites);
	free(p);
}

/* Does a profile have it? By the name of its bodies' protocol. */
static int is_on(const struct vg_dataplane_conf *conf, uint32_t profile, const struct vg_parser *parser)
{
	uint32_t off = profile ? conf->scope.profiles[profile - 1].protocols_off : conf->scope.protocols_off;
	uint32_t flags = vg_profile_flags(conf, profile);

	if (parser->conf_flag && !(flags & parser->conf_flag))
		return 0;
	for (unsigned id = VG_PROTO_NONE + 1; id < VG_PROTO_N; id++) {
		size_t n = strlen(vg_proto_str(id)); /* "ftp" is "ftp-data", too */
		if (off >> id & 1 && !strncmp(parser->name, vg_proto_str(id), n) &&
		    (!parser->name[n] || parser->name[n] == '-'))
			return 0;
	}
	return 1;
}

/* A parser that no profile has is not there at all; what one of several has is off for the others. */
static enum vg_err parsers_create(struct vg_proto *p, const struct vg_dataplane_conf *conf,
				  const struct vg_parser *const *parsers)
{
	enum vg_err err = VG_OK;

	for (; *parsers && !err; parsers++) {
		uint32_t n_on = 0;
		for (uint32_t i = 0; i <= conf->scope.n_profiles; i++)
			if (is_on(conf, i, *parsers))
				n_on++;
			else
				p->profiles[i].apps_off |= 1u << (*parsers)->app;
		if (n_on)
			err = parser_create(p, conf, *parsers);
	}
	return err;
}

struct vg_proto *vg_proto_create(const struct vg_dataplane_conf *conf, struct vg_stats_page *stats,
				 const struct vg_body_sink *sink, const struct vg_parser *const *parsers)
{
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->stats = stats;
	p->sink = *sink;
	p->trust = conf->trust;
	if (vg_expect_create(&p->expect,
			     conf->n_streams / EXPECT_SHARE > EXPECT_MIN ? conf->n_streams / EXPECT_SHARE : EXPECT_MIN,
			     stats) ||
	    vg_pool_create(&p->claims, conf->n_streams / CLAIM_SHARE + CLAIM_MIN, sizeof(struct vg_flow_claim))) {
		release(p);
		return NULL;
	}
	if (conf->scope.n_profiles >= VG_SCOPE_PROFILES || parsers_create(p, conf, parsers)) {
		release(p);
		return NULL;
	}
	for (uint32_t i = 0; i <= conf->scope.n_profiles; i++)
		if (vg_sites_create_profile(&conf->scope, i, &p->profiles[i].sites)) {
			release(p);
			return NULL;
		}
	return p;
}

void vg_proto_destroy(struct vg_proto *p)
{
	release(p);
}

uint32_t vg_proto_recognisers(const struct vg_proto *p, struct vg_recogniser *rows)
{
	uint32_t n = 0;

	for (unsigned app = 0; app < VG_APP_N; app++)
		if (p->parsers[app] && (p->parsers[app]->recogniser.first || p->parsers[app]->recogniser.begins)) {
			rows[n] = p->parsers[app]->recogniser;
			rows[n++].app = (uint8_t)app;
		}
	return n;
}

void vg_proto_seed(struct vg_proto *proto, uint64_t seed)
{
	proto->seed = seed;
}

void vg_proto_urls(struct vg_proto *proto, struct vg_urls *urls)
{
	proto->urls = urls;
}
