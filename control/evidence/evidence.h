#pragma once
/* evidence: matched bytes, sealed at rest from the first moment: a random key per file, wrapped to at least two
 * custodian public keys and to the reporter's public key of the current epoch. vigild holds public keys only: it
 * writes and cannot read. Files STATE/evidence/<id>.vge, 0600; the format is in docs/formats.md. One thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

struct vg_store;
struct vg_evidence;

#define VG_EVIDENCE_ID             40 /* 32 hex digits and a NUL fit */
#define VG_EVIDENCE_KEY_BYTES      32 /* X25519 public or secret key */
#define VG_EVIDENCE_MIN_CUSTODIANS 2
#define VG_EVIDENCE_MAX_CUSTODIANS 8
#define VG_EVIDENCE_MAX_BYTES      (1ull << 40)

struct vg_evidence_conf {
	const char *dir; /* made (0700) where it is absent */
	unsigned n_custodians;
	const char *custodian_paths[VG_EVIDENCE_MAX_CUSTODIANS]; /* public keys: 64 hex digits and a line break */
	int without_reporter; /* 1: nothing will be reported (scan, replay without --report-to): custodians only */
};
void vg_evidence_destroy(struct vg_evidence *ev);
/* Opens the folder, reads the custodians' keys (>= 2 different ones, else VG_EINVAL), makes its tables and takes up
 * the reporter's current epoch key where one was stored. Removes temporary files of a write that was cut off. NULL on
 * failure with *err. `store` is borrowed. */
VG_DEALLOC(vg_evidence_destroy)
struct vg_evidence *vg_evidence_create(struct vg_store *store, const struct vg_evidence_conf *conf, enum vg_err *err);

/* Stores the reporter's public key of `epoch` (commits by itself, or in the caller's transaction where one is open).
 * From now on the highest epoch is used. VG_ECONFLICT: that epoch is known with another key, or is destroyed. */
enum vg_err vg_evidence_take_reporter_key(struct vg_evidence *ev, uint64_t epoch, const uint8_t public_key[32]);
/* The epoch new files are sealed to; 0 = no reporter has been seen yet. */
uint64_t vg_evidence_epoch(const struct vg_evidence *ev);

/* Seals the first n_bytes of memfd (its offset is neither used nor moved) and names the file in id. Durable on
 * return: fsync, rename, fsync of the folder. Also notes id and epoch in the store, in the caller's transaction if
 * one is open; a file whose transaction was rolled back is removed by vg_evidence_sweep(). Constant memory.
 * VG_EAGAIN: no epoch key of a reporter is known yet (leave the match unacknowledged). VG_EIO: disk or memfd. */
enum vg_err vg_evidence_seal(struct vg_evidence *ev, int memfd, uint64_t n_bytes, char id[VG_EVIDENCE_ID]);
/* A read-only descriptor of a sealed file, to be handed to the reporter; the caller closes it. -1: not there. */
int vg_evidence_fd(const struct vg_evidence *ev, const char *id);
/* The epoch a sealed file was wrapped to, 0 where it is not known. */
uint64_t vg_evidence_epoch_of(const struct vg_evidence *ev, const char *id);
/* Removal for good: the sealed file, and with it every wrapped key. VG_OK also where it is gone already. */
enum vg_err vg_evidence_remove(struct vg_evidence *ev, const char *id);
/* Removes files in the folder that the store does not know. Once, at start. Returns how many. */
unsigned vg_evidence_sweep(struct vg_evidence *ev);

/* Epochs. Files kept that are wrapped to `epoch` (callback once per id). Marks an epoch as destroyed. */
typedef void vg_evidence_id_fn(void *user, const char *id);
enum vg_err vg_evidence_each_of_epoch(struct vg_evidence *ev, uint64_t epoch, vg_evidence_id_fn *fn, void *user);
enum vg_err vg_evidence_epoch_destroyed(struct vg_evidence *ev, uint64_t epoch);
