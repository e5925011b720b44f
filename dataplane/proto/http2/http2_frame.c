/* What a header may look like, and when it is so odd that it must be one. */
#include "dataplane/proto/http2/http2_frame.h"

#define MAX_STRONG_BYTES 16384u /* SETTINGS_MAX_FRAME_SIZE where nobody raised it (RFC 9113 6.5.2) */

int vg_http2_frame_is_possible(const struct vg_http2_frame *f)
{
	switch (f->type) {
	case VG_FRAME_DATA:
	case VG_FRAME_HEADERS:
	case VG_FRAME_PUSH_PROMISE:
	case VG_FRAME_CONTINUATION:
		return f->id != 0;
	case VG_FRAME_PRIORITY:
		return f->n_bytes == 5;
	case VG_FRAME_RST_STREAM:
		return f->id && f->n_bytes == 4;
	case VG_FRAME_SETTINGS:
		return !f->id && f->n_bytes % 6 == 0;
	case VG_FRAME_PING:
		return !f->id && f->n_bytes == 8;
	case VG_FRAME_GOAWAY:
		return !f->id && f->n_bytes >= 8;
	case VG_FRAME_WINDOW_UPDATE:
		return f->n_bytes == 4;
	default: /* extensions, and frames sent to keep everybody lenient (RFC 9113 5.5) */
		return f->n_bytes <= MAX_STRONG_BYTES;
	}
}

unsigned vg_http2_frame_prefix(const struct vg_http2_frame *f)
{
	unsigned n_pad = f->flags & VG_FRAME_PADDED ? 1 : 0;

	switch (f->type) {
	case VG_FRAME_DATA:
		return n_pad;
	case VG_FRAME_HEADERS:
		return n_pad + (f->flags & VG_FRAME_HAS_PRIORITY ? 5 : 0);
	case VG_FRAME_PUSH_PROMISE:
		return n_pad + 4;
	default:
		return 0;
	}
}

/* The first octet of the header block of a usual message: :method, :path, :scheme, :status of the static table, as
 * they are or with a value (RFC 7541 appendix A), or a change of the table's size. */
static int begins_block(uint8_t octet)
{
	return (octet >= 0x82 && octet <= 0x8e) || octet == 0x48 || octet == 0x08 || octet == 0x3f || octet == 0x20;
}

int vg_http2_frame_is_strong(const uint8_t *at, int (*is_open)(const void *ctx, uint32_t id), const void *ctx)
{
	struct vg_http2_frame f = vg_http2_frame_read(at);
	unsigned n_prefix = vg_http2_frame_prefix(&f);

	if (at[5] >> 7 || !vg_http2_frame_is_possible(&f) || f.n_bytes > MAX_STRONG_BYTES)
		return 0;
	switch (f.type) {
	case VG_FRAME_HEADERS:
		return !(f.flags & ~0x2d) && f.flags & VG_FRAME_END_HEADERS && f.n_bytes > n_prefix &&
		       begins_block(at[VG_HTTP2_FRAME_BYTES + n_prefix]);
	case VG_FRAME_DATA:
		return !(f.flags & ~9) && f.n_bytes && is_open && is_open(ctx, f.id);
	case VG_FRAME_SETTINGS:
		return !f.flags && f.n_bytes && f.n_bytes <= 96 && !at[9] && at[10] && at[10] <= 9;
	case VG_FRAME_WINDOW_UPDATE:
		return !f.flags && (!f.id || (is_open && is_open(ctx, f.id))) && vg_be32(at + 9) >> 31 == 0 &&
		       vg_be32(at + 9);
	case VG_FRAME_PING:
		return f.flags <= VG_FRAME_ACK;
	case VG_FRAME_RST_STREAM:
		return !f.flags && is_open && is_open(ctx, f.id) && vg_be32(at + 9) <= 13;
	default:
		return 0;
	}
}
