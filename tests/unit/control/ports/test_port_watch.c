/* port_watch: ports of a page become rows, a loss is an alarm for a minute, a name cannot break its reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/ports/port_watch.h"

#define S 1000000000ull

static struct vg_loop *loop;
static struct vg_port_watch *watch;
static struct vg_stats_page page;
static struct vg_port_view seen[8];
static unsigned n_seen;

static void see(void *ctx, const struct vg_port_view *port)
{
	(void)ctx;
	assert_true(n_seen < 8);
	seen[n_seen++] = *port;
}

static void look(int pair, uint64_t now_ns)
{
	vg_port_watch_take(watch, pair, &page, now_ns);
	n_seen = 0;
	vg_port_watch_each(watch, see, NULL);
}

static int begin(void **state)
{
	(void)state;
	setenv("VIGIL_LOG", "none", 1);
	memset(&page, 0, sizeof(page));
	loop = vg_loop_create();
	watch = vg_port_watch_create(loop, NULL, NULL);
	return watch ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	vg_port_watch_destroy(watch);
	vg_loop_destroy(loop);
	return 0;
}

static void a_port_is_a_row_and_one_that_goes_is_none(void **state)
{
	(void)state;
	look(-1, S);
	assert_int_equal(n_seen, 0);
	strcpy(page.ports[1].name, "eth1");
	page.ports[1].share = VG_PORT_HASHED;
	page.ports[1].link = VG_PORT_LINK_UP;
	page.ports[1].rx_packets = 5;
	look(-1, S);
	look(3, S); /* the forwarder's pages hold two ports */
	assert_int_equal(n_seen, 2);
	assert_string_equal(seen[0].name, "eth1");
	assert_int_equal(seen[0].pair, -1);
	assert_int_equal(seen[0].rx_packets, 5);
	assert_string_equal(vg_port_link_str(seen[0].link), "up");
	assert_string_equal(vg_port_share_str(seen[0].share), "hashed by the card");
	assert_int_equal(seen[1].pair, 3);
	page.ports[1].share = VG_PORT_NONE;
	look(-1, 2 * S);
	assert_int_equal(n_seen, 1);
	look(VG_FORWARD_MAX_PAIRS, 2 * S); /* no such pair */
	assert_int_equal(n_seen, 1);
}

static void a_loss_is_an_alarm_for_a_minute(void **state)
{
	(void)state;
	page.ports[0].share = VG_PORT_ALONE;
	look(-1, S);
	assert_false(seen[0].is_losing);
	page.ports[0].rx_missed = 1;
	look(-1, 2 * S);
	assert_true(seen[0].is_losing);
	look(-1, 61 * S);
	assert_true(seen[0].is_losing);
	look(-1, 62 * S);
	assert_false(seen[0].is_losing);
	page.ports[0].rx_nombuf = 1;
	look(-1, 70 * S);
	assert_true(seen[0].is_losing);
	page.ports[0].rx_nombuf = page.ports[0].rx_missed = 0; /* a new program counts from nothing */
	look(-1, 200 * S);
	assert_false(seen[0].is_losing);
}

static void a_name_is_made_harmless(void **state)
{
	(void)state;
	page.ports[0].share = VG_PORT_ALONE;
	memset(page.ports[0].name, 'n', VG_PORT_NAME); /* it does not end */
	memcpy(page.ports[0].name, "a\"b\\c\nd\xff", 8);
	look(-1, S);
	assert_int_equal(strlen(seen[0].name), VG_PORT_NAME - 1);
	assert_memory_equal(seen[0].name, "a?b?c?d?n", 9);
	page.ports[0].share = 77;
	page.ports[0].link = 77;
	look(-1, S);
	assert_string_equal(vg_port_share_str(seen[0].share), "unknown");
	assert_string_equal(vg_port_link_str(seen[0].link), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_port_is_a_row_and_one_that_goes_is_none, begin, end),
		cmocka_unit_test_setup_teardown(a_loss_is_an_alarm_for_a_minute, begin, end),
		cmocka_unit_test_setup_teardown(a_name_is_made_harmless, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
