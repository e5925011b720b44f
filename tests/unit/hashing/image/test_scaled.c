/* scaled: the choice of the scale, the places of the reference's samples, and planes of drawn JPEGs against libjpeg
 * used plainly at the same scale with the reference's samples taken by linear interpolation in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/media.h>

#include "hashing/image/luma_priv.h"
#include "hashing/pdq/pdq.h"
#include "tests/lib/picture.h"

static void the_shorter_side_never_has_less_than_240_samples(void **state)
{
	(void)state;
	assert_int_equal(vg_scaled_choose(4000, 3000), 1);
	assert_int_equal(vg_scaled_choose(1920, 1080), 2);
	assert_int_equal(vg_scaled_choose(640, 480), 4);
	assert_int_equal(vg_scaled_choose(640, 470), 8);
	assert_int_equal(vg_scaled_choose(1, 65535), 8);
	for (uint32_t side = 1; side <= 65535; side += 1 + side / 50) {
		uint32_t n = vg_scaled_choose(65535, side);
		assert_true(n == 8 || vg_scaled_n(side, n) >= VG_SCALED_MIN_SIDE);
		assert_true(n == 1 || vg_scaled_n(side, n / 2) < VG_SCALED_MIN_SIDE);
		assert_int_equal(vg_scaled_choose(side, 65535), n);
	}
}

static void every_sample_of_the_reference_has_a_place_on_the_small_picture(void **state)
{
	(void)state;
	for (uint32_t side = 1; side <= 65535; side += 1 + side / 40)
		for (uint32_t eighths = 1; eighths <= 8; eighths *= 2)
			for (uint32_t i = 0, before = 0; i < 512; i++) {
				uint32_t low, high, part, n = vg_scaled_n(side, eighths);
				vg_scaled_place(side, eighths, 512, i, &low, &high, &part);
				double full = (double)((uint64_t)i * side / 512), at = (full + 0.5) * eighths / 8 - 0.5;
				at = at < 0 ? 0 : at;
				assert_true(low < n && high < n && (high == low + 1 || high == low) && part < 16);
				assert_true(low >= before);
				before = low;
				if (high > low)
					assert_true(fabs(low + part / 16.0 - at) < 1e-9);
			}
}

/* The luma of the whole picture at n eighths; the caller frees it. */
static uint8_t *decode_plainly(const uint8_t *bytes, size_t n_bytes, uint32_t eighths, uint32_t *width)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, bytes, n_bytes);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.out_color_space = JCS_GRAYSCALE;
	jpeg.scale_num = eighths;
	jpeg.scale_denom = 8;
	jpeg_start_decompress(&jpeg);
	*width = jpeg.output_width;
	uint8_t *pixels = vg_or_abort(malloc((size_t)jpeg.output_width * jpeg.output_height));
	while (jpeg.output_scanline < jpeg.output_height) {
		JSAMPROW row = pixels + (size_t)jpeg.output_scanline * jpeg.output_width;
		jpeg_read_scanlines(&jpeg, &row, 1);
	}
	jpeg_destroy_decompress(&jpeg);
	return pixels;
}

/* The places on the small picture of a line of the plane. */
static void places(uint32_t side, uint32_t eighths, uint32_t i, uint32_t *low, uint32_t *high, double *share)
{
	uint32_t part = 0;
	*low = *high = i;
	if (vg_scaled_n(side, eighths) > 512)
		vg_scaled_place(side, eighths, 512, i, low, high, &part);
	*share = part / 16.0;
}

static void assert_plane(const struct vg_luma *luma, const uint8_t *small, uint32_t stride)
{
	for (uint32_t r = 0; r < luma->n_rows; r++)
		for (uint32_t c = 0; c < luma->n_cols; c++) {
			uint32_t y0, y1, x0, x1;
			double v, u;
			places(luma->height, luma->eighths, r, &y0, &y1, &v);
			places(luma->width, luma->eighths, c, &x0, &x1, &u);
			double above = small[y0 * stride + x0] * (1 - u) + small[y0 * stride + x1] * u;
			double below = small[y1 * stride + x0] * (1 - u) + small[y1 * stride + x1] * u;
			assert_true(fabs(luma->at[r * VG_LUMA_STRIDE + c] - (above * (1 - v) + below * v)) < 1e-3);
		}
}

static uint8_t *jpeg(uint32_t width, uint32_t height, int progressive, size_t *n_bytes)
{
	const struct vg_picture_jpeg how = { width, height, 3, 90, progressive, 2, 0 };
	uint8_t *pixels = vg_picture_draw(width, height, 3, width + height);
	uint64_t seed = 1;
	for (size_t p = 0; p < (size_t)width * height * 3; p++) /* grain, as photographs have */
		pixels[p] = (uint8_t)(pixels[p] / 4 * 3 + 16 + vg_random(&seed) % 16);
	uint8_t *bytes = vg_picture_to_jpeg(&how, pixels, n_bytes);
	free(pixels);
	return bytes;
}

/* Also pictures whose other side is longer than a plane at the same scale, both ways. */
static void planes_are_those_of_a_plain_decode_at_that_scale(void **state)
{
	static const uint16_t sizes[][2] = { { 1920, 1080 }, { 641, 480 },   { 2001, 1955 }, { 481, 3001 },
					     { 5003, 960 },  { 4609, 2593 }, { 500, 500 },   { 970, 4999 } };
	struct vg_image *image = vg_image_create(NULL);
	(void)state;
	vg_image_scaled(image, true);
	for (unsigned i = 0; i < VG_ARRAY_LEN(sizes); i++) {
		uint32_t width, eighths = vg_scaled_choose(sizes[i][0], sizes[i][1]), n_spans;
		size_t n_bytes;
		uint64_t seed = i;
		/* a progressive one, too: whole files are decoded to their last scan */
		uint8_t *bytes = jpeg(sizes[i][0], sizes[i][1], i % 2, &n_bytes);
		uint8_t *small = decode_plainly(bytes, n_bytes, eighths, &width);
		struct vg_span *spans = vg_cut(bytes, n_bytes, 4096, &seed, &n_spans);
		struct vg_luma luma;
		assert_int_equal(
			vg_image_luma(image, VG_KIND_JPEG, &(struct vg_chain){ spans, n_spans, n_bytes }, &luma),
			VG_OK);
		assert_int_equal(luma.eighths, eighths);
		assert_int_equal(luma.partial, 0);
		assert_int_equal(luma.width, sizes[i][0]);
		assert_plane(&luma, small, width);
		free(spans);
		free(small);
		free(bytes);
	}
	vg_image_destroy(image);
}

/* Drawn waves under grain are the worst there is: most of their coefficients are noise, which the reference samples and
 * a smaller decode averages. Real pictures stay within 10 bits (docs/adr/0020, test-hashing_scaled). */
static void hashes_stay_near(void **state)
{
	struct vg_image *image = vg_image_create(NULL);
	struct vg_pdq *pdq = vg_pdq_create();
	uint64_t seed = 20;
	unsigned sum = 0, largest = 0;
	(void)state;
	for (unsigned i = 0; i < 24; i++) {
		uint32_t width = 240 + (uint32_t)(vg_random(&seed) % 2400),
			 height = 240 + (uint32_t)(vg_random(&seed) % 1700);
		size_t n_bytes;
		uint8_t *bytes = jpeg(width, height, i % 2, &n_bytes);
		struct vg_span span = { bytes, n_bytes };
		struct vg_pdq_result results[2];
		unsigned distance = 0;
		for (unsigned scaled = 0; scaled < 2; scaled++) {
			struct vg_luma luma;
			vg_image_scaled(image, scaled);
			assert_int_equal(
				vg_image_luma(image, VG_KIND_JPEG, &(struct vg_chain){ &span, 1, n_bytes }, &luma),
				VG_OK);
			vg_pdq_hash(pdq, &luma, &results[scaled]);
		}
		for (unsigned k = 0; k < VG_PDQ_BYTES; k++)
			distance += (unsigned)__builtin_popcount(results[0].hash[k] ^ results[1].hash[k]);
		sum += distance;
		largest = distance > largest ? distance : largest;
		assert_true(abs(results[0].quality - results[1].quality) <= 8);
		free(bytes);
	}
	assert_true(sum <= 24 * 16 && largest <= 40);
	print_message("mean %.1f, largest %u bits\n", sum / 24.0, largest);
	vg_pdq_destroy(pdq);
	vg_image_destroy(image);
}

/* A JPEG without a luma plane, and every other kind, is decoded as ever. */
static void pictures_without_a_luma_plane_are_not_scaled(void **state)
{
	struct vg_image *image = vg_image_create(NULL);
	const struct vg_picture_jpeg how = { 1000, 1000, 4, 90, 0, 1, 0 };
	uint8_t *pixels = vg_picture_draw(1000, 1000, 4, 7);
	struct vg_luma luma;
	size_t n_bytes;
	uint8_t *bytes = vg_picture_to_jpeg(&how, pixels, &n_bytes);
	struct vg_span span = { bytes, n_bytes };
	(void)state;
	vg_image_scaled(image, true);
	assert_int_equal(vg_image_luma(image, VG_KIND_JPEG, &(struct vg_chain){ &span, 1, n_bytes }, &luma), VG_OK);
	assert_int_equal(luma.eighths, 0);
	assert_int_equal(luma.n_cols, 512);
	free(pixels);
	free(bytes);
	vg_image_destroy(image);
}

/* Cut at every place: never more than the plane is written, and what came counts. */
static void cut_pictures_give_what_came(void **state)
{
	struct vg_image *image = vg_image_create(NULL);
	size_t n_bytes;
	uint8_t *bytes = jpeg(5003, 960, 0, &n_bytes);
	unsigned n_whole = 0;
	(void)state;
	vg_image_scaled(image, true);
	for (size_t n = 0; n < n_bytes; n += 1 + n_bytes / 25) {
		struct vg_span span = { bytes, n };
		struct vg_luma luma;
		enum vg_err err = vg_image_luma(image, VG_KIND_JPEG, &(struct vg_chain){ &span, n != 0, n }, &luma);
		assert_true(err == VG_OK || err == VG_ECORRUPT);
		n_whole += err == VG_OK && !luma.partial;
	}
	assert_int_equal(n_whole, 0);
	free(bytes);
	vg_image_destroy(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shorter_side_never_has_less_than_240_samples),
		cmocka_unit_test(every_sample_of_the_reference_has_a_place_on_the_small_picture),
		cmocka_unit_test(planes_are_those_of_a_plain_decode_at_that_scale),
		cmocka_unit_test(hashes_stay_near),
		cmocka_unit_test(pictures_without_a_luma_plane_are_not_scaled),
		cmocka_unit_test(cut_pictures_give_what_came),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
