/* run: the order of a run, whatever its programs do: batches, DRAINED, exits, interruption, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>

#include "control/replay/run.h"
#include "tests/lib/rooms.h"

#define EXIT(code) ((code) << 8)
#define KILLED(by) (by)

static struct rooms *rooms;
static struct vg_run_spec spec;
static struct vg_run *run;
static char objects_path[128], summary_path[128], *paths[40];
static unsigned n_started, n_stopped, n_paths_seen;
static int exit_code, refuse_start;

static enum vg_err start_batch(void *arg, const struct vg_run_batch *batch)
{
	(void)arg;
	assert_ptr_equal(batch->spec, &spec);
	assert_int_equal(batch->batch_idx, n_started);
	assert_true(batch->n_paths >= 1 && batch->n_paths <= VG_RUN_BATCH);
	assert_ptr_equal(batch->paths[0], spec.paths[n_paths_seen]);
	n_paths_seen += batch->n_paths;
	n_started++;
	return refuse_start ? VG_EIO : VG_OK;
}
static void stop_batch(void *arg)
{
	(void)arg;
	n_stopped++;
}
static void done(void *arg, int code)
{
	(void)arg;
	assert_int_equal(exit_code, -1);
	exit_code = code;
}
static int begin(void **state)
{
	(void)state;
	rooms = rooms_create();
	n_started = n_stopped = n_paths_seen = 0;
	exit_code = -1;
	refuse_start = 0;
	snprintf(objects_path, sizeof(objects_path), "%s/objects", rooms->dir);
	snprintf(summary_path, sizeof(summary_path), "%s/summary", rooms->dir);
	static char names[40][16];
	for (unsigned i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "%u.pcap", i);
		paths[i] = names[i];
	}
	spec = (struct vg_run_spec){ .paths = paths,
				     .n_paths = 1,
				     .objects_path = objects_path,
				     .summary_path = summary_path,
				     .n_cores = 1,
				     .n_hashers = 1,
				     .loop = 1 };
	return 0;
}
static int end(void **state)
{
	(void)state;
	vg_run_destroy(run);
	run = NULL;
	rooms_destroy(rooms);
	return 0;
}
static void start(void)
{
	const struct vg_run_rooms r = { rooms->loop, rooms->intake, rooms->cases, NULL };
	const struct vg_run_ops ops = { NULL, start_batch, stop_batch, done };
	run = vg_run_create(&spec, &r, &ops);
	assert_non_null(run);
}
static void turn(void)
{
	for (unsigned i = 0; i < 30; i++)
		vg_loop_step(rooms->loop, 10);
}
static unsigned n_lines(const char *path)
{
	unsigned n = 0;
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	for (int c; (c = fgetc(in)) != EOF;)
		n += c == '\n';
	fclose(in);
	return n;
}
static void give_record(uint64_t object_id, uint32_t capture_idx)
{
	static struct vg_attribution attr;
	struct vg_msg_record record = { .boot_id = 1, .object_id = object_id, .state = VG_STATE_COMPLETE };
	attr.capture_idx = capture_idx;
	vg_run_on_record(run, &record, &attr, NULL, NULL, 0);
}

static void a_run_ends_when_all_is_drained_and_stopped(void **state)
{
	(void)state;
	start();
	turn();
	assert_int_equal(n_started, 1);
	give_record(1, 0);
	give_record(2, 0);
	give_record(1, 0); /* again: a hasher died in between */
	vg_run_on_drained(run);
	assert_int_equal(n_stopped, 1);
	vg_run_on_exit(run, "vigil-hashing", EXIT(0), 0);
	vg_run_on_exit(run, "vigil-dataplane", EXIT(0), 0);
	vg_run_on_stopped(run);
	turn();
	assert_int_equal(exit_code, 0);
	assert_int_equal(n_lines(objects_path), 2);
	assert_true(n_lines(summary_path) > 3);
}
static void captures_go_in_batches(void **state)
{
	char line[4096];
	(void)state;
	spec.n_paths = 2 * VG_RUN_BATCH + 3;
	start();
	for (unsigned batch = 0; batch < 3; batch++) {
		turn();
		assert_int_equal(n_started, batch + 1);
		give_record(1, 2);
		vg_run_on_drained(run);
		vg_run_on_stopped(run);
	}
	turn();
	assert_int_equal(exit_code, 0);
	assert_int_equal(n_paths_seen, spec.n_paths);
	FILE *in = fopen(objects_path, "r");
	static const char *const want[] = { "\"2.pcap\"", "\"18.pcap\"", "\"34.pcap\"" };
	for (unsigned batch = 0; batch < 3; batch++) {
		assert_non_null(fgets(line, sizeof(line), in));
		assert_non_null(strstr(line, want[batch]));
	}
	fclose(in);
}
static void a_dataplane_that_fails_fails_the_run(void **state)
{
	static const int statuses[] = { EXIT(1), EXIT(2), KILLED(SIGSEGV), KILLED(SIGSYS) };
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(statuses); i++) {
		n_started = n_stopped = n_paths_seen = 0;
		exit_code = -1;
		start();
		turn();
		give_record(1, 0);
		vg_run_on_exit(run, "vigil-dataplane", statuses[i], 0);
		assert_int_equal(n_stopped, 1);
		vg_run_on_stopped(run);
		assert_int_equal(exit_code, 1);
		assert_int_equal(n_lines(objects_path), 1); /* what there was is kept */
		vg_run_destroy(run);
		run = NULL;
	}
}
static void the_word_may_come_behind_the_exit(void **state)
{
	(void)state;
	start();
	turn();
	vg_run_on_exit(run, "vigil-dataplane", EXIT(0), 0);
	turn();
	assert_int_equal(n_stopped, 0);
	vg_run_on_drained(run);
	vg_run_on_stopped(run);
	turn();
	assert_int_equal(exit_code, 0);
}
static void a_dataplane_that_leaves_without_a_word_fails_the_run(void **state)
{
	(void)state;
	start();
	turn();
	vg_run_on_exit(run, "vigil-dataplane", EXIT(0), 0);
	for (unsigned i = 0; i < 300 && !n_stopped; i++)
		vg_loop_step(rooms->loop, 20);
	assert_int_equal(n_stopped, 1);
	vg_run_on_stopped(run);
	assert_int_equal(exit_code, 1);
}
static void a_failure_while_stopping_counts(void **state)
{
	(void)state;
	start();
	turn();
	vg_run_on_drained(run);
	vg_run_on_exit(run, "vigil-dataplane", EXIT(99), 0);
	vg_run_on_stopped(run);
	turn();
	assert_int_equal(exit_code, 1);
}
static void a_scan_with_an_unreadable_file_ends_with_its_summary_and_one(void **state)
{
	(void)state;
	spec.mode = VG_RUN_SCAN;
	start();
	turn();
	vg_run_on_drained(run);
	vg_run_on_exit(run, "vigil-feed", EXIT(1), 0);
	vg_run_on_stopped(run);
	turn();
	assert_int_equal(exit_code, 1);
	assert_true(n_lines(summary_path) > 3);
}
static void hashers_may_die_but_not_for_ever(void **state)
{
	(void)state;
	start();
	turn();
	for (unsigned i = 0; i < 12; i++)
		vg_run_on_exit(run, "vigil-hashing", KILLED(SIGKILL), 1);
	give_record(1, 0);
	for (unsigned i = 0; i < 12; i++)
		vg_run_on_exit(run, "vigil-hashing", KILLED(SIGKILL), 1);
	assert_int_equal(n_stopped, 0);
	for (unsigned i = 0; i < 12; i++)
		vg_run_on_exit(run, "vigil-hashing", KILLED(SIGKILL), 1);
	assert_int_equal(n_stopped, 1);
	vg_run_on_stopped(run);
	assert_int_equal(exit_code, 1);
}
static void an_interruption_stops_at_any_point(void **state)
{
	(void)state;
	for (unsigned point = 0; point < 4; point++) {
		n_started = n_stopped = n_paths_seen = 0;
		exit_code = -1;
		start();
		if (point > 0)
			turn();
		if (point > 1)
			vg_run_on_drained(run);
		if (point > 2)
			vg_run_on_stopped(run);
		vg_run_on_interrupt(run);
		vg_run_on_interrupt(run);
		if (point == 1 || point == 2)
			vg_run_on_stopped(run);
		assert_int_equal(n_stopped, point ? 1 : 0);
		assert_int_equal(exit_code, 1);
		vg_run_on_record(run, &(struct vg_msg_record){ .object_id = 9 }, NULL, NULL, NULL, 0);
		vg_run_on_drained(run);
		vg_run_destroy(run);
		run = NULL;
	}
}
static void programs_that_cannot_be_started_fail_the_run(void **state)
{
	(void)state;
	refuse_start = 1;
	start();
	turn();
	assert_int_equal(n_stopped, 1);
	vg_run_on_stopped(run);
	assert_int_equal(exit_code, 1);
}
static void an_unwritable_file_stops_it_before_it_begins(void **state)
{
	const struct vg_run_rooms r = { rooms->loop, rooms->intake, rooms->cases, NULL };
	const struct vg_run_ops ops = { NULL, start_batch, stop_batch, done };
	(void)state;
	spec.objects_path = (char[]){ "/no/such/folder/x" };
	assert_null(vg_run_create(&spec, &r, &ops));
	spec.objects_path = objects_path;
	spec.cases_path = (char[]){ "/no/such/folder/x" };
	assert_null(vg_run_create(&spec, &r, &ops));
	assert_int_equal(n_started, 0);
}
static void a_disk_that_fills_up_fails_the_run(void **state)
{
	(void)state;
	spec.objects_path = (char[]){ "/dev/full" };
	start();
	turn();
	give_record(1, 0);
	turn();
	assert_int_equal(n_stopped, 1);
	vg_run_on_stopped(run);
	assert_int_equal(exit_code, 1);
}
static void every_case_becomes_a_line(void **state)
{
	char cases_path[128];
	(void)state;
	snprintf(cases_path, sizeof(cases_path), "%s/cases", rooms->dir);
	spec.cases_path = cases_path;
	for (uint64_t i = 1; i <= 1500; i++)
		rooms_add_case(rooms, i);
	start();
	turn();
	vg_run_on_drained(run);
	vg_run_on_stopped(run);
	turn();
	assert_int_equal(exit_code, 0);
	assert_int_equal(n_lines(cases_path), 1500);
}
static void a_record_without_attribution_is_a_line_all_the_same(void **state)
{
	struct vg_msg_record record = { .object_id = 5, .state = VG_STATE_TRUNCATED };
	(void)state;
	start();
	turn();
	vg_run_on_record(run, &record, NULL, NULL, NULL, 0);
	vg_run_on_drained(run);
	vg_run_on_stopped(run);
	turn();
	assert_int_equal(n_lines(objects_path), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_run_ends_when_all_is_drained_and_stopped),
		TEST(captures_go_in_batches),
		TEST(a_dataplane_that_fails_fails_the_run),
		TEST(the_word_may_come_behind_the_exit),
		TEST(a_dataplane_that_leaves_without_a_word_fails_the_run),
		TEST(a_failure_while_stopping_counts),
		TEST(a_scan_with_an_unreadable_file_ends_with_its_summary_and_one),
		TEST(hashers_may_die_but_not_for_ever),
		TEST(an_interruption_stops_at_any_point),
		TEST(programs_that_cannot_be_started_fail_the_run),
		TEST(an_unwritable_file_stops_it_before_it_begins),
		TEST(a_disk_that_fills_up_fails_the_run),
		TEST(every_case_becomes_a_line),
		TEST(a_record_without_attribution_is_a_line_all_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
