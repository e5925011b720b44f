#pragma once
/* worker_priv: what the files of the worker share. */
#include "hashing/digest/batch.h"
#include "hashing/image/scans.h"
#include "hashing/order.h"
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
	struct vg_scans scans;            /* held: of a JPEG that comes */
	struct vg_resource_writer writer; /* streaming: of the resource it is a piece of */
	uint32_t n_gaps_seen, n_unacked;
	uint32_t n_owed; /* streaming: first chunks that are walked but not digested yet; they go back then */
	struct vg_job *next_owing, *next_closing;
	uint64_t closed_ns, lined_ns; /* lined: since when it is in the line */
	bool raw_lost;                /* bytes were given back without being digested */
	bool streaming, finished, matched, is_owing;
	bool looks_early; /* its scans are watched */
	bool early;       /* its first scans lie near a listed hash */
	bool left_open;   /* its dataplane went before it ended: how many bytes there were, nobody says */
	bool in_line;     /* judged when it is first in the line */
	bool is_ready;    /* its digests are made */
	bool stops, told; /* a list that matched exactly says block; the verdict was returned ahead of DONE */
};

struct vg_worker {
	struct vg_worker_setup setup;
	struct vg_job *jobs[VG_LANE_MAX_CORES]; /* by lane, then by attribution slot */
	struct vg_digests *digests[VG_WORKER_N_DIGESTS];
	uint32_t n_digests; /* free ones, from the front */
	struct vg_digests *spare;
	struct vg_batch *batch;
	uint64_t bulk_bytes, gather_ns; /* as for the object that was lent last */
	uint64_t paced_bytes;
	uint64_t batch_bytes;   /* that may wait in it */
	struct vg_job *owing;   /* jobs with n_owed, in no order */
	struct vg_job *closing; /* closed, their digests not done or behind one whose are not; oldest first */
	struct vg_job *newest_closing;
	uint32_t n_idle;   /* steps in a row that found nothing */
	uint32_t patience; /* so many of them are waited through, as for the object that was lent last */
	struct vg_stream *streams[VG_WORKER_N_STREAMS];
	uint32_t n_streams; /* free ones, from the front */
	struct vg_stream held;
	struct vg_order order;              /* closed objects that wait to be judged */
	struct vg_order line;               /* those whose end may change what others' come to (pieces) */
	uint64_t passed[VG_LANE_MAX_CORES]; /* by lane: all that ended up to there is in the line */
	bool is_over;                       /* nothing more comes */
	struct vg_resources *resources;
	struct vg_nest *nest; /* shared by all bodies: one walk at a time */
	struct vg_span *spans, *cut_spans;
	uint32_t max_spans;
	bool gave_up;
};

/* Starts and ends a look at an object's foreign bytes: who is to be named in a crash (a decoder that never ends is one,
 * vg_crash_limit()). No film has a deadline but its own limit. */
void vg_worker_decoding(struct vg_worker *w, const struct vg_job *job, bool begins);
/* Within a look that may meet several films: they share one purse of time, from now on, unless they have one. */
void vg_worker_deadline(struct vg_worker *w);

/* Begins the walk of a job's body: codings and boundary from its descriptor and attribution record. */
void vg_worker_body_begin(struct vg_worker *w, struct vg_job *job, struct vg_stream *s, const struct vg_chain *held,
			  bool plain);

/* Feeds a chain of the object's first bytes to a body, holes where they are. */
void vg_worker_body_feed(struct vg_job *job, struct vg_body *body, const struct vg_chain *chain);

/* Has the object a boundary or codings that its bytes must be walked through, or is it a container? */
bool vg_worker_must_unpack(const struct vg_job *job, const struct vg_chain *chain);

/* The algorithms that a stream beginning now needs: what the configuration forces, else SHA-256, what a loaded list
 * has, and all where vigild asked for objects. */
unsigned vg_worker_mask(const struct vg_worker *w);

/* --- worker_gather.c --- */
/* More bytes of a job, which stay where they are until its chunks go back: digested some time before its close. */
void vg_worker_lend(struct vg_worker *w, struct vg_job *job, const struct vg_span *bytes);
/* A streaming job's next n_chunks held chunks are walked: they go back now, or when they are digested. */
void vg_worker_owe(struct vg_worker *w, struct vg_job *job, uint32_t n_chunks);
/* A job is closed: true where it can be finished now; else it is kept, and vg_worker_gather() gives it to `finish`. */
bool vg_worker_closes_now(struct vg_worker *w, struct vg_job *job);
/* Digests what is to be digested now: `came` = this step took descriptors, `idle` = none waits. Finishes the closed
 * jobs that are through, in the order of their closing, and returns how many. */
uint32_t vg_worker_gather(struct vg_worker *w, bool came, bool idle,
			  void (*finish)(struct vg_worker *w, struct vg_job *job));
/* The same for everything, whatever it costs. */
uint32_t vg_worker_gather_all(struct vg_worker *w, void (*finish)(struct vg_worker *w, struct vg_job *job));
/* A job ends here: nothing of it is waited for. */
void vg_worker_forget(struct vg_worker *w, struct vg_job *job);

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

/* --- worker_line.c --- */
/* A closed job takes its place in the line. Its record says where that is. */
void vg_worker_line_join(struct vg_worker *w, struct vg_job *job);
/* The first in the line, taken out of it, where nothing that ended before it can still come; NULL: not yet. What has
 * waited too long for a lane that is silent does not wait on (counted). */
struct vg_job *vg_worker_line_next(struct vg_worker *w);

/* Gives digests and stream back to their pools. */
void vg_worker_job_release(struct vg_worker *w, struct vg_job *job);
