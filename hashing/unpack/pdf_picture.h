#pragma once
/* pdf_picture: makes a file that a decoder reads of a picture that a PDF document holds as bare samples or fax
 * codes: samples as BMP (1 to 16 bits; grey, RGB, CMYK, Lab's lightness, palettes, one ink, by ICC profiles'
 * number of colours; `Decode` turned round; masks), fax codes as TIFF of one strip, JBIG2's pages as BMP. One
 * thread; allocates. */
#include "hashing/unpack/entry.h"
#include "hashing/unpack/pdf_doc.h"

#define VG_PDF_MAX_SAMPLES (256u << 20) /* bytes of one picture's samples */

/* Where pictures go: each counted and named. */
struct vg_pdf_sink {
	struct vg_budget *budget;
	const struct vg_entry_sink *sink;
	unsigned n_pictures;
	bool stopped;
};
bool vg_pdf_begin(struct vg_pdf_sink *to, const char *ext);
bool vg_pdf_give(struct vg_pdf_sink *to, const uint8_t *bytes, size_t n_bytes);
void vg_pdf_end(struct vg_pdf_sink *to, bool whole);

/* A picture without a filter of its own, with fax codes, with JBIG2. What is not read of it is counted (n_unread). */
void vg_pdf_samples(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, const struct vg_pdf_chain *chain,
		    struct vg_pdf_sink *to);
void vg_pdf_fax(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, const struct vg_pdf_chain *chain,
		struct vg_pdf_sink *to);
void vg_pdf_jbig2(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, const struct vg_pdf_chain *chain,
		  struct vg_pdf_sink *to);
