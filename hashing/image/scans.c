/* ITU-T T.81: B.1.1.3 markers, B.2.2 frame header, B.2.3 scan header, G.1.1.1 progression. */
#include "hashing/image/scans.h"

#include <string.h>

#define SOI        0xd8
#define EOI        0xd9
#define SOS        0xda
#define SOF_HUFF_P 0xc2 /* progressive, Huffman */
#define RST_MASK   0xf8
#define RST        0xd0
#define TEM        0x01

enum state { BEGIN, WANT_FF, WANT_MARKER, WANT_LENGTH, WANT_LENGTH_LOW, SEGMENT, ENTROPY, ENTROPY_FF, END };

static bool is_frame(uint8_t marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* A scan begins: what will be known of luma's first coefficients at its end? */
static void begin_scan(struct vg_scans *s)
{
	uint8_t n = s->head[2], first, last, bits;
	bool of_luma = false;

	if (!s->is_progressive || n < 1 || n > 4 || s->n_head < 6 + 2 * n) {
		s->odd = true;
		return;
	}
	for (uint8_t i = 0; i < n; i++)
		of_luma |= s->head[3 + 2 * i] == s->luma;
	first = s->head[3 + 2 * n];
	last = s->head[4 + 2 * n];
	bits = s->head[5 + 2 * n];
	s->n_knows = s->n_known;
	if (!of_luma || bits >> 4) /* of other colours, or the next bit of what is known */
		return;
	if (first < s->n_known)
		s->odd = true;
	else if (first == s->n_known && (bits & 15) <= VG_SCANS_MAX_AL && last >= first && last < 64)
		s->n_knows = (uint8_t)(last + 1);
	else if (first < VG_SCANS_LOW)
		s->odd = true; /* in an order or a coarseness that nobody writes */
}

static void end_scan(struct vg_scans *s)
{
	s->n_known = s->n_knows;
	if (s->ready || s->n_known < VG_SCANS_LOW)
		return;
	s->ready = true;
	s->ready_off = s->n_bytes;
}

static void end_segment(struct vg_scans *s)
{
	s->state = s->marker == SOS ? ENTROPY : WANT_FF;
	if (s->marker == SOS) {
		begin_scan(s);
	} else if (is_frame(s->marker)) {
		s->odd |= s->marker != SOF_HUFF_P || s->is_progressive || s->n_head < 9;
		s->is_progressive = true;
		s->luma = s->head[8];
	}
}

static void on_marker(struct vg_scans *s, uint8_t marker)
{
	s->marker = marker;
	s->n_head = 0;
	if (marker == EOI)
		s->state = END;
	else if (marker == SOI || marker == TEM || (marker & RST_MASK) == RST)
		s->state = WANT_FF;
	else
		s->state = WANT_LENGTH;
}

static void keep(struct vg_scans *s, const uint8_t *bytes, size_t n_bytes)
{
	size_t room = VG_SCANS_HEAD_BYTES - s->n_head, n = n_bytes < room ? n_bytes : room;

	memcpy(s->head + s->n_head, bytes, n);
	s->n_head = (uint8_t)(s->n_head + n);
}

/* One byte outside of segments and entropy-coded data. */
static void on_byte(struct vg_scans *s, uint8_t byte)
{
	switch (s->state) {
	case BEGIN:
	case WANT_FF:
		s->odd |= byte != 0xff;
		s->state = WANT_MARKER;
		break;
	case WANT_MARKER:
		s->odd |= (s->n_bytes == 1 && byte != SOI) || !byte;
		if (byte != 0xff)
			on_marker(s, byte);
		break;
	case WANT_LENGTH:
		keep(s, &byte, 1);
		s->left = (uint16_t)(byte << 8);
		s->state = WANT_LENGTH_LOW;
		break;
	case WANT_LENGTH_LOW:
		keep(s, &byte, 1);
		s->left |= byte;
		s->odd |= s->left < 2;
		s->left = (uint16_t)(s->left - 2);
		s->state = SEGMENT;
		if (!s->left)
			end_segment(s);
		break;
	case ENTROPY_FF:
		s->state = !byte || (byte & RST_MASK) == RST ? ENTROPY : ENTROPY_FF;
		if (s->state == ENTROPY || byte == 0xff)
			break;
		end_scan(s);
		on_marker(s, byte);
	}
	s->n_bytes++;
}

/* A run of bytes of which nothing is to be known; returns how many. */
static size_t pass(struct vg_scans *s, const uint8_t *bytes, size_t n_bytes)
{
	size_t n = n_bytes;

	if (s->state == SEGMENT) {
		n = n < s->left ? n : s->left;
		keep(s, bytes, n);
		s->left = (uint16_t)(s->left - n);
		s->n_bytes += n;
		if (!s->left)
			end_segment(s);
		return n;
	}
	if (s->state == ENTROPY) {
		const uint8_t *ff = memchr(bytes, 0xff, n_bytes);
		n = ff ? (size_t)(ff - bytes) + 1 : n_bytes;
		s->state = ff ? ENTROPY_FF : ENTROPY;
	}
	s->n_bytes += n;
	return n;
}

void vg_scans_feed(struct vg_scans *s, const uint8_t *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes && !s->odd && s->state != END;) {
		if (s->state == SEGMENT || s->state == ENTROPY)
			i += pass(s, bytes + i, n_bytes - i);
		else
			on_byte(s, bytes[i++]);
	}
}
