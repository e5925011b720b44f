/* Who runs: the programs of production, or those of one batch of a run after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>

#include "control/daemon_priv.h"

#define WAIT_MS 10

static enum vg_err start_hashers(struct vg_daemon *d, uint32_t n_hashers)
{
	enum vg_err err = VG_OK;
	for (uint32_t i = 0; i < n_hashers && !err; i++)
		err = vg_supervise_start(d->programs, VG_PROGRAM_HASHING, i, 0);
	return err;
}

enum vg_err vg_daemon_start_forward(struct vg_daemon *d)
{
	struct vg_forward_conf *conf;
	enum vg_err err;
	if (!d->config->forward.n_pairs)
		return VG_OK;
	conf = calloc(1, sizeof(*conf));
	if (!conf)
		return VG_ENOMEM;
	vg_supervise_forward_conf(d->config, conf);
	err = vg_supervise_write_forward(d->config->control.run_dir, conf);
	if (!err && d->supervises)
		err = vg_supervise_start(d->programs, VG_PROGRAM_FORWARD, 0, 0);
	free(conf);
	return err;
}

enum vg_err vg_daemon_start_programs(struct vg_daemon *d)
{
	struct vg_dataplane_conf *conf = calloc(1, sizeof(*conf));
	struct vg_hashing_conf hashing;
	enum vg_err err = conf ? vg_supervise_dataplane_conf(d->config, conf) : VG_ENOMEM;
	if (!err)
		err = vg_supervise_hashing_conf(d->config, &hashing);
	if (!err)
		err = vg_supervise_write_dataplane(d->config->control.run_dir, conf);
	if (!err)
		err = vg_supervise_write_hashing(d->config->control.run_dir, &hashing);
	if (!err && d->supervises) {
		err = conf->n_ports ? vg_supervise_start(d->programs, VG_PROGRAM_DATAPLANE, 0, 0) : VG_OK;
		if (!conf->n_ports)
			vg_log(VG_LOG_WARN, "control/daemon",
			       "neither dataplane.ports nor forward.pairs: no dataplane is started");
		if (!err && conf->n_ports)
			err = start_hashers(d, conf->n_hashers);
	}
	free(conf);
	return err;
}

/* The batch's dataplane starts once matches can be sealed: a reporter's key is there, or nothing is reported. */
static void start_when_sealable(void *ctx)
{
	struct vg_daemon *d = ctx;
	unsigned role = d->spec->mode == VG_RUN_SCAN ? VG_PROGRAM_FEED : VG_PROGRAM_DATAPLANE;
	if (d->outbox && !vg_evidence_epoch(d->evidence))
		return;
	vg_loop_cancel(d->loop, d->start_timer);
	d->start_timer = 0;
	if (vg_supervise_start(d->programs, role, 0, 1))
		vg_run_on_exit(d->run, vg_role(role)->program, 1 << 8, 0);
}

static void remove_sockets(struct vg_daemon *d, uint32_t n_hashers)
{
	char path[VG_CONFIG_PATH + 40];
	snprintf(path, sizeof(path), "%s/handover.sock", d->config->control.run_dir);
	(void)unlink(path);
	for (uint32_t i = 0; i < n_hashers; i++) {
		snprintf(path, sizeof(path), "%s/hasher-%u.sock", d->config->control.run_dir, i);
		(void)unlink(path);
	}
}

static enum vg_err fill_batch(struct vg_daemon *d, const struct vg_run_batch *batch, struct vg_dataplane_conf *conf)
{
	const struct vg_run_spec *spec = batch->spec;
	enum vg_err err = vg_supervise_dataplane_conf(d->config, conf);
	if (err)
		return err;
	if (batch->n_paths > VG_SNAPSHOT_MAX_PORTS)
		return VG_ERANGE;
	conf->n_cores = spec->n_cores;
	conf->n_hashers = spec->n_hashers;
	conf->loop = spec->loop;
	conf->flags |= VG_CONF_REPLAY;
	conf->flags |= spec->pace ? VG_CONF_PACE : VG_CONF_LOSSLESS;
	conf->flags |= spec->all_files ? VG_CONF_ALL_FILES | VG_CONF_MAIL : 0;
	conf->flags |= spec->mode == VG_RUN_SCAN ? VG_CONF_FEED_FILES : 0;
	conf->object_min_bytes = spec->all_files ? 0 : conf->object_min_bytes; /* every file is every file */
	conf->n_ports = batch->n_paths;
	memset(conf->ports, 0, sizeof(conf->ports));
	for (uint32_t i = 0; i < VG_SNAPSHOT_MAX_PORTS; i++)
		conf->rules[i] = vg_config_port_rule(d->config, VG_CONFIG_MAX_PORTS);
	for (uint32_t i = 0; i < batch->n_paths; i++) /* a capture plays the port of its place */
		conf->rules[i].profile = vg_config_port_rule(d->config, batch->batch_idx * VG_RUN_BATCH + i).profile;
	for (uint32_t i = 0; i < batch->n_paths; i++)
		if (snprintf(conf->ports[i], sizeof(conf->ports[i]), "%s", batch->paths[i]) >=
		    (int)sizeof(conf->ports[i]))
			return VG_ERANGE;
	return VG_OK;
}

static enum vg_err start_batch(void *arg, const struct vg_run_batch *batch)
{
	struct vg_daemon *d = arg;
	struct vg_dataplane_conf *conf = calloc(1, sizeof(*conf));
	struct vg_hashing_conf hashing;
	enum vg_err err = conf ? fill_batch(d, batch, conf) : VG_ENOMEM;
	if (!err)
		err = vg_supervise_hashing_conf(d->config, &hashing);
	if (!err && !batch->spec->pace)
		hashing.flags |= VG_HCONF_NOBODY_WAITS;
	if (!err)
		err = vg_supervise_write_dataplane(d->config->control.run_dir, conf);
	if (!err)
		err = vg_supervise_write_hashing(d->config->control.run_dir, &hashing);
	if (!err && batch->scan)
		err = vg_scan_state_begin(batch->scan, (size_t)(batch->paths - batch->spec->paths),
					  d->config->control.run_dir);
	if (!err) {
		remove_sockets(d, batch->spec->n_hashers);
		err = start_hashers(d, batch->spec->n_hashers);
	}
	if (!err) {
		d->start_timer = vg_loop_every(d->loop, WAIT_MS, start_when_sealable, d);
		err = d->start_timer ? VG_OK : VG_ENOMEM;
	}
	free(conf);
	return err;
}

static void on_batch_stopped(void *ctx)
{
	struct vg_daemon *d = ctx;
	if (d->run)
		vg_run_on_stopped(d->run);
}

static void stop_batch(void *arg)
{
	struct vg_daemon *d = arg;
	vg_loop_cancel(d->loop, d->start_timer);
	d->start_timer = 0;
	vg_supervise_stop(d->programs, 1u << VG_PROGRAM_DATAPLANE | 1u << VG_PROGRAM_FEED | 1u << VG_PROGRAM_HASHING,
			  on_batch_stopped, d);
}

static void on_all_stopped(void *ctx)
{
	vg_loop_stop(((struct vg_daemon *)ctx)->loop);
}

static void on_run_done(void *arg, int exit_code)
{
	struct vg_daemon *d = arg;
	d->exit_code = exit_code;
	vg_supervise_stop(d->programs, VG_SUPERVISE_ALL, on_all_stopped, d);
}

struct vg_run_ops vg_daemon_run_ops(struct vg_daemon *d)
{
	return (struct vg_run_ops){ d, start_batch, stop_batch, on_run_done };
}

void vg_daemon_stop(struct vg_daemon *d)
{
	if (d->rebuild)
		vg_rebuild_stop(d->rebuild);
	if (d->is_stopping++) {
		d->exit_code = 1;
		vg_loop_stop(d->loop);
	} else if (d->run) {
		vg_run_on_interrupt(d->run);
	} else if (d->programs) {
		vg_supervise_stop(d->programs, VG_SUPERVISE_ALL, on_all_stopped, d);
	} else {
		vg_loop_stop(d->loop);
	}
}
