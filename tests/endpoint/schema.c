/* schema: the endpoint's own check of what it receives. */
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/endpoint/endpoint.h"

__asm__(".section .rodata\n"
	".globl ep_xsd_begin, ep_xsd_end\n"
	"ep_xsd_begin: .incbin \"control/report/cybertip.xsd\"\n"
	"ep_xsd_end: .byte 0\n"
	".previous\n");

static void quiet(void *user, const char *format, ...)
{
	(void)user;
	(void)format;
}
static void first_error(void *user, xmlErrorPtr error)
{
	char *why = user;
	if (!*why && error->message)
		snprintf(why, 200, "line %d: %.150s", error->line, error->message);
}
xmlSchemaPtr ep_schema_load(void)
{
	xmlSchemaParserCtxtPtr ctxt = xmlSchemaNewMemParserCtxt(ep_xsd_begin, (int)(ep_xsd_end - ep_xsd_begin));
	xmlSchemaPtr schema;
	if (!ctxt)
		return NULL;
	xmlSchemaSetParserErrors(ctxt, quiet, quiet, NULL);
	schema = xmlSchemaParse(ctxt);
	xmlSchemaFreeParserCtxt(ctxt);
	return schema;
}

static char *value_of(xmlDocPtr doc, const char *path)
{
	xmlXPathContextPtr ctxt = xmlXPathNewContext(doc);
	xmlXPathObjectPtr found = ctxt ? xmlXPathEvalExpression((const xmlChar *)path, ctxt) : NULL;
	char *value = NULL;
	if (found && found->nodesetval && found->nodesetval->nodeNr > 0) {
		xmlChar *text = xmlNodeGetContent(found->nodesetval->nodeTab[0]);
		value = text ? strdup((const char *)text) : NULL;
		xmlFree(text);
	}
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(ctxt);
	return value;
}
static int is_true(const char *text)
{
	return text && (!strcmp(text, "true") || !strcmp(text, "1"));
}
/* CYBERTIP section 4, rules 1 to 4. Times are compared in UTC; an offset moves them. */
static int breaks_rules(xmlDocPtr doc, int is_report, char *why, size_t cap)
{
	char *a = value_of(doc,
			   is_report ? "/report/incidentSummary/incidentDateTime" : "/fileDetails/exifViewedByEsp");
	char *b = value_of(doc, is_report ? "/report/additionalInfo" : "/fileDetails/fileViewedByEsp");
	struct tm tm = { 0 };
	const char *rest = is_report && a ? strptime(a, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	int bad = 0;

	if (is_report && rest) {
		const char *sign = strpbrk(rest, "+-");
		time_t at = timegm(&tm);
		if (sign && strlen(sign) == 6)
			at -= (*sign == '-' ? -1 : 1) * (atoi(sign + 1) * 3600 + atoi(sign + 4) * 60);
		if (at > time(NULL)) {
			snprintf(why, cap, "incidentDateTime lies in the future");
			bad = 1;
		}
	}
	if (is_report && b && (b[strspn(b, " \t\r\n")] == 0 || xmlUTF8Strlen((const xmlChar *)b) > 3000)) {
		snprintf(why, cap, "additionalInfo is blank or too long");
		bad = 1;
	}
	if (!is_report && is_true(a) && !is_true(b)) {
		snprintf(why, cap, "exifViewedByEsp without fileViewedByEsp");
		bad = 1;
	}
	free(a);
	free(b);
	return bad;
}

enum ep_code ep_schema_check(xmlSchemaPtr schema, const char *root, const char *body, size_t n_body, xmlDocPtr *doc,
			     char *why, size_t cap)
{
	xmlSchemaValidCtxtPtr ctxt;
	enum ep_code code = EP_MALFORMED;

	*why = 0;
	*doc = body ? xmlReadMemory(body, (int)n_body, NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
		    : NULL;
	if (!*doc || (*doc)->intSubset || !xmlDocGetRootElement(*doc)) {
		snprintf(why, cap, "Malformed XML");
		goto out;
	}
	code = EP_VALIDATION;
	if (strcmp((const char *)xmlDocGetRootElement(*doc)->name, root)) {
		snprintf(why, cap, "the root is not %s", root);
		goto out;
	}
	ctxt = xmlSchemaNewValidCtxt(schema);
	if (!ctxt)
		goto out;
	xmlSchemaSetValidStructuredErrors(ctxt, first_error, why);
	if (!xmlSchemaValidateDoc(ctxt, *doc) && !breaks_rules(*doc, !strcmp(root, "report"), why, cap))
		code = EP_OK;
	xmlSchemaFreeValidCtxt(ctxt);
out:
	if (code != EP_OK) {
		xmlFreeDoc(*doc);
		*doc = NULL;
	}
	return code;
}
