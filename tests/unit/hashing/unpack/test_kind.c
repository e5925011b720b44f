/* kind: one head of each kind, and heads that only look like one; input ends at a guard page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/base.h>

#include "hashing/unpack/kind.h"
#include "tests/lib/guard.h"

static unsigned kind_of(const char *head, size_t n)
{
	uint8_t *at = vg_guard_copy(head, n);
	unsigned kind = vg_kind_of(at, n);
	vg_guard_free(at, n);
	return kind;
}

static void every_kind_is_known_by_its_first_bytes(void **state)
{
	static const struct {
		const char *head;
		size_t n;
		unsigned kind;
	} heads[] = {
		{ "\xff\xd8\xff\xe0", 4, VG_KIND_JPEG },
		{ "\x89PNG\r\n\x1a\n", 8, VG_KIND_PNG },
		{ "GIF89a", 6, VG_KIND_GIF },
		{ "RIFF\0\0\0\0WEBP", 12, VG_KIND_WEBP },
		{ "RIFF\0\0\0\0AVI ", 12, VG_KIND_AVI },
		{ "\0\0\0\x18"
		  "ftypheic",
		  12, VG_KIND_HEIF },
		{ "\0\0\0\x18"
		  "ftypisom",
		  12, VG_KIND_MP4 },
		{ "\x1a\x45\xdf\xa3", 4, VG_KIND_MATROSKA },
		{ "PK\x03\x04", 4, VG_KIND_ZIP },
		{ "\x1f\x8b\x08", 3, VG_KIND_GZIP },
		{ "%PDF-1.7", 8, VG_KIND_PDF },
		{ "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, VG_KIND_OLE },
		{ "\0\0\0\x1c"
		  "ftypmif1\0\0\0\0mif1avif",
		  24, VG_KIND_AVIF },
		{ "\0\0\0\x18"
		  "ftypmif1\0\0\0\0mif1",
		  20, VG_KIND_HEIF },
		{ "\0\0\1\0\1\0\x20\x20\0\0\1\0\x20\0\xa8\x10\0\0\x16\0\0\0", 22, VG_KIND_ICO },
		{ "8BPS\0\1", 6, VG_KIND_PSD },
		{ "MSCF\0\0\0\0", 8, VG_KIND_CAB },
		{ "\r\n\0 \xff\xd8\xff", 7, VG_KIND_JPEG },
		{ "From: a@example.org\r\nSubject: b\r\n", 33, VG_KIND_MIME },
		{ "MIME-Version: 1.0\r\n", 19, VG_KIND_MIME },
		{ "Date: a day that a text begins with\n", 36, VG_KIND_UNKNOWN },
		{ "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", 18, VG_KIND_BMP },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(heads); i++)
		assert_int_equal(kind_of(heads[i].head, heads[i].n), heads[i].kind);
}

static void a_head_that_is_cut_short_is_of_no_kind(void **state)
{
	(void)state;
	assert_int_equal(kind_of("", 0), VG_KIND_UNKNOWN);
	assert_int_equal(kind_of("\xff\xd8", 2), VG_KIND_UNKNOWN);
	assert_int_equal(kind_of("\x89PNG\r\n\x1a", 7), VG_KIND_UNKNOWN);
	assert_int_equal(kind_of("RIFF\0\0\0\0WEB", 11), VG_KIND_UNKNOWN);
	assert_int_equal(kind_of("BMW is a car, not a picture", 27), VG_KIND_UNKNOWN);
}

static void a_tar_is_known_by_its_257th_byte(void **state)
{
	char head[VG_KIND_HEAD_BYTES] = "name";
	(void)state;
	memcpy(head + 257, "ustar", 5);
	assert_int_equal(kind_of(head, sizeof(head)), VG_KIND_TAR);
	assert_int_equal(kind_of(head, 261), VG_KIND_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_known_by_its_first_bytes),
		cmocka_unit_test(a_head_that_is_cut_short_is_of_no_kind),
		cmocka_unit_test(a_tar_is_known_by_its_257th_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
