#include "control/replay/spec.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/bytes.h>

#define SPEC_MAX_BYTES (64l << 20)

/* Paths are bytes, JSON texts are not: they travel as hex digits where they are no UTF-8. */
static json_t *path_json(const char *path)
{
	json_t *text = path && strncmp(path, "hex:", 4) ? json_string(path) : NULL;
	if (text || !path)
		return text ? text : json_null();
	size_t n = strlen(path);
	char *hex = malloc(2 * n + 5);
	if (!hex)
		return NULL;
	memcpy(hex, "hex:", 4);
	vg_hex((const uint8_t *)path, n, hex + 4);
	text = json_string(hex);
	free(hex);
	return text;
}

static char *path_from(const json_t *value)
{
	const char *text = json_string_value(value);
	size_t n;
	char *path;
	if (!text)
		return NULL;
	if (strncmp(text, "hex:", 4))
		return strdup(text);
	n = strlen(text + 4) / 2;
	path = calloc(1, n + 1);
	for (size_t i = 0; path && i < n; i++) {
		unsigned byte;
		if (sscanf(text + 4 + 2 * i, "%2x", &byte) != 1) {
			free(path);
			return NULL;
		}
		path[i] = (char)byte;
	}
	return path;
}

enum vg_err vg_run_spec_write(const struct vg_run_spec *spec, const char *path)
{
	enum vg_err err = VG_EIO;
	json_t *paths = json_array(), *root = NULL;
	int fd = -1;
	for (size_t i = 0; i < spec->n_paths; i++)
		if (json_array_append_new(paths, path_json(spec->paths[i])))
			goto out;
	root = json_pack("{s:s, s:O, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:b}", "mode",
			 spec->mode == VG_RUN_SCAN ? "scan" : "replay", "paths", paths, "objects",
			 path_json(spec->objects_path), "cases", path_json(spec->cases_path), "summary",
			 path_json(spec->summary_path), "resume", path_json(spec->resume_path), "resume_key",
			 path_json(spec->resume_key), "cores", (json_int_t)spec->n_cores, "hashers",
			 (json_int_t)spec->n_hashers, "loop", (json_int_t)spec->loop, "pace", spec->pace, "all_files",
			 spec->all_files, "json", spec->json, "exact_pdq", spec->exact_pdq, "files_reports",
			 spec->files_reports, "keep_state", spec->keep_state);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (root && fd >= 0 && !json_dumpfd(root, fd, JSON_INDENT(1)))
		err = VG_OK;
out:
	if (fd >= 0 && close(fd))
		err = VG_EIO;
	json_decref(root);
	json_decref(paths);
	return err;
}

static enum vg_err read_number(const json_t *root, const char *key, uint32_t max, uint32_t *number)
{
	const json_t *value = json_object_get(root, key);
	json_int_t n = json_integer_value(value);
	if (!json_is_integer(value) || n < 1 || n > max)
		return VG_EINVAL;
	*number = (uint32_t)n;
	return VG_OK;
}

static enum vg_err read_paths(const json_t *root, struct vg_run_spec *spec)
{
	const json_t *paths = json_object_get(root, "paths");
	size_t n_paths = json_array_size(paths);
	if (!n_paths || n_paths > VG_RUN_MAX_PATHS)
		return VG_EINVAL;
	spec->paths = calloc(n_paths, sizeof(*spec->paths));
	if (!spec->paths)
		return VG_ENOMEM;
	for (; spec->n_paths < n_paths; spec->n_paths++) {
		spec->paths[spec->n_paths] = path_from(json_array_get(paths, spec->n_paths));
		if (!spec->paths[spec->n_paths])
			return VG_EINVAL;
	}
	return VG_OK;
}

static enum vg_err read_all(const json_t *root, struct vg_run_spec *spec, const char **what)
{
	const char *mode = json_string_value(json_object_get(root, "mode"));
	enum vg_err err;
	*what = "mode";
	if (!mode || (strcmp(mode, "scan") && strcmp(mode, "replay")))
		return VG_EINVAL;
	spec->mode = strcmp(mode, "scan") ? VG_RUN_REPLAY : VG_RUN_SCAN;
	*what = "paths";
	err = read_paths(root, spec);
	if (err)
		return err;
	spec->objects_path = path_from(json_object_get(root, "objects"));
	spec->cases_path = path_from(json_object_get(root, "cases"));
	spec->resume_path = path_from(json_object_get(root, "resume"));
	spec->resume_key = path_from(json_object_get(root, "resume_key"));
	*what = "resume_key";
	if (spec->resume_path && !spec->resume_key)
		return VG_EINVAL;
	spec->summary_path = path_from(json_object_get(root, "summary"));
	*what = "cores, hashers or loop";
	if (read_number(root, "cores", 64, &spec->n_cores) || read_number(root, "hashers", 64, &spec->n_hashers) ||
	    read_number(root, "loop", 1000000000, &spec->loop))
		return VG_EINVAL;
	spec->pace = json_is_true(json_object_get(root, "pace"));
	spec->all_files = json_is_true(json_object_get(root, "all_files"));
	spec->json = json_is_true(json_object_get(root, "json"));
	spec->exact_pdq = json_is_true(json_object_get(root, "exact_pdq"));
	spec->files_reports = json_is_true(json_object_get(root, "files_reports"));
	spec->keep_state = json_is_true(json_object_get(root, "keep_state"));
	return VG_OK;
}

enum vg_err vg_run_spec_read(const char *path, struct vg_run_spec *spec, char *why, size_t cap)
{
	json_error_t at;
	struct stat st;
	json_t *root = NULL;
	const char *what = "JSON";
	enum vg_err err = VG_EIO;
	FILE *file = fopen(path, "re");
	memset(spec, 0, sizeof(*spec));
	if (!file || fstat(fileno(file), &st)) {
		snprintf(why, cap, "%s: cannot be read", path);
		goto out;
	}
	err = VG_EINVAL;
	if (!S_ISREG(st.st_mode) || st.st_size > SPEC_MAX_BYTES) {
		snprintf(why, cap, "%s: is no run specification", path);
		goto out;
	}
	root = json_loadf(file, JSON_REJECT_DUPLICATES, &at);
	if (!root) {
		snprintf(why, cap, "%s:%d: %s", path, at.line, at.text);
		goto out;
	}
	err = read_all(root, spec, &what);
	if (err)
		snprintf(why, cap, "%s: %s missing or out of range", path, what);
out:
	json_decref(root);
	if (file)
		fclose(file);
	return err;
}

void vg_run_spec_free(struct vg_run_spec *spec)
{
	for (size_t i = 0; i < spec->n_paths; i++)
		free(spec->paths[i]);
	free(spec->paths);
	free(spec->objects_path);
	free(spec->cases_path);
	free(spec->summary_path);
	free(spec->resume_path);
	free(spec->resume_key);
	memset(spec, 0, sizeof(*spec));
}
