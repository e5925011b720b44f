#pragma once
/* filing_more: cases for the harness of filing.h, and what the endpoint says of its reports. */
#include "tests/lib/filing.h"

/* n_bytes of a pattern that depends on seed; the digests of it in m. */
static inline int filing_bytes(unsigned seed, size_t n_bytes, struct vg_case_match *m)
{
	int fd = vg_memfd_new("filing", n_bytes);
	uint8_t *at = vg_memfd_map(fd, n_bytes ? n_bytes : 1, PROT_READ | PROT_WRITE);
	uint32_t x = seed * 2654435761u + 1;
	for (size_t i = 0; i < n_bytes; i++) {
		x = x * 1664525 + 1013904223;
		at[i] = (uint8_t)(x >> 24);
	}
	EVP_Digest(at, n_bytes, m->file.md5, NULL, EVP_md5(), NULL);
	EVP_Digest(at, n_bytes, m->file.sha1, NULL, EVP_sha1(), NULL);
	EVP_Digest(at, n_bytes, m->file.sha256, NULL, EVP_sha256(), NULL);
	munmap(at, n_bytes ? n_bytes : 1);
	return fd;
}
/* A match of seed, sealed, added and queued as vigild does it. Returns the case. */
static inline int64_t filing_add(struct filing *f, unsigned seed, size_t n_bytes)
{
	struct vg_case_match *m = calloc(1, sizeof(*m));
	struct vg_case_added added;
	int fd = filing_bytes(seed, n_bytes, m);

	m->boot_id = 1;
	m->object_id = seed;
	m->origin = (struct vg_case_origin){ .proto = VG_PROTO_HTTP, .direction = VG_UPLOAD, .src_port = 40000 + seed };
	m->origin.vlan_outer = m->origin.vlan_inner = -1;
	m->origin.first_byte_ns = m->origin.last_byte_ns = 1790000000000000000ll;
	snprintf(m->origin.src_ip, sizeof(m->origin.src_ip), "203.0.113.%u", seed % 250 + 1);
	snprintf(m->origin.dst_ip, sizeof(m->origin.dst_ip), "198.51.100.20");
	snprintf(m->origin.host, sizeof(m->origin.host), "customer.hoster.example");
	snprintf(m->origin.url, sizeof(m->origin.url), "http://customer.hoster.example/upload?n=%u", seed);
	m->file.n_bytes = m->file.n_sample_bytes = n_bytes;
	m->file.complete = 1;
	m->file.kind = VG_KIND_JPEG;
	m->file.state = VG_STATE_COMPLETE;
	m->file.n_hits = 1;
	m->hit_actions[0] = VG_ACTION_REPORT;
	m->file.hits[0] =
		(struct vg_case_hit){ .list = "demo", .entry_id = "1", .generation = 1, .algo = VG_ALGO_SHA256 };
	m->file.hits[0].exact = 1;
	filing_must(!vg_evidence_seal(f->evidence, fd, n_bytes, m->file.evidence_id), "sealing");
	filing_must(!vg_store_begin(f->store) && !vg_cases_add(f->cases, m, &added) &&
			    !vg_outbox_enqueue(f->outbox, added.case_id) && !vg_store_commit(f->store),
		    "adding a case");
	filing_must(added.state == VG_CASE_QUEUED, "policy");
	close(fd);
	free(m);
	return added.case_id;
}
/* Runs the loop until the outbox is settled or ms are over. Returns whether it is settled. */
static inline int filing_run(struct filing *f, unsigned ms)
{
	uint64_t end_ns = vg_mono_now().ns + (uint64_t)ms * 1000000;
	while (!vg_outbox_settled(f->outbox) && vg_mono_now().ns < end_ns)
		vg_loop_step(f->loop, 20);
	return vg_outbox_settled(f->outbox);
}

static inline size_t filing_take(char *bytes, size_t size, size_t n, void *user)
{
	FILE *to = user;
	return fwrite(bytes, size, n, to);
}
/* A call of the endpoint's admin side; the answer as JSON. */
__attribute__((format(printf, 3, 4))) static inline json_t *filing_admin(struct filing *f, int post, const char *format,
									 ...)
{
	char what[256], url[600], *text = NULL;
	size_t n_text = 0;
	FILE *to = open_memstream(&text, &n_text);
	CURL *curl = curl_easy_init();
	va_list args;
	json_t *json;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(url, sizeof(url), "%.*s/admin/%s", (int)(strstr(f->url, "/ispws") - f->url), f->url, what);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CAINFO, filing_path(f, "endpoint/ca.pem"));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, filing_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, to);
	if (post)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
	filing_must(curl_easy_perform(curl) == CURLE_OK, url);
	curl_easy_cleanup(curl);
	fclose(to);
	json = json_loads(text, JSON_DECODE_ANY, NULL);
	free(text);
	filing_must(json != NULL, "reading the endpoint's answer");
	return json;
}
static inline void filing_fault(struct filing *f, const char *call, const char *kind, unsigned times, unsigned ms)
{
	json_decref(filing_admin(f, 1, "fault?call=%s&kind=%s&times=%u&ms=%u", call, kind, times, ms));
}
/* How many finished reports hold exactly one file, described, with these bytes. Any finished report that does not is
 * counted in *n_odd. */
static inline unsigned filing_finished(struct filing *f, unsigned seed, size_t n_bytes, unsigned *n_odd)
{
	struct vg_case_match *m = calloc(1, sizeof(*m));
	json_t *all = filing_admin(f, 0, "reports"), *r;
	unsigned n = 0;
	char sha256[65];
	size_t i;

	close(filing_bytes(seed, n_bytes, m));
	vg_hex(m->file.sha256, 32, sha256);
	json_array_foreach(all, i, r)
	{
		json_t *files = json_object_get(r, "files"), *file = json_array_get(files, 0);
		if (strcmp(json_string_value(json_object_get(r, "state")), "finished"))
			continue;
		if (json_array_size(files) != 1 || !json_is_true(json_object_get(file, "described")))
			++*n_odd;
		else
			n += !strcmp(json_string_value(json_object_get(file, "sha256")), sha256);
	}
	json_decref(all);
	free(m);
	return n;
}
