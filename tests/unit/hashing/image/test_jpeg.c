/* jpeg: drawn JPEGs against libjpeg used plainly on the whole file; cuts between spans and at every byte; budgets. */
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
};

/* The whole picture by libjpeg from memory, out_color_space as given; the caller frees it. */
static uint8_t *decode_plainly(const uint8_t *bytes, size_t n_bytes, J_COLOR_SPACE space)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, bytes, n_bytes);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.out_color_space = space;
	jpeg_start_decompress(&jpeg);
	size_t row_bytes = (size_t)jpeg.output_width * (unsigned)jpeg.output_components;
	uint8_t *pixels = vg_or_abort(malloc(row_bytes * jpeg.output_height));
	while (jpeg.output_scanline < jpeg.output_height) {
		JSAMPROW row = pixels + jpeg.output_scanline * row_bytes;
		jpeg_read_scanlines(&jpeg, &row, 1);
	}
	jpeg_destroy_decompress(&jpeg);
	return pixels;
}
static enum vg_err luma_of(struct fixture *f, const uint8_t *bytes, size_t n_bytes, size_t max_piece,
			   struct vg_luma *luma)
{
	uint32_t n_spans;
	struct vg_span *spans = vg_cut(bytes, n_bytes, max_piece, &f->seed, &n_spans);
	struct vg_chain chain = { spans, n_spans, n_bytes };
	enum vg_err err = vg_image_luma(f->image, VG_KIND_JPEG, &chain, luma);
	free(spans);
	return err;
}
static void assert_plane(const struct vg_luma *luma, const uint8_t *pixels, uint32_t width, uint32_t height, int n)
{
	uint32_t sampled = width > 512 || height > 512;
	assert_int_equal(luma->width, width);
	assert_int_equal(luma->height, height);
	assert_int_equal(luma->partial, 0);
	assert_int_equal(luma->n_rows, sampled ? 512 : height);
	assert_int_equal(luma->n_cols, sampled ? 512 : width);
	for (uint32_t r = 0; r < luma->n_rows; r++)
		for (uint32_t c = 0; c < luma->n_cols; c++) {
			size_t x = (size_t)c * width / luma->n_cols, y = (size_t)r * height / luma->n_rows;
			const uint8_t *p = pixels + (y * width + x) * (unsigned)n;
			float expected = n == 1 ? p[0]
						: 0.299f * (float)p[0] + 0.587f * (float)p[1] + 0.114f * (float)p[2];
			assert_true(luma->at[r * VG_LUMA_STRIDE + c] == expected);
		}
}

static void drawn_pictures_give_the_luma_of_a_plain_decode(void **state)
{
	static const struct vg_picture_jpeg how[] = {
		{ 640, 480, 3, 85, 0, 2, 0 }, { 640, 480, 3, 85, 1, 2, 0 }, { 500, 333, 3, 95, 0, 1, 0 },
		{ 1, 1, 3, 90, 0, 2, 0 },     { 17, 900, 3, 50, 0, 2, 0 },  { 513, 512, 1, 75, 0, 0, 0 },
		{ 1000, 3, 3, 75, 0, 2, 0 },  { 300, 200, 1, 75, 1, 0, 0 }, { 700, 500, 3, 75, 0, 2, 1 },
	};
	struct fixture *f = *state;
	print_message("seed %llu\n", (unsigned long long)f->seed);
	for (unsigned i = 0; i < VG_ARRAY_LEN(how); i++) {
		size_t n_bytes;
		uint8_t *drawn = vg_picture_draw(how[i].width, how[i].height, (unsigned)how[i].n_channels, i);
		uint8_t *bytes = vg_picture_to_jpeg(&how[i], drawn, &n_bytes);
		uint8_t *plain = decode_plainly(bytes, n_bytes, how[i].n_channels == 1 ? JCS_GRAYSCALE : JCS_RGB);
		uint8_t *guarded = vg_guard_copy(bytes, n_bytes);
		static const size_t pieces[] = { SIZE_MAX, 4096, 100, 1 };
		for (unsigned k = 0; k < VG_ARRAY_LEN(pieces); k++) {
			struct vg_luma luma;
			assert_int_equal(luma_of(f, guarded, n_bytes, pieces[k], &luma), VG_OK);
			assert_plane(&luma, plain, how[i].width, how[i].height, how[i].n_channels);
		}
		vg_guard_free(guarded, n_bytes);
		free(plain);
		free(bytes);
		free(drawn);
	}
}

static void a_long_segment_is_skipped_over_many_spans(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_jpeg how = { 64, 48, 3, 80, 0, 2, 0 };
	const size_t n_segment = 60000;
	size_t n_bytes;
	uint8_t *drawn = vg_picture_draw(64, 48, 3, 4), *bytes = vg_picture_to_jpeg(&how, drawn, &n_bytes);
	uint8_t *longer = vg_or_abort(malloc(n_bytes + n_segment + 2));
	uint8_t *plain = decode_plainly(bytes, n_bytes, JCS_RGB);
	memcpy(longer, bytes, 2);
	memset(longer + 2, 0xff, n_segment + 2); /* looks like markers inside */
	memcpy(longer + 2, (const uint8_t[]){ 0xff, 0xe5, (uint8_t)(n_segment >> 8), (uint8_t)n_segment }, 4);
	memcpy(longer + 2 + 2 + n_segment, bytes + 2, n_bytes - 2);
	longer[2 + 2 + n_segment - 1] = 0xd9;
	static const size_t pieces[] = { 1, 333, 4096, SIZE_MAX };
	for (unsigned k = 0; k < VG_ARRAY_LEN(pieces); k++) {
		struct vg_luma luma;
		assert_int_equal(luma_of(f, longer, n_bytes + n_segment + 2, pieces[k], &luma), VG_OK);
		assert_plane(&luma, plain, 64, 48, 3);
	}
	free(plain);
	free(longer);
	free(bytes);
	free(drawn);
}

static void cmyk_is_converted(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_jpeg how = { 200, 100, 4, 95, 0, 0, 0 };
	size_t n_bytes;
	struct vg_luma luma;
	uint8_t *drawn = vg_picture_draw(200, 100, 4, 3), *bytes = vg_picture_to_jpeg(&how, drawn, &n_bytes);
	uint8_t *plain = decode_plainly(bytes, n_bytes, JCS_CMYK);
	assert_int_equal(luma_of(f, bytes, n_bytes, 50, &luma), VG_OK);
	/* libjpeg writes an Adobe marker for CMYK: 255 is no ink. */
	for (unsigned i = 0; i < 200 * 100; i++) {
		const uint8_t *p = plain + i * 4ul;
		float expected = (0.299f * (float)p[0] + 0.587f * (float)p[1] + 0.114f * (float)p[2]) * (float)p[3] /
				 255;
		float got = luma.at[i / 200 * VG_LUMA_STRIDE + i % 200];
		assert_true(got > expected - 1 && got < expected + 1);
	}
	free(plain);
	free(bytes);
	free(drawn);
}

/* Every length at a guard page: no byte is read too far, and what came whole stays as it was. */
static void a_file_cut_anywhere_is_hashed_as_far_as_it_went(void **state)
{
	struct fixture *f = *state;
	for (int progressive = 0; progressive < 2; progressive++) {
		const struct vg_picture_jpeg how = { 96, 80, 3, 80, progressive, 2, 0 };
		size_t n_bytes, n_decoded = 0;
		struct vg_luma luma;
		uint8_t *drawn = vg_picture_draw(96, 80, 3, 5), *bytes = vg_picture_to_jpeg(&how, drawn, &n_bytes);
		for (size_t n = 0; n <= n_bytes; n++) {
			uint8_t *guarded = vg_guard_copy(bytes, n);
			enum vg_err err = luma_of(f, guarded, n, 64, &luma);
			vg_guard_free(guarded, n);
			assert_true(err == VG_OK || err == VG_ECORRUPT);
			n_decoded += !err;
			if (n == n_bytes)
				assert_true(!err && !luma.partial);
			else if (!err && n + 10 < n_bytes)
				assert_int_equal(luma.partial, 1);
		}
		assert_true(n_decoded > n_bytes / 2);
		free(bytes);
		free(drawn);
	}
}

static void the_top_of_a_cut_file_is_that_of_the_whole(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_jpeg how = { 300, 300, 3, 80, 0, 2, 0 };
	size_t n_bytes;
	struct vg_luma luma;
	uint8_t *drawn = vg_picture_draw(300, 300, 3, 6), *bytes = vg_picture_to_jpeg(&how, drawn, &n_bytes);
	float *whole = vg_or_abort(malloc(sizeof(float) * 100 * VG_LUMA_STRIDE));
	assert_int_equal(luma_of(f, bytes, n_bytes, 1000, &luma), VG_OK);
	memcpy(whole, luma.at, sizeof(float) * 100 * VG_LUMA_STRIDE);
	assert_int_equal(luma_of(f, bytes, n_bytes * 2 / 3, 1000, &luma), VG_OK);
	assert_int_equal(luma.partial, 1);
	for (unsigned r = 0; r < 100; r++)
		assert_memory_equal(whole + r * VG_LUMA_STRIDE, luma.at + r * VG_LUMA_STRIDE, 300 * sizeof(float));
	free(whole);
	free(bytes);
	free(drawn);
}

static void budgets_end_the_decoder(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_jpeg how = { 800, 600, 3, 80, 1, 2, 0 };
	const struct {
		struct vg_image_limits limits;
		enum vg_err expected;
	} budgets[] = { { { .max_pixels = 800 * 600 }, VG_OK },
			{ { .max_pixels = 800 * 600 - 1 }, VG_ERANGE },
			{ { .max_side = 799 }, VG_ERANGE },
			{ { .max_memory_bytes = 1 << 20 }, VG_EBUDGET },
			{ { .max_scans = 3 }, VG_EBUDGET } };
	size_t n_bytes;
	struct vg_luma luma;
	uint8_t *drawn = vg_picture_draw(800, 600, 3, 7), *bytes = vg_picture_to_jpeg(&how, drawn, &n_bytes);
	for (unsigned i = 0; i < VG_ARRAY_LEN(budgets); i++) {
		struct fixture tight = { vg_image_create(&budgets[i].limits), f->seed };
		assert_int_equal(luma_of(&tight, bytes, n_bytes, 4096, &luma), budgets[i].expected);
		vg_image_destroy(tight.image);
	}
	free(bytes);
	free(drawn);
}

static void time_used_up_ends_the_decoder(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_jpeg how = { 6000, 6000, 3, 80, 0, 2, 0 };
	size_t n_bytes;
	struct vg_luma luma;
	uint8_t *drawn = vg_picture_draw(6000, 6000, 3, 7), *bytes = vg_picture_to_jpeg(&how, drawn, &n_bytes);
	struct fixture hasty = { vg_image_create(&(struct vg_image_limits){ .max_ms = 5 }), f->seed };
	assert_int_equal(luma_of(&hasty, bytes, n_bytes, 65536, &luma), VG_EBUDGET);
	vg_image_destroy(hasty.image);
	free(bytes);
	free(drawn);
}

/* A file without tables must not be decoded with those of the file before. */
static void nothing_of_one_picture_is_left_for_the_next(void **state)
{
	struct fixture *f = *state;
	const struct vg_picture_jpeg how = { 64, 64, 1, 80, 0, 0, 0 };
	size_t n_bytes, n_short = 2;
	struct vg_luma luma;
	uint8_t *drawn = vg_picture_draw(64, 64, 1, 7), *bytes = vg_picture_to_jpeg(&how, drawn, &n_bytes);
	uint8_t *abbreviated = vg_or_abort(malloc(n_bytes));
	memcpy(abbreviated, bytes, 2);
	for (size_t at = 2; at + 4 <= n_bytes;) { /* copies all segments but the quantization and Huffman tables */
		size_t n = 2u + vg_be16(bytes + at + 2);
		if (bytes[at + 1] == 0xda)
			n = n_bytes - at;
		if (bytes[at + 1] != 0xdb && bytes[at + 1] != 0xc4) {
			memcpy(abbreviated + n_short, bytes + at, n);
			n_short += n;
		}
		at += n;
	}
	assert_int_equal(luma_of(f, bytes, n_bytes, 64, &luma), VG_OK);
	assert_int_equal(luma_of(f, abbreviated, n_short, 64, &luma), VG_ECORRUPT);
	free(abbreviated);
	free(bytes);
	free(drawn);
}

static void random_damage_never_harms(void **state)
{
	struct fixture *f = *state;
	for (unsigned round = 0; round < 600; round++) {
		const struct vg_picture_jpeg how = { 90, 70, 3, 80, round & 1, 2, round % 3 == 0 };
		size_t n_bytes;
		struct vg_luma luma;
		uint8_t *drawn = vg_picture_draw(90, 70, 3, round), *bytes = vg_picture_to_jpeg(&how, drawn, &n_bytes);
		for (unsigned i = 0; i < 1 + round % 8; i++)
			bytes[vg_random(&f->seed) % n_bytes] = (uint8_t)vg_random(&f->seed);
		uint8_t *guarded = vg_guard_copy(bytes, n_bytes);
		enum vg_err err = luma_of(f, guarded, n_bytes, 64, &luma);
		for (unsigned r = 0; !err && r < luma.n_rows; r++)
			for (unsigned c = 0; c < luma.n_cols; c++)
				assert_true(luma.at[r * VG_LUMA_STRIDE + c] >= 0 &&
					    luma.at[r * VG_LUMA_STRIDE + c] < 255.01f);
		vg_guard_free(guarded, n_bytes);
		free(bytes);
		free(drawn);
	}
}

static int make(void **state)
{
	static struct fixture f;
	f = (struct fixture){ vg_image_create(NULL), (uint64_t)time(NULL) };
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
		cmocka_unit_test(drawn_pictures_give_the_luma_of_a_plain_decode),
		cmocka_unit_test(a_long_segment_is_skipped_over_many_spans),
		cmocka_unit_test(cmyk_is_converted),
		cmocka_unit_test(a_file_cut_anywhere_is_hashed_as_far_as_it_went),
		cmocka_unit_test(the_top_of_a_cut_file_is_that_of_the_whole),
		cmocka_unit_test(budgets_end_the_decoder),
		cmocka_unit_test(time_used_up_ends_the_decoder),
		cmocka_unit_test(nothing_of_one_picture_is_left_for_the_next),
		cmocka_unit_test(random_damage_never_harms),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
