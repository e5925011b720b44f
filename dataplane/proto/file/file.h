#pragma once
/* file: an open file that is read and written in pieces, at any place and in any order, as bodies in order: one of
 * what was read, one of what was written. For protocols that move parts of files (SMB, NFS). One core, fixed pools, no
 * locks.
 *
 * Pieces that come early wait in blocks of VG_FILE_BLOCK_BYTES until what is before them came; where no block is free,
 * or the file has its share, the hole before them is given up (a gap of the body). What was given is never given again:
 * reading a place twice changes nothing; writing one again is counted and marks the body as conflicting, but for a
 * write of everything written so far, which begins a new body.
 *
 * A body ends when its protocol says so (close), when all of a known size was read, or with the flow:
 *	COMPLETE    from the first byte to the last: the size is known and reached, or the file was closed and its
 *	            size is not known
 *	GAP         a part inside is missing
 *	TRUNCATED   it ended before its size was reached, or without a close
 *	ABORTED     the same, by a reset
 * What is read of a file with a name and a known size belongs together (`resource`) for one client and server, whatever
 * the handles and connections: where a reader goes on behind a place that it never read, the body before it ends, and
 * what follows is a piece of its own (VG_ATTR_PIECE), TRUNCATED, as it is not from the first byte to the last.
 * So does what is written, of which nobody knows how large it will be (VG_ATTR_GROWS): the piece that reaches the end
 * of the file as its handle knows it is COMPLETE where that is closed.
 * Used by one folder below each; all functions are hot but those of file_setup.c. */
#include "dataplane/proto/file/keyed.h"
#include "dataplane/proto/parser.h"

#define VG_FILE_BLOCK_BYTES  65536u
#define VG_FILE_MAX_BLOCKS   256u         /* of one direction of a file */
#define VG_FILE_MAX_ID_BYTES 128u         /* SMB2 16; NFS 3: 64 (RFC 1813 2.4), NFS 4: 128 (RFC 7530 4.2) */
#define VG_FILE_MAX_OFF      (1ull << 62) /* pieces at or behind it are refused: no sum of offset and length wraps */
#define VG_FILE_UNKNOWN      UINT64_MAX
#define VG_FILE_MAX_PARTS    64u /* pieces that are written of one, by one handle, before places passed over are gaps */

enum vg_file_way { VG_FILE_READ, VG_FILE_WRITE, VG_FILE_WAYS };

/* One way of a file's contents. */
struct vg_file_io {
	struct vg_body *body;             /* NULL: not begun, or nobody wants it */
	uint64_t next_off;                /* all before it was given, or told as a gap */
	uint64_t begun_off;               /* of the body's first byte */
	uint32_t first_block, last_block; /* held, by offset; place + 1 */
	uint16_t n_blocks;
	uint8_t dir;      /* of the flow: who sends it */
	uint8_t is_begun; /* the sink was asked */
	uint8_t is_done;  /* it ended as complete; more of it begins anew */
	uint8_t is_piece; /* the body begins behind the beginning of the file */
	uint8_t had_gap, has_conflict;
	uint8_t n_parts; /* written */
};

struct vg_file {
	struct vg_keyed link;
	uint64_t size;      /* of the whole file as far as known, else VG_FILE_UNKNOWN */
	int64_t touched_ns; /* of the last piece */
	struct vg_file_io io[VG_FILE_WAYS];
	uint8_t proto_id;     /* enum vg_proto_id */
	uint8_t begins_anew;  /* its handle is for ever: once all was read, reading its beginning is another transfer */
	uint8_t is_closing;   /* a close is under way */
	uint8_t is_written;   /* its size may have changed */
	uint8_t is_announced; /* size is what the writer said it will be */
	uint8_t is_cut;       /* a text was longer than its field */
	uint8_t was_empty;    /* before it was written: it was made, or cut off */
	uint8_t state;        /* the protocol's */
	uint8_t n_id, id[VG_FILE_MAX_ID_BYTES];
	/* url: scheme://user@host/path; host and file name are parts of it */
	uint16_t n_url, host_at, n_host, name_at;
	char url[VG_ATTR_URL];
};

/* Of one core and protocol. */
struct vg_file_pool {
	struct vg_keyed_pool files;
	struct vg_pool blocks;
};
/* Pools of n_files and n_blocks. VG_OK or VG_ENOMEM. Cold. */
enum vg_err vg_file_pool_create(struct vg_file_pool *pool, uint32_t n_files, uint32_t n_blocks);
void vg_file_pool_destroy(struct vg_file_pool *pool);

/* What the functions below work with; made up by the caller for each call. */
struct vg_file_ctx {
	struct vg_proto *proto;
	struct vg_file_pool *pool;
	const struct vg_proto_flow *flow;
	int64_t wall_ns;
};

/* A file without texts and id, in no set; NULL: none is free. */
struct vg_file *vg_file_take(struct vg_file_pool *pool, unsigned proto_id);
/* Sets its id (cut at VG_FILE_MAX_ID_BYTES); the hash to be used. */
uint64_t vg_file_set_id(struct vg_file *file, const uint8_t *id, uint32_t n_id);
/* The file of that id, or NULL. */
struct vg_file *vg_file_find(struct vg_file_pool *pool, struct vg_keyed_set *set, const uint8_t *id, uint32_t n_id);
/* Ends its bodies as the flow's end does (is_closing counts) and gives it back. */
void vg_file_give(const struct vg_file_ctx *ctx, struct vg_keyed_set *set, struct vg_file *file,
		  enum vg_stream_end how);

/* A piece of n_bytes at off begins: where it is a write of all that was written so far, a new body begins. */
void vg_file_run(const struct vg_file_ctx *ctx, struct vg_file *file, enum vg_file_way way, unsigned dir, uint64_t off,
		 uint64_t n_bytes);
/* The next bytes of a piece, at off. */
void vg_file_bytes(const struct vg_file_ctx *ctx, struct vg_file *file, enum vg_file_way way, uint64_t off,
		   const uint8_t *bytes, uint32_t n_bytes);
/* n_bytes of a piece, at off, will never come. */
void vg_file_lost(const struct vg_file_ctx *ctx, struct vg_file *file, enum vg_file_way way, uint64_t off,
		  uint64_t n_bytes);
/* Overlapping segments inside a piece. */
void vg_file_conflict(const struct vg_file_ctx *ctx, struct vg_file *file, enum vg_file_way way);
/* The file now ends at size: by its opening, or because a write or the client says so; 0 ends what was written. */
void vg_file_resize(const struct vg_file_ctx *ctx, struct vg_file *file, uint64_t size);
/* A reader was told that the file ends at off. */
void vg_file_eof(const struct vg_file_ctx *ctx, struct vg_file *file, uint64_t off);
/* Direction dir of the flow has ended. */
void vg_file_end(const struct vg_file_ctx *ctx, struct vg_file *file, unsigned dir, enum vg_stream_end how);
