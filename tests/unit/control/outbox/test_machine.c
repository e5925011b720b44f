/* The rules of filing, row by row, without store, socket or clock; and a random walk over them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/outbox/machine_priv.h"
#include "tests/lib/case_make.h"

#define H_NS 3600000000000ll
static const struct vg_machine_limits limits = { 24 * H_NS, H_NS };

static struct vg_row row_in(enum vg_outbox_state state, const struct vg_case *c)
{
	struct vg_row row = { .pub = { .id = 1, .case_id = 17, .state = state, .queued_ns = 1 },
			      .in_flight = VG_NO_CALL };
	row.n_files = c->n_files;
	row.files = calloc(c->n_files ? c->n_files : 1, sizeof(*row.files));
	if (state >= VG_OUTBOX_UPLOADING && state <= VG_OUTBOX_RETRACTING) {
		row.pub.report_id = 99;
		row.pub.opened_ns = row.pub.changed_ns = 10 * H_NS;
	}
	if (state == VG_OUTBOX_FINISHING)
		row.pub.finish_sent = 1;
	return row;
}
static struct vg_link_result answer(enum vg_call call, int code)
{
	struct vg_link_result r = { .call = call, .outcome = VG_OUTCOME_ANSWERED, .code = code, .http_status = 200 };
	if (call == VG_CALL_SUBMIT && !code)
		r.report_id = 99;
	return r;
}
static struct vg_link_result upload_answer(const struct vg_case *c, unsigned i)
{
	struct vg_link_result r = answer(VG_CALL_UPLOAD, 0);
	r.n_sent_bytes = c->files[i].n_sample_bytes;
	memcpy(r.md5_sent, c->files[i].md5, 16);
	memcpy(r.md5_got, c->files[i].md5, 16);
	r.has_md5_got = 1;
	snprintf(r.file_id, sizeof(r.file_id), "f%u", i);
	return r;
}

static void the_calls_come_in_their_order(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 3);
	struct vg_row row;
	struct vg_machine_next next;
	struct vg_machine_verdict v;
	char trace[64] = "";
	(void)state;

	c->files[1].evidence_id[0] = 0; /* its bytes were not kept: nothing to upload */
	row = row_in(VG_OUTBOX_QUEUED, c);
	for (int i = 0; i < 10 && row.pub.state != VG_OUTBOX_FILED; i++) {
		vg_machine_next(&row, c, &next);
		struct vg_link_result r = next.call == VG_CALL_UPLOAD ? upload_answer(c, next.file_idx)
								      : answer(next.call, 0);
		snprintf(trace + strlen(trace), sizeof(trace) - strlen(trace), "%c%u ", vg_call_str(next.call)[1],
			 next.file_idx);
		vg_machine_apply(&row, c, &r, next.file_idx, 11 * H_NS, &limits, &v);
		assert_false(v.wait);
	}
	assert_string_equal(trace, "u0 p0 p2 i0 i2 i0 ");
	assert_int_equal(row.pub.state, VG_OUTBOX_FILED);
	assert_true(v.receipt);
	vg_row_fini(&row);
	case_drop(c);
}

/* What each answer to each call leads to. */
static const struct {
	enum vg_outbox_state before;
	enum vg_call call;
	enum vg_outcome outcome;
	int code;
	unsigned http;
	enum vg_outbox_state after;
	int wait;
	enum vg_health health;
} rules[] = {
#define A VG_OUTCOME_ANSWERED
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, A, 0, 200, VG_OUTBOX_UPLOADING, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, A, 1000, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, A, 1999, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, A, 1210, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_CLOSED_TO_US },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, A, 2000, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_CLOSED_TO_US },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, A, 3100, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_CLOSED_TO_US },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, A, 4100, 200, VG_OUTBOX_OPENING, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, A, 7777, 200, VG_OUTBOX_HELD, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, VG_OUTCOME_NO_ANSWER, 0, 0, VG_OUTBOX_OPENING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, VG_OUTCOME_INVALID, 0, 0, VG_OUTBOX_OPENING, 0, VG_HEALTH_NONE },
	{ VG_OUTBOX_OPENING, VG_CALL_SUBMIT, VG_OUTCOME_REFUSED, 0, 0, VG_OUTBOX_OPENING, 1, VG_HEALTH_CLOSED_TO_US },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, A, 1111, 200, VG_OUTBOX_RETRACTING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, A, 4200, 200, VG_OUTBOX_RETRACTING, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, A, 5001, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_GOOD },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, A, 5101, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_GOOD },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, A, 5102, 200, VG_OUTBOX_HELD, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, VG_OUTCOME_NOT_SENT, 0, 0, VG_OUTBOX_UPLOADING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, VG_OUTCOME_NO_ANSWER, 0, 0, VG_OUTBOX_RETRACTING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, VG_OUTCOME_BAD_ANSWER, 0, 503, VG_OUTBOX_RETRACTING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, VG_OUTCOME_BAD_ANSWER, 0, 401, VG_OUTBOX_UPLOADING, 1,
	  VG_HEALTH_CLOSED_TO_US },
	{ VG_OUTBOX_UPLOADING, VG_CALL_UPLOAD, VG_OUTCOME_EVIDENCE, 0, 0, VG_OUTBOX_RETRACTING, 0, VG_HEALTH_NONE },
	{ VG_OUTBOX_DESCRIBING, VG_CALL_FILEINFO, A, 0, 200, VG_OUTBOX_DESCRIBING, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_DESCRIBING, VG_CALL_FILEINFO, A, 4100, 200, VG_OUTBOX_DESCRIBING, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_DESCRIBING, VG_CALL_FILEINFO, A, 5002, 200, VG_OUTBOX_RETRACTING, 1, VG_HEALTH_GOOD },
	{ VG_OUTBOX_DESCRIBING, VG_CALL_FILEINFO, VG_OUTCOME_NO_ANSWER, 0, 0, VG_OUTBOX_RETRACTING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_FINISHING, VG_CALL_FINISH, A, 0, 200, VG_OUTBOX_FILED, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_FINISHING, VG_CALL_FINISH, A, 5102, 200, VG_OUTBOX_DONE_WITHOUT_RECEIPT, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_FINISHING, VG_CALL_FINISH, A, 5101, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_GOOD },
	{ VG_OUTBOX_FINISHING, VG_CALL_FINISH, A, 5001, 200, VG_OUTBOX_HELD, 1, VG_HEALTH_GOOD },
	{ VG_OUTBOX_FINISHING, VG_CALL_FINISH, A, 1000, 200, VG_OUTBOX_FINISHING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_FINISHING, VG_CALL_FINISH, A, 4000, 200, VG_OUTBOX_FAILED, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_FINISHING, VG_CALL_FINISH, VG_OUTCOME_NO_ANSWER, 0, 0, VG_OUTBOX_FINISHING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_FINISHING, VG_CALL_FINISH, VG_OUTCOME_BAD_ANSWER, 0, 200, VG_OUTBOX_FINISHING, 1, VG_HEALTH_BAD },
	{ VG_OUTBOX_RETRACTING, VG_CALL_RETRACT, A, 0, 200, VG_OUTBOX_OPENING, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_RETRACTING, VG_CALL_RETRACT, A, 5101, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_GOOD },
	{ VG_OUTBOX_RETRACTING, VG_CALL_RETRACT, A, 5001, 200, VG_OUTBOX_OPENING, 1, VG_HEALTH_GOOD },
	{ VG_OUTBOX_RETRACTING, VG_CALL_RETRACT, A, 5102, 200, VG_OUTBOX_HELD, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_RETRACTING, VG_CALL_RETRACT, A, 4000, 200, VG_OUTBOX_FAILED, 0, VG_HEALTH_GOOD },
	{ VG_OUTBOX_RETRACTING, VG_CALL_RETRACT, VG_OUTCOME_NO_ANSWER, 0, 0, VG_OUTBOX_RETRACTING, 1, VG_HEALTH_BAD },
};
static void every_answer_leads_where_the_rules_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct vg_case *c = case_make(VG_UPLOAD, 2);
		struct vg_row row = row_in(rules[i].before, c);
		struct vg_link_result r = answer(rules[i].call, rules[i].code);
		struct vg_machine_verdict v;
		r.outcome = rules[i].outcome;
		r.http_status = rules[i].http;
		vg_machine_apply(&row, c, &r, 0, 10 * H_NS + 1, &limits, &v);
		if (row.pub.state != rules[i].after || v.wait != rules[i].wait || v.health != rules[i].health)
			fail_msg("rule %zu (%s, %d): %s, wait %d, health %d", i, vg_call_str(rules[i].call),
				 rules[i].code, vg_outbox_state_str(row.pub.state), v.wait, v.health);
		assert_int_equal(row.in_flight, VG_NO_CALL);
		if (row.pub.state == VG_OUTBOX_OPENING)
			assert_true(!row.pub.report_id && !row.pub.finish_sent);
		vg_row_fini(&row);
		case_drop(c);
	}
}
static void a_missing_report_after_its_deadline_is_begun_again(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	struct vg_link_result r = answer(VG_CALL_FINISH, 5001);
	struct vg_machine_verdict v;
	(void)state;
	struct vg_row row = row_in(VG_OUTBOX_FINISHING, c);
	vg_machine_apply(&row, c, &r, 0, 34 * H_NS + 1, &limits, &v);
	assert_int_equal(row.pub.state, VG_OUTBOX_OPENING);
	vg_row_fini(&row);
	/* 24 h are over, but the last change is younger than 1 h: the endpoint must still know it. */
	row = row_in(VG_OUTBOX_FINISHING, c);
	row.pub.changed_ns = 34 * H_NS;
	vg_machine_apply(&row, c, &r, 0, 34 * H_NS + 1, &limits, &v);
	assert_int_equal(row.pub.state, VG_OUTBOX_HELD);
	vg_row_fini(&row);
	case_drop(c);
}
static void the_minimal_document_is_tried_once(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	struct vg_row row = row_in(VG_OUTBOX_OPENING, c);
	struct vg_link_result r = answer(VG_CALL_SUBMIT, 4100);
	struct vg_machine_verdict v;
	(void)state;
	vg_machine_apply(&row, c, &r, 0, 1, &limits, &v);
	assert_true(row.pub.minimal && row.pub.state == VG_OUTBOX_OPENING && v.alarm[0]);
	vg_machine_apply(&row, c, &r, 0, 1, &limits, &v);
	assert_int_equal(row.pub.state, VG_OUTBOX_FAILED);
	assert_non_null(strstr(row.pub.reason, "4100"));
	vg_machine_revive(&row, 5);
	assert_true(row.pub.state == VG_OUTBOX_QUEUED && !row.pub.minimal);
	vg_row_fini(&row);
	case_drop(c);
}
static void a_description_refused_twice_does_not_stop_the_report(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	struct vg_row row = row_in(VG_OUTBOX_DESCRIBING, c);
	struct vg_link_result r = answer(VG_CALL_FILEINFO, 4100);
	struct vg_machine_verdict v;
	struct vg_machine_next next;
	(void)state;
	snprintf(row.files[0].file_id, sizeof(row.files[0].file_id), "f");
	vg_machine_apply(&row, c, &r, 0, 1, &limits, &v);
	vg_machine_apply(&row, c, &r, 0, 1, &limits, &v);
	vg_machine_next(&row, c, &next);
	assert_int_equal(next.call, VG_CALL_FINISH);
	vg_row_fini(&row);
	case_drop(c);
}
static void bytes_that_differ_are_retracted_and_held(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	struct vg_machine_verdict v;
	(void)state;
	for (int what = 0; what < 5; what++) {
		struct vg_row row = row_in(VG_OUTBOX_UPLOADING, c);
		struct vg_link_result r = upload_answer(c, 0), gone = answer(VG_CALL_RETRACT, 0);
		if (what == 0)
			r.md5_got[3] ^= 1;
		else if (what == 1)
			r.md5_got[3] = r.md5_sent[3] = 0xee; /* the endpoint is right, the evidence is not the match */
		else if (what == 2)
			r.n_sent_bytes--;
		else if (what == 3)
			r.has_md5_got = 0;
		else
			r.file_id[0] = 0;
		vg_machine_apply(&row, c, &r, 0, 1, &limits, &v);
		assert_int_equal(row.pub.state, VG_OUTBOX_RETRACTING);
		vg_machine_apply(&row, c, &gone, 0, 2, &limits, &v);
		assert_int_equal(row.pub.state, VG_OUTBOX_HELD);
		assert_non_null(strstr(row.pub.reason, "MD5"));
		vg_row_fini(&row);
	}
	case_drop(c);
}
static void an_answer_for_another_report_is_held(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	struct vg_row row = row_in(VG_OUTBOX_FINISHING, c);
	struct vg_link_result r = answer(VG_CALL_FINISH, 0);
	struct vg_machine_verdict v;
	(void)state;
	r.report_id = 98;
	vg_machine_apply(&row, c, &r, 0, 1, &limits, &v);
	assert_int_equal(row.pub.state, VG_OUTBOX_HELD);
	assert_false(v.receipt);
	vg_row_fini(&row);
	case_drop(c);
}
static void waits_grow_and_stay_within_their_bounds(void **state)
{
	uint64_t random = 88172645463325252u;
	(void)state;
	for (unsigned n = 1; n < 40; n++)
		for (int i = 0; i < 50; i++) {
			random = random * 6364136223846793005u + 1;
			uint64_t ms = vg_machine_wait_ms(n, 0, 2000, 900000, 3600000, random);
			uint64_t top = n < 10 ? 2000ull << (n - 1) : 900000;
			top = top < 900000 ? top : 900000;
			assert_true(ms <= top && ms >= top / 2);
		}
	assert_int_equal(vg_machine_wait_ms(1, 1, 2000, 900000, 3600000, 5), 3600000);
	assert_true(vg_machine_wait_ms(3, 0, 0, 0, 0, 5) == 0);
}

/* An endpoint as the rules describe it, which now and then loses its answer or its mind. It counts finished reports.
 * */
struct model {
	int64_t next_id, open_id, finished_id;
	unsigned n_finished;
	int uploaded;
};
static struct vg_link_result model_call(struct model *m, const struct vg_case *c, const struct vg_row *row,
					const struct vg_machine_next *next, unsigned *random)
{
	unsigned dice = (unsigned)rand_r(random) % 10;
	struct vg_link_result r = next->call == VG_CALL_UPLOAD ? upload_answer(c, next->file_idx)
							       : answer(next->call, 0);
	int64_t id = row->pub.report_id;

	if (dice == 0) {
		r.outcome = VG_OUTCOME_NOT_SENT;
		return r;
	}
	if (dice == 1) {
		r.code = 1000;
		return r;
	}
	if (next->call == VG_CALL_SUBMIT) {
		m->open_id = r.report_id = ++m->next_id;
		m->uploaded = 0;
	} else if (id == m->finished_id) {
		r.code = 5102;
	} else if (id != m->open_id) {
		r.code = 5101;
	} else if (next->call == VG_CALL_UPLOAD) {
		m->uploaded++;
	} else if (next->call == VG_CALL_FINISH) {
		assert_int_equal(m->uploaded, 2);
		m->n_finished++;
		m->finished_id = id;
		m->open_id = 0;
	} else if (next->call == VG_CALL_RETRACT) {
		m->open_id = 0;
	}
	if (dice == 2)
		r.outcome = VG_OUTCOME_NO_ANSWER;
	if (dice == 3)
		r.outcome = VG_OUTCOME_BAD_ANSWER;
	return r;
}
static void whatever_gets_lost_one_report_is_finished(void **state)
{
	unsigned random = 4711, n_receipts = 0;
	(void)state;
	printf("seed 4711\n");
	for (int round = 0; round < 5000; round++) {
		struct vg_case *c = case_make(VG_UPLOAD, 2);
		struct vg_row row = row_in(VG_OUTBOX_QUEUED, c);
		struct model m = { .next_id = 1000 };
		int i;
		for (i = 0; i < 2000 && row.pub.state <= VG_OUTBOX_RETRACTING; i++) {
			struct vg_machine_next next;
			struct vg_machine_verdict v;
			vg_machine_next(&row, c, &next);
			row.in_flight = (int)next.call;
			row.in_flight_file = next.file_idx;
			row.pub.finish_sent |= next.call == VG_CALL_FINISH;
			struct vg_link_result r = model_call(&m, c, &row, &next, &random);
			if (rand_r(&random) % 12 == 0) /* killed before the result was committed */
				vg_machine_lost(&row, c, 10 * H_NS, &limits, &v);
			else
				vg_machine_apply(&row, c, &r, next.file_idx, 10 * H_NS, &limits, &v);
		}
		assert_int_equal(m.n_finished, 1);
		assert_true(row.pub.state == VG_OUTBOX_FILED || row.pub.state == VG_OUTBOX_DONE_WITHOUT_RECEIPT);
		n_receipts += row.pub.state == VG_OUTBOX_FILED;
		vg_row_fini(&row);
		case_drop(c);
	}
	assert_true(n_receipts > 3000 && n_receipts < 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_calls_come_in_their_order),
		cmocka_unit_test(every_answer_leads_where_the_rules_say),
		cmocka_unit_test(a_missing_report_after_its_deadline_is_begun_again),
		cmocka_unit_test(the_minimal_document_is_tried_once),
		cmocka_unit_test(a_description_refused_twice_does_not_stop_the_report),
		cmocka_unit_test(bytes_that_differ_are_retracted_and_held),
		cmocka_unit_test(an_answer_for_another_report_is_held),
		cmocka_unit_test(waits_grow_and_stay_within_their_bounds),
		cmocka_unit_test(whatever_gets_lost_one_report_is_finished),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
