/* holes: what is held, its order, and that tiny pieces do not eat nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/stream/holes_priv.h"

static struct vg_streams *make(uint32_t hole_bytes, uint64_t pool_bytes, struct vg_stats_page **stats,
			       struct vg_stream_dir **d)
{
	static const struct vg_stream_sink none;
	struct vg_streams *streams;
	uint32_t idx;

	*stats = calloc(1, sizeof(**stats));
	streams = vg_streams_create(2, hole_bytes, pool_bytes, 1000, *stats, &none);
	idx = vg_streams_take(streams);
	*d = &streams->streams[idx].dirs[0];
	return streams;
}

static uint32_t hold(struct vg_streams *streams, struct vg_stream_dir *d, uint32_t seq, uint32_t n, uint8_t fill)
{
	uint8_t bytes[8192];
	uint32_t n_conflicts = 0, n_left;

	memset(bytes, fill, n);
	n_left = vg_holes_hold(streams, d, seq, bytes, n, VG_NODE_PLAIN, 0, &n_conflicts);
	return n_conflicts << 16 | n_left;
}

static void pieces_are_sorted_across_the_wrap(void **state)
{
	static const uint32_t seqs[] = { 100, 0xfffffff0u, 50, 0xffffff00u, 300, 20 };
	struct vg_stats_page *stats;
	struct vg_stream_dir *d;
	struct vg_streams *streams = make(1 << 20, 1 << 20, &stats, &d);
	uint32_t last = 0;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(hold(streams, d, seqs[i], 10, 'x'), 0);
	assert_int_equal(d->n_nodes, 6);
	for (uint32_t node = d->first_node; node != VG_STREAM_NONE; node = vg_hole_node(streams, node)->next) {
		if (node != d->first_node)
			assert_true(vg_seq_distance(last, vg_hole_node(streams, node)->seq) > 0);
		last = vg_hole_node(streams, node)->seq;
	}
	assert_int_equal(last, 300);
	vg_streams_destroy(streams);
	free(stats);
}

static void tiny_pieces_share_nodes_whatever_their_order(void **state)
{
	struct vg_stats_page *stats;
	struct vg_stream_dir *d;
	struct vg_streams *streams = make(1 << 20, 1 << 20, &stats, &d);

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(hold(streams, d, 1000 - i, 1, (uint8_t)i), 0);
	assert_int_equal(d->n_nodes, 1);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(vg_hole_node(streams, d->first_node)->bytes[999 - i], (uint8_t)i);
	vg_streams_destroy(streams);
	free(stats);
}

static void a_later_copy_fills_only_what_is_missing(void **state)
{
	struct vg_stats_page *stats;
	struct vg_stream_dir *d;
	struct vg_streams *streams = make(1 << 20, 1 << 20, &stats, &d);
	const struct vg_stream_node *node;

	(void)state;
	hold(streams, d, 100, 10, 'a');
	hold(streams, d, 120, 10, 'b');
	assert_int_equal(hold(streams, d, 90, 60, 'c'), 2u << 16);
	assert_int_equal(d->n_nodes, 1);
	node = vg_hole_node(streams, d->first_node);
	assert_int_equal(node->n_bytes, 60);
	assert_memory_equal(node->bytes, "ccccccccccaaaaaaaaaaccccccccccbbbbbbbbbbcccccccccccccccccccc", 60);
	assert_int_equal(stats->counters[VG_C_STREAM_RETRANSMITTED], 20);
	vg_streams_destroy(streams);
	free(stats);
}

static void what_finds_no_room_is_given_back(void **state)
{
	struct vg_stats_page *stats;
	struct vg_stream_dir *d;
	struct vg_streams *streams = make(0, 1 << 20, &stats, &d); /* the least: 8 nodes */

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(hold(streams, d, i * 1000, 10, 'x'), 0);
	assert_int_equal(hold(streams, d, 9000, 77, 'x'), 77);
	vg_holes_drop_first(streams, d);
	assert_int_equal(hold(streams, d, 9000, 77, 'x'), 0);
	vg_streams_destroy(streams);
	free(stats);
	streams = make(1 << 20, 4096, &stats, &d); /* a pool of two nodes */
	assert_int_equal(hold(streams, d, 0, 5000, 'x'), 5000 - 2 * VG_STREAM_NODE_BYTES);
	vg_streams_destroy(streams);
	free(stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_sorted_across_the_wrap),
		cmocka_unit_test(tiny_pieces_share_nodes_whatever_their_order),
		cmocka_unit_test(a_later_copy_fills_only_what_is_missing),
		cmocka_unit_test(what_finds_no_room_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
