/* transfer: base64, quoted-printable and uuencode, however their text is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/base.h>

#include "hashing/unpack/transfer.h"
#include "tests/lib/guard.h"

/* Feeds a text cut into pieces of n_piece; checks that it comes to `want`. */
static void check(enum vg_transfer_coding coding, const char *text, const void *want, size_t n_want)
{
	for (size_t n_piece = 1; n_piece < 9; n_piece++) {
		struct vg_transfer t;
		uint8_t got[512];
		size_t n_got = 0, n_text = strlen(text);
		vg_transfer_init(&t, coding);
		for (size_t at = 0; at < n_text; at += n_piece) {
			size_t n = n_text - at < n_piece ? n_text - at : n_piece;
			uint8_t *in = vg_guard_copy(text + at, n), *out = vg_guard_copy(in, n);
			size_t n_out = vg_transfer_feed(&t, in, n, out);
			assert_true(n_out <= n);
			memcpy(got + n_got, out, n_out);
			n_got += n_out;
			vg_guard_free(in, n);
			vg_guard_free(out, n);
		}
		assert_int_equal(n_got, n_want);
		assert_memory_equal(got, want, n_want);
	}
}

static void base64_passes_over_what_is_not_of_it(void **state)
{
	(void)state;
	check(VG_TRANSFER_BASE64, "AAEC\r\nAwQF\r\n Bg==\r\n", "\0\1\2\3\4\5\6", 7);
	check(VG_TRANSFER_BASE64, "-_8=", "\xfb\xff", 2);
	check(VG_TRANSFER_BASE64, "+/8A\r\nb c *-_", "\xfb\xff\0m", 4); /* one alphabet or the other */
	check(VG_TRANSFER_BASE64, "YWI=YWI=", "abab", 4);               /* pieces put one behind the other */
	check(VG_TRANSFER_BASE64, "", "", 0);
}

static void quoted_printable_takes_soft_line_breaks_out(void **state)
{
	(void)state;
	check(VG_TRANSFER_QUOTED, "a=3Db=\r\nc=\nd=ff=00", "a=bcd\xff\0", 7);
	check(VG_TRANSFER_QUOTED, "odd =", "odd ", 4);
}

static void uuencode_goes_by_the_length_of_its_lines(void **state)
{
	(void)state;
	check(VG_TRANSFER_UU, "#86)C\n\"9&4 \n`\nend\nbehind", "abcde", 5);
	check(VG_TRANSFER_UU, "#86)C\r\nend\r\n", "abc", 3);
}

static void random_text_never_gives_more_than_it_has(void **state)
{
	unsigned seed = 77;
	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		struct vg_transfer t;
		char text[64];
		uint8_t out[64];
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (char)(rand_r(&seed) % 4 ? " =Mab\n\r"[rand_r(&seed) % 7] : rand_r(&seed));
		vg_transfer_init(&t, (enum vg_transfer_coding)(round % 4));
		assert_true(vg_transfer_feed(&t, (const uint8_t *)text, sizeof(text), out) <= sizeof(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_passes_over_what_is_not_of_it),
		cmocka_unit_test(quoted_printable_takes_soft_line_breaks_out),
		cmocka_unit_test(uuencode_goes_by_the_length_of_its_lines),
		cmocka_unit_test(random_text_never_gives_more_than_it_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
