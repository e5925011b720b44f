/* luma: the sampling, by pictures put row by row and pass by pass against floor(x*W/n); limits; kinds. */
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
#include "tests/lib/picture.h"

static float rgb_luma(const uint8_t *p)
{
	return 0.299f * (float)p[0] + 0.587f * (float)p[1] + 0.114f * (float)p[2];
}
static void assert_sampled(const struct vg_image *image, const uint8_t *rgb, uint32_t width, uint32_t height)
{
	uint32_t n_cols = width > 512 || height > 512 ? 512 : width,
		 n_rows = width > 512 || height > 512 ? 512 : height;
	assert_int_equal(image->luma.n_cols, n_cols);
	assert_int_equal(image->luma.n_rows, n_rows);
	for (uint32_t r = 0; r < n_rows; r++)
		for (uint32_t c = 0; c < n_cols; c++) {
			size_t x = (size_t)((double)c * width / n_cols), y = (size_t)((double)r * height / n_rows);
			assert_true(image->plane[r * VG_LUMA_STRIDE + c] == rgb_luma(rgb + (y * width + x) * 3));
		}
}
static void begin(struct vg_image *image, uint32_t width, uint32_t height, int by_passes)
{
	image->n_rows_put = image->end_row = 0;
	assert_int_equal(vg_luma_begin(image, width, height, by_passes), VG_OK);
}

static void rows_are_sampled_by_nearest_neighbour(void **state)
{
	static const uint32_t sizes[][2] = { { 512, 512 }, { 513, 1 },     { 1, 513 },     { 100, 700 },
					     { 700, 100 }, { 1000, 3 },    { 640, 480 },   { 511, 512 },
					     { 5, 5 },     { 1025, 1023 }, { 2000, 1500 }, { 300, 300 } };
	struct vg_image *image = *state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(sizes); i++) {
		uint32_t width = sizes[i][0], height = sizes[i][1];
		uint8_t *rgb = vg_picture_draw(width, height, 3, i);
		begin(image, width, height, 0);
		for (uint32_t y = 0; y < height && !vg_luma_full(image); y++) {
			struct vg_pixel_row row = {
				rgb + (size_t)y * width * 3, VG_PIXELS_RGB, 3, y, 0, 0, width, 0, 0
			};
			vg_luma_put(image, &row);
		}
		assert_true(vg_luma_full(image));
		assert_sampled(image, rgb, width, height);
		free(rgb);
	}
}

static void passes_put_every_pixel_where_it_belongs(void **state)
{
	static const uint32_t sizes[][2] = { { 1, 1 }, { 3, 2 }, { 8, 8 }, { 700, 90 }, { 513, 514 }, { 64, 1000 } };
	struct vg_image *image = *state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(sizes); i++) {
		uint32_t width = sizes[i][0], height = sizes[i][1];
		uint8_t *rgb = vg_picture_draw(width, height, 3, i), *line = vg_or_abort(malloc(width * 3ul));
		begin(image, width, height, 1);
		for (int pass = 0; pass < 7; pass++)
			for (uint32_t k = 0; k < PNG_PASS_ROWS(height, pass) && PNG_PASS_COLS(width, pass); k++) {
				struct vg_pixel_row row = { line,
							    VG_PIXELS_RGB,
							    3,
							    PNG_ROW_FROM_PASS_ROW(k, pass),
							    PNG_PASS_START_COL(pass),
							    PNG_PASS_COL_SHIFT(pass),
							    PNG_PASS_COLS(width, pass),
							    8u >> pass / 2,
							    8u >> (pass + 1) / 2 };
				for (uint32_t c = 0; c < row.n_pixels; c++)
					memcpy(line + c * 3ul,
					       rgb + ((size_t)row.y * width + PNG_COL_FROM_PASS_COL(c, pass)) * 3, 3);
				vg_luma_put(image, &row);
			}
		assert_sampled(image, rgb, width, height);
		free(rgb);
		free(line);
	}
}

static void ink_takes_light_away(void **state)
{
	struct vg_image *image = *state;
	static const uint8_t cmyk[4][4] = {
		{ 255, 255, 255, 255 }, { 255, 255, 255, 0 }, { 0, 255, 255, 255 }, { 100, 50, 200, 128 }
	};
	const float expected[4] = { 255, 0, 0.587f * 255 + 0.114f * 255, rgb_luma((const uint8_t[]){ 50, 25, 100 }) };
	uint8_t ink[4][4];
	begin(image, 4, 1, 0);
	vg_luma_put(image, &(struct vg_pixel_row){ cmyk[0], VG_PIXELS_CMYK, 4, 0, 0, 0, 4, 0, 0 });
	for (unsigned c = 0; c < 4; c++)
		assert_true(image->plane[c] > expected[c] - 0.01f && image->plane[c] < expected[c] + 0.01f);
	for (unsigned i = 0; i < 16; i++)
		ink[i / 4][i % 4] = (uint8_t)(255 - cmyk[i / 4][i % 4]);
	begin(image, 4, 1, 0);
	vg_luma_put(image, &(struct vg_pixel_row){ ink[0], VG_PIXELS_CMYK_INK, 4, 0, 0, 0, 4, 0, 0 });
	for (unsigned c = 0; c < 4; c++)
		assert_true(image->plane[c] > expected[c] - 0.01f && image->plane[c] < expected[c] + 0.01f);
}

static void grey_is_its_sample_and_alpha_behind_it_is_ignored(void **state)
{
	struct vg_image *image = *state;
	static const uint8_t grey_alpha[3][2] = { { 7, 0 }, { 200, 255 }, { 255, 9 } };
	begin(image, 3, 1, 0);
	vg_luma_put(image, &(struct vg_pixel_row){ grey_alpha[0], VG_PIXELS_GREY, 2, 0, 0, 0, 3, 0, 0 });
	assert_true(image->plane[0] == 7 && image->plane[1] == 200 && image->plane[2] == 255);
}

static void sizes_beyond_the_limits_are_refused(void **state)
{
	(void)state;
	struct vg_image *image = vg_image_create(&(struct vg_image_limits){ .max_pixels = 1000, .max_side = 600 });
	assert_non_null(image);
	assert_int_equal(vg_luma_begin(image, 100, 10, 0), VG_OK);
	assert_int_equal(vg_luma_begin(image, 1, 600, 0), VG_OK);
	assert_int_equal(vg_luma_begin(image, 1, 601, 0), VG_ERANGE);
	assert_int_equal(vg_luma_begin(image, 601, 1, 0), VG_ERANGE);
	assert_int_equal(vg_luma_begin(image, 143, 7, 0), VG_ERANGE);
	assert_int_equal(vg_luma_begin(image, UINT32_MAX, UINT32_MAX, 0), VG_ERANGE);
	assert_int_equal(vg_luma_begin(image, 0, 5, 0), VG_ERANGE);
	vg_image_destroy(image);
	vg_image_destroy(NULL);
}

static void a_kind_without_a_decoder_is_unsupported(void **state)
{
	static const uint8_t bytes[] = "GIF89a";
	const struct vg_span span = { bytes, sizeof(bytes) };
	const struct vg_chain chain = { &span, 1, sizeof(bytes) };
	struct vg_luma luma;
	for (unsigned kind = 0; kind < 64; kind++)
		if (!VG_KIND_IS_IMAGE(kind) || kind > VG_KIND_AVIF)
			assert_int_equal(vg_image_luma(*state, kind, &chain, &luma), VG_EUNSUPPORTED);
	assert_int_equal(vg_image_luma(*state, VG_KIND_JPEG, &chain, &luma), VG_ECORRUPT);
	assert_int_equal(vg_image_luma(*state, VG_KIND_PNG, &chain, &luma), VG_ECORRUPT);
	assert_null(luma.at);
}

static int make(void **state)
{
	*state = vg_image_create(NULL);
	return *state ? 0 : -1;
}
static int unmake(void **state)
{
	vg_image_destroy(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sampled_by_nearest_neighbour),
		cmocka_unit_test(passes_put_every_pixel_where_it_belongs),
		cmocka_unit_test(ink_takes_light_away),
		cmocka_unit_test(grey_is_its_sample_and_alpha_behind_it_is_ignored),
		cmocka_unit_test(sizes_beyond_the_limits_are_refused),
		cmocka_unit_test(a_kind_without_a_decoder_is_unsupported),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
