#pragma once
/* http1_hunt: finds the next thing that looks like the beginning of an HTTP/1 message in bytes of which nothing is
 * known: after a gap, in a flow picked up midway, after broken framing. Pure state machine, cut anywhere; about a
 * nanosecond a byte. What it finds is a candidate: the caller checks the start line. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#define VG_HTTP1_HUNT_BYTES 16

enum { VG_HUNT_REQUESTS = 1, VG_HUNT_RESPONSES = 2 };
struct vg_http1_hunt {
	uint8_t what; /* VG_HUNT_* */
	uint8_t n_found;
	uint8_t found[VG_HTTP1_HUNT_BYTES]; /* first bytes of the candidate, n_found of them */
};

/* Starts over. */
void vg_http1_hunt_init(struct vg_http1_hunt *hunt, unsigned what);
/* Looks through n_bytes. VG_DONE: `found` holds the first bytes of a candidate and *n_eaten bytes are used up (the
 * next one follows on `found`). VG_MORE: nothing yet, all are used up. */
enum vg_step vg_http1_hunt_feed(struct vg_http1_hunt *hunt, const uint8_t *bytes, size_t n_bytes, size_t *n_eaten);
