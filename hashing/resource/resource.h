#pragma once
/* resource: puts one resource together out of the pieces in which it was transferred: ranges (RFC 9110 14), resumed
 * downloads, files read or written at offsets, uploads in numbered parts (S3). Pieces come in any order, overlap, and
 * belong together by a name that the dataplane gave them (vigil/attribution.h).
 *
 * A file that is uploaded piece by piece (resumed, appended to, written by several handles) has no known size: it is
 * whole whenever there is no hole before the end of the last piece that was sent to its own end. It stays where it is
 * then, as it may be gone on with, but makes room first.
 *
 * A resource of known size up to `keep_bytes` is kept in blocks until it is whole. A larger one is digested as far as
 * it is contiguous; only what lies beyond the contiguous part, and a head sample, is kept. Parts are kept.
 * Memory: hold_bytes of blocks, made at start, touched as used; where they run out the resource that was longest
 * without a piece goes. So does one that had none for age_ns: content is not kept without need. One thread. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/stats_page.h>

#include "hashing/chain/chain.h"
#include "hashing/digest/digest.h"

#define VG_RESOURCE_BLOCK        65536u
#define VG_RESOURCE_EXTENTS      64u                 /* separate stretches of one resource at a time */
#define VG_RESOURCE_AGAIN        8u                  /* stretches of one that came twice; of more, not all are known */
#define VG_RESOURCE_MAX_STREAMS  64u                 /* large ones at a time */
#define VG_RESOURCE_PART_BYTES   (UINT64_C(1) << 40) /* one part is smaller (S3: 5 GiB) */
#define VG_RESOURCE_MAX_PARTS    (1u << 20)          /* a part's number is smaller (S3: 10,000) */
#define VG_RESOURCE_MAX_BYTES    (UINT64_C(1) << 62) /* of one that grows */
/* One that grows is judged whenever it is whole, as long as no more than this was judged of it, and so many times what
 * came of it. */
#define VG_RESOURCE_JUDGED_BYTES (UINT64_C(256) << 20)
#define VG_RESOURCE_JUDGED_TIMES 16u

struct vg_resources_setup {
	uint64_t hold_bytes, keep_bytes, age_ns;
	uint64_t sample_bytes; /* from the beginning of one that is not kept whole */
	uint32_t n_resources;
	struct vg_stats_page *stats;
};
struct vg_resources;

void vg_resources_destroy(struct vg_resources *rs);
/* Start-up only. NULL: out of memory. */
struct vg_resources *vg_resources_create(const struct vg_resources_setup *setup) VG_DEALLOC(vg_resources_destroy);

/* Where a piece's next byte goes. All zero: nowhere. It outlives its resource: then writing does nothing. */
struct vg_resource_writer {
	uint64_t at, from, run; /* run: where the bytes since the last hole began */
	uint64_t epoch;         /* of the resource it was opened on */
	uint32_t idx;
	bool is_part;
	bool is_last;     /* growing: nothing of the file lies behind it */
	int64_t ended_ns; /* growing, to be set before it is closed: wall clock of its last byte */
};

/* The digests (VG_DIGEST_*) that large resources begun from now on get; at first all. */
void vg_resources_want(struct vg_resources *rs, unsigned digests);

/* A piece begins at offset `off` of a resource of `total` bytes (UINT64_MAX: not known), or, part_no not 0, is that
 * part. now_ns: monotonic. False: no room, or what it says cannot be (counted). */
bool vg_resource_open(struct vg_resources *rs, uint64_t name, uint64_t off, uint64_t total, uint32_t part_no,
		      uint64_t now_ns, struct vg_resource_writer *writer);
/* The piece's next bytes. What is there already stays, unless it differs: then this piece is believed and what was
 * there before is forgotten; in one that grows, only what stood in this very place. */
void vg_resource_write(struct vg_resources *rs, struct vg_resource_writer *writer, const uint8_t *bytes,
		       size_t n_bytes);
/* The piece goes on n_bytes later. */
void vg_resource_skip(struct vg_resource_writer *writer, uint64_t n_bytes);
/* It ended; to_end: as it was announced to. A part that did not is forgotten. */
void vg_resource_close(struct vg_resources *rs, struct vg_resource_writer *writer, bool to_end);
/* There is a hole in the piece: nothing behind it is taken. */
void vg_resource_break(struct vg_resources *rs, struct vg_resource_writer *writer);
/* The first n_bytes of a resource were digested elsewhere (digests: still running, copied); head: their beginning, for
 * the sample. */
struct vg_resource_begun {
	const struct vg_digests *digests;
	uint64_t n_bytes;
	const struct vg_chain *head;
	int64_t ended_ns; /* growing: wall clock of the last byte */
};
/* For one that is larger than keep_bytes. Nothing where the resource is there already, or small. */
void vg_resource_adopt(struct vg_resources *rs, uint64_t name, uint64_t total, const struct vg_resource_begun *begun,
		       uint64_t now_ns);

/* How a piece says where in a growing file it belongs. */
struct vg_resource_growth {
	uint64_t off; /* of its first byte; UINT64_MAX: where the file ends by now, 0 where nothing is known of it */
	int64_t began_ns; /* wall clock of its first byte */
	bool anew;        /* what the file was is gone; but not what pieces brought that were still sent at began_ns */
	bool appended;    /* the file ended at off */
};
/* As vg_resource_open(), for a file that grows. */
bool vg_resource_open_growing(struct vg_resources *rs, uint64_t name, const struct vg_resource_growth *growth,
			      uint64_t now_ns, struct vg_resource_writer *writer);
/* A piece from offset 0 that nobody keeps, opened and closed in one: the file is digested on from there. False: no
 * room (counted), or it cannot be. */
bool vg_resource_adopt_growing(struct vg_resources *rs, uint64_t name, const struct vg_resource_growth *growth,
			       const struct vg_resource_begun *begun, bool to_end, uint64_t now_ns);
/* An upload in parts says that it has n_parts and that all were sent. */
void vg_resource_all_parts(struct vg_resources *rs, uint64_t name, uint32_t n_parts, uint64_t now_ns);

struct vg_resource_whole {
	struct vg_chain bytes; /* what is kept: all of it, or a head sample; until the next call of this room */
	uint64_t n_bytes;
	bool has_digests; /* of one that is not kept */
	struct vg_digest_values digests;
};
/* True where the resource of this name is whole; drop it when done with it. */
bool vg_resource_take(struct vg_resources *rs, uint64_t name, struct vg_resource_whole *whole);
/* It is gone; only what had come twice stays: two transfers may have crossed each other, and the later one's last piece
 * is still to come. One that grows stays: it is whole again when more of it came. */
void vg_resource_drop(struct vg_resources *rs, uint64_t name);

/* Lets go of what is too old: to be called now and then. */
void vg_resource_age(struct vg_resources *rs, uint64_t now_ns);
/* Blocks in use. */
uint32_t vg_resource_n_blocks(const struct vg_resources *rs);
