/* answer: a pull parser and a short list of expectations; nothing of the answer is believed but what stands here. */
#include <errno.h>
#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <vigil/base.h>
#include <vigil/bytes.h>

#include "control/report/answer.h"
#include "control/report/xml_text.h"

struct walk {
	xmlTextReaderPtr reader;
	struct vg_answer *answer;
	int has_code, in_files;
	unsigned n_nodes;
	char field[32]; /* the element whose text is being read, empty = none */
	char text[4096];
	size_t n_text;
};

/* Only encodings that keep ASCII as it is: then "<!" can be looked for in the bytes. The answer's own declaration
 * counts (the transport's charset was wrong in practice, CYBERTIP section 1). NULL: refused. */
static const char *encoding_of(const char *at, size_t n_bytes)
{
	static const char *const known[] = { "UTF-8", "ISO-8859-1", "US-ASCII", "ASCII" };
	const char *end, *name;

	if (n_bytes >= 3 && !memcmp(at, "\xef\xbb\xbf", 3)) {
		at += 3;
		n_bytes -= 3;
	}
	if (n_bytes < 5 || memcmp(at, "<?xml", 5))
		return "UTF-8";
	end = memmem(at, n_bytes, "?>", 2);
	if (!end)
		return NULL;
	name = memmem(at, (size_t)(end - at), "encoding", 8);
	if (!name)
		return "UTF-8";
	name += 8;
	name += strspn(name, " \t\r\n=\"'");
	for (size_t i = 0; i < VG_ARRAY_LEN(known); i++) {
		size_t n = strlen(known[i]);
		if (name + n < end && !strncasecmp(name, known[i], n) && (name[n] == '"' || name[n] == '\''))
			return known[i];
	}
	return NULL;
}
/* Declarations that define things. Comments and CDATA are harmless. */
static int has_declaration(const char *at, size_t n_bytes)
{
	const char *end = at + n_bytes;
	while (at < end && (at = memmem(at, (size_t)(end - at), "<!", 2))) {
		at += 2;
		if (end - at < 2 || (memcmp(at, "--", 2) && (end - at < 7 || memcmp(at, "[CDATA[", 7))))
			return 1;
	}
	return 0;
}

static int read_long(const char *text, int64_t *value)
{
	char *end;
	text += strspn(text, " \t\r\n");
	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno || end == text || !vg_xml_is_blank(end) ? -1 : 0;
}
/* An opaque token that will be put into documents, rows and a form: no room for surprises. */
static int read_token(const char *text, char *to, size_t cap)
{
	size_t n;
	text += strspn(text, " \t\r\n");
	n = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
	if (!n || n >= cap || !vg_xml_is_blank(text + n))
		return -1;
	memcpy(to, text, n);
	to[n] = 0;
	return 0;
}

static enum vg_step end_field(struct walk *w)
{
	struct vg_answer *a = w->answer;
	int64_t v;

	w->text[w->n_text] = 0;
	if (!strcmp(w->field, "responseCode")) {
		if (w->has_code++ || read_long(w->text, &v) || v < 0 || v > 1000000)
			return VG_BAD;
		a->code = (int32_t)v;
	} else if (!strcmp(w->field, "reportId")) {
		if (a->report_id || read_long(w->text, &v) || v <= 0)
			return VG_BAD;
		a->report_id = v;
	} else if (!strcmp(w->field, "fileId")) {
		char token[sizeof(a->file_id)];
		if (read_token(w->text, token, sizeof(token)))
			return VG_BAD;
		if (w->in_files)
			a->n_files++;
		else
			memcpy(a->file_id, token, sizeof(token));
	} else if (!strcmp(w->field, "hash")) {
		char digits[33];
		if (read_token(w->text, digits, sizeof(digits)) || strlen(digits) != 32 || vg_unhex(digits, a->md5, 16))
			return VG_BAD;
		a->has_md5 = 1;
	} else if (!strcmp(w->field, "responseDescription")) {
		vg_xml_legal(w->text, a->description, sizeof(a->description), sizeof(a->description) - 1);
	}
	w->field[0] = 0;
	return VG_MORE;
}
static enum vg_step begin_element(struct walk *w, const char *name, int depth, int is_empty)
{
	static const char *const fields[] = { "responseCode", "responseDescription", "reportId", "fileId", "hash" };

	if (depth == 0) {
		w->answer->done = !strcmp(name, "reportDoneResponse");
		return w->answer->done || !strcmp(name, "reportResponse") ? VG_MORE : VG_BAD;
	}
	if (w->field[0])
		return VG_BAD; /* an element inside a plain value */
	if (depth == 1 && !strcmp(name, "files"))
		w->in_files = !is_empty;
	for (size_t i = 0; i < VG_ARRAY_LEN(fields); i++)
		if (!strcmp(name, fields[i]) &&
		    (depth == 1 || (depth == 2 && w->in_files && !strcmp(name, "fileId")))) {
			memcpy(w->field, fields[i], strlen(fields[i]) + 1);
			w->n_text = 0;
			return is_empty ? end_field(w) : VG_MORE;
		}
	return VG_MORE;
}
static enum vg_step take_node(struct walk *w)
{
	const char *text;
	int depth = xmlTextReaderDepth(w->reader);

	if (++w->n_nodes > VG_ANSWER_MAX_NODES || depth > VG_ANSWER_MAX_DEPTH)
		return VG_BAD;
	switch (xmlTextReaderNodeType(w->reader)) {
	case XML_READER_TYPE_ELEMENT:
		if (xmlTextReaderConstPrefix(w->reader))
			return VG_BAD;
		return begin_element(w, (const char *)xmlTextReaderConstLocalName(w->reader), depth,
				     xmlTextReaderIsEmptyElement(w->reader));
	case XML_READER_TYPE_END_ELEMENT:
		if (depth == 1 && w->in_files && !strcmp((const char *)xmlTextReaderConstLocalName(w->reader), "files"))
			w->in_files = 0;
		return w->field[0] ? end_field(w) : VG_MORE;
	case XML_READER_TYPE_TEXT:
	case XML_READER_TYPE_CDATA:
	case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
		text = (const char *)xmlTextReaderConstValue(w->reader);
		if (w->field[0] && text) {
			size_t n = strlen(text), room = sizeof(w->text) - 1 - w->n_text;
			n = n < room ? n : room;
			memcpy(w->text + w->n_text, text, n);
			w->n_text += n;
		}
		return VG_MORE;
	case XML_READER_TYPE_DOCUMENT_TYPE:
	case XML_READER_TYPE_ENTITY:
	case XML_READER_TYPE_ENTITY_REFERENCE:
		return VG_BAD;
	default:
		return VG_MORE;
	}
}

enum vg_step vg_answer_parse(const void *bytes, size_t n_bytes, struct vg_answer *answer)
{
	struct walk w = { .answer = answer };
	const char *encoding;
	enum vg_step step = VG_MORE;
	int more = 0;

	memset(answer, 0, sizeof(*answer));
	if (!n_bytes || n_bytes > VG_ANSWER_MAX_BYTES || memchr(bytes, 0, n_bytes) || has_declaration(bytes, n_bytes) ||
	    !(encoding = encoding_of(bytes, n_bytes)))
		return VG_BAD;
	w.reader = xmlReaderForMemory(bytes, (int)n_bytes, NULL, encoding,
				      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!w.reader)
		return VG_BAD;
	while (step == VG_MORE && (more = xmlTextReaderRead(w.reader)) == 1)
		step = take_node(&w);
	xmlFreeTextReader(w.reader);
	return step == VG_MORE && more == 0 && w.has_code == 1 ? VG_DONE : VG_BAD;
}
