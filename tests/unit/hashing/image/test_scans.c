/* scans: drawn progressive JPEGs, fed whole, byte by byte and at random cuts; files that say first coefficients twice,
 * out of order or coarsely; and the early picture against that of the whole file. */
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
#include "hashing/image/scans.h"
#include "hashing/pdq/pdq.h"
#include "tests/lib/guard.h"
#include "tests/lib/picture.h"

static uint8_t *jpeg(uint32_t width, uint32_t height, int progressive, size_t *n_bytes)
{
	const struct vg_picture_jpeg how = { width, height, 3, 85, progressive, 2, progressive ? 3 : 0 };
	uint8_t *pixels = vg_picture_draw(width, height, 3, width);
	uint64_t seed = 1;
	for (size_t p = 0; p < (size_t)width * height * 3; p++)
		pixels[p] = (uint8_t)(pixels[p] / 8 * 7 + 8 + vg_random(&seed) % 8);
	uint8_t *bytes = vg_picture_to_jpeg(&how, pixels, n_bytes);
	free(pixels);
	return bytes;
}

static void cuts_change_nothing_and_the_second_scan_is_enough(void **state)
{
	uint64_t seed = (uint64_t)time(NULL);
	size_t n_bytes;
	uint8_t *bytes = jpeg(800, 600, 1, &n_bytes), *guarded = vg_guard_copy(bytes, n_bytes);
	struct vg_scans whole = { .n_bytes = 0 };
	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	vg_scans_feed(&whole, guarded, n_bytes);
	assert_true(whole.is_progressive && whole.ready && !whole.odd);
	assert_int_equal(whole.luma, 1);
	assert_in_range(whole.ready_off, n_bytes / 20, n_bytes * 2 / 5);
	for (unsigned round = 0; round < 30; round++) {
		struct vg_scans s = { .n_bytes = 0 };
		for (size_t i = 0, n; i < n_bytes; i += n) {
			n = round ? 1 + vg_random(&seed) % 5000 : 1;
			n = n < n_bytes - i ? n : n_bytes - i;
			vg_scans_feed(&s, bytes + i, n);
			assert_true(!s.odd && (!s.ready || s.ready_off <= i + n));
		}
		assert_memory_equal(&s, &whole, sizeof(s));
	}
	vg_guard_free(guarded, n_bytes);
	free(bytes);
}

static struct vg_scans scans_of(const uint8_t *bytes, size_t n_bytes)
{
	struct vg_scans s = { .n_bytes = 0 };
	vg_scans_feed(&s, bytes, n_bytes);
	return s;
}
/* Where the n-th scan's header begins. */
static uint8_t *scan_at(uint8_t *bytes, size_t n_bytes, unsigned n)
{
	for (size_t i = 0; i + 1 < n_bytes; i++)
		if (bytes[i] == 0xff && bytes[i + 1] == 0xda && !n--)
			return bytes + i;
	abort();
}

static void what_is_not_plainly_progressive_is_odd(void **state)
{
	size_t n_bytes, n_base;
	uint8_t *bytes = jpeg(400, 300, 1, &n_bytes), *base = jpeg(400, 300, 0, &n_base), *scan, was;
	(void)state;
	assert_true(scans_of(base, n_base).odd);
	assert_true(scans_of((const uint8_t *)"GIF89a", 6).odd);
	assert_true(scans_of(bytes + 1, n_bytes - 1).odd);
	/* a later scan of luma says its first coefficients anew: a viewer shows those */
	for (unsigned n = 4; n < 8; n++) {
		scan = scan_at(bytes, n_bytes, n);
		if (scan[4] != 1 || scan[5] != 1) /* of one component, luma */
			continue;
		was = scan[9];
		scan[7] = 1;    /* from AC 1 */
		scan[9] = 0x02; /* as its first bits */
		assert_true(scans_of(bytes, n_bytes).odd);
		scan[9] = was;
	}
	/* coarser than the hash may be */
	scan = scan_at(bytes, n_bytes, 0);
	scan[5 + 2 * scan[4] + 2] = 5;
	assert_true(scans_of(bytes, n_bytes).odd);
	free(bytes);
	free(base);
}

static void the_early_picture_comes_before_the_rest_and_is_like_it(void **state)
{
	struct vg_image *image = vg_image_create(NULL);
	struct vg_pdq *pdq = vg_pdq_create();
	size_t n_bytes;
	uint8_t *bytes = jpeg(1920, 1080, 1, &n_bytes);
	struct vg_scans scans = scans_of(bytes, n_bytes);
	struct vg_span span = { bytes, scans.ready_off - 2 };
	struct vg_pdq_result early, smaller, full;
	struct vg_luma luma;
	unsigned distance = 0;
	(void)state;
	assert_int_equal(vg_image_early(image, &(struct vg_chain){ &span, 1, span.n_bytes }, &luma), VG_EAGAIN);
	span.n_bytes = scans.ready_off + 2;
	assert_int_equal(vg_image_early(image, &(struct vg_chain){ &span, 1, span.n_bytes }, &luma), VG_OK);
	assert_int_equal(luma.eighths, 2);
	assert_int_equal(luma.partial, 0);
	vg_pdq_hash(pdq, &luma, &early);
	span.n_bytes = n_bytes;
	vg_image_scaled(image, true); /* the whole file is read to its end, see also test_scaled */
	assert_int_equal(vg_image_luma(image, VG_KIND_JPEG, &(struct vg_chain){ &span, 1, n_bytes }, &luma), VG_OK);
	vg_pdq_hash(pdq, &luma, &smaller);
	assert_memory_not_equal(&early, &smaller, sizeof(early));
	vg_image_scaled(image, false);
	assert_int_equal(vg_image_luma(image, VG_KIND_JPEG, &(struct vg_chain){ &span, 1, n_bytes }, &luma), VG_OK);
	vg_pdq_hash(pdq, &luma, &full);
	for (unsigned k = 0; k < VG_PDQ_BYTES; k++)
		distance += (unsigned)__builtin_popcount(early.hash[k] ^ full.hash[k]);
	print_message("%u bits after %llu of %zu bytes\n", distance, (unsigned long long)scans.ready_off, n_bytes);
	assert_true(distance <= 40);
	free(bytes);
	bytes = jpeg(640, 480, 0, &n_bytes);
	span = (struct vg_span){ bytes, n_bytes };
	assert_int_equal(vg_image_early(image, &(struct vg_chain){ &span, 1, n_bytes }, &luma), VG_EUNSUPPORTED);
	free(bytes);
	vg_pdq_destroy(pdq);
	vg_image_destroy(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_change_nothing_and_the_second_scan_is_enough),
		cmocka_unit_test(what_is_not_plainly_progressive_is_odd),
		cmocka_unit_test(the_early_picture_comes_before_the_rest_and_is_like_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
