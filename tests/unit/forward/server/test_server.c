/* server: an inspector gets the rings, a newer one puts it off, vigild gets the counters, others get nothing. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/memfd.h>
#include <vigil/msg.h>
#include <vigil/sock.h>

#include "forward/server/server.h"

#define N_PAIRS 2

struct rig {
	char dir[64], path[100];
	struct vg_ring *rings[N_PAIRS];
	struct vg_stats_page *stats[N_PAIRS];
	int stats_fds[N_PAIRS];
	struct vg_forward_server *server;
};
struct message {
	union {
		struct vg_msg_head head;
		struct vg_msg_welcome welcome;
		struct vg_msg_frames frames;
		struct vg_msg_stats stats;
		uint8_t room[256];
	};
	size_t n_bytes, n_fds;
	int fds[VG_SOCK_MAX_FDS];
};

static int rig_open(void **state)
{
	static const struct vg_frame_ring_geometry geometry = { 64, VG_FRAME_RING_MIN_BYTES };
	struct rig *r = calloc(1, sizeof(*r));

	strcpy(r->dir, "/tmp/vigil-forward-XXXXXX");
	if (!mkdtemp(r->dir))
		return -1;
	snprintf(r->path, sizeof(r->path), "%s/forward.sock", r->dir);
	for (unsigned i = 0; i < N_PAIRS; i++) {
		r->stats_fds[i] = vg_memfd_new("t", VG_STATS_BYTES);
		r->stats[i] = vg_memfd_map(r->stats_fds[i], VG_STATS_BYTES, PROT_READ | PROT_WRITE);
		r->rings[i] = vg_ring_create(&geometry, r->stats[i]);
	}
	r->server = vg_forward_server_create(r->dir, 42, r->rings, r->stats_fds, N_PAIRS);
	*state = r;
	return r->server ? 0 : -1;
}

static int rig_close(void **state)
{
	struct rig *r = *state;

	vg_forward_server_destroy(r->server);
	for (unsigned i = 0; i < N_PAIRS; i++) {
		vg_ring_destroy(r->rings[i]);
		munmap(r->stats[i], VG_STATS_BYTES);
		close(r->stats_fds[i]);
	}
	unlink(r->path);
	rmdir(r->dir);
	free(r);
	return 0;
}

/* The server and both threads do what they have to. */
static void work(struct rig *r)
{
	for (unsigned i = 0; i < 6; i++) {
		vg_forward_server_poll(r->server, 0);
		for (unsigned k = 0; k < N_PAIRS; k++)
			(void)vg_ring_poll(r->rings[k]);
	}
}

static int say_hello(struct rig *r, uint32_t role)
{
	struct vg_msg_hello hello = { .head = vg_msg_head(VG_MSG_HELLO, sizeof(hello)), .role = role };
	int fd = vg_sock_connect(r->path);

	assert_true(fd >= 0);
	assert_int_equal(vg_sock_send(fd, &hello, sizeof(hello), NULL, 0), VG_OK);
	work(r);
	return fd;
}

static enum vg_err next(int fd, struct message *m)
{
	struct pollfd wait = { fd, POLLIN, 0 };

	if (poll(&wait, 1, 0) <= 0)
		return VG_EAGAIN;
	return vg_sock_recv(fd, m->room, sizeof(m->room), &m->n_bytes, m->fds, &m->n_fds);
}

static void close_fds(struct message *m)
{
	while (m->n_fds)
		close(m->fds[--m->n_fds]);
}

static void expect_rings(int fd, uint32_t epoch, uint64_t start_idx)
{
	struct message m;

	assert_int_equal(next(fd, &m), VG_OK);
	assert_true(vg_msg_is(&m.head, m.n_bytes, VG_MSG_WELCOME, sizeof(m.welcome)));
	assert_int_equal(m.welcome.boot_id, 42);
	assert_int_equal(m.welcome.n_cores, N_PAIRS);
	for (uint32_t i = 0; i < N_PAIRS; i++) {
		size_t n;
		assert_int_equal(next(fd, &m), VG_OK);
		assert_true(vg_msg_is(&m.head, m.n_bytes, VG_MSG_FRAMES, sizeof(m.frames)));
		assert_int_equal(m.frames.pair_idx, i);
		assert_int_equal(m.frames.epoch, epoch);
		assert_int_equal(m.frames.start_idx, start_idx);
		assert_int_equal(m.n_fds, 2);
		n = vg_frame_ring_out_bytes(&m.frames.geometry);
		assert_int_equal(vg_memfd_check(m.fds[0], VG_SEALS_OURS, n, n, &n), VG_OK);
		assert_int_equal(vg_memfd_check(m.fds[1], VG_SEALS_PEER, VG_FRAME_RING_PAGE, VG_FRAME_RING_PAGE, &n),
				 VG_OK);
		/* the frames cannot be written by whom they are given to, the tail cannot be cut */
		assert_null(vg_memfd_map(m.fds[0], 4096, PROT_READ | PROT_WRITE));
		assert_int_equal(ftruncate(m.fds[1], 0), -1);
		close_fds(&m);
	}
	assert_int_equal(next(fd, &m), VG_EAGAIN);
}

static void an_inspector_gets_every_ring_and_its_end_frees_them(void **state)
{
	struct rig *r = *state;
	int fd = say_hello(r, VG_ROLE_INSPECTOR);

	expect_rings(fd, 1, 0);
	assert_int_equal(r->rings[1]->state, VG_RING_ATTACHED);
	close(fd);
	work(r);
	assert_int_equal(r->rings[0]->state, VG_RING_VACANT);
	assert_int_equal(r->rings[1]->state, VG_RING_VACANT);
	fd = say_hello(r, VG_ROLE_INSPECTOR);
	expect_rings(fd, 2, 0);
	close(fd);
}

static void a_newer_inspector_puts_the_older_one_off(void **state)
{
	struct rig *r = *state;
	struct message m;
	int old = say_hello(r, VG_ROLE_INSPECTOR), fd;

	expect_rings(old, 1, 0);
	fd = say_hello(r, VG_ROLE_INSPECTOR);
	assert_int_equal(next(old, &m), VG_ECLOSED);
	expect_rings(fd, 2, 0);
	close(old);
	work(r);
	assert_int_equal(r->rings[0]->state, VG_RING_ATTACHED);
	close(fd);
}

static void a_liar_is_put_off(void **state)
{
	struct rig *r = *state;
	struct message m;
	struct vg_frame_ring_in *in;
	int fd = say_hello(r, VG_ROLE_INSPECTOR);

	assert_int_equal(next(fd, &m), VG_OK); /* welcome */
	assert_int_equal(next(fd, &m), VG_OK);
	in = vg_memfd_map(m.fds[1], VG_FRAME_RING_PAGE, PROT_READ | PROT_WRITE);
	assert_non_null(in);
	in->tail = 9;
	work(r);
	assert_int_equal(r->rings[0]->state, VG_RING_VACANT);
	close_fds(&m);
	assert_int_equal(next(fd, &m), VG_OK); /* of the other pair, sent before */
	close_fds(&m);
	assert_int_equal(next(fd, &m), VG_ECLOSED);
	in->tail = 1; /* its page is nobody's any more */
	work(r);
	munmap(in, VG_FRAME_RING_PAGE);
	close(fd);
}

static void vigild_gets_the_counters_to_read(void **state)
{
	struct rig *r = *state;
	struct message m;
	int fd = say_hello(r, VG_ROLE_CONTROL);

	assert_int_equal(next(fd, &m), VG_OK);
	for (unsigned i = 0; i < N_PAIRS; i++) {
		assert_int_equal(next(fd, &m), VG_OK);
		assert_true(vg_msg_is(&m.head, m.n_bytes, VG_MSG_STATS, sizeof(m.stats)));
		assert_int_equal(m.n_fds, 1);
		close_fds(&m);
	}
	assert_int_equal(next(fd, &m), VG_EAGAIN);
	assert_int_equal(r->rings[0]->state, VG_RING_VACANT);
	close(fd);
}

static void other_words_end_the_link(void **state)
{
	struct rig *r = *state;
	struct message m;
	int fd = say_hello(r, VG_ROLE_HASHER);

	assert_int_equal(next(fd, &m), VG_ECLOSED);
	close(fd);
	fd = vg_sock_connect(r->path);
	assert_int_equal(vg_sock_send(fd, "rubbish", 7, NULL, 0), VG_OK);
	work(r);
	assert_int_equal(next(fd, &m), VG_ECLOSED);
	close(fd);
	fd = say_hello(r, VG_ROLE_INSPECTOR);
	expect_rings(fd, 1, 0);
	assert_int_equal(vg_sock_send(fd, "rubbish", 7, NULL, 0), VG_OK); /* nothing more is ever said */
	work(r);
	assert_int_equal(r->rings[0]->state, VG_RING_VACANT);
	close(fd);
}

static void many_silent_links_keep_nobody_out_for_long(void **state)
{
	struct rig *r = *state;
	int fds[20];

	for (unsigned i = 0; i < 20; i++) {
		fds[i] = vg_sock_connect(r->path);
		work(r);
	}
	for (unsigned i = 0; i < 20; i++)
		close(fds[i]);
	work(r);
	fds[0] = say_hello(r, VG_ROLE_INSPECTOR);
	expect_rings(fds[0], 1, 0);
	close(fds[0]);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		T(an_inspector_gets_every_ring_and_its_end_frees_them),
		T(a_newer_inspector_puts_the_older_one_off),
		T(a_liar_is_put_off),
		T(vigild_gets_the_counters_to_read),
		T(other_words_end_the_link),
		T(many_silent_links_keep_nobody_out_for_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
