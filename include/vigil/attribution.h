#pragma once
/* attribution: who, when and where of one transferred body (R1 of the duties): a record that only the dataplane
 * writes, in its own sealed memory (packed: attr_slot.h), readable by hashers and vigild. A match names a record,
 * never its content; vigild takes the memory from the dataplane itself, per hasher, so a hasher can name its own
 * objects' records only.
 *
 * Life: written at OPEN (generation set last, release), completed at CLOSE (state set last, release), reused with the
 * next generation after the hasher's DONE. Readers copy with vg_attribution_read(), which refuses a torn or reused
 * record. Strings are what the wire said, bounded, not NUL-terminated, possibly cut (the n_ field holds the kept
 * length). */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <vigil/err.h>
#include <vigil/media.h>

#define VG_ATTR_HEAD_BYTES 64
#define VG_ATTR_METHOD     16
#define VG_ATTR_HOST       256
#define VG_ATTR_URL        768
#define VG_ATTR_FILENAME   200
#define VG_ATTR_TYPE       80
#define VG_ATTR_AGENT      160
#define VG_ATTR_FORWARDED  64
#define VG_ATTR_BOUNDARY   72

/* Set in `gaps`-neighbouring flags word. */
#define VG_ATTR_CONFLICT  1u  /* overlapping segments carried different bytes; the first to arrive won */
#define VG_ATTR_MIDSTREAM 2u  /* the flow was picked up after its start */
#define VG_ATTR_HEAD_CUT  4u  /* a text below was longer than its field, or no block was free for its end */
#define VG_ATTR_AMBIGUOUS 8u  /* a head of the connection, up to this body's, could be read in two ways */
#define VG_ATTR_PIECE     16u /* the body is a piece of `resource`: see range_off and part_no */
#define VG_ATTR_CLIENT    64u /* `forwarded` is the client, as a trusted proxy named it; else a claim of the sender's */
#define VG_ATTR_ALL_PARTS 32u /* with this message an upload in parts ends: all of `resource` have been sent */
#define VG_ATTR_LISTED    128u /* the dataplane found the URL of its request on a list */
#define VG_ATTR_STOP      256u /* and that list says block */
/* A file that is sent piece by piece, of which nobody says how large it will be: `resource` reaches to the end of the
 * last piece that is COMPLETE. A body without PIECE begins it. */
#define VG_ATTR_GROWS     1024u
#define VG_ATTR_ANEW      2048u /* GROWS: what it was before is gone */
#define VG_ATTR_APPENDED  4096u /* GROWS, PIECE: it ended at range_off; UINT64_MAX: not known where that is */
#define VG_ATTR_OUT       512u  /* its request is out of scope: only within the dataplane, such a body has no record */

#define VG_ATTR_INNER   8192u  /* what carried it was one stream of an HTTP/2 connection */
#define VG_ATTR_CHUNKED 16384u /* it came in chunks (RFC 9112 7.1), which were undone */

/* Encapsulations that were around the packets of a body, from outside to inside. */
#define VG_ATTR_TUNNELS 4
enum vg_tunnel {
	VG_TUNNEL_NONE,
	VG_TUNNEL_MPLS,
	VG_TUNNEL_PPPOE,
	VG_TUNNEL_GRE,
	VG_TUNNEL_ERSPAN,
	VG_TUNNEL_VXLAN,
	VG_TUNNEL_GENEVE,
	VG_TUNNEL_IP,
	VG_TUNNEL_N
};
static inline const char *vg_tunnel_str(unsigned kind)
{
	static const char *const names[] = { "none", "mpls", "pppoe", "gre", "erspan", "vxlan", "geneve", "ip" };
	return kind < VG_TUNNEL_N ? names[kind] : "unknown";
}
struct vg_attr_tunnel {
	uint32_t id;              /* label, PPPoE or ERSPAN session, GRE key, VNI; 0 = none */
	uint8_t kind, ip_version; /* enum vg_tunnel; 4, 6, or 0: not carried by IP */
	uint16_t reserved;
	uint8_t src_ip[16], dst_ip[16]; /* of the first packet with payload, whatever the direction of the body */
};

/* What a record says in fixed fields: the same bytes in shared memory and in the copy. */
#define VG_ATTR_FIXED                                                                                                \
	_Atomic uint32_t generation;         /* never 0 while in use; high half of object_id */                      \
	_Atomic uint32_t state;              /* enum vg_state; OPEN until the CLOSE */                               \
	uint64_t boot_id;                    /* random per dataplane start */                                        \
	uint64_t flow_id;                    /* per core, never reused within a boot */                              \
	int64_t first_byte_ns, last_byte_ns; /* of the body; UTC (replay: the capture's times) */                    \
	uint64_t size_hint, body_bytes;      /* announced (UINT64_MAX = not) and seen, after transfer decoding */    \
	uint64_t gap_bytes;                                                                                          \
	uint32_t n_gaps, flags; /* VG_ATTR_* */                                                                      \
	uint32_t codings;       /* enum vg_coding, see media.h */                                                    \
	uint32_t capture_idx;   /* port, or the capture of a replay */                                               \
	uint16_t core_idx, hasher_idx;                                                                               \
	uint8_t kind, direction, proto, ip_version; /* enum vg_kind, vg_direction, vg_proto_id; 4, 6, 0 (no net) */  \
	uint8_t src_ip[16], dst_ip[16];             /* sender and receiver of the body; IPv4 in the first 4 bytes */ \
	uint16_t src_port, dst_port;                                                                                 \
	uint16_t vlan[2]; /* outer, inner tag; 0xffff = none */                                                      \
	uint16_t http_status;                                                                                        \
	uint8_t n_head, reserved;                                                                                    \
	uint8_t head[VG_ATTR_HEAD_BYTES]; /* first bytes of the body: ties the record to its bytes */                \
	uint32_t part_no; /* PIECE: not 0: parts follow each other by this number, range_off is not known */         \
	/* One resource in several bodies (ranges, resumed transfers, uploads in parts): hashers put it together. */ \
	/* Bodies with the same `resource`, never 0, belong together; 0: nothing to put together. A body without */  \
	/* VG_ATTR_PIECE that has one is the whole resource, unless it ends early. */                                \
	uint64_t resource;                                                                                           \
	uint64_t range_off;    /* PIECE: of its first byte; UINT64_MAX: told otherwise (multipart, APPENDED) */      \
	uint64_t range_total;  /* size of the resource; UINT64_MAX: not known */                                     \
	_Atomic uint32_t hold; /* enum vg_hold_outcome; written after hold_passed_bytes */                           \
	uint32_t profile;      /* id of the scope's profile that the flow had (scope.h); 0: of none with a name */   \
	_Atomic uint64_t hold_passed_bytes; /* of the body, that reached the receiver where it was STOPPED */        \
	uint64_t path_key;                  /* VG_PROTO_FILE: of its path and inode, see vg_feed_path_key() */

/* The record in private memory: what proto fills and vg_attribution_read() gives. */
struct vg_attribution {
	VG_ATTR_FIXED
	uint16_t n_method, n_host, n_url, n_filename, n_type, n_agent, n_forwarded, n_boundary, n_tunnels;
	char method[VG_ATTR_METHOD];
	char host[VG_ATTR_HOST];
	char url[VG_ATTR_URL]; /* request target as sent; one that is longer: as much of its normal form (url.h) */
	char filename[VG_ATTR_FILENAME];
	char type[VG_ATTR_TYPE]; /* Content-Type as claimed */
	char agent[VG_ATTR_AGENT];
	char forwarded[VG_ATTR_FORWARDED]; /* client address of X-Forwarded-For or Forwarded, leftmost */
	char boundary[VG_ATTR_BOUNDARY];   /* multipart boundary (RFC 2046 5.1.1: at most 70), for unpacking */
	struct vg_attr_tunnel tunnels[VG_ATTR_TUNNELS];
};
