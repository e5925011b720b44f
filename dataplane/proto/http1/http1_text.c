/* Header values that end up in attribution records. Parameters are found with quoted strings respected, so that a
 * file name with a ';' in it is not cut. */
#include "dataplane/proto/http1/http1_text.h"

static int lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static int begins_with(struct vg_span s, const char *word)
{
	size_t i;
	for (i = 0; word[i]; i++)
		if (i >= s.n_bytes || lower(s.at[i]) != (uint8_t)word[i])
			return 0;
	return 1;
}

static struct vg_span tail(struct vg_span s, size_t n)
{
	return n < s.n_bytes ? (struct vg_span){ s.at + n, s.n_bytes - n } : (struct vg_span){ s.at, 0 };
}

static struct vg_span trim(struct vg_span s)
{
	while (s.n_bytes && (s.at[0] <= ' '))
		s = tail(s, 1);
	while (s.n_bytes && s.at[s.n_bytes - 1] <= ' ')
		s.n_bytes--;
	return s;
}

uint16_t vg_http1_copy(struct vg_span value, char *text, size_t cap, int *cut)
{
	size_t n = value.n_bytes;
	if (n > cap) {
		n = cap;
		*cut = 1;
	}
	for (size_t i = 0; i < n; i++) /* a folded line is one (RFC 9112 5.2) */
		text[i] = value.at[i] == '\r' || value.at[i] == '\n' ? ' ' : (char)value.at[i];
	return (uint16_t)n;
}

/* The length of s up to a separator that stands outside of quotes. */
static size_t up_to(struct vg_span s, uint8_t separator)
{
	int quoted = 0;
	size_t i;
	for (i = 0; i < s.n_bytes && (quoted || s.at[i] != separator); i++) {
		if (s.at[i] == '"')
			quoted = !quoted;
		else if (s.at[i] == '\\' && quoted && i + 1 < s.n_bytes)
			i++;
	}
	return i;
}

/* The value of parameter `name` among ';'-separated ones; *found says whether it is there. Quotes stay on. */
static struct vg_span param(struct vg_span params, const char *name, int *found)
{
	size_t n_name = strlen(name);
	*found = 0;
	while (params.n_bytes) {
		size_t n = up_to(params, ';');
		struct vg_span one = trim((struct vg_span){ params.at, n });
		params = tail(params, n + 1);
		if (!begins_with(one, name))
			continue;
		one = trim(tail(one, n_name));
		if (!one.n_bytes || one.at[0] != '=')
			continue;
		*found = 1;
		return trim(tail(one, 1));
	}
	return params;
}

/* A token or quoted-string (RFC 9110 5.6.4) without its quotes and backslashes. Browsers send Windows paths with
 * single backslashes: one that escapes neither a quote nor a backslash stays. */
static uint16_t unquote(struct vg_span s, char *text, size_t cap, int *cut)
{
	size_t n = 0, i;
	if (!s.n_bytes || s.at[0] != '"')
		return vg_http1_copy(s, text, cap, cut);
	for (i = 1; i < s.n_bytes && s.at[i] != '"'; i++) {
		if (s.at[i] == '\\' && i + 1 < s.n_bytes && (s.at[i + 1] == '"' || s.at[i + 1] == '\\'))
			i++;
		if (n == cap) {
			*cut = 1;
			break;
		}
		text[n++] = (char)s.at[i];
	}
	return (uint16_t)n;
}

/* charset'language'percent-encoded */
static uint16_t extended(struct vg_span s, char *text, size_t cap, int *cut)
{
	size_t n = 0, i = 0;
	for (unsigned n_quotes = 0; i < s.n_bytes && n_quotes < 2; i++)
		n_quotes += s.at[i] == '\'';
	for (; i < s.n_bytes; i++) {
		uint8_t c = s.at[i];
		if (c == '%' && i + 2 < s.n_bytes && !vg_unhex((const char *)s.at + i + 1, &c, 1))
			i += 2;
		if (n == cap) {
			*cut = 1;
			break;
		}
		text[n++] = (char)c;
	}
	return (uint16_t)n;
}

uint16_t vg_http1_disposition(struct vg_span value, char *text, size_t cap, int *cut)
{
	int found;
	struct vg_span params = tail(value, up_to(value, ';') + 1), name = param(params, "filename*", &found);
	uint16_t n = found ? extended(name, text, cap, cut) : 0;
	if (n)
		return n;
	name = param(params, "filename", &found);
	return found ? unquote(name, text, cap, cut) : 0;
}

uint16_t vg_http1_segment(struct vg_span target, char *text, size_t cap, int *cut)
{
	size_t end, begin;
	struct vg_span host = vg_http1_authority(target);
	if (!target.n_bytes)
		return 0;
	if (host.at)
		target = tail(target, (size_t)(host.at - target.at) + host.n_bytes);
	for (end = 0; end < target.n_bytes && target.at[end] != '?' && target.at[end] != '#'; end++)
		;
	for (begin = end; begin && target.at[begin - 1] != '/'; begin--)
		;
	return vg_http1_copy((struct vg_span){ target.at + begin, end - begin }, text, cap, cut);
}

uint16_t vg_http1_boundary(struct vg_span value, char *text, size_t cap, int *cut)
{
	int found;
	if (!begins_with(value, "multipart/"))
		return 0;
	struct vg_span boundary = param(tail(value, up_to(value, ';') + 1), "boundary", &found);
	return found ? unquote(boundary, text, cap, cut) : 0;
}

/* "[v6]:port", "[v6]", "v4:port", "v4", or an obfuscated name: without port and brackets */
static uint16_t address(struct vg_span s, char *text, size_t cap, int *cut)
{
	size_t n_colons = 0, first_colon = 0, i;
	s = trim(s);
	if (s.n_bytes && s.at[0] == '[') {
		s = tail(s, 1);
		for (i = 0; i < s.n_bytes && s.at[i] != ']'; i++)
			;
		s.n_bytes = i;
		return vg_http1_copy(s, text, cap, cut);
	}
	for (i = s.n_bytes; i--;)
		if (s.at[i] == ':') {
			n_colons++;
			first_colon = i;
		}
	if (n_colons == 1)
		s.n_bytes = first_colon;
	return vg_http1_copy(s, text, cap, cut);
}

uint16_t vg_http1_forwarded_for(struct vg_span value, char *text, size_t cap, int *cut)
{
	return address((struct vg_span){ value.at, up_to(value, ',') }, text, cap, cut);
}

uint16_t vg_http1_forwarded(struct vg_span value, char *text, size_t cap, int *cut)
{
	int found;
	struct vg_span first = { value.at, up_to(value, ',') }, who = param(first, "for", &found);
	if (!found)
		return 0;
	if (who.n_bytes > 1 && who.at[0] == '"') {
		who = tail(who, 1);
		if (who.at[who.n_bytes - 1] == '"')
			who.n_bytes--;
	}
	return address(who, text, cap, cut);
}

struct vg_span vg_http1_authority(struct vg_span target)
{
	size_t scheme = begins_with(target, "http://") ? 7 : begins_with(target, "https://") ? 8 : 0, n;
	if (!scheme)
		return (struct vg_span){ 0 };
	struct vg_span rest = tail(target, scheme);
	for (n = 0; n < rest.n_bytes && rest.at[n] != '/' && rest.at[n] != '?' && rest.at[n] != '#'; n++)
		;
	return (struct vg_span){ rest.at, n };
}
