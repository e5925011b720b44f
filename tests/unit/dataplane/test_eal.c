/* eal: DPDK starts with more lcores than CPUs, and two beside each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_lcores_float_over_few_cpus_in_several_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
