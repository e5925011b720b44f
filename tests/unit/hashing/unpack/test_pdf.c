/* pdf: documents written here, picture by picture: how they are found, what is made of their samples, and what is
 * counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hashing/unpack/pdf.h"
#include "tests/lib/guard.h"

#define BMP_HEAD 54u

struct seen {
	unsigned n, n_whole;
	char name[32];
	uint8_t bytes[4096]; /* of the last one */
	size_t n_bytes;
};
static bool on_begin(void *ctx, const char *name, size_t n_name, bool is_file)
{
	struct seen *s = ctx;
	assert_true(is_file && n_name < sizeof(s->name));
	memcpy(s->name, name, n_name);
	s->name[n_name] = 0;
	s->n++;
	s->n_bytes = 0;
	return true;
}
static bool on_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct seen *s = ctx;
	assert_true(n_bytes <= sizeof(s->bytes) - s->n_bytes);
	memcpy(s->bytes + s->n_bytes, bytes, n_bytes);
	s->n_bytes += n_bytes;
	return true;
}
static void on_end(void *ctx, bool whole)
{
	((struct seen *)ctx)->n_whole += whole;
}

static struct vg_budget walk(const char *text, size_t n, struct seen *s)
{
	struct vg_budget budget = { .max_bytes = 1 << 20 };
	struct vg_entry_sink sink = { s, on_begin, on_bytes, on_end, NULL };
	uint8_t *copy = vg_guard_copy(text, n);
	memset(s, 0, sizeof(*s));
	assert_int_equal(vg_pdf_walk(&(struct vg_span){ copy, n }, &budget, &sink), 0);
	vg_guard_free(copy, n);
	return budget;
}
static struct vg_budget walk_text(const char *text, struct seen *s)
{
	return walk(text, strlen(text), s);
}

/* One picture of 2 x 1, as its dictionary goes on, with these samples as hex digits; then other objects. */
static struct vg_budget one(const char *more, const char *hex, const char *others, struct seen *s)
{
	char text[2048];
	snprintf(
		text, sizeof(text),
		"%%PDF-1.4\n1 0 obj\n<< /Subtype /Image /Width 2 /Height 1 /Filter /ASCIIHexDecode %s >>\nstream\n%s>\n"
		"endstream\nendobj\n%s\n",
		more, hex, others);
	return walk_text(text, s);
}
/* The colours of its two pixels, as a BMP's reader sees them. */
static void colours(const struct seen *s, uint8_t *rgb)
{
	unsigned n_bits = s->bytes[28];
	const uint8_t *rows = s->bytes + s->bytes[10] + 256 * s->bytes[11];
	assert_true(s->n_bytes > BMP_HEAD && !memcmp(s->bytes, "BM", 2));
	for (unsigned x = 0; x < 2; x++) {
		const uint8_t *at = rows + (size_t)3 * x;
		if (n_bits <= 8)
			at = s->bytes + BMP_HEAD +
			     4 * (rows[x * n_bits / 8] >> (8 - n_bits - x * n_bits % 8) & ((1u << n_bits) - 1));
		rgb[3 * x] = at[2];
		rgb[3 * x + 1] = at[1];
		rgb[3 * x + 2] = at[0];
	}
}

static void samples_of_every_colour_space_become_colours(void **state)
{
	static const struct {
		const char *more, *hex, *others;
		uint8_t rgb[6];
	} rows[] = {
		{ "/ColorSpace /DeviceGray /BitsPerComponent 8", "40C0", "", { 64, 64, 64, 192, 192, 192 } },
		{ "/ColorSpace /DeviceGray /BitsPerComponent 8 /Decode [1 0]",
		  "40C0",
		  "",
		  { 191, 191, 191, 63, 63, 63 } },
		{ "/ColorSpace /DeviceGray /BitsPerComponent 16", "4001C0FF", "", { 64, 64, 64, 192, 192, 192 } },
		{ "/ColorSpace /DeviceGray /BitsPerComponent 4", "4C", "", { 68, 68, 68, 204, 204, 204 } },
		{ "/ColorSpace /DeviceGray /BitsPerComponent 2", "60", "", { 85, 85, 85, 170, 170, 170 } },
		{ "/ColorSpace /DeviceGray /BitsPerComponent 1", "40", "", { 0, 0, 0, 255, 255, 255 } },
		{ "/ImageMask true", "80", "", { 255, 255, 255, 0, 0, 0 } },
		{ "/ColorSpace /DeviceRGB /BitsPerComponent 8", "010203040506", "", { 1, 2, 3, 4, 5, 6 } },
		{ "/ColorSpace /Device#52GB /BitsPerComponent 4", "123FED", "", { 17, 34, 51, 255, 238, 221 } },
		{ "/ColorSpace /DeviceCMYK /BitsPerComponent 8",
		  "FF00000000000080",
		  "",
		  { 0, 255, 255, 127, 127, 127 } },
		{ "/ColorSpace /Cs1 /BitsPerComponent 8", "010203040506", "", { 1, 2, 3, 4, 5, 6 } },
		{ "/ColorSpace [/ICCBased 2 0 R] /BitsPerComponent 8",
		  "010203040506",
		  "2 0 obj << /N 3 /Length 1 >> stream\nx\nendstream endobj",
		  { 1, 2, 3, 4, 5, 6 } },
		{ "/ColorSpace 2 0 R /BitsPerComponent 8",
		  "40C0",
		  "2 0 obj [/Separation /Black /DeviceGray 3 0 R] endobj",
		  { 191, 191, 191, 63, 63, 63 } },
		{ "/ColorSpace [/Indexed /DeviceRGB 1 <010203 040506>] /BitsPerComponent 1",
		  "80",
		  "",
		  { 4, 5, 6, 1, 2, 3 } },
		{ "/ColorSpace [/Indexed /DeviceRGB 1 (abc\\144\\\\f)] /BitsPerComponent 8",
		  "0001",
		  "",
		  { 'a', 'b', 'c', 'd', '\\', 'f' } },
		{ "/ColorSpace [/Indexed 3 0 R 255 2 0 R] /BitsPerComponent 4",
		  "10",
		  "2 0 obj << /Length 9 /Filter /AHx >> stream\n0A0B0C070809>\nendstream endobj 3 0 obj % a "
		  "name\n/DeviceRGB endobj",
		  { 7, 8, 9, 10, 11, 12 } },
	};
	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen s;
		uint8_t rgb[6];
		struct vg_budget b = one(rows[i].more, rows[i].hex, rows[i].others, &s);
		if (s.n != 1 || s.n_whole != 1 || b.n_unread || b.n_bad)
			fail_msg("%s: %u pictures, %u whole, %u unread", rows[i].more, s.n, s.n_whole, b.n_unread);
		assert_string_equal(s.name, "image-1.bmp");
		colours(&s, rgb);
		if (memcmp(rgb, rows[i].rgb, 6))
			fail_msg("%s: %u %u %u %u %u %u", rows[i].more, rgb[0], rgb[1], rgb[2], rgb[3], rgb[4], rgb[5]);
	}
}

static void what_is_not_read_is_counted(void **state)
{
	static const char *const rows[] = {
		"/ColorSpace [/DeviceN [/A /B] /DeviceRGB 3 0 R] /BitsPerComponent 8",
		"/ColorSpace /DeviceGray /BitsPerComponent 7",
		"/ColorSpace /DeviceGray /BitsPerComponent 8 /Width 70000",
	};
	struct seen s;
	struct vg_budget b;
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		/* a key that stands twice counts the first time */
		b = i == 2 ? walk_text("1 0 obj << /Subtype /Image /Width 70000 /Height 1 /ColorSpace /DeviceGray "
				       "/BitsPerComponent 8 "
				       ">> stream\nab\nendstream",
				       &s)
			   : one(rows[i], "0001", "", &s);
		if (s.n || b.n_unread != 1)
			fail_msg("%s: %u pictures, %u unread", rows[i], s.n, b.n_unread);
	}
	b = walk_text("1 0 obj << /Subtype /Image /Width 2 /Height 1 /Filter /Magic >> stream\nab\nendstream", &s);
	assert_int_equal(s.n, 0);
	assert_int_equal(b.n_unread, 1);
	b = walk_text("1 0 obj << /Subtype /Image /Width 8 /Height 1 /Filter /CCF /DecodeParms << /Columns 8 >> >> "
		      "stream\nab\nendstream",
		      &s);
	assert_int_equal(b.n_unread, 1);
	b = walk_text("1 0 obj << /Subtype /Image /Width 8 /Height 1 /Filter /JBIG2Decode >> stream\nab\nendstream",
		      &s);
	assert_int_equal(b.n_bad + b.n_unread, 1);
}

static void a_picture_is_found_however_its_document_is_broken(void **state)
{
	struct seen s;
	struct vg_budget b;
	(void)state;
	/* no end, no length, a comment in the dictionary, a reference to itself */
	(void)walk_text("9 0 obj<</Subtype/Image/Filter/DCTDecode % >> stream\n/Length 9 0 R>>stream\r\n\xff\xd8\xff",
			&s);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.name, "image-1.jpg");
	assert_memory_equal(s.bytes, "\xff\xd8\xff", 3);
	/* the word alone encrypts nothing */
	b = walk_text("% /Encrypt\n1 0 obj <</Subtype /Image /Filter /DCTDecode>> stream\nabc\nendstream trailer "
		      "<</Encrypt null>>",
		      &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(b.n_encrypted, 0);
	b = walk_text(
		"1 0 obj <</Subtype /Image /Filter /DCTDecode>> stream\nabc\nendstream trailer <</Encrypt 5 0 R>>", &s);
	assert_int_equal(s.n, 0);
	assert_int_equal(b.n_encrypted, 1);
	/* references in a ring, arrays that never end */
	b = walk_text("1 0 obj << /Subtype /Image /Width 2 /Height 1 /ColorSpace 2 0 R /BitsPerComponent 8 >> "
		      "stream\nab\nendstream\n"
		      "2 0 obj 3 0 R endobj 3 0 obj 2 0 R endobj",
		      &s);
	assert_int_equal(s.n, 1); /* by its bytes: grey */
	(void)walk_text(
		"1 0 obj << /Subtype /Image /Width 2 /Height 1 /ColorSpace [[[[[[[[[[[[[[ >> stream\nab\nendstream",
		&s);
	assert_int_equal(s.n, 0);
}

static void objects_in_object_streams_are_found(void **state)
{
	struct seen s;
	(void)state;
	(void)one("/ColorSpace 7 0 R /BitsPerComponent 8", "0001",
		  "5 0 obj << /Type /ObjStm /N 2 /First 8 /Length 999 >> stream\n6 0 7 5 null [/Indexed /DeviceRGB 1 "
		  "(abcdef)]\nendstream",
		  &s);
	uint8_t rgb[6];
	assert_int_equal(s.n_whole, 1);
	colours(&s, rgb);
	assert_memory_equal(rgb, "abcdef", 6);
}

/* A page of 8 x 8 and a region of some size, of white by its first code, in hex digits. */
static struct vg_budget jbig2(const char *width, const char *height, const char *more, struct seen *s)
{
	char text[2048];
	snprintf(text, sizeof(text),
		 "1 0 obj << /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter "
		 "[/AHx /JBIG2Decode] "
		 ">> stream\n00000000 30 00 01 00000013 00000008 00000008 0000000000000000 00 0000\n"
		 "00000001 26 00 01 0000001e %s %s 0000000000000000 00 %s 03fffdff02fefefe 00 00 00 00\n>endstream",
		 width, height, more);
	return walk_text(text, s);
}

static void a_region_of_jbig2_costs_no_more_than_its_page(void **state)
{
	struct seen s;
	struct vg_budget b = jbig2("00000008", "00000008", "00", &s);
	(void)state;
	assert_int_equal(s.n_whole, 1);
	assert_int_equal(s.n_bytes, BMP_HEAD + 2 * 4 + 8 * 4);
	b = jbig2("00000008", "0000ffff", "00", &s); /* it ends where the page does */
	assert_int_equal(s.n_whole, 1);
	b = jbig2("00010000", "00000008", "00", &s); /* a row that no clock would end */
	assert_int_equal(s.n, 1);
	assert_int_equal(s.n_whole, 0);
	b = jbig2("0fffff00", "00000001", "00", &s);
	assert_int_equal(s.n_whole, 0);
	b = jbig2("00000008", "00000008", "01", &s); /* coded by fax codes */
	assert_int_equal(s.n_whole, 0);
	assert_int_equal(b.n_unread, 1);
}

static void too_many_bytes_in_a_picture_are_nobodys(void **state)
{
	char hex[1500];
	struct seen s;
	struct vg_budget b;
	(void)state;
	memset(hex, '1', sizeof(hex));
	hex[sizeof(hex) - 1] = 0;
	b = one("/ColorSpace /DeviceGray /BitsPerComponent 8", hex, "", &s);
	assert_int_equal(s.n_whole, 1);
	assert_int_equal(b.n_made, 3 + s.n_bytes); /* the row, and a byte that a predictor may have */
	b = one("/ColorSpace /DeviceRGB /BitsPerComponent 8", "010203", "", &s);
	assert_int_equal(s.n + b.n_unread, 1); /* half a row is no picture */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_of_every_colour_space_become_colours),
		cmocka_unit_test(what_is_not_read_is_counted),
		cmocka_unit_test(a_picture_is_found_however_its_document_is_broken),
		cmocka_unit_test(objects_in_object_streams_are_found),
		cmocka_unit_test(a_region_of_jbig2_costs_no_more_than_its_page),
		cmocka_unit_test(too_many_bytes_in_a_picture_are_nobodys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
