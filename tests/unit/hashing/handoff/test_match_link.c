/* match_link: what a fake vigild gets, in which order, after which acknowledgements, and what it gets again after it
 * was killed at any point in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/memfd.h>

#include "hashing/handoff/match_link.h"
#include "tests/lib/vigild_make.h"

struct fixture {
	char path[64];
	struct vg_stats_page stats;
	struct vg_match_link *link;
	struct vg_vigild_make vigild;
	uint64_t n_acked, last_acked;
};

static void on_acked(void *ctx, uint32_t core_idx, uint64_t object_id)
{
	struct fixture *f = ctx;
	assert_int_equal(core_idx, 2);
	assert_int_equal(object_id, ++f->n_acked);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	snprintf(f->path, sizeof(f->path), "/tmp/vigil-test-link.%d", getpid());
	struct vg_match_link_setup setup = { .listen_fd = vg_sock_listen(f->path),
					     .hasher_idx = 4,
					     .boot_id = 99,
					     .stats_fd = vg_memfd_new("s", 8192),
					     .spool_bytes = 10000,
					     .stats = &f->stats,
					     .acked = on_acked,
					     .ctx = f };
	f->link = vg_match_link_create(&setup);
	f->vigild.fd = f->vigild.stats_fd = -1;
	*state = f;
	return 0;
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_vigild_close(&f->vigild);
	vg_match_link_destroy(f->link);
	unlink(f->path);
	free(f);
	return 0;
}

static int sealed(size_t n)
{
	int fd = vg_memfd_new("m", n);
	assert_int_equal(vg_memfd_seal(fd, VG_SEALS_FINAL), VG_OK);
	return fd;
}

static void put(struct fixture *f, uint64_t object_id, size_t n_memfd)
{
	struct vg_msg_record r = { .core_idx = 2, .object_id = object_id, .n_sample_bytes = n_memfd };
	assert_int_equal(vg_match_link_put(f->link, &r, n_memfd ? sealed(n_memfd) : -1), VG_OK);
}

/* Connects, greets, gives an index and takes it, up to the first record. */
static void bring_up(struct fixture *f, uint32_t flags)
{
	union vg_vigild_message m;
	uint64_t generation;
	int memfd, tables, index = sealed(10);

	vg_vigild_connect(&f->vigild, f->path);
	vg_vigild_say_hello(&f->vigild, flags);
	vg_match_link_serve(f->link);
	assert_int_equal(vg_vigild_receive(&f->vigild, &m, &memfd), 1);
	assert_true(vg_msg_is(&m.head, m.head.n_bytes, VG_MSG_HASHER_HELLO, sizeof(m.hello)));
	assert_int_equal(m.hello.hasher_idx, 4);
	assert_int_equal(m.hello.boot_id, 99);
	assert_true(memfd >= 0);
	close(memfd);
	assert_int_equal(vg_vigild_receive(&f->vigild, &m, &memfd), 0); /* no record before the index */
	vg_vigild_send_index(&f->vigild, index, 7);
	close(index);
	vg_match_link_serve(f->link);
	index = vg_match_link_take_index(f->link, &generation, &tables);
	assert_true(index >= 0);
	assert_int_equal(generation, 7);
	assert_int_equal(tables, -1);
	close(index);
	assert_int_equal(vg_match_link_take_index(f->link, &generation, &tables), -1);
	vg_match_link_index_taken(f->link, 7, VG_OK);
	assert_int_equal(vg_vigild_receive(&f->vigild, &m, &memfd), 1);
	assert_true(vg_msg_is(&m.head, m.head.n_bytes, VG_MSG_INDEX_TAKEN, sizeof(m.taken)));
	assert_int_equal(m.taken.err, VG_OK);
}

static uint64_t receive_seq(struct fixture *f, unsigned type)
{
	union vg_vigild_message m;
	int memfd;
	if (vg_vigild_receive(&f->vigild, &m, &memfd) != 1)
		return 0;
	assert_true(vg_msg_is(&m.head, m.head.n_bytes, type, sizeof(m.record)));
	assert_true((memfd >= 0) == (type == VG_MSG_MATCH));
	if (memfd >= 0)
		close(memfd);
	return m.record.seq;
}

static void records_go_out_in_order_and_leave_when_they_are_acknowledged(void **state)
{
	struct fixture *f = *state;

	put(f, 1, 100);
	put(f, 2, 0);
	bring_up(f, VG_HELLO_WANT_OBJECTS);
	assert_true(vg_match_link_wants_objects(f->link));
	put(f, 3, 200);
	vg_match_link_serve(f->link);
	assert_int_equal(receive_seq(f, VG_MSG_MATCH), 1);
	assert_int_equal(receive_seq(f, VG_MSG_OBJECT), 2);
	assert_int_equal(receive_seq(f, VG_MSG_MATCH), 3);
	vg_vigild_ack(&f->vigild, 2);
	vg_match_link_serve(f->link);
	assert_int_equal(f->n_acked, 2);
	assert_int_equal(vg_match_link_waiting(f->link), 1);
	vg_vigild_ack(&f->vigild, 2); /* again is nothing */
	vg_vigild_ack(&f->vigild, 3);
	vg_match_link_serve(f->link);
	assert_int_equal(f->n_acked, 3);
	assert_int_equal(vg_match_link_waiting(f->link), 0);
	assert_int_equal(atomic_load(&f->stats.counters[VG_H_SENT]), 3);
	assert_int_equal(atomic_load(&f->stats.counters[VG_H_ACKED]), 3);
}

static void what_a_killed_vigild_did_not_acknowledge_comes_again_in_order(void **state)
{
	struct fixture *f = *state;

	for (uint64_t killed_after = 0; killed_after <= 5; killed_after++) {
		uint64_t first = f->n_acked + 1;
		for (uint64_t i = 0; i < 5; i++)
			put(f, first + i, i & 1 ? 50 : 0);
		bring_up(f, 0);
		for (uint64_t i = 0; i < killed_after; i++)
			assert_int_equal(receive_seq(f, i & 1 ? VG_MSG_MATCH : VG_MSG_OBJECT), first + i);
		if (killed_after > 1)
			vg_vigild_ack(&f->vigild, first);
		vg_vigild_close(&f->vigild);
		vg_match_link_serve(f->link);
		assert_false(vg_match_link_up(f->link));
		bring_up(f, 0);
		/* The acknowledgement may have died with its socket; then that record comes again, too. */
		for (uint64_t i = 5 - vg_match_link_waiting(f->link); i < 5; i++)
			assert_int_equal(receive_seq(f, i & 1 ? VG_MSG_MATCH : VG_MSG_OBJECT), first + i);
		vg_vigild_ack(&f->vigild, first + 4);
		vg_match_link_serve(f->link);
		assert_int_equal(vg_match_link_waiting(f->link), 0);
		vg_vigild_close(&f->vigild);
		vg_match_link_serve(f->link);
	}
	assert_true(atomic_load(&f->stats.counters[VG_H_RESENT]) > 0);
}

static void an_acknowledgement_of_what_was_never_sent_ends_the_link(void **state)
{
	struct fixture *f = *state;

	bring_up(f, 0);
	put(f, 1, 10);
	vg_vigild_ack(&f->vigild, 1); /* kept, but not yet on the wire */
	vg_match_link_serve(f->link);
	assert_false(vg_match_link_up(f->link));
	assert_int_equal(vg_match_link_waiting(f->link), 1);
	assert_int_equal(f->n_acked, 0);
}

static void messages_out_of_order_or_of_another_size_end_the_link(void **state)
{
	struct fixture *f = *state;
	struct vg_msg_ack ack = { .head = vg_msg_head(VG_MSG_ACK, sizeof(ack)) };
	struct vg_msg_control_hello hello = { .head = vg_msg_head(VG_MSG_CONTROL_HELLO, sizeof(hello)) };
	struct vg_msg_index index = { .head = vg_msg_head(VG_MSG_INDEX, sizeof(index)) };
	uint8_t large[4096] = { 0 };

	for (int i = 0; i < 6; i++) {
		if (i < 2) {
			vg_vigild_connect(&f->vigild, f->path);
			vg_sock_send(f->vigild.fd, i ? (void *)&index : &ack, i ? sizeof(index) : sizeof(ack), NULL, 0);
		} else {
			bring_up(f, 0);
			hello.head.version = i == 3 ? 9 : VG_MSG_VERSION;
			if (i < 4) /* a second hello; one of another version */
				vg_sock_send(f->vigild.fd, &hello, sizeof(hello), NULL, 0);
			else if (i == 4) /* an index without its descriptor */
				vg_sock_send(f->vigild.fd, &index, sizeof(index), NULL, 0);
			else
				vg_sock_send(f->vigild.fd, large, sizeof(large), NULL, 0);
		}
		vg_match_link_serve(f->link);
		assert_false(vg_match_link_up(f->link));
		vg_vigild_close(&f->vigild);
	}
	assert_int_equal(atomic_load(&f->stats.counters[VG_H_LINK_LOST]), 6);
}

static void a_new_vigild_takes_the_place_of_the_old_one(void **state)
{
	struct fixture *f = *state;
	struct vg_vigild_make old;
	union vg_vigild_message m;
	int memfd;

	bring_up(f, 0);
	old = f->vigild;
	put(f, 1, 0);
	bring_up(f, 0);
	assert_int_equal(receive_seq(f, VG_MSG_OBJECT), 1);
	assert_int_equal(vg_vigild_receive(&old, &m, &memfd), -1);
	vg_vigild_close(&old);
}

static void the_spool_says_when_it_is_full_and_refuses_beyond_its_room(void **state)
{
	struct fixture *f = *state;
	struct vg_msg_record r = { .core_idx = 2 };
	uint64_t seq = 0;

	put(f, 1, 10001);
	assert_true(vg_match_link_full(f->link));
	bring_up(f, 0);
	vg_vigild_ack(&f->vigild, 1);
	vg_match_link_serve(f->link);
	assert_false(vg_match_link_full(f->link));
	for (uint64_t i = 0; i < VG_LINK_MAX_RECORDS; i++)
		put(f, 2 + i, 0);
	assert_true(vg_match_link_full(f->link));
	assert_int_equal(vg_match_link_put(f->link, &r, -1), VG_EFULL);
	/* More than a socket holds: it goes on where there is room again. */
	assert_int_equal(receive_seq(f, VG_MSG_MATCH), 1);
	while (seq < VG_LINK_MAX_RECORDS + 1) {
		uint64_t got;
		vg_match_link_serve(f->link);
		while ((got = receive_seq(f, VG_MSG_OBJECT)))
			seq = got;
	}
	assert_in_range(f->vigild.n_together, VG_LINK_MAX_RECORDS / VG_MSG_MAX_OBJECTS, VG_LINK_MAX_RECORDS / 8);
	vg_vigild_ack(&f->vigild, seq);
	vg_match_link_serve(f->link);
	assert_int_equal(vg_match_link_waiting(f->link), 0);
}

static void objects_go_together_up_to_the_next_match(void **state)
{
	struct fixture *f = *state;
	uint64_t seq = 0;

	bring_up(f, VG_HELLO_WANT_OBJECTS);
	for (uint64_t i = 1; i <= 20; i++)
		put(f, i, i == 4 || i == 5 ? 100 : 0);
	vg_match_link_serve(f->link);
	for (; seq < 20; seq++)
		assert_int_equal(receive_seq(f, seq == 3 || seq == 4 ? VG_MSG_MATCH : VG_MSG_OBJECT), seq + 1);
	assert_int_equal(receive_seq(f, VG_MSG_OBJECT), 0);
	assert_int_equal(f->vigild.n_together, 2); /* 3, and 15: as many as go */
	vg_vigild_ack(&f->vigild, 9);              /* in the middle of one */
	vg_match_link_serve(f->link);
	assert_int_equal(vg_match_link_waiting(f->link), 11);
	vg_vigild_close(&f->vigild);
	vg_match_link_serve(f->link);
	bring_up(f, VG_HELLO_WANT_OBJECTS);
	for (seq = 9; seq < 20; seq++)
		assert_int_equal(receive_seq(f, VG_MSG_OBJECT), seq + 1);
}

static void what_poll_did_not_find_is_left_for_the_next_turn(void **state)
{
	struct fixture *f = *state;
	struct pollfd fds[VG_LINK_N_FDS];

	bring_up(f, VG_HELLO_WANT_OBJECTS);
	put(f, 1, 0);
	vg_match_link_poll(f->link, fds);
	fds[0].revents = fds[1].revents = 0;
	vg_match_link_serve_ready(f->link, fds); /* sends all the same */
	assert_int_equal(receive_seq(f, VG_MSG_OBJECT), 1);
	vg_vigild_ack(&f->vigild, 1);
	vg_match_link_serve_ready(f->link, fds);
	assert_int_equal(f->n_acked, 0);
	assert_int_equal(poll(fds, VG_LINK_N_FDS, 1000), 1);
	vg_match_link_serve_ready(f->link, fds);
	assert_int_equal(f->n_acked, 1);
	vg_vigild_close(&f->vigild);
	vg_match_link_poll(f->link, fds);
	assert_int_equal(poll(fds, VG_LINK_N_FDS, 1000), 1);
	vg_match_link_serve_ready(f->link, fds);
	assert_false(vg_match_link_up(f->link));
	vg_vigild_connect(&f->vigild, f->path);
	vg_match_link_poll(f->link, fds);
	assert_int_equal(poll(fds, VG_LINK_N_FDS, 1000), 1);
	vg_match_link_serve_ready(f->link, fds);
	assert_true(vg_match_link_up(f->link));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(records_go_out_in_order_and_leave_when_they_are_acknowledged),
		T(what_a_killed_vigild_did_not_acknowledge_comes_again_in_order),
		T(an_acknowledgement_of_what_was_never_sent_ends_the_link),
		T(messages_out_of_order_or_of_another_size_end_the_link),
		T(a_new_vigild_takes_the_place_of_the_old_one),
		T(what_poll_did_not_find_is_left_for_the_next_turn),
		T(the_spool_says_when_it_is_full_and_refuses_beyond_its_room),
		T(objects_go_together_up_to_the_next_match),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
