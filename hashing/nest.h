#pragma once
/* nest: the files inside a container inside a container: opens what lies in memory (archives, documents, messages),
 * gives the digests and bytes of every file in it, and opens those that are containers themselves, down to the
 * purse's depth. One walk at a time; the bytes of all open layers lie on one stack of fixed size (address space only;
 * touched pages go back after each walk). What does not fit there is digested whole and kept in part. Libraries
 * allocate; one thread. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>

#include "hashing/chain/chain.h"
#include "hashing/digest/digest.h"
#include "hashing/unpack/budget.h"
#include "hashing/unpack/part_head.h"

#define VG_NEST_MAX_DEPTH 16

/* A file found in a body or in a container in it. Borrowed for the call. */
struct vg_body_member {
	struct vg_chain bytes; /* what is there of it; all of it where bytes.n_bytes == n_bytes */
	uint64_t n_bytes;
	bool whole;    /* it ended where its container says, unbroken */
	bool seamless; /* whole, or no byte is missing up to where it broke off */
	bool is_range; /* it is a piece of something: from range_off on, of range_total bytes */
	uint64_t range_off, range_total;
	struct vg_digest_values digests;  /* of n_bytes */
	const uint8_t *parent_sha256;     /* of the container it lies in; NULL: the body itself */
	enum vg_transfer_coding transfer; /* that was undone of it */
	uint16_t n_name, n_field;
	char name[VG_PART_NAME_BYTES]; /* claimed path, from the body's first layer on, not NUL-terminated */
	char field[VG_PART_FIELD];     /* of the form, that it or what it lies in was sent in */
};
typedef void (*vg_body_member_fn)(void *ctx, const struct vg_body_member *member);

struct vg_nest;
void vg_nest_destroy(struct vg_nest *nest);
/* Start-up only. keep_bytes: of the stack. NULL: out of memory. */
struct vg_nest *vg_nest_create(uint64_t keep_bytes) VG_DEALLOC(vg_nest_destroy);

struct vg_nest_args {
	unsigned kind; /* enum vg_kind of the container; or VG_KIND_UNKNOWN and a transfer coding */
	enum vg_transfer_coding transfer;
	const struct vg_chain *bytes;
	const struct vg_body_member *member; /* its own name and field; NULL: the body itself */
	const uint8_t *sha256;               /* its digest, or NULL: the body itself */
	struct vg_budget *budget;
	bool seamless;    /* no byte of it is missing, up to where it ends or was cut off */
	unsigned digests; /* VG_DIGEST_* of each file */
	vg_body_member_fn on_member;
	void *ctx;
};
/* Is this a kind that vg_nest_walk() opens? */
bool vg_nest_opens(unsigned kind);

/* Opens one container and all in it. Never fails: what could not be opened is counted in the budget. */
void vg_nest_walk(struct vg_nest *nest, const struct vg_nest_args *args);

/* Writes "path/name" to `to` (room for VG_PART_NAME_BYTES); what is too long loses its beginning. Returns its length.
 */
uint16_t vg_nest_path(const char *path, size_t n_path, const char *name, size_t n_name, char *to);
