/* The cold half of stream.h. Both pools are mapped on first touch. */
#include <stdlib.h>

#include <vigil/pages.h>

#include "dataplane/stream/holes_priv.h"

#define MIN_DIR_NODES 8u

static size_t nodes_bytes(const struct vg_streams *streams)
{
	return streams->n_nodes * sizeof(streams->nodes[0]);
}

static void release(struct vg_streams *streams)
{
	if (!streams)
		return;
	vg_wheel_destroy(streams->wheel);
	vg_pages_free(streams->nodes, nodes_bytes(streams));
	vg_pages_free(streams->streams, streams->n_streams * sizeof(streams->streams[0]));
	free(streams);
}

struct vg_streams *vg_streams_create(uint32_t n_streams, uint32_t hole_bytes, uint64_t pool_bytes,
				     uint64_t hole_timeout_ns, struct vg_stats_page *stats,
				     const struct vg_stream_sink *sink)
{
	struct vg_streams *streams = calloc(1, sizeof(*streams));
	uint64_t n_nodes = pool_bytes / sizeof(struct vg_stream_node);

	if (!streams || !n_streams || n_streams > UINT32_C(1) << 26)
		goto fail;
	streams->n_streams = n_streams;
	streams->n_nodes = n_nodes < 1u << 26 ? (uint32_t)n_nodes : 1u << 26;
	streams->max_dir_nodes = hole_bytes / (uint32_t)sizeof(struct vg_stream_node);
	if (streams->max_dir_nodes < MIN_DIR_NODES)
		streams->max_dir_nodes = MIN_DIR_NODES;
	if (streams->max_dir_nodes > VG_STREAM_MAX_STEPS)
		streams->max_dir_nodes = VG_STREAM_MAX_STEPS;
	streams->hole_timeout_ns = hole_timeout_ns ? hole_timeout_ns : 1;
	streams->stats = stats;
	streams->sink = *sink;
	streams->streams = vg_pages_new(n_streams * sizeof(streams->streams[0]));
	streams->nodes = vg_pages_new(nodes_bytes(streams));
	streams->wheel = vg_wheel_create(2 * n_streams, streams->hole_timeout_ns);
	if (streams->streams && streams->nodes && streams->wheel)
		return streams;
fail:
	release(streams);
	return NULL;
}

void vg_streams_destroy(struct vg_streams *streams)
{
	release(streams);
}
