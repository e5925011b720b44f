/* The table of protocols: every row keeps what parser.h asks of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/protocols.h"
#include "tests/lib/guard.h"

static void every_row_is_whole_and_stands_once(void **state)
{
	uint8_t seen[VG_APP_N] = { 0 };
	(void)state;
	for (const struct vg_parser *const *row = vg_protocols; *row; row++) {
		const struct vg_parser *p = *row;
		assert_true(VG_APP_IS_PARSED(p->app) && p->app < VG_APP_N);
		assert_false(seen[p->app]++);
		assert_non_null(p->name);
		assert_true(p->flow_bytes >= sizeof(struct vg_proto_flow));
		assert_true(p->init && p->fini && p->end);
		assert_true(p->datagram || p->feed);
		assert_true(!p->datagram == !p->opens);
		assert_true(!p->feed == !p->gap && !p->feed == !p->conflict);
		assert_true(p->feed || !p->recogniser.first);
		assert_int_equal(!p->create, !p->destroy);
	}
}

/* Whatever comes: no row asks for more than detect keeps, or names an app that is none. */
static void recognisers_decide_within_what_is_held(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	static const char *const begins[] = { "GET /",  "HTTP/1.1", "PRI * ",    "220 ",  "+OK",   "* OK",
					      "PROXY ", "SSH-2.0",  "@RSYNCD: ", "EHLO ", "USER ", "\xffSMB" };
	(void)state;
	printf("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t bytes[VG_DETECT_HELD_BYTES * 2];
		uint32_t n = 1 + (uint32_t)random() % (uint32_t)sizeof(bytes);
		for (uint32_t i = 0; i < n; i++)
			bytes[i] = round % 3 ? (uint8_t)random() : (uint8_t)(' ' + random() % 95);
		const char *begin = begins[random() % (long)(sizeof(begins) / sizeof(begins[0]))];
		if (round % 2)
			memcpy(bytes, begin, strlen(begin) < n ? strlen(begin) : n);
		uint8_t *at = vg_guard_copy(bytes, n);
		for (const struct vg_parser *const *row = vg_protocols; *row; row++) {
			enum vg_app app = (*row)->recogniser.first ? (*row)->recogniser.first(at, n) : VG_APP_UNKNOWN;
			assert_true((unsigned)app < VG_APP_N);
			assert_false(app == VG_APP_NONE && n >= VG_DETECT_HELD_BYTES);
			if ((*row)->recogniser.begins)
				(void)(*row)->recogniser.begins(at, n);
		}
		vg_guard_free(at, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole_and_stands_once),
		cmocka_unit_test(recognisers_decide_within_what_is_held),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
