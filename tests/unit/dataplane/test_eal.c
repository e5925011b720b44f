/* eal: DPDK starts with more lcores than CPUs, and two beside each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_lcore.h>

#include "dataplane/eal.h"

static void many_lcores_float_over_few_cpus_in_several_processes(void **state)
{
	static struct vg_dataplane_conf conf;

	(void)state;
	conf.flags = VG_CONF_REPLAY | VG_CONF_NO_HUGE;
	conf.eal_mem_mb = 32;
	for (int i = 0; i < 2; i++)
		if (!fork()) {
			int ok = vg_eal_start(&conf, "/tmp", 9) == VG_OK && rte_lcore_count() == 9;
			usleep(200000); /* both live at the same time */
			_exit(ok ? 0 : 1);
		}
	for (int i = 0; i < 2; i++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
}

static void drivers_that_are_not_linked_in_are_known_by_the_port(void **state)
{
	static struct vg_dataplane_conf conf;
	static const struct {
		const char *port;
		int is_virtual;
	} rows[] = {
		{ "net_af_packet0,iface=eth1", 1 },
		{ "net_tap3", 1 },
		{ "net_memif0,role=server", 1 },
		{ "net_pcap1,iface=eth0", 1 },
		{ "net_ring0", 1 },
		{ "forward:0:/run/vigil/forward.sock", 1 },
		{ "0000:01:00.0", 0 },
		{ "01:00.1", 0 },
		{ "net_af_xdp0,iface=eth1", 0 },
		{ "net_pcap_ng0", 0 },
		{ "eth_af_packet0,iface=a", 0 },
		{ "net_bonding0,slave=0000:01:00.0", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		conf.flags = 0;
		conf.n_ports = 2;
		strcpy(conf.ports[0], "net_tap0");
		strcpy(conf.ports[1], rows[i].port);
		if (vg_eal_is_virtual(&conf) != rows[i].is_virtual)
			fail_msg("%s", rows[i].port);
		conf.flags = VG_CONF_REPLAY; /* a capture may have any name */
		assert_true(vg_eal_is_virtual(&conf));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drivers_that_are_not_linked_in_are_known_by_the_port),
		cmocka_unit_test(many_lcores_float_over_few_cpus_in_several_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
