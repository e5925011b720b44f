/* Layer 0 is the coding that was applied last. Each layer sniffs its first bytes, then decodes into its own piece
 * and hands that to the next layer; behind the last one is the caller's sink. Recursion is at most VG_CODING_DEPTH
 * deep. */
#include "hashing/unpack/coding.h"

#include <stdlib.h>

#include <vigil/base.h>

#include "hashing/unpack/coding_priv.h"
#include "hashing/unpack/kind.h"

static enum vg_step feed_layer(struct vg_coding_stack *s, uint32_t layer_idx, const uint8_t *bytes, size_t n_bytes);

enum vg_step vg_coding_pass_on(struct vg_coding_stack *s, uint32_t layer_idx, const uint8_t *bytes, size_t n_bytes)
{
	if (layer_idx + 1 < s->n_layers)
		return feed_layer(s, layer_idx + 1, bytes, n_bytes);
	s->sink(s->ctx, bytes, n_bytes);
	return VG_MORE;
}

static void pass_as_it_is(struct vg_coding_stack *s, struct layer *l)
{
	l->method = PLAIN;
	s->result.wrong_label = true;
	/* Below a coding that nobody knows there is nothing that could be undone. */
	if (l->label == VG_CODING_UNKNOWN)
		s->n_layers = (uint32_t)(l - s->layers) + 1;
}

/* A layer's decoder does not like its bytes. Where nothing but the sniffed ones were eaten and nothing was made of
 * them, they are not coded at all and pass as they are. */
static enum vg_step refused(struct vg_coding_stack *s, struct layer *l, bool made_any, struct vg_span *in)
{
	if (!l->in_sniff || made_any)
		return vg_coding_broken(s);
	pass_as_it_is(s, l);
	*in = (struct vg_span){ l->sniff, l->n_sniff };
	return VG_MORE;
}

/* The feeders of one layer move *in past what they have eaten; what they leave belongs to the layer's next method. */
static enum vg_step feed_brotli(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in)
{
	struct layer *l = &s->layers[layer_idx];
	bool made_any = false;

	for (;;) {
		uint8_t *out = l->piece;
		size_t n_room = sizeof(l->piece);
		BrotliDecoderResult r = BrotliDecoderDecompressStream(l->br, &in->n_bytes, &in->at, &n_room, &out,
								      NULL);
		size_t n_made = sizeof(l->piece) - n_room;
		if (n_made &&
		    (!vg_budget_make(s->budget, n_made) || vg_coding_pass_on(s, layer_idx, l->piece, n_made) == VG_BAD))
			return vg_coding_broken(s);
		if (r == BROTLI_DECODER_RESULT_ERROR)
			return refused(s, l, made_any |= n_made != 0, in);
		made_any |= n_made != 0;
		if (r == BROTLI_DECODER_RESULT_SUCCESS) {
			l->method = FINISHED;
			return VG_MORE;
		}
		if (r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
			return VG_MORE;
	}
}

static enum vg_step feed_inflate(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in)
{
	struct layer *l = &s->layers[layer_idx];

	l->z.next_in = (z_const Bytef *)(uintptr_t)in->at;
	l->z.avail_in = (uInt)in->n_bytes;
	for (;;) {
		l->z.next_out = l->piece;
		l->z.avail_out = sizeof(l->piece);
		int r = inflate(&l->z, Z_NO_FLUSH);
		size_t n_made = sizeof(l->piece) - l->z.avail_out;
		if (n_made &&
		    (!vg_budget_make(s->budget, n_made) || vg_coding_pass_on(s, layer_idx, l->piece, n_made) == VG_BAD))
			return vg_coding_broken(s);
		if (r == Z_STREAM_END) {
			l->method = l->gzip ? TRAILER : FINISHED;
			l->n_sniff = 0;
			break;
		}
		if (!l->z.avail_in && (r == Z_BUF_ERROR || (r == Z_OK && l->z.avail_out)))
			break;
		if (r == Z_DATA_ERROR && l->z.msg && strstr(l->z.msg, "check")) { /* zlib: "incorrect data check" */
			s->result.wrong_sum = true;
			l->method = FINISHED;
			break;
		}
		if (r != Z_OK)
			return refused(s, l, l->z.total_out != 0, in);
	}
	in->at = l->z.next_in;
	in->n_bytes = l->z.avail_in;
	return VG_MORE;
}

/* Behind a gzip member: another member, or something that is not (padding, junk), which is left alone. */
static enum vg_step feed_trailer(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in)
{
	static const uint8_t magic[2] = { 0x1f, 0x8b };
	struct layer *l = &s->layers[layer_idx];
	struct vg_span head = { magic, sizeof(magic) };

	while (in->n_bytes && l->n_sniff < 2) {
		if (*in->at != magic[l->n_sniff]) {
			l->method = FINISHED;
			return VG_MORE;
		}
		l->n_sniff++;
		in->at++, in->n_bytes--;
	}
	if (l->n_sniff < 2)
		return VG_MORE;
	if (inflateReset(&l->z) != Z_OK)
		return vg_coding_broken(s);
	l->method = INFLATE;
	return feed_inflate(s, layer_idx, &head);
}

/* What the first bytes are, whatever the label says. Raw deflate has no sign of its own: behind a label we do not
 * know it is a guess, for callers who can take it back. */
static bool begins_with(const struct layer *l, const char *magic, size_t n)
{
	return l->n_sniff >= n && !memcmp(l->sniff, magic, n);
}

static bool is_inflated(const struct layer *l)
{
	return l->method == INFLATE || (l->method == MESSAGES && l->label != VG_CODING_ZSTD_MESSAGES);
}

static enum method judge(struct vg_coding_stack *s, struct layer *l, int *window_bits)
{
	uint8_t *b = l->sniff;
	unsigned kind = vg_kind_of(b, l->n_sniff);
	bool zlib = l->n_sniff >= 2 && (b[0] & 15) == 8 && b[0] >> 4 <= 7 && (b[0] << 8 | b[1]) % 31 == 0;

	if (l->label == VG_CODING_AWS_CHUNKED) {
		l->aws = (struct vg_aws_chunked){ 0 };
		return AWS_CHUNKED;
	}
	if (l->label == VG_CODING_MESSAGES || l->label == VG_CODING_ZSTD_MESSAGES) {
		*window_bits = -15;
		l->messages = (struct vg_messages){ 0 };
		l->n_messages = 0;
		return MESSAGES;
	}
	if (l->label == VG_CODING_ZSTD && begins_with(l, "\x28\xb5\x2f\xfd", 4))
		return ZSTD;
	if (l->label == VG_CODING_LZMA && (begins_with(l,
						       "\xfd"
						       "7zXZ",
						       5) ||
					   begins_with(l, "\x5d\0\0", 3)))
		return LZMA;
	if (l->n_sniff >= 3 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8) {
		*window_bits = 15 + 16;
		l->gzip = true;
		if (l->n_sniff > 3)
			b[3] &= 0x1f; /* reserved flags: others pass them over, so that nobody hides behind one */
		return INFLATE;
	}
	if (kind != VG_KIND_UNKNOWN && kind != VG_KIND_GZIP && l->label != VG_CODING_BR)
		return PLAIN;
	if (l->label == VG_CODING_BR)
		return kind == VG_KIND_JPEG || kind == VG_KIND_PNG || kind == VG_KIND_GIF ? PLAIN : BROTLI;
	if (zlib) {
		*window_bits = 15;
		return INFLATE;
	}
	*window_bits = -15;
	if (l->label == VG_CODING_UNKNOWN && s->may_guess) {
		s->result.guessed = true;
		return INFLATE;
	}
	return l->label == VG_CODING_DEFLATE ? INFLATE : PLAIN;
}

static enum vg_step decide(struct vg_coding_stack *s, uint32_t layer_idx)
{
	struct layer *l = &s->layers[layer_idx];
	int window_bits = 0;
	enum vg_step step;

	l->method = judge(s, l, &window_bits);
	s->result.wrong_label |= l->gzip != (l->label == VG_CODING_GZIP);
	if (l->method == PLAIN)
		pass_as_it_is(s, l);
	if (is_inflated(l) && inflateInit2(&l->z, window_bits) != Z_OK)
		return vg_coding_broken(s);
	if ((l->method == ZSTD || l->label == VG_CODING_ZSTD_MESSAGES) &&
	    (!(l->zstd = ZSTD_createDStream()) || ZSTD_isError(ZSTD_initDStream(l->zstd))))
		return vg_coding_broken(s);
	if (l->method == LZMA && lzma_auto_decoder(&l->lzma, LZMA_MAX_BYTES, LZMA_IGNORE_CHECK) != LZMA_OK)
		return vg_coding_broken(s);
	if (l->method == BROTLI) {
		l->br = BrotliDecoderCreateInstance(NULL, NULL, NULL);
		if (!l->br)
			return vg_coding_broken(s);
	}
	l->in_sniff = true;
	step = feed_layer(s, layer_idx, l->sniff, l->n_sniff);
	l->in_sniff = false;
	return step;
}

static enum vg_step feed_aws_chunked(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in)
{
	struct layer *l = &s->layers[layer_idx];
	struct vg_span data;
	enum vg_step step = vg_aws_chunked_feed(&l->aws, in, &data);

	if (step == VG_BAD)
		return refused(s, l, l->aws.made_any, in);
	if (data.n_bytes && (!vg_budget_make(s->budget, data.n_bytes) ||
			     vg_coding_pass_on(s, layer_idx, data.at, data.n_bytes) == VG_BAD))
		return vg_coding_broken(s);
	if (step == VG_DONE)
		l->method = FINISHED;
	return VG_MORE;
}

static enum vg_step feed_layer(struct vg_coding_stack *s, uint32_t layer_idx, const uint8_t *bytes, size_t n_bytes)
{
	struct layer *l = &s->layers[layer_idx];
	struct vg_span in = { bytes, n_bytes };
	enum vg_step step = VG_MORE;

	while (in.n_bytes && step == VG_MORE) {
		switch (l->method) {
		case SNIFF:
			while (in.n_bytes && l->n_sniff < N_SNIFF) {
				l->sniff[l->n_sniff++] = *in.at++;
				in.n_bytes--;
			}
			if (l->n_sniff == N_SNIFF)
				step = decide(s, layer_idx);
			break;
		case PLAIN:
			return vg_coding_pass_on(s, layer_idx, in.at, in.n_bytes);
		case INFLATE:
			step = feed_inflate(s, layer_idx, &in);
			break;
		case BROTLI:
			step = feed_brotli(s, layer_idx, &in);
			break;
		case AWS_CHUNKED:
			step = feed_aws_chunked(s, layer_idx, &in);
			break;
		case MESSAGES:
			step = vg_coding_feed_messages(s, layer_idx, &in);
			break;
		case ZSTD:
			step = vg_coding_feed_zstd(s, layer_idx, &in);
			break;
		case LZMA:
			step = vg_coding_feed_lzma(s, layer_idx, &in);
			break;
		case TRAILER:
			step = feed_trailer(s, layer_idx, &in);
			break;
		case FINISHED:
			return VG_MORE;
		}
	}
	return step;
}

void vg_coding_destroy(struct vg_coding_stack *stack)
{
	free(stack);
}

struct vg_coding_stack *vg_coding_create(void)
{
	return calloc(1, sizeof(struct vg_coding_stack));
}

void vg_coding_begin(struct vg_coding_stack *stack, uint32_t codings, bool may_guess, struct vg_budget *budget,
		     vg_coding_sink_fn sink, void *ctx)
{
	stack->n_layers = 0;
	stack->budget = budget;
	stack->sink = sink;
	stack->ctx = ctx;
	stack->stopped = false;
	stack->may_guess = may_guess;
	memset(&stack->result, 0, sizeof(stack->result));
	for (int i = VG_CODING_DEPTH - 1; i >= 0; i--) {
		unsigned label = codings >> (8 * i) & 0xff;
		if (label == VG_CODING_NONE)
			continue;
		struct layer *l = &stack->layers[stack->n_layers++];
		l->method = SNIFF;
		l->label = label < VG_CODING_N ? label : VG_CODING_UNKNOWN;
		l->gzip = l->in_sniff = false;
		l->n_sniff = 0;
		l->br = NULL;
		l->zstd = NULL;
		l->is_ended = false;
		l->lzma = (lzma_stream)LZMA_STREAM_INIT;
		memset(&l->z, 0, sizeof(l->z));
	}
}

void vg_coding_boundary(struct vg_coding_stack *stack, const char *boundary, size_t n_boundary)
{
	stack->n_boundary = n_boundary < VG_CODING_BOUNDARY ? n_boundary : VG_CODING_BOUNDARY;
	if (n_boundary)
		memcpy(stack->boundary, boundary, stack->n_boundary);
}

enum vg_step vg_coding_feed(struct vg_coding_stack *stack, const uint8_t *bytes, size_t n_bytes)
{
	enum vg_step step = VG_MORE;

	if (stack->stopped)
		return VG_BAD;
	while (n_bytes && step == VG_MORE) {
		size_t n = n_bytes < VG_CODING_PIECE ? n_bytes : VG_CODING_PIECE;
		vg_budget_feed(stack->budget, n);
		if (stack->n_layers)
			step = feed_layer(stack, 0, bytes, n);
		else
			stack->sink(stack->ctx, bytes, n);
		bytes += n;
		n_bytes -= n;
	}
	stack->stopped = step == VG_BAD;
	return step;
}

void vg_coding_end(struct vg_coding_stack *stack, struct vg_coding_result *result)
{
	for (uint32_t i = 0; i < stack->n_layers; i++) {
		struct layer *l = &stack->layers[i];
		/* A body shorter than the sniff is decided by what there is; an empty one is empty. */
		if (l->method == SNIFF && l->n_sniff && !stack->stopped && decide(stack, i) == VG_BAD)
			stack->stopped = true;
		stack->result.bad |= l->method == INFLATE || l->method == BROTLI || l->method == AWS_CHUNKED ||
				     l->method == LZMA || (l->method == ZSTD && !l->is_ended);
		stack->result.coded |= l->method != SNIFF && l->method != PLAIN;
		stack->result.unknown |= l->label == VG_CODING_UNKNOWN && (l->method == SNIFF || l->method == PLAIN);
	}
	for (uint32_t i = 0; i < stack->n_layers; i++) {
		struct layer *l = &stack->layers[i];
		if (l->br)
			BrotliDecoderDestroyInstance(l->br);
		l->br = NULL;
		(void)ZSTD_freeDStream(l->zstd);
		l->zstd = NULL;
		lzma_end(&l->lzma);
		if (l->z.state)
			inflateEnd(&l->z);
	}
	*result = stack->result;
}
