/* Tables: cases, their files with the hits of each, and sightings: one row for every match ever taken in, whose key
 * makes a second delivery harmless. A case's origin is that of its first sighting. */
#include "control/cases/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vigil/clock.h>

#include "control/cases/carriers.h"
#include "control/cases/cases_priv.h"
#include "control/cases/text.h"

static const char *const steps[] = {
	"CREATE TABLE cases(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, state INTEGER NOT NULL,"
	" action INTEGER NOT NULL, reason TEXT NOT NULL, approved_by TEXT NOT NULL, created_ns INTEGER NOT NULL,"
	" updated_ns INTEGER NOT NULL, perceptual_only INTEGER NOT NULL, partial INTEGER NOT NULL,"
	" fold_sha256 BLOB NOT NULL, fold_party TEXT NOT NULL);"
	"CREATE INDEX cases_fold ON cases(fold_sha256, fold_party, created_ns);"
	"CREATE INDEX cases_state ON cases(state, created_ns);"
	"CREATE TABLE case_files(id INTEGER PRIMARY KEY AUTOINCREMENT, case_id INTEGER NOT NULL REFERENCES cases(id),"
	" evidence_id TEXT NOT NULL, n_bytes INTEGER NOT NULL, n_sample_bytes INTEGER NOT NULL,"
	" partial INTEGER NOT NULL, complete INTEGER NOT NULL, kind INTEGER NOT NULL, state INTEGER NOT NULL,"
	" md5 BLOB NOT NULL, sha1 BLOB NOT NULL, sha256 BLOB NOT NULL, pdq BLOB, pdq_quality INTEGER NOT NULL,"
	" filename TEXT NOT NULL, member TEXT NOT NULL);"
	"CREATE INDEX case_files_case ON case_files(case_id);"
	"CREATE TABLE case_hits(id INTEGER PRIMARY KEY AUTOINCREMENT, file_id INTEGER NOT NULL REFERENCES "
	"case_files(id),"
	" list TEXT NOT NULL, source TEXT NOT NULL, entry_id TEXT NOT NULL, entry_class TEXT NOT NULL,"
	" note TEXT NOT NULL, generation INTEGER NOT NULL, algo INTEGER NOT NULL, distance INTEGER NOT NULL,"
	" variant INTEGER NOT NULL, exact INTEGER NOT NULL);"
	"CREATE INDEX case_hits_file ON case_hits(file_id);"
	"CREATE TABLE case_sightings(id INTEGER PRIMARY KEY AUTOINCREMENT, case_id INTEGER NOT NULL REFERENCES "
	"cases(id),"
	" boot_id INTEGER NOT NULL, core_idx INTEGER NOT NULL, hasher_idx INTEGER NOT NULL, object_id INTEGER NOT NULL,"
	" member_no INTEGER NOT NULL, seen_ns INTEGER NOT NULL, proto INTEGER NOT NULL, direction INTEGER NOT NULL,"
	" src_ip TEXT NOT NULL, dst_ip TEXT NOT NULL, forwarded_ip TEXT NOT NULL, src_port INTEGER NOT NULL,"
	" dst_port INTEGER NOT NULL, http_status INTEGER NOT NULL, vlan_outer INTEGER NOT NULL,"
	" vlan_inner INTEGER NOT NULL, first_byte_ns INTEGER NOT NULL, last_byte_ns INTEGER NOT NULL,"
	" host TEXT NOT NULL, url TEXT NOT NULL, method TEXT NOT NULL, agent TEXT NOT NULL, claimed_type TEXT NOT NULL,"
	" flow_id INTEGER NOT NULL, capture_idx INTEGER NOT NULL, n_gaps INTEGER NOT NULL,"
	" UNIQUE(boot_id, core_idx, hasher_idx, object_id, member_no));"
	"CREATE INDEX case_sightings_case ON case_sightings(case_id);",
	"ALTER TABLE case_sightings ADD COLUMN tunnels TEXT NOT NULL DEFAULT '';",
	"ALTER TABLE cases ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE case_sightings ADD COLUMN hold INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE case_sightings ADD COLUMN hold_passed_bytes INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE case_sightings ADD COLUMN body_bytes INTEGER NOT NULL DEFAULT 0;",
	"ALTER TABLE case_hits ADD COLUMN query_percent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE case_hits ADD COLUMN compared_percent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE case_hits ADD COLUMN frame INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE case_files ADD COLUMN n_frames INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE case_files ADD COLUMN frames BLOB;",
	"ALTER TABLE case_sightings ADD COLUMN is_client INTEGER NOT NULL DEFAULT 0;",
	("ALTER TABLE case_hits ADD COLUMN plugin TEXT NOT NULL DEFAULT '';"
	 "ALTER TABLE case_hits ADD COLUMN plugin_version INTEGER NOT NULL DEFAULT 0;"),
	("ALTER TABLE case_sightings ADD COLUMN profile TEXT NOT NULL DEFAULT '';"
	 "ALTER TABLE case_sightings ADD COLUMN is_cut INTEGER NOT NULL DEFAULT 0;"),
	("ALTER TABLE case_sightings ADD COLUMN codings INTEGER NOT NULL DEFAULT 0;"
	 "ALTER TABLE case_sightings ADD COLUMN is_chunked INTEGER NOT NULL DEFAULT 0;"
	 "ALTER TABLE case_sightings ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;"
	 "ALTER TABLE case_sightings ADD COLUMN clock_max_error_us INTEGER NOT NULL DEFAULT -1;"
	 "ALTER TABLE case_sightings ADD COLUMN clock_error_us INTEGER NOT NULL DEFAULT -1;"
	 "ALTER TABLE case_files ADD COLUMN field TEXT NOT NULL DEFAULT '';"
	 "ALTER TABLE case_files ADD COLUMN transfer INTEGER NOT NULL DEFAULT 0;"),
};

struct vg_cases *vg_cases_create(struct vg_store *store, struct vg_audit *audit, int64_t fold_window_ns)
{
	struct vg_cases *cases = calloc(1, sizeof(*cases));
	if (!cases)
		return NULL;
	cases->store = store;
	cases->audit = audit;
	cases->fold_window_ns = fold_window_ns;
	if (!vg_store_migrate(store, "cases", steps, VG_ARRAY_LEN(steps)))
		return cases;
	free(cases);
	return NULL;
}

void vg_cases_destroy(struct vg_cases *cases)
{
	free(cases);
}

enum vg_action vg_cases_policy(const struct vg_case_match *match)
{
	unsigned strictest = VG_ACTION_COUNT;
	for (unsigned i = 0; i < match->file.n_hits && i < VG_ARRAY_LEN(match->hit_actions); i++)
		if (vg_action_case(match->hit_actions[i]) > strictest)
			strictest = vg_action_case(match->hit_actions[i]);
	if (strictest >= VG_ACTION_REPORT)
		strictest = match->file.partial ? VG_ACTION_REVIEW : VG_ACTION_REPORT;
	return (enum vg_action)strictest;
}

static int asks_to_block(const struct vg_case_match *match)
{
	for (unsigned i = 0; i < match->file.n_hits && i < VG_ARRAY_LEN(match->hit_actions); i++)
		if (vg_action_blocks(match->hit_actions[i]))
			return 1;
	return 0;
}

static enum vg_case_state state_of(const struct vg_case_match *match, enum vg_action action)
{
	static const enum vg_case_state by_action[VG_ACTION_N] = {
		[VG_ACTION_COUNT] = VG_CASE_COUNTED,
		[VG_ACTION_ALERT] = VG_CASE_ALERTED,
		[VG_ACTION_REVIEW] = VG_CASE_REVIEW,
		[VG_ACTION_REPORT] = VG_CASE_QUEUED,
	};
	return match->held && action != VG_ACTION_COUNT ? VG_CASE_HELD : by_action[action];
}

/* Whom the content is laid to: what folds must be the same party. */
static void party_of(const struct vg_case_origin *o, char *party, size_t n_party)
{
	char tenant[80];
	if (o->direction == VG_UPLOAD && o->is_client) /* whichever of the proxies it came by */
		snprintf(party, n_party, "up %s%s", o->forwarded_ip,
			 vg_carriers_tenant(o, o->forwarded_ip, tenant, sizeof(tenant)));
	else if (o->direction == VG_UPLOAD)
		snprintf(party, n_party, "up %s %s%s", o->src_ip, o->forwarded_ip,
			 vg_carriers_tenant(o, o->src_ip, tenant, sizeof(tenant)));
	else if (o->host[0])
		snprintf(party, n_party, "host %s", o->host);
	else
		snprintf(party, n_party, "server %s%s", o->src_ip,
			 vg_carriers_tenant(o, o->src_ip, tenant, sizeof(tenant)));
}

/* What is the same content: its bytes, or what it is about. */
static const uint8_t *content_of(const struct vg_case_match *m)
{
	return m->has_topic ? m->topic : m->file.sha256;
}

static enum vg_err find_known(struct vg_cases *cases, const struct vg_case_match *m, struct vg_case_added *added)
{
	static const char sql[] =
		"SELECT c.id, c.state, (SELECT f.id FROM case_files f WHERE f.case_id=c.id ORDER BY f.id LIMIT 1)"
		" FROM case_sightings s JOIN cases c ON c.id=s.case_id"
		" WHERE s.boot_id=? AND s.core_idx=? AND s.hasher_idx=? AND s.object_id=? AND s.member_no=?";
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "iiiii", (int64_t)m->boot_id, (int64_t)m->core_idx,
					 (int64_t)m->hasher_idx, (int64_t)m->object_id, (int64_t)m->member_no);
	if (!s)
		return VG_EIO;
	enum vg_err err = vg_store_step(cases->store, s);
	if (!err) {
		added->case_id = sqlite3_column_int64(s, 0);
		added->state = (enum vg_case_state)sqlite3_column_int(s, 1);
		added->file_id = sqlite3_column_int64(s, 2);
		added->is_known = 1;
	}
	vg_store_reset(s);
	return err;
}

/* An open case that this match folds into: see the header. VG_ENOTFOUND where there is none. */
static enum vg_err find_fold(struct vg_cases *cases, const struct vg_case_match *m, const char *party, int64_t now_ns,
			     struct vg_case_added *added)
{
	static const char sql[] =
		"SELECT c.id, c.state, (SELECT f.id FROM case_files f WHERE f.case_id=c.id ORDER BY f.id LIMIT 1)"
		" FROM cases c WHERE c.fold_sha256=? AND c.fold_party=? AND c.created_ns>? AND c.action>=? AND "
		"c.state<>?"
		" AND (c.state<>? OR ?) AND (c.partial=0 OR ?) ORDER BY c.id DESC LIMIT 1";
	sqlite3_stmt *s = vg_store_query(cases->store, sql, "btiiiiii", content_of(m), sizeof(m->topic), party,
					 now_ns - cases->fold_window_ns, (int64_t)vg_cases_policy(m),
					 (int64_t)VG_CASE_DISMISSED, (int64_t)VG_CASE_HELD, (int64_t) !!m->held,
					 (int64_t) !!m->file.partial);
	if (!s)
		return VG_EIO;
	enum vg_err err = vg_store_step(cases->store, s);
	if (!err) {
		added->case_id = sqlite3_column_int64(s, 0);
		added->state = (enum vg_case_state)sqlite3_column_int(s, 1);
		added->file_id = sqlite3_column_int64(s, 2);
	}
	vg_store_reset(s);
	return err;
}

#define LEGAL(to, from) vg_case_text(from, strnlen(from, sizeof(from)), to, sizeof(to))

static void make_legal(const struct vg_case_match *raw, struct vg_case_match *m)
{
	*m = *raw;
	m->file.n_hits = m->file.n_hits > VG_ARRAY_LEN(m->file.hits) ? VG_ARRAY_LEN(m->file.hits) : m->file.n_hits;
	LEGAL(m->origin.src_ip, raw->origin.src_ip);
	LEGAL(m->origin.dst_ip, raw->origin.dst_ip);
	LEGAL(m->origin.forwarded_ip, raw->origin.forwarded_ip);
	LEGAL(m->origin.host, raw->origin.host);
	LEGAL(m->origin.url, raw->origin.url);
	LEGAL(m->origin.method, raw->origin.method);
	LEGAL(m->origin.agent, raw->origin.agent);
	LEGAL(m->origin.claimed_type, raw->origin.claimed_type);
	LEGAL(m->file.filename, raw->file.filename);
	LEGAL(m->file.member, raw->file.member);
	LEGAL(m->file.field, raw->file.field);
	LEGAL(m->file.evidence_id, raw->file.evidence_id);
	LEGAL(m->reason, raw->reason);
	for (unsigned i = 0; i < m->file.n_hits; i++) {
		struct vg_case_hit *to = &m->file.hits[i];
		const struct vg_case_hit *from = &raw->file.hits[i];
		LEGAL(to->list, from->list);
		LEGAL(to->source, from->source);
		LEGAL(to->entry_id, from->entry_id);
		LEGAL(to->entry_class, from->entry_class);
		LEGAL(to->note, from->note);
	}
}

static int has_exact(const struct vg_case_file *file)
{
	for (unsigned i = 0; i < file->n_hits; i++)
		if (file->hits[i].exact)
			return 1;
	return 0;
}

static enum vg_err insert_case(struct vg_cases *cases, const struct vg_case_match *m, const char *party, int64_t now_ns,
			       struct vg_case_added *added)
{
	static const char sql[] =
		"INSERT INTO cases(state,action,reason,approved_by,created_ns,updated_ns,perceptual_only,partial,"
		"fold_sha256,fold_party) VALUES(?,?,?,'',?,?,?,?,?,?)";
	static const char name_sql[] = "UPDATE cases SET name=? WHERE id=?";
	enum vg_action action = vg_cases_policy(m);
	char name[40];
	time_t now_s = (time_t)(now_ns / 1000000000);
	struct tm day;
	added->state = state_of(m, action);
	if (vg_store_exec(cases->store, sql, "iitiiiibt", (int64_t)added->state, (int64_t)action,
			  m->held ? m->reason : "", now_ns, now_ns, (int64_t)!has_exact(&m->file),
			  (int64_t) !!m->file.partial, content_of(m), sizeof(m->topic), party))
		return VG_EIO;
	added->case_id = vg_store_last_id(cases->store);
	gmtime_r(&now_s, &day);
	snprintf(name, sizeof(name), "VG-%d-%06lld", day.tm_year + 1900, (long long)added->case_id);
	return vg_store_exec(cases->store, name_sql, "ti", name, added->case_id);
}

static enum vg_err insert_file(struct vg_cases *cases, const struct vg_case_match *m, struct vg_case_added *added)
{
	static const char sql[] =
		"INSERT INTO "
		"case_files(case_id,evidence_id,n_bytes,n_sample_bytes,partial,complete,kind,state,md5,sha1,"
		"sha256,pdq,pdq_quality,filename,member,n_frames,frames,field,transfer) "
		"VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
	static const char hit_sql[] =
		"INSERT INTO case_hits(file_id,list,source,entry_id,entry_class,note,generation,algo,distance,variant,"
		"exact,query_percent,compared_percent,frame,plugin,plugin_version) "
		"VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
	const struct vg_case_file *f = &m->file;
	enum vg_err err = vg_store_exec(
		cases->store, sql, "itiiiiiibbbbittibti", added->case_id, f->evidence_id, (int64_t)f->n_bytes,
		(int64_t)f->n_sample_bytes, (int64_t) !!f->partial, (int64_t) !!f->complete, (int64_t)f->kind,
		(int64_t)f->state, f->md5, sizeof(f->md5), f->sha1, sizeof(f->sha1), f->sha256, sizeof(f->sha256),
		f->has_pdq ? f->pdq : NULL, sizeof(f->pdq), (int64_t)f->pdq_quality, f->filename, f->member,
		(int64_t)f->n_frames, m->frames, f->n_frames * sizeof(*m->frames), f->field, (int64_t)f->transfer);
	added->file_id = vg_store_last_id(cases->store);
	for (unsigned i = 0; i < f->n_hits && !err; i++) {
		const struct vg_case_hit *h = &f->hits[i];
		err = vg_store_exec(cases->store, hit_sql, "itttttiiiiiiiiti", added->file_id, h->list, h->source,
				    h->entry_id, h->entry_class, h->note, (int64_t)h->generation, (int64_t)h->algo,
				    (int64_t)h->distance, (int64_t)h->variant, (int64_t) !!h->exact,
				    (int64_t)h->query_percent, (int64_t)h->compared_percent, (int64_t)h->frame,
				    h->plugin, (int64_t)h->plugin_version);
	}
	return err;
}

static enum vg_err insert_sighting(struct vg_cases *cases, const struct vg_case_match *m, int64_t case_id,
				   int64_t now_ns)
{
	static const char sql[] =
		"INSERT INTO "
		"case_sightings(case_id,boot_id,core_idx,hasher_idx,object_id,member_no,seen_ns,proto,direction,"
		"src_ip,dst_ip,forwarded_ip,src_port,dst_port,http_status,vlan_outer,vlan_inner,first_byte_ns,last_"
		"byte_ns,"
		"host,url,method,agent,claimed_type,flow_id,capture_idx,n_gaps,tunnels,hold,hold_passed_bytes,"
		"body_bytes,is_client,profile,is_cut,codings,is_chunked,clock,clock_max_error_us,clock_error_us) "
		"VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
	static const char touch_sql[] = "UPDATE cases SET updated_ns=?, blocks=max(blocks,?) WHERE id=?";
	const struct vg_case_origin *o = &m->origin;
	char tunnels[VG_CARRIERS_TEXT];
	vg_carriers_write(o, tunnels, sizeof(tunnels));
	enum vg_err err = vg_store_exec(
		cases->store, sql, "iiiiiiiiitttiiiiiiitttttiiitiiiitiiiiii", case_id, (int64_t)m->boot_id,
		(int64_t)m->core_idx, (int64_t)m->hasher_idx, (int64_t)m->object_id, (int64_t)m->member_no, now_ns,
		(int64_t)o->proto, (int64_t)o->direction, o->src_ip, o->dst_ip, o->forwarded_ip, (int64_t)o->src_port,
		(int64_t)o->dst_port, (int64_t)o->http_status, (int64_t)o->vlan_outer, (int64_t)o->vlan_inner,
		o->first_byte_ns, o->last_byte_ns, o->host, o->url, o->method, o->agent, o->claimed_type,
		(int64_t)o->flow_id, (int64_t)o->capture_idx, (int64_t)o->n_gaps, tunnels, (int64_t)o->hold,
		(int64_t)o->hold_passed_bytes, (int64_t)o->body_bytes, (int64_t)o->is_client, o->profile,
		(int64_t)(o->is_cut != 0), (int64_t)o->codings, (int64_t)o->is_chunked, (int64_t)o->clock,
		o->clock_max_error_us, o->clock_error_us);
	return err ? err : vg_store_exec(cases->store, touch_sql, "iii", now_ns, (int64_t)asks_to_block(m), case_id);
}

static enum vg_err audit_added(struct vg_cases *cases, const struct vg_case_match *m, const struct vg_case_added *added)
{
	char details[240], subject[40];
	snprintf(subject, sizeof(subject), "case %lld", (long long)added->case_id);
	snprintf(details, sizeof(details),
		 "{\"state\":\"%s\",\"action\":\"%s\",\"exact\":%s,\"partial\":%s,\"block\":%s,\"hold\":\"%s\"}",
		 vg_case_state_str(added->state), vg_action_str(vg_cases_policy(m)),
		 has_exact(&m->file) ? "true" : "false", m->file.partial ? "true" : "false",
		 asks_to_block(m) ? "true" : "false", vg_hold_str(m->origin.hold));
	return vg_audit_append(cases->audit, "vigild", added->is_new ? "case.new" : "case.sighting", subject, details);
}

enum vg_err vg_cases_preview(struct vg_cases *cases, const struct vg_case_match *match, struct vg_case_added *would)
{
	char party[400];
	struct vg_case_match m;
	make_legal(match, &m);
	memset(would, 0, sizeof(*would));
	enum vg_err err = find_known(cases, &m, would);
	if (err != VG_ENOTFOUND)
		return err;
	party_of(&m.origin, party, sizeof(party));
	err = find_fold(cases, &m, party, vg_wall_now().ns, would);
	if (err != VG_ENOTFOUND)
		return err;
	would->is_new = 1;
	would->state = state_of(&m, vg_cases_policy(&m));
	return VG_OK;
}

enum vg_err vg_cases_add(struct vg_cases *cases, const struct vg_case_match *match, struct vg_case_added *added)
{
	int64_t now_ns = vg_wall_now().ns;
	char party[400];
	struct vg_case_match m;
	make_legal(match, &m);
	party_of(&m.origin, party, sizeof(party));
	memset(added, 0, sizeof(*added));
	if (vg_store_begin(cases->store))
		return VG_EIO;
	enum vg_err err = find_known(cases, &m, added);
	if (!err)
		return vg_store_commit(cases->store);
	if (err == VG_ENOTFOUND)
		err = find_fold(cases, &m, party, now_ns, added);
	if (err == VG_ENOTFOUND) {
		added->is_new = 1;
		err = insert_case(cases, &m, party, now_ns, added);
		if (!err)
			err = insert_file(cases, &m, added);
	}
	if (!err)
		err = insert_sighting(cases, &m, added->case_id, now_ns);
	if (!err)
		err = audit_added(cases, &m, added);
	if (!err)
		return vg_store_commit(cases->store);
	vg_store_rollback(cases->store);
	return VG_EIO;
}
