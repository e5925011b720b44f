/* ring: what an inspector reads is what was written, against a model; a full ring sheds and never waits; a page full of
 * rubbish harms nothing but its writer's own view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "forward/ring/ring.h"

#define N_SLOTS 64u
#define N_BYTES VG_FRAME_RING_MIN_BYTES

struct rig {
	struct vg_ring *ring;
	struct vg_stats_page *stats;
	struct vg_frame_ring_in *in; /* the inspector's page: here it is ours */
};

static int rig_open(void **state)
{
	static const struct vg_frame_ring_geometry geometry = { N_SLOTS, N_BYTES };
	struct rig *r = calloc(1, sizeof(*r));
	r->stats = calloc(1, VG_STATS_BYTES);
	r->in = aligned_alloc(64, VG_FRAME_RING_PAGE);
	memset(r->in, 0, VG_FRAME_RING_PAGE);
	r->ring = vg_ring_create(&geometry, r->stats);
	*state = r;
	return r->ring ? 0 : -1;
}

static int rig_close(void **state)
{
	struct rig *r = *state;
	vg_ring_destroy(r->ring);
	free(r->stats);
	free(r->in);
	free(r);
	return 0;
}

static void offer(struct rig *r)
{
	r->in->tail = 0;
	r->ring->in = r->in;
	r->ring->state = VG_RING_OFFERED;
	assert_true(vg_ring_poll(r->ring));
}

static uint64_t counted(const struct rig *r, unsigned counter)
{
	return r->stats->counters[counter];
}

/* The byte at place i of frame number n. */
static uint8_t byte_of(uint64_t n, uint32_t i)
{
	return (uint8_t)(n * 131 + i * 7 + (i >> 8));
}

static int put(struct rig *r, uint64_t n, uint32_t n_bytes)
{
	struct vg_frame_slot slot = { .mono_ns = n, .wall_ns = (int64_t)n, .direction = n & 1 };
	uint8_t *to = vg_ring_reserve(r->ring, n_bytes);
	if (!to)
		return 0;
	assert_true(to >= r->ring->area && to + n_bytes <= r->ring->area + N_BYTES);
	for (uint32_t i = 0; i < n_bytes; i++)
		to[i] = byte_of(n, i);
	vg_ring_commit(r->ring, &slot, n_bytes);
	return 1;
}

static void frames_come_out_as_they_went_in_against_a_model(void **state)
{
	struct rig *r = *state;
	struct {
		uint64_t n;
		uint32_t n_bytes;
	} model[N_SLOTS]; /* what is under way */
	uint64_t n_in = 0, n_out = 0, n_shed = 0, n_model_bytes = 0;
	unsigned seed = getenv("VIGIL_SEED") ? (unsigned)atoi(getenv("VIGIL_SEED")) : (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	srand(seed);
	offer(r);
	for (unsigned step = 0; step < 60000; step++) {
		if (rand() % 100 < (step / 5000 % 2 ? 40 : 60)) {
			uint32_t n_bytes = rand() % 20 ? 1 + (uint32_t)rand() % 1514
						       : 1 + (uint32_t)rand() % VG_FRAME_MAX_BYTES;
			if (put(r, n_in + n_shed, n_bytes)) {
				model[n_in % N_SLOTS].n = n_in + n_shed;
				model[n_in++ % N_SLOTS].n_bytes = n_bytes;
				n_model_bytes += n_bytes;
			} else {
				/* only for a reason: half the area or all slots are in use */
				assert_true(n_in - n_out == N_SLOTS ||
					    n_model_bytes + 2 * n_bytes + N_SLOTS * 64 > N_BYTES / 2);
				n_shed++;
			}
			vg_ring_publish(r->ring, 0);
		} else if (n_out < r->ring->out->head) {
			const struct vg_frame_slot *slot = &r->ring->slots[n_out % N_SLOTS];
			assert_int_equal(slot->mono_ns, model[n_out % N_SLOTS].n);
			assert_int_equal(slot->n_bytes, model[n_out % N_SLOTS].n_bytes);
			assert_true(slot->data_off + slot->n_bytes <= N_BYTES);
			for (uint32_t i = 0; i < slot->n_bytes; i++)
				if (r->ring->area[slot->data_off + i] != byte_of(slot->mono_ns, i))
					fail_msg("byte %u of frame %llu", i, (unsigned long long)slot->mono_ns);
			n_model_bytes -= slot->n_bytes;
			r->in->tail = ++n_out;
			assert_true(vg_ring_poll(r->ring));
		}
	}
	assert_int_equal(r->ring->head, n_in);
	assert_int_equal(counted(r, VG_F_COPIES), n_in);
	assert_int_equal(counted(r, VG_F_SHED_FULL), n_shed);
	assert_int_equal(r->ring->out->shed, n_shed);
	assert_true(n_in > 1000 && n_shed > 10);
}

static void a_full_ring_sheds_and_goes_on_once_there_is_room(void **state)
{
	struct rig *r = *state;
	uint32_t n = 0;

	offer(r);
	while (put(r, n, 100))
		n++;
	assert_int_equal(n, N_SLOTS);
	assert_int_equal(counted(r, VG_F_SHED_FULL), 1);
	vg_ring_publish(r->ring, 0);
	r->in->tail = 1;
	assert_true(vg_ring_poll(r->ring));
	assert_true(put(r, n, 100));
	assert_false(put(r, n, 100));
}

static void frames_above_the_limit_are_shed_whole(void **state)
{
	struct rig *r = *state;

	offer(r);
	assert_null(vg_ring_reserve(r->ring, VG_FRAME_MAX_BYTES + 1));
	assert_null(vg_ring_reserve(r->ring, 0));
	assert_int_equal(counted(r, VG_F_SHED_LARGE), 2);
	assert_true(put(r, 0, VG_FRAME_MAX_BYTES));
}

static void a_tail_that_cannot_be_true_cuts_the_inspector_off_and_the_next_one_begins_anew(void **state)
{
	static const uint64_t lies[] = { 4, 1, UINT64_MAX, 1ull << 63, N_SLOTS + 1 };
	struct rig *r = *state;

	for (unsigned i = 0; i < VG_ARRAY_LEN(lies); i++) {
		offer(r);
		for (unsigned k = 0; k < 3; k++)
			assert_true(put(r, k, 500));
		vg_ring_publish(r->ring, 0);
		r->in->tail = 2;
		assert_true(vg_ring_poll(r->ring));
		r->in->tail = lies[i]; /* beyond the head, or back */
		assert_false(vg_ring_poll(r->ring));
		assert_int_equal(r->ring->state, VG_RING_CUT);
		assert_int_equal(counted(r, VG_F_INSPECTOR_BAD), i + 1);
		assert_int_equal(counted(r, VG_F_INSPECTOR_HERE), 0);
		r->in->tail = 3;
		assert_false(vg_ring_poll(r->ring));
		r->ring->state = VG_RING_VACANT;
	}
	offer(r);
	assert_int_equal(r->ring->start_idx, r->ring->head);
	for (unsigned k = 0; k < N_SLOTS; k++)
		assert_true(put(r, k, 100));
}

static void rubbish_in_the_inspectors_page_never_breaks_or_blocks(void **state)
{
	struct rig *r = *state;
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	srand(seed);
	for (unsigned step = 0; step < 200000; step++) {
		for (unsigned i = 0; i < 4; i++)
			((uint64_t *)(void *)r->in)[rand() % 16] = (uint64_t)rand() << (rand() % 60);
		if (r->ring->state == VG_RING_CUT || r->ring->state == VG_RING_VACANT) {
			r->ring->in = r->in;
			r->ring->state = VG_RING_OFFERED;
		} else if (rand() % 1000 == 0) {
			r->ring->state = VG_RING_LEAVING;
		}
		if (rand() % 3 == 0)
			r->in->tail = r->ring->head - r->ring->start_idx - (uint64_t)(rand() % 3);
		if (vg_ring_poll(r->ring))
			for (unsigned k = rand() % 8; k; k--)
				(void)put(r, step, 1 + (uint32_t)rand() % 3000);
		vg_ring_publish(r->ring, 0);
		assert_true(r->ring->head - r->ring->tail <= N_SLOTS);
		assert_true(r->ring->byte_head - r->ring->byte_tail <= N_BYTES);
	}
	assert_true(counted(r, VG_F_INSPECTOR_BAD) > 100 && counted(r, VG_F_COPIES) > 1000);
}

static void an_inspector_that_leaves_is_let_go_between_bursts(void **state)
{
	struct rig *r = *state;

	assert_false(vg_ring_poll(r->ring));
	vg_ring_publish(r->ring, 7);
	assert_int_equal(counted(r, VG_F_SHED_ABSENT), 7);
	offer(r);
	assert_int_equal(counted(r, VG_F_INSPECTOR_HERE), 1);
	r->ring->state = VG_RING_LEAVING;
	assert_false(vg_ring_poll(r->ring));
	assert_int_equal(r->ring->state, VG_RING_VACANT);
	assert_int_equal(counted(r, VG_F_INSPECTOR_HERE), 0);
}

static void geometry_that_cannot_be_is_refused(void **state)
{
	static const struct vg_frame_ring_geometry bad[] = { { 0, N_BYTES },
							     { 63, N_BYTES },
							     { 96, N_BYTES },
							     { 2 * VG_FRAME_RING_MAX_SLOTS, N_BYTES },
							     { 64, N_BYTES / 2 },
							     { 64, N_BYTES + 64 },
							     { 64, 2 * VG_FRAME_RING_MAX_BYTES } };
	struct rig *r = *state;

	for (unsigned i = 0; i < VG_ARRAY_LEN(bad); i++) {
		struct vg_ring *ring = vg_ring_create(&bad[i], r->stats);
		assert_null(ring);
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		T(frames_come_out_as_they_went_in_against_a_model),
		T(a_full_ring_sheds_and_goes_on_once_there_is_room),
		T(frames_above_the_limit_are_shed_whole),
		T(a_tail_that_cannot_be_true_cuts_the_inspector_off_and_the_next_one_begins_anew),
		T(rubbish_in_the_inspectors_page_never_breaks_or_blocks),
		T(an_inspector_that_leaves_is_let_go_between_bursts),
		T(geometry_that_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
