/* Digests are the cheaper the more streams are taken side by side, and nobody waits for them before a body's end: so
 * bytes wait until there are enough of them for all lanes, until the intake is idle, or until a closed body has waited
 * long enough. Closed bodies are finished in the order in which they closed; one that frames wait for does not wait. */
#include <vigil/clock.h>

#include "hashing/worker_priv.h"

void vg_worker_lend(struct vg_worker *w, struct vg_job *job, const struct vg_span *bytes)
{
	bool bulk = job->object->flags & VG_OPEN_ALL_FILES || w->setup.conf.flags & VG_HCONF_NOBODY_WAITS;

	w->patience = bulk ? VG_WORKER_BULK_IDLE : 0;
	w->batch_bytes = bulk ? w->bulk_bytes : w->paced_bytes;
	w->gather_ns = bulk ? VG_WORKER_BULK_NS : VG_WORKER_GATHER_NS;
	vg_batch_lend(w->batch, job->raw, bytes->at, bytes->n_bytes);
}

static bool waits(const struct vg_job *job)
{
	return job->raw && vg_batch_waits(job->raw);
}

static void give_back(struct vg_job *job)
{
	for (; job->n_owed; job->n_owed--)
		(void)vg_intake_return_first(job->lane, job->object);
}

void vg_worker_owe(struct vg_worker *w, struct vg_job *job, uint32_t n_chunks)
{
	bool owes = job->n_owed != 0;

	job->n_owed += n_chunks;
	if (!waits(job)) {
		give_back(job); /* one that is still on the list is found to owe nothing */
	} else if (!owes && job->n_owed && !job->is_owing) {
		job->is_owing = true;
		job->next_owing = w->owing;
		w->owing = job;
	}
}

/* Chunks whose bytes are digested by now go back. */
static void settle_owed(struct vg_worker *w)
{
	struct vg_job **at = &w->owing;

	while (*at) {
		struct vg_job *job = *at;
		if (waits(job)) {
			at = &job->next_owing;
			continue;
		}
		give_back(job);
		job->is_owing = false;
		*at = job->next_owing;
	}
}

void vg_worker_forget(struct vg_worker *w, struct vg_job *job)
{
	struct vg_job **at = &w->owing;

	if (job->raw)
		vg_batch_forget(w->batch, job->raw);
	while (job->is_owing && *at && *at != job)
		at = &(*at)->next_owing;
	if (job->is_owing && *at)
		*at = job->next_owing;
	job->is_owing = false;
}

bool vg_worker_closes_now(struct vg_worker *w, struct vg_job *job)
{
	if (job->object->flags & VG_OPEN_HOLD && job->raw)
		vg_batch_drain(w->batch, job->raw);
	if (!waits(job) && (!w->closing || job->object->flags & VG_OPEN_HOLD))
		return true;
	job->closed_ns = vg_mono_now().ns;
	job->next_closing = NULL;
	if (w->closing)
		w->newest_closing->next_closing = job;
	else
		w->closing = job;
	w->newest_closing = job;
	return false;
}

static uint32_t finish_closed(struct vg_worker *w, void (*finish)(struct vg_worker *w, struct vg_job *job))
{
	uint32_t n = 0;

	settle_owed(w);
	while (w->closing && !waits(w->closing) && !w->gave_up && !vg_match_link_full(w->setup.link)) {
		struct vg_job *job = w->closing;
		w->closing = job->next_closing;
		finish(w, job);
		n++;
	}
	return n;
}

uint32_t vg_worker_gather(struct vg_worker *w, bool came, bool idle,
			  void (*finish)(struct vg_worker *w, struct vg_job *job))
{
	idle = !came || (idle && !w->patience);
	w->n_idle = idle ? w->n_idle + 1 : 0;
	if (w->n_idle > w->patience && (w->closing || w->owing || w->n_idle > 1)) {
		vg_batch_run_all(w->batch);
	} else if (vg_batch_bytes(w->batch) >= w->batch_bytes) {
		vg_batch_run(w->batch);
		if (vg_batch_bytes(w->batch) >= w->batch_bytes / 2)
			vg_batch_run_all(w->batch);
	} else if (vg_batch_streams(w->batch) >= VG_WORKER_GATHER_LANES * vg_batch_lanes(w->batch)) {
		vg_batch_run(w->batch);
	}
	if (w->closing && waits(w->closing) && vg_mono_now().ns - w->closing->closed_ns > w->gather_ns)
		vg_batch_drain(w->batch, w->closing->raw);
	return finish_closed(w, finish);
}

uint32_t vg_worker_gather_all(struct vg_worker *w, void (*finish)(struct vg_worker *w, struct vg_job *job))
{
	vg_batch_run_all(w->batch);
	return finish_closed(w, finish);
}
