/* summary: what was counted stands in both forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include "control/replay/summary.h"

static struct vg_tally tally;
static struct vg_summary summary;

static int begin(void **state)
{
	(void)state;
	memset(&tally, 0, sizeof(tally));
	memset(&summary, 0, sizeof(summary));
	summary.tally = &tally;
	summary.seconds = 2;
	summary.n_paths = 3;
	summary.dataplane[VG_C_RX_PACKETS] = 10;
	summary.dataplane[VG_C_RX_BYTES] = 500000000;
	return 0;
}
static void add(unsigned kind, unsigned state, unsigned n_hits, uint64_t enqueued_ns, uint64_t verdict_ns)
{
	const struct vg_msg_record record = { .kind = (uint8_t)kind,
					      .state = (uint8_t)state,
					      .n_hits = (uint8_t)n_hits,
					      .enqueued_ns = enqueued_ns,
					      .verdict_ns = verdict_ns };
	vg_tally_add(&tally, &record);
}
static char *text_of(void (*print)(const struct vg_summary *, FILE *))
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	print(&summary, out);
	fclose(out);
	return text;
}
static json_int_t at(const json_t *root, const char *a, const char *b, const char *c)
{
	const json_t *value = json_object_get(root, a);
	value = b ? json_object_get(value, b) : value;
	value = c ? json_object_get(value, c) : value;
	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void the_json_has_every_figure_of_the_contract(void **state)
{
	(void)state;
	add(VG_KIND_JPEG, VG_STATE_COMPLETE, 1, 1000000, 3000000);
	add(VG_KIND_JPEG, VG_STATE_GAP, 0, 0, 5);
	add(VG_KIND_UNKNOWN, VG_STATE_TRUNCATED, 0, 9, 5);
	summary.dataplane[VG_C_SHED_CHUNKS] = 4;
	summary.hashing[VG_H_FAILED_JPEG] = 2;
	summary.n_cases[VG_CASE_REVIEW] = 1;
	summary.n_reports_filed = 7;
	char *text = text_of(vg_summary_print_json);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_int_equal(at(root, "packets", NULL, NULL), 10);
	assert_int_equal(at(root, "objects", "total", NULL), 3);
	assert_int_equal(at(root, "objects", "by_state", "gap"), 1);
	assert_int_equal(at(json_object_get(root, "objects"), "by_type", "image/jpeg", "complete"), 1);
	assert_int_equal(at(root, "shed", "objects_shed.arena", NULL), 4);
	assert_int_equal(at(root, "shed", "images_failed.jpeg.decoder", NULL), 2);
	assert_int_equal(at(root, "shed", "objects_shed.records", NULL), 0);
	assert_int_equal(at(root, "matches", NULL, NULL), 1);
	assert_int_equal(at(root, "reports_filed", NULL, NULL), 7);
	assert_int_equal(at(root, "cases", "review", NULL), 1);
	assert_true(json_real_value(json_object_get(root, "gbit_per_s")) == 2.0);
	const json_t *verdict = json_object_get(json_object_get(root, "latency"), "verdict");
	assert_true(json_real_value(json_object_get(verdict, "max_ms")) == 2.0);
	assert_true(json_is_null(json_object_get(json_object_get(root, "latency"), "filed")));
	json_decref(root);
	free(text);
}
static void a_person_reads_the_same(void **state)
{
	(void)state;
	add(VG_KIND_PNG, VG_STATE_COMPLETE, 2, 1000000, 3000000);
	summary.n_cases[VG_CASE_FILED] = 1;
	summary.n_reports_filed = 1;
	char *text = text_of(vg_summary_print_text);
	assert_non_null(strstr(text, "10 from 3 captures"));
	assert_non_null(strstr(text, "2.000 Gbit/s"));
	assert_non_null(strstr(text, "image/png"));
	assert_non_null(strstr(text, "nothing left out"));
	assert_non_null(strstr(text, "1; 1 case filed"));
	assert_non_null(strstr(text, "p50 2.000 ms"));
	free(text);
	summary.dataplane[VG_C_RX_NOMBUF] = 3;
	text = text_of(vg_summary_print_text);
	assert_non_null(strstr(text, "rx_nombuf_packets 3"));
	assert_null(strstr(text, "nothing left out"));
	free(text);
}
static void nothing_at_all_can_be_printed(void **state)
{
	(void)state;
	summary.seconds = 0;
	summary.is_scan = 1;
	char *text = text_of(vg_summary_print_text);
	assert_non_null(strstr(text, "none"));
	free(text);
	text = text_of(vg_summary_print_json);
	json_t *root = json_loads(text, 0, NULL);
	assert_non_null(root);
	assert_int_equal(at(root, "paths", NULL, NULL), 3);
	json_decref(root);
	free(text);
}
static void a_record_out_of_range_is_counted_somewhere(void **state)
{
	(void)state;
	add(255, 255, 255, 0, 0);
	assert_int_equal(tally.n_records, 1);
	assert_int_equal(tally.n_objects[VG_KIND_UNKNOWN][VG_STATE_OPEN], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_json_has_every_figure_of_the_contract, begin),
		cmocka_unit_test_setup(a_person_reads_the_same, begin),
		cmocka_unit_test_setup(nothing_at_all_can_be_printed, begin),
		cmocka_unit_test_setup(a_record_out_of_range_is_counted_somewhere, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
