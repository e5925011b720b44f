/* HTTP/2's row, and the pools of one core. */
#include <stdlib.h>

#include "dataplane/proto/http2/http2.h"
#include "dataplane/proto/http2/http2_priv.h"

/* Per stream state of the core; a usual table of 4 KiB takes about four times this, and few flows are HTTP/2. */
#define HEAP_STREAM_BYTES 2048u
#define HEAP_MIN_BYTES    (4u << 20)
#define HEAP_MAX_BYTES    (64u << 20)
#define SHARE             4u

static uint32_t at_least(uint32_t n, uint32_t least)
{
	return n < least ? least : n;
}

enum vg_err vg_http2_heap_create(struct vg_http2_heap *heap, size_t n_bytes)
{
	memset(heap, 0, sizeof(*heap));
	heap->n_bytes = (n_bytes + VG_HTTP2_HEAP_MAX - 1) / VG_HTTP2_HEAP_MAX * VG_HTTP2_HEAP_MAX;
	heap->bytes = aligned_alloc(4096, heap->n_bytes);
	heap->tags = calloc(heap->n_bytes / VG_HTTP2_HEAP_MIN, 1);
	if (heap->bytes && heap->tags)
		return VG_OK;
	vg_http2_heap_destroy(heap);
	return VG_ENOMEM;
}

void vg_http2_heap_destroy(struct vg_http2_heap *heap)
{
	free(heap->bytes);
	free(heap->tags);
	memset(heap, 0, sizeof(*heap));
}

static void destroy(void *shared)
{
	struct vg_http2 *http2 = shared;

	if (!http2)
		return;
	vg_pool_destroy(&http2->streams);
	vg_pool_destroy(&http2->asks);
	vg_pool_destroy(&http2->heads);
	vg_http2_heap_destroy(&http2->heap);
	free(http2);
}

static enum vg_err create(const struct vg_dataplane_conf *conf, void **shared)
{
	struct vg_http2 *http2 = calloc(1, sizeof(*http2));
	uint32_t n = conf->n_streams;
	size_t n_heap = (size_t)n * HEAP_STREAM_BYTES;

	if (!http2)
		return VG_ENOMEM;
	*shared = http2;
	n_heap = n_heap < HEAP_MIN_BYTES ? HEAP_MIN_BYTES : n_heap > HEAP_MAX_BYTES ? HEAP_MAX_BYTES : n_heap;
	if (vg_pool_create(&http2->streams, at_least(n, 1024), (sizeof(struct vg_http2_stream) + 63) & ~(size_t)63) ||
	    vg_pool_create(&http2->asks, at_least(n / 2, 512), (sizeof(struct vg_ask) + 63) & ~(size_t)63) ||
	    vg_pool_create(&http2->heads, at_least(n / 8, 256), (sizeof(struct vg_http2_head) + 63) & ~(size_t)63) ||
	    vg_http2_heap_create(&http2->heap, n_heap))
		return VG_ENOMEM;
	return VG_OK;
}

/* The client's preface is known to HTTP/1's row; the server begins with SETTINGS (RFC 9113 3.4). */
static enum vg_app first(const uint8_t *bytes, uint32_t n_bytes)
{
	static const uint8_t settings[9] = { 0, 0, 0, VG_FRAME_SETTINGS };

	for (uint32_t i = 0; i < n_bytes && i < sizeof(settings); i++)
		if (i == 2 ? bytes[i] % 6 != 0 : bytes[i] != settings[i])
			return VG_APP_UNKNOWN;
	return n_bytes < sizeof(settings) ? VG_APP_NONE : VG_APP_HTTP2;
}

static int begins(const uint8_t *bytes, uint32_t n_bytes)
{
	if (n_bytes >= VG_HTTP2_PREFACE_BYTES && !memcmp(bytes, VG_HTTP2_PREFACE, VG_HTTP2_PREFACE_BYTES))
		return 1;
	return n_bytes >= VG_HTTP2_STRONG_BYTES && bytes[3] == VG_FRAME_HEADERS &&
	       vg_http2_frame_is_strong(bytes, NULL, NULL);
}

const struct vg_parser vg_http2_parser = {
	.name = "http2",
	.app = VG_APP_HTTP2,
	.flow_bytes = sizeof(struct vg_http2_flow),
	.share = SHARE,
	.recogniser = { .first = first, .begins = begins },
	.create = create,
	.destroy = destroy,
	.init = vg_http2_init,
	.fini = vg_http2_fini,
	.feed = vg_http2_feed,
	.gap = vg_http2_gap,
	.conflict = vg_http2_conflict,
	.end = vg_http2_end,
};
