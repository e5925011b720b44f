#pragma once
/* coding_priv: the layers of one stack, and the decoders of each kind. */
#include <brotli/decode.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <vigil/bytes.h>
#include <vigil/media.h>

#include "hashing/unpack/aws_chunked.h"
#include "hashing/unpack/coding.h"
#include "hashing/unpack/messages.h"

#define LZMA_MAX_BYTES (64u << 20) /* memory of one decoder */
#define N_SNIFF        12          /* bytes that decide what a layer is */

enum method { SNIFF, PLAIN, INFLATE, BROTLI, TRAILER, AWS_CHUNKED, MESSAGES, ZSTD, LZMA, FINISHED };

struct layer {
	enum method method;
	enum vg_coding label;
	bool is_ended;       /* zstd: at the end of a frame */
	bool gzip, in_sniff; /* in_sniff: only the sniffed bytes have been eaten, they can still be taken back */
	uint8_t sniff[N_SNIFF];
	size_t n_sniff;
	z_stream z;
	BrotliDecoderState *br;
	struct vg_aws_chunked aws;
	struct vg_messages messages;
	uint32_t n_messages;
	ZSTD_DStream *zstd;
	lzma_stream lzma;
	uint8_t piece[VG_CODING_PIECE];
};
struct vg_coding_stack {
	struct layer layers[VG_CODING_DEPTH];
	uint32_t n_layers;
	struct vg_budget *budget;
	vg_coding_sink_fn sink;
	void *ctx;
	struct vg_coding_result result;
	bool stopped, may_guess;
	char boundary[VG_CODING_BOUNDARY]; /* of what MESSAGES makes */
	size_t n_boundary;
};

/* Nothing more will come out of the stack. */
static inline enum vg_step vg_coding_broken(struct vg_coding_stack *s)
{
	s->result.bad = true;
	return VG_BAD;
}
/* Bytes that layer_idx made go on to the next layer or out. */
enum vg_step vg_coding_pass_on(struct vg_coding_stack *s, uint32_t layer_idx, const uint8_t *bytes, size_t n_bytes);

/* coding_more.c: the feeders of one layer move *in past what they have eaten. */
enum vg_step vg_coding_feed_zstd(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in);
enum vg_step vg_coding_feed_lzma(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in);
enum vg_step vg_coding_feed_messages(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in);
