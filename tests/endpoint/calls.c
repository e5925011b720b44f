/* calls: /status /xsd /submit /upload /fileinfo /finish /retract as CYBERTIP sections 2 and 3 describe them. */
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/endpoint/endpoint.h"

static void put(struct ep_answer *a, enum ep_code code, const char *description, int64_t id, const char *more)
{
	char report_id[64] = "";
	if (id)
		snprintf(report_id, sizeof(report_id), "<reportId>%lld</reportId>", (long long)id);
	a->http_status = 200;
	a->code = code;
	snprintf(a->text, sizeof(a->text),
		 "<?xml version=\"1.0\" encoding=\"UTF-8\" "
		 "standalone=\"yes\"?>\n<reportResponse><responseCode>%d</responseCode>"
		 "<responseDescription>%s</responseDescription>%s%s</reportResponse>\n",
		 code, description, report_id, more);
}
static void refuse(struct ep_answer *a, enum ep_code code, const char *why)
{
	char plain[256];
	snprintf(plain, sizeof(plain), "%s", why);
	for (char *p = plain; *p; p++)
		if (*p == '<' || *p == '>' || *p == '&' || (unsigned char)*p < 32)
			*p = ' ';
	put(a, code, plain, 0, "");
}
/* The report of a call if it is still open; otherwise the answer says why not. */
static struct ep_report *open_report(struct endpoint *ep, int64_t id, struct ep_answer *a)
{
	struct ep_report *r = ep_report_find(ep, id);
	if (!r || r->state == EP_EXPIRED) {
		refuse(a, EP_NO_REPORT, "Report does not exist");
		return NULL;
	}
	if (r->state == EP_GONE) {
		refuse(a, EP_RETRACTED, "Report has already been retracted");
		return NULL;
	}
	if (r->state == EP_DONE) {
		refuse(a, EP_FINISHED, "Report has already been finished");
		return NULL;
	}
	return r;
}
static void save(struct endpoint *ep, struct ep_report *r, struct ep_answer *a)
{
	r->changed_ns = ep_now_ns();
	if (ep_report_save(ep, r))
		refuse(a, EP_SERVER_ERROR, "Server error");
}

static void do_submit(struct endpoint *ep, struct ep_request *rq, struct ep_answer *a)
{
	char why[256], path[2200];
	struct ep_report *r;
	xmlDocPtr doc;
	enum ep_code code = ep_schema_check(ep->schema, "report", rq->body, rq->n_body, &doc, why, sizeof(why));

	if (code != EP_OK) {
		refuse(a, code, why[0] ? why : "Validation failed");
		return;
	}
	xmlFreeDoc(doc);
	r = ep_report_new(ep);
	if (!r) {
		refuse(a, EP_SERVER_ERROR, "Server error");
		return;
	}
	ep_report_path(ep, r->id, "report.xml", path, sizeof(path));
	put(a, EP_OK, "Success", r->id, "");
	if (ep_write_file(path, rq->body, rq->n_body, 0600))
		refuse(a, EP_SERVER_ERROR, "Server error");
	else
		save(ep, r, a);
}
static void hex(const uint8_t *bytes, size_t n, char *text)
{
	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}
static void do_upload(struct endpoint *ep, struct ep_request *rq, struct ep_answer *a)
{
	struct ep_report *r = open_report(ep, atoll(rq->id_text), a);
	uint8_t random[16], digest[32];
	char path[2200], name[64], more[160], shown[33];
	struct ep_file *f;

	if (!r)
		return;
	if (!rq->has_file || rq->io_failed) {
		refuse(a, rq->io_failed ? 1111 : EP_INVALID, "No file");
		return;
	}
	f = ep_report_add_file(ep, r);
	if (!f || gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random)) < 0) {
		refuse(a, EP_SERVER_ERROR, "Server error");
		return;
	}
	hex(random, sizeof(random), f->id);
	gnutls_hash_output(rq->md5, digest);
	hex(digest, 16, f->md5);
	gnutls_hash_output(rq->sha256, digest);
	hex(digest, 32, f->sha256);
	snprintf(f->name, sizeof(f->name), "%s", rq->part_name);
	f->n_bytes = rq->n_part;
	snprintf(name, sizeof(name), "file-%s", f->id);
	ep_report_path(ep, r->id, name, path, sizeof(path));
	snprintf(shown, sizeof(shown), "%s", f->md5);
	if (!strcmp(rq->fault.kind, "md5"))
		shown[0] = shown[0] == '0' ? '1' : '0';
	snprintf(more, sizeof(more), "<fileId>%s</fileId><hash>%s</hash>", f->id, shown);
	put(a, EP_OK, "Success", r->id, more);
	if (fflush(rq->part) || fsync(fileno(rq->part)) || rename(rq->part_path, path))
		refuse(a, EP_SERVER_ERROR, "Server error");
	else
		save(ep, r, a);
}
static char *child(xmlDocPtr doc, const char *name)
{
	for (xmlNodePtr n = xmlDocGetRootElement(doc)->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && !strcmp((const char *)n->name, name))
			return (char *)xmlNodeGetContent(n);
	return NULL;
}
static void do_fileinfo(struct endpoint *ep, struct ep_request *rq, struct ep_answer *a)
{
	char why[256], path[2200], name[64];
	xmlDocPtr doc;
	enum ep_code code = ep_schema_check(ep->schema, "fileDetails", rq->body, rq->n_body, &doc, why, sizeof(why));
	struct ep_file *f = NULL;
	struct ep_report *r;
	char *id, *file_id;

	if (code != EP_OK) {
		refuse(a, code, why[0] ? why : "Validation failed");
		return;
	}
	id = child(doc, "reportId");
	file_id = child(doc, "fileId");
	r = open_report(ep, id ? atoll(id) : 0, a);
	for (unsigned i = 0; r && file_id && i < r->n_files; i++)
		if (!strcmp(r->files[i].id, file_id))
			f = &r->files[i];
	if (r && !f)
		refuse(a, EP_NO_FILE, "File does not exist");
	if (f) {
		snprintf(name, sizeof(name), "details-%s.xml", f->id);
		ep_report_path(ep, r->id, name, path, sizeof(path));
		f->described = 1;
		put(a, EP_OK, "Success", r->id, "");
		if (ep_write_file(path, rq->body, rq->n_body, 0600))
			refuse(a, EP_SERVER_ERROR, "Server error");
		else
			save(ep, r, a);
	}
	xmlFree(id);
	xmlFree(file_id);
	xmlFreeDoc(doc);
}
static void do_finish(struct endpoint *ep, struct ep_request *rq, struct ep_answer *a)
{
	struct ep_report *r = open_report(ep, atoll(rq->id_text), a);
	size_t n;

	if (!r)
		return;
	r->state = EP_DONE;
	a->http_status = 200;
	a->code = EP_OK;
	n = (size_t)snprintf(a->text, sizeof(a->text),
			     "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<reportDoneResponse>"
			     "<responseCode>0</responseCode><reportId>%lld</reportId><files>",
			     (long long)r->id);
	for (unsigned i = 0; i < r->n_files && n < sizeof(a->text) - 200; i++)
		n += (size_t)snprintf(a->text + n, sizeof(a->text) - n, "<fileId>%s</fileId>", r->files[i].id);
	snprintf(a->text + n, sizeof(a->text) - n, "</files></reportDoneResponse>\n");
	save(ep, r, a);
}
static void do_retract(struct endpoint *ep, struct ep_request *rq, struct ep_answer *a)
{
	struct ep_report *r = open_report(ep, atoll(rq->id_text), a);
	if (!r)
		return;
	r->state = EP_GONE;
	put(a, EP_OK, "Success", r->id, "");
	save(ep, r, a);
}
static void do_status(struct endpoint *ep, struct ep_request *rq, struct ep_answer *a)
{
	char text[200];
	(void)rq;
	snprintf(text, sizeof(text), "Remote User : %s, Remote Ip : 127.0.0.1", ep->user);
	put(a, EP_OK, text, 0, "");
}

static const struct {
	const char *call, *method;
	void (*fn)(struct endpoint *, struct ep_request *, struct ep_answer *);
} calls[] = {
	{ "status", "GET", do_status },      { "submit", "POST", do_submit }, { "upload", "POST", do_upload },
	{ "fileinfo", "POST", do_fileinfo }, { "finish", "POST", do_finish }, { "retract", "POST", do_retract },
};

/* Faults that answer instead of the call. Returns 1 where one did. */
static int answered_by_fault(struct ep_request *rq, struct ep_answer *a)
{
	const char *kind = rq->fault.kind;
	if (!strcmp(kind, "4100")) {
		refuse(a, EP_VALIDATION, "Validation failed");
	} else if (!strcmp(kind, "500") || !strcmp(kind, "503") || !strcmp(kind, "429")) {
		a->http_status = (unsigned)atoi(kind);
		snprintf(a->text, sizeof(a->text), "<html><body>%s</body></html>\n", kind);
	} else if (!strcmp(kind, "401")) {
		a->http_status = 401;
	} else if (!strcmp(kind, "cut")) {
		a->drop = 1;
	} else {
		return 0;
	}
	return 1;
}
static void spoil(struct ep_request *rq, struct ep_answer *a)
{
	const char *kind = rq->fault.kind;
	if (!strcmp(kind, "lost"))
		a->drop = 1;
	else if (!strcmp(kind, "rubbish"))
		snprintf(a->text, sizeof(a->text), "<html><body>It works!</body></html>\n");
	else if (!strcmp(kind, "doctype"))
		snprintf(a->text, sizeof(a->text),
			 "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"0\">]><reportResponse><responseCode>&a;"
			 "</responseCode><responseDescription/></reportResponse>");
}

void ep_call(struct endpoint *ep, struct ep_request *rq, const char *method, struct ep_answer *a)
{
	size_t i = 0, n_calls = sizeof(calls) / sizeof(calls[0]);

	memset(a, 0, sizeof(*a));
	if (!strcmp(rq->fault.kind, "expire"))
		ep_reports_expire(ep, -1);
	ep_reports_expire(ep, 0);
	while (i < n_calls && strcmp(calls[i].call, rq->call))
		i++;
	if (answered_by_fault(rq, a)) {
		/* no effect */
	} else if (rq->cut) {
		a->drop = 1;
	} else if (i == n_calls) {
		refuse(a, EP_NOT_FOUND, "Resource not found");
		a->http_status = 404;
	} else if (strcmp(method, calls[i].method) || rq->too_long) {
		refuse(a, EP_INVALID, "Invalid request");
	} else {
		calls[i].fn(ep, rq, a);
		spoil(rq, a);
	}
	json_array_append_new(ep->log, json_pack("{s:s,s:i,s:i,s:b,s:s}", "call", rq->call, "http", (int)a->http_status,
						 "code", (int)a->code, "dropped", a->drop, "fault", rq->fault.kind));
}
