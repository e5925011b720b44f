/* NFS 4 (RFC 7530 16, RFC 8881 18): a compound is walked, operation by operation, as far as they are understood; what
 * lies behind the data of a read or write is not needed. */
#include "dataplane/proto/nfs/nfs_priv.h"

enum {
	OP_ACCESS = 3,
	OP_CLOSE = 4,
	OP_COMMIT = 5,
	OP_GETATTR = 9,
	OP_GETFH = 10,
	OP_LOOKUP = 15,
	OP_LOOKUPP = 16,
	OP_OPEN = 18,
	OP_OPEN_CONFIRM = 20,
	OP_OPEN_DOWNGRADE = 21,
	OP_PUTFH = 22,
	OP_PUTPUBFH = 23,
	OP_PUTROOTFH = 24,
	OP_READ = 25,
	OP_RENEW = 30,
	OP_RESTOREFH = 31,
	OP_SAVEFH = 32,
	OP_SETATTR = 34,
	OP_WRITE = 38,
	OP_SEQUENCE = 53,
};
#define MAX_HANDLE    128u
#define MAX_NAME      1024u
#define MAX_OPAQUE    1024u
#define STATEID_BYTES 16u
#define ATTR_SIZE     4u /* RFC 7530 5.8.1: attribute number; those before it: 0 a bitmap, 1 and 2 of 4 bytes, 3 of 8 */
#define TYPE_REGULAR  1u

/* What is current while a compound is walked. */
struct walk {
	struct vg_span handle;
	struct vg_keyed_ref name; /* of the current file, where a name led to it */
};

/* bitmap4; its first word */
static uint32_t bitmap(struct vg_xdr *x)
{
	uint32_t n = vg_xdr_u32(x), first = 0;

	if (n > 8)
		x->is_short = 1;
	for (uint32_t i = 0; i < n && !x->is_short; i++) {
		uint32_t word = vg_xdr_u32(x);
		first = i ? first : word;
	}
	return first;
}

/* fattr4: its size, or VG_FILE_UNKNOWN where it has none or is no regular file */
static uint64_t attributes(struct vg_xdr *x)
{
	uint32_t mask = bitmap(x);
	struct vg_span values = vg_xdr_opaque(x, MAX_OPAQUE);
	struct vg_xdr v = { .at = values.at, .n_bytes = (uint32_t)values.n_bytes };
	uint32_t type = TYPE_REGULAR;
	uint64_t size;

	if (mask & 1)
		(void)bitmap(&v);
	if (mask & 2)
		type = vg_xdr_u32(&v);
	if (mask & 4)
		(void)vg_xdr_u32(&v);
	if (mask & 8)
		(void)vg_xdr_u64(&v);
	if (!(mask & 1u << ATTR_SIZE))
		return VG_FILE_UNKNOWN;
	size = vg_xdr_u64(&v);
	return v.is_short || type != TYPE_REGULAR ? VG_FILE_UNKNOWN : size;
}

static void name_ask(const struct vg_nfs_message *m, struct walk *w, struct vg_span text, struct vg_nfs_ask *ask)
{
	const struct vg_file *parent = (struct vg_file *)vg_keyed_deref(&vg_nfs_of(m->proto)->files.files, w->name);
	struct vg_file *name;

	if (!parent && w->handle.n_bytes)
		parent = vg_nfs_name_find(m, w->handle);
	name = vg_nfs_name_new(m, parent, text);
	if (ask->name.idx_1) /* only the last of a path has a use: its handle is asked for */
		vg_nfs_name_drop(m, ask->name);
	ask->what = VG_NFS_NAME;
	ask->name = w->name = vg_keyed_ref(name ? &name->link : NULL);
	w->handle.n_bytes = 0;
}

/* openflag4 and open_claim4; false where it is not understood */
static int open_ask(const struct vg_nfs_message *m, struct vg_xdr *x, struct walk *w, struct vg_nfs_ask *ask)
{
	uint32_t mode, claim;

	(void)vg_xdr_take(x, 12 + 8); /* sequence, access, deny; owner: client */
	(void)vg_xdr_opaque(x, MAX_OPAQUE);
	if (vg_xdr_u32(x) == 1) { /* OPEN4_CREATE */
		mode = vg_xdr_u32(x);
		if (mode >= 2) /* EXCLUSIVE4, EXCLUSIVE4_1: a verifier */
			(void)vg_xdr_u64(x);
		if (mode != 2)
			(void)attributes(x);
	}
	claim = vg_xdr_u32(x);
	if (claim == 2) /* CLAIM_DELEGATE_CUR */
		(void)vg_xdr_take(x, STATEID_BYTES);
	if (claim == 0 || claim == 2)
		name_ask(m, w, vg_xdr_opaque(x, MAX_NAME), ask);
	else if (claim == 1) /* CLAIM_PREVIOUS */
		(void)vg_xdr_u32(x);
	return claim <= 2 || claim == 4; /* CLAIM_FH */
}

static struct vg_file *current_file(const struct vg_nfs_message *m, const struct walk *w, struct vg_nfs_ask *ask,
				    enum vg_nfs_what what)
{
	struct vg_file *file = vg_nfs_file_get(m, w->handle);

	ask->what = (uint8_t)what;
	ask->file = vg_keyed_ref(file ? &file->link : NULL);
	return file;
}

/* An operation that moves or ends; true: the rest of the compound is not needed. */
static int file_ask(const struct vg_nfs_message *m, struct vg_xdr *x, uint32_t op, struct walk *w,
		    struct vg_nfs_ask *ask)
{
	struct vg_file_ctx ctx = vg_nfs_file_ctx(m);
	struct vg_file *file = NULL;
	uint32_t n;
	uint64_t size;

	if (op == OP_CLOSE)
		(void)vg_xdr_u32(x);
	if (op != OP_COMMIT)
		(void)vg_xdr_take(x, STATEID_BYTES);
	if (op == OP_SETATTR) {
		size = attributes(x);
		if (size == VG_FILE_UNKNOWN || x->is_short)
			return 0;
		file = vg_nfs_file_get(m, w->handle);
		if (file)
			vg_file_resize(&ctx, file, size);
		return 0;
	}
	if (op == OP_CLOSE) {
		file = current_file(m, w, ask, VG_NFS_CLOSE);
		if (file)
			file->is_closing = 1;
		return 1;
	}
	ask->off = vg_xdr_u64(x);
	n = vg_xdr_u32(x); /* WRITE: stable */
	if (op == OP_WRITE) {
		n = vg_xdr_u32(x);
		file = current_file(m, w, ask, VG_NFS_WRITE);
		vg_nfs_data_set(m, file, VG_FILE_WRITE, ask->off, x, n);
		return 1;
	}
	ask->n_bytes = n;
	(void)current_file(m, w, ask, op == OP_READ ? VG_NFS_READ : VG_NFS_COMMIT);
	return 1;
}

/* Bytes of the arguments of operations that only have to be passed by; 255: another. */
static uint32_t plain_ask_bytes(uint32_t op)
{
	switch (op) {
	case OP_GETFH:
	case OP_LOOKUPP:
	case OP_PUTPUBFH:
	case OP_PUTROOTFH:
	case OP_RESTOREFH:
	case OP_SAVEFH:
		return 0;
	case OP_ACCESS:
		return 4;
	case OP_RENEW:
		return 8;
	case OP_OPEN_CONFIRM:
		return STATEID_BYTES + 4;
	case OP_OPEN_DOWNGRADE:
		return STATEID_BYTES + 12;
	case OP_SEQUENCE:
		return 16 + 16;
	default:
		return 255;
	}
}

void vg_nfs4_call(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_nfs_ask *ask)
{
	struct walk w = { .handle = { x->at, 0 } };
	uint32_t n_ops, op, n;

	(void)vg_xdr_opaque(x, MAX_OPAQUE); /* tag */
	(void)vg_xdr_u32(x);                /* minor version */
	n_ops = vg_xdr_u32(x);
	for (uint32_t i = 0; i < n_ops && i < VG_NFS_MAX_OPS && !x->is_short; i++) {
		op = vg_xdr_u32(x);
		n = plain_ask_bytes(op);
		if (n != 255) {
			(void)vg_xdr_take(x, n);
			if (op != OP_GETFH && op != OP_ACCESS && op != OP_SEQUENCE && op != OP_SAVEFH)
				w = (struct walk){ .handle = { x->at, 0 } };
		} else if (op == OP_PUTFH) {
			w = (struct walk){ .handle = vg_xdr_opaque(x, MAX_HANDLE) };
		} else if (op == OP_GETATTR) {
			(void)bitmap(x);
		} else if (op == OP_LOOKUP) {
			name_ask(m, &w, vg_xdr_opaque(x, MAX_NAME), ask);
		} else if (op == OP_OPEN) {
			if (!open_ask(m, x, &w, ask))
				return;
		} else if (op == OP_READ || op == OP_WRITE || op == OP_CLOSE || op == OP_COMMIT || op == OP_SETATTR) {
			if (file_ask(m, x, op, &w, ask))
				return;
		} else {
			vg_count(m->proto->stats, VG_C_NFS_UNREAD, 1);
			return;
		}
	}
}

/* open_delegation4 */
static void delegation(struct vg_xdr *x)
{
	uint32_t type = vg_xdr_u32(x), why;

	if (type == 1 || type == 2) {
		(void)vg_xdr_take(x, STATEID_BYTES + 4);
		if (type == 2) /* nfs_space_limit4: of either kind 8 bytes */
			(void)vg_xdr_take(x, 12);
		(void)vg_xdr_take(x, 12); /* nfsace4 */
		(void)vg_xdr_opaque(x, MAX_OPAQUE);
	} else if (type == 3) {
		why = vg_xdr_u32(x);
		if (why == 1 || why == 2)
			(void)vg_xdr_u32(x);
	}
}

static void read_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask,
		       struct vg_file *file)
{
	uint32_t is_eof = vg_xdr_u32(x), n = vg_xdr_u32(x);

	if (x->is_short || n > ask->n_bytes) {
		vg_count(m->proto->stats, VG_C_NFS_BAD, 1);
		return;
	}
	if (is_eof && file && !file->is_written && ask->off + n)
		file->size = ask->off + n;
	vg_nfs_data_set(m, file, VG_FILE_READ, ask->off, x, n);
}

/* The result of an operation; true: the rest is not needed, or not understood. */
static int result_take(const struct vg_nfs_message *m, struct vg_xdr *x, uint32_t op, const struct vg_nfs_ask *ask,
		       struct walk *w)
{
	struct vg_file_ctx ctx = vg_nfs_file_ctx(m);
	struct vg_file *file = vg_nfs_ask_file(m, ask);
	uint64_t size;

	switch (op) {
	case OP_ACCESS:
		(void)vg_xdr_u64(x);
		return 0;
	case OP_SEQUENCE:
		(void)vg_xdr_take(x, 16 + 20);
		return 0;
	case OP_GETFH:
		w->handle = vg_xdr_opaque(x, MAX_HANDLE);
		vg_nfs_name_set(m, ask->name, w->handle, VG_FILE_UNKNOWN);
		return 0;
	case OP_GETATTR:
		size = attributes(x);
		if (size != VG_FILE_UNKNOWN && w->handle.n_bytes && !x->is_short)
			vg_nfs_name_set(m, ask->name, w->handle, size);
		return 0;
	case OP_OPEN:
		(void)vg_xdr_take(x, STATEID_BYTES + 20 + 4); /* change_info4, flags */
		(void)bitmap(x);
		delegation(x);
		return 0;
	case OP_OPEN_CONFIRM:
	case OP_OPEN_DOWNGRADE:
		(void)vg_xdr_take(x, STATEID_BYTES);
		return 0;
	case OP_SETATTR:
		(void)bitmap(x);
		return 0;
	case OP_READ:
		if (ask->what == VG_NFS_READ)
			read_reply(m, x, ask, file);
		return 1;
	case OP_COMMIT:
		if (file) /* should no CLOSE be seen: it was all stable */
			file->is_closing = 1;
		return 1;
	case OP_WRITE:
		(void)vg_xdr_u32(x);
		if (file && vg_xdr_u32(x) && !x->is_short)
			file->is_closing = 1;
		return 1;
	case OP_CLOSE:
		if (file && ask->what == VG_NFS_CLOSE)
			vg_file_give(&ctx, &m->flow->files, file, VG_END_FIN);
		return 1;
	default: /* without results, or not understood */
		return plain_ask_bytes(op) == 255 && op != OP_PUTFH && op != OP_LOOKUP;
	}
}

void vg_nfs4_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask)
{
	struct walk w = { .handle = { x->at, 0 } };
	uint32_t n_ops, op;

	(void)vg_xdr_u32(x);                /* of the last operation */
	(void)vg_xdr_opaque(x, MAX_OPAQUE); /* tag */
	n_ops = vg_xdr_u32(x);
	for (uint32_t i = 0; i < n_ops && i < VG_NFS_MAX_OPS && !x->is_short; i++) {
		op = vg_xdr_u32(x);
		if (vg_xdr_u32(x)) /* failed: it is the last */
			return;
		if (result_take(m, x, op, ask, &w))
			return;
	}
}
