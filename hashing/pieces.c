#include "hashing/pieces.h"

#include <vigil/clock.h>

/* The attribution record of an object that has a resource. False: it has none. */
static bool record_of(const struct vg_job *job, struct vg_attribution *record)
{
	const struct vg_intake *lane = job->lane;

	return job->object->flags & VG_OPEN_RESOURCE &&
	       !vg_attribution_read(lane->attr, lane->geometry.n_attr, job->object->object_id, record) &&
	       record->resource;
}

static struct vg_resource_growth growth_of(const struct vg_attribution *record)
{
	return (struct vg_resource_growth){ .off = record->flags & VG_ATTR_PIECE ? record->range_off : 0,
					    .began_ns = record->first_byte_ns,
					    .anew = record->flags & VG_ATTR_ANEW,
					    .appended = record->flags & VG_ATTR_APPENDED };
}

/* A piece that says where in its resource it belongs. */
static bool has_place(const struct vg_attribution *record)
{
	return record->flags & VG_ATTR_PIECE &&
	       (record->range_off != UINT64_MAX || record->part_no || record->flags & VG_ATTR_APPENDED);
}

static bool open_writer(struct vg_worker *w, struct vg_job *job, const struct vg_attribution *record)
{
	uint64_t now_ns = vg_mono_now().ns;
	struct vg_resource_growth growth = growth_of(record);

	vg_resource_age(w->resources, now_ns);
	vg_resources_want(w->resources, vg_worker_mask(w));
	if (record->flags & VG_ATTR_GROWS)
		return vg_resource_open_growing(w->resources, record->resource, &growth, now_ns, &job->writer);
	return vg_resource_open(w->resources, record->resource, record->range_off, record->range_total, record->part_no,
				now_ns, &job->writer);
}

static void on_bytes(void *stream, const uint8_t *bytes, size_t n_bytes)
{
	struct vg_stream *s = stream;

	vg_resource_write(s->worker->resources, &s->job->writer, bytes, n_bytes);
}

/* The beginning of a file that may be gone on with, coded (FTP's MODE Z): its digests as it crosses say nothing of the
 * file, so it is put there while it is undone. */
static bool begins_coded(const struct vg_job *job, const struct vg_attribution *record)
{
	return record->flags & VG_ATTR_GROWS && !(record->flags & VG_ATTR_PIECE) && job->object->codings;
}

void vg_pieces_stream(struct vg_worker *w, struct vg_job *job, struct vg_body_begin *begin)
{
	struct vg_attribution record;

	if (!record_of(job, &record) || !(has_place(&record) || begins_coded(job, &record)))
		return;
	if (open_writer(w, job, &record))
		begin->on_bytes = on_bytes;
}

void vg_pieces_gap(struct vg_worker *w, struct vg_job *job)
{
	vg_resource_break(w->resources, &job->writer);
}

static void write_chain(struct vg_worker *w, struct vg_resource_writer *writer, const struct vg_chain *chain,
			uint64_t n_bytes)
{
	struct vg_chain_reader r;

	vg_chain_reader_init(&r, chain);
	while (r.off < n_bytes && vg_chain_left(&r)) {
		struct vg_span piece = vg_chain_next(&r, (size_t)(n_bytes - r.off));
		vg_resource_write(w->resources, writer, piece.at, piece.n_bytes);
	}
}

void vg_pieces_member(struct vg_worker *w, struct vg_job *job, const struct vg_body_member *member)
{
	struct vg_attribution record;
	struct vg_resource_writer writer;

	if (!record_of(job, &record) || !vg_resource_open(w->resources, record.resource, member->range_off,
							  member->range_total, 0, vg_mono_now().ns, &writer))
		return;
	write_chain(w, &writer, &member->bytes, member->bytes.n_bytes);
	vg_resource_close(w->resources, &writer, member->whole);
}

/* How often "<PartNumber>" stands in the message that ends an upload in parts (S3 CompleteMultipartUpload). */
static uint32_t n_parts_of(const struct vg_chain *chain)
{
	static const char word[] = "<PartNumber>";
	struct vg_chain_reader r;
	uint32_t n_parts = 0;
	size_t n_matched = 0;

	vg_chain_reader_init(&r, chain);
	while (vg_chain_left(&r)) {
		struct vg_span piece = vg_chain_next(&r, SIZE_MAX);
		for (size_t i = 0; i < piece.n_bytes; i++) {
			n_matched = piece.at[i] == (uint8_t)word[n_matched] ? n_matched + 1 : piece.at[i] == '<';
			if (n_matched < sizeof(word) - 1)
				continue;
			n_matched = 0;
			n_parts++;
		}
	}
	return n_parts;
}

/* A piece that was held. */
static void close_held(struct vg_worker *w, struct vg_job *job, const struct vg_pieces_end *end,
		       const struct vg_attribution *record)
{
	const struct vg_intake_object *o = job->object;
	uint64_t n_bytes = o->n_gaps ? end->decoded ? 0 : o->gap_at[0] : end->bytes.n_bytes;

	if (!open_writer(w, job, record))
		return;
	write_chain(w, &job->writer, &end->bytes, n_bytes);
	job->writer.ended_ns = record->last_byte_ns;
	if (o->n_gaps || end->bytes.n_bytes != end->n_bytes)
		vg_resource_break(w->resources, &job->writer);
	else
		vg_resource_close(w->resources, &job->writer, end->complete);
}

/* The beginning of a file that may be gone on with, or all of it. */
static void close_begun(struct vg_worker *w, struct vg_job *job, const struct vg_pieces_end *end,
			const struct vg_attribution *record)
{
	struct vg_resource_growth growth = growth_of(record);
	struct vg_resource_begun begun = { job->raw, job->object->n_bytes, &end->bytes, record->last_byte_ns };

	if (job->raw && !end->decoded && !job->object->n_gaps && end->bytes.n_bytes < end->n_bytes)
		(void)vg_resource_adopt_growing(w->resources, record->resource, &growth, &begun, end->complete,
						vg_mono_now().ns);
	else
		close_held(w, job, end, record);
}

/* A whole transfer that broke off: the beginning of what may be gone on with. */
static void close_broken(struct vg_worker *w, struct vg_job *job, const struct vg_pieces_end *end,
			 struct vg_attribution *record)
{
	record->range_off = 0;
	record->part_no = 0;
	/* a range of what is coded on its way is one of the file in FTP only (MODE Z); in HTTP, of the coded bytes */
	if ((end->decoded && (record->proto != VG_PROTO_FTP || job->streaming)) || record->range_total == UINT64_MAX)
		return;
	if (!job->streaming)
		close_held(w, job, end, record);
	else if (!job->object->n_gaps && job->raw)
		vg_resource_adopt(w->resources, record->resource, record->range_total,
				  &(struct vg_resource_begun){ job->raw, job->object->n_bytes, &end->bytes, 0 },
				  vg_mono_now().ns);
}

bool vg_pieces_follows(const struct vg_job *job)
{
	struct vg_attribution record;

	return record_of(job, &record) && record.flags & VG_ATTR_GROWS &&
	       (has_place(&record) || begins_coded(job, &record));
}

static uint64_t mix(uint64_t h, const void *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		h = (h ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
	return h;
}

bool vg_pieces_ordered(const struct vg_job *job, uint64_t then[2])
{
	struct vg_attribution a;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	if (!record_of(job, &a) || !(a.flags & (VG_ATTR_PIECE | VG_ATTR_ALL_PARTS | VG_ATTR_GROWS) || a.n_boundary ||
				     job->object->state != VG_STATE_COMPLETE || job->object->n_gaps))
		return false;
	h = mix(h, &a.src_ip, sizeof(a.src_ip));
	h = mix(h, &a.dst_ip, sizeof(a.dst_ip));
	h = mix(h, &a.src_port, sizeof(a.src_port));
	h = mix(h, &a.dst_port, sizeof(a.dst_port));
	h = mix(h, &a.range_off, sizeof(a.range_off));
	h = mix(h, &a.part_no, sizeof(a.part_no));
	then[0] = (uint64_t)a.first_byte_ns;
	then[1] = h;
	return true;
}

bool vg_pieces_adopts(const struct vg_job *job)
{
	struct vg_attribution record;

	return job->streaming && record_of(job, &record) && record.flags & VG_ATTR_GROWS &&
	       !(record.flags & VG_ATTR_PIECE) && !begins_coded(job, &record);
}

uint64_t vg_pieces_close(struct vg_worker *w, struct vg_job *job, const struct vg_pieces_end *end,
			 struct vg_resource_whole *whole)
{
	struct vg_attribution record;

	if (!record_of(job, &record))
		return 0;
	if (record.flags & VG_ATTR_ALL_PARTS)
		vg_resource_all_parts(w->resources, record.resource, n_parts_of(&end->bytes), vg_mono_now().ns);
	else if (!(record.flags & VG_ATTR_PIECE) && record.flags & VG_ATTR_GROWS &&
		 !(job->streaming && begins_coded(job, &record)))
		close_begun(w, job, end, &record);
	else if (!(record.flags & (VG_ATTR_PIECE | VG_ATTR_GROWS))) {
		if (end->complete)
			return 0;
		close_broken(w, job, end, &record);
	} else if (job->streaming) {
		job->writer.ended_ns = record.last_byte_ns;
		vg_resource_close(w->resources, &job->writer, end->complete);
	} else if (has_place(&record))
		close_held(w, job, end, &record);
	return vg_resource_take(w->resources, record.resource, whole) ? record.resource : 0;
}
