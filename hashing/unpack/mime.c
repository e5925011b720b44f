/* The head of the message is read like that of a part; behind it lies one part, or a multipart whose parts may be
 * multiparts. One file is open at a time. */
#include "hashing/unpack/mime.h"

#include <stdlib.h>
#include <string.h>

#include "hashing/unpack/multipart.h"
#include "hashing/unpack/part_head.h"
#include "hashing/unpack/transfer.h"

#define HEAD_BYTES  65536u /* of a message's head that are looked at */
#define PIECE_BYTES 4096u
#define LINE_BYTES  256u

struct walk;
struct level {
	struct walk *walk;
	struct vg_multipart multipart;
};
struct walk {
	struct vg_budget *budget;
	const struct vg_entry_sink *sink;
	struct level levels[VG_MIME_LEVELS];
	unsigned n_levels; /* open ones */
	struct vg_transfer transfer;
	bool in_entry, is_text, in_uu, stopped;
	bool lf_only; /* lines end without CR: it is put in for the multiparts, and taken out of what passes as it is */
	bool held_cr; /* a CR that waits for what follows it */
	size_t n_line;
	char line[LINE_BYTES]; /* of a text, looked at for uuencoded files */
	char head[HEAD_BYTES];
	uint8_t piece[2 * PIECE_BYTES], out[2 * PIECE_BYTES];
};

static void entry_begin(struct walk *w, const char *name, size_t n_name, bool is_file)
{
	w->in_entry = w->sink->begin(w->sink->ctx, name, n_name, is_file);
	w->stopped |= !w->in_entry;
	if (w->in_entry && w->sink->coded)
		w->sink->coded(w->sink->ctx, w->transfer.coding);
}
static void entry_bytes(struct walk *w, const uint8_t *bytes, size_t n_bytes)
{
	if (!w->in_entry || w->stopped || !n_bytes)
		return;
	if (!vg_budget_time(w->budget) || !vg_budget_make(w->budget, n_bytes) ||
	    !w->sink->bytes(w->sink->ctx, bytes, n_bytes))
		w->stopped = true;
}
static void entry_end(struct walk *w, bool whole)
{
	if (w->in_entry)
		w->sink->end(w->sink->ctx, whole && !w->stopped);
	w->in_entry = false;
}

/* A whole line of a text, with its end: begins, goes on with or ends a uuencoded file. */
static void text_line(struct walk *w)
{
	const char *name = w->line + 6;
	size_t n = w->n_line, i = 6;

	if (w->in_uu) {
		entry_bytes(w, w->out, vg_transfer_feed(&w->transfer, (const uint8_t *)w->line, n, w->out));
		if (w->transfer.done) {
			entry_end(w, true);
			w->in_uu = false;
		}
		return;
	}
	if (n < 12 || memcmp(w->line, "begin ", 6))
		return;
	while (i < n && w->line[i] >= '0' && w->line[i] <= '7')
		i++;
	if (i < 9 || i > 10 || i >= n || w->line[i] != ' ')
		return;
	name = w->line + i + 1;
	while (n && (w->line[n - 1] == '\n' || w->line[n - 1] == '\r'))
		n--;
	vg_transfer_init(&w->transfer, VG_TRANSFER_UU);
	entry_begin(w, name, n > i + 1 ? n - i - 1 : 0, true);
	w->in_uu = w->in_entry;
}

static void text_bytes(struct walk *w, const uint8_t *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++) {
		if (w->n_line < LINE_BYTES)
			w->line[w->n_line++] = (char)bytes[i];
		if (bytes[i] != '\n')
			continue;
		text_line(w);
		w->n_line = 0;
	}
}

static void part_begin(struct walk *w, const struct vg_part_head *head)
{
	w->is_text = head->is_text && !head->has_filename && head->transfer == VG_TRANSFER_PLAIN;
	w->n_line = 0;
	w->in_uu = w->held_cr = false;
	if (w->is_text)
		return;
	vg_transfer_init(&w->transfer, head->transfer);
	entry_begin(w, head->filename, head->n_filename, head->has_filename);
}

/* Takes the CRs out again that were put in. */
static size_t without_cr(struct walk *w, const uint8_t *bytes, size_t n_bytes, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < n_bytes; i++) {
		if (w->held_cr && bytes[i] != '\n')
			out[n++] = '\r';
		w->held_cr = bytes[i] == '\r';
		if (!w->held_cr)
			out[n++] = bytes[i];
	}
	return n;
}

static void part_bytes(struct walk *w, const uint8_t *bytes, size_t n_bytes)
{
	while (n_bytes && !w->stopped) {
		size_t n = n_bytes < PIECE_BYTES ? n_bytes : PIECE_BYTES;
		if (w->is_text)
			text_bytes(w, bytes, n);
		else if (w->transfer.coding == VG_TRANSFER_PLAIN && w->lf_only)
			entry_bytes(w, w->out, without_cr(w, bytes, n, w->out));
		else if (w->transfer.coding == VG_TRANSFER_PLAIN)
			entry_bytes(w, bytes, n);
		else
			entry_bytes(w, w->out, vg_transfer_feed(&w->transfer, bytes, n, w->out));
		bytes += n;
		n_bytes -= n;
	}
}

static void part_end(struct walk *w, bool whole)
{
	if (w->is_text && w->n_line && w->in_uu)
		text_line(w);
	entry_end(w, whole && !w->in_uu);
	w->in_uu = false;
}

static void on_part_begin(void *ctx, const struct vg_part_head *head, uint64_t begin_off);
static void on_part_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes);
static void on_part_end(void *ctx, uint64_t end_off, enum vg_part_end how);

static bool level_open(struct walk *w, const struct vg_part_head *head)
{
	struct level *l = &w->levels[w->n_levels];
	const struct vg_multipart_sink sink = { l, on_part_begin, on_part_bytes, on_part_end };

	if (!head->n_boundary)
		return false;
	if (w->n_levels == VG_MIME_LEVELS) {
		w->budget->n_too_deep++;
		w->budget->spent = true;
		return false;
	}
	l->walk = w;
	if (vg_multipart_init(&l->multipart, head->boundary, head->n_boundary, &sink))
		return false;
	w->n_levels++;
	return true;
}

static bool is_innermost(const struct level *l)
{
	return l + 1 == l->walk->levels + l->walk->n_levels;
}

static void on_part_begin(void *ctx, const struct vg_part_head *head, uint64_t begin_off)
{
	struct level *l = ctx;

	(void)begin_off;
	if (!level_open(l->walk, head))
		part_begin(l->walk, head);
}
static void on_part_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct level *l = ctx;

	if (is_innermost(l))
		part_bytes(l->walk, bytes, n_bytes);
	else
		(void)vg_multipart_feed(&l[1].multipart, bytes, n_bytes);
}
static void on_part_end(void *ctx, uint64_t end_off, enum vg_part_end how)
{
	struct level *l = ctx;

	(void)end_off;
	if (is_innermost(l)) {
		part_end(l->walk, how == VG_PART_WHOLE);
		return;
	}
	vg_multipart_end(&l[1].multipart);
	l->walk->n_levels = (unsigned)(l - l->walk->levels) + 1;
}

/* How long the head is, with the empty line behind it; notes how lines end. */
static size_t head_length(struct walk *w, size_t n)
{
	w->lf_only = false;
	for (size_t i = 0; i < n; i++) {
		if (w->head[i] != '\n')
			continue;
		w->lf_only |= i == 0 || w->head[i - 1] != '\r';
		if (i + 1 < n && w->head[i + 1] == '\n')
			return i + 2;
		if (i + 2 < n && w->head[i + 1] == '\r' && w->head[i + 2] == '\n')
			return i + 3;
	}
	return n;
}

/* Puts CRs before bare line feeds. */
static size_t with_cr(struct walk *w, const uint8_t *bytes, size_t n_bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < n_bytes; i++) {
		if (bytes[i] == '\n')
			w->piece[n++] = '\r';
		w->piece[n++] = bytes[i];
	}
	return n;
}

static void walk_body(struct walk *w, struct vg_chain_reader *r, const struct vg_part_head *head)
{
	bool is_multipart = level_open(w, head);

	if (!is_multipart)
		part_begin(w, head);
	while (vg_chain_left(r) && !w->stopped && vg_budget_time(w->budget)) {
		struct vg_span piece = vg_chain_next(r, PIECE_BYTES);
		if (!is_multipart) {
			w->lf_only = false; /* nothing was put in */
			part_bytes(w, piece.at, piece.n_bytes);
		} else if (w->lf_only) {
			(void)vg_multipart_feed(&w->levels[0].multipart, w->piece, with_cr(w, piece.at, piece.n_bytes));
		} else {
			(void)vg_multipart_feed(&w->levels[0].multipart, piece.at, piece.n_bytes);
		}
	}
	if (is_multipart)
		vg_multipart_end(&w->levels[0].multipart);
	else
		part_end(w, !w->stopped);
}

enum vg_err vg_mime_walk(const struct vg_chain *bytes, struct vg_budget *budget, const struct vg_entry_sink *sink)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct vg_chain_reader r;
	struct vg_part_head head;
	size_t n_head;

	if (!w)
		return VG_EBUDGET;
	w->budget = budget;
	w->sink = sink;
	n_head = head_length(w, vg_chain_copy(bytes, 0, w->head, sizeof(w->head)));
	vg_part_head_read(w->head, n_head, &head);
	vg_chain_reader_init(&r, bytes);
	(void)vg_chain_skip(&r, n_head);
	budget->n_containers++;
	walk_body(w, &r, &head);
	free(w);
	return VG_OK;
}
