#include "control/stats/sum.h"

#include <stdio.h>
#include <string.h>

#include <vigil/base.h>

static uint64_t load(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_relaxed);
}

void vg_stats_sum_add(struct vg_stats_sum *sum, int is_hasher, const struct vg_stats_page *page)
{
	uint64_t *to = is_hasher ? sum->hashing : sum->dataplane;
	uint32_t n = is_hasher ? VG_H_N : VG_C_N;
	uint64_t generation = sum->hashing[VG_H_INDEX_GENERATION];
	if (page->magic != VG_STATS_MAGIC)
		return;
	n = page->n_counters < n ? page->n_counters : n;
	for (uint32_t i = 0; i < n; i++)
		to[i] += load(&page->counters[i]);
	for (unsigned i = 0; i < VG_STATS_BUCKETS; i++)
		sum->verdict_us_log2[i] += load(&page->verdict_us_log2[i]);
	if (is_hasher) {
		uint64_t theirs = n > VG_H_INDEX_GENERATION ? load(&page->counters[VG_H_INDEX_GENERATION]) : 0;
		sum->hashing[VG_H_INDEX_GENERATION] = sum->n_hashers && generation < theirs ? generation : theirs;
		sum->n_hashers++;
	} else {
		sum->progress_packets += load(&page->progress_packets);
		sum->progress_bytes += load(&page->progress_bytes);
		sum->n_objects_out += load(&page->n_objects_out);
		sum->n_cores++;
	}
}

void vg_stats_sum_merge(struct vg_stats_sum *sum, const struct vg_stats_sum *more)
{
	uint64_t generation = sum->hashing[VG_H_INDEX_GENERATION];
	for (unsigned i = 0; i < VG_C_N; i++)
		sum->dataplane[i] += more->dataplane[i];
	for (unsigned i = 0; i < VG_H_N; i++)
		sum->hashing[i] += more->hashing[i];
	for (unsigned i = 0; i < VG_STATS_BUCKETS; i++)
		sum->verdict_us_log2[i] += more->verdict_us_log2[i];
	sum->hashing[VG_H_INDEX_GENERATION] = generation;
	sum->progress_packets += more->progress_packets;
	sum->progress_bytes += more->progress_bytes;
}

const struct vg_counter_text *vg_stats_text(int is_hasher, unsigned counter)
{
	static const struct vg_counter_text dataplane[] = {
#define X(sym, name, help) { name, help },
		VG_DATAPLANE_COUNTERS(X)
#undef X
	};
	static const struct vg_counter_text hashing[] = {
#define X(sym, name, help) { name, help },
		VG_HASHING_COUNTERS(X)
#undef X
	};
	VG_INVARIANT(counter < (is_hasher ? VG_ARRAY_LEN(hashing) : VG_ARRAY_LEN(dataplane)));
	return is_hasher ? &hashing[counter] : &dataplane[counter];
}

void vg_stats_name_split(const char *name, struct vg_stats_name *parts)
{
	const char *colon = strchr(name, ':'), *equals = colon ? strchr(colon, '=') : NULL;
	memset(parts, 0, sizeof(*parts));
	if (!equals) {
		snprintf(parts->base, sizeof(parts->base), "%s", name);
		return;
	}
	snprintf(parts->base, sizeof(parts->base), "%.*s", (int)(colon - name), name);
	snprintf(parts->label, sizeof(parts->label), "%.*s", (int)(equals - colon - 1), colon + 1);
	snprintf(parts->value, sizeof(parts->value), "%s", equals + 1);
}

int vg_stats_is_shed(const char *name)
{
	static const char *const bases[] = { "rx_missed_packets_total",
					     "rx_nombuf_packets_total",
					     "decode_skipped_packets_total",
					     "flows_ended_total:reason=evicted",
					     "streams_shed_total",
					     "reassembly_gaps_total",
					     "http_bad_total",
					     "http_shed_total",
					     "bodies_skipped_total",
					     "objects_shed_total",
					     "objects_digest_only_total",
					     "objects_lost_total",
					     "unpack_failed_total",
					     "images_partial_total",
					     "images_failed_total",
					     "descriptors_refused_total",
					     "hasher_violations_total" };
	for (unsigned i = 0; i < VG_ARRAY_LEN(bases); i++) {
		size_t n = strlen(bases[i]);
		if (!strncmp(name, bases[i], n) && (!name[n] || name[n] == ':'))
			return 1;
	}
	return 0;
}
