/* names: every counter has a legal Prometheus name, its own place and a help text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <ctype.h>

#include "control/stats/names.h"

static void assert_word(const char *word)
{
	assert_true(islower((unsigned char)word[0]));
	for (; *word; word++)
		assert_true(islower((unsigned char)*word) || isdigit((unsigned char)*word) || *word == '_');
}
static void every_name_is_legal_and_unique(void **state)
{
	struct vg_stats_name a;
	(void)state;
	for (unsigned i = 0; i < VG_C_N + VG_H_N; i++) {
		const struct vg_counter_text *row = vg_stats_text(i >= VG_C_N, i < VG_C_N ? i : i - VG_C_N);
		vg_stats_name_split(row->name, &a);
		assert_word(a.base);
		assert_true(!a.label[0] == !a.value[0]);
		if (a.label[0]) {
			assert_word(a.label);
			assert_word(a.value);
		}
		assert_true(strlen(row->help) > 5);
		assert_null(strchr(row->help, '\n'));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(row->name,
						vg_stats_text(k >= VG_C_N, k < VG_C_N ? k : k - VG_C_N)->name);
	}
}
static void a_name_is_taken_apart(void **state)
{
	struct vg_stats_name a;
	(void)state;
	vg_stats_name_split("objects_shed_total:reason=arena", &a);
	assert_string_equal(a.base, "objects_shed_total");
	assert_string_equal(a.label, "reason");
	assert_string_equal(a.value, "arena");
	vg_stats_name_split("rx_packets_total", &a);
	assert_string_equal(a.base, "rx_packets_total");
	assert_string_equal(a.label, "");
}
static void what_was_not_scanned_is_known(void **state)
{
	(void)state;
	assert_true(vg_stats_is_shed("objects_shed_total:reason=arena"));
	assert_true(vg_stats_is_shed("rx_nombuf_packets_total"));
	assert_true(vg_stats_is_shed("flows_ended_total:reason=evicted"));
	assert_false(vg_stats_is_shed("flows_ended_total:reason=idle"));
	assert_false(vg_stats_is_shed("rx_packets_total"));
	assert_false(vg_stats_is_shed("objects_shed_totals"));
}
/* Nothing that a counter sheds may be forgotten by the summary: all *_shed_*, *_lost_* and *_skipped_* are there. */
static void no_shedding_counter_is_left_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VG_C_N; i++) {
		const char *name = vg_stats_text(0, i)->name;
		if (!strcmp(name, "files_skipped_total:reason=empty") ||
		    !strcmp(name, "files_skipped_total:reason=done"))
			continue; /* nothing there, or looked at before */
		if (strstr(name, "_shed_") || strstr(name, "_lost_") || strstr(name, "_skipped_"))
			if (!vg_stats_is_shed(name))
				fail_msg("%s is not among the shed", name);
	}
	for (unsigned i = 0; i < VG_H_N; i++)
		if (strstr(vg_stats_text(1, i)->name, "_failed_"))
			if (!vg_stats_is_shed(vg_stats_text(1, i)->name))
				fail_msg("%s is not among the shed", vg_stats_text(1, i)->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_legal_and_unique),
		cmocka_unit_test(a_name_is_taken_apart),
		cmocka_unit_test(what_was_not_scanned_is_known),
		cmocka_unit_test(no_shedding_counter_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
