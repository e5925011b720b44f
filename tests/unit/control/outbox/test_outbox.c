/* The outbox with the real reporter against the real local endpoint: every fault at every call, and both sides killed
 * between and inside all calls: in the end one finished report with the right bytes for each case, or a held case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/filing_more.h"

#define N_BYTES 300000u

static struct filing *begin(void)
{
	struct filing *f = calloc(1, sizeof(*f));
	filing_start(f);
	return f;
}
static void end(struct filing *f)
{
	filing_end(f);
	free(f);
}
static void assert_filed_once(struct filing *f, unsigned seed)
{
	unsigned n_odd = 0;
	assert_int_equal(filing_finished(f, seed, N_BYTES, &n_odd), 1);
	assert_int_equal(n_odd, 0);
}
static enum vg_case_state case_state(struct filing *f, int64_t id)
{
	struct vg_case c;
	assert_int_equal(vg_cases_load(f->cases, id, &c), VG_OK);
	enum vg_case_state state = c.state;
	vg_case_free(&c);
	return state;
}

static void a_queued_case_becomes_a_finished_report_with_its_bytes(void **state)
{
	struct filing *f = begin();
	int64_t id = filing_add(f, 1, N_BYTES);
	struct vg_outbox_row row;
	(void)state;

	assert_true(filing_run(f, 10000));
	assert_filed_once(f, 1);
	assert_int_equal(case_state(f, id), VG_CASE_FILED);
	assert_int_equal(vg_outbox_find(f->outbox, id, &row), VG_OK);
	assert_int_equal(row.state, VG_OUTBOX_FILED);
	assert_true(row.report_id > 0 && row.done_ns > 0 && row.n_uploaded == 1 && row.n_described == 1);
	assert_int_equal(f->n_filed, 1);
	assert_int_equal(vg_audit_verify(f->audit, NULL, NULL, NULL), VG_OK);
	end(f);
}
static void an_empty_and_a_large_file_arrive_whole(void **state)
{
	struct filing *f = begin();
	unsigned n_odd = 0;
	(void)state;
	filing_add(f, 1, 0);
	filing_add(f, 2, 20u << 20);
	assert_true(filing_run(f, 30000));
	assert_int_equal(filing_finished(f, 1, 0, &n_odd), 1);
	assert_int_equal(filing_finished(f, 2, 20u << 20, &n_odd), 1);
	assert_int_equal(n_odd, 0);
	end(f);
}
static int count_call(void *user, const struct vg_outbox_call *call)
{
	unsigned *n = user;
	n[call->call]++;
	if (call->call == VG_CALL_SUBMIT) {
		assert_non_null(strstr(call->document, "<incidentType>"));
		assert_non_null(strstr(call->answer, "<reportId>"));
		assert_true(call->request_id[0] != 0);
	}
	return 0;
}
static void documents_and_answers_are_kept_as_sent_and_received(void **state)
{
	struct filing *f = begin();
	int64_t id = filing_add(f, 1, N_BYTES);
	unsigned n[VG_CALL_N] = { 0 };
	struct vg_outbox_row row;
	(void)state;

	assert_true(filing_run(f, 10000));
	assert_int_equal(vg_outbox_find(f->outbox, id, &row), VG_OK);
	assert_int_equal(vg_outbox_calls(f->outbox, row.id, count_call, n), VG_OK);
	assert_true(n[VG_CALL_SUBMIT] == 1 && n[VG_CALL_UPLOAD] == 1 && n[VG_CALL_FILEINFO] == 1 &&
		    n[VG_CALL_FINISH] == 1);
	end(f);
}

static void every_fault_at_every_call_ends_in_one_finished_report(void **state)
{
	static const char *const calls[] = { "submit", "upload", "fileinfo", "finish" };
	static const char *const kinds[] = { "401", "500",  "503",     "429",     "slow",
					     "cut", "lost", "rubbish", "doctype", "huge" };
	struct filing *f = begin();
	unsigned seed = 100;
	(void)state;

	for (size_t i = 0; i < VG_ARRAY_LEN(calls); i++)
		for (size_t k = 0; k < VG_ARRAY_LEN(kinds); k++) {
			filing_fault(f, calls[i], kinds[k], 1 + k % 2, 50);
			filing_add(f, ++seed, N_BYTES);
			assert_true(filing_run(f, 20000));
			json_decref(filing_admin(f, 1, "clear"));
			assert_filed_once(f, seed);
		}
	assert_int_equal(f->n_held, 0);
	assert_int_equal(f->n_filed, seed - 100);
	end(f);
}
static void a_refused_document_is_followed_by_a_minimal_one(void **state)
{
	struct filing *f = begin();
	int64_t id;
	struct vg_outbox_row row;
	(void)state;

	filing_fault(f, "submit", "4100", 1, 0);
	id = filing_add(f, 1, N_BYTES);
	assert_true(filing_run(f, 10000));
	assert_filed_once(f, 1);
	assert_int_equal(vg_outbox_find(f->outbox, id, &row), VG_OK);
	assert_true(row.minimal && row.state == VG_OUTBOX_FILED && f->n_alarms >= 1);
	end(f);
}
static void a_document_refused_twice_fails_and_can_be_tried_again(void **state)
{
	struct filing *f = begin();
	int64_t id;
	struct vg_outbox_row row;
	(void)state;

	filing_fault(f, "submit", "4100", 2, 0);
	id = filing_add(f, 1, N_BYTES);
	assert_true(filing_run(f, 10000));
	assert_int_equal(vg_outbox_find(f->outbox, id, &row), VG_OK);
	assert_int_equal(row.state, VG_OUTBOX_FAILED);
	assert_int_equal(case_state(f, id), VG_CASE_HELD);
	assert_int_equal(vg_outbox_retry_now(f->outbox, row.id), VG_OK);
	assert_true(filing_run(f, 10000));
	assert_filed_once(f, 1);
	assert_int_equal(case_state(f, id), VG_CASE_FILED);
	end(f);
}
static void another_md5_retracts_and_holds(void **state)
{
	struct filing *f = begin();
	int64_t id;
	unsigned n_odd = 0;
	json_t *all;
	(void)state;

	filing_fault(f, "upload", "md5", 1, 0);
	id = filing_add(f, 1, N_BYTES);
	assert_true(filing_run(f, 10000));
	assert_int_equal(case_state(f, id), VG_CASE_HELD);
	assert_int_equal(filing_finished(f, 1, N_BYTES, &n_odd), 0);
	all = filing_admin(f, 0, "reports");
	assert_string_equal(json_string_value(json_object_get(json_array_get(all, 0), "state")), "retracted");
	json_decref(all);
	assert_int_equal(f->n_held, 1);
	end(f);
}
static void an_expired_report_is_begun_again(void **state)
{
	static const char *const calls[] = { "upload", "fileinfo" };
	struct filing *f = begin();
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(calls); i++) {
		filing_fault(f, calls[i], "expire", 1, 0);
		filing_add(f, i + 1, N_BYTES);
		assert_true(filing_run(f, 10000));
		assert_filed_once(f, i + 1);
	}
	/* finish was sent, and too early for the deadline: nobody can know, so a person must. */
	filing_fault(f, "finish", "expire", 1, 0);
	int64_t id = filing_add(f, 3, N_BYTES);
	assert_true(filing_run(f, 10000));
	assert_int_equal(case_state(f, id), VG_CASE_HELD);
	end(f);
}
static void damaged_evidence_is_never_filed(void **state)
{
	struct filing *f = begin();
	int64_t id;
	struct vg_case c;
	char path[900], byte = 0;
	int fd;
	unsigned n_odd = 0;
	(void)state;
	filing_kill(&f->reporter, SIGKILL);
	id = filing_add(f, 1, N_BYTES);
	assert_int_equal(vg_cases_load(f->cases, id, &c), VG_OK);
	snprintf(path, sizeof(path), "%s/evidence/%s.vge", f->dir, c.files[0].evidence_id);
	vg_case_free(&c);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0 && pread(fd, &byte, 1, 200000) == 1);
	byte ^= 1; /* sealed bytes are random: one that is only written could be there already */
	assert_int_equal(pwrite(fd, &byte, 1, 200000), 1);
	close(fd);
	filing_reporter(f);
	assert_true(filing_run(f, 10000));
	assert_int_equal(case_state(f, id), VG_CASE_HELD);
	assert_int_equal(filing_finished(f, 1, N_BYTES, &n_odd), 0);
	end(f);
}

static void kill_reporter(struct filing *f)
{
	filing_kill(&f->reporter, SIGKILL);
	filing_reporter(f);
}
static void a_reporter_killed_between_any_two_calls_files_once(void **state)
{
	struct filing *f = begin();
	(void)state;
	for (unsigned step = 1; step <= 4; step++) {
		f->n_steps = 0;
		f->stop_at_step = step;
		f->hook = kill_reporter;
		filing_add(f, step, N_BYTES);
		assert_true(filing_run(f, 20000));
		assert_filed_once(f, step);
	}
	assert_int_equal(f->n_held, 0);
	end(f);
}
static void a_reporter_killed_inside_any_call_files_once(void **state)
{
	static const char *const kinds[] = { "slow", "stall" }; /* before and after the call takes effect */
	struct filing *f = begin();
	unsigned seed = 0;
	(void)state;

	for (unsigned call = VG_CALL_SUBMIT; call <= VG_CALL_FINISH; call++)
		for (unsigned k = 0; k < 2; k++) {
			unsigned n_ms = 0;
			filing_fault(f, vg_call_str(call), kinds[k], 1, 150);
			filing_add(f, ++seed, N_BYTES);
			while (!(f->outbox->job.row_id && f->outbox->job.call == call) && n_ms++ < 2000)
				vg_loop_step(f->loop, 5);
			for (int i = 0; i < 8; i++)
				vg_loop_step(f->loop, 10);
			assert_true(f->outbox->job.row_id && f->outbox->job.call == call);
			kill_reporter(f);
			assert_true(filing_run(f, 20000));
			assert_filed_once(f, seed);
		}
	assert_int_equal(f->n_held, 0);
	end(f);
}

static void die(struct filing *f)
{
	(void)f;
	raise(SIGKILL);
}
/* vigild in a process of its own, which kills itself at a step or is killed after some time; the reporter lives on.
 * */
static int run_vigild(struct filing *f, unsigned stop_at_step, unsigned kill_after_ms)
{
	pid_t pid = fork();
	int status, settled;
	if (pid == 0) {
		filing_open(f);
		f->n_steps = 0;
		f->stop_at_step = stop_at_step;
		f->hook = die;
		settled = filing_run(f, 20000);
		_exit(settled ? 0 : 1);
	}
	if (kill_after_ms) {
		usleep(kill_after_ms * 1000);
		kill(pid, SIGKILL);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
static void a_vigild_killed_at_any_moment_files_once(void **state)
{
	struct filing *f = begin();
	unsigned random = 12345, seed;
	(void)state;

	printf("seed 12345\n");
	for (seed = 1; seed <= 12; seed++) {
		int ended = -1;
		filing_add(f, seed, N_BYTES);
		filing_close(f);
		if (seed <= 4)
			ended = run_vigild(f, seed, 0);
		for (int i = 0; i < 3 && seed > 4 && ended < 0; i++) {
			random = random * 1103515245 + 12345;
			ended = run_vigild(f, 0, 60 + (random >> 16) % 120);
		}
		if (ended < 0)
			ended = run_vigild(f, 0, 0);
		assert_int_equal(ended, 0);
		filing_open(f);
		assert_filed_once(f, seed);
	}
	end(f);
}
static void dismissed_cases_do_not_go_out(void **state)
{
	struct filing *f = begin();
	int64_t id;
	struct vg_outbox_row row;
	unsigned n_odd = 0;
	(void)state;

	filing_fault(f, "submit", "4100", 2, 0);
	id = filing_add(f, 1, N_BYTES);
	assert_true(filing_run(f, 10000));
	assert_int_equal(vg_cases_dismiss(f->cases, id, "uid:1", "a test"), VG_OK);
	assert_int_equal(vg_outbox_find(f->outbox, id, &row), VG_OK);
	assert_int_equal(vg_outbox_retry_now(f->outbox, row.id), VG_ECONFLICT);
	assert_true(filing_run(f, 2000));
	assert_int_equal(filing_finished(f, 1, N_BYTES, &n_odd), 0);
	end(f);
}
static void epochs_rotate_and_end_when_settled(void **state)
{
	struct filing *f = begin();
	uint64_t first = vg_evidence_epoch(f->evidence);
	char path[300];
	(void)state;

	filing_add(f, 1, N_BYTES);
	assert_int_equal(vg_outbox_destroy_epoch(f->outbox, first), VG_ECONFLICT);
	assert_true(filing_run(f, 10000));
	assert_int_equal(vg_outbox_rotate_epoch(f->outbox), VG_OK);
	for (int i = 0; i < 200 && vg_evidence_epoch(f->evidence) != first + 1; i++)
		vg_loop_step(f->loop, 10);
	assert_int_equal(vg_evidence_epoch(f->evidence), first + 1);
	snprintf(path, sizeof(path), "%s/reporter/epoch-%llu.key", f->dir, (unsigned long long)first);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(vg_outbox_destroy_epoch(f->outbox, first), VG_OK);
	for (int i = 0; i < 200 && !access(path, F_OK); i++)
		vg_loop_step(f->loop, 10);
	assert_int_not_equal(access(path, F_OK), 0);
	filing_add(f, 2, N_BYTES);
	assert_true(filing_run(f, 10000));
	assert_filed_once(f, 2);
	end(f);
}
static void a_reporter_that_lost_its_folder_files_what_is_new(void **state)
{
	struct filing *f = begin();
	char command[200];
	(void)state;

	filing_kill(&f->reporter, SIGKILL);
	int64_t lost = filing_add(f, 1, N_BYTES);
	snprintf(command, sizeof(command), "rm -rf %s/reporter", f->dir);
	assert_int_equal(system(command), 0);
	sleep(1); /* its key is named by the second */
	filing_reporter(f);
	assert_true(filing_run(f, 10000));
	assert_int_equal(case_state(f, lost), VG_CASE_HELD);
	assert_true(f->n_alarms >= 1);
	filing_add(f, 2, N_BYTES);
	assert_true(filing_run(f, 10000));
	assert_filed_once(f, 2);
	end(f);
}
static void faults_while_retracting_still_end_in_one_report(void **state)
{
	static const char *const kinds[] = { "401", "500", "cut", "lost", "rubbish" };
	struct filing *f = begin();
	(void)state;

	for (unsigned k = 0; k < VG_ARRAY_LEN(kinds); k++) {
		filing_fault(f, "upload", "lost", 1, 0);
		filing_fault(f, "retract", kinds[k], 1, 0);
		filing_add(f, k + 1, N_BYTES);
		assert_true(filing_run(f, 20000));
		assert_filed_once(f, k + 1);
	}
	assert_int_equal(f->n_held, 0);
	end(f);
}
static void an_endpoint_that_is_away_alarms_once_and_nothing_is_lost(void **state)
{
	struct filing *f = begin();
	char port[16];
	struct vg_outbox_row row;
	(void)state;

	f->outbox->conf.n_breaker = 3;
	filing_stop(&f->endpoint, "the endpoint's end");
	int64_t id = filing_add(f, 1, N_BYTES);
	(void)filing_run(f, 1200);
	struct vg_outbox_counts counts;
	vg_outbox_counts(f->outbox, &counts);
	assert_true(counts.breaker_open && counts.oldest_pending_ns > 0);
	assert_int_equal(f->n_alarms, 1);
	assert_int_equal(vg_outbox_find(f->outbox, id, &row), VG_OK);
	assert_true(row.n_attempts >= 3 && row.state == VG_OUTBOX_OPENING);
	snprintf(port, sizeof(port), "%s", strrchr(f->url, ':') + 1);
	*strchr(port, '/') = 0;
	f->endpoint = filing_spawn(f, "vigil-endpoint", "--state", filing_path(f, "endpoint"), "--port", port);
	assert_true(filing_run(f, 10000));
	assert_filed_once(f, 1);
	vg_outbox_counts(f->outbox, &counts);
	assert_true(!counts.breaker_open && !counts.oldest_pending_ns && counts.n_state[VG_OUTBOX_FILED] == 1);
	assert_int_equal(f->n_alarms, 1);
	end(f);
}
static void a_name_that_does_not_resolve_waits_and_kills_nobody(void **state)
{
	struct filing *f = begin();
	struct vg_outbox_row row;
	char url[128];
	(void)state;

	snprintf(url, sizeof(url), "%s", f->url);
	filing_close(f);
	snprintf(f->url, sizeof(f->url), "https://no-such-host.invalid/ispws");
	filing_open(f);
	int64_t id = filing_add(f, 1, N_BYTES);
	for (int i = 0; i < 500 && f->n_steps < 1; i++)
		vg_loop_step(f->loop, 20);
	assert_int_equal(vg_outbox_find(f->outbox, id, &row), VG_OK);
	assert_true(row.n_attempts >= 1 && row.state == VG_OUTBOX_OPENING);
	assert_non_null(strstr(row.last_text, "resolve"));
	assert_int_equal(waitpid(f->reporter, NULL, WNOHANG), 0);
	snprintf(f->url, sizeof(f->url), "%s", url);
	end(f);
}
static unsigned alarms_after(struct filing *f)
{
	for (int i = 0; i < 30; i++) {
		f->outbox->last_window_check_ns = 0;
		vg_loop_step(f->loop, 20);
	}
	return f->n_alarms;
}
static void a_report_that_takes_too_long_alarms_once(void **state)
{
	struct filing *f = begin();
	(void)state;
	filing_kill(&f->reporter, SIGKILL);
	filing_add(f, 1, N_BYTES);
	f->outbox->limits.expiry_open_ns = 4000000; /* so that 3 ms are three quarters of it */
	assert_int_equal(alarms_after(f), 1);
	f->outbox->conf.alarm_ms = 3600000; /* what the operator says goes first */
	filing_add(f, 2, N_BYTES);
	assert_int_equal(alarms_after(f), 1);
	f->outbox->conf.alarm_ms = 1;
	assert_int_equal(alarms_after(f), 2);
	end(f);
}
static void a_production_endpoint_is_refused(void **state)
{
	struct filing *f = begin();
	struct vg_outbox_conf conf = f->outbox->conf;
	enum vg_err err;
	(void)state;
	snprintf(conf.link.url, sizeof(conf.link.url), "https://report.cybertip.org/ispws");
	conf.link.environment = VG_ENVIRONMENT_PRODUCTION;
	snprintf(conf.link.production_key, sizeof(conf.link.production_key), VG_PRODUCTION_KEY);
	assert_null(vg_outbox_create(f->store, f->loop, f->cases, f->audit, f->evidence, &conf, &err));
	assert_int_equal(err, VG_EDENIED);
	end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queued_case_becomes_a_finished_report_with_its_bytes),
		cmocka_unit_test(an_empty_and_a_large_file_arrive_whole),
		cmocka_unit_test(documents_and_answers_are_kept_as_sent_and_received),
		cmocka_unit_test(every_fault_at_every_call_ends_in_one_finished_report),
		cmocka_unit_test(a_refused_document_is_followed_by_a_minimal_one),
		cmocka_unit_test(a_document_refused_twice_fails_and_can_be_tried_again),
		cmocka_unit_test(another_md5_retracts_and_holds),
		cmocka_unit_test(an_expired_report_is_begun_again),
		cmocka_unit_test(damaged_evidence_is_never_filed),
		cmocka_unit_test(a_reporter_killed_between_any_two_calls_files_once),
		cmocka_unit_test(a_reporter_killed_inside_any_call_files_once),
		cmocka_unit_test(a_vigild_killed_at_any_moment_files_once),
		cmocka_unit_test(dismissed_cases_do_not_go_out),
		cmocka_unit_test(epochs_rotate_and_end_when_settled),
		cmocka_unit_test(a_reporter_that_lost_its_folder_files_what_is_new),
		cmocka_unit_test(faults_while_retracting_still_end_in_one_report),
		cmocka_unit_test(an_endpoint_that_is_away_alarms_once_and_nothing_is_lost),
		cmocka_unit_test(a_name_that_does_not_resolve_waits_and_kills_nobody),
		cmocka_unit_test(a_report_that_takes_too_long_alarms_once),
		cmocka_unit_test(a_production_endpoint_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
