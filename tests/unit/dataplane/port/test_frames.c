/* frames: copies come out of a ring as mbufs, whole and in order; a forwarder that lies or dies harms nothing. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_mbuf.h>

#include <vigil/memfd.h>
#include <vigil/msg.h>
#include <vigil/sock.h>

#include "dataplane/eal.h"
#include "dataplane/port/frames.h"

#define N_SLOTS 64u
#define N_POOL  255u

static struct rte_mempool *pool;
static const struct vg_frame_ring_geometry geometry = { N_SLOTS, VG_FRAME_RING_MIN_BYTES };

/* The forwarder's side, made by hand. */
struct rig {
	int out_fd, in_fd;
	struct vg_frame_ring_out *out;
	struct vg_frame_slot *slots;
	uint8_t *area;
	struct vg_frame_ring_in *in;
	struct vg_frames frames;
	uint64_t n_nombuf, n_bad;
};

static int start_all(void **state)
{
	static struct vg_dataplane_conf conf = { .flags = VG_CONF_REPLAY | VG_CONF_NO_HUGE, .eal_mem_mb = 32 };

	(void)state;
	if (vg_eal_start(&conf, "/tmp", 1))
		return -1;
	pool = rte_pktmbuf_pool_create("t", N_POOL, 0, 0, 2048 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

static int rig_open(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	size_t n_bytes = vg_frame_ring_out_bytes(&geometry);

	r->out_fd = vg_memfd_new("t", n_bytes);
	r->out = vg_memfd_map(r->out_fd, n_bytes, PROT_READ | PROT_WRITE);
	r->in_fd = vg_memfd_new("t", VG_FRAME_RING_PAGE);
	r->in = vg_memfd_map(r->in_fd, VG_FRAME_RING_PAGE, PROT_READ | PROT_WRITE);
	r->slots = (struct vg_frame_slot *)(void *)((uint8_t *)r->out + VG_FRAME_RING_PAGE);
	r->area = (uint8_t *)r->out + vg_frame_ring_area_off(&geometry);
	r->frames = (struct vg_frames){ .geometry = geometry,
					.out = r->out,
					.slots = r->slots,
					.area = r->area,
					.in = r->in,
					.start_idx = 100,
					.next = 100 };
	r->out->head = 100;
	for (uint32_t i = 0; i < geometry.n_bytes; i++)
		r->area[i] = (uint8_t)(i * 31 + (i >> 8));
	*state = r;
	return 0;
}

static int rig_close(void **state)
{
	struct rig *r = *state;

	munmap(r->out, vg_frame_ring_out_bytes(&geometry));
	munmap(r->in, VG_FRAME_RING_PAGE);
	close(r->out_fd);
	close(r->in_fd);
	free(r);
	assert_int_equal(rte_mempool_avail_count(pool), N_POOL);
	return 0;
}

static void put(struct rig *r, uint32_t data_off, uint32_t n_bytes)
{
	r->slots[r->out->head % N_SLOTS] = (struct vg_frame_slot){ .data_off = data_off, .n_bytes = n_bytes };
	r->out->head++;
}

static uint32_t take(struct rig *r, struct rte_mbuf **mbufs, uint32_t n)
{
	return vg_frames_rx(&r->frames, pool, mbufs, n, &r->n_nombuf, &r->n_bad);
}

static void expect(const struct rig *r, struct rte_mbuf *m, uint32_t data_off, uint32_t n_bytes)
{
	static uint8_t room[VG_FRAME_MAX_BYTES];

	assert_int_equal(m->pkt_len, n_bytes);
	assert_int_equal(rte_mbuf_check(m, 1, &(const char *){ NULL }), 0);
	assert_memory_equal(rte_pktmbuf_read(m, 0, n_bytes, room), r->area + data_off, n_bytes);
	rte_pktmbuf_free(m);
}

static void frames_of_every_size_come_whole_and_in_order(void **state)
{
	static const uint32_t sizes[] = { 1, 60, 1514, 2048, 2049, 9014, VG_FRAME_MAX_BYTES };
	struct rig *r = *state;
	struct rte_mbuf *mbufs[32];

	for (unsigned i = 0; i < VG_ARRAY_LEN(sizes); i++)
		put(r, 64 * i, sizes[i]);
	assert_int_equal(take(r, mbufs, 2), 2);
	assert_int_equal(r->in->tail, 2);
	assert_int_equal(take(r, mbufs + 2, 30), 5);
	assert_int_equal(r->in->tail, 7); /* counted from where it began */
	for (unsigned i = 0; i < VG_ARRAY_LEN(sizes); i++)
		expect(r, mbufs[i], 64 * i, sizes[i]);
	assert_int_equal(take(r, mbufs, 32), 0);
	assert_int_equal(r->n_bad + r->n_nombuf, 0);
}

static void without_buffers_a_frame_waits_in_the_ring(void **state)
{
	struct rig *r = *state;
	struct rte_mbuf *mbufs[32], *hog[N_POOL];

	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, hog, N_POOL), 0);
	rte_pktmbuf_free(hog[0]);
	put(r, 0, 5000); /* needs three */
	assert_int_equal(take(r, mbufs, 32), 0);
	assert_int_equal(r->n_nombuf, 1);
	assert_int_equal(r->in->tail, 0);
	rte_pktmbuf_free_bulk(hog + 1, N_POOL - 1);
	assert_int_equal(take(r, mbufs, 32), 1);
	expect(r, mbufs[0], 0, 5000);
}

static void slots_that_point_outside_are_skipped_and_counted(void **state)
{
	struct rig *r = *state;
	struct rte_mbuf *mbufs[32];

	put(r, geometry.n_bytes, 1);
	put(r, geometry.n_bytes - 10, 11);
	put(r, UINT32_MAX, UINT32_MAX);
	put(r, 0, 0);
	put(r, 0, VG_FRAME_MAX_BYTES + 1);
	put(r, geometry.n_bytes - 10, 10);
	assert_int_equal(take(r, mbufs, 32), 1);
	expect(r, mbufs[0], geometry.n_bytes - 10, 10);
	assert_int_equal(r->n_bad, 5);
	assert_int_equal(r->in->tail, 6);
}

static void a_head_that_cannot_be_true_ends_the_reading(void **state)
{
	struct rig *r = *state;
	struct rte_mbuf *mbufs[32];

	put(r, 0, 60);
	r->out->head = 99;
	assert_int_equal(take(r, mbufs, 32), 0);
	r->out->head = 101;
	assert_int_equal(take(r, mbufs, 32), 0);
	assert_int_equal(r->n_bad, 1);
}

static void rubbish_in_the_forwarders_pages_never_breaks(void **state)
{
	struct rig *r = *state;
	struct rte_mbuf *mbufs[32];
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	srand(seed);
	for (unsigned step = 0; step < 20000; step++) {
		for (unsigned i = 0; i < 200; i++)
			((uint8_t *)r->slots)[(unsigned)rand() % (N_SLOTS * 64)] = (uint8_t)rand();
		r->out->head = r->frames.next + (uint64_t)rand() % (step % 100 ? N_SLOTS + 1 : N_SLOTS + 3);
		uint32_t n = take(r, mbufs, 32);
		rte_pktmbuf_free_bulk(mbufs, n);
		r->frames.is_broken = 0;
	}
}

/* A forwarder of one link, in a thread. */
struct server {
	const struct rig *rig;
	int listen_fd, seals;
	uint32_t n_slots;
	int peer;
};

static void *serve(void *arg)
{
	struct server *s = arg;
	struct vg_msg_welcome welcome = { .head = vg_msg_head(VG_MSG_WELCOME, sizeof(welcome)), .n_cores = 1 };
	struct vg_msg_frames frames = { .head = vg_msg_head(VG_MSG_FRAMES, sizeof(frames)),
					.start_idx = 100,
					.geometry = geometry };
	int fds[2] = { s->rig->out_fd, s->rig->in_fd };

	while ((s->peer = accept(s->listen_fd, NULL, NULL)) < 0)
		usleep(1000);
	frames.geometry.n_slots = s->n_slots;
	(void)vg_sock_send(s->peer, &welcome, sizeof(welcome), NULL, 0);
	(void)vg_sock_send(s->peer, &frames, sizeof(frames), fds, 2);
	return NULL;
}

static struct vg_frames_link *link_with(struct rig *r, int seals, uint32_t n_slots, int *peer)
{
	const char *path = "/tmp/vigil-test-frames.sock";
	struct server s = { r, vg_sock_listen(path), seals, n_slots, -1 };
	struct vg_frames_link *link;
	pthread_t thread;

	assert_int_equal(vg_memfd_seal(r->out_fd, seals), VG_OK);
	assert_int_equal(vg_memfd_seal(r->in_fd, VG_SEALS_PEER), VG_OK);
	assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
	link = vg_frames_link_create(path, 1000);
	pthread_join(thread, NULL);
	close(s.listen_fd);
	unlink(path);
	*peer = s.peer;
	return link;
}

static void a_link_gives_the_ring_and_tells_its_end(void **state)
{
	struct rig *r = *state;
	struct rte_mbuf *mbufs[32];
	int peer;
	struct vg_frames_link *link = link_with(r, VG_SEALS_OURS, N_SLOTS, &peer);

	assert_non_null(link);
	assert_int_equal(link->n_pairs, 1);
	put(r, 640, 700);
	r->out->shed = 5;
	assert_int_equal(vg_frames_rx(&link->pairs[0], pool, mbufs, 32, &r->n_nombuf, &r->n_bad), 1);
	expect(r, mbufs[0], 640, 700);
	assert_int_equal(r->in->tail, 1);
	assert_int_equal(vg_frames_shed(&link->pairs[0]), 5);
	assert_false(vg_frames_link_is_closed(link));
	close(peer);
	assert_true(vg_frames_link_is_closed(link));
	vg_frames_link_destroy(link);
}

static void memory_without_seals_or_of_another_size_is_refused(void **state)
{
	struct rig *r = *state;
	int peer;
	struct vg_frames_link *link = link_with(r, VG_SEALS_OURS & ~F_SEAL_SEAL & ~F_SEAL_SHRINK, N_SLOTS, &peer);

	assert_null(link);
	close(peer);
}

static void a_geometry_that_does_not_fit_its_memory_is_refused(void **state)
{
	struct rig *r = *state;
	int peer;
	struct vg_frames_link *link = link_with(r, VG_SEALS_OURS, 2 * N_SLOTS, &peer);

	assert_null(link);
	close(peer);
}

static void a_forwarder_that_never_comes_is_not_waited_for_forever(void **state)
{
	struct vg_frames_link *link = vg_frames_link_create("/tmp/vigil-no-such.sock", 50);

	(void)state;
	assert_null(link);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		T(frames_of_every_size_come_whole_and_in_order),
		T(without_buffers_a_frame_waits_in_the_ring),
		T(slots_that_point_outside_are_skipped_and_counted),
		T(a_head_that_cannot_be_true_ends_the_reading),
		T(rubbish_in_the_forwarders_pages_never_breaks),
		T(a_link_gives_the_ring_and_tells_its_end),
		T(memory_without_seals_or_of_another_size_is_refused),
		T(a_geometry_that_does_not_fit_its_memory_is_refused),
		T(a_forwarder_that_never_comes_is_not_waited_for_forever),
	};
	return cmocka_run_group_tests(tests, start_all, NULL);
}
