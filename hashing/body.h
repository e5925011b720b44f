#pragma once
/* body: one transferred body walked through its content codings, its multipart parts and the containers in it: gives
 * the digests and the first bytes (or all) of the decoded body, and the same of every file found in it. Fed the
 * body's bytes in order; foreign bytes, so it runs in the sandbox. Fixed buffers made at start (address space only;
 * touched pages go back after each body); the libraries behind it allocate. One thread. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>

#include "hashing/chain/chain.h"
#include "hashing/digest/digest.h"
#include "hashing/nest.h"
#include "hashing/unpack/coding.h"
#include "hashing/unpack/multipart.h"

#define VG_BODY_MAX_MEMBERS 16384 /* whatever the configuration says; its own limit (control/config/options.c) */

/* Decoded bytes of a body, borrowed for the call. */
typedef void (*vg_body_bytes_fn)(void *ctx, const uint8_t *bytes, size_t n_bytes);

struct vg_body_setup {
	uint64_t keep_bytes;        /* of a decoded (or, streaming, of any) body */
	uint64_t member_keep_bytes; /* of a member that is not part of a held body as it is */
	uint64_t max_unpacked_bytes;
	uint32_t max_ratio, max_members, max_spans; /* max_spans: of a member of a held body */
	uint32_t max_depth;                         /* containers in containers; 0: none is opened */
	uint64_t max_cpu_ns;                        /* of all that is done with one body; 0: no limit */
	bool texts;                                 /* text is a container, too: files in it as base64 */
	struct vg_nest *nest;                       /* opens containers; lent, may be shared; NULL: none is opened */
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
	unsigned digests;            /* VG_DIGEST_* of what is found, and of the body where a coding is undone */
	bool no_nest;                /* open no container: one broke a library before */
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
	bool over_budget; /* bytes, ratio, members, depth or time: not everything was looked at */
	bool text_cut;    /* a text that was not held whole: files in it were not looked for */
	bool needs_seek;  /* a container that was not held whole and cannot be read forward */
	uint32_t n_containers, n_encrypted, n_bad, n_too_deep, n_unread; /* opened; as in budget.h */
	uint64_t n_bytes;                                                /* of the decoded body */
	uint64_t n_made;                                                 /* by codings, all layers */
	uint32_t n_members;
	struct vg_chain bytes;           /* what was kept of it, until vg_body_release() */
	struct vg_digest_values digests; /* of the decoded body; only where coding.coded (else they are not made) */
};
/* The body ended; an open member ends, too. */
void vg_body_end(struct vg_body *body, struct vg_body_end *end);

/* Gives the touched memory back to the system; `end.bytes` is gone. */
void vg_body_release(struct vg_body *body);
