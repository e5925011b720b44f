/* Lists: what is searched for, and the suppress list that acts at once: a row is added to control.suppress_file,
 * then all is read again; where that fails the file is put back as it was. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/clock.h>

#include "control/ctl/handlers.h"

#define MAX_SUPPRESS_BYTES (16l << 20)
#define MAX_ENTRY          128

static void put_generation(const struct vg_ctl_env *env, json_t *to)
{
	struct vg_lists_info info;
	vg_lists_info(env->lists, &info);
	json_object_set_new(to, "generation", json_integer((json_int_t)info.generation));
	json_object_set_new(to, "built", vg_ctl_time(info.built_ns));
	json_object_set_new(to, "suppressed", json_integer((json_int_t)info.n_suppressed));
	json_object_set_new(to, "left_out", json_integer((json_int_t)info.n_left_out));
	json_object_set_new(to, "videos", json_integer((json_int_t)info.n_videos));
	json_object_set_new(to, "frames", json_integer((json_int_t)info.n_frames));
	json_object_set_new(to, "videos_left_out", json_integer((json_int_t)info.n_blank_videos));
	json_object_set_new(to, "plugin_values", json_integer((json_int_t)info.n_plugins));
	json_object_set_new(to, "plugin_values_not_searched", json_integer((json_int_t)info.n_unserved));
	json_t *warnings = json_array();
	for (unsigned i = 0; vg_lists_warning(env->lists, i); i++)
		json_array_append_new(warnings, vg_ctl_text(vg_lists_warning(env->lists, i)));
	json_object_set_new(to, "warnings", warnings);
}

/* Videos of a list, and their frames. */
static void count_videos(const struct vg_index_view *view, uint64_t list_idx, uint64_t counts[2])
{
	counts[0] = counts[1] = 0;
	for (uint64_t i = 0; i < view->n_videos; i++)
		if (view->entries[view->videos[i].entry_idx].list_idx == list_idx) {
			counts[0]++;
			counts[1] += view->videos[i].n_frames;
		}
}

static json_int_t count_plugins(const struct vg_index_view *view, uint64_t list_idx)
{
	json_int_t n = 0;
	for (uint64_t i = 0; i < view->n_plugins; i++)
		n += view->entries[view->plugins[i].entry_idx].list_idx == list_idx;
	return n;
}

/* What stands of plug-ins' values, by algorithm. */
static json_t *groups_json(const struct vg_index_view *view)
{
	json_t *groups = json_array();
	for (uint64_t i = 0; view && i < view->n_groups; i++)
		json_array_append_new(groups, json_pack("{s:s, s:I, s:I, s:I}", "algo", view->groups[i].algo, "version",
							(json_int_t)view->groups[i].version, "bytes",
							(json_int_t)view->groups[i].n_value_bytes, "entries",
							(json_int_t)view->groups[i].n_plugins));
	return groups;
}

enum vg_err vg_ctl_lists_show(struct vg_ctl_call *call)
{
	struct vg_lists_info info;
	const struct vg_index_view *view;
	json_t *rows = json_array();
	vg_lists_info(call->env->lists, &info);
	view = vg_lists_view(call->env->lists, info.generation);
	for (uint64_t i = 0; view && i < view->n_lists; i++) {
		const struct vg_index_list *l = &view->lists[i];
		uint64_t counts[2];
		count_videos(view, i, counts);
		json_array_append_new(
			rows,
			json_pack("{s:o, s:I, s:I, s:I, s:I, s:s, s:s, s:i, s:o, s:i, s:i, s:i, s:o}", "name",
				  vg_ctl_text(view->strings + l->name_off), "entries", (json_int_t)l->n_entries,
				  "videos", (json_int_t)counts[0], "frames", (json_int_t)counts[1], "plugin_values",
				  count_plugins(view, i), "action", vg_action_str(l->action), "perceptual_action",
				  vg_action_str(l->perceptual_action), "match_distance", (int)l->match_distance,
				  "file_distance",
				  l->file_distance == VG_CONFIG_NEVER ? json_null() : json_integer(l->file_distance),
				  "frame_distance", (int)l->frame_distance, "query_percent", (int)l->query_percent,
				  "compared_percent", (int)l->compared_percent, "source",
				  vg_ctl_text(view->strings + l->source_off)));
	}
	call->result = json_object();
	put_generation(call->env, call->result);
	json_object_set_new(call->result, "plugins", groups_json(view));
	json_object_set_new(call->result, "lists", rows);
	return VG_OK;
}

json_t *vg_ctl_build(const struct vg_ctl_env *env)
{
	struct vg_rebuild_state state = { 0 };
	if (env->rebuild)
		vg_rebuild_state(env->rebuild, &state);
	if (!state.is_running)
		return json_null();
	return json_pack("{s:I, s:s, s:I, s:I, s:I, s:I}", "build", (json_int_t)state.id, "phase",
			 vg_build_phase_str(state.phase), "lists_read", (json_int_t)state.n_lists_read, "lists",
			 (json_int_t)state.n_lists, "entries", (json_int_t)state.n_entries, "since_s",
			 (json_int_t)((vg_mono_now().ns - state.begin_ns) / 1000000000u));
}

static enum vg_err reload(struct vg_ctl_call *call, const struct vg_ctl_undo *undo)
{
	uint64_t build_id = 0;
	enum vg_err err = call->env->reload_lists(call->env->arg, undo, &build_id, call->why, sizeof(call->why));
	if (err)
		return err;
	if (build_id) {
		call->result = vg_ctl_build(call->env);
		return VG_OK;
	}
	call->result = json_object();
	put_generation(call->env, call->result);
	return VG_OK;
}

enum vg_err vg_ctl_lists_reload(struct vg_ctl_call *call)
{
	return reload(call, NULL);
}

enum vg_err vg_ctl_lists_build(struct vg_ctl_call *call)
{
	char *end = NULL;
	unsigned long long id = call->args[0] ? strtoull(call->args[0], &end, 10) : 0;
	const char *why;
	enum vg_err err = VG_OK;
	if (end && (*end || !id))
		return vg_ctl_refuse(call, VG_EINVAL, "BUILD is a number, as lists reload says it");
	if (id)
		err = call->env->rebuild ? vg_rebuild_ending(call->env->rebuild, id, &why) : VG_ENOTFOUND;
	if (err == VG_ENOTFOUND)
		return vg_ctl_refuse(call, err, "how build %llu ended is not known any more", id);
	if (id && err && why[0])
		return vg_ctl_refuse(call, err, "%s", why);
	call->result = vg_ctl_build(call->env);
	if (!json_is_null(call->result))
		return VG_OK;
	call->result = json_object();
	put_generation(call->env, call->result);
	return VG_OK;
}

/* The whole file, NUL-terminated; "" where there is none. NULL: cannot be read. */
static char *read_rows(const char *path)
{
	struct stat st;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	if (fd < 0)
		return errno == ENOENT ? strdup("") : NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size <= MAX_SUPPRESS_BYTES)
		text = malloc((size_t)st.st_size + 1);
	if (text)
		n = read(fd, text, (size_t)st.st_size);
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = 0;
	return text;
}

enum vg_err vg_ctl_write_rows(const char *path, const char *rows)
{
	char temporary[VG_CONFIG_PATH + 32];
	size_t n_bytes = strlen(rows);
	enum vg_err err = VG_EIO;
	int fd;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return VG_EIO;
	if (write(fd, rows, n_bytes) == (ssize_t)n_bytes && !fsync(fd) && !rename(temporary, path))
		err = VG_OK;
	close(fd);
	if (err)
		(void)unlink(temporary);
	return err;
}

/* Entry ids are one field of a list line: no comma, no line break, nothing that begins a comment. */
static int is_entry(const char *text)
{
	size_t n = strcspn(text, ",\r\n#\"");
	return n && n <= MAX_ENTRY && !text[n];
}

/* Finds `row` as a whole line; *at where it begins. */
static int find_row(const char *rows, const char *row, size_t *at)
{
	size_t n = strlen(row);
	for (const char *line = rows; *line;) {
		size_t n_line = strcspn(line, "\n");
		if (n_line == n && !memcmp(line, row, n)) {
			*at = (size_t)(line - rows);
			return 1;
		}
		line += n_line + (line[n_line] == '\n');
	}
	return 0;
}

static enum vg_err change(struct vg_ctl_call *call, int add)
{
	char where[VG_CONFIG_PATH + 16];
	const char *path = vg_config_suppress_path(call->env->config, where, 1), *list = call->args[1];
	char row[2 * MAX_ENTRY + 16], *rows, *changed = NULL;
	struct vg_lists_info before, after;
	size_t at, n_rows;
	enum vg_err err;
	if (!is_entry(call->args[0]) || (list && !is_entry(list)))
		return vg_ctl_refuse(call, VG_EINVAL,
				     "ENTRY and LIST are single fields of a list line, without commas");
	snprintf(row, sizeof(row), "entry,%s%s%s", call->args[0], list ? "," : "", list ? list : "");
	rows = read_rows(path);
	if (!rows)
		return vg_ctl_refuse(call, VG_EIO, "%s: cannot be read: %s", path, strerror(errno));
	n_rows = strlen(rows);
	if (find_row(rows, row, &at) == add) {
		free(rows);
		return vg_ctl_refuse(call, add ? VG_ECONFLICT : VG_ENOTFOUND,
				     add ? "%s is suppressed already" : "%s is not suppressed", call->args[0]);
	}
	if (add && asprintf(&changed, "%s%s%s\n", rows, n_rows && rows[n_rows - 1] != '\n' ? "\n" : "", row) < 0)
		changed = NULL;
	if (!add && (changed = strdup(rows))) {
		size_t n = strlen(row) + (rows[at + strlen(row)] == '\n');
		memmove(changed + at, changed + at + n, n_rows - at - n + 1);
	}
	vg_lists_info(call->env->lists, &before);
	err = changed ? vg_ctl_write_rows(path, changed) : VG_ENOMEM;
	if (err)
		(void)vg_ctl_refuse(call, err, "%s: cannot be written: %s", path, strerror(errno));
	else if ((err = reload(call, &(struct vg_ctl_undo){ path, rows })))
		(void)vg_ctl_write_rows(path, rows);
	vg_lists_info(call->env->lists, &after);
	if (!err && add && !json_object_get(call->result, "build") && after.n_left_out == before.n_left_out)
		json_object_set_new(
			call->result, "note",
			json_string("stops no line of the lists in use; is ENTRY as `cases list` shows it?"));
	free(changed);
	free(rows);
	return err;
}

enum vg_err vg_ctl_lists_suppress(struct vg_ctl_call *call)
{
	return change(call, 1);
}

enum vg_err vg_ctl_lists_unsuppress(struct vg_ctl_call *call)
{
	return change(call, 0);
}
