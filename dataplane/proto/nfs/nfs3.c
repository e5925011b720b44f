/* NFS 3 (RFC 1813 3.3): the procedures that name or move. */
#include "dataplane/proto/nfs/nfs_priv.h"

enum { PROC_SETATTR = 2, PROC_LOOKUP = 3, PROC_READ = 6, PROC_WRITE = 7, PROC_CREATE = 8, PROC_COMMIT = 21 };
#define MAX_HANDLE   64u /* NFS3_FHSIZE */
#define MAX_NAME     255u
#define ATTR_BYTES   84u /* fattr3; size at 20 */
#define WCC_BYTES    24u /* wcc_attr */
#define TYPE_REGULAR 1u
#define STABLE_DATA  1u /* DATA_SYNC and FILE_SYNC */

static void name_ask(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_nfs_ask *ask)
{
	struct vg_span folder = vg_xdr_opaque(x, MAX_HANDLE), text = vg_xdr_opaque(x, MAX_NAME);
	struct vg_file *name;

	if (x->is_short || !folder.n_bytes)
		return;
	name = vg_nfs_name_new(m, vg_nfs_name_find(m, folder), text);
	ask->what = VG_NFS_NAME;
	ask->name = vg_keyed_ref(name ? &name->link : NULL);
}

static void write_take(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_nfs_ask *ask, struct vg_file *file)
{
	uint32_t n;

	ask->off = vg_xdr_u64(x);
	(void)vg_xdr_u32(x); /* count, stable */
	(void)vg_xdr_u32(x);
	n = vg_xdr_u32(x);
	vg_nfs_data_set(m, file, VG_FILE_WRITE, ask->off, x, n);
}

/* sattr3: a new size among it */
static void setattr_take(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_file *file)
{
	struct vg_file_ctx ctx = vg_nfs_file_ctx(m);
	uint64_t size;

	for (unsigned i = 0; i < 3; i++) /* mode, uid, gid */
		if (vg_xdr_u32(x))
			(void)vg_xdr_u32(x);
	if (!vg_xdr_u32(x))
		return;
	size = vg_xdr_u64(x);
	if (!x->is_short)
		vg_file_resize(&ctx, file, size);
}

void vg_nfs3_call(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_nfs_ask *ask)
{
	struct vg_file *file;

	if (ask->proc == PROC_LOOKUP || ask->proc == PROC_CREATE) {
		name_ask(m, x, ask);
		return;
	}
	if (ask->proc != PROC_READ && ask->proc != PROC_WRITE && ask->proc != PROC_COMMIT && ask->proc != PROC_SETATTR)
		return;
	file = vg_nfs_file_get(m, vg_xdr_opaque(x, MAX_HANDLE));
	if (!file || x->is_short)
		return;
	ask->file = vg_keyed_ref(&file->link);
	if (ask->proc == PROC_WRITE) {
		ask->what = VG_NFS_WRITE;
		write_take(m, x, ask, file);
	} else if (ask->proc == PROC_COMMIT) {
		ask->what = VG_NFS_COMMIT;
	} else if (ask->proc == PROC_SETATTR) {
		setattr_take(m, x, file);
	} else {
		ask->what = VG_NFS_READ;
		ask->off = vg_xdr_u64(x);
		ask->n_bytes = vg_xdr_u32(x);
	}
}

/* post_op_attr: the size of a regular file, else VG_FILE_UNKNOWN */
static uint64_t post_size(struct vg_xdr *x)
{
	const uint8_t *at = vg_xdr_u32(x) ? vg_xdr_take(x, ATTR_BYTES) : NULL;

	return at && vg_be32(at) == TYPE_REGULAR ? vg_be64(at + 20) : VG_FILE_UNKNOWN;
}
static uint64_t wcc_size(struct vg_xdr *x)
{
	if (vg_xdr_u32(x))
		(void)vg_xdr_take(x, WCC_BYTES);
	return post_size(x);
}

static void name_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask)
{
	int has_handle = ask->proc == PROC_LOOKUP || vg_xdr_u32(x);
	struct vg_span handle = has_handle ? vg_xdr_opaque(x, MAX_HANDLE) : (struct vg_span){ x->at, 0 };

	if (!x->is_short)
		vg_nfs_name_set(m, ask->name, handle, post_size(x));
}

static void read_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask,
		       struct vg_file *file)
{
	uint64_t size = post_size(x);
	uint32_t n, is_eof;

	(void)vg_xdr_u32(x); /* count */
	is_eof = vg_xdr_u32(x);
	n = vg_xdr_u32(x);
	if (x->is_short || n > ask->n_bytes) {
		vg_count(m->proto->stats, VG_C_NFS_BAD, 1);
		return;
	}
	if (size != VG_FILE_UNKNOWN && !file->is_written)
		file->size = size;
	else if (is_eof && file->size == VG_FILE_UNKNOWN)
		file->size = ask->off + n;
	vg_nfs_data_set(m, file, VG_FILE_READ, ask->off, x, n);
}

void vg_nfs3_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask)
{
	struct vg_file *file = vg_nfs_ask_file(m, ask);
	uint64_t size;
	uint32_t stable;

	if (vg_xdr_u32(x)) /* status */
		return;
	if (ask->what == VG_NFS_NAME)
		name_reply(m, x, ask);
	if (!file)
		return;
	if (ask->what == VG_NFS_READ) {
		read_reply(m, x, ask, file);
	} else if (ask->what == VG_NFS_COMMIT) {
		size = wcc_size(x);
		vg_nfs_file_stable(file, size);
	} else if (ask->what == VG_NFS_WRITE) {
		size = wcc_size(x);
		(void)vg_xdr_u32(x); /* count */
		stable = vg_xdr_u32(x);
		if (!x->is_short && stable >= STABLE_DATA)
			vg_nfs_file_stable(file, size);
		else if (!x->is_short)
			vg_nfs_file_answered(file, size);
	}
}
