/* The object path. Held objects wait for their CLOSE with nothing but running digests; what costs memory (codings,
 * parts, pictures) is done then, one object at a time. A digest-only object takes a stream and is walked as its
 * bytes come. */
#include "hashing/crash.h"
#include "hashing/pieces.h"
#include "hashing/unpack/kind.h"
#include "hashing/worker_priv.h"

static struct vg_job *job_of(struct vg_worker *w, uint32_t lane_idx, struct vg_intake_object *object)
{
	struct vg_job *job = &w->jobs[lane_idx][object->slot];

	job->lane = w->setup.lanes[lane_idx];
	job->object = object;
	return job;
}

void vg_worker_decoding(struct vg_worker *w, const struct vg_job *job, bool begins)
{
	w->setup.match->deadline_ns = 0;
	if (begins)
		vg_crash_begin(&job->lane->in->decoding, job->object->object_id, job->object->flags & VG_OPEN_RETRY);
	else
		vg_crash_end(&job->lane->in->decoding);
}

void vg_worker_deadline(struct vg_worker *w)
{
	if (!w->setup.match->deadline_ns)
		w->setup.match->deadline_ns = vg_budget_cpu_ns() + w->setup.conf.max_object_ms * 1000000ull;
}

static struct vg_digests *take_digests(struct vg_worker *w)
{
	struct vg_digests *d;

	if (w->setup.conf.flags & VG_HCONF_NO_DIGESTS || !w->n_digests)
		return NULL;
	d = w->digests[--w->n_digests];
	w->digests[w->n_digests] = NULL;
	vg_digests_init(d, vg_worker_mask(w));
	return d;
}

unsigned vg_worker_mask(const struct vg_worker *w)
{
	const struct vg_index_view *view = vg_index_peek(w->setup.match->index);
	unsigned forced = w->setup.conf.flags >> VG_HCONF_DIGESTS_SHIFT & VG_DIGEST_ALL;

	if (w->setup.conf.flags & VG_HCONF_NO_DIGESTS)
		return 0;
	if (forced)
		return forced;
	if (vg_match_link_wants_objects(w->setup.link))
		return VG_DIGEST_ALL;
	return VG_DIGEST_SHA256 | (view && view->n_md5 ? VG_DIGEST_MD5 : 0) |
	       (view && view->n_sha1 ? VG_DIGEST_SHA1 : 0);
}

void vg_worker_job_release(struct vg_worker *w, struct vg_job *job)
{
	vg_worker_forget(w, job);
	if (job->raw)
		w->digests[w->n_digests++] = job->raw;
	job->raw = NULL;
	if (job->stream) {
		vg_body_release(job->stream->body);
		w->streams[w->n_streams++] = job->stream;
	}
	job->stream = NULL;
}

/* By its first bytes, which lie at the front of the object's first chunk. */
static bool is_container(const struct vg_chain *chain)
{
	uint8_t head[VG_KIND_HEAD_BYTES];

	return vg_nest_opens(vg_kind_of(head, vg_chain_copy(chain, 0, head, sizeof(head))));
}

bool vg_worker_must_unpack(const struct vg_job *job, const struct vg_chain *chain)
{
	struct vg_attribution record;
	const struct vg_intake *lane = job->lane;

	if (job->object->flags & VG_OPEN_NO_UNPACK)
		return false;
	if (!(job->object->flags & VG_OPEN_NO_DECODE) && is_container(chain))
		return true;
	if (job->object->flags & VG_OPEN_TEXT)
		return true;
	return job->object->codings ||
	       (!vg_attribution_read(lane->attr, lane->geometry.n_attr, job->object->object_id, &record) &&
		record.n_boundary);
}

void vg_worker_body_begin(struct vg_worker *w, struct vg_job *job, struct vg_stream *s, const struct vg_chain *held,
			  bool plain)
{
	struct vg_attribution record;
	const struct vg_intake *lane = job->lane;
	struct vg_body_begin begin = { .held = held,
				       .digests = vg_worker_mask(w),
				       .no_nest = job->object->flags & VG_OPEN_NO_DECODE,
				       .on_member = vg_worker_on_member,
				       .ctx = s };

	s->worker = w;
	s->job = job;
	s->results.n = s->results.n_members = 0;
	if (!(job->object->flags & VG_OPEN_NO_UNPACK)) {
		begin.codings = plain ? 0 : job->object->codings;
		if (!vg_attribution_read(lane->attr, lane->geometry.n_attr, job->object->object_id, &record)) {
			begin.boundary = record.boundary;
			begin.n_boundary = record.n_boundary;
		}
	}
	if (!held)
		vg_pieces_stream(w, job, &begin);
	vg_body_begin(s->body, &begin);
}

void vg_worker_body_feed(struct vg_job *job, struct vg_body *body, const struct vg_chain *chain)
{
	const struct vg_intake_object *o = job->object;
	uint32_t n_gaps = o->n_gaps < VG_INTAKE_MAX_GAPS ? o->n_gaps : VG_INTAKE_MAX_GAPS, gap_idx = 0;
	struct vg_chain_reader r;

	vg_chain_reader_init(&r, chain);
	while (vg_chain_left(&r)) {
		uint64_t n = vg_chain_left(&r);
		for (; gap_idx < n_gaps && o->gap_at[gap_idx] <= r.off; gap_idx++)
			vg_body_gap(body);
		/* Where the holes were too many to remember, nothing behind the last known one can be told. */
		if (gap_idx == n_gaps && o->n_gaps > VG_INTAKE_MAX_GAPS)
			return;
		if (gap_idx < n_gaps && o->gap_at[gap_idx] - r.off < n)
			n = o->gap_at[gap_idx] - r.off;
		struct vg_span piece = vg_chain_next(&r, n);
		vg_body_feed(body, piece.at, piece.n_bytes);
	}
}

static void judge_closed(struct vg_worker *w);

/* From now on the object's bytes are looked at as they come, and its chunks go back at once. */
static void go_streaming(struct vg_worker *w, struct vg_job *job)
{
	struct vg_intake_object *o = job->object;
	struct vg_chain chain;

	if (job->streaming)
		return;
	if (vg_pieces_follows(job))
		judge_closed(w);
	job->streaming = true;
	vg_intake_chain(job->lane, o, w->spans, w->max_spans, &chain);
	if (!job->raw && !o->n_gaps) {
		job->raw = take_digests(w);
		for (uint32_t i = 0; job->raw && i < chain.n_spans; i++)
			vg_digests_feed(job->raw, chain.spans[i].at, chain.spans[i].n_bytes);
	}
	job->raw_lost = !job->raw;
	if (w->n_streams) {
		job->stream = w->streams[--w->n_streams];
		w->streams[w->n_streams] = NULL;
		vg_worker_decoding(w, job, true);
		vg_worker_deadline(w);
		vg_worker_body_begin(w, job, job->stream, NULL, false);
		vg_worker_body_feed(job, job->stream->body, &chain);
		vg_worker_decoding(w, job, false);
	} else {
		vg_count(w->setup.stats, VG_H_BUDGET, 1);
	}
	if (o->n_gaps)
		vg_pieces_gap(w, job);
	job->n_gaps_seen = o->n_gaps;
	vg_worker_owe(w, job, o->n_chunks);
}

static void on_open(struct vg_worker *w, struct vg_job *job)
{
	struct vg_intake *lane = job->lane;
	struct vg_intake_object *object = job->object;

	*job = (struct vg_job){ .lane = lane, .object = object, .raw = take_digests(w) };
	vg_count(w->setup.stats, VG_H_OBJECTS, 1);
	job->looks_early = w->setup.match->scaled && !w->setup.match->no_pdq && object->kind == VG_KIND_JPEG &&
			   !object->codings && !(object->flags & (VG_OPEN_NO_DECODE | VG_OPEN_NO_UNPACK));
	if (object->flags & VG_OPEN_DIGEST_ONLY)
		go_streaming(w, job);
}

/* A JPEG that comes: once its first scans are there, they are looked at. */
static void look_early(struct vg_worker *w, struct vg_job *job, const struct vg_span *bytes)
{
	struct vg_chain chain;

	vg_scans_feed(&job->scans, bytes->at, bytes->n_bytes);
	job->looks_early = !job->scans.odd && !job->object->n_gaps;
	if (!job->looks_early || !job->scans.ready)
		return;
	job->looks_early = false;
	vg_intake_chain(job->lane, job->object, w->spans, w->max_spans, &chain);
	vg_worker_decoding(w, job, true);
	job->early = vg_match_early(w->setup.match, &chain);
	vg_worker_decoding(w, job, false);
	if (job->early)
		(void)vg_intake_keep(job->lane, job->object);
}

static void on_data(struct vg_worker *w, struct vg_job *job, const struct vg_span *bytes)
{
	struct vg_intake_object *o = job->object;

	vg_count(w->setup.stats, VG_H_BYTES, bytes->n_bytes);
	if (job->raw && !o->n_gaps)
		vg_worker_lend(w, job, bytes);
	if (!job->streaming) {
		if (job->looks_early)
			look_early(w, job, bytes);
		return;
	}
	if (job->stream) {
		vg_worker_decoding(w, job, true);
		vg_worker_deadline(w);
		if (o->n_gaps != job->n_gaps_seen) {
			vg_pieces_gap(w, job);
			vg_body_gap(job->stream->body);
		}
		vg_body_feed(job->stream->body, bytes->at, bytes->n_bytes);
		vg_worker_decoding(w, job, false);
	}
	job->n_gaps_seen = o->n_gaps;
	vg_worker_owe(w, job, 1);
}

static void settle(struct vg_job *job)
{
	if (!job->finished || job->n_unacked)
		return;
	job->finished = false;
	vg_intake_done(job->lane, job->object, vg_worker_verdict(job));
}

static void judge(struct vg_worker *w, struct vg_job *job)
{
	bool judged = vg_worker_finish(w, job);

	vg_count(w->setup.stats, VG_H_EARLY_MATCHED, job->early && job->matched);
	vg_worker_job_release(w, job);
	if (!judged)
		return;
	job->finished = true;
	settle(job);
}

/* The job is closed and its digests are made: it waits for its turn. */
static void await_turn(struct vg_worker *w, struct vg_job *job)
{
	const struct vg_intake_object *o = job->object;
	enum vg_order_class rank = o->flags & VG_OPEN_HOLD ? VG_ORDER_WATCHED
				   : job->early            ? VG_ORDER_EARLY
							   : VG_ORDER_OTHERS;

	job->is_ready = true;
	if (job->in_line)
		return;
	if (vg_pieces_ordered(job, (uint64_t[2]){ 0 })) {
		judge(w, job);
		return;
	}
	vg_order_push(&w->order, &(struct vg_order_item){ .key = vg_order_key(rank, o->enqueued_ns, o->n_bytes),
							  .lane_idx = job->lane->core_idx,
							  .slot = o->slot });
}

static void on_close(struct vg_worker *w, struct vg_job *job)
{
	vg_worker_line_join(w, job);
	if (vg_worker_closes_now(w, job))
		await_turn(w, job);
}

static void on_event(struct vg_worker *w, uint32_t lane_idx, const struct vg_intake_event *ev)
{
	struct vg_job *job;

	if (ev->type == VG_INTAKE_EV_NONE)
		return;
	job = job_of(w, lane_idx, ev->object);
	switch (ev->type) {
	case VG_INTAKE_EV_OPEN:
		on_open(w, job);
		break;
	case VG_INTAKE_EV_DATA:
		on_data(w, job, &ev->bytes);
		break;
	case VG_INTAKE_EV_DIGEST_ONLY:
		go_streaming(w, job);
		break;
	case VG_INTAKE_EV_CLOSE:
		on_close(w, job);
		break;
	default: /* a gap: seen by the next DATA or by CLOSE */
		break;
	}
}

/* Those whose turn it is in the line. */
static uint32_t judge_line(struct vg_worker *w)
{
	struct vg_job *job;
	uint32_t n = 0;

	while (!w->gave_up && (w->is_over || !vg_match_link_full(w->setup.link)) && (job = vg_worker_line_next(w))) {
		judge(w, job);
		n++;
	}
	return n;
}

/* All that has ended by now, whatever may still come from other lanes: something goes on where it ended. */
static void judge_closed(struct vg_worker *w)
{
	bool was_over = w->is_over;
	struct vg_job *job;

	(void)vg_worker_gather_all(w, await_turn);
	w->is_over = true;
	while (!w->gave_up && !vg_match_link_full(w->setup.link) && (job = vg_worker_line_next(w)))
		judge(w, job);
	w->is_over = was_over;
}

/* The first of those that wait, and more where they are small. */
static uint32_t judge_some(struct vg_worker *w)
{
	struct vg_order_item item;
	uint64_t n_bytes = 0;
	uint32_t n = 0;

	while (n_bytes < VG_WORKER_JUDGE_BYTES && n < VG_INTAKE_BURST && !w->gave_up &&
	       !vg_match_link_full(w->setup.link) && vg_order_pop(&w->order, &item)) {
		struct vg_job *job = &w->jobs[item.lane_idx][item.slot];

		n_bytes += job->object->n_bytes;
		judge(w, job);
		n++;
	}
	return n;
}

/* At most VG_WORKER_BURSTS from one lane. */
static uint32_t take_bursts(struct vg_worker *w, uint32_t lane_idx)
{
	struct vg_intake *lane = w->setup.lanes[lane_idx];
	uint32_t n_taken = 0;

	for (unsigned i = 0; i < VG_WORKER_BURSTS; i++) {
		int n = vg_intake_pending(lane), k = 0;
		for (; k < n && !w->gave_up && !vg_match_link_full(w->setup.link); k++) {
			struct vg_intake_event ev;
			vg_intake_take(lane, &ev);
			on_event(w, lane_idx, &ev);
		}
		if (n > 0)
			vg_intake_publish(lane);
		n_taken += (uint32_t)k;
		if (k < VG_INTAKE_BURST)
			break;
	}
	return n_taken;
}

uint32_t vg_worker_step(struct vg_worker *worker)
{
	uint32_t n_taken = 0;
	bool idle = true;

	for (uint32_t i = 0; i < worker->setup.n_lanes; i++) {
		struct vg_intake *lane = worker->setup.lanes[i];
		uint64_t passed = vg_intake_passed(lane);
		n_taken += take_bursts(worker, i);
		if (vg_intake_pending(lane) > 0)
			idle = false;
		else
			worker->passed[i] = passed;
	}
	n_taken += vg_worker_gather(worker, n_taken != 0, idle, await_turn);
	n_taken += judge_line(worker);
	return n_taken + judge_some(worker);
}

void vg_worker_acked(void *worker, uint32_t core_idx, uint64_t object_id)
{
	struct vg_worker *w = worker;
	struct vg_job *job;

	if (core_idx >= w->setup.n_lanes || (uint32_t)object_id >= w->setup.lanes[core_idx]->geometry.n_attr)
		return;
	job = &w->jobs[core_idx][(uint32_t)object_id];
	if (!job->object || job->object->object_id != object_id || !job->n_unacked)
		return;
	job->n_unacked--;
	settle(job);
}

void vg_worker_close_all(struct vg_worker *worker)
{
	struct vg_order_item item;

	(void)vg_worker_gather_all(worker, await_turn);
	for (uint32_t i = 0; i < worker->setup.n_lanes; i++) {
		struct vg_intake *lane = worker->setup.lanes[i];
		for (uint32_t slot = 0; slot < lane->geometry.n_attr; slot++) {
			struct vg_intake_object *o = &lane->objects[slot];
			if (o->phase != VG_INTAKE_OPEN)
				continue;
			o->phase = VG_INTAKE_CLOSED;
			o->state = VG_STATE_TRUNCATED;
			o->enqueued_ns = 0;
			struct vg_job *job = job_of(worker, i, o);
			job->left_open = true;
			on_close(worker, job);
		}
	}
	(void)vg_worker_gather_all(worker, await_turn);
	worker->is_over = true;
	(void)judge_line(worker);
	while (!worker->gave_up && vg_order_pop(&worker->order, &item)) /* waits for room itself */
		judge(worker, &worker->jobs[item.lane_idx][item.slot]);
}

bool vg_worker_gave_up(const struct vg_worker *worker)
{
	return worker->gave_up;
}

bool vg_worker_broken(const struct vg_worker *worker)
{
	for (uint32_t i = 0; i < worker->setup.n_lanes; i++)
		if (worker->setup.lanes[i]->broken)
			return true;
	return false;
}

bool vg_worker_pending(const struct vg_worker *worker)
{
	for (uint32_t i = 0; i < worker->setup.n_lanes; i++)
		if (vg_intake_pending(worker->setup.lanes[i]) > 0)
			return true;
	return false;
}

uint32_t vg_worker_outstanding(const struct vg_worker *worker)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < worker->setup.n_lanes; i++)
		n += worker->setup.lanes[i]->n_objects;
	return n;
}
