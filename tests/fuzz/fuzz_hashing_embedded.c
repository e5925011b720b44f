/* embedded: text cut in pieces (1 byte length before each; 255: a hole). Events must come in order and the same text
 * whole must give the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hashing/unpack/embedded.h"

struct seen {
	uint64_t sum;
	size_t n;
	int is_open;
};

static void begin(void *ctx)
{
	struct seen *s = ctx;
	if (s->is_open++)
		abort();
}
static void bytes(void *ctx, const uint8_t *at, size_t n)
{
	struct seen *s = ctx;
	if (!s->is_open || !n || n > VG_EMBEDDED_PIECE)
		abort();
	for (size_t i = 0; i < n; i++)
		s->sum = s->sum * 31 + at[i];
	s->n += n;
}
static void end(void *ctx, bool whole)
{
	struct seen *s = ctx;
	if (!s->is_open--)
		abort();
	s->sum = s->sum * 31 + whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen cut = { 0 }, whole = { 0 };
	struct vg_embedded_sink sink = { &cut, begin, bytes, end };
	struct vg_embedded e;
	uint8_t *all = malloc(size + 1);
	size_t n_all = 0;
	int has_hole = 0;

	vg_embedded_init(&e, &sink);
	for (size_t at = 0; at < size;) {
		size_t n = data[at++];
		if (n == 255) {
			vg_embedded_gap(&e);
			has_hole = 1;
			continue;
		}
		n = n < size - at ? n : size - at;
		uint8_t *copy = malloc(n + !n);
		memcpy(copy, data + at, n);
		vg_embedded_feed(&e, copy, n);
		free(copy);
		memcpy(all + n_all, data + at, n);
		n_all += n;
		at += n;
	}
	vg_embedded_end(&e);
	sink.ctx = &whole;
	vg_embedded_init(&e, &sink);
	vg_embedded_feed(&e, all, n_all);
	vg_embedded_end(&e);
	free(all);
	if (cut.is_open || whole.is_open || (!has_hole && (cut.sum != whole.sum || cut.n != whole.n)))
		abort();
	return 0;
}
