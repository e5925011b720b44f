/* test-frames: raw frames of every odd kind through a link. Sends on one interface, receives on another (maybe in
 * another network namespace: run it there twice), and compares bytes and order.
 *	send IFACE COUNT SEED [MAX]	the frames that SEED gives, one after the other, paced
 *	take IFACE COUNT SEED [MAX]	waits for exactly these, in this order; ready: prints "ready"
 *	ping IFACE COUNT		round trips to a `test-frames echo`: p50, p99, max in us
 *	echo IFACE			answers until killed
 *	outage IFACE			asks an echo each ms until answers ceased and came again: how long
 *	replay IFACE CAPTURE		its frames
 *	split IFACE CAPTURE IFACE	its two directions apart, as the two ports of a tap give them
 * FRAMES_TAKEN=FILE for send and take: the taker keeps its count there, and the sender never is more than 48 frames
 * ahead of it, so that no slowness loses a frame. Frames carry a mark of ours behind the Ethernet header; others on the
 * interface are passed over. Exit 0, 1, 2. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vigil/clock.h>

#define FRAME_MAX 9014
#define WINDOW    48u
#define MAX_WAITS 20000u /* of 500 us without a frame */
#define PING_TYPE 0x88b5 /* IEEE 802: local experimental */
static const uint8_t mark[8] = "vg-frame";

struct port {
	int fd;
	struct sockaddr_ll at;
};

static int open_port(struct port *port, const char *iface, uint16_t proto)
{
	int on = 1, room = 64 << 20;
	struct packet_mreq promiscuous = { .mr_type = PACKET_MR_PROMISC };

	memset(port, 0, sizeof(*port));
	port->fd = socket(AF_PACKET, SOCK_RAW, 0);
	port->at = (struct sockaddr_ll){ .sll_family = AF_PACKET,
					 .sll_protocol = htons(proto),
					 .sll_ifindex = (int)if_nametoindex(iface) };
	promiscuous.mr_ifindex = port->at.sll_ifindex;
	if (port->fd < 0 || !port->at.sll_ifindex || bind(port->fd, (struct sockaddr *)&port->at, sizeof(port->at)) ||
	    setsockopt(port->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous)) ||
	    setsockopt(port->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on))) {
		perror(iface);
		return -1;
	}
	(void)setsockopt(port->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return 0;
}

/* The next frame that came in from outside, its tag put back where the kernel took it out. 0: none in time. */
static int receive(const struct port *port, uint8_t *frame, size_t n_room, int timeout_ms)
{
	for (;;) {
		char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct sockaddr_ll from;
		struct iovec iov = { frame + 4, n_room - 4 };
		struct msghdr m = { .msg_name = &from,
				    .msg_namelen = sizeof(from),
				    .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = sizeof(control) };
		struct pollfd wait = { port->fd, POLLIN, 0 };
		const struct tpacket_auxdata *aux = NULL;
		ssize_t n;
		if (timeout_ms >= 0 && poll(&wait, 1, timeout_ms) <= 0)
			return 0;
		n = recvmsg(port->fd, &m, 0);
		if (n < ETH_HLEN || from.sll_pkttype == PACKET_OUTGOING)
			continue;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
				aux = (const struct tpacket_auxdata *)(const void *)CMSG_DATA(c);
		if (!aux || !(aux->tp_status & TP_STATUS_VLAN_VALID)) {
			memmove(frame, frame + 4, (size_t)n);
			return (int)n;
		}
		uint16_t tag[2] = { htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : 0x8100),
				    htons(aux->tp_vlan_tci) };
		memmove(frame, frame + 4, 12);
		memcpy(frame + 12, tag, 4);
		return (int)n + 4;
	}
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Frame number idx: kinds in turn, sizes at random with the extremes, everything behind the mark random. */
static size_t make_frame(uint32_t idx, uint32_t seed, size_t max, uint8_t *frame)
{
	static const struct {
		uint8_t to[6];
		uint8_t head[10];
		uint8_t n_head;
	} kinds[] = {
		{ { 2, 0, 0, 0, 0, 9 }, { 0x08, 0x00 }, 2 },                                /* IPv4, or so it says */
		{ { 1, 0x80, 0xc2, 0, 0, 0 }, { 0x00, 0x26, 0x42, 0x42, 0x03 }, 5 },        /* STP: 802.3 with LLC */
		{ { 1, 0x80, 0xc2, 0, 0, 2 }, { 0x88, 0x09, 0x01, 0x01 }, 4 },              /* LACP */
		{ { 1, 0x80, 0xc2, 0, 0, 14 }, { 0x88, 0xcc }, 2 },                         /* LLDP */
		{ { 2, 0, 0, 0, 0, 9 }, { 0x81, 0x00, 0x20, 0x64, 0x08, 0x00 }, 6 },        /* 802.1Q */
		{ { 2, 0, 0, 0, 0, 9 }, { 0x81, 0, 0, 7, 0x81, 0, 0, 8, 0x86, 0xdd }, 10 }, /* two tags */
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 0x08, 0x06 }, 2 },              /* ARP */
		{ { 2, 0, 0, 0, 0, 9 }, { 0x88, 0x47 }, 2 },                                /* MPLS */
		{ { 2, 0, 0, 0, 0, 9 }, { 0x88, 0x64 }, 2 },                                /* PPPoE */
		{ { 2, 0, 0, 0, 0, 9 }, { 0x89, 0x02 }, 2 },                                /* 802.1ag */
		{ { 2, 0, 0, 0, 0, 9 }, { 0x88, 0xb5 }, 2 },                                /* experimental */
		{ { 2, 0, 0, 0, 0, 9 }, { 0xff, 0xfe }, 2 },                                /* nobody's */
	};
	unsigned kind = idx % (sizeof(kinds) / sizeof(kinds[0]));
	uint32_t state = seed * 2654435761u + idx * 40503u + 1;
	size_t n = 60 + next_random(&state) % (max - 59), at = 12;

	n = idx % 7 == 0 ? max : idx % 11 == 0 ? 60 : n;
	memcpy(frame, kinds[kind].to, 6);
	memcpy(frame + 6, "\x02\0\0\0\0\x08", 6);
	memcpy(frame + at, kinds[kind].head, kinds[kind].n_head);
	if (kind == 5 && getenv("FRAMES_STAG"))
		memcpy(frame + at, "\x88\xa8", 2);
	at += kinds[kind].n_head;
	memcpy(frame + at, mark, sizeof(mark));
	memcpy(frame + at + sizeof(mark), &idx, 4);
	for (size_t i = at + sizeof(mark) + 4; i < n; i++)
		frame[i] = (uint8_t)next_random(&state);
	return n;
}

static int send_frame(const struct port *port, const uint8_t *frame, size_t n)
{
	return sendto(port->fd, frame, n, 0, (const struct sockaddr *)&port->at, sizeof(port->at)) == (ssize_t)n ? 0
														 : -1;
}

/* The taker's count, shared by a file; NULL: none is. */
static _Atomic uint32_t *open_count(void)
{
	const char *path = getenv("FRAMES_TAKEN");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	void *at = fd >= 0 && !ftruncate(fd, 4) ? mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (fd >= 0)
		close(fd);
	return at == MAP_FAILED ? NULL : at;
}

/* Until the taker has all but WINDOW of n_sent; a frame that was lost is waited for once. */
static void wait_for_taker(_Atomic uint32_t *taken, uint32_t n_sent, uint32_t *n_waits)
{
	while (taken && *n_waits < MAX_WAITS && *taken + WINDOW < n_sent) {
		usleep(500);
		++*n_waits;
	}
}

static int run_send(const struct port *port, uint32_t count, uint32_t seed, size_t max)
{
	uint8_t frame[FRAME_MAX + 16];
	_Atomic uint32_t *taken = open_count();
	uint32_t n_waits = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t before = taken ? *taken : 0;
		wait_for_taker(taken, i, &n_waits);
		n_waits = taken && *taken != before ? 0 : n_waits;
		if (send_frame(port, frame, make_frame(i, seed, max, frame))) {
			perror("send");
			return 1;
		}
		if (!taken && i % 16 == 15)
			usleep(1000);
	}
	printf("sent %u\n", count);
	return 0;
}

static int run_replay(const struct port *port, const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline(path, why);
	struct pcap_pkthdr *head;
	const u_char *bytes;
	uint32_t n = 0;

	if (!capture) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	while (pcap_next_ex(capture, &head, &bytes) == 1) {
		if (send_frame(port, bytes, head->caplen)) {
			perror("send");
			return 1;
		}
		n++;
		usleep(200);
	}
	pcap_close(capture);
	printf("sent %u\n", n);
	return 0;
}

/* A tap's two ports: of each pair of hosts what the lower address sends goes to one, the rest to the other. */
static int run_split(const struct port *one, const struct port *other, const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline(path, why);
	struct pcap_pkthdr *head;
	const u_char *bytes;
	uint32_t n[2] = { 0, 0 };

	if (!capture) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	while (pcap_next_ex(capture, &head, &bytes) == 1) {
		int is_ip = head->caplen >= 34 && bytes[12] == 8 && !bytes[13];
		int to = is_ip && memcmp(bytes + 26, bytes + 30, 4) > 0;
		if (send_frame(to ? other : one, bytes, head->caplen)) {
			perror("send");
			return 1;
		}
		n[to]++;
		usleep(200);
	}
	pcap_close(capture);
	printf("sent %u and %u\n", n[0], n[1]);
	return 0;
}

static int is_ours(const uint8_t *frame, int n)
{
	return n > 0 && memmem(frame, (size_t)(n < 64 ? n : 64), mark, sizeof(mark)) != NULL;
}

static int run_take(const struct port *port, uint32_t count, uint32_t seed, size_t max)
{
	uint8_t got[FRAME_MAX + 32], want[FRAME_MAX + 16];
	_Atomic uint32_t *taken = open_count();
	uint32_t n_taken = 0, n_wrong = 0;

	if (taken)
		*taken = 0;
	puts("ready");
	fflush(stdout);
	while (n_taken < count) {
		int n = receive(port, got, sizeof(got), 10000);
		size_t n_want;
		if (!n)
			break;
		if (!is_ours(got, n))
			continue;
		n_want = make_frame(n_taken, seed, max, want);
		if ((size_t)n != n_want || memcmp(got, want, n_want)) {
			size_t at = 0;
			while (at < n_want && at < (size_t)n && got[at] == want[at])
				at++;
			if (n_wrong++ < 5)
				printf("frame %u: %d bytes instead of %zu, differs at byte %zu\n", n_taken, n, n_want,
				       at);
		}
		n_taken++;
		if (taken)
			*taken = n_taken;
	}
	printf("taken %u of %u, %u wrong\n", n_taken, count, n_wrong);
	return n_taken != count || n_wrong;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

_Noreturn static void run_echo(const struct port *port)
{
	uint8_t frame[FRAME_MAX + 32];
	for (;;) {
		int n = receive(port, frame, sizeof(frame), -1);
		if (!is_ours(frame, n))
			continue;
		memcpy(frame, "\x02\0\0\0\0\x08", 6);
		memcpy(frame + 6, "\x02\0\0\0\0\x09", 6);
		(void)send_frame(port, frame, (size_t)n);
	}
}

static int run_ping(const struct port *port, uint32_t count)
{
	uint8_t frame[128] = "\x02\0\0\0\0\x09\x02\0\0\0\0\x08\x88\xb5", got[FRAME_MAX + 32];
	uint64_t *ns = calloc(count, sizeof(*ns));
	uint32_t n_lost = 0, n = 0;

	memcpy(frame + ETH_HLEN, mark, sizeof(mark));
	for (uint32_t i = 0; ns && i < count; i++) {
		uint64_t begun_ns = vg_mono_now().ns;
		int is_back = 0;
		memcpy(frame + ETH_HLEN + 8, &i, 4);
		if (send_frame(port, frame, sizeof(frame)))
			return 1;
		while (!is_back) {
			int n_got = receive(port, got, sizeof(got), 200);
			if (!n_got)
				break;
			is_back = is_ours(got, n_got) && !memcmp(got + ETH_HLEN + 8, &i, 4);
		}
		if (is_back)
			ns[n++] = vg_mono_now().ns - begun_ns;
		else
			n_lost++;
		usleep(200);
	}
	if (!n)
		return 1;
	qsort(ns, n, sizeof(*ns), by_size);
	printf("p50 %.1f p99 %.1f max %.1f us lost %u\n", (double)ns[n / 2] / 1e3, (double)ns[n * 99 / 100] / 1e3,
	       (double)ns[n - 1] / 1e3, n_lost);
	free(ns);
	return 0;
}

/* The longest time between two answers, once there was one of more than 20 ms. */
static int run_outage(const struct port *port)
{
	uint8_t frame[128] = "\x02\0\0\0\0\x09\x02\0\0\0\0\x08\x88\xb5", got[FRAME_MAX + 32];
	uint64_t last_ns = vg_mono_now().ns;

	memcpy(frame + ETH_HLEN, mark, sizeof(mark));
	for (;;) {
		uint64_t now_ns;
		int n;
		if (send_frame(port, frame, sizeof(frame)))
			return 1;
		n = receive(port, got, sizeof(got), 1);
		if (!is_ours(got, n))
			continue;
		now_ns = vg_mono_now().ns;
		if (now_ns - last_ns > 20000000) {
			printf("no answer for %.1f ms\n", (double)(now_ns - last_ns) / 1e6);
			return 0;
		}
		last_ns = now_ns;
		usleep(1000);
	}
}

int main(int argc, char **argv)
{
	struct port port, other;
	const char *verb = argc > 2 ? argv[1] : "";
	uint32_t count = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	uint32_t seed = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1;
	size_t max = argc > 5 ? strtoul(argv[5], NULL, 10) : 1514;
	int is_ping = !strcmp(verb, "ping") || !strcmp(verb, "echo") || !strcmp(verb, "outage");

	if (!verb[0] || max < 100 || max > FRAME_MAX) {
		fputs("usage: test-frames send|take|ping|echo|outage|replay|split IFACE [COUNT [SEED [MAX]]]|CAPTURE "
		      "[IFACE]\n",
		      stderr);
		return 2;
	}
	if (open_port(&port, argv[2], is_ping ? PING_TYPE : ETH_P_ALL))
		return 1;
	if (!strcmp(verb, "send"))
		return run_send(&port, count, seed, max);
	if (!strcmp(verb, "take"))
		return run_take(&port, count, seed, max);
	if (!strcmp(verb, "replay"))
		return argc > 3 ? run_replay(&port, argv[3]) : 2;
	if (!strcmp(verb, "split"))
		return argc > 4 && !open_port(&other, argv[4], ETH_P_ALL) ? run_split(&port, &other, argv[3]) : 2;
	if (!strcmp(verb, "outage"))
		return run_outage(&port);
	if (!strcmp(verb, "echo"))
		run_echo(&port);
	return run_ping(&port, count);
}
