/* ONC RPC (RFC 5531 9): what a call asks waits, by its xid, for the reply. */
#include "dataplane/proto/nfs/nfs_priv.h"

enum { RPC_CALL, RPC_REPLY };
#define RPC_VERSION    2u
#define AUTH_GSS       6u   /* RFC 5531 8.2: RPCSEC_GSS */
#define MAX_AUTH       400u /* RFC 5531 8.2 */
#define GSS_NONE       1u   /* RFC 2203 5.3.1: rpc_gss_svc_none; others seal the arguments */
#define MSG_ACCEPTED   0u
#define ACCEPT_SUCCESS 0u

/* Credentials: false where the arguments behind them are sealed. */
static int cred_skip(struct vg_xdr *x)
{
	uint32_t flavor = vg_xdr_u32(x);
	struct vg_span body = vg_xdr_opaque(x, MAX_AUTH);

	/* RFC 2203 5.3.1: version, procedure, sequence, service */
	return flavor != AUTH_GSS || (body.n_bytes >= 16 && vg_be32(body.at + 12) == GSS_NONE);
}

static int call_take(const struct vg_nfs_message *m, struct vg_xdr *x, uint32_t xid)
{
	struct vg_nfs_ask ask = { .xid = xid };
	uint32_t rpc = vg_xdr_u32(x), program = vg_xdr_u32(x), version = vg_xdr_u32(x);
	int is_readable;

	ask.proc = (uint8_t)vg_xdr_u32(x);
	is_readable = cred_skip(x);
	(void)vg_xdr_u32(x);
	(void)vg_xdr_opaque(x, MAX_AUTH);
	if (rpc != RPC_VERSION)
		return 1;
	if (vg_nfs_heard_call(m, xid))
		return 0;
	if (program == VG_NFS_PROGRAM && !x->is_short) {
		ask.version = (uint8_t)version;
		if (!is_readable)
			vg_count(m->proto->stats, VG_C_NFS_SEALED, 1);
		else if (version == 2)
			vg_nfs2_call(m, x, &ask);
		else if (version == 3)
			vg_nfs3_call(m, x, &ask);
		else if (version == 4 && ask.proc == 1)
			vg_nfs4_call(m, x, &ask);
	}
	(void)vg_nfs_ask_new(m, &ask); /* of any program: so that no reply waits for it */
	return 0;
}

static int reply_take(const struct vg_nfs_message *m, struct vg_xdr *x, uint32_t xid)
{
	struct vg_nfs_ask *ask = vg_nfs_ask_find(m, xid);
	uint32_t reply = vg_xdr_u32(x), accept;

	if (reply > 1)
		return 1;
	(void)vg_xdr_u32(x);
	(void)vg_xdr_opaque(x, MAX_AUTH);
	accept = vg_xdr_u32(x);
	if (!ask) {
		vg_count(m->proto->stats, VG_C_NFS_UNPAIRED, 1);
		return 0;
	}
	if (reply == MSG_ACCEPTED && accept == ACCEPT_SUCCESS && !x->is_short) {
		if (ask->version == 2)
			vg_nfs2_reply(m, x, ask);
		else if (ask->version == 3)
			vg_nfs3_reply(m, x, ask);
		else if (ask->version == 4)
			vg_nfs4_reply(m, x, ask);
	}
	vg_nfs_heard_reply(m, xid);
	vg_nfs_ask_give(m, ask);
	return 0;
}

int vg_nfs_rpc_take(const struct vg_nfs_message *m)
{
	struct vg_xdr x = { .at = m->d->got, .n_bytes = m->d->n_got };
	uint32_t xid = vg_xdr_u32(&x), type = vg_xdr_u32(&x);

	if (m->d->n_got < 12 || type > RPC_REPLY)
		return 1;
	vg_count(m->proto->stats, VG_C_NFS_MESSAGES, 1);
	return type == RPC_CALL ? call_take(m, &x, xid) : reply_take(m, &x, xid);
}

int vg_nfs_rpc_waits(const struct vg_nfs_message *m)
{
	const struct vg_nfs_dir *peer = &m->flow->dir[!m->dir];

	if (!peer->is_seen || peer->has_ended || peer->state == VG_NFS_OFF || m->flow->n_late >= VG_NFS_MAX_LATE)
		return 0;
	return m->d->n_got >= 12 && vg_be32(m->d->got + 4) == RPC_REPLY && !vg_nfs_ask_find(m, vg_be32(m->d->got)) &&
	       !vg_nfs_is_answered(m->flow, vg_be32(m->d->got));
}
