/* The hunt for heads, against a plain search over the whole text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/proto/http1/http1_hunt.h"
#include "tests/lib/guard.h"

/* Where the first whole pattern of `text` ends, or 0. */
static size_t plain_search(const char *text, size_t n, unsigned what)
{
	for (size_t end = 1; end <= n; end++) {
		static const char *const heads[] = { "GET /", "GET h", "POST /", "PUT *", "MOVE /", "HEAD /" };
		for (size_t i = 0; (what & VG_HUNT_REQUESTS) && i < sizeof(heads) / sizeof(heads[0]); i++) {
			size_t k = strlen(heads[i]);
			if (end >= k && !memcmp(text + end - k, heads[i], k))
				return end;
		}
		const char *r = text + end - 12;
		if ((what & VG_HUNT_RESPONSES) && end >= 12 && !memcmp(r, "HTTP/1.1 20", 11) && r[11] == '0')
			return end;
	}
	return 0;
}

static void a_hunt_finds_the_first_head_at_any_cut(void **state)
{
	static const char *const scraps[] = { "GET /",  "GET h",        "GET x",   "GE",         "G", "POST /",
					      "PPOST",  "HTTP/1.1 200", "HTTP/1.", "HTTP/1.1 2", "H", "HHTTP",
					      "MOVE /", "PUT *",        "\r\n",    "zz",         " ", "/" };
	unsigned seed = (unsigned)time(NULL);
	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 5000; round++) {
		char text[200];
		size_t n = 0, found = 0;
		unsigned what = 1 + (unsigned)random() % 3;
		for (unsigned k = 1 + (unsigned)random() % 10; k--;) {
			const char *scrap = scraps[(size_t)random() % (sizeof(scraps) / sizeof(scraps[0]))];
			memcpy(text + n, scrap, strlen(scrap));
			n += strlen(scrap);
		}
		struct vg_http1_hunt hunt;
		vg_http1_hunt_init(&hunt, what);
		for (size_t at = 0; at < n && !found;) {
			size_t n_piece = 1 + (size_t)random() % 6, n_eaten;
			n_piece = n_piece < n - at ? n_piece : n - at;
			uint8_t *copy = vg_guard_copy(text + at, n_piece);
			if (vg_http1_hunt_feed(&hunt, copy, n_piece, &n_eaten) == VG_DONE)
				found = at + n_eaten;
			vg_guard_free(copy, n_piece);
			at += n_piece;
		}
		assert_int_equal(found, plain_search(text, n, what));
		if (found) /* the candidate is handed on whole */
			assert_memory_equal(hunt.found, text + found - hunt.n_found, hunt.n_found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_hunt_finds_the_first_head_at_any_cut) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
