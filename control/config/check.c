#include "control/config/check.h"
#include "control/config/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/plugin_spec.h>
#include <vigil/trusted_path.h>

#include "control/config/options.h"
#include "control/config/profile.h"

static size_t line_at(const uint32_t *lines, size_t off)
{
	for (size_t i = 0; i < vg_n_options; i++)
		if (vg_options[i].off == off && !vg_option_is_item(&vg_options[i]))
			return lines[i];
	return 0;
}

struct finding {
	size_t line;
	const char *what;
};
#define LINE(field) line_at(lines, offsetof(struct vg_config, field))

static struct finding check_dataplane(const struct vg_config *c, const uint32_t *lines)
{
	if (c->dataplane.n_slots & (c->dataplane.n_slots - 1))
		return (struct finding){ LINE(dataplane.n_slots),
					 "ring_slots is no power of two; take 4096, 8192, 16384 …" };
	if (c->dataplane.object_min_bytes > c->dataplane.object_max_bytes)
		return (struct finding){ LINE(dataplane.object_min_bytes),
					 "object_min_bytes is above object_max_bytes; lower it" };
	return (struct finding){ 0, NULL };
}

static struct finding check_ports(const struct vg_config *c, const uint32_t *lines)
{
	const struct vg_config_dataplane *d = &c->dataplane;
	for (uint32_t i = 0; i <= d->n_ports; i++) {
		const struct vg_config_port *port = i < d->n_ports ? &d->port_rules[i] : &d->all_ports;
		size_t line = i < d->n_ports                      ? port->line
			      : LINE(dataplane.all_ports.in_vlan) ? LINE(dataplane.all_ports.in_vlan)
								  : LINE(dataplane.all_ports.out_vlan);
		if (!port->in_vlan != !port->out_vlan)
			return (struct finding){ line, "direction_vlans needs both tags; give in: and out:" };
		if (port->in_vlan && port->in_vlan == port->out_vlan)
			return (struct finding){ line,
						 "direction_vlans has one tag for both directions; leave it out" };
	}
	return (struct finding){ 0, NULL };
}

static struct finding check_forward(const struct vg_config *c, const uint32_t *lines)
{
	const struct vg_config_forward *f = &c->forward;
	if (f->n_slots & (f->n_slots - 1))
		return (struct finding){ LINE(forward.n_slots),
					 "ring_slots is no power of two; take 4096, 8192, 16384 …" };
	if (f->n_ring_bytes & (f->n_ring_bytes - 1))
		return (struct finding){ LINE(forward.n_ring_bytes),
					 "ring_bytes is no power of two; take 8M, 16M, 32M …" };
	if (f->n_pairs + c->dataplane.n_ports > VG_CONFIG_MAX_PORTS)
		return (struct finding){ f->pairs[0].line, "pairs and dataplane.ports are more than 32 together" };
	for (uint32_t i = 0; i < 2 * f->n_pairs; i++) {
		const struct vg_config_pair *pair = &f->pairs[i / 2];
		const char *port = i % 2 ? pair->b : pair->a;
		if (!port[0])
			return (struct finding){ pair->line, "this pair lacks a port; give a: and b:" };
		for (uint32_t k = 0; k < i; k++) {
			const char *other = k % 2 ? f->pairs[k / 2].b : f->pairs[k / 2].a;
			size_t n = strcspn(port, ",");
			if (strcspn(other, ",") == n && !strncmp(port, other, n))
				return (struct finding){ pair->line, "a port stands here twice; each has one link" };
		}
	}
	return (struct finding){ 0, NULL };
}

/* Where something is to be stopped it must be seen first, by the one worker that may hold it. */
static struct finding check_inline(const struct vg_config *c, const uint32_t *lines)
{
	const struct vg_config_pair *first = NULL;
	uint32_t block_line = 0, n_block = 0;
	for (uint32_t i = 0; i < c->forward.n_pairs && !first; i++)
		if (c->forward.pairs[i].mode == VG_INSPECT_FIRST)
			first = &c->forward.pairs[i];
	for (uint32_t i = 0; i < c->n_lists; i++)
		if (vg_action_blocks(c->lists[i].action)) {
			n_block++;
			block_line = block_line ? block_line : c->lists[i].line;
		}
	if (first && c->dataplane.n_cores != 1)
		return (struct finding){ LINE(dataplane.n_cores) ? LINE(dataplane.n_cores) : first->line,
					 "a pair is inspect-first: its frames wait for the words of one worker; set "
					 "dataplane.cores: 1, or make that pair forward-first" };
	if (n_block && !first)
		return (struct finding){ block_line, "this list says block, but no pair of forward.pairs is "
						     "inspect-first; give one that mode, or take another action" };
	if (first && !n_block)
		return (struct finding){ first->line, "this pair is inspect-first, but no list says block; give one "
						      "that action, or take forward-first" };
	return (struct finding){ 0, NULL };
}

/* Said here with the line; a hasher looks again before it loads them. */
static int check_plugins(const struct vg_config *config, const uint32_t *lines, size_t *line, char *why, size_t n_why)
{
	const struct vg_config_hashing *h = &config->hashing;
	for (uint32_t i = 0; i < h->n_plugins; i++) {
		struct vg_plugin_spec spec, other;
		const char *fault = vg_plugin_spec_parse(h->plugins[i], &spec)
					    ? vg_trusted_path_fault(spec.path)
					    : "is neither an absolute path nor NAME@VERSION:PATH; write one of them";
		for (uint32_t k = 0; k < i && !fault; k++)
			if (vg_plugin_spec_parse(h->plugins[k], &other) &&
			    (!strcmp(other.path, spec.path) || (spec.algo[0] && !strcmp(other.algo, spec.algo))))
				fault = "stands here twice; keep one";
		if (!fault)
			continue;
		*line = LINE(hashing.plugins);
		snprintf(why, n_why, "plugins: %.200s %s", h->plugins[i], fault);
		return -1;
	}
	return 0;
}

static struct finding check_lists(const struct vg_config *c)
{
	for (uint32_t i = 0; i < c->n_lists; i++) {
		const struct vg_config_list *list = &c->lists[i];
		if (!list->name[0])
			return (struct finding){ list->line, "this list has no name; add name:" };
		if (!list->file[0])
			return (struct finding){ list->line, "this list has no file; add file:" };
		if (list->file_distance != VG_CONFIG_NEVER && list->file_distance > list->match_distance)
			return (struct finding){ list->line, "file_distance is above match_distance; lower it" };
		if (!list->query_percent && !list->compared_percent)
			return (struct finding){ list->line,
						 "query_percent and compared_percent are both 0: films would "
						 "match by one frame; raise one" };
		if (list->kind == VG_LIST_URLS && vg_action_case(list->action) == VG_ACTION_REPORT)
			return (struct finding){ list->line, "a list of URLs files nothing by itself, as a URL is no "
							     "picture; take review, alert, count or block" };
		for (uint32_t k = 0; k < i; k++)
			if (!strcmp(c->lists[k].name, list->name))
				return (struct finding){ list->line, "another list has this name; rename one" };
	}
	return (struct finding){ 0, NULL };
}

static struct finding check_endpoint(const struct vg_config_endpoint *e, size_t line, size_t user_line)
{
	if (strncmp(e->url, "https://", 8) != 0 || !e->url[8])
		return (struct finding){ line, "the endpoint of this environment has no https url; write its base" };
	if (!e->user[0] || !e->password_file[0])
		return (struct finding){ user_line ? user_line : line,
					 "the endpoint has no user or password_file; add both" };
	return (struct finding){ 0, NULL };
}

static int is_placeholder(const char *text)
{
	return !text[0] || strstr(text, "example") || strstr(text, "CHANGE") || strstr(text, "change-me");
}

static struct finding check_reporting(const struct vg_config *c, const uint32_t *lines)
{
	size_t line = LINE(reporting.environment);
	struct finding found = { 0, NULL };
	if (c->reporting.environment == VG_ENV_OFF)
		return found;
	if (!strchr(c->reporting.email, '@'))
		return (struct finding){ line, "reporting needs email; add the address of the person who reports" };
	if (c->evidence.n_custodian_keys < 2)
		return (struct finding){ line, "evidence.custodian_keys needs two keys or more; add their paths" };
	if (c->reporting.retry_min_s > c->reporting.retry_max_s)
		return (struct finding){ LINE(reporting.retry_min_s), "retry_min_s is above retry_max_s; lower it" };
	if (c->reporting.environment == VG_ENV_TEST)
		return check_endpoint(&c->test_endpoint, LINE(test_endpoint.url) ? LINE(test_endpoint.url) : line,
				      LINE(test_endpoint.user));
	found = check_endpoint(&c->reporting.endpoint,
			       LINE(reporting.endpoint.url) ? LINE(reporting.endpoint.url) : line,
			       LINE(reporting.endpoint.user));
	if (found.what)
		return found;
	if (strcmp(c->reporting.production_key, "file real reports") != 0)
		return (struct finding){ line, "production needs production_key: file real reports; add it" };
	if (is_placeholder(c->reporting.email) || is_placeholder(c->reporting.company) ||
	    is_placeholder(c->reporting.last_name) || is_placeholder(c->reporting.first_name))
		return (struct finding){
			line, "production needs a real company, first_name, last_name and email; fill them in"
		};
	return found;
}

static int check_scope(const struct vg_config *config, const uint32_t *lines, size_t *line, char *why, size_t n_why)
{
	struct vg_scope_conf *scratch;
	const char *key;
	struct vg_trust_conf trust;
	uint32_t profile;
	int err;
	if (vg_config_profiles_check(config, (uint32_t)LINE(dataplane.all_ports.profile), line, why, n_why))
		return -1;
	if (vg_config_trust(config, &trust, &key, why, n_why)) {
		*line = LINE(trust.proxies);
		return -1;
	}
	scratch = malloc(sizeof(*scratch));
	err = scratch ? vg_config_scope(config, scratch, &key, &profile, why, n_why) : 0;
	free(scratch);
	if (!err)
		return 0;
	*line = profile                        ? config->profiles[profile - 1].line
		: !strcmp(key, "prefixes")     ? LINE(scope.prefixes)
		: !strcmp(key, "exclude")      ? LINE(scope.exclude)
		: !strcmp(key, "vlans")        ? LINE(scope.vlans)
		: !strcmp(key, "urls")         ? LINE(scope.urls)
		: !strcmp(key, "exclude_urls") ? LINE(scope.exclude_urls)
					       : LINE(scope.protocols_off);
	return -1;
}

int vg_config_check(const struct vg_config *config, const uint32_t *lines, size_t *line, char *why, size_t n_why)
{
	struct finding found = check_dataplane(config, lines);
	if (!found.what)
		found = check_ports(config, lines);
	if (!found.what)
		found = check_forward(config, lines);
	if (!found.what)
		found = check_inline(config, lines);
	if (!found.what)
		found = check_lists(config);
	if (!found.what)
		found = check_reporting(config, lines);
	if (!found.what)
		return check_plugins(config, lines, line, why, n_why) ? -1
								      : check_scope(config, lines, line, why, n_why);
	*line = found.line;
	snprintf(why, n_why, "%s", found.what);
	return -1;
}
