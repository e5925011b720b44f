/* worker_line: pieces of a file that come over two lanes come to the same whatever lane is faster: the same file, once,
 * named by the piece that ended last on the wire; nobody waits for a lane that is silent for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "hashing/worker_priv.h"
#include "tests/lib/picture.h"
#include "tests/lib/worker_make.h"

#define N_FILE 4000u
#define N_MAX  12u

struct fixture {
	struct vg_worker_make *m;
	uint8_t file[2][N_FILE];
	uint32_t slot;
};

static struct vg_lane_make *lane_of(struct fixture *f, unsigned lane)
{
	return lane ? &f->m->other : &f->m->maker;
}
static void pass(struct fixture *f, unsigned lane, uint64_t order)
{
	atomic_store(&((struct vg_lane_out *)lane_of(f, lane)->out)->passed, order);
}
static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct vg_hashing_conf conf = vg_worker_make_conf();
	uint64_t seed = 7;
	conf.flags = VG_HCONF_NOBODY_WAITS;
	f->m = vg_worker_make_create_lanes(&conf, VG_HELLO_WANT_OBJECTS, 2);
	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 0; k < N_FILE; k++)
			f->file[i][k] = (uint8_t)vg_random(&seed);
	memcpy(f->file[1], f->file[0], N_FILE / 2); /* another version of its second half */
	pass(f, 0, 0);
	pass(f, 1, 0);
	*state = f;
	return 0;
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_worker_make_destroy(f->m);
	free(f);
	return 0;
}

struct piece {
	unsigned lane, version;
	uint64_t off, n, order;
	int64_t first_ns;
	uint16_t port;
	enum vg_state state;
	uint32_t open_flags;
};
static void put(struct fixture *f, const struct piece *p, uint64_t name)
{
	struct vg_lane_make *maker = lane_of(f, p->lane);
	uint64_t id = vg_lane_make_id(f->slot % 32, f->slot / 32 + 1);
	struct vg_attribution *a = vg_lane_make_record(maker, id);
	a->resource = name;
	a->flags = VG_ATTR_PIECE;
	a->range_off = p->off;
	a->range_total = N_FILE;
	a->first_byte_ns = p->first_ns;
	a->dst_port = p->port;
	vg_lane_make_open(maker, id, 0, VG_OPEN_RESOURCE | p->open_flags);
	if (p->n)
		(void)vg_lane_make_data(maker, id, 0, f->file[p->version] + p->off, (uint32_t)p->n);
	vg_lane_make_put(maker, &(struct vg_desc){ .type = VG_DESC_CLOSE,
						   .object_id = id,
						   .state = (uint8_t)(p->state ? p->state : VG_STATE_COMPLETE),
						   .close = { .body_bytes = p->n, .order = p->order },
						   .enqueued_ns = 1 });
	f->slot++;
}
/* The port of each file that came of pieces, in the order of their records; how many. */
static unsigned wholes(struct fixture *f, uint16_t ports[N_MAX])
{
	struct vg_return back;
	unsigned n = 0;
	vg_worker_make_step(f->m);
	vg_worker_make_ack_all(f->m);
	while (vg_lane_make_return(&f->m->maker, &back) || vg_lane_make_return(&f->m->other, &back))
		;
	for (unsigned i = 0; i < f->m->n_got; i++) {
		const struct vg_msg_record *r = &f->m->got[i].record;
		struct vg_attribution a;
		struct vg_lane_make *maker = lane_of(f, r->core_idx);
		if (!(r->flags & VG_RECORD_RESOURCE))
			continue;
		assert_int_equal(vg_attribution_read(maker->attr, maker->geometry.n_attr, r->object_id, &a), VG_OK);
		assert_true(n < N_MAX);
		ports[n++] = a.dst_port;
	}
	return n;
}

static void what_a_slow_lane_brings_late_is_joined_where_it_ended(void **state)
{
	struct fixture *f = *state;
	uint16_t ports[N_MAX];
	put(f, &(struct piece){ .lane = 0, .off = 2000, .n = 2000, .order = 20, .port = 20 }, 77);
	pass(f, 0, 25);
	assert_int_equal(wholes(f, ports), 0);
	put(f, &(struct piece){ .lane = 1, .off = 0, .n = 2000, .order = 10, .port = 10 }, 77);
	assert_int_equal(wholes(f, ports), 0); /* it may still bring others that ended before */
	put(f, &(struct piece){ .lane = 1, .off = 100, .n = 2000, .order = 15, .port = 15 }, 77);
	pass(f, 1, 19);
	assert_int_equal(wholes(f, ports), 0);
	pass(f, 1, 20);
	assert_int_equal(wholes(f, ports), 1);
	assert_int_equal(ports[0], 20);
	assert_int_equal(vg_worker_make_count(f->m, VG_H_PIECES_UNORDERED), 0);
	assert_int_equal(vg_worker_outstanding(f->m->worker), 0);
}

static void of_what_ended_with_one_frame_the_earlier_begun_is_joined_first(void **state)
{
	struct fixture *f = *state;
	uint16_t ports[N_MAX];
	pass(f, 0, 9);
	pass(f, 1, 9);
	put(f, &(struct piece){ .lane = 0, .off = 0, .n = 2000, .order = 9, .port = 1, .first_ns = 200 }, 77);
	put(f, &(struct piece){ .lane = 1, .off = 2000, .n = 2000, .order = 9, .port = 2, .first_ns = 100 }, 77);
	assert_int_equal(wholes(f, ports), 1);
	assert_int_equal(ports[0], 1);
}

static void what_frames_wait_for_waits_for_no_lane(void **state)
{
	struct fixture *f = *state;
	uint16_t ports[N_MAX];
	put(f, &(struct piece){ .off = 0, .n = 2000, .order = 9, .port = 1, .open_flags = VG_OPEN_HOLD }, 77);
	put(f, &(struct piece){ .off = 2000, .n = 2000, .order = 8, .port = 2, .open_flags = VG_OPEN_HOLD }, 77);
	assert_int_equal(wholes(f, ports), 1);
	assert_int_equal(ports[0], 2);
}

static void a_silent_lane_is_not_waited_for_without_end(void **state)
{
	struct fixture *f = *state;
	struct vg_job *jobs = f->m->worker->jobs[0];
	uint16_t ports[N_MAX];
	put(f, &(struct piece){ .off = 0, .n = 2000, .order = 8, .port = 1 }, 77);
	put(f, &(struct piece){ .off = 2000, .n = 2000, .order = 9, .port = 2 }, 77);
	pass(f, 0, 9);
	assert_int_equal(wholes(f, ports), 0);
	for (unsigned i = 0; i < 2; i++)
		jobs[i].lined_ns -= 10ull * VG_WORKER_LINE_NS;
	assert_int_equal(wholes(f, ports), 1);
	assert_int_equal(vg_worker_make_count(f->m, VG_H_PIECES_UNORDERED), 2);
}

static void the_end_of_the_dataplane_ends_all_waiting_in_order(void **state)
{
	struct fixture *f = *state;
	uint16_t ports[N_MAX];
	put(f, &(struct piece){ .lane = 0, .off = 0, .n = 2000, .order = 9, .port = 1 }, 77);
	put(f, &(struct piece){ .lane = 1, .off = 2000, .n = 2000, .order = 8, .port = 2 }, 77);
	assert_int_equal(wholes(f, ports), 0);
	vg_worker_close_all(f->m->worker);
	assert_int_equal(wholes(f, ports), 1);
	assert_int_equal(ports[0], 1);
}

/* Plays the same pieces with lanes of any speed; what they come to, as text. */
static void play(struct fixture *f, const struct piece *pieces, unsigned n, unsigned split, uint64_t *seed,
		 uint64_t name, char *text, size_t cap)
{
	unsigned next[2] = { 0, 0 };
	uint16_t ports[N_MAX];
	uint64_t base = name * 1000;
	while (next[0] < n || next[1] < n) {
		unsigned lane = vg_random(seed) % 2;
		while (next[lane] < n && (split >> next[lane] & 1) != lane)
			next[lane]++;
		if (next[lane] < n) {
			struct piece p = pieces[next[lane]++];
			p.lane = lane;
			p.order += base;
			put(f, &p, name);
			if (vg_random(seed) % 2)
				pass(f, lane, p.order);
		}
		if (next[lane] == n)
			pass(f, lane, base + 999);
		if (vg_random(seed) % 2)
			vg_worker_make_step(f->m);
	}
	(void)wholes(f, ports);
	*text = 0;
	for (unsigned i = 0, k = 0; i < f->m->n_got; i++) {
		const struct vg_msg_record *r = &f->m->got[i].record;
		if (r->flags & VG_RECORD_RESOURCE)
			snprintf(text + strlen(text), cap - strlen(text), "%u:%02x%02x ", ports[k++], r->sha256[0],
				 r->sha256[1]);
	}
	vg_worker_make_forget(f->m);
}

static void any_pieces_come_to_the_same_whatever_lane_is_faster(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = (uint64_t)time(NULL), name = 100;
	unsigned n_with = 0;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned round = 0; round < 60; round++) {
		struct piece pieces[N_MAX];
		char want[256], got[256];
		unsigned n = 2 + vg_random(&seed) % (N_MAX - 1);
		for (unsigned i = 0; i < n; i++) {
			uint64_t off = vg_random(&seed) % 4 * 1000;
			pieces[i] = (struct piece){ .version = vg_random(&seed) % 8 == 0,
						    .off = off,
						    .n = (1 + vg_random(&seed) % (N_FILE / 1000 - off / 1000)) * 1000,
						    .order = 10 * (i + 1),
						    .port = (uint16_t)(i + 1) };
			if (vg_random(&seed) % 8 == 0)
				pieces[i].state = VG_STATE_ABORTED;
		}
		play(f, pieces, n, 0, &seed, name++, want, sizeof(want));
		n_with += *want != 0;
		for (unsigned i = 0; i < 4; i++) {
			play(f, pieces, n, (unsigned)vg_random(&seed), &seed, name++, got, sizeof(got));
			assert_string_equal(got, want);
		}
	}
	assert_true(n_with > 10);
	assert_int_equal(vg_worker_make_count(f->m, VG_H_PIECES_UNORDERED), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_a_slow_lane_brings_late_is_joined_where_it_ended, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(of_what_ended_with_one_frame_the_earlier_begun_is_joined_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_frames_wait_for_waits_for_no_lane, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_silent_lane_is_not_waited_for_without_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_of_the_dataplane_ends_all_waiting_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(any_pieces_come_to_the_same_whatever_lane_is_faster, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
