/* watch: a live device has a row of its name, a capture has none; what is lost comes into the counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/port/watch.h"
#include "tests/lib/capture_make.h"

static struct vg_stats_page page;

static void a_device_has_a_row_with_what_it_counts(void **state)
{
	static struct vg_dataplane_conf conf;
	const char *paths[] = { "net_ring_w" };
	struct vg_ports *ports;
	struct rte_mbuf *m;

	(void)state;
	cm_conf(&conf, 0, 1, paths, 1);
	conf.flags &= ~(uint32_t)VG_CONF_REPLAY;
	conf.flags |= VG_CONF_NO_HUGE;
	ports = vg_ports_create(&conf, 1);
	assert_non_null(ports);
	vg_ports_watch_begin(ports, &page, 1);
	assert_string_equal(page.ports[0].name, "net_ring_w");
	assert_int_equal(page.ports[0].share, VG_PORT_ALONE);
	assert_int_equal(page.ports[0].link, VG_PORT_LINK_UP);
	m = rte_pktmbuf_alloc(ports->pool);
	assert_int_equal(rte_eth_tx_burst(ports->ports[0].eth_id, 0, &m, 1), 1);
	assert_int_equal(vg_port_rx(ports, 0, 0, &m), 1);
	rte_pktmbuf_free(m);
	vg_ports_watch(ports, &page, 7);
	assert_int_equal(page.ports[0].rx_packets, 1);
	assert_int_equal(page.counters[VG_C_RX_MISSED], 7);
	vg_ports_destroy(ports);
}

static void a_capture_has_no_row(void **state)
{
	static struct vg_dataplane_conf conf;
	static struct vg_stats_page none;
	struct cm_file c;
	struct pb_frame f;
	struct vg_ports *ports;

	(void)state;
	cm_pcap(&c, 0xa1b2c3d4u, 0, 1);
	cm_tcp(&f, 1, 0, 1, "x");
	cm_frame(&c, 1, 1, f.bytes, f.n_bytes);
	cm_close(&c);
	cm_conf(&conf, 0, 1, (const char *[]){ c.path }, 1);
	ports = vg_ports_create(&conf, 1);
	assert_non_null(ports);
	vg_ports_watch_begin(ports, &none, 1);
	assert_int_equal(none.ports[0].share, VG_PORT_NONE);
	vg_ports_destroy(ports);
	cm_remove(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_has_a_row_with_what_it_counts),
		cmocka_unit_test(a_capture_has_no_row),
	};

	setenv("VIGIL_LOG", "error", 1);
	cm_eal();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
