#pragma once
/* index_find: look-ups of exact values in an opened index; the end of index_format.h, which includes it. */
#include <vigil/index_format.h>

/* Records of an exact section. */
static inline uint64_t vg_index_n_exact(const struct vg_index_view *v, enum vg_algo algo)
{
	return algo == VG_ALGO_MD5      ? v->n_md5
	       : algo == VG_ALGO_SHA1   ? v->n_sha1
	       : algo == VG_ALGO_SHA256 ? v->n_sha256
	       : algo == VG_ALGO_URL    ? v->n_urls
					: 0;
}
/* Looks a digest up in a sorted section of records {value[n_value]; uint32_t entry_idx}, among records low .. high - 1
 * (high <= vg_index_n_exact()), where its first one is if there is one. Writes the entries found (at most max_hits,
 * those in range) and returns how many; binary search, no allocation. */
static inline uint32_t vg_index_find_among(const struct vg_index_view *v, enum vg_algo algo, const uint8_t *value,
					   uint64_t low, uint64_t high, uint32_t *entry_idx, uint32_t max_hits)
{
	size_t n_value = algo == VG_ALGO_MD5 ? 16 : algo == VG_ALGO_SHA1 ? 20 : 32, stride = n_value + 4;
	const uint8_t *at = algo == VG_ALGO_MD5    ? (const uint8_t *)v->md5
			    : algo == VG_ALGO_SHA1 ? (const uint8_t *)v->sha1
			    : algo == VG_ALGO_URL  ? (const uint8_t *)v->urls
						   : (const uint8_t *)v->sha256;
	uint64_t n = vg_index_n_exact(v, algo);
	uint32_t n_hits = 0;
	while (low < high) {
		uint64_t mid = low + (high - low) / 2;
		if (memcmp(at + mid * stride, value, n_value) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n && n_hits < max_hits && !memcmp(at + low * stride, value, n_value); low++) {
		uint32_t idx;
		memcpy(&idx, at + low * stride + n_value, sizeof(idx));
		if (idx < v->n_entries)
			entry_idx[n_hits++] = idx;
	}
	return n_hits;
}
/* The same among all records. */
static inline uint32_t vg_index_find(const struct vg_index_view *v, enum vg_algo algo, const uint8_t *value,
				     uint32_t *entry_idx, uint32_t max_hits)
{
	return vg_index_find_among(v, algo, value, 0, vg_index_n_exact(v, algo), entry_idx, max_hits);
}
