/* intake: a real lane on real memfds: objects come through as they were sent, every wrong word is counted and left out,
 * nothing is taken that is not sealed, and random descriptors break nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hashing/intake/intake.h"
#include "tests/lib/lane_make.h"
#include "tests/lib/picture.h"

struct fixture {
	struct vg_lane_make maker;
	struct vg_intake *lane;
	struct vg_stats_page stats;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	vg_lane_make_init(&f->maker, 16, 4, 8);
	*state = f;
	return vg_intake_create(&f->maker.geometry, f->maker.fds, 3, 0, &f->stats, &f->lane);
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_intake_destroy(f->lane);
	vg_lane_make_fini(&f->maker);
	free(f);
	return 0;
}

static uint64_t refused(struct fixture *f)
{
	return atomic_load(&f->stats.counters[VG_H_DESC_BAD]);
}

/* Takes one descriptor that must be there. */
static struct vg_intake_event take(struct fixture *f)
{
	struct vg_intake_event ev;
	assert_true(vg_intake_pending(f->lane) > 0);
	vg_intake_take(f->lane, &ev);
	vg_intake_publish(f->lane);
	return ev;
}

static void an_object_knows_when_it_ended_and_the_lane_how_far_it_is(void **state)
{
	struct fixture *f = *state;
	uint64_t id = vg_lane_make_id(5, 77);
	atomic_store(&((struct vg_lane_out *)f->maker.out)->passed, 99);
	assert_int_equal(vg_intake_passed(f->lane), 99);
	vg_lane_make_open(&f->maker, id, 0, 0);
	vg_lane_make_put(&f->maker, &(struct vg_desc){ .type = VG_DESC_CLOSE,
						       .object_id = id,
						       .state = VG_STATE_COMPLETE,
						       .close = { .order = 98 } });
	(void)take(f);
	assert_int_equal(take(f).object->order, 98);
	atomic_store(&((struct vg_lane_out *)f->maker.out)->head, 1ull << 40);
	assert_int_equal(vg_intake_pending(f->lane), -1);
	assert_int_equal(vg_intake_passed(f->lane), UINT64_MAX); /* a broken lane is waited for by nobody */
}

static void an_object_comes_through_as_it_was_sent(void **state)
{
	struct fixture *f = *state;
	uint64_t id = vg_lane_make_id(5, 77);
	struct vg_intake_event ev;
	struct vg_span spans[8];
	struct vg_chain chain;
	struct vg_return r;
	char got[12];

	assert_int_equal(vg_intake_pending(f->lane), 0);
	vg_lane_make_open(&f->maker, id, VG_CODING_GZIP, VG_OPEN_ALL_FILES);
	vg_lane_make_data(&f->maker, id, 0, "hello ", 6);
	vg_lane_make_data(&f->maker, id, 6, "world", 5);
	vg_lane_make_close(&f->maker, id, VG_STATE_COMPLETE, 11);
	assert_int_equal(vg_intake_pending(f->lane), 4);
	ev = take(f);
	assert_int_equal(ev.type, VG_INTAKE_EV_OPEN);
	assert_int_equal(ev.object->codings, VG_CODING_GZIP);
	ev = take(f);
	assert_int_equal(ev.type, VG_INTAKE_EV_DATA);
	assert_memory_equal(ev.bytes.at, "hello ", 6);
	take(f);
	ev = take(f);
	assert_int_equal(ev.type, VG_INTAKE_EV_CLOSE);
	assert_int_equal(ev.object->state, VG_STATE_COMPLETE);
	vg_intake_chain(f->lane, ev.object, spans, 8, &chain);
	assert_int_equal(vg_chain_copy(&chain, 0, got, sizeof(got)), 11);
	assert_memory_equal(got, "hello world", 11);
	assert_int_equal(f->lane->n_objects, 1);
	vg_intake_done(f->lane, ev.object, 1);
	assert_int_equal(f->lane->n_objects, 0);
	assert_true(vg_lane_make_return(&f->maker, &r));
	assert_int_equal(r.type, VG_RETURN_DONE);
	assert_int_equal(r.verdict, 1);
	assert_int_equal(r.object_id, id);
	assert_int_equal(refused(f), 0);
	assert_int_equal(atomic_load(&f->maker.in->tail), 4);
}

static void chunks_go_back_in_order_and_can_come_again(void **state)
{
	struct fixture *f = *state;
	uint64_t id = vg_lane_make_id(0, 1);
	struct vg_return r;

	vg_lane_make_open(&f->maker, id, 0, VG_OPEN_DIGEST_ONLY);
	struct vg_intake_object *o = take(f).object;
	for (int i = 0; i < 200; i++) {
		uint32_t idx = vg_lane_make_data(&f->maker, id, (uint64_t)i * 3, "abc", 3);
		assert_int_equal(take(f).type, VG_INTAKE_EV_DATA);
		assert_true(vg_intake_return_first(f->lane, o));
		assert_false(vg_intake_return_first(f->lane, o));
		assert_true(vg_lane_make_return(&f->maker, &r));
		assert_int_equal(r.chunk_idx, idx);
	}
	assert_int_equal(o->n_bytes, 600);
	assert_int_equal(refused(f), 0);
}

static void descriptors_out_of_range_are_counted_and_left_out(void **state)
{
	struct fixture *f = *state;
	uint64_t id = vg_lane_make_id(1, 9);
	struct vg_desc bad[] = {
		{ .type = VG_DESC_OPEN, .object_id = vg_lane_make_id(8, 1) },  /* no such record */
		{ .type = VG_DESC_OPEN, .object_id = vg_lane_make_id(2, 0) },  /* generation 0 */
		{ .type = VG_DESC_OPEN, .object_id = vg_lane_make_id(1, 10) }, /* the record is in use */
		{ .type = VG_DESC_DATA,
		  .object_id = vg_lane_make_id(1, 8),
		  .data = { 0, 0, 1 } }, /* other generation */
		{ .type = VG_DESC_DATA, .object_id = vg_lane_make_id(3, 1), .data = { 0, 0, 1 } }, /* not open */
		{ .type = VG_DESC_DATA, .object_id = id, .data = { 2, 20, 1 } },                   /* no such chunk */
		{ .type = VG_DESC_DATA, .object_id = id, .data = { 2, 3, 0 } },                    /* empty */
		{ .type = VG_DESC_DATA, .object_id = id, .data = { 2, 3, VG_CHUNK_SMALL + 1 } },
		{ .type = VG_DESC_DATA, .object_id = id, .data = { 2, 16, VG_CHUNK_LARGE + 1 } },
		{ .type = VG_DESC_DATA, .object_id = id, .data = { 2, 0, 1 } }, /* we hold that chunk */
		{ .type = VG_DESC_DATA, .object_id = id, .data = { 1, 4, 1 } }, /* goes back */
		{ .type = VG_DESC_DATA, .object_id = id, .data = { UINT64_MAX, 4, 2 } },
		{ .type = VG_DESC_GAP, .object_id = id, .gap = { UINT64_MAX, 2 } },
		{ .type = VG_DESC_CLOSE, .object_id = vg_lane_make_id(7, 1) },
		{ .type = VG_DESC_DIGEST_ONLY, .object_id = 0 },
		{ .type = 0, .object_id = id },
		{ .type = 77, .object_id = id },
	};

	vg_lane_make_open(&f->maker, id, 0, 0);
	vg_lane_make_data(&f->maker, id, 0, "xx", 2);
	take(f);
	take(f);
	for (size_t i = 0; i < VG_ARRAY_LEN(bad); i++) {
		vg_lane_make_put(&f->maker, &bad[i]);
		assert_int_equal(take(f).type, VG_INTAKE_EV_NONE);
		assert_int_equal(refused(f), i + 1);
	}
	assert_int_equal(f->lane->n_objects, 1);
	assert_int_equal(f->lane->objects[1].n_bytes, 2);
	assert_int_equal(f->lane->objects[1].n_chunks, 1);
}

static void a_body_that_is_not_all_there_is_not_complete(void **state)
{
	struct fixture *f = *state;
	uint64_t id = vg_lane_make_id(1, 1);

	vg_lane_make_open(&f->maker, id, 0, 0);
	vg_lane_make_data(&f->maker, id, 0, "abc", 3);
	vg_lane_make_data(&f->maker, id, 10, "def", 3); /* a hole nobody spoke of */
	vg_lane_make_close(&f->maker, id, VG_STATE_COMPLETE, 6);
	take(f);
	take(f);
	take(f);
	struct vg_intake_object *o = take(f).object;
	assert_int_equal(o->state, VG_STATE_GAP);
	assert_int_equal(o->n_gaps, 1);
	assert_int_equal(o->gap_at[0], 3);
	vg_intake_done(f->lane, o, 0);
	vg_lane_make_open(&f->maker, id + (1ull << 32), 0, 0);
	vg_lane_make_close(&f->maker, id + (1ull << 32), VG_STATE_COMPLETE, 5);
	take(f);
	assert_int_equal(take(f).object->state, VG_STATE_GAP);
}

static void holes_are_remembered_up_to_their_limit_and_counted_beyond(void **state)
{
	struct fixture *f = *state;
	uint64_t id = vg_lane_make_id(1, 1), off = 0;

	vg_lane_make_open(&f->maker, id, 0, 0);
	struct vg_intake_object *o = take(f).object;
	for (unsigned i = 0; i < VG_INTAKE_MAX_GAPS + 2; i++) {
		vg_lane_make_data(&f->maker, id, off, "ab", 2);
		vg_lane_make_gap(&f->maker, id, off + 2, 5);
		vg_lane_make_gap(&f->maker, id, off + 7, 1); /* the same hole, said twice */
		off += 8;
		take(f);
		take(f);
		take(f);
		if (i < VG_INTAKE_MAX_GAPS)
			assert_int_equal(o->gap_at[i], 2 * (i + 1));
	}
	assert_true(o->n_gaps > VG_INTAKE_MAX_GAPS);
	assert_int_equal(refused(f), 0);
}

static void a_head_that_cannot_be_true_ends_the_lane(void **state)
{
	struct fixture *f = *state;
	struct vg_lane_out *out = (void *)f->maker.out;

	atomic_store(&out->head, f->maker.geometry.n_slots + 1);
	assert_int_equal(vg_intake_pending(f->lane), -1);
	atomic_store(&out->head, 0);
	assert_int_equal(vg_intake_pending(f->lane), -1);
	assert_int_equal(refused(f), 1);
}

static void memory_that_is_not_sealed_or_not_of_its_size_is_refused(void **state)
{
	struct fixture *f = *state;
	struct vg_lane_geometry g = f->maker.geometry;
	struct vg_intake *lane;
	size_t n = vg_lane_out_bytes(&g);
	int fds[3] = { vg_memfd_new("x", n), f->maker.fds[1], f->maker.fds[2] };

	assert_int_equal(vg_intake_create(&g, fds, 0, 0, &f->stats, &lane), VG_ESEAL);
	assert_null(lane);
	close(fds[0]);
	fds[0] = f->maker.fds[0];
	g.n_small++;
	assert_int_equal(vg_intake_create(&g, fds, 0, 0, &f->stats, &lane), VG_ERANGE);
	g = f->maker.geometry;
	g.n_attr++;
	assert_int_equal(vg_intake_create(&g, fds, 0, 0, &f->stats, &lane), VG_ERANGE);
	g = f->maker.geometry;
	g.n_slots = 1000;
	assert_int_equal(vg_intake_create(&g, fds, 0, 0, &f->stats, &lane), VG_ERANGE);
	assert_int_equal(vg_intake_create(&f->maker.geometry, (int[3]){ -1, -1, -1 }, 0, 0, &f->stats, &lane),
			 VG_ESEAL);
}

static void random_descriptors_break_nothing_and_leave_no_chunk_behind(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = 42;
	struct vg_return r;

	for (int round = 0; round < 200000; round++) {
		struct vg_desc d = { .type = (uint8_t)(vg_random(&seed) % 7),
				     .state = (uint8_t)(vg_random(&seed) % 8),
				     .object_id = vg_lane_make_id(vg_random(&seed) % 10, vg_random(&seed) % 3) };
		struct vg_intake_event ev;
		d.data.body_off = vg_random(&seed) % 100000;
		d.data.chunk_idx = vg_random(&seed) % 24;
		d.data.n_bytes = vg_random(&seed) % 70000;
		vg_lane_make_put(&f->maker, &d);
		ev = take(f);
		if (ev.type == VG_INTAKE_EV_DATA && vg_random(&seed) % 4 == 0)
			vg_intake_return_first(f->lane, ev.object);
		if (ev.type == VG_INTAKE_EV_CLOSE)
			vg_intake_done(f->lane, ev.object, 0);
		f->maker.ret_tail = atomic_load(&f->maker.in->ret_head); /* not ours to check here */
		atomic_store(&((struct vg_lane_out *)f->maker.out)->ret_tail, f->maker.ret_tail);
	}
	assert_false(vg_lane_make_return(&f->maker, &r));
	uint32_t n_held = 0, n_linked = 0;
	for (uint32_t i = 0; i < 20; i++)
		n_held += f->lane->links[i].owner != 0;
	for (uint32_t i = 0; i < 8; i++)
		n_linked += f->lane->objects[i].phase != VG_INTAKE_FREE ? f->lane->objects[i].n_chunks : 0;
	assert_int_equal(n_held, n_linked);
	assert_false(f->lane->broken);
	assert_true(refused(f) > 1000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(an_object_knows_when_it_ended_and_the_lane_how_far_it_is),
		T(an_object_comes_through_as_it_was_sent),
		T(chunks_go_back_in_order_and_can_come_again),
		T(descriptors_out_of_range_are_counted_and_left_out),
		T(a_body_that_is_not_all_there_is_not_complete),
		T(holes_are_remembered_up_to_their_limit_and_counted_beyond),
		T(a_head_that_cannot_be_true_ends_the_lane),
		T(memory_that_is_not_sealed_or_not_of_its_size_is_refused),
		T(random_descriptors_break_nothing_and_leave_no_chunk_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
