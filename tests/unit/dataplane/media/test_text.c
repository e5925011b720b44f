/* text: what may hold files as base64, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/media/text.h"
#include "tests/lib/guard.h"

static int ask(const char *text, size_t n)
{
	uint8_t *at = vg_guard_copy(text, n);
	int is_text = vg_media_is_text(at, n);
	vg_guard_free(at, n);
	return is_text;
}

static void json_html_css_and_their_relatives_are_text(void **state)
{
	static const char *const rows[] = { "{\"image\":\"/9j/4AAQSkZJRg\"}", "<!DOCTYPE html>\r\n<html lang=de>",
					    "\xef\xbb\xbf{\"name\": \"\xc3\xa4\xc3\xb6\xc3\xbc\"}.....",
					    "body{background:url(data:image/png;base64,iVBORw0KGgo)}" };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(ask(rows[i], strlen(rows[i])));
}

static void binary_and_short_bodies_are_not(void **state)
{
	static const char jpeg[] = "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0H\0H\0\0\xff\xdb";
	static const char utf16[] = "<\0h\0t\0m\0l\0>\0<\0h\0t\0m\0l\0>\0";
	(void)state;
	assert_false(ask(jpeg, sizeof(jpeg) - 1));
	assert_false(ask(utf16, sizeof(utf16) - 1));
	assert_false(ask("{\"ok\":true}", 11));
	assert_false(ask("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_html_css_and_their_relatives_are_text),
		cmocka_unit_test(binary_and_short_bodies_are_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
