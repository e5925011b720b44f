#pragma once
/* http2_frame: frame headers (RFC 9113 4.1, 6). Pure, any thread. */
#include <stdint.h>

#include <vigil/bytes.h>

#define VG_HTTP2_FRAME_BYTES   9u
/* So many bytes from a frame header on tell whether it is certainly one. */
#define VG_HTTP2_STRONG_BYTES  16u
#define VG_HTTP2_PREFACE       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define VG_HTTP2_PREFACE_BYTES 24u
#define VG_HTTP2_PREFACE_HEAD  18u /* up to its first blank line */

enum vg_http2_type {
	VG_FRAME_DATA,
	VG_FRAME_HEADERS,
	VG_FRAME_PRIORITY,
	VG_FRAME_RST_STREAM,
	VG_FRAME_SETTINGS,
	VG_FRAME_PUSH_PROMISE,
	VG_FRAME_PING,
	VG_FRAME_GOAWAY,
	VG_FRAME_WINDOW_UPDATE,
	VG_FRAME_CONTINUATION,
};
enum { /* flags */
       VG_FRAME_END_STREAM = 1,
       VG_FRAME_ACK = 1,
       VG_FRAME_END_HEADERS = 4,
       VG_FRAME_PADDED = 8,
       VG_FRAME_HAS_PRIORITY = 32,
};
struct vg_http2_frame {
	uint32_t n_bytes, id; /* of the payload; stream */
	uint8_t type, flags;
};

/* Reads VG_HTTP2_FRAME_BYTES. */
static inline struct vg_http2_frame vg_http2_frame_read(const uint8_t *at)
{
	return (struct vg_http2_frame){
		.n_bytes = vg_be24(at), .id = vg_be32(at + 5) & 0x7fffffffu, .type = at[3], .flags = at[4]
	};
}
/* False: no peer sends such a header, the place is lost. */
int vg_http2_frame_is_possible(const struct vg_http2_frame *frame);
/* True where VG_HTTP2_STRONG_BYTES certainly begin with a frame header whatever came before. is_open: whether a stream
 * is known to have a body under way, asked with ctx; NULL: none is. */
int vg_http2_frame_is_strong(const uint8_t *at, int (*is_open)(const void *ctx, uint32_t id), const void *ctx);
/* Bytes of the payload that stand before a header block or data: pad length, priority, promised stream. */
unsigned vg_http2_frame_prefix(const struct vg_http2_frame *frame);
