/* The one screen: is everything up, is anything lost, how old are the lists, what waits, what was filed last. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <vigil/clock.h>
#include <vigil/lane.h>

#include "control/ctl/handlers.h"
#include "control/stats/names.h"

#define NS_PER_S     1000000000
#define MAX_EVIDENCE 200000 /* files whose sizes are added up */

static json_t *age(int64_t since_ns)
{
	int64_t now_ns = vg_wall_now().ns;
	return since_ns > 0 && now_ns >= since_ns ? json_integer((now_ns - since_ns) / NS_PER_S) : json_null();
}

static void add_program(void *ctx, const struct vg_ctl_program *p)
{
	json_array_append_new(ctx,
			      json_pack("{s:s, s:o, s:b, s:I, s:o}", "name", p->name, "index",
					p->index >= 0 ? json_integer(p->index) : json_null(), "up", p->is_up,
					"restarts", (json_int_t)p->n_restarts, "trouble", vg_ctl_text(p->trouble)));
}

static json_t *programs_json(const struct vg_ctl_env *env)
{
	json_t *programs = json_array();
	if (env->each_program)
		env->each_program(env->arg, add_program, programs);
	return programs;
}

static json_t *link_json(const struct vg_ctl_env *env)
{
	uint64_t n[VG_C_N], boot_id = 0, n_shed = 0;
	int is_up = vg_intake_dataplane(env->intake, &boot_id);
	vg_intake_dataplane_sum(env->intake, -1, n);
	for (unsigned i = VG_C_SHED_ATTR; i <= VG_C_SHED_NO_HASHER; i++)
		n_shed += n[i];
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "dataplane_linked", is_up, "packets",
			 (json_int_t)n[VG_C_RX_PACKETS], "bytes", (json_int_t)n[VG_C_RX_BYTES], "missed",
			 (json_int_t)n[VG_C_RX_MISSED], "no_buffer", (json_int_t)n[VG_C_RX_NOMBUF], "flows",
			 (json_int_t)n[VG_C_FLOWS], "objects", (json_int_t)n[VG_C_OBJECTS], "objects_shed",
			 (json_int_t)n_shed, "objects_lost", (json_int_t)n[VG_C_OBJECT_LOST]);
}

static void add_port(void *ctx, const struct vg_port_view *p)
{
	json_array_append_new(ctx,
			      json_pack("{s:s, s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}",
					"name", p->name, "pair", p->pair < 0 ? json_null() : json_integer(p->pair),
					"link", vg_port_link_str(p->link), "share", vg_port_share_str(p->share),
					"queues", (json_int_t)p->n_queues, "rx_packets", (json_int_t)p->rx_packets,
					"rx_bytes", (json_int_t)p->rx_bytes, "missed", (json_int_t)p->rx_missed,
					"errors", (json_int_t)p->rx_errors, "no_buffer", (json_int_t)p->rx_nombuf,
					"tx_packets", (json_int_t)p->tx_packets, "tx_errors", (json_int_t)p->tx_errors,
					"link_downs", (json_int_t)p->n_downs, "losing", p->is_losing));
}

static json_t *ports_json(const struct vg_ctl_env *env)
{
	json_t *ports = json_array();
	if (env->ports)
		vg_port_watch_each(env->ports, add_port, ports);
	return ports;
}

/* One object for each inline pair; what is nowhere inline gives none. */
static json_t *inline_json(const struct vg_ctl_env *env)
{
	const struct vg_forward_link *forward = env->ports ? vg_port_watch_forward(env->ports) : NULL;
	json_t *pairs = json_array();
	for (uint32_t i = 0; forward && i < vg_forward_link_n_pairs(forward); i++) {
		uint64_t n[VG_F_N];
		vg_forward_link_sum(forward, (int)i, n);
		json_array_append_new(
			pairs,
			json_pack("{s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:b}", "pair", (json_int_t)i, "up",
				  vg_forward_link_page(forward, i) != NULL, "frames", (json_int_t)n[VG_F_RX_PACKETS],
				  "bytes", (json_int_t)n[VG_F_RX_BYTES], "tx_dropped",
				  (json_int_t)(n[VG_F_TX_DROPPED] + n[VG_F_TX_ERRORS]), "rx_missed",
				  (json_int_t)(n[VG_F_RX_MISSED] + n[VG_F_RX_NOMBUF]), "copies_shed",
				  (json_int_t)(n[VG_F_SHED_FULL] + n[VG_F_SHED_LARGE] + n[VG_F_SHED_ABSENT]),
				  "inspected", n[VG_F_INSPECTOR_HERE] != 0));
	}
	return pairs;
}

static json_t *hashers_json(const struct vg_ctl_env *env)
{
	json_t *hashers = json_array();
	uint32_t n_hashers = env->config->hashing.n_hashers;
	for (uint32_t i = 0; i < n_hashers && i < VG_LANE_MAX_HASHERS; i++) {
		struct vg_intake_hasher h = { 0 };
		char trouble[VG_CONFIG_PATH + 64] = "";
		vg_intake_hasher(env->intake, i, &h);
		if (env->hasher_trouble)
			env->hasher_trouble(env->arg, i, trouble, sizeof(trouble));
		json_array_append_new(hashers, json_pack("{s:I, s:b, s:I, s:b, s:o}", "index", (json_int_t)i, "linked",
							 h.connected, "generation", (json_int_t)h.generation, "braked",
							 h.braked, "trouble", vg_ctl_text(trouble)));
	}
	return hashers;
}

static json_t *lists_json(const struct vg_ctl_env *env)
{
	struct vg_lists_info info;
	vg_lists_info(env->lists, &info);
	return json_pack("{s:o, s:I, s:o, s:o, s:I, s:I, s:I}", "building", vg_ctl_build(env), "generation",
			 (json_int_t)info.generation, "built", vg_ctl_time(info.built_ns), "age_s", age(info.built_ns),
			 "lists", (json_int_t)info.n_lists, "entries",
			 (json_int_t)(info.n_md5 + info.n_sha1 + info.n_sha256 + info.n_pdq + info.n_urls +
				      info.n_videos + info.n_plugins),
			 "suppressed", (json_int_t)info.n_suppressed);
}

static json_t *cases_json(const struct vg_ctl_env *env)
{
	int64_t n_cases[VG_CASE_STATE_N] = { 0 }, oldest_ns[VG_CASE_STATE_N] = { 0 };
	json_t *cases = json_object();
	if (vg_cases_count(env->cases, n_cases, oldest_ns))
		return cases;
	for (unsigned state = 0; state < VG_CASE_STATE_N; state++)
		json_object_set_new(cases, vg_case_state_str(state), json_integer(n_cases[state]));
	json_object_set_new(cases, "oldest_review_s", age(oldest_ns[VG_CASE_REVIEW]));
	return cases;
}

static int newest_receipt(void *ctx, const struct vg_outbox_row *row)
{
	int64_t *newest_ns = ctx;
	if (row->state == VG_OUTBOX_FILED && row->done_ns > *newest_ns)
		*newest_ns = row->done_ns;
	return 0;
}

static json_t *reports_json(const struct vg_ctl_env *env)
{
	struct vg_outbox_counts counts;
	int64_t newest_ns = 0;
	json_t *reports = json_object();
	if (!env->outbox)
		return reports;
	vg_outbox_counts(env->outbox, &counts);
	(void)vg_outbox_list(env->outbox, newest_receipt, &newest_ns);
	for (unsigned state = 0; state < VG_OUTBOX_STATE_N; state++)
		json_object_set_new(reports, vg_outbox_state_str(state),
				    json_integer((json_int_t)counts.n_state[state]));
	json_object_set_new(reports, "oldest_pending_s", age(counts.oldest_pending_ns));
	json_object_set_new(reports, "last_receipt", vg_ctl_time(newest_ns));
	json_object_set_new(reports, "reporter_linked", json_boolean(counts.reporter_connected));
	json_object_set_new(reports, "breaker_open", json_boolean(counts.breaker_open));
	return reports;
}

static json_t *evidence_json(const struct vg_ctl_env *env)
{
	char path[2 * VG_CONFIG_PATH];
	struct statvfs fs;
	struct dirent *entry;
	json_int_t n_files = 0, n_bytes = 0;
	DIR *dir;
	if (env->config->evidence.dir[0])
		snprintf(path, sizeof(path), "%s", env->config->evidence.dir);
	else
		snprintf(path, sizeof(path), "%s/evidence", env->config->control.state_dir);
	dir = opendir(path);
	while (dir && n_files < MAX_EVIDENCE && (entry = readdir(dir))) {
		struct stat st;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		n_files++;
		n_bytes += st.st_size;
	}
	if (dir)
		closedir(dir);
	return json_pack("{s:I, s:I, s:o}", "files", n_files, "bytes", n_bytes, "disk_free_bytes",
			 statvfs(path, &fs) ? json_null() : json_integer((json_int_t)(fs.f_bavail * fs.f_frsize)));
}

static json_t *matches_json(const struct vg_ctl_env *env)
{
	struct vg_intake_counts counts;
	json_t *refused = json_object();
	vg_intake_counts(env->intake, &counts);
	for (unsigned i = 1; i < VG_REFUSAL_N; i++)
		if (counts.n_refused[i])
			json_object_set_new(refused, vg_refusal_str(i), json_integer((json_int_t)counts.n_refused[i]));
	return json_pack("{s:I, s:I, s:o}", "taken", (json_int_t)counts.n_matches, "held", (json_int_t)counts.n_held,
			 "refused", refused);
}

enum vg_err vg_ctl_status(struct vg_ctl_call *call)
{
	const struct vg_ctl_env *env = call->env;
	json_t *s = json_object();
	call->result = s;
	json_object_set_new(s, "version", json_string(VG_VERSION));
	json_object_set_new(s, "appliance", vg_ctl_text(env->config->control.appliance_id));
	json_object_set_new(s, "started", vg_ctl_time(env->started_ns));
	json_object_set_new(s, "up_s", age(env->started_ns));
	json_object_set_new(s, "programs", programs_json(env));
	json_object_set_new(s, "link", link_json(env));
	json_object_set_new(s, "ports", ports_json(env));
	json_object_set_new(s, "inline", inline_json(env));
	json_object_set_new(s, "hashers", hashers_json(env));
	json_object_set_new(s, "lists", lists_json(env));
	json_object_set_new(s, "matches", matches_json(env));
	json_object_set_new(s, "cases", cases_json(env));
	json_object_set_new(s, "reports", reports_json(env));
	json_object_set_new(s, "evidence", evidence_json(env));
	return VG_OK;
}

/* Sums over all inline pairs. */
static void add_forward_stats(struct vg_ctl_call *call, const char *prefix)
{
	const struct vg_port_watch *ports = call->env->ports;
	uint64_t n[VG_F_N];
	if (!ports || !vg_port_watch_forward(ports))
		return;
	vg_forward_link_sum(vg_port_watch_forward(ports), -1, n);
	for (unsigned i = 0; i < VG_F_N; i++) {
		const struct vg_counter_text *about = vg_stats_forward_text(i);
		if (!strncmp(about->name, prefix, strlen(prefix)))
			json_array_append_new(call->result, json_pack("{s:s, s:I, s:s}", "name", about->name, "value",
								      (json_int_t)n[i], "help", about->help));
	}
}

enum vg_err vg_ctl_stats(struct vg_ctl_call *call)
{
	uint64_t dataplane[VG_C_N], hashing[VG_H_N];
	const char *prefix = call->args[0] ? call->args[0] : "";
	prefix += strncmp(prefix, "vigil_", 6) ? 0 : 6; /* as /metrics names them */
	call->result = json_array();
	vg_intake_dataplane_sum(call->env->intake, -1, dataplane);
	vg_intake_hashing_sum(call->env->intake, -1, hashing);
	for (unsigned is_hasher = 0; is_hasher < 2; is_hasher++)
		for (unsigned i = 0; i < (is_hasher ? VG_H_N : VG_C_N); i++) {
			const struct vg_counter_text *about = vg_stats_text((int)is_hasher, i);
			if (strncmp(about->name, prefix, strlen(prefix)))
				continue;
			json_array_append_new(call->result,
					      json_pack("{s:s, s:I, s:s}", "name", about->name, "value",
							(json_int_t)(is_hasher ? hashing[i] : dataplane[i]), "help",
							about->help));
		}
	add_forward_stats(call, prefix);
	return json_array_size(call->result)
		       ? VG_OK
		       : vg_ctl_refuse(call, VG_ENOTFOUND, "no counter begins with '%.60s'", call->args[0]);
}
