/* Pieces of one file come over several lanes, and what becomes of them depends on which is joined first: so they are
 * taken in the order in which they ended on the wire, as one lane would have brought them. For that a piece waits until
 * every lane says that it has passed the piece's place, and all it had up to there is taken: the other cores' work of a
 * few bursts. */
#include <vigil/clock.h>

#include "hashing/pieces.h"
#include "hashing/worker_priv.h"

void vg_worker_line_join(struct vg_worker *w, struct vg_job *job)
{
	struct vg_order_item item = { .key = job->object->order,
				      .lane_idx = job->lane->core_idx,
				      .slot = job->object->slot };

	if (job->object->flags & VG_OPEN_HOLD || !vg_pieces_ordered(job, item.then))
		return; /* frames wait for it: it can't wait for others */
	job->in_line = true;
	job->lined_ns = vg_mono_now().ns;
	vg_order_push(&w->line, &item);
}

static bool has_passed(const struct vg_worker *w, uint64_t order)
{
	for (uint32_t i = 0; i < w->setup.n_lanes; i++)
		if (w->passed[i] < order)
			return false;
	return true;
}

static bool is_late(struct vg_worker *w, const struct vg_job *job)
{
	uint64_t limit_ns = (uint64_t)VG_WORKER_LINE_NS * (w->setup.conf.flags & VG_HCONF_NOBODY_WAITS ? 10 : 1);

	if (vg_mono_now().ns - job->lined_ns < limit_ns)
		return false;
	vg_count(w->setup.stats, VG_H_PIECES_UNORDERED, 1);
	return true;
}

struct vg_job *vg_worker_line_next(struct vg_worker *w)
{
	const struct vg_order_item *first = vg_order_first(&w->line);
	struct vg_job *job = first ? &w->jobs[first->lane_idx][first->slot] : NULL;
	struct vg_order_item item;

	if (!job || !job->is_ready || (!w->is_over && !has_passed(w, first->key) && !is_late(w, job)))
		return NULL;
	(void)vg_order_pop(&w->line, &item);
	return job;
}
