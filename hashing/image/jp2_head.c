/* The sizes of a decoder's structures are those of OpenJPEG, rounded up. */
#include "hashing/image/jp2_head.h"

#include <stdbool.h>

#include <vigil/bytes.h>

#define BOX_CODESTREAM  0x6a703263u /* "jp2c" */
#define MAX_BOXES       1000u
#define SIZ             0xff51u
#define COD             0xff52u
#define COC             0xff53u
#define SOT             0xff90u
#define SOD             0xff93u
#define TILE_BYTES      8192u
#define COMPONENT_BYTES 2048u /* of a tile */
#define SAMPLE_BYTES    8u    /* in its tile and in the picture */
#define BLOCK_BYTES     256u
#define PRECINCT_BYTES  1024u /* of all its bands, with their trees */

struct head {
	const struct vg_chain *bytes;
	uint64_t width, height, tile_width, tile_height, n_tiles, n_comps;
	unsigned block_bits, precinct_bits; /* the smallest areas that any header asks for, log2 */
	uint64_t n_claimed;                 /* bytes of tile-parts that are not there */
};

/* False: they are not there. */
static bool get(const struct head *h, uint64_t off, void *to, size_t n)
{
	return vg_chain_copy(h->bytes, off, to, n) == n;
}
static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static uint32_t u16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static bool find_codestream(const struct head *h, uint64_t *off)
{
	uint8_t b[16];
	*off = 0;
	if (get(h, 0, b, 4) && u32(b) == 0xff4fff51u)
		return true;
	for (unsigned i = 0; i < MAX_BOXES && get(h, *off, b, 8); i++) {
		uint64_t n_head = 8, n = u32(b);
		uint32_t type = u32(b + 4);
		if (n == 1) {
			if (!get(h, *off, b, 16))
				return false;
			n_head = 16;
			n = (uint64_t)u32(b + 8) << 32 | u32(b + 12);
		}
		if (type == BOX_CODESTREAM) {
			*off += n_head;
			return true;
		}
		if (n < n_head || n > h->bytes->n_bytes - *off)
			return false;
		*off += n;
	}
	return false;
}

static uint64_t parts(uint64_t whole, uint64_t part)
{
	return whole / part + (whole % part != 0);
}

static bool on_size(struct head *h, uint64_t off)
{
	uint8_t b[38];
	uint64_t x0, y0, tile_x0, tile_y0;
	if (!get(h, off, b, sizeof(b)))
		return false;
	x0 = u32(b + 12);
	y0 = u32(b + 16);
	h->tile_width = u32(b + 20);
	h->tile_height = u32(b + 24);
	tile_x0 = u32(b + 28);
	tile_y0 = u32(b + 32);
	h->n_comps = u16(b + 36);
	if (u32(b + 4) <= x0 || u32(b + 8) <= y0 || tile_x0 > x0 || tile_y0 > y0 || !h->tile_width || !h->tile_height ||
	    !h->n_comps)
		return false;
	h->width = u32(b + 4) - x0;
	h->height = u32(b + 8) - y0;
	uint64_t n_x = parts(u32(b + 4) - tile_x0, h->tile_width), n_y = parts(u32(b + 8) - tile_y0, h->tile_height);
	h->n_tiles = n_x * n_y;
	h->tile_width = h->tile_width < h->width ? h->tile_width : h->width;
	h->tile_height = h->tile_height < h->height ? h->tile_height : h->height;
	return n_x <= VG_JP2_MAX_TILES && n_y <= VG_JP2_MAX_TILES && h->n_tiles <= VG_JP2_MAX_TILES;
}

/* The coding style at `off`: levels, blocks and, where the first bit of `style` says so, precincts. */
static bool on_style(struct head *h, uint64_t off, unsigned style)
{
	uint8_t b[5 + 33];
	unsigned n_sizes, bits;
	if (!get(h, off, b, 5))
		return false;
	bits = (b[1] & 15u) + (b[2] & 15u) + 4;
	h->block_bits = bits < h->block_bits ? bits : h->block_bits;
	n_sizes = style & 1 ? b[0] + 1u : 0;
	if (n_sizes > 33 || !get(h, off + 5, b + 5, n_sizes))
		return false;
	for (unsigned i = 0; i < n_sizes; i++) {
		bits = (b[5 + i] & 15u) + (b[5 + i] >> 4);
		h->precinct_bits = bits < h->precinct_bits ? bits : h->precinct_bits;
	}
	return true;
}

/* Marker segments from *off to one that is `last`; *off is at that then. */
static bool on_segments(struct head *h, uint64_t *off, uint32_t last)
{
	uint8_t b[8];
	uint32_t n_index = h->n_comps < 257 ? 1 : 2;
	for (;;) {
		if (!get(h, *off, b, 2))
			return false;
		if (u16(b) == last)
			return true;
		if (!get(h, *off, b, 5) || b[0] != 0xff || u16(b + 2) < 2)
			return false;
		if (u16(b) == COD && !on_style(h, *off + 9, b[4]))
			return false;
		if (u16(b) == COC && (!get(h, *off + 4 + n_index, b + 5, 1) || !on_style(h, *off + 5 + n_index, b[5])))
			return false;
		*off += 2 + u16(b + 2);
	}
}

/* All tile-parts that are there, as far as they go. */
static void on_tile_parts(struct head *h, uint64_t off)
{
	uint8_t b[12];
	while (get(h, off, b, sizeof(b)) && u16(b) == SOT) {
		uint64_t n = u32(b + 6), n_left = h->bytes->n_bytes - off, segments = off + 12;
		if (!on_segments(h, &segments, SOD) || n < 14)
			return; /* cut, or the last one (0: to the end) */
		h->n_claimed += n > n_left ? n - n_left : 0;
		if (n > n_left)
			return;
		off += n;
	}
}

static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;
	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}
static uint64_t plus(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

enum vg_err vg_jp2_cost(const struct vg_chain *bytes, uint64_t *n_bytes)
{
	struct head h = { .bytes = bytes, .block_bits = 12, .precinct_bits = 30 };
	uint64_t off, tile, blocks, precincts;
	uint8_t b[4];
	*n_bytes = UINT64_MAX;
	if (!find_codestream(&h, &off) || !get(&h, off, b, 4) || u32(b) != (0xff4fu << 16 | SIZ) ||
	    !on_size(&h, off + 4))
		return VG_ECORRUPT;
	(void)get(&h, off + 4, b, 2);
	off += 4 + u16(b);
	if (!on_segments(&h, &off, SOT))
		return VG_ECORRUPT;
	on_tile_parts(&h, off);
	/* a block is no larger than a quarter of its precinct */
	h.block_bits = h.block_bits + 2 < h.precinct_bits ? h.block_bits
		       : h.precinct_bits > 2              ? h.precinct_bits - 2
							  : 0;
	tile = times(h.tile_width, h.tile_height);
	blocks = plus(times(tile >> h.block_bits, 2), 4096);
	precincts = plus(times(tile >> h.precinct_bits, 2), 64);
	*n_bytes = times(h.n_tiles, TILE_BYTES + h.n_comps * COMPONENT_BYTES);
	*n_bytes = plus(*n_bytes, times(times(times(h.width, h.height), h.n_comps), SAMPLE_BYTES));
	*n_bytes = plus(*n_bytes, times(h.n_comps, plus(times(blocks, BLOCK_BYTES), times(precincts, PRECINCT_BYTES))));
	*n_bytes = plus(*n_bytes, h.n_claimed);
	return VG_OK;
}
