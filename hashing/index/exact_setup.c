/* exact_setup: records are sorted, so that those of a line follow one another. Lines lie in large pages where the
 * machine has them: else a look-up among millions waits for the page's address before it waits for the line. */
#include <stdlib.h>
#include <sys/mman.h>

#include "hashing/index/exact.h"

#define MIN_RECORDS 1024u /* fewer are in the cache anyhow */
#define LARGE_PAGE  (2u << 20)

void vg_exact_fini(struct vg_exact *exact)
{
	free(exact->lines);
	*exact = (struct vg_exact){ NULL, 0 };
}

static void fill(struct vg_exact *exact, const uint8_t *at, size_t stride, uint64_t n)
{
	struct vg_exact_line *line = exact->lines, *last = exact->lines + exact->n_lines;

	for (uint32_t i = 0; i < n; i++, at += stride) {
		struct vg_exact_line *its = &exact->lines[vg_exact_line_of(at, exact->n_lines)];

		while (line < its)
			(++line)->first = i;
		if (line->n < VG_EXACT_TAGS)
			line->tags[line->n++] = at[VG_EXACT_TAG];
		else
			line->n = VG_EXACT_MANY;
	}
	while (line < last)
		(++line)->first = (uint32_t)n;
}

void vg_exact_init(struct vg_exact *exact, const struct vg_index_view *view, enum vg_algo algo)
{
	const uint8_t *at = algo == VG_ALGO_MD5    ? (const uint8_t *)view->md5
			    : algo == VG_ALGO_SHA1 ? (const uint8_t *)view->sha1
						   : (const uint8_t *)view->sha256;
	size_t stride = algo == VG_ALGO_MD5 ? 20 : algo == VG_ALGO_SHA1 ? 24 : 36;
	uint64_t n = vg_index_n_exact(view, algo);
	size_t n_bytes, align;

	*exact = (struct vg_exact){ NULL, 0 };
	if (n < MIN_RECORDS)
		return;
	exact->n_lines = (uint32_t)(n / VG_EXACT_MEAN);
	n_bytes = ((size_t)exact->n_lines + 1) * sizeof(*exact->lines);
	align = n_bytes < LARGE_PAGE ? sizeof(*exact->lines) : LARGE_PAGE;
	n_bytes = (n_bytes + align - 1) / align * align;
	exact->lines = aligned_alloc(align, n_bytes);
	if (!exact->lines)
		return;
	if (align == LARGE_PAGE)
		(void)madvise(exact->lines, n_bytes, MADV_HUGEPAGE);
	memset(exact->lines, 0, n_bytes);
	fill(exact, at, stride, n);
}
