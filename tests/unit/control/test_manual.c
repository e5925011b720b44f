/* manual: every command, option and configuration key has its place, and nothing of their texts is taken for markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/config/options.h"
#include "control/ctl/command.h"
#include "control/manual.h"

static char *page(const char *name)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	assert_int_equal(vg_manual(name, out), 0);
	fclose(out);
	return text;
}
static void every_line_is_text_or_a_known_request(void **state)
{
	static const char *const pages[] = { "vigilctl", "vigild", "vigil.yaml" };
	static const char *const requests[] = { ".TH ", ".SH ", ".TP", ".B ", ".BR " };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *text = page(pages[i]), *rest = text, *line;
		while ((line = strsep(&rest, "\n"))) {
			int known = line[0] != '.' && line[0] != '\'';
			for (size_t k = 0; k < 5; k++)
				known |= !strncmp(line, requests[k], strlen(requests[k]));
			if (!known)
				fail_msg("%s: %s", pages[i], line);
		}
		free(text);
	}
}
static void every_command_and_key_is_described(void **state)
{
	size_t n;
	char want[200], *text = page("vigilctl");
	const struct vg_command *commands = vg_commands(&n);
	(void)state;
	for (size_t i = 0; i < n; i++) {
		snprintf(want, sizeof(want), ".B %s%s%s", commands[i].noun, commands[i].verb ? " " : "",
			 commands[i].verb ? commands[i].verb : "");
		assert_non_null(strstr(text, want));
	}
	assert_non_null(strstr(text, ".B \\-\\-report\\-to URL"));
	free(text);
	text = page("vigil.yaml");
	for (size_t i = 0; i < vg_n_options; i++) {
		snprintf(want, sizeof(want), ".B %s\n", vg_options[i].key);
		assert_non_null(strstr(text, want));
	}
	free(text);
}
static void other_pages_are_not_there(void **state)
{
	(void)state;
	assert_int_equal(vg_manual("x", stdout), -1);
	assert_int_equal(vg_manual("", stdout), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_text_or_a_known_request),
		cmocka_unit_test(every_command_and_key_is_described),
		cmocka_unit_test(other_pages_are_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
