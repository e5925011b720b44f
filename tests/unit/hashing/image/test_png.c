/* png: drawn PNGs of every colour type and depth, plain and interlaced, against their pixels; cuts; damage; budgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <vigil/media.h>

#include "hashing/image/luma_priv.h"
#include "tests/lib/guard.h"
#include "tests/lib/picture.h"

struct fixture {
	struct vg_image *image;
	uint64_t seed;
	png_color palette[256];
};

static enum vg_err luma_of(struct fixture *f, const uint8_t *bytes, size_t n_bytes, size_t max_piece,
			   struct vg_luma *luma)
{
	uint32_t n_spans;
	struct vg_span *spans = vg_cut(bytes, n_bytes, max_piece, &f->seed, &n_spans);
	struct vg_chain chain = { spans, n_spans, n_bytes };
	enum vg_err err = vg_image_luma(f->image, VG_KIND_PNG, &chain, luma);
	free(spans);
	return err;
}
static unsigned channels_of(int color_type)
{
	return color_type == PNG_COLOR_TYPE_RGB          ? 3
	       : color_type == PNG_COLOR_TYPE_RGBA       ? 4
	       : color_type == PNG_COLOR_TYPE_GRAY_ALPHA ? 2
							 : 1;
}
/* Sample `idx` of a packed row. */
static unsigned sample(const uint8_t *row, unsigned idx, unsigned bits)
{
	if (bits == 16)
		return vg_be16(row + idx * 2ul);
	return row[idx * bits / 8] >> (8 - bits - idx * bits % 8) & ((1u << bits) - 1);
}
/* What the plane must hold for a pixel, by the PNG specification: samples scaled to 8 bits, 16 bits cut. */
static float expected(const struct fixture *f, const struct vg_picture_png *how, const uint8_t *row, uint32_t x)
{
	unsigned n = channels_of(how->color_type), bits = (unsigned)how->bit_depth, v[3];
	if (how->color_type == PNG_COLOR_TYPE_PALETTE) {
		const png_color *p = &f->palette[sample(row, x, bits)];
		return 0.299f * (float)p->red + 0.587f * (float)p->green + 0.114f * (float)p->blue;
	}
	for (unsigned c = 0; c < (n < 3 ? 1 : 3); c++) {
		v[c] = sample(row, x * n + c, bits);
		v[c] = bits == 16 ? v[c] >> 8 : v[c] * 255 / ((1u << bits) - 1);
	}
	return n < 3 ? (float)v[0] : 0.299f * (float)v[0] + 0.587f * (float)v[1] + 0.114f * (float)v[2];
}
static void check(struct fixture *f, const struct vg_picture_png *how)
{
	static const size_t pieces[] = { SIZE_MAX, 4096, 7 };
	size_t n_bytes;
	uint32_t sampled = how->width > 512 || how->height > 512;
	uint8_t *rows = vg_picture_draw((uint32_t)how->row_bytes, how->height, 1, f->seed);
	for (size_t i = 0; how->bit_depth == 16 && i < how->row_bytes * how->height; i++)
		rows[i] = (uint8_t)vg_random(&f->seed); /* so that cutting and rounding differ */
	uint8_t *bytes = vg_picture_to_png(how, rows, &n_bytes), *guarded = vg_guard_copy(bytes, n_bytes);
	for (unsigned k = 0; k < VG_ARRAY_LEN(pieces); k++) {
		struct vg_luma luma;
		assert_int_equal(luma_of(f, guarded, n_bytes, pieces[k], &luma), VG_OK);
		assert_int_equal(luma.partial, 0);
		assert_int_equal(luma.width, how->width);
		assert_int_equal(luma.height, how->height);
		assert_int_equal(luma.n_rows, sampled ? 512 : how->height);
		assert_int_equal(luma.n_cols, sampled ? 512 : how->width);
		for (uint32_t r = 0; r < luma.n_rows; r++)
			for (uint32_t c = 0; c < luma.n_cols; c++) {
				uint32_t x = c * how->width / luma.n_cols, y = r * how->height / luma.n_rows;
				assert_true(luma.at[r * VG_LUMA_STRIDE + c] ==
					    expected(f, how, rows + y * how->row_bytes, x));
			}
	}
	vg_guard_free(guarded, n_bytes);
	free(bytes);
	free(rows);
}

static void every_colour_type_and_depth_gives_its_pixels(void **state)
{
	static const int types[][2] = { { 0, 1 }, { 0, 2 },  { 0, 4 },  { 0, 8 }, { 0, 16 },
					{ 2, 8 }, { 2, 16 }, { 3, 1 },  { 3, 2 }, { 3, 4 },
					{ 3, 8 }, { 4, 8 },  { 4, 16 }, { 6, 8 }, { 6, 16 } };
	static const uint32_t sizes[][2] = { { 1, 1 }, { 33, 21 }, { 600, 40 }, { 40, 530 } };
	struct fixture *f = *state;
	print_message("seed %llu\n", (unsigned long long)f->seed);
	for (unsigned t = 0; t < VG_ARRAY_LEN(types); t++)
		for (unsigned s = 0; s < VG_ARRAY_LEN(sizes); s++)
			for (int interlaced = 0; interlaced < 2; interlaced++) {
				struct vg_picture_png how = { .width = sizes[s][0],
							      .height = sizes[s][1],
							      .color_type = types[t][0],
							      .bit_depth = types[t][1],
							      .interlaced = interlaced };
				how.palette = how.color_type == PNG_COLOR_TYPE_PALETTE ? f->palette : NULL;
				how.row_bytes =
					((size_t)how.width * channels_of(how.color_type) * (unsigned)how.bit_depth +
					 7) /
					8;
				check(f, &how);
			}
}

static void a_transparent_colour_is_still_that_colour(void **state)
{
	struct fixture *f = *state;
	const png_color_16 transparent = { .gray = 100, .red = 100, .green = 100, .blue = 100 };
	check(f, &(struct vg_picture_png){ 50, 40, PNG_COLOR_TYPE_GRAY, 8, 0, 50, NULL, &transparent });
	check(f, &(struct vg_picture_png){ 50, 40, PNG_COLOR_TYPE_RGB, 8, 1, 150, NULL, &transparent });
	check(f, &(struct vg_picture_png){ 50, 40, PNG_COLOR_TYPE_GRAY, 16, 0, 100, NULL, &transparent });
}

static void a_file_cut_anywhere_is_hashed_as_far_as_it_went(void **state)
{
	struct fixture *f = *state;
	for (int interlaced = 0; interlaced < 2; interlaced++) {
		const struct vg_picture_png how = { 61, 53, PNG_COLOR_TYPE_RGB, 8, interlaced, 61 * 3, NULL, NULL };
		size_t n_bytes, n_decoded = 0;
		struct vg_luma luma;
		uint8_t *rows = vg_picture_draw(61 * 3, 53, 1, 9), *bytes = vg_picture_to_png(&how, rows, &n_bytes);
		for (size_t n = 0; n <= n_bytes; n++) {
			uint8_t *guarded = vg_guard_copy(bytes, n);
			enum vg_err err = luma_of(f, guarded, n, 50, &luma);
			vg_guard_free(guarded, n);
			assert_true(err == VG_OK || err == VG_ECORRUPT);
			n_decoded += !err;
			for (unsigned r = 0; !err && !interlaced && r < luma.n_rows; r++)
				for (unsigned c = 0; c < 61; c++) {
					float got = luma.at[r * VG_LUMA_STRIDE + c];
					assert_true(got == expected(f, &how, rows + r * how.row_bytes, c) || got == 0);
				}
		}
		assert_int_equal(luma.partial, 0);
		assert_true(n_decoded > n_bytes / 2);
		assert_int_equal(luma_of(f, bytes, n_bytes / 2, 50, &luma), VG_OK);
		assert_int_equal(luma.partial, 1);
		free(bytes);
		free(rows);
	}
}

/* What has come of an interlaced picture stands for its surroundings, as viewers show it: coarse, but everywhere. */
static void a_cut_interlaced_file_is_coarse_but_nowhere_empty(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_png how = { 160, 160, PNG_COLOR_TYPE_GRAY, 8, 1, 160, NULL, NULL };
	size_t n_bytes;
	struct vg_luma luma;
	uint8_t *rows = vg_picture_draw(160, 160, 1, 9), *bytes;
	for (size_t i = 0; i < 160 * 160; i++)
		rows[i] |= 1;
	bytes = vg_picture_to_png(&how, rows, &n_bytes);
	for (size_t n = n_bytes / 8; n < n_bytes; n += n_bytes / 16) {
		assert_int_equal(luma_of(f, bytes, n, 50, &luma), VG_OK);
		assert_int_equal(luma.partial, 1);
		for (uint32_t r = 0; r < 160; r++)
			for (uint32_t c = 0; c < 160; c++) {
				float got = luma.at[r * VG_LUMA_STRIDE + c];
				unsigned n_found = 0; /* of the corners of the blocks around this pixel */
				for (unsigned pass = 0; pass < 7; pass++) {
					uint32_t y = r & ~((8u >> pass / 2) - 1), x = c & ~((8u >> (pass + 1) / 2) - 1);
					n_found += got == rows[y * 160 + x];
				}
				assert_true(n_found > 0);
			}
	}
	free(bytes);
	free(rows);
}

static void a_wrong_checksum_does_not_hide_a_picture(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_png how = { 40, 30, PNG_COLOR_TYPE_GRAY, 8, 0, 40, NULL, NULL };
	size_t n_bytes;
	struct vg_luma luma;
	uint8_t *rows = vg_picture_draw(40, 30, 1, 9), *bytes = vg_picture_to_png(&how, rows, &n_bytes);
	bytes[8 + 8 + 13 + 1] ^= 0x55;   /* of IHDR */
	bytes[n_bytes - 12 - 2] ^= 0x55; /* of IDAT */
	assert_int_equal(luma_of(f, bytes, n_bytes, 50, &luma), VG_OK);
	assert_true(luma.at[29 * VG_LUMA_STRIDE + 39] == rows[29 * 40 + 39]);
	free(bytes);
	free(rows);
}

static void budgets_end_the_decoder(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_png how = { 3000, 3000, PNG_COLOR_TYPE_RGB, 8, 0, 9000, NULL, NULL };
	const struct {
		struct vg_image_limits limits;
		enum vg_err expected;
	} budgets[] = { { { .max_pixels = 9000000 }, VG_OK },
			{ { .max_pixels = 8999999 }, VG_ERANGE },
			{ { .max_side = 2999 }, VG_ERANGE },
			{ { .max_ms = 2 }, VG_EBUDGET } };
	size_t n_bytes;
	struct vg_luma luma;
	uint8_t *rows = vg_picture_draw(9000, 3000, 1, 9), *bytes = vg_picture_to_png(&how, rows, &n_bytes);
	for (unsigned i = 0; i < VG_ARRAY_LEN(budgets); i++) {
		struct fixture tight = { .image = vg_image_create(&budgets[i].limits), .seed = f->seed };
		assert_int_equal(luma_of(&tight, bytes, n_bytes, 4096, &luma), budgets[i].expected);
		vg_image_destroy(tight.image);
	}
	free(bytes);
	free(rows);
}

/* A header that promises more than any memory holds is refused before anything is allocated. */
static void a_giant_header_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_png how = { 4, 4, PNG_COLOR_TYPE_RGBA, 16, 1, 32, NULL, NULL };
	size_t n_bytes;
	struct vg_luma luma;
	uint8_t rows[4 * 32] = { 0 }, *bytes = vg_picture_to_png(&how, rows, &n_bytes);
	static const uint32_t sides[][2] = { { 0x7fffffff, 0x7fffffff }, { 0x7fffffff, 1 }, { 65535, 65535 } };
	for (unsigned i = 0; i < VG_ARRAY_LEN(sides); i++) {
		vg_put_be32(bytes + 16, sides[i][0]);
		vg_put_be32(bytes + 20, sides[i][1]);
		enum vg_err err = luma_of(f, bytes, n_bytes, 50, &luma);
		assert_true(err == VG_ERANGE || err == VG_ECORRUPT);
	}
	free(bytes);
}

static void random_damage_never_harms(void **state)
{
	struct fixture *f = *state;
	for (unsigned round = 0; round < 600; round++) {
		const struct vg_picture_png how = { 60,
						    50,
						    round % 2 ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_GRAY,
						    8,
						    round % 3 == 0,
						    60 * (round % 2 ? 4 : 1),
						    NULL,
						    NULL };
		size_t n_bytes;
		struct vg_luma luma;
		uint8_t *rows = vg_picture_draw((uint32_t)how.row_bytes, 50, 1, round);
		uint8_t *bytes = vg_picture_to_png(&how, rows, &n_bytes);
		for (unsigned i = 0; i < 1 + round % 8; i++)
			bytes[8 + vg_random(&f->seed) % (n_bytes - 8)] = (uint8_t)vg_random(&f->seed);
		uint8_t *guarded = vg_guard_copy(bytes, n_bytes);
		enum vg_err err = luma_of(f, guarded, n_bytes, 64, &luma);
		for (unsigned r = 0; !err && r < luma.n_rows; r++)
			for (unsigned c = 0; c < luma.n_cols; c++)
				assert_true(luma.at[r * VG_LUMA_STRIDE + c] >= 0 &&
					    luma.at[r * VG_LUMA_STRIDE + c] < 255.01f);
		vg_guard_free(guarded, n_bytes);
		free(bytes);
		free(rows);
	}
}

static int make(void **state)
{
	static struct fixture f;
	f.image = vg_image_create(NULL);
	f.seed = (uint64_t)time(NULL);
	for (unsigned i = 0; i < 256; i++)
		f.palette[i] = (png_color){ (png_byte)(i * 37), (png_byte)(i * 91 + 5), (png_byte)(255 - i) };
	*state = &f;
	return f.image ? 0 : -1;
}
static int unmake(void **state)
{
	vg_image_destroy(((struct fixture *)*state)->image);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_colour_type_and_depth_gives_its_pixels),
		cmocka_unit_test(a_transparent_colour_is_still_that_colour),
		cmocka_unit_test(a_file_cut_anywhere_is_hashed_as_far_as_it_went),
		cmocka_unit_test(a_cut_interlaced_file_is_coarse_but_nowhere_empty),
		cmocka_unit_test(a_wrong_checksum_does_not_hide_a_picture),
		cmocka_unit_test(budgets_end_the_decoder),
		cmocka_unit_test(a_giant_header_is_refused),
		cmocka_unit_test(random_damage_never_harms),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
