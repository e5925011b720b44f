/* export: Prometheus can read it, and nothing of a case is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/stats/export.h"
#include "tests/lib/rooms.h"

static struct rooms *rooms;
static struct vg_stats_env env;

static void trouble(void *arg, uint32_t hasher_idx, char *text, size_t n_text)
{
	(void)arg;
	snprintf(text, n_text, "plug-in %u", hasher_idx);
}
static int begin(void **state)
{
	(void)state;
	rooms = rooms_create();
	env = (struct vg_stats_env){ .intake = rooms->intake,
				     .lists = rooms->lists,
				     .cases = rooms->cases,
				     .n_hashers = 1,
				     .started_ns = vg_wall_now().ns,
				     .hasher_trouble = trouble };
	rooms_add_case(rooms, 1);
	return 0;
}
static int end(void **state)
{
	(void)state;
	rooms_destroy(rooms);
	return 0;
}
/* The grammar of the text format: HELP, TYPE, then samples of that name only, each family once. */
static void every_line_is_legal_and_every_family_is_one(void **state)
{
	char *text, *rest, *line, family[128] = "", seen[32768] = " ";
	size_t n;
	(void)state;
	text = rest = vg_stats_export(&env, &n);
	assert_non_null(text);
	assert_int_equal(n, strlen(text));
	while ((line = strsep(&rest, "\n")) && (*line || rest)) {
		char name[128], word[140];
		double value;
		if (sscanf(line, "# HELP %127s", name) == 1) {
			snprintf(word, sizeof(word), " %s ", name);
			assert_null(strstr(seen, word));
			strcat(seen, word + 1);
			strcpy(family, name);
			continue;
		}
		if (sscanf(line, "# TYPE %127s %139s", name, word) == 2) {
			assert_string_equal(name, family);
			assert_true(!strcmp(word, "counter") || !strcmp(word, "gauge") || !strcmp(word, "histogram"));
			continue;
		}
		assert_int_equal(strncmp(line, family, strlen(family)), 0);
		assert_non_null(strrchr(line, ' '));
		assert_int_equal(sscanf(strrchr(line, ' '), " %lf", &value), 1);
	}
	free(text);
}
static void the_figures_are_there(void **state)
{
	size_t n;
	char *text = vg_stats_export(&env, &n);
	(void)state;
	assert_non_null(strstr(text, "\nvigil_rx_packets_total 0\n"));
	assert_non_null(strstr(text, "\nvigil_objects_shed_total{reason=\"arena\"} 0\n"));
	assert_non_null(strstr(text, "\nvigil_cases{state=\"review\"} 1\n"));
	assert_non_null(strstr(text, "\nvigil_list_generation 1\n"));
	assert_non_null(strstr(text, "\nvigil_list_entries{algo=\"md5\"} 1\n"));
	assert_non_null(strstr(text, "\nvigil_match_refused_total{reason=\"digest\"} 0\n"));
	assert_non_null(strstr(text, "\nvigil_hashers_plugin_refused 1\n"));
	assert_non_null(strstr(text, "\nvigil_list_reading 0\n"));
	assert_non_null(strstr(text, "\nvigil_list_readings_failed_total 0\n"));
	assert_non_null(strstr(text, "vigil_build_info{version="));
	assert_non_null(strstr(text, "vigil_verdict_duration_seconds_bucket{le=\"+Inf\"} 0\n"));
	free(text);
}
static void nothing_of_a_case_is_in_it(void **state)
{
	size_t n;
	char *text = vg_stats_export(&env, &n);
	(void)state;
	assert_null(strstr(text, "10.0.0"));
	assert_null(strstr(text, "example"));
	assert_null(strstr(text, "entry-1"));
	assert_null(strstr(text, "VG-"));
	free(text);
}
static void without_a_dataplane_it_is_not_ready(void **state)
{
	char why[256];
	(void)state;
	assert_false(vg_stats_is_ready(&env, why, sizeof(why)));
	assert_non_null(strstr(why, "no dataplane"));
	assert_non_null(strstr(why, "no hasher"));
	assert_null(strstr(why, "no list generation"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_legal_and_every_family_is_one),
		cmocka_unit_test(the_figures_are_there),
		cmocka_unit_test(nothing_of_a_case_is_in_it),
		cmocka_unit_test(without_a_dataplane_it_is_not_ready),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
