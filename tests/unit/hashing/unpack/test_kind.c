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

/* Three packets of a transport stream, and what stands between them. */
static unsigned packets(unsigned n_packet, unsigned off, uint8_t flags, uint8_t control, uint8_t fill)
{
	uint8_t head[VG_KIND_HEAD_BYTES];
	memset(head, fill, sizeof(head));
	for (unsigned at = off; at + 4 <= sizeof(head); at += n_packet) {
		head[at] = 0x47;
		head[at + 1] = flags;
		head[at + 3] = control;
	}
	return kind_of((const char *)head, off + 2 * n_packet + 4);
}

static void transport_streams_are_known_by_three_packets(void **state)
{
	static const char letters[] = "ACGT";
	char text[VG_KIND_HEAD_BYTES];
	uint64_t x = 1;
	(void)state;
	assert_int_equal(packets(188, 0, 0x40, 0x10, 0xff), VG_KIND_MPEG_TS);
	assert_int_equal(packets(192, 4, 0x40, 0x30, 0), VG_KIND_MPEG_TS);
	assert_int_equal(packets(204, 0, 0x01, 0x1f, 'x'), VG_KIND_MPEG_TS);
	assert_int_equal(packets(192, 0, 0x40, 0x10, 0), VG_KIND_UNKNOWN);
	assert_int_equal(packets(190, 0, 0x40, 0x10, 0), VG_KIND_UNKNOWN);
	assert_int_equal(packets(188, 0, 0xc0, 0x10, 0), VG_KIND_UNKNOWN); /* an error on the way */
	assert_int_equal(packets(188, 0, 0x40, 0x0f, 0), VG_KIND_UNKNOWN); /* neither payload nor adaptation */
	assert_int_equal(packets(188, 0, 0x40, 0x50, 0), VG_KIND_UNKNOWN);
	for (unsigned i = 0; i < 5000; i++) { /* a genome has many a 0x47 */
		for (size_t k = 0; k < sizeof(text); k++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			text[k] = i ? letters[x >> 62] : 'G';
		}
		assert_int_equal(kind_of(text, sizeof(text)), VG_KIND_UNKNOWN);
	}
}

static void films_without_a_first_box_are_known_by_their_atoms(void **state)
{
#define ATOM(kind, text)                     \
	{                                    \
		text, sizeof(text) - 1, kind \
	}
	static const struct {
		const char *head;
		size_t n;
		unsigned kind;
	} heads[] = {
		ATOM(VG_KIND_MP4, "\0\0\4\0moov\0\0\0\x6cmvhd"),
		ATOM(VG_KIND_MP4, "\0\0\4\0moov\0\0\3\xf8"
				  "cmov"),
		ATOM(VG_KIND_MP4, "\0\0\0\x08wide\0\1\0\0mdat"),
		ATOM(VG_KIND_MP4, "\0\0\0\x10"
				  "freeabcdefgh\x3f\1\0\0mdat"),
		ATOM(VG_KIND_MP4, "\0\0\x10\0skip\0\0\0\0\0\0\0\0"),
		ATOM(VG_KIND_MP4, "\0\0\0\1mdat\0\0\0\1\0\0\0\0"),
		ATOM(VG_KIND_MP4, "\x45\x46\x01\x47mdat\xff\xd8\xff\xe0\0\0\0\0"),
		ATOM(VG_KIND_MP4, "\0\0\0\x14pnot\0\0\0\0\0\0PICT\0\1\0\0\4\0PICT"),
		ATOM(VG_KIND_MP4, "\0\0\0\x18styp\0\0\0\0iso6"),
		ATOM(VG_KIND_MP4, "\0\0\1\0moof\0\0\0\x10mfhd"),
		ATOM(VG_KIND_UNKNOWN, "the mdat of a film begins"),
		ATOM(VG_KIND_UNKNOWN, "    moov    mvhd"),
		ATOM(VG_KIND_UNKNOWN, "\0\0\4\0moov\0\0\4\0mvhd"), /* longer than what it is in */
		ATOM(VG_KIND_UNKNOWN, "\0\0\4\0moov\0\0\0\x6cjunk"),
		ATOM(VG_KIND_UNKNOWN, "\0\0\0\x08wide\0\1\0\0text"),
		ATOM(VG_KIND_UNKNOWN, "\0\0\0\7wide\0\0\0\0mdat"),
		ATOM(VG_KIND_UNKNOWN, "\0\0\0\1mdat\1\2\0\1\0\0\0\0"
				      "more"),
		ATOM(VG_KIND_UNKNOWN, "\0\0\0\0mdat\1\2\0\1\0\0\0\0"),
		ATOM(VG_KIND_UNKNOWN, "free as in free beer, and skip the rest of it"),
		ATOM(VG_KIND_UNKNOWN, "\0\0\1\0moof\0\0\0\x10tfhd"),
	};
#undef ATOM
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(heads); i++)
		if (kind_of(heads[i].head, heads[i].n) != heads[i].kind)
			fail_msg("row %zu", i);
	for (size_t n = 0; n < 16; n++) /* too short to tell */
		assert_int_equal(kind_of(heads[0].head, n), VG_KIND_UNKNOWN);
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
		cmocka_unit_test(transport_streams_are_known_by_three_packets),
		cmocka_unit_test(films_without_a_first_box_are_known_by_their_atoms),
		cmocka_unit_test(a_head_that_is_cut_short_is_of_no_kind),
		cmocka_unit_test(a_tar_is_known_by_its_257th_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
