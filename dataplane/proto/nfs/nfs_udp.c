/* Over UDP a datagram is a message: it goes the way of a record of one fragment, its mark made up. A client sends a
 * call again that was not answered in time, and what was sent twice may be answered twice. */
#include "dataplane/proto/nfs/nfs_priv.h"

#define MIN_CALL     40u /* RFC 5531 9: up to the empty verifier */
#define MIN_MESSAGE  12u
#define LAST_MARK    0x80000000u /* RFC 5531 11 */
#define MAX_DATAGRAM 65535u

int vg_nfs_opens(const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t version;

	/* CALL of RPC 2, program NFS */
	if (n_bytes < MIN_CALL || vg_be32(bytes + 4) || vg_be32(bytes + 8) != 2 ||
	    vg_be32(bytes + 12) != VG_NFS_PROGRAM)
		return 0;
	version = vg_be32(bytes + 16);
	return (version == 2 || version == 3) && vg_be32(bytes + 20) <= VG_NFS_MAX_PROC(version);
}

enum vg_step vg_nfs_datagram(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			     uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_nfs_flow *flow = vg_nfs_flow_of(base);
	uint8_t mark[4];

	if (n_bytes < MIN_MESSAGE || n_bytes > MAX_DATAGRAM) {
		vg_count(p->stats, VG_C_NFS_BAD, 1);
		return VG_MORE;
	}
	flow->is_udp = 1;
	vg_nfs_datagram_begin(flow, dir);
	vg_put_be32(mark, LAST_MARK | n_bytes);
	if (vg_nfs_feed(p, base, dir, mark, sizeof(mark), wall_ns) != VG_MORE)
		return VG_SKIP;
	return vg_nfs_feed(p, base, dir, bytes, n_bytes, wall_ns);
}

static struct vg_nfs_heard *heard_find(struct vg_nfs_flow *flow, uint32_t xid)
{
	for (uint32_t i = 0; i < VG_NFS_MAX_HEARD; i++)
		if (flow->heard[i].is_used && flow->heard[i].xid == xid)
			return &flow->heard[i];
	return NULL;
}

int vg_nfs_heard_call(const struct vg_nfs_message *m, uint32_t xid)
{
	uint64_t check = vg_keyed_hash(m->d->got, m->d->n_got) ^ m->d->fragment_left;
	struct vg_nfs_heard *heard;

	if (!m->flow->is_udp)
		return 0;
	heard = heard_find(m->flow, xid);
	if (heard && heard->check == check)
		return 1;
	if (!heard)
		heard = &m->flow->heard[m->flow->heard_next++ % VG_NFS_MAX_HEARD];
	*heard = (struct vg_nfs_heard){ .xid = xid, .check = check, .is_used = 1 };
	return 0;
}

void vg_nfs_heard_reply(const struct vg_nfs_message *m, uint32_t xid)
{
	struct vg_nfs_heard *heard = m->flow->is_udp ? heard_find(m->flow, xid) : NULL;

	if (heard)
		heard->is_answered = 1;
}

int vg_nfs_is_answered(const struct vg_nfs_flow *flow, uint32_t xid)
{
	for (uint32_t i = 0; flow->is_udp && i < VG_NFS_MAX_HEARD; i++)
		if (flow->heard[i].is_used && flow->heard[i].xid == xid)
			return flow->heard[i].is_answered;
	return 0;
}
