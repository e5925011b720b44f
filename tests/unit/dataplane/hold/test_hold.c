/* hold: which frames wait, what is said to the forwarder, and what a body's record says in the end. The forwarder and
 * the hasher are played by the test, at the two shared pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <vigil/memfd.h>

#include "dataplane/scope/sha256.h"
#include "tests/lib/hold_rig.h"

static void a_small_body_waits_from_its_head_on_and_goes_when_it_is_clean(void **state)
{
	struct rig *r = *state;
	uint64_t passed, held;
	assert_false(begin(r, 1, 0, "GET", 3));
	assert_int_equal(vg_word_what(end(r)), VG_WORD_PASS);
	held = head(r, 1500);
	assert_int_equal(vg_word_what(held), VG_WORD_HOLD);
	assert_int_equal(vg_word_what(more(r, 1000, 0)), VG_WORD_HOLD);
	assert_int_equal(vg_word_what(more(r, 500, 1)), VG_WORD_HOLD);
	assert_false(begin(r, 0, 0, "retransmission", 500)); /* waits behind */
	assert_int_equal(vg_word_what(end(r)), VG_WORD_HOLD);
	assert_false(begin(r, 1, 0, "", 0)); /* the other direction does not */
	assert_int_equal(vg_word_what(end(r)), VG_WORD_PASS);
	assert_int_equal(command(r, held), VG_QUEUE_NONE);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_MATCH);
	assert_true(r->sim.last.open_flags & VG_OPEN_HOLD);
	assert_int_equal(command(r, held), VG_QUEUE_RELEASE);
	assert_int_equal(outcome(r, &passed), VG_HOLD_PASSED);
	answer(r, held, VG_RESULT_RELEASED);
	assert_false(begin(r, 0, 0, "", 10));
	assert_int_equal(vg_word_what(end(r)), VG_WORD_PASS);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_MATCH);
	assert_int_equal(counted(r, VG_C_HOLD_PASSED), 1);
}

static void a_stop_is_answered_in_words_where_nothing_has_passed(void **state)
{
	struct rig *r = *state;
	uint64_t passed, held = head(r, 700);
	(void)more(r, 700, 1);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP);
	assert_int_equal(command(r, held), VG_QUEUE_STOP_451);
	assert_int_equal(outcome(r, &passed), VG_HOLD_PENDING);
	answer(r, held, VG_RESULT_STOPPED);
	assert_int_equal(outcome(r, &passed), VG_HOLD_STOPPED);
	assert_int_equal(passed, 0);
	assert_true(begin(r, 0, 0, "again", 700)); /* the server's retransmission is dropped and answered */
	assert_int_equal(vg_word_what(end(r)), VG_WORD_RESET);
	assert_true(begin(r, 1, 0, "", 0));
	assert_int_equal(vg_word_what(end(r)), VG_WORD_DROP);
	assert_false(begin(r, 1, VG_TCP_SYN, "", 0)); /* a new connection of the same ports is none of that */
	assert_int_equal(vg_word_what(end(r)), VG_WORD_PASS);
	assert_int_equal(counted(r, VG_C_HOLD_STOPPED), 1);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_STOP);
}

static void of_a_large_body_only_the_end_waits(void **state)
{
	struct rig *r = *state;
	uint64_t passed, held = head(r, 100 * MSS), w;
	uint32_t n = 0;
	for (; n < 99; n++) {
		w = more(r, MSS, 0);
		if (n == 0) { /* the kind is known, the end is far: the head goes on */
			assert_int_equal(command(r, held), VG_QUEUE_RELEASE);
			answer(r, held, VG_RESULT_RELEASED);
			continue;
		}
		if (vg_word_what(w) == VG_WORD_HOLD)
			break;
	}
	assert_int_equal(n, 100 - 9 - 1); /* nine segments of ten that may be in flight */
	held = w;
	while (++n < 99)
		assert_int_equal(vg_word_what(more(r, MSS, 0)), VG_WORD_HOLD);
	assert_int_equal(vg_word_what(more(r, MSS, 1)), VG_WORD_HOLD);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP);
	assert_int_equal(command(r, held), VG_QUEUE_STOP);
	answer(r, held, VG_RESULT_STOPPED);
	assert_int_equal(outcome(r, &passed), VG_HOLD_STOPPED);
	assert_int_equal(passed, 90 * MSS);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_STOP);
}

static void where_no_length_is_announced_the_last_bytes_wait_in_a_window(void **state)
{
	struct rig *r = *state;
	uint64_t passed, held = head(r, UINT64_MAX);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(vg_word_what(more(r, MSS, 0)), VG_WORD_HOLD);
	assert_int_equal(command(r, held), VG_QUEUE_RELEASE_TO);
	assert_int_equal(vg_word_tag(r->frames.in->queues[vg_word_queue(held)]), 50 - 9); /* tag 0 is the head */
	(void)more(r, 10, 1);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP);
	assert_int_equal(command(r, held), VG_QUEUE_STOP); /* the head has passed: no words */
	answer(r, held, VG_RESULT_STOPPED);
	assert_int_equal(outcome(r, &passed), VG_HOLD_STOPPED);
	assert_int_equal(passed, 41 * MSS);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_STOP);
}

static void a_sender_that_waits_for_what_is_held_gets_half_of_it(void **state)
{
	struct rig *r = *state;
	uint64_t passed, held;
	r->frames.hold_ms = 80;
	(void)head(r, 9 * MSS);
	held = more(r, MSS, 0);
	for (unsigned i = 0; i < 5; i++)
		(void)more(r, MSS, 0);
	vg_hold_poll(r->hold, r->now_ns += 9000000u);
	assert_int_equal(command(r, held), VG_QUEUE_NONE);
	vg_hold_poll(r->hold, r->now_ns += 2000000u);
	assert_int_equal(command(r, held), VG_QUEUE_RELEASE_TO);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(vg_word_what(more(r, MSS, i == 2)), VG_WORD_HOLD);
	uint32_t tag = vg_word_tag(r->frames.in->queues[vg_word_queue(held)]);
	vg_hold_poll(r->hold, r->now_ns += 70000000u); /* now only the verdict is missing: nothing more goes */
	assert_int_equal(vg_word_tag(r->frames.in->queues[vg_word_queue(held)]), tag);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP);
	assert_int_equal(command(r, held), VG_QUEUE_STOP);
	answer(r, held, VG_RESULT_STOPPED);
	assert_int_equal(outcome(r, &passed), VG_HOLD_STOPPED);
	assert_int_equal(passed, 3 * MSS);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_STOP);
}

static void when_the_forwarder_let_it_go_the_record_says_so(void **state)
{
	struct rig *r = *state;
	uint64_t passed, held = head(r, 700);
	(void)more(r, 700, 1);
	answer(r, held, VG_RESULT_TIME);
	assert_false(begin(r, 0, 0, "", 1));
	assert_int_equal(vg_word_what(end(r)), VG_WORD_PASS); /* nothing waits for it twice */
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP);
	assert_int_equal(outcome(r, &passed), VG_HOLD_LATE);
	assert_int_equal(counted(r, VG_C_HOLD_TIME), 1);
	assert_int_equal(counted(r, VG_C_HOLD_TOO_LATE), 1);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_STOP);
	held = head(r, 700); /* said to be stopped, but it went in the same moment */
	(void)more(r, 700, 1);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP);
	answer(r, held, VG_RESULT_TIME);
	assert_int_equal(outcome(r, &passed), VG_HOLD_LATE);
	assert_false(begin(r, 0, 0, "", 1));
	assert_int_equal(vg_word_what(end(r)), VG_WORD_PASS);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_STOP);
	held = head(r, 700); /* its frame passed before our word came */
	r->out->let_go = r->tag;
	vg_hold_poll(r->hold, r->now_ns);
	assert_int_equal(counted(r, VG_C_HOLD_LATE), 1);
	(void)held;
}

static void a_hasher_stops_so_many_in_a_minute_and_then_no_more(void **state)
{
	struct rig *r = *state;
	uint64_t passed;
	for (unsigned i = 0; i < 4; i++) {
		uint64_t held;
		assert_false(begin(r, 1, VG_TCP_SYN, "", 0));
		(void)end(r);
		if (i == 3)
			vg_hold_poll(r->hold, r->now_ns += 60000000000u);
		held = head(r, 700);
		(void)more(r, 700, 1);
		verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP);
		assert_int_equal(command(r, held), i == 2 ? VG_QUEUE_RELEASE : VG_QUEUE_STOP_451);
		answer(r, held, i == 2 ? VG_RESULT_RELEASED : VG_RESULT_STOPPED);
		assert_int_equal(outcome(r, &passed), i == 2 ? VG_HOLD_BRAKE : VG_HOLD_STOPPED);
		verdict(r, VG_RETURN_DONE, VG_VERDICT_STOP);
	}
	assert_int_equal(counted(r, VG_C_HOLD_BRAKE), 1);
}

static void what_was_known_before_is_stopped_by_its_first_bytes(void **state)
{
	static const uint8_t zeros[VG_KNOWN_HEAD_BYTES];
	struct vg_known_head heads[2] = { { 0, { 0 } }, { 40 * MSS, { 0 } } };
	struct vg_msg_known m = { .generation = 1, .n_heads = 2 };
	struct rig *r = *state;
	struct vg_sha256 s;
	uint64_t held;
	int fd = vg_memfd_new("t", sizeof(heads)), is_over = 0;
	void *at = vg_memfd_map(fd, sizeof(heads), PROT_READ | PROT_WRITE);
	vg_sha256_init(&s);
	vg_sha256_feed(&s, zeros, sizeof(zeros));
	vg_sha256_done(&s, heads[1].sha256);
	memcpy(at, heads, sizeof(heads));
	munmap(at, sizeof(heads));
	assert_int_equal(vg_memfd_seal(fd, VG_SEALS_FINAL), VG_OK);
	assert_int_equal(vg_known_take(vg_hold_known(r->hold), &m, fd), VG_OK);
	close(fd);
	vg_hold_poll(r->hold, r->now_ns);
	held = head(r, 40 * MSS);
	for (unsigned i = 0; i < 17 && !is_over; i++) {
		assert_false(begin(r, 0, 0, "", MSS));
		data(r, MSS);
		is_over = vg_hold_after(r->hold, &r->pkt);
		vg_hold_burst_end(r->hold);
		assert_int_equal(vg_word_what(r->frames.words[r->tag++ & (N_SLOTS - 1)]), VG_WORD_HOLD);
	}
	assert_true(is_over);
	assert_int_equal(command(r, held), VG_QUEUE_STOP);
	assert_int_equal(counted(r, VG_C_HOLD_KNOWN), 1);
	answer(r, held, VG_RESULT_STOPPED);
	assert_int_equal(counted(r, VG_C_HOLD_STOPPED), 1);
}

static void what_cannot_be_cut_or_was_asked_of_nobody_never_waits(void **state)
{
	struct rig *r = *state;
	r->card.proto = VG_PROTO_SMB;
	assert_int_equal(vg_word_what(head(r, 700)), VG_WORD_PASS);
	assert_int_equal(vg_word_what(more(r, 700, 1)), VG_WORD_PASS);
	r->card.proto = VG_PROTO_HTTP2; /* without reset_connection */
	assert_int_equal(vg_word_what(head(r, 700)), VG_WORD_PASS);
	assert_int_equal(vg_word_what(more(r, 700, 1)), VG_WORD_PASS);
	r->card.proto = VG_PROTO_WEBSOCKET; /* the same, in one of its streams */
	r->card.flags |= VG_ATTR_INNER;
	assert_int_equal(vg_word_what(head(r, 700)), VG_WORD_PASS);
	assert_int_equal(vg_word_what(more(r, 700, 1)), VG_WORD_PASS);
	assert_int_equal(counted(r, VG_C_HOLD_BEGUN), 0);
	vg_handoff_poll(r->handoff, r->now_ns);
	vg_sim_run(&r->sim, 64);
	assert_false(r->sim.last.open_flags & VG_OPEN_HOLD);
}

/* A hasher may say what it likes: of what it does not hold, twice, too early, or in words that are none. */
static void verdicts_that_cannot_be_true_are_refused(void **state)
{
	struct rig *r = *state;
	uint64_t held = head(r, 1500);
	(void)more(r, 1000, 0);
	vg_handoff_poll(r->handoff, r->now_ns);
	vg_sim_run(&r->sim, 64);
	uint64_t id = r->sim.objects[r->handoff->lanes[0].geometry.n_attr - 1].id;
	for (unsigned i = 0; i < VG_SIM_OBJECTS; i++)
		id = r->sim.objects[i].is_open ? r->sim.objects[i].id : id;
	r->sim.last.id = id;
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP); /* before its CLOSE */
	assert_int_equal(counted(r, VG_C_RETURN_BAD), 1);
	r->sim.last.id = id + 1;
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP); /* of another slot */
	r->sim.last.id = id + (1ull << 32);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP); /* of another time */
	assert_int_equal(counted(r, VG_C_RETURN_BAD), 3);
	assert_int_equal(command(r, held), VG_QUEUE_NONE);
	(void)more(r, 500, 1);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_N); /* no word */
	assert_int_equal(counted(r, VG_C_RETURN_BAD), 4);
	assert_int_equal(command(r, held), VG_QUEUE_NONE);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_NONE);
	assert_int_equal(command(r, held), VG_QUEUE_RELEASE);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP); /* twice */
	assert_int_equal(counted(r, VG_C_RETURN_BAD), 5);
	assert_int_equal(command(r, held), VG_QUEUE_RELEASE);
	verdict(r, VG_RETURN_DONE, 77);
	assert_int_equal(counted(r, VG_C_RETURN_BAD), 6);
	verdict(r, VG_RETURN_DONE, VG_VERDICT_STOP); /* its first word counts */
	assert_int_equal(counted(r, VG_C_HOLD_STOPPED), 0);
	assert_int_equal(vg_handoff_n_out(r->handoff), 0);
}

static void a_dead_hasher_leaves_nothing_behind(void **state)
{
	struct rig *r = *state;
	uint64_t held = head(r, 700);
	(void)more(r, 700, 1);
	vg_handoff_poll(r->handoff, r->now_ns);
	vg_sim_run(&r->sim, 64);
	vg_sim_detach(&r->sim);
	answer(r, held, VG_RESULT_TIME);
	vg_sim_attach(&r->sim, r->handoff, 0);
	verdict(r, VG_RETURN_VERDICT, VG_VERDICT_STOP); /* the next one's word comes too late */
	verdict(r, VG_RETURN_DONE, VG_VERDICT_STOP);
	assert_int_equal(counted(r, VG_C_HOLD_TOO_LATE), 1);
	assert_int_equal(counted(r, VG_C_RETURN_BAD), 0);
	assert_int_equal(vg_handoff_n_out(r->handoff), 0);
}

static void a_second_worker_is_refused(void **state)
{
	struct vg_dataplane_conf conf = { .n_cores = 2, .n_streams = 1 };
	(void)state;
	assert_null(vg_hold_create(&conf, NULL, NULL)); /* two writers of one page */
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		T(a_small_body_waits_from_its_head_on_and_goes_when_it_is_clean),
		T(a_stop_is_answered_in_words_where_nothing_has_passed),
		T(of_a_large_body_only_the_end_waits),
		T(where_no_length_is_announced_the_last_bytes_wait_in_a_window),
		T(a_sender_that_waits_for_what_is_held_gets_half_of_it),
		T(when_the_forwarder_let_it_go_the_record_says_so),
		T(a_hasher_stops_so_many_in_a_minute_and_then_no_more),
		T(what_was_known_before_is_stopped_by_its_first_bytes),
		T(what_cannot_be_cut_or_was_asked_of_nobody_never_waits),
		T(verdicts_that_cannot_be_true_are_refused),
		T(a_dead_hasher_leaves_nothing_behind),
		cmocka_unit_test(a_second_worker_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
