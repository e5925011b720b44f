#pragma once
/* pieces: what an object brings to the resource it is a piece of: ranges, resumed downloads and uploads, parts of a
 * multipart/byteranges body, numbered parts of an upload. Between worker and resource/. */
#include "hashing/worker_priv.h"

/* A digest-only object begins to be walked: its decoded bytes go to its resource from now on. Sets begin->on_bytes. */
void vg_pieces_stream(struct vg_worker *w, struct vg_job *job, struct vg_body_begin *begin);
/* There is a hole in what it brings: nothing behind it is taken. */
void vg_pieces_gap(struct vg_worker *w, struct vg_job *job);
/* A member that says which piece of the resource it is. */
void vg_pieces_member(struct vg_worker *w, struct vg_job *job, const struct vg_body_member *member);

/* Does what the object brings go where others' ends say, from its first byte on? Then those have to be known before it
 * is walked as it comes. */
bool vg_pieces_follows(const struct vg_job *job);

/* May the object's end change what others' ends come to? Then they keep the order in which they ended on the wire. Of
 * what ended with the same frame *then says it: the earlier begun first, then by its ends and its place. */
bool vg_pieces_ordered(const struct vg_job *job, uint64_t then[2]);

/* May others go on from the object's running digests, although it is complete? */
bool vg_pieces_adopts(const struct vg_job *job);

struct vg_pieces_end {
	struct vg_chain bytes;  /* of the decoded body, what is kept of it from its beginning on */
	uint64_t n_bytes;       /* of the decoded body */
	bool complete, decoded; /* decoded: a coding was undone */
};
/* The object is closed. The name of the resource that is whole by it, or 0; then *whole is it (borrowed until
 * vg_resource_drop()). Before vg_digests_done() of job->raw. */
uint64_t vg_pieces_close(struct vg_worker *w, struct vg_job *job, const struct vg_pieces_end *end,
			 struct vg_resource_whole *whole);
