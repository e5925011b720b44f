/* A region is decoded with a byte a pixel, edges of white around it, and then laid on the page. */
#include "hashing/unpack/pdf_jbig2.h"

#include <stdlib.h>
#include <string.h>

#define EDGE                  128u /* how far an adaptive pixel may lie away (6.2.5.4) */
#define MAX_PIXELS_OF_CONTEXT 16u
#define N_CONTEXTS            65536u
#define UNKNOWN               0xffffffffu
#define REGION_HEAD           17u /* 7.4.1 */
#define PAGE_HEAD             19u /* 7.4.8 */

enum segment_type { GENERIC_NOW = 38, GENERIC_LOSSLESS = 39, PAGE = 48, FILE_END = 51 };

/* The arithmetic decoder (annex E). Behind the end come ones. */
struct arith {
	const uint8_t *at, *end;
	uint32_t c, a;
	int ct;
	uint8_t index[N_CONTEXTS], mps[N_CONTEXTS];
};

/* Table E.1: Qe, next after the more and the less probable symbol, is their sense switched. */
static const struct {
	uint16_t qe;
	uint8_t more, less, turn;
} states[] = {
	{ 0x5601, 1, 1, 1 },   { 0x3401, 2, 6, 0 },   { 0x1801, 3, 9, 0 },   { 0x0ac1, 4, 12, 0 },
	{ 0x0521, 5, 29, 0 },  { 0x0221, 38, 33, 0 }, { 0x5601, 7, 6, 1 },   { 0x5401, 8, 14, 0 },
	{ 0x4801, 9, 14, 0 },  { 0x3801, 10, 14, 0 }, { 0x3001, 11, 17, 0 }, { 0x2401, 12, 18, 0 },
	{ 0x1c01, 13, 20, 0 }, { 0x1601, 29, 21, 0 }, { 0x5601, 15, 14, 1 }, { 0x5401, 16, 14, 0 },
	{ 0x5101, 17, 15, 0 }, { 0x4801, 18, 16, 0 }, { 0x3801, 19, 17, 0 }, { 0x3401, 20, 18, 0 },
	{ 0x3001, 21, 19, 0 }, { 0x2801, 22, 19, 0 }, { 0x2401, 23, 20, 0 }, { 0x2201, 24, 21, 0 },
	{ 0x1c01, 25, 22, 0 }, { 0x1801, 26, 23, 0 }, { 0x1601, 27, 24, 0 }, { 0x1401, 28, 25, 0 },
	{ 0x1201, 29, 26, 0 }, { 0x1101, 30, 27, 0 }, { 0x0ac1, 31, 28, 0 }, { 0x09c1, 32, 29, 0 },
	{ 0x08a1, 33, 30, 0 }, { 0x0521, 34, 31, 0 }, { 0x0441, 35, 32, 0 }, { 0x02a1, 36, 33, 0 },
	{ 0x0221, 37, 34, 0 }, { 0x0141, 38, 35, 0 }, { 0x0111, 39, 36, 0 }, { 0x0085, 40, 37, 0 },
	{ 0x0049, 41, 38, 0 }, { 0x0025, 42, 39, 0 }, { 0x0015, 43, 40, 0 }, { 0x0009, 44, 41, 0 },
	{ 0x0005, 45, 42, 0 }, { 0x0001, 45, 43, 0 }, { 0x5601, 46, 46, 0 },
};

static void byte_in(struct arith *z)
{
	uint8_t this = z->at < z->end ? *z->at : 0xff, next = z->at + 1 < z->end ? z->at[1] : 0xff;

	if (this == 0xff && next > 0x8f) { /* a marker: the end */
		z->c += 0xff00;
		z->ct = 8;
		return;
	}
	z->at++;
	z->c += this == 0xff ? (uint32_t)next << 9 : (uint32_t)next << 8;
	z->ct = this == 0xff ? 7 : 8;
}

static void arith_init(struct arith *z, struct vg_span in)
{
	memset(z, 0, sizeof(*z));
	z->at = in.at;
	z->end = in.at + in.n_bytes;
	z->c = (uint32_t)(in.n_bytes ? in.at[0] : 0xff) << 16;
	byte_in(z);
	z->c <<= 7;
	z->ct -= 7;
	z->a = 0x8000;
}

static unsigned decode_bit(struct arith *z, uint32_t context)
{
	unsigned i = z->index[context], qe = states[i].qe, bit = z->mps[context];
	bool less;

	z->a -= qe;
	if ((z->c >> 16) < qe) { /* E.3.2, figure E.17 */
		less = z->a >= qe;
		z->a = qe;
	} else {
		z->c -= qe << 16;
		if (z->a & 0x8000)
			return bit;
		less = z->a < qe;
	}
	if (less) {
		bit ^= 1;
		z->mps[context] = (uint8_t)(states[i].turn ? bit : bit ^ 1);
		z->index[context] = states[i].less;
	} else {
		z->index[context] = states[i].more;
	}
	do {
		if (!z->ct)
			byte_in(z);
		z->a <<= 1;
		z->c <<= 1;
		z->ct--;
	} while (!(z->a & 0x8000));
	return bit;
}

struct region {
	uint32_t width, height, x, y;
	unsigned op; /* how it is laid on the page: or, and, xor, xnor, replace (7.4.1.5) */
	size_t stride;
	uint8_t *rows;
};
struct pixel {
	int16_t x, up;
};

/* The pixels of a template's context from the highest bit on; adaptive ones as the segment says. */
static unsigned pixels_of(unsigned template, const int8_t *adaptive, struct pixel *to)
{
	/* x, up; 100 + i: the i-th adaptive one */
	static const int8_t t0[][2] = { { 103, 0 }, { -1, 2 }, { 0, 2 },  { 1, 2 }, { 102, 0 }, { 101, 0 },
					{ -2, 1 },  { -1, 1 }, { 0, 1 },  { 1, 1 }, { 2, 1 },   { 100, 0 },
					{ -4, 0 },  { -3, 0 }, { -2, 0 }, { -1, 0 } };
	static const int8_t t1[][2] = { { -1, 2 }, { 0, 2 }, { 1, 2 },   { 2, 2 },  { -2, 1 }, { -1, 1 }, { 0, 1 },
					{ 1, 1 },  { 2, 1 }, { 100, 0 }, { -3, 0 }, { -2, 0 }, { -1, 0 } };
	static const int8_t t2[][2] = { { -1, 2 }, { 0, 2 }, { 1, 2 },   { -2, 1 }, { -1, 1 },
					{ 0, 1 },  { 1, 1 }, { 100, 0 }, { -2, 0 }, { -1, 0 } };
	static const int8_t t3[][2] = { { -3, 1 },  { -2, 1 }, { -1, 1 }, { 0, 1 },  { 1, 1 },
					{ 100, 0 }, { -4, 0 }, { -3, 0 }, { -2, 0 }, { -1, 0 } };
	static const struct {
		const int8_t (*at)[2];
		unsigned n;
	} all[] = { { t0, 16 }, { t1, 13 }, { t2, 10 }, { t3, 10 } };
	unsigned n = all[template].n;

	for (unsigned i = 0; i < n; i++) {
		const int8_t *p = all[template].at[i];
		if (p[0] >= 100)
			to[i] = (struct pixel){ adaptive[2 * (p[0] - 100)], (int16_t)-adaptive[2 * (p[0] - 100) + 1] };
		else
			to[i] = (struct pixel){ p[0], p[1] };
	}
	return n;
}

/* How a context goes to the next pixel: all but some of its bits are their right neighbours of before. */
struct context {
	unsigned n, n_loads;
	uint32_t kept;
	ptrdiff_t all[MAX_PIXELS_OF_CONTEXT]; /* where each bit's pixel lies, from the one in hand; the highest first */
	ptrdiff_t loads[MAX_PIXELS_OF_CONTEXT]; /* those that must be fetched, and their bits */
	uint8_t shifts[MAX_PIXELS_OF_CONTEXT];
};

static void context_init(struct context *c, unsigned template, const int8_t *adaptive, size_t stride)
{
	struct pixel p[MAX_PIXELS_OF_CONTEXT];

	memset(c, 0, sizeof(*c));
	c->n = pixels_of(template, adaptive, p);
	for (unsigned i = 0; i < c->n; i++) {
		c->all[i] = (ptrdiff_t)p[i].x - (ptrdiff_t)stride * p[i].up;
		if (i + 1 < c->n && p[i + 1].up == p[i].up && p[i + 1].x == p[i].x + 1) {
			c->kept |= 1u << (c->n - 1 - i);
			continue;
		}
		c->loads[c->n_loads] = c->all[i];
		c->shifts[c->n_loads++] = (uint8_t)(c->n - 1 - i);
	}
}

static void decode_row(struct arith *z, const struct context *c, uint8_t *row, uint32_t width)
{
	uint32_t context = 0;

	for (unsigned i = 0; i < c->n; i++)
		context = context << 1 | row[c->all[i]];
	for (uint32_t x = 0; x < width; x++) {
		if (x) {
			context = context << 1 & c->kept;
			for (unsigned i = 0; i < c->n_loads; i++)
				context |= (uint32_t)row[x + c->loads[i]] << c->shifts[i];
		}
		row[x] = (uint8_t)decode_bit(z, context);
	}
}

/* Rows of a region (6.2.5.7); false: the purse is at its end. */
static bool decode_region(struct region *r, unsigned flags, const int8_t *adaptive, struct vg_span in,
			  struct vg_budget *budget)
{
	static const uint16_t typical[] = { 0x9b25, 0x0795, 0x00e5, 0x0195 };
	unsigned template = flags >> 1 & 3;
	struct arith *z = malloc(sizeof(*z));
	struct context c;
	bool as_above = false;

	if (!z)
		return false;
	arith_init(z, in);
	context_init(&c, template, adaptive, r->stride);
	for (uint32_t y = 0; y < r->height && vg_budget_time(budget); y++) {
		uint8_t *row = r->rows + (y + EDGE) * r->stride + EDGE;
		if (flags & 8)
			as_above ^= decode_bit(z, typical[template]);
		if (as_above)
			memcpy(row, row - r->stride, r->width);
		else
			decode_row(z, &c, row, r->width);
	}
	free(z);
	return !budget->spent;
}

/* The page reaches down to n_rows at least; false: it cannot. */
static bool grow(struct vg_jbig2 *page, uint64_t n_rows, struct vg_budget *budget)
{
	size_t n_more;
	uint8_t *more;

	if (n_rows <= page->height)
		return true;
	n_more = (size_t)(n_rows - page->height) * page->row_bytes;
	if (n_rows * page->row_bytes > VG_JBIG2_MAX_PIXELS / 8 || !vg_budget_make(budget, n_more))
		return false;
	more = realloc(page->rows, (size_t)n_rows * page->row_bytes);
	if (!more)
		return false;
	memset(more + page->height * page->row_bytes, 0, n_more);
	page->rows = more;
	page->height = (uint32_t)n_rows;
	return true;
}

static void lay(const struct region *r, struct vg_jbig2 *page)
{
	for (uint32_t y = 0; y < r->height && (uint64_t)r->y + y < page->height; y++) {
		const uint8_t *from = r->rows + (y + EDGE) * r->stride + EDGE;
		uint8_t *row = page->rows + ((size_t)r->y + y) * page->row_bytes;
		for (uint32_t i = 0; i < r->width && (uint64_t)r->x + i < page->width; i++) {
			uint32_t x = r->x + i;
			uint8_t mask = (uint8_t)(0x80 >> x % 8);
			bool old = row[x / 8] & mask, new = from[i];
			switch (r->op) {
			case 0:
				new = old | new;
				break;
			case 1:
				new = old &new;
				break;
			case 2:
				new = old ^ new;
				break;
			case 3:
				new = old == new;
				break;
			}
			row[x / 8] = (uint8_t)(new ? row[x / 8] | mask : row[x / 8] & ~mask);
		}
	}
}

struct reader {
	struct vg_budget *budget;
	struct vg_jbig2 *page;
	bool any_height; /* the page goes on as long as regions come */
};

static void generic_region(struct reader *d, struct vg_span in, bool unknown_bytes)
{
	struct region r = { 0 };
	int8_t adaptive[8];
	unsigned flags, n_adaptive;

	if (in.n_bytes < REGION_HEAD + 1 || !d->page->row_bytes) {
		d->page->broken = true;
		return;
	}
	r.width = vg_be32(in.at);
	r.height = vg_be32(in.at + 4);
	r.x = vg_be32(in.at + 8);
	r.y = vg_be32(in.at + 12);
	r.op = in.at[16] & 7;
	flags = in.at[17];
	if (flags & 1) {
		d->page->n_unread++;
		return;
	}
	if (unknown_bytes && in.n_bytes >= REGION_HEAD + 5 && vg_be32(in.at + in.n_bytes - 4) < r.height)
		r.height = vg_be32(in.at + in.n_bytes - 4);
	n_adaptive = flags >> 1 & 3 ? 2 : 8;
	r.stride = (size_t)r.width + 2 * EDGE;
	if (!d->any_height && r.y < d->page->height && r.height > d->page->height - r.y)
		r.height = d->page->height - r.y; /* what lies below the page is not drawn */
	/* the clock is asked between rows: none may be long */
	if (in.n_bytes < REGION_HEAD + 1 + n_adaptive || !r.width || !r.height || r.width > VG_JBIG2_MAX_SIDE ||
	    r.height > VG_JBIG2_MAX_SIDE || (uint64_t)r.stride * ((uint64_t)r.height + EDGE) > VG_JBIG2_MAX_PIXELS) {
		d->page->broken = true;
		return;
	}
	memcpy(adaptive, in.at + REGION_HEAD + 1, n_adaptive);
	for (unsigned i = 1; i < n_adaptive; i += 2)
		if (adaptive[i] > 0 || (!adaptive[i] && adaptive[i - 1] >= 0)) {
			d->page->broken = true;
			return;
		}
	in = (struct vg_span){ in.at + REGION_HEAD + 1 + n_adaptive, in.n_bytes - REGION_HEAD - 1 - n_adaptive };
	r.rows = calloc(r.height + EDGE, r.stride);
	if (!r.rows || (d->any_height && !grow(d->page, (uint64_t)r.y + r.height, d->budget)))
		d->budget->spent = true;
	else if (decode_region(&r, flags, adaptive, in, d->budget))
		lay(&r, d->page);
	else
		d->page->broken = true;
	free(r.rows);
}

static void page_begins(struct reader *d, struct vg_span in)
{
	struct vg_jbig2 *page = d->page;
	uint32_t height;

	if (in.n_bytes < PAGE_HEAD || page->row_bytes) { /* one picture has one page */
		page->broken = true;
		return;
	}
	page->width = vg_be32(in.at);
	height = vg_be32(in.at + 4);
	d->any_height = height == UNKNOWN;
	if (!page->width || page->width > VG_JBIG2_MAX_SIDE) {
		page->broken = true;
		return;
	}
	page->row_bytes = ((size_t)page->width + 7) / 8;
	if (!d->any_height && !grow(page, height, d->budget))
		d->budget->spent = true;
	else if (in.at[16] & 4 && page->rows)
		memset(page->rows, 0xff, page->height * page->row_bytes);
}

struct segment {
	unsigned type;
	bool unknown_bytes;
	struct vg_span data;
};

/* A segment's header (7.2), and *in goes behind its data. False: it breaks off. */
static bool next_segment(struct vg_span *in, struct segment *s)
{
	uint64_t n_head = 5, n_refs, n_data;
	uint32_t number;
	unsigned flags;

	if (in->n_bytes < 6)
		return false;
	number = vg_be32(in->at);
	flags = in->at[4];
	n_refs = in->at[5] >> 5;
	n_head = 6;
	if (n_refs == 7) {
		if (in->n_bytes < 9)
			return false;
		n_refs = vg_be32(in->at + 5) & 0x1fffffff;
		n_head = 9 + (n_refs + 8) / 8;
	}
	n_head += n_refs * (number <= 256 ? 1 : number <= 65536 ? 2 : 4) + (flags & 0x40 ? 4 : 1);
	if (in->n_bytes < n_head + 4)
		return false;
	n_data = vg_be32(in->at + n_head);
	n_head += 4;
	*in = (struct vg_span){ in->at + n_head, in->n_bytes - n_head };
	s->type = flags & 63;
	s->unknown_bytes = n_data == UNKNOWN;
	if (s->unknown_bytes) { /* 7.2.7: up to a mark, and how many rows there were */
		const uint8_t *mark = in->n_bytes > REGION_HEAD
					      ? memmem(in->at + REGION_HEAD, in->n_bytes - REGION_HEAD, "\xff\xac", 2)
					      : NULL;
		n_data = mark ? (uint64_t)(mark - in->at) + 6 : in->n_bytes;
	}
	s->data = (struct vg_span){ in->at, n_data < in->n_bytes ? n_data : in->n_bytes };
	*in = (struct vg_span){ in->at + s->data.n_bytes, in->n_bytes - s->data.n_bytes };
	return s->data.n_bytes == n_data;
}

void vg_jbig2_read(struct vg_span bytes, struct vg_budget *budget, struct vg_jbig2 *page)
{
	struct reader d = { budget, page, false };
	struct segment s = { 0 };
	bool whole = true;

	memset(page, 0, sizeof(*page));
	while (whole && bytes.n_bytes && vg_budget_time(budget) && s.type != FILE_END) {
		struct vg_span before = bytes;
		whole = next_segment(&bytes, &s);
		if (!whole && bytes.at == before.at)
			break;
		if (s.type == PAGE)
			page_begins(&d, s.data);
		else if (s.type == GENERIC_NOW || s.type == GENERIC_LOSSLESS)
			generic_region(&d, s.data, s.unknown_bytes);
		else if (s.type < PAGE)
			page->n_unread++;
	}
	page->broken |= !whole || budget->spent;
}
