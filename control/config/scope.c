#include "control/config/scope.h"
#include "control/config/profile.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/media.h>

#define MAX_VLAN 4094 /* IEEE 802.1Q 9.6 */

/* A whole number at *text of at most max; *text moves behind it. -1: none. */
static long take_number(const char **text, long max)
{
	char *end;
	long n;

	if (**text < '0' || **text > '9')
		return -1;
	n = strtol(*text, &end, 10);
	*text = end;
	return n <= max ? n : -1;
}

/* "192.0.2.0/24", "2001:db8::/32", or one address. */
static int take_prefix(const char *text, struct vg_scope_rule *rule)
{
	char address[64];
	const char *slash = strchr(text, '/'), *bits = slash ? slash + 1 : NULL;
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	long max, n_bits;

	memset(rule, 0, sizeof(*rule));
	if (n >= sizeof(address))
		return -1;
	memcpy(address, text, n);
	address[n] = 0;
	if (inet_pton(AF_INET, address, rule->ip + 12) == 1) {
		rule->ip[10] = rule->ip[11] = 0xff;
		max = 32;
	} else if (inet_pton(AF_INET6, address, rule->ip) == 1) {
		max = 128;
	} else {
		return -1;
	}
	n_bits = bits ? take_number(&bits, max) : max;
	if (n_bits < 0 || (bits && *bits))
		return -1;
	rule->n_bits = (uint8_t)(128 - max + n_bits);
	return 0;
}

static int take_vlans(const char *text, uint16_t range[2])
{
	long from = take_number(&text, MAX_VLAN), to = from;

	if (from >= 0 && *text == '-') {
		text++;
		to = take_number(&text, MAX_VLAN);
	}
	if (from < 0 || to < from || *text)
		return -1;
	range[0] = (uint16_t)from;
	range[1] = (uint16_t)to;
	return 0;
}

static unsigned protocol_of(const char *name)
{
	for (unsigned i = VG_PROTO_NONE + 1; i < VG_PROTO_N; i++)
		if (!strcmp(name, vg_proto_str(i)))
			return i;
	return VG_PROTO_NONE;
}

/* A pattern as the dataplane matches it: against host/path?query in the normal form (url.h). NULL, or what is wrong. */
static const char *take_site(const char *text, int is_in, struct vg_scope_site *site)
{
	size_t n = strlen(text);
	if (strstr(text, "://"))
		return "pattern: leave out the scheme";
	if (!n || n >= sizeof(site->pattern))
		return "pattern of 1 to 126 bytes";
	if (text[0] == '/')
		return "pattern: write host/path, as in */path";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f)
			return "pattern: write A-labels and %XX in the place of blanks and other alphabets";
	for (const char *p = text; *p && *p != '/'; p++)
		if (*p >= 'A' && *p <= 'Z')
			return "pattern: write the host in small letters";
		else if (*p == ':')
			return "pattern: leave out the port";
	memset(site, 0, sizeof(*site));
	site->is_in = (uint8_t)is_in;
	memcpy(site->pattern, text, n);
	return NULL;
}

static int wrong(const char *key, const char **option, const char *text, const char *what, char *why, size_t n_why)
{
	*option = key;
	snprintf(why, n_why, "\"%s\" is no %s", text, what);
	return -1;
}

/* Where a scope's rows lie in conf: begun, and counted while they come. */
struct part {
	struct vg_scope_conf *conf;
	uint32_t n_rules, n_vlans, n_sites; /* of conf so far, those of other scopes included */
	const char **option;
	char *why;
	size_t n_why;
};

static int too_many(struct part *p, const char *key)
{
	*p->option = key;
	snprintf(p->why, p->n_why, "scope and profiles have too many %s together; join some", key);
	return -1;
}

static int take_rules(struct part *p, const char *key, const char (*texts)[64], uint32_t n, int is_in)
{
	for (uint32_t i = 0; i < n; i++) {
		if (p->n_rules == VG_SCOPE_MAX_RULES)
			return too_many(p, key);
		struct vg_scope_rule *rule = &p->conf->rules[p->n_rules];
		if (take_prefix(texts[i], rule))
			return wrong(key, p->option, texts[i], "prefix; write it as 192.0.2.0/24", p->why, p->n_why);
		rule->is_in = (uint8_t)is_in;
		p->n_rules++;
	}
	return 0;
}

static int take_tags(struct part *p, const struct vg_config_scope *s)
{
	for (uint32_t i = 0; i < s->n_vlans; i++) {
		if (p->n_vlans == VG_SCOPE_MAX_VLANS)
			return too_many(p, "vlans");
		if (take_vlans(s->vlans[i], p->conf->vlans[p->n_vlans]))
			return wrong("vlans", p->option, s->vlans[i], "tag; write one (100) or a range (100-199)",
				     p->why, p->n_why);
		p->n_vlans++;
	}
	return 0;
}

static int take_sites(struct part *p, const struct vg_config_scope *s)
{
	for (uint32_t i = 0; i < s->n_urls + s->n_exclude_urls; i++) {
		int is_in = i < s->n_urls;
		const char *text = is_in ? s->urls[i] : s->exclude_urls[i - s->n_urls];
		const char *key = is_in ? "urls" : "exclude_urls";
		if (p->n_sites == VG_SCOPE_MAX_SITES)
			return too_many(p, key);
		const char *what = take_site(text, is_in, &p->conf->sites[p->n_sites]);
		if (what)
			return wrong(key, p->option, text, what, p->why, p->n_why);
		p->n_sites++;
	}
	return 0;
}

static int take_protocols(struct part *p, const struct vg_config_scope *s, uint32_t *off)
{
	for (uint32_t i = 0; i < s->n_protocols_off; i++) {
		unsigned id = protocol_of(s->protocols_off[i]);
		if (!id)
			return wrong("protocols_off", p->option, s->protocols_off[i],
				     "protocol that is known; take it out, or see vigil.yaml(5)", p->why, p->n_why);
		*off |= 1u << id;
	}
	return 0;
}

static int take_scope(struct part *p, const struct vg_config_scope *s, uint32_t *off)
{
	return take_rules(p, "prefixes", s->prefixes, s->n_prefixes, 1) ||
	       take_rules(p, "exclude", s->exclude, s->n_exclude, 0) || take_tags(p, s) || take_sites(p, s) ||
	       take_protocols(p, s, off);
}

static uint32_t said(uint32_t inherit, uint32_t flag, struct vg_scope_profile *to)
{
	to->said |= inherit == VG_AS_DEFAULT ? 0 : flag;
	return inherit == VG_SAID_YES ? flag : 0;
}

static int take_profile(struct part *p, const struct vg_config_profile *from, struct vg_scope_profile *to)
{
	to->id = vg_config_profile_id(from->name);
	memcpy(to->name, from->name, sizeof(to->name));
	to->flags = said(from->mail, VG_CONF_MAIL, to);
	to->flags |= said(from->carve, VG_CONF_CARVE, to);
	to->rules.first = p->n_rules;
	to->vlans.first = p->n_vlans;
	to->sites.first = p->n_sites;
	if (take_scope(p, &from->scope, &to->protocols_off))
		return -1;
	to->rules.n = p->n_rules - to->rules.first;
	to->vlans.n = p->n_vlans - to->vlans.first;
	to->sites.n = p->n_sites - to->sites.first;
	to->customers.first = p->n_rules;
	if (take_rules(p, "customers", from->customers, from->n_customers, 1))
		return -1;
	to->customers.n = p->n_rules - to->customers.first;
	return 0;
}

int vg_config_scope(const struct vg_config *config, struct vg_scope_conf *conf, const char **option, uint32_t *profile,
		    char *why, size_t n_why)
{
	struct part part = { .conf = conf, .option = option, .why = why, .n_why = n_why };

	memset(conf, 0, sizeof(*conf));
	*profile = 0;
	if (take_scope(&part, &config->scope, &conf->protocols_off))
		return -1;
	conf->n_rules = part.n_rules;
	conf->n_vlans = part.n_vlans;
	conf->n_sites = part.n_sites;
	for (uint32_t i = 0; i < config->n_profiles; i++) {
		*profile = i + 1;
		if (take_profile(&part, &config->profiles[i], &conf->profiles[i]))
			return -1;
	}
	conf->profiles_id = vg_config_profiles_id(config);
	conf->n_profiles = config->n_profiles;
	return 0;
}

int vg_config_trust(const struct vg_config *config, struct vg_trust_conf *conf, const char **option, char *why,
		    size_t n_why)
{
	const struct vg_config_trust *t = &config->trust;

	memset(conf, 0, sizeof(*conf));
	conf->header = t->header;
	for (uint32_t i = 0; i < t->n_proxies; i++, conf->n_rules++) {
		if (take_prefix(t->proxies[i], &conf->rules[i]))
			return wrong("trusted_proxies", option, t->proxies[i], "prefix; write it as 192.0.2.0/24", why,
				     n_why);
		if (!conf->rules[i].n_bits || (!strchr(t->proxies[i], ':') && conf->rules[i].n_bits == 96))
			return wrong("trusted_proxies", option, t->proxies[i],
				     "network of your own proxies: it would let everybody name anybody; narrow it", why,
				     n_why);
	}
	return 0;
}
