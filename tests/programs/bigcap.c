/* bigcap: writes a large capture for the bench: picture files served over HTTP/1.1 keep-alive connections, many at a
 * time, segments of 1,460 bytes, an acknowledgement for every second one; the same command writes the same bytes. Each
 * transfer gets a JPEG comment with its number, so that no two bodies have the same digests.
 * usage: test-bigcap OUT.pcap --bytes N [--flows N] [--per-flow N] PICTURE.jpg...
 * (N flows at a time, default 12; N transfers on one connection, default 16) */
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#define MSS       1460u
#define MAX_FLOWS 1024
#define HEADS     54u

struct file {
	uint8_t *bytes;
	uint32_t n_bytes;
};
struct flow {
	uint32_t seq[2]; /* next sequence number of client and server */
	uint16_t port;
	uint32_t client, n_transfers, n_body, off; /* off: bytes of the response already sent */
	uint8_t *response;
	int open, unacked;
};
struct world {
	FILE *out;
	struct file *files;
	uint32_t n_files, n_transfers, n_flows_made, n_per_flow;
	uint64_t n_written, time_us;
	struct flow flows[MAX_FLOWS];
};

static void die(const char *what)
{
	fprintf(stderr, "test-bigcap: %s\n", what);
	exit(2);
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

/* One packet of a flow; from 0 = client, 1 = server. Checksums are zero, as captures with offloads have them. */
static void packet(struct world *w, struct flow *f, int from, uint8_t flags, const uint8_t *bytes, uint32_t n_bytes)
{
	uint8_t b[HEADS] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	uint32_t server = 0xc6336464u, src = from ? server : f->client, dst = from ? f->client : server;
	put16(b + 16, 40 + n_bytes);
	b[20] = 0x40;
	b[22] = 64;
	b[23] = 6;
	put32(b + 26, src);
	put32(b + 30, dst);
	put16(b + 34, from ? 80 : f->port);
	put16(b + 36, from ? f->port : 80);
	put32(b + 38, f->seq[from]);
	put32(b + 42, (flags & 0x10) ? f->seq[!from] : 0);
	b[46] = 0x50;
	b[47] = flags;
	put16(b + 48, 65535);
	uint32_t head[4] = { (uint32_t)(w->time_us / 1000000u), (uint32_t)(w->time_us % 1000000u), HEADS + n_bytes,
			     HEADS + n_bytes };
	fwrite(head, sizeof(head), 1, w->out);
	fwrite(b, HEADS, 1, w->out);
	fwrite(bytes, 1, n_bytes, w->out);
	f->seq[from] += n_bytes + (flags & 0x03 ? 1 : 0);
	w->n_written += sizeof(head) + HEADS + n_bytes;
	w->time_us += 2;
}

static void open_flow(struct world *w, struct flow *f)
{
	uint32_t n = w->n_flows_made++;
	*f = (struct flow){ .seq = { n * 2654435761u, n * 40503u + 7 }, .open = 1 };
	f->client = 0x0a000000u + (n / 60000) * 256 + n % 250 + 1;
	f->port = (uint16_t)(2000 + n % 60000);
	packet(w, f, 0, 0x02, NULL, 0);
	packet(w, f, 1, 0x12, NULL, 0);
	packet(w, f, 0, 0x10, NULL, 0);
}

/* Asks for the next picture and makes the response ready. */
static void next_transfer(struct world *w, struct flow *f)
{
	const struct file *p = &w->files[w->n_transfers % w->n_files];
	char text[300], mark[20];
	int n = snprintf(
		text, sizeof(text),
		"GET /p/%u.jpg HTTP/1.1\r\nHost: pictures.example\r\nUser-Agent: bigcap/1\r\nAccept: */*\r\n\r\n",
		w->n_transfers);
	packet(w, f, 0, 0x18, (uint8_t *)text, (uint32_t)n);
	n = snprintf(text, sizeof(text),
		     "HTTP/1.1 200 OK\r\nServer: bigcap\r\nContent-Type: image/jpeg\r\nContent-Length: %u\r\n\r\n",
		     p->n_bytes + 14);
	snprintf(mark, sizeof(mark), "%010u", w->n_transfers);
	uint8_t *r = f->response = realloc(f->response, (size_t)n + p->n_bytes + 14);
	memcpy(r, text, (size_t)n);
	memcpy(r + n, p->bytes, 2);
	memcpy(r + n + 2, "\xff\xfe\x00\x0c", 4);
	memcpy(r + n + 6, mark, 10);
	memcpy(r + n + 16, p->bytes + 2, p->n_bytes - 2);
	f->n_body = (uint32_t)n + p->n_bytes + 14;
	f->off = 0;
	f->n_transfers++;
	w->n_transfers++;
}

/* A few segments of one flow; then it is another's turn. */
static void step(struct world *w, struct flow *f, int ending)
{
	if (!f->open)
		open_flow(w, f);
	if (f->off == f->n_body)
		next_transfer(w, f);
	for (int i = 0; (i < 10 || ending) && f->off < f->n_body; i++) {
		uint32_t left = f->n_body - f->off, n = left < MSS ? left : MSS;
		packet(w, f, 1, left <= MSS ? 0x18 : 0x10, f->response + f->off, n);
		f->off += n;
		if (++f->unacked == 2 || f->off == f->n_body) {
			packet(w, f, 0, 0x10, NULL, 0);
			f->unacked = 0;
		}
	}
	if (f->off == f->n_body && (f->n_transfers == w->n_per_flow || ending)) {
		uint8_t *keep = f->response;
		packet(w, f, 1, 0x11, NULL, 0);
		packet(w, f, 0, 0x11, NULL, 0);
		packet(w, f, 1, 0x10, NULL, 0);
		*f = (struct flow){ .response = keep };
	}
}

static struct file read_file(const char *path)
{
	struct file f = { NULL, 0 };
	FILE *in = fopen(path, "rb");
	long n = 0;
	if (!in || fseek(in, 0, SEEK_END) || (n = ftell(in)) < 4)
		die("cannot read a picture");
	rewind(in);
	f.bytes = malloc((size_t)n);
	f.n_bytes = (uint32_t)n;
	if (fread(f.bytes, 1, (size_t)n, in) != (size_t)n || f.bytes[0] != 0xff || f.bytes[1] != 0xd8)
		die("a picture is no JPEG");
	fclose(in);
	return f;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "bytes", 1, NULL, 'b' }, { "flows", 1, NULL, 'f' }, { "per-flow", 1, NULL, 'p' }, { 0 }
	};
	static struct world w;
	uint64_t limit = 100u << 20;
	int n_flows = 12;
	w.n_per_flow = 16;
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'b')
			limit = strtoull(optarg, NULL, 0);
		else if (c == 'f')
			n_flows = atoi(optarg);
		else if (c == 'p')
			w.n_per_flow = (uint32_t)atoi(optarg);
	}
	if (optind + 2 > argc || n_flows < 1 || n_flows > MAX_FLOWS || !w.n_per_flow)
		die("usage: test-bigcap OUT.pcap --bytes N [--flows N] [--per-flow N] PICTURE.jpg...");
	w.out = fopen(argv[optind], "wb");
	w.n_files = (uint32_t)(argc - optind - 1);
	w.files = calloc(w.n_files, sizeof(*w.files));
	for (uint32_t i = 0; i < w.n_files; i++)
		w.files[i] = read_file(argv[optind + 1 + (int)i]);
	if (!w.out)
		die("cannot write the output");
	uint32_t head[6] = { 0xa1b2c3d4u, 2 | 4 << 16, 0, 0, 262144, 1 };
	fwrite(head, sizeof(head), 1, w.out);
	w.time_us = 1750000000000000u;
	while (w.n_written < limit)
		for (int i = 0; i < n_flows; i++)
			step(&w, &w.flows[i], 0);
	for (int i = 0; i < n_flows; i++)
		if (w.flows[i].open)
			step(&w, &w.flows[i], 1);
	if (fclose(w.out))
		die("write failed");
	printf("transfers %u flows %u bytes %llu\n", w.n_transfers, w.n_flows_made, (unsigned long long)w.n_written);
	return 0;
}
