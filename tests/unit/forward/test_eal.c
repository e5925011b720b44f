/* eal: DPDK starts with a lcore per pair, and a second one beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_lcore.h>

#include "forward/eal.h"

static void every_pair_has_its_lcore_in_several_processes(void **state)
{
	static struct vg_forward_conf conf = { .flags = VG_CONF_NO_HUGE, .eal_mem_mb = 16, .n_pairs = 5 };

	(void)state;
	for (int i = 0; i < 2; i++)
		if (!fork()) {
			int ok = vg_forward_eal_start(&conf, "/tmp") == VG_OK && rte_lcore_count() == 6;
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
		cmocka_unit_test(every_pair_has_its_lcore_in_several_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
