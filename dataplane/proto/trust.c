/* From the right to the left of a list. Elements are told apart by commas alone, also inside quotes: those that are
 * looked at were written by proxies that are trusted, whatever an attacker left open before them. */
#include "dataplane/proto/trust.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

struct hop {
	uint8_t version, ip[16]; /* version 0: not known */
};

static int is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct vg_span trim(struct vg_span s)
{
	while (s.n_bytes && is_blank(s.at[0]))
		s.at++, s.n_bytes--;
	while (s.n_bytes && is_blank(s.at[s.n_bytes - 1]))
		s.n_bytes--;
	return s;
}

int vg_trust_has(const struct vg_trust_conf *trust, unsigned version, const uint8_t *ip)
{
	uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };
	uint32_t n = trust->n_rules < VG_TRUST_MAX_RULES ? trust->n_rules : VG_TRUST_MAX_RULES;

	if (version == 4)
		memcpy(mapped + 12, ip, 4);
	else
		memcpy(mapped, ip, 16);
	for (uint32_t i = 0; i < n; i++) {
		const struct vg_scope_rule *rule = &trust->rules[i];
		unsigned n_bits = rule->n_bits <= 128 ? rule->n_bits : 128, n_bytes = n_bits / 8, n_left = n_bits % 8;
		if (!memcmp(mapped, rule->ip, n_bytes) &&
		    (!n_left || !((mapped[n_bytes] ^ rule->ip[n_bytes]) >> (8 - n_left))))
			return 1;
	}
	return 0;
}

/* "192.0.2.7", "192.0.2.7:80", "2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:80", in quotes or not. */
static struct hop hop_read(struct vg_span s)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct hop hop = { 0 };
	char text[INET6_ADDRSTRLEN + 1];
	uint8_t *end;

	s = trim(s);
	if (s.n_bytes > 1 && s.at[0] == '"' && s.at[s.n_bytes - 1] == '"')
		s = trim((struct vg_span){ s.at + 1, s.n_bytes - 2 });
	if (s.n_bytes && s.at[0] == '[') {
		s.at++, s.n_bytes--;
		end = memchr(s.at, ']', s.n_bytes);
		s.n_bytes = end ? (size_t)(end - s.at) : 0;
	} else if ((end = memchr(s.at, ':', s.n_bytes)) &&
		   !memchr(end + 1, ':', s.n_bytes - (size_t)(end - s.at) - 1)) {
		s.n_bytes = (size_t)(end - s.at);
	}
	if (!s.n_bytes || s.n_bytes >= sizeof(text))
		return hop;
	memcpy(text, s.at, s.n_bytes);
	text[s.n_bytes] = 0;
	if (strlen(text) != s.n_bytes)
		return hop;
	if (inet_pton(AF_INET, text, hop.ip) == 1) {
		hop.version = 4;
	} else if (inet_pton(AF_INET6, text, hop.ip) == 1) {
		hop.version = 6;
		if (!memcmp(hop.ip, mapped, sizeof(mapped))) {
			memmove(hop.ip, hop.ip + 12, 4);
			hop.version = 4;
		}
	}
	return hop;
}

/* The for= of a Forwarded element; no bytes: it has none. */
static struct vg_span for_of(struct vg_span element)
{
	const uint8_t *semicolon;
	struct vg_span one;

	for (; element.n_bytes; element.at = semicolon + 1) {
		semicolon = memchr(element.at, ';', element.n_bytes);
		one = trim(
			(struct vg_span){ element.at, semicolon ? (size_t)(semicolon - element.at) : element.n_bytes });
		if (one.n_bytes > 4 && !strncasecmp((const char *)one.at, "for=", 4))
			return (struct vg_span){ one.at + 4, one.n_bytes - 4 };
		if (!semicolon)
			break;
		element.n_bytes -= (size_t)(semicolon - element.at) + 1;
	}
	return (struct vg_span){ element.at, 0 };
}

/* Takes the rightmost element off the list. */
static struct vg_span element_take(struct vg_span *list)
{
	const uint8_t *comma = list->n_bytes ? memrchr(list->at, ',', list->n_bytes) : NULL;
	size_t n_left = comma ? (size_t)(comma - list->at) : 0;
	struct vg_span element = comma ? (struct vg_span){ comma + 1, list->n_bytes - n_left - 1 } : *list;

	list->n_bytes = n_left;
	return element;
}

static uint16_t hop_write(const struct hop *hop, char *out)
{
	if (!hop->version || !inet_ntop(hop->version == 4 ? AF_INET : AF_INET6, hop->ip, out, VG_ATTR_FORWARDED))
		return 0;
	return (uint16_t)strlen(out);
}

uint16_t vg_trust_client(const struct vg_trust_conf *trust, const struct vg_trust_hops *hops, char *out)
{
	const struct vg_flow_ident *who = hops->who;
	unsigned header = trust->header == VG_TRUST_FORWARDED;
	struct vg_span list = hops->lists[header], element;
	struct hop hop = { 0 };

	if (!trust->n_rules || !vg_trust_has(trust, who->ip_version, who->ip[hops->dir & 1]))
		return 0;
	if (who->claimed_version) {
		hop.version = who->claimed_version;
		memcpy(hop.ip, who->claimed_ip, sizeof(hop.ip));
		if (!vg_trust_has(trust, hop.version, hop.ip))
			return hop_write(&hop, out);
	}
	if (hops->remote.n_bytes) {
		hop = hop_read(hops->remote);
		if (!hop.version || !vg_trust_has(trust, hop.version, hop.ip))
			return hop_write(&hop, out);
	}
	while (list.n_bytes) {
		element = element_take(&list);
		hop = hop_read(header ? for_of(element) : element);
		if (!hop.version || !vg_trust_has(trust, hop.version, hop.ip))
			return hop_write(&hop, out);
	}
	return hops->is_partial[header] ? 0 : hop_write(&hop, out);
}
