/* client: the only place of Vigil that speaks to the outside about a case. What it cannot know it says so: a call
 * that was sent and not answered may have taken effect (NO_ANSWER), and only vigild decides what that means. */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/bytes.h>
#include <vigil/clock.h>
#include <vigil/log.h>

#include "control/report/answer.h"
#include "control/report/client.h"
#include "control/report/xml_text.h"

#define ROOM         "control/report"
#define SYSTEM_CA    "/etc/ssl/certs/ca-certificates.crt"
#define MAX_PASSWORD 1024u
#define MAX_CA       (4u << 20)

struct vg_client {
	char url[512], user[128];
	char *password, *ca;
	size_t n_password, n_ca;
	uint32_t connect_ms, call_ms, low_speed_s;
	const vg_client_stop *stop;
};
/* What one call reads and hears. */
struct exchange {
	struct vg_client *client;
	const struct vg_client_request *request;
	struct vg_link_result *result;
	EVP_MD_CTX *md5;
	int evidence_bad, too_long;
	char *answer;
	size_t n_answer;
};

/* A whole small file, malloc'ed and terminated. */
static enum vg_err read_file(const char *path, size_t max_bytes, char **text, size_t *n_bytes)
{
	struct stat st;
	enum vg_err err = VG_EIO;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*text = NULL;
	if (fd < 0)
		return VG_EIO;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= max_bytes &&
	    (*text = calloc(1, (size_t)st.st_size + 1)))
		n = read(fd, *text, (size_t)st.st_size);
	close(fd);
	if (n > 0) {
		*n_bytes = (size_t)n;
		err = VG_OK;
	} else {
		free(*text);
		*text = NULL;
	}
	return err;
}

static void release(struct vg_client *client)
{
	if (client->password)
		OPENSSL_cleanse(client->password, client->n_password);
	free(client->password);
	free(client->ca);
	free(client);
}
void vg_client_destroy(struct vg_client *client)
{
	if (client)
		release(client);
}
struct vg_client *vg_client_create(const struct vg_link_conf *conf, int demo, const vg_client_stop *stop,
				   enum vg_err *err)
{
	struct vg_client *client;

	*err = vg_endpoint_allowed(conf->url, conf->environment, conf->production_key, demo || conf->demo);
	if (*err)
		return NULL;
	client = calloc(1, sizeof(*client));
	if (!client) {
		*err = VG_ENOMEM;
		return NULL;
	}
	snprintf(client->url, sizeof(client->url), "%s", conf->url);
	for (size_t n = strlen(client->url); n && client->url[n - 1] == '/';)
		client->url[--n] = 0;
	snprintf(client->user, sizeof(client->user), "%s", conf->user);
	client->connect_ms = conf->connect_ms ? conf->connect_ms : 15000;
	client->call_ms = conf->call_ms;
	client->low_speed_s = conf->low_speed_s ? conf->low_speed_s : 60;
	client->stop = stop;
	*err = read_file(conf->password_path, MAX_PASSWORD, &client->password, &client->n_password);
	if (!*err)
		*err = read_file(conf->ca_path[0] ? conf->ca_path : SYSTEM_CA, MAX_CA, &client->ca, &client->n_ca);
	if (!*err) {
		client->password[strcspn(client->password, "\r\n")] = 0;
		if (!client->password[0] || !client->user[0] || strchr(client->user, ':'))
			*err = VG_EINVAL;
	}
	if (*err) {
		release(client);
		return NULL;
	}
	return client;
}

const char *vg_client_fault(enum vg_err err)
{
	switch (err) {
	case VG_EIO:
		return "password_file or ca_file cannot be read by the reporter, or is empty or too large";
	case VG_EDENIED:
		return "this address is not for this environment or state folder";
	case VG_EINVAL:
		return "url, user or the first line of password_file is not usable";
	default:
		return vg_err_str(err);
	}
}

static size_t on_body(char *bytes, size_t size, size_t n_items, void *user)
{
	struct exchange *x = user;
	size_t n = size * n_items;
	char *more;

	if (n > VG_ANSWER_MAX_BYTES - x->n_answer || !(more = realloc(x->answer, x->n_answer + n + 1))) {
		x->too_long = 1;
		return 0;
	}
	x->answer = more;
	memcpy(x->answer + x->n_answer, bytes, n);
	x->n_answer += n;
	x->answer[x->n_answer] = 0;
	return n;
}
/* Keeps the Request-ID: visible ASCII only. */
static size_t on_header(char *bytes, size_t size, size_t n_items, void *user)
{
	static const char name[] = "Request-ID:";
	struct exchange *x = user;
	size_t n = size * n_items, k = 0, at = sizeof(name) - 1;

	if (n <= at || strncasecmp(bytes, name, at))
		return n;
	while (at < n && bytes[at] == ' ')
		at++;
	for (; at < n && k < sizeof(x->result->request_id) - 1 && bytes[at] > ' ' && bytes[at] < 127; at++)
		x->result->request_id[k++] = bytes[at];
	x->result->request_id[k] = 0;
	return n;
}
static size_t on_file_read(char *to, size_t size, size_t n_items, void *user)
{
	struct exchange *x = user;
	size_t n;

	if (vg_sealed_read(x->request->file, to, size * n_items, &n) || !EVP_DigestUpdate(x->md5, to, n)) {
		x->evidence_bad = 1;
		return CURL_READFUNC_ABORT;
	}
	x->result->n_sent_bytes += n;
	return n;
}
static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct exchange *x = user;
	(void)a, (void)b, (void)c, (void)d;
	return x->client->stop && *x->client->stop && x->request->call == VG_CALL_UPLOAD;
}

static void set_common(CURL *curl, struct exchange *x, char *error)
{
	struct vg_client *client = x->client;
	struct curl_blob ca = { client->ca, client->n_ca, CURL_BLOB_NOCOPY };
	long call_ms = client->call_ms ? (long)client->call_ms : 300000L;

	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &ca);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	curl_easy_setopt(curl, CURLOPT_USERNAME, client->user);
	curl_easy_setopt(curl, CURLOPT_PASSWORD, client->password);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "Vigil/" VG_VERSION);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)client->connect_ms);
	/* A file may be large: it gets twelve times the patience, and the low-speed limit. */
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, x->request->call == VG_CALL_UPLOAD ? 12 * call_ms : call_ms);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)client->low_speed_s);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, x);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
}
/* The body as section 2 of CYBERTIP has it for each call. Returns 0, or -1 when memory is short. */
static int set_body(CURL *curl, struct exchange *x, curl_mime **mime, struct curl_slist **headers)
{
	const struct vg_client_request *r = x->request;
	char id[24];
	curl_mimepart *part;

	snprintf(id, sizeof(id), "%lld", (long long)r->report_id);
	switch (r->call) {
	case VG_CALL_SUBMIT:
	case VG_CALL_FILEINFO:
		*headers = curl_slist_append(NULL, "Content-Type: text/xml; charset=utf-8");
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->n_document);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->document);
		return *headers ? 0 : -1;
	case VG_CALL_UPLOAD:
	case VG_CALL_FINISH:
	case VG_CALL_RETRACT:
		*mime = curl_mime_init(curl);
		part = *mime ? curl_mime_addpart(*mime) : NULL;
		if (!part || curl_mime_name(part, "id") || curl_mime_data(part, id, CURL_ZERO_TERMINATED))
			return -1;
		if (r->call == VG_CALL_UPLOAD) {
			part = curl_mime_addpart(*mime);
			if (!part || curl_mime_name(part, "file") || curl_mime_filename(part, r->file_name) ||
			    curl_mime_type(part, "application/octet-stream") ||
			    curl_mime_data_cb(part, (curl_off_t)r->n_file_bytes, on_file_read, NULL, NULL, x))
				return -1;
		}
		curl_easy_setopt(curl, CURLOPT_MIMEPOST, *mime);
		return 0;
	default:
		return 0;
	}
}

/* Every byte was given to the network: was their authenticated end reached, too? (Otherwise an answer came early.) */
static int evidence_is_bad(struct exchange *x)
{
	uint8_t beyond;
	size_t n = 0;
	if (x->evidence_bad || x->result->n_sent_bytes < x->request->n_file_bytes)
		return x->evidence_bad;
	return vg_sealed_read(x->request->file, &beyond, 1, &n) || n;
}
static void read_answer(struct exchange *x)
{
	struct vg_link_result *r = x->result;
	struct vg_answer answer;

	if (!x->answer || vg_answer_parse(x->answer, x->n_answer, &answer) != VG_DONE) {
		r->outcome = VG_OUTCOME_BAD_ANSWER;
		snprintf(r->description, sizeof(r->description), "HTTP %u without an answer of this API",
			 r->http_status);
		return;
	}
	r->outcome = VG_OUTCOME_ANSWERED;
	r->code = answer.code;
	r->report_id = answer.report_id;
	r->has_md5_got = (uint32_t)answer.has_md5;
	memcpy(r->md5_got, answer.md5, sizeof(r->md5_got));
	memcpy(r->file_id, answer.file_id, sizeof(answer.file_id));
	r->n_files = answer.n_files;
	snprintf(r->description, sizeof(r->description), "%s", answer.description);
}
static void judge(CURL *curl, CURLcode code, struct exchange *x, const char *error)
{
	struct vg_link_result *r = x->result;
	long status = 0, n_request_bytes = 0;
	char legal[sizeof(r->description)];

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &n_request_bytes);
	r->http_status = status > 0 && status < 1000 ? (uint32_t)status : 0;
	if (x->request->file && evidence_is_bad(x)) {
		r->outcome = VG_OUTCOME_EVIDENCE;
		snprintf(r->description, sizeof(r->description), "the sealed evidence is damaged");
		return;
	}
	if (code == CURLE_OK) {
		read_answer(x);
		return;
	}
	r->outcome = x->too_long           ? VG_OUTCOME_BAD_ANSWER
		     : n_request_bytes > 0 ? VG_OUTCOME_NO_ANSWER
					   : VG_OUTCOME_NOT_SENT;
	vg_xml_legal(error[0] ? error : curl_easy_strerror(code), legal, sizeof(legal), sizeof(legal) - 1);
	snprintf(r->description, sizeof(r->description), "%s", legal);
}

void vg_client_call(struct vg_client *client, const struct vg_client_request *request, struct vg_link_result *result,
		    char **answer, size_t *n_answer)
{
	struct exchange x = { .client = client, .request = request, .result = result };
	char url[600], error[CURL_ERROR_SIZE] = "";
	uint64_t began_ns = vg_mono_now().ns;
	struct curl_slist *headers = NULL;
	curl_mime *mime = NULL;
	CURL *curl = curl_easy_init();
	unsigned n_md5 = 16;

	result->outcome = VG_OUTCOME_NOT_SENT;
	x.md5 = EVP_MD_CTX_new();
	if (!curl || !x.md5 || !EVP_DigestInit_ex(x.md5, EVP_md5(), NULL)) {
		snprintf(result->description, sizeof(result->description), "out of memory");
		goto out;
	}
	snprintf(url, sizeof(url), "%s/%s", client->url, vg_call_str(request->call));
	curl_easy_setopt(curl, CURLOPT_URL, url);
	set_common(curl, &x, error);
	if (set_body(curl, &x, &mime, &headers)) {
		snprintf(result->description, sizeof(result->description), "out of memory");
		goto out;
	}
	judge(curl, curl_easy_perform(curl), &x, error);
	EVP_DigestFinal_ex(x.md5, result->md5_sent, &n_md5);
out:
	curl_mime_free(mime);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	EVP_MD_CTX_free(x.md5);
	result->took_ms = (uint32_t)((vg_mono_now().ns - began_ns) / 1000000);
	*answer = x.answer;
	*n_answer = x.n_answer;
}
