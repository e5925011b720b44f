/* Opening in the order of the walk; each step says what is wrong in words for the operator. */
#include "control/daemon.h"
#include "control/config/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/plugin_notice.h>

#include "control/daemon_priv.h"
#include "control/preflight.h"
#include "control/stamp.h"

#define NS_PER_S            1000000000ll
#define MAX_UNPACKED_SAMPLE (1ull << 30)

__attribute__((format(printf, 4, 5))) static enum vg_err wrong(char *why, size_t n_why, enum vg_err err,
							       const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(why, n_why, format, args);
	va_end(args);
	return err;
}

/* One vigild for a run folder: a second one would take the sockets away from under the first. The file stays. */
static enum vg_err take_run_dir(struct vg_daemon *d, char *why, size_t n_why)
{
	const char *dir = d->config->control.run_dir;
	char path[VG_CONFIG_PATH + 16];
	snprintf(path, sizeof(path), "%s/vigild.lock", dir);
	d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->lock_fd < 0)
		return wrong(why, n_why, VG_EIO, "%s: %s", path, strerror(errno));
	if (flock(d->lock_fd, LOCK_EX | LOCK_NB))
		return wrong(why, n_why, VG_ECONFLICT,
			     "%s is in use by another vigild; stop that one first, or take another control.run_dir",
			     dir);
	return VG_OK;
}

static enum vg_err open_folders(struct vg_daemon *d, char *why, size_t n_why)
{
	const struct vg_config_control *c = &d->config->control;
	struct stat st;
	enum vg_err err = vg_preflight_custodians(d->config, why, n_why);
	if (err)
		return err;
	if ((mkdir(c->state_dir, 0700) && errno != EEXIST) || stat(c->state_dir, &st))
		return wrong(why, n_why, VG_EIO, "%s: %s", c->state_dir, strerror(errno));
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return wrong(why, n_why, VG_EDENIED, "%s may be written by others; chmod 0700", c->state_dir);
	if (mkdir(c->run_dir, 0750) && errno != EEXIST)
		return wrong(why, n_why, VG_EIO, "%s: %s", c->run_dir, strerror(errno));
	err = take_run_dir(d, why, n_why);
	return err ? err
		   : vg_stamp_check(c->state_dir, d->config->reporting.environment, d->spec != NULL, &d->is_demo, why,
				    n_why);
}

static enum vg_err open_store(struct vg_daemon *d, char *why, size_t n_why)
{
	char path[VG_CONFIG_PATH + 16];
	snprintf(path, sizeof(path), "%s/vigil.db", d->config->control.state_dir);
	d->store = vg_store_open(path, why, n_why);
	if (!d->store)
		return VG_EIO;
	d->audit = vg_audit_create(d->store);
	if (d->audit)
		d->cases = vg_cases_create(d->store, d->audit, (int64_t)d->config->control.fold_window_s * NS_PER_S);
	return d->cases ? VG_OK : wrong(why, n_why, VG_EIO, "%s: %s", path, vg_store_why(d->store));
}

static enum vg_err open_evidence(struct vg_daemon *d, char *why, size_t n_why)
{
	const struct vg_config_evidence *e = &d->config->evidence;
	char dir[VG_CONFIG_PATH + 16];
	struct vg_evidence_conf conf = { .dir = dir,
					 .n_custodians = e->n_custodian_keys,
					 .without_reporter = d->config->reporting.environment == VG_ENV_OFF };
	enum vg_err err = VG_EINVAL;
	snprintf(dir, sizeof(dir), "%s%s", e->dir[0] ? e->dir : d->config->control.state_dir,
		 e->dir[0] ? "" : "/evidence");
	for (unsigned i = 0; i < e->n_custodian_keys && i < VG_EVIDENCE_MAX_CUSTODIANS; i++)
		conf.custodian_paths[i] = e->custodian_keys[i];
	d->evidence = vg_evidence_create(d->store, &conf, &err);
	if (!d->evidence)
		return wrong(why, n_why, err, "evidence in %s: %s; look at the folder and evidence.custodian_keys", dir,
			     vg_err_str(err));
	unsigned n_swept = vg_evidence_sweep(d->evidence);
	if (n_swept)
		vg_log(VG_LOG_WARN, "control/daemon", "%u sealed files of unfinished matches were removed", n_swept);
	return VG_OK;
}

#define COPY(to, from) snprintf(to, sizeof(to), "%.*s", (int)sizeof(to) - 1, from)

static void fill_link(const struct vg_daemon *d, struct vg_link_conf *link)
{
	const struct vg_config_reporting *r = &d->config->reporting;
	int is_production = r->environment == VG_ENV_PRODUCTION;
	const struct vg_config_endpoint *endpoint = is_production ? &r->endpoint : &d->config->test_endpoint;
	link->environment = is_production ? VG_ENVIRONMENT_PRODUCTION : VG_ENVIRONMENT_TEST;
	link->demo = (uint32_t)d->is_demo;
	COPY(link->url, endpoint->url);
	COPY(link->user, endpoint->user);
	COPY(link->password_path, endpoint->password_file);
	COPY(link->ca_path, endpoint->ca_file);
	COPY(link->production_key, r->production_key);
	link->call_ms = r->timeout_s * 1000;
	COPY(link->card.first_name, r->first_name);
	COPY(link->card.last_name, r->last_name);
	COPY(link->card.phone, r->phone);
	COPY(link->card.email, r->email);
	COPY(link->card.company, r->company);
	COPY(link->card.terms, r->terms_of_service);
	COPY(link->card.legal_url, r->legal_url);
	COPY(link->card.platform, r->platform);
	COPY(link->card.legal_contact_email, r->legal_contact_email);
}

static enum vg_err open_outbox(struct vg_daemon *d, char *why, size_t n_why)
{
	const struct vg_config_reporting *r = &d->config->reporting;
	struct vg_outbox_conf *conf;
	enum vg_err err = VG_ENOMEM;
	if (r->environment == VG_ENV_OFF)
		return VG_OK;
	conf = calloc(1, sizeof(*conf));
	if (conf) {
		fill_link(d, &conf->link);
		conf->retry_first_ms = r->retry_min_s * 1000;
		conf->retry_max_ms = r->retry_max_s * 1000;
		conf->alarm_ms = r->alarm_s * 1000ull;
		conf->on_event = vg_daemon_on_outbox;
		conf->user = d;
		d->outbox = vg_outbox_create(d->store, d->loop, d->cases, d->audit, d->evidence, conf, &err);
	}
	free(conf);
	if (!d->outbox)
		return wrong(why, n_why, err, "reporting: %s; look at its endpoint and environment", vg_err_str(err));
	err = vg_outbox_listen(d->outbox, d->config->control.run_dir);
	return err ? wrong(why, n_why, err, "%s/reporter.sock: %s", d->config->control.run_dir, strerror(errno))
		   : VG_OK;
}

/* What an honest hasher can send: a body held whole, what it kept of an unpacked stream, or a file put together. */
static uint64_t max_sample_bytes(const struct vg_config *config)
{
	uint64_t unpacked = config->hashing.max_unpacked_bytes;
	unpacked = unpacked > MAX_UNPACKED_SAMPLE ? MAX_UNPACKED_SAMPLE : unpacked;
	if (unpacked < config->hashing.resource_hold_bytes)
		unpacked = config->hashing.resource_hold_bytes;
	return config->dataplane.object_hold_bytes > unpacked ? config->dataplane.object_hold_bytes : unpacked;
}

static int has_inspect_first(const struct vg_config *config)
{
	for (uint32_t i = 0; i < config->forward.n_pairs; i++)
		if (config->forward.pairs[i].mode == VG_INSPECT_FIRST)
			return 1;
	return 0;
}

static enum vg_err open_intake(struct vg_daemon *d, char *why, size_t n_why)
{
	struct vg_intake_hooks hooks = vg_daemon_intake_hooks(d);
	struct vg_intake_conf conf = { .run_dir = d->config->control.run_dir,
				       .n_hashers = d->spec ? d->spec->n_hashers : d->config->hashing.n_hashers,
				       .matches_per_minute = d->config->control.matches_per_minute,
				       .n_profiles = d->config->n_profiles,
				       .max_sample_bytes = max_sample_bytes(d->config) };
	for (uint32_t i = 0; i < conf.n_profiles; i++)
		conf.profile_ids[i] = vg_config_profile_id(d->config->profiles[i].name);
	d->commit = (struct vg_commit_rooms){ d->store, d->cases, d->evidence, d->outbox,
					      d->config->evidence.max_bytes };
	if (vg_commit_requeue(&d->commit))
		return wrong(why, n_why, VG_EIO, "queued cases: %s", vg_store_why(d->store));
	d->intake = vg_intake_create(d->loop, d->lists, &conf, &hooks);
	if (!d->intake)
		return wrong(why, n_why, VG_ENOMEM, "intake: out of memory");
	if (!vg_lists_expected(d->lists) && vg_daemon_publish_urls(d))
		return wrong(why, n_why, VG_EIO, "the table of listed URLs cannot be made");
	if (d->spec || !has_inspect_first(d->config))
		return VG_OK;
	d->knowns = vg_knowns_create(d->store, d->lists);
	if (!d->knowns)
		return wrong(why, n_why, VG_EIO, "known objects: %s", vg_store_why(d->store));
	if (vg_lists_expected(d->lists)) /* what the dataplane has stays until then */
		return VG_OK;
	struct vg_intake_known table = vg_knowns_table(d->knowns);
	vg_intake_know(d->intake, &table);
	return VG_OK;
}

static enum vg_err open_ports(struct vg_daemon *d, char *why, size_t n_why)
{
	if (d->spec)
		return VG_OK;
	if (d->config->forward.n_pairs) {
		d->forward = vg_forward_link_create(d->loop, d->config->control.run_dir);
		if (!d->forward)
			return wrong(why, n_why, VG_ENOMEM, "ports: out of memory");
	}
	d->ports = vg_port_watch_create(d->loop, d->intake, d->forward);
	return d->ports ? VG_OK : wrong(why, n_why, VG_ENOMEM, "ports: out of memory");
}

/* Why a hasher does not come up, where it said so: by its exit code, or by a word of its own where another supervisor
 * started it; "" where it is linked by now. */
static void trouble_of(void *arg, uint32_t hasher_idx, char *text, size_t n_text)
{
	struct vg_daemon *d = arg;
	struct vg_intake_hasher h = { 0 };
	int plugin = hasher_idx < VG_LANE_MAX_HASHERS ? d->refused_plugins[hasher_idx] - 1 : -1;
	text[0] = 0;
	vg_intake_hasher(d->intake, hasher_idx, &h);
	if (h.connected || !d->config->hashing.n_plugins)
		return;
	if (plugin < 0)
		plugin = vg_plugin_notice_read(d->config->control.run_dir, hasher_idx);
	if (plugin >= 0 && plugin < (int)d->config->hashing.n_plugins)
		snprintf(text, n_text, "plug-in %s does not load: see the log", d->config->hashing.plugins[plugin]);
}

static void each_program(void *arg, vg_ctl_program_fn fn, void *ctx)
{
	struct vg_daemon *d = arg;
	for (unsigned role = 0; d->programs && role < VG_PROGRAM_N; role++)
		for (uint32_t i = 0; i < (vg_role(role)->per_hasher ? d->config->hashing.n_hashers : 1); i++) {
			struct vg_ctl_program p = { vg_role(role)->program, vg_role(role)->per_hasher ? (int)i : -1,
						    vg_supervise_pid(d->programs, role, i) != 0,
						    vg_supervise_n_restarts(d->programs, role, i), "" };
			if (role == VG_PROGRAM_HASHING)
				trouble_of(d, i, p.trouble, sizeof(p.trouble));
			if (vg_supervise_n_running(d->programs, role))
				fn(ctx, &p);
		}
}

static enum vg_err open_doors(struct vg_daemon *d, char *why, size_t n_why)
{
	const struct vg_config_control *c = &d->config->control;
	char path[VG_CONFIG_PATH + 16];
	struct vg_stats_env stats = { .intake = d->intake,
				      .lists = d->lists,
				      .cases = d->cases,
				      .outbox = d->outbox,
				      .n_hashers = d->config->hashing.n_hashers,
				      .started_ns = d->started_ns,
				      .ports = d->ports,
				      .rebuild = d->rebuild,
				      .arg = d,
				      .hasher_trouble = trouble_of };
	d->ctl_env = (struct vg_ctl_env){ .config = d->config,
					  .store = d->store,
					  .audit = d->audit,
					  .cases = d->cases,
					  .lists = d->lists,
					  .intake = d->intake,
					  .outbox = d->outbox,
					  .started_ns = d->started_ns,
					  .ports = d->ports,
					  .arg = d,
					  .reload_lists = vg_daemon_reload_for_ctl,
					  .rebuild = d->rebuild,
					  .hasher_trouble = trouble_of,
					  .each_program = d->supervises ? each_program : NULL };
	snprintf(path, sizeof(path), "%s/%s", c->run_dir, VG_CTL_SOCKET);
	d->ctl = vg_ctl_server_create(d->loop, path, c, vg_ctl_dispatch, &d->ctl_env, why, n_why);
	if (!d->ctl)
		return VG_EIO;
	if (c->metrics_port && !d->spec) {
		d->http = vg_stats_http_create(d->loop, c->metrics_address, c->metrics_port, &stats, why, n_why);
		if (!d->http)
			return VG_EIO;
	}
	return VG_OK;
}

static enum vg_err open_programs(struct vg_daemon *d, char *why, size_t n_why)
{
	const struct vg_config_control *c = &d->config->control;
	enum vg_err err = VG_OK;
	d->programs = vg_supervise_create(d->loop, &c->programs, c->run_dir, c->state_dir, vg_daemon_on_died, d);
	if (!d->programs)
		return wrong(why, n_why, VG_ENOMEM, "supervise: out of memory");
	if (!d->spec)
		err = vg_daemon_start_forward(d);
	if (!err && d->supervises && d->outbox)
		err = vg_supervise_start(d->programs, VG_PROGRAM_REPORTER, 0, 0);
	if (!err && !d->spec)
		err = vg_daemon_start_programs(d);
	if (err)
		return wrong(why, n_why, err, "%s: snapshots or programs: %s", c->run_dir, vg_err_str(err));
	if (!d->spec)
		return VG_OK;
	struct vg_run_rooms rooms = { d->loop, d->intake, d->cases, d->outbox };
	struct vg_run_ops ops = vg_daemon_run_ops(d);
	d->run = vg_run_create(d->spec, &rooms, &ops);
	return d->run ? VG_OK : wrong(why, n_why, VG_EIO, "the run cannot begin");
}

/* That it began, and on what ground traffic is looked at. */
static enum vg_err audit_start(struct vg_daemon *d, char *why, size_t n_why)
{
	const struct vg_config_control *c = &d->config->control;
	json_t *said = json_pack("{ss ss}", "legal_basis", c->legal_basis, "policy_version", c->policy_version);
	char *details = said ? json_dumps(said, JSON_COMPACT) : NULL;
	enum vg_err err = VG_OK;

	if (!details)
		err = wrong(why, n_why, VG_ENOMEM, "control.legal_basis, policy_version: %s", vg_err_str(VG_ENOMEM));
	else if (vg_audit_append(d->audit, "vigild", "vigild.start", VG_VERSION, details))
		err = wrong(why, n_why, VG_EIO, "audit: %s", vg_store_why(d->store));
	free(details);
	json_decref(said);
	return err;
}

static enum vg_err open_all(struct vg_daemon *d, char *why, size_t n_why)
{
	static enum vg_err (*const steps[])(struct vg_daemon * d, char *why, size_t n_why) = {
		open_folders, open_store, vg_daemon_open_lists, open_evidence, open_outbox,
		open_intake,  open_ports, open_doors,           open_programs,
	};
	for (unsigned i = 0; i < VG_ARRAY_LEN(steps); i++) {
		enum vg_err err = steps[i](d, why, n_why);
		if (err)
			return err;
	}
	return audit_start(d, why, n_why);
}

static void release(struct vg_daemon *d)
{
	if (d->start_timer)
		vg_loop_cancel(d->loop, d->start_timer);
	vg_run_destroy(d->run);
	vg_supervise_destroy(d->programs);
	vg_stats_http_destroy(d->http);
	vg_ctl_server_destroy(d->ctl);
	vg_port_watch_destroy(d->ports);
	vg_forward_link_destroy(d->forward);
	vg_intake_destroy(d->intake);
	vg_knowns_destroy(d->knowns);
	vg_outbox_destroy(d->outbox);
	vg_evidence_destroy(d->evidence);
	vg_rebuild_destroy(d->rebuild);
	vg_lists_destroy(d->lists);
	vg_cases_destroy(d->cases);
	vg_audit_destroy(d->audit);
	vg_store_close(d->store);
	free(d->undo_rows);
	if (d->urls_fd >= 0)
		close(d->urls_fd);
	if (d->lock_fd >= 0)
		close(d->lock_fd);
	free(d);
}

struct vg_daemon *vg_daemon_create(struct vg_loop *loop, const struct vg_daemon_conf *conf, char *why, size_t n_why)
{
	struct vg_daemon *d = calloc(1, sizeof(*d));
	if (!d) {
		snprintf(why, n_why, "out of memory");
		return NULL;
	}
	d->lock_fd = d->urls_fd = -1;
	d->loop = loop;
	d->config = conf->config;
	d->spec = conf->spec;
	d->supervises = conf->supervise || conf->spec;
	d->started_ns = vg_wall_now().ns;
	if (!open_all(d, why, n_why))
		return d;
	release(d);
	return NULL;
}

void vg_daemon_destroy(struct vg_daemon *daemon)
{
	if (daemon)
		release(daemon);
}

int vg_daemon_exit_code(const struct vg_daemon *daemon)
{
	return daemon->exit_code;
}
