#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vigil/base.h>

#include "control/lists/list_url.h"
#include "tests/lib/index_make.h"

static void same(const char *a, const char *b)
{
	uint8_t left[VG_LIST_URL_VALUE], right[VG_LIST_URL_VALUE];

	assert_null(vg_list_url_value(a, left));
	assert_null(vg_list_url_value(b, right));
	assert_memory_equal(left, right, sizeof(left));
}

static void the_forms_of_an_entry_have_one_value(void **state)
{
	(void)state;
	same("http://Example.org/a/b", "example.org/a/b");
	same("HTTPS://example.org:8443/a/b/", "example.org/a/b");
	same("example.org:80", "http://example.org/");
	same("example.org./a/%62/./c#frag", "example.org/a/b/c");
	same("example.org/a?x=1&y", "http://example.org:80/a?%78=1&y");
	same("*.example.org", ".example.org");
	same("*.example.org/", "*.Example.Org");
	same("http://b\xc3\xbc"
	     "cher.example/x",
	     "xn--bcher-kva.example/x");
	same("[2001:DB8::1]:80/a", "[2001:db8::1]/a");
}

static void what_would_match_too_much_or_nothing_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   "/path",
					   "http:///path",
					   "ftp://example.org/a",
					   "user@example.org/a",
					   "http://user:pw@example.org/",
					   "localhost/a",
					   "*.org",
					   "*.*.example.org",
					   "ex*mple.org/a",
					   "*.example.org/a",
					   "*.[2001:db8::1]",
					   "example.org/a/*",
					   "exa%6dple.org/a",
					   "exa mple.org",
					   "example..org/a",
					   "*..example.org",
					   "ex,ample.org/a",
					   "example.org/#/page",
					   "example.org#page" };
	uint8_t value[VG_LIST_URL_VALUE];
	char text[2048];

	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(bad); i++)
		if (!vg_list_url_value(bad[i], value))
			fail_msg("\"%s\" was taken", bad[i]);
	strcpy(text, "example.org/");
	memset(text + 12, 'a', 900);
	text[912] = 0;
	assert_non_null(vg_list_url_value(text, value));
	for (unsigned i = 0; i < 70; i++)
		memcpy(text + 11 + 2 * i, "/a", 2);
	text[11 + 140] = 0;
	assert_non_null(vg_list_url_value(text, value));
	memset(text, 'a', 300);
	strcpy(text + 300, ".org/a");
	assert_non_null(vg_list_url_value(text, value));
}

/* ---- look-ups ---- */

static struct vg_index_make make;
static struct vg_index_view view;
static uint8_t *bytes;

static int begin(void **state)
{
	static const char *const entries[] = { "example.org/a", "*.bad.test", "example.org/q?x=1", "whole.test" };
	uint8_t value[VG_LIST_URL_VALUE];
	size_t n_bytes;

	(void)state;
	memset(&make, 0, sizeof(make));
	(void)vg_index_make_list(&make, VG_ACTION_ALERT, VG_ACTION_REVIEW, 31);
	for (size_t i = 0; i < VG_ARRAY_LEN(entries); i++) {
		assert_null(vg_list_url_value(entries[i], value));
		(void)vg_index_make_add(&make, 0, VG_ALGO_URL, value);
	}
	bytes = vg_index_make_bytes(&make, 7, &n_bytes);
	assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	vg_index_make_free(&make);
	free(bytes);
	return 0;
}

static int found(const char *host, const char *target)
{
	uint8_t value[VG_LIST_URL_VALUE];
	uint32_t entries[4], n;
	struct vg_url url;

	if (vg_url_normal(&url, (const uint8_t *)host, strlen(host), (const uint8_t *)target, strlen(target)))
		return -1;
	n = vg_list_url_find(&view, &url, entries, 4, value);
	return n ? (int)entries[0] : -1;
}

static void a_request_is_found_under_the_entry_that_it_begins_with(void **state)
{
	(void)state;
	assert_int_equal(found("Example.org:80", "/a"), 0);
	assert_int_equal(found("example.org", "/x/../a/b?c"), 0);
	assert_int_equal(found("example.org", "/ab"), -1);
	assert_int_equal(found("example.org", "/"), -1);
	assert_int_equal(found("www.example.org", "/a"), -1);
	assert_int_equal(found("bad.test", "/"), 1);
	assert_int_equal(found("x.y.bad.test", "/z"), 1);
	assert_int_equal(found("xbad.test", "/z"), -1);
	assert_int_equal(found("example.org", "/q?x=1&z"), 2);
	assert_int_equal(found("example.org", "/q?x=10"), -1);
	assert_int_equal(found("whole.test", "/any/thing"), 3);
}

/* What the dataplane finds, vigild must find, whatever the request looks like. */
static void both_look_ups_agree_on_random_requests(void **state)
{
	static const char *const parts[] = { "/",  "a", "b",   "q",   "?",   "x=1", "&",
					     "..", ".", "%2e", "%2F", "%61", "#",   "z" };
	static const char *const hosts[] = { "example.org", "EXAMPLE.org.", "bad.test:80",
					     "a.bad.test",  "whole.test",   "x.test" };
	struct vg_url_slot slots[64] = { 0 };
	unsigned seed = (unsigned)time(NULL), n_found = 0;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (uint64_t i = 0; i < view.n_urls; i++) {
		uint64_t keys[2];
		memcpy(keys, view.urls[i].value, sizeof(keys));
		for (unsigned k = 0; k < 2; k++) {
			uint64_t at = keys[k];
			if (!keys[k])
				continue;
			while (slots[at & 63].hash && slots[at & 63].hash != keys[k])
				at++;
			slots[at & 63].hash = keys[k];
			slots[at & 63].flags |= k ? VG_URL_UNDER : VG_URL_LISTED;
		}
	}
	for (unsigned i = 0; i < 100000; i++) {
		const char *host = hosts[(size_t)random() % VG_ARRAY_LEN(hosts)];
		char target[128] = "/";
		struct vg_url url = { .n_text = 0 };
		for (unsigned k = (unsigned)random() % 8; k; k--)
			strcat(target, parts[(size_t)random() % VG_ARRAY_LEN(parts)]);
		assert_int_equal(vg_url_host(&url, (const uint8_t *)host, strlen(host)), 0);
		int listed = vg_url_find(slots, 64, 1, 0, &url, (const uint8_t *)target, strlen(target)) &
			     VG_URL_LISTED;
		if (!!listed != (found(host, target) >= 0))
			fail_msg("%s %s: %d", host, target, listed);
		n_found += !!listed;
	}
	assert_in_range(n_found, 1000, 99000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_forms_of_an_entry_have_one_value),
		cmocka_unit_test(what_would_match_too_much_or_nothing_is_refused),
		cmocka_unit_test_setup_teardown(a_request_is_found_under_the_entry_that_it_begins_with, begin, end),
		cmocka_unit_test_setup_teardown(both_look_ups_agree_on_random_requests, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
