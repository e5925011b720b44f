/* Archives, documents and messages through the whole walk of a body: kinds by their first bytes, nested, under a small
 * purse. The first byte says how the bytes are cut into spans. Members stay inside the purse. */
#include <stdlib.h>

#include "hashing/body.h"

#define MAX_SPANS 4096u
#define MAX_MADE  (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_member(void *ctx, const struct vg_body_member *m)
{
	unsigned *n = ctx;

	if (++*n > 60 || m->n_bytes > MAX_MADE || m->bytes.n_bytes > m->n_bytes || m->n_name > VG_PART_NAME_BYTES)
		abort();
	for (uint32_t i = 0; i < m->bytes.n_spans; i++) {
		volatile uint8_t last = m->bytes.spans[i].at[m->bytes.spans[i].n_bytes - 1];
		(void)last;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vg_span spans[MAX_SPANS];
	static struct vg_nest *nest;
	static struct vg_body *body;
	struct vg_body_end end;
	unsigned n_members = 0;

	nest = nest ? nest : vg_nest_create(1 << 20);
	if (!body)
		body = vg_body_create(&(struct vg_body_setup){ .keep_bytes = 1 << 20,
							       .member_keep_bytes = 1 << 20,
							       .max_unpacked_bytes = MAX_MADE,
							       .max_ratio = 200,
							       .max_members = 60,
							       .max_spans = MAX_SPANS,
							       .max_depth = 3,
							       .max_cpu_ns = 500000000,
							       .nest = nest });
	if (!nest || !body)
		abort();
	if (!size)
		return 0;
	size_t step = data[0] ? data[0] : SIZE_MAX;
	struct vg_chain chain = { spans, 0, size - 1 };
	for (size_t at = 1; at < size; chain.n_spans++) {
		size_t n = size - at < step || chain.n_spans + 1 == MAX_SPANS ? size - at : step;
		spans[chain.n_spans] = (struct vg_span){ data + at, n };
		at += n;
	}
	vg_body_begin(body,
		      &(struct vg_body_begin){
			      .digests = VG_DIGEST_ALL, .held = &chain, .on_member = on_member, .ctx = &n_members });
	for (uint32_t i = 0; i < chain.n_spans; i++)
		vg_body_feed(body, spans[i].at, spans[i].n_bytes);
	vg_body_end(body, &end);
	vg_body_release(body);
	if (end.n_made > MAX_MADE)
		abort();
	return 0;
}
