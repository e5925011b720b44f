/* pdq: the hash in four steps, and the eight hashes that one DCT block gives (specs of the reference, section by
 * section in pdq_body.inc and operator.c). Bit k = 16 * row + column of the block is 1 where the value lies above the
 * median. */
#include "hashing/pdq/pdq.h"

#include <string.h>

#include "hashing/pdq/pdq_priv.h"

#define MEDIAN_K (VG_PDQ_N_BITS / 2) /* the lower median: 128th smallest */

const char *vg_pdq_tier(const struct vg_pdq *pdq)
{
	return vg_isa_str(pdq->tier->isa);
}

/* Signs of a variant: which values of the original block change theirs. */
enum sign { KEEP, ODD_COLUMNS, ODD_ROWS, ODD_SUMS, N_SIGNS };

static inline float with_sign(float value, enum sign sign, unsigned row, unsigned col)
{
	unsigned flip = (sign == ODD_COLUMNS ? col : sign == ODD_ROWS ? row : sign == ODD_SUMS ? row + col : 0) & 1;
	return flip ? -value : value;
}

/* Writes the hash of a 16 x 16 block: word i = row i, bit j = column j; printed last word first, each high byte
 * first. */
static void write_hash(const float *block, float median, uint8_t *hash)
{
	for (unsigned i = 0; i < VG_PDQ_FREQS; i++) {
		unsigned word = 0;
		for (unsigned j = 0; j < VG_PDQ_FREQS; j++)
			word |= (unsigned)(block[i * VG_PDQ_FREQS + j] > median) << j;
		hash[VG_PDQ_BYTES - 2 - 2 * i] = (uint8_t)(word >> 8);
		hash[VG_PDQ_BYTES - 1 - 2 * i] = (uint8_t)word;
	}
}

void vg_pdq_variants(const struct vg_pdq_tier *tier, const float *dct, uint8_t variants[][VG_PDQ_BYTES])
{
	static const struct {
		uint8_t sign, negate, turn;
	} rules[VG_PDQ_N_VARIANTS] = {
		[VG_PDQ_ORIGINAL] = { KEEP, 0, 0 },      [VG_PDQ_ROTATE90] = { ODD_COLUMNS, 1, 1 },
		[VG_PDQ_ROTATE180] = { ODD_SUMS, 0, 0 }, [VG_PDQ_ROTATE270] = { ODD_ROWS, 1, 1 },
		[VG_PDQ_FLIPX] = { ODD_ROWS, 1, 0 },     [VG_PDQ_FLIPY] = { ODD_COLUMNS, 1, 0 },
		[VG_PDQ_FLIPPLUS1] = { KEEP, 0, 1 },     [VG_PDQ_FLIPMINUS1] = { ODD_SUMS, 0, 1 },
	};
	for (unsigned v = 0; v < VG_PDQ_N_VARIANTS; v++) {
		_Alignas(64) float block[VG_PDQ_N_BITS];
		for (unsigned row = 0; row < VG_PDQ_FREQS; row++)
			for (unsigned col = 0; col < VG_PDQ_FREQS; col++) {
				float value = with_sign(dct[col * VG_PDQ_FREQS + row], rules[v].sign, row, col);
				block[rules[v].turn ? col * VG_PDQ_FREQS + row : row * VG_PDQ_FREQS + col] =
					rules[v].negate ? -value : value;
			}
		write_hash(block, tier->select(block, MEDIAN_K), variants[v]);
	}
}

void vg_pdq_hash(struct vg_pdq *pdq, const struct vg_luma *luma, struct vg_pdq_result *out)
{
	struct vg_pdq_work *w = &pdq->work;
	VG_INVARIANT_HOT(luma->n_rows <= VG_LUMA_SIDE && luma->n_cols <= VG_LUMA_SIDE);
	memset(out, 0, sizeof(*out));
	if (luma->n_rows < VG_PDQ_MIN_SIDE || luma->n_cols < VG_PDQ_MIN_SIDE)
		return;
	const struct vg_pdq_operator *rows = vg_pdq_operator_get(&pdq->operators, luma->n_rows);
	const struct vg_pdq_operator *cols = vg_pdq_operator_get(&pdq->operators, luma->n_cols);
	pdq->tier->shrink(w, luma, rows, cols);
	out->quality = pdq->tier->quality(w);
	pdq->tier->dct(w, &pdq->tables);
	vg_pdq_variants(pdq->tier, w->dct, out->variants);
	memcpy(out->hash, out->variants[VG_PDQ_ORIGINAL], VG_PDQ_BYTES);
}
