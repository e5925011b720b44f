/* perturb: a capture goes in, one that tells the same story less politely comes out. Ethernet frames of IPv4, IPv6.
 * usage: test-perturb IN.pcap OUT [--seed N] then any of, applied in this order:
 *   --strip-syn         leave out every SYN and SYN-ACK: flows are picked up in their middle
 *   --split N           cut each TCP payload into segments of N bytes
 *   --overlap M         with --split: each segment also repeats the M bytes that follow it
 *   --drop K            leave out the K-th packet with payload of 500 bytes or more (1 = first): a hole
 *   --decoys PERCENT    before packets with payload the same with other bytes and a wrong checksum
 *   --offload           every checksum is what a host leaves for its network card to finish
 *   --fragment N        cut IPv4 packets into fragments of N bytes (a multiple of 8)
 *   --duplicate PERCENT send packets twice, the second time up to 20 packets later
 *   --reorder PERCENT   delay packets by up to 8 places
 *   --vlan ID           put an 802.1Q tag on every frame;  --qinq ID  a service tag around it
 *   --tunnel KIND       gre erspan2 erspan3 vxlan geneve ipip mpls pseudowire pppoe around every frame;  --tunnel-id N
 *   --twin ID           every frame twice, the second time with this VLAN or tunnel id: another tenant
 *   --back ID           this VLAN or tunnel id on frames from the higher of the two addresses
 *   --cut N             end after N packets;  --cut-bytes N  end the file in the middle of a record
 *   --link raw|null|sll|sll2   another link type;  --pcapng  write pcapng */
#include <getopt.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "tests/lib/encapsulate.h"

#define MAX_FRAME 262144u
#define ETH       14u

struct frame {
	struct timeval time;
	uint8_t *bytes;
	uint32_t n_bytes;
	double place; /* order in the output */
	long id;      /* of the VLAN or tunnel it is put into */
};
struct frames {
	struct frame *all;
	size_t n, room;
};
struct wish {
	uint64_t seed;
	long strip_syn, split, overlap, drop, duplicate, reorder, vlan, qinq, cut, cut_bytes, pcapng;
	long decoys, offload, fragment, tunnel_id, twin, back;
	const char *link, *tunnel;
};
/* Where the TCP payload of a frame lies. */
struct tcp_view {
	uint32_t ip_off, tcp_off, payload_off, payload_bytes;
	int is_v6;
};

static void die(const char *what)
{
	fprintf(stderr, "test-perturb: %s\n", what);
	exit(2);
}

static uint64_t dice(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint32_t get16(const uint8_t *b)
{
	return (uint32_t)b[0] << 8 | b[1];
}

static void put16(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static void put32(uint8_t *b, uint32_t v)
{
	put16(b, v >> 16);
	put16(b + 2, v);
}

static uint32_t get32(const uint8_t *b)
{
	return get16(b) << 16 | get16(b + 2);
}

static void frames_add(struct frames *f, struct timeval time, const uint8_t *bytes, uint32_t n_bytes)
{
	if (f->n == f->room) {
		f->room = f->room ? 2 * f->room : 1024;
		f->all = realloc(f->all, f->room * sizeof(*f->all));
	}
	struct frame *one = &f->all[f->n];
	*one = (struct frame){ time, malloc(n_bytes + 1), n_bytes, (double)f->n, 0 };
	memcpy(one->bytes, bytes, n_bytes);
	f->n++;
}

static int view_tcp(const struct frame *f, struct tcp_view *v)
{
	const uint8_t *b = f->bytes;
	uint32_t end;
	v->ip_off = ETH;
	if (f->n_bytes >= ETH + 40 && get16(b + 12) == 0x86dd && b[ETH + 6] == IPPROTO_TCP) {
		v->is_v6 = 1;
		v->tcp_off = ETH + 40;
		end = v->tcp_off + get16(b + ETH + 4);
	} else if (f->n_bytes >= ETH + 20 && get16(b + 12) == 0x0800 && b[ETH + 9] == IPPROTO_TCP) {
		v->is_v6 = 0;
		v->tcp_off = ETH + (b[ETH] & 15u) * 4;
		end = ETH + get16(b + ETH + 2);
	} else {
		return 0;
	}
	if (end > f->n_bytes || v->tcp_off + 20 > end)
		return 0;
	v->payload_off = v->tcp_off + (b[v->tcp_off + 12] >> 4) * 4u;
	if (v->payload_off > end)
		return 0;
	v->payload_bytes = end - v->payload_off;
	return 1;
}

static uint32_t sum16(const uint8_t *b, uint32_t n, uint32_t sum)
{
	for (uint32_t i = 0; i + 1 < n; i += 2)
		sum += get16(b + i);
	return n & 1 ? sum + ((uint32_t)b[n - 1] << 8) : sum;
}

static uint32_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* Lengths and checksums of a frame whose TCP payload is now n_payload bytes. */
static void seal(uint8_t *b, const struct tcp_view *v, uint32_t n_payload)
{
	uint32_t n_tcp = v->payload_off - v->tcp_off + n_payload, sum;
	uint8_t *ip = b + v->ip_off, *tcp = b + v->tcp_off;
	if (v->is_v6) {
		put16(ip + 4, n_tcp);
		sum = sum16(ip + 8, 32, 0);
	} else {
		put16(ip + 2, v->tcp_off - v->ip_off + n_tcp);
		put16(ip + 10, 0);
		put16(ip + 10, fold(sum16(ip, v->tcp_off - v->ip_off, 0)));
		sum = sum16(ip + 12, 8, 0);
	}
	put16(tcp + 16, 0);
	put16(tcp + 16, fold(sum16(tcp, n_tcp, sum + IPPROTO_TCP + n_tcp)));
}

static void split_one(struct frames *out, const struct frame *f, const struct tcp_view *v, uint32_t n_each,
		      uint32_t n_overlap)
{
	uint8_t *copy = malloc(f->n_bytes);
	for (uint32_t off = 0; off < v->payload_bytes; off += n_each) {
		uint32_t left = v->payload_bytes - off, n = n_each + n_overlap < left ? n_each + n_overlap : left;
		int last = n_each >= left;
		memcpy(copy, f->bytes, v->payload_off);
		memcpy(copy + v->payload_off, f->bytes + v->payload_off + off, n);
		put32(copy + v->tcp_off + 4, get32(f->bytes + v->tcp_off + 4) + off);
		if (!last)
			copy[v->tcp_off + 13] &= (uint8_t) ~(0x01 | 0x08); /* FIN and PSH belong to the last piece */
		seal(copy, v, n);
		frames_add(out, f->time, copy, v->payload_off + n);
	}
	free(copy);
}

static void decoy(struct frames *out, const struct frame *f, const struct tcp_view *v, uint64_t *state)
{
	uint8_t *copy = malloc(f->n_bytes);
	memcpy(copy, f->bytes, f->n_bytes);
	for (uint32_t i = 0; i < v->payload_bytes; i++)
		copy[v->payload_off + i] = (uint8_t)dice(state);
	seal(copy, v, v->payload_bytes);
	copy[v->tcp_off + 16] ^= 0x55;
	frames_add(out, f->time, copy, f->n_bytes);
	free(copy);
}

/* The pseudo-header's sum in the place of the checksum. */
static void leave_to_card(uint8_t *b, const struct tcp_view *v)
{
	uint32_t n_tcp = v->payload_off - v->tcp_off + v->payload_bytes;
	uint32_t sum = v->is_v6 ? sum16(b + v->ip_off + 8, 32, 0) : sum16(b + v->ip_off + 12, 8, 0);
	put16(b + v->tcp_off + 16, ~fold(sum + IPPROTO_TCP + n_tcp));
}

static void fragment_all(struct frames *f, uint32_t n_each)
{
	struct frames out = { 0 };
	uint8_t *copy = malloc(MAX_FRAME);
	for (size_t i = 0; i < f->n; i++) {
		const uint8_t *b = f->all[i].bytes;
		uint32_t n_head = ETH + (b[ETH] & 15u) * 4, n_data;
		n_data = get16(b + 12) == 0x0800 ? ETH + get16(b + ETH + 2) - n_head : 0;
		if (n_data <= n_each) {
			frames_add(&out, f->all[i].time, b, f->all[i].n_bytes);
			continue;
		}
		for (uint32_t off = 0; off < n_data; off += n_each) {
			uint32_t n = n_data - off < n_each ? n_data - off : n_each;
			memcpy(copy, b, n_head);
			memcpy(copy + n_head, b + n_head + off, n);
			put16(copy + ETH + 2, n_head - ETH + n);
			put16(copy + ETH + 4, (uint32_t)i & 0xffff);
			put16(copy + ETH + 6, off / 8 | (off + n < n_data ? 0x2000u : 0));
			put16(copy + ETH + 10, 0);
			put16(copy + ETH + 10, fold(sum16(copy + ETH, n_head - ETH, 0)));
			frames_add(&out, f->all[i].time, copy, n_head + n);
		}
	}
	free(copy);
	*f = out;
}

/* The steps that change packets: strip, split, drop, decoys, offload, fragment. */
static struct frames reshape(const struct frames *in, const struct wish *w)
{
	struct frames out = { 0 };
	uint64_t state = w->seed;
	long n_large = 0;
	for (size_t i = 0; i < in->n; i++) {
		const struct frame *f = &in->all[i];
		struct tcp_view v;
		int tcp = view_tcp(f, &v);
		if (tcp && w->strip_syn && (f->bytes[v.tcp_off + 13] & 0x02))
			continue;
		if (tcp && v.payload_bytes >= 500 && ++n_large == w->drop)
			continue;
		if (tcp && w->offload)
			leave_to_card(f->bytes, &v);
		if (tcp && v.payload_bytes >= 200 && dice(&state) % 100 < (uint64_t)w->decoys)
			decoy(&out, f, &v, &state);
		if (tcp && w->split && v.payload_bytes > (uint32_t)w->split)
			split_one(&out, f, &v, (uint32_t)w->split, (uint32_t)w->overlap);
		else
			frames_add(&out, f->time, f->bytes, f->n_bytes);
	}
	if (w->fragment)
		fragment_all(&out, (uint32_t)w->fragment);
	return out;
}

static int by_place(const void *a, const void *b)
{
	double x = ((const struct frame *)a)->place, y = ((const struct frame *)b)->place;
	return x < y ? -1 : x > y;
}

/* Duplicates and delays; times stay in the order of the output. */
static void shuffle(struct frames *f, const struct wish *w)
{
	uint64_t state = w->seed;
	size_t n = f->n;
	for (size_t i = 0; i < n; i++) {
		if (dice(&state) % 100 < (uint64_t)w->duplicate) {
			frames_add(f, f->all[i].time, f->all[i].bytes, f->all[i].n_bytes);
			f->all[f->n - 1].place = (double)i + 0.5 + (double)(dice(&state) % 20);
		}
		if (dice(&state) % 100 < (uint64_t)w->reorder)
			f->all[i].place += 0.25 + (double)(dice(&state) % 8);
	}
	qsort(f->all, f->n, sizeof(*f->all), by_place);
	struct timeval latest = { 0, 0 };
	for (size_t i = 0; i < f->n; i++) {
		struct timeval t = f->all[i].time;
		if (t.tv_sec < latest.tv_sec || (t.tv_sec == latest.tv_sec && t.tv_usec < latest.tv_usec))
			f->all[i].time = latest;
		latest = f->all[i].time;
	}
}

/* Which VLAN or tunnel each frame goes into; twins follow at once. */
static struct frames mark(const struct frames *in, const struct wish *w)
{
	struct frames out = { 0 };
	for (size_t i = 0; i < in->n; i++) {
		const struct frame *f = &in->all[i];
		const uint8_t *src = f->bytes + (get16(f->bytes + 12) == 0x86dd ? 22 : 26);
		uint32_t n_ip_bytes = get16(f->bytes + 12) == 0x86dd ? 16 : 4;
		int is_back = w->back && f->n_bytes >= 54 && memcmp(src, src + n_ip_bytes, n_ip_bytes) > 0;
		for (int twin = 0; twin <= (w->twin != 0); twin++) {
			frames_add(&out, f->time, f->bytes, f->n_bytes);
			out.all[out.n - 1].id = twin ? w->twin : is_back ? w->back : w->tunnel ? w->tunnel_id : w->vlan;
		}
	}
	return out;
}

/* The frame as the chosen link type has it, in room; returns its size. */
static uint32_t dress(const struct frame *f, const struct wish *w, uint8_t *room)
{
	const uint8_t *b = f->bytes;
	uint32_t n = 0, type = get16(b + 12);
	if (w->tunnel) {
		n = en_capsulate(w->tunnel, (uint32_t)f->id, b, f->n_bytes, room);
		if (!n)
			die("no such --tunnel");
		return n;
	}
	if (!w->link) {
		memcpy(room, b, 12);
		n = 12;
		for (int i = 0; i < 2; i++) {
			long id = i == 0 ? w->qinq : f->id;
			if (!id)
				continue;
			put16(room + n, i == 0 ? 0x88a8 : 0x8100);
			put16(room + n + 2, (uint32_t)id);
			n += 4;
		}
		memcpy(room + n, b + 12, f->n_bytes - 12);
		return n + f->n_bytes - 12;
	}
	if (!strcmp(w->link, "null")) {
		uint32_t family = type == 0x86dd ? 30 : 2;
		memcpy(room, &family, 4);
		n = 4;
	} else if (!strcmp(w->link, "sll")) {
		memset(room, 0, 16);
		put16(room + 2, 1);
		put16(room + 4, 6);
		memcpy(room + 6, b + 6, 6);
		put16(room + 14, type);
		n = 16;
	} else if (!strcmp(w->link, "sll2")) {
		memset(room, 0, 20);
		put16(room, type);
		put32(room + 4, 2);
		put16(room + 8, 1);
		room[11] = 6;
		memcpy(room + 12, b + 6, 6);
		n = 20;
	}
	memcpy(room + n, b + ETH, f->n_bytes - ETH);
	return n + f->n_bytes - ETH;
}

static int link_type(const struct wish *w)
{
	if (!w->link)
		return DLT_EN10MB;
	if (!strcmp(w->link, "raw"))
		return DLT_RAW;
	if (!strcmp(w->link, "null"))
		return DLT_NULL;
	if (!strcmp(w->link, "sll"))
		return DLT_LINUX_SLL;
	if (!strcmp(w->link, "sll2"))
		return DLT_LINUX_SLL2;
	die("--link is one of raw null sll sll2");
	return -1;
}

static void block(FILE *out, uint32_t type, const uint32_t *head, uint32_t n_head, const uint8_t *bytes,
		  uint32_t n_bytes)
{
	static const uint8_t zeros[4];
	uint32_t pad = (4 - n_bytes % 4) % 4, total = 12 + n_head * 4 + n_bytes + pad;
	fwrite(&type, 4, 1, out);
	fwrite(&total, 4, 1, out);
	fwrite(head, 4, n_head, out);
	fwrite(bytes, 1, n_bytes, out);
	fwrite(zeros, 1, pad, out);
	fwrite(&total, 4, 1, out);
}

static void write_pcapng(const struct frames *f, const struct wish *w, const char *path)
{
	FILE *out = fopen(path, "wb");
	uint8_t *room = malloc(MAX_FRAME + 128);
	if (!out || !room)
		die("cannot write the output");
	block(out, 0x0a0d0d0a, (uint32_t[]){ 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff }, 4, room, 0);
	block(out, 1, (uint32_t[]){ (uint32_t)(link_type(w) == DLT_RAW ? 101 : link_type(w)), MAX_FRAME }, 2, room, 0);
	for (size_t i = 0; i < f->n; i++) {
		uint32_t n = dress(&f->all[i], w, room);
		uint64_t us = (uint64_t)f->all[i].time.tv_sec * 1000000u + (uint64_t)f->all[i].time.tv_usec;
		block(out, 6, (uint32_t[]){ 0, (uint32_t)(us >> 32), (uint32_t)us, n, n }, 5, room, n);
	}
	free(room);
	if (fclose(out))
		die("write failed");
}

static void write_pcap(const struct frames *f, const struct wish *w, const char *path)
{
	pcap_t *dead = pcap_open_dead(link_type(w), MAX_FRAME);
	pcap_dumper_t *out = pcap_dump_open(dead, path);
	uint8_t *room = malloc(MAX_FRAME + 128);
	if (!out || !room)
		die("cannot write the output");
	for (size_t i = 0; i < f->n; i++) {
		struct pcap_pkthdr head = { .ts = f->all[i].time };
		head.caplen = head.len = dress(&f->all[i], w, room);
		pcap_dump((u_char *)out, &head, room);
	}
	free(room);
	pcap_dump_close(out);
	pcap_close(dead);
}

static struct frames read_all(const char *path)
{
	char err[PCAP_ERRBUF_SIZE];
	struct frames f = { 0 };
	struct pcap_pkthdr *head;
	const u_char *bytes;
	pcap_t *in = pcap_open_offline(path, err);
	if (!in || pcap_datalink(in) != DLT_EN10MB)
		die("the input is no Ethernet capture");
	while (pcap_next_ex(in, &head, &bytes) == 1)
		if (head->caplen >= ETH && head->caplen < MAX_FRAME)
			frames_add(&f, head->ts, bytes, head->caplen);
	pcap_close(in);
	return f;
}

static const struct option options[] = {
	{ "seed", 1, NULL, 's' },     { "strip-syn", 0, NULL, 'S' }, { "split", 1, NULL, 'p' },
	{ "overlap", 1, NULL, 'o' },  { "drop", 1, NULL, 'd' },      { "duplicate", 1, NULL, 'D' },
	{ "reorder", 1, NULL, 'r' },  { "vlan", 1, NULL, 'v' },      { "qinq", 1, NULL, 'q' },
	{ "cut", 1, NULL, 'c' },      { "cut-bytes", 1, NULL, 'C' }, { "link", 1, NULL, 'l' },
	{ "pcapng", 0, NULL, 'n' },   { "decoys", 1, NULL, 'b' },    { "offload", 0, NULL, 'O' },
	{ "fragment", 1, NULL, 'f' }, { "tunnel", 1, NULL, 't' },    { "tunnel-id", 1, NULL, 'T' },
	{ "twin", 1, NULL, 'w' },     { "back", 1, NULL, 'B' },      { NULL, 0, NULL, 0 },
};

static void parse(int argc, char **argv, struct wish *w)
{
	long *const slots[256] = {
		['S'] = &w->strip_syn, ['p'] = &w->split,     ['o'] = &w->overlap,   ['d'] = &w->drop,
		['D'] = &w->duplicate, ['r'] = &w->reorder,   ['v'] = &w->vlan,      ['q'] = &w->qinq,
		['c'] = &w->cut,       ['C'] = &w->cut_bytes, ['n'] = &w->pcapng,    ['b'] = &w->decoys,
		['O'] = &w->offload,   ['f'] = &w->fragment,  ['T'] = &w->tunnel_id, ['w'] = &w->twin,
		['B'] = &w->back
	};
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 's')
			w->seed = strtoull(optarg, NULL, 0);
		else if (c == 'l')
			w->link = optarg;
		else if (c == 't')
			w->tunnel = optarg;
		else if (c > 0 && c < 256 && slots[c])
			*slots[c] = optarg ? atol(optarg) : 1;
		else
			die("see the head of tests/programs/perturb.c for the options");
	}
	if (optind + 2 != argc)
		die("usage: test-perturb IN.pcap OUT [options]");
}

int main(int argc, char **argv)
{
	struct wish w = { .seed = 1 };
	parse(argc, argv, &w);
	struct frames in = read_all(argv[optind]), out = reshape(&in, &w);
	if (w.duplicate || w.reorder)
		shuffle(&out, &w);
	out = mark(&out, &w);
	if (w.cut && (size_t)w.cut < out.n)
		out.n = (size_t)w.cut;
	(w.pcapng ? write_pcapng : write_pcap)(&out, &w, argv[optind + 1]);
	if (w.cut_bytes && truncate(argv[optind + 1], w.cut_bytes))
		die("cannot cut the output");
	return 0;
}
