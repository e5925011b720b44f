#pragma once
/* pdf_doc: the objects of a PDF document by their numbers, and what its streams hold. Objects are found where "12
 * 0 obj" stands, so that broken tables hide nothing, and in object streams (ISO 32000-1, 7.5.7), which are opened
 * at the first reference to an object that stands nowhere. The last object of a number counts. Borrows the
 * document; allocates; one thread. */
#include <stdbool.h>

#include <vigil/bytes.h>

#include "hashing/unpack/budget.h"
#include "hashing/unpack/pdf_filter.h"

#define VG_PDF_MAX_OBJECTS (1u << 20)
#define VG_PDF_MAX_FILTERS 8u
#define VG_PDF_MAX_STREAM  (256u << 20) /* bytes that a filter may make of a stream */

struct vg_pdf_object {
	uint32_t number, idx;
	struct vg_span at; /* to the end of what holds it */
};
struct vg_pdf_objects {
	struct vg_pdf_object *at;
	size_t n, n_room;
};
struct vg_pdf_packed; /* an open object stream */

struct vg_pdf_doc {
	struct vg_span file;
	struct vg_budget *budget;
	struct vg_pdf_objects plain, packed;
	struct vg_pdf_packed *streams;
	bool opened; /* object streams were looked for */
};

/* False: no memory. fini in any case. */
bool vg_pdf_doc_init(struct vg_pdf_doc *doc, struct vg_span file, struct vg_budget *budget);
void vg_pdf_doc_fini(struct vg_pdf_doc *doc);

/* As vg_pdf_key() and vg_pdf_item(), references followed. */
struct vg_span vg_pdf_get(struct vg_pdf_doc *doc, struct vg_span dict, const char *name);
struct vg_span vg_pdf_nth(struct vg_pdf_doc *doc, struct vg_span array, unsigned idx);

/* A stream: its dictionary, and its bytes as they stand in the file. */
struct vg_pdf_stream {
	struct vg_span dict, bytes;
};
/* The stream whose dictionary a value is; false: it is none. */
bool vg_pdf_stream_of(struct vg_pdf_doc *doc, struct vg_span value, struct vg_pdf_stream *stream);
/* The next stream behind *off, which goes to its end. A stream keyword without a dictionary before it is none. */
bool vg_pdf_next_stream(struct vg_pdf_doc *doc, size_t *off, struct vg_pdf_stream *stream);

enum vg_pdf_filter {
	VG_PDF_NONE,
	VG_PDF_HEX,
	VG_PDF_85,
	VG_PDF_LZW,
	VG_PDF_FLATE,
	VG_PDF_RUNS,
	/* what only pictures have: these end a chain */
	VG_PDF_DCT,
	VG_PDF_JPX,
	VG_PDF_FAX,
	VG_PDF_JBIG2,
	VG_PDF_UNKNOWN,
};
struct vg_pdf_chain {
	unsigned n;
	enum vg_pdf_filter filters[VG_PDF_MAX_FILTERS];
	struct vg_span parms[VG_PDF_MAX_FILTERS];
	enum vg_pdf_filter picture; /* the one that ended it, or NONE */
	struct vg_span picture_parms;
};
void vg_pdf_chain_of(struct vg_pdf_doc *doc, struct vg_span dict, struct vg_pdf_chain *chain);

/* A stream's bytes with the filters of its chain undone; n_max: more of them are not wanted. */
struct vg_pdf_data {
	struct vg_span bytes;
	uint8_t *own; /* what of it was allocated */
	bool whole;
};
void vg_pdf_data_make(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, const struct vg_pdf_chain *chain,
		      size_t n_max, struct vg_pdf_data *data);
void vg_pdf_data_free(struct vg_pdf_data *data);
