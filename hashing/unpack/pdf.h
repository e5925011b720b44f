#pragma once
/* pdf: the pictures in a PDF document (ISO 32000): streams that are JPEG or JPEG 2000 files are given as they are, also
 * deflated or written as text; plain samples (8 bits, grey or RGB, deflated, with or without PNG's predictors) as a
 * BMP file made of them. Found by their stream keywords, so that broken tables hide nothing. Fed contiguous bytes;
 * zlib allocates; one thread. */
#include <vigil/bytes.h>
#include <vigil/err.h>

#include "hashing/unpack/budget.h"
#include "hashing/unpack/entry.h"

#define VG_PDF_MAX_SAMPLES (256u << 20) /* bytes of one picture's samples */

/* VG_OK; VG_EBUDGET: no memory. Pictures of other sorts (fax, JBIG2, other colours) and encrypted documents are
 * counted in budget (n_bad, n_encrypted). */
enum vg_err vg_pdf_walk(const struct vg_span *bytes, struct vg_budget *budget, const struct vg_entry_sink *sink);
