#pragma once
/* stream_map: a map of what arrived of a stream, as the sink of struct vg_streams: each delivered byte must be the
 * first copy that came, each gap must cover only bytes that had not come, and nothing may be told twice or out of
 * order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/stream/stream.h"
#include "tests/lib/guard.h"

#define MAX_BYTES 200000u
#define MAX_PIECE 4096u
#define MS        UINT64_C(1000000)

struct half {
	uint32_t isn, n_bytes;
	uint8_t came[MAX_BYTES]; /* 1: a copy of this byte has arrived */
	uint8_t value[MAX_BYTES];
	uint32_t at; /* told so far, bytes and gaps */
	uint64_t n_gaps, n_gap_bytes, n_conflicts;
	int ended; /* 1 + how */
	uint64_t progress_ns;
};
struct map {
	struct vg_streams *streams;
	struct vg_stats_page stats;
	uint32_t idx;
	struct half half[2];
	uint64_t clock_ns, timeout_ns;
	int in_finish, tight; /* tight: budgets may force gaps at any time */
	enum vg_step answer;
	uint8_t *room;
};

static inline enum vg_step on_bytes(void *owner, uint32_t idx, unsigned dir, const uint8_t *bytes, uint32_t n,
				    int64_t wall_ns)
{
	struct map *map = owner;
	struct half *h = &map->half[dir];

	(void)wall_ns;
	assert_int_equal(idx, map->idx);
	assert_false(h->ended);
	assert_true(n > 0 && h->at + n <= h->n_bytes);
	for (uint32_t i = 0; i < n; i++, h->at++) {
		assert_true(h->came[h->at]);
		assert_int_equal(h->value[h->at], bytes[i]);
	}
	h->progress_ns = map->clock_ns;
	return map->answer;
}

static inline enum vg_step on_gap(void *owner, uint32_t idx, unsigned dir, uint64_t n, int64_t wall_ns)
{
	struct map *map = owner;
	struct half *h = &map->half[dir];

	(void)idx;
	(void)wall_ns;
	assert_false(h->ended);
	assert_true(h->at + n <= h->n_bytes);
	for (uint64_t i = 0; i < n; i++)
		assert_false(h->came[h->at + i]);
	if (!map->in_finish && !map->tight)
		assert_true(map->clock_ns >= h->progress_ns + map->timeout_ns);
	h->at += (uint32_t)n;
	h->n_gaps++;
	h->n_gap_bytes += n;
	h->progress_ns = map->clock_ns;
	return map->answer;
}

static inline void on_conflict(void *owner, uint32_t idx, unsigned dir)
{
	(void)idx;
	((struct map *)owner)->half[dir].n_conflicts++;
}

static inline void on_end(void *owner, uint32_t idx, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct half *h = &((struct map *)owner)->half[dir];

	(void)idx;
	(void)wall_ns;
	assert_false(h->ended);
	h->ended = 1 + (int)how;
}

static inline struct map *map_make(uint32_t hole_bytes, uint64_t pool_bytes, uint64_t timeout_ns)
{
	static const uint8_t zeros[MAX_PIECE];
	struct map *map = calloc(1, sizeof(*map));
	struct vg_stream_sink sink = { map, on_bytes, on_gap, on_conflict, on_end };

	map->timeout_ns = timeout_ns;
	map->room = vg_guard_copy(zeros, MAX_PIECE);
	map->clock_ns = 1000 * MS;
	map->streams = vg_streams_create(4, hole_bytes, pool_bytes, timeout_ns, &map->stats, &sink);
	assert_non_null(map->streams);
	map->idx = vg_streams_take(map->streams);
	assert_int_not_equal(map->idx, VG_STREAM_NONE);
	return map;
}

static inline void map_free(struct map *map)
{
	if (map->idx != VG_STREAM_NONE)
		vg_streams_give(map->streams, &map->idx);
	assert_int_equal(map->streams->n_used, 0);
	vg_streams_destroy(map->streams);
	vg_guard_free(map->room, MAX_PIECE);
	free(map);
}

static inline uint8_t content(uint32_t off)
{
	return (uint8_t)(off * 31 + (off >> 8) * 7 + (off >> 16));
}

/* Bytes off .. off+n of dir arrive, each changed by `twist`; what had not come is noted as it comes. */
static inline enum vg_step arrive(struct map *map, unsigned dir, uint32_t off, uint32_t n, uint8_t twist)
{
	struct half *h = &map->half[dir];
	uint8_t *bytes = map->room + MAX_PIECE - n; /* ends at the guard page */

	for (uint32_t i = 0; i < n; i++) {
		bytes[i] = content(off + i) ^ twist;
		/* What was passed as a gap or told is not taken any more. */
		if (!h->came[off + i] && off + i >= h->at) {
			h->came[off + i] = 1;
			h->value[off + i] = bytes[i];
		}
	}
	return vg_stream_segment(map->streams, map->idx, dir, h->isn + 1 + off, bytes, n, map->clock_ns,
				 (int64_t)map->clock_ns);
}

static inline void begin(struct map *map, unsigned dir, uint32_t isn, uint32_t n_bytes)
{
	map->half[dir].isn = isn;
	map->half[dir].n_bytes = n_bytes;
	map->half[dir].progress_ns = map->clock_ns;
	vg_stream_begin(map->streams, map->idx, dir, isn + 1, 1, map->clock_ns, 0);
}
