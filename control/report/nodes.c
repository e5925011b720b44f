/* nodes: one place where texts become elements, so that none can forget to be made legal. */
#include <arpa/inet.h>
#include <libxml/xmlmemory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/report/document.h"
#include "control/report/nodes_priv.h"
#include "control/report/xml_text.h"

#define MAX_URL 2083 /* CYBERTIP section 4 */

void vg_note_add(struct vg_note *note, const char *format, ...)
{
	char sentence[4096], legal[4096];
	va_list args;
	size_t n;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	vg_xml_legal(sentence, legal, sizeof(legal), 1200);
	n = strlen(legal);
	/* Bytes are counted, which is stricter than characters; room is left for the closing remark. */
	if (note->n + n + 1 > VG_DOC_NOTE - 60) {
		note->n_dropped++;
		return;
	}
	if (note->n)
		note->text[note->n++] = ' ';
	memcpy(note->text + note->n, legal, n + 1);
	note->n += n;
}
void vg_note_put(xmlNodePtr parent, struct vg_note *note)
{
	if (note->n_dropped)
		snprintf(note->text + note->n, sizeof(note->text) - note->n, " [%u more remarks did not fit]",
			 note->n_dropped);
	vg_node_put(parent, "additionalInfo", note->text, VG_DOC_NOTE);
}

xmlDocPtr vg_node_doc(const char *root_name)
{
	xmlDocPtr doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNodePtr root = doc ? xmlNewNode(NULL, (const xmlChar *)root_name) : NULL;
	xmlNsPtr xsi;

	if (!root) {
		xmlFreeDoc(doc);
		return NULL;
	}
	xmlDocSetRootElement(doc, root);
	xsi = xmlNewNs(root, BAD_CAST "http://www.w3.org/2001/XMLSchema-instance", BAD_CAST "xsi");
	xmlNewNsProp(root, xsi, BAD_CAST "noNamespaceSchemaLocation", BAD_CAST "https://report.cybertip.org/ispws/xsd");
	return doc;
}
char *vg_node_text(xmlDocPtr doc, size_t *n_bytes)
{
	xmlChar *dump = NULL;
	int n = 0;
	char *text = NULL;

	xmlDocDumpFormatMemoryEnc(doc, &dump, &n, "UTF-8", 1);
	xmlFreeDoc(doc);
	if (dump && n > 0)
		text = strndup((const char *)dump, (size_t)n);
	xmlFree(dump);
	*n_bytes = text ? strlen(text) : 0;
	return text;
}

xmlNodePtr vg_node(xmlNodePtr parent, const char *name)
{
	return xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);
}
int vg_node_put(xmlNodePtr parent, const char *name, const char *text, size_t max_units)
{
	size_t cap = 4 * max_units + 1;
	char *legal;
	int cut;

	if (vg_xml_is_blank(text))
		return 0;
	legal = malloc(cap);
	if (!legal)
		return 1;
	cut = vg_xml_legal(text, legal, cap, max_units);
	xmlNewTextChild(parent, NULL, (const xmlChar *)name, (const xmlChar *)legal);
	free(legal);
	return cut;
}
int vg_node_url(xmlNodePtr parent, const char *name, const char *url)
{
	char encoded[MAX_URL + 1];
	int cut = vg_xml_url(url, encoded, sizeof(encoded), MAX_URL);
	if (cut >= 0)
		xmlNewTextChild(parent, NULL, (const xmlChar *)name, (const xmlChar *)encoded);
	return cut;
}
void vg_node_time(xmlNodePtr parent, const char *name, int64_t wall_ns)
{
	char text[32];
	vg_xml_time(wall_ns, text);
	xmlNewTextChild(parent, NULL, (const xmlChar *)name, (const xmlChar *)text);
}
void vg_node_bool(xmlNodePtr parent, const char *name, int value)
{
	xmlNewTextChild(parent, NULL, (const xmlChar *)name, (const xmlChar *)(value ? "true" : "false"));
}
int vg_node_ip(xmlNodePtr parent, const char *ip, const char *event, int64_t wall_ns, int proxy, unsigned port)
{
	uint8_t address[16];
	char number[16];
	xmlNodePtr node;

	if (inet_pton(AF_INET, ip, address) != 1 && inet_pton(AF_INET6, ip, address) != 1)
		return -1;
	node = vg_node(parent, "ipCaptureEvent");
	vg_node_put(node, "ipAddress", ip, 64);
	vg_node_put(node, "eventName", event, 20);
	if (wall_ns > 0)
		vg_node_time(node, "dateTime", wall_ns);
	if (proxy >= 0)
		vg_node_bool(node, "possibleProxy", proxy);
	if (port >= 1 && port <= 65535) {
		snprintf(number, sizeof(number), "%u", port);
		vg_node_put(node, "port", number, 8);
	}
	return 0;
}
int64_t vg_node_incident_ns(const struct vg_case *c, int64_t now_ns, int *clamped)
{
	int64_t at = c->origin.last_byte_ns > 0 ? c->origin.last_byte_ns : c->created_ns;
	*clamped = at <= 0 || at > now_ns;
	return *clamped ? now_ns : at;
}
