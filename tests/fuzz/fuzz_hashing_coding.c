/* Content codings: first byte picks up to two labels, second the size of pieces, the rest is the body. What comes
 * out must stay within the budget, and the same body must give the same bytes in pieces and at once. */
#include <stdlib.h>

#include <vigil/media.h>

#include "hashing/unpack/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	uint64_t n_bytes, hash;
};

static void sink(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct sum *s = ctx;

	for (size_t i = 0; i < n_bytes; i++)
		s->hash = (s->hash ^ bytes[i]) * 0x100000001b3u;
	s->n_bytes += n_bytes;
}

static struct sum undo(struct vg_coding_stack *stack, uint32_t codings, const uint8_t *body, size_t n, size_t n_piece)
{
	struct vg_budget budget = { .max_bytes = 1 << 22, .max_ratio = 0 };
	struct vg_coding_result result;
	struct sum sum = { 0, 0 };

	vg_coding_begin(stack, codings, true, &budget, sink, &sum);
	for (size_t at = 0; at < n; at += n_piece)
		if (vg_coding_feed(stack, body + at, n - at < n_piece ? n - at : n_piece) == VG_BAD)
			break;
	vg_coding_end(stack, &result);
	if (budget.n_made > budget.max_bytes || (result.coded && sum.n_bytes > budget.max_bytes + n))
		abort();
	if (budget.spent || result.bad)
		sum.hash = sum.n_bytes = 0; /* how far a broken one comes depends on the pieces */
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_coding_stack *stack;
	struct sum a, b;

	if (size < 2)
		return 0;
	stack = vg_coding_create();
	if (!stack)
		return 0;
	uint32_t codings = (data[0] & 7) % (VG_CODING_UNKNOWN + 1) |
			   (uint32_t)((data[0] >> 3 & 7) % (VG_CODING_UNKNOWN + 1)) << 8;
	a = undo(stack, codings, data + 2, size - 2, data[1] + 1u);
	b = undo(stack, codings, data + 2, size - 2, size);
	if (a.n_bytes != b.n_bytes || a.hash != b.hash)
		abort();
	vg_coding_destroy(stack);
	return 0;
}
