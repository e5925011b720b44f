#pragma once
/* encapsulate: a frame of Ethernet and IP put into a tunnel, for test-perturb. Own bytes; UDP and GRE checksums 0. */
#include <stdint.h>
#include <string.h>

static inline void en_put(uint8_t *room, uint32_t *n, uint32_t value, uint32_t n_bytes)
{
	while (n_bytes--)
		room[(*n)++] = (uint8_t)(value >> 8 * n_bytes);
}

/* Ethernet and an IPv4 header from 192.0.2.1 to 192.0.2.2 around n_inner bytes. */
static inline void en_outer(uint8_t *room, uint32_t *n, const uint8_t *frame, uint8_t proto, uint32_t n_inner)
{
	memcpy(room, frame, 12);
	*n = 12;
	en_put(room, n, 0x0800, 2);
	en_put(room, n, 0x45000000u | (20 + n_inner), 4);
	en_put(room, n, 0, 4);
	en_put(room, n, 64u << 24 | (uint32_t)proto << 16, 4);
	en_put(room, n, 0xc0000201, 4);
	en_put(room, n, 0xc0000202, 4);
}

static inline void en_udp(uint8_t *room, uint32_t *n, const uint8_t *frame, uint32_t port, uint32_t n_inner)
{
	en_outer(room, n, frame, 17, 8 + n_inner);
	en_put(room, n, 50000u << 16 | port, 4);
	en_put(room, n, (8 + n_inner) << 16, 4);
}

/* The frame in a tunnel of that kind with that id, into room (n_bytes + 128 bytes); its size, 0: no such kind. */
static inline uint32_t en_capsulate(const char *kind, uint32_t id, const uint8_t *frame, uint32_t n_bytes,
				    uint8_t *room)
{
	uint32_t n = 0, type = (uint32_t)frame[12] << 8 | frame[13], skip = 0;

	if (!strcmp(kind, "gre")) {
		skip = 14;
		en_outer(room, &n, frame, 47, 8 + n_bytes - skip);
		en_put(room, &n, 0x20000000u | type, 4);
		en_put(room, &n, id, 4);
	} else if (!strcmp(kind, "erspan2")) {
		en_outer(room, &n, frame, 47, 16 + n_bytes);
		en_put(room, &n, 0x100088be, 4);
		en_put(room, &n, 1, 4);
		en_put(room, &n, 0x10000000u | (id & 0x3ff), 4);
		en_put(room, &n, 0, 4);
	} else if (!strcmp(kind, "erspan3")) {
		en_outer(room, &n, frame, 47, 28 + n_bytes);
		en_put(room, &n, 0x100022eb, 4);
		en_put(room, &n, 1, 4);
		en_put(room, &n, 0x20000000u | (id & 0x3ff), 4);
		en_put(room, &n, 0, 4);
		en_put(room, &n, 1, 4); /* the platform's part follows */
		en_put(room, &n, 0, 4);
		en_put(room, &n, 0, 4);
	} else if (!strcmp(kind, "vxlan")) {
		en_udp(room, &n, frame, 4789, 8 + n_bytes);
		en_put(room, &n, 0x08000000, 4);
		en_put(room, &n, id << 8, 4);
	} else if (!strcmp(kind, "geneve")) {
		en_udp(room, &n, frame, 6081, 12 + n_bytes);
		en_put(room, &n, 0x01006558, 4);
		en_put(room, &n, id << 8, 4);
		en_put(room, &n, 0x01020300, 4); /* an option without data */
	} else if (!strcmp(kind, "ipip")) {
		skip = 14;
		en_outer(room, &n, frame, type == 0x86dd ? 41 : 4, n_bytes - skip);
	} else if (!strcmp(kind, "mpls") || !strcmp(kind, "pseudowire")) {
		skip = kind[0] == 'm' ? 14 : 0;
		memcpy(room, frame, 12);
		n = 12;
		en_put(room, &n, 0x8847, 2);
		en_put(room, &n, 16u << 12 | 64, 4);
		en_put(room, &n, id << 12 | 0x100 | 64, 4);
		if (!skip)
			en_put(room, &n, 0, 4);
	} else if (!strcmp(kind, "pppoe")) {
		skip = 14;
		memcpy(room, frame, 12);
		n = 12;
		en_put(room, &n, 0x8864, 2);
		en_put(room, &n, 0x11000000u | (id & 0xffff), 4);
		en_put(room, &n, n_bytes - skip + 2, 2);
		en_put(room, &n, type == 0x86dd ? 0x57 : 0x21, 2);
	} else {
		return 0;
	}
	memcpy(room + n, frame + skip, n_bytes - skip);
	return n + n_bytes - skip;
}
