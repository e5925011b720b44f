/* Bytes go codings -> on_decoded -> multipart (outer) -> multipart (nested, one level) -> the member that is open. A
 * part that is multipart itself is opened instead of being a member. A member is a file where the sender says so or
 * where its first bytes are a format of ours; form fields are not. */
#include "hashing/body.h"

#include <sys/mman.h>

#include "hashing/unpack/embedded.h"
#include "hashing/unpack/kind.h"
#include "hashing/unpack/pull.h"

#define N_LEVELS 2 /* multipart in multipart */

struct keep {
	uint8_t *at;
	size_t n_room, n_bytes, n_touched;
	struct vg_span span; /* of what is kept, for a chain */
};
struct level {
	struct vg_body *body;
	uint64_t base_off; /* of its first byte in the decoded body */
	struct vg_multipart multipart;
	bool active;
};
struct vg_body {
	struct vg_body_setup setup;
	struct vg_coding_stack *coding;
	struct vg_digests *decoded, *member_digests;
	struct vg_budget budget;
	struct keep keep, member_keep;
	struct level levels[N_LEVELS];
	struct vg_body_begin begin;
	struct vg_span *spans; /* setup.max_spans */
	struct vg_pull *pull;  /* where containers are opened at all */
	uint64_t n_decoded, n_used_ns;
	bool has_hole;
	bool stopped, has_codings, pulled; /* pulled: the body is an archive that is walked as it comes */
	/* the member that is open */
	bool in_member, has_filename;
	enum vg_transfer_coding transfer;
	uint64_t member_off;
	struct vg_body_member member;
};

static bool keep_init(struct keep *k, size_t n_room)
{
	k->n_room = n_room;
	k->at = mmap(NULL, n_room ? n_room : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		     0);
	if (k->at == MAP_FAILED) {
		k->at = NULL;
		return false;
	}
	(void)madvise(k->at, n_room, MADV_DONTDUMP);
	return true;
}

static void keep_add(struct keep *k, const uint8_t *bytes, size_t n_bytes)
{
	size_t n = k->n_room - k->n_bytes < n_bytes ? k->n_room - k->n_bytes : n_bytes;

	if (!n)
		return;
	memcpy(k->at + k->n_bytes, bytes, n);
	k->n_bytes += n;
	if (k->n_touched < k->n_bytes)
		k->n_touched = k->n_bytes;
}

static struct vg_chain keep_chain(struct keep *k)
{
	k->span = (struct vg_span){ k->at, k->n_bytes };
	return (struct vg_chain){ &k->span, k->n_bytes != 0, k->n_bytes };
}

static void member_begin(struct vg_body *b, const struct vg_part_head *head, uint64_t off)
{
	if (!vg_budget_member(&b->budget))
		return;
	memset(&b->member, 0, sizeof(b->member));
	b->in_member = true;
	b->has_filename = head->has_filename;
	b->transfer = head->transfer;
	b->member_off = off;
	b->member.is_range = head->has_range;
	b->member.range_off = head->range_off;
	b->member.range_total = head->range_total;
	b->member.n_name = head->n_filename;
	memcpy(b->member.name, head->filename, head->n_filename);
	b->member.n_field = head->n_field;
	memcpy(b->member.field, head->field, head->n_field);
	b->member_keep.n_bytes = 0;
	vg_digests_init(b->member_digests, b->begin.digests);
}

/* Opens a file that is a container, or that was sent in a transfer coding. */
static void open_nest(struct vg_body *b, unsigned kind, enum vg_transfer_coding transfer, const struct vg_chain *bytes,
		      const struct vg_body_member *m)
{
	if (!b->setup.nest || b->begin.no_nest || !b->setup.max_depth || !bytes->n_bytes || b->budget.spent)
		return;
	vg_nest_walk(b->setup.nest, &(struct vg_nest_args){ .kind = kind,
							    .transfer = transfer,
							    .bytes = bytes,
							    .member = m,
							    .sha256 = m ? m->digests.sha256 : NULL,
							    .budget = &b->budget,
							    .seamless = m ? m->seamless : !b->has_hole,
							    .digests = b->begin.digests,
							    .on_member = b->begin.on_member,
							    .ctx = b->begin.ctx });
}

static void member_end(struct vg_body *b, bool whole, bool seamless)
{
	uint8_t head[VG_KIND_HEAD_BYTES];
	struct vg_body_member *m = &b->member;
	unsigned kind;

	if (!b->in_member)
		return;
	b->in_member = false;
	m->whole = whole;
	m->seamless = seamless;
	if (b->begin.held && !b->has_codings) {
		/* The bytes lie in the held body: a part of its chain, cut where it has too many spans. */
		if (vg_chain_sub(b->begin.held, b->member_off, m->n_bytes, b->spans, b->setup.max_spans, &m->bytes))
			m->bytes = (struct vg_chain){ NULL, 0, 0 };
	} else {
		m->bytes = keep_chain(&b->member_keep);
	}
	vg_digests_done(b->member_digests, &m->digests);
	kind = vg_kind_of(head, vg_chain_copy(&m->bytes, 0, head, sizeof(head)));
	/* A file field left empty, or a form field. */
	if ((!m->n_bytes && !m->n_name) ||
	    (!b->has_filename && !m->is_range && kind == VG_KIND_UNKNOWN && !b->transfer)) {
		b->budget.n_members--;
		return;
	}
	b->begin.on_member(b->begin.ctx, m);
	if (vg_nest_opens(kind))
		open_nest(b, kind, VG_TRANSFER_PLAIN, &m->bytes, m);
	else if (kind == VG_KIND_UNKNOWN && b->transfer)
		open_nest(b, kind, b->transfer, &m->bytes, m);
}

static void on_part_begin(void *ctx, const struct vg_part_head *head, uint64_t begin_off);
static void on_part_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes);
static void on_part_end(void *ctx, uint64_t end_off, enum vg_part_end how);

static bool open_level(struct vg_body *b, unsigned idx, const char *boundary, size_t n_boundary, uint64_t base_off)
{
	struct level *l = &b->levels[idx];
	struct vg_multipart_sink sink = { l, on_part_begin, on_part_bytes, on_part_end };

	l->body = b;
	l->base_off = base_off;
	l->active = n_boundary && vg_multipart_init(&l->multipart, boundary, n_boundary, &sink) == VG_OK;
	return l->active;
}

static void on_part_begin(void *ctx, const struct vg_part_head *head, uint64_t begin_off)
{
	struct level *l = ctx;
	struct vg_body *b = l->body;
	uint64_t off = l->base_off + begin_off;

	if (l == &b->levels[0] && head->n_boundary && open_level(b, 1, head->boundary, head->n_boundary, off))
		return;
	member_begin(b, head, off);
}

static void on_part_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct level *l = ctx;
	struct vg_body *b = l->body;

	if (l == &b->levels[0] && b->levels[1].active) {
		(void)vg_multipart_feed(&b->levels[1].multipart, bytes, n_bytes);
		return;
	}
	if (!b->in_member)
		return;
	vg_digests_feed(b->member_digests, bytes, n_bytes);
	b->member.n_bytes += n_bytes;
	if (!b->begin.held || b->has_codings)
		keep_add(&b->member_keep, bytes, n_bytes);
}

static void on_part_end(void *ctx, uint64_t end_off, enum vg_part_end how)
{
	struct level *l = ctx;
	struct vg_body *b = l->body;

	(void)end_off;
	if (l == &b->levels[0] && b->levels[1].active) {
		if (how == VG_PART_HOLE)
			vg_multipart_gap(&b->levels[1].multipart);
		vg_multipart_end(&b->levels[1].multipart);
		b->levels[1].active = false;
		return;
	}
	member_end(b, how == VG_PART_WHOLE, how != VG_PART_HOLE);
}

static bool on_entry_begin(void *ctx, const char *name, size_t n_name, bool is_file)
{
	struct vg_part_head head = { .has_filename = is_file };

	head.n_filename = vg_nest_path(NULL, 0, name, n_name, head.filename);
	member_begin(ctx, &head, 0);
	return ((struct vg_body *)ctx)->in_member;
}
static bool on_entry_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct vg_body *b = ctx;

	vg_digests_feed(b->member_digests, bytes, n_bytes);
	b->member.n_bytes += n_bytes;
	keep_add(&b->member_keep, bytes, n_bytes);
	return true;
}
static void on_entry_end(void *ctx, bool whole)
{
	struct vg_body *b = ctx;

	member_end(b, whole, whole || (!b->has_hole && !b->budget.spent));
}

/* The first bytes of a body that comes piece by piece are there: an archive is walked from now on. */
static void begin_pull(struct vg_body *b)
{
	const struct vg_entry_sink sink = { b, on_entry_begin, on_entry_bytes, on_entry_end, NULL };
	unsigned kind = vg_kind_of(b->keep.at, b->keep.n_bytes);

	if (!vg_pull_reads(kind))
		return;
	b->pulled = true;
	vg_pull_begin(b->pull, kind, &b->budget, &sink);
	vg_pull_feed(b->pull, b->keep.at, b->keep.n_bytes);
}

static void pull_bytes(struct vg_body *b, const uint8_t *bytes, size_t n_bytes)
{
	uint64_t n_head = b->n_decoded - n_bytes; /* before these, all of them kept */
	size_t n_sniff = n_head < VG_KIND_HEAD_BYTES ? VG_KIND_HEAD_BYTES - n_head : 0, n_kept;

	if (!b->pull || b->begin.held || b->levels[0].active || b->begin.no_nest)
		return;
	if (!n_sniff) {
		if (b->pulled)
			vg_pull_feed(b->pull, bytes, n_bytes);
		return;
	}
	if (n_bytes < n_sniff)
		return;
	n_kept = b->keep.n_bytes - n_head; /* of these */
	begin_pull(b);
	if (b->pulled && n_kept < n_bytes)
		vg_pull_feed(b->pull, bytes + n_kept, n_bytes - n_kept);
}

static void on_decoded(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct vg_body *b = ctx;

	b->n_decoded += n_bytes;
	if (b->has_codings)
		vg_digests_feed(b->decoded, bytes, n_bytes);
	if (b->begin.on_bytes)
		b->begin.on_bytes(b->begin.ctx, bytes, n_bytes);
	if (b->has_codings || !b->begin.held)
		keep_add(&b->keep, bytes, n_bytes);
	if (b->levels[0].active)
		(void)vg_multipart_feed(&b->levels[0].multipart, bytes, n_bytes);
	pull_bytes(b, bytes, n_bytes);
}

/* The body of destroy, for create to use as well (gcc checks create/destroy pairs by name). */
static void discard(struct vg_body *b)
{
	if (b->keep.at)
		munmap(b->keep.at, b->keep.n_room ? b->keep.n_room : 1);
	if (b->member_keep.at)
		munmap(b->member_keep.at, b->member_keep.n_room ? b->member_keep.n_room : 1);
	vg_pull_destroy(b->pull);
	vg_coding_destroy(b->coding);
	vg_digests_destroy(b->decoded);
	vg_digests_destroy(b->member_digests);
	free(b->spans);
	free(b);
}

void vg_body_destroy(struct vg_body *body)
{
	if (body)
		discard(body);
}

struct vg_body *vg_body_create(const struct vg_body_setup *setup)
{
	struct vg_body *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->setup = *setup;
	b->coding = vg_coding_create();
	b->decoded = vg_digests_create();
	b->member_digests = vg_digests_create();
	b->spans = calloc(setup->max_spans ? setup->max_spans : 1, sizeof(*b->spans));
	b->pull = setup->nest && setup->keep_bytes >= VG_KIND_HEAD_BYTES ? vg_pull_create() : NULL;
	if (b->coding && b->decoded && b->member_digests && b->spans && (b->pull || !setup->nest) &&
	    keep_init(&b->keep, setup->keep_bytes) && keep_init(&b->member_keep, setup->member_keep_bytes))
		return b;
	discard(b);
	return NULL;
}

void vg_body_begin(struct vg_body *body, const struct vg_body_begin *begin)
{
	uint32_t max_members = body->setup.max_members;

	if (body->pulled) { /* was left without an end: nobody asks for the rest any more */
		body->budget.spent = true;
		vg_pull_end(body->pull);
	}
	body->begin = *begin;
	body->budget = (struct vg_budget){ .max_bytes = body->setup.max_unpacked_bytes,
					   .max_ratio = body->setup.max_ratio,
					   .max_depth = body->setup.max_depth,
					   .max_cpu_ns = body->setup.max_cpu_ns,
					   .max_members = max_members < VG_BODY_MAX_MEMBERS ? max_members
											    : VG_BODY_MAX_MEMBERS };
	body->keep.n_bytes = body->member_keep.n_bytes = 0;
	body->n_decoded = body->n_used_ns = 0;
	body->stopped = body->in_member = body->pulled = body->has_hole = false;
	body->has_codings = begin->codings != 0;
	body->levels[1].active = false;
	(void)open_level(body, 0, begin->boundary, begin->n_boundary, 0);
	vg_coding_begin(body->coding, begin->codings, begin->held != NULL, &body->budget, on_decoded, body);
	vg_coding_boundary(body->coding, begin->boundary, begin->n_boundary);
	if (body->has_codings)
		vg_digests_init(body->decoded, begin->digests);
}

void vg_body_feed(struct vg_body *body, const uint8_t *bytes, size_t n_bytes)
{
	uint64_t began_ns = vg_budget_cpu_ns();

	if (body->stopped)
		return;
	vg_budget_start(&body->budget, body->n_used_ns);
	body->stopped = vg_coding_feed(body->coding, bytes, n_bytes) == VG_BAD;
	body->n_used_ns += vg_budget_cpu_ns() - began_ns;
}

void vg_body_gap(struct vg_body *body)
{
	body->has_hole = true;
	if (body->has_codings)
		body->stopped = true;
	if (body->levels[0].active)
		vg_multipart_gap(&body->levels[0].multipart);
	if (body->pulled)
		vg_pull_end(body->pull);
}

/* The body itself is a container: opens it, where it is all there. */
static void open_body(struct vg_body *b, struct vg_body_end *end)
{
	uint8_t head[VG_KIND_HEAD_BYTES];
	size_t n_head = vg_chain_copy(&end->bytes, 0, head, sizeof(head));
	unsigned kind = vg_kind_of(head, n_head);

	if (b->pulled)
		vg_pull_end(b->pull);
	if (kind == VG_KIND_UNKNOWN && b->setup.texts && vg_embedded_is_text(head, n_head) && b->setup.nest &&
	    !b->pulled && !end->multipart && !b->begin.no_nest) {
		end->text_cut = end->bytes.n_bytes < end->n_bytes;
		if (!end->text_cut)
			open_nest(b, VG_KIND_TEXT, VG_TRANSFER_PLAIN, &end->bytes, NULL);
		return;
	}
	if (b->pulled || end->multipart || !vg_nest_opens(kind) || !b->setup.nest || b->begin.no_nest)
		return;
	if (end->bytes.n_bytes < end->n_bytes)
		end->needs_seek = true;
	else
		open_nest(b, kind, VG_TRANSFER_PLAIN, &end->bytes, NULL);
}

void vg_body_end(struct vg_body *body, struct vg_body_end *end)
{
	memset(end, 0, sizeof(*end));
	vg_budget_start(&body->budget, body->n_used_ns);
	vg_coding_end(body->coding, &end->coding);
	if (body->levels[0].active) {
		end->multipart = body->levels[0].multipart.n_parts != 0;
		vg_multipart_end(&body->levels[0].multipart);
		body->levels[0].active = false;
	}
	if (body->has_codings)
		vg_digests_done(body->decoded, &end->digests);
	end->bytes = body->begin.held && !end->coding.coded ? *body->begin.held : keep_chain(&body->keep);
	end->n_bytes = body->n_decoded;
	open_body(body, end);
	body->pulled = false;
	end->over_budget = body->budget.spent;
	end->n_made = body->budget.n_made;
	end->n_members = body->budget.n_members;
	end->n_containers = body->budget.n_containers;
	end->n_encrypted = body->budget.n_encrypted;
	end->n_bad = body->budget.n_bad;
	end->n_too_deep = body->budget.n_too_deep;
	end->n_unread = body->budget.n_unread;
}

void vg_body_release(struct vg_body *body)
{
	struct keep *keeps[] = { &body->keep, &body->member_keep };

	for (size_t i = 0; i < VG_ARRAY_LEN(keeps); i++) {
		if (keeps[i]->n_touched)
			(void)madvise(keeps[i]->at, keeps[i]->n_room, MADV_DONTNEED);
		keeps[i]->n_bytes = keeps[i]->n_touched = 0;
	}
}
