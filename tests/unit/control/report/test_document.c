/* Documents: valid against the schema whatever the wire said, and saying what they must and nothing they must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>

#include <vigil/attribution.h>

#include "control/report/document.h"
#include "control/report/schema.h"
#include "tests/lib/case_make.h"

#define NOW_NS 1795600000000000000

static struct vg_schema *schema;

static char *report_of(const struct vg_case *c, int minimal)
{
	struct vg_reporter_card card = case_card();
	char why[200], *text;
	size_t n;
	text = vg_doc_report(c, &card, minimal, NOW_NS, &n);
	assert_non_null(text);
	if (vg_schema_check(schema, text, n, why, sizeof(why)))
		fail_msg("%s in\n%s", why, text);
	return text;
}
static char *details_of(const struct vg_case *c, unsigned file_idx, int minimal)
{
	char why[200], *text;
	size_t n;
	text = vg_doc_file(c, file_idx, 4564654, "b0754af766b426f2928a02c651ed4b99", minimal, NOW_NS, &n);
	assert_non_null(text);
	if (vg_schema_check(schema, text, n, why, sizeof(why)))
		fail_msg("%s in\n%s", why, text);
	return text;
}
/* Text of the first node of an XPath; malloc'ed, "" where there is none. */
static char *at(const char *text, const char *path)
{
	xmlDocPtr doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL, 0);
	xmlXPathContextPtr ctxt = xmlXPathNewContext(doc);
	xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)path, ctxt);
	xmlChar *got = found && found->nodesetval && found->nodesetval->nodeNr
			       ? xmlNodeGetContent(found->nodesetval->nodeTab[0])
			       : NULL;
	char *copy = strdup(got ? (const char *)got : "");
	xmlFree(got);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(ctxt);
	xmlFreeDoc(doc);
	return copy;
}
static void expect(const char *text, const char *path, const char *want)
{
	char *got = at(text, path);
	assert_string_equal(got, want);
	free(got);
}
static void expect_part(const char *text, const char *path, const char *part)
{
	char *got = at(text, path);
	if (!strstr(got, part))
		fail_msg("\"%s\" is not in \"%s\"", part, got);
	free(got);
}

static void an_upload_names_its_sender(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	char *text = report_of(c, 0);
	(void)state;
	expect(text, "/report/personOrUserReported/ipCaptureEvent/ipAddress", "203.0.113.77");
	expect(text, "/report/personOrUserReported/ipCaptureEvent/port", "51514");
	expect(text, "/report/personOrUserReported/ipCaptureEvent/eventName", "Upload");
	expect(text, "/report/personOrUserReported/ipCaptureEvent/dateTime", "2026-11-24T06:00:00.000Z");
	expect(text, "/report/incidentSummary/incidentDateTime", "2026-11-24T06:00:00.250Z");
	expect(text, "/report/internetDetails/webPageIncident/url",
	       "http://customer-17.hoster.example/upload.php?id=1&x=%3Cy%3E");
	expect(text, "/report/reporter/reportingPerson/email", "abuse@hoster.example");
	expect_part(text, "/report/additionalInfo", "No person viewed the file.");
	expect_part(text, "/report/additionalInfo", "exact sha256 match");
	expect_part(text, "/report/additionalInfo", "\"demo list\" of made for tests, entry \"entry-0\"");
	expect_part(text, "/report/additionalInfo", "list generation 5");
	free(text);
	case_drop(c);
}
static void the_carriers_of_the_packets_are_named(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	char *text;
	(void)state;
	c->origin.vlan_outer = 12;
	c->origin.vlan_inner = 13;
	c->origin.n_tunnels = 2;
	c->origin.tunnels[0] = (struct vg_case_tunnel){ VG_TUNNEL_ERSPAN, 5, "192.0.2.1", "192.0.2.2" };
	c->origin.tunnels[1] = (struct vg_case_tunnel){ VG_TUNNEL_VXLAN, 42, "192.0.2.3", "192.0.2.4" };
	text = report_of(c, 0);
	expect_part(text, "/report/internetDetails/webPageIncident/additionalInfo",
		    "VLAN 12, inside it VLAN 13. The packets were carried by: ERSPAN session 5 from 192.0.2.1 to "
		    "192.0.2.2. Inside that: VXLAN vni 42 from 192.0.2.3 to 192.0.2.4.");
	free(text);
	case_drop(c);
}
static void codings_field_and_clock_are_in_the_documents(void **state)
{
	static const struct {
		unsigned clock;
		const char *said;
	} clocks[] = {
		{ VG_CLOCK_SYNCED,
		  "synchronised; it may be wrong by at most 1500 microseconds (estimated error: 20)." },
		{ VG_CLOCK_FREE, "was not synchronised then" },
		{ VG_CLOCK_CAPTURE, "those of a recording" },
	};
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	const char *at_page = "/report/internetDetails/webPageIncident/additionalInfo";
	char *text;
	size_t n;
	(void)state;
	c->origin.codings = VG_CODING_GZIP;
	c->origin.is_chunked = 1;
	c->origin.clock_max_error_us = 1500;
	c->origin.clock_error_us = 20;
	for (unsigned i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		c->origin.clock = clocks[i].clock;
		text = report_of(c, 0);
		expect_part(text, at_page, clocks[i].said);
		expect_part(text, at_page, "Codings of the transfer, undone in the file: gzip, chunked.");
		free(text);
	}
	snprintf(c->files[0].field, sizeof(c->files[0].field), "ph<o>to");
	c->files[0].transfer = VG_TRANSFER_BASE64;
	text = vg_doc_file(c, 0, 1, "f", 0, 1795600000000000000, &n);
	expect_part(text, "/fileDetails/additionalInfo", "Sent in the form field \"ph<o>to\".");
	expect_part(text, "/fileDetails/additionalInfo", "encoded as base64 there");
	free(text);
	case_drop(c);
}
static void a_sample_is_not_said_to_be_recomputed(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	char *text, *info;
	(void)state;
	c->files[0].partial = 1;
	text = report_of(c, 0);
	info = at(text, "/report/additionalInfo");
	assert_null(strstr(info, "(recomputed)"));
	assert_non_null(strstr(info, "not all kept"));
	free(info);
	free(text);
	case_drop(c);
}
static void a_forwarded_upload_names_client_and_proxy(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	char *text;
	(void)state;
	snprintf(c->origin.forwarded_ip, sizeof(c->origin.forwarded_ip), "2001:db8::7");
	text = report_of(c, 0);
	/* a sender can write any header: its own address comes first, and what is only claimed says so */
	expect(text, "/report/personOrUserReported/ipCaptureEvent[1]/ipAddress", "203.0.113.77");
	expect(text, "/report/personOrUserReported/ipCaptureEvent[1]/possibleProxy", "true");
	expect(text, "/report/personOrUserReported/ipCaptureEvent[2]/ipAddress", "2001:db8::7");
	expect(text, "/report/personOrUserReported/ipCaptureEvent[2]/eventName", "Other");
	expect(text, "/report/personOrUserReported/ipCaptureEvent[2]/port", "");
	expect_part(text, "/report/personOrUserReported/additionalInfo", "made it up");
	free(text);
	case_drop(c);
}
static void a_client_that_a_trusted_proxy_named_is_the_uploader(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	char *text;
	(void)state;
	snprintf(c->origin.forwarded_ip, sizeof(c->origin.forwarded_ip), "2001:db8::7");
	c->origin.is_client = 1;
	text = report_of(c, 0);
	expect(text, "/report/personOrUserReported/ipCaptureEvent[1]/ipAddress", "2001:db8::7");
	expect(text, "/report/personOrUserReported/ipCaptureEvent[1]/eventName", "Upload");
	expect(text, "/report/personOrUserReported/ipCaptureEvent[1]/possibleProxy", "");
	expect(text, "/report/personOrUserReported/ipCaptureEvent[2]/ipAddress", "203.0.113.77");
	expect(text, "/report/personOrUserReported/ipCaptureEvent[2]/eventName", "Other");
	expect(text, "/report/personOrUserReported/ipCaptureEvent[2]/possibleProxy", "true");
	expect_part(text, "/report/personOrUserReported/additionalInfo", "as a proxy of the provider named it");
	free(text);
	case_drop(c);
}
static void a_download_names_the_hosts_customer_and_not_the_client(void **state)
{
	struct vg_case *c = case_make(VG_DOWNLOAD, 1);
	char *text = report_of(c, 0), *person = at(text, "/report/personOrUserReported");
	(void)state;
	expect(text, "/report/personOrUserReported/espIdentifier", "customer-17.hoster.example");
	expect(text, "/report/personOrUserReported/ipCaptureEvent/ipAddress", "198.51.100.20");
	assert_null(strstr(person, "203.0.113.77"));
	expect(text, "/report/intendedRecipient/ipCaptureEvent/ipAddress", "203.0.113.77");
	free(person);
	free(text);
	text = details_of(c, 0, 0);
	expect(text, "/fileDetails/uploadedToEspTimestamp", "");
	free(text);
	case_drop(c);
}
static void file_details_carry_digests_and_the_match_and_no_verdict(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 2);
	char *text;
	(void)state;
	c->files[1].has_pdq = 1;
	c->files[1].pdq_quality = 88;
	c->files[1].hits[0].algo = VG_ALGO_PDQ;
	c->files[1].hits[0].exact = 0;
	c->files[1].hits[0].distance = 12;
	text = details_of(c, 1, 0);
	expect(text, "/fileDetails/fileViewedByEsp", "false");
	expect(text, "/fileDetails/exifViewedByEsp", "false");
	expect(text, "/fileDetails/originalFileName", "IMG_1.JPG");
	expect(text, "/fileDetails/uploadedToEspTimestamp", "2026-11-24T06:00:00.250Z");
	expect(text, "/fileDetails/originalFileHash[@hashType='MD5']", "11111111111111111111111111111111");
	expect_part(text, "/fileDetails/originalFileHash[@hashType='SHA1']", "2222");
	expect_part(text, "/fileDetails/originalFileHash[@hashType='SHA256']", "3333");
	expect_part(text, "/fileDetails/originalFileHash[@hashType='PDQ']", "0000");
	expect(text, "//nameValuePair[name='matchAlgorithm']/value", "pdq (perceptual)");
	expect(text, "//nameValuePair[name='matchDistanceBits']/value", "12");
	expect(text, "//nameValuePair[name='listEntryClass']/value", "A1");
	assert_null(strstr(text, "industryClassification"));
	free(text);
	case_drop(c);
}
static void a_film_is_said_to_match_by_shares_of_its_frames(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	char *text;
	(void)state;
	c->files[0].n_frames = 60;
	c->files[0].hits[0].algo = VG_ALGO_VPDQ;
	c->files[0].hits[0].exact = 0;
	c->files[0].hits[0].query_percent = 93;
	c->files[0].hits[0].compared_percent = 41;
	c->files[0].hits[0].frame = 25;
	text = details_of(c, 0, 0);
	expect(text, "//nameValuePair[name='matchAlgorithm']/value", "vpdq (perceptual)");
	expect(text, "//nameValuePair[name='matchFramesPercent']/value", "93");
	expect(text, "//nameValuePair[name='matchListedFramesPercent']/value", "41");
	expect(text, "//nameValuePair[name='matchFirstFrame']/value", "25");
	expect(text, "//nameValuePair[name='framesHashed']/value", "60");
	assert_null(strstr(text, "matchDistanceBits"));
	free(text);
	case_drop(c);
}
static void nothing_ever_says_that_a_person_looked(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	char *text;
	(void)state;
	c->fileviewed = 1; /* not even a case that claims it */
	snprintf(c->approved_by, sizeof(c->approved_by), "uid:1000");
	text = details_of(c, 0, 0);
	expect(text, "/fileDetails/fileViewedByEsp", "false");
	free(text);
	text = report_of(c, 0);
	expect_part(text, "/report/additionalInfo", "without viewing");
	assert_null(strstr(text, "uid:1000"));
	free(text);
	case_drop(c);
}
static void a_minimal_report_has_only_what_must_be(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	char *text = report_of(c, 1);
	(void)state;
	expect(text, "/report/personOrUserReported/ipCaptureEvent/ipAddress", "203.0.113.77");
	expect(text, "/report/internetDetails/webPageIncident/url",
	       "http://customer-17.hoster.example/upload.php?id=1&x=%3Cy%3E");
	expect(text, "/report/additionalInfo", "");
	expect(text, "/report/reporter/companyTemplate", "");
	free(text);
	text = details_of(c, 0, 1);
	expect(text, "/fileDetails/fileViewedByEsp", "false");
	assert_null(strstr(text, "additionalInfo"));
	free(text);
	case_drop(c);
}
static void times_in_the_future_or_missing_are_put_back_to_now(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	char *text;
	(void)state;
	c->origin.last_byte_ns = NOW_NS + 1;
	text = report_of(c, 0);
	expect(text, "/report/incidentSummary/incidentDateTime", "2026-11-25T09:46:40.000Z");
	expect_part(text, "/report/incidentSummary/incidentDateTimeDescription", "no plausible time");
	free(text);
	c->origin.last_byte_ns = c->origin.first_byte_ns = 0;
	text = report_of(c, 0);
	expect(text, "/report/incidentSummary/incidentDateTime", "2026-11-24T06:00:01.000Z");
	free(text);
	case_drop(c);
}

static void fill(char *text, size_t cap, unsigned *random, int kind)
{
	size_t n = kind == 0 ? 0 : kind == 1 ? cap - 1 : (unsigned)rand_r(random) % cap;
	for (size_t i = 0; i < n; i++)
		text[i] = kind == 3 ? "<&>\"']]>"[i % 8] : (char)(1 + rand_r(random) % 255);
	text[n] = 0;
}
/* One case with every text field empty, full, or of random bytes. */
static void spoil(struct vg_case *c, unsigned *random)
{
	struct vg_case_origin *o = &c->origin;
	int kind = rand_r(random) % 4;
#define FILL(x) fill((x), sizeof(x), random, kind)
	FILL(c->name), FILL(o->src_ip), FILL(o->dst_ip), FILL(o->forwarded_ip), FILL(o->host), FILL(o->method);
	FILL(o->agent), FILL(o->claimed_type), FILL(o->url);
	if (rand_r(random) % 2)
		memcpy(o->url, "http://h/", 9);
	if (rand_r(random) % 2)
		snprintf(o->src_ip, sizeof(o->src_ip), "2001:db8:ffff:ffff:ffff:ffff:255.255.255.255");
	o->src_port = (unsigned)rand_r(random) % 70000;
	o->dst_port = 0;
	o->http_status = (unsigned)rand_r(random);
	o->vlan_outer = rand_r(random) % 5000 - 1;
	o->first_byte_ns = (int64_t)rand_r(random) * rand_r(random) - 1000;
	o->last_byte_ns = (int64_t)((uint64_t)rand_r(random) * (unsigned)rand_r(random) * 4);
	c->perceptual_only = rand_r(random) % 2;
	for (unsigned i = 0; i < c->n_files; i++) {
		struct vg_case_file *f = &c->files[i];
		FILL(f->filename), FILL(f->member);
		f->n_bytes = UINT64_MAX;
		f->partial = rand_r(random) % 2;
		f->complete = rand_r(random) % 2;
		f->kind = (unsigned)rand_r(random) % 60;
		f->state = (unsigned)rand_r(random) % 7;
		f->has_pdq = rand_r(random) % 2;
		f->pdq_quality = rand_r(random) % 101;
		f->n_hits = (unsigned)rand_r(random) % 9;
		for (unsigned k = 0; k < 8; k++) {
			struct vg_case_hit *h = &f->hits[k];
			FILL(h->list), FILL(h->source), FILL(h->entry_id), FILL(h->entry_class), FILL(h->note);
			h->algo = (unsigned)rand_r(random) % 6;
			h->exact = rand_r(random) % 2;
			h->distance = (unsigned)rand_r(random);
		}
	}
}
static void documents_are_valid_whatever_the_wire_said(void **state)
{
	unsigned random = 20261124;
	(void)state;
	printf("seed %u\n", random);
	for (int round = 0; round < 400; round++) {
		struct vg_case *c = case_make(round % 2 ? VG_UPLOAD : VG_DOWNLOAD, round % 50 == 0 ? 40 : round % 3);
		spoil(c, &random);
		free(report_of(c, 0));
		free(report_of(c, 1));
		for (unsigned i = 0; i < c->n_files; i++) {
			free(details_of(c, i, 0));
			free(details_of(c, i, 1));
		}
		case_drop(c);
	}
}
static void an_empty_case_still_makes_a_valid_report(void **state)
{
	struct vg_case c = { .created_ns = 1 };
	(void)state;
	free(report_of(&c, 0));
	free(report_of(&c, 1));
}
static void many_files_are_counted_where_they_do_not_fit(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 60);
	char *text = report_of(c, 0), *info = at(text, "/report/additionalInfo");
	(void)state;
	assert_true(strlen(info) <= VG_DOC_NOTE);
	assert_non_null(strstr(info, "more remarks did not fit"));
	free(info);
	free(text);
	case_drop(c);
}
static void upload_names_are_neutral(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 2);
	char name[64];
	(void)state;
	vg_doc_upload_name(c, 1, name, sizeof(name));
	assert_string_equal(name, "file-2.jpg");
	c->files[0].kind = 9999;
	vg_doc_upload_name(c, 0, name, sizeof(name));
	assert_string_equal(name, "file-1.bin");
	case_drop(c);
}

static int make_schema(void **state)
{
	(void)state;
	schema = vg_schema_create();
	return schema ? 0 : -1;
}
static int drop_schema(void **state)
{
	(void)state;
	vg_schema_destroy(schema);
	return 0;
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_upload_names_its_sender),
		cmocka_unit_test(the_carriers_of_the_packets_are_named),
		cmocka_unit_test(codings_field_and_clock_are_in_the_documents),
		cmocka_unit_test(a_sample_is_not_said_to_be_recomputed),
		cmocka_unit_test(a_forwarded_upload_names_client_and_proxy),
		cmocka_unit_test(a_client_that_a_trusted_proxy_named_is_the_uploader),
		cmocka_unit_test(a_download_names_the_hosts_customer_and_not_the_client),
		cmocka_unit_test(file_details_carry_digests_and_the_match_and_no_verdict),
		cmocka_unit_test(nothing_ever_says_that_a_person_looked),
		cmocka_unit_test(a_film_is_said_to_match_by_shares_of_its_frames),
		cmocka_unit_test(a_minimal_report_has_only_what_must_be),
		cmocka_unit_test(times_in_the_future_or_missing_are_put_back_to_now),
		cmocka_unit_test(documents_are_valid_whatever_the_wire_said),
		cmocka_unit_test(an_empty_case_still_makes_a_valid_report),
		cmocka_unit_test(many_files_are_counted_where_they_do_not_fit),
		cmocka_unit_test(upload_names_are_neutral),
	};
	return cmocka_run_group_tests(tests, make_schema, drop_schema);
}
