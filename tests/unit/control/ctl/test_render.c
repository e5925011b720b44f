/* render: tables for people; nothing from the wire moves the cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/ctl/render.h"

static char *rendered(const char *noun, const char *verb, const char *json)
{
	const char *words[] = { noun, verb };
	char why[256], *text = NULL;
	size_t n_used, n;
	const struct vg_command *command = vg_command_find(words, verb ? 2 : 1, &n_used, why, sizeof(why));
	json_t *answer = json_loads(json, 0, NULL);
	FILE *out = open_memstream(&text, &n);
	assert_non_null(command);
	assert_non_null(answer);
	vg_render(command, answer, out);
	fclose(out);
	json_decref(answer);
	for (const char *at = text; *at; at++)
		assert_true((unsigned char)*at >= 0x20 || *at == '\n');
	return text;
}
static void a_list_becomes_a_table(void **state)
{
	char *text = rendered("stats", NULL,
			      "[{\"name\":\"a_total\",\"value\":12,\"help\":\"first\"},"
			      "{\"name\":\"b\",\"value\":3,\"help\":null}]");
	(void)state;
	assert_string_equal(text, "Counter  Value  Meaning\n"
				  "a_total  12     first\n"
				  "b        3      -\n");
	free(text);
	text = rendered("cases", "list", "[]");
	assert_non_null(strstr(text, "(none)"));
	free(text);
}
static void control_characters_are_shown_as_question_marks(void **state)
{
	char *text = rendered("stats", NULL, "[{\"name\":\"\\u001b[2J\\n\\u0007\",\"value\":1,\"help\":\"x\\ty\"}]");
	(void)state;
	assert_non_null(strstr(text, "?[2J??"));
	free(text);
}
static void a_list_inside_an_object_stands_below_its_values(void **state)
{
	char *text = rendered("lists", "show", "{\"generation\":4,\"lists\":[{\"name\":\"l\",\"entries\":2}]}");
	(void)state;
	assert_non_null(strstr(text, "generation   4\n"));
	assert_true(strstr(text, "List") > strstr(text, "generation"));
	free(text);
}
static void wide_values_are_cut_at_a_character(void **state)
{
	char json[1000] = "[{\"name\":\"", *text;
	(void)state;
	for (unsigned i = 0; i < 100; i++)
		strcat(json, "\xc3\xa9");
	strcat(json, "\",\"value\":1,\"help\":\"h\"}]");
	text = rendered("stats", NULL, json);
	const char *row = strchr(text, '\n') + 1;
	unsigned n = 0;
	for (; !strncmp(row, "\xc3\xa9", 2); row += 2)
		n++;
	assert_int_equal(n, VG_RENDER_MAX_WIDTH);
	assert_int_equal(*row, ' ');
	free(text);
}
static void an_object_is_shown_with_its_parts(void **state)
{
	char *text = rendered("cases", "show",
			      "{\"id\":\"VG-1\",\"files\":[{\"md5\":\"00\"}],\"origin\":{\"url\":\"u\"},\"none\":[]}");
	(void)state;
	assert_non_null(strstr(text, "id                 VG-1\n"));
	assert_non_null(strstr(text, "files:\n  - 1\n    md5"));
	assert_non_null(strstr(text, "origin:\n  url"));
	assert_non_null(strstr(text, "none: none\n"));
	free(text);
}
static void status_is_one_screen_also_of_nothing(void **state)
{
	char *text = rendered("status", NULL, "{}");
	unsigned n_lines = 0;
	(void)state;
	for (const char *at = text; *at; at++)
		n_lines += *at == '\n';
	assert_true(n_lines < 25);
	assert_non_null(strstr(text, "DOWN"));
	free(text);
	text = rendered(
		"status", NULL,
		"{\"version\":\"1\",\"up_s\":90061,\"programs\":[{\"name\":\"vigil-hashing\",\"index\":2,\"up\":true,"
		"\"restarts\":3}],\"link\":{\"dataplane_linked\":true,\"bytes\":1048576},"
		"\"ports\":[{\"name\":\"eth1\",\"link\":\"DOWN\",\"share\":\"hashed by the card\",\"queues\":2,"
		"\"missed\":3,\"no_buffer\":1,\"losing\":true}],\"inline\":[{\"pair\":0,\"up\":true,\"copies_shed\":5}]"
		","
		"\"hashers\":[{\"linked\":true,"
		"\"generation\":2,\"braked\":true}],\"lists\":{\"generation\":3,\"age_s\":61},\"cases\":{\"review\":2,"
		"\"oldest_review_s\":5},\"reports\":{\"filed\":1,\"reporter_linked\":true,\"breaker_open\":true}}");
	assert_non_null(strstr(text, "up 1 d 1 h"));
	assert_non_null(strstr(text, "vigil-hashing 2    up, 3 restarts"));
	assert_non_null(strstr(text, "1.0 MiB"));
	assert_non_null(strstr(text, "eth1             link DOWN, hashed by the card (2 queues)"));
	assert_non_null(strstr(text, "4 lost: LOSING FRAMES"));
	assert_non_null(strstr(text, "pair 0 up, 0 frames (-), 0 dropped, 5 copies shed, inspector DOWN"));
	assert_non_null(strstr(text, "1 with another list generation"));
	assert_non_null(strstr(text, "BRAKED"));
	assert_non_null(strstr(text, "1 min 1 s old"));
	assert_non_null(strstr(text, "2 review; oldest review waits 5 s"));
	assert_non_null(strstr(text, "FAILING"));
	free(text);
}
static void lists_that_are_read_and_hashers_that_do_not_start_are_in_the_status(void **state)
{
	(void)state;
	char *text = rendered("status", NULL,
			      "{\"programs\":[],\"hashers\":[{\"index\":3,\"linked\":false,\"trouble\":\"plug-in X\"}],"
			      "\"lists\":{\"generation\":0,\"building\":{\"build\":1,\"phase\":\"reading\",\"lists\":4,"
			      "\"lists_read\":2,\"entries\":99,\"since_s\":5}}}");
	assert_non_null(strstr(text, "hasher     3 does not start: plug-in X\n"));
	assert_non_null(strstr(text, "building (reading), 2 of 4 files, 99 entries, since 5 s; none in use yet"));
	assert_null(strstr(text, "generation 0"));
	free(text);
	text = rendered(
		"status", NULL,
		"{\"programs\":[{\"name\":\"vigil-hashing\",\"trouble\":\"plug-in X\"}],\"hashers\":[{\"index\":3,"
		"\"trouble\":\"plug-in X\"}],\"lists\":{\"generation\":7,\"building\":{\"phase\":\"tables\"}}}");
	assert_null(strstr(text, "does not start"));
	assert_non_null(strstr(text, "building (tables)"));
	assert_null(strstr(text, "none in use yet"));
	assert_non_null(strstr(text, "generation 7"));
	free(text);
}
/* Any JSON as an answer to any command: no crash, no control character. */
static void any_answer_can_be_shown(void **state)
{
	static const char *const answers[] = { "[]", "{}", "[1,\"a\",null,[[]]]", "{\"a\":[1,[2],{\"b\":{}}]}",
					       "{\"programs\":[1],\"hashers\":[null],\"cases\":[],\"lists\":7}" };
	size_t n;
	const struct vg_command *all = vg_commands(&n);
	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(answers) / sizeof(answers[0]); k++)
			if (!(all[i].flags & VG_COMMAND_LOCAL))
				free(rendered(all[i].noun, all[i].verb, answers[k]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_becomes_a_table),
		cmocka_unit_test(control_characters_are_shown_as_question_marks),
		cmocka_unit_test(a_list_inside_an_object_stands_below_its_values),
		cmocka_unit_test(wide_values_are_cut_at_a_character),
		cmocka_unit_test(an_object_is_shown_with_its_parts),
		cmocka_unit_test(status_is_one_screen_also_of_nothing),
		cmocka_unit_test(lists_that_are_read_and_hashers_that_do_not_start_are_in_the_status),
		cmocka_unit_test(any_answer_can_be_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
