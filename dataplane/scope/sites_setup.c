/* Compiles the patterns: a `*` stands for any bytes of the host before the first '/', for any behind it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/log.h>

#include "dataplane/scope/patterns.h"
#include "dataplane/scope/sites_priv.h"

#define EXPRESSION (5 * VG_SCOPE_SITE + 16)

/* What is below a host is meant with it: without a path a pattern covers all of them, with one it ends where it
 * ends. */
static void write_expression(const char *pattern, char text[EXPRESSION])
{
	size_t n = 0;
	int in_host = 1;

	text[n++] = '^';
	for (const char *p = pattern; *p; p++) {
		in_host &= *p != '/';
		if (*p == '*')
			n += (size_t)snprintf(text + n, EXPRESSION - n, in_host ? "[^/]*" : ".*");
		else
			n += (size_t)snprintf(text + n, EXPRESSION - n, "\\x%02x", (unsigned char)*p);
	}
	snprintf(text + n, EXPRESSION - n, "%s", strchr(pattern, '/') ? "$" : "/");
}

static hs_database_t *compile(const char *const *texts, const unsigned *flags, const unsigned *ids, unsigned n)
{
	char why[256];
	hs_database_t *database = vg_patterns_compile(texts, flags, ids, n, 0, why, sizeof(why));

	if (!database)
		vg_log(VG_LOG_ERROR, "dataplane/scope", "the scope's hosts and paths do not compile: %s", why);
	return database;
}

static void release(struct vg_sites *sites)
{
	hs_free_scratch(sites->scratch);
	hs_free_database(sites->database);
	free(sites);
}

void vg_sites_destroy(struct vg_sites *sites)
{
	if (sites)
		release(sites);
}

int vg_sites_create_profile(const struct vg_scope_conf *conf, uint32_t profile, struct vg_sites **sites)
{
	char(*texts)[EXPRESSION];
	const char *at[VG_SCOPE_MAX_SITES];
	unsigned flags[VG_SCOPE_MAX_SITES], ids[VG_SCOPE_MAX_SITES];
	struct vg_scope_part part;
	struct vg_sites *made;

	*sites = NULL;
	if (!vg_scope_part_of(conf, profile, &part))
		return -1;
	if (!part.n_sites)
		return 0;
	made = calloc(1, sizeof(*made));
	texts = calloc(part.n_sites, sizeof(*texts));
	for (uint32_t i = 0; made && texts && i < part.n_sites; i++) {
		const struct vg_scope_site *site = &part.sites[i];
		if (!memchr(site->pattern, 0, sizeof(site->pattern)))
			goto out;
		write_expression(site->pattern, texts[i]);
		at[i] = texts[i];
		flags[i] = HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH;
		ids[i] = site->is_in ? VG_SITE_IN : VG_SITE_OUT;
		made->has_inclusions |= site->is_in;
	}
	if (made && texts)
		made->database = compile(at, flags, ids, part.n_sites);
	if (made && made->database && hs_alloc_scratch(made->database, &made->scratch) == HS_SUCCESS)
		*sites = made;
out:
	free(texts);
	if (made && !*sites)
		release(made);
	return *sites ? 0 : -1;
}

int vg_sites_create(const struct vg_scope_conf *conf, struct vg_sites **sites)
{
	return vg_sites_create_profile(conf, 0, sites);
}
