/* What an object comes to: its body and the files found in it are judged one by one; a record goes out for each that
 * is in a list, and for every one where vigild asked for objects. All members' records wait for the body's end,
 * because they name its digest. Exact matching is for whole files and for bodies without a hole up to where they
 * stopped: what a length promised and no byte followed is not missing. The bytes of a match leave as a sealed memfd. */
#include <vigil/clock.h>
#include <vigil/log.h>

#include "hashing/pieces.h"
#include "hashing/worker_priv.h"

_Static_assert(VG_PART_NAME_BYTES == VG_RECORD_MEMBER && VG_PART_FIELD == VG_RECORD_FIELD, "names fit the record");

/* Everything known of a closed body. */
struct closed {
	struct vg_body_end end;
	struct vg_digest_values raw;
	bool complete, has_raw;
	bool seamless; /* no byte is missing from its first to where it stopped, be that its end or not */
	unsigned mask; /* algorithms of raw */
	bool coded;    /* the decoded reading is the body; else the bytes as they came */
};

/* Waits until something changed. False where waiting is over: the process is to end. */
static bool wait_for_room(struct vg_worker *w)
{
	w->gave_up |= !w->setup.wait(w->setup.ctx);
	return !w->gave_up;
}

/* Seals the bytes of a match, waiting for others to be acknowledged where there is no room for one more. */
static bool seal_bytes(struct vg_worker *w, const struct vg_chain *bytes, uint64_t n_file_bytes, struct vg_result *r)
{
	bool whole = bytes->n_bytes == n_file_bytes;
	uint64_t max_bytes = whole ? n_file_bytes : w->setup.conf.sample_bytes;

	r->record.flags |= whole ? 0 : VG_RECORD_PARTIAL;
	while (vg_match_sample(bytes, max_bytes, w->setup.match->frames, r->record.n_frames, &r->memfd,
			       &r->record.n_sample_bytes)) {
		if (!vg_match_link_waiting(w->setup.link)) {
			vg_log(VG_LOG_ERROR, "hashing",
			       "no memory for the bytes of a match: giving up, to be tried again");
			w->gave_up = true;
		}
		if (w->gave_up || !wait_for_room(w))
			return false;
	}
	return true;
}

/* Only exact matches stop a transfer: they need no decoder, and vigild can check them. */
static bool hits_stop(struct vg_worker *w, const struct vg_hit *hits, unsigned n_hits)
{
	const struct vg_index_view *view = vg_index_peek(w->setup.match->index);

	for (unsigned i = 0; i < n_hits && view; i++)
		if (vg_algo_is_exact(hits[i].algo) &&
		    vg_action_blocks(view->lists[view->entries[hits[i].entry_idx].list_idx].action))
			return true;
	return false;
}

/* Frames wait for this: the answer goes out as soon as it is known, before decoding and before vigild has the match.
 * A body that must be unpacked is known only at its end (unpacked). */
static void tell_verdict(struct vg_worker *w, struct vg_job *job, const struct vg_chain *chain, const struct closed *c,
			 bool unpacked)
{
	struct vg_hit hits[VG_RECORD_MAX_HITS];

	if (job->told || !(job->object->flags & VG_OPEN_HOLD) || (!unpacked && vg_worker_must_unpack(job, chain)))
		return;
	if (!unpacked && c->has_raw) {
		unsigned n = vg_index_query(w->setup.match->index, &c->raw, NULL, hits, VG_RECORD_MAX_HITS);
		job->stops |= hits_stop(w, hits, n);
		job->matched |= n != 0;
	}
	vg_intake_verdict(job->lane, job->object, vg_worker_verdict(job));
	job->told = true;
}

/* Judges one file; what is to be sent gets its bytes sealed. True where it is to be sent. */
static bool judge(struct vg_worker *w, const struct vg_match_file *file, const struct vg_chain *sample,
		  struct vg_result *r)
{
	struct vg_match_file asked = *file;

	asked.exact = vg_match_link_wants_objects(w->setup.link);
	vg_match_file(w->setup.match, &asked, &r->record);
	r->memfd = -1;
	int is_listed = r->record.flags & VG_RECORD_LISTED;
	if (!r->record.n_hits && !is_listed && !vg_match_link_wants_objects(w->setup.link))
		return false;
	if (!r->record.n_hits && !is_listed)
		return !r->record.n_frames || seal_bytes(w, &(struct vg_chain){ NULL, 0, 0 }, 0, r);
	vg_count(w->setup.stats, r->record.n_hits ? VG_H_MATCHES : VG_H_LISTED, 1);
	return seal_bytes(w, sample, file->n_bytes, r);
}

void vg_worker_on_member(void *stream, const struct vg_body_member *member)
{
	struct vg_stream *s = stream;
	struct vg_worker *w = s->worker;
	struct vg_result *r = &s->results.at[s->results.n];
	bool may_decode = !(s->job->object->flags & VG_OPEN_NO_DECODE);
	bool seamless = member->whole || (member->seamless && !s->job->left_open);
	struct vg_match_file file = { .bytes = member->bytes,
				      .n_bytes = member->n_bytes,
				      .digests = seamless ? &member->digests : NULL,
				      .may_decode = may_decode && member->bytes.n_bytes == member->n_bytes,
				      .may_decode_film = may_decode };

	if (w->gave_up)
		return;
	if (member->is_range) {
		vg_pieces_member(w, s->job, member);
		return;
	}
	VG_INVARIANT(s->results.n < s->results.n_room);
	vg_count(w->setup.stats, VG_H_MEMBERS, 1);
	memset(&r->record, 0, sizeof(r->record));
	r->record.flags = VG_RECORD_MEMBER_OF | (may_decode ? 0 : VG_RECORD_NO_DECODE);
	r->record.member_no = ++s->results.n_members;
	r->record.state = member->whole ? VG_STATE_COMPLETE : seamless ? VG_STATE_TRUNCATED : VG_STATE_OPEN;
	r->record.n_member = member->n_name;
	memcpy(r->record.member, member->name, member->n_name);
	r->record.n_field = member->n_field;
	memcpy(r->record.field, member->field, member->n_field);
	r->record.transfer = (uint8_t)member->transfer;
	if (member->parent_sha256)
		memcpy(r->record.parent_sha256, member->parent_sha256, sizeof(r->record.parent_sha256));
	r->record.flags |= member->parent_sha256 ? VG_RECORD_NESTED : 0;
	if (!judge(w, &file, &member->bytes, r))
		return;
	s->job->matched |= r->record.n_hits != 0;
	s->job->stops |= hits_stop(w, r->record.hits, r->record.n_hits);
	s->results.n++;
}

/* Digests of a held body that had no running context: in one go. */
static void digest_chain(struct vg_worker *w, const struct vg_chain *chain, unsigned mask,
			 struct vg_digest_values *values)
{
	vg_digests_init(w->spare, mask);
	for (uint32_t i = 0; i < chain->n_spans; i++)
		vg_digests_feed(w->spare, chain->spans[i].at, chain->spans[i].n_bytes);
	vg_digests_done(w->spare, values);
}

/* Lists came since the body began that need another digest: made now, where its bytes are still there. */
static void add_missing(struct vg_worker *w, const struct vg_job *job, const struct vg_chain *chain, struct closed *c)
{
	unsigned missing = vg_worker_mask(w) & ~c->mask;
	struct vg_digest_values late;

	if (!missing || !c->has_raw)
		return;
	if (job->streaming) {
		vg_count(w->setup.stats, VG_H_DIGESTS_LATE, 1);
		return;
	}
	digest_chain(w, chain, missing, &late);
	if (missing & VG_DIGEST_MD5)
		memcpy(c->raw.md5, late.md5, sizeof(late.md5));
	if (missing & VG_DIGEST_SHA1)
		memcpy(c->raw.sha1, late.sha1, sizeof(late.sha1));
	if (missing & VG_DIGEST_SHA256)
		memcpy(c->raw.sha256, late.sha256, sizeof(late.sha256));
}

static void end_digests(struct vg_worker *w, struct vg_job *job, const struct vg_chain *chain, struct closed *c)
{
	if (job->raw) {
		c->mask = vg_digests_mask(job->raw);
		vg_digests_done(job->raw, &c->raw);
		w->digests[w->n_digests++] = job->raw;
		job->raw = NULL;
		c->has_raw = c->seamless;
		add_missing(w, job, chain, c);
	} else if (c->seamless && !job->streaming && !(w->setup.conf.flags & VG_HCONF_NO_DIGESTS)) {
		digest_chain(w, chain, vg_worker_mask(w), &c->raw);
		c->has_raw = true;
	}
}

static void drop_results(struct vg_results *results)
{
	for (uint32_t i = 0; i < results->n; i++)
		if (results->at[i].memfd >= 0)
			close(results->at[i].memfd);
	results->n = 0;
}

/* Walks a held body; where its label was a lie and nothing came of it, or a guess that broke, once more as it is. */
static void unpack_held(struct vg_worker *w, struct vg_job *job, const struct vg_chain *chain, struct vg_body_end *end)
{
	struct vg_stream *s = &w->held;

	vg_worker_deadline(w);
	vg_worker_body_begin(w, job, s, chain, false);
	vg_worker_body_feed(job, s->body, chain);
	vg_body_end(s->body, end);
	if (end->coding.coded && end->coding.bad && (!end->n_bytes || end->coding.guessed) && chain->n_bytes) {
		struct vg_coding_result first = end->coding;
		vg_body_release(s->body);
		drop_results(&s->results);
		job->matched = job->stops = false;
		vg_worker_body_begin(w, job, s, chain, true);
		vg_worker_body_feed(job, s->body, chain);
		vg_body_end(s->body, end);
		end->coding = first;
		end->coding.coded = false;
		end->coding.unknown |= first.guessed;
	}
}

static void count_unpacked(struct vg_worker *w, const struct closed *c)
{
	const struct vg_coding_result *r = &c->end.coding;

	vg_count(w->setup.stats, VG_H_DECODED_BYTES, c->end.n_made);
	vg_count(w->setup.stats, VG_H_TEXT_CUT, c->end.text_cut);
	vg_count(w->setup.stats, VG_H_BUDGET, c->end.over_budget);
	vg_count(w->setup.stats, VG_H_CONTAINERS, c->end.n_containers);
	vg_count(w->setup.stats, VG_H_ENCRYPTED, c->end.n_encrypted);
	vg_count(w->setup.stats, VG_H_ARCHIVE_BAD, c->end.n_bad);
	vg_count(w->setup.stats, VG_H_NEEDS_SEEK, c->end.needs_seek);
	vg_count(w->setup.stats, VG_H_PICTURE_UNREAD, c->end.n_unread);
	vg_count(w->setup.stats, VG_H_DEPTH, c->end.n_too_deep);
	vg_count(w->setup.stats, VG_H_CODING_BAD, c->complete && (r->bad || r->unknown || r->wrong_label));
}

/* A coding that broke: the bytes as they came may be what a list knows. */
static void choose_reading(struct vg_worker *w, struct vg_job *job, const struct vg_chain *chain, struct closed *c)
{
	struct vg_hit hit;

	c->coded = c->end.coding.coded;
	if (!c->coded) {
		c->end.n_bytes = job->object->n_bytes;
		return;
	}
	if (!(c->end.coding.bad || c->end.coding.wrong_sum) || !c->has_raw ||
	    !vg_index_query(w->setup.match->index, &c->raw, NULL, &hit, 1))
		return;
	c->coded = false;
	c->end.bytes = *chain;
	c->end.n_bytes = job->object->n_bytes;
}

static bool judge_body(struct vg_worker *w, struct vg_job *job, const struct closed *c, struct vg_result *r)
{
	const struct vg_intake_object *o = job->object;
	const struct vg_coding_result *coding = &c->end.coding;
	struct vg_match_file file = { .bytes = c->end.bytes, .n_bytes = c->end.n_bytes };
	bool send;

	memset(&r->record, 0, sizeof(r->record));
	file.digests = !c->has_raw ? NULL : c->coded ? &c->end.digests : &c->raw;
	file.may_decode_film = !(o->flags & VG_OPEN_NO_DECODE);
	file.may_decode = file.may_decode_film && file.bytes.n_bytes == file.n_bytes;
	/* A picture with a hole is decoded up to it. */
	if (o->n_gaps && !c->coded && o->gap_at[0] < file.bytes.n_bytes &&
	    vg_chain_sub(&c->end.bytes, 0, o->gap_at[0], w->cut_spans, w->max_spans + 1, &file.bytes))
		file.bytes = (struct vg_chain){ NULL, 0, 0 };
	if (c->coded) {
		r->record.flags |= VG_RECORD_CODED;
		memcpy(r->record.raw_md5, c->raw.md5, sizeof(r->record.raw_md5));
		memcpy(r->record.raw_sha256, c->raw.sha256, sizeof(r->record.raw_sha256));
	}
	if (o->flags & VG_OPEN_NO_DECODE || (job->streaming && !job->stream))
		r->record.flags |= VG_RECORD_NO_DECODE;
	if (coding->bad || coding->wrong_sum || coding->unknown || (coding->wrong_label && !coding->coded))
		r->record.flags |= VG_RECORD_BAD_CODING;
	if (c->end.over_budget)
		r->record.flags |= VG_RECORD_OVER_BUDGET;
	if (c->end.n_encrypted)
		r->record.flags |= VG_RECORD_ENCRYPTED;
	if (c->end.n_bad || c->end.n_unread || c->end.needs_seek)
		r->record.flags |= VG_RECORD_BAD_ARCHIVE;
	if (o->flags & VG_OPEN_LISTED) /* by its URL, which vigild knows */
		r->record.flags |= VG_RECORD_LISTED;
	send = judge(w, &file, &c->end.bytes, r);
	if (c->end.multipart)
		r->record.kind = VG_KIND_MULTIPART;
	/* a text that was only looked into is nobody's object */
	if (send && !r->record.n_hits && !(o->flags & VG_OPEN_LISTED) && o->flags & VG_OPEN_TEXT &&
	    !(o->flags & VG_OPEN_ALL_FILES)) {
		vg_count(w->setup.stats, VG_H_TEXTS, 1);
		send = false;
	}
	job->matched |= r->record.n_hits != 0;
	job->stops |= hits_stop(w, r->record.hits, r->record.n_hits);
	return send;
}

/* Completes what only the end of the body tells, and keeps the record in the link's spool. */
static bool put(struct vg_worker *w, struct vg_job *job, const struct closed *c, struct vg_result *r, bool last)
{
	const struct vg_intake_object *o = job->object;
	struct vg_msg_record *record = &r->record;
	enum vg_err err;

	record->boot_id = w->setup.boot_id;
	record->object_id = o->object_id;
	record->core_idx = job->lane->core_idx;
	record->enqueued_ns = o->enqueued_ns;
	record->verdict_ns = vg_mono_now().ns;
	if (record->flags & VG_RECORD_RESOURCE)
		record->state = VG_STATE_COMPLETE;
	else if (!(record->flags & VG_RECORD_MEMBER_OF))
		record->state = o->state;
	else if (record->state == VG_STATE_OPEN)
		record->state = c->complete ? VG_STATE_TRUNCATED : o->state;
	if (record->flags & VG_RECORD_MEMBER_OF && c->has_raw && !(record->flags & VG_RECORD_NESTED))
		memcpy(record->parent_sha256, c->coded ? c->end.digests.sha256 : c->raw.sha256,
		       sizeof(record->parent_sha256));
	record->flags |= last ? VG_RECORD_LAST : 0;
	while ((err = vg_match_link_put(w->setup.link, record, r->memfd)) == VG_EFULL)
		if (!wait_for_room(w))
			return false;
	r->memfd = -1;
	job->n_unacked++;
	return true;
}

/* The resource that this object made whole, judged as one file. */
static bool judge_resource(struct vg_worker *w, struct vg_job *job, const struct vg_resource_whole *whole,
			   struct vg_result *r)
{
	struct vg_digest_values digests = whole->digests;
	struct vg_match_file file = { .bytes = whole->bytes, .n_bytes = whole->n_bytes };
	bool is_held = whole->bytes.n_bytes == whole->n_bytes, send;

	memset(&r->record, 0, sizeof(r->record));
	if (is_held && !whole->has_digests && !(w->setup.conf.flags & VG_HCONF_NO_DIGESTS))
		digest_chain(w, &whole->bytes, vg_worker_mask(w), &digests);
	file.digests = w->setup.conf.flags & VG_HCONF_NO_DIGESTS ? NULL : &digests;
	file.may_decode_film = !(job->object->flags & VG_OPEN_NO_DECODE);
	file.may_decode = is_held && file.may_decode_film;
	r->record.flags = VG_RECORD_RESOURCE | (file.may_decode ? 0 : VG_RECORD_NO_DECODE);
	r->record.member_no = UINT32_MAX;
	send = judge(w, &file, &whole->bytes, r);
	job->matched |= r->record.n_hits != 0;
	return send;
}

/* What the object was a piece of: true where that is whole now and is to be sent. */
static bool close_pieces(struct vg_worker *w, struct vg_job *job, const struct closed *c, struct vg_result *r)
{
	struct vg_pieces_end end = { .bytes = c->end.bytes,
				     .n_bytes = c->end.coding.coded ? c->end.n_bytes : job->object->n_bytes,
				     .complete = c->complete && !c->end.coding.bad,
				     .decoded = c->end.coding.coded };
	struct vg_resource_whole whole;
	uint64_t name = vg_pieces_close(w, job, &end, &whole);
	bool send;

	if (!name)
		return false;
	vg_worker_deadline(w);
	send = judge_resource(w, job, &whole, r);
	vg_resource_drop(w->resources, name);
	return send;
}

static void count_latency(struct vg_worker *w, uint64_t enqueued_ns)
{
	uint64_t now_ns = vg_mono_now().ns, us;
	uint32_t bucket = 0;
	_Atomic uint64_t *b;

	if (!enqueued_ns || enqueued_ns > now_ns)
		return;
	us = (now_ns - enqueued_ns) / 1000;
	while (bucket + 1 < VG_STATS_BUCKETS && us >> bucket)
		bucket++;
	b = &w->setup.stats->verdict_us_log2[bucket];
	atomic_store_explicit(b, atomic_load_explicit(b, memory_order_relaxed) + 1, memory_order_relaxed);
}

bool vg_worker_finish(struct vg_worker *w, struct vg_job *job)
{
	struct vg_stream *s = job->stream ? job->stream : &w->held;
	struct vg_result body = { .memfd = -1 };
	struct vg_chain chain;
	struct closed c = { .complete = false };
	struct vg_result resource = { .memfd = -1 };
	bool send_body, send_resource, running;

	if (job->raw)
		vg_batch_drain(w->batch, job->raw);
	vg_intake_chain(job->lane, job->object, w->spans, w->max_spans, &chain);
	c.complete = job->object->state == VG_STATE_COMPLETE && !job->object->n_gaps;
	c.seamless = job->object->state != VG_STATE_GAP && !job->object->n_gaps && !job->left_open;
	running = (job->streaming && !c.complete) || vg_pieces_adopts(job); /* somebody may go on where it ended */
	if (!running)
		end_digests(w, job, &chain, &c);
	tell_verdict(w, job, &chain, &c, false);
	vg_worker_decoding(w, job, true);
	if (job->stream)
		vg_worker_deadline(w);
	else
		drop_results(&s->results);
	if (job->stream)
		vg_body_end(s->body, &c.end);
	else if (!job->streaming && vg_worker_must_unpack(job, &chain))
		unpack_held(w, job, &chain, &c.end);
	else
		c.end.bytes = chain;
	send_resource = close_pieces(w, job, &c, &resource);
	if (running)
		end_digests(w, job, &chain, &c);
	count_unpacked(w, &c);
	choose_reading(w, job, &chain, &c);
	send_body = judge_body(w, job, &c, &body);
	vg_worker_decoding(w, job, false);
	tell_verdict(w, job, &chain, &c, true);
	count_latency(w, job->object->enqueued_ns);
	if (send_body && !w->gave_up)
		(void)put(w, job, &c, &body, !s->results.n && !send_resource);
	for (uint32_t i = 0; i < s->results.n && !w->gave_up; i++)
		(void)put(w, job, &c, &s->results.at[i], i + 1 == s->results.n && !send_resource);
	if (send_resource && !w->gave_up)
		(void)put(w, job, &c, &resource, true);
	if (resource.memfd >= 0)
		close(resource.memfd);
	if (body.memfd >= 0)
		close(body.memfd);
	drop_results(&s->results);
	if (!job->stream)
		vg_body_release(s->body);
	return !w->gave_up;
}
