/* json_text: whatever bytes come in, legal JSON with the same meaning goes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include "control/replay/json_text.h"
#include "tests/lib/guard.h"

static json_t *value_of(const char *bytes, size_t n_bytes)
{
	char buffer[4096];
	struct vg_json_text text;
	uint8_t *at = vg_guard_copy(bytes, n_bytes);
	vg_json_text_init(&text, buffer, sizeof(buffer));
	vg_json_text_open(&text, NULL, '{');
	vg_json_text_bytes(&text, "v", (const char *)at, n_bytes);
	vg_json_text_close(&text, '}');
	size_t n = vg_json_text_end(&text);
	vg_guard_free(at, n_bytes);
	assert_true(n);
	json_t *root = json_loadb(buffer, n, JSON_ALLOW_NUL, NULL);
	assert_non_null(root);
	json_t *value = json_incref(json_object_get(root, "v"));
	json_decref(root);
	return value;
}
static void assert_text(const char *bytes, size_t n_bytes, const char *want)
{
	json_t *value = value_of(bytes, n_bytes);
	assert_string_equal(json_string_value(value), want);
	json_decref(value);
}

static void plain_text_comes_out_as_it_is(void **state)
{
	(void)state;
	assert_text("a b/c", 5, "a b/c");
	assert_text("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}
static void quotes_and_control_characters_are_escaped(void **state)
{
	(void)state;
	assert_text("a\"b\\c\n\t\x01\x7f", 9, "a\"b\\c\n\t\x01\x7f");
}
static void bytes_that_are_no_utf8_are_replaced(void **state)
{
	(void)state;
	assert_text("\xff", 1, "\xef\xbf\xbd");
	assert_text("a\xc3", 2, "a\xef\xbf\xbd");                                               /* cut */
	assert_text("\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd");                                 /* overlong */
	assert_text("\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");                 /* surrogate */
	assert_text("\xf4\x90\x80\x80", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* above U+10FFFF */
	assert_text("\xe2\x82z", 3, "\xef\xbf\xbd\xef\xbf\xbdz");
}
static void nothing_is_null(void **state)
{
	(void)state;
	json_t *value = value_of("", 0);
	assert_true(json_is_null(value));
	json_decref(value);
}
static void any_bytes_make_legal_json(void **state)
{
	unsigned seed = (unsigned)getpid();
	char bytes[64];
	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned round = 0; round < 20000; round++) {
		size_t n = (size_t)rand_r(&seed) % sizeof(bytes) + 1;
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)(rand_r(&seed) % 3 ? 0x80 + rand_r(&seed) % 128 : rand_r(&seed) % 256);
		json_t *value = value_of(bytes, n);
		assert_true(json_is_string(value));
		json_decref(value);
	}
}
static void a_text_that_does_not_fit_is_no_text(void **state)
{
	char buffer[64];
	struct vg_json_text text;
	(void)state;
	for (size_t cap = 0; cap < 22; cap++) {
		uint8_t *at = vg_guard_copy(buffer, cap);
		vg_json_text_init(&text, (char *)at, cap);
		vg_json_text_open(&text, NULL, '{');
		vg_json_text_str(&text, "key",
				 "a\x01"
				 "b");
		vg_json_text_u64(&text, "n", 7);
		vg_json_text_close(&text, '}');
		assert_int_equal(vg_json_text_end(&text), 0);
		vg_guard_free(at, cap);
	}
}
static void members_and_elements_are_separated(void **state)
{
	char buffer[256];
	struct vg_json_text text;
	const uint8_t bytes[2] = { 0xab, 0x01 };
	(void)state;
	vg_json_text_init(&text, buffer, sizeof(buffer));
	vg_json_text_open(&text, NULL, '{');
	vg_json_text_open(&text, "list", '[');
	vg_json_text_u64(&text, NULL, 1);
	vg_json_text_open(&text, NULL, '{');
	vg_json_text_close(&text, '}');
	vg_json_text_null(&text, NULL);
	vg_json_text_close(&text, ']');
	vg_json_text_hex(&text, "hex", bytes, 2);
	vg_json_text_bool(&text, "yes", 1);
	vg_json_text_real(&text, "real", 1.5, 2);
	vg_json_text_close(&text, '}');
	size_t n = vg_json_text_end(&text);
	const char *want = "{\"list\":[1,{},null],\"hex\":\"ab01\",\"yes\":true,\"real\":1.50}\n";
	assert_int_equal(n, strlen(want));
	assert_memory_equal(buffer, want, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_comes_out_as_it_is),
		cmocka_unit_test(quotes_and_control_characters_are_escaped),
		cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
		cmocka_unit_test(nothing_is_null),
		cmocka_unit_test(any_bytes_make_legal_json),
		cmocka_unit_test(a_text_that_does_not_fit_is_no_text),
		cmocka_unit_test(members_and_elements_are_separated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
