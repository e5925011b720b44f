#pragma once
/* nfs_priv: what the files of this folder share: the pools of one core, the state of one flow. */
#include "dataplane/proto/file/stash.h"
#include "dataplane/proto/nfs/nfs.h"
#include "dataplane/proto/nfs/xdr.h"

/* Of one flow. */
#define VG_NFS_MAX_FILES         256u
#define VG_NFS_MAX_NAMES         256u
#define VG_NFS_MAX_ASKS          512u
#define VG_NFS_MAX_OPS           64u /* of a compound */
#define VG_NFS_HEAD_BYTES        2048u
#define VG_NFS_MAX_RECORD        (8u << 20) /* Linux reads and writes at most 1 MiB at a time */
#define VG_NFS_MAX_STRANGE_BYTES (16u << 20)
#define VG_NFS_HUNT_BYTES        28u /* of a call that tell that it is one: mark, xid, type, versions, procedure */
/* A reply that is heard before its call waits for it so long; after so many times in vain in a row none does. */
#define VG_NFS_WAIT_NS           2000000000
#define VG_NFS_MAX_LATE          8u
#define VG_NFS_SYNCED_NS         1000000000
#define VG_NFS_IDLE_NS           30000000000

#define VG_NFS_MAX_HEARD 32u /* last calls over UDP that are remembered: some come twice */

#define VG_NFS_PROGRAM           100003u
#define VG_NFS_MAX_PROC(version) ((version) == 2 ? 17u : (version) == 3 ? 21u : 1u) /* STATFS, COMMIT, COMPOUND */

enum vg_nfs_what { VG_NFS_OTHER, VG_NFS_NAME, VG_NFS_READ, VG_NFS_WRITE, VG_NFS_COMMIT, VG_NFS_CLOSE, VG_NFS_SETATTR };
struct vg_nfs_ask {
	struct vg_keyed link;
	struct vg_keyed_ref file, name;
	uint64_t off;
	uint32_t xid, n_bytes;
	uint8_t version, proc, what;
};
/* state of a struct vg_file: has the server all that was written? */
enum vg_nfs_stable { VG_NFS_UNSTABLE, VG_NFS_STABLE };

enum vg_nfs_state { VG_NFS_MARK, VG_NFS_HEAD, VG_NFS_DATA, VG_NFS_SKIP, VG_NFS_WAIT, VG_NFS_HUNT, VG_NFS_OFF };
struct vg_nfs_data {
	struct vg_keyed_ref file;
	uint32_t at, n_bytes; /* in the message */
	uint64_t off;         /* in the file */
	uint8_t way;
};
struct vg_nfs_dir {
	uint8_t state, has_ended, has_conflict, is_seen, no_wait;
	uint8_t is_last;    /* the fragment is the message's last */
	uint8_t in_message; /* MARK: of a further fragment */
	uint8_t after_mark; /* the state to go on with there */
	int64_t wait_ns;
	struct vg_stash stash;
	uint32_t n_mark, fragment_left, n_eaten, n_got, n_strange;
	struct vg_nfs_data data;
	uint8_t mark[4];
	uint8_t got[VG_NFS_HEAD_BYTES];
};
struct vg_nfs_heard {
	uint64_t check; /* of the call */
	uint32_t xid;
	uint8_t is_used, is_answered;
};
struct vg_nfs_flow {
	struct vg_proto_flow base;
	struct vg_nfs_dir dir[2];
	struct vg_keyed_set files, names, asks;
	uint32_t n_late, heard_next;
	uint8_t is_udp;
	struct vg_nfs_heard heard[VG_NFS_MAX_HEARD];
};
struct vg_nfs {
	struct vg_file_pool files; /* also names: files without bodies */
	struct vg_keyed_pool asks;
};
static inline struct vg_nfs *vg_nfs_of(const struct vg_proto *p)
{
	return p->shared[VG_APP_NFS];
}
static inline struct vg_nfs_flow *vg_nfs_flow_of(struct vg_proto_flow *flow)
{
	return (struct vg_nfs_flow *)flow;
}

struct vg_nfs_message {
	struct vg_proto *proto;
	struct vg_nfs_flow *flow;
	struct vg_nfs_dir *d;
	unsigned dir;
	int64_t wall_ns;
};
static inline struct vg_file_ctx vg_nfs_file_ctx(const struct vg_nfs_message *m)
{
	return (struct vg_file_ctx){ m->proto, &vg_nfs_of(m->proto)->files, &m->flow->base, m->wall_ns };
}

/* nfs.c: as struct vg_parser says. */
void vg_nfs_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_nfs_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_nfs_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_nfs_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			int64_t wall_ns);
void vg_nfs_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how, int64_t wall_ns);
void vg_nfs_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);

/* nfs.c: a direction is at the beginning of a message, whatever was before; not where it waits. */
void vg_nfs_datagram_begin(struct vg_nfs_flow *flow, unsigned dir);

/* nfs_udp.c: as struct vg_parser says. */
enum vg_step vg_nfs_datagram(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			     uint32_t n_bytes, int64_t wall_ns);
/* Calls over UDP: true where the same one (by its head, in m->d->got) was heard lately; else it is remembered. */
int vg_nfs_heard_call(const struct vg_nfs_message *m, uint32_t xid);
void vg_nfs_heard_reply(const struct vg_nfs_message *m, uint32_t xid);
int vg_nfs_is_answered(const struct vg_nfs_flow *flow, uint32_t xid);

/* nfs_hunt.c: looks for a record in the bytes that were kept (n_got of got) and these. Found: true, n_got of got are
 * the kept bytes that belong to it, *n_eaten of these lie before it. Otherwise all are eaten and the last are kept. */
int vg_nfs_hunt(const struct vg_nfs_message *m, const uint8_t *bytes, uint32_t n_bytes, uint32_t *n_eaten);

/* nfs_rpc.c: the message in m->d->got (n_got bytes, all of it or VG_NFS_HEAD_BYTES): true where it is none. Where it
 * carries data, fills m->d->data. waits: a reply before its call. */
int vg_nfs_rpc_take(const struct vg_nfs_message *m);
int vg_nfs_rpc_waits(const struct vg_nfs_message *m);

/* nfs2.c, nfs3.c, nfs4.c: arguments of a call (ask is to be filled), results of a successful reply. */
void vg_nfs2_call(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_nfs_ask *ask);
void vg_nfs2_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask);
void vg_nfs3_call(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_nfs_ask *ask);
void vg_nfs3_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask);
void vg_nfs4_call(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_nfs_ask *ask);
void vg_nfs4_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask);

/* nfs_state.c. The file of a handle, its name where that is known; NULL: none is free. */
struct vg_file *vg_nfs_file_get(const struct vg_nfs_message *m, struct vg_span handle);
struct vg_file *vg_nfs_ask_file(const struct vg_nfs_message *m, const struct vg_nfs_ask *ask);
/* A name in a folder, whose handle is to come; parent may be NULL. */
struct vg_file *vg_nfs_name_new(const struct vg_nfs_message *m, const struct vg_file *parent, struct vg_span name);
struct vg_file *vg_nfs_name_find(const struct vg_nfs_message *m, struct vg_span handle);
void vg_nfs_name_set(const struct vg_nfs_message *m, struct vg_keyed_ref name, struct vg_span handle, uint64_t size);
void vg_nfs_name_drop(const struct vg_nfs_message *m, struct vg_keyed_ref name);
struct vg_nfs_ask *vg_nfs_ask_new(const struct vg_nfs_message *m, const struct vg_nfs_ask *like);
struct vg_nfs_ask *vg_nfs_ask_find(const struct vg_nfs_message *m, uint32_t xid);
void vg_nfs_ask_give(const struct vg_nfs_message *m, struct vg_nfs_ask *ask);
/* Where the data of a read or write lies: at the place of x, n bytes. */
void vg_nfs_data_set(const struct vg_nfs_message *m, struct vg_file *file, enum vg_file_way way, uint64_t off,
		     const struct vg_xdr *x, uint32_t n_bytes);
/* What was written to the file is stable and the file has size bytes (VG_FILE_UNKNOWN: not said). */
void vg_nfs_file_stable(struct vg_file *file, uint64_t size);
/* What was written is there, though it may still be lost to a crash: should no more come, it is whole. */
void vg_nfs_file_answered(struct vg_file *file, uint64_t size);
/* Ends what was written and rests. */
void vg_nfs_files_age(const struct vg_nfs_message *m);
