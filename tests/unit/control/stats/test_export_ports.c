/* export_ports: each port by its name, each family once, an unknown link has no sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/stats/export_priv.h"

static void ports_stand_by_name_in_families(void **state)
{
	static struct vg_stats_page page;
	struct vg_loop *loop = vg_loop_create();
	struct vg_forward_link *forward = vg_forward_link_create(loop, "/nonexistent");
	struct vg_port_watch *watch = vg_port_watch_create(loop, NULL, forward);
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	(void)state;
	strcpy(page.ports[0].name, "eth0");
	strcpy(page.ports[1].name, "eth1");
	page.ports[0].share = page.ports[1].share = VG_PORT_INLINE;
	page.ports[0].link = VG_PORT_LINK_DOWN;
	page.ports[0].rx_missed = 7;
	vg_port_watch_take(watch, 2, &page, 1000000000);
	vg_stats_export_ports(out, watch);
	fclose(out);
	assert_non_null(strstr(text, "\nvigil_port_rx_missed_total{port=\"eth0\",pair=\"2\"} 7\n"
				     "vigil_port_rx_missed_total{port=\"eth1\",pair=\"2\"} 0\n"));
	assert_non_null(strstr(text, "vigil_port_link_up{port=\"eth0\",pair=\"2\"} 0\n"));
	assert_null(strstr(text, "vigil_port_link_up{port=\"eth1\""));
	assert_non_null(strstr(text, "vigil_port_losing{port=\"eth0\",pair=\"2\"} 1\n"));
	assert_non_null(strstr(text, "\nvigil_forward_linked 0\n"));
	assert_ptr_equal(strstr(strstr(text, "# TYPE vigil_forward_tx_dropped_total") + 1,
				"# TYPE vigil_forward_tx_dropped_total"),
			 NULL);
	free(text);
	vg_port_watch_destroy(watch);
	vg_forward_link_destroy(forward);
	vg_loop_destroy(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_stand_by_name_in_families),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
