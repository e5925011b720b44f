/* handover: a fake dataplane answers right, late, wrong or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include <vigil/sock.h>

#include "hashing/handoff/handover.h"
#include "tests/lib/lane_make.h"

enum lie {
	NONE,
	HANG_UP,
	WRONG_VERSION,
	TOO_MANY_CORES,
	CORE_TWICE,
	CORE_OUT_OF_RANGE,
	BAD_GEOMETRY,
	TWO_FDS,
	HALF_WAY
};

struct dataplane {
	char path[64];
	enum lie lie;
	int listen_fd;
	pthread_t thread;
	struct vg_lane_make lanes[2];
	struct vg_msg_hello hello;
};

static void *serve(void *arg)
{
	struct dataplane *d = arg;
	int fd = accept(d->listen_fd, NULL, NULL), fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	struct vg_msg_welcome w = { .head = vg_msg_head(VG_MSG_WELCOME, sizeof(w)), .boot_id = 1234, .n_cores = 2 };

	vg_sock_recv(fd, &d->hello, sizeof(d->hello), &n_bytes, fds, &n_fds);
	w.head.version += d->lie == WRONG_VERSION;
	w.n_cores = d->lie == TOO_MANY_CORES ? VG_LANE_MAX_CORES + 1 : 2;
	if (d->lie != HANG_UP)
		vg_sock_send(fd, &w, sizeof(w), NULL, 0);
	for (uint32_t i = 0; i < 2 && d->lie != HANG_UP && !(d->lie == HALF_WAY && i); i++) {
		struct vg_msg_lane m = { .head = vg_msg_head(VG_MSG_LANE, sizeof(m)),
					 .core_idx = 1 - i,
					 .start_idx = i * 5,
					 .geometry = d->lanes[i].geometry };
		m.core_idx = d->lie == CORE_TWICE ? 1 : d->lie == CORE_OUT_OF_RANGE ? 2 : m.core_idx;
		m.geometry.n_slots += d->lie == BAD_GEOMETRY;
		vg_sock_send(fd, &m, sizeof(m), d->lanes[i].fds, d->lie == TWO_FDS ? 2 : 3);
	}
	if (d->lie == NONE)
		(void)recv(fd, fds, sizeof(fds), 0); /* until the hasher goes */
	close(fd);
	return NULL;
}

static enum vg_err try(struct dataplane *d, enum lie lie, struct vg_handover *h)
{
	enum vg_err err;

	snprintf(d->path, sizeof(d->path), "/tmp/vigil-test-handover.%d", getpid());
	d->lie = lie;
	d->listen_fd = vg_sock_listen(d->path);
	assert_int_equal(fcntl(d->listen_fd, F_SETFL, 0), 0);
	for (int i = 0; i < 2; i++)
		vg_lane_make_init(&d->lanes[i], 4, 1, 4);
	pthread_create(&d->thread, NULL, serve, d);
	err = vg_handover_get(d->path, 6, h);
	if (err)
		pthread_join(d->thread, NULL);
	return err;
}

static void clean(struct dataplane *d)
{
	for (int i = 0; i < 2; i++)
		vg_lane_make_fini(&d->lanes[i]);
	close(d->listen_fd);
	unlink(d->path);
}

static void a_dataplane_that_keeps_the_protocol_gives_every_lane(void **state)
{
	struct dataplane d;
	struct vg_handover h;
	(void)state;
	assert_int_equal(try(&d, NONE, &h), VG_OK);
	assert_int_equal(d.hello.role, VG_ROLE_HASHER);
	assert_int_equal(d.hello.hasher_idx, 6);
	assert_int_equal(h.boot_id, 1234);
	assert_int_equal(h.n_cores, 2);
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 3; k++)
			assert_true(h.lanes[i].fds[k] >= 0);
	assert_int_equal(h.lanes[0].msg.start_idx, 5);
	vg_handover_close_lanes(&h);
	assert_int_equal(h.lanes[0].fds[0], -1);
	assert_true(h.fd >= 0);
	vg_handover_fini(&h);
	pthread_join(d.thread, NULL);
	clean(&d);
}

static void a_dataplane_that_is_not_there_or_goes_is_tried_again(void **state)
{
	struct dataplane d;
	struct vg_handover h;
	(void)state;
	assert_int_equal(vg_handover_get("/tmp/vigil-test-no-such-socket", 0, &h), VG_EAGAIN);
	assert_int_equal(try(&d, HANG_UP, &h), VG_EAGAIN);
	clean(&d);
	assert_int_equal(try(&d, HALF_WAY, &h), VG_EAGAIN);
	assert_int_equal(h.fd, -1);
	clean(&d);
}

static void a_dataplane_that_breaks_the_protocol_is_refused(void **state)
{
	static const enum lie lies[] = { WRONG_VERSION,     TOO_MANY_CORES, CORE_TWICE,
					 CORE_OUT_OF_RANGE, BAD_GEOMETRY,   TWO_FDS };
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct dataplane d;
		struct vg_handover h;
		assert_int_equal(try(&d, lies[i], &h), VG_EPROTO);
		assert_int_equal(h.fd, -1);
		clean(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dataplane_that_keeps_the_protocol_gives_every_lane),
		cmocka_unit_test(a_dataplane_that_is_not_there_or_goes_is_tried_again),
		cmocka_unit_test(a_dataplane_that_breaks_the_protocol_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
