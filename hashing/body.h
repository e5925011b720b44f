#pragma once
/* body: one transferred body walked through its content codings and its multipart parts, streaming: gives the
 * digests and the first bytes (or all) of the decoded body, and the same of every file found in it. Fed the body's
 * bytes in order; foreign bytes, so it runs in the sandbox. Fixed buffers made at start (address space only; touched
 * pages go back after each body); zlib and brotli allocate. One thread. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>

#include "hashing/chain/chain.h"
#include "hashing/digest/digest.h"
#include "hashing/unpack/budget.h"
#include "hashing/unpack/coding.h"
#include "hashing/unpack/multipart.h"

#define VG_BODY_MAX_MEMBERS 4096 /* whatever the configuration says */

/* A file found in a body. Borrowed for the call. */
struct vg_body_member {
	struct vg_chain bytes; /* what is there of it; all of it where bytes.n_bytes == n_bytes */
	uint64_t n_bytes;
	bool whole;    /* it ended by its boundary, without a hole */
	bool is_range; /* it is a piece of something: from range_off on, of range_total bytes */
	uint64_t range_off, range_total;
	struct vg_digest_values digests; /* of n_bytes */
	uint16_t n_name;
	char name[VG_PART_NAME_BYTES]; /* claimed file name, not NUL-terminated */
};
typedef void (*vg_body_member_fn)(void *ctx, const struct vg_body_member *member);
/* Decoded bytes of a body, borrowed for the call. */
typedef void (*vg_body_bytes_fn)(void *ctx, const uint8_t *bytes, size_t n_bytes);

struct vg_body_setup {
	uint64_t keep_bytes;        /* of a decoded (or, streaming, of any) body */
	uint64_t member_keep_bytes; /* of a member that is not part of a held body as it is */
	uint64_t max_unpacked_bytes;
	uint32_t max_ratio, max_members, max_spans; /* max_spans: of a member of a held body */
};
struct vg_body;

void vg_body_destroy(struct vg_body *body);
/* Start-up only. NULL: out of memory. */
struct vg_body *vg_body_create(const struct vg_body_setup *setup) VG_DEALLOC(vg_body_destroy);

struct vg_body_begin {
	uint32_t codings;     /* media.h; 0 = none */
	const char *boundary; /* multipart, or n_boundary 0; copied */
	size_t n_boundary;
	const struct vg_chain *held; /* the very bytes that will be fed, where they stay until the end; else NULL */
	vg_body_member_fn on_member;
	vg_body_bytes_fn on_bytes; /* NULL: nobody asks */
	void *ctx;
};
void vg_body_begin(struct vg_body *body, const struct vg_body_begin *begin);

/* Feeds the next bytes of the body as it came. */
void vg_body_feed(struct vg_body *body, const uint8_t *bytes, size_t n_bytes);

/* A hole: codings cannot go on behind it, parts can. */
void vg_body_gap(struct vg_body *body);

struct vg_body_end {
	struct vg_coding_result coding;
	bool multipart;   /* a first boundary was found */
	bool over_budget; /* bytes, ratio or members: not everything was looked at */
	uint64_t n_bytes; /* of the decoded body */
	uint64_t n_made;  /* by codings, all layers */
	uint32_t n_members;
	struct vg_chain bytes;           /* what was kept of it, until vg_body_release() */
	struct vg_digest_values digests; /* of the decoded body; only where coding.coded (else they are not made) */
};
/* The body ended; an open member ends, too. */
void vg_body_end(struct vg_body *body, struct vg_body_end *end);

/* Gives the touched memory back to the system; `end.bytes` is gone. */
void vg_body_release(struct vg_body *body);
