/* The memory of one core's lanes: made, mapped and sealed before anybody else gets it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/memfd.h>

#include "dataplane/handoff/handoff_priv.h"

#define ROOM   "dataplane/handoff"
/* One nap of a lossless producer. */
#define NAP_NS 50000

static int nap(void *ctx, uint64_t *mono_ns)
{
	const struct vg_handoff *handoff = ctx;
	struct timespec t = { 0, NAP_NS };
	(void)nanosleep(&t, NULL);
	*mono_ns = vg_mono_now().ns;
	return handoff->stop && atomic_load_explicit(handoff->stop, memory_order_relaxed);
}

/* A memfd that only we write: sized, mapped, sealed. */
static void *memory_make(const char *name, size_t n_bytes, int *fd)
{
	void *at;
	*fd = vg_memfd_new(name, n_bytes);
	if (*fd < 0)
		return NULL;
	at = vg_memfd_map(*fd, n_bytes, PROT_READ | PROT_WRITE);
	if (at && !vg_memfd_seal(*fd, VG_SEALS_OURS))
		return at;
	if (at)
		munmap(at, n_bytes);
	close(*fd);
	*fd = -1;
	return NULL;
}

struct vg_stats_page *vg_handoff_stats_page(int *fd)
{
	struct vg_stats_page *page = memory_make("vigil-stats", VG_STATS_BYTES, fd);
	if (page) {
		page->magic = VG_STATS_MAGIC;
		page->n_counters = VG_C_N;
	}
	return page;
}

static void stacks_fill(struct vg_lane *lane)
{
	const struct vg_lane_geometry *g = &lane->geometry;
	for (uint32_t i = g->n_small; i--;)
		lane->small[lane->n_small++] = i;
	for (uint32_t i = g->n_large; i--;)
		lane->large[lane->n_large++] = g->n_small + i;
	for (uint32_t i = g->n_attr; i--;)
		lane->free_slots[lane->n_slots++] = i;
	for (uint32_t i = vg_attr_n_blocks(g->n_attr); i--;)
		lane->free_blocks[lane->n_blocks++] = i;
	for (uint32_t i = g->n_tiny; i--;)
		lane->tiny[lane->n_tiny++] = g->n_small + g->n_large + i;
	for (uint32_t i = 0; i < vg_lane_n_chunks(g); i++)
		lane->chunks[i].slot = VG_NO_CHUNK;
	for (uint32_t i = 0; i < VG_LANE_N_RANKS; i++)
		lane->rank_first[i] = VG_NO_CHUNK;
	lane->queue_first = VG_NO_CHUNK;
}

static enum vg_err lane_make(struct vg_handoff *h, struct vg_lane *lane, const struct vg_lane_geometry *g)
{
	size_t n_chunks = vg_lane_n_chunks(g);
	lane->home = h;
	lane->geometry = *g;
	lane->out_bytes = vg_lane_out_bytes(g);
	lane->attr_bytes = vg_attr_bytes(g->n_attr);
	lane->out = memory_make("vigil-out", lane->out_bytes, &lane->out_fd);
	lane->records = memory_make("vigil-attr", lane->attr_bytes, &lane->attr_fd);
	lane->small = calloc(g->n_small + 1, sizeof(*lane->small));
	lane->large = calloc(g->n_large + 1, sizeof(*lane->large));
	lane->tiny = calloc(g->n_tiny + 1, sizeof(*lane->tiny));
	lane->free_slots = calloc(g->n_attr, sizeof(*lane->free_slots));
	lane->free_blocks = calloc(vg_attr_n_blocks(g->n_attr), sizeof(*lane->free_blocks));
	lane->chunks = calloc(n_chunks, sizeof(*lane->chunks));
	lane->objects = calloc(g->n_attr, sizeof(*lane->objects));
	if (!lane->out || !lane->records || !lane->small || !lane->large || !lane->tiny || !lane->free_slots ||
	    !lane->free_blocks || !lane->chunks || !lane->objects)
		return VG_ENOMEM;
	lane->slots = (struct vg_desc *)((uint8_t *)lane->out + vg_lane_slots_off());
	stacks_fill(lane);
	return VG_OK;
}

static void lane_free(struct vg_lane *lane)
{
	if (lane->out)
		munmap(lane->out, lane->out_bytes);
	if (lane->records)
		munmap(lane->records, lane->attr_bytes);
	if (lane->out_fd >= 0)
		close(lane->out_fd);
	if (lane->attr_fd >= 0)
		close(lane->attr_fd);
	free(lane->small);
	free(lane->large);
	free(lane->tiny);
	free(lane->free_slots);
	free(lane->free_blocks);
	free(lane->chunks);
	free(lane->objects);
}

static void parts_free(struct vg_handoff *h)
{
	for (uint32_t i = 0; h->lanes && i < h->n_lanes; i++)
		lane_free(&h->lanes[i]);
	free(h->lanes);
}

struct vg_handoff *vg_handoff_create(const struct vg_dataplane_conf *conf, uint32_t core_idx, uint64_t boot_id,
				     struct vg_stats_page *stats, const _Atomic int *stop)
{
	struct vg_handoff *h;
	if (vg_lane_check(&conf->lane) || !conf->n_hashers || conf->n_hashers > VG_LANE_MAX_HASHERS ||
	    core_idx >= VG_LANE_MAX_CORES) {
		vg_log(VG_LOG_ERROR, ROOM, "the configuration's lane geometry or number of hashers is out of range");
		return NULL;
	}
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->stats = stats;
	h->wait = conf->flags & VG_CONF_LOSSLESS ? nap : NULL;
	h->wait_ctx = h;
	h->stop = stop;
	h->boot_id = boot_id;
	h->passed = UINT64_MAX;
	h->core_idx = core_idx;
	h->hold_bytes = conf->object_hold_bytes ? conf->object_hold_bytes : UINT64_MAX;
	h->n_lanes = conf->n_hashers;
	h->lanes = aligned_alloc(64, (h->n_lanes * sizeof(*h->lanes) + 63) & ~(size_t)63);
	if (!h->lanes)
		goto fail;
	memset(h->lanes, 0, h->n_lanes * sizeof(*h->lanes));
	for (uint32_t i = 0; i < h->n_lanes; i++)
		h->lanes[i].out_fd = h->lanes[i].attr_fd = -1;
	for (uint32_t i = 0; i < h->n_lanes; i++)
		if (lane_make(h, &h->lanes[i], &conf->lane))
			goto fail;
	return h;
fail:
	vg_log(VG_LOG_ERROR, ROOM, "no memory for the lanes of core %u", core_idx);
	parts_free(h);
	free(h);
	return NULL;
}

void vg_handoff_wait_with(struct vg_handoff *h, vg_handoff_wait_fn *fn, void *ctx)
{
	if (!h->wait)
		return; /* not lossless: never waits */
	h->wait = fn;
	h->wait_ctx = ctx;
}

void vg_handoff_destroy(struct vg_handoff *h)
{
	if (!h)
		return;
	parts_free(h);
	free(h);
}
