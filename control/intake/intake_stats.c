/* What others may ask intake: counters, stats pages, states of the links. */
#include <string.h>

#include <vigil/clock.h>

#include "control/intake/intake_priv.h"

static uint64_t load(const _Atomic uint64_t *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}

static void add(_Atomic uint64_t *to, const _Atomic uint64_t *from)
{
	atomic_store_explicit(to, load(to) + load(from), memory_order_relaxed);
}

/* Resources that a hasher had begun and not ended: their pieces went with it. What it says is not believed further. */
static uint64_t n_forgotten(const struct vg_stats_page *page)
{
	static const unsigned ends[] = { VG_H_RESOURCES_WHOLE, VG_H_RESOURCES_AGED, VG_H_RESOURCES_FULL,
					 VG_H_RESOURCES_OTHER, VG_H_RESOURCES_LEFT };
	uint64_t n = load(&page->counters[VG_H_RESOURCES]);

	for (unsigned i = 0; i < VG_ARRAY_LEN(ends); i++) {
		uint64_t n_ended = load(&page->counters[ends[i]]);
		n = n > n_ended ? n - n_ended : 0;
	}
	return n;
}

void vg_intake_page_gone(struct vg_intake *intake, int is_hasher, const struct vg_stats_page *page)
{
	struct vg_stats_page *sum = &intake->gone[!!is_hasher];
	sum->n_counters = is_hasher ? VG_H_N : VG_C_N;
	add(&sum->progress_packets, &page->progress_packets);
	add(&sum->progress_bytes, &page->progress_bytes);
	for (unsigned i = 0; i < VG_STATS_BUCKETS; i++)
		add(&sum->verdict_us_log2[i], &page->verdict_us_log2[i]);
	for (unsigned i = 0; i < sum->n_counters; i++)
		if (!is_hasher || i != VG_H_INDEX_GENERATION)
			add(&sum->counters[i], &page->counters[i]);
	if (is_hasher)
		vg_count(sum, VG_H_RESOURCES_DIED, n_forgotten(page));
}

void vg_intake_each_page(const struct vg_intake *intake, vg_intake_page_fn fn, void *ctx)
{
	for (uint32_t i = 0; i < vg_boots_n_cores(intake->boots); i++)
		if (vg_boots_page(intake->boots, i))
			fn(ctx, 0, i, vg_boots_page(intake->boots, i));
	for (uint32_t i = 0; i < intake->conf.n_hashers; i++)
		if (intake->hashers[i].page)
			fn(ctx, 1, i, intake->hashers[i].page);
	for (int is_hasher = 0; is_hasher < 2; is_hasher++)
		if (intake->gone[is_hasher].n_counters)
			fn(ctx, is_hasher, VG_INTAKE_GONE, &intake->gone[is_hasher]);
}

struct sum {
	int is_hasher, idx;
	unsigned n_counters;
	uint64_t *counters;
};

static void add_page(void *ctx, int is_hasher, uint32_t idx, const struct vg_stats_page *page)
{
	struct sum *s = ctx;
	if (is_hasher != s->is_hasher || (s->idx >= 0 && idx != (uint32_t)s->idx))
		return;
	for (unsigned i = 0; i < s->n_counters; i++) {
		uint64_t n = load(&page->counters[i]);
		if (is_hasher && i == VG_H_INDEX_GENERATION)
			s->counters[i] = n > s->counters[i] ? n : s->counters[i];
		else
			s->counters[i] += n;
	}
}

void vg_intake_dataplane_sum(const struct vg_intake *intake, int core_idx, uint64_t counters[VG_C_N])
{
	struct sum s = { 0, core_idx, VG_C_N, counters };
	memset(counters, 0, VG_C_N * sizeof(*counters));
	vg_intake_each_page(intake, add_page, &s);
}

void vg_intake_hashing_sum(const struct vg_intake *intake, int hasher_idx, uint64_t counters[VG_H_N])
{
	struct sum s = { 1, hasher_idx, VG_H_N, counters };
	memset(counters, 0, VG_H_N * sizeof(*counters));
	vg_intake_each_page(intake, add_page, &s);
}

struct walk {
	struct vg_intake_progress *progress;
	unsigned n_cores, n_done;
};

static void add_progress(void *ctx, int is_hasher, uint32_t idx, const struct vg_stats_page *page)
{
	struct walk *w = ctx;
	if (is_hasher) {
		for (unsigned i = 0; i < VG_STATS_BUCKETS; i++)
			w->progress->verdict_us_log2[i] += load(&page->verdict_us_log2[i]);
		return;
	}
	w->progress->n_packets += load(&page->progress_packets);
	w->progress->n_bytes += load(&page->progress_bytes);
	if (idx == VG_INTAKE_GONE)
		return;
	w->progress->n_objects_out += load(&page->n_objects_out);
	w->n_cores++;
	w->n_done += load(&page->input_done) != 0;
}

void vg_intake_progress(const struct vg_intake *intake, struct vg_intake_progress *progress)
{
	struct walk w = { progress, 0, 0 };
	memset(progress, 0, sizeof(*progress));
	vg_intake_each_page(intake, add_progress, &w);
	progress->input_done = w.n_cores && w.n_done == w.n_cores;
}

void vg_intake_counts(const struct vg_intake *intake, struct vg_intake_counts *counts)
{
	*counts = intake->counts;
}

void vg_intake_hasher(const struct vg_intake *intake, uint32_t hasher_idx, struct vg_intake_hasher *state)
{
	memset(state, 0, sizeof(*state));
	if (hasher_idx >= intake->conf.n_hashers)
		return;
	const struct vg_intake_link *link = &intake->hashers[hasher_idx];
	state->connected = link->has_hello;
	state->boot_id = link->boot_id;
	state->generation = link->index_taken;
	state->braked = vg_brake_is_on(&link->brake, vg_mono_now().ns);
}

int vg_intake_dataplane(const struct vg_intake *intake, uint64_t *boot_id)
{
	return vg_boots_ready(intake->boots, boot_id) && intake->dataplane.has_hello;
}
