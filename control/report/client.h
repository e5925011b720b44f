#pragma once
/* client: one call of the reporting API over HTTPS (libcurl): TLS >= 1.2, peer and host verified against the given CA
 * only, Basic auth, no redirect, no proxy, no cookies, a new connection for each call (a connection that died while
 * idle would make libcurl send a call twice). One thread. Knows nothing of before and after. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/evidence/sealed.h"
#include "control/outbox/link.h"

struct vg_client;
/* Set to non-zero (by a signal handler) to break an upload off; other calls run out. */
typedef volatile int vg_client_stop;

void vg_client_destroy(struct vg_client *client);
/* Reads password and CA files into memory. VG_EDENIED: the endpoint is not allowed (production without its key, or in
 * a demo); VG_EIO: a file cannot be read; VG_EINVAL: settings. NULL on failure. demo: of either side. */
VG_DEALLOC(vg_client_destroy)
struct vg_client *vg_client_create(const struct vg_link_conf *conf, int demo, const vg_client_stop *stop,
				   enum vg_err *err);

/* What such a failure means, in words for the operator. */
const char *vg_client_fault(enum vg_err err);

struct vg_client_request {
	enum vg_call call;
	int64_t report_id;
	const char *document; /* SUBMIT, FILEINFO */
	size_t n_document;
	struct vg_sealed_stream *file; /* UPLOAD: n_file_bytes of plaintext, streamed */
	uint64_t n_file_bytes;
	const char *file_name;
};
/* Makes the call and fills outcome, codes, times, digests of *result (head, job, call and has are the caller's).
 * *answer is malloc'ed with what was received, or NULL. Never fails otherwise: the outcome says it. */
void vg_client_call(struct vg_client *client, const struct vg_client_request *request, struct vg_link_result *result,
		    char **answer, size_t *n_answer);
