/* link: packing for RUN/reporter.sock, and the one place that says where a report may go. Both sides call it: a
 * vigild that was talked into a production base still meets a reporter that refuses it, and the other way round. */
#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/base.h>
#include <vigil/bytes.h>
#include <vigil/late.h>
#include <vigil/memfd.h>

#include "control/outbox/link.h"

#define CASE_MAGIC     0x45534143u /* "CASE" */
#define CASE_MAX_FILES 4096u

struct case_head {
	uint32_t magic, version, n_case_bytes, n_file_bytes, n_files, reserved;
};

/* A memfd with the pieces one after the other, sealed. */
static int pack(const char *name, const struct vg_span *pieces, size_t n_pieces)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	for (size_t i = 0; i < n_pieces; i++) {
		const uint8_t *at = pieces[i].at;
		for (size_t n_left = pieces[i].n_bytes; n_left;) {
			ssize_t n = write(fd, at, n_left);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				goto bad;
			at += n;
			n_left -= (size_t)n;
		}
	}
	if (!vg_memfd_seal(fd, VG_SEALS_FINAL))
		return fd;
bad:
	close(fd);
	return -1;
}
static enum vg_err read_at(int fd, void *to, size_t n_bytes, size_t off)
{
	uint8_t *at = to;
	while (n_bytes) {
		ssize_t n = pread(fd, at, n_bytes, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return VG_EIO;
		at += n;
		off += (size_t)n;
		n_bytes -= (size_t)n;
	}
	return VG_OK;
}

int vg_link_case_pack(const struct vg_case *c)
{
	struct case_head head = { CASE_MAGIC, VG_LINK_VERSION, sizeof(*c), sizeof(*c->files), c->n_files, 0 };
	struct vg_case plain = *c;
	struct vg_span pieces[] = { { (const uint8_t *)&head, sizeof(head) },
				    { (const uint8_t *)&plain, sizeof(plain) },
				    { (const uint8_t *)c->files, c->n_files * sizeof(*c->files) } };
	plain.files = NULL;
	return c->n_files > CASE_MAX_FILES ? -1 : pack("vigil-case", pieces, VG_ARRAY_LEN(pieces));
}

#define END(text) ((text)[sizeof(text) - 1] = 0)
static void end_texts(struct vg_case *c)
{
	END(c->name), END(c->reason), END(c->approved_by);
	struct vg_case_origin *o = &c->origin;
	END(o->src_ip), END(o->dst_ip), END(o->forwarded_ip), END(o->host), END(o->url);
	END(o->method), END(o->agent), END(o->claimed_type);
	if (o->n_tunnels > VG_CASE_TUNNELS)
		o->n_tunnels = VG_CASE_TUNNELS;
	for (unsigned i = 0; i < VG_CASE_TUNNELS; i++)
		END(o->tunnels[i].src_ip), END(o->tunnels[i].dst_ip);
	for (unsigned i = 0; i < c->n_files; i++) {
		struct vg_case_file *f = &c->files[i];
		END(f->evidence_id), END(f->filename), END(f->member), END(f->field);
		for (unsigned k = 0; k < VG_ARRAY_LEN(f->hits); k++) {
			struct vg_case_hit *h = &f->hits[k];
			END(h->list), END(h->source), END(h->entry_id), END(h->entry_class), END(h->note),
				END(h->plugin);
		}
	}
}

enum vg_err vg_link_case_unpack(int fd, struct vg_case *c, struct vg_case_file **files_out)
{
	struct case_head head;
	struct vg_case_file *files = NULL;
	size_t n_bytes;
	enum vg_err err;

	*files_out = NULL;
	err = vg_memfd_check(fd, VG_SEALS_FINAL, sizeof(head) + sizeof(*c),
			     sizeof(head) + sizeof(*c) + CASE_MAX_FILES * sizeof(*files), &n_bytes);
	if (err || (err = read_at(fd, &head, sizeof(head), 0)))
		return err;
	if (head.magic != CASE_MAGIC)
		return VG_ECORRUPT;
	if (head.version != VG_LINK_VERSION || head.n_case_bytes != sizeof(*c) || head.n_file_bytes != sizeof(*files))
		return VG_EVERSION;
	if (head.n_files > CASE_MAX_FILES || n_bytes != sizeof(head) + sizeof(*c) + head.n_files * sizeof(*files) ||
	    (err = read_at(fd, c, sizeof(*c), sizeof(head))))
		return VG_ECORRUPT;
	files = calloc(head.n_files ? head.n_files : 1, sizeof(*files));
	if (!files)
		return VG_ENOMEM;
	err = read_at(fd, files, head.n_files * sizeof(*files), sizeof(head) + sizeof(*c));
	c->n_files = head.n_files;
	c->files = files;
	for (unsigned i = 0; i < head.n_files && !err; i++)
		if (files[i].n_hits > VG_ARRAY_LEN(files[i].hits))
			err = VG_ERANGE;
	if (err) {
		free(files);
		c->files = NULL;
		return err;
	}
	end_texts(c);
	*files_out = files;
	return VG_OK;
}

int vg_link_text_pack(const void *text, size_t n_bytes)
{
	struct vg_span piece = { text, n_bytes };
	return n_bytes > VG_LINK_TEXT_BYTES ? -1 : pack("vigil-text", &piece, 1);
}
enum vg_err vg_link_text_unpack(int fd, char **text, size_t *n_bytes)
{
	enum vg_err err = vg_memfd_check(fd, VG_SEALS_FINAL, 0, VG_LINK_TEXT_BYTES, n_bytes);
	*text = NULL;
	if (err)
		return err;
	*text = calloc(1, *n_bytes + 1);
	if (!*text)
		return VG_ENOMEM;
	err = read_at(fd, *text, *n_bytes, 0);
	if (err) {
		free(*text);
		*text = NULL;
	}
	return err;
}

/* The reader of URLs that the reporter's client has, too: what is checked is where it will go. Loaded only here: a run
 * without reports needs none of the libraries that libcurl brings. */
struct url_reader {
	__typeof__(curl_url) *url;
	__typeof__(curl_url_set) *url_set;
	__typeof__(curl_url_get) *url_get;
	__typeof__(curl_url_cleanup) *url_cleanup;
	__typeof__(curl_free) *free;
};
static const struct vg_late_symbol symbols[] = {
	{ "curl_url", offsetof(struct url_reader, url) },
	{ "curl_url_set", offsetof(struct url_reader, url_set) },
	{ "curl_url_get", offsetof(struct url_reader, url_get) },
	{ "curl_url_cleanup", offsetof(struct url_reader, url_cleanup) },
	{ "curl_free", offsetof(struct url_reader, free) },
};

/* Lower-case host of an https URL without credentials; VG_EINVAL for all else. */
static enum vg_err host_of(const char *url, char *host, size_t cap)
{
	struct url_reader curl;
	CURLU *u;
	char *scheme = NULL, *name = NULL, *user = NULL;
	enum vg_err err = VG_EINVAL;
	size_t n;

	if (vg_late_load("libcurl.so.4", symbols, VG_ARRAY_LEN(symbols), &curl))
		return VG_EUNSUPPORTED;
	u = curl.url();
	if (!u)
		return VG_ENOMEM;
	if (curl.url_set(u, CURLUPART_URL, url, 0) || curl.url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    strcmp(scheme, "https") || !curl.url_get(u, CURLUPART_USER, &user, 0) ||
	    curl.url_get(u, CURLUPART_HOST, &name, 0))
		goto out;
	n = strlen(name);
	while (n && name[n - 1] == '.')
		n--;
	if (!n || n >= cap)
		goto out;
	for (size_t i = 0; i < n; i++)
		host[i] = (char)tolower((unsigned char)name[i]);
	host[n] = 0;
	err = VG_OK;
out:
	curl.free(scheme);
	curl.free(name);
	curl.free(user);
	curl.url_cleanup(u);
	return err;
}
static int is_under(const char *host, const char *domain)
{
	size_t n_host = strlen(host), n = strlen(domain);
	return n_host >= n && !strcmp(host + n_host - n, domain) && (n_host == n || host[n_host - n - 1] == '.');
}
/* Hosts where a report is a real one. exttest discards what it gets (CYBERTIP section 1). */
static int is_production_host(const char *host)
{
	static const char *const domains[] = { "cybertip.org", "missingkids.org", "missingkids.com", "ncmec.org" };
	if (!strcmp(host, "exttest.cybertip.org"))
		return 0;
	for (size_t i = 0; i < VG_ARRAY_LEN(domains); i++)
		if (is_under(host, domains[i]))
			return 1;
	return 0;
}

enum vg_err vg_endpoint_allowed(const char *url, unsigned environment, const char *production_key, int demo)
{
	char host[256];
	enum vg_err err = host_of(url, host, sizeof(host));

	if (err)
		return err;
	if (environment != VG_ENVIRONMENT_TEST && environment != VG_ENVIRONMENT_PRODUCTION)
		return VG_EINVAL;
	if (demo && (environment == VG_ENVIRONMENT_PRODUCTION || is_production_host(host)))
		return VG_EDENIED;
	if (environment == VG_ENVIRONMENT_TEST)
		return is_production_host(host) ? VG_EDENIED : VG_OK;
	return production_key && !strcmp(production_key, VG_PRODUCTION_KEY) ? VG_OK : VG_EDENIED;
}
int vg_endpoint_is_loopback(const char *url)
{
	char host[256];
	struct in_addr v4;

	if (host_of(url, host, sizeof(host)))
		return 0;
	if (!strcmp(host, "localhost") || !strcmp(host, "[::1]") || !strcmp(host, "::1"))
		return 1;
	return inet_pton(AF_INET, host, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}
