#pragma once
/* case: the facts of one case as every later room reads them (outbox, report, ctl): plain values loaded from the
 * store by
 * vg_cases_load(), freed by vg_case_free(). Texts are NUL-terminated UTF-8 made legal by cases when they were
 * stored; they
 * stay what the wire said, so they are data and never markup. Times are UTC nanoseconds. */
#include <stdint.h>

#include <vigil/media.h>

/* A case's life: REVIEW waits for `vigilctl cases approve|dismiss`; APPROVED and (policy report) QUEUED are the
 * outbox's;
 * FILED has its receipt; ALERTED and COUNTED never file; HELD needs a person (the reason says why). */
#define VG_CASE_STATE_TABLE(X)            \
	X(VG_CASE_REVIEW, "review")       \
	X(VG_CASE_QUEUED, "queued")       \
	X(VG_CASE_FILING, "filing")       \
	X(VG_CASE_FILED, "filed")         \
	X(VG_CASE_DISMISSED, "dismissed") \
	X(VG_CASE_ALERTED, "alerted")     \
	X(VG_CASE_COUNTED, "counted")     \
	X(VG_CASE_HELD, "held")
enum vg_case_state {
#define X(sym, txt) sym,
	VG_CASE_STATE_TABLE(X)
#undef X
		VG_CASE_STATE_N
};
static inline const char *vg_case_state_str(unsigned state)
{
	static const char *const names[] = {
#define X(sym, txt) txt,
		VG_CASE_STATE_TABLE(X)
#undef X
	};
	return state < VG_CASE_STATE_N ? names[state] : "unknown";
}

/* Why a file is in a case: one list entry that it equals or resembles. */
struct vg_case_hit {
	char list[128], source[128], entry_id[128], entry_class[64], note[256];
	uint64_t generation;
	unsigned algo, distance, variant; /* enum vg_algo; bits; dihedral variant, 0 = as stored */
	unsigned query_percent,
		compared_percent; /* VPDQ: of the file's frames, of the listed video's, that are alike */
	unsigned frame;           /* PDQ: of an animation or film; VPDQ: the first that is alike */
	int exact;                /* 1 = cryptographic digest, recomputed by vigild */
	char plugin[16];          /* PLUGIN: the algorithm; its version: */
	unsigned plugin_version;
};
/* What a hit is, in a word: url = only the URL that the file was asked for by. */
static inline const char *vg_case_hit_why(const struct vg_case_hit *hit)
{
	return hit->algo == VG_ALGO_URL ? "url" : hit->exact ? "exact" : "perceptual";
}
/* Of what algorithm, by name; a plug-in's own. */
static inline const char *vg_case_hit_algo(const struct vg_case_hit *hit)
{
	return hit->algo == VG_ALGO_PLUGIN && hit->plugin[0] ? hit->plugin : vg_algo_str(hit->algo);
}
#define VG_CASE_HITS 32 /* of a record of the match link: VG_RECORD_MAX_HITS */
/* One file of a case. */
struct vg_case_file {
	int64_t id;
	char evidence_id[40]; /* names the sealed file in the evidence store; empty = none kept */
	uint64_t n_bytes, n_sample_bytes;
	int partial, complete; /* partial: only a head sample was kept; complete: every byte was seen */
	unsigned kind, state;  /* enum vg_kind, vg_state */
	uint8_t md5[16], sha1[20], sha256[32], pdq[32];
	int has_pdq, pdq_quality;
	unsigned n_frames;  /* of a film that were hashed; vg_cases_frames() */
	char filename[256]; /* as the wire or a multipart part claimed it; may be empty */
	char member[300];   /* its path inside the body, empty where it is the body itself */
	char field[200];    /* of the form that it, or the container it lies in, was sent in */
	unsigned transfer;  /* enum vg_transfer_coding that was undone of it */
	unsigned n_hits;
	struct vg_case_hit hits[VG_CASE_HITS];
};
/* What was around the packets, from outside to inside. */
#define VG_CASE_TUNNELS 4
struct vg_case_tunnel {
	unsigned kind, id;           /* enum vg_tunnel; VNI, key, session or label, 0 = none */
	char src_ip[46], dst_ip[46]; /* of the first packet with payload; empty where not IP carried it */
};
/* SYNCED: the system's, which the kernel calls synchronised (NTP, PTP); FREE: which it does not. CAPTURE: a file's. */
enum vg_case_clock { VG_CLOCK_UNKNOWN, VG_CLOCK_SYNCED, VG_CLOCK_FREE, VG_CLOCK_CAPTURE, VG_CLOCK_N };
static inline const char *vg_case_clock_str(unsigned clock)
{
	static const char *const names[] = { "unknown", "synchronised", "free-running", "capture" };
	return clock < VG_CLOCK_N ? names[clock] : "unknown";
}
/* Who, when and where, taken from the attribution record. The body went from src to dst. */
struct vg_case_origin {
	unsigned proto, direction; /* enum vg_proto_id, vg_direction */
	char src_ip[46], dst_ip[46], forwarded_ip[46];
	int is_client; /* forwarded_ip is the client, as a trusted proxy named it; else a claim of the sender's */
	unsigned src_port, dst_port, http_status;
	int vlan_outer, vlan_inner; /* of the innermost Ethernet frame; -1 = none */
	unsigned n_tunnels;         /* <= VG_CASE_TUNNELS */
	struct vg_case_tunnel tunnels[VG_CASE_TUNNELS];
	int64_t first_byte_ns, last_byte_ns;
	char host[300], url[1100]; /* url is absolute where a host is known */
	char method[20], agent[200], claimed_type[100];
	uint64_t flow_id, boot_id;
	unsigned core_idx, hasher_idx, capture_idx, n_gaps;
	unsigned hold;                              /* enum vg_hold_outcome of this transfer */
	uint64_t hold_passed_bytes, body_bytes;     /* STOPPED: bytes of the body that passed; of the body in all */
	uint32_t codings;                           /* of vigil/codings.h, that were undone of the body */
	int is_chunked;                             /* and the chunks of HTTP/1 */
	unsigned clock;                             /* enum vg_case_clock: whose times these are */
	int64_t clock_max_error_us, clock_error_us; /* SYNCED: the kernel's bound and its estimate; else -1 */
	char profile[32];                           /* of scope that the flow had; empty: none with a name */
	int is_cut;                                 /* a head was over its budget: texts above are incomplete */
};
struct vg_case {
	int64_t id;
	char name[40]; /* what operators see: VG-<year>-<number> */
	enum vg_case_state state;
	unsigned action;      /* enum vg_action that policy chose: COUNT … REPORT */
	int blocks;           /* a list also asks to stop its transfers; origin.hold says what became of that */
	char reason[256];     /* of HELD or DISMISSED */
	char approved_by[64]; /* who approved a review, empty otherwise */
	int64_t created_ns, updated_ns;
	int perceptual_only; /* no exact hit in any file; not said of hits that are URLs: their `algo` does */
	int fileviewed;      /* always 0: only an audited whole-file view event could set it, and there is none yet */
	struct vg_case_origin origin;
	unsigned n_files;
	struct vg_case_file *files;
};

/* What the list asked for, in its words. */
static inline const char *vg_case_action_str(const struct vg_case *c)
{
	static const char *const with[] = { "count+block", "block", "review+block", "report+block" };
	return c->blocks && c->action <= VG_ACTION_REPORT ? with[c->action] : vg_action_str(c->action);
}
/* The share of the body that reached the receiver of a stopped transfer, in percent, rounded up. */
static inline unsigned vg_case_passed_percent(const struct vg_case_origin *o)
{
	if (o->hold != VG_HOLD_STOPPED || !o->body_bytes)
		return 100;
	return o->hold_passed_bytes >= o->body_bytes
		       ? 100
		       : (unsigned)((o->hold_passed_bytes * 100.0 + (double)o->body_bytes - 1) / (double)o->body_bytes);
}
