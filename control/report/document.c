/* document: what a report says and what it does not. It names what was matched and how, who sent the bytes, when and
 * where; it says that no person looked; and it keeps apart the two directions: an upload names the sender, a download
 * names the host's customer and mentions the downloader only as recipient (CYBERTIP section 7). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/bytes.h>

#include "control/cases/carriers.h"
#include "control/cases/codings.h"
#include "control/report/document.h"
#include "control/report/nodes_priv.h"
#include "control/report/xml_text.h"

#define INCIDENT_TYPE "Child Pornography (possession, manufacture, and distribution)"

static void put_summary(xmlNodePtr root, const struct vg_case *c, const struct vg_reporter_card *card, int minimal,
			int64_t now_ns)
{
	xmlNodePtr summary = vg_node(root, "incidentSummary");
	int clamped;
	int64_t at_ns = vg_node_incident_ns(c, now_ns, &clamped);

	vg_node_put(summary, "incidentType", INCIDENT_TYPE, 100);
	if (!minimal)
		vg_node_put(summary, "platform", card->platform, 256);
	vg_node_time(summary, "incidentDateTime", at_ns);
	if (minimal)
		return;
	vg_node_put(summary, "incidentDateTimeDescription",
		    clamped ? "Time of the report: no plausible time of the transfer is known."
		    : c->origin.direction == VG_UPLOAD
			    ? "Time when the last byte of the upload was seen at the network edge."
			    : "Time when the last byte of the download was seen at the network edge; not the time of "
			      "upload.",
		    3000);
}

/* Whose network it was, as far as the packets say. */
static void note_carriers(struct vg_note *note, const struct vg_case_origin *o)
{
	char said[200];
	if (o->vlan_outer >= 0 && o->vlan_inner >= 0)
		vg_note_add(note, "VLAN %d, inside it VLAN %d.", o->vlan_outer, o->vlan_inner);
	else if (o->vlan_outer >= 0)
		vg_note_add(note, "VLAN %d.", o->vlan_outer);
	for (unsigned i = 0; i < o->n_tunnels && i < VG_CASE_TUNNELS; i++)
		vg_note_add(note, "%s: %s.", i ? "Inside that" : "The packets were carried by",
			    vg_carriers_say(&o->tunnels[i], said, sizeof(said)));
}

/* Whose clock the times of this report are by, and what was undone of the bytes (R1). */
static void note_seen(struct vg_note *note, const struct vg_case_origin *o)
{
	char said[VG_CODINGS_TEXT];
	if (o->clock == VG_CLOCK_SYNCED)
		vg_note_add(note,
			    "Times are UTC by the clock of the detecting system, synchronised; it may be wrong by at "
			    "most %lld microseconds (estimated error: %lld).",
			    (long long)o->clock_max_error_us, (long long)o->clock_error_us);
	else if (o->clock == VG_CLOCK_FREE)
		vg_note_add(note,
			    "Times are UTC by the clock of the detecting system, which was not synchronised then: "
			    "its error is not known.");
	else if (o->clock == VG_CLOCK_CAPTURE)
		vg_note_add(note, "Times are those of a recording; the error of its clock is not known.");
	if (o->codings || o->is_chunked)
		vg_note_add(note, "Codings of the transfer, undone in the file: %s.",
			    vg_codings_say(o->codings, o->is_chunked, said, sizeof(said)));
}

static void put_web_page(xmlNodePtr root, const struct vg_case *c, int minimal)
{
	const struct vg_case_origin *o = &c->origin;
	struct vg_note *note = calloc(1, sizeof(*note));
	xmlNodePtr page;
	int cut;

	if (!note)
		return;
	page = vg_node(vg_node(root, "internetDetails"), "webPageIncident");
	cut = vg_node_url(page, "url", o->url);
	if (cut)
		vg_note_add(note, "%s: %s.", cut > 0 ? "The URL is cut; as seen" : "Request target as seen",
			    vg_xml_is_blank(o->url) ? "none" : o->url);
	if (!minimal) {
		vg_note_add(note, "%s %s%s%s.", vg_proto_str(o->proto), vg_direction_str(o->direction),
			    o->method[0] ? ", method " : "", o->method);
		if (o->http_status)
			vg_note_add(note, "Status %u.", o->http_status);
		if (o->host[0])
			vg_note_add(note, "Host: %s.", o->host);
		if (o->src_ip[0] || o->dst_ip[0])
			vg_note_add(note, "The bytes went from %s port %u to %s port %u.", o->src_ip, o->src_port,
				    o->dst_ip, o->dst_port);
		if (o->is_client)
			vg_note_add(note, "The provider's own proxy named the client as %s.", o->forwarded_ip);
		else if (o->forwarded_ip[0])
			vg_note_add(note, "A proxy header named the client as %s.", o->forwarded_ip);
		if (o->agent[0])
			vg_note_add(note, "User-Agent: %s.", o->agent);
		if (o->claimed_type[0])
			vg_note_add(note, "Claimed content type: %s.", o->claimed_type);
		note_carriers(note, o);
		note_seen(note, o);
	}
	vg_note_put(page, note);
	free(note);
}

static void put_email(xmlNodePtr person, const char *address)
{
	vg_node_put(person, "email", address, 255);
	if (person->last && !strcmp((const char *)person->last->name, "email"))
		xmlNewProp(person->last, BAD_CAST "type", BAD_CAST "Business");
}
static void put_reporter(xmlNodePtr root, const struct vg_reporter_card *card, int minimal)
{
	xmlNodePtr reporter = vg_node(root, "reporter"), person = vg_node(reporter, "reportingPerson");

	if (!minimal) {
		vg_node_put(person, "firstName", card->first_name, 100);
		vg_node_put(person, "lastName", card->last_name, 100);
		vg_node_put(person, "phone", card->phone, 50);
	}
	put_email(person, card->email);
	if (minimal)
		return;
	if (!vg_xml_is_blank(card->legal_contact_email))
		put_email(vg_node(reporter, "contactPerson"), card->legal_contact_email);
	vg_node_put(reporter, "companyTemplate", card->company, 3000);
	vg_node_put(reporter, "termsOfService", card->terms, 3000);
	vg_node_url(reporter, "legalURL", card->legal_url);
}

/* An upload that came by the provider's own proxy: the client is whom that one named, and the address of the connection
 * is the proxy's. */
static void put_client(xmlNodePtr person, const struct vg_case_origin *o, int minimal)
{
	(void)vg_node_ip(person, o->forwarded_ip, "Upload", o->first_byte_ns, -1, 0);
	(void)vg_node_ip(person, o->src_ip, "Other", o->first_byte_ns, 1, o->src_port);
	if (!minimal)
		vg_node_put(
			person, "additionalInfo",
			"The first address is the uploader's, as a proxy of the provider named it; the second one is "
			"that proxy's.",
			3000);
}

/* Who sent an upload: the peer of the connection, which is certain; then the client a proxy header named, which is
 * worth as much as who wrote that header: any sender can. */
static void put_uploader(xmlNodePtr root, const struct vg_case *c, int minimal)
{
	const struct vg_case_origin *o = &c->origin;
	int forwarded = o->forwarded_ip[0] != 0;
	xmlNodePtr person = vg_node(root, "personOrUserReported");

	if (o->is_client) {
		put_client(person, o, minimal);
		return;
	}
	(void)vg_node_ip(person, o->src_ip, "Upload", o->first_byte_ns, forwarded ? 1 : -1, o->src_port);
	if (forwarded)
		(void)vg_node_ip(person, o->forwarded_ip, "Other", o->first_byte_ns, -1, 0);
	if (!person->children) {
		xmlUnlinkNode(person);
		xmlFreeNode(person);
	} else if (forwarded && !minimal) {
		vg_node_put(
			person, "additionalInfo",
			"The address without a port is what a header of the request named as the client. It is the "
			"uploader's where the other one is a proxy of the provider; else the sender may have made it "
			"up.",
			3000);
	}
}
/* Whose content a download was: the customer behind the host; the client only received it. */
static void put_customer(xmlNodePtr root, const struct vg_case *c, const struct vg_reporter_card *card, int minimal)
{
	const struct vg_case_origin *o = &c->origin;
	xmlNodePtr person = vg_node(root, "personOrUserReported"), recipient;

	vg_node_put(person, "espIdentifier", o->host, 255);
	if (!minimal && o->host[0])
		vg_node_put(person, "espService", card->platform, 100);
	(void)vg_node_ip(person, o->src_ip, "Other", o->first_byte_ns, -1, o->src_port);
	if (!person->children) {
		xmlUnlinkNode(person);
		xmlFreeNode(person);
	} else if (!minimal) {
		vg_node_put(
			person, "additionalInfo",
			"The reported party is the customer whose content was served from this address under the host "
			"name that the client asked for. "
			"The receiving client is not known to have put the file there.",
			3000);
	}
	if (minimal)
		return;
	recipient = vg_node(root, "intendedRecipient");
	if (o->forwarded_ip[0])
		(void)vg_node_ip(recipient, o->forwarded_ip, "Other", o->first_byte_ns, -1, 0);
	(void)vg_node_ip(recipient, o->dst_ip, "Other", o->first_byte_ns, o->forwarded_ip[0] ? 1 : -1, o->dst_port);
	if (!recipient->children) {
		xmlUnlinkNode(recipient);
		xmlFreeNode(recipient);
	}
}

/* One sentence a hit: exact or perceptual, distance, list, entry, generation (R2). */
static void note_hit(struct vg_note *note, unsigned no, const struct vg_case_hit *h, int is_partial)
{
	char how[160];
	if (h->exact)
		snprintf(how, sizeof(how), "exact %s match (%s)", vg_algo_str(h->algo),
			 is_partial ? "computed as it passed; its bytes are not all kept" : "recomputed");
	else if (h->algo == VG_ALGO_VPDQ)
		snprintf(how, sizeof(how),
			 "perceptual vpdq match: %u percent of its frames are like one of the listed video, %u percent "
			 "of "
			 "the listed video's like one of its",
			 h->query_percent, h->compared_percent);
	else if (h->algo == VG_ALGO_URL)
		snprintf(how, sizeof(how), "requested by a listed URL, its content is in no list: match");
	else if (h->algo == VG_ALGO_PLUGIN)
		snprintf(how, sizeof(how),
			 "perceptual %s (version %u of the provider's algorithm) match at distance %u bits",
			 vg_case_hit_algo(h), h->plugin_version, h->distance);
	else
		snprintf(how, sizeof(how), "perceptual %s match at distance %u of 256 bits, image variant %u",
			 vg_algo_str(h->algo), h->distance, h->variant);
	vg_note_add(note, "File %u: %s with list \"%s\"%s%s, entry \"%s\"%s%s, list generation %llu.", no, how, h->list,
		    h->source[0] ? " of " : "", h->source, h->entry_id, h->entry_class[0] ? ", class by the list " : "",
		    h->entry_class, (unsigned long long)h->generation);
}
static void note_file(struct vg_note *note, unsigned no, const struct vg_case_file *f)
{
	char sha256[65];
	vg_hex(f->sha256, sizeof(f->sha256), sha256);
	for (unsigned i = 0; i < f->n_hits && i < 8; i++)
		note_hit(note, no, &f->hits[i], f->partial);
	if (f->partial || !f->complete)
		vg_note_add(note, "File %u: %s; %llu bytes in all, SHA-256 %s.", no,
			    f->partial ? "only its beginning is enclosed" : "it was not seen to its end",
			    (unsigned long long)f->n_bytes, sha256);
	if (!f->evidence_id[0])
		vg_note_add(note, "File %u: its bytes were not kept; %llu bytes, SHA-256 %s.", no,
			    (unsigned long long)f->n_bytes, sha256);
}
static void put_info(xmlNodePtr root, const struct vg_case *c)
{
	struct vg_note *note = calloc(1, sizeof(*note));
	if (!note)
		return;
	vg_note_add(
		note,
		"Automated detection at the network edge of the reporting provider, which acts as a private party on "
		"its own. No person viewed the file%s.",
		c->n_files == 1 ? "" : "s");
	vg_note_add(note, "Vigil case %s.", c->name);
	if (c->perceptual_only)
		vg_note_add(note, "No match is exact.");
	if (c->origin.is_cut)
		vg_note_add(note,
			    "A head of the request or of the response was longer than what is kept: texts such as "
			    "URL, host, file name and user agent may be incomplete.");
	if (c->approved_by[0])
		vg_note_add(note,
			    "Released for reporting by an operator from its digests and metadata, without viewing.");
	for (unsigned i = 0; i < c->n_files; i++)
		note_file(note, i + 1, &c->files[i]);
	vg_note_put(root, note);
	free(note);
}

char *vg_doc_report(const struct vg_case *c, const struct vg_reporter_card *card, int minimal, int64_t now_ns,
		    size_t *n_bytes)
{
	xmlDocPtr doc = vg_node_doc("report");
	xmlNodePtr root;

	if (!doc)
		return NULL;
	root = xmlDocGetRootElement(doc);
	put_summary(root, c, card, minimal, now_ns);
	put_web_page(root, c, minimal);
	put_reporter(root, card, minimal);
	if (c->origin.direction == VG_UPLOAD)
		put_uploader(root, c, minimal);
	else
		put_customer(root, c, card, minimal);
	if (!minimal)
		put_info(root, c);
	return vg_node_text(doc, n_bytes);
}
