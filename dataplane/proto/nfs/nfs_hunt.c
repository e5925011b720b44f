/* How NFS is recognised, and where a record begins in the middle of things: a call of NFS, or a reply to a call that is
 * known. */
#include "dataplane/proto/nfs/nfs_priv.h"

/* Does what is there of b look like the record of a call? n_bytes may be less than VG_NFS_HUNT_BYTES. */
static int may_be_call(const uint8_t *b, uint32_t n_bytes)
{
	static const uint8_t head[12] = { 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0x86, 0xa3 }; /* CALL, version 2, 100003 */
	uint32_t n = n_bytes > 8 ? n_bytes - 8 : 0;

	if (b[0] != 0x80 || memcmp(b + 8, head, n < sizeof(head) ? n : sizeof(head)))
		return 0;
	if (n_bytes >= 4 && (vg_be24(b + 1) < 40 || vg_be24(b + 1) > VG_NFS_MAX_RECORD))
		return 0;
	if (n_bytes >= 24 && vg_be32(b + 20) - 2 > 2)
		return 0;
	return n_bytes < 28 || vg_be32(b + 24) <= VG_NFS_MAX_PROC(vg_be32(b + 20));
}

/* Of VG_NFS_HUNT_BYTES: a reply that was accepted (RFC 5531 9), to a call under way. */
static int is_reply(const struct vg_nfs_message *m, const uint8_t *b)
{
	return b[0] == 0x80 && vg_be24(b + 1) >= 24 && vg_be24(b + 1) <= VG_NFS_MAX_RECORD && vg_be32(b + 8) == 1 &&
	       !vg_be32(b + 12) && vg_be32(b + 16) <= 6 && vg_be32(b + 20) <= 400 && vg_nfs_ask_find(m, vg_be32(b + 4));
}

static int is_record(const struct vg_nfs_message *m, const uint8_t *b)
{
	return may_be_call(b, VG_NFS_HUNT_BYTES) || is_reply(m, b);
}

int vg_nfs_hunt(const struct vg_nfs_message *m, const uint8_t *bytes, uint32_t n_bytes, uint32_t *n_eaten)
{
	struct vg_nfs_dir *d = m->d;
	uint8_t joined[2 * VG_NFS_HUNT_BYTES];
	uint32_t n_kept = d->n_got, n_more = n_bytes < VG_NFS_HUNT_BYTES ? n_bytes : VG_NFS_HUNT_BYTES;
	uint32_t n_joined = n_kept + n_more, n_keep = VG_NFS_HUNT_BYTES - 1;
	const uint8_t *at = bytes, *end = bytes + n_bytes, *s;

	memcpy(joined, d->got, n_kept);
	memcpy(joined + n_kept, bytes, n_more);
	*n_eaten = 0;
	for (uint32_t i = 0; i < n_kept && i + VG_NFS_HUNT_BYTES <= n_joined; i++)
		if (is_record(m, joined + i)) {
			d->n_got = n_kept - i;
			memcpy(d->got, joined + i, d->n_got);
			return 1;
		}
	while (end - at >= VG_NFS_HUNT_BYTES && (s = memchr(at, 0x80, (size_t)(end - at) - VG_NFS_HUNT_BYTES + 1))) {
		if (is_record(m, s)) {
			d->n_got = 0;
			*n_eaten = (uint32_t)(s - bytes);
			return 1;
		}
		at = s + 1;
	}
	*n_eaten = n_bytes;
	if (n_bytes >= n_keep) {
		memcpy(d->got, end - n_keep, n_keep);
	} else {
		n_keep = n_joined < n_keep ? n_joined : n_keep;
		memcpy(d->got, joined + n_joined - n_keep, n_keep);
	}
	d->n_got = n_keep;
	return 0;
}

enum vg_app vg_nfs_first(const uint8_t *bytes, uint32_t n_bytes)
{
	if (!may_be_call(bytes, n_bytes))
		return VG_APP_UNKNOWN;
	return n_bytes >= VG_NFS_HUNT_BYTES ? VG_APP_NFS : VG_APP_NONE;
}

int vg_nfs_begins(const uint8_t *bytes, uint32_t n_bytes)
{
	return n_bytes >= VG_NFS_HUNT_BYTES && may_be_call(bytes, n_bytes);
}
