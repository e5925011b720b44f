#include "control/config/profile.h"

#include <stdio.h>
#include <string.h>

#include <vigil/base.h>

uint32_t vg_config_profile_find(const struct vg_config *config, const char *name)
{
	for (uint32_t i = 0; name[0] && i < config->n_profiles; i++)
		if (!strcmp(config->profiles[i].name, name))
			return i + 1;
	return 0;
}

/* FNV-1a of 32 bits. */
uint32_t vg_config_profile_id(const char *name)
{
	uint32_t id = 2166136261u;
	for (; *name; name++)
		id = (id ^ (uint8_t)*name) * 16777619u;
	return id ? id : 1;
}

static int uses(const struct vg_config_profile *profile, const char *list)
{
	for (uint32_t i = 0; i < profile->n_url_lists; i++)
		if (!strcmp(profile->url_lists[i], list))
			return 1;
	return !profile->n_url_lists;
}

void vg_config_list_profiles(struct vg_config *config)
{
	for (uint32_t i = 0; i < config->n_lists; i++) {
		struct vg_config_list *list = &config->lists[i];
		list->not_profiles = 0;
		for (uint32_t k = 0; k < config->n_profiles && list->kind == VG_LIST_URLS; k++)
			list->not_profiles |= (uint32_t)!uses(&config->profiles[k], list->name) << (k + 1);
	}
}

static int is_url_list(const struct vg_config *config, const char *name)
{
	for (uint32_t i = 0; i < config->n_lists; i++)
		if (config->lists[i].kind == VG_LIST_URLS && !strcmp(config->lists[i].name, name))
			return 1;
	return 0;
}

/* what: up to the text, more: behind it. */
static int wrong(size_t at, size_t *line, char *why, size_t n_why, const char *what, const char *text, const char *more)
{
	*line = at;
	snprintf(why, n_why, "%s%s%s", what, text, more);
	return -1;
}

static int names_check(const struct vg_config *config, uint32_t idx, size_t *line, char *why, size_t n_why)
{
	const struct vg_config_profile *p = &config->profiles[idx];
	if (!p->name[0])
		return wrong(p->line, line, why, n_why, "this profile has no name; add name:", "", "");
	for (const char *c = p->name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", *c))
			return wrong(p->line, line, why, n_why, "profile ", p->name,
				     ": a name has letters, digits, -, _ and . only; rename it");
	for (uint32_t i = 0; i < idx; i++)
		if (vg_config_profile_id(config->profiles[i].name) == vg_config_profile_id(p->name))
			return wrong(p->line, line, why, n_why, "another profile is called ", p->name, "; rename one");
	for (uint32_t i = 0; i < p->n_url_lists; i++)
		if (!strcmp(p->url_lists[i], "none") ? p->n_url_lists > 1
						     : config->n_lists && !is_url_list(config, p->url_lists[i]))
			return wrong(p->line, line, why, n_why, "url_lists: ", p->url_lists[i],
				     " is no list of kind url (none stands alone); see lists");
	return 0;
}

uint64_t vg_config_profiles_id(const struct vg_config *config)
{
	uint64_t id = 0;
	for (uint32_t i = 0; i < config->n_profiles; i++)
		id = (id ^ vg_config_profile_id(config->profiles[i].name)) * UINT64_C(1099511628211) + 1;
	return id;
}

int vg_config_profiles_check(const struct vg_config *config, uint32_t all_ports_line, size_t *line, char *why,
			     size_t n_why)
{
	static const char unknown[] = " is none of profiles; add it there, or correct the name";
	const struct vg_config_dataplane *d = &config->dataplane;
	for (uint32_t i = 0; i < config->n_profiles; i++)
		if (names_check(config, i, line, why, n_why))
			return -1;
	for (uint32_t i = 0; i <= d->n_ports; i++) {
		const struct vg_config_port *port = i < d->n_ports ? &d->port_rules[i] : &d->all_ports;
		if (port->profile[0] && !vg_config_profile_find(config, port->profile))
			return wrong(i < d->n_ports ? port->line : all_ports_line, line, why, n_why, "profile ",
				     port->profile, unknown);
	}
	for (uint32_t i = 0; i < config->forward.n_pairs; i++) {
		const struct vg_config_pair *pair = &config->forward.pairs[i];
		if (pair->profile[0] && !vg_config_profile_find(config, pair->profile))
			return wrong(pair->line, line, why, n_why, "profile ", pair->profile, unknown);
	}
	return 0;
}
