/* pairs: two ports open by their arguments, buffers are as large as the frames, what is wrong is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_ethdev.h>

#include "forward/eal.h"
#include "forward/port/pairs.h"

static struct vg_forward_conf conf = { .flags = VG_CONF_NO_HUGE, .eal_mem_mb = 64, .n_pairs = 1, .mtu = 1500 };

static void name(const char *a, const char *b)
{
	strcpy(conf.pairs[0][0], a);
	strcpy(conf.pairs[0][1], b);
}

static void buffers_hold_the_largest_frame(void **state)
{
	(void)state;
	name("0000:01:00.0", "0000:01:00.1");
	assert_int_equal(vg_pairs_room_bytes(&conf), 2048);
	conf.mtu = 9000;
	assert_int_equal(vg_pairs_room_bytes(&conf), 9088);
	name("net_af_packet0,iface=a,framesz=16384", "net_af_packet1,iface=b,framesz=4096");
	assert_int_equal(vg_pairs_room_bytes(&conf), 16384);
	name("net_af_packet0,iface=a,framesz=99999999", "b");
	assert_true(vg_pairs_room_bytes(&conf) + RTE_PKTMBUF_HEADROOM <= UINT16_MAX);
	conf.mtu = 1500;
}

static void a_pair_opens_its_two_ports(void **state)
{
	struct vg_pairs *pairs;
	(void)state;
	name("net_ring_a", "net_ring_b");
	pairs = vg_pairs_create(&conf);
	assert_non_null(pairs);
	assert_true(pairs->pairs[0].eth_id[0] != pairs->pairs[0].eth_id[1]);
	vg_pairs_destroy(pairs);
}

static void frames_that_would_be_cut_are_refused_at_the_start(void **state)
{
	struct vg_pairs *pairs;
	(void)state;
	if (geteuid()) /* a packet socket needs root */
		return;
	name("net_af_packet7,iface=lo,blocksz=65536,framesz=4096,framecnt=32", "net_ring_f");
	conf.mtu = 9000; /* lo carries them, the ring's frames are too small */
	pairs = vg_pairs_create(&conf);
	assert_null(pairs);
	conf.mtu = 1500;
}

static void ports_that_are_not_there_are_refused(void **state)
{
	static const char *const bad[] = { "", "net_nonsense0", ",x",
					   "net_ring_with_a_name_that_is_longer_than_any_device_could_ever_have_had" };
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(bad); i++) {
		struct vg_pairs *pairs;
		char good[] = "net_ring_c0";
		good[10] = (char)('0' + i);
		name(good, bad[i]);
		pairs = vg_pairs_create(&conf);
		assert_null(pairs);
	}
}

static int start_eal(void **state)
{
	(void)state;
	return vg_forward_eal_start(&conf, "/tmp") ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_hold_the_largest_frame),
		cmocka_unit_test(a_pair_opens_its_two_ports),
		cmocka_unit_test(frames_that_would_be_cut_are_refused_at_the_start),
		cmocka_unit_test(ports_that_are_not_there_are_refused),
	};
	return cmocka_run_group_tests(tests, start_eal, NULL);
}
