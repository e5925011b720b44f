/* Every decoder over the drawn pictures of tests/data/formats: two pictures in every format and sort. Each is near the
 * hash of the PNG it was made of, its second frame near that of the second picture; cut anywhere it is refused or
 * partial, never read past its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/media.h>

#include "hashing/image/luma.h"
#include "hashing/pdq/pdq.h"
#include "hashing/unpack/kind.h"
#include "tests/lib/guard.h"

#define FOLDER   "tests/data/formats/"
#define MAX_SEEN 4
#define N_CUTS   24

static const struct {
	const char *name;
	unsigned kind, n_frames;
	int distance; /* at most, to the PNG of the same picture */
	int partial;
} pictures[] = {
	{ "a.png", VG_KIND_PNG, 1, 0, 0 },
	{ "palette.png", VG_KIND_PNG, 1, 10, 0 },
	{ "greyalpha.png", VG_KIND_PNG, 1, 10, 0 },
	{ "rgba.png", VG_KIND_PNG, 1, 0, 0 },
	{ "moving.apng", VG_KIND_PNG, 2, 0, 0 },
	{ "baseline.jpg", VG_KIND_JPEG, 1, 10, 0 },
	{ "progressive.jpg", VG_KIND_JPEG, 1, 10, 0 },
	{ "arithmetic.jpg", VG_KIND_JPEG, 1, 10, 0 },
	{ "grey.jpg", VG_KIND_JPEG, 1, 10, 0 },
	{ "cmyk.jpg", VG_KIND_JPEG, 1, 10, 0 },
	{ "junk.jpg", VG_KIND_JPEG, 1, 10, 0 },
	{ "cut.jpg", VG_KIND_JPEG, 1, 256, 1 },
	{ "stereo.mpo", VG_KIND_JPEG, 2, 10, 0 },
	{ "still.gif", VG_KIND_GIF, 1, 10, 0 },
	{ "moving.gif", VG_KIND_GIF, 2, 10, 0 },
	{ "lossy.webp", VG_KIND_WEBP, 1, 10, 0 },
	{ "lossless.webp", VG_KIND_WEBP, 1, 0, 0 },
	{ "moving.webp", VG_KIND_WEBP, 2, 10, 0 },
	{ "24.bmp", VG_KIND_BMP, 1, 0, 0 },
	{ "8.bmp", VG_KIND_BMP, 1, 10, 0 },
	{ "32.bmp", VG_KIND_BMP, 1, 0, 0 },
	{ "raw.tif", VG_KIND_TIFF, 1, 0, 0 },
	{ "tiff_lzw.tif", VG_KIND_TIFF, 1, 0, 0 },
	{ "tiff_adobe_deflate.tif", VG_KIND_TIFF, 1, 0, 0 },
	{ "packbits.tif", VG_KIND_TIFF, 1, 0, 0 },
	{ "jpeg.tif", VG_KIND_TIFF, 1, 10, 0 },
	{ "cmyk.tif", VG_KIND_TIFF, 1, 10, 0 },
	{ "pages.tif", VG_KIND_TIFF, 2, 0, 0 },
	{ "a.heic", VG_KIND_HEIF, 1, 10, 0 },
	{ "a.avif", VG_KIND_AVIF, 1, 10, 0 },
	{ "lossy.jxl", VG_KIND_JXL, 1, 10, 0 },
	{ "lossless.jxl", VG_KIND_JXL, 1, 0, 0 },
	{ "moving.jxl", VG_KIND_JXL, 2, 10, 0 },
	{ "a.jp2", VG_KIND_JP2, 1, 10, 0 },
	{ "a.j2k", VG_KIND_JP2, 1, 10, 0 },
	{ "icon.ico", VG_KIND_ICO, 1, 60, 0 }, /* another size, drawn square */
	{ "rgb.psd", VG_KIND_PSD, 1, 0, 0 },
	{ "raw.psd", VG_KIND_PSD, 1, 10, 0 },
	{ "cmyk.psd", VG_KIND_PSD, 1, 10, 0 },
};

struct fixture {
	struct vg_image *image;
	struct vg_pdq *pdq;
	uint8_t wanted[2][VG_PDQ_BYTES];
};
struct seen {
	struct fixture *f;
	unsigned n, n_partial;
	uint32_t frame_idx[MAX_SEEN];
	uint8_t hash[MAX_SEEN][VG_PDQ_BYTES];
};

static uint8_t *load(const char *name, size_t *n_bytes)
{
	char path[256];
	FILE *file;
	uint8_t *at;
	snprintf(path, sizeof(path), FOLDER "%s", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s is not there", path);
	fseek(file, 0, SEEK_END);
	*n_bytes = (size_t)ftell(file);
	rewind(file);
	at = malloc(*n_bytes);
	assert_non_null(at);
	assert_int_equal(fread(at, 1, *n_bytes, file), *n_bytes);
	fclose(file);
	return at;
}

static bool on_frame(void *ctx, const struct vg_luma *luma)
{
	struct seen *s = ctx;
	struct vg_pdq_result result;
	vg_pdq_hash(s->f->pdq, luma, &result);
	if (s->n < MAX_SEEN) {
		memcpy(s->hash[s->n], result.hash, VG_PDQ_BYTES);
		s->frame_idx[s->n] = luma->frame_idx;
	}
	s->n++;
	s->n_partial += luma->partial;
	return true;
}

/* Decodes bytes that end at a guard page, cut into spans of n_piece bytes. */
static enum vg_err decode(struct fixture *f, const uint8_t *bytes, size_t n_bytes, size_t n_piece, struct seen *s)
{
	uint8_t *copy = vg_guard_copy(bytes, n_bytes);
	size_t n_spans = (n_bytes + n_piece - 1) / n_piece;
	struct vg_span *spans = calloc(n_spans + 1, sizeof(*spans));
	struct vg_chain chain = { spans, (uint32_t)n_spans, n_bytes };
	enum vg_err err;
	assert_non_null(spans);
	*s = (struct seen){ .f = f };
	for (size_t i = 0; i < n_spans; i++)
		spans[i] = (struct vg_span){ copy + i * n_piece, i + 1 < n_spans ? n_piece : n_bytes - i * n_piece };
	err = vg_image_frames(f->image, vg_kind_of(copy, n_bytes), &chain, on_frame, s);
	free(spans);
	vg_guard_free(copy, n_bytes);
	return err;
}

static int distance(const uint8_t *a, const uint8_t *b)
{
	int n = 0;
	for (unsigned i = 0; i < VG_PDQ_BYTES; i++)
		n += __builtin_popcount(a[i] ^ b[i]);
	return n;
}

static void every_format_comes_near_the_hash_of_its_picture(void **state)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 4096, 7 };
	for (unsigned i = 0; i < VG_ARRAY_LEN(pictures); i++)
		for (unsigned k = 0; k < VG_ARRAY_LEN(pieces); k++) {
			struct seen s;
			size_t n;
			uint8_t *bytes = load(pictures[i].name, &n);
			enum vg_err err = decode(*state, bytes, n, pieces[k], &s);
			assert_int_equal(vg_kind_of(bytes, n), pictures[i].kind);
			if (err || s.n != pictures[i].n_frames || !!s.n_partial != pictures[i].partial)
				fail_msg("%s: %s, %u frames, %u partial", pictures[i].name, vg_err_str(err), s.n,
					 s.n_partial);
			for (unsigned frame = 0; frame < s.n; frame++) {
				int d = distance(s.hash[frame], s.f->wanted[frame]);
				assert_int_equal(s.frame_idx[frame], frame);
				if (d > pictures[i].distance)
					fail_msg("%s: frame %u lies %d bits off", pictures[i].name, frame, d);
			}
			free(bytes);
		}
}

static void what_is_cut_is_partial_or_refused_and_never_read_past_its_end(void **state)
{
	for (unsigned i = 0; i < VG_ARRAY_LEN(pictures); i++) {
		size_t n;
		uint8_t *bytes = load(pictures[i].name, &n);
		for (unsigned cut = 0; cut < N_CUTS; cut++) {
			struct seen s;
			size_t n_there = n * cut / N_CUTS;
			enum vg_err err = decode(*state, bytes, n_there, cut % 2 ? 1000 : SIZE_MAX / 2, &s);
			assert_int_equal(err == VG_OK, s.n != 0);
		}
		free(bytes);
	}
}

static void twelve_bits_are_refused_as_a_sort_that_nobody_reads(void **state)
{
	struct seen s;
	size_t n;
	uint8_t *bytes = load("12bit.jpg", &n);
	assert_int_equal(decode(*state, bytes, n, SIZE_MAX / 2, &s), VG_EUNSUPPORTED);
	free(bytes);
}

static void limits_of_side_pixels_and_memory_are_told_apart(void **state)
{
	static const struct {
		struct vg_image_limits limits;
		enum vg_err err;
	} rows[] = { { { .min_side = 121 }, VG_ESMALL },
		     { { .max_pixels = 160 * 120 - 1 }, VG_ERANGE },
		     { { .max_side = 159 }, VG_ERANGE },
		     { { .max_memory_bytes = 4096 }, VG_EBUDGET } };
	struct fixture f = *(struct fixture *)*state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(rows); i++) {
		f.image = vg_image_create(&rows[i].limits);
		assert_non_null(f.image);
		for (unsigned k = 0; k < VG_ARRAY_LEN(pictures); k++) {
			struct seen s;
			size_t n;
			uint8_t *bytes = load(pictures[k].name, &n);
			enum vg_err err = decode(&f, bytes, n, SIZE_MAX / 2, &s);
			if (pictures[k].kind != VG_KIND_ICO && err != rows[i].err &&
			    !(rows[i].err == VG_EBUDGET && err == VG_OK))
				fail_msg("%s under limit %u: %s", pictures[k].name, i, vg_err_str(err));
			free(bytes);
		}
		vg_image_destroy(f.image);
	}
}

static void frames_are_evenly_spread(void **state)
{
	const struct vg_image_limits limits = { .max_frames = 1 };
	struct fixture f = *(struct fixture *)*state;
	f.image = vg_image_create(&limits);
	for (unsigned k = 0; k < VG_ARRAY_LEN(pictures); k++) {
		struct seen s;
		size_t n;
		uint8_t *bytes = load(pictures[k].name, &n);
		assert_int_equal(decode(&f, bytes, n, SIZE_MAX / 2, &s), VG_OK);
		assert_int_equal(s.n, 1);
		assert_int_equal(s.frame_idx[0], 0);
		free(bytes);
	}
	vg_image_destroy(f.image);
}

static int set_up(void **state)
{
	static struct fixture f;
	static const char *const names[] = { "a.png", "b.png" };
	f.image = vg_image_create(NULL);
	f.pdq = vg_pdq_create();
	vg_image_warm(f.image);
	for (unsigned i = 0; i < 2; i++) {
		struct seen s;
		size_t n;
		uint8_t *bytes = load(names[i], &n);
		assert_int_equal(decode(&f, bytes, n, 4096, &s), VG_OK);
		memcpy(f.wanted[i], s.hash[0], VG_PDQ_BYTES);
		free(bytes);
	}
	*state = &f;
	return 0;
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_image_destroy(f->image);
	vg_pdq_destroy(f->pdq);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_comes_near_the_hash_of_its_picture),
		cmocka_unit_test(what_is_cut_is_partial_or_refused_and_never_read_past_its_end),
		cmocka_unit_test(twelve_bits_are_refused_as_a_sort_that_nobody_reads),
		cmocka_unit_test(limits_of_side_pixels_and_memory_are_told_apart),
		cmocka_unit_test(frames_are_evenly_spread),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
