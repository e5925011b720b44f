#pragma once
/* worker_priv: what the three files of the worker share. */
#include "hashing/resource/resource.h"
#include "hashing/worker.h"

/* A record that is not sent yet, and the sealed bytes of its match (-1: none). */
struct vg_result {
	struct vg_msg_record record;
	int memfd;
};
struct vg_results {
	struct vg_result *at;
	uint32_t n, n_room, n_members;
};

/* A digest-only body on its way. */
struct vg_stream {
	struct vg_worker *worker;
	struct vg_job *job;
	struct vg_body *body;
	struct vg_results results;
};

struct vg_job {
	struct vg_intake *lane;
	struct vg_intake_object *object;
	struct vg_digests *raw; /* of the body as it came; NULL: none was free, or not wanted, or done */
	struct vg_stream *stream;
	struct vg_resource_writer writer; /* streaming: of the resource it is a piece of */
	uint32_t n_gaps_seen, n_unacked;
	bool raw_lost; /* bytes were given back without being digested */
	bool streaming, finished, matched;
	bool stops, told; /* a list that matched exactly says block; the verdict was returned ahead of DONE */
};

struct vg_worker {
	struct vg_worker_setup setup;
	struct vg_job *jobs[VG_LANE_MAX_CORES]; /* by lane, then by attribution slot */
	struct vg_digests *digests[VG_WORKER_N_DIGESTS];
	uint32_t n_digests; /* free ones, from the front */
	struct vg_digests *spare;
	struct vg_stream *streams[VG_WORKER_N_STREAMS];
	uint32_t n_streams; /* free ones, from the front */
	struct vg_stream held;
	struct vg_resources *resources;
	struct vg_nest *nest; /* shared by all bodies: one walk at a time */
	struct vg_span *spans, *cut_spans;
	uint32_t max_spans;
	bool gave_up;
};

/* Starts and ends the time in which an object's foreign bytes are looked at: who is to be named in a crash, and a
 * limit of CPU time, so that a decoder that never ends is a crash like any other. */
void vg_worker_decoding(struct vg_worker *w, const struct vg_job *job, bool begins);

/* Begins the walk of a job's body: codings and boundary from its descriptor and attribution record. */
void vg_worker_body_begin(struct vg_worker *w, struct vg_job *job, struct vg_stream *s, const struct vg_chain *held,
			  bool plain);

/* Feeds a chain of the object's first bytes to a body, holes where they are. */
void vg_worker_body_feed(struct vg_job *job, struct vg_body *body, const struct vg_chain *chain);

/* Has the object a boundary or codings that its bytes must be walked through, or is it a container? */
bool vg_worker_must_unpack(const struct vg_job *job, const struct vg_chain *chain);

/* verdict.c: the object is closed: everything that is left to do but the acknowledgements. False: given up, no DONE.
 * */
bool vg_worker_finish(struct vg_worker *w, struct vg_job *job);

/* verdict.c: a member was found: judges it and keeps its record. For struct vg_body_begin; ctx = struct vg_stream. */
void vg_worker_on_member(void *stream, const struct vg_body_member *member);

/* What is known of the job so far, as the dataplane is told it. */
static inline unsigned vg_worker_verdict(const struct vg_job *job)
{
	return job->stops ? VG_VERDICT_STOP : job->matched ? VG_VERDICT_MATCH : VG_VERDICT_NONE;
}

/* Gives digests and stream back to their pools. */
void vg_worker_job_release(struct vg_worker *w, struct vg_job *job);
