/* hold: responses to requests for listed URLs are stopped from their first byte on, whatever they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/hold_rig.h"

static void listed(struct rig *r)
{
	r->card.flags = VG_ATTR_LISTED | VG_ATTR_STOP;
}

static void what_is_listed_by_its_url_is_stopped_with_its_head(void **state)
{
	struct rig *r = *state;
	uint64_t passed, held;

	listed(r);
	held = head(r, 40 * MSS);
	assert_int_equal(vg_word_what(held), VG_WORD_HOLD);
	assert_int_equal(command(r, held), VG_QUEUE_STOP_451);
	r->sink.close(r->sink.ctx, r->body, VG_STATE_ABORTED, 1); /* its connection is ended: its record goes out */
	r->body = NULL;
	vg_handoff_poll(r->handoff, r->now_ns);
	vg_sim_run(&r->sim, 64);
	assert_true(r->sim.last.open_flags & VG_OPEN_LISTED);
	assert_int_equal(outcome(r, &passed), VG_HOLD_PENDING);
	answer(r, held, VG_RESULT_STOPPED);
	assert_int_equal(outcome(r, &passed), VG_HOLD_STOPPED);
	assert_int_equal(passed, 0);
	assert_int_equal(counted(r, VG_C_HOLD_URL), 1);
	assert_int_equal(counted(r, VG_C_HOLD_KNOWN), 0);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_MATCH);
}

static void a_response_that_fits_into_one_frame_is_stopped_too(void **state)
{
	struct rig *r = *state;
	uint64_t held;

	listed(r);
	assert_false(begin(r, 0, 0, HEAD, 60));
	open_body(r, 20);
	data(r, 20);
	close_body(r);
	held = end(r);
	assert_int_equal(vg_word_what(held), VG_WORD_HOLD);
	assert_int_equal(command(r, held), VG_QUEUE_STOP_451);
	answer(r, held, VG_RESULT_STOPPED);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_MATCH);
}

static void one_that_no_hasher_takes_is_stopped_too(void **state)
{
	struct rig *r = *state;
	uint64_t held;

	listed(r);
	vg_sim_detach(&r->sim);
	assert_false(begin(r, 0, 0, HEAD, MSS));
	open_body(r, 900);
	data(r, 900);
	held = end(r);
	assert_int_equal(command(r, held), VG_QUEUE_STOP_451);
	answer(r, held, VG_RESULT_STOPPED);
	assert_int_equal(counted(r, VG_C_HOLD_STOPPED), 1);
	assert_true(begin(r, 0, 0, "again", 700));
	assert_int_equal(vg_word_what(end(r)), VG_WORD_RESET);
	data(r, 10);
	close_body(r);
}

static void an_upload_to_a_listed_url_is_stopped(void **state)
{
	struct rig *r = *state;
	uint64_t held;

	listed(r);
	r->card.direction = VG_UPLOAD;
	held = head(r, 5 * MSS);
	assert_int_equal(command(r, held), VG_QUEUE_STOP); /* no answer in words to who sends */
	answer(r, held, VG_RESULT_STOPPED);
	r->sink.close(r->sink.ctx, r->body, VG_STATE_ABORTED, 1);
	r->body = NULL;
	vg_handoff_poll(r->handoff, r->now_ns);
	vg_sim_run(&r->sim, 64);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_NONE);
}

static void where_a_connection_cannot_be_cut_it_goes_on_and_is_told(void **state)
{
	struct rig *r = *state;

	listed(r);
	r->card.proto = VG_PROTO_HTTP2;
	assert_int_equal(vg_word_what(head(r, 700)), VG_WORD_PASS);
	assert_int_equal(vg_word_what(more(r, 700, 1)), VG_WORD_PASS);
	vg_handoff_poll(r->handoff, r->now_ns);
	vg_sim_run(&r->sim, 64);
	assert_true(r->sim.last.open_flags & VG_OPEN_LISTED);
	assert_int_equal(counted(r, VG_C_HOLD_URL), 0);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_NONE);
}

static void a_list_that_does_not_say_block_stops_nothing(void **state)
{
	struct rig *r = *state;
	uint64_t held;

	r->card.flags = VG_ATTR_LISTED;
	held = head(r, 700);
	assert_int_equal(command(r, held), VG_QUEUE_NONE);
	(void)more(r, 700, 1);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_NONE);
	assert_int_equal(command(r, held), VG_QUEUE_RELEASE);
	answer(r, held, VG_RESULT_RELEASED);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_NONE);
}

#define T(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_listed_by_its_url_is_stopped_with_its_head),
		T(a_response_that_fits_into_one_frame_is_stopped_too),
		T(one_that_no_hasher_takes_is_stopped_too),
		T(an_upload_to_a_listed_url_is_stopped),
		T(where_a_connection_cannot_be_cut_it_goes_on_and_is_told),
		T(a_list_that_does_not_say_block_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
