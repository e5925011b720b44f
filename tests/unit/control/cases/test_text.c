#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <vigil/base.h>

#include "control/cases/text.h"
#include "tests/lib/guard.h"

#define U "\xef\xbf\xbd"

static void legal(const char *from, size_t n_from, size_t n_to, const char *expected)
{
	char to[64];
	uint8_t *copy = vg_guard_copy(from, n_from);
	memset(to, 'x', sizeof(to));
	size_t n = vg_case_text((const char *)copy, n_from, to, n_to);
	vg_guard_free(copy, n_from);
	assert_string_equal(to, expected);
	assert_int_equal(n, strlen(expected));
	assert_true(n < n_to);
	for (size_t i = n_to; i < sizeof(to); i++)
		assert_int_equal(to[i], 'x');
}

static void what_is_legal_stays_as_it_is(void **state)
{
	static const char text[] =
		"a\t\n\r ~\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
	(void)state;
	legal(text, sizeof(text) - 1, 60, text);
	legal("", 0, 1, "");
}

static void what_is_not_becomes_a_mark(void **state)
{
	(void)state;
	legal("a\0b", 3, 20, "a" U "b");
	legal("\x01\x1f", 2, 20, U U);
	legal("\x80", 1, 20, U);
	legal("\xc3", 1, 20, U);
	legal("\xc0\xaf", 2, 20, U U);
	legal("\xe0\x80\x80", 3, 20, U U U);
	legal("\xed\xa0\x80", 3, 20, U U U);
	legal("\xf4\x90\x80\x80", 4, 20, U U U U);
	legal("\xf8\x88\x80\x80\x80", 5, 20, U U U U U);
	legal("\xef\xbf\xbe\xef\xbf\xbf", 6, 20, U U);
	legal("\xe2\x82", 2, 20, U U);
	legal("\xf0\x9f\x98", 3, 20, U U U);
}

static void a_text_is_cut_between_characters(void **state)
{
	(void)state;
	legal("abc", 3, 3, "ab");
	legal("a\xc3\xa4", 3, 3, "a");
	legal("a\xc3\xa4", 3, 4, "a\xc3\xa4");
	legal("\x01", 1, 3, "");
	legal("abc", 3, 1, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_legal_stays_as_it_is),
		cmocka_unit_test(what_is_not_becomes_a_mark),
		cmocka_unit_test(a_text_is_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
