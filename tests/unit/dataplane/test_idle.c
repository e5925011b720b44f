/* idle: polling never sleeps; sleeping begins after a while, grows and ends with the first frame; an interrupt that no
 * driver has becomes sleep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <vigil/clock.h>

#include "dataplane/idle.h"
#include "tests/lib/capture_make.h"

static struct vg_ports ports = { .n_ports = 1, .ports = { { .n_queues = 1 } } };
static struct vg_feed feed = { .ports = &ports };

static void polling_never_sleeps(void **state)
{
	struct vg_idle idle;

	(void)state;
	vg_idle_init(&idle, VG_RX_POLL, 1);
	for (uint32_t i = 0; i < 10 * VG_IDLE_ROUNDS; i++)
		vg_idle_wait(&idle, &feed);
	assert_int_equal(idle.n_sleeps, 0);
}

static void sleep_begins_late_grows_and_ends_with_a_frame(void **state)
{
	struct vg_idle idle;
	uint64_t begun_ns;

	(void)state;
	vg_idle_init(&idle, VG_RX_SLEEP, 1);
	for (uint32_t i = 1; i < VG_IDLE_ROUNDS; i++)
		vg_idle_wait(&idle, &feed);
	assert_int_equal(idle.n_sleeps, 0);
	for (uint32_t i = 0; i < 10; i++)
		vg_idle_wait(&idle, &feed);
	assert_int_equal(idle.n_sleeps, 10);
	assert_int_equal(idle.sleep_us, VG_IDLE_MAX_US);
	begun_ns = vg_mono_now().ns;
	vg_idle_wait(&idle, &feed);
	assert_true(vg_mono_now().ns - begun_ns >= VG_IDLE_MAX_US * 1000u);
	vg_idle_reset(&idle);
	vg_idle_wait(&idle, &feed);
	assert_int_equal(idle.n_sleeps, 11);
	assert_int_equal(idle.sleep_us, VG_IDLE_MIN_US);
}

static void an_interrupt_that_no_driver_has_becomes_sleep(void **state)
{
	static struct vg_dataplane_conf conf;
	const char *paths[] = { "net_ring_i" };
	struct vg_ports *real;
	struct vg_feed own;
	struct vg_idle idle;

	(void)state;
	vg_idle_init(&idle, VG_RX_INTERRUPT, 0);
	assert_int_equal(idle.how, VG_RX_SLEEP);
	cm_conf(&conf, 0, 1, paths, 1);
	conf.flags = VG_CONF_NO_HUGE;
	conf.rx_idle = VG_RX_INTERRUPT;
	real = vg_ports_create(&conf, 1);
	assert_non_null(real);
	assert_false(real->ports[0].has_interrupts);
	vg_feed_init(&own, real, &conf, VG_FEED_ALL, 0);
	vg_idle_init(&idle, VG_RX_INTERRUPT, 1);
	for (uint32_t i = 0; i < VG_IDLE_ROUNDS + 2; i++)
		vg_idle_wait(&idle, &own);
	assert_int_equal(idle.how, VG_RX_SLEEP);
	vg_ports_destroy(real);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polling_never_sleeps),
		cmocka_unit_test(sleep_begins_late_grows_and_ends_with_a_frame),
		cmocka_unit_test(an_interrupt_that_no_driver_has_becomes_sleep),
	};

	setenv("VIGIL_LOG", "error", 1);
	cm_eal();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
