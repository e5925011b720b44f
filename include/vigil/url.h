#pragma once
/* url: the one normal form of a URL: `host/path?query`, as control/lists writes it into tables, as the dataplane
 * makes it of a request, and as vigild makes it again of the attribution record. Pure, any thread, nothing
 * allocated; the cost is one pass. docs/formats.md has it in words.
 *
 * Host: no user info, no port, no final dots, lower case; names of other alphabets are A-labels (RFC 5890): what is
 * none matches nothing. Path: no scheme and authority; %XX is undone where the octet is printable and no '?', '#', '%'
 * (an encoded '/' parts segments as servers have it), written as %XX (capitals) where it is not; empty and dot segments
 * (RFC 3986 5.2.4) are gone; what follows '#' is gone. Query: the same, but encoded '&', '=', '+', ';' stay. Applied
 * twice it is what it was.
 *
 * A cut is a length of the text at which a listed prefix may end: behind the first '/', before each other one and each
 * '&', at the end of path and query. */
#include <vigil/url_parts.h>

static inline void vg_url_cut(struct vg_url *u, size_t at)
{
	if (u->n_cuts < VG_URL_CUTS)
		u->cuts[u->n_cuts++] = (uint16_t)at;
}

static inline void vg_url_cuts(struct vg_url *u)
{
	size_t root = u->n_host + 1u, i;

	u->n_cuts = 0;
	vg_url_cut(u, root);
	for (i = root; i < u->n_text && u->text[i] != '?'; i++)
		if (u->text[i] == '/')
			vg_url_cut(u, i);
	if (u->text[i - 1] != '/')
		vg_url_cut(u, i);
	for (i++; i < u->n_text; i++)
		if (u->text[i] == '&')
			vg_url_cut(u, i);
	if (i == u->n_text && memchr(u->text + root, '?', u->n_text - root))
		vg_url_cut(u, i);
}

/* Path and query of a request target behind the host that u holds already (n_host may be 0). */
static inline void vg_url_target(struct vg_url *u, const uint8_t *at, size_t n)
{
	size_t limit = u->n_host + VG_URL_PATH, i = vg_url_authority(at, n), begin, n_over = 0;
	char out[3];
	unsigned n_out;

	u->is_short = 0;
	u->n_text = u->n_host;
	u->text[u->n_text++] = '/';
	begin = u->n_text;
	for (size_t n_eaten; i < n && at[i] != '?' && at[i] != '#'; i += n_eaten) {
		n_eaten = vg_url_octet(at + i, n - i, 0, out, &n_out);
		if (out[0] == '/') {
			vg_url_segment(u, begin, limit, 0, &n_over);
			begin = u->n_text;
			continue;
		}
		for (unsigned k = 0; k < n_out && u->n_text < limit + 4; k++) /* dots fit always */
			u->text[u->n_text++] = out[k];
	}
	vg_url_segment(u, begin, limit, 1, &n_over);
	u->is_short = n_over != 0;
	if (!u->is_short && i < n && at[i] == '?')
		vg_url_query(u, at + i, n - i, limit);
	vg_url_cuts(u);
}

/* The normal form of a request for `target` of `host`. 0, or -1: no host that could be listed. */
static inline int vg_url_normal(struct vg_url *u, const uint8_t *host, size_t n_host, const uint8_t *target,
				size_t n_target)
{
	if (vg_url_host(u, host, n_host))
		return -1;
	vg_url_target(u, target, n_target);
	return 0;
}
