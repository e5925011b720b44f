#pragma once
/* video_match: when a film is one of a list (vPDQ): frames of a quality below VG_PDQ_MIN_QUALITY are dropped, equal
 * ones count once, and then the frames are a bag: what share of each side's has one of the other's within the distance
 * (inclusive). The same rule for the hasher that finds and for vigild that believes nothing. Pure. */
#include <string.h>

#include <vigil/frame_hash.h>
#include <vigil/index_format.h>

/* Copies the distinct values (at most VG_FRAMES_MAX, as n_frames is) and, where frame_nos is not NULL, the number of
 * the frame in which each came first. Returns how many. */
static inline uint32_t vg_frames_distinct(const struct vg_frame_hash *frames, uint32_t n_frames, uint8_t (*values)[32],
					  uint32_t *frame_nos)
{
	uint16_t slots[2 * VG_FRAMES_MAX] = { 0 }; /* place in values + 1 */
	uint32_t n = 0;
	for (uint32_t i = 0; i < n_frames && i < VG_FRAMES_MAX; i++) {
		uint64_t word;
		uint32_t at;
		if (frames[i].quality < VG_PDQ_MIN_QUALITY)
			continue;
		memcpy(&word, frames[i].pdq, sizeof(word));
		at = (uint32_t)(word * 0x9e3779b97f4a7c15ull >> 51);
		while (slots[at] && memcmp(values[slots[at] - 1], frames[i].pdq, 32) != 0)
			at = (at + 1) % (2 * VG_FRAMES_MAX);
		if (slots[at])
			continue;
		memcpy(values[n], frames[i].pdq, 32);
		if (frame_nos)
			frame_nos[n] = frames[i].frame_no;
		slots[at] = (uint16_t)++n;
	}
	return n;
}

static inline int vg_frames_alike(const uint8_t *a, const uint8_t *b, uint32_t distance)
{
	uint32_t n = 0;
	for (unsigned i = 0; i < 32; i += 8) {
		uint64_t x, y;
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		n += (uint32_t)__builtin_popcountll(x ^ y);
	}
	return n <= distance;
}

struct vg_video_share {
	uint32_t n_query, n_compared; /* frames of each that are like one of the other */
	uint32_t first_query;         /* place of the first such among the film's; 0 where there is none */
};
/* Compares each with each: at most n_values * n_frames * 2 times. */
static inline struct vg_video_share vg_video_compare(const uint8_t (*values)[32], uint32_t n_values,
						     const struct vg_index_frame *frames, uint32_t n_frames,
						     uint32_t distance)
{
	struct vg_video_share share = { 0, 0, 0 };
	for (uint32_t q = 0; q < n_values; q++)
		for (uint32_t k = 0; k < n_frames; k++)
			if (vg_frames_alike(values[q], frames[k].value, distance)) {
				share.first_query = share.n_query ? share.first_query : q;
				share.n_query++;
				break;
			}
	for (uint32_t k = 0; k < n_frames && share.n_query; k++)
		for (uint32_t q = 0; q < n_values; q++)
			if (vg_frames_alike(values[q], frames[k].value, distance)) {
				share.n_compared++;
				break;
			}
	return share;
}

/* Whole per cent, rounded down; of <= VG_VIDEO_MAX_FRAMES. */
static inline uint8_t vg_video_percent(uint32_t n, uint32_t of)
{
	return (uint8_t)(of && n <= of ? n * 100 / of : 0);
}
/* One common frame at least, whatever a list sets. */
static inline int vg_video_matches(const struct vg_index_list *list, unsigned query_percent, unsigned compared_percent,
				   uint32_t n_query)
{
	return n_query && query_percent >= list->query_percent && compared_percent >= list->compared_percent;
}
