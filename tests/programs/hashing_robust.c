/* test-hashing_robust FILE.jpg...: what a picture may go through and still be found. Each picture is recompressed,
 * resized, cropped, bordered, greyed, blurred, flipped, turned and re-encoded to other formats; a row a change:
 * pictures found within 31 bits by all eight variants (as hashers search), found by the hash as it stands (as the
 * reference does), and the mean and largest distance. Then false positives: every changed picture against the other
 * pictures, and each picture against a million unrelated hashes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "hashing/image/luma.h"
#include "hashing/pdq/pdq.h"
#include "hashing/unpack/kind.h"
#include "tests/lib/encode.h"
#include "tests/lib/encode_more.h"

#define MAX_PICTURES 64
#define N_UNRELATED  1000000

struct rig {
	struct vg_image *image;
	struct vg_pdq *pdq;
	unsigned n_pictures;
	struct rgb pictures[MAX_PICTURES];
	struct vg_pdq_result originals[MAX_PICTURES];
	unsigned n_tested, n_false; /* changed pictures against the originals of others */
};

/* ---- pictures in and out ---- */
static struct rgb read_jpeg(const uint8_t *bytes, size_t n_bytes)
{
	struct jpeg_decompress_struct j;
	struct jpeg_error_mgr errors;
	struct rgb p;
	j.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&j);
	jpeg_mem_src(&j, bytes, n_bytes);
	jpeg_read_header(&j, TRUE);
	j.out_color_space = JCS_RGB;
	jpeg_start_decompress(&j);
	p = blank(j.output_width, j.output_height);
	while (j.output_scanline < j.output_height) {
		JSAMPROW row = pixel(&p, 0, j.output_scanline);
		jpeg_read_scanlines(&j, &row, 1);
	}
	jpeg_destroy_decompress(&j);
	return p;
}

static struct bytes to_jpeg(const struct rgb *p, int quality)
{
	struct jpeg_compress_struct j;
	struct jpeg_error_mgr errors;
	unsigned char *at = NULL;
	unsigned long n = 0;
	j.err = jpeg_std_error(&errors);
	jpeg_create_compress(&j);
	jpeg_mem_dest(&j, &at, &n);
	j.image_width = p->width;
	j.image_height = p->height;
	j.input_components = 3;
	j.in_color_space = JCS_RGB;
	jpeg_set_defaults(&j);
	jpeg_set_quality(&j, quality, TRUE);
	jpeg_start_compress(&j, TRUE);
	while (j.next_scanline < j.image_height) {
		JSAMPROW row = pixel(p, 0, j.next_scanline);
		jpeg_write_scanlines(&j, &row, 1);
	}
	jpeg_finish_compress(&j);
	jpeg_destroy_compress(&j);
	return (struct bytes){ at, n };
}

/* ---- changes ---- */
static struct rgb resized(const struct rgb *p, double factor)
{
	struct rgb r = blank((uint32_t)(p->width * factor) + 1, (uint32_t)(p->height * factor) + 1);
	double step_x = (double)p->width / r.width, step_y = (double)p->height / r.height;
	for (uint32_t y = 0; y < r.height; y++)
		for (uint32_t x = 0; x < r.width; x++) {
			uint32_t x0 = (uint32_t)(x * step_x), x1 = (uint32_t)((x + 1) * step_x);
			uint32_t y0 = (uint32_t)(y * step_y), y1 = (uint32_t)((y + 1) * step_y);
			uint64_t sum[3] = { 0 }, n = 0;
			for (uint32_t v = y0; v <= y1 && v < p->height && (v < y1 || v == y0); v++)
				for (uint32_t u = x0; u <= x1 && u < p->width && (u < x1 || u == x0); u++, n++)
					for (unsigned c = 0; c < 3; c++)
						sum[c] += pixel(p, u, v)[c];
			for (unsigned c = 0; c < 3 && n; c++)
				pixel(&r, x, y)[c] = (uint8_t)(sum[c] / n);
		}
	return r;
}
/* amount > 0: so much of each side is cut off; < 0: a grey border of so much is put around. */
static struct rgb framed(const struct rgb *p, double amount)
{
	int dx = (int)(p->width * amount), dy = (int)(p->height * amount);
	struct rgb r = blank((uint32_t)((int)p->width - 2 * dx), (uint32_t)((int)p->height - 2 * dy));
	for (uint32_t y = 0; y < r.height; y++)
		for (uint32_t x = 0; x < r.width; x++) {
			int u = (int)x + dx, v = (int)y + dy;
			if (u >= 0 && v >= 0 && u < (int)p->width && v < (int)p->height)
				memcpy(pixel(&r, x, y), pixel(p, (uint32_t)u, (uint32_t)v), 3);
			else
				memset(pixel(&r, x, y), 128, 3);
		}
	return r;
}
static struct rgb greyed(const struct rgb *p, double unused)
{
	struct rgb r = blank(p->width, p->height);
	(void)unused;
	for (size_t i = 0; i < (size_t)p->width * p->height; i++)
		memset(r.at + i * 3, (p->at[i * 3] * 299 + p->at[i * 3 + 1] * 587 + p->at[i * 3 + 2] * 114) / 1000, 3);
	return r;
}
static struct rgb blurred(const struct rgb *p, double radius)
{
	struct rgb r = blank(p->width, p->height);
	int k = (int)radius;
	for (int y = 0; y < (int)p->height; y++)
		for (int x = 0; x < (int)p->width; x++)
			for (unsigned c = 0; c < 3; c++) {
				unsigned sum = 0, n = 0;
				for (int v = y - k; v <= y + k; v++)
					for (int u = x - k; u <= x + k; u++)
						if (u >= 0 && v >= 0 && u < (int)p->width && v < (int)p->height) {
							sum += pixel(p, (uint32_t)u, (uint32_t)v)[c];
							n++;
						}
				pixel(&r, (uint32_t)x, (uint32_t)y)[c] = (uint8_t)(sum / n);
			}
	return r;
}
/* 1: left to right, 2: top to bottom, 3: by 90 degrees, 4: by 180, 5: by 270. */
static struct rgb turned(const struct rgb *p, double how)
{
	int h = (int)how;
	struct rgb r = h == 3 || h == 5 ? blank(p->height, p->width) : blank(p->width, p->height);
	for (uint32_t y = 0; y < p->height; y++)
		for (uint32_t x = 0; x < p->width; x++) {
			uint32_t u = h == 3 ? p->height - 1 - y : h == 5 ? y : h == 1 || h == 4 ? p->width - 1 - x : x;
			uint32_t v = h == 3 ? x : h == 5 ? p->width - 1 - x : h == 2 || h == 4 ? p->height - 1 - y : y;
			memcpy(pixel(&r, u, v), pixel(p, x, y), 3);
		}
	return r;
}

static const struct {
	const char *name;
	struct rgb (*change)(const struct rgb *p, double amount);
	double amount;
	struct bytes (*encode)(const struct rgb *p, int quality);
	int quality;
} rows[] = {
	{ "recompressed q95", NULL, 0, to_jpeg, 95 },
	{ "recompressed q75", NULL, 0, to_jpeg, 75 },
	{ "recompressed q50", NULL, 0, to_jpeg, 50 },
	{ "recompressed q30", NULL, 0, to_jpeg, 30 },
	{ "resized 0.25", resized, 0.25, to_jpeg, 90 },
	{ "resized 0.5", resized, 0.5, to_jpeg, 90 },
	{ "resized 0.75", resized, 0.75, to_jpeg, 90 },
	{ "resized 1.5", resized, 1.5, to_jpeg, 90 },
	{ "resized 2", resized, 2, to_jpeg, 90 },
	{ "cropped 2 %", framed, 0.01, to_jpeg, 90 },
	{ "cropped 5 %", framed, 0.025, to_jpeg, 90 },
	{ "cropped 10 %", framed, 0.05, to_jpeg, 90 },
	{ "bordered 2 %", framed, -0.01, to_jpeg, 90 },
	{ "bordered 5 %", framed, -0.025, to_jpeg, 90 },
	{ "bordered 10 %", framed, -0.05, to_jpeg, 90 },
	{ "greyed", greyed, 0, to_jpeg, 90 },
	{ "blurred 3 x 3", blurred, 1, to_jpeg, 90 },
	{ "blurred 7 x 7", blurred, 3, to_jpeg, 90 },
	{ "flipped left-right", turned, 1, to_jpeg, 90 },
	{ "flipped top-bottom", turned, 2, to_jpeg, 90 },
	{ "rotated 90", turned, 3, to_jpeg, 90 },
	{ "rotated 180", turned, 4, to_jpeg, 90 },
	{ "rotated 270", turned, 5, to_jpeg, 90 },
	{ "to WebP q75", NULL, 0, to_webp, 75 },
	{ "to GIF", NULL, 0, to_gif, 0 },
	{ "to AVIF q60", NULL, 0, to_avif, 60 },
	{ "to HEIC q60", NULL, 0, to_heic, 60 },
	{ "to BMP", NULL, 0, to_bmp, 0 },
	{ "to PNG", NULL, 0, to_png, 0 },
	{ "to TIFF, LZW", NULL, 0, to_tiff, 0 },
	{ "to JPEG XL q60", NULL, 0, to_jxl, 60 },
	{ "to JPEG 2000 q60", NULL, 0, to_jp2, 60 },
};

static unsigned distance(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[4], y[4];
	memcpy(x, a, 32);
	memcpy(y, b, 32);
	return (unsigned)(__builtin_popcountll(x[0] ^ y[0]) + __builtin_popcountll(x[1] ^ y[1]) +
			  __builtin_popcountll(x[2] ^ y[2]) + __builtin_popcountll(x[3] ^ y[3]));
}
/* The nearest of the eight variants. */
static unsigned nearest(const struct vg_pdq_result *r, const uint8_t *hash)
{
	unsigned best = 256;
	for (unsigned v = 0; v < VG_PDQ_N_VARIANTS; v++) {
		unsigned d = distance(r->variants[v], hash);
		best = d < best ? d : best;
	}
	return best;
}

static bool hash(struct rig *rig, const struct bytes *b, struct vg_pdq_result *result)
{
	struct vg_span span = { b->at, b->n };
	struct vg_luma luma;
	if (!b->n || vg_image_luma(rig->image, vg_kind_of(b->at, b->n), &(struct vg_chain){ &span, 1, b->n }, &luma))
		return false;
	vg_pdq_hash(rig->pdq, &luma, result);
	return true;
}

static void row(struct rig *rig, unsigned idx)
{
	unsigned n_found = 0, n_reference = 0, n_hashed = 0, sum = 0, largest = 0;
	for (unsigned i = 0; i < rig->n_pictures; i++) {
		const struct rgb *p = &rig->pictures[i];
		struct rgb changed = rows[idx].change ? rows[idx].change(p, rows[idx].amount) : *p;
		struct bytes b = rows[idx].encode(&changed, rows[idx].quality);
		struct vg_pdq_result r;
		if (hash(rig, &b, &r)) {
			unsigned d = nearest(&r, rig->originals[i].hash);
			n_hashed++;
			n_found += d <= 31;
			n_reference += distance(r.hash, rig->originals[i].hash) <= 31;
			sum += d;
			largest = d > largest ? d : largest;
			for (unsigned k = 0; k < rig->n_pictures; k++)
				if (nearest(&rig->originals[i], rig->originals[k].hash) > 62) { /* another picture */
					rig->n_tested++;
					rig->n_false += nearest(&r, rig->originals[k].hash) <= 31;
				}
		}
		free(b.at);
		if (rows[idx].change)
			free(changed.at);
	}
	printf("%-20s %4u of %-4u  %6.1f %%   reference %6.1f %%   distance mean %5.1f, largest %3u\n", rows[idx].name,
	       n_found, n_hashed, n_hashed ? 100.0 * n_found / n_hashed : 0,
	       n_hashed ? 100.0 * n_reference / n_hashed : 0, n_hashed ? (double)sum / n_hashed : 0, largest);
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static unsigned false_among_unrelated(const struct rig *rig)
{
	uint64_t seed = 71, hash_words[4];
	unsigned n = 0;
	for (unsigned k = 0; k < N_UNRELATED; k++) {
		for (unsigned i = 0; i < 4; i++)
			hash_words[i] = next_random(&seed);
		for (unsigned i = 0; i < rig->n_pictures; i++)
			n += nearest(&rig->originals[i], (const uint8_t *)hash_words) <= 31;
	}
	return n;
}

static bool load(struct rig *rig, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct bytes b;
	long size;
	if (!file || rig->n_pictures == MAX_PICTURES)
		return false;
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	b = (struct bytes){ room((size_t)size), (size_t)size };
	b.n = fread(b.at, 1, b.n, file);
	fclose(file);
	if (!hash(rig, &b, &rig->originals[rig->n_pictures]))
		return false;
	rig->pictures[rig->n_pictures++] = read_jpeg(b.at, b.n);
	free(b.at);
	return true;
}

int main(int argc, char **argv)
{
	const struct vg_image_limits limits = { .max_ms = 60000 };
	struct rig *rig = calloc(1, sizeof(*rig));
	if (!rig || argc < 2) {
		fprintf(stderr, "usage: test-hashing_robust FILE.jpg...\n");
		return 2;
	}
	rig->image = vg_image_create(&limits);
	rig->pdq = vg_pdq_create();
	if (!rig->image || !rig->pdq)
		return 1;
	for (int i = 1; i < argc; i++)
		if (!load(rig, argv[i])) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			return 1;
		}
	for (unsigned i = 0; i < VG_ARRAY_LEN(rows); i++)
		row(rig, i);
	printf("false positives: %u of %u pairs of a changed picture and another one; %u among %u pictures x %u "
	       "unrelated hashes\n",
	       rig->n_false, rig->n_tested, false_among_unrelated(rig), rig->n_pictures, N_UNRELATED);
	for (unsigned i = 0; i < rig->n_pictures; i++)
		free(rig->pictures[i].at);
	vg_image_destroy(rig->image);
	vg_pdq_destroy(rig->pdq);
	free(rig);
	return 0;
}
