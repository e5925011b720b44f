/* pdf_text: texts of the standard's own kind, white space and short groups, and what is no such text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hashing/unpack/pdf_text.h"
#include "tests/lib/guard.h"

static const struct {
	size_t (*read)(const uint8_t *text, size_t n, uint8_t *to);
	const char *text, *bytes;
	size_t n_bytes;
} rows[] = {
	{ vg_pdf_text_hex, "48 65\n6c6C6f>00", "Hello", 5 },
	{ vg_pdf_text_hex, "487>", "Hp", 2 },
	{ vg_pdf_text_hex, "", "", 0 },
	{ vg_pdf_text_hex, "4x8>", "@", 1 },
	{ vg_pdf_text_85, "87cURD]i,\"Ebo80~>zz", "Hello World!", 12 },
	{ vg_pdf_text_85, "<~87cUR\nD]i,\"\tEbo7~>", "Hello World", 11 },
	{ vg_pdf_text_85, "z87cUR~>", "\0\0\0\0Hell", 8 },
	{ vg_pdf_text_85, "8~>", "", 0 },
	{ vg_pdf_text_85, "87cURv", "Hell", 4 },
};

static void texts_are_read_as_the_standard_says(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t n = strlen(rows[i].text), n_out;
		uint8_t to[256], *copy = vg_guard_copy(rows[i].text, n);
		n_out = rows[i].read(copy, n, to);
		if (n_out != rows[i].n_bytes || memcmp(to, rows[i].bytes, n_out))
			fail_msg("row %u: %zu bytes", i, n_out);
		vg_guard_free(copy, n);
	}
}

static void no_text_makes_more_than_the_bound(void **state)
{
	const char *text = getenv("VIGIL_SEED");
	unsigned seed = text ? (unsigned)atoi(text) : 85;
	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned i = 0; i < 20000; i++) {
		size_t n = (size_t)rand_r(&seed) % 64;
		uint8_t in[64], out[VG_PDF_TEXT_MAX(64)], *to;
		for (size_t k = 0; k < n; k++)
			in[k] = (uint8_t)(rand_r(&seed) % 8 ? 'z' - rand_r(&seed) % 90 : rand_r(&seed));
		memset(out, 0, sizeof(out));
		to = vg_guard_copy(out, VG_PDF_TEXT_MAX(n));
		assert_true(vg_pdf_text_85(in, n, to) <= VG_PDF_TEXT_MAX(n));
		assert_true(vg_pdf_text_hex(in, n, to) <= VG_PDF_TEXT_MAX(n));
		vg_guard_free(to, VG_PDF_TEXT_MAX(n));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_as_the_standard_says),
		cmocka_unit_test(no_text_makes_more_than_the_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
