#pragma once
/* pdf_filter: the filters by which a PDF document packs bytes (ISO 32000-1, 7.4): LZW, run lengths, deflate, and
 * the predictors behind them (7.4.4.4). What comes out is charged to the purse and bounded. zlib and the bytes
 * allocate; one thread. */
#include <stdbool.h>

#include <vigil/bytes.h>

#include "hashing/unpack/budget.h"

/* Bytes as they come out of a filter; the caller frees `at`. */
struct vg_pdf_out {
	struct vg_budget *budget;
	size_t n_max; /* more is not wanted */
	uint8_t *at;
	size_t n, n_room;
};

/* False where that was all that is wanted, or the purse or memory is at its end (budget->spent). */
bool vg_pdf_put(struct vg_pdf_out *out, const uint8_t *bytes, size_t n_bytes);

/* Each: true where the packed bytes end as they should; what came before they broke is in `out`. early_change:
 * codes get longer one code earlier than they must. */
bool vg_pdf_lzw(struct vg_span in, bool early_change, struct vg_pdf_out *out);
bool vg_pdf_run_lengths(struct vg_span in, struct vg_pdf_out *out);
bool vg_pdf_inflate(struct vg_span in, struct vg_pdf_out *out);

struct vg_pdf_predictor {
	unsigned predictor, n_colours,
		n_bits; /* as the dictionary says: 1 or less is none, 2 TIFF's, from 10 on PNG's */
	uint32_t n_columns;
};
/* Undoes it in place. False: no such predictor, or sizes that cannot be. */
bool vg_pdf_unpredict(const struct vg_pdf_predictor *p, struct vg_pdf_out *out);
