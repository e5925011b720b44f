/* Cases: what was matched, where and why, never the bytes. */
#include <stdlib.h>
#include <string.h>

#include <vigil/attribution.h>
#include <vigil/bytes.h>

#include "control/cases/carriers.h"
#include "control/cases/codings.h"
#include "control/ctl/handlers.h"

#define MAX_ROWS 10000u

static json_t *hex(const uint8_t *bytes, size_t n_bytes)
{
	char text[129];
	vg_hex(bytes, n_bytes, text);
	return json_string(text);
}

const struct vg_case_hit *vg_case_best_hit(const struct vg_case *c)
{
	const struct vg_case_hit *best = NULL;
	for (unsigned f = 0; f < c->n_files; f++)
		for (unsigned i = 0; i < c->files[f].n_hits && i < VG_ARRAY_LEN(c->files[f].hits); i++) {
			const struct vg_case_hit *hit = &c->files[f].hits[i];
			if (!best || (hit->exact && !best->exact) ||
			    (hit->exact == best->exact && hit->distance < best->distance))
				best = hit;
		}
	return best;
}

static json_t *hit_json(const struct vg_case_hit *hit)
{
	json_t *json = json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:I}", "why", vg_case_hit_why(hit), "algo",
				 vg_case_hit_algo(hit), "distance", (int)hit->distance, "list", vg_ctl_text(hit->list),
				 "source", vg_ctl_text(hit->source), "entry", vg_ctl_text(hit->entry_id), "class",
				 vg_ctl_text(hit->entry_class), "generation", (json_int_t)hit->generation);
	if (json && hit->algo == VG_ALGO_PLUGIN)
		json_object_set_new(json, "version", json_integer((json_int_t)hit->plugin_version));
	if (json && hit->algo == VG_ALGO_VPDQ) {
		json_object_set_new(json, "query_percent", json_integer(hit->query_percent));
		json_object_set_new(json, "compared_percent", json_integer(hit->compared_percent));
	}
	if (json && !hit->exact)
		json_object_set_new(json, "frame", json_integer(hit->frame));
	return json;
}

static void put_report(const struct vg_ctl_env *env, int64_t case_id, json_t *to)
{
	struct vg_outbox_row row;
	int has_row = env->outbox && !vg_outbox_find(env->outbox, case_id, &row);
	json_object_set_new(to, "report_id", has_row && row.report_id ? json_integer(row.report_id) : json_null());
	json_object_set_new(to, "report_state", has_row ? json_string(vg_outbox_state_str(row.state)) : json_null());
}

/* What a list of cases shows of each. */
static json_t *brief_json(const struct vg_ctl_env *env, const struct vg_case *c)
{
	const struct vg_case_hit *hit = vg_case_best_hit(c);
	json_t *row = json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "id", c->name, "state", vg_case_state_str(c->state),
				"action", vg_case_action_str(c), "files", (json_int_t)c->n_files, "created",
				vg_ctl_time(c->created_ns), "reason", vg_ctl_text(c->reason));
	json_t *why = hit ? hit_json(hit) : NULL;
	if (why)
		json_object_update_missing(row, why);
	json_decref(why);
	put_report(env, c->id, row);
	return row;
}

static json_t *file_json(const struct vg_case_file *f)
{
	json_t *hits = json_array();
	for (unsigned i = 0; i < f->n_hits; i++)
		json_array_append_new(hits, hit_json(&f->hits[i]));
	return json_pack("{s:o, s:s, s:s, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:s, s:o}", "evidence",
			 vg_ctl_text(f->evidence_id), "type", vg_kind_str(f->kind), "seen", vg_state_str(f->state),
			 "size", (json_int_t)f->n_bytes, "evidence_bytes", (json_int_t)f->n_sample_bytes, "partial",
			 f->partial, "md5", hex(f->md5, 16), "sha1", hex(f->sha1, 20), "sha256", hex(f->sha256, 32),
			 "pdq", f->has_pdq ? hex(f->pdq, 32) : json_null(), "frames", (int)f->n_frames, "filename",
			 vg_ctl_text(f->filename), "member", vg_ctl_text(f->member), "field", vg_ctl_text(f->field),
			 "transfer", vg_transfer_str(f->transfer), "matches", hits);
}

static json_t *vlan_json(int vlan)
{
	return vlan < 0 ? json_null() : json_integer(vlan);
}

static json_t *tunnels_json(const struct vg_case_origin *o)
{
	json_t *tunnels = json_array();
	for (unsigned i = 0; i < o->n_tunnels && i < VG_CASE_TUNNELS; i++)
		json_array_append_new(tunnels,
				      json_pack("{s:s, s:I, s:o, s:o}", "kind", vg_tunnel_str(o->tunnels[i].kind),
						vg_carriers_id(o->tunnels[i].kind), (json_int_t)o->tunnels[i].id,
						"src_ip", vg_ctl_text(o->tunnels[i].src_ip), "dst_ip",
						vg_ctl_text(o->tunnels[i].dst_ip)));
	return tunnels;
}

/* Null where the link was not inspect-first. */
static json_t *hold_json(const struct vg_case_origin *o)
{
	if (o->hold == VG_HOLD_NONE)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:i}", "outcome", vg_hold_str(o->hold), "passed_bytes",
			 (json_int_t)(o->hold == VG_HOLD_STOPPED ? o->hold_passed_bytes : o->body_bytes), "body_bytes",
			 (json_int_t)o->body_bytes, "passed_percent", (int)vg_case_passed_percent(o));
}

/* Whose clock the times are by; the errors null where nobody knows them. */
static json_t *clock_json(const struct vg_case_origin *o)
{
	int is_known = o->clock_max_error_us >= 0;
	return json_pack("{s:s, s:o, s:o}", "source", vg_case_clock_str(o->clock), "max_error_us",
			 is_known ? json_integer((json_int_t)o->clock_max_error_us) : json_null(), "estimated_error_us",
			 is_known ? json_integer((json_int_t)o->clock_error_us) : json_null());
}

static json_t *origin_json(const struct vg_case_origin *o)
{
	char said[VG_CODINGS_TEXT];
	return json_pack("{s:s, s:s, s:o, s:i, s:o, s:i, s:o, s:b, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:i, s:o, s:o, "
			 "s:i, s:o, s:o, s:o, s:b, s:s, s:o}",
			 "proto", vg_proto_str(o->proto), "direction", vg_direction_str(o->direction), "src_ip",
			 vg_ctl_text(o->src_ip), "src_port", (int)o->src_port, "dst_ip", vg_ctl_text(o->dst_ip),
			 "dst_port", (int)o->dst_port, "forwarded_ip", vg_ctl_text(o->forwarded_ip),
			 "forwarded_is_client", o->is_client, "host", vg_ctl_text(o->host), "url", vg_ctl_text(o->url),
			 "method", vg_ctl_text(o->method), "http_status", (int)o->http_status, "user_agent",
			 vg_ctl_text(o->agent), "first_byte", vg_ctl_time(o->first_byte_ns), "last_byte",
			 vg_ctl_time(o->last_byte_ns), "gaps", (int)o->n_gaps, "vlan", vlan_json(o->vlan_outer),
			 "vlan_inner", vlan_json(o->vlan_inner), "port_idx", (int)o->capture_idx, "tunnels",
			 tunnels_json(o), "hold", hold_json(o), "profile",
			 o->profile[0] ? vg_ctl_text(o->profile) : json_null(), "heads_cut", o->is_cut, "codings",
			 vg_codings_say(o->codings, o->is_chunked, said, sizeof(said)), "clock", clock_json(o));
}

struct listing {
	const struct vg_ctl_env *env;
	json_t *rows;
};
static int add_case(void *ctx, const struct vg_case *c)
{
	struct listing *listing = ctx;
	return json_array_append_new(listing->rows, brief_json(listing->env, c));
}

enum vg_err vg_ctl_cases_list(struct vg_ctl_call *call)
{
	struct vg_cases_filter filter = { .state = -1, .max_rows = MAX_ROWS };
	struct listing listing = { call->env, json_array() };
	call->result = listing.rows;
	if (call->args[0]) {
		for (int state = 0; state < VG_CASE_STATE_N; state++)
			if (!strcmp(call->args[0], vg_case_state_str((unsigned)state)))
				filter.state = state;
		if (filter.state < 0)
			return vg_ctl_refuse(
				call, VG_EINVAL,
				"no such state: %s; there are: review, queued, filing, filed, dismissed, alerted, "
				"counted, held",
				call->args[0]);
	}
	return vg_cases_list(call->env->cases, &filter, add_case, &listing);
}

static int64_t wanted(struct vg_ctl_call *call)
{
	int64_t id = vg_cases_find(call->env->cases, call->args[0]);
	if (!id)
		(void)vg_ctl_refuse(call, VG_ENOTFOUND, "no such case: %.60s (see: vigilctl cases list)",
				    call->args[0]);
	return id;
}

struct frames {
	json_t *rows;
	unsigned file_no;
};
static void add_frame(void *ctx, const struct vg_frame_hash *frame)
{
	const struct frames *f = ctx;
	json_array_append_new(f->rows, json_pack("{s:i, s:I, s:i, s:o, s:f}", "file", (int)f->file_no, "frame",
						 (json_int_t)frame->frame_no, "quality", (int)frame->quality, "pdq",
						 hex(frame->pdq, sizeof(frame->pdq)), "time",
						 (double)frame->timestamp_ms / 1e3));
}

enum vg_err vg_ctl_cases_frames(struct vg_ctl_call *call)
{
	struct vg_case c;
	struct frames frames = { .rows = json_array() };
	int64_t id = wanted(call);
	enum vg_err err = id ? vg_cases_load(call->env->cases, id, &c) : VG_ENOTFOUND;
	call->result = frames.rows;
	if (err)
		return err;
	for (unsigned i = 0; i < c.n_files && !err; i++) {
		frames.file_no = i + 1;
		err = c.files[i].n_frames ? vg_cases_frames(call->env->cases, c.files[i].id, add_frame, &frames)
					  : VG_OK;
	}
	vg_case_free(&c);
	return err == VG_ENOTFOUND ? VG_OK : err;
}

enum vg_err vg_ctl_cases_show(struct vg_ctl_call *call)
{
	struct vg_case c;
	json_t *files;
	int64_t id = wanted(call);
	enum vg_err err = id ? vg_cases_load(call->env->cases, id, &c) : VG_ENOTFOUND;
	if (err)
		return err;
	call->result = brief_json(call->env, &c);
	files = json_array();
	for (unsigned i = 0; i < c.n_files; i++)
		json_array_append_new(files, file_json(&c.files[i]));
	json_object_set_new(call->result, "updated", vg_ctl_time(c.updated_ns));
	json_object_set_new(call->result, "approved_by", vg_ctl_text(c.approved_by));
	json_object_set_new(call->result, "perceptual_only", json_boolean(c.perceptual_only));
	json_object_set_new(call->result, "file_viewed", json_boolean(c.fileviewed));
	json_object_set_new(call->result, "origin", origin_json(&c.origin));
	json_object_set_new(call->result, "files", files);
	vg_case_free(&c);
	return VG_OK;
}

/* Approval and outbox row are one transaction: an approved case is never forgotten. */
enum vg_err vg_ctl_cases_approve(struct vg_ctl_call *call)
{
	const struct vg_ctl_env *env = call->env;
	int64_t id = wanted(call);
	enum vg_err err = id ? vg_store_begin(env->store) : VG_ENOTFOUND;
	if (err)
		return err;
	err = vg_cases_approve(env->cases, id, call->who, call->args[1] ? call->args[1] : "");
	if (!err && env->outbox)
		err = vg_outbox_enqueue(env->outbox, id);
	if (err) {
		vg_store_rollback(env->store);
		return err == VG_ECONFLICT ? vg_ctl_refuse(call, err,
							   "%s waits for nobody's word: only cases in review or "
							   "held can be approved",
							   call->args[0])
					   : err;
	}
	err = vg_store_commit(env->store);
	if (!err && env->outbox)
		vg_outbox_kick(env->outbox);
	call->result = json_pack("{s:s, s:s, s:b}", "id", call->args[0], "state", "queued", "reports",
				 env->outbox != NULL);
	return err;
}

enum vg_err vg_ctl_cases_dismiss(struct vg_ctl_call *call)
{
	int64_t id = wanted(call);
	enum vg_err err = id ? vg_cases_dismiss(call->env->cases, id, call->who, call->args[1]) : VG_ENOTFOUND;
	if (err == VG_ECONFLICT)
		return vg_ctl_refuse(call, err,
				     "%s waits for nobody's word: only cases in review or held can be dismissed",
				     call->args[0]);
	if (!err)
		call->result = json_pack("{s:s, s:s}", "id", call->args[0], "state", "dismissed");
	return err;
}
