/* The lists of vigild: read at its start and again when somebody says so. Small ones are read at once, large ones
 * beside the loop (lists/rebuild.h): what is in use changes in one step of the loop either way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/log.h>

#include "control/config/profile.h"
#include "control/daemon_priv.h"

/* Hashers and dataplane get what is in use now. */
static void publish(struct vg_daemon *d)
{
	if (d->intake) {
		(void)vg_daemon_publish_urls(d);
		vg_intake_publish(d->intake);
	}
	if (d->knowns && !vg_knowns_refresh(d->knowns)) {
		struct vg_intake_known table = vg_knowns_table(d->knowns);
		vg_intake_know(d->intake, &table);
	}
}

/* The lists of the files are in use: written down, said, given on. */
static enum vg_err loaded(struct vg_daemon *d, char *why, size_t n_why)
{
	struct vg_lists_info info;
	char details[96];
	vg_lists_info(d->lists, &info);
	snprintf(details, sizeof(details), "{\"generation\":%llu}", (unsigned long long)info.generation);
	if (vg_audit_append(d->audit, "vigild", "lists.loaded", "lists", details)) {
		snprintf(why, n_why, "audit: %s", vg_store_why(d->store));
		return VG_EIO;
	}
	vg_log(VG_LOG_INFO, "control/daemon",
	       "list generation %llu: %llu md5, %llu sha1, %llu sha256, %llu pdq, %llu url, %llu vpdq, %llu of "
	       "plug-ins",
	       (unsigned long long)info.generation, (unsigned long long)info.n_md5, (unsigned long long)info.n_sha1,
	       (unsigned long long)info.n_sha256, (unsigned long long)info.n_pdq, (unsigned long long)info.n_urls,
	       (unsigned long long)info.n_videos, (unsigned long long)info.n_plugins);
	if (info.n_blank_videos || info.n_thinned_videos)
		vg_log(VG_LOG_WARN, "control/daemon",
		       "%llu listed videos have no frame good enough to match and are left out; of %llu only every so "
		       "many frames were taken",
		       (unsigned long long)info.n_blank_videos, (unsigned long long)info.n_thinned_videos);
	publish(d);
	return VG_OK;
}

/* Reads the lists of config, or begins to: *build_id. */
static enum vg_err read_lists(struct vg_daemon *d, const struct vg_config *config, int with_disk, uint64_t *build_id,
			      char *why, size_t n_why)
{
	struct vg_rebuild_state state;
	char room[VG_CONFIG_PATH + 16];
	const char *suppress = vg_config_suppress_path(config, room, 0);
	uint64_t limit = d->config->control.lists_inline_bytes;
	*build_id = 0;
	if (d->rebuild && vg_rebuild_weight(d->lists, config->lists, config->n_lists, suppress, with_disk) > limit) {
		enum vg_err err = vg_rebuild_start(d->rebuild, config->lists, config->n_lists, suppress, with_disk, why,
						   n_why);
		vg_rebuild_state(d->rebuild, &state);
		*build_id = err ? 0 : state.id;
		return err;
	}
	if (with_disk)
		vg_lists_take_disk(d->lists);
	enum vg_err err = vg_lists_reload(d->lists, config->lists, config->n_lists, suppress, why, n_why);
	return err ? err : loaded(d, why, n_why);
}

/* The file's lists as they stand in it now; the rest of it is taken at start only. */
static enum vg_err reload(struct vg_daemon *d, uint64_t *build_id, char *why, size_t n_why)
{
	struct vg_rebuild_state state = { 0 };
	struct vg_config *fresh = NULL;
	enum vg_err err = VG_OK;
	*build_id = 0;
	if (d->rebuild)
		vg_rebuild_state(d->rebuild, &state);
	if (state.is_running) {
		snprintf(why, n_why, "the lists are being read already (build %llu, %s): ask again when it is done",
			 (unsigned long long)state.id, vg_build_phase_str(state.phase));
		return VG_EAGAIN;
	}
	if (d->config->path[0]) {
		fresh = malloc(sizeof(*fresh));
		err = fresh ? vg_config_load(fresh, d->config->path, why, n_why) : VG_ENOMEM;
	}
	if (!err && fresh && vg_config_profiles_id(fresh) != vg_config_profiles_id(d->config)) {
		snprintf(why, n_why, "%s: profiles were added, renamed or reordered; restart vigild and the dataplane",
			 d->config->path);
		err = VG_ECONFLICT;
	}
	if (!err)
		err = read_lists(d, fresh ? fresh : d->config, 0, build_id, why, n_why);
	free(fresh);
	return err;
}

enum vg_err vg_daemon_reload_lists(struct vg_daemon *d, char *why, size_t n_why)
{
	uint64_t build_id;
	enum vg_err err = reload(d, &build_id, why, n_why);
	if (err == VG_EAGAIN) /* what is under way may have read the files before they were changed */
		d->reads_again = 1;
	return err == VG_EAGAIN ? VG_OK : err;
}

enum vg_err vg_daemon_reload_for_ctl(void *arg, const struct vg_ctl_undo *undo, uint64_t *build_id, char *why,
				     size_t n_why)
{
	struct vg_daemon *d = arg;
	char *rows = undo ? strdup(undo->rows) : NULL;
	enum vg_err err = undo && !rows ? VG_ENOMEM : reload(d, build_id, why, n_why);
	if (!err && *build_id && undo) {
		free(d->undo_rows);
		d->undo_rows = rows;
		rows = NULL;
		snprintf(d->undo_path, sizeof(d->undo_path), "%s", undo->path);
	}
	free(rows);
	return err;
}

static void on_ready(void *ctx)
{
	publish(ctx);
}

/* Yesterday's list finds more than none; what is wrong stays visible until it is mended. */
static void keep_old(struct vg_daemon *d, const char *why)
{
	struct vg_lists_info info;
	vg_lists_info(d->lists, &info);
	if (info.generation) {
		vg_log(VG_LOG_ERROR, "control/daemon", "%s; list generation %llu stays in use", why,
		       (unsigned long long)info.generation);
		return;
	}
	vg_log(VG_LOG_ERROR, "control/daemon", "%s; there are no lists to go by, so vigild ends", why);
	d->exit_code = 1;
	vg_daemon_stop(d);
}

static void on_done(void *ctx, uint64_t id, enum vg_err err, const char *why)
{
	struct vg_daemon *d = ctx;
	char text[VG_DAEMON_WHY];
	(void)id;
	if (err && d->undo_rows && vg_ctl_write_rows(d->undo_path, d->undo_rows))
		vg_log(VG_LOG_ERROR, "control/daemon", "%s: could not be put back as it was", d->undo_path);
	free(d->undo_rows);
	d->undo_rows = NULL;
	if (err)
		keep_old(d, why);
	else if (loaded(d, text, sizeof(text)))
		vg_log(VG_LOG_ERROR, "control/daemon", "%s", text);
	if (!d->reads_again || d->is_stopping)
		return;
	d->reads_again = 0;
	if (vg_daemon_reload_lists(d, text, sizeof(text)))
		vg_log(VG_LOG_ERROR, "control/daemon", "lists not reloaded: %s", text);
}

enum vg_err vg_daemon_open_lists(struct vg_daemon *d, char *why, size_t n_why)
{
	const struct vg_config_control *c = &d->config->control;
	char dir[VG_CONFIG_PATH + 16];
	struct vg_lists_info info;
	uint64_t build_id;
	enum vg_err err;
	snprintf(dir, sizeof(dir), "%s/lists", c->state_dir);
	d->lists = vg_lists_open(dir, why, n_why);
	if (!d->lists)
		return VG_EIO;
	vg_lists_declare(d->lists, &d->config->hashing);
	if (!d->spec) { /* a run waits for its lists anyway */
		struct vg_rebuild_conf conf = {
			d->lists, NULL, c->builder_s, c->builder_max_bytes, d, on_ready, on_done
		};
		d->rebuild = vg_rebuild_create(d->loop, &conf);
		if (!d->rebuild) {
			snprintf(why, n_why, "lists: out of memory");
			return VG_ENOMEM;
		}
	}
	err = read_lists(d, d->config, 1, &build_id, why, n_why);
	vg_lists_expect(d->lists, !err && build_id);
	vg_lists_info(d->lists, &info);
	if (!err || d->spec || !info.generation)
		return err;
	keep_old(d, why);
	return VG_OK;
}
