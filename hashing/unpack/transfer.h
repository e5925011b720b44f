#pragma once
/* transfer: undoes what mail and forms do to bytes so that they pass as text: base64 (RFC 2045 6.8), quoted-printable
 * (6.7), uuencode (POSIX uuencode, historical form), streaming and lenient: what is not in the alphabet is passed
 * over. Pure, caller's storage. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/media.h>

struct vg_transfer {
	enum vg_transfer_coding coding;
	uint32_t bits;    /* base64, uu: not given yet */
	uint8_t n_bits;   /* and how many */
	uint8_t state;    /* quoted: 0 plain, 1 behind '=', 2 behind '=' and a hex digit */
	uint8_t high;     /* quoted: that digit */
	uint8_t n_line;   /* uu: bytes still to come on this line */
	bool in_line;     /* uu: behind a line's length */
	bool done;        /* padding, or the end line */
	bool is_standard; /* base64: a letter was seen that the alphabet for URLs has not */
};

/* Begins a part in this coding. */
static inline void vg_transfer_init(struct vg_transfer *t, enum vg_transfer_coding coding)
{
	*t = (struct vg_transfer){ .coding = coding };
}
/* Undoes in[0..n_in); writes at most n_in bytes to out and returns how many. */
size_t vg_transfer_feed(struct vg_transfer *t, const uint8_t *in, size_t n_in, uint8_t *out);
