/* No table is believed: a stream is what its keyword begins, and its dictionary stands before that. */
#include "hashing/unpack/pdf.h"

#include <string.h>

#include "hashing/unpack/pdf_picture.h"
#include "hashing/unpack/pdf_value.h"

/* A picture file in a stream. */
static void picture_file(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, const struct vg_pdf_chain *chain,
			 const char *ext, struct vg_pdf_sink *to)
{
	struct vg_pdf_data data;

	vg_pdf_data_make(doc, stream, chain, VG_PDF_MAX_STREAM, &data);
	if (vg_pdf_begin(to, ext)) {
		(void)vg_pdf_give(to, data.bytes.at, data.bytes.n_bytes);
		vg_pdf_end(to, data.whole);
	}
	vg_pdf_data_free(&data);
}

static void one_stream(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, struct vg_pdf_sink *to)
{
	struct vg_span subtype = vg_pdf_get(doc, stream->dict, "Subtype");
	/* thumbnails have no subtype */
	bool is_picture = vg_pdf_is_name(subtype, "Image") ||
			  (!subtype.n_bytes && vg_pdf_key(stream->dict, "Width").n_bytes &&
			   vg_pdf_key(stream->dict, "Height").n_bytes);
	struct vg_pdf_chain chain;

	vg_pdf_chain_of(doc, stream->dict, &chain);
	if (chain.picture == VG_PDF_DCT)
		picture_file(doc, stream, &chain, "jpg", to);
	else if (chain.picture == VG_PDF_JPX)
		picture_file(doc, stream, &chain, "jp2", to);
	else if (!is_picture)
		return;
	else if (chain.picture == VG_PDF_FAX)
		vg_pdf_fax(doc, stream, &chain, to);
	else if (chain.picture == VG_PDF_JBIG2)
		vg_pdf_jbig2(doc, stream, &chain, to);
	else if (chain.picture == VG_PDF_NONE)
		vg_pdf_samples(doc, stream, &chain, to);
	else
		to->budget->n_unread++;
}

/* A trailer or a cross-reference stream that names an encryption dictionary: the word alone may stand in any text. */
static bool is_encrypted(const struct vg_span *file)
{
	size_t off = 0;

	for (;;) {
		const uint8_t *found = memmem(file->at + off, file->n_bytes - off, "/Encrypt", 8);
		struct vg_span value;
		uint32_t number;
		if (!found)
			return false;
		off = (size_t)(found - file->at) + 8;
		value = vg_pdf_trim((struct vg_span){ file->at + off, file->n_bytes - off });
		if (vg_pdf_reference(value, &number) || vg_pdf_is_dict(value))
			return true;
	}
}

enum vg_err vg_pdf_walk(const struct vg_span *bytes, struct vg_budget *budget, const struct vg_entry_sink *sink)
{
	struct vg_pdf_sink to = { .budget = budget, .sink = sink };
	struct vg_pdf_doc doc;
	struct vg_pdf_stream stream;
	size_t off = 0;
	bool has_memory;

	budget->n_containers++;
	if (is_encrypted(bytes)) {
		budget->n_encrypted++;
		return VG_OK;
	}
	has_memory = vg_pdf_doc_init(&doc, *bytes, budget);
	while (has_memory && !to.stopped && vg_pdf_next_stream(&doc, &off, &stream))
		one_stream(&doc, &stream, &to);
	vg_pdf_doc_fini(&doc);
	return has_memory ? VG_OK : VG_EBUDGET;
}
