/* A resource is a sorted list of stretches that are there, and blocks with their bytes. A part lies at its number times
 * VG_RESOURCE_PART_BYTES, so parts follow each other as their numbers do and never touch. */
#include "hashing/resource/resource_priv.h"

void vg_resources_want(struct vg_resources *rs, unsigned digests)
{
	rs->digests = digests;
}

bool vg_resource_open(struct vg_resources *rs, uint64_t name, uint64_t off, uint64_t total, uint32_t part_no,
		      uint64_t now_ns, struct vg_resource_writer *writer)
{
	bool is_parts = part_no != 0;
	enum vg_resource_kind kind = is_parts ? VG_RESOURCE_PARTS : VG_RESOURCE_SIZED;
	uint32_t idx = vg_resource_find(rs, name);

	*writer = (struct vg_resource_writer){ 0 };
	if (!name || (is_parts ? part_no >= VG_RESOURCE_MAX_PARTS : total == UINT64_MAX || off >= total)) {
		vg_count(rs->setup.stats, VG_H_RESOURCES_REFUSED, 1);
		return false;
	}
	if (idx != VG_RESOURCE_NONE && (rs->all[idx].kind != kind || (!is_parts && rs->all[idx].total != total))) {
		vg_resource_let_go(rs, idx, VG_H_RESOURCES_OTHER); /* it is another one by now */
		idx = VG_RESOURCE_NONE;
	}
	if (idx == VG_RESOURCE_NONE) {
		idx = vg_resource_make(rs, name, total, kind, now_ns);
		if (idx == VG_RESOURCE_NONE)
			return false;
	} else {
		vg_resource_touch(rs, idx, now_ns);
	}
	writer->idx = idx;
	writer->epoch = rs->all[idx].epoch;
	writer->is_part = is_parts;
	writer->at = writer->from = writer->run = is_parts ? part_no * VG_RESOURCE_PART_BYTES : off;
	vg_count(rs->setup.stats, VG_H_RESOURCE_PIECES, 1);
	return true;
}

/* ---- stretches ---- */

/* The first stretch that ends behind `at`. */
static uint32_t extent_at(const struct vg_resource *r, uint64_t at)
{
	uint32_t i = 0;

	while (i < r->n_extents && r->extents[i].to <= at)
		i++;
	return i;
}

static void extent_remove(struct vg_resource *r, uint32_t i)
{
	memmove(&r->extents[i], &r->extents[i + 1], (r->n_extents - i - 1) * sizeof(r->extents[0]));
	r->n_extents--;
}

/* from..to is there now, and was not before. False: too many stretches. */
static bool extent_add(struct vg_resource *r, uint64_t from, uint64_t to)
{
	uint32_t i = extent_at(r, from);
	bool joins_before = i && r->extents[i - 1].to == from,
	     joins_after = i < r->n_extents && r->extents[i].from == to;

	if (joins_before && joins_after) {
		r->extents[i - 1].to = r->extents[i].to;
		extent_remove(r, i);
	} else if (joins_before) {
		r->extents[i - 1].to = to;
	} else if (joins_after) {
		r->extents[i].from = from;
	} else {
		if (r->n_extents == VG_RESOURCE_EXTENTS)
			return false;
		memmove(&r->extents[i + 1], &r->extents[i], (r->n_extents - i) * sizeof(r->extents[0]));
		r->extents[i] = (struct vg_extent){ from, to, false };
		r->n_extents++;
	}
	return true;
}

/* from..to came again. */
static void again_add(struct vg_resource *r, uint64_t from, uint64_t to)
{
	uint32_t i = 0, end;

	while (i < r->n_again && r->again[i].to < from)
		i++;
	for (end = i; end < r->n_again && r->again[end].from <= to; end++) {
		from = r->again[end].from < from ? r->again[end].from : from;
		to = r->again[end].to > to ? r->again[end].to : to;
	}
	if (i == end && r->n_again == VG_RESOURCE_AGAIN)
		return;
	memmove(&r->again[i + 1], &r->again[end], (r->n_again - end) * sizeof(r->again[0]));
	r->again[i] = (struct vg_extent){ from, to, false };
	r->n_again = r->n_again + 1 - (end - i);
}

/* ---- bytes ---- */

enum what { PUT, COMPARE };

/* PUT: copies bytes to their blocks; false: no room. COMPARE: are those that are kept the same? */
static bool blocks_do(struct vg_resources *rs, uint32_t idx, uint64_t at, const uint8_t *bytes, size_t n_bytes,
		      enum what what)
{
	while (n_bytes) {
		uint64_t no = at / VG_RESOURCE_BLOCK, in = at % VG_RESOURCE_BLOCK;
		size_t n = VG_RESOURCE_BLOCK - in < n_bytes ? VG_RESOURCE_BLOCK - in : n_bytes;
		uint8_t *block = what == PUT ? vg_resource_store_take(rs, idx, no)
					     : vg_resource_store_find(rs, idx, no);

		if (what == PUT && !block)
			return false;
		if (what == PUT)
			memcpy(block + in, bytes, n);
		else if (block && memcmp(block + in, bytes, n))
			return false;
		at += n;
		bytes += n;
		n_bytes -= n;
	}
	return true;
}

/* Digested bytes that belong to a block which is kept for its other bytes go there, too: what comes again is compared
 * with it. A block that is digested to its end goes. */
static void stream_fill(struct vg_resources *rs, uint32_t idx, uint64_t at, const uint8_t *bytes, size_t n_bytes)
{
	while (n_bytes) {
		uint64_t no = at / VG_RESOURCE_BLOCK, in = at % VG_RESOURCE_BLOCK;
		size_t n = VG_RESOURCE_BLOCK - in < n_bytes ? VG_RESOURCE_BLOCK - in : n_bytes;
		uint8_t *block = vg_resource_store_find(rs, idx, no);

		if (block)
			memcpy(block + in, bytes, n);
		if (block && in + n == VG_RESOURCE_BLOCK && no * VG_RESOURCE_BLOCK >= rs->setup.sample_bytes)
			vg_resource_store_give(rs, idx, no);
		at += n;
		bytes += n;
		n_bytes -= n;
	}
}

/* Digests bytes that continue what is digested, and keeps the head sample. */
static bool stream_eat(struct vg_resources *rs, uint32_t idx, const uint8_t *bytes, size_t n_bytes)
{
	struct vg_resource *r = &rs->all[idx];
	uint64_t n_sample = rs->setup.sample_bytes > r->digested ? rs->setup.sample_bytes - r->digested : 0;

	vg_digests_feed(r->stream, bytes, n_bytes);
	if (n_sample && !blocks_do(rs, idx, r->digested, bytes, n_sample < n_bytes ? (size_t)n_sample : n_bytes, PUT))
		return false;
	stream_fill(rs, idx, r->digested, bytes, n_bytes);
	r->digested += n_bytes;
	return true;
}

/* What lay beyond and now continues what is digested. */
static bool stream_drain(struct vg_resources *rs, uint32_t idx)
{
	struct vg_resource *r = &rs->all[idx];
	uint64_t to = r->n_extents && !r->extents[0].from ? r->extents[0].to : 0;

	while (r->digested < to) {
		uint64_t no = r->digested / VG_RESOURCE_BLOCK, in = r->digested % VG_RESOURCE_BLOCK;
		uint64_t n = VG_RESOURCE_BLOCK - in < to - r->digested ? VG_RESOURCE_BLOCK - in : to - r->digested;
		const uint8_t *block = vg_resource_store_find(rs, idx, no);

		if (!block)
			return false;
		vg_digests_feed(r->stream, block + in, n);
		r->digested += n;
		if (r->digested / VG_RESOURCE_BLOCK > no && no * VG_RESOURCE_BLOCK >= rs->setup.sample_bytes)
			vg_resource_store_give(rs, idx, no);
	}
	return true;
}

/* A stretch that was not there. */
static bool put_new(struct vg_resources *rs, uint32_t idx, uint64_t at, const uint8_t *bytes, size_t n_bytes)
{
	struct vg_resource *r = &rs->all[idx];
	bool continues;

	r->is_due = true;
	if (r->kind == VG_RESOURCE_GROWING && !r->stream && at + n_bytes > rs->setup.keep_bytes &&
	    (!vg_resource_stream_begin(rs, idx) || !stream_drain(rs, idx)))
		return false;
	continues = r->stream && at == r->digested;
	if (continues ? !stream_eat(rs, idx, bytes, n_bytes) : !blocks_do(rs, idx, at, bytes, n_bytes, PUT))
		return false;
	return extent_add(r, at, at + n_bytes) && (!continues || stream_drain(rs, idx));
}

/* The bytes there differ: this piece is another version of the resource, and all we have is what it brought. False:
 * that is not kept. */
static bool begin_again(struct vg_resource *r, const struct vg_resource_writer *w)
{
	uint32_t i = extent_at(r, w->from);

	r->n_again = 0;
	if (r->stream)
		return false;
	if (!w->is_part)
		r->n_extents = 0;
	while (w->is_part && i < r->n_extents && r->extents[i].from < w->from + VG_RESOURCE_PART_BYTES)
		extent_remove(r, i);
	return w->run == w->at || extent_add(r, w->run, w->at);
}

static bool write_some(struct vg_resources *rs, struct vg_resource_writer *w, const uint8_t *bytes, size_t *n_bytes)
{
	struct vg_resource *r = &rs->all[w->idx];
	uint32_t i = extent_at(r, w->at);
	bool is_there = i < r->n_extents && r->extents[i].from <= w->at;
	uint64_t to = is_there ? r->extents[i].to : i < r->n_extents ? r->extents[i].from : UINT64_MAX;

	if (to - w->at < *n_bytes)
		*n_bytes = (size_t)(to - w->at);
	if (!is_there)
		return put_new(rs, w->idx, w->at, bytes, *n_bytes);
	if (r->stream && w->at < r->digested) { /* but for the sample it is kept no longer */
		uint64_t n = w->at < rs->setup.sample_bytes ? rs->setup.sample_bytes : r->digested;
		n = (n < r->digested ? n : r->digested) - w->at;
		*n_bytes = n < *n_bytes ? (size_t)n : *n_bytes;
		if (w->at >= rs->setup.sample_bytes)
			return true;
	}
	if (blocks_do(rs, w->idx, w->at, bytes, *n_bytes, COMPARE)) {
		if (!r->stream && r->kind == VG_RESOURCE_SIZED)
			again_add(r, w->at, w->at + *n_bytes);
		return true;
	}
	vg_count(rs->setup.stats, VG_H_RESOURCES_CHANGED, 1);
	r->is_due = true;
	if (r->kind == VG_RESOURCE_GROWING) /* what is digested can't be taken back */
		return !r->stream && blocks_do(rs, w->idx, w->at, bytes, *n_bytes, PUT);
	*n_bytes = 0; /* again, as new bytes */
	return begin_again(r, w);
}

void vg_resource_write(struct vg_resources *rs, struct vg_resource_writer *writer, const uint8_t *bytes, size_t n_bytes)
{
	uint64_t end = writer->is_part ? writer->from + VG_RESOURCE_PART_BYTES - 1 : 0;

	if (!writer->epoch || rs->all[writer->idx].epoch != writer->epoch)
		return;
	if (!writer->is_part)
		end = rs->all[writer->idx].total;
	while (n_bytes && writer->at < end) {
		size_t n = end - writer->at < n_bytes ? (size_t)(end - writer->at) : n_bytes;
		if (!write_some(rs, writer, bytes, &n)) {
			vg_count(rs->setup.stats, VG_H_RESOURCES_FULL, 1);
			vg_resource_forget(rs, writer->idx);
			writer->epoch = 0;
			return;
		}
		writer->at += n;
		bytes += n;
		n_bytes -= n;
	}
}

void vg_resource_skip(struct vg_resource_writer *writer, uint64_t n_bytes)
{
	writer->at = n_bytes < UINT64_MAX - writer->at ? writer->at + n_bytes : UINT64_MAX;
	writer->run = writer->at;
}

static void piece_end(struct vg_resources *rs, struct vg_resource_writer *writer, enum vg_resource_end how)
{
	struct vg_resource *r = &rs->all[writer->idx];
	uint32_t i;

	if (writer->epoch && r->epoch == writer->epoch && writer->is_part) {
		i = extent_at(r, writer->from);
		if (i < r->n_extents && r->extents[i].from == writer->from) {
			if (how == VG_RESOURCE_TO_END && r->extents[i].to == writer->at)
				r->extents[i].whole = true;
			else if (!r->extents[i].whole)
				extent_remove(r, i);
		}
	} else if (writer->epoch && r->epoch == writer->epoch && r->kind == VG_RESOURCE_GROWING) {
		vg_resource_grown(rs, writer, how);
	}
	*writer = (struct vg_resource_writer){ 0 };
}

void vg_resource_close(struct vg_resources *rs, struct vg_resource_writer *writer, bool to_end)
{
	piece_end(rs, writer, to_end ? VG_RESOURCE_TO_END : VG_RESOURCE_BROKEN);
}

void vg_resource_break(struct vg_resources *rs, struct vg_resource_writer *writer)
{
	piece_end(rs, writer, VG_RESOURCE_HOLE);
}

bool vg_resource_adopt_into(struct vg_resources *rs, uint32_t idx, const struct vg_resource_begun *begun)
{
	struct vg_resource *r = &rs->all[idx];
	uint64_t n_sample = rs->setup.sample_bytes < begun->n_bytes ? rs->setup.sample_bytes : begun->n_bytes;
	struct vg_chain_reader reader;

	if (begun->head->n_bytes < n_sample)
		return false;
	vg_chain_reader_init(&reader, begun->head);
	while (reader.off < n_sample) {
		uint64_t at = reader.off;
		struct vg_span piece = vg_chain_next(&reader, (size_t)(n_sample - at));
		if (!blocks_do(rs, idx, at, piece.at, piece.n_bytes, PUT))
			return false;
	}
	vg_digests_copy(r->stream, begun->digests);
	r->digested = begun->n_bytes;
	return extent_add(r, 0, begun->n_bytes);
}

void vg_resource_adopt(struct vg_resources *rs, uint64_t name, uint64_t total, const struct vg_resource_begun *begun,
		       uint64_t now_ns)
{
	struct vg_resource_writer w;

	if (vg_resource_find(rs, name) != VG_RESOURCE_NONE || total <= rs->setup.keep_bytes || begun->n_bytes > total ||
	    !vg_resource_open(rs, name, 0, total, 0, now_ns, &w))
		return;
	if (!vg_resource_adopt_into(rs, w.idx, begun))
		vg_resource_let_go(rs, w.idx, VG_H_RESOURCES_FULL);
}

void vg_resource_all_parts(struct vg_resources *rs, uint64_t name, uint32_t n_parts, uint64_t now_ns)
{
	uint32_t idx = vg_resource_find(rs, name);

	if (!name || !n_parts)
		return;
	if (idx == VG_RESOURCE_NONE) /* it was seen before its parts: two cores, two lanes */
		idx = vg_resource_make(rs, name, UINT64_MAX, VG_RESOURCE_PARTS, now_ns);
	if (idx != VG_RESOURCE_NONE && rs->all[idx].kind == VG_RESOURCE_PARTS)
		rs->all[idx].n_parts = n_parts;
}

static bool is_whole(struct vg_resources *rs, struct vg_resource *r)
{
	if (r->kind == VG_RESOURCE_GROWING)
		return vg_resource_is_grown(rs, r);
	if (r->kind == VG_RESOURCE_SIZED)
		return r->n_extents == 1 && !r->extents[0].from && r->extents[0].to == r->total;
	for (uint32_t i = 0; i < r->n_extents; i++)
		if (!r->extents[i].whole)
			return false;
	return r->n_parts && r->n_extents == r->n_parts;
}

/* All kept bytes, in order; only the head of one that was digested. */
static void spans_make(struct vg_resources *rs, uint32_t idx, struct vg_resource_whole *whole)
{
	struct vg_resource *r = &rs->all[idx];
	uint64_t n_all = r->kind == VG_RESOURCE_GROWING ? r->end : UINT64_MAX;
	uint64_t n_max = r->stream && rs->setup.sample_bytes < n_all ? rs->setup.sample_bytes : n_all;
	struct vg_chain *chain = &whole->bytes;

	*chain = (struct vg_chain){ .spans = rs->spans };
	for (uint32_t i = 0; i < r->n_extents; i++) {
		for (uint64_t at = r->extents[i].from; at < r->extents[i].to && chain->n_bytes < n_max;) {
			uint64_t in = at % VG_RESOURCE_BLOCK, n = VG_RESOURCE_BLOCK - in;
			const uint8_t *block = vg_resource_store_find(rs, idx, at / VG_RESOURCE_BLOCK);

			n = n < r->extents[i].to - at ? n : r->extents[i].to - at;
			n = n < n_max - chain->n_bytes ? n : n_max - chain->n_bytes;
			VG_INVARIANT(block && chain->n_spans < rs->n_blocks + VG_RESOURCE_EXTENTS);
			rs->spans[chain->n_spans++] = (struct vg_span){ block + in, n };
			chain->n_bytes += n;
			at += n;
		}
		whole->n_bytes += r->extents[i].to - r->extents[i].from;
	}
	whole->n_bytes = whole->n_bytes < n_all ? whole->n_bytes : n_all;
}

bool vg_resource_take(struct vg_resources *rs, uint64_t name, struct vg_resource_whole *whole)
{
	uint32_t idx = vg_resource_find(rs, name);

	memset(whole, 0, sizeof(*whole));
	if (idx == VG_RESOURCE_NONE || !is_whole(rs, &rs->all[idx]))
		return false;
	spans_make(rs, idx, whole);
	if (rs->all[idx].stream) {
		whole->has_digests = vg_digests_mask(rs->all[idx].stream) != 0;
		vg_digests_copy(rs->spare, rs->all[idx].stream); /* it may go on */
		vg_digests_done(rs->spare, &whole->digests);
	}
	vg_count(rs->setup.stats, VG_H_RESOURCES_WHOLE, 1);
	return true;
}

void vg_resource_drop(struct vg_resources *rs, uint64_t name)
{
	uint32_t idx = vg_resource_find(rs, name), k = 0;
	struct vg_resource *r;

	if (idx == VG_RESOURCE_NONE)
		return;
	r = &rs->all[idx];
	if (r->kind != VG_RESOURCE_GROWING && !r->n_again) {
		vg_resource_forget(rs, idx);
		return;
	}
	vg_count(rs->setup.stats, VG_H_RESOURCES, 1); /* it stays */
	r->is_due = false;
	if (r->kind == VG_RESOURCE_GROWING)
		return;
	memcpy(r->extents, r->again, r->n_again * sizeof(r->again[0]));
	r->n_extents = r->n_again;
	r->n_again = 0;
	for (uint64_t no = 0; no * VG_RESOURCE_BLOCK < r->total; no++) {
		while (k < r->n_extents && r->extents[k].to <= no * VG_RESOURCE_BLOCK)
			k++;
		if (k == r->n_extents || r->extents[k].from >= (no + 1) * VG_RESOURCE_BLOCK)
			vg_resource_store_give(rs, idx, no);
	}
}

uint32_t vg_resource_n_blocks(const struct vg_resources *rs)
{
	return rs->n_used;
}
