#pragma once
/* bench_frames: frames of many made-up HTTP flows, for bench_flows.h. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BF_HEADS 54u

struct bf_shape {
	uint32_t mss, n_segments; /* of a response */
	uint32_t opaque_of_16;    /* flows of 16 that speak TLS */
};

static inline void bf_put16(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}
static inline void bf_put32(uint8_t *b, uint32_t v)
{
	bf_put16(b, v >> 16);
	bf_put16(b + 2, v & 0xffff);
}

/* Heads of a frame of connection n; from 0 = client. Its payload is what lies there, or `text`. */
static inline uint32_t bf_write(uint8_t *b, uint32_t n, int from, uint8_t flags, uint32_t seq, const void *text,
				uint32_t n_bytes)
{
	static const uint8_t model[BF_HEADS] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	uint32_t client = 0x0a000000u + (n >> 14), server = 0xc6336464u;
	uint16_t port = (uint16_t)(1024 + (n & 0x3fff));
	memcpy(b, model, BF_HEADS);
	bf_put16(b + 16, 40 + n_bytes);
	b[22] = 64;
	b[23] = 6;
	bf_put32(b + 26, from ? server : client);
	bf_put32(b + 30, from ? client : server);
	bf_put16(b + 34, from ? 80 : port);
	bf_put16(b + 36, from ? port : 80);
	bf_put32(b + 38, seq);
	b[46] = 0x50;
	b[47] = flags;
	if (text)
		memcpy(b + BF_HEADS, text, n_bytes);
	return BF_HEADS + n_bytes;
}

static inline uint32_t bf_steps(const struct bf_shape *shape)
{
	return shape->n_segments + 5;
}

/* Step k (< bf_steps) of connection n into b; its bytes. */
static inline uint32_t bf_frame(uint8_t *b, const struct bf_shape *shape, uint32_t n, uint32_t k)
{
	static const char request[] = "GET /p/1.jpg HTTP/1.1\r\nHost: a.example\r\n\r\n";
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 opaque from here on, whatever it is";
	static const char jpeg[] = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00";
	uint32_t n_body = shape->n_segments * shape->mss;
	int opaque = (n & 15) < shape->opaque_of_16;
	char head[128];
	uint32_t n_head =
		(uint32_t)snprintf(head, sizeof(head),
				   "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %u\r\n\r\n", n_body);

	if (k == 0)
		return bf_write(b, n, 0, 0x02, 999, NULL, 0);
	if (k == 1)
		return opaque ? bf_write(b, n, 0, 0x18, 1000, hello, sizeof(hello) - 1)
			      : bf_write(b, n, 0, 0x18, 1000, request, sizeof(request) - 1);
	if (k == 2)
		return bf_write(b, n, 1, 0x18, 2000, opaque ? hello : head, opaque ? sizeof(hello) - 1 : n_head);
	if (k == shape->n_segments + 3)
		return bf_write(b, n, 1, 0x11, 2000 + n_head + n_body, NULL, 0);
	if (k == shape->n_segments + 4)
		return bf_write(b, n, 0, 0x11, 1000 + (opaque ? sizeof(hello) : sizeof(request)) - 1, NULL, 0);
	bf_write(b, n, 1, 0x10, 2000 + n_head + (k - 3) * shape->mss, NULL, shape->mss);
	if (k == 3 && !opaque)
		memcpy(b + BF_HEADS, jpeg, sizeof(jpeg) - 1);
	return BF_HEADS + shape->mss;
}
