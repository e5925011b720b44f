/* Transfers by their generation: an announcement outlives its transfer, and must then mean nothing. A data connection
 * that nobody announced leaves a note of its own (app NONE) at both of its ends: pool index and flow id. */
#include "dataplane/proto/ftp/ftp_priv.h"

struct vg_ftp_transfer *vg_ftp_transfer_take(struct vg_proto *p, struct vg_ftp_flow *control)
{
	struct vg_ftp_transfer *transfer = vg_pool_take(&vg_ftp_of(p)->transfers);
	uint32_t generation;

	if (!transfer) {
		vg_count(p->stats, VG_C_FTP_NO_STATE, 1);
		return NULL;
	}
	generation = transfer->generation ? transfer->generation : 1;
	memset(transfer, 0, offsetof(struct vg_ftp_transfer, host));
	transfer->generation = generation;
	transfer->control = control;
	transfer->size = transfer->opening = UINT64_MAX;
	transfer->is_ascii = control->is_ascii;
	transfer->is_deflated = control->is_deflated;
	return transfer;
}

void vg_ftp_transfer_leave(struct vg_proto *p, struct vg_ftp_transfer *transfer)
{
	if (transfer->control || transfer->data)
		return;
	if (!++transfer->generation)
		transfer->generation = 1;
	vg_pool_give(&vg_ftp_of(p)->transfers, transfer);
}

static void put(struct vg_proto *p, const struct vg_ftp_transfer *transfer, const struct vg_endpoint *at,
		int64_t wall_ns)
{
	vg_expect_put(&p->expect, at, VG_APP_FTP_DATA,
		      (uint64_t)transfer->generation << 32 | vg_pool_idx(&vg_ftp_of(p)->transfers, transfer), wall_ns);
}

void vg_ftp_transfer_expect(struct vg_proto *p, struct vg_ftp_transfer *transfer, const struct vg_endpoint *at,
			    int64_t wall_ns)
{
	const struct vg_expected *note = vg_expect_find(&p->expect, at, wall_ns);
	struct vg_ftp_data *data;

	if (note && note->app == VG_APP_NONE && !transfer->data &&
	    (uint32_t)note->value < p->flows[VG_APP_FTP_DATA].n_fresh) {
		data = vg_pool_at(&p->flows[VG_APP_FTP_DATA], (uint32_t)note->value);
		if ((uint32_t)data->base.ident.flow_id == (uint32_t)(note->value >> 32) && !data->transfer) {
			data->transfer = transfer;
			transfer->data = data;
		}
	}
	put(p, transfer, at, wall_ns);
}

struct vg_ftp_transfer *vg_ftp_transfer_find(struct vg_proto *p, const struct vg_flow_ident *ident, int64_t wall_ns)
{
	struct vg_pool *pool = &vg_ftp_of(p)->transfers;

	for (unsigned dir = 0; dir < 2; dir++) {
		struct vg_endpoint at = vg_ftp_endpoint(ident, dir, NULL);
		struct vg_expected *met = vg_expect_find(&p->expect, &at, wall_ns);
		struct vg_ftp_transfer *transfer;

		if (!met || met->app != VG_APP_FTP_DATA || (uint32_t)met->value >= pool->n_fresh)
			continue;
		transfer = vg_pool_at(pool, (uint32_t)met->value);
		if (transfer->generation != met->value >> 32 || transfer->data)
			continue;
		vg_expect_drop(&p->expect, met); /* one announcement, one connection */
		return transfer;
	}
	return NULL;
}

struct vg_endpoint vg_ftp_endpoint(const struct vg_flow_ident *ident, unsigned dir, const struct vg_ftp_announced *said)
{
	struct vg_endpoint at = { .port = ident->port[dir] };

	memcpy(at.network, ident->network, sizeof(at.network));
	memcpy(at.ip, ident->ip[dir], sizeof(at.ip));
	if (!said)
		return at;
	at.port = said->port;
	if (said->ip_version) {
		memset(at.ip, 0, sizeof(at.ip));
		memcpy(at.ip, said->ip, said->ip_version == 4 ? 4 : 16);
		vg_endpoint_set_version(&at, said->ip_version);
	}
	return at;
}

enum vg_state vg_ftp_transfer_state(const struct vg_ftp_transfer *t, uint64_t n_bytes, enum vg_stream_end how)
{
	int is_counted = t && !t->is_ascii && !t->is_deflated && t->opening != UINT64_MAX;
	uint64_t n_rest = t && t->is_piece && is_counted && t->rest <= t->opening ? t->rest : 0;
	int is_all = is_counted && (n_bytes == t->opening || n_bytes == t->opening - n_rest);

	if (t && t->word == VG_FTP_SAID_FAILED)
		return is_all ? VG_STATE_COMPLETE : VG_STATE_ABORTED;
	if (is_all || (t && t->word == VG_FTP_SAID_DONE))
		return VG_STATE_COMPLETE;
	if (how == VG_END_RST)
		return VG_STATE_ABORTED;
	if (how != VG_END_FIN)
		return VG_STATE_TRUNCATED;
	return is_counted && n_bytes < t->opening - n_rest ? VG_STATE_TRUNCATED : VG_STATE_COMPLETE;
}

void vg_ftp_transfer_word(struct vg_proto *p, struct vg_ftp_transfer *t, enum vg_ftp_word word, int64_t wall_ns)
{
	if (t->word == VG_FTP_SILENT)
		t->word = (uint8_t)word;
	for (unsigned i = 0; i < 2; i++) {
		enum vg_state state = (enum vg_state)t->end_state;

		if (!t->waiting[i])
			continue;
		if (word == VG_FTP_SAID_DONE)
			state = VG_STATE_COMPLETE;
		else if (word == VG_FTP_SAID_FAILED && !(t->end_state == VG_STATE_COMPLETE && t->opening != UINT64_MAX))
			state = VG_STATE_ABORTED;
		p->sink.close(p->sink.ctx, t->waiting[i], state, wall_ns);
		t->waiting[i] = NULL;
	}
}

void vg_ftp_transfer_card(struct vg_proto *p, const struct vg_ftp_transfer *t)
{
	static const char names[][5] = { [VG_FTP_RETR] = "RETR",
					 [VG_FTP_STOR] = "STOR",
					 [VG_FTP_STOU] = "STOU",
					 [VG_FTP_APPE] = "APPE",
					 [VG_FTP_LIST] = "LIST" };
	struct vg_attribution *c = &p->card;

	if (VG_FTP_IS_TRANSFER(t->verb)) {
		memcpy(c->method, names[t->verb], 4);
		c->n_method = 4;
	}
	if (t->n_host) {
		memcpy(c->host, t->host, t->n_host);
		c->n_host = t->n_host;
	}
	memcpy(c->url, t->url, t->n_url);
	memcpy(c->filename, t->filename, t->n_filename);
	memcpy(c->agent, t->agent, t->n_agent);
	c->n_url = t->n_url;
	c->n_filename = t->n_filename;
	c->n_agent = t->n_agent;
	c->flags |= t->is_cut ? VG_ATTR_HEAD_CUT : 0u;
}
