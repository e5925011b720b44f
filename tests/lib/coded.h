#pragma once
/* coded: content codings made inside a test: gzip, zlib, raw deflate, brotli. The caller frees what is given. */
#include <brotli/encode.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct vg_coded {
	uint8_t *at;
	size_t n_bytes;
};

/* window_bits as zlib wants them: 31 gzip, 15 zlib, -15 raw. */
static inline struct vg_coded vg_coded_deflate(const void *bytes, size_t n_bytes, int window_bits)
{
	z_stream z = { 0 };
	struct vg_coded c = { malloc(n_bytes + n_bytes / 1000 + 100), 0 };
	if (!c.at || deflateInit2(&z, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)bytes;
	z.avail_in = (uInt)n_bytes;
	z.next_out = c.at;
	z.avail_out = (uInt)(n_bytes + n_bytes / 1000 + 100);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	c.n_bytes = z.total_out;
	deflateEnd(&z);
	return c;
}
static inline struct vg_coded vg_coded_gzip(const void *bytes, size_t n_bytes)
{
	return vg_coded_deflate(bytes, n_bytes, 31);
}
static inline struct vg_coded vg_coded_brotli(const void *bytes, size_t n_bytes)
{
	size_t n_room = BrotliEncoderMaxCompressedSize(n_bytes) + 64;
	struct vg_coded c = { malloc(n_room), n_room };
	if (!c.at || !BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, n_bytes, bytes, &c.n_bytes, c.at))
		abort();
	return c;
}
static inline struct vg_coded vg_coded_join(struct vg_coded a, struct vg_coded b)
{
	struct vg_coded c = { malloc(a.n_bytes + b.n_bytes + 1), a.n_bytes + b.n_bytes };
	if (!c.at)
		abort();
	memcpy(c.at, a.at, a.n_bytes);
	memcpy(c.at + a.n_bytes, b.at, b.n_bytes);
	free(a.at);
	free(b.at);
	return c;
}
