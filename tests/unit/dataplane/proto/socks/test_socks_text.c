/* Messages of SOCKS: where they end, where the client wants to go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/base.h>

#include "dataplane/proto/socks/socks_text.h"
#include "tests/lib/guard.h"

#define B(text) text, sizeof(text) - 1
static const struct {
	const char *bytes;
	size_t n_bytes;
	int is_first, is_server;
	enum vg_socks_what what; /* of the whole; of less: MORE, or what is refused at once */
	const char *target;
} rows[] = {
	{ B("\4\1\0\x50\xc0\0\2\7me\0"), 1, 0, VG_SOCKS_CONNECT, "192.0.2.7:80" },
	{ B("\4\2\x1f\x90\0\0\0\7me\0a.b\0"), 1, 0, VG_SOCKS_BIND, "a.b:8080" },
	{ B("\5\2\0\2"), 1, 0, VG_SOCKS_NEXT, NULL },
	{ B("\5\0"), 1, 0, VG_SOCKS_BAD, NULL },
	{ B("\1\3bob\0"), 0, 0, VG_SOCKS_NEXT, NULL },
	{ B("\5\1\0\3\1x\xff\xff"), 0, 0, VG_SOCKS_CONNECT, "x:65535" },
	{ B("\5\1\0\3\0\0\0"), 0, 0, VG_SOCKS_CONNECT, ":0" },
	{ B("\5\2\0\1\x7f\0\0\1\0\1"), 0, 0, VG_SOCKS_BIND, "127.0.0.1:1" },
	{ B("\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7\0\x50"), 0, 0, VG_SOCKS_CONNECT, "[2001:db8::7]:80" },
	{ B("\5\4"), 0, 0, VG_SOCKS_BAD, NULL },
	{ B("\5\1\1"), 0, 0, VG_SOCKS_BAD, NULL },
	{ B("\7"), 1, 0, VG_SOCKS_BAD, NULL },
	{ B("\7"), 0, 0, VG_SOCKS_BAD, NULL },
	{ B("\5\2"), 1, 1, VG_SOCKS_NEXT, NULL },
	{ B("\5\xff"), 1, 1, VG_SOCKS_REFUSED, NULL },
	{ B("\1\0"), 0, 1, VG_SOCKS_NEXT, NULL },
	{ B("\1\1"), 0, 1, VG_SOCKS_REFUSED, NULL },
	{ B("\5\0\0\3\1x\0\0"), 0, 1, VG_SOCKS_TUNNEL, NULL },
	{ B("\5\1"), 0, 1, VG_SOCKS_REFUSED, NULL },
	{ B("\0"), 0, 1, VG_SOCKS_AGAIN, NULL },
	{ B("\0\x5a\1\2\3\4\5\6"), 1, 1, VG_SOCKS_TUNNEL, NULL },
	{ B("\0\x5c"), 1, 1, VG_SOCKS_REFUSED, NULL },
};

static void messages_end_where_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++)
		for (size_t n = 1; n <= rows[i].n_bytes; n++) {
			uint8_t *at = vg_guard_copy(rows[i].bytes, n);
			enum vg_socks_what what = rows[i].is_server
							  ? vg_socks_server(at, (uint32_t)n, rows[i].is_first)
							  : vg_socks_client(at, (uint32_t)n, rows[i].is_first);
			assert_int_equal(what, n < rows[i].n_bytes ? VG_SOCKS_MORE : rows[i].what);
			vg_guard_free(at, n);
		}
}

static void targets_are_texts(void **state)
{
	char out[64];
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		if (!rows[i].target)
			continue;
		uint8_t *at = vg_guard_copy(rows[i].bytes, rows[i].n_bytes);
		for (uint32_t cap = 0; cap <= sizeof(out); cap++) {
			uint32_t n = vg_socks_target(at, (uint32_t)rows[i].n_bytes, out, cap);
			size_t n_all = strlen(rows[i].target);
			assert_int_equal(n, n_all < cap ? n_all : cap);
			assert_memory_equal(out, rows[i].target, n);
		}
		vg_guard_free(at, rows[i].n_bytes);
	}
}

static void texts_that_never_end_are_bad(void **state)
{
	uint8_t bytes[400] = { 4, 1, 0, 80, 192, 0, 2, 7 };
	(void)state;
	memset(bytes + 8, 'u', sizeof(bytes) - 8);
	assert_int_equal(vg_socks_client(bytes, 8 + 255, 1), VG_SOCKS_MORE);
	assert_int_equal(vg_socks_client(bytes, 8 + 256, 1), VG_SOCKS_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_end_where_they_say),
		cmocka_unit_test(targets_are_texts),
		cmocka_unit_test(texts_that_never_end_are_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
