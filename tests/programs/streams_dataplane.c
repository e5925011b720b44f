/* Every TCP direction of captures, whole: decode, defrag, flow and stream without what would let a flow go, digested by
 * MD5. usage: test-streams_dataplane CAPTURE...
 * Prints "CAPTURE SRC.PORT-DST.PORT MD5 SIZE MISSING END" per direction that carried bytes; ports have five digits and
 * IPv4 numbers three, as tcpflow writes them. */
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/base.h>
#include <vigil/bytes.h>

#include "dataplane/decode/defrag.h"
#include "dataplane/flow/flow_table.h"
#include "dataplane/port/capture.h"
#include "dataplane/stream/stream.h"

#define N_FLOWS 65536u
#define IDLE_NS UINT64_C(3600000000000)

struct half {
	EVP_MD_CTX *md5;
	uint64_t n_bytes, n_missing;
};
struct walk {
	const char *path;
	struct vg_flow_table *flows;
	struct vg_streams *streams;
	struct vg_defrag *defrag;
	struct vg_stats_page *stats;
	const struct vg_flow *of[N_FLOWS]; /* by stream */
	struct half halves[N_FLOWS][2];
};

static void print_end(const struct vg_flow_key *key, unsigned side)
{
	char text[INET6_ADDRSTRLEN];
	const uint8_t *ip = key->ip[side];

	if (vg_flow_key_ip_version(key) == 4)
		printf("%03u.%03u.%03u.%03u.%05u", ip[0], ip[1], ip[2], ip[3], key->port[side]);
	else
		printf("%s.%05u", inet_ntop(AF_INET6, ip, text, sizeof(text)), key->port[side]);
}

static enum vg_step on_bytes(void *owner, uint32_t idx, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
			     int64_t wall_ns)
{
	struct half *half = &((struct walk *)owner)->halves[idx][dir];

	(void)wall_ns;
	if (!half->md5) {
		half->md5 = EVP_MD_CTX_new();
		EVP_DigestInit_ex(half->md5, EVP_md5(), NULL);
	}
	EVP_DigestUpdate(half->md5, bytes, n_bytes);
	half->n_bytes += n_bytes;
	return VG_MORE;
}

static enum vg_step on_gap(void *owner, uint32_t idx, unsigned dir, uint64_t n_missing, int64_t wall_ns)
{
	(void)wall_ns;
	((struct walk *)owner)->halves[idx][dir].n_missing += n_missing;
	return VG_MORE;
}

static void on_conflict(void *owner, uint32_t idx, unsigned dir)
{
	(void)owner;
	(void)idx;
	(void)dir;
}

static void on_end(void *owner, uint32_t idx, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	static const char *const hows[VG_END_N] = { "fin", "rst", "timeout", "evicted", "restarted", "input" };
	struct walk *walk = owner;
	struct half *half = &walk->halves[idx][dir];
	const struct vg_flow_key *key = &walk->of[idx]->key;
	uint8_t md5[16];
	char hex[33];

	(void)wall_ns;
	if (half->md5) {
		EVP_DigestFinal_ex(half->md5, md5, NULL);
		vg_hex(md5, 16, hex);
		printf("%s ", walk->path);
		print_end(key, dir);
		putchar('-');
		print_end(key, !dir);
		printf(" %s %llu %llu %s\n", hex, (unsigned long long)half->n_bytes,
		       (unsigned long long)half->n_missing, hows[how]);
	}
	EVP_MD_CTX_free(half->md5);
	memset(half, 0, sizeof(*half));
}

static void finish(struct walk *walk, struct vg_flow *flow, enum vg_stream_end how)
{
	if (flow->state != VG_FLOW_LIVE)
		return;
	(void)vg_stream_finish(walk->streams, flow->stream_idx, how);
	vg_streams_give(walk->streams, &flow->stream_idx);
	flow->state = VG_FLOW_LET_GO;
}

static void flow_end(void *owner, struct vg_flow *flow, enum vg_flow_end why)
{
	finish(owner, flow,
	       why == VG_FLOW_IDLE      ? VG_END_TIMEOUT
	       : why == VG_FLOW_EVICTED ? VG_END_EVICTED
					: VG_END_INPUT_END);
}

static void take_syn(struct walk *walk, struct vg_flow *flow, const struct vg_packet *pkt)
{
	struct vg_flow_rare *rare = vg_flow_rare(walk->flows, flow);

	if ((flow->flags & VG_FLOW_BASE(pkt->dir)) && rare->base_seq[pkt->dir] == pkt->seq + 1)
		return;
	if (flow->flags & VG_FLOW_BASE(pkt->dir)) {
		finish(walk, flow, VG_END_RESTARTED);
		vg_flow_table_restart(walk->flows, flow);
	}
	flow->flags |= (uint8_t)VG_FLOW_BASE(pkt->dir);
	rare->base_seq[pkt->dir] = pkt->seq + 1;
	if (flow->state == VG_FLOW_LIVE)
		(void)vg_stream_begin(walk->streams, flow->stream_idx, pkt->dir, pkt->seq + 1, 1, pkt->clock_ns,
				      pkt->wall_ns);
}

static void make_live(struct walk *walk, struct vg_flow *flow, const struct vg_packet *pkt)
{
	uint32_t idx = vg_streams_take(walk->streams);

	if (idx == VG_STREAM_NONE)
		abort();
	walk->of[idx] = flow;
	flow->stream_idx = idx;
	flow->state = VG_FLOW_LIVE;
	for (unsigned dir = 0; dir < 2; dir++)
		if (flow->flags & VG_FLOW_BASE(dir))
			(void)vg_stream_begin(walk->streams, idx, dir, vg_flow_rare(walk->flows, flow)->base_seq[dir],
					      1, pkt->clock_ns, pkt->wall_ns);
}

static void take_packet(struct walk *walk, struct vg_packet *pkt)
{
	struct vg_flow *flow;
	uint32_t seq = pkt->seq + ((pkt->tcp_flags & VG_TCP_SYN) != 0);
	enum vg_step step = VG_MORE;

	vg_flow_table_prefetch_burst(walk->flows, pkt, 1);
	flow = vg_flow_table_find(walk->flows, pkt);
	if (pkt->tcp_flags & VG_TCP_SYN)
		take_syn(walk, flow, pkt);
	if (flow->state == VG_FLOW_NEW && pkt->n_payload_bytes)
		make_live(walk, flow, pkt);
	if (flow->state != VG_FLOW_LIVE)
		return;
	if (vg_stream_is_due(walk->streams, flow->stream_idx, pkt->clock_ns))
		step = vg_stream_expire(walk->streams, flow->stream_idx, pkt->clock_ns);
	if (step == VG_MORE && pkt->n_payload_bytes)
		step = vg_stream_segment(walk->streams, flow->stream_idx, pkt->dir, seq, pkt->frame + pkt->payload_off,
					 pkt->n_payload_bytes, pkt->clock_ns, pkt->wall_ns);
	if (step == VG_MORE && (pkt->tcp_flags & VG_TCP_FIN))
		step = vg_stream_fin(walk->streams, flow->stream_idx, pkt->dir, seq + pkt->n_payload_bytes,
				     pkt->clock_ns, pkt->wall_ns);
	if (step == VG_MORE && (pkt->tcp_flags & VG_TCP_RST))
		step = vg_stream_rst(walk->streams, flow->stream_idx, pkt->dir, seq, pkt->clock_ns, pkt->wall_ns);
	if (step != VG_MORE) {
		vg_streams_give(walk->streams, &flow->stream_idx);
		flow->state = VG_FLOW_LET_GO;
	}
}

static int work(struct walk *walk)
{
	struct vg_capture_info info;
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *head;
	const u_char *bytes;
	uint64_t clock_ns = 0;
	pcap_t *reader;

	if (vg_capture_probe(walk->path, &info))
		return 1;
	close(info.fd);
	reader = pcap_open_offline(walk->path, why);
	if (!reader)
		return 1;
	while (pcap_next_ex(reader, &head, &bytes) == 1) {
		uint64_t ns = ((uint64_t)head->ts.tv_sec * 1000000 + (uint64_t)head->ts.tv_usec) * 1000;
		struct vg_packet pkt = { .frame = bytes,
					 .n_first_bytes = head->caplen,
					 .n_frame_bytes = head->caplen,
					 .wall_ns = (int64_t)ns,
					 .link = info.link };

		clock_ns = ns > clock_ns ? ns : clock_ns;
		pkt.clock_ns = clock_ns;
		if (vg_defrag_frame(walk->defrag, &pkt, 0) == VG_DECODE_TCP)
			take_packet(walk, &pkt);
	}
	pcap_close(reader);
	vg_defrag_flush(walk->defrag);
	vg_flow_table_flush(walk->flows);
	return 0;
}

int main(int argc, char **argv)
{
	static const uint64_t seed[3] = { 1, 2, 3 };
	static struct walk walk;
	struct vg_stream_sink sink = { &walk, on_bytes, on_gap, on_conflict, on_end };
	int failed = 0;

	walk.stats = calloc(1, sizeof(*walk.stats));
	walk.flows = vg_flow_table_create(N_FLOWS, IDLE_NS, seed, walk.stats, flow_end, &walk);
	walk.streams = vg_streams_create(N_FLOWS, 1 << 20, 64 << 20, 5000000000, walk.stats, &sink);
	walk.defrag = vg_defrag_create(seed, walk.stats);
	if (!walk.stats || !walk.flows || !walk.streams || !walk.defrag)
		return 1;
	for (int i = 1; i < argc; i++) {
		walk.path = argv[i];
		failed |= work(&walk);
	}
	vg_defrag_destroy(walk.defrag);
	vg_flow_table_destroy(walk.flows);
	vg_streams_destroy(walk.streams);
	free(walk.stats);
	return failed;
}
