#pragma once
/* embedded: finds files that stand as base64 (RFC 4648 4, 5) in text: data: URIs (RFC 2397) in HTML and CSS, strings in
 * JSON and XML. Fed the text in order, cut anywhere. A run of base64 counts where its first bytes are those of a format
 * we know, and its letters no path where these are two bytes only. Escapes inside a run are undone: \/ \n \r and \u00XX
 * of JSON (RFC 8259 7), %XX of URLs; line ends are passed over. Caller's storage, no heap, about a nanosecond a byte
 * where there is none. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#include "hashing/chain/chain.h"
#include "hashing/unpack/budget.h"
#include "hashing/unpack/entry.h"

#define VG_EMBEDDED_HEAD_BYTES 18u  /* that decide whether a run is a file */
#define VG_EMBEDDED_PIECE      768u /* bytes handed on at a time */

struct vg_embedded_sink {
	void *ctx;
	void (*begin)(void *ctx);
	/* The next decoded bytes, borrowed for the call. */
	void (*bytes)(void *ctx, const uint8_t *bytes, size_t n_bytes);
	/* whole: what ended it can end base64 (padding, a quote, …), and nothing was missing. */
	void (*end)(void *ctx, bool whole);
};

struct vg_embedded {
	struct vg_embedded_sink sink;
	uint32_t bits; /* not yet bytes, n_bits of them */
	uint8_t n_bits, state, escape, n_escape;
	uint8_t sorts;   /* of letters that the run's beginning is made of */
	bool in_file;    /* the run is a file and its sink was told */
	bool is_no_file; /* the run's first bytes are of no format: the rest of it is passed over */
	bool in_run;
	uint32_t n_out;
	uint8_t out[VG_EMBEDDED_PIECE];
};

/* Do these first bytes begin a text? No control characters but white space; UTF-8, Latin-1 and their relatives. */
bool vg_embedded_is_text(const uint8_t *head, size_t n_head);

/* All files in a text, as walks of containers give them (entry.h); charges budget for what was decoded. */
enum vg_err vg_embedded_walk(const struct vg_chain *text, struct vg_budget *budget, const struct vg_entry_sink *sink);

void vg_embedded_init(struct vg_embedded *e, const struct vg_embedded_sink *sink);
void vg_embedded_feed(struct vg_embedded *e, const uint8_t *text, size_t n_text);
/* A hole lies here: a run that is open ends, not whole. */
void vg_embedded_gap(struct vg_embedded *e);
/* The text ended; so does a run that is open. */
void vg_embedded_end(struct vg_embedded *e);
