/* Captures through the rooms decode … proto without EAL, ports or hashers, bodies digested by MD5: for sanitizer
 * runs over every capture, for comparing with what is known to be in them, and for cycles per packet. usage:
 * test-inspect_dataplane [-q] [-n] [-r TIMES] CAPTURE...   -q: totals only, -n: no digests, -r: repeat (from
 * memory) Prints "MD5 SIZE STATE CAPTURE URL" per body, then one line of totals per capture. */
#include <openssl/evp.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <vigil/base.h>
#include <vigil/bytes.h>
#include <vigil/media.h>

#include "dataplane/inspect.h"
#include "dataplane/port/capture.h"
#include "dataplane/protocols.h"

static const char *const counter_names[] = {
#define X(sym, name, help) name,
	VG_DATAPLANE_COUNTERS(X)
#undef X
};

struct vg_body {
	EVP_MD_CTX *md5;
	uint64_t n_bytes, n_gap_bytes;
	struct vg_attribution card;
};
struct frames {
	uint8_t *bytes;
	struct {
		uint64_t off, ns;
		uint32_t n_bytes;
	} * all;
	size_t n, cap, n_bytes, cap_bytes;
};
struct run {
	const char *path;
	uint64_t n_bodies, n_complete, n_body_bytes;
	int quiet, no_digests;
};

static struct vg_body *body_open(void *ctx, const struct vg_attribution *card)
{
	struct run *run = ctx;
	struct vg_body *body = calloc(1, sizeof(*body));

	if (!body)
		abort();
	body->card = *card;
	if (!run->no_digests) {
		body->md5 = EVP_MD_CTX_new();
		EVP_DigestInit_ex(body->md5, EVP_md5(), NULL);
	}
	run->n_bodies++;
	return body;
}

static enum vg_step body_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	(void)wall_ns;
	((struct run *)ctx)->n_body_bytes += n_bytes;
	body->n_bytes += n_bytes;
	if (body->md5)
		EVP_DigestUpdate(body->md5, bytes, n_bytes);
	return VG_MORE;
}

static enum vg_step body_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	(void)ctx;
	body->n_gap_bytes += n_missing;
	return VG_MORE;
}

static void body_amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	(void)ctx;
	if (card->n_url && !body->card.n_url) {
		body->card.n_url = card->n_url;
		memcpy(body->card.url, card->url, sizeof(card->url));
	}
}

static void body_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	struct run *run = ctx;
	uint8_t md5[16] = { 0 };
	char hex[33];

	(void)wall_ns;
	run->n_complete += state == VG_STATE_COMPLETE;
	if (body->md5)
		EVP_DigestFinal_ex(body->md5, md5, NULL);
	EVP_MD_CTX_free(body->md5);
	vg_hex(md5, 16, hex);
	if (!run->quiet)
		printf("%s %llu %s %s %.*s\n", hex, (unsigned long long)body->n_bytes, vg_state_str(state), run->path,
		       (int)body->card.n_url, body->card.url);
	free(body);
}

static int load(const char *path, struct frames *frames, enum vg_link *link)
{
	struct vg_capture_info info;
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *head;
	const u_char *bytes;
	pcap_t *reader;

	if (vg_capture_probe(path, &info))
		return -1;
	*link = info.link;
	close(info.fd);
	reader = pcap_open_offline(path, why);
	if (!reader)
		return -1;
	while (pcap_next_ex(reader, &head, &bytes) == 1) {
		while (frames->n_bytes + head->caplen > frames->cap_bytes || frames->n == frames->cap) {
			frames->cap_bytes = 2 * frames->cap_bytes + head->caplen + (1 << 20);
			frames->cap = 2 * frames->cap + 1024;
			frames->bytes = realloc(frames->bytes, frames->cap_bytes);
			frames->all = realloc(frames->all, frames->cap * sizeof(frames->all[0]));
			if (!frames->bytes || !frames->all)
				abort();
		}
		memcpy(frames->bytes + frames->n_bytes, bytes, head->caplen);
		frames->all[frames->n].off = frames->n_bytes;
		frames->all[frames->n].ns = ((uint64_t)head->ts.tv_sec * 1000000 + (uint64_t)head->ts.tv_usec) * 1000;
		frames->all[frames->n++].n_bytes = head->caplen;
		frames->n_bytes += head->caplen;
	}
	pcap_close(reader);
	return 0;
}

static void replay(struct vg_inspect *inspect, const struct frames *frames, enum vg_link link)
{
	uint64_t clock_ns = 0;

	for (size_t i = 0; i < frames->n;) {
		struct vg_packet pkts[VG_BURST];
		uint32_t n = 0;

		for (; n < VG_BURST && i < frames->n; n++, i++) {
			clock_ns = frames->all[i].ns > clock_ns ? frames->all[i].ns : clock_ns;
			pkts[n].frame = frames->bytes + frames->all[i].off;
			pkts[n].n_first_bytes = pkts[n].n_frame_bytes = frames->all[i].n_bytes;
			pkts[n].segment = NULL;
			pkts[n].wall_ns = (int64_t)frames->all[i].ns;
			pkts[n].clock_ns = clock_ns;
			pkts[n].link = link;
			pkts[n].key.capture_idx = 0;
			__builtin_prefetch(pkts[n].frame);
		}
		vg_inspect_burst(inspect, pkts, n);
		vg_inspect_tick(inspect, clock_ns);
	}
	vg_inspect_flush(inspect);
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int work(struct run *run, int times)
{
	static const uint64_t seed[3] = { 0x123456789abcdef, 0xfedcba9876543210, 0x5bd1e995a5a5a5a5 };
	struct vg_dataplane_conf conf = { .n_flows = 262144,
					  .n_streams = 65536,
					  .idle_timeout_ms = 120000,
					  .hole_timeout_ms = 5000,
					  .hole_bytes = 1 << 20,
					  .flags = VG_CONF_REPLAY | VG_CONF_ALL_FILES };
	struct vg_body_sink sink = { run, body_open, body_data, body_gap, body_amend, body_close };
	struct vg_stats_page *stats = calloc(1, sizeof(*stats));
	struct vg_proto *proto = vg_proto_create(&conf, stats, &sink, vg_protocols);
	struct vg_inspect *inspect = vg_inspect_create(&conf, seed, stats, proto);
	struct frames frames = { 0 };
	enum vg_link link;
	double began;

	if (!stats || !proto || !inspect)
		abort();
	if (load(run->path, &frames, &link))
		return 1;
	began = cpu_s();
	for (int i = 0; i < times; i++)
		replay(inspect, &frames, link);
	began = (cpu_s() - began) / times;
	printf("total %s: packets %zu bytes %zu bodies %llu complete %llu body_bytes %llu cpu %.4f s, %.1f ns a packet",
	       run->path, frames.n, frames.n_bytes, (unsigned long long)run->n_bodies,
	       (unsigned long long)run->n_complete, (unsigned long long)run->n_body_bytes, began,
	       frames.n ? began * 1e9 / (double)frames.n : 0.0);
	for (unsigned i = 0; i < VG_C_N; i++)
		if (stats->counters[i])
			printf(" %s=%llu", counter_names[i], (unsigned long long)stats->counters[i]);
	putchar('\n');
	vg_inspect_destroy(inspect);
	vg_proto_destroy(proto);
	free(stats);
	free(frames.bytes);
	free(frames.all);
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = { 0 };
	int option, times = 1, failed = 0;

	while ((option = getopt(argc, argv, "qnr:")) != -1) {
		if (option == 'q')
			run.quiet = 1;
		else if (option == 'n')
			run.no_digests = 1;
		else if (option == 'r')
			times = atoi(optarg);
		else
			return 2;
	}
	for (; optind < argc; optind++) {
		run = (struct run){ argv[optind], 0, 0, 0, run.quiet, run.no_digests };
		failed |= work(&run, times > 0 ? times : 1);
	}
	return failed;
}
