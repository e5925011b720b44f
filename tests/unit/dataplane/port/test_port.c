/* port: captures read here, through net_pcap and from memory give their frames, whole and in order, with their
 * times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "dataplane/port/port.h"
#include "tests/lib/capture_make.h"

#define N_FRAMES 100u

static uint32_t frame_bytes(uint32_t i)
{
	return i == 50 ? 65226 : i == 51 ? 5000 : 60 + i; /* giants among them */
}

/* Files of the other byte order are net_pcap's. */
static void write_capture(struct cm_file *c, int is_swapped)
{
	static uint8_t bytes[65536];

	cm_pcap(c, 0xa1b2c3d4u, is_swapped, 1);
	for (uint32_t i = 0; i < N_FRAMES; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		cm_frame(c, 1000 + i, i, bytes, frame_bytes(i));
	}
	cm_close(c);
}

/* Reads a capture to its end and checks every byte. */
static void read_all(struct vg_ports *ports, uint32_t port)
{
	uint64_t n_missed, n_nombuf;
	uint32_t n_seen = 0, n;
	struct rte_mbuf *mbufs[VG_PORT_BURST];

	while ((n = vg_port_rx(ports, port, 0, mbufs)))
		for (uint32_t k = 0; k < n; k++, n_seen++) {
			uint32_t n_bytes = 0;
			assert_int_equal(*RTE_MBUF_DYNFIELD(mbufs[k], ports->timestamp_off, rte_mbuf_timestamp_t *),
					 (1000 + n_seen) * 1000000ull + n_seen);
			assert_int_equal(mbufs[k]->pkt_len, frame_bytes(n_seen));
			for (const struct rte_mbuf *m = mbufs[k]; m; m = m->next) {
				for (uint32_t b = 0; b < m->data_len; b++)
					assert_int_equal(rte_pktmbuf_mtod(m, const uint8_t *)[b], n_seen);
				n_bytes += m->data_len;
			}
			assert_int_equal(n_bytes, frame_bytes(n_seen));
			rte_pktmbuf_free(mbufs[k]);
		}
	assert_int_equal(n_seen, N_FRAMES);
	vg_port_lost(ports, port, &n_missed, &n_nombuf);
	assert_int_equal(n_missed + n_nombuf, 0);
}

static void read_two(int is_swapped, uint32_t n_workers)
{
	static struct vg_dataplane_conf conf;
	struct cm_file a, b;
	struct vg_ports *ports;

	write_capture(&a, is_swapped);
	write_capture(&b, is_swapped);
	cm_conf(&conf, 0, 1, (const char *[]){ a.path, b.path }, 2);
	ports = vg_ports_create(&conf, n_workers);
	assert_non_null(ports);
	assert_int_equal(ports->ports[0].file != NULL, !is_swapped);
	assert_int_equal(rte_mempool_in_use_count(ports->pool), 0);
	read_all(ports, 1);
	read_all(ports, 0);
	assert_int_equal(rte_mempool_in_use_count(ports->pool), 0);
	vg_ports_destroy(ports);
	cm_remove(&a);
	cm_remove(&b);
}

static void net_pcap_gives_every_frame_of_every_capture(void **state)
{
	(void)state;
	read_two(1, 1);
}

static void plain_captures_are_read_without_it(void **state)
{
	(void)state;
	read_two(0, 1); /* borrowed */
	read_two(0, 2); /* copied */
}

static void memory_gives_the_same_as_often_as_asked(void **state)
{
	static struct vg_dataplane_conf conf;
	struct cm_file c;
	struct vg_ports *ports;

	(void)state;
	write_capture(&c, 0);
	cm_conf(&conf, 0, 3, (const char *[]){ c.path }, 1);
	ports = vg_ports_create(&conf, 1);
	assert_non_null(ports);
	cm_remove(&c); /* it is not read again */
	for (int i = 0; i < 3; i++) {
		read_all(ports, 0);
		vg_port_rewind(ports, 0);
	}
	assert_int_equal(rte_mempool_in_use_count(ports->pool), 0);
	vg_ports_destroy(ports);
}

static void no_free_buffer_in_memory_replay_loses_nothing(void **state)
{
	static struct vg_dataplane_conf conf;
	static struct rte_mbuf *taken[16384];
	struct rte_mbuf *mbufs[VG_PORT_BURST];
	uint64_t n_missed, n_nombuf;
	uint32_t n_taken = 0;
	struct cm_file c;
	struct vg_ports *ports;

	(void)state;
	write_capture(&c, 0);
	cm_conf(&conf, 0, 2, (const char *[]){ c.path }, 1);
	ports = vg_ports_create(&conf, 1);
	assert_non_null(ports);
	while (n_taken < 16384 && (taken[n_taken] = rte_pktmbuf_alloc(ports->pool)))
		n_taken++;
	assert_int_equal(vg_port_rx(ports, 0, 0, mbufs), 0);
	vg_port_lost(ports, 0, &n_missed, &n_nombuf);
	assert_int_equal(n_nombuf, 1);
	while (n_taken)
		rte_pktmbuf_free(taken[--n_taken]);
	ports->ports[0].n_memory_nombuf = 0;
	read_all(ports, 0);
	vg_ports_destroy(ports);
	cm_remove(&c);
}

static void a_bad_port_is_refused(void **state)
{
	static struct vg_dataplane_conf conf;

	(void)state;
	cm_conf(&conf, 0, 1, (const char *[]){ "/tmp/vigil-test-there-is-no-such-file" }, 1);
	assert_null(vg_ports_create(&conf, 1));
	conf.flags &= ~VG_CONF_REPLAY;
	strcpy(conf.ports[0], "net_nothing0,iface=none");
	assert_null(vg_ports_create(&conf, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(net_pcap_gives_every_frame_of_every_capture),
		cmocka_unit_test(plain_captures_are_read_without_it),
		cmocka_unit_test(memory_gives_the_same_as_often_as_asked),
		cmocka_unit_test(no_free_buffer_in_memory_replay_loses_nothing),
		cmocka_unit_test(a_bad_port_is_refused),
	};

	setenv("VIGIL_LOG", "error", 1);
	cm_eal();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
