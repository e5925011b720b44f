/* Moves of a case's life: by a person (approve, dismiss) and by the outbox. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/clock.h>

#include "control/cases/cases.h"
#include "control/cases/cases_priv.h"
#include "control/cases/text.h"

static const struct {
	enum vg_case_state from, to;
} moves[] = {
	{ VG_CASE_QUEUED, VG_CASE_FILING }, { VG_CASE_FILING, VG_CASE_FILED }, { VG_CASE_FILING, VG_CASE_QUEUED },
	{ VG_CASE_FILING, VG_CASE_HELD },   { VG_CASE_QUEUED, VG_CASE_HELD },  { VG_CASE_HELD, VG_CASE_QUEUED },
	{ VG_CASE_HELD, VG_CASE_FILING },   { VG_CASE_QUEUED, VG_CASE_FILED }, { VG_CASE_HELD, VG_CASE_FILED },
};

static enum vg_err state_of(struct vg_cases *cases, int64_t case_id, enum vg_case_state *state, char *name,
			    size_t n_name)
{
	static const char sql[] = "SELECT state,name FROM cases WHERE id=?";
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "i", case_id);
	enum vg_err err = s ? vg_store_step(cases->store, s) : VG_EIO;
	if (!err) {
		*state = (enum vg_case_state)sqlite3_column_int(s, 0);
		vg_store_text(s, 1, name, n_name);
	}
	vg_store_reset(s);
	return err;
}

static enum vg_err write_audit(struct vg_cases *cases, const char *who, const char *what, const char *name,
			       const char *reason)
{
	json_t *details = reason[0] ? json_pack("{s:s}", "reason", reason) : json_object();
	char *text = details ? json_dumps(details, JSON_COMPACT) : NULL;
	enum vg_err err = text ? vg_audit_append(cases->audit, who, what, name, text) : VG_ENOMEM;
	free(text);
	json_decref(details);
	return err;
}

/* One move and its audit row in one (nested) transaction; from_mask has a bit for each state it may start in. */
static enum vg_err move(struct vg_cases *cases, int64_t case_id, unsigned from_mask, enum vg_case_state to,
			const char *who, const char *what, const char *reason)
{
	static const char sql[] = "UPDATE cases SET state=?, reason=?, updated_ns=?,"
				  " approved_by=CASE WHEN ?='' THEN approved_by ELSE ? END WHERE id=?";
	enum vg_case_state now = VG_CASE_STATE_N;
	char name[40], legal[256], approver[64] = "";
	vg_case_text(reason ? reason : "", reason ? strlen(reason) : 0, legal, sizeof(legal));
	if (!strcmp(what, "case.approve"))
		vg_case_text(who, strlen(who), approver, sizeof(approver));
	if (vg_store_begin(cases->store))
		return VG_EIO;
	enum vg_err err = state_of(cases, case_id, &now, name, sizeof(name));
	if (!err && !(from_mask >> now & 1))
		err = VG_ECONFLICT;
	if (!err)
		err = vg_store_exec(cases->store, sql, "ititti", (int64_t)to, legal, vg_wall_now().ns, approver,
				    approver, case_id);
	if (!err)
		err = write_audit(cases, who, what, name, legal);
	if (!err)
		return vg_store_commit(cases->store);
	if (err == VG_ENOTFOUND || err == VG_ECONFLICT) { /* nothing was changed: the caller's transaction stays good */
		(void)vg_store_commit(cases->store);
		return err;
	}
	vg_store_rollback(cases->store);
	return VG_EIO;
}

enum vg_err vg_cases_approve(struct vg_cases *cases, int64_t case_id, const char *who, const char *reason)
{
	if (!who || !who[0])
		return VG_EINVAL;
	return move(cases, case_id, 1u << VG_CASE_REVIEW | 1u << VG_CASE_HELD, VG_CASE_QUEUED, who, "case.approve",
		    reason);
}

enum vg_err vg_cases_dismiss(struct vg_cases *cases, int64_t case_id, const char *who, const char *reason)
{
	if (!who || !who[0] || !reason || !reason[0])
		return VG_EINVAL;
	return move(cases, case_id, 1u << VG_CASE_REVIEW | 1u << VG_CASE_HELD, VG_CASE_DISMISSED, who, "case.dismiss",
		    reason);
}

enum vg_err vg_cases_set_state(struct vg_cases *cases, int64_t case_id, enum vg_case_state from, enum vg_case_state to,
			       const char *who, const char *reason)
{
	static const char *const what[VG_CASE_STATE_N] = {
		[VG_CASE_QUEUED] = "case.queued",
		[VG_CASE_FILING] = "case.filing",
		[VG_CASE_FILED] = "case.filed",
		[VG_CASE_HELD] = "case.held",
	};
	for (size_t i = 0; i < VG_ARRAY_LEN(moves); i++)
		if (moves[i].from == from && moves[i].to == to)
			return move(cases, case_id, 1u << from, to, who, what[to], reason);
	return VG_ECONFLICT;
}
