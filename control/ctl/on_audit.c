#include <stdlib.h>

#include <vigil/bytes.h>

#include "control/ctl/handlers.h"

#define DEFAULT_ROWS 20
#define MAX_ROWS     10000

static void add_row(void *ctx, const struct vg_audit_row *row)
{
	char hash[65];
	vg_hex(row->hash, sizeof(row->hash), hash);
	json_array_append_new(ctx, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:s}", "id", (json_int_t)row->id, "time",
					     vg_ctl_time(row->wall_ns), "who", vg_ctl_text(row->who), "what",
					     vg_ctl_text(row->what), "subject", vg_ctl_text(row->subject), "details",
					     vg_ctl_text(row->details), "hash", hash));
}

enum vg_err vg_ctl_audit_show(struct vg_ctl_call *call)
{
	char *end = NULL;
	long n_rows = call->args[0] ? strtol(call->args[0], &end, 10) : DEFAULT_ROWS;
	if (call->args[0] && (*end || n_rows < 1 || n_rows > MAX_ROWS))
		return vg_ctl_refuse(call, VG_EINVAL, "ROWS is a number from 1 to %d", MAX_ROWS);
	call->result = json_array();
	return vg_audit_list(call->env->audit, (unsigned)n_rows, add_row, call->result);
}

enum vg_err vg_ctl_audit_verify(struct vg_ctl_call *call)
{
	int64_t n_rows = 0, first_bad = 0;
	uint8_t head[32];
	char hash[65];
	enum vg_err err = vg_audit_verify(call->env->audit, &n_rows, head, &first_bad);
	if (err == VG_ECORRUPT)
		return vg_ctl_refuse(call, err,
				     "the audit chain is broken at row %lld: keep vigil.db as it is and call for help",
				     (long long)first_bad);
	vg_hex(head, sizeof(head), hash);
	if (!err)
		call->result = json_pack("{s:I, s:s, s:s}", "rows", (json_int_t)n_rows, "head", hash, "chain",
					 "intact");
	return err;
}
