#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <vigil/codings.h>

#include "control/cases/codings.h"

static void codings_are_named_in_the_order_in_which_they_were_applied(void **state)
{
	static const struct {
		uint32_t codings;
		int is_chunked;
		const char *said;
	} cases[] = {
		{ 0, 0, "" },
		{ 0, 1, "chunked" },
		{ VG_CODING_GZIP, 0, "gzip" },
		{ VG_CODING_BR | VG_CODING_AWS_CHUNKED << 8, 1, "br, aws-chunked, chunked" },
		{ VG_CODING_UNKNOWN, 0, "unknown" },
		{ 0xffffffffu, 1, "unknown, unknown, unknown, unknown, chunked" },
		{ VG_CODING_GZIP << 8, 0, "gzip" },
	};
	char said[VG_CODINGS_TEXT];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(vg_codings_say(cases[i].codings, cases[i].is_chunked, said, sizeof(said)),
				    cases[i].said);
}

static void four_of_the_longest_names_fit(void **state)
{
	char said[VG_CODINGS_TEXT];
	(void)state;
	assert_true(strlen(vg_codings_say(VG_CODING_MESSAGES * 0x01010101u, 1, said, sizeof(said))) ==
		    4 * strlen("permessage-deflate, ") + strlen("chunked"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codings_are_named_in_the_order_in_which_they_were_applied),
		cmocka_unit_test(four_of_the_longest_names_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
