/* draw: draws ordinary pictures for tests: clouds of 1/f noise, a sky, shapes and strokes like lettering, all
 * decided by --seed, so that the same command gives the same pixels everywhere (integer noise, no libm). The scene
 * lives in the unit square: --size is the raster it is drawn on. --resize and --recompress make of it what a
 * re-uploader would: one JPEG pass at that quality, decoded, averaged down (or up) to the new size and coded again:
 * near by PDQ, other digests. */
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#define MAX_SIDE   8192
#define N_SHAPES   24
#define N_STROKES  40
#define N_OCTAVES  7
#define SCALE_16TH 65536.0

struct picture {
	uint32_t width, height;
	uint8_t *rgb; /* width * height * 3 */
};
struct shape {
	double x, y, rx, ry, shear;
	int kind; /* 0 ellipse, 1 box, 2 ring, 3 stripes */
	double colour[3], alpha;
};
struct stroke {
	double x0, y0, x1, y1, width;
	double light;
};
struct scene {
	uint64_t seed;
	double sky[2][3];
	double roughness[3];
	struct shape shapes[N_SHAPES];
	struct stroke strokes[N_STROKES];
};
struct wish {
	uint64_t seed;
	uint32_t width, height, new_width, new_height, recompress, quality, restart;
	const char *subsampling, *png, *comment, *out;
	int progressive, grey, interlaced;
};

static void die(const char *what)
{
	fprintf(stderr, "test-draw: %s\n", what);
	exit(2);
}

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* The n-th number of a seed in [0, 1). */
static double dice(uint64_t seed, uint64_t n)
{
	return (double)(mix(seed * 0x2545f4914f6cdd1du + mix(n)) >> 40) / 16777216.0;
}

static double lattice(uint64_t seed, int32_t x, int32_t y)
{
	return (double)(mix(seed ^ mix(((uint64_t)(uint32_t)x << 32) | (uint32_t)y)) >> 48) / SCALE_16TH - 0.5;
}

/* Smooth noise of one octave at (x, y), in about [-0.5, 0.5]. */
static double noise(uint64_t seed, double x, double y)
{
	int32_t xi = (int32_t)x, yi = (int32_t)y;
	double fx = x - xi, fy = y - yi;
	double sx = fx * fx * (3 - 2 * fx), sy = fy * fy * (3 - 2 * fy);
	double top = lattice(seed, xi, yi) + sx * (lattice(seed, xi + 1, yi) - lattice(seed, xi, yi));
	double bottom = lattice(seed, xi, yi + 1) + sx * (lattice(seed, xi + 1, yi + 1) - lattice(seed, xi, yi + 1));
	return top + sy * (bottom - top);
}

static void scene_init(struct scene *s, uint64_t seed)
{
	uint64_t n = 0;
	s->seed = seed;
	for (int i = 0; i < 3; i++) {
		s->sky[0][i] = 40 + 180 * dice(seed, n++);
		s->sky[1][i] = 40 + 180 * dice(seed, n++);
		s->roughness[i] = 150 + 120 * dice(seed, n++);
	}
	for (int i = 0; i < N_SHAPES; i++) {
		struct shape *f = &s->shapes[i];
		double size = i < 5 ? 0.30 : 0.13;
		f->x = dice(seed, n++);
		f->y = dice(seed, n++);
		f->rx = size * (0.25 + dice(seed, n++));
		f->ry = size * (0.25 + dice(seed, n++));
		f->shear = 0.8 * (dice(seed, n++) - 0.5);
		f->kind = (int)(4 * dice(seed, n++));
		f->alpha = 0.55 + 0.45 * dice(seed, n++);
		double light = dice(seed, n++) < 0.5 ? 10 : 150;
		for (int c = 0; c < 3; c++)
			f->colour[c] = light + 95 * dice(seed, n++);
	}
	for (int i = 0; i < N_STROKES; i++) {
		struct stroke *t = &s->strokes[i];
		double line = 0.06 + 0.88 * (double)(i % 8) / 8; /* lettering stands in lines */
		t->x0 = dice(seed, n++);
		t->y0 = line + 0.05 * dice(seed, n++);
		t->x1 = t->x0 + 0.10 * (dice(seed, n++) - 0.3);
		t->y1 = t->y0 + 0.07 * (dice(seed, n++) - 0.5);
		t->width = 0.003 + 0.008 * dice(seed, n++);
		t->light = dice(seed, n++) < 0.5 ? 12 : 240;
	}
}

static int shape_covers(const struct shape *f, double x, double y)
{
	double u = (x - f->x) / f->rx + f->shear * (y - f->y) / f->ry, v = (y - f->y) / f->ry;
	double r = u * u + v * v;
	switch (f->kind) {
	case 0:
		return r < 1;
	case 1:
		return u > -1 && u < 1 && v > -1 && v < 1;
	case 2:
		return r < 1 && r > 0.45;
	default:
		return u > -1 && u < 1 && v > -1 && v < 1 && ((int)((u + 1) * 5) & 1);
	}
}

static int stroke_covers(const struct stroke *t, double x, double y)
{
	double dx = t->x1 - t->x0, dy = t->y1 - t->y0, px = x - t->x0, py = y - t->y0;
	double along = (px * dx + py * dy) / (dx * dx + dy * dy + 1e-12);
	along = along < 0 ? 0 : along > 1 ? 1 : along;
	double ex = px - along * dx, ey = py - along * dy;
	return ex * ex + ey * ey < t->width * t->width;
}

static uint8_t clamp(double v)
{
	return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)(v + 0.5);
}

static void draw_pixel(const struct scene *s, double x, double y, uint8_t *rgb)
{
	double c[3], cloud = 0, weight = 1;
	for (int o = 0; o < N_OCTAVES; o++, weight *= 0.62) {
		double f = 2.0 * (1 << o);
		cloud += weight * noise(s->seed + 77u * (unsigned)o, x * f, y * f);
	}
	for (int i = 0; i < 3; i++)
		c[i] = s->sky[0][i] + y * (s->sky[1][i] - s->sky[0][i]) + s->roughness[i] * cloud;
	for (int i = 0; i < N_SHAPES; i++) {
		const struct shape *f = &s->shapes[i];
		if (!shape_covers(f, x, y))
			continue;
		double shade = 1 + 0.3 * cloud;
		for (int k = 0; k < 3; k++)
			c[k] += f->alpha * (f->colour[k] * shade - c[k]);
	}
	for (int i = 0; i < N_STROKES; i++)
		if (stroke_covers(&s->strokes[i], x, y))
			c[0] = c[1] = c[2] = s->strokes[i].light;
	for (int i = 0; i < 3; i++)
		rgb[i] = clamp(c[i]);
}

static struct picture picture_create(uint32_t width, uint32_t height)
{
	struct picture p = { width, height, NULL };
	if (!width || !height || width > MAX_SIDE || height > MAX_SIDE)
		die("a side must be 1 to 8192 pixels");
	p.rgb = malloc((size_t)width * height * 3);
	if (!p.rgb)
		die("no memory");
	return p;
}

static struct picture draw(uint64_t seed, uint32_t width, uint32_t height)
{
	struct picture p = picture_create(width, height);
	struct scene scene;
	scene_init(&scene, seed);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			draw_pixel(&scene, (x + 0.5) / width, (y + 0.5) / height, p.rgb + ((size_t)y * width + x) * 3);
	return p;
}

/* Area average of the source box under each new pixel. */
static struct picture resize(const struct picture *from, uint32_t width, uint32_t height)
{
	struct picture p = picture_create(width, height);
	for (uint32_t y = 0; y < height; y++) {
		uint32_t y0 = (uint32_t)((uint64_t)y * from->height / height);
		uint32_t y1 = (uint32_t)((uint64_t)(y + 1) * from->height / height);
		y1 = y1 > y0 ? y1 : y0 + 1;
		for (uint32_t x = 0; x < width; x++) {
			uint32_t x0 = (uint32_t)((uint64_t)x * from->width / width), sum[3] = { 0 };
			uint32_t x1 = (uint32_t)((uint64_t)(x + 1) * from->width / width);
			x1 = x1 > x0 ? x1 : x0 + 1;
			for (uint32_t sy = y0; sy < y1; sy++)
				for (uint32_t sx = x0; sx < x1; sx++)
					for (int c = 0; c < 3; c++)
						sum[c] += from->rgb[((size_t)sy * from->width + sx) * 3 + (size_t)c];
			for (int c = 0; c < 3; c++)
				p.rgb[((size_t)y * width + x) * 3 + (size_t)c] =
					(uint8_t)(sum[c] / ((y1 - y0) * (x1 - x0)));
		}
	}
	return p;
}

static uint8_t luma(const uint8_t *rgb)
{
	return (uint8_t)((77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]) >> 8);
}

static void jpeg_sampling(struct jpeg_compress_struct *j, const char *name)
{
	static const struct {
		const char *name;
		int h, v;
	} table[] = { { "444", 1, 1 }, { "422", 2, 1 }, { "420", 2, 2 }, { "440", 1, 2 }, { "411", 4, 1 } };
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(table[i].name, name)) {
			j->comp_info[0].h_samp_factor = table[i].h;
			j->comp_info[0].v_samp_factor = table[i].v;
			return;
		}
	die("--subsampling is one of 444 422 420 440 411");
}

static void jpeg_encode(const struct picture *p, const struct wish *w, int quality, uint8_t **bytes,
			unsigned long *n_bytes)
{
	struct jpeg_compress_struct j;
	struct jpeg_error_mgr err;
	j.err = jpeg_std_error(&err);
	jpeg_create_compress(&j);
	jpeg_mem_dest(&j, bytes, n_bytes);
	j.image_width = p->width;
	j.image_height = p->height;
	j.input_components = w->grey ? 1 : 3;
	j.in_color_space = w->grey ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(&j);
	jpeg_set_quality(&j, quality, TRUE);
	j.dct_method = JDCT_ISLOW;
	j.restart_interval = w->restart;
	if (!w->grey)
		jpeg_sampling(&j, w->subsampling);
	if (w->progressive)
		jpeg_simple_progression(&j);
	jpeg_start_compress(&j, TRUE);
	if (w->comment)
		jpeg_write_marker(&j, JPEG_COM, (const uint8_t *)w->comment, (unsigned)strlen(w->comment));
	uint8_t *grey = malloc(p->width);
	for (uint32_t y = 0; y < p->height; y++) {
		uint8_t *row = p->rgb + (size_t)y * p->width * 3;
		for (uint32_t x = 0; w->grey && x < p->width; x++)
			grey[x] = luma(row + (size_t)x * 3);
		row = w->grey ? grey : row;
		jpeg_write_scanlines(&j, &row, 1);
	}
	free(grey);
	jpeg_finish_compress(&j);
	jpeg_destroy_compress(&j);
}

static struct picture jpeg_decode(const uint8_t *bytes, unsigned long n_bytes)
{
	struct jpeg_decompress_struct j;
	struct jpeg_error_mgr err;
	j.err = jpeg_std_error(&err);
	jpeg_create_decompress(&j);
	jpeg_mem_src(&j, bytes, n_bytes);
	jpeg_read_header(&j, TRUE);
	j.out_color_space = JCS_RGB;
	j.dct_method = JDCT_ISLOW;
	jpeg_start_decompress(&j);
	struct picture p = picture_create(j.output_width, j.output_height);
	while (j.output_scanline < j.output_height) {
		uint8_t *row = p.rgb + (size_t)j.output_scanline * p.width * 3;
		jpeg_read_scanlines(&j, &row, 1);
	}
	jpeg_finish_decompress(&j);
	jpeg_destroy_decompress(&j);
	return p;
}

/* A cube of 6 x 7 x 6 colours: a palette picture of any scene, coarse as such pictures are. */
static int palette_index(const uint8_t *rgb)
{
	return (rgb[0] * 6 / 256) * 42 + (rgb[1] * 7 / 256) * 6 + rgb[2] * 6 / 256;
}

static void palette_fill(png_color *palette)
{
	for (int i = 0; i < 252; i++)
		palette[i] = (png_color){ (uint8_t)(i / 42 * 51), (uint8_t)(i / 6 % 7 * 255 / 6),
					  (uint8_t)(i % 6 * 51) };
}

struct png_style {
	const char *name;
	int type, depth, n_channels;
};
static const struct png_style png_styles[] = {
	{ "rgb", PNG_COLOR_TYPE_RGB, 8, 3 },         { "rgba", PNG_COLOR_TYPE_RGBA, 8, 4 },
	{ "grey", PNG_COLOR_TYPE_GRAY, 8, 1 },       { "grey16", PNG_COLOR_TYPE_GRAY, 16, 1 },
	{ "rgb16", PNG_COLOR_TYPE_RGB, 16, 3 },      { "greya", PNG_COLOR_TYPE_GRAY_ALPHA, 8, 2 },
	{ "palette", PNG_COLOR_TYPE_PALETTE, 8, 1 },
};

/* One row as the style wants it; alpha fades from opaque to half, so that a decoder must say what it does with it. */
static void png_row(const struct png_style *style, const uint8_t *rgb, uint32_t width, uint8_t *row)
{
	for (uint32_t x = 0; x < width; x++, rgb += 3) {
		uint8_t sample[4] = { rgb[0], rgb[1], rgb[2], (uint8_t)(255 - 127 * x / width) };
		if (style->type == PNG_COLOR_TYPE_GRAY || style->type == PNG_COLOR_TYPE_GRAY_ALPHA) {
			sample[0] = luma(rgb);
			sample[1] = sample[3];
		} else if (style->type == PNG_COLOR_TYPE_PALETTE) {
			sample[0] = (uint8_t)palette_index(rgb);
		}
		for (int c = 0; c < style->n_channels; c++) {
			*row++ = sample[c];
			if (style->depth == 16)
				*row++ = (uint8_t)(sample[c] ^ x); /* low byte: noise of its own */
		}
	}
}

static void png_failed(png_structp png, png_const_charp what)
{
	(void)png;
	die(what);
}

static void png_encode(const struct picture *p, const struct wish *w, FILE *out)
{
	const struct png_style *style = NULL;
	for (size_t i = 0; i < sizeof(png_styles) / sizeof(*png_styles); i++)
		if (!strcmp(png_styles[i].name, w->png))
			style = &png_styles[i];
	if (!style)
		die("--png is one of rgb rgba grey grey16 rgb16 greya palette");
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_failed, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	if (!info)
		die("no memory");
	png_init_io(png, out);
	png_set_IHDR(png, info, p->width, p->height, style->depth, style->type,
		     w->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_color palette[252];
	palette_fill(palette);
	if (style->type == PNG_COLOR_TYPE_PALETTE)
		png_set_PLTE(png, info, palette, 252);
	png_write_info(png, info);
	size_t row_bytes = (size_t)p->width * (size_t)style->n_channels * (style->depth == 16 ? 2 : 1);
	uint8_t *image = malloc(row_bytes * p->height);
	png_bytep *rows = malloc(p->height * sizeof(*rows));
	if (!image || !rows)
		die("no memory");
	for (uint32_t y = 0; y < p->height; y++) {
		rows[y] = image + row_bytes * y;
		png_row(style, p->rgb + (size_t)y * p->width * 3, p->width, rows[y]);
	}
	png_write_image(png, rows);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	free(rows);
	free(image);
}

static const struct option options[] = {
	{ "seed", required_argument, NULL, 's' },
	{ "size", required_argument, NULL, 'S' },
	{ "resize", required_argument, NULL, 'r' },
	{ "recompress", required_argument, NULL, 'R' },
	{ "quality", required_argument, NULL, 'q' },
	{ "subsampling", required_argument, NULL, 'u' },
	{ "progressive", no_argument, NULL, 'p' },
	{ "restart", required_argument, NULL, 't' },
	{ "grey", no_argument, NULL, 'g' },
	{ "png", required_argument, NULL, 'P' },
	{ "interlaced", no_argument, NULL, 'i' },
	{ "comment", required_argument, NULL, 'c' },
	{ "out", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void usage(FILE *to)
{
	fputs("usage: test-draw --seed N [--size WxH] [--recompress QUALITY] [--resize WxH] -o FILE.jpg|FILE.png\n"
	      "  JPEG: [--quality 1..100] [--subsampling 444|422|420|440|411] [--progressive] [--restart MCUS] [--grey]"
	      " [--comment TEXT]\n"
	      "  PNG:  [--png rgb|rgba|grey|grey16|rgb16|greya|palette] [--interlaced]\n",
	      to);
}

static void parse_size(const char *text, uint32_t *width, uint32_t *height)
{
	if (sscanf(text, "%ux%u", width, height) != 2)
		die("a size is written WIDTHxHEIGHT");
}

static void parse(int argc, char **argv, struct wish *w)
{
	for (int c; (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
		uint32_t *number = c == 'R' ? &w->recompress : c == 'q' ? &w->quality : c == 't' ? &w->restart : NULL;
		const char **text = c == 'u'   ? &w->subsampling
				    : c == 'P' ? &w->png
				    : c == 'c' ? &w->comment
				    : c == 'o' ? &w->out
					       : NULL;
		int *flag = c == 'p' ? &w->progressive : c == 'g' ? &w->grey : c == 'i' ? &w->interlaced : NULL;
		if (number)
			*number = (uint32_t)atoi(optarg);
		else if (text)
			*text = optarg;
		else if (flag)
			*flag = 1;
		else if (c == 's')
			w->seed = strtoull(optarg, NULL, 0);
		else if (c == 'S')
			parse_size(optarg, &w->width, &w->height);
		else if (c == 'r')
			parse_size(optarg, &w->new_width, &w->new_height);
		else {
			usage(c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
	}
}

static void save(const struct picture *p, const struct wish *w)
{
	FILE *out = fopen(w->out, "wb");
	if (!out)
		die("cannot write the output file");
	size_t n_name = strlen(w->out);
	if (n_name > 4 && !strcmp(w->out + n_name - 4, ".png")) {
		png_encode(p, w, out);
	} else {
		uint8_t *bytes = NULL;
		unsigned long n_bytes = 0;
		jpeg_encode(p, w, (int)w->quality, &bytes, &n_bytes);
		if (fwrite(bytes, 1, n_bytes, out) != n_bytes)
			die("write failed");
		free(bytes);
	}
	if (fclose(out))
		die("write failed");
}

int main(int argc, char **argv)
{
	struct wish w = { .width = 640, .height = 480, .quality = 85, .subsampling = "420", .png = "rgb" };
	parse(argc, argv, &w);
	if (!w.out || optind != argc) {
		usage(stderr);
		return 2;
	}
	struct picture p = draw(w.seed, w.width, w.height);
	if (w.recompress) {
		struct wish first = { .subsampling = "420" };
		uint8_t *bytes = NULL;
		unsigned long n_bytes = 0;
		jpeg_encode(&p, &first, (int)w.recompress, &bytes, &n_bytes);
		free(p.rgb);
		p = jpeg_decode(bytes, n_bytes);
		free(bytes);
	}
	if (w.new_width) {
		struct picture small = resize(&p, w.new_width, w.new_height);
		free(p.rgb);
		p = small;
	}
	save(&p, &w);
	free(p.rgb);
	return 0;
}
