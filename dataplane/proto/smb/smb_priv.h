#pragma once
/* smb_priv: what the files of this folder share: the pools of one core, the state of one flow. */
#include <vigil/bytes.h>

#include "dataplane/proto/file/stash.h"
#include "dataplane/proto/smb/smb.h"

/* Of one flow. */
#define VG_SMB_MAX_FILES  256u
#define VG_SMB_MAX_ASKS   512u /* requests whose answers are awaited */
#define VG_SMB_MAX_TREES  32u
#define VG_SMB_MAX_USERS  4u
#define VG_SMB_MAX_PARTS  64u   /* messages of a compound, commands of an AndX chain */
#define VG_SMB_HEAD_BYTES 2048u /* of a message, that are looked at together */
#define VG_SMB_MAX_STRANGE_BYTES \
	(32u << 20)              /* in a row without a record: two of the largest, then the flow is let go */
#define VG_SMB_MAX_ENCRYPTED 64u /* messages in a row of an encrypted session: the flow is let go */
/* An answer that is heard before its request waits for it so long, and until its direction holds VG_STASH_MAX_BLOCKS;
 * after so many times in vain in a row none does. */
#define VG_SMB_WAIT_NS       2000000000
#define VG_SMB_MAX_LATE      8u
#define VG_SMB_MIN_MESSAGE   16u /* the smallest: a compressed one's head (MS-SMB2 2.2.42) */
/* The largest read or write is 8 MiB (MS-SMB2 3.3.5.4), with some room for compounds. */
#define VG_SMB_MAX_RECORD    (12u << 20)
/* A record: 4 bytes, and so many of its message tell that it is one. */
#define VG_SMB_HUNT_BYTES    24u

enum vg_smb_mark {
	VG_SMB_MARK_1 = 0xff,
	VG_SMB_MARK_2 = 0xfe,
	VG_SMB_MARK_ENCRYPTED = 0xfd,
	VG_SMB_MARK_COMPRESSED = 0xfc
};

/* What a request asked for; an AndX chain asks for several things. */
enum vg_smb_what { VG_SMB_OPEN = 1, VG_SMB_READ = 2, VG_SMB_CLOSE = 4, VG_SMB_TREE = 8, VG_SMB_RESIZE = 16 };
struct vg_smb_ask {
	struct vg_keyed link;
	uint64_t id; /* SMB 2: MessageId; SMB 1: process and multiplex id */
	struct vg_keyed_ref file, tree;
	uint64_t off, size;
	uint32_t n_bytes;
	uint8_t what, mark;
};
enum vg_smb_tree_kind { VG_SMB_TREE_UNKNOWN, VG_SMB_TREE_DISK, VG_SMB_TREE_PIPE, VG_SMB_TREE_PRINT };
struct vg_smb_tree {
	struct vg_keyed link;
	uint64_t id; /* TreeId, or TID; UINT64_MAX: not answered yet */
	uint8_t kind, n_host;
	uint16_t n_text;
	char text[200]; /* host/share */
};
struct vg_smb_user {
	uint64_t id; /* SessionId, or UID */
	uint8_t n_text;
	char text[95]; /* domain;user */
};

enum vg_smb_state {
	VG_SMB_RECORD,  /* before or in the four bytes of a record */
	VG_SMB_MESSAGE, /* gathering the beginning of a message */
	VG_SMB_DATA,    /* in the data of a read or write */
	VG_SMB_SKIP,    /* in the rest of a message */
	VG_SMB_WAIT,    /* for what was not heard of the other direction yet; the rest is stashed */
	VG_SMB_HUNT,    /* looking for the next record */
	VG_SMB_OFF,
};
/* The data that a message carries: found by smb1.c and smb2.c. */
struct vg_smb_data {
	struct vg_keyed_ref file;
	uint32_t at, n_bytes; /* in the message */
	uint64_t off;         /* in the file */
	uint8_t way, closes;  /* enum vg_file_way; a write that closes its file */
};
struct vg_smb_dir {
	uint8_t state, has_ended, has_conflict, is_seen, n_parts, no_wait;
	int64_t wait_ns; /* WAIT: since when */
	struct vg_stash stash;
	uint32_t record_left;        /* of the record, not eaten */
	uint32_t n_message, n_eaten; /* of the message; n_message = to the record's end where it is the last */
	uint32_t n_got, n_need;
	uint32_t n_strange;
	struct vg_smb_data data;
	struct vg_keyed_ref chain_file; /* what a related request means */
	uint8_t got[VG_SMB_HEAD_BYTES]; /* HUNT: the last VG_SMB_HUNT_BYTES - 1 */
};
struct vg_smb_flow {
	struct vg_proto_flow base;
	struct vg_smb_dir dir[2];
	struct vg_keyed_set files, asks, trees;
	uint32_t n_encrypted; /* in a row */
	uint32_t n_opening;   /* requests under way that open a file or a share */
	uint32_t n_late;      /* times in a row that was waited for in vain */
	uint64_t last_id;     /* SMB 2: the highest MessageId of a request */
	uint8_t is_encrypted; /* a session is, as a whole */
	uint8_t n_users;
	struct vg_smb_user users[VG_SMB_MAX_USERS];
};

/* Pools of one core. */
struct vg_smb {
	struct vg_file_pool files;
	struct vg_keyed_pool asks, trees;
};
static inline struct vg_smb *vg_smb_of(const struct vg_proto *p)
{
	return p->shared[VG_APP_SMB];
}
static inline struct vg_smb_flow *vg_smb_flow_of(struct vg_proto_flow *flow)
{
	return (struct vg_smb_flow *)flow;
}

/* A message that is looked at: its first bytes (n_bytes of n_message), its direction, the flow, the time. */
struct vg_smb_message {
	struct vg_proto *proto;
	struct vg_smb_flow *flow;
	struct vg_smb_dir *d;
	const uint8_t *at;
	uint32_t n_bytes, n_message;
	unsigned dir;
	int64_t wall_ns;
};
static inline struct vg_file_ctx vg_smb_file_ctx(const struct vg_smb_message *m)
{
	return (struct vg_file_ctx){ m->proto, &vg_smb_of(m->proto)->files, &m->flow->base, m->wall_ns };
}

/* smb_hunt.c. At the beginning of a record with one of SMB's messages? VG_SMB_HUNT_BYTES are there. */
int vg_smb_is_record(const uint8_t *bytes);
/* Looks for a record in the bytes that were kept (n_got of got) and these. Found: true, n_got of got are the kept bytes
 * that belong to it, *n_eaten of these lie before it. Otherwise all are eaten and the last are kept. */
int vg_smb_hunt(struct vg_smb_dir *d, const uint8_t *bytes, uint32_t n_bytes, uint32_t *n_eaten);
/* smb.c: as struct vg_parser says. */
void vg_smb_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_smb_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_smb_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_smb_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			int64_t wall_ns);
void vg_smb_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how, int64_t wall_ns);
void vg_smb_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);

/* smb1.c, smb2.c. need: how many bytes of the message must be there before it is taken, given n_got of them (at
 * least 4); more than n_message: it is too short. length: of an SMB 2 message in a compound; 0: to the record's
 * end. take: reads the message; where it carries data, fills m->d->data (n_bytes 0: none). */
int vg_smb1_waits(const struct vg_smb_message *m);
uint32_t vg_smb1_need(const uint8_t *got, uint32_t n_got, uint32_t n_message);
void vg_smb1_take(const struct vg_smb_message *m);
int vg_smb2_waits(const struct vg_smb_message *m);
uint32_t vg_smb2_need(const uint8_t *got, uint32_t n_got, uint32_t n_message);
uint32_t vg_smb2_length(const uint8_t *got);
void vg_smb2_take(const struct vg_smb_message *m);

static inline int vg_smb_waits(const struct vg_smb_message *m)
{
	const struct vg_smb_dir *peer = &m->flow->dir[!m->dir];

	if (!peer->is_seen || peer->has_ended || peer->state == VG_SMB_OFF || m->flow->n_late >= VG_SMB_MAX_LATE)
		return 0;
	return m->at[0] == VG_SMB_MARK_2 ? vg_smb2_waits(m) : vg_smb1_waits(m);
}

/* smb_state.c: files, requests, trees and users of a flow; NULL: none is free, or none is known (counted). */
struct vg_file *vg_smb_file_new(const struct vg_smb_message *m, uint64_t tree_id, uint64_t user_id, const uint8_t *name,
				size_t n_name, int is_utf16, int is_cut);
/* The file of an id; where it is not known one without a name. is_pipe tells what tree_id says. */
struct vg_file *vg_smb_file_get(const struct vg_smb_message *m, const uint8_t *id, uint32_t n_id, uint64_t tree_id);
void vg_smb_file_name(const struct vg_smb_message *m, struct vg_file *file, const uint8_t *id, uint32_t n_id);
void vg_smb_file_close(const struct vg_smb_message *m, struct vg_file *file);
struct vg_smb_ask *vg_smb_ask_new(const struct vg_smb_message *m, uint64_t id, unsigned mark, unsigned what);
struct vg_smb_ask *vg_smb_ask_find(const struct vg_smb_message *m, uint64_t id, unsigned mark);
void vg_smb_ask_give(const struct vg_smb_message *m, struct vg_smb_ask *ask);
struct vg_file *vg_smb_ask_file(const struct vg_smb_message *m, const struct vg_smb_ask *ask);
struct vg_smb_tree *vg_smb_tree_new(const struct vg_smb_message *m, const uint8_t *path, size_t n_path, int is_utf16);
struct vg_smb_tree *vg_smb_tree_find(const struct vg_smb_message *m, uint64_t id);
void vg_smb_tree_name(const struct vg_smb_message *m, struct vg_smb_tree *tree, uint64_t id, unsigned kind);
void vg_smb_tree_give(const struct vg_smb_message *m, struct vg_smb_tree *tree);
void vg_smb_user_set(const struct vg_smb_message *m, uint64_t id, const char *text, size_t n_text);
