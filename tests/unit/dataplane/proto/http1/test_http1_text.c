/* Texts out of header values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/base.h>

#include "dataplane/proto/http1/http1_text.h"
#include "tests/lib/guard.h"

typedef uint16_t text_fn(struct vg_span value, char *text, size_t cap, int *cut);

static void text_is(text_fn *fn, const char *value, const char *want)
{
	char text[64];
	int cut = 0;
	size_t n = strlen(value);
	uint8_t *copy = vg_guard_copy(value, n);
	uint16_t n_text = fn((struct vg_span){ copy, n }, text, sizeof(text), &cut);
	if (n_text != strlen(want) || memcmp(text, want, n_text))
		fail_msg("\"%s\" gives \"%.*s\", not \"%s\"", value, n_text, text, want);
	assert_int_equal(cut, 0);
	vg_guard_free(copy, n);
}

static void file_names_come_from_content_disposition(void **state)
{
	static const char *const rows[][2] = {
		{ "attachment; filename=a.jpg", "a.jpg" },
		{ "attachment;FILENAME=\"a b.jpg\"", "a b.jpg" },
		{ "form-data; name=\"x;filename=no\"; filename=\"a;b\\\"c.jpg\" ; x=1", "a;b\"c.jpg" },
		{ "attachment; filename=\"C:\\dir\\a.jpg\"", "C:\\dir\\a.jpg" },
		{ "attachment; filename=\"plain\"; filename*=UTF-8''%e2%82%ac%20rates.png", "\xe2\x82\xac rates.png" },
		{ "attachment; filename*=UTF-8'en'a%2", "a%2" },
		{ "attachment; filename*=broken; filename=\"ok\"", "ok" },
		{ "attachment; filename = \"spaced\"", "spaced" },
		{ "attachment; filename=\"open", "open" },
		{ "attachment; filename=\"", "" },
		{ "attachment; xfilename=a", "" },
		{ "attachment; filename", "" },
		{ "inline", "" },
		{ "", "" },
		{ ";;;=;filename=x", "x" },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++)
		text_is(vg_http1_disposition, rows[i][0], rows[i][1]);
}

static void the_last_segment_of_a_target_is_a_file_name(void **state)
{
	static const char *const rows[][2] = {
		{ "/a/b.jpg", "b.jpg" },
		{ "/a/b.jpg?x=/y", "b.jpg" },
		{ "/a/b#f/g", "b" },
		{ "/a/", "" },
		{ "/", "" },
		{ "*", "*" },
		{ "http://h/a/b", "b" },
		{ "http://h", "" },
		{ "https://h:1/?q=/x", "" },
		{ "h:443", "h:443" },
		{ "", "" },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++)
		text_is(vg_http1_segment, rows[i][0], rows[i][1]);
}

static void boundaries_come_from_multipart_types_only(void **state)
{
	static const char *const rows[][2] = {
		{ "multipart/form-data; boundary=abc", "abc" },
		{ "Multipart/Mixed; charset=\"a;b\"; Boundary=\"a b;c\"", "a b;c" },
		{ "multipart/form-data", "" },
		{ "text/plain; boundary=abc", "" },
		{ "", "" },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++)
		text_is(vg_http1_boundary, rows[i][0], rows[i][1]);
}

static void the_leftmost_client_is_kept_without_its_port(void **state)
{
	static const char *const addresses[][2] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ " 10.0.0.1 , 10.0.0.2", "10.0.0.1" },
		{ "10.0.0.1:4711, x", "10.0.0.1" },
		{ "[2001:db8::1]:80", "2001:db8::1" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "unknown", "unknown" },
		{ "", "" },
		{ "[", "" },
	};
	static const char *const forwarded[][2] = {
		{ "for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60" },
		{ "By=1; For=\"[2001:db8:cafe::17]:4711\", for=10.0.0.1", "2001:db8:cafe::17" },
		{ "for=\"_mdn\"", "_mdn" },
		{ "proto=http, for=1.1.1.1", "" },
		{ "for=\"", "\"" },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(addresses); i++)
		text_is(vg_http1_forwarded_for, addresses[i][0], addresses[i][1]);
	for (size_t i = 0; i < VG_ARRAY_LEN(forwarded); i++)
		text_is(vg_http1_forwarded, forwarded[i][0], forwarded[i][1]);
}

static void what_is_too_long_is_cut_and_says_so(void **state)
{
	char text[8];
	int cut;
	static text_fn *const all[] = { vg_http1_copy, vg_http1_segment, vg_http1_forwarded_for };
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(all); i++) {
		cut = 0;
		assert_int_equal(all[i]((struct vg_span){ (const uint8_t *)"0123456789", 10 }, text, 8, &cut), 8);
		assert_int_equal(cut, 1);
		assert_memory_equal(text, "01234567", 8);
	}
	cut = 0;
	assert_int_equal(vg_http1_disposition((struct vg_span){ (const uint8_t *)"a;filename=\"0123456789\"", 23 },
					      text, 8, &cut),
			 8);
	assert_int_equal(cut, 1);
}

static void an_absolute_target_has_an_authority(void **state)
{
	struct vg_span host = vg_http1_authority((struct vg_span){ (const uint8_t *)"HTTP://h:80/a", 13 });
	(void)state;
	assert_int_equal(host.n_bytes, 4);
	assert_memory_equal(host.at, "h:80", 4);
	assert_null(vg_http1_authority((struct vg_span){ (const uint8_t *)"/http://h/", 10 }).at);
	assert_int_equal(vg_http1_authority((struct vg_span){ (const uint8_t *)"http://", 7 }).n_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_names_come_from_content_disposition),
		cmocka_unit_test(the_last_segment_of_a_target_is_a_file_name),
		cmocka_unit_test(boundaries_come_from_multipart_types_only),
		cmocka_unit_test(the_leftmost_client_is_kept_without_its_port),
		cmocka_unit_test(what_is_too_long_is_cut_and_says_so),
		cmocka_unit_test(an_absolute_target_has_an_authority),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
