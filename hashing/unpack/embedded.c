/* One byte at a time: outside of a run a table look-up, inside one six bits. */
#include "hashing/unpack/embedded.h"

#include <string.h>

#include "hashing/unpack/kind.h"
#include "hashing/unpack/letters.h"

enum { PLAIN, BACKSLASH, HEX4, PERCENT };
enum { UPPER = 1, STANDARD = 2, URL_SAFE = 4 }; /* sorts of letters: RFC 4648 4, 5 */

static unsigned sort_of(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? UPPER : c == '/' || c == '+' ? STANDARD : c == '-' || c == '_' ? URL_SAFE : 0;
}
/* A JPEG XL codestream begins with two bytes only, which are "/wo": pages are full of paths that begin so. Of 24
 * letters of base64 all but one in 100,000 have a capital among them, and none is of both alphabets. */
static bool is_path(const struct vg_embedded *e, unsigned kind)
{
	const unsigned both = STANDARD | URL_SAFE;
	return kind == VG_KIND_JXL && e->out[0] && (!(e->sorts & UPPER) || (e->sorts & both) == both);
}

void vg_embedded_init(struct vg_embedded *e, const struct vg_embedded_sink *sink)
{
	memset(e, 0, offsetof(struct vg_embedded, out));
	e->sink = *sink;
}

static void flush(struct vg_embedded *e)
{
	if (e->in_file && e->n_out)
		e->sink.bytes(e->sink.ctx, e->out, e->n_out);
	e->n_out = 0;
}

static void run_end(struct vg_embedded *e, bool whole)
{
	if (e->in_file) {
		flush(e);
		/* a last group of one letter is no base64 */
		e->sink.end(e->sink.ctx, whole && e->n_bits != 6);
	}
	e->in_run = e->in_file = e->is_no_file = false;
	e->n_out = e->bits = e->n_bits = e->sorts = 0;
}

static void put(struct vg_embedded *e, uint8_t c, unsigned value)
{
	e->in_run = true;
	if (e->is_no_file)
		return;
	e->sorts |= e->in_file ? 0 : (uint8_t)sort_of(c);
	e->bits = e->bits << 6 | value;
	e->n_bits = (uint8_t)(e->n_bits + 6);
	if (e->n_bits < 8)
		return;
	e->n_bits = (uint8_t)(e->n_bits - 8);
	e->out[e->n_out++] = (uint8_t)(e->bits >> e->n_bits);
	e->bits &= (1u << e->n_bits) - 1;
	if (!e->in_file && e->n_out == VG_EMBEDDED_HEAD_BYTES) {
		unsigned kind = vg_kind_of(e->out, e->n_out);
		e->in_file = kind != VG_KIND_UNKNOWN && !is_path(e, kind);
		e->is_no_file = !e->in_file;
		if (e->in_file)
			e->sink.begin(e->sink.ctx);
	}
	if (e->n_out == sizeof(e->out))
		flush(e);
}

/* A letter of the text, escapes undone. */
static void letter(struct vg_embedded *e, uint8_t c)
{
	unsigned value = vg_base64_value(c);

	if (value != VG_NO_BASE64)
		put(e, c, value);
	else if (c != '\r' && c != '\n')
		run_end(e, true);
}

static void plain(struct vg_embedded *e, uint8_t c)
{
	if (c == '\\')
		e->state = BACKSLASH;
	else if (c == '%' && e->in_run)
		e->state = PERCENT;
	else
		letter(e, c);
	e->escape = e->n_escape = 0;
}

/* The byte behind a backslash. */
static void backslash(struct vg_embedded *e, uint8_t c)
{
	e->state = PLAIN;
	if (c == 'u')
		e->state = HEX4;
	else if (c == '/')
		letter(e, c);
	else if (c != 'n' && c != 'r')
		run_end(e, true);
}

static void hex(struct vg_embedded *e, uint8_t c, unsigned n_digits)
{
	int digit = vg_hex_value(c);

	if (digit < 0 || (n_digits == 4 && e->n_escape < 2 && digit)) { /* not an escape of anything in base64 */
		e->state = PLAIN;
		run_end(e, true);
		plain(e, c);
		return;
	}
	e->escape = (uint8_t)(e->escape << 4 | digit);
	if (++e->n_escape < n_digits)
		return;
	e->state = PLAIN;
	letter(e, e->escape);
}

void vg_embedded_feed(struct vg_embedded *e, const uint8_t *text, size_t n_text)
{
	for (size_t i = 0; i < n_text; i++) {
		if (e->state == PLAIN)
			plain(e, text[i]);
		else if (e->state == BACKSLASH)
			backslash(e, text[i]);
		else
			hex(e, text[i], e->state == HEX4 ? 4 : 2);
	}
}

void vg_embedded_gap(struct vg_embedded *e)
{
	run_end(e, false);
	e->state = PLAIN;
	/* what follows may be the middle of a run: nothing begins there */
	e->in_run = e->is_no_file = true;
}

void vg_embedded_end(struct vg_embedded *e)
{
	run_end(e, true);
}

bool vg_embedded_is_text(const uint8_t *head, size_t n_head)
{
	for (size_t i = 0; i < n_head; i++)
		if ((head[i] < ' ' && head[i] != '\t' && head[i] != '\n' && head[i] != '\r') || head[i] == 0x7f)
			return false;
	return n_head >= 2 * VG_EMBEDDED_HEAD_BYTES;
}

struct walk {
	const struct vg_entry_sink *sink;
	struct vg_budget *budget;
	bool in_file, stopped;
};

static void walk_begin(void *ctx)
{
	struct walk *w = ctx;

	w->in_file = !w->stopped && w->sink->begin(w->sink->ctx, "", 0, false);
	w->stopped |= !w->in_file;
	if (w->in_file && w->sink->coded)
		w->sink->coded(w->sink->ctx, VG_TRANSFER_BASE64);
}

static void walk_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct walk *w = ctx;

	if (w->in_file && !w->stopped)
		w->stopped = !vg_budget_make(w->budget, n_bytes) || !w->sink->bytes(w->sink->ctx, bytes, n_bytes);
}

static void walk_end(void *ctx, bool whole)
{
	struct walk *w = ctx;

	if (w->in_file)
		w->sink->end(w->sink->ctx, whole && !w->stopped);
	w->in_file = false;
}

enum vg_err vg_embedded_walk(const struct vg_chain *text, struct vg_budget *budget, const struct vg_entry_sink *sink)
{
	struct walk w = { .sink = sink, .budget = budget };
	struct vg_embedded_sink found = { &w, walk_begin, walk_bytes, walk_end };
	struct vg_embedded e;
	struct vg_chain_reader r;

	vg_embedded_init(&e, &found);
	vg_chain_reader_init(&r, text);
	while (!w.stopped && vg_budget_time(budget)) {
		struct vg_span piece = vg_chain_next(&r, 65536);
		if (!piece.n_bytes)
			break;
		vg_embedded_feed(&e, piece.at, piece.n_bytes);
	}
	vg_embedded_end(&e);
	return VG_OK;
}
