/* Name-value pairs, cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/proto/fastcgi/fastcgi_params.h"
#include "tests/lib/fastcgi_make.h"
#include "tests/lib/guard.h"

static void says(const struct vg_fcgi_texts *texts, enum vg_fcgi_field field, const char *text)
{
	struct vg_span s = vg_fcgi_text(texts, field);
	assert_int_equal(s.n_bytes, strlen(text));
	assert_memory_equal(s.at, text, s.n_bytes);
}

static void wanted_pairs_are_kept_at_any_cut(void **state)
{
	char bytes[1024], longer[300];
	size_t n = 0;
	(void)state;
	memset(longer, 'x', sizeof(longer));
	longer[299] = 0;
	n += vg_fcgi_pair(bytes + n, "REQUEST_METHOD", "PUT");
	n += vg_fcgi_pair(bytes + n, "A_NAME_THAT_IS_LONGER_THAN_ALL_THE_OTHERS", longer);
	n += vg_fcgi_pair(bytes + n, "", "nothing");
	n += vg_fcgi_pair(bytes + n, "HTTP_HOST", "first");
	n += vg_fcgi_pair(bytes + n, "HTTP_HOST", "second");
	n += vg_fcgi_pair(bytes + n, "CONTENT_TYPE", longer);
	n += vg_fcgi_pair(bytes + n, "SERVER_NAME", "");
	n += vg_fcgi_pair(bytes + n, "REMOTE_ADDR", "::1");
	for (size_t cut = 0; cut <= n; cut++) {
		struct vg_fcgi_params params = { 0 };
		struct vg_fcgi_texts texts;
		uint8_t *a = vg_guard_copy(bytes, cut ? cut : 1),
			*b = vg_guard_copy(bytes + cut, n - cut ? n - cut : 1);
		memset(&texts, 0, sizeof(texts));
		assert_int_equal(vg_fcgi_params_feed(&params, &texts, a, (uint32_t)cut), VG_MORE);
		assert_int_equal(vg_fcgi_params_feed(&params, &texts, b, (uint32_t)(n - cut)), VG_MORE);
		says(&texts, VG_FCGI_METHOD, "PUT");
		says(&texts, VG_FCGI_HOST, "second");
		says(&texts, VG_FCGI_SERVER, "");
		says(&texts, VG_FCGI_ADDRESS, "::1");
		assert_int_equal(vg_fcgi_text(&texts, VG_FCGI_TYPE).n_bytes, 200);
		assert_true(texts.is_cut);
		vg_guard_free(a, cut ? cut : 1);
		vg_guard_free(b, n - cut ? n - cut : 1);
	}
}

static void too_much_is_not_read(void **state)
{
	static const uint8_t much[4096] = { 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct vg_fcgi_params params = { 0 };
	struct vg_fcgi_texts texts;
	enum vg_step step = VG_MORE;
	unsigned n = 0;
	(void)state;
	memset(&texts, 0, sizeof(texts));
	while (step == VG_MORE && n++ < 100)
		step = vg_fcgi_params_feed(&params, &texts, much, sizeof(much));
	assert_int_equal(step, VG_BAD);
	assert_int_equal(n, VG_FCGI_MAX_PARAM_BYTES / sizeof(much) + 1);
	assert_int_equal(vg_fcgi_params_feed(&params, &texts, much, 1), VG_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wanted_pairs_are_kept_at_any_cut),
		cmocka_unit_test(too_much_is_not_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
