/* schema: the XSD stands in the program itself, so that a reporter without files can still check what it sends. */
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/report/schema.h"

__asm__(".section .rodata\n"
	".balign 16\n"
	"vg_xsd_begin: .incbin \"control/report/cybertip.xsd\"\n"
	"vg_xsd_end: .byte 0\n"
	".balign 4\n"
	"vg_xsd_n_bytes: .long vg_xsd_end - vg_xsd_begin\n"
	".previous\n");
extern const char vg_xsd_begin[] __attribute__((visibility("hidden")));
extern const int vg_xsd_n_bytes __attribute__((visibility("hidden")));

struct vg_schema {
	xmlSchemaPtr schema;
	char *why;
	size_t cap;
};

static void be_quiet(void *user, const char *format, ...)
{
	(void)user;
	(void)format;
}
/* Keeps the first complaint, without the values it quotes. */
static void on_error(void *user, xmlErrorPtr error)
{
	struct vg_schema *schema = user;
	const char *name = error->node && ((xmlNodePtr)error->node)->name
				   ? (const char *)((xmlNodePtr)error->node)->name
				   : "document";
	if (schema->why && schema->cap && !*schema->why)
		snprintf(schema->why, schema->cap, "line %d, %s: rule %d", error->line, name, error->code);
}

void vg_schema_destroy(struct vg_schema *schema)
{
	if (!schema)
		return;
	xmlSchemaFree(schema->schema);
	free(schema);
}
struct vg_schema *vg_schema_create(void)
{
	struct vg_schema *schema = calloc(1, sizeof(*schema));
	xmlSchemaParserCtxtPtr ctxt = xmlSchemaNewMemParserCtxt(vg_xsd_begin, vg_xsd_n_bytes);

	if (schema && ctxt) {
		xmlSchemaSetParserErrors(ctxt, be_quiet, be_quiet, NULL);
		schema->schema = xmlSchemaParse(ctxt);
	}
	xmlSchemaFreeParserCtxt(ctxt);
	if (schema && !schema->schema) {
		free(schema);
		schema = NULL;
	}
	return schema;
}

enum vg_err vg_schema_check(struct vg_schema *schema, const char *document, size_t n_bytes, char *why, size_t cap)
{
	xmlDocPtr doc = NULL;
	xmlSchemaValidCtxtPtr ctxt = NULL;
	enum vg_err err = VG_EINVAL;

	if (cap)
		*why = 0;
	schema->why = why;
	schema->cap = cap;
	if (n_bytes <= 16u << 20)
		doc = xmlReadMemory(document, (int)n_bytes, NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!doc || doc->intSubset || doc->extSubset) {
		snprintf(why, cap, "not well-formed, or with a document type");
		goto out;
	}
	ctxt = xmlSchemaNewValidCtxt(schema->schema);
	if (!ctxt)
		goto out;
	xmlSchemaSetValidStructuredErrors(ctxt, on_error, schema);
	if (!xmlSchemaValidateDoc(ctxt, doc))
		err = VG_OK;
out:
	xmlSchemaFreeValidCtxt(ctxt);
	xmlFreeDoc(doc);
	schema->why = NULL;
	return err;
}
