/* Reports: how far each one is, and every call that was made for it. */
#include <string.h>

#include "control/ctl/handlers.h"

struct listing {
	const struct vg_ctl_env *env;
	json_t *rows;
	int state; /* -1 = any */
};

static json_t *case_name(const struct vg_ctl_env *env, int64_t case_id)
{
	struct vg_case c;
	json_t *name;
	if (vg_cases_load(env->cases, case_id, &c))
		return json_integer(case_id);
	name = json_string(c.name);
	vg_case_free(&c);
	return name;
}

static json_t *row_json(const struct vg_ctl_env *env, const struct vg_outbox_row *row)
{
	json_t *r = json_pack("{s:o, s:s, s:o, s:i, s:i, s:i, s:i, s:b, s:b}", "case", case_name(env, row->case_id),
			      "state", vg_outbox_state_str(row->state), "report_id",
			      row->report_id ? json_integer(row->report_id) : json_null(), "files", (int)row->n_files,
			      "uploaded", (int)row->n_uploaded, "described", (int)row->n_described, "attempts",
			      (int)row->n_attempts, "finish_sent", row->finish_sent, "minimal", row->minimal);
	json_t *more = json_pack("{s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "last_code", row->last_code,
				 "last_http", row->last_http, "last", vg_ctl_text(row->last_text), "reason",
				 vg_ctl_text(row->reason), "request_id", vg_ctl_text(row->request_id), "queued",
				 vg_ctl_time(row->queued_ns), "opened", vg_ctl_time(row->opened_ns), "next_try",
				 vg_ctl_time(row->done_ns ? 0 : row->next_try_ns), "done", vg_ctl_time(row->done_ns));
	if (r && more)
		json_object_update(r, more);
	json_decref(more);
	return r;
}

static int add_row(void *ctx, const struct vg_outbox_row *row)
{
	struct listing *listing = ctx;
	if (listing->state >= 0 && (int)row->state != listing->state)
		return 0;
	return json_array_append_new(listing->rows, row_json(listing->env, row));
}

enum vg_err vg_ctl_reports_list(struct vg_ctl_call *call)
{
	struct listing listing = { call->env, json_array(), -1 };
	call->result = listing.rows;
	if (call->args[0]) {
		for (int state = 0; state < VG_OUTBOX_STATE_N; state++)
			if (!strcmp(call->args[0], vg_outbox_state_str((unsigned)state)))
				listing.state = state;
		if (listing.state < 0)
			return vg_ctl_refuse(
				call, VG_EINVAL,
				"no such state: %s; there are: queued, opening, uploading, describing, finishing, "
				"retracting, filed, done_without_receipt, held, failed",
				call->args[0]);
	}
	return call->env->outbox ? vg_outbox_list(call->env->outbox, add_row, &listing) : VG_OK;
}

static enum vg_err wanted(struct vg_ctl_call *call, struct vg_outbox_row *row)
{
	int64_t id = vg_cases_find(call->env->cases, call->args[0]);
	if (!id || !call->env->outbox || vg_outbox_find(call->env->outbox, id, row))
		return vg_ctl_refuse(call, VG_ENOTFOUND, "no report of case %.60s (see: vigilctl reports list)",
				     call->args[0]);
	return VG_OK;
}

static int add_call(void *ctx, const struct vg_outbox_call *c)
{
	json_t *row = json_pack("{s:o, s:s, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "time", vg_ctl_time(c->at_ns),
				"call", vg_call_str(c->call), "outcome", (int)c->outcome, "http_status", c->http_status,
				"code", c->code, "took_ms", (int)c->took_ms, "description", vg_ctl_text(c->description),
				"request_id", vg_ctl_text(c->request_id), "document", vg_ctl_text(c->document),
				"answer", vg_ctl_text(c->answer));
	return json_array_append_new(ctx, row);
}

enum vg_err vg_ctl_reports_show(struct vg_ctl_call *call)
{
	struct vg_outbox_row row;
	json_t *calls;
	enum vg_err err = wanted(call, &row);
	if (err)
		return err;
	call->result = row_json(call->env, &row);
	calls = json_array();
	err = vg_outbox_calls(call->env->outbox, row.id, add_call, calls);
	json_object_set_new(call->result, "calls", calls);
	return err;
}

enum vg_err vg_ctl_reports_retry(struct vg_ctl_call *call)
{
	struct vg_outbox_row row;
	enum vg_err err = wanted(call, &row);
	if (err)
		return err;
	err = vg_outbox_retry_now(call->env->outbox, row.id);
	if (err == VG_ECONFLICT)
		return vg_ctl_refuse(call, err, "the report of %.60s is done: there is nothing to try again",
				     call->args[0]);
	if (!err) {
		vg_outbox_kick(call->env->outbox);
		call->result = json_pack("{s:s, s:s}", "case", call->args[0], "state", "tried now");
	}
	return err;
}
