/* The reading half of cases. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/cases/carriers.h"
#include "control/cases/cases.h"
#include "control/cases/cases_priv.h"

#define MAX_FILES 10000

static void read_case(sqlite3_stmt *s, struct vg_case *c)
{
	memset(c, 0, sizeof(*c));
	c->id = sqlite3_column_int64(s, 0);
	vg_store_text(s, 1, c->name, sizeof(c->name));
	c->state = (enum vg_case_state)sqlite3_column_int(s, 2);
	c->action = (unsigned)sqlite3_column_int(s, 3);
	vg_store_text(s, 4, c->reason, sizeof(c->reason));
	vg_store_text(s, 5, c->approved_by, sizeof(c->approved_by));
	c->created_ns = sqlite3_column_int64(s, 6);
	c->updated_ns = sqlite3_column_int64(s, 7);
	c->perceptual_only = sqlite3_column_int(s, 8);
	c->blocks = sqlite3_column_int(s, 9);
}

static void read_origin(sqlite3_stmt *s, struct vg_case_origin *o)
{
	char tunnels[VG_CARRIERS_TEXT];
	o->proto = (unsigned)sqlite3_column_int(s, 0);
	o->direction = (unsigned)sqlite3_column_int(s, 1);
	vg_store_text(s, 2, o->src_ip, sizeof(o->src_ip));
	vg_store_text(s, 3, o->dst_ip, sizeof(o->dst_ip));
	vg_store_text(s, 4, o->forwarded_ip, sizeof(o->forwarded_ip));
	o->src_port = (unsigned)sqlite3_column_int(s, 5);
	o->dst_port = (unsigned)sqlite3_column_int(s, 6);
	o->http_status = (unsigned)sqlite3_column_int(s, 7);
	o->vlan_outer = sqlite3_column_int(s, 8);
	o->vlan_inner = sqlite3_column_int(s, 9);
	o->first_byte_ns = sqlite3_column_int64(s, 10);
	o->last_byte_ns = sqlite3_column_int64(s, 11);
	vg_store_text(s, 12, o->host, sizeof(o->host));
	vg_store_text(s, 13, o->url, sizeof(o->url));
	vg_store_text(s, 14, o->method, sizeof(o->method));
	vg_store_text(s, 15, o->agent, sizeof(o->agent));
	vg_store_text(s, 16, o->claimed_type, sizeof(o->claimed_type));
	o->flow_id = (uint64_t)sqlite3_column_int64(s, 17);
	o->boot_id = (uint64_t)sqlite3_column_int64(s, 18);
	o->core_idx = (unsigned)sqlite3_column_int(s, 19);
	o->hasher_idx = (unsigned)sqlite3_column_int(s, 20);
	o->capture_idx = (unsigned)sqlite3_column_int(s, 21);
	o->n_gaps = (unsigned)sqlite3_column_int(s, 22);
	vg_store_text(s, 23, tunnels, sizeof(tunnels));
	vg_carriers_read(tunnels, o);
	o->hold = (unsigned)sqlite3_column_int(s, 24);
	o->hold_passed_bytes = (uint64_t)sqlite3_column_int64(s, 25);
	o->body_bytes = (uint64_t)sqlite3_column_int64(s, 26);
	o->is_client = sqlite3_column_int(s, 27);
	vg_store_text(s, 28, o->profile, sizeof(o->profile));
	o->is_cut = sqlite3_column_int(s, 29);
	o->codings = (uint32_t)sqlite3_column_int64(s, 30);
	o->is_chunked = sqlite3_column_int(s, 31);
	o->clock = (unsigned)sqlite3_column_int(s, 32);
	o->clock_max_error_us = sqlite3_column_int64(s, 33);
	o->clock_error_us = sqlite3_column_int64(s, 34);
}

static void read_file(sqlite3_stmt *s, struct vg_case_file *f)
{
	memset(f, 0, sizeof(*f));
	f->id = sqlite3_column_int64(s, 0);
	vg_store_text(s, 1, f->evidence_id, sizeof(f->evidence_id));
	f->n_bytes = (uint64_t)sqlite3_column_int64(s, 2);
	f->n_sample_bytes = (uint64_t)sqlite3_column_int64(s, 3);
	f->partial = sqlite3_column_int(s, 4);
	f->complete = sqlite3_column_int(s, 5);
	f->kind = (unsigned)sqlite3_column_int(s, 6);
	f->state = (unsigned)sqlite3_column_int(s, 7);
	(void)vg_store_blob(s, 8, f->md5, sizeof(f->md5));
	(void)vg_store_blob(s, 9, f->sha1, sizeof(f->sha1));
	(void)vg_store_blob(s, 10, f->sha256, sizeof(f->sha256));
	f->has_pdq = !vg_store_blob(s, 11, f->pdq, sizeof(f->pdq));
	f->pdq_quality = sqlite3_column_int(s, 12);
	vg_store_text(s, 13, f->filename, sizeof(f->filename));
	vg_store_text(s, 14, f->member, sizeof(f->member));
	f->n_frames = (unsigned)sqlite3_column_int(s, 15);
	vg_store_text(s, 16, f->field, sizeof(f->field));
	f->transfer = (unsigned)sqlite3_column_int(s, 17);
}

static enum vg_err load_hits(struct vg_cases *cases, struct vg_case_file *f)
{
	static const char sql[] = "SELECT list,source,entry_id,entry_class,note,generation,algo,distance,variant,exact,"
				  "query_percent,compared_percent,frame,plugin,plugin_version"
				  " FROM case_hits WHERE file_id=? ORDER BY id LIMIT 32";
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "i", f->id);
	enum vg_err err = s ? VG_OK : VG_EIO;
	while (!err && f->n_hits < VG_ARRAY_LEN(f->hits) && !(err = vg_store_step(cases->store, s))) {
		struct vg_case_hit *h = &f->hits[f->n_hits++];
		vg_store_text(s, 0, h->list, sizeof(h->list));
		vg_store_text(s, 1, h->source, sizeof(h->source));
		vg_store_text(s, 2, h->entry_id, sizeof(h->entry_id));
		vg_store_text(s, 3, h->entry_class, sizeof(h->entry_class));
		vg_store_text(s, 4, h->note, sizeof(h->note));
		h->generation = (uint64_t)sqlite3_column_int64(s, 5);
		h->algo = (unsigned)sqlite3_column_int(s, 6);
		h->distance = (unsigned)sqlite3_column_int(s, 7);
		h->variant = (unsigned)sqlite3_column_int(s, 8);
		h->exact = sqlite3_column_int(s, 9);
		h->query_percent = (unsigned)sqlite3_column_int(s, 10);
		h->compared_percent = (unsigned)sqlite3_column_int(s, 11);
		h->frame = (unsigned)sqlite3_column_int(s, 12);
		vg_store_text(s, 13, h->plugin, sizeof(h->plugin));
		h->plugin_version = (unsigned)sqlite3_column_int64(s, 14);
	}
	vg_store_reset(s);
	return err == VG_ENOTFOUND ? VG_OK : err;
}

static enum vg_err load_files(struct vg_cases *cases, struct vg_case *c)
{
	static const char sql[] = "SELECT id,evidence_id,n_bytes,n_sample_bytes,partial,complete,kind,state,md5,sha1,"
				  "sha256,pdq,pdq_quality,filename,member,n_frames,field,transfer FROM case_files "
				  "WHERE case_id=? ORDER BY id";
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "i", c->id);
	enum vg_err err = s ? VG_OK : VG_EIO;
	while (!err && c->n_files < MAX_FILES && !(err = vg_store_step(cases->store, s))) {
		struct vg_case_file *more = realloc(c->files, (c->n_files + 1) * sizeof(*more));
		if (!more) {
			err = VG_ENOMEM;
			break;
		}
		c->files = more;
		read_file(s, &c->files[c->n_files++]);
	}
	vg_store_reset(s);
	if (err == VG_ENOTFOUND)
		err = VG_OK;
	for (unsigned i = 0; i < c->n_files && !err; i++)
		err = load_hits(cases, &c->files[i]);
	return err;
}

enum vg_err vg_cases_load(struct vg_cases *cases, int64_t case_id, struct vg_case *c)
{
	static const char sql[] =
		"SELECT id,name,state,action,reason,approved_by,created_ns,updated_ns,perceptual_only,blocks"
		" FROM cases WHERE id=?";
	static const char origin_sql[] =
		"SELECT proto,direction,src_ip,dst_ip,forwarded_ip,src_port,dst_port,http_status,vlan_outer,vlan_inner,"
		"first_byte_ns,last_byte_ns,host,url,method,agent,claimed_type,flow_id,boot_id,core_idx,hasher_idx,"
		"capture_idx,n_gaps,tunnels,hold,hold_passed_bytes,body_bytes,is_client,profile,is_cut,codings,"
		"is_chunked,clock,clock_max_error_us,clock_error_us FROM case_sightings WHERE case_id=?"
		" ORDER BY id LIMIT 1";
	memset(c, 0, sizeof(*c));
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "i", case_id);
	enum vg_err err = s ? vg_store_step(cases->store, s) : VG_EIO;
	if (!err)
		read_case(s, c);
	vg_store_reset(s);
	if (err)
		return err;
	s = vg_store_query(cases->store, origin_sql, "i", case_id);
	err = s ? vg_store_step(cases->store, s) : VG_EIO;
	if (!err)
		read_origin(s, &c->origin);
	vg_store_reset(s);
	if (err && err != VG_ENOTFOUND)
		return err;
	err = load_files(cases, c);
	if (err)
		vg_case_free(c);
	return err;
}

void vg_case_free(struct vg_case *c)
{
	free(c->files);
	c->files = NULL;
	c->n_files = 0;
}

int64_t vg_cases_find(struct vg_cases *cases, const char *name)
{
	static const char sql[] = "SELECT id FROM cases WHERE name=? OR id=?";
	char *end;
	long long number = strtoll(name, &end, 10);
	if (end == name || *end || number < 0)
		number = 0;
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "ti", name, (int64_t)number);
	int64_t id = s && !vg_store_step(cases->store, s) ? sqlite3_column_int64(s, 0) : 0;
	vg_store_reset(s);
	return id;
}

/* The ids first, then one case after the other: fn may change cases. */
static enum vg_err ids_of(struct vg_cases *cases, const struct vg_cases_filter *filter, int64_t *ids, unsigned max_ids,
			  unsigned *n_ids)
{
	static const char sql[] = "SELECT id FROM cases WHERE (?<0 OR state=?) AND id>? ORDER BY id LIMIT ?";
	int64_t state = filter->state;
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "iiii", state, state, filter->after_id, (int64_t)max_ids);
	enum vg_err err = s ? VG_OK : VG_EIO;
	*n_ids = 0;
	while (!err && *n_ids < max_ids && !(err = vg_store_step(cases->store, s)))
		ids[(*n_ids)++] = sqlite3_column_int64(s, 0);
	vg_store_reset(s);
	return err == VG_ENOTFOUND ? VG_OK : err;
}

enum vg_err vg_cases_list(struct vg_cases *cases, const struct vg_cases_filter *filter, vg_cases_fn fn, void *ctx)
{
	unsigned max_ids = filter->max_rows ? filter->max_rows : 1000, n_ids;
	max_ids = max_ids > 100000 ? 100000 : max_ids;
	int64_t *ids = malloc(max_ids * sizeof(*ids));
	if (!ids)
		return VG_ENOMEM;
	enum vg_err err = ids_of(cases, filter, ids, max_ids, &n_ids);
	for (unsigned i = 0; i < n_ids && !err; i++) {
		struct vg_case c;
		err = vg_cases_load(cases, ids[i], &c);
		if (err)
			break;
		int is_enough = fn(ctx, &c);
		vg_case_free(&c);
		if (is_enough)
			break;
	}
	free(ids);
	return err;
}

enum vg_err vg_cases_count(struct vg_cases *cases, int64_t n_cases[VG_CASE_STATE_N], int64_t oldest_ns[VG_CASE_STATE_N])
{
	static const char sql[] = "SELECT state,count(*),min(created_ns) FROM cases GROUP BY state";
	memset(n_cases, 0, sizeof(*n_cases) * VG_CASE_STATE_N);
	memset(oldest_ns, 0, sizeof(*oldest_ns) * VG_CASE_STATE_N);
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "");
	enum vg_err err = s ? VG_OK : VG_EIO;
	while (!err && !(err = vg_store_step(cases->store, s))) {
		int state = sqlite3_column_int(s, 0);
		if (state < 0 || state >= VG_CASE_STATE_N)
			continue;
		n_cases[state] = sqlite3_column_int64(s, 1);
		oldest_ns[state] = sqlite3_column_int64(s, 2);
	}
	vg_store_reset(s);
	return err == VG_ENOTFOUND ? VG_OK : err;
}

enum vg_err vg_cases_evidence(struct vg_cases *cases, vg_cases_evidence_fn fn, void *ctx)
{
	static const char sql[] = "SELECT evidence_id FROM case_files WHERE evidence_id<>''";
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "");
	enum vg_err err = s ? VG_OK : VG_EIO;
	while (!err && !(err = vg_store_step(cases->store, s)))
		fn(ctx, (const char *)sqlite3_column_text(s, 0));
	vg_store_reset(s);
	return err == VG_ENOTFOUND ? VG_OK : err;
}

enum vg_err vg_cases_frames(struct vg_cases *cases, int64_t file_id, vg_cases_frame_fn fn, void *ctx)
{
	static const char sql[] = "SELECT frames FROM case_files WHERE id=?";
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "i", file_id);
	enum vg_err err = s ? vg_store_step(cases->store, s) : VG_EIO;
	if (!err) {
		const uint8_t *bytes = sqlite3_column_blob(s, 0);
		size_t n = bytes ? (size_t)sqlite3_column_bytes(s, 0) / sizeof(struct vg_frame_hash) : 0;
		for (size_t i = 0; i < n; i++) {
			struct vg_frame_hash frame;
			memcpy(&frame, bytes + i * sizeof(frame), sizeof(frame));
			fn(ctx, &frame);
		}
		err = n ? VG_OK : VG_ENOTFOUND;
	}
	vg_store_reset(s);
	return err;
}
