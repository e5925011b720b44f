/* document_file: fileDetails: the digests of the file as it was transferred, why it matched, and that nobody viewed
 * it. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/bytes.h>

#include "control/report/document.h"
#include "control/report/nodes_priv.h"
#include "control/report/xml_text.h"

/* Not made, of a file that was not kept whole. */
static bool is_made(const uint8_t *digest, size_t n_bytes)
{
	static const uint8_t none[32];
	return memcmp(digest, none, n_bytes) != 0;
}
static void put_digest(xmlNodePtr root, const char *type, const uint8_t *digest, size_t n_bytes)
{
	char text[65];
	xmlNodePtr node;
	vg_hex(digest, n_bytes, text);
	node = xmlNewTextChild(root, NULL, BAD_CAST "originalFileHash", (const xmlChar *)text);
	xmlNewProp(node, BAD_CAST "hashType", (const xmlChar *)type);
}
static void put_pair(xmlNodePtr details, const char *name, const char *value)
{
	xmlNodePtr pair;
	if (vg_xml_is_blank(value))
		return;
	pair = vg_node(details, "nameValuePair");
	vg_node_put(pair, "name", name, 64);
	vg_node_put(pair, "value", value, 512);
}
static void put_number(xmlNodePtr details, const char *name, unsigned long long value)
{
	char text[24];
	snprintf(text, sizeof(text), "%llu", value);
	put_pair(details, name, text);
}
static void put_hit(xmlNodePtr root, const struct vg_case_file *f, const struct vg_case_hit *h)
{
	char how[64];
	xmlNodePtr details = vg_node(root, "details");

	xmlNewProp(details, BAD_CAST "type", BAD_CAST "HASH");
	snprintf(how, sizeof(how), "%s (%s)", vg_case_hit_algo(h), vg_case_hit_why(h));
	put_pair(details, "matchAlgorithm", how);
	if (h->algo == VG_ALGO_VPDQ) {
		put_number(details, "matchFramesPercent", h->query_percent);
		put_number(details, "matchListedFramesPercent", h->compared_percent);
		put_number(details, "matchFirstFrame", h->frame);
		put_number(details, "framesHashed", f->n_frames);
	} else if (h->algo == VG_ALGO_PLUGIN) {
		put_number(details, "matchAlgorithmVersion", h->plugin_version);
		put_number(details, "matchDistanceBits", h->distance);
	} else if (!h->exact && h->algo != VG_ALGO_URL) {
		put_number(details, "matchDistanceBits", h->distance);
		put_number(details, "matchVariant", h->variant);
		if (f->has_pdq)
			put_number(details, "pdqQuality", (unsigned)f->pdq_quality);
	}
	put_pair(details, "listName", h->list);
	put_pair(details, "listSource", h->source);
	put_pair(details, "listEntry", h->entry_id);
	put_pair(details, "listEntryClass", h->entry_class);
	put_number(details, "listGeneration", h->generation);
}
static void put_notes(xmlNodePtr root, const struct vg_case *c, const struct vg_case_file *f)
{
	struct vg_note *note = calloc(1, sizeof(*note));
	if (!note)
		return;
	vg_note_add(
		note,
		"No person at the reporting provider viewed this file. Its digests are of the bytes as transferred, "
		"after transfer and content codings were undone; nothing was converted.");
	vg_note_add(note, "Kind by its first bytes: %s. %llu bytes.", vg_kind_str(f->kind),
		    (unsigned long long)f->n_bytes);
	if (f->member[0])
		vg_note_add(note, "Part of a larger body, named \"%s\" there.", f->member);
	if (f->field[0])
		vg_note_add(note, "Sent in the form field \"%s\".", f->field);
	if (f->transfer)
		vg_note_add(note, "It was encoded as %s there, which was undone.", vg_transfer_str(f->transfer));
	if (f->partial)
		vg_note_add(note, "Only the first %llu bytes are enclosed; the digests are of the whole file.",
			    (unsigned long long)f->n_sample_bytes);
	if (!f->complete)
		vg_note_add(note, "The transfer was not seen to its end (%s): the digests are of what was seen.",
			    vg_state_str(f->state));
	if (c->origin.hold == VG_HOLD_STOPPED)
		vg_note_add(note,
			    "The transfer was stopped: %u percent of its bytes (%llu of %llu) reached the receiver.",
			    vg_case_passed_percent(&c->origin), (unsigned long long)c->origin.hold_passed_bytes,
			    (unsigned long long)c->origin.body_bytes);
	else if (c->blocks)
		vg_note_add(note, "The transfer was not stopped.");
	if (c->origin.direction != VG_UPLOAD)
		vg_note_add(note, "Seen while it was downloaded; when it was uploaded is not known.");
	vg_note_put(root, note);
	free(note);
}

char *vg_doc_file(const struct vg_case *c, unsigned file_idx, int64_t report_id, const char *file_id, int minimal,
		  int64_t now_ns, size_t *n_bytes)
{
	const struct vg_case_file *f = &c->files[file_idx];
	const struct vg_case_origin *o = &c->origin;
	xmlDocPtr doc = vg_node_doc("fileDetails");
	xmlNodePtr root;
	char number[24];
	int clamped;

	if (!doc)
		return NULL;
	root = xmlDocGetRootElement(doc);
	snprintf(number, sizeof(number), "%lld", (long long)report_id);
	vg_node_put(root, "reportId", number, 24);
	vg_node_put(root, "fileId", file_id, 72);
	if (!minimal) {
		vg_node_put(root, "originalFileName", f->filename[0] ? f->filename : f->member, 2056);
		if (o->direction == VG_UPLOAD)
			vg_node_time(root, "uploadedToEspTimestamp", vg_node_incident_ns(c, now_ns, &clamped));
		(void)vg_node_url(root, "locationOfFile", o->url);
	}
	vg_node_bool(root, "fileViewedByEsp", 0);
	vg_node_bool(root, "exifViewedByEsp", 0);
	if (!minimal)
		vg_node_put(root, "fileRelevance", "Reported", 20);
	if (is_made(f->md5, sizeof(f->md5)))
		put_digest(root, "MD5", f->md5, sizeof(f->md5));
	if (is_made(f->sha1, sizeof(f->sha1)))
		put_digest(root, "SHA1", f->sha1, sizeof(f->sha1));
	if (is_made(f->sha256, sizeof(f->sha256)))
		put_digest(root, "SHA256", f->sha256, sizeof(f->sha256));
	if (f->has_pdq)
		put_digest(root, "PDQ", f->pdq, sizeof(f->pdq));
	if (!minimal) {
		(void)vg_node_ip(root, o->src_ip, o->direction == VG_UPLOAD ? "Upload" : "Other", o->first_byte_ns, -1,
				 o->src_port);
		for (unsigned i = 0; i < f->n_hits && i < 8; i++)
			put_hit(root, f, &f->hits[i]);
		put_notes(root, c, f);
	}
	return vg_node_text(doc, n_bytes);
}

void vg_doc_upload_name(const struct vg_case *c, unsigned file_idx, char *name, size_t cap)
{
	const char *kind = vg_kind_str(c->files[file_idx].kind), *slash = strchr(kind, '/');
	const char *end = !slash || !strcmp(slash, "/octet-stream") ? "bin"
			  : !strcmp(slash, "/jpeg")                 ? "jpg"
								    : slash + 1;
	char safe[16];
	size_t n = 0;

	for (; *end && n < sizeof(safe) - 1; end++)
		if ((*end >= 'a' && *end <= 'z') || (*end >= '0' && *end <= '9'))
			safe[n++] = *end;
	safe[n] = 0;
	snprintf(name, cap, "file-%u.%s", file_idx + 1, safe);
}
