/* Entries of lists of URLs: strict where they are read, so that none covers more than its writer meant. */
#include "control/lists/list_url.h"

#include <stdlib.h>
#include <string.h>

#include <idn2.h>
#include <openssl/evp.h>

static void value_make(enum vg_url_key kind, const char *text, size_t n, size_t n_host,
		       uint8_t value[VG_LIST_URL_VALUE])
{
	uint8_t plain[1 + VG_URL_TEXT], sha256[32];
	uint64_t hash = vg_url_hash(kind, text, n);
	uint64_t under = kind == VG_URL_KEY_PREFIX ? vg_url_hash(VG_URL_KEY_HOST, text, n_host) : 0;
	plain[0] = (uint8_t)kind;
	memcpy(plain + 1, text, n);
	memcpy(value, &hash, 8);
	memcpy(value + 8, &under, 8);
	if (!EVP_Digest(plain, 1 + n, sha256, NULL, EVP_sha256(), NULL))
		abort(); /* only without memory */
	memcpy(value + 16, sha256, 16);
}

/* A name as it is written on the wire; NULL where it is one already, or *why. The caller frees it. */
static char *a_labels(const char *host, size_t n, const char **why)
{
	char *in = strndup(host, n), *out = NULL;
	int is_ascii = 1;
	for (size_t i = 0; i < n; i++)
		is_ascii &= (unsigned char)host[i] < 0x80;
	if (in && !is_ascii && idn2_to_ascii_8z(in, &out, IDN2_NONTRANSITIONAL) != IDN2_OK) {
		*why = "the host is no name that can be written in A-labels; correct it";
		out = NULL;
	}
	free(in);
	return out;
}

static const char *check_host(const struct vg_url *u, int is_domain)
{
	size_t n_labels = 1;
	if (u->text[0] == '[')
		return is_domain ? "an address has nothing under it; remove the *." : NULL;
	for (size_t i = 0; i < u->n_host; i++) {
		char c = u->text[i];
		if (c == '*')
			return "a * stands only at the beginning, as in *.example.org; correct it";
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return "the host has a character that no host has; correct it";
		n_labels += c == '.';
		if (c == '.' && (!i || u->text[i - 1] == '.'))
			return "the host has an empty label; correct it";
	}
	return n_labels < 2 ? "the host has one label only and would match too much; write the whole name" : NULL;
}

/* Cuts an entry into host and target; `text` is a URL or the same without a scheme. */
static const char *split(const char *text, const char **host, size_t *n_host, const char **target)
{
	size_t n = strlen(text), n_authority = vg_url_authority((const uint8_t *)text, n);
	const char *scheme_end = n_authority ? strstr(text, "://") : NULL;
	if (scheme_end && strncasecmp(text, "http://", 7) && strncasecmp(text, "https://", 8))
		return "only http and https; remove the line";
	*host = scheme_end ? scheme_end + 3 : text;
	*target = *host + strcspn(*host, "/?#");
	*n_host = (size_t)(*target - *host);
	if (!*n_host)
		return "no host; write host/path";
	if (memchr(*host, '@', *n_host))
		return "user names match nothing; remove what is before the @";
	if (memchr(*host, '%', *n_host))
		return "the host has a character that no host has; correct it";
	return NULL;
}

static const char *read_host(struct vg_url *u, const char *host, size_t n_host)
{
	const char *why = NULL, *colon = memchr(host, ':', n_host);
	size_t n_name = colon && host[0] != '[' ? (size_t)(colon - host) : n_host;
	char *ascii = a_labels(host, n_name, &why);
	if (!why && vg_url_host(u, (const uint8_t *)(ascii ? ascii : host), ascii ? strlen(ascii) : n_host))
		why = "the host is no host; correct it";
	free(ascii);
	return why;
}

const char *vg_list_url_value(const char *text, uint8_t value[VG_LIST_URL_VALUE])
{
	struct vg_url u;
	const char *host, *target, *why;
	int is_domain = !strncmp(text, "*.", 2) || text[0] == '.';
	size_t n_host, n_target;
	if (is_domain)
		text += text[0] == '*' ? 2 : 1;
	why = split(text, &host, &n_host, &target);
	if (why)
		return why;
	why = read_host(&u, host, n_host);
	if (!why)
		why = check_host(&u, is_domain);
	if (why)
		return why;
	n_target = strlen(target);
	if (is_domain && n_target > (target[0] == '/'))
		return "a name with all under it has no path; remove it, or the *.";
	if (is_domain) {
		value_make(VG_URL_KEY_DOMAIN, u.text, u.n_host, u.n_host, value);
		return NULL;
	}
	if (n_target >= 2 && !strcmp(target + n_target - 2, "/*"))
		return "an entry covers all under it; remove the *";
	if (target[0] == '#' || !strncmp(target, "/#", 2))
		return "what follows # is never sent: this would list the whole host; name a path, or the host alone";
	vg_url_target(&u, (const uint8_t *)target, n_target);
	if (u.is_short)
		return "longer than 768 bytes; shorten it, it covers all that begins like it";
	if (u.n_cuts == VG_URL_CUTS)
		return "more than 60 segments and parameters; shorten it, it covers all that begins like it";
	value_make(VG_URL_KEY_PREFIX, u.text, u.cuts[u.n_cuts - 1], u.n_host, value);
	return NULL;
}

static uint32_t look(const struct vg_index_view *view, enum vg_url_key kind, const char *text, size_t n, size_t n_host,
		     uint32_t *entry_idx, uint32_t n_found, uint32_t max, uint8_t value[VG_LIST_URL_VALUE])
{
	uint8_t mine[VG_LIST_URL_VALUE];
	uint32_t n_more;
	value_make(kind, text, n, n_host, mine);
	n_more = vg_index_find(view, VG_ALGO_URL, mine, entry_idx + n_found, max - n_found);
	if (n_more && !n_found)
		memcpy(value, mine, sizeof(mine));
	return n_found + n_more;
}

uint32_t vg_list_url_find(const struct vg_index_view *view, const struct vg_url *u, uint32_t *entry_idx, uint32_t max,
			  uint8_t value[VG_LIST_URL_VALUE])
{
	uint32_t n = 0;
	for (size_t i = 0; i < u->n_host && view->n_urls; i++)
		if (!i || u->text[i - 1] == '.')
			n = look(view, VG_URL_KEY_DOMAIN, u->text + i, u->n_host - i, 0, entry_idx, n, max, value);
	for (uint32_t i = u->n_cuts; i-- && view->n_urls;) /* the nearest first */
		n = look(view, VG_URL_KEY_PREFIX, u->text, u->cuts[i], u->n_host, entry_idx, n, max, value);
	return n;
}
