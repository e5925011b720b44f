#include "control/config/scope.h"

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

int vg_config_scope(const struct vg_config *config, struct vg_scope_conf *conf, const char **option, char *why,
		    size_t n_why)
{
	const struct vg_config_scope *s = &config->scope;

	memset(conf, 0, sizeof(*conf));
	for (uint32_t i = 0; i < s->n_prefixes; i++) {
		if (take_prefix(s->prefixes[i], &conf->rules[conf->n_rules]))
			return wrong("prefixes", option, s->prefixes[i], "prefix; write it as 192.0.2.0/24", why,
				     n_why);
		conf->rules[conf->n_rules++].is_in = 1;
	}
	for (uint32_t i = 0; i < s->n_exclude; i++, conf->n_rules++)
		if (take_prefix(s->exclude[i], &conf->rules[conf->n_rules]))
			return wrong("exclude", option, s->exclude[i], "prefix; write it as 192.0.2.0/24", why, n_why);
	for (uint32_t i = 0; i < s->n_vlans; i++, conf->n_vlans++)
		if (take_vlans(s->vlans[i], conf->vlans[i]))
			return wrong("vlans", option, s->vlans[i], "tag; write one (100) or a range (100-199)", why,
				     n_why);
	for (uint32_t i = 0; i < s->n_urls + s->n_exclude_urls; i++, conf->n_sites++) {
		int is_in = i < s->n_urls;
		const char *text = is_in ? s->urls[i] : s->exclude_urls[i - s->n_urls];
		const char *what = take_site(text, is_in, &conf->sites[conf->n_sites]);
		if (what)
			return wrong(is_in ? "urls" : "exclude_urls", option, text, what, why, n_why);
	}
	for (uint32_t i = 0; i < s->n_protocols_off; i++) {
		unsigned id = protocol_of(s->protocols_off[i]);
		if (!id)
			return wrong("protocols_off", option, s->protocols_off[i],
				     "protocol that is known; take it out, or see vigil.yaml(5)", why, n_why);
		conf->protocols_off |= 1u << id;
	}
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
