#pragma once
/* url_parts: the steps of url.h, which has the rules; nobody else includes this. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VG_URL_HOST 253u /* RFC 1035 3.1 */
#define VG_URL_PATH 768u /* of path and query that is kept: as much as an attribution record has room for */
#define VG_URL_TEXT (VG_URL_HOST + VG_URL_PATH + 8)
#define VG_URL_CUTS 64u

struct vg_url {
	uint16_t n_text, n_host; /* text[n_host] is '/' */
	uint16_t n_cuts;
	uint8_t is_short; /* there was more than fits: the text ends between two segments, or before a '&' */
	uint16_t cuts[VG_URL_CUTS];
	char text[VG_URL_TEXT];
};

static inline uint8_t vg_url_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}
static inline int vg_url_digit(uint8_t c)
{
	uint8_t l = vg_url_lower(c);
	return c >= '0' && c <= '9' ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* The host of `at`: a Host header, an authority. 0, or -1: there is none that could be listed. */
static inline int vg_url_host(struct vg_url *u, const uint8_t *at, size_t n)
{
	size_t end = 0;

	for (size_t i = n; i--;)
		if (at[i] == '@') {
			at += i + 1;
			n -= i + 1;
			break;
		}
	if (n && at[0] == '[') {
		while (end < n && at[end] != ']')
			end++;
		end += end < n;
	} else {
		while (end < n && at[end] != ':')
			end++;
	}
	while (end && at[end - 1] == '.')
		end--;
	u->n_host = 0;
	if (!end || end > VG_URL_HOST)
		return -1;
	for (size_t i = 0; i < end; i++) {
		if (at[i] <= ' ' || at[i] == '/' || at[i] == '?' || at[i] == '#' || at[i] == '\\' || at[i] == 0x7f)
			return -1;
		u->text[i] = (char)vg_url_lower(at[i]);
	}
	u->n_host = (uint16_t)end;
	return 0;
}

/* How many bytes of a request target are its scheme and authority. */
static inline size_t vg_url_authority(const uint8_t *at, size_t n)
{
	size_t i = 0;

	if (!n || at[0] == '/')
		return 0;
	while (i < n && ((vg_url_lower(at[i]) >= 'a' && vg_url_lower(at[i]) <= 'z') ||
			 (i && ((at[i] >= '0' && at[i] <= '9') || at[i] == '+' || at[i] == '-' || at[i] == '.'))))
		i++;
	if (!i || n - i < 3 || at[i] != ':' || at[i + 1] != '/' || at[i + 2] != '/')
		return 0;
	for (i += 3; i < n && at[i] != '/' && at[i] != '?' && at[i] != '#'; i++)
		;
	return i;
}

/* The next octet at `at`, as it is written in the normal form: 1 or 3 bytes to out, *n_out; returns how many bytes of
 * `at` it was. */
static inline size_t vg_url_octet(const uint8_t *at, size_t n, int in_query, char out[3], unsigned *n_out)
{
	static const char hex[] = "0123456789ABCDEF";
	int high = n >= 3 && at[0] == '%' ? vg_url_digit(at[1]) : -1, low = high >= 0 ? vg_url_digit(at[2]) : -1;
	uint8_t c = low >= 0 ? (uint8_t)(high << 4 | low) : at[0];
	int stays = c <= ' ' || c >= 0x7f || c == '%';

	if (low >= 0 && (c == '?' || c == '#'))
		stays = 1;
	if (low >= 0 && in_query && (c == '&' || c == '=' || c == '+' || c == ';'))
		stays = 1;
	out[0] = stays ? '%' : (char)c;
	out[1] = hex[c >> 4];
	out[2] = hex[c & 15];
	*n_out = stays ? 3 : 1;
	return low >= 0 ? 3 : 1;
}

/* A segment of the path ends that began at text[begin]; *n_over: segments that did not fit any more. */
static inline void vg_url_segment(struct vg_url *u, size_t begin, size_t limit, int is_last, size_t *n_over)
{
	size_t n = u->n_text - begin;
	const char *at = u->text + begin;

	if (n == 2 && at[0] == '.' && at[1] == '.') {
		u->n_text = (uint16_t)begin;
		if (*n_over) {
			--*n_over;
			return;
		}
		if (begin == u->n_host + 1u)
			return;
		do
			u->n_text--;
		while (u->text[u->n_text - 1] != '/');
	} else if (n == 1 && at[0] == '.') {
		u->n_text = (uint16_t)begin;
	} else if (n && (*n_over || u->n_text + 2u > limit)) { /* with its '/' or a '?' */
		u->n_text = (uint16_t)begin;
		++*n_over;
	} else if (n && !is_last) {
		u->text[u->n_text++] = '/';
	}
}

static inline void vg_url_query(struct vg_url *u, const uint8_t *at, size_t n, size_t limit)
{
	size_t mark = u->n_text, whole = mark, i = 1;
	char out[3];
	unsigned n_out;

	u->text[u->n_text++] = '?';
	for (size_t n_eaten; i < n && at[i] != '#'; i += n_eaten) {
		n_eaten = vg_url_octet(at + i, n - i, 1, out, &n_out);
		if (out[0] == '&' && n_out == 1)
			whole = u->n_text;
		if (u->n_text + n_out > limit) {
			u->n_text = (uint16_t)whole;
			u->is_short = 1;
			break;
		}
		for (unsigned k = 0; k < n_out; k++)
			u->text[u->n_text++] = out[k];
	}
	if (u->n_text == mark + 1) /* nothing is left of it */
		u->n_text = (uint16_t)mark;
}
