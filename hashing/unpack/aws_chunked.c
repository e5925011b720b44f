#include "hashing/unpack/aws_chunked.h"

#include "hashing/unpack/letters.h"

/* One byte of the line before a chunk. */
static enum vg_step line_byte(struct vg_aws_chunked *c, uint8_t byte)
{
	int digit = vg_hex_value(byte);

	if (++c->n_line > VG_AWS_CHUNKED_MAX_LINE)
		return VG_BAD;
	if (byte == '\n') {
		if (!c->has_digits)
			return VG_BAD;
		c->state = VG_AWS_CHUNKED_DATA;
		return c->left ? VG_MORE : VG_DONE;
	}
	if (c->state == VG_AWS_CHUNKED_EXTENSION)
		return VG_MORE;
	if (digit >= 0) {
		if (c->left >> 56)
			return VG_BAD;
		c->left = c->left << 4 | (unsigned)digit;
		c->has_digits = true;
		return VG_MORE;
	}
	if (!c->has_digits || (byte != ';' && byte != '\r' && byte != ' '))
		return VG_BAD;
	c->state = VG_AWS_CHUNKED_EXTENSION;
	return VG_MORE;
}

enum vg_step vg_aws_chunked_feed(struct vg_aws_chunked *c, struct vg_span *in, struct vg_span *data)
{
	enum vg_step step = VG_MORE;

	*data = (struct vg_span){ in->at, 0 };
	if (c->state == VG_AWS_CHUNKED_DATA) {
		size_t n = c->left < in->n_bytes ? (size_t)c->left : in->n_bytes;
		data->n_bytes = n;
		in->at += n;
		in->n_bytes -= n;
		c->left -= n;
		c->made_any = true;
		c->state = c->left ? VG_AWS_CHUNKED_DATA : VG_AWS_CHUNKED_DATA_END;
		return VG_MORE;
	}
	while (in->n_bytes && step == VG_MORE && c->state != VG_AWS_CHUNKED_DATA) {
		uint8_t byte = *in->at++;
		in->n_bytes--;
		if (c->state != VG_AWS_CHUNKED_DATA_END) {
			step = line_byte(c, byte);
		} else if (byte == '\n') {
			c->state = VG_AWS_CHUNKED_SIZE;
			c->has_digits = false;
			c->n_line = 0;
		} else if (byte != '\r') {
			step = VG_BAD;
		}
	}
	return step;
}
