#pragma once
/* raw_walk: where a picture or video begins in bytes of any kind, and where it ends by its container's own structure.
 * Pure; what is said depends on the bytes and not on how they are cut. Nothing is kept of the bytes. */
#include <stdint.h>

#define VG_RAW_WANTS 16u /* so many bytes always suffice for a beginning, and for any head inside */

enum vg_raw_kind { VG_RAW_JPEG, VG_RAW_PNG, VG_RAW_GIF, VG_RAW_WEBP, VG_RAW_MP4, VG_RAW_KINDS };

struct vg_raw_walk {
	uint64_t skip;     /* bytes that only have to pass by; UINT64_MAX: all that comes */
	uint8_t kind;      /* enum vg_raw_kind */
	uint8_t state;     /* the kind's own */
	uint8_t has_index; /* MP4: it can be read without what may follow */
};

enum vg_raw_said {
	VG_RAW_MORE,  /* *n_eaten bytes (> 0) belong to it, and it goes on */
	VG_RAW_NEEDS, /* more bytes are needed to say anything; none was eaten */
	VG_RAW_END,   /* *n_eaten bytes belong to it, and it is whole: these were the last (0: those before) */
	VG_RAW_BROKEN /* the structure ends here: what comes belongs to it no more, or never did; none was eaten */
};

/* The first place from which something may begin, n_bytes: none. Fast. */
uint32_t vg_raw_find(const uint8_t *bytes, uint32_t n_bytes);
/* Whether something begins with these bytes: END: it does, *walk is set; NEEDS (never with VG_RAW_WANTS bytes or more);
 * BROKEN: nothing. n_bytes > 0. */
enum vg_raw_said vg_raw_begins(struct vg_raw_walk *walk, const uint8_t *bytes, uint32_t n_bytes);
/* What the next bytes are to it, n_bytes > 0. To be asked again behind what was eaten. */
enum vg_raw_said vg_raw_walk(struct vg_raw_walk *walk, const uint8_t *bytes, uint32_t n_bytes, uint32_t *n_eaten);
/* n_missing bytes (0: unknown many) were not seen. True: the place is still known. */
int vg_raw_pass(struct vg_raw_walk *walk, uint64_t n_missing);
/* Whether it is whole where its stream ends. */
int vg_raw_is_whole(const struct vg_raw_walk *walk);
