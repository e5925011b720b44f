#pragma once
/* batch: many streams digested side by side. Bytes are lent to it and wait; a run takes whole blocks of as many streams
 * as the tier has lanes, each lane going on with its stream's next piece, or with the next stream, as it comes to an
 * end. What is too few for lanes to be worth it goes one after the other by OpenSSL, algorithm by algorithm. Fixed
 * memory: vg_batch_create() makes n_pieces of 24 bytes. One thread; lent contexts and bytes stay the caller's. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>

#include "hashing/digest/digest.h"

struct vg_batch;

void vg_batch_destroy(struct vg_batch *batch);
/* Start-up only: reads the environment (VIGIL_FORCE_ISA). n_pieces >= 1: spans that can wait. NULL: out of memory. */
struct vg_batch *vg_batch_create(uint32_t n_pieces) VG_DEALLOC(vg_batch_destroy);

/* Name of the tier in use: "avx512", "avx2" or "generic". */
const char *vg_batch_tier(const struct vg_batch *batch);

/* Streams that a run takes at a time; 1 where there are no lanes. */
unsigned vg_batch_lanes(const struct vg_batch *batch);

/* What waits. */
uint32_t vg_batch_streams(const struct vg_batch *batch);
uint64_t vg_batch_bytes(const struct vg_batch *batch);

/* The next n_bytes of a stream; they must stay where they are until the stream does not wait any more. When no piece
 * is free, all that waits is digested first. Hot. */
void vg_batch_lend(struct vg_batch *batch, struct vg_digests *d, const uint8_t *bytes, size_t n_bytes);

/* Do bytes of this stream wait? Only then is it in the batch, and not to be fed, copied or ended. */
bool vg_batch_waits(const struct vg_digests *d);

/* Digests while at least half of the lanes have something to do; what is left of long streams goes on waiting for
 * others to come along. Hot. */
void vg_batch_run(struct vg_batch *batch);
/* Digests all that waits. Hot. */
void vg_batch_run_all(struct vg_batch *batch);
/* Digests all that waits of one stream, and some of the others beside it. Nothing where it does not wait. Hot. */
void vg_batch_drain(struct vg_batch *batch, struct vg_digests *d);
/* Forgets what waits of one stream: its digests are not wanted any more. Hot. */
void vg_batch_forget(struct vg_batch *batch, struct vg_digests *d);
