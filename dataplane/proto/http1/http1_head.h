#pragma once
/* http1_head: one HTTP/1 message head (RFC 9112 2..5) as spans into the caller's bytes, no copies, no state. Pure,
 * any thread. Lenient where real peers are: bare LF, folded lines, blanks before the colon, several blanks in the
 * start line, any HTTP/x.y, "ICY" for HTTP. Lines without a colon are skipped. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/bytes.h>
#include <vigil/err.h>

#include "dataplane/proto/pieces.h"

#define VG_HTTP1_MAX_HEAD_BYTES   65536u
#define VG_HTTP1_MAX_HEADERS      1024u
#define VG_HTTP1_MAX_METHOD_BYTES 24u

struct vg_http1_head {
	uint8_t is_response, minor; /* HTTP/1.minor; anything newer counts as 1 */
	uint8_t has_length;         /* a usable Content-Length: `length` */
	uint8_t ambiguous;          /* lengths that differ or are no numbers, or a length beside Transfer-Encoding */
	uint8_t is_chunked;         /* Transfer-Encoding names chunked (RFC 9112 6.1) */
	uint8_t may_be_chunked;     /* so many a peer reads it: its words contain chunked, or contradict each other */
	uint8_t has_transfer;       /* there is a Transfer-Encoding at all */
	uint8_t expects_continue;
	uint8_t is_http2; /* the line of HTTP/2's preface says so */
	uint8_t by_host,
		by_normal;      /* set by who looks it up: Host counts, not the target's; the target's normal form */
	uint8_t is_aws_chunked; /* x-amz-content-sha256: STREAMING-… (S3), besides what codings say */
	uint16_t status;        /* responses */
	uint32_t n_headers;
	uint32_t codings; /* content codings, then transfer codings, packed as media.h says */
	uint64_t length;
	struct vg_range range;
	struct vg_span method, target; /* requests */
	struct vg_span host, type, disposition, agent, forwarded_for, forwarded;
	struct vg_span last_forwarded_for, last_forwarded; /* of several lines: what the last proxy wrote */
	struct vg_span etag, modified;                     /* which version it is of (RFC 9110 8.8) */
	struct vg_span upgrade, extensions;                /* Upgrade; Sec-WebSocket-Extensions */
};

/* Adds the codings that a list names, in the order they were applied (RFC 9110 8.4), to packed ones of media.h.
 * is_chunked: set where chunked is among them; NULL: chunked is like any unknown one. */
uint32_t vg_http1_codings(struct vg_span list, uint32_t codings, uint8_t *is_chunked);
/* The offset behind the blank line that ends the head, or 0: not there yet. The first `from` bytes were looked at
 * before. */
size_t vg_http1_head_end(const uint8_t *bytes, size_t n_bytes, size_t from);
/* Parses a start line of n_bytes (without or with its line end). VG_DONE, or VG_BAD: it is none. */
enum vg_step vg_http1_start_line(const uint8_t *line, size_t n_bytes, struct vg_http1_head *head);
/* Parses a whole head, n_bytes as vg_http1_head_end() said. VG_DONE, or VG_BAD: no start line or too many headers. */
enum vg_step vg_http1_head_parse(const uint8_t *bytes, size_t n_bytes, struct vg_http1_head *head);
/* Can a message begin with these bytes? VG_MORE: too few to say (at most VG_HTTP1_MAX_METHOD_BYTES are needed). */
enum vg_step vg_http1_start_check(const uint8_t *bytes, size_t n_bytes);
