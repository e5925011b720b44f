#pragma once
/* multipart: finds the parts of a multipart body (RFC 2046 5.1, RFC 7578), streaming, however its bytes are cut.
 * Fed the body's bytes in order; says where each part begins and ends (offsets in what was fed) and hands its bytes
 * on without copying them. After a hole it finds the next boundary again; the part that the hole fell in is not
 * whole. Caller's storage (about 9 KiB), no heap, one thread. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#include "hashing/unpack/part_head.h"

/* How a part ended. WHOLE: by its boundary. CUT: the body ended, and no byte of the part is missing up to there. HOLE:
 * it goes on in a hole. */
enum vg_part_end { VG_PART_WHOLE, VG_PART_CUT, VG_PART_HOLE };

/* Where the parts go. Bytes are borrowed for the call; a part's bytes may come in any number of calls. */
struct vg_multipart_sink {
	void *ctx;
	/* A part begins: its first byte has offset begin_off. */
	void (*part_begin)(void *ctx, const struct vg_part_head *head, uint64_t begin_off);
	void (*part_bytes)(void *ctx, const uint8_t *bytes, size_t n_bytes);
	/* It ended before end_off. */
	void (*part_end)(void *ctx, uint64_t end_off, enum vg_part_end how);
};

enum vg_multipart_state {
	VG_MULTIPART_PREAMBLE,
	VG_MULTIPART_BOUNDARY, /* behind "--boundary": only a line end, white space or "--" makes it one */
	VG_MULTIPART_HEAD,
	VG_MULTIPART_PART,
	VG_MULTIPART_EPILOGUE,
};
struct vg_multipart {
	struct vg_multipart_sink sink;
	enum vg_multipart_state state;
	char mark[4 + VG_PART_BOUNDARY]; /* CR LF - - boundary */
	size_t n_mark, n_matched;        /* matched: bytes of mark that were held back */
	size_t n_before;                 /* of these: not of this part (the line end before its first byte) */
	uint64_t off;                    /* of the next byte to be fed */
	uint64_t end_off;                /* BOUNDARY: where the part ends if this is one */
	uint32_t n_parts;
	bool in_part;        /* a part has begun and not ended */
	bool dash, accepted; /* BOUNDARY: one of two dashes seen; it really is one */
	bool empty_line;     /* HEAD: nothing on this line so far */
	size_t n_head;
	char head[VG_PART_HEAD_BYTES];
};

/* Begins a body with this boundary (1 .. VG_PART_BOUNDARY bytes, no CR, LF). VG_OK or VG_EINVAL. */
enum vg_err vg_multipart_init(struct vg_multipart *m, const char *boundary, size_t n_boundary,
			      const struct vg_multipart_sink *sink);

/* Feeds the next bytes. VG_MORE; VG_DONE once the closing boundary has been seen (what follows is passed over). */
enum vg_step vg_multipart_feed(struct vg_multipart *m, const uint8_t *bytes, size_t n_bytes);

/* A hole lies here: the part it falls in ends, the next boundary is looked for. */
void vg_multipart_gap(struct vg_multipart *m);

/* The body ended: an open part is cut; a line end that a boundary's beginning may follow is not its own. */
void vg_multipart_end(struct vg_multipart *m);
