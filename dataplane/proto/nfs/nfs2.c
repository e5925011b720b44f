/* NFS 2 (RFC 1094 2.2): the procedures that name or move. What is written is stable once it is answered. */
#include "dataplane/proto/nfs/nfs_priv.h"

enum { PROC_SETATTR = 2, PROC_LOOKUP = 4, PROC_READ = 6, PROC_WRITE = 8, PROC_CREATE = 9 };
#define HANDLE_BYTES 32u  /* FHSIZE */
#define MAX_NAME     255u /* MAXNAMLEN */
#define ATTR_BYTES   68u  /* fattr; type at 0, size at 20 */
#define TYPE_REGULAR 1u
#define UNCHANGED    UINT32_MAX /* of a field of sattr */

static struct vg_span handle_take(struct vg_xdr *x)
{
	const uint8_t *at = vg_xdr_take(x, HANDLE_BYTES);

	return at ? (struct vg_span){ at, HANDLE_BYTES } : (struct vg_span){ x->at, 0 };
}

/* The size of a regular file, else VG_FILE_UNKNOWN. */
static uint64_t attr_size(struct vg_xdr *x)
{
	const uint8_t *at = vg_xdr_take(x, ATTR_BYTES);

	return at && vg_be32(at) == TYPE_REGULAR ? vg_be32(at + 20) : VG_FILE_UNKNOWN;
}

static void name_ask(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_nfs_ask *ask)
{
	struct vg_span folder = handle_take(x), text = vg_xdr_opaque(x, MAX_NAME);
	struct vg_file *name;

	if (x->is_short)
		return;
	name = vg_nfs_name_new(m, vg_nfs_name_find(m, folder), text);
	ask->what = VG_NFS_NAME;
	ask->name = vg_keyed_ref(name ? &name->link : NULL);
}

/* sattr: mode, uid, gid, size, times */
static void setattr_take(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_file *file)
{
	struct vg_file_ctx ctx = vg_nfs_file_ctx(m);
	uint32_t size;

	(void)vg_xdr_take(x, 12);
	size = vg_xdr_u32(x);
	if (!x->is_short && size != UNCHANGED)
		vg_file_resize(&ctx, file, size);
}

void vg_nfs2_call(const struct vg_nfs_message *m, struct vg_xdr *x, struct vg_nfs_ask *ask)
{
	struct vg_file *file;

	if (ask->proc == PROC_LOOKUP || ask->proc == PROC_CREATE) {
		name_ask(m, x, ask);
		return;
	}
	if (ask->proc != PROC_READ && ask->proc != PROC_WRITE && ask->proc != PROC_SETATTR)
		return;
	file = vg_nfs_file_get(m, handle_take(x));
	if (!file || x->is_short)
		return;
	ask->file = vg_keyed_ref(&file->link);
	if (ask->proc == PROC_SETATTR) {
		setattr_take(m, x, file);
		return;
	}
	if (ask->proc == PROC_WRITE)
		(void)vg_xdr_u32(x); /* beginoffset */
	ask->off = vg_xdr_u32(x);
	ask->n_bytes = vg_xdr_u32(x);
	ask->what = ask->proc == PROC_READ ? VG_NFS_READ : VG_NFS_WRITE;
	if (ask->proc == PROC_WRITE) { /* n_bytes was totalcount */
		ask->n_bytes = vg_xdr_u32(x);
		vg_nfs_data_set(m, file, VG_FILE_WRITE, ask->off, x, ask->n_bytes);
	}
}

static void read_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask,
		       struct vg_file *file)
{
	uint64_t size = attr_size(x);
	uint32_t n = vg_xdr_u32(x);

	if (x->is_short || n > ask->n_bytes) {
		vg_count(m->proto->stats, VG_C_NFS_BAD, 1);
		return;
	}
	if (size != VG_FILE_UNKNOWN && !file->is_written)
		file->size = size;
	vg_nfs_data_set(m, file, VG_FILE_READ, ask->off, x, n);
}

void vg_nfs2_reply(const struct vg_nfs_message *m, struct vg_xdr *x, const struct vg_nfs_ask *ask)
{
	struct vg_file *file = vg_nfs_ask_file(m, ask);
	struct vg_span handle;
	uint64_t size;

	if (vg_xdr_u32(x)) /* status */
		return;
	if (ask->what == VG_NFS_NAME) {
		handle = handle_take(x);
		size = attr_size(x);
		if (!x->is_short)
			vg_nfs_name_set(m, ask->name, handle, size);
	} else if (file && ask->what == VG_NFS_READ) {
		read_reply(m, x, ask, file);
	} else if (file && ask->what == VG_NFS_WRITE) {
		size = attr_size(x);
		if (!x->is_short)
			vg_nfs_file_stable(file, size);
	}
}
