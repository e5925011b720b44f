/* Which request does a response answer? They come in the same order on a connection (RFC 9112 9.3.2), so outstanding
 * requests stand in line. What disturbs that: requests or responses in a gap (then the line says LOST, or starts over
 * when the connection is at rest), and captures in which a response stands before its request. */
#include "dataplane/proto/http1/http1_priv.h"
#include "dataplane/proto/target.h"

/* Requests of a flow without responses that keep their texts when the pool runs low. */
#define ONE_SIDED_TEXTS 4u

static struct vg_http1_waiting *waiting_at(struct vg_http1_flow *flow, uint32_t i)
{
	return &flow->waiting[(flow->begin_waiting + i) % VG_HTTP1_MAX_WAITING];
}

static struct vg_pool *pool_of(const struct vg_proto *p, int is_long)
{
	struct vg_http1 *http1 = vg_http1_of(p);
	return is_long ? &http1->long_asks : &http1->asks;
}

static struct vg_http1_ask *ask_of(const struct vg_proto *p, struct vg_http1_waiting one)
{
	return one.ask_1 ? vg_pool_at(pool_of(p, one.is_long), one.ask_1 - 1) : NULL;
}

void vg_http1_pair_give(struct vg_proto *p, struct vg_http1_ask *ask)
{
	if (ask)
		vg_pool_give(pool_of(p, ask->is_long), ask);
}

static struct vg_http1_waiting waiting_pop(struct vg_http1_flow *flow)
{
	struct vg_http1_waiting first = *waiting_at(flow, 0);
	flow->begin_waiting = (flow->begin_waiting + 1) % VG_HTTP1_MAX_WAITING;
	flow->n_waiting--;
	return first;
}

static uint32_t marks_of(struct vg_http1_waiting one)
{
	return (uint32_t)one.marks << VG_HTTP1_MARKS_SHIFT;
}

/* A request whose response will not be seen: where it is listed it is told all the same. */
static void waiting_drop(struct vg_proto *p, struct vg_http1_flow *flow)
{
	struct vg_http1_waiting one = waiting_pop(flow);
	struct vg_http1_ask *ask = ask_of(p, one);
	unsigned responses = flow->dir[0].role == VG_ROLE_REQUESTS || flow->dir[1].role == VG_ROLE_RESPONSES;

	vg_http1_card_sight(p, flow, responses, NULL, ask, marks_of(one));
	vg_http1_pair_give(p, ask);
}

void vg_http1_pair_clear(struct vg_proto *p, struct vg_http1_flow *flow)
{
	while (flow->n_waiting)
		waiting_drop(p, flow);
}

static void waiting_push(struct vg_proto *p, struct vg_http1_flow *flow, struct vg_http1_waiting one)
{
	if (flow->n_waiting == VG_HTTP1_MAX_WAITING) {
		vg_http1_pair_clear(p, flow);
		*waiting_at(flow, flow->n_waiting++) = (struct vg_http1_waiting){ .kind = VG_ASK_LOST };
	}
	*waiting_at(flow, flow->n_waiting++) = one;
}

static enum vg_http1_kind kind_of(const struct vg_http1_head *head)
{
	const struct vg_span *m = &head->method;
	if (m->n_bytes == 4 && !memcmp(m->at, "HEAD", 4))
		return VG_ASK_HEAD;
	return m->n_bytes == 7 && !memcmp(m->at, "CONNECT", 7) ? VG_ASK_CONNECT : VG_ASK_PLAIN;
}

/* True where the request is that of a response which was captured before it. */
static int is_late(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const struct vg_http1_head *head,
		   int64_t wall_ns)
{
	struct vg_body *body = flow->dir[!dir].body;
	int is_last = flow->n_early == 1;
	if (!flow->n_early || wall_ns - flow->early_ns > VG_HTTP1_SKEW_NS) {
		flow->n_early = 0;
		return 0;
	}
	flow->n_early--;
	struct vg_http1_ask ask;
	uint32_t marks = flow->dir[dir].marks;
	(void)vg_http1_ask_make(p, flow, dir, &ask, head);
	ask.wall_ns = wall_ns;
	if (is_last && body && marks & VG_ATTR_OUT) {
		p->sink.close(p->sink.ctx, body, VG_STATE_ABORTED, wall_ns);
		flow->dir[!dir].body = NULL;
	} else if (is_last && body) { /* an older one's body is gone */
		vg_http1_card_ask(p, &ask);
		p->sink.amend(p->sink.ctx, body, &p->card);
	}
	ask.marks = (uint16_t)marks;
	vg_http1_card_sight(p, flow, !dir, NULL, &ask, marks); /* its body went without the mark */
	return 1;
}

/* A flow without responses so far may be one-sided, and nobody will ever ask: it may not use the pool up. */
static int may_keep(const struct vg_pool *pool, const struct vg_http1_flow *flow, const struct vg_http1_dir *responses)
{
	return responses->is_known || flow->n_waiting < ONE_SIDED_TEXTS || vg_pool_n_out(pool) < pool->n_items / 4 * 3;
}

/* Keeps the texts of a request in *one; counted where no pool has room. */
static void keep(struct vg_proto *p, struct vg_http1_flow *flow, const struct vg_http1_dir *responses,
		 const struct vg_http1_head *head, int64_t wall_ns, struct vg_http1_waiting *one)
{
	struct vg_http1_ask full, *kept;
	uint32_t n_bytes = vg_http1_ask_make(p, flow, responses == &flow->dir[0], &full, head);
	full.marks = (uint16_t)(one->marks << VG_HTTP1_MARKS_SHIFT);
	full.wall_ns = wall_ns;
	struct vg_pool *pool = pool_of(p, n_bytes > VG_HTTP1_SHORT_ASK);

	kept = may_keep(pool, flow, responses) ? vg_pool_take(pool) : NULL;
	if (!kept) {
		vg_count(p->stats, VG_C_HTTP_NO_STATE, 1);
		return;
	}
	full.is_long = one->is_long = n_bytes > VG_HTTP1_SHORT_ASK;
	memcpy(kept, &full, n_bytes);
	one->ask_1 = (vg_pool_idx(pool, kept) + 1) & 0x1ffffff;
}

void vg_http1_pair_request(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, struct vg_http1_head *head,
			   int64_t wall_ns)
{
	uint32_t marks = flow->dir[dir].marks = vg_http1_card_marks(p, flow, head);
	const struct vg_http1_dir *responses = &flow->dir[!dir];
	int at_rest = responses->state == VG_HTTP1_START && !responses->n_start;
	struct vg_http1_waiting one = { .kind = (uint8_t)kind_of(head) & 3u,
					.marks = marks >> VG_HTTP1_MARKS_SHIFT & 7u,
					.expects_continue = head->expects_continue & 1u };

	if (is_late(p, flow, dir, head, wall_ns))
		return;
	if (flow->n_waiting && waiting_at(flow, 0)->kind == VG_ASK_LOST && at_rest)
		vg_http1_pair_clear(p, flow); /* all before this one are answered */
	if (flow->n_waiting && responses->state != VG_HTTP1_HUNT)
		flow->has_pipelined = 1;
	keep(p, flow, responses, head, wall_ns, &one);
	waiting_push(p, flow, one);
}

enum vg_http1_kind vg_http1_pair_response(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir,
					  const struct vg_http1_head *head, int64_t wall_ns, struct vg_http1_ask **ask,
					  uint32_t *marks)
{
	struct vg_http1_dir *requests = &flow->dir[!dir];
	struct vg_http1_waiting one;
	*ask = NULL;
	*marks = vg_target_unknown(p, &flow->base.ident);
	if (flow->responses_lost && flow->n_waiting > 1) {
		/* without pipelining only the newest request can be unanswered; with it nobody knows */
		while (flow->n_waiting > (flow->has_pipelined ? 0u : 1u))
			waiting_drop(p, flow);
	}
	flow->responses_lost = 0;
	if (!flow->n_waiting) {
		if (!flow->base.ident.midstream && !requests->has_ended) {
			if (!flow->n_early)
				flow->early_ns = wall_ns;
			if (flow->n_early < UINT32_MAX)
				flow->n_early++;
		}
		return VG_ASK_LOST;
	}
	if (waiting_at(flow, 0)->kind == VG_ASK_LOST)
		return VG_ASK_LOST;
	one = waiting_pop(flow);
	/* a refused 100-continue: the body of that request will not come (RFC 9110 10.1.1) */
	if (one.expects_continue && head->status >= 400 && requests->awaits_continue && !flow->n_waiting) {
		requests->awaits_continue = 0;
		if (requests->body)
			p->sink.close(p->sink.ctx, requests->body, VG_STATE_ABORTED, wall_ns);
		requests->body = NULL;
		requests->state = VG_HTTP1_START;
	}
	*ask = ask_of(p, one);
	*marks = marks_of(one);
	return (enum vg_http1_kind)one.kind;
}

void vg_http1_pair_lost(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir)
{
	uint8_t role = flow->dir[dir].role; /* while it is unknown both may be lost */
	flow->n_early = 0;
	if (role != VG_ROLE_REQUESTS)
		flow->responses_lost = 1;
	if (role != VG_ROLE_RESPONSES &&
	    (!flow->n_waiting || waiting_at(flow, flow->n_waiting - 1)->kind != VG_ASK_LOST))
		waiting_push(p, flow, (struct vg_http1_waiting){ .kind = VG_ASK_LOST });
}
