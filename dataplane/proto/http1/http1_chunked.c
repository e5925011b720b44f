/* Chunked bodies. Lines go byte by byte, data goes whole. */
#include "dataplane/proto/http1/http1_chunked.h"

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The size line is complete. */
static enum vg_step size_done(struct vg_http1_chunked *c)
{
	if (!c->has_digits)
		return VG_MORE; /* a blank line before the size, of which n_line_bytes allows but so many */
	c->state = c->left ? VG_CHUNK_DATA : VG_CHUNK_TRAILER;
	c->has_chunk = 1;
	c->n_line_bytes = 0;
	c->has_digits = 0;
	c->is_blank_line = 1;
	return VG_MORE;
}

/* After its digits a size may only have blanks; two numbers on one line are none. */
enum { DIGITS_NONE, DIGITS_RUN, DIGITS_OVER };

static enum vg_step size_byte(struct vg_http1_chunked *c, uint8_t byte)
{
	int digit = hex_digit(byte);
	if (++c->n_line_bytes > VG_HTTP1_MAX_CHUNK_LINE)
		return VG_BAD;
	if (digit >= 0) {
		if (c->has_digits == DIGITS_OVER || c->left >> 58)
			return VG_BAD;
		c->left = c->left << 4 | (unsigned)digit;
		c->has_digits = DIGITS_RUN;
		return VG_MORE;
	}
	if (byte == '\n')
		return size_done(c);
	if (byte == ' ' || (byte >= '\t' && byte <= '\r')) {
		if (c->has_digits)
			c->has_digits = DIGITS_OVER;
		return VG_MORE;
	}
	if (byte != ';' || !c->has_digits)
		return VG_BAD;
	c->state = VG_CHUNK_EXTENSION;
	return VG_MORE;
}

static enum vg_step line_byte(struct vg_http1_chunked *c, uint8_t byte)
{
	switch (c->state) {
	case VG_CHUNK_SIZE:
		return size_byte(c, byte);
	case VG_CHUNK_EXTENSION:
		if (byte == '\n')
			return size_done(c);
		return ++c->n_line_bytes > VG_HTTP1_MAX_CHUNK_LINE ? VG_BAD : VG_MORE;
	case VG_CHUNK_DATA_END:
		if (byte != '\n')
			return byte == '\r' && !c->n_line_bytes++ ? VG_MORE : VG_BAD;
		c->state = VG_CHUNK_SIZE;
		c->n_line_bytes = 0;
		return VG_MORE;
	default: /* trailers: lines up to a blank one */
		if (++c->n_line_bytes > VG_HTTP1_MAX_TRAILER_BYTES)
			return VG_BAD;
		if (byte == '\n') {
			if (c->is_blank_line)
				return VG_DONE;
			c->is_blank_line = 1;
		} else if (byte != '\r') {
			c->is_blank_line = 0;
		}
		return VG_MORE;
	}
}

enum vg_step vg_http1_chunked_feed(struct vg_http1_chunked *c, const uint8_t *bytes, size_t n_bytes, size_t *n_eaten,
				   struct vg_span *data)
{
	size_t at = 0;
	*data = (struct vg_span){ 0 };
	while (at < n_bytes && c->state != VG_CHUNK_DATA) {
		enum vg_step step = line_byte(c, bytes[at++]);
		if (step != VG_MORE) {
			*n_eaten = at;
			return step;
		}
	}
	if (at < n_bytes) {
		size_t n = n_bytes - at < c->left ? n_bytes - at : (size_t)c->left;
		*data = (struct vg_span){ bytes + at, n };
		c->left -= n;
		at += n;
		if (!c->left)
			c->state = VG_CHUNK_DATA_END;
	}
	*n_eaten = at;
	return VG_MORE;
}

int vg_http1_chunked_is_whole(const struct vg_http1_chunked *c)
{
	return c->state == VG_CHUNK_TRAILER || (c->state <= VG_CHUNK_EXTENSION && c->has_digits && !c->left);
}

int vg_http1_chunked_is_between(const struct vg_http1_chunked *c)
{
	return c->has_chunk && (c->state == VG_CHUNK_DATA_END || (c->state == VG_CHUNK_SIZE && !c->has_digits));
}

enum vg_step vg_http1_chunked_check(const uint8_t *bytes, size_t n_bytes)
{
	size_t n_digits = 0;

	while (n_digits < n_bytes && hex_digit(bytes[n_digits]) >= 0)
		n_digits++;
	if (n_digits > 16)
		return VG_BAD;
	if (n_digits == n_bytes)
		return VG_MORE;
	if (!n_digits)
		return VG_BAD;
	if (bytes[n_digits] == ';' || bytes[n_digits] == '\n')
		return VG_DONE;
	if (bytes[n_digits] != '\r')
		return VG_BAD;
	return n_digits + 1 == n_bytes ? VG_MORE : bytes[n_digits + 1] == '\n' ? VG_DONE : VG_BAD;
}

enum vg_step vg_http1_chunked_gap(struct vg_http1_chunked *c, uint64_t n_missing)
{
	if (c->state != VG_CHUNK_DATA || !n_missing || n_missing > c->left)
		return VG_BAD;
	c->left -= n_missing;
	if (!c->left)
		c->state = VG_CHUNK_DATA_END;
	return VG_MORE;
}
