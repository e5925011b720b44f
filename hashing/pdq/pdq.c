/* pdq: the hash in four steps; their arithmetic is in pdq_body.inc. */
#include "hashing/pdq/pdq.h"

#include <string.h>

#include "hashing/pdq/pdq_priv.h"

const char *vg_pdq_tier(const struct vg_pdq *pdq)
{
	return vg_isa_str(pdq->tier->isa);
}

void vg_pdq_finish(struct vg_pdq *pdq, struct vg_pdq_result *out)
{
	struct vg_pdq_work *w = &pdq->work;
	out->quality = pdq->tier->quality(w);
	pdq->tier->dct(w, &pdq->tables);
	pdq->tier->variants(w->dct, out->variants);
	memcpy(out->hash, out->variants[VG_PDQ_ORIGINAL], VG_PDQ_BYTES);
}

void vg_pdq_hash(struct vg_pdq *pdq, const struct vg_luma *luma, struct vg_pdq_result *out)
{
	struct vg_pdq_work *w = &pdq->work;
	VG_INVARIANT_HOT(luma->n_rows <= VG_LUMA_SIDE && luma->n_cols <= VG_LUMA_SIDE);
	memset(out, 0, sizeof(*out));
	if (luma->n_rows < VG_PDQ_MIN_SIDE || luma->n_cols < VG_PDQ_MIN_SIDE)
		return;
	const struct vg_pdq_operator *rows, *cols;
	const struct vg_luma_axis of_rows = vg_luma_axis(luma, true), of_cols = vg_luma_axis(luma, false);
	vg_pdq_operator_pair(&pdq->operators, &of_rows, &of_cols, &rows, &cols);
	pdq->tier->shrink(w, luma, rows, cols);
	vg_pdq_finish(pdq, out);
}
