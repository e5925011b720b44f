/* HTTP/1 message heads. Header names are told apart by their length first, so that a head costs one pass for line
 * ends and a handful of compares. */
#include "dataplane/proto/http1/http1_head.h"

#include <stddef.h>

#include <vigil/media.h>

#define SPAN(p, n) ((struct vg_span){ (p), (n) })

static int is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* tchar of RFC 9110 5.6.2 */
static int is_token(uint8_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return 1;
	switch (c) {
	case '!':
	case '#':
	case '$':
	case '%':
	case '&':
	case '\'':
	case '*':
	case '+':
	case '-':
	case '.':
	case '^':
	case '_':
	case '`':
	case '|':
	case '~':
		return 1;
	default:
		return 0;
	}
}

static int is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Equal to a lower-case word, ASCII case aside. */
static int is_word(const uint8_t *p, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!word[i] || (p[i] | (p[i] >= 'A' && p[i] <= 'Z' ? 0x20 : 0)) != (uint8_t)word[i])
			return 0;
	return word[n] == 0;
}

static struct vg_span trim(const uint8_t *p, size_t n)
{
	while (n && is_blank(p[0]))
		p++, n--;
	while (n && is_blank(p[n - 1]))
		n--;
	return SPAN(p, n);
}

size_t vg_http1_head_end(const uint8_t *bytes, size_t n_bytes, size_t from)
{
	size_t at = from > 2 ? from - 2 : 0; /* the line end may be among the last bytes that were looked at */
	while (at < n_bytes) {
		const uint8_t *lf = memchr(bytes + at, '\n', n_bytes - at);
		if (!lf)
			return 0;
		at = (size_t)(lf - bytes) + 1;
		if (at < n_bytes && bytes[at] == '\n')
			return at + 1;
		if (at + 1 < n_bytes && bytes[at] == '\r' && bytes[at + 1] == '\n')
			return at + 2;
	}
	return 0;
}

/* "HTTP/x.y": 8 bytes */
static int is_version(const uint8_t *p, size_t n)
{
	return n >= 8 && is_word(p, 5, "http/") && is_digit(p[5]) && p[6] == '.' && is_digit(p[7]);
}

static void version_take(const uint8_t *p, struct vg_http1_head *head)
{
	head->is_http2 = p[5] == '2';
	head->minor = p[5] > '1' || (p[5] == '1' && p[7] > '0');
}

static enum vg_step status_line(const uint8_t *line, size_t n, struct vg_http1_head *head)
{
	size_t at = line[0] == 'I' ? 3 : 8;
	if (at == 8)
		version_take(line, head);
	if (at >= n || (line[at] != ' ' && line[at] != '\t'))
		return VG_BAD;
	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (at + 3 > n || !is_digit(line[at]) || !is_digit(line[at + 1]) || !is_digit(line[at + 2]))
		return VG_BAD;
	head->is_response = 1;
	if (at + 3 < n && is_digit(line[at + 3])) { /* no status: clients show what comes */
		head->status = 200;
		head->ambiguous = 1;
		return VG_DONE;
	}
	head->status = (uint16_t)((line[at] - '0') * 100 + (line[at + 1] - '0') * 10 + (line[at + 2] - '0'));
	return head->status < 100 ? VG_BAD : VG_DONE;
}

enum vg_step vg_http1_start_line(const uint8_t *line, size_t n_bytes, struct vg_http1_head *head)
{
	struct vg_span all = trim(line, n_bytes);
	size_t n_method = 0;
	memset(head, 0, sizeof(*head));
	if (is_version(all.at, all.n_bytes) || (all.n_bytes > 4 && !memcmp(all.at, "ICY ", 4)))
		return status_line(all.at, all.n_bytes, head);
	while (n_method < all.n_bytes && is_token(all.at[n_method]))
		n_method++;
	if (!n_method || n_method > VG_HTTP1_MAX_METHOD_BYTES || n_method + 10 > all.n_bytes ||
	    (all.at[n_method] != ' ' && all.at[n_method] != '\t'))
		return VG_BAD;
	const uint8_t *version = all.at + all.n_bytes - 8;
	if (!is_version(version, 8) || (version[-1] != ' ' && version[-1] != '\t'))
		return VG_BAD;
	version_take(version, head);
	head->method = SPAN(all.at, n_method);
	head->target = trim(all.at + n_method, (size_t)(version - all.at) - n_method);
	return head->target.n_bytes ? VG_DONE : VG_BAD;
}

/* A Content-Length value: digits, or a list of equal ones (RFC 9110 8.6). */
static void length_take(struct vg_span value, struct vg_http1_head *head)
{
	size_t at = 0;
	if (!value.n_bytes)
		head->ambiguous = 1;
	while (at < value.n_bytes) {
		uint64_t length = 0;
		size_t n_digits = 0;
		for (; at < value.n_bytes && is_digit(value.at[at]); at++, n_digits++) {
			uint64_t digit = value.at[at] - '0';
			if (length > (UINT64_MAX / 2 - digit) / 10)
				goto bad;
			length = length * 10 + digit;
		}
		while (at < value.n_bytes && is_blank(value.at[at]))
			at++;
		if (!n_digits || (at < value.n_bytes && value.at[at] != ','))
			goto bad;
		if (head->has_length && head->length != length)
			goto bad;
		head->has_length = 1;
		head->length = length;
		for (at++; at < value.n_bytes && is_blank(value.at[at]);)
			at++;
	}
	return;
bad:
	head->ambiguous = 1; /* the first usable one stays */
}

static uint32_t coding_append(uint32_t codings, enum vg_coding coding)
{
	for (unsigned shift = 0; shift < 32; shift += 8)
		if (!(codings >> shift & 0xff))
			return codings | (uint32_t)coding << shift;
	return (codings & 0x00ffffffu) | (uint32_t)VG_CODING_UNKNOWN << 24; /* more than four: nobody undoes that */
}

/* Parameters are of no use. */
uint32_t vg_http1_codings(struct vg_span value, uint32_t codings, uint8_t *is_chunked)
{
	size_t at = 0;
	while (at < value.n_bytes) {
		size_t end = at, n;
		while (end < value.n_bytes && value.at[end] != ',')
			end++;
		struct vg_span one = trim(value.at + at, end - at);
		for (n = 0; n < one.n_bytes && one.at[n] != ';' && !is_blank(one.at[n]);)
			n++;
		at = end + 1;
		if (!n || is_word(one.at, n, "identity"))
			continue;
		if (is_chunked && is_word(one.at, n, "chunked"))
			*is_chunked = 1;
		else if (is_word(one.at, n, "gzip") || is_word(one.at, n, "x-gzip"))
			codings = coding_append(codings, VG_CODING_GZIP);
		else if (is_word(one.at, n, "deflate"))
			codings = coding_append(codings, VG_CODING_DEFLATE);
		else if (is_word(one.at, n, "aws-chunked"))
			codings = coding_append(codings, VG_CODING_AWS_CHUNKED);
		else if (is_word(one.at, n, "br"))
			codings = coding_append(codings, VG_CODING_BR);
		else if (is_word(one.at, n, "zstd"))
			codings = coding_append(codings, VG_CODING_ZSTD);
		else if (is_word(one.at, n, "lzma") || is_word(one.at, n, "xz"))
			codings = coding_append(codings, VG_CODING_LZMA);
		else
			codings = coding_append(codings, VG_CODING_UNKNOWN);
	}
	return codings;
}

/* What some peers take for chunked (RFC 9112 6.1) and others do not: the word inside of another. */
static int has_chunked_inside(struct vg_span value)
{
	for (size_t at = 0; at + 7 <= value.n_bytes; at++)
		if (is_word(value.at + at, 7, "chunked"))
			return 1;
	return 0;
}

static void span_once(struct vg_span *field, struct vg_span value)
{
	if (!field->at)
		*field = value;
}

/* Headers of which only the first one's value is kept, as it is. */
static const struct {
	const char *name;
	uint32_t n_name, off;
} kept[] = {
#define KEPT(text, field)                                                     \
	{                                                                     \
		text, sizeof(text) - 1, offsetof(struct vg_http1_head, field) \
	}
	KEPT("host", host),
	KEPT("etag", etag),
	KEPT("forwarded", forwarded),
	KEPT("user-agent", agent),
	KEPT("content-type", type),
	KEPT("last-modified", modified),
	KEPT("x-forwarded-for", forwarded_for),
	KEPT("content-disposition", disposition),
#undef KEPT
};

static int keep(struct vg_span name, struct vg_span value, struct vg_http1_head *head)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (name.n_bytes == kept[i].n_name && is_word(name.at, kept[i].n_name, kept[i].name)) {
			span_once((struct vg_span *)(void *)((uint8_t *)head + kept[i].off), value);
			if (kept[i].off == offsetof(struct vg_http1_head, forwarded_for))
				head->last_forwarded_for = value;
			if (kept[i].off == offsetof(struct vg_http1_head, forwarded))
				head->last_forwarded = value;
			return 1;
		}
	return 0;
}

/* transfer codings collect in *transfer; they were applied after the content codings. */
static void header_take(struct vg_span name, struct vg_span value, struct vg_http1_head *head, uint32_t *transfer)
{
	if (keep(name, value, head))
		return;
	switch (name.n_bytes) {
	case 6:
		if (is_word(name.at, 6, "expect"))
			head->expects_continue = value.n_bytes >= 4 && is_word(value.at, 4, "100-") ? 1 : 0;
		return;
	case 7:
		if (is_word(name.at, 7, "upgrade"))
			span_once(&head->upgrade, value);
		return;
	case 13:
		if (is_word(name.at, 13, "content-range"))
			vg_range_take(value, &head->range);
		return;
	case 14:
		if (is_word(name.at, 14, "content-length"))
			length_take(value, head);
		return;
	case 16:
		if (is_word(name.at, 16, "content-encoding"))
			head->codings = vg_http1_codings(value, head->codings, NULL);
		return;
	case 17:
		if (is_word(name.at, 17, "transfer-encoding")) {
			head->has_transfer = 1;
			head->may_be_chunked |= (uint8_t)has_chunked_inside(value);
			*transfer = vg_http1_codings(value, *transfer, &head->is_chunked);
		}
		return;
	case 20:
		if (is_word(name.at, 20, "x-amz-content-sha256") && value.n_bytes > 10 &&
		    is_word(value.at, 10, "streaming-"))
			head->is_aws_chunked = 1;
		return;
	case 24:
		if (is_word(name.at, 24, "sec-websocket-extensions"))
			span_once(&head->extensions, value);
		return;
	default:
		return;
	}
}

/* S3's chunks are around everything else, wherever the header names them (S3: "Content-Encoding: aws-chunked,gzip"). */
static void aws_chunked_last(struct vg_http1_head *head)
{
	uint32_t codings = 0;
	for (uint32_t all = head->codings; all; all >>= 8) {
		if ((all & 0xff) == VG_CODING_AWS_CHUNKED)
			head->is_aws_chunked = 1;
		else
			codings = coding_append(codings, (enum vg_coding)(all & 0xff));
	}
	head->codings = head->is_aws_chunked ? coding_append(codings, VG_CODING_AWS_CHUNKED) : codings;
}

/* The end of the (perhaps folded, RFC 9112 5.2) line that begins at `at`: the offset behind its LF. */
static size_t line_end(const uint8_t *bytes, size_t n_bytes, size_t at, int may_fold)
{
	for (;;) {
		const uint8_t *lf = memchr(bytes + at, '\n', n_bytes - at);
		if (!lf)
			return n_bytes;
		at = (size_t)(lf - bytes) + 1;
		if (!may_fold || at >= n_bytes || (bytes[at] != ' ' && bytes[at] != '\t'))
			return at;
	}
}

/* Behind a bare CR in a value some peers see another header: taken, too, as its coding is checked by the bytes. */
static void hidden_take(struct vg_span value, struct vg_http1_head *head, uint32_t *transfer)
{
	const uint8_t *end = value.at + value.n_bytes, *cr = memchr(value.at, '\r', value.n_bytes), *colon;

	if (!cr || ++cr == end || !is_token(*cr))
		return;
	colon = memchr(cr, ':', (size_t)(end - cr));
	if (!colon)
		return;
	head->ambiguous = 1;
	header_take(trim(cr, (size_t)(colon - cr)), trim(colon + 1, (size_t)(end - colon) - 1), head, transfer);
}

enum vg_step vg_http1_head_parse(const uint8_t *bytes, size_t n_bytes, struct vg_http1_head *head)
{
	size_t at = line_end(bytes, n_bytes, 0, 0);
	uint32_t transfer = 0;
	if (vg_http1_start_line(bytes, at, head) != VG_DONE)
		return VG_BAD;
	while (at < n_bytes) {
		size_t end = line_end(bytes, n_bytes, at, 1);
		const uint8_t *line = bytes + at, *colon = memchr(line, ':', end - at);
		at = end;
		if (!colon)
			continue;
		if (++head->n_headers > VG_HTTP1_MAX_HEADERS)
			return VG_BAD;
		struct vg_span name = trim(line, (size_t)(colon - line));
		struct vg_span value = trim(colon + 1, (size_t)(bytes + end - colon) - 1);
		header_take(name, value, head, &transfer);
		hidden_take(value, head, &transfer);
	}
	aws_chunked_last(head);
	for (; transfer; transfer >>= 8)
		head->codings = coding_append(head->codings, (enum vg_coding)(transfer & 0xff));
	if (head->has_transfer && head->has_length)
		head->ambiguous = 1;
	if (head->is_chunked && !head->ambiguous)
		head->may_be_chunked = 0;
	head->ambiguous |= head->may_be_chunked;
	return VG_DONE;
}

enum vg_step vg_http1_start_check(const uint8_t *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++) {
		if (i < VG_HTTP1_MAX_METHOD_BYTES && is_token(bytes[i]))
			continue;
		if (bytes[i] == '/')
			return i == 4 && is_word(bytes, 4, "http") ? VG_DONE : VG_BAD;
		return i && (bytes[i] == ' ' || bytes[i] == '\t') ? VG_DONE : VG_BAD;
	}
	return VG_MORE;
}
