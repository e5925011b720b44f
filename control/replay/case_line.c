#include "control/replay/case_line.h"

#include <string.h>

#include <vigil/attribution.h>

#include "control/cases/carriers.h"
#include "control/cases/codings.h"
#include "control/ctl/handlers.h"
#include "control/replay/json_text.h"

static void put_hit(struct vg_json_text *text, const struct vg_case_hit *hit)
{
	static const struct vg_case_hit none;
	if (!hit) {
		hit = &none;
		vg_json_text_null(text, "why");
		vg_json_text_null(text, "algo");
	} else {
		vg_json_text_str(text, "why", vg_case_hit_why(hit));
		vg_json_text_str(text, "algo", vg_case_hit_algo(hit));
	}
	if (hit->algo == VG_ALGO_PLUGIN)
		vg_json_text_u64(text, "version", hit->plugin_version);
	vg_json_text_u64(text, "distance", hit->distance);
	if (hit->algo == VG_ALGO_VPDQ) {
		vg_json_text_u64(text, "query_percent", hit->query_percent);
		vg_json_text_u64(text, "compared_percent", hit->compared_percent);
	}
	vg_json_text_str(text, "list", hit->list);
	vg_json_text_str(text, "entry", hit->entry_id);
	vg_json_text_u64(text, "generation", hit->generation);
}

static void put_file(struct vg_json_text *text, const struct vg_case_file *file)
{
	vg_json_text_open(text, NULL, '{');
	vg_json_text_str(text, "evidence", file->evidence_id);
	vg_json_text_str(text, "type", vg_kind_str(file->kind));
	vg_json_text_u64(text, "size", file->n_bytes);
	vg_json_text_hex(text, "md5", file->md5, sizeof(file->md5));
	vg_json_text_hex(text, "sha256", file->sha256, sizeof(file->sha256));
	vg_json_text_bool(text, "partial", file->partial);
	vg_json_text_str(text, "seen", vg_state_str(file->state));
	vg_json_text_str(text, "filename", file->filename);
	vg_json_text_str(text, "member", file->member);
	vg_json_text_str(text, "field", file->field);
	vg_json_text_str(text, "transfer", file->transfer ? vg_transfer_str(file->transfer) : NULL);
	vg_json_text_open(text, "matches", '[');
	for (unsigned i = 0; i < file->n_hits && i < VG_CASE_HITS; i++) {
		vg_json_text_open(text, NULL, '{');
		put_hit(text, &file->hits[i]);
		vg_json_text_close(text, '}');
	}
	vg_json_text_close(text, ']');
	vg_json_text_close(text, '}');
}

static void put_carriers(struct vg_json_text *text, const struct vg_case_origin *o)
{
	const int vlans[2] = { o->vlan_outer, o->vlan_inner };
	for (unsigned i = 0; i < 2; i++)
		if (vlans[i] < 0)
			vg_json_text_null(text, i ? "vlan_inner" : "vlan");
		else
			vg_json_text_u64(text, i ? "vlan_inner" : "vlan", (uint64_t)vlans[i]);
	vg_json_text_open(text, "tunnels", '[');
	for (unsigned i = 0; i < o->n_tunnels && i < VG_CASE_TUNNELS; i++) {
		vg_json_text_open(text, NULL, '{');
		vg_json_text_str(text, "kind", vg_tunnel_str(o->tunnels[i].kind));
		vg_json_text_u64(text, vg_carriers_id(o->tunnels[i].kind), o->tunnels[i].id);
		vg_json_text_str(text, "src_ip", o->tunnels[i].src_ip);
		vg_json_text_str(text, "dst_ip", o->tunnels[i].dst_ip);
		vg_json_text_close(text, '}');
	}
	vg_json_text_close(text, ']');
}

/* How and by whose clock it was seen (R1). */
static void put_seen(struct vg_json_text *text, const struct vg_case_origin *o)
{
	char said[VG_CODINGS_TEXT];
	vg_json_text_str(text, "codings", vg_codings_say(o->codings, o->is_chunked, said, sizeof(said)));
	vg_json_text_str(text, "clock", vg_case_clock_str(o->clock));
	if (o->clock_max_error_us < 0)
		vg_json_text_null(text, "clock_max_error_us");
	else
		vg_json_text_u64(text, "clock_max_error_us", (uint64_t)o->clock_max_error_us);
}

size_t vg_case_line(const struct vg_case *c, int64_t report_id, char *line, size_t cap)
{
	struct vg_json_text text;
	vg_json_text_init(&text, line, cap);
	vg_json_text_open(&text, NULL, '{');
	vg_json_text_str(&text, "id", c->name);
	vg_json_text_str(&text, "state", vg_case_state_str(c->state));
	vg_json_text_str(&text, "action", vg_case_action_str(c));
	put_hit(&text, vg_case_best_hit(c));
	vg_json_text_str(&text, "reason", c->reason);
	if (report_id > 0)
		vg_json_text_u64(&text, "report_id", (uint64_t)report_id);
	else
		vg_json_text_null(&text, "report_id");
	vg_json_text_str(&text, "evidence", c->n_files ? c->files[0].evidence_id : NULL);
	vg_json_text_bool(&text, "file_viewed", c->fileviewed);
	vg_json_text_str(&text, "proto", vg_proto_str(c->origin.proto));
	vg_json_text_str(&text, "direction", vg_direction_str(c->origin.direction));
	vg_json_text_str(&text, "src_ip", c->origin.src_ip);
	vg_json_text_str(&text, "dst_ip", c->origin.dst_ip);
	put_carriers(&text, &c->origin);
	vg_json_text_str(&text, "url", c->origin.url);
	vg_json_text_str(&text, "profile", c->origin.profile[0] ? c->origin.profile : NULL);
	vg_json_text_bool(&text, "heads_cut", c->origin.is_cut);
	put_seen(&text, &c->origin);
	vg_json_text_u64(&text, "n_files", c->n_files);
	vg_json_text_open(&text, "files", '[');
	for (unsigned i = 0; i < c->n_files && i < VG_CASE_LINE_FILES; i++)
		put_file(&text, &c->files[i]);
	vg_json_text_close(&text, ']');
	vg_json_text_close(&text, '}');
	return vg_json_text_end(&text);
}
