/* outbox: the queue, its clock and its circuit breaker; see machine.c for the rules and turn.c for one call. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>

#include "control/outbox/outbox_priv.h"

#define TICK_MS      100
#define WINDOW_CHECK (60 * 1000000000ull)

uint64_t vg_outbox_random(struct vg_outbox *ob)
{
	/* xorshift64 (Marsaglia 2003): spreads retries, guards nothing */
	ob->random ^= ob->random << 13;
	ob->random ^= ob->random >> 7;
	ob->random ^= ob->random << 17;
	return ob->random;
}
void vg_outbox_emit(struct vg_outbox *ob, enum vg_outbox_event_kind kind, const struct vg_row *row, unsigned call,
		    const char *text)
{
	struct vg_outbox_event event = { .kind = kind, .call = call, .at_ns = vg_wall_now().ns, .text = text };
	if (row) {
		event.row_id = row->pub.id;
		event.case_id = row->pub.case_id;
		event.report_id = row->pub.report_id;
		event.state = row->pub.state;
		event.code = row->pub.last_code;
		if (kind == VG_OUTBOX_EV_FILED)
			event.at_ns = row->pub.done_ns;
	}
	if (kind == VG_OUTBOX_EV_ALARM || kind == VG_OUTBOX_EV_HELD)
		vg_log(VG_LOG_ERROR, VG_OUTBOX_ROOM, "report of case %lld: %s", row ? (long long)row->pub.case_id : 0,
		       text);
	if (ob->conf.on_event)
		ob->conf.on_event(ob->conf.user, &event);
}
void vg_outbox_health(struct vg_outbox *ob, enum vg_health health)
{
	int closed_to_us = health == VG_HEALTH_CLOSED_TO_US;
	uint64_t now_ns = vg_mono_now().ns;

	if (health == VG_HEALTH_GOOD) {
		ob->n_bad = 0;
		ob->closed_until_ns = 0;
		return;
	}
	if (health == VG_HEALTH_NONE)
		return;
	ob->n_bad++;
	if (!closed_to_us && ob->n_bad < ob->conf.n_breaker)
		return;
	/* Said once, when it opens; half open after breaker_ms: the next call is the probe. */
	if (!ob->closed_until_ns)
		vg_outbox_emit(
			ob, VG_OUTBOX_EV_ALARM, NULL, 0,
			closed_to_us ? "the endpoint does not accept us (credentials, rights or address); all is kept: "
				       "vigilctl reports show says its answer"
				     : "the endpoint does not answer; all is kept");
	ob->closed_until_ns = now_ns + (uint64_t)ob->conf.breaker_ms * 1000000;
}

/* Once a report. An unfinished one is removed by the endpoint: without a word of the operator's three quarters of that
 * window are too long. */
static void check_windows(struct vg_outbox *ob)
{
	static const char sql[] =
		"SELECT id, case_id FROM outbox WHERE state <= ? AND alarmed = 0 AND queued_ns < ? LIMIT 16";
	static const char mark[] = "UPDATE outbox SET alarmed = 1 WHERE id = ?";
	int64_t ids[16], case_ids[16];
	uint64_t alarm_ns = ob->conf.alarm_ms ? ob->conf.alarm_ms * 1000000 : ob->limits.expiry_open_ns / 4 * 3;
	unsigned n = 0;
	sqlite3_stmt *q;

	q = vg_store_query(ob->store, sql, "ii", (int64_t)VG_OUTBOX_RETRACTING, vg_wall_now().ns - (int64_t)alarm_ns);
	while (q && n < 16 && !vg_store_step(ob->store, q)) {
		ids[n] = sqlite3_column_int64(q, 0);
		case_ids[n++] = sqlite3_column_int64(q, 1);
	}
	vg_store_reset(q);
	for (unsigned i = 0; i < n; i++) {
		struct vg_row row = { .pub = { .id = ids[i], .case_id = case_ids[i] } };
		if (!vg_store_exec(ob->store, mark, "i", ids[i]))
			vg_outbox_emit(ob, VG_OUTBOX_EV_ALARM, &row, 0, "not filed for longer than reporting.alarm_s");
	}
}

void vg_outbox_pump(struct vg_outbox *ob)
{
	int64_t row_id, case_id;
	/* Each turn either orders a call or moves its row, so this ends; the bound is for a store that does not. */
	for (unsigned i = 0; i < 64 && ob->peer_ready && !ob->job.row_id; i++) {
		if (ob->closed_until_ns && vg_mono_now().ns < ob->closed_until_ns)
			return;
		if (vg_rows_next(ob->store, vg_wall_now().ns, &row_id, &case_id))
			return;
		if (vg_turn_begin(ob, row_id, case_id) != VG_EAGAIN)
			return;
	}
}
static void on_tick(void *ctx)
{
	struct vg_outbox *ob = ctx;
	uint64_t now_ns = vg_mono_now().ns;
	uint64_t watchdog_ns = 15000000ull * (ob->conf.link.call_ms ? ob->conf.link.call_ms : 300000);

	/* longer than any call's own patience (client.c) */
	if (ob->job.row_id && now_ns - ob->job.began_ns > watchdog_ns)
		vg_peer_drop(ob, "it did not answer a call in time");
	if (now_ns - ob->last_window_check_ns > WINDOW_CHECK) {
		ob->last_window_check_ns = now_ns;
		check_windows(ob);
	}
	vg_outbox_pump(ob);
}
static void on_kick(void *ctx)
{
	struct vg_outbox *ob = ctx;
	ob->kick_timer = 0;
	vg_outbox_pump(ob);
}
static void on_retry(void *ctx)
{
	struct vg_outbox *ob = ctx;
	ob->retry_timer = 0;
	vg_outbox_pump(ob);
}
void vg_outbox_wake_in(struct vg_outbox *ob, uint64_t ms)
{
	/* Only the newest is kept: the tick finds what it replaced. */
	vg_loop_cancel(ob->loop, ob->retry_timer);
	ob->retry_timer = vg_loop_after(ob->loop, ms + 1, on_retry, ob);
}
void vg_outbox_kick(struct vg_outbox *ob)
{
	if (!ob->kick_timer)
		ob->kick_timer = vg_loop_after(ob->loop, 1, on_kick, ob);
}

static void set_defaults(struct vg_outbox *ob)
{
	struct vg_outbox_conf *c = &ob->conf;
	c->retry_first_ms = c->retry_first_ms ? c->retry_first_ms : 2000;
	c->retry_max_ms = c->retry_max_ms ? c->retry_max_ms : 15 * 60000;
	c->retry_late_ms = c->retry_late_ms ? c->retry_late_ms : 3600000;
	c->n_breaker = c->n_breaker ? c->n_breaker : 5;
	c->breaker_ms = c->breaker_ms ? c->breaker_ms : 60000;
	c->expiry_open_ms = c->expiry_open_ms ? c->expiry_open_ms : 24 * 3600000ull;
	c->expiry_change_ms = c->expiry_change_ms ? c->expiry_change_ms : 3600000ull;
	c->link.head = vg_link_head(VG_LINK_CONF, sizeof(c->link));
	ob->limits.expiry_open_ns = c->expiry_open_ms * 1000000;
	ob->limits.expiry_change_ns = c->expiry_change_ms * 1000000;
	ob->random = c->seed;
	while (!ob->random)
		randombytes_buf(&ob->random, sizeof(ob->random));
}
static enum vg_err check_conf(const struct vg_outbox_conf *conf)
{
	const struct vg_link_conf *l = &conf->link;
	enum vg_err err = vg_endpoint_allowed(l->url, l->environment, l->production_key, (int)l->demo);
	if (err)
		return err;
	return l->user[0] && l->password_path[0] && l->card.email[0] ? VG_OK : VG_EINVAL;
}

void vg_outbox_destroy(struct vg_outbox *ob)
{
	if (!ob)
		return;
	vg_loop_cancel(ob->loop, ob->tick_timer);
	vg_loop_cancel(ob->loop, ob->kick_timer);
	vg_loop_cancel(ob->loop, ob->retry_timer);
	if (ob->peer_fd >= 0) {
		vg_loop_unwatch(ob->loop, ob->peer_fd);
		close(ob->peer_fd);
	}
	if (ob->listen_fd >= 0) {
		vg_loop_unwatch(ob->loop, ob->listen_fd);
		close(ob->listen_fd);
	}
	free(ob);
}
struct vg_outbox *vg_outbox_create(struct vg_store *store, struct vg_loop *loop, struct vg_cases *cases,
				   struct vg_audit *audit, struct vg_evidence *evidence,
				   const struct vg_outbox_conf *conf, enum vg_err *err)
{
	struct vg_outbox *ob;

	*err = sodium_init() < 0 ? VG_EIO : check_conf(conf);
	if (*err)
		return NULL;
	*err = vg_rows_migrate(store);
	if (*err)
		return NULL;
	ob = calloc(1, sizeof(*ob));
	if (!ob) {
		*err = VG_ENOMEM;
		return NULL;
	}
	ob->store = store;
	ob->loop = loop;
	ob->cases = cases;
	ob->audit = audit;
	ob->evidence = evidence;
	ob->conf = *conf;
	ob->listen_fd = ob->peer_fd = -1;
	set_defaults(ob);
	ob->tick_timer = vg_loop_every(loop, TICK_MS, on_tick, ob);
	return ob;
}

enum vg_err vg_outbox_enqueue(struct vg_outbox *ob, int64_t case_id)
{
	static const char find[] = "SELECT id, state FROM outbox WHERE case_id = ?";
	static const char insert[] = "INSERT INTO outbox(case_id, state, queued_ns, next_try_ns) VALUES(?,?,?,?)";
	int64_t now_ns = vg_wall_now().ns, id = 0;
	unsigned state = 0;
	sqlite3_stmt *q = vg_store_query(ob->store, find, "i", case_id);
	enum vg_err err = q ? vg_store_step(ob->store, q) : VG_EIO;

	if (!err) {
		id = sqlite3_column_int64(q, 0);
		state = (unsigned)sqlite3_column_int(q, 1);
	}
	vg_store_reset(q);
	if (err == VG_ENOTFOUND)
		err = vg_store_exec(ob->store, insert, "iiii", case_id, (int64_t)VG_OUTBOX_QUEUED, now_ns, now_ns);
	else if (!err && (state == VG_OUTBOX_HELD || state == VG_OUTBOX_FAILED))
		err = vg_outbox_retry_now(ob, id); /* a person approved the held case once more */
	if (!err)
		vg_outbox_kick(ob);
	return err;
}

/* The case must be the outbox's again before its row goes on. */
static enum vg_err revive(struct vg_outbox *ob, struct vg_row *row)
{
	struct vg_case *c = calloc(1, sizeof(*c));
	enum vg_err err = c ? vg_cases_load(ob->cases, row->pub.case_id, c) : VG_ENOMEM;
	enum vg_case_state state = c ? c->state : VG_CASE_STATE_N;

	if (!err)
		vg_case_free(c);
	free(c);
	if (!err && state == VG_CASE_HELD)
		err = vg_cases_set_state(ob->cases, row->pub.case_id, VG_CASE_HELD, VG_CASE_QUEUED, "vigild", "retry");
	else if (!err && state != VG_CASE_QUEUED && state != VG_CASE_FILING)
		err = VG_ECONFLICT;
	if (!err)
		vg_machine_revive(row, vg_wall_now().ns);
	return err;
}
enum vg_err vg_outbox_retry_now(struct vg_outbox *ob, int64_t row_id)
{
	struct vg_row row;
	enum vg_err err = vg_row_load(ob->store, row_id, 0, &row);

	if (err)
		return err;
	if (row.pub.state == VG_OUTBOX_FILED || row.pub.state == VG_OUTBOX_DONE_WITHOUT_RECEIPT) {
		vg_row_fini(&row);
		return VG_ECONFLICT;
	}
	err = vg_store_begin(ob->store);
	if (err)
		goto out;
	if (row.pub.state == VG_OUTBOX_HELD || row.pub.state == VG_OUTBOX_FAILED)
		err = revive(ob, &row);
	row.pub.next_try_ns = vg_wall_now().ns;
	if (!err)
		err = vg_row_save(ob->store, &row);
	if (err)
		vg_store_rollback(ob->store);
	else
		err = vg_store_commit(ob->store);
	ob->closed_until_ns = 0;
	vg_outbox_kick(ob);
out:
	vg_row_fini(&row);
	return err;
}
