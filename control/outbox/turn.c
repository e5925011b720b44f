/* turn: one call, in the order that makes kill -9 harmless: load the row, decide, commit what is about to be sent,
 * order it; later take the result, decide, commit, and only then look for the next. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>

#include "control/outbox/outbox_priv.h"

#define LATE_NS (72 * 3600 * 1000000000ll)

static void schedule(struct vg_outbox *ob, struct vg_row *row, int wait, int64_t now_ns)
{
	const struct vg_outbox_conf *c = &ob->conf;
	int late = now_ns - row->pub.queued_ns > LATE_NS;
	uint64_t wait_ms;

	row->pub.next_try_ns = now_ns;
	if (!wait)
		return;
	wait_ms = vg_machine_wait_ms(row->pub.n_attempts, late, c->retry_first_ms, c->retry_max_ms, c->retry_late_ms,
				     vg_outbox_random(ob));
	row->pub.next_try_ns += (int64_t)wait_ms * 1000000;
	vg_outbox_wake_in(ob, wait_ms);
}

/* Moves the case along with its row, in the transaction of the row. */
static enum vg_err move_case(struct vg_outbox *ob, const struct vg_row *row, const struct vg_case *c)
{
	enum vg_case_state to = c->state;

	switch (row->pub.state) {
	case VG_OUTBOX_FILED:
	case VG_OUTBOX_DONE_WITHOUT_RECEIPT:
		to = VG_CASE_FILED;
		break;
	case VG_OUTBOX_HELD:
	case VG_OUTBOX_FAILED:
		to = VG_CASE_HELD;
		break;
	case VG_OUTBOX_QUEUED:
		break;
	default:
		to = VG_CASE_FILING;
	}
	if (to == c->state || (c->state != VG_CASE_QUEUED && c->state != VG_CASE_FILING))
		return VG_OK;
	if (to == VG_CASE_FILED && c->state == VG_CASE_QUEUED) {
		enum vg_err err = vg_cases_set_state(ob->cases, c->id, VG_CASE_QUEUED, VG_CASE_FILING, "vigild", "");
		return err ? err : vg_cases_set_state(ob->cases, c->id, VG_CASE_FILING, to, "vigild", "");
	}
	return vg_cases_set_state(ob->cases, c->id, c->state, to, "vigild", to == VG_CASE_HELD ? row->pub.reason : "");
}
static enum vg_err note_call(struct vg_outbox *ob, const struct vg_row *row, const struct vg_case *c,
			     const struct vg_link_result *r)
{
	char what[32], details[400];
	if (r->outcome != VG_OUTCOME_ANSWERED)
		return VG_OK;
	snprintf(what, sizeof(what), "report.%s", vg_call_str(r->call));
	snprintf(details, sizeof(details),
		 "{\"code\":%d,\"http\":%u,\"report_id\":%" PRId64 ",\"request_id\":\"%.100s\",\"state\":\"%s\"}",
		 r->code, r->http_status, row->pub.report_id ? row->pub.report_id : r->report_id,
		 strpbrk(r->request_id, "\"\\") ? "" : r->request_id, vg_outbox_state_str(row->pub.state));
	return vg_audit_append(ob->audit, "vigild", what, c->name, details);
}

/* What came of a call (result NULL: it was lost). */
struct outcome {
	const struct vg_link_result *result;
	const char *document, *answer;
	unsigned file_idx;
};
/* One transaction: row, files, case, call, audit, receipt. */
static enum vg_err commit_result(struct vg_outbox *ob, struct vg_row *row, const struct vg_case *c,
				 const struct outcome *o, int receipt)
{
	enum vg_err err = vg_store_begin(ob->store);
	if (err)
		return err;
	if (o->result)
		err = vg_rows_add_call(ob->store, row, o->result, o->file_idx, ob->conf.link.url, o->document,
				       o->answer);
	if (!err)
		err = vg_row_save(ob->store, row);
	if (!err && receipt)
		err = vg_rows_set_receipt(ob->store, row->pub.id, o->answer);
	if (!err)
		err = move_case(ob, row, c);
	if (!err && o->result)
		err = note_call(ob, row, c, o->result);
	if (!err)
		return vg_store_commit(ob->store);
	vg_store_rollback(ob->store);
	return err;
}
static void tell(struct vg_outbox *ob, const struct vg_row *row, unsigned call, const struct vg_machine_verdict *v,
		 int late)
{
	vg_outbox_emit(ob, VG_OUTBOX_EV_STEP, row, call, row->pub.last_text);
	if (v->alarm[0])
		vg_outbox_emit(ob, VG_OUTBOX_EV_ALARM, row, call, v->alarm);
	if (row->pub.state == VG_OUTBOX_FILED || row->pub.state == VG_OUTBOX_DONE_WITHOUT_RECEIPT)
		vg_outbox_emit(ob, VG_OUTBOX_EV_FILED, row, call, "");
	else if (row->pub.state == VG_OUTBOX_HELD || row->pub.state == VG_OUTBOX_FAILED)
		vg_outbox_emit(ob, VG_OUTBOX_EV_HELD, row, call, row->pub.reason);
	else if (v->wait && late)
		vg_outbox_emit(ob, VG_OUTBOX_EV_ALARM, row, call, "not filed for more than 72 hours; trying hourly");
}
/* Applies, commits, tells. */
static enum vg_err settle(struct vg_outbox *ob, struct vg_row *row, const struct vg_case *c, const struct outcome *o)
{
	struct vg_machine_verdict v;
	int64_t now_ns = vg_wall_now().ns;
	unsigned call = o->result ? o->result->call : (unsigned)row->in_flight;
	enum vg_err err;

	if (o->result)
		vg_machine_apply(row, c, o->result, o->file_idx, now_ns, &ob->limits, &v);
	else
		vg_machine_lost(row, c, now_ns, &ob->limits, &v);
	schedule(ob, row, v.wait, now_ns);
	err = commit_result(ob, row, c, o, v.receipt);
	if (err) {
		/* in_flight still stands in the store: the row is taken up again as if the answer had been lost */
		vg_log(VG_LOG_ERROR, VG_OUTBOX_ROOM, "a result could not be committed: %s", vg_store_why(ob->store));
		return err;
	}
	vg_outbox_health(ob, v.health);
	tell(ob, row, call, &v, now_ns - row->pub.queued_ns > LATE_NS);
	return VG_OK;
}

/* A case that a person dismissed meanwhile, or whose evidence is gone, must not go out. */
static enum vg_err hold_now(struct vg_outbox *ob, struct vg_row *row, const struct vg_case *c, const char *reason)
{
	struct outcome none = { 0 };
	struct vg_machine_verdict v = { 0 };
	enum vg_err err;

	if (row->pub.report_id && !row->pub.finish_sent && row->pub.state != VG_OUTBOX_RETRACTING)
		vg_machine_retract(row, VG_AFTER_HOLD, reason);
	else
		vg_machine_hold(row, VG_OUTBOX_HELD, reason, vg_wall_now().ns);
	err = commit_result(ob, row, c, &none, 0);
	if (!err)
		tell(ob, row, VG_CALL_STATUS, &v, 0);
	return err;
}

/* Commits that this call is about to be made: with it "finish sent". */
static enum vg_err commit_order(struct vg_outbox *ob, struct vg_row *row, const struct vg_case *c,
				const struct vg_machine_next *next)
{
	enum vg_err err = vg_store_begin(ob->store);
	if (err)
		return err;
	row->in_flight = (int)next->call;
	row->in_flight_file = next->file_idx;
	if (next->call == VG_CALL_FINISH)
		row->pub.finish_sent = 1;
	err = vg_row_save(ob->store, row);
	if (!err)
		err = move_case(ob, row, c);
	if (!err)
		return vg_store_commit(ob->store);
	vg_store_rollback(ob->store);
	return err;
}
static enum vg_err send_order(struct vg_outbox *ob, const struct vg_row *row, const struct vg_case *c,
			      const struct vg_machine_next *next, int evidence_fd)
{
	struct vg_link_do order = { .head = vg_link_head(VG_LINK_DO, sizeof(order)),
				    .job = ++ob->next_job,
				    .call = next->call,
				    .file_idx = next->file_idx,
				    .flags = row->pub.minimal ? VG_DO_MINIMAL : 0,
				    .report_id = row->pub.report_id };
	int fds[2] = { vg_link_case_pack(c), evidence_fd };
	enum vg_err err;

	if (fds[0] < 0)
		return VG_ENOMEM;
	if (next->file_idx < row->n_files)
		snprintf(order.file_id, sizeof(order.file_id), "%s", row->files[next->file_idx].file_id);
	ob->job = (struct vg_job){ .row_id = row->pub.id,
				   .case_id = row->pub.case_id,
				   .id = order.job,
				   .call = next->call,
				   .file_idx = next->file_idx,
				   .began_ns = vg_mono_now().ns };
	err = vg_peer_order(ob, &order, fds, evidence_fd >= 0 ? 2 : 1);
	close(fds[0]);
	return err;
}

/* Decides and orders. */
static enum vg_err begin(struct vg_outbox *ob, struct vg_row *row, const struct vg_case *c)
{
	struct outcome lost = { 0 };
	struct vg_machine_next next;
	int evidence_fd = -1;
	enum vg_err err;

	if (row->in_flight != VG_NO_CALL) {
		lost.file_idx = row->in_flight_file;
		err = settle(ob, row, c, &lost);
		return err ? err : VG_EAGAIN;
	}
	if (c->state != VG_CASE_QUEUED && c->state != VG_CASE_FILING && row->pub.state != VG_OUTBOX_RETRACTING) {
		err = hold_now(ob, row, c, "the case is no longer to be filed");
		return err ? err : VG_EAGAIN;
	}
	vg_machine_next(row, c, &next);
	if (next.call == VG_CALL_UPLOAD) {
		evidence_fd = vg_evidence_fd(ob->evidence, c->files[next.file_idx].evidence_id);
		if (evidence_fd < 0) {
			err = hold_now(ob, row, c, "the sealed evidence of the case is not there");
			return err ? err : VG_EAGAIN;
		}
	}
	err = commit_order(ob, row, c, &next);
	if (!err) {
		err = send_order(ob, row, c, &next, evidence_fd);
		if (err)
			vg_peer_drop(ob, "an order could not be sent");
	}
	if (evidence_fd >= 0)
		close(evidence_fd);
	return err;
}
/* Loads row and case for fn. */
static enum vg_err with_row(struct vg_outbox *ob, int64_t row_id, int64_t case_id, struct vg_row *row,
			    struct vg_case *c)
{
	enum vg_err err = vg_cases_load(ob->cases, case_id, c);
	if (err)
		return err;
	err = c->n_files > VG_OUTBOX_MAX_FILES ? VG_ERANGE : vg_row_load(ob->store, row_id, c->n_files, row);
	if (err)
		vg_case_free(c);
	return err;
}
/* A row whose case cannot be read must not stand in the way of the others. */
static void set_aside(struct vg_outbox *ob, int64_t row_id, enum vg_err why)
{
	struct vg_row row;

	vg_log(VG_LOG_ERROR, VG_OUTBOX_ROOM, "a row cannot be loaded: %s", vg_err_str(why));
	if ((why != VG_ENOTFOUND && why != VG_ERANGE) || vg_row_load(ob->store, row_id, 0, &row))
		return;
	vg_machine_hold(&row, VG_OUTBOX_HELD, "its case cannot be read", vg_wall_now().ns);
	if (!vg_row_save(ob->store, &row))
		vg_outbox_emit(ob, VG_OUTBOX_EV_HELD, &row, 0, row.pub.reason);
	vg_row_fini(&row);
}
/* After a failure of our own (disk full, memory): not at once again. */
static void pause_turns(struct vg_outbox *ob)
{
	ob->closed_until_ns = vg_mono_now().ns + 1000000000;
}
enum vg_err vg_turn_begin(struct vg_outbox *ob, int64_t row_id, int64_t case_id)
{
	struct vg_case *c = calloc(1, sizeof(*c));
	struct vg_row row;
	enum vg_err err = c ? with_row(ob, row_id, case_id, &row, c) : VG_ENOMEM;

	if (!err) {
		err = begin(ob, &row, c);
		vg_row_fini(&row);
		vg_case_free(c);
	} else {
		set_aside(ob, row_id, err);
	}
	if (err && err != VG_EAGAIN)
		pause_turns(ob);
	free(c);
	return err;
}
void vg_turn_end(struct vg_outbox *ob, const struct vg_link_result *result, const char *document, const char *answer)
{
	struct outcome o = { result, document, answer, ob->job.file_idx };
	struct vg_case *c = calloc(1, sizeof(*c));
	struct vg_row row;
	enum vg_err err = c ? with_row(ob, ob->job.row_id, ob->job.case_id, &row, c) : VG_ENOMEM;

	memset(&ob->job, 0, sizeof(ob->job));
	if (!err) {
		err = settle(ob, &row, c, &o);
		vg_row_fini(&row);
		vg_case_free(c);
	}
	if (err)
		pause_turns(ob);
	free(c);
}
