#include "control/match_case.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "control/cases/text.h"

/* Bytes of the wire into a text, made legal while their length is still known (they may hold NULs). */
static void take(char *to, size_t n_to, const char *from, size_t n_from)
{
	vg_case_text(from, n_from, to, n_to);
}

static void take_ip(char to[46], uint8_t version, const uint8_t ip[16])
{
	to[0] = 0;
	if (version == 4)
		(void)inet_ntop(AF_INET, ip, to, 46);
	else if (version == 6)
		(void)inet_ntop(AF_INET6, ip, to, 46);
}

/* The address of a Forwarded or X-Forwarded-For element: 1.2.3.4, 1.2.3.4:5, 2001:db8::1, [2001:db8::1]:5, perhaps in
 * quotes (RFC 7239 section 6); anything else is dropped. */
static void take_forwarded(char to[46], const char *from, size_t n_from)
{
	char text[VG_ATTR_FORWARDED + 1], *at = text;
	uint8_t ip[16];
	memcpy(text, from, n_from);
	text[n_from] = 0;
	at += strspn(at, " \"");
	at[strcspn(at, " \"")] = 0;
	if (*at == '[') {
		at++;
		at[strcspn(at, "]")] = 0;
	} else if (strchr(at, ':') == strrchr(at, ':')) {
		at[strcspn(at, ":")] = 0;
	}
	if (inet_pton(AF_INET, at, ip) == 1)
		take_ip(to, 4, ip);
	else if (inet_pton(AF_INET6, at, ip) == 1)
		take_ip(to, 6, ip);
}

/* The target as an absolute URL where the host is known (RFC 9112 3.2: origin-form, or absolute-form to a proxy); also
 * of what began as a request of HTTP: a stream of HTTP/2 (:path), a WebSocket, FastCGI. */
static void take_url(struct vg_case_origin *o, const struct vg_attribution *a)
{
	char target[sizeof(o->url)];
	take(target, sizeof(target), a->url, a->n_url);
	int is_http = a->proto == VG_PROTO_HTTP || a->proto == VG_PROTO_HTTP2 || a->proto == VG_PROTO_WEBSOCKET ||
		      a->proto == VG_PROTO_FASTCGI;
	if (!is_http || !o->host[0] || target[0] != '/')
		snprintf(o->url, sizeof(o->url), "%s", target);
	else
		snprintf(o->url, sizeof(o->url), "http://%.*s%.*s", (int)sizeof(o->host), o->host,
			 (int)(sizeof(o->url) - sizeof(o->host) - 8), target);
}

static void take_tunnels(const struct vg_attribution *a, struct vg_case_origin *o)
{
	o->n_tunnels = a->n_tunnels < VG_CASE_TUNNELS ? a->n_tunnels : VG_CASE_TUNNELS;
	for (unsigned i = 0; i < o->n_tunnels; i++) {
		o->tunnels[i].kind = a->tunnels[i].kind;
		o->tunnels[i].id = a->tunnels[i].id;
		take_ip(o->tunnels[i].src_ip, a->tunnels[i].ip_version, a->tunnels[i].src_ip);
		take_ip(o->tunnels[i].dst_ip, a->tunnels[i].ip_version, a->tunnels[i].dst_ip);
	}
}

static void take_origin(const struct vg_attribution *a, struct vg_case_origin *o)
{
	o->proto = a->proto;
	o->direction = a->direction ? VG_UPLOAD : VG_DOWNLOAD;
	take_ip(o->src_ip, a->ip_version, a->src_ip);
	take_ip(o->dst_ip, a->ip_version, a->dst_ip);
	take_forwarded(o->forwarded_ip, a->forwarded, a->n_forwarded);
	o->is_client = a->flags & VG_ATTR_CLIENT && o->forwarded_ip[0];
	o->src_port = a->src_port;
	o->dst_port = a->dst_port;
	o->http_status = a->http_status;
	o->vlan_outer = a->vlan[0] == 0xffff ? -1 : a->vlan[0];
	o->vlan_inner = a->vlan[1] == 0xffff ? -1 : a->vlan[1];
	take_tunnels(a, o);
	o->first_byte_ns = a->first_byte_ns;
	o->last_byte_ns = a->last_byte_ns;
	take(o->host, sizeof(o->host), a->host, a->n_host);
	take_url(o, a);
	take(o->method, sizeof(o->method), a->method, a->n_method);
	take(o->agent, sizeof(o->agent), a->agent, a->n_agent);
	take(o->claimed_type, sizeof(o->claimed_type), a->type, a->n_type);
	o->flow_id = a->flow_id;
	o->boot_id = a->boot_id;
	o->core_idx = a->core_idx;
	o->hasher_idx = a->hasher_idx;
	o->capture_idx = a->capture_idx;
	o->n_gaps = a->n_gaps;
	o->is_cut = a->flags & VG_ATTR_HEAD_CUT;
	o->hold = atomic_load_explicit(&a->hold, memory_order_relaxed) % VG_HOLD_N;
	o->hold_passed_bytes = atomic_load_explicit(&a->hold_passed_bytes, memory_order_relaxed);
	o->body_bytes = a->body_bytes;
	o->codings = a->codings;
	o->is_chunked = !!(a->flags & VG_ATTR_CHUNKED);
	o->clock_max_error_us = o->clock_error_us = -1; /* whoever knows says so (clock_state) */
}

/* What made the value that the entry lists. */
static void take_plugin(const struct vg_index_view *view, uint32_t entry_idx, struct vg_case_hit *h)
{
	for (uint64_t i = 0; i < view->n_plugins; i++)
		if (view->plugins[i].entry_idx == entry_idx) {
			const struct vg_index_group *group = vg_index_group_of(view->groups, view->n_groups, i);
			memcpy(h->plugin, group->algo, sizeof(h->plugin));
			h->plugin_version = group->version;
			return;
		}
}

static void take_hit(const struct vg_index_view *view, const struct vg_verified *v, unsigned i, struct vg_case_hit *h)
{
	const struct vg_index_entry *entry = &view->entries[v->hits[i].entry_idx];
	const struct vg_index_list *list = &view->lists[entry->list_idx];
	snprintf(h->list, sizeof(h->list), "%s", view->strings + list->name_off);
	snprintf(h->source, sizeof(h->source), "%s", view->strings + list->source_off);
	snprintf(h->entry_id, sizeof(h->entry_id), "%s", view->strings + entry->id_off);
	snprintf(h->entry_class, sizeof(h->entry_class), "%s", view->strings + entry->class_off);
	snprintf(h->note, sizeof(h->note), "%s", view->strings + entry->note_off);
	h->generation = view->header->generation;
	h->algo = v->hits[i].algo;
	h->distance = v->hits[i].distance;
	h->variant = v->hits[i].variant;
	h->query_percent = v->hits[i].query_percent;
	h->compared_percent = v->hits[i].compared_percent;
	h->frame = v->hits[i].frame_idx;
	h->exact = v->hit_exact[i];
	if (h->algo == VG_ALGO_PLUGIN)
		take_plugin(view, v->hits[i].entry_idx, h);
}

static void take_file(const struct vg_intake_match *match, struct vg_case_file *f)
{
	const struct vg_msg_record *r = match->record;
	const struct vg_verified *v = match->verified;
	const struct vg_attribution *a = match->attribution;
	f->n_bytes = r->n_bytes;
	f->n_sample_bytes = r->n_sample_bytes;
	f->partial = v->partial;
	f->state = atomic_load_explicit(&a->state, memory_order_relaxed);
	if (r->flags & (VG_RECORD_MEMBER_OF | VG_RECORD_RESOURCE) || f->state == VG_STATE_OPEN)
		f->state = r->state; /* a part ends on its own; a dead dataplane ends nothing */
	f->complete = f->state == VG_STATE_COMPLETE && !(r->flags & VG_RECORD_BAD_CODING);
	f->kind = r->kind;
	memcpy(f->md5, v->md5, sizeof(f->md5));
	memcpy(f->sha1, v->sha1, sizeof(f->sha1));
	memcpy(f->sha256, v->sha256, sizeof(f->sha256));
	f->has_pdq = !!(r->flags & VG_RECORD_HAS_PDQ);
	memcpy(f->pdq, r->pdq, sizeof(f->pdq));
	f->pdq_quality = r->pdq_quality;
	f->n_frames = match->frames ? r->n_frames : 0;
	if (r->flags & VG_RECORD_MEMBER_OF) {
		take(f->member, sizeof(f->member), r->member, r->n_member);
		take(f->filename, sizeof(f->filename), r->member, r->n_member);
		take(f->field, sizeof(f->field), r->field, r->n_field);
		f->transfer = r->transfer;
	} else {
		take(f->filename, sizeof(f->filename), a->filename, a->n_filename);
	}
	f->n_hits = v->n_hits;
	for (unsigned i = 0; i < v->n_hits; i++)
		take_hit(match->view, v, i, &f->hits[i]);
}

/* Of what is listed by its URL only, pictures, films and what may hold them are kept; of the rest it is told who
 * asked. */
static int is_file(unsigned kind)
{
	return VG_KIND_IS_IMAGE(kind) || VG_KIND_IS_VIDEO(kind) || VG_KIND_IS_CONTAINER(kind);
}

void vg_match_case(const struct vg_intake_match *match, struct vg_case_match *out)
{
	const struct vg_msg_record *r = match->record;
	memset(out, 0, sizeof(*out));
	out->boot_id = r->boot_id;
	out->object_id = r->object_id;
	out->core_idx = r->core_idx;
	out->hasher_idx = match->hasher_idx;
	out->member_no = r->member_no;
	take_origin(match->attribution, &out->origin);
	take_file(match, &out->file);
	out->frames = match->frames;
	_Static_assert(sizeof(out->hit_actions) == sizeof(match->verified->hit_action),
		       "a case has the hits of a record");
	memcpy(out->hit_actions, match->verified->hit_action, sizeof(out->hit_actions));
	out->has_topic = match->verified->url_only && (!is_file(r->kind) || !r->n_sample_bytes);
	memcpy(out->topic, match->verified->url_value, sizeof(out->topic));
	out->held = match->held;
	snprintf(out->reason, sizeof(out->reason), "%s", match->reason);
}
