/* feed: rounds, the clock of a capture whose times go back, pacing, and captures that were cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_mbuf.h>

#include "dataplane/feed.h"
#include "tests/lib/capture_make.h"

#define MS UINT64_C(1000000)

static void write_capture(struct cm_file *c, uint32_t n, const uint32_t *us)
{
	static const uint8_t frame[60];

	cm_pcap(c, 0xa1b2c3d4u, 0, 1);
	for (uint32_t i = 0; i < n; i++)
		cm_frame(c, 100, us ? us[i] : i, frame, sizeof(frame));
	cm_close(c);
}

static uint32_t drop(struct vg_feed *feed)
{
	for (uint32_t i = 0; i < feed->n_frames; i++)
		rte_pktmbuf_free(feed->mbufs[feed->first + i]);
	return feed->n_frames;
}

static void each_round_of_each_capture_ends_and_then_the_input(void **state)
{
	static struct vg_dataplane_conf conf;
	static const uint32_t sizes[] = { 70, 0, 32 };
	struct cm_file c[3];
	struct vg_ports *ports;
	struct vg_feed feed;
	uint64_t order = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		write_capture(&c[i], sizes[i], NULL);
	cm_conf(&conf, VG_CONF_LOSSLESS, 2, (const char *[]){ c[0].path, c[1].path, c[2].path }, 3);
	ports = vg_ports_create(&conf, 1);
	assert_non_null(ports);
	vg_feed_init(&feed, ports, &conf, VG_FEED_ALL, 0);
	for (uint32_t i = 0; i < 3; i++)
		for (int round = 0; round < 2; round++) {
			enum vg_feed_word word;
			uint32_t n = 0;
			while ((word = vg_feed_next(&feed, 1, 1)) == VG_FEED_PACKETS) {
				for (uint32_t k = 0; k < feed.n_frames; k++)
					assert_int_equal(feed.orders[feed.first + k], ++order);
				assert_int_equal(feed.capture_idx, i);
				assert_int_equal(feed.link, VG_LINK_ETHERNET);
				n += drop(&feed);
			}
			assert_int_equal(word, VG_FEED_ROUND);
			assert_int_equal(feed.order, ++order); /* after all frames before it */
			assert_int_equal(n, sizes[i]);
			assert_int_equal(feed.clock_ns, 0);
		}
	assert_int_equal(vg_feed_next(&feed, 1, 1), VG_FEED_INPUT_END);
	assert_int_equal(vg_feed_next(&feed, 1, 1), VG_FEED_INPUT_END);
	assert_false(feed.is_short);
	vg_ports_destroy(ports);
	for (int i = 0; i < 3; i++)
		cm_remove(&c[i]);
}

static void the_clock_is_the_largest_time_so_far(void **state)
{
	static const uint32_t us[] = { 10, 50, 20, 60, 40 };
	static const uint32_t clocks[] = { 10, 50, 50, 60, 60 };
	static struct vg_dataplane_conf conf;
	struct cm_file c;
	struct vg_ports *ports;
	struct vg_feed feed;

	(void)state;
	write_capture(&c, 5, us);
	cm_conf(&conf, 0, 2, (const char *[]){ c.path }, 1);
	ports = vg_ports_create(&conf, 1);
	vg_feed_init(&feed, ports, &conf, VG_FEED_ALL, 0);
	assert_int_equal(vg_feed_next(&feed, 1, 1), VG_FEED_PACKETS);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(feed.wall_ns[i], 100000000000 + us[i] * 1000);
		assert_int_equal(feed.clocks_ns[i], 100000000000 + clocks[i] * 1000);
	}
	drop(&feed);
	vg_ports_destroy(ports);
	cm_remove(&c);
}

static void pacing_gives_frames_when_they_are_due(void **state)
{
	static const uint32_t us[] = { 0, 1000, 1000, 5000, 90000 };
	static struct vg_dataplane_conf conf;
	struct cm_file c;
	struct vg_ports *ports;
	struct vg_feed feed;
	uint64_t began = 77 * MS;

	(void)state;
	write_capture(&c, 5, us);
	cm_conf(&conf, VG_CONF_PACE, 2, (const char *[]){ c.path }, 1);
	ports = vg_ports_create(&conf, 1);
	vg_feed_init(&feed, ports, &conf, VG_FEED_ALL, 0);
	assert_int_equal(vg_feed_next(&feed, began, 1), VG_FEED_PACKETS);
	assert_int_equal(drop(&feed), 1);
	assert_int_equal(vg_feed_next(&feed, began + 999999, 1), VG_FEED_IDLE);
	assert_int_equal(vg_feed_next(&feed, began + MS, 1), VG_FEED_PACKETS);
	assert_int_equal(drop(&feed), 2);
	assert_int_equal(vg_feed_next(&feed, began + 80 * MS, 1), VG_FEED_PACKETS);
	assert_int_equal(drop(&feed), 1);
	assert_int_equal(vg_feed_next(&feed, began + 89 * MS, 1), VG_FEED_IDLE);
	assert_int_equal(vg_feed_next(&feed, began + 90 * MS, 1), VG_FEED_PACKETS);
	assert_int_equal(drop(&feed), 1);
	assert_int_equal(vg_feed_next(&feed, began + 90 * MS, 1), VG_FEED_ROUND);
	vg_ports_destroy(ports);
	cm_remove(&c);
}

static void a_cut_capture_is_read_as_far_as_it_goes(void **state)
{
	static struct vg_dataplane_conf conf;
	struct cm_file c;
	struct vg_ports *ports;
	struct vg_feed feed;
	uint32_t n = 0;

	(void)state;
	write_capture(&c, 10, NULL);
	assert_int_equal(truncate(c.path, 24 + 9 * 76 + 30), 0);
	cm_conf(&conf, VG_CONF_LOSSLESS, 1, (const char *[]){ c.path }, 1); /* through net_pcap */
	ports = vg_ports_create(&conf, 1);
	vg_feed_init(&feed, ports, &conf, VG_FEED_ALL, 0);
	while (vg_feed_next(&feed, 1, 1) == VG_FEED_PACKETS)
		n += drop(&feed);
	assert_int_equal(n, 9);
	assert_true(feed.is_short);
	vg_ports_destroy(ports);
	cm_remove(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_round_of_each_capture_ends_and_then_the_input),
		cmocka_unit_test(the_clock_is_the_largest_time_so_far),
		cmocka_unit_test(pacing_gives_frames_when_they_are_due),
		cmocka_unit_test(a_cut_capture_is_read_as_far_as_it_goes),
	};

	setenv("VIGIL_LOG", "error", 1);
	cm_eal();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
