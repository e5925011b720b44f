/* test-churn: raw frames that fill every table of a dataplane: connections that never end, requests, bodies that stop
 * in the middle, holes, rubbish, first fragments without the rest, GRE around some. test-churn IFACE SECONDS SEED
 * [FRAMES_A_SECOND] Everything follows from SEED. Prints "sent N". */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vigil/clock.h>

#include "tests/lib/encapsulate.h"
#include "tests/lib/pktbuild.h"

#define BURST 64u

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* A packet of one of very many connections. */
static void make_frame(uint32_t *state, struct pb_frame *f)
{
	static const char request[] = "GET /churn.jpg HTTP/1.1\r\nHost: churn.invalid\r\n\r\n";
	static const char response[] = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n"
				       "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0";
	static const char rubbish[] = "\x17\x03\x03\x40\x00 nothing that anybody speaks";
	uint32_t r = next_random(state), kind = r % 16;
	struct pb_tcp t = { .src = 0x0a000000u | (next_random(state) & 0xffffff),
			    .dst = 0xc6336401u,
			    .sport = (uint16_t)(1024 + (r >> 8) % 60000),
			    .dport = 80,
			    .seq = next_random(state),
			    .flags = 16 };

	if (kind < 6) {
		t.flags = 2;
	} else if (kind < 9) {
		t.payload = request;
		t.n_payload = sizeof(request) - 1;
	} else if (kind < 13) {
		uint32_t ip = t.src, port = t.sport;
		t.src = t.dst;
		t.dst = ip;
		t.sport = 80;
		t.dport = (uint16_t)port;
		t.payload = response;
		t.n_payload = sizeof(response) - 1;
	} else {
		t.payload = rubbish;
		t.n_payload = sizeof(rubbish) - 1;
	}
	pb_simple(f, &t);
	if (kind == 15) { /* a first fragment; the rest never comes */
		pb_set16(f, f->ip_off + 4, r >> 16);
		pb_set16(f, f->ip_off + 6, 0x2000);
	}
}

int main(int argc, char **argv)
{
	static uint8_t room[PB_MAX + 128];
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	uint32_t state = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) * 2654435761u | 1 : 1;
	uint64_t rate = argc > 4 ? strtoull(argv[4], NULL, 10) : 20000, n_sent = 0, begun_ns = vg_mono_now().ns, end_ns;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (argc < 4 || !rate) {
		fputs("usage: test-churn IFACE SECONDS SEED [FRAMES_A_SECOND]\n", stderr);
		return 2;
	}
	at.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (fd < 0 || !at.sll_ifindex) {
		perror(argv[1]);
		return 1;
	}
	end_ns = begun_ns + strtoull(argv[2], NULL, 10) * 1000000000u;
	while (vg_mono_now().ns < end_ns) {
		for (uint32_t i = 0; i < BURST; i++) {
			struct pb_frame f;
			uint32_t n;
			make_frame(&state, &f);
			n = f.n_bytes;
			if (next_random(&state) % 8 == 0)
				n = en_capsulate("gre", state & 0xff, f.bytes, f.n_bytes, room);
			else
				memcpy(room, f.bytes, n);
			n_sent += sendto(fd, room, n, 0, (struct sockaddr *)&at, sizeof(at)) == (ssize_t)n;
		}
		while (n_sent * 1000000000u / rate > vg_mono_now().ns - begun_ns && vg_mono_now().ns < end_ns)
			usleep(500);
	}
	printf("sent %llu\n", (unsigned long long)n_sent);
	return 0;
}
