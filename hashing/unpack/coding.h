#pragma once
/* coding: undoes the content codings of a body (RFC 9110 8.4.1), streaming, up to VG_CODING_DEPTH of them stacked:
 * gzip (RFC 1952, any number of members), deflate (zlib, RFC 1950, and the raw RFC 1951 that some send), br (RFC
 * 7932), zstd (RFC 8878), lzma and xz, aws-chunked, messages of a WebSocket (media.h). The label is checked against
 * the first bytes: gzip under the label deflate is undone as gzip and so on, and what is plainly not coded passes as
 * it is, marked wrong_label. Wrong checksums are passed over, as browsers do. Decoded bytes go to a function in
 * pieces of at most VG_CODING_PIECE. About 40 KiB per layer; the libraries allocate; one thread. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "hashing/unpack/budget.h"

#define VG_CODING_DEPTH    4
#define VG_CODING_PIECE    32768u
#define VG_CODING_BOUNDARY 72

/* Gets the next decoded bytes, borrowed for the call. */
typedef void (*vg_coding_sink_fn)(void *ctx, const uint8_t *bytes, size_t n_bytes);

struct vg_coding_stack;

void vg_coding_destroy(struct vg_coding_stack *stack);
/* Start-up only. NULL: out of memory. */
struct vg_coding_stack *vg_coding_create(void) VG_DEALLOC(vg_coding_destroy);

struct vg_coding_result {
	bool coded;       /* at least one layer really was a coding, and was undone */
	bool wrong_sum;   /* all was undone, but its checksum is another: browsers show it, others refuse it */
	bool wrong_label; /* bytes were not what their label says: passed as they are, or undone by what they are */
	bool bad;         /* a coding broke, or its end is missing: what was given is its beginning */
	bool guessed;     /* a coding of another name was undone as raw deflate: where it is bad, too, take it back */
	bool unknown;     /* a coding of another name was applied: nothing below it could be undone */
};

/* Begins a body with `codings` (media.h). may_guess: the caller has the bytes and can begin again as plain. What is
 * decoded goes to sink(ctx, …); budget is charged and may stop it. */
void vg_coding_begin(struct vg_coding_stack *stack, uint32_t codings, bool may_guess, struct vg_budget *budget,
		     vg_coding_sink_fn sink, void *ctx);

/* The boundary of the parts that VG_CODING_MESSAGES makes, at most VG_CODING_BOUNDARY bytes; copied. After
 * begin. */
void vg_coding_boundary(struct vg_coding_stack *stack, const char *boundary, size_t n_boundary);

/* Feeds the next bytes of the body. VG_MORE; VG_BAD: nothing more will come out (broken or over budget), feed no
 * more. */
enum vg_step vg_coding_feed(struct vg_coding_stack *stack, const uint8_t *bytes, size_t n_bytes);

/* The body ended; `result` says how that went. Also frees what zlib and brotli hold; call it for every begin. */
void vg_coding_end(struct vg_coding_stack *stack, struct vg_coding_result *result);
