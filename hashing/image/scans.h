#pragma once
/* scans: the scans of a progressive JPEG, read from its markers alone while its bytes come: has all come that says what
 * the picture looks like small (the first coefficients of its luma, to two bits of precision), and does no later scan
 * say it anew? Eats spans, keeps none; about memchr's speed. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VG_SCANS_LOW        6u /* coefficients in zigzag order that must be known: DC and AC 1 .. 5 (usual 2nd scan) */
#define VG_SCANS_MAX_AL     2u /* bits that may still be missing of them */
#define VG_SCANS_HEAD_BYTES 16u

struct vg_scans {
	uint64_t n_bytes;   /* eaten */
	uint64_t ready_off; /* where the last scan that was needed ended; valid once `ready` */
	uint16_t left;      /* of the segment in hand */
	uint8_t state, marker;
	uint8_t n_head, head[VG_SCANS_HEAD_BYTES]; /* of the segment in hand, from its length on */
	uint8_t luma, n_known, n_knows; /* component; coefficients of it that are known, and will be after this scan */
	bool is_progressive, ready;
	bool odd; /* not progressive, broken, or known coefficients come anew: only the whole picture tells */
};

/* All of it zero begins a file. */
void vg_scans_feed(struct vg_scans *s, const uint8_t *bytes, size_t n_bytes);
