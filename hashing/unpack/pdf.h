#pragma once
/* pdf: the pictures in a PDF document (ISO 32000): streams that are JPEG or JPEG 2000 files are given as they are; bare
 * samples, fax codes and JBIG2 as files made of them (pdf_picture.h); all behind any chain of filters (pdf_filter.h).
 * Found by their stream keywords, so that broken tables hide nothing. Fed contiguous bytes; allocates; one thread. */
#include <vigil/bytes.h>
#include <vigil/err.h>

#include "hashing/unpack/budget.h"
#include "hashing/unpack/entry.h"

/* VG_OK; VG_EBUDGET: no memory. Pictures of sorts that are not read and encrypted documents are counted in budget
 * (n_unread, n_encrypted). */
enum vg_err vg_pdf_walk(const struct vg_span *bytes, struct vg_budget *budget, const struct vg_entry_sink *sink);
