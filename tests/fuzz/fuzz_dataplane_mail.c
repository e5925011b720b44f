/* mail: the first byte says which of the three protocols, then steps as in http1_flow's target: bytes, holes, ends.
 * Bodies must be opened and closed in pairs, and all state be free at the end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/proto/mail/mail.h"
#include "dataplane/protocols.h"

struct sink {
	uint8_t open[4];
	uint32_t n_open;
};

static struct vg_body *body_open(void *ctx, const struct vg_attribution *card)
{
	struct sink *s = ctx;
	if (card->n_url > VG_ATTR_URL || card->n_host > VG_ATTR_HOST || card->n_method > VG_ATTR_METHOD)
		abort();
	for (uint32_t i = 0; i < sizeof(s->open); i++)
		if (!s->open[i]) {
			s->open[i] = 1;
			s->n_open++;
			return (struct vg_body *)(void *)&s->open[i];
		}
	return NULL;
}
static enum vg_step body_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	(void)ctx, (void)wall_ns;
	if (!*(uint8_t *)(void *)body || !n || !bytes)
		abort();
	return VG_MORE;
}
static enum vg_step body_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	(void)ctx, (void)n_missing;
	if (!*(uint8_t *)(void *)body)
		abort();
	return VG_MORE;
}
static void body_amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	(void)ctx, (void)card;
	if (!*(uint8_t *)(void *)body)
		abort();
}
static void body_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	struct sink *s = ctx;
	(void)wall_ns;
	if (!*(uint8_t *)(void *)body || state <= VG_STATE_OPEN || state >= VG_STATE_N)
		abort();
	*(uint8_t *)(void *)body = 0;
	s->n_open--;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum vg_app apps[] = { VG_APP_SMTP, VG_APP_POP3, VG_APP_IMAP };
	static struct vg_stats_page stats;
	static struct vg_proto *p;
	static struct sink seen;
	struct vg_dataplane_conf conf = { .n_streams = 4, .flags = VG_CONF_MAIL };
	struct vg_body_sink sink = { &seen, body_open, body_data, body_gap, body_amend, body_close };
	struct vg_flow_ident ident = { .ip_version = 4, .midstream = size && data[0] & 128 };
	struct vg_proto_flow *flow;

	if (!p)
		p = vg_proto_create(&conf, &stats, &sink, vg_protocols);
	if (!size)
		return 0;
	flow = vg_proto_flow_take(p, apps[data[0] % 3], &ident);
	if (!flow)
		abort();
	for (size_t at = 1; at + 2 <= size;) {
		unsigned what = data[at] & 7, dir = data[at] >> 7;
		size_t n = data[at + 1];
		at += 2;
		if (what == 7) {
			(void)vg_proto_gap(p, flow, dir, n, 1);
		} else if (what == 6) {
			vg_proto_end(p, flow, dir, (enum vg_stream_end)(n % VG_END_N), 1);
		} else if (what == 5) {
			vg_proto_conflict(p, flow, dir);
		} else {
			n = n < size - at ? n : size - at;
			uint8_t *copy = malloc(n + !n);
			memcpy(copy, data + at, n);
			enum vg_step step = n ? vg_proto_feed(p, &flow, dir, copy, (uint32_t)n, 1) : VG_MORE;
			free(copy);
			at += n;
			if (step != VG_MORE)
				break;
		}
	}
	vg_proto_flow_give(p, &flow);
	if (seen.n_open || vg_pool_n_out(&p->flows[apps[data[0] % 3]]))
		abort();
	return 0;
}
