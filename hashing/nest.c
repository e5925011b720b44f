/* Each layer's file in hand lies on top of the stack; when it ends and is a container, its own files are stacked on it,
 * and the stack falls back to where it began. */
#include "hashing/nest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <vigil/media.h>

#include "hashing/unpack/archive.h"
#include "hashing/unpack/embedded.h"
#include "hashing/unpack/kind.h"
#include "hashing/unpack/mime.h"
#include "hashing/unpack/ole.h"
#include "hashing/unpack/pdf.h"

struct layer {
	struct vg_nest *nest;
	const struct vg_nest_args *args; /* of the container */
	struct vg_digests *digests;
	size_t begin_off; /* on the stack, of the file in hand */
	bool is_file;
	struct vg_span span; /* of its bytes, for their chain */
	struct vg_body_member member;
};
struct vg_nest {
	uint8_t *at;
	size_t n_room, top_off, n_touched;
	unsigned depth; /* layers in use */
	struct layer layers[VG_NEST_MAX_DEPTH];
};

/* The body of destroy, for create to use as well (gcc checks create/destroy pairs by name). */
static void discard(struct vg_nest *nest)
{
	for (unsigned i = 0; i < VG_NEST_MAX_DEPTH; i++)
		vg_digests_destroy(nest->layers[i].digests);
	if (nest->at)
		munmap(nest->at, nest->n_room);
	free(nest);
}

void vg_nest_destroy(struct vg_nest *nest)
{
	if (nest)
		discard(nest);
}

struct vg_nest *vg_nest_create(uint64_t keep_bytes)
{
	struct vg_nest *nest = calloc(1, sizeof(*nest));

	if (!nest)
		return NULL;
	nest->n_room = keep_bytes ? keep_bytes : 1;
	nest->at = mmap(NULL, nest->n_room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (nest->at == MAP_FAILED) {
		nest->at = NULL;
		goto failed;
	}
	(void)madvise(nest->at, nest->n_room, MADV_DONTDUMP);
	for (unsigned i = 0; i < VG_NEST_MAX_DEPTH; i++) {
		nest->layers[i].nest = nest;
		nest->layers[i].digests = vg_digests_create();
		if (!nest->layers[i].digests)
			goto failed;
	}
	return nest;
failed:
	discard(nest);
	return NULL;
}

bool vg_nest_opens(unsigned kind)
{
	return VG_KIND_IS_CONTAINER(kind);
}

uint16_t vg_nest_path(const char *path, size_t n_path, const char *name, size_t n_name, char *to)
{
	size_t n_slash = n_path && n_name, n_front;

	if (n_name >= VG_PART_NAME_BYTES) {
		memcpy(to, name + n_name - VG_PART_NAME_BYTES, VG_PART_NAME_BYTES);
		return VG_PART_NAME_BYTES;
	}
	n_front = n_path + n_slash > VG_PART_NAME_BYTES - n_name ? VG_PART_NAME_BYTES - n_name : n_path + n_slash;
	if (n_front) {
		memcpy(to, path + n_path + n_slash - n_front, n_front - n_slash);
		if (n_slash)
			to[n_front - 1] = '/';
	}
	memcpy(to + n_front, name, n_name);
	return (uint16_t)(n_front + n_name);
}

static bool on_begin(void *ctx, const char *name, size_t n_name, bool is_file)
{
	struct layer *l = ctx;
	const struct vg_body_member *of;

	if (!vg_budget_member(l->args->budget))
		return false;
	memset(&l->member, 0, sizeof(l->member));
	l->is_file = is_file;
	l->begin_off = l->nest->top_off;
	l->member.parent_sha256 = l->args->sha256;
	of = l->args->member;
	l->member.n_name = vg_nest_path(of ? of->name : NULL, of ? of->n_name : 0, name, n_name, l->member.name);
	if (of) {
		l->member.n_field = of->n_field;
		memcpy(l->member.field, of->field, of->n_field);
	}
	vg_digests_init(l->digests, l->args->digests);
	return true;
}

static void on_coded(void *ctx, enum vg_transfer_coding transfer)
{
	struct layer *l = ctx;

	l->member.transfer = transfer;
}

static bool on_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct layer *l = ctx;
	struct vg_nest *nest = l->nest;
	size_t n = nest->n_room - nest->top_off < n_bytes ? nest->n_room - nest->top_off : n_bytes;

	vg_digests_feed(l->digests, bytes, n_bytes);
	l->member.n_bytes += n_bytes;
	if (!n)
		return true;
	memcpy(nest->at + nest->top_off, bytes, n);
	nest->top_off += n;
	nest->n_touched = nest->n_touched > nest->top_off ? nest->n_touched : nest->top_off;
	return true;
}

static void on_end(void *ctx, bool whole)
{
	struct layer *l = ctx;
	struct vg_body_member *m = &l->member;
	struct vg_nest *nest = l->nest;
	uint8_t head[VG_KIND_HEAD_BYTES];
	unsigned kind;

	l->span = (struct vg_span){ nest->at + l->begin_off, nest->top_off - l->begin_off };
	m->bytes = (struct vg_chain){ &l->span, l->span.n_bytes != 0, l->span.n_bytes };
	m->whole = whole;
	/* cut off, or broken: what was given is all that there is up to there, unless we stopped */
	m->seamless = whole || (l->args->seamless && !l->args->budget->spent);
	vg_digests_done(l->digests, &m->digests);
	kind = vg_kind_of(head, vg_chain_copy(&m->bytes, 0, head, sizeof(head)));
	if (l->is_file || kind != VG_KIND_UNKNOWN) {
		l->args->on_member(l->args->ctx, m);
		if (vg_nest_opens(kind) && !l->args->budget->spent)
			vg_nest_walk(nest, &(struct vg_nest_args){ .kind = kind,
								   .bytes = &m->bytes,
								   .member = m,
								   .sha256 = m->digests.sha256,
								   .budget = l->args->budget,
								   .seamless = m->seamless,
								   .digests = l->args->digests,
								   .on_member = l->args->on_member,
								   .ctx = l->args->ctx });
	} else {
		l->args->budget->n_members--;
	}
	nest->top_off = l->begin_off;
}

/* The bytes in one piece: theirs, or a copy on the stack. False where there is no room. */
static bool flat(struct vg_nest *nest, const struct vg_chain *bytes, struct vg_span *piece)
{
	*piece = bytes->n_spans ? bytes->spans[0] : (struct vg_span){ NULL, 0 };
	if (bytes->n_spans <= 1)
		return bytes->n_spans == 1;
	if (nest->n_room - nest->top_off < bytes->n_bytes)
		return false;
	*piece = (struct vg_span){ nest->at + nest->top_off, bytes->n_bytes };
	(void)vg_chain_copy(bytes, 0, nest->at + nest->top_off, bytes->n_bytes);
	nest->top_off += bytes->n_bytes;
	nest->n_touched = nest->n_touched > nest->top_off ? nest->n_touched : nest->top_off;
	return true;
}

/* A file that was sent in a transfer coding: what it is without. */
static void undo_transfer(const struct vg_nest_args *args, const struct vg_entry_sink *sink)
{
	struct vg_transfer transfer;
	struct vg_chain_reader r;
	struct vg_span piece;
	uint8_t out[4096];
	bool go_on = sink->begin(sink->ctx, "", 0, false);

	if (!go_on)
		return;
	sink->coded(sink->ctx, args->transfer);
	vg_transfer_init(&transfer, args->transfer);
	vg_chain_reader_init(&r, args->bytes);
	while (go_on && (piece = vg_chain_next(&r, sizeof(out))).n_bytes) {
		size_t n = vg_transfer_feed(&transfer, piece.at, piece.n_bytes, out);
		go_on = vg_budget_time(args->budget) && vg_budget_make(args->budget, n) &&
			sink->bytes(sink->ctx, out, n);
	}
	sink->end(sink->ctx, go_on);
}

static void open_one(struct vg_nest *nest, const struct vg_nest_args *args, const struct vg_entry_sink *sink)
{
	enum vg_err err = VG_OK;
	struct vg_span piece;

	if (args->transfer)
		undo_transfer(args, sink);
	else if (args->kind == VG_KIND_MIME)
		err = vg_mime_walk(args->bytes, args->budget, sink);
	else if (args->kind == VG_KIND_TEXT)
		err = vg_embedded_walk(args->bytes, args->budget, sink);
	else if (args->kind == VG_KIND_PDF)
		err = flat(nest, args->bytes, &piece) ? vg_pdf_walk(&piece, args->budget, sink) : VG_EBUDGET;
	else if (args->kind == VG_KIND_OLE)
		err = flat(nest, args->bytes, &piece) ? vg_ole_walk(&piece, args->budget, sink) : VG_EBUDGET;
	else
		err = vg_archive_walk(args->kind, args->bytes, args->budget, sink);
	args->budget->spent |= err == VG_EBUDGET;
	args->budget->n_bad += err == VG_EUNSUPPORTED;
}

void vg_nest_walk(struct vg_nest *nest, const struct vg_nest_args *args)
{
	struct layer *l = &nest->layers[nest->depth];
	struct vg_entry_sink sink = { l, on_begin, on_bytes, on_end, on_coded };
	size_t begin_off = nest->top_off;

	if (nest->depth >= args->budget->max_depth || nest->depth == VG_NEST_MAX_DEPTH) {
		args->budget->n_too_deep++;
		args->budget->spent = true;
		return;
	}
	nest->depth++;
	l->args = args;
	open_one(nest, args, &sink);
	nest->depth--;
	nest->top_off = begin_off;
	if (nest->depth)
		return;
	if (nest->n_touched)
		(void)madvise(nest->at, nest->n_touched, MADV_DONTNEED);
	nest->n_touched = 0;
}
