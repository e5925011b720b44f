/* watch: a pair's ports are named by what people call them, and what they count comes into the pair's page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <vigil/port_link.h>

#include "forward/eal.h"
#include "forward/port/watch.h"

static struct vg_forward_conf conf = { .flags = VG_CONF_NO_HUGE,
				       .eal_mem_mb = 64,
				       .n_pairs = 1,
				       .mtu = 1500,
				       .pairs = { { "net_ring_a", "net_ring_b" } } };
static struct vg_stats_page page;

static void frames_of_both_ports_are_counted_by_name(void **state)
{
	struct vg_pairs *pairs = vg_pairs_create(&conf);
	struct rte_mbuf *m;
	(void)state;
	assert_non_null(pairs);
	vg_pairs_watch_begin(&pairs->pairs[0], &page, conf.pairs[0][0], conf.pairs[0][1]);
	assert_string_equal(page.ports[0].name, "net_ring_a");
	assert_string_equal(page.ports[1].name, "net_ring_b");
	assert_int_equal(page.ports[0].share, VG_PORT_INLINE);
	assert_int_equal(page.ports[2].share, VG_PORT_NONE);
	assert_int_equal(page.ports[0].link, VG_PORT_LINK_UP); /* DPDK's word: it is no interface of the kernel */
	m = rte_pktmbuf_alloc(pairs->pool);
	assert_int_equal(rte_eth_tx_burst(pairs->pairs[0].eth_id[0], 0, &m, 1), 1); /* a ring is its own other end */
	assert_int_equal(rte_eth_rx_burst(pairs->pairs[0].eth_id[0], 0, &m, 1), 1);
	vg_pairs_watch(&pairs->pairs[0], &page);
	assert_int_equal(page.ports[0].tx_packets, 1);
	assert_int_equal(page.ports[0].rx_packets, 1);
	assert_int_equal(page.ports[1].rx_packets, 0);
	assert_int_equal(page.counters[VG_F_RX_MISSED] + page.counters[VG_F_RX_NOMBUF] + page.counters[VG_F_TX_ERRORS],
			 0);
	rte_pktmbuf_free(m);
	vg_pairs_destroy(pairs);
}

static void an_interface_gives_its_name_and_its_state(void **state)
{
	char name[VG_PORT_NAME];
	int fd;
	(void)state;
	vg_port_label("net_af_packet0,iface=eth7,blocksz=4096", name);
	assert_string_equal(name, "eth7");
	vg_port_label("0000:01:00.0,arg=1", name);
	assert_string_equal(name, "0000:01:00.0");
	vg_port_label("net_af_packet0,iface=an_interface_name_that_is_longer_than_any_row_of_the_page,x=1", name);
	assert_int_equal(strlen(name), VG_PORT_NAME - 1);
	assert_true(vg_port_is_of_kernel("net_tap0,iface=t"));
	assert_false(vg_port_is_of_kernel("0000:01:00.0"));
	assert_int_equal(vg_port_link_open("net_af_packet0,iface=../../../etc"), -1);
	assert_int_equal(vg_port_link_open("net_memif0,role=server"), -1);
	assert_int_equal(vg_port_link_read(-1), VG_PORT_LINK_UNKNOWN);
	fd = vg_port_link_open("net_af_packet0,iface=lo"); /* the loopback's state is "unknown" */
	if (fd < 0)
		return;
	assert_true(vg_port_link_read(fd) == VG_PORT_LINK_UNKNOWN || vg_port_link_read(fd) == VG_PORT_LINK_DOWN);
	close(fd);
}

static void a_link_that_goes_down_is_counted_once(void **state)
{
	static struct vg_port_stats port;
	(void)state;
	vg_port_link_note(&port, VG_PORT_LINK_DOWN);
	assert_int_equal(port.n_downs, 0); /* it never was up */
	vg_port_link_note(&port, VG_PORT_LINK_UP);
	vg_port_link_note(&port, VG_PORT_LINK_DOWN);
	vg_port_link_note(&port, VG_PORT_LINK_DOWN);
	assert_int_equal(port.n_downs, 1);
	assert_int_equal(port.link, VG_PORT_LINK_DOWN);
}

static int start_eal(void **state)
{
	(void)state;
	return vg_forward_eal_start(&conf, "/tmp") ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_both_ports_are_counted_by_name),
		cmocka_unit_test(an_interface_gives_its_name_and_its_state),
		cmocka_unit_test(a_link_that_goes_down_is_counted_once),
	};
	return cmocka_run_group_tests(tests, start_eal, NULL);
}
