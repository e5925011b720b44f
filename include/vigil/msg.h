#pragma once
/* msg: the messages between the programs: fixed structs, little-endian (x86-64 only), one per datagram of a sequenced-
 * packet socket (sock.h). A wrong magic, version, type or length ends the sender's link: nothing is guessed.
 *
 * Three links:
 *   forward     RUN/forward.sock, the forwarder listens; the inspector (dataplane) and vigild connect.
 *   hand-over   RUN/handover.sock, the dataplane listens; hashers and vigild connect.
 *   match       RUN/hasher-N.sock, the hasher listens (before its sandbox closes); vigild connects, also again.
 * Order on the hand-over link:  > HELLO   < WELCOME   then to a hasher < LANE for each core, to vigild < ATTR for each
 * (core, hasher) and < STATS for each core. Later to vigild: < DRAINED once a replay's input is used up and every
 * object is DONE. From vigild, after its HELLO: > KNOWN, > URLS (url_table.h).
 * Order on the forward link:  > HELLO   < WELCOME (n_cores = pairs)   then to the inspector < FRAMES for each pair, to
 * vigild < STATS for each pair. A new inspector puts an older one off.
 * Order on the match link:  > CONTROL_HELLO   < HASHER_HELLO (+ stats page)   > INDEX (+ memfd)   < INDEX_TAKEN,
 * then < OBJECT, OBJECTS or MATCH (+ memfd), > ACK (cumulative); what lacks it comes again. Either's close ends all. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/frame_hash.h>
#include <vigil/frame_ring.h>
#include <vigil/lane.h>
#include <vigil/plugin_value.h>

#define VG_MSG_MAGIC   0x4c474956u /* "VIGL" */
#define VG_MSG_VERSION 6u

enum vg_msg_type {
	VG_MSG_HELLO = 1,
	VG_MSG_WELCOME,
	VG_MSG_LANE,
	VG_MSG_ATTR,
	VG_MSG_STATS,
	VG_MSG_DRAINED,
	VG_MSG_FRAMES,
	VG_MSG_KNOWN,
	VG_MSG_URLS,
	VG_MSG_CONTROL_HELLO = 32,
	VG_MSG_HASHER_HELLO,
	VG_MSG_INDEX,
	VG_MSG_INDEX_TAKEN,
	VG_MSG_OBJECT,
	VG_MSG_MATCH,
	VG_MSG_ACK,
	VG_MSG_OBJECTS /* msg_objects.h */
};
struct vg_msg_head {
	uint32_t magic;
	uint16_t version, type;
	uint32_t n_bytes, reserved; /* n_bytes: of the whole message */
};

/* ---- hand-over link ---- */
enum vg_role { VG_ROLE_HASHER = 1, VG_ROLE_CONTROL = 2, VG_ROLE_INSPECTOR = 3 };
struct vg_msg_hello {
	struct vg_msg_head head;
	uint32_t role, hasher_idx; /* hasher_idx 0.. for VG_ROLE_HASHER */
};
struct vg_msg_welcome {
	struct vg_msg_head head;
	uint64_t boot_id;
	uint32_t n_cores, n_hashers;
};
/* + 3 descriptors: out, in, attr. The hasher begins at descriptor index start_idx, its return index at 0. */
struct vg_msg_lane {
	struct vg_msg_head head;
	uint32_t core_idx, epoch; /* epoch counts the hashers that have held this lane */
	uint64_t start_idx;
	struct vg_lane_geometry geometry;
};
/* + 1 descriptor: the attribution memory of (core, hasher). */
struct vg_msg_attr {
	struct vg_msg_head head;
	uint32_t core_idx, hasher_idx, n_attr, reserved;
};
/* + 1 descriptor: a stats page (stats_page.h). */
struct vg_msg_stats {
	struct vg_msg_head head;
	uint32_t core_idx, reserved;
};
struct vg_msg_drained {
	struct vg_msg_head head;
	uint64_t reserved;
};
/* + 1 descriptor, VG_SEALS_FINAL: n_heads struct vg_known_head in ascending order: objects that vigild has verified to
 * be exact matches of a list that says block. Takes the place of the table before it; an empty one has one head, of
 * zeros. */
#define VG_KNOWN_MAX_HEADS  65536u
#define VG_KNOWN_HEAD_BYTES 16384u /* of the body, or all of it where it is shorter */
struct vg_known_head {
	uint64_t n_bytes;   /* of the body */
	uint8_t sha256[32]; /* of its first VG_KNOWN_HEAD_BYTES */
};
struct vg_msg_known {
	struct vg_msg_head head;
	uint64_t generation;
	uint32_t n_heads, reserved;
};

/* ---- forward link ---- */
/* + 2 descriptors: frames, tail (frame_ring.h). The inspector begins at slot start_idx, its tail word at 0. */
struct vg_msg_frames {
	struct vg_msg_head head;
	uint32_t pair_idx, epoch; /* epoch counts the inspectors that have held this ring */
	uint64_t start_idx;
	struct vg_frame_ring_geometry geometry;
	uint32_t is_inspect_first, hold_ms; /* hold_ms: after which the forwarder lets a queue go */
};
/* ---- match link ---- */
#define VG_HELLO_WANT_OBJECTS 1u /* replay, scan, tests: an OBJECT for every object, not only matches */
struct vg_msg_control_hello {
	struct vg_msg_head head;
	uint32_t flags, reserved;
};
/* + 1 descriptor: the hasher's stats page. */
struct vg_msg_hasher_hello {
	struct vg_msg_head head;
	uint32_t hasher_idx, reserved;
	uint64_t boot_id; /* of the dataplane it holds lanes of */
};
/* + 1 descriptor: a sealed index (index_format.h), or 2: and its search tables (bands_format.h). The hasher takes
 * nothing from its lanes before its first index. */
struct vg_msg_index {
	struct vg_msg_head head;
	uint64_t generation;
};
struct vg_msg_index_taken {
	struct vg_msg_head head;
	uint64_t generation;
	int32_t err; /* enum vg_err; on failure the hasher keeps the one it has */
	uint32_t reserved;
};
struct vg_msg_ack {
	struct vg_msg_head head;
	uint64_t seq; /* every record up to and including seq is durable */
};
#define VG_RECORD_MAX_HITS 32 /* the strongest; a picture in ten lists by three digests and PDQ has 40 */
#define VG_RECORD_MEMBER   256
#define VG_RECORD_FIELD    64
struct vg_hit {
	uint32_t entry_idx; /* in the index of `generation` */
	uint16_t algo;      /* enum vg_algo */
	uint16_t distance;  /* PDQ, PLUGIN: bits; 0 for the others */
	uint8_t variant;    /* dihedral variant that matched, 0 = as stored */
	/* VPDQ: of the film's own distinct frames, and of the listed video's, how many have one of the other within
	 * the list's frame_distance: whole per cent, rounded down. 0 for the others. */
	uint8_t query_percent, compared_percent;
	uint8_t reserved;
	/* PDQ: which picture of an animation, page or film; 0 = the first. VPDQ: frame_no of the first that fits. */
	uint32_t frame_idx;
};
#define VG_RECORD_PARTIAL     1u /* MATCH: the memfd holds a head sample only (digest-only object) */
#define VG_RECORD_CODED       2u /* a content coding was undone: raw_* hold the digests of the coded bytes */
#define VG_RECORD_MEMBER_OF   4u /* a part of the body: parent_sha256 and member are set */
#define VG_RECORD_LAST        8u /* the last record of its object */
#define VG_RECORD_HAS_PDQ     16u
#define VG_RECORD_HAS_DIGESTS 32u    /* of all n_bytes, seen without a hole; whether that was its end, `state` says */
#define VG_RECORD_NO_DECODE   64u    /* was not decoded: an earlier decoder crashed on it, or it is digest-only */
#define VG_RECORD_BAD_CODING  128u   /* the coding did not decode to its end */
#define VG_RECORD_OVER_BUDGET 256u   /* its purse (bytes, ratio, members, depth, time) ran out: not all was looked at */
#define VG_RECORD_ENCRYPTED   512u   /* it holds files that only a password opens */
#define VG_RECORD_BAD_ARCHIVE 1024u  /* it broke before its end, or is of a sort that nobody here reads */
#define VG_RECORD_RESOURCE    2048u  /* a whole resource put together; the object is the piece that completed it */
#define VG_RECORD_HAS_FRAMES  8192u  /* a film: n_frames were hashed; of a MATCH they are in its memfd */
#define VG_RECORD_PART_FILM   16384u /* HAS_FRAMES: cut, damaged or over a budget: not all of it was decoded */
#define VG_RECORD_LISTED      32768u /* MATCH: of an object of VG_OPEN_LISTED; perhaps without hits, or bytes */
#define VG_RECORD_NESTED      4096u  /* MEMBER_OF: it lies in a file of the body, which parent_sha256 names */
/* VG_MSG_OBJECT, and with the object's bytes as a sealed memfd (VG_SEALS_FINAL) VG_MSG_MATCH. An OBJECT with frames has
 * a memfd, too, of its frames alone (n_sample_bytes 0). A hasher's word: vigild believes what it has recomputed. */
struct vg_msg_record {
	struct vg_msg_head head;
	uint64_t seq;     /* 1, 2, 3 … per hasher process */
	uint64_t boot_id; /* with core_idx, the hasher of the link and object_id: names the attribution record */
	uint64_t object_id;
	uint64_t generation;                 /* of the index that was searched, 0 = none */
	uint64_t n_bytes;                    /* size of the (decoded) file or member */
	uint64_t n_sample_bytes;             /* MATCH: bytes in the memfd */
	uint32_t core_idx, flags, member_no; /* 0 = the body itself, 1.. its members in order; RESOURCE: UINT32_MAX */
	uint8_t kind, state, n_hits, pdq_quality;
	uint64_t verdict_ns;                            /* CLOCK_MONOTONIC when the verdict was made */
	uint64_t enqueued_ns;                           /* of its CLOSE descriptor */
	uint8_t md5[16], sha1[20], sha256[32], pdq[32]; /* pdq in printed order */
	uint8_t raw_md5[16], raw_sha256[32], parent_sha256[32];
	uint16_t n_member, n_frames, n_field; /* n_frames <= VG_FRAMES_MAX; 0 without HAS_FRAMES */
	uint8_t transfer, reserved;           /* enum vg_transfer_coding that was undone; 0 */
	char member[VG_RECORD_MEMBER];        /* claimed file name or path of the member */
	char field[VG_RECORD_FIELD];          /* of the form (RFC 7578 4.2), that the member was sent in */
	struct vg_hit hits[VG_RECORD_MAX_HITS];
	struct vg_plugin_values plugins; /* of the first picture of its file that was decoded */
};

static inline struct vg_msg_head vg_msg_head(enum vg_msg_type type, size_t n_bytes)
{
	return (struct vg_msg_head){ VG_MSG_MAGIC, VG_MSG_VERSION, (uint16_t)type, (uint32_t)n_bytes, 0 };
}
/* True where a received message of n_bytes is of this type and exactly of this size. */
static inline int vg_msg_is(const struct vg_msg_head *head, size_t n_bytes, enum vg_msg_type type, size_t want_bytes)
{
	return n_bytes == want_bytes && head->magic == VG_MSG_MAGIC && head->version == VG_MSG_VERSION &&
	       head->type == type && head->n_bytes == n_bytes;
}
