/* Flattens the rules: each begins a segment and, behind its end, what was there before goes on. A rule's word holds
 * where no longer prefix of the list lies. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/scope/scope_priv.h"

static void mask(uint8_t ip[16], unsigned n_bits)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned n = n_bits > 8 * i ? n_bits - 8 * i : 0;
		ip[i] &= n >= 8 ? 0xff : (uint8_t)(0xff00u >> n);
	}
}

static int covers(const struct vg_scope_rule *rule, const uint8_t ip[16])
{
	uint8_t masked[16];

	memcpy(masked, ip, 16);
	mask(masked, rule->n_bits);
	return !memcmp(masked, rule->ip, 16);
}

/* The address behind the last of a rule; 0 where there is none. */
static int behind(const struct vg_scope_rule *rule, uint8_t ip[16])
{
	unsigned n_bits = rule->n_bits;

	memcpy(ip, rule->ip, 16);
	while (n_bits) {
		unsigned byte = (n_bits - 1) / 8, bit = 0x80u >> (n_bits - 1) % 8;
		if (!(ip[byte] & bit)) {
			ip[byte] = (uint8_t)(ip[byte] | bit);
			return 1;
		}
		ip[byte] = (uint8_t)(ip[byte] & ~bit);
		n_bits--;
	}
	return 0;
}

/* What the longest prefix says of an address; of two equally long ones the exclusion. */
static uint8_t longest(const struct vg_scope_rule *rules, uint32_t n_rules, const uint8_t ip[16])
{
	int n_best = -1;
	uint8_t word = VG_SCOPE_NOTHING;

	for (uint32_t i = 0; i < n_rules; i++) {
		if (rules[i].n_bits < n_best || !covers(&rules[i], ip))
			continue;
		if (rules[i].n_bits == n_best && rules[i].is_in)
			continue;
		n_best = rules[i].n_bits;
		word = rules[i].is_in ? VG_SCOPE_IN : VG_SCOPE_OUT;
	}
	return word;
}

static int by_begin(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static void flatten(struct vg_scope *scope, const struct vg_scope_rule *rules, uint32_t n_rules)
{
	struct vg_scope_segment *s = scope->segments;
	uint32_t n = 1, n_kept = 0;

	memset(s[0].begin, 0, 16);
	for (uint32_t i = 0; i < n_rules; i++) {
		memcpy(s[n++].begin, rules[i].ip, 16);
		n += (uint32_t)behind(&rules[i], s[n].begin);
		scope->has_prefixes |= rules[i].is_in;
	}
	qsort(s, n, sizeof(*s), by_begin);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t word = longest(rules, n_rules, s[i].begin);
		if (n_kept && (!memcmp(s[n_kept - 1].begin, s[i].begin, 16) || s[n_kept - 1].word == word))
			continue;
		s[n_kept] = s[i];
		s[n_kept++].word = word;
	}
	scope->n_segments = n_kept;
}

void vg_scope_destroy(struct vg_scope *scope)
{
	free(scope);
}

static struct vg_scope *create(const struct vg_scope_rule *from, uint32_t n_rules, const uint16_t (*vlans)[2],
			       uint32_t n_vlans)
{
	struct vg_scope_rule *rules = calloc(n_rules + 1, sizeof(*rules));
	struct vg_scope *scope = calloc(1, sizeof(*scope) + (2 * (size_t)n_rules + 1) * sizeof(scope->segments[0]));

	for (uint32_t i = 0; rules && scope && i < n_rules; i++) {
		rules[i] = from[i];
		if (rules[i].n_bits > 128) {
			free(scope);
			scope = NULL;
			break;
		}
		mask(rules[i].ip, rules[i].n_bits);
	}
	if (rules && scope) {
		flatten(scope, rules, n_rules);
		scope->n_vlans = n_vlans;
		if (n_vlans)
			memcpy(scope->vlans, vlans, n_vlans * sizeof(*vlans));
	} else {
		free(scope);
		scope = NULL;
	}
	free(rules);
	return scope;
}

struct vg_scope *vg_scope_create_profile(const struct vg_scope_conf *conf, uint32_t profile)
{
	struct vg_scope_part part;

	return vg_scope_part_of(conf, profile, &part) ? create(part.rules, part.n_rules, part.vlans, part.n_vlans)
						      : NULL;
}

struct vg_scope *vg_scope_create_customers(const struct vg_scope_conf *conf, uint32_t profile)
{
	struct vg_scope_part part;

	return vg_scope_part_of(conf, profile, &part) ? create(part.customers, part.n_customers, NULL, 0) : NULL;
}

struct vg_scope *vg_scope_create(const struct vg_scope_conf *conf)
{
	return vg_scope_create_profile(conf, 0);
}
