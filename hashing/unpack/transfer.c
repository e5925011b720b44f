/* One byte in, at most one out, so that out never needs more room than in. */
#include "hashing/unpack/transfer.h"

#include "hashing/unpack/letters.h"

/* RFC 2045 6.8: what is not of the alphabet is passed over. So are the two letters of the one for URLs, once one of
 * those that they stand for has been seen. */
static unsigned base64_value(struct vg_transfer *t, uint8_t c)
{
	t->is_standard |= c == '+' || c == '/';
	if (t->is_standard && (c == '-' || c == '_'))
		return VG_NO_BASE64;
	return vg_base64_value(c);
}

/* Six bits more; a byte where eight are there. */
static size_t six(struct vg_transfer *t, unsigned value, uint8_t *out)
{
	t->bits = t->bits << 6 | value;
	t->n_bits += 6;
	if (t->n_bits < 8)
		return 0;
	t->n_bits -= 8;
	*out = (uint8_t)(t->bits >> t->n_bits);
	return 1;
}

static size_t base64(struct vg_transfer *t, uint8_t c, uint8_t *out)
{
	unsigned v = base64_value(t, c);

	if (c == '=') /* padding; what follows may be another piece */
		t->n_bits = 0;
	return v == VG_NO_BASE64 ? 0 : six(t, v, out);
}

static size_t quoted(struct vg_transfer *t, uint8_t c, uint8_t *out)
{
	int v = vg_hex_value(c);

	switch (t->state) {
	case 0:
		t->state = c == '=';
		*out = c;
		return c != '=';
	case 1: /* a soft line break, or a byte */
		if (v >= 0) {
			t->state = 2;
			t->high = (uint8_t)v;
		} else if (c == '\n') {
			t->state = 0;
		}
		return 0;
	default:
		t->state = 0;
		*out = (uint8_t)(t->high << 4 | (v < 0 ? 0 : v));
		return v >= 0;
	}
}

/* A line: its length, then that many bytes in groups of four characters. */
static size_t uu(struct vg_transfer *t, uint8_t c, uint8_t *out)
{
	size_t n;

	if (c == '\n' || c == '\r') {
		t->in_line = false;
		return 0;
	}
	if (!t->in_line) {
		t->in_line = true;
		t->n_line = (uint8_t)((c - 32) & 63);
		t->n_bits = 0;
		t->done = c == 'e' || !t->n_line; /* "end", or the empty line before it */
		return 0;
	}
	if (!t->n_line || c < 32 || c > 96)
		return 0;
	n = six(t, (c - 32u) & 63u, out);
	t->n_line -= (uint8_t)n;
	return n;
}

size_t vg_transfer_feed(struct vg_transfer *t, const uint8_t *in, size_t n_in, uint8_t *out)
{
	size_t n_out = 0;

	for (size_t i = 0; i < n_in && !t->done; i++)
		switch (t->coding) {
		case VG_TRANSFER_BASE64:
			n_out += base64(t, in[i], out + n_out);
			break;
		case VG_TRANSFER_QUOTED:
			n_out += quoted(t, in[i], out + n_out);
			break;
		case VG_TRANSFER_UU:
			n_out += uu(t, in[i], out + n_out);
			break;
		default:
			out[n_out++] = in[i];
		}
	return n_out;
}
