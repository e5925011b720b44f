/* command: every command is found by every cut of its name that is unambiguous, and by no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/ctl/command.h"

static char why[512];

static const struct vg_command *find(const char *noun, const char *verb)
{
	const char *words[] = { noun, verb };
	size_t n_used;
	why[0] = 0;
	return vg_command_find(words, verb ? 2 : 1, &n_used, why, sizeof(why));
}
static void the_table_is_sorted_and_whole(void **state)
{
	size_t n;
	const struct vg_command *all = vg_commands(&n);
	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_true(all[i].rights != 0);
		assert_true(strlen(all[i].help) > 5);
		assert_true(all[i].run != NULL || all[i].flags & VG_COMMAND_LOCAL);
		if (!i)
			continue;
		int order = strcmp(all[i - 1].noun, all[i].noun);
		assert_true(order < 0 || (!order && all[i].verb && strcmp(all[i - 1].verb, all[i].verb) < 0));
	}
}
static void whatever_touches_cases_or_changes_something_is_audited(void **state)
{
	size_t n;
	const struct vg_command *all = vg_commands(&n);
	(void)state;
	for (size_t i = 0; i < n; i++)
		if (!(all[i].flags & VG_COMMAND_LOCAL) && !(all[i].rights & VG_RIGHT_READ))
			assert_true(all[i].flags & VG_COMMAND_AUDITED);
		else if (!strcmp(all[i].noun, "cases") || !strcmp(all[i].noun, "reports"))
			fail_msg("%s %s is for everybody", all[i].noun, all[i].verb);
}
/* The rule by plain counting: exact wins, else exactly one begins so. */
static const struct vg_command *by_counting(const char *noun, const char *verb)
{
	size_t n, n_nouns = 0, n_verbs = 0;
	const struct vg_command *all = vg_commands(&n), *found = NULL;
	const char *whole = NULL;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].noun, noun))
			whole = all[i].noun;
	for (size_t i = 0; !whole && i < n; i++)
		if (!strncmp(all[i].noun, noun, strlen(noun)) && (!i || strcmp(all[i].noun, all[i - 1].noun)))
			n_nouns++;
	for (size_t i = 0; !whole && n_nouns == 1 && i < n; i++)
		if (!strncmp(all[i].noun, noun, strlen(noun)))
			whole = all[i].noun;
	for (size_t i = 0; whole && i < n; i++) {
		if (strcmp(all[i].noun, whole))
			continue;
		if (!all[i].verb || !strcmp(all[i].verb, verb))
			return &all[i];
		if (!strncmp(all[i].verb, verb, strlen(verb))) {
			n_verbs++;
			found = &all[i];
		}
	}
	return n_verbs == 1 ? found : NULL;
}
static void every_cut_of_a_name_finds_what_counting_finds(void **state)
{
	size_t n;
	const struct vg_command *all = vg_commands(&n);
	char noun[32], verb[32];
	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t a = 1; a <= strlen(all[i].noun); a++)
			for (size_t b = 0; b <= (all[i].verb ? strlen(all[i].verb) : 0); b++) {
				snprintf(noun, sizeof(noun), "%.*s", (int)a, all[i].noun);
				snprintf(verb, sizeof(verb), "%.*s", (int)b, all[i].verb ? all[i].verb : "");
				assert_ptr_equal(find(noun, verb), by_counting(noun, verb));
			}
}
static void what_is_ambiguous_names_the_choices(void **state)
{
	(void)state;
	assert_null(find("c", NULL));
	assert_non_null(strstr(why, "cases"));
	assert_non_null(strstr(why, "completion"));
	assert_null(find("cases", NULL));
	assert_non_null(strstr(why, "dismiss"));
	assert_null(find("cases", "x"));
	assert_non_null(strstr(why, "approve"));
	assert_null(find("nothing", NULL));
	assert_null(find("", NULL));
	assert_null(find("casesx", "list"));
	assert_ptr_equal(find("stat", NULL), NULL);
	assert_non_null(find("stats", NULL));
}
static void arguments_are_counted(void **state)
{
	const struct vg_command *list = find("cases", "list"), *dismiss = find("cases", "dismiss");
	const struct vg_command *verify = find("audit", "verify");
	(void)state;
	assert_int_equal(vg_command_check(list, 0, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_command_check(list, 1, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_command_check(list, 2, why, sizeof(why)), VG_EINVAL);
	assert_int_equal(vg_command_check(dismiss, 0, why, sizeof(why)), VG_EINVAL);
	assert_non_null(strstr(why, "CASE"));
	assert_int_equal(vg_command_check(dismiss, 1, why, sizeof(why)), VG_EINVAL);
	assert_non_null(strstr(why, "REASON"));
	assert_int_equal(vg_command_check(dismiss, 7, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_command_check(verify, 1, why, sizeof(why)), VG_EINVAL);
	vg_command_usage(dismiss, why, sizeof(why));
	assert_string_equal(why, "cases dismiss CASE REASON...");
	vg_command_usage(list, why, sizeof(why));
	assert_string_equal(why, "cases list [STATE]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_sorted_and_whole),
		cmocka_unit_test(whatever_touches_cases_or_changes_something_is_audited),
		cmocka_unit_test(every_cut_of_a_name_finds_what_counting_finds),
		cmocka_unit_test(what_is_ambiguous_names_the_choices),
		cmocka_unit_test(arguments_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
