/* Host and request target, parted by a line feed: the normal form keeps its limits, is its own normal form, and its
 * cuts lie in it in order. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>
#include <vigil/url_table.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct vg_url *u)
{
	VG_INVARIANT(u->n_host && u->n_host <= VG_URL_HOST && u->n_text > u->n_host);
	VG_INVARIANT(u->n_text <= u->n_host + VG_URL_PATH && u->text[u->n_host] == '/');
	VG_INVARIANT(u->n_cuts && u->n_cuts <= VG_URL_CUTS && u->cuts[0] == u->n_host + 1);
	for (unsigned i = 1; i < u->n_cuts; i++)
		VG_INVARIANT(u->cuts[i] > u->cuts[i - 1] && u->cuts[i] <= u->n_text);
	for (unsigned i = u->n_host; i < u->n_text; i++)
		VG_INVARIANT(u->text[i] > ' ' && u->text[i] < 0x7f && u->text[i] != '#');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vg_url_slot slots[2];
	const uint8_t *lf = size ? memchr(data, '\n', size) : NULL;
	size_t n_host = lf ? (size_t)(lf - data) : size;
	struct vg_url once, twice;

	if (vg_url_normal(&once, data, n_host, lf ? lf + 1 : data, lf ? size - n_host - 1 : 0))
		return 0;
	check(&once);
	VG_INVARIANT(!vg_url_normal(&twice, (const uint8_t *)once.text, once.n_host,
				    (const uint8_t *)once.text + once.n_host, once.n_text - once.n_host));
	check(&twice);
	VG_INVARIANT(once.n_text == twice.n_text && !memcmp(once.text, twice.text, once.n_text));
	VG_INVARIANT(once.n_cuts == twice.n_cuts && !memcmp(once.cuts, twice.cuts, once.n_cuts * sizeof(once.cuts[0])));
	VG_INVARIANT(!vg_url_find(slots, 2, 1, 0, &once, NULL, 0));
	return 0;
}
