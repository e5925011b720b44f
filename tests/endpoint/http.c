/* http: libmicrohttpd's callbacks: authentication, bodies as they come in, and the answer or its absence. */
#include <gnutls/crypto.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/endpoint/endpoint.h"

static void sleep_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };
	nanosleep(&t, NULL);
}
static enum MHD_Result on_part(void *user, enum MHD_ValueKind kind, const char *key, const char *filename,
			       const char *type, const char *coding, const char *data, uint64_t off, size_t n)
{
	struct ep_request *rq = user;
	(void)kind, (void)type, (void)coding;

	if (!strcmp(key, "id") && off + n < sizeof(rq->id_text)) {
		memcpy(rq->id_text + off, data, n);
	} else if (!strcmp(key, "file") && rq->part) {
		if (off == 0)
			snprintf(rq->part_name, sizeof(rq->part_name), "%s", filename ? filename : "");
		rq->has_file = 1;
		rq->n_part += n;
		gnutls_hash(rq->md5, data, n);
		gnutls_hash(rq->sha256, data, n);
		if (fwrite(data, 1, n, rq->part) != n)
			rq->io_failed = 1;
	}
	return MHD_YES;
}
static void begin_form(struct endpoint *ep, struct MHD_Connection *c, struct ep_request *rq)
{
	rq->form = MHD_create_post_processor(c, 65536, on_part, rq);
	if (!rq->form || strcmp(rq->call, "upload"))
		return;
	snprintf(rq->part_path, sizeof(rq->part_path), "%s/reports/.part-XXXXXX", ep->dir);
	int fd = mkstemp(rq->part_path);
	rq->part = fd >= 0 ? fdopen(fd, "wb") : NULL;
	gnutls_hash_init((gnutls_hash_hd_t *)&rq->md5, GNUTLS_DIG_MD5);
	gnutls_hash_init((gnutls_hash_hd_t *)&rq->sha256, GNUTLS_DIG_SHA256);
}
static struct ep_request *begin(struct endpoint *ep, struct MHD_Connection *c, const char *url)
{
	struct ep_request *rq = calloc(1, sizeof(*rq));
	if (!rq)
		return NULL;
	snprintf(rq->call, sizeof(rq->call), "%s", strncmp(url, "/ispws/", 7) ? "unknown" : url + 7);
	pthread_mutex_lock(&ep->lock);
	ep_fault_take(ep, rq->call, &rq->fault);
	pthread_mutex_unlock(&ep->lock);
	if (!strcmp(rq->call, "upload") || !strcmp(rq->call, "finish") || !strcmp(rq->call, "retract"))
		begin_form(ep, c, rq);
	return rq;
}
static void on_completed(void *user, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	struct ep_request *rq = *state;
	(void)user, (void)c, (void)why;
	if (!rq || *state == user)
		return;
	if (rq->form)
		MHD_destroy_post_processor(rq->form);
	if (rq->part) {
		fclose(rq->part);
		unlink(rq->part_path); /* moved away when it was taken */
	}
	if (rq->md5)
		gnutls_hash_deinit(rq->md5, NULL);
	if (rq->sha256)
		gnutls_hash_deinit(rq->sha256, NULL);
	free(rq->body);
	free(rq);
	*state = NULL;
}
static void take_body(struct ep_request *rq, const char *data, size_t n)
{
	char *more;
	if (rq->form) {
		MHD_post_process(rq->form, data, n);
		return;
	}
	if (rq->too_long || n > EP_MAX_BODY - rq->n_body || !(more = realloc(rq->body, rq->n_body + n + 1))) {
		rq->too_long = 1;
		return;
	}
	rq->body = more;
	memcpy(more + rq->n_body, data, n);
	rq->n_body += n;
	more[rq->n_body] = 0;
}

static enum MHD_Result answer_with(struct MHD_Connection *c, unsigned status, const char *type, const char *text,
				   int challenge)
{
	struct MHD_Response *response;
	uint8_t random[8];
	char id[17];
	enum MHD_Result result;

	gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(id + 2 * i, 3, "%02x", random[i]);
	response = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Request-ID", id);
	if (challenge)
		MHD_add_response_header(response, "WWW-Authenticate", "Basic realm=\"ESP Web Services\"");
	result = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return result;
}
static enum MHD_Result finish(struct endpoint *ep, struct MHD_Connection *c, struct ep_request *rq, const char *method)
{
	struct ep_answer *a = calloc(1, sizeof(*a));
	enum MHD_Result result;

	if (!a)
		return MHD_NO;
	if (!strcmp(rq->fault.kind, "slow"))
		sleep_ms(rq->fault.ms);
	if (!strcmp(rq->call, "xsd") && !rq->fault.kind[0]) {
		free(a);
		return answer_with(c, 200, "application/xml", ep_xsd_begin, 0);
	}
	pthread_mutex_lock(&ep->lock);
	ep_call(ep, rq, method, a);
	pthread_mutex_unlock(&ep->lock);
	if (!strcmp(rq->fault.kind, "stall"))
		sleep_ms(rq->fault.ms);
	if (a->drop) {
		result = MHD_NO;
	} else if (!strcmp(rq->fault.kind, "huge")) {
		char *huge = malloc((2u << 20) + 1);
		memset(huge, 'x', 2u << 20);
		huge[2u << 20] = 0;
		result = answer_with(c, 200, "application/xml", huge, 0);
		free(huge);
	} else {
		result = answer_with(c, a->http_status, "application/xml", a->text, a->http_status == 401);
	}
	free(a);
	return result;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *c, const char *url, const char *method,
				  const char *version, const char *data, size_t *n_data, void **state)
{
	struct endpoint *ep = user;
	struct ep_request *rq = *state;
	const char *auth;
	(void)version;

	if (!strncmp(url, "/admin/", 7)) {
		unsigned status;
		if (!*state) {
			*state = ep; /* not a request of the API; first the headers, then the answer */
			return MHD_YES;
		}
		*n_data = 0;
		char *text = ep_admin(ep, c, url, &status);
		enum MHD_Result result = text ? answer_with(c, status, "application/json", text, 0) : MHD_NO;
		free(text);
		return result;
	}
	if (!rq) {
		*state = rq = begin(ep, c, url);
		return rq ? MHD_YES : MHD_NO;
	}
	auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
	if (!auth || strcmp(auth, ep->auth)) {
		if (*n_data) {
			*n_data = 0;
			return MHD_YES;
		}
		return answer_with(c, 401, "text/plain", "", 1);
	}
	if (*n_data) {
		/* In the middle: a good part has come, the rest never will. */
		if (!strcmp(rq->fault.kind, "cut")) {
			pthread_mutex_lock(&ep->lock);
			struct ep_answer *a = calloc(1, sizeof(*a));
			ep_call(ep, rq, method, a);
			free(a);
			pthread_mutex_unlock(&ep->lock);
			return MHD_NO;
		}
		take_body(rq, data, *n_data);
		*n_data = 0;
		return MHD_YES;
	}
	return finish(ep, c, rq, method);
}

struct MHD_Daemon *ep_http_start(struct endpoint *ep)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(ep->port) };
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_TLS, ep->port,
				NULL, NULL, on_request, ep, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
				MHD_OPTION_HTTPS_MEM_KEY, ep->key_pem, MHD_OPTION_HTTPS_MEM_CERT, ep->cert_pem,
				MHD_OPTION_HTTPS_PRIORITIES, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)131072, MHD_OPTION_NOTIFY_COMPLETED,
				on_completed, ep, MHD_OPTION_CONNECTION_TIMEOUT, 120u, MHD_OPTION_END);
}
