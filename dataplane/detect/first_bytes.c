/* A request line is METHOD SP TARGET (RFC 9112 3); other protocols that borrowed its form (SIP, RTSP, SSDP over
 * TCP) are told apart by their targets. */
#include <string.h>

#include "dataplane/detect/first_bytes.h"

#define N_LINE_BYTES 2048u /* how far the end of a request line is searched */

static const char *const methods[] = {
	"GET",
	"POST",
	"HEAD",
	"PUT",
	"DELETE",
	"OPTIONS",
	"PATCH",
	"CONNECT",
	"TRACE",
	"PROPFIND",
	"PROPPATCH",
	"MKCOL",
	"COPY",
	"MOVE",
	"LOCK",
	"UNLOCK",
	"REPORT",
	"SEARCH",
	"CHECKOUT",
	"CHECKIN",
	"MERGE",
	"MKACTIVITY",
	"BIND",
	"REBIND",
	"UNBIND",
	"LINK",
	"UNLINK",
	"ACL",
	"PURGE",
	"NOTIFY",
	"SUBSCRIBE",
	"UNSUBSCRIBE",
	"MKWORKSPACE",
	"UPDATE",
	"LABEL",
	"UNCHECKOUT",
	"MKCALENDAR",
	"QUERY",
	"SOURCE",
	"BASELINE-CONTROL",
	"VERSION-CONTROL",
	"ORDERPATCH",
	"DEBUG",
};

static int begins(const uint8_t *bytes, uint32_t n_bytes, const char *text)
{
	size_t n_text = strlen(text);

	return n_bytes >= n_text && !memcmp(bytes, text, n_text);
}

/* 1 = does not contradict text as far as it goes, but is shorter. */
static int may_become(const uint8_t *bytes, uint32_t n_bytes, const char *text)
{
	return n_bytes < strlen(text) && !memcmp(bytes, text, n_bytes);
}

static int is_token(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Bytes of a known method at the front, 0 = none. */
static uint32_t method_bytes(const uint8_t *bytes, uint32_t n_token)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strlen(methods[i]) == n_token && !memcmp(bytes, methods[i], n_token))
			return n_token;
	return 0;
}

/* Targets of HTTP: a path, "*", an absolute URI of http, or an authority (CONNECT); not sip:, rtsp: and the like. */
static int is_target(const uint8_t *at, uint32_t n_bytes, int is_connect)
{
	if (at[0] == '/' || at[0] == '*')
		return 1;
	if (n_bytes >= 5 && (!strncasecmp((const char *)at, "http:", 5) || !strncasecmp((const char *)at, "https", 5)))
		return 1;
	return is_connect && is_token(at[0]);
}

/* An unknown method is believed where its line ends as RFC 9112 3 says. */
static int has_version(const uint8_t *bytes, uint32_t n_bytes)
{
	const uint8_t *line_end;

	n_bytes = n_bytes < N_LINE_BYTES ? n_bytes : N_LINE_BYTES;
	line_end = memchr(bytes, '\n', n_bytes);
	if (line_end)
		n_bytes = (uint32_t)(line_end - bytes);
	return memmem(bytes, n_bytes, " HTTP/1.", 8) != NULL || memmem(bytes, n_bytes, " HTTP/0.", 8) != NULL;
}

static enum vg_app request_line(const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t n_token = 0, n_blank = 0;
	const uint8_t *target;

	while (n_token < n_bytes && is_token(bytes[n_token]))
		n_token++;
	if (n_token == n_bytes)
		return n_bytes < VG_FIRST_BYTES ? VG_APP_NONE : VG_APP_UNKNOWN;
	while (n_token + n_blank < n_bytes && (bytes[n_token + n_blank] == ' ' || bytes[n_token + n_blank] == '\t'))
		n_blank++;
	if (!n_token || !n_blank)
		return VG_APP_UNKNOWN;
	target = bytes + n_token + n_blank;
	if (n_bytes - n_token - n_blank < 5 && n_bytes < VG_FIRST_BYTES &&
	    !(n_bytes > n_token + n_blank && is_target(target, 1, 0)))
		return VG_APP_NONE;
	if (n_bytes > n_token + n_blank && method_bytes(bytes, n_token) &&
	    is_target(target, n_bytes - n_token - n_blank, n_token == 7 && bytes[0] == 'C'))
		return VG_APP_HTTP1;
	return has_version(bytes, n_bytes) ? VG_APP_HTTP1 : VG_APP_UNKNOWN;
}

enum vg_app vg_first_bytes_http1(const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t n_skip = 0;

	while (n_skip < n_bytes && n_skip < 8 &&
	       (bytes[n_skip] == '\r' || bytes[n_skip] == '\n' || bytes[n_skip] == ' ' || bytes[n_skip] == '\t'))
		n_skip++;
	bytes += n_skip;
	n_bytes -= n_skip;
	if (!n_bytes)
		return VG_APP_NONE;
	/* TLS records (RFC 8446 5.1): type 20..24, version 3.x; SSH (RFC 4253 4.2); HTTP/2 preface (RFC 9113 3.4) */
	if (bytes[0] >= 20 && bytes[0] <= 24 && n_bytes >= 2 && bytes[1] == 3)
		return VG_APP_OPAQUE;
	if (begins(bytes, n_bytes, "SSH-"))
		return VG_APP_OPAQUE;
	if (begins(bytes, n_bytes, "PRI * HTTP/2.0"))
		return VG_APP_HTTP2;
	if (begins(bytes, n_bytes, "HTTP/"))
		return VG_APP_HTTP1;
	if (may_become(bytes, n_bytes, "SSH-") || may_become(bytes, n_bytes, "PRI * HTTP/2.0") ||
	    may_become(bytes, n_bytes, "HTTP/") || (bytes[0] >= 20 && bytes[0] <= 24 && n_bytes == 1))
		return VG_APP_NONE;
	return request_line(bytes, n_bytes);
}

int vg_first_bytes_is_message(const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t n_token = 0;

	if (n_bytes < 12)
		return 0;
	if (begins(bytes, n_bytes, "HTTP/1.") || begins(bytes, n_bytes, "HTTP/0."))
		return bytes[7] >= '0' && bytes[7] <= '9' && bytes[8] == ' ' && bytes[9] >= '1' && bytes[9] <= '9';
	while (n_token < 20 && n_token < n_bytes && bytes[n_token] >= 'A' && bytes[n_token] <= 'Z')
		n_token++;
	return n_token + 6 < n_bytes && bytes[n_token] == ' ' && method_bytes(bytes, n_token) &&
	       is_target(bytes + n_token + 1, n_bytes - n_token - 1, n_token == 7 && bytes[0] == 'C');
}
