/* Objects are sorted by number and, where a number stands twice, by their places. */
#include "hashing/unpack/pdf_doc.h"

#include <stdlib.h>
#include <string.h>

#include "hashing/unpack/pdf_text.h"
#include "hashing/unpack/pdf_value.h"

#define DICT_BYTES        65536u /* looked back for a dictionary, and how long a value may be */
#define MAX_REFERENCES    8u     /* one after the other */
#define MAX_PACKED        4096u  /* object streams */
#define MAX_OBJECT_NUMBER 8388607u

struct vg_pdf_packed {
	struct vg_pdf_packed *next;
	struct vg_pdf_data data;
};

static struct vg_span cut(struct vg_span s, size_t off, size_t n_max)
{
	off = off < s.n_bytes ? off : s.n_bytes;
	return (struct vg_span){ off ? s.at + off : s.at, s.n_bytes - off < n_max ? s.n_bytes - off : n_max };
}

/* False: no memory. */
static bool add(struct vg_pdf_doc *doc, struct vg_pdf_objects *o, uint32_t number, struct vg_span at)
{
	if (o->n == VG_PDF_MAX_OBJECTS) {
		doc->budget->spent = true;
		return true;
	}
	if (o->n == o->n_room) {
		size_t n_room = o->n_room ? o->n_room * 2 : 64;
		struct vg_pdf_object *more = realloc(o->at, n_room * sizeof(*more));
		if (!more)
			return false;
		o->at = more;
		o->n_room = n_room;
	}
	o->at[o->n] = (struct vg_pdf_object){ number, (uint32_t)o->n, at };
	o->n++;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct vg_pdf_object *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->idx < y->idx ? -1 : x->idx > y->idx;
}
static void sort(struct vg_pdf_objects *o)
{
	if (o->n)
		qsort(o->at, o->n, sizeof(*o->at), compare);
}
/* The last one of a number. */
static const struct vg_pdf_object *find(const struct vg_pdf_objects *o, uint32_t number)
{
	size_t begin = 0, end = o->n;

	while (begin < end) {
		size_t mid = begin + (end - begin) / 2;
		if (o->at[mid].number <= number)
			begin = mid + 1;
		else
			end = mid;
	}
	return begin && o->at[begin - 1].number == number ? &o->at[begin - 1] : NULL;
}

/* A number that ends before `end` (white space between); *end goes to its first digit. */
static bool number_before(const uint8_t *file, size_t *end, uint32_t *number)
{
	uint64_t v = 0, ten = 1;
	size_t at = *end, n = 0;

	while (at && (file[at - 1] == ' ' || file[at - 1] == '\r' || file[at - 1] == '\n' || file[at - 1] == '\t'))
		at--;
	for (; at && n < 10 && file[at - 1] >= '0' && file[at - 1] <= '9'; at--, n++, ten *= 10)
		v += ten * (unsigned)(file[at - 1] - '0');
	*end = at;
	*number = (uint32_t)v;
	return n && v <= MAX_OBJECT_NUMBER;
}

bool vg_pdf_doc_init(struct vg_pdf_doc *doc, struct vg_span file, struct vg_budget *budget)
{
	size_t off = 0;

	memset(doc, 0, sizeof(*doc));
	doc->file = file;
	doc->budget = budget;
	while (vg_budget_time(budget)) {
		const uint8_t *found = off < file.n_bytes ? memmem(file.at + off, file.n_bytes - off, "obj", 3) : NULL;
		uint32_t generation, number;
		size_t end;
		if (!found)
			break;
		end = (size_t)(found - file.at);
		off = end + 3;
		if (number_before(file.at, &end, &generation) && number_before(file.at, &end, &number) &&
		    !add(doc, &doc->plain, number, cut(file, off, SIZE_MAX)))
			return false;
	}
	sort(&doc->plain);
	return true;
}

void vg_pdf_doc_fini(struct vg_pdf_doc *doc)
{
	while (doc->streams) {
		struct vg_pdf_packed *next = doc->streams->next;
		vg_pdf_data_free(&doc->streams->data);
		free(doc->streams);
		doc->streams = next;
	}
	free(doc->plain.at);
	free(doc->packed.at);
}

/* The objects of an object stream: pairs of number and place, then the objects. */
static bool list_packed(struct vg_pdf_doc *doc, struct vg_span dict, struct vg_span bytes)
{
	int64_t n = vg_pdf_number(vg_pdf_key(dict, "N"), 0), first = vg_pdf_number(vg_pdf_key(dict, "First"), 0);
	struct vg_span head = vg_pdf_trim(cut(bytes, 0, first > 0 ? (size_t)first : 0));

	for (int64_t i = 0; i < n && head.n_bytes; i++) {
		int64_t number = vg_pdf_number(head, -1), off;
		head = vg_pdf_trim(vg_pdf_behind(head));
		off = vg_pdf_number(head, -1);
		head = vg_pdf_trim(vg_pdf_behind(head));
		if (number < 0 || number > MAX_OBJECT_NUMBER || off < 0)
			return true;
		if (!add(doc, &doc->packed, (uint32_t)number, cut(bytes, (size_t)(first + off), SIZE_MAX)))
			return false;
	}
	return true;
}

static void open_packed(struct vg_pdf_doc *doc)
{
	size_t off = 0;
	struct vg_pdf_stream stream;

	doc->opened = true;
	for (unsigned n = 0; n < MAX_PACKED && vg_budget_time(doc->budget) && vg_pdf_next_stream(doc, &off, &stream);) {
		struct vg_pdf_chain chain;
		struct vg_pdf_packed *packed;
		if (!vg_pdf_is_name(vg_pdf_key(stream.dict, "Type"), "ObjStm"))
			continue;
		packed = calloc(1, sizeof(*packed));
		if (!packed)
			break;
		n++;
		packed->next = doc->streams;
		doc->streams = packed;
		vg_pdf_chain_of(doc, stream.dict, &chain);
		vg_pdf_data_make(doc, &stream, &chain, VG_PDF_MAX_STREAM, &packed->data);
		if (!list_packed(doc, stream.dict, packed->data.bytes))
			break;
	}
	sort(&doc->packed);
}

static struct vg_span resolve(struct vg_pdf_doc *doc, struct vg_span value)
{
	const struct vg_pdf_object *o;
	uint32_t number;

	for (unsigned i = 0; vg_pdf_reference(value, &number); i++) {
		o = find(&doc->plain, number);
		if (!o && !doc->opened)
			open_packed(doc);
		o = o ? o : find(&doc->packed, number);
		if (!o || i == MAX_REFERENCES)
			return (struct vg_span){ NULL, 0 };
		value = vg_pdf_trim(cut(o->at, 0, DICT_BYTES));
	}
	return value;
}
struct vg_span vg_pdf_get(struct vg_pdf_doc *doc, struct vg_span dict, const char *name)
{
	return resolve(doc, vg_pdf_key(dict, name));
}
struct vg_span vg_pdf_nth(struct vg_pdf_doc *doc, struct vg_span array, unsigned idx)
{
	return resolve(doc, vg_pdf_item(array, idx));
}

/* Where the stream that begins at `off` ends: where its dictionary says, if "endstream" is there, else at the next. */
static size_t stream_end(struct vg_pdf_doc *doc, struct vg_span dict, size_t off)
{
	int64_t said = vg_pdf_number(vg_pdf_get(doc, dict, "Length"), 0);
	const struct vg_span *file = &doc->file;
	const uint8_t *found;

	if (said > 0 && (uint64_t)said <= file->n_bytes - off) {
		struct vg_span behind = vg_pdf_trim(cut(*file, off + (size_t)said, 32));
		if (behind.n_bytes >= 9 && !memcmp(behind.at, "endstream", 9))
			return off + (size_t)said;
	}
	found = memmem(file->at + off, file->n_bytes - off, "endstream", 9);
	return found ? (size_t)(found - file->at) : file->n_bytes;
}

/* Behind the keyword and its line's end; 0: it is another word. */
static size_t behind_keyword(const struct vg_span *file, size_t keyword_off)
{
	size_t off = keyword_off + 6;

	if (off < file->n_bytes && file->at[off] == '\r')
		off++;
	if (off < file->n_bytes && file->at[off] == '\n')
		off++;
	return off == keyword_off + 6 ? 0 : off;
}

bool vg_pdf_stream_of(struct vg_pdf_doc *doc, struct vg_span value, struct vg_pdf_stream *stream)
{
	struct vg_span behind;
	size_t off, end;

	/* those of object streams lie elsewhere, and are none */
	if (!vg_pdf_is_dict(value) || value.at < doc->file.at || value.at >= doc->file.at + doc->file.n_bytes)
		return false;
	behind = vg_pdf_trim(vg_pdf_behind(value));
	if (behind.n_bytes < 6 || memcmp(behind.at, "stream", 6))
		return false;
	off = behind_keyword(&doc->file, (size_t)(behind.at - doc->file.at));
	if (!off)
		return false;
	end = stream_end(doc, value, off);
	*stream = (struct vg_pdf_stream){ value, cut(doc->file, off, end - off) };
	return true;
}

/* The dictionary before a stream keyword: what lies behind the last "obj" before it that a dictionary follows. */
static struct vg_span dict_before(const struct vg_span *file, size_t keyword_off)
{
	size_t begin_off = keyword_off > DICT_BYTES ? keyword_off - DICT_BYTES : 0;
	struct vg_span dict;

	for (size_t i = keyword_off; i > begin_off + 3; i--) {
		if (memcmp(file->at + i - 3, "obj", 3))
			continue;
		dict = vg_pdf_trim((struct vg_span){ file->at + i, keyword_off - i });
		if (vg_pdf_is_dict(dict))
			return dict;
	}
	return (struct vg_span){ NULL, 0 };
}

/* Does the dictionary end behind the keyword? Then that is a word in it. One that never ends is broken, and is none. */
static bool reaches_over(struct vg_span dict, const struct vg_span *file, size_t keyword_off)
{
	struct vg_span behind = vg_pdf_behind(cut(*file, (size_t)(dict.at - file->at), DICT_BYTES));

	return behind.n_bytes && behind.at > file->at + keyword_off;
}

bool vg_pdf_next_stream(struct vg_pdf_doc *doc, size_t *off, struct vg_pdf_stream *stream)
{
	const struct vg_span *file = &doc->file;

	while (*off < file->n_bytes && vg_budget_time(doc->budget)) {
		const uint8_t *found = memmem(file->at + *off, file->n_bytes - *off, "stream", 6);
		size_t keyword_off, begin, end;
		if (!found)
			break;
		keyword_off = (size_t)(found - file->at);
		begin = behind_keyword(file, keyword_off);
		*off = begin ? begin : keyword_off + 6;
		if (!begin || (keyword_off >= 3 && !memcmp(found - 3, "end", 3)))
			continue;
		stream->dict = dict_before(file, keyword_off);
		if (!stream->dict.n_bytes || reaches_over(stream->dict, file, keyword_off))
			continue;
		end = stream_end(doc, stream->dict, begin);
		stream->bytes = cut(*file, begin, end - begin);
		*off = end;
		return true;
	}
	return false;
}

static enum vg_pdf_filter filter_of(struct vg_span name)
{
	static const struct {
		const char *name, *short_name;
		enum vg_pdf_filter filter;
	} filters[] = {
		{ "ASCIIHexDecode", "AHx", VG_PDF_HEX },  { "ASCII85Decode", "A85", VG_PDF_85 },
		{ "LZWDecode", "LZW", VG_PDF_LZW },       { "FlateDecode", "Fl", VG_PDF_FLATE },
		{ "RunLengthDecode", "RL", VG_PDF_RUNS }, { "DCTDecode", "DCT", VG_PDF_DCT },
		{ "JPXDecode", "JPX", VG_PDF_JPX },       { "CCITTFaxDecode", "CCF", VG_PDF_FAX },
		{ "JBIG2Decode", "JBIG2", VG_PDF_JBIG2 }, { "Crypt", "Crypt", VG_PDF_NONE },
	};

	for (unsigned i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (vg_pdf_is_name(name, filters[i].name) || vg_pdf_is_name(name, filters[i].short_name))
			return filters[i].filter;
	return VG_PDF_UNKNOWN;
}

void vg_pdf_chain_of(struct vg_pdf_doc *doc, struct vg_span dict, struct vg_pdf_chain *chain)
{
	struct vg_span filters = vg_pdf_get(doc, dict, "Filter"), parms = vg_pdf_get(doc, dict, "DecodeParms");

	memset(chain, 0, sizeof(*chain));
	for (unsigned i = 0; chain->picture == VG_PDF_NONE; i++) {
		struct vg_span name = vg_pdf_is_array(filters) ? vg_pdf_nth(doc, filters, i) : filters;
		struct vg_span its_parms = vg_pdf_is_array(parms) ? vg_pdf_nth(doc, parms, i) : parms;
		enum vg_pdf_filter filter;
		if (!name.n_bytes || (i && !vg_pdf_is_array(filters)))
			break;
		filter = i < VG_PDF_MAX_FILTERS ? filter_of(name) : VG_PDF_UNKNOWN;
		if (filter >= VG_PDF_DCT) {
			chain->picture = filter;
			chain->picture_parms = its_parms;
		} else if (filter != VG_PDF_NONE) {
			chain->filters[chain->n] = filter;
			chain->parms[chain->n++] = its_parms;
		}
	}
}

static bool undo_text(bool is_85, struct vg_span in, struct vg_pdf_out *out)
{
	uint8_t *text = in.n_bytes < SIZE_MAX / 8 ? malloc(VG_PDF_TEXT_MAX(in.n_bytes)) : NULL;
	size_t n;

	if (!text) {
		out->budget->spent = true;
		return false;
	}
	n = is_85 ? vg_pdf_text_85(in.at, in.n_bytes, text) : vg_pdf_text_hex(in.at, in.n_bytes, text);
	n = vg_pdf_put(out, text, n) || out->n == out->n_max;
	free(text);
	return n;
}

static bool undo(struct vg_pdf_doc *doc, enum vg_pdf_filter filter, struct vg_span parms, struct vg_span in,
		 struct vg_pdf_out *out)
{
	struct vg_pdf_predictor p = {
		.predictor = (unsigned)vg_pdf_number(vg_pdf_get(doc, parms, "Predictor"), 1),
		.n_colours = (unsigned)vg_pdf_number(vg_pdf_get(doc, parms, "Colors"), 1),
		.n_bits = (unsigned)vg_pdf_number(vg_pdf_get(doc, parms, "BitsPerComponent"), 8),
		.n_columns = (uint32_t)vg_pdf_number(vg_pdf_get(doc, parms, "Columns"), 1),
	};
	bool whole;

	switch (filter) {
	case VG_PDF_LZW:
		whole = vg_pdf_lzw(in, vg_pdf_number(vg_pdf_get(doc, parms, "EarlyChange"), 1) != 0, out);
		return vg_pdf_unpredict(&p, out) && whole;
	case VG_PDF_FLATE:
		whole = vg_pdf_inflate(in, out);
		return vg_pdf_unpredict(&p, out) && whole;
	case VG_PDF_RUNS:
		return vg_pdf_run_lengths(in, out);
	default:
		return undo_text(filter == VG_PDF_85, in, out);
	}
}

void vg_pdf_data_make(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, const struct vg_pdf_chain *chain,
		      size_t n_max, struct vg_pdf_data *data)
{
	*data = (struct vg_pdf_data){ stream->bytes, NULL, true };
	n_max = n_max < VG_PDF_MAX_STREAM ? n_max : VG_PDF_MAX_STREAM;
	for (unsigned i = 0; i < chain->n; i++) {
		struct vg_pdf_out out = { .budget = doc->budget,
					  .n_max = i + 1 < chain->n ? VG_PDF_MAX_STREAM : n_max };
		data->whole &= undo(doc, chain->filters[i], chain->parms[i], data->bytes, &out);
		free(data->own);
		data->own = out.at;
		data->bytes = (struct vg_span){ out.at, out.n };
	}
}

void vg_pdf_data_free(struct vg_pdf_data *data)
{
	free(data->own);
	data->own = NULL;
}
