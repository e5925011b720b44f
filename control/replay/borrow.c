#include "control/replay/borrow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include <vigil/base.h>

static int is_kept(const char *section)
{
	static const char *const others[] = { "lists", "reporting", "evidence", "control" };
	for (unsigned i = 0; i < VG_ARRAY_LEN(others); i++)
		if (!strcmp(others[i], section))
			return 0;
	return 1;
}

/* Empties the lines begin_line .. end_line (counted from 0, end exclusive). */
static void blank_lines(char *text, size_t n_text, size_t begin_line, size_t end_line)
{
	size_t line = 0;
	for (size_t i = 0; i < n_text; i++) {
		if (text[i] == '\n')
			line++;
		else if (line >= begin_line && line < end_line)
			text[i] = ' ';
	}
}

struct walk {
	unsigned depth;
	int in_key; /* the next scalar of depth 1 is a section's name */
	int has_open, keep;
	size_t open_line;
};

/* Takes the next event up. 0 = go on, 1 = the end, -1 = not in block style. */
static int step(struct walk *walk, const yaml_event_t *event, char *blanked, size_t n_text)
{
	size_t line = event->start_mark.line;
	switch (event->type) {
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		if (!walk->depth && (event->type != YAML_MAPPING_START_EVENT ||
				     event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE))
			return -1;
		walk->in_key = walk->depth == 0;
		walk->depth++;
		return 0;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		if (!--walk->depth && walk->has_open && !walk->keep)
			blank_lines(blanked, n_text, walk->open_line, SIZE_MAX);
		walk->in_key = walk->depth == 1;
		return 0;
	case YAML_SCALAR_EVENT:
	case YAML_ALIAS_EVENT:
		if (walk->depth == 1 && walk->in_key) {
			if (walk->has_open && !walk->keep)
				blank_lines(blanked, n_text, walk->open_line, line);
			walk->keep = event->type == YAML_SCALAR_EVENT &&
				     is_kept((const char *)event->data.scalar.value);
			walk->has_open = 1;
			walk->open_line = line;
		}
		walk->in_key = walk->depth == 1 && !walk->in_key;
		return 0;
	case YAML_STREAM_END_EVENT:
		return 1;
	case YAML_DOCUMENT_START_EVENT:
		return walk->has_open ? -1 : 0;
	default:
		return 0;
	}
}

enum vg_err vg_run_borrow_blank(const char *name, char *text, size_t n_text, char *why, size_t n_why)
{
	struct walk walk = { 0 };
	yaml_parser_t parser;
	yaml_event_t event;
	char *blanked = malloc(n_text + 1);
	int done = 0;
	if (!blanked || !yaml_parser_initialize(&parser)) {
		snprintf(why, n_why, "%s: out of memory", name);
		free(blanked);
		return VG_ENOMEM;
	}
	memcpy(blanked, text, n_text);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n_text);
	while (!done) {
		if (!yaml_parser_parse(&parser, &event)) {
			snprintf(why, n_why, "%s:%zu: %s", name, parser.problem_mark.line + 1,
				 parser.problem ? parser.problem : "is no YAML");
			done = -2;
			break;
		}
		done = step(&walk, &event, blanked, n_text);
		if (done == -1)
			snprintf(why, n_why,
				 "%s:%zu: write one document of sections in block style (section:, then its keys "
				 "indented)",
				 name, event.start_mark.line + 1);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (done == 1)
		memcpy(text, blanked, n_text);
	free(blanked);
	return done == 1 ? VG_OK : VG_EINVAL;
}

static enum vg_err from_folder_of(const char *file, char *path, size_t cap)
{
	char whole[2 * VG_CONFIG_PATH];
	const char *slash = strrchr(file, '/');
	int n;
	if (!path[0] || path[0] == '/' || !slash)
		return VG_OK;
	n = snprintf(whole, sizeof(whole), "%.*s/%s", (int)(slash - file), file, path);
	if (n < 0 || (size_t)n >= cap)
		return VG_EINVAL;
	memcpy(path, whole, (size_t)n + 1);
	return VG_OK;
}

static char *read_text(const char *path, size_t *n_text, char *why, size_t n_why)
{
	struct stat st;
	char *text = NULL;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		snprintf(why, n_why, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > VG_CONFIG_MAX_BYTES) {
		snprintf(why, n_why, "%s: is no configuration file", path);
	} else if (!(text = malloc((size_t)st.st_size + 1)) || (n = read(fd, text, (size_t)st.st_size)) < 0) {
		snprintf(why, n_why, "%s: cannot be read", path);
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	*n_text = n < 0 ? 0 : (size_t)n;
	return text;
}

enum vg_err vg_run_borrow(const char *path, struct vg_config *config, char *why, size_t n_why)
{
	size_t n_text;
	char *text;
	enum vg_err err;
	vg_config_defaults(config);
	if (!path)
		return VG_OK;
	text = read_text(path, &n_text, why, n_why);
	if (!text)
		return VG_ENOTFOUND;
	err = vg_run_borrow_blank(path, text, n_text, why, n_why);
	if (!err)
		err = vg_config_parse(config, path, text, n_text, why, n_why);
	free(text);
	if (!err && (from_folder_of(path, config->test_endpoint.password_file, VG_CONFIG_PATH) ||
		     from_folder_of(path, config->test_endpoint.ca_file, VG_CONFIG_PATH))) {
		snprintf(why, n_why, "%s: a path of test_endpoint is too long", path);
		err = VG_EINVAL;
	}
	return err;
}
