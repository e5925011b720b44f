/* Looking for message heads. A candidate grows byte by byte while it is a prefix of some pattern; when it is none any
 * more, its front is dropped until the rest is one again, so no beginning is overlooked however the bytes are cut. */
#include "dataplane/proto/http1/http1_hunt.h"

#include <string.h>

/* '#' = digit, '?' = first byte of a request target. Methods of RFC 9110, RFC 4918 and PATCH. */
static const char *const requests[] = {
	"GET ?",   "POST ?",      "PUT ?",    "HEAD ?", "DELETE ?", "OPTIONS ?", "PATCH ?",  "PROPFIND ?",
	"MKCOL ?", "PROPPATCH ?", "REPORT ?", "COPY ?", "MOVE ?",   "LOCK ?",    "UNLOCK ?",
};
static const char response[] = "HTTP/#.# ###";

enum { NO, PREFIX, WHOLE };

static int pattern_match(const char *pattern, const uint8_t *bytes, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t c = bytes[i];
		int fits = pattern[i] == '#'   ? c >= '0' && c <= '9'
			   : pattern[i] == '?' ? c == '/' || c == 'h' || c == '*'
					       : c == (uint8_t)pattern[i];
		if (!fits)
			return NO;
	}
	return pattern[n] ? PREFIX : WHOLE;
}

static int match(const struct vg_http1_hunt *hunt)
{
	int best = NO;
	if (hunt->what & VG_HUNT_RESPONSES)
		best = pattern_match(response, hunt->found, hunt->n_found);
	if (hunt->what & VG_HUNT_REQUESTS)
		for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]) && best == NO; i++)
			best = pattern_match(requests[i], hunt->found, hunt->n_found);
	return best;
}

/* Bytes that begin no pattern, from the front. */
static size_t skip(const struct vg_http1_hunt *hunt, const uint8_t *bytes, size_t n)
{
	if (hunt->what == VG_HUNT_RESPONSES) {
		const uint8_t *at = memchr(bytes, 'H', n);
		return at ? (size_t)(at - bytes) : n;
	}
	size_t i;
	for (i = 0; i < n && (bytes[i] < 'C' || bytes[i] > 'U'); i++)
		;
	return i;
}

void vg_http1_hunt_init(struct vg_http1_hunt *hunt, unsigned what)
{
	hunt->what = (uint8_t)what;
	hunt->n_found = 0;
}

enum vg_step vg_http1_hunt_feed(struct vg_http1_hunt *hunt, const uint8_t *bytes, size_t n_bytes, size_t *n_eaten)
{
	size_t at = 0;
	while (at < n_bytes) {
		if (!hunt->n_found) {
			at += skip(hunt, bytes + at, n_bytes - at);
			if (at == n_bytes)
				break;
		}
		hunt->found[hunt->n_found++] = bytes[at++];
		while (hunt->n_found) {
			int how = match(hunt);
			if (how == WHOLE) {
				*n_eaten = at;
				return VG_DONE;
			}
			if (how == PREFIX)
				break;
			memmove(hunt->found, hunt->found + 1, --hunt->n_found);
		}
	}
	*n_eaten = n_bytes;
	return VG_MORE;
}
