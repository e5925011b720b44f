/* Most of the time is memory: buckets are sent for well before they are read, the next query's among them. */
#include "hashing/index/bands.h"

#include <vigil/base.h>

#define N_NEAR           17u /* a value and those one bit away */
#define MAX_WORK         2u  /* entries of a query's buckets, in passes over all records */
/* Cache lines on their way into the second level while others are read. The first level takes fewer at a time: from
 * large tables a line came every 14 ns by it and comes every 7 ns so (docs/performance.md). */
#define AHEAD_LINES      256u
#define MAX_BUCKET_LINES 64u /* of one bucket: what is behind is read in order, which the machine foresees */

struct bucket {
	uint32_t begin, end, band;
};
struct probe {
	struct vg_band_hash hash;
	struct bucket buckets[VG_BANDS_N * N_NEAR];
	uint32_t n_buckets;
};

/* The next bucket to be fetched, of probes[0] or [1]. */
struct ahead {
	const struct probe *probe, *next;
	uint32_t bucket;
	uint64_t n_lines; /* fetched and not read yet */
};

static inline uint32_t near_value(uint32_t value, uint32_t i)
{
	return i ? value ^ 1u << (i - 1) : value;
}

/* The bands that must be looked at one bit around: r + 1 <= the sum over all bands of tolerance + 1. */
static uint32_t n_near_of(uint32_t band, uint32_t max_distance)
{
	return band + VG_BANDS_N <= max_distance ? N_NEAR : 1;
}

static void fetch_firsts(const struct vg_bands *b, const uint8_t *query)
{
	for (uint32_t band = 0; band < VG_BANDS_N; band++) {
		const uint32_t *first = b->first + (size_t)band * (VG_BANDS_VALUES + 1);
		uint32_t value = vg_band_value(query, band);

		__builtin_prefetch(first + value);
		for (uint32_t i = 5; i < N_NEAR; i++) /* the nearer ones lie in the same line, mostly */
			__builtin_prefetch(first + near_value(value, i));
	}
}

static void begin(const struct vg_bands *b, const uint8_t *query, uint32_t max_distance, struct probe *p)
{
	uint64_t n_entries = 0;

	p->hash = vg_band_hash(query);
	p->n_buckets = 0;
	for (uint32_t band = 0; band < VG_BANDS_N; band++) {
		const uint32_t *first = b->first + (size_t)band * (VG_BANDS_VALUES + 1);
		uint32_t value = vg_band_value(query, band), n_near = n_near_of(band, max_distance);

		for (uint32_t i = 0; i < n_near; i++) {
			const uint32_t *at = first + near_value(value, i);

			if (at[0] == at[1])
				continue;
			p->buckets[p->n_buckets++] = (struct bucket){ at[0], at[1], band };
			n_entries += at[1] - at[0];
		}
	}
	if (n_entries > MAX_WORK * b->n_hashes) { /* many hashes alike: every record stands under the first band once */
		p->buckets[0] = (struct bucket){ 0, (uint32_t)b->n_hashes, 0 };
		p->n_buckets = 1;
	}
}

static const struct vg_band_entry *entries_of(const struct vg_bands *b, const struct bucket *bucket)
{
	return b->entries + (size_t)bucket->band * b->n_hashes + bucket->begin;
}

static uint64_t n_lines_of(const struct vg_band_entry *at, const struct bucket *bucket)
{
	uint64_t begin = (uintptr_t)at / VG_CACHE_LINE,
		 last = (uintptr_t)(at + (bucket->end - bucket->begin) - 1) / VG_CACHE_LINE;

	return last - begin + 1 < MAX_BUCKET_LINES ? last - begin + 1 : MAX_BUCKET_LINES;
}

/* Sends for buckets until enough is on its way. */
static inline void fetch_ahead(const struct vg_bands *b, struct ahead *ahead)
{
	while (ahead->n_lines < AHEAD_LINES && ahead->probe) {
		if (ahead->bucket == ahead->probe->n_buckets) {
			ahead->probe = ahead->next;
			ahead->next = NULL;
			ahead->bucket = 0;
			continue;
		}
		const struct bucket *bucket = &ahead->probe->buckets[ahead->bucket++];
		const struct vg_band_entry *at = entries_of(b, bucket);
		uint64_t n_lines = n_lines_of(at, bucket);
		for (uint64_t i = 0; i < n_lines; i++)
			__builtin_prefetch((const uint8_t *)at + i * VG_CACHE_LINE, 0, 2);
		ahead->n_lines += n_lines;
	}
}

static uint64_t look(const struct vg_bands *b, const struct probe *p, struct ahead *ahead, uint32_t max_distance,
		     vg_bands_fn found, void *ctx)
{
	uint64_t n_looks = 0;

	for (uint32_t k = 0; k < p->n_buckets; k++) {
		const struct bucket *bucket = &p->buckets[k];
		const struct vg_band_entry *at = entries_of(b, bucket);
		const struct vg_band_entry *end = at + (bucket->end - bucket->begin);
		struct vg_band_entry query = vg_band_entry(&p->hash, bucket->band, 0);

		fetch_ahead(b, ahead);
		ahead->n_lines -= n_lines_of(at, bucket);
		n_looks += bucket->end - bucket->begin;
		for (; at < end; at++) {
			uint32_t distance = (uint32_t)__builtin_popcountll(at->low ^ query.low) +
					    (uint32_t)__builtin_popcount(at->high ^ query.high);

			if (__builtin_expect(distance <= max_distance, 0))
				found(ctx, at->record_idx);
		}
	}
	return n_looks;
}

uint64_t vg_bands_search(const struct vg_bands *bands, const uint8_t (*queries)[32], uint32_t n_queries,
			 uint32_t max_distance, vg_bands_fn found, void *ctx)
{
	uint64_t n_looks = 0;
	struct probe probes[2];

	if (!n_queries)
		return 0;
	fetch_firsts(bands, queries[0]);
	if (n_queries > 1)
		fetch_firsts(bands, queries[1]);
	begin(bands, queries[0], max_distance, &probes[0]);
	struct ahead ahead = { .probe = &probes[0] };
	for (uint32_t q = 0; q < n_queries; q++) {
		if (q + 2 < n_queries)
			fetch_firsts(bands, queries[q + 2]);
		if (q + 1 < n_queries) {
			struct probe *next = &probes[(q + 1) % 2];
			begin(bands, queries[q + 1], max_distance, next);
			if (ahead.probe)
				ahead.next = next;
			else
				ahead.probe = next, ahead.bucket = 0;
		}
		n_looks += look(bands, &probes[q % 2], &ahead, max_distance, found, ctx);
		if (ahead.probe == &probes[q % 2])
			ahead = (struct ahead){ .probe = ahead.next };
	}
	return n_looks;
}
