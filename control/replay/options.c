#include "control/replay/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/base.h>
#include <vigil/bytes.h>
#include <vigil/lane.h>

#include "control/replay/spec.h"

#define REPLAY   VG_RUN_CMD_REPLAY
#define SCAN     VG_RUN_CMD_SCAN
#define HASH     VG_RUN_CMD_HASH
#define MAX_LOOP 1000000000u

static const struct vg_run_option options[] = {
	{ "config", 0, "FILE", REPLAY | SCAN | HASH,
	  "dataplane:, hashing: and test_endpoint: of this configuration; the rest is not read" },
	{ "list", 0, "FILE", REPLAY | SCAN, "search for the entries of this list; may be given again" },
	{ "all-files", 0, NULL, REPLAY, "every transferred file, not only media; attachments of mail, too" },
	{ "objects", 0, "FILE", REPLAY | SCAN, "write one JSON line for each file found" },
	{ "cases", 0, "FILE", REPLAY | SCAN, "write one JSON line for each case" },
	{ "report-to", 0, "URL", REPLAY,
	  "file reports there: a loopback https URL, or the endpoint.json of a test endpoint" },
	{ "url-list", 0, "FILE", REPLAY, "search requests for the URLs of this list; may be given again" },
	{ "cores", 0, "N", REPLAY, "dataplane cores" },
	{ "hashers", 0, "N", REPLAY | SCAN | HASH, "hashing processes" },
	{ "loop", 0, "N", REPLAY, "work through each capture N times" },
	{ "pace", 0, NULL, REPLAY, "at the capture's own speed, shedding as production does" },
	{ "resume", 0, "FILE", SCAN, "keep there how far the scan is, and go on from there when it was interrupted" },
	{ "state", 0, "DIR", REPLAY | SCAN, "keep the private state in DIR (made new)" },
	{ "json", 'j', NULL, REPLAY | SCAN | HASH, "print JSON" },
	{ "help", 'h', NULL, REPLAY | SCAN | HASH, "print this and end" },
};

const struct vg_run_option *vg_run_options(size_t *n_options)
{
	*n_options = VG_ARRAY_LEN(options);
	return options;
}

const char *vg_run_command_str(enum vg_run_command command)
{
	return command == REPLAY ? "replay" : command == SCAN ? "scan" : "hash";
}

/* The option that the word names; NULL where it is none of this command. *value as in --name=value. */
static const struct vg_run_option *find(enum vg_run_command command, const char *word, const char **value)
{
	const char *equals = strchr(word, '=');
	size_t n_name = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
	*value = equals ? equals + 1 : NULL;
	for (size_t i = 0; i < VG_ARRAY_LEN(options); i++) {
		const struct vg_run_option *o = &options[i];
		if (!(o->commands & command))
			continue;
		if (word[1] != '-' && o->letter && word[1] == o->letter && !word[2]) {
			*value = NULL;
			return o;
		}
		if (word[1] == '-' && !strncmp(o->name, word + 2, n_name) && !o->name[n_name])
			return o;
	}
	return NULL;
}

static enum vg_err number(const char *name, const char *text, uint32_t max, uint32_t *to, char *why, size_t n_why)
{
	char *end;
	unsigned long long n;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && n >= 1 && n <= max) {
		*to = (uint32_t)n;
		return VG_OK;
	}
	snprintf(why, n_why, "--%s wants a number from 1 to %u, not '%.40s'", name, max, text);
	return VG_EINVAL;
}

static enum vg_err once(const char *name, const char *value, const char **to, char *why, size_t n_why)
{
	if (!*value || *to) {
		snprintf(why, n_why, *to ? "--%s was given twice" : "--%s wants a value", name);
		return VG_EINVAL;
	}
	*to = value;
	return VG_OK;
}

static enum vg_err take(struct vg_run_args *args, const char *name, const char *value, char *why, size_t n_why)
{
	struct {
		const char *name, **to;
	} const texts[] = {
		{ "config", &args->config },       { "objects", &args->objects }, { "cases", &args->cases },
		{ "report-to", &args->report_to }, { "resume", &args->resume },   { "state", &args->state }
	};
	struct {
		const char *name;
		int *to;
	} const flags[] = { { "all-files", &args->all_files },
			    { "pace", &args->pace },
			    { "json", &args->json },
			    { "help", &args->help } };
	for (size_t i = 0; i < VG_ARRAY_LEN(texts); i++)
		if (!strcmp(texts[i].name, name))
			return once(name, value, texts[i].to, why, n_why);
	for (size_t i = 0; i < VG_ARRAY_LEN(flags); i++)
		if (!strcmp(flags[i].name, name)) {
			*flags[i].to = 1;
			return VG_OK;
		}
	if (!strcmp(name, "cores"))
		return number(name, value, VG_LANE_MAX_CORES, &args->n_cores, why, n_why);
	if (!strcmp(name, "hashers"))
		return number(name, value, VG_LANE_MAX_HASHERS, &args->n_hashers, why, n_why);
	if (!strcmp(name, "loop"))
		return number(name, value, MAX_LOOP, &args->loop, why, n_why);
	if (args->n_lists == VG_RUN_MAX_LISTS || !*value) {
		snprintf(why, n_why, *value ? "more than %u lists" : "--list wants a file", VG_RUN_MAX_LISTS);
		return VG_EINVAL;
	}
	args->is_urls[args->n_lists] = !strcmp(name, "url-list");
	args->lists[args->n_lists++] = value;
	return VG_OK;
}

static enum vg_err check(const struct vg_run_args *args, char *why, size_t n_why)
{
	const char *what = args->command == REPLAY ? "capture" : args->command == SCAN ? "path" : "file";
	if (args->help)
		return VG_OK;
	if (!args->n_paths)
		snprintf(why, n_why, "no %s was named", what);
	else if (args->n_paths > VG_RUN_MAX_PATHS)
		snprintf(why, n_why, "more than %u %ss", VG_RUN_MAX_PATHS, what);
	else if (args->objects && args->cases && !strcmp(args->objects, args->cases))
		snprintf(why, n_why, "--objects and --cases name the same file");
	else if (args->resume && args->cases)
		snprintf(why, n_why, "--resume and --cases do not go together: cases are folded over a whole scan");
	else if (args->pace && args->loop > 1)
		snprintf(why, n_why, "--pace and --loop do not go together");
	else
		return VG_OK;
	return VG_EINVAL;
}

enum vg_err vg_run_args_parse(enum vg_run_command command, const char **argv, size_t n_argv, struct vg_run_args *args,
			      char *why, size_t n_why)
{
	size_t n_paths = 0;
	*args = (struct vg_run_args){ .command = command, .loop = 1, .paths = argv };
	for (size_t i = 0; i < n_argv; i++) {
		const struct vg_run_option *option;
		const char *word = argv[i], *value;
		if (!strcmp(word, "--")) {
			while (++i < n_argv)
				argv[n_paths++] = argv[i];
			break;
		}
		if (word[0] != '-' || !word[1]) {
			argv[n_paths++] = word;
			continue;
		}
		option = find(command, word, &value);
		if (!option) {
			snprintf(why, n_why, "unknown option '%.60s'", word);
			return VG_EINVAL;
		}
		if (!option->value && value) {
			snprintf(why, n_why, "--%s takes no value", option->name);
			return VG_EINVAL;
		}
		if (option->value && !value && ++i == n_argv) {
			snprintf(why, n_why, "--%s wants %s behind it", option->name, option->value);
			return VG_EINVAL;
		}
		if (take(args, option->name, value ? value : option->value ? argv[i] : "", why, n_why))
			return VG_EINVAL;
	}
	args->n_paths = n_paths;
	return check(args, why, n_why);
}

enum vg_err vg_capture_check(const char *path, char *why, size_t n_why)
{
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a };
	uint8_t head[24];
	struct stat st;
	enum vg_err err = VG_EIO;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		snprintf(why, n_why, "%s: %s", path, strerror(errno));
	} else if (S_ISREG(st.st_mode)) {
		n = read(fd, head, sizeof(head));
		err = VG_EINVAL;
	} else {
		snprintf(why, n_why, "%s: is no regular file", path);
	}
	if (fd >= 0)
		close(fd);
	if (err != VG_EINVAL)
		return err;
	for (size_t i = 0; n == (ssize_t)sizeof(head) && i < VG_ARRAY_LEN(magics); i++)
		if (vg_be32(head) == magics[i])
			return VG_OK;
	if (n >= 2 && head[0] == 0x1f && head[1] == 0x8b)
		snprintf(why, n_why, "%s: is compressed: gunzip it first", path);
	else
		snprintf(why, n_why, "%s: is neither pcap nor pcapng", path);
	return VG_EINVAL;
}

void vg_run_help(enum vg_run_command command, FILE *out)
{
	static const char *const about[] = {
		[REPLAY] = "Runs the whole appliance over captures, with a private state folder, and ends when all is "
			   "drained.\nNothing is reported unless --report-to names a test endpoint.",
		[SCAN] = "Runs the hashing programs over files and folders.",
		[HASH] = "Prints digests, PDQ (from the full-size picture) and its quality.",
	};
	fprintf(out, "usage: vigilctl %s [OPTION]... %s...\n%s\n\n", vg_run_command_str(command),
		command == REPLAY ? "CAPTURE"
		: command == SCAN ? "PATH"
				  : "FILE",
		about[command]);
	for (size_t i = 0; i < VG_ARRAY_LEN(options); i++) {
		const struct vg_run_option *o = &options[i];
		char left[40];
		if (!(o->commands & command))
			continue;
		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", o->letter ? "-" : "  ", o->letter ? o->letter : ' ',
			 o->letter ? ", " : " ", o->name, o->value ? " " : "", o->value ? o->value : "");
		fprintf(out, "  %-22s %s\n", left, o->help);
	}
	fputs(command == SCAN ? "\nexit: 0 done, 1 failed, interrupted, or files could not be read (named on stderr, "
				"counted in the summary), 2 usage\n"
			      : "\nexit: 0 done, 1 failed, 2 usage\n",
	      out);
}
