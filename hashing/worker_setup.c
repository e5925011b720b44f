/* Makes the worker's pools; nothing here runs once objects flow. */
#include "hashing/worker_priv.h"

static bool results_init(struct vg_results *r, uint32_t n_room)
{
	r->n_room = n_room;
	r->at = calloc(n_room, sizeof(*r->at));
	return r->at != NULL;
}

static bool stream_init(struct vg_worker *w, struct vg_stream *s, uint64_t keep_bytes, uint64_t member_keep_bytes)
{
	const struct vg_hashing_conf *c = &w->setup.conf;
	uint32_t n_members = c->max_members < VG_BODY_MAX_MEMBERS ? c->max_members : VG_BODY_MAX_MEMBERS;
	struct vg_body_setup setup = { .keep_bytes = keep_bytes,
				       .member_keep_bytes = member_keep_bytes,
				       .max_unpacked_bytes = c->max_unpacked_bytes,
				       .texts = c->flags & VG_HCONF_TEXTS,
				       .max_ratio = c->max_ratio,
				       .max_members = n_members,
				       .max_depth = c->max_depth,
				       .max_cpu_ns = c->max_object_ms * 1000000ull,
				       .nest = w->nest,
				       .max_spans = w->max_spans };

	s->worker = w;
	s->body = vg_body_create(&setup);
	return s->body && results_init(&s->results, n_members + 1);
}

static void stream_fini(struct vg_stream *s)
{
	vg_body_destroy(s->body);
	free(s->results.at);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool make_pools(struct vg_worker *w)
{
	const struct vg_hashing_conf *c = &w->setup.conf;
	uint64_t n_objects = 0, arena_bytes = 0;
	struct vg_resources_setup resources = { .hold_bytes = c->resource_hold_bytes,
						.keep_bytes = c->resource_hold_bytes / VG_WORKER_RESOURCE_PART,
						.age_ns = c->resource_hold_ms * 1000000,
						.sample_bytes = c->sample_bytes,
						.n_resources = VG_WORKER_N_RESOURCES,
						.stats = w->setup.stats };

	for (uint32_t i = 0; i < w->setup.n_lanes; i++) {
		const struct vg_lane_geometry *g = &w->setup.lanes[i]->geometry;
		n_objects += g->n_attr;
		arena_bytes += vg_lane_out_bytes(g);
		w->max_spans = vg_lane_n_chunks(g) > w->max_spans ? vg_lane_n_chunks(g) : w->max_spans;
		w->jobs[i] = calloc(g->n_attr, sizeof(*w->jobs[i]));
		if (!w->jobs[i])
			return false;
	}
	w->spans = calloc(w->max_spans + 1, sizeof(*w->spans));
	w->cut_spans = calloc(w->max_spans + 1, sizeof(*w->cut_spans));
	w->spare = vg_digests_create();
	w->paced_bytes = least(arena_bytes / VG_WORKER_BATCH_PART, VG_WORKER_BATCH_BYTES);
	w->bulk_bytes = least(arena_bytes / VG_WORKER_BULK_PART, VG_WORKER_BULK_BYTES);
	w->batch_bytes = w->paced_bytes;
	w->gather_ns = VG_WORKER_GATHER_NS;
	w->batch = vg_batch_create(w->max_spans + 1);
	w->resources = vg_resources_create(&resources);
	w->nest = vg_nest_create(least(c->max_unpacked_bytes, VG_WORKER_NEST_KEEP));
	if (!w->spans || !w->cut_spans || !w->spare || !w->batch || !w->resources || !w->nest)
		return false;
	w->order.n_room = w->line.n_room = (uint32_t)n_objects;
	w->order.at = calloc(n_objects ? n_objects : 1, sizeof(*w->order.at));
	w->line.at = calloc(n_objects ? n_objects : 1, sizeof(*w->line.at));
	if (!w->order.at || !w->line.at)
		return false;
	for (uint64_t n = least(n_objects, VG_WORKER_N_DIGESTS); w->n_digests < n; w->n_digests++) {
		w->digests[w->n_digests] = vg_digests_create();
		if (!w->digests[w->n_digests])
			return false;
	}
	for (uint64_t n = least(n_objects, VG_WORKER_N_STREAMS); w->n_streams < n; w->n_streams++) {
		struct vg_stream *s = calloc(1, sizeof(*s));
		if (!s)
			return false;
		w->streams[w->n_streams] = s;
		if (!stream_init(w, s, c->sample_bytes, least(c->max_unpacked_bytes, VG_WORKER_STREAM_KEEP)))
			return false;
	}
	return stream_init(w, &w->held, least(c->max_unpacked_bytes, VG_WORKER_HELD_KEEP),
			   least(c->max_unpacked_bytes, VG_WORKER_MEMBER_KEEP));
}

/* The body of destroy, for create to use as well (gcc checks create/destroy pairs by name). */
static void discard(struct vg_worker *w)
{
	for (uint32_t i = 0; i < w->setup.n_lanes; i++) {
		for (uint32_t k = 0; w->jobs[i] && k < w->setup.lanes[i]->geometry.n_attr; k++)
			vg_worker_job_release(w, &w->jobs[i][k]);
		free(w->jobs[i]);
	}
	for (uint32_t i = 0; i < VG_WORKER_N_DIGESTS; i++)
		vg_digests_destroy(w->digests[i]);
	for (uint32_t i = 0; i < VG_WORKER_N_STREAMS; i++)
		if (w->streams[i]) {
			stream_fini(w->streams[i]);
			free(w->streams[i]);
		}
	stream_fini(&w->held);
	vg_nest_destroy(w->nest);
	vg_digests_destroy(w->spare);
	vg_batch_destroy(w->batch);
	vg_resources_destroy(w->resources);
	free(w->order.at);
	free(w->line.at);
	free(w->spans);
	free(w->cut_spans);
	free(w);
}

void vg_worker_destroy(struct vg_worker *worker)
{
	if (worker)
		discard(worker);
}

struct vg_worker *vg_worker_create(const struct vg_worker_setup *setup)
{
	struct vg_worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->setup = *setup;
	if (setup->n_lanes <= VG_LANE_MAX_CORES && make_pools(w))
		return w;
	discard(w);
	return NULL;
}
