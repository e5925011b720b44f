/* magic: files by their first bytes, however few have come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/detect/magic.h"
#include "tests/lib/guard.h"

static enum vg_app ask(const char *bytes, size_t n)
{
	uint8_t *copy = vg_guard_copy(bytes, n);
	enum vg_app app = vg_magic_first(copy, (uint32_t)n);
	vg_guard_free(copy, n);
	return app;
}

static void files_are_known_and_other_beginnings_are_not(void **state)
{
	(void)state;
	assert_int_equal(ask("\xff\xd8\xff\xe0", 4), VG_APP_FTP_DATA);
	assert_int_equal(ask("RIFF1234WEBPVP8 ", 16), VG_APP_FTP_DATA);
	assert_int_equal(ask("RIFF1234WAVEfmt ", 16), VG_APP_UNKNOWN);
	assert_int_equal(ask("\0\0\0\x1c"
			     "ftypheic",
			     12),
			 VG_APP_FTP_DATA);
	assert_int_equal(ask("\0\0\0\x1c\xfeSMB", 8), VG_APP_UNKNOWN);
	assert_int_equal(ask("GET / HTTP/1.1\r\n", 16), VG_APP_UNKNOWN);
	assert_int_equal(ask("BM\0\0\0\0\0\0\0\0", 10), VG_APP_UNKNOWN);
}

static void too_few_bytes_ask_for_more_and_sixteen_always_suffice(void **state)
{
	char any[VG_MAGIC_BYTES];
	(void)state;
	assert_int_equal(ask("\xff\xd8", 2), VG_APP_NONE);
	assert_int_equal(ask("RIFF1234WE", 10), VG_APP_NONE);
	assert_int_equal(ask("\0\0\0\x1c"
			     "ft",
			     6),
			 VG_APP_NONE);
	for (unsigned i = 0; i < 256; i++) {
		memset(any, (int)i, sizeof(any));
		assert_int_not_equal(ask(any, sizeof(any)), VG_APP_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_known_and_other_beginnings_are_not),
		cmocka_unit_test(too_few_bytes_ask_for_more_and_sixteen_always_suffice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
