#pragma once
/* endpoint: vigil-endpoint, a local reporting endpoint for demo and tests: speaks the reporting API as
 * docs/reporting.md describes it, by its own code: nothing of control/ is in it, so a fault there is not mirrored
 * here. Durable in DIR. Threads: one per connection; `lock` guards everything but what is constant after start. */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>
#include <libxml/xmlschemas.h>
#include <microhttpd.h>

#define EP_MAX_BODY (4u << 20) /* of a document */

/* Response codes (CYBERTIP section 3). */
enum ep_code {
	EP_OK = 0,
	EP_SERVER_ERROR = 1000,
	EP_NOT_FOUND = 1210,
	EP_INVALID = 4000,
	EP_VALIDATION = 4100,
	EP_MALFORMED = 4110,
	EP_NO_REPORT = 5001,
	EP_NO_FILE = 5002,
	EP_RETRACTED = 5101,
	EP_FINISHED = 5102,
};
enum ep_state { EP_OPEN, EP_DONE, EP_GONE, EP_EXPIRED }; /* open, finished, retracted, expired */
struct ep_file {
	char id[33], md5[33], sha256[65], name[256];
	uint64_t n_bytes;
	int described;
};
struct ep_report {
	int64_t id, opened_ns, changed_ns;
	enum ep_state state;
	unsigned n_files;
	struct ep_file *files;
	struct ep_report *next; /* newest first */
};
/* An armed fault; it strikes `times` times, after letting `after` calls pass. */
struct ep_fault {
	char call[16], kind[16];
	unsigned times, after, ms;
	struct ep_fault *next;
};
struct endpoint {
	pthread_mutex_t lock;
	char dir[2048], auth[600]; /* auth: the whole expected Authorization header */
	char user[128];
	double clock_scale;
	uint16_t port;
	xmlSchemaPtr schema;
	struct ep_report *reports;
	struct ep_fault *faults;
	json_t *log; /* one object for each call */
	char *key_pem, *cert_pem;
};
/* One request while its body comes in. */
struct ep_request {
	char call[16];
	struct ep_fault fault; /* kind empty = none */
	char *body;
	size_t n_body;
	int too_long, cut;
	/* form */
	struct MHD_PostProcessor *form;
	char id_text[32], part_name[256];
	char part_path[2200];
	FILE *part;
	void *md5, *sha256; /* gnutls_hash_hd_t */
	uint64_t n_part;
	int has_file, io_failed;
};
/* The answer of a call. */
struct ep_answer {
	unsigned http_status;
	enum ep_code code;
	char text[4096]; /* whole XML body; empty = none */
	int drop;        /* close the connection instead of answering */
};

/* tls.c: CA and server certificate, made in DIR where absent; password likewise. 0 or -1. */
int ep_tls_prepare(struct endpoint *ep);
int ep_password_prepare(struct endpoint *ep, char *password, size_t cap);
/* schema.c */
extern const char ep_xsd_begin[], ep_xsd_end[];
xmlSchemaPtr ep_schema_load(void);
/* 0 = valid; else EP_MALFORMED or EP_VALIDATION with why. Checks root, schema and the rules a schema cannot express.
 * */
enum ep_code ep_schema_check(xmlSchemaPtr schema, const char *root, const char *body, size_t n_body, xmlDocPtr *doc,
			     char *why, size_t cap);
/* reports.c; the lock is held. */
int ep_reports_load(struct endpoint *ep);
struct ep_report *ep_report_new(struct endpoint *ep);
struct ep_report *ep_report_find(struct endpoint *ep, int64_t id);
struct ep_file *ep_report_add_file(struct endpoint *ep, struct ep_report *r);
/* Writes state.json durably; 0 or -1. */
int ep_report_save(struct endpoint *ep, struct ep_report *r);
void ep_report_path(const struct endpoint *ep, int64_t id, const char *name, char *path, size_t cap);
int ep_write_file(const char *path, const void *bytes, size_t n_bytes, unsigned mode);
/* Puts reports whose time is over into EP_EXPIRED (24 h after opening or 1 h after the last change, the later). */
void ep_reports_expire(struct endpoint *ep, int64_t now_id);
json_t *ep_reports_json(struct endpoint *ep);
int64_t ep_now_ns(void);
/* calls.c: carries out one call whose body is complete (lock held) and logs it. */
void ep_call(struct endpoint *ep, struct ep_request *rq, const char *method, struct ep_answer *answer);
/* fault.c; the lock is held. */
void ep_fault_take(struct endpoint *ep, const char *call, struct ep_fault *taken);
int ep_fault_arm(struct endpoint *ep, const char *call, const char *kind, unsigned times, unsigned after, unsigned ms);
void ep_fault_clear(struct endpoint *ep);
/* admin.c: everything under /admin/; returns a malloc'ed JSON text. */
char *ep_admin(struct endpoint *ep, struct MHD_Connection *connection, const char *url, unsigned *status);
/* http.c */
struct MHD_Daemon *ep_http_start(struct endpoint *ep);
