/* Where a record begins in the middle of things: a NetBIOS message with one of SMB's marks and a possible head. */
#include "dataplane/proto/smb/smb_priv.h"

int vg_smb_is_record(const uint8_t *b)
{
	uint32_t n = vg_be24(b + 1);

	if (b[0] != 0 || memcmp(b + 5, "SMB", 3) || n < VG_SMB_MIN_MESSAGE || n > VG_SMB_MAX_RECORD)
		return 0;
	switch (b[4]) {
	case VG_SMB_MARK_1: /* no status of a future, no reserved byte */
		return n >= 35 && b[8] != 0xff;
	case VG_SMB_MARK_2: /* MS-SMB2 2.2.1: StructureSize 64, 19 commands */
		return n >= 64 && vg_le16(b + 8) == 64 && vg_le16(b + 16) <= 0x12;
	case VG_SMB_MARK_ENCRYPTED:
		return n >= 52;
	case VG_SMB_MARK_COMPRESSED:
		return 1;
	default:
		return 0;
	}
}

int vg_smb_hunt(struct vg_smb_dir *d, const uint8_t *bytes, uint32_t n_bytes, uint32_t *n_eaten)
{
	uint8_t joined[2 * VG_SMB_HUNT_BYTES];
	uint32_t n_kept = d->n_got, n_more = n_bytes < VG_SMB_HUNT_BYTES ? n_bytes : VG_SMB_HUNT_BYTES;
	uint32_t n_joined = n_kept + n_more, n_keep = VG_SMB_HUNT_BYTES - 1;
	const uint8_t *at = bytes, *end = bytes + n_bytes, *s;

	memcpy(joined, d->got, n_kept);
	memcpy(joined + n_kept, bytes, n_more);
	*n_eaten = 0;
	for (uint32_t i = 0; i < n_kept && i + VG_SMB_HUNT_BYTES <= n_joined; i++)
		if (vg_smb_is_record(joined + i)) {
			d->n_got = n_kept - i;
			memcpy(d->got, joined + i, d->n_got);
			return 1;
		}
	while (end - at >= VG_SMB_HUNT_BYTES && (s = memchr(at + 5, 'S', (size_t)(end - at) - VG_SMB_HUNT_BYTES + 1))) {
		if (vg_smb_is_record(s - 5)) {
			d->n_got = 0;
			*n_eaten = (uint32_t)(s - 5 - bytes);
			return 1;
		}
		at = s - 4;
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
