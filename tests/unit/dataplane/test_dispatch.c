/* dispatch: every frame reaches one worker, both directions of a flow the same one, in order, with marks between
 * rounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "dataplane/decode/decode.h"
#include "dataplane/dispatch.h"
#include "tests/lib/capture_make.h"

#define N_FLOWS   40u
#define N_RINGS   3u
#define N_PACKETS 20000u

static void write_capture(struct cm_file *c, uint32_t n)
{
	struct pb_frame f;

	cm_pcap(c, 0xa1b2c3d4u, 0, 1);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = i * 7 % N_FLOWS;
		cm_tcp(&f, id, (int)(i / N_FLOWS % 2), i, "x");
		cm_frame(c, 100, i, f.bytes, f.n_bytes);
	}
	cm_close(c);
}

static int run(void *dispatch)
{
	vg_dispatch_run(dispatch);
	return 0;
}

struct seen {
	uint32_t ring_of[N_FLOWS]; /* + 1 */
	uint32_t last_seq[N_FLOWS], n_frames, n_rounds, n_ends;
	uint64_t order; /* of the last frame or mark; or what an empty ring told */
};

/* Takes a burst off one ring; 0: nothing there. */
static int take(struct vg_dispatch_end *end, uint32_t ring, struct vg_feed *burst, struct seen *seen)
{
	enum vg_feed_word word = vg_dispatch_next(end, burst);

	for (uint32_t i = 0; i < burst->n_frames; i++) {
		assert_true(burst->orders[i] > seen->order); /* also than what was told when there was none */
		seen->order = burst->orders[i];
	}
	seen->order = burst->order > seen->order ? burst->order : seen->order;
	if (word == VG_FEED_ROUND)
		assert_int_equal(burst->order, (seen->n_rounds + 1) * (N_PACKETS + 1));
	if (word == VG_FEED_ROUND) {
		seen->n_rounds++;
		memset(seen->last_seq, 0, sizeof(seen->last_seq));
	}
	seen->n_ends += word == VG_FEED_INPUT_END;
	for (uint32_t i = 0; i < burst->n_frames; i++) {
		struct rte_mbuf *m = burst->mbufs[i];
		struct vg_packet pkt = { .frame = rte_pktmbuf_mtod(m, const uint8_t *),
					 .n_first_bytes = m->data_len,
					 .n_frame_bytes = m->pkt_len,
					 .link = burst->link };
		uint32_t id;
		assert_int_equal(vg_decode_frame(&pkt), VG_DECODE_TCP);
		id = (uint32_t)(pkt.key.port[0] == 80 ? pkt.key.port[1] : pkt.key.port[0]) - 1024;
		assert_true(id < N_FLOWS);
		assert_true(!seen->ring_of[id] || seen->ring_of[id] == ring + 1);
		seen->ring_of[id] = ring + 1;
		assert_true(!pkt.seq || pkt.seq > seen->last_seq[id]);
		seen->last_seq[id] = pkt.seq;
		assert_int_equal(burst->wall_ns[i], 100000000000 + pkt.seq * 1000);
		assert_int_equal(burst->clocks_ns[i], 100000000000 + pkt.seq * 1000);
		seen->n_frames++;
		rte_pktmbuf_free(m);
	}
	return word != VG_FEED_IDLE;
}

static void every_frame_reaches_the_worker_of_its_flow_in_order(void **state)
{
	static struct vg_dataplane_conf conf;
	static struct vg_dispatch_end ends[N_RINGS];
	static struct vg_feed bursts[N_RINGS];
	static struct seen seen[N_RINGS];
	uint32_t n_frames = 0, n_ends = 0, used = 0, rings[N_FLOWS] = { 0 };
	_Atomic int stop = 0;
	struct cm_file c;
	struct vg_ports *ports;
	struct vg_dispatch *dispatch;

	(void)state;
	write_capture(&c, N_PACKETS);
	cm_conf(&conf, VG_CONF_LOSSLESS, 2, (const char *[]){ c.path }, 1);
	ports = vg_ports_create(&conf, N_RINGS);
	dispatch = vg_dispatch_create(ports, &conf, N_RINGS, &stop);
	assert_non_null(dispatch);
	for (uint32_t i = 0; i < N_RINGS; i++)
		vg_dispatch_end_init(&ends[i], dispatch, i);
	assert_int_equal(rte_eal_remote_launch(run, dispatch, rte_get_next_lcore(-1, 1, 0)), 0);
	while (n_ends < N_RINGS) {
		n_ends = 0;
		for (uint32_t i = 0; i < N_RINGS; i++) {
			if (!seen[i].n_ends)
				take(&ends[i], i, &bursts[i], &seen[i]);
			n_ends += seen[i].n_ends;
		}
	}
	rte_eal_mp_wait_lcore();
	for (uint32_t i = 0; i < N_RINGS; i++) {
		n_frames += seen[i].n_frames;
		used += seen[i].n_frames != 0;
		assert_int_equal(seen[i].n_rounds, 2);
		for (uint32_t k = 0; k < N_FLOWS; k++)
			rings[k] += seen[i].ring_of[k] != 0;
	}
	assert_int_equal(n_frames, 2 * N_PACKETS);
	assert_int_equal(used, N_RINGS);
	for (uint32_t k = 0; k < N_FLOWS; k++)
		assert_int_equal(rings[k], 1);
	assert_int_equal(rte_mempool_in_use_count(ports->pool), 0);
	assert_int_equal(dispatch->n_missed, 0);
	vg_dispatch_destroy(dispatch);
	vg_ports_destroy(ports);
	cm_remove(&c);
}

static void stop_ends_it_before_a_full_ring(void **state)
{
	static struct vg_dataplane_conf conf;
	_Atomic int stop = 0;
	struct cm_file c;
	struct vg_ports *ports;
	struct vg_dispatch *dispatch;

	(void)state;
	write_capture(&c, N_PACKETS);
	cm_conf(&conf, VG_CONF_LOSSLESS, 2, (const char *[]){ c.path }, 1);
	ports = vg_ports_create(&conf, 2);
	dispatch = vg_dispatch_create(ports, &conf, 2, &stop);
	assert_int_equal(rte_eal_remote_launch(run, dispatch, rte_get_next_lcore(-1, 1, 0)), 0);
	usleep(20000); /* nobody takes anything off */
	atomic_store(&stop, 1);
	rte_eal_mp_wait_lcore();
	vg_dispatch_destroy(dispatch);
	vg_ports_destroy(ports);
	cm_remove(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_reaches_the_worker_of_its_flow_in_order),
		cmocka_unit_test(stop_ends_it_before_a_full_ring),
	};

	setenv("VIGIL_LOG", "error", 1);
	cm_eal();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
