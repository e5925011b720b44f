/* vigilctl: the operator's program. It has the operators' socket and nothing else: what it shows, vigild told it;
 * what it runs (replay, scan, hash) is the same vigild with a private state. */
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/base.h>

#include "control/completion.h"
#include "control/ctl/client.h"
#include "control/ctl/render.h"
#include "control/ctl/server.h"
#include "control/manual.h"
#include "control/replay/launch.h"
#include "control/replay/options.h"

#define DONE   0
#define FAILED 1
#define USAGE  2

#define BUILD_WAIT_US 100000

struct line {
	char socket[PATH_MAX];
	int json, help, version;
	const char *words[VG_COMMAND_WORDS];
	size_t n_words;
	const char **rest; /* replay, scan, hash: everything behind the command's word */
	size_t n_rest;
};

__attribute__((format(printf, 1, 2))) static int usage_error(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("vigilctl: ", stderr);
	vfprintf(stderr, format, args);
	fputs(" (see: vigilctl help)\n", stderr);
	va_end(args);
	return USAGE;
}

static void print_command(const struct vg_command *command, FILE *out)
{
	char usage[200];
	vg_command_usage(command, usage, sizeof(usage));
	fprintf(out, "  %-36s %s\n", usage, command->help);
}

static int help(const char *const *words, size_t n_words, FILE *out)
{
	size_t n;
	const struct vg_command *all = vg_commands(&n);
	if (n_words && (!strcmp(words[0], "replay") || !strcmp(words[0], "scan") || !strcmp(words[0], "hash"))) {
		vg_run_help(words[0][0] == 'r'   ? VG_RUN_CMD_REPLAY
			    : words[0][0] == 's' ? VG_RUN_CMD_SCAN
						 : VG_RUN_CMD_HASH,
			    out);
		return DONE;
	}
	if (!n_words)
		fputs("usage: vigilctl [-s SOCKET | --run-dir DIR] [-j] COMMAND [ARGUMENT]...\n"
		      "Nouns and verbs may be cut as far as they stay unambiguous.\n\n",
		      out);
	for (size_t i = 0, n_shown = 0; i < n; i++) {
		if (!n_words || !strncmp(all[i].noun, words[0], strlen(words[0]))) {
			print_command(&all[i], out);
			n_shown++;
		}
		if (i + 1 == n && !n_shown)
			return usage_error("no such command: '%.40s'", words[0]);
	}
	if (!n_words)
		fprintf(out,
			"\n  -s, --socket SOCKET   the operators' socket (%s)\n"
			"      --run-dir DIR     its folder\n"
			"  -j, --json            print JSON\n"
			"      --help, --version\n\n"
			"exit: 0 ok, 1 failed, 2 usage, 3 vigild not reachable, 4 not permitted, 5 not found,\n"
			"      6 conflict or invalid, 75 try again later\n",
			VG_CTL_DEFAULT_SOCKET);
	return DONE;
}

static int is_local_run(const char *word)
{
	size_t n_used;
	char why[512];
	const struct vg_command *c = vg_command_find(&word, 1, &n_used, why, sizeof(why));
	return c && c->flags & VG_COMMAND_LOCAL &&
	       (!strcmp(c->noun, "replay") || !strcmp(c->noun, "scan") || !strcmp(c->noun, "hash"));
}

/* Takes an option with a value; returns how many words it used, 0 = it is another option, -1 = the value is missing.
 * */
static int take_socket(struct line *line, const char **argv, size_t i, size_t n_argv)
{
	int is_dir = !strcmp(argv[i], "--run-dir");
	if (!is_dir && strcmp(argv[i], "-s") && strcmp(argv[i], "--socket"))
		return 0;
	if (i + 1 == n_argv)
		return -1;
	snprintf(line->socket, sizeof(line->socket), "%s%s", argv[i + 1], is_dir ? "/" VG_CTL_SOCKET : "");
	return 2;
}

static int parse(struct line *line, const char **argv, size_t n_argv)
{
	int only_words = 0;
	snprintf(line->socket, sizeof(line->socket), "%s", VG_CTL_DEFAULT_SOCKET);
	for (size_t i = 0; i < n_argv; i++) {
		const char *word = argv[i];
		int n_used = only_words ? 0 : take_socket(line, argv, i, n_argv);
		if (n_used < 0)
			return usage_error("%s wants a value behind it", word);
		if (n_used) {
			i++;
		} else if (only_words || word[0] != '-' || !word[1]) {
			if (line->n_words == VG_COMMAND_WORDS)
				return usage_error("too many words");
			line->words[line->n_words++] = word;
			if (line->n_words == 1 && is_local_run(word)) {
				line->rest = argv + i + 1;
				line->n_rest = n_argv - i - 1;
				return DONE;
			}
		} else if (!strcmp(word, "--")) {
			only_words = 1;
		} else if (!strcmp(word, "-j") || !strcmp(word, "--json")) {
			line->json = 1;
		} else if (!strcmp(word, "-h") || !strcmp(word, "--help")) {
			line->help = 1;
		} else if (!strcmp(word, "--version")) {
			line->version = 1;
		} else {
			return usage_error("unknown option '%.60s'", word);
		}
	}
	return DONE;
}

static int run_local(const struct vg_command *command, const struct line *line)
{
	char why[512], exe[PATH_MAX];
	struct vg_run_args args;
	enum vg_run_command which = !strcmp(command->noun, "replay") ? VG_RUN_CMD_REPLAY
				    : !strcmp(command->noun, "scan") ? VG_RUN_CMD_SCAN
								     : VG_RUN_CMD_HASH;
	ssize_t n;
	if (vg_run_args_parse(which, line->rest, line->n_rest, &args, why, sizeof(why))) {
		fprintf(stderr, "vigilctl %s: %s (see: vigilctl %s --help)\n", command->noun, why, command->noun);
		return USAGE;
	}
	if (args.help || line->help) {
		vg_run_help(which, stdout);
		return DONE;
	}
	args.json |= line->json;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n <= 0) {
		fputs("vigilctl: its own folder is not known (/proc is not there)\n", stderr);
		return FAILED;
	}
	exe[n] = 0;
	*strrchr(exe, '/') = 0;
	return vg_run_launch(&args, exe);
}

static int version(int json)
{
	if (json)
		printf("{\"program\":\"vigilctl\",\"version\":\"%s\",\"build\":\"%s\"}\n", VG_VERSION, VG_BUILD_ID);
	else
		printf("vigilctl %s (build %s)\n", VG_VERSION, VG_BUILD_ID);
	return DONE;
}

/* Further words of the last argument are joined. */
static size_t join_args(const struct vg_command *command, const char *const *words, size_t n_words, const char **args,
			char *joined, size_t n_joined)
{
	size_t n_args = 0;
	for (; n_args < VG_COMMAND_ARGS && n_args < n_words && command->args[n_args].name; n_args++) {
		args[n_args] = words[n_args];
		if (!command->args[n_args].is_rest)
			continue;
		joined[0] = 0;
		for (size_t i = n_args; i < n_words; i++) {
			size_t n = strlen(joined);
			snprintf(joined + n, n_joined - n, "%s%s", i > n_args ? " " : "", words[i]);
		}
		args[n_args] = joined;
		return n_args + 1;
	}
	return n_args;
}

/* Where vigild has only begun to read the lists, *answer becomes what it says at the end. */
static int wait_for_build(const struct line *line, json_t **answer, char *why, size_t n_why)
{
	static const char *const words[] = { "lists", "build" };
	size_t n_used;
	const struct vg_command *build = vg_command_find(words, 2, &n_used, why, n_why);
	int code = 0, says = isatty(STDERR_FILENO);
	char id[24];
	snprintf(id, sizeof(id), "%lld", (long long)json_integer_value(json_object_get(*answer, "build")));
	while (!code && json_object_get(*answer, "build")) {
		const char *args[] = { id };
		if (says)
			fprintf(stderr, "\r\033[Kreading the lists: %s, %lld of %lld files, %lld entries",
				json_string_value(json_object_get(*answer, "phase")),
				(long long)json_integer_value(json_object_get(*answer, "lists_read")),
				(long long)json_integer_value(json_object_get(*answer, "lists")),
				(long long)json_integer_value(json_object_get(*answer, "entries")));
		(void)usleep(BUILD_WAIT_US);
		json_decref(*answer);
		*answer = NULL;
		code = vg_ctl_ask(line->socket, build, args, 1, answer, why, n_why);
	}
	if (says)
		fputs("\r\033[K", stderr);
	return code;
}

static int ask(const struct vg_command *command, const char *const *words, size_t n_words, const struct line *line)
{
	const char *args[VG_COMMAND_ARGS];
	char joined[4096], why[1024] = "";
	json_t *answer = NULL;
	size_t n_args;
	int code;
	if (vg_command_check(command, n_words, why, sizeof(why)))
		return usage_error("%s", why);
	n_args = join_args(command, words, n_words, args, joined, sizeof(joined));
	code = vg_ctl_ask(line->socket, command, args, n_args, &answer, why, sizeof(why));
	if (!code && command->flags & VG_COMMAND_BUILDS)
		code = wait_for_build(line, &answer, why, sizeof(why));
	if (code) {
		fprintf(stderr, "vigilctl: %s\n", why);
		return code;
	}
	if (line->json) {
		json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
		putchar('\n');
	} else {
		vg_render(command, answer, stdout);
	}
	json_decref(answer);
	return fflush(stdout) ? FAILED : DONE;
}

int main(int argc, char **argv)
{
	static struct line line;
	const struct vg_command *command;
	char why[512];
	size_t n_used = 0;
	int code = parse(&line, (const char **)(uintptr_t)(argv + 1), argc > 0 ? (size_t)argc - 1 : 0);
	if (code)
		return code;
	if (line.version)
		return version(line.json);
	if (!line.n_words) {
		(void)help(NULL, 0, line.help ? stdout : stderr);
		return line.help ? DONE : USAGE;
	}
	if (!strcmp(line.words[line.n_words - 1], "?")) {
		line.n_words--;
		line.help = 1;
	}
	if (line.help && !line.rest)
		return help(line.words, line.n_words, stdout);
	command = vg_command_find(line.words, line.n_words, &n_used, why, sizeof(why));
	if (!command)
		return usage_error("%s", why);
	if (line.rest)
		return run_local(command, &line);
	if (!strcmp(command->noun, "help"))
		return help(line.words + 1, line.n_words - 1, stdout);
	if (!strcmp(command->noun, "version") && line.n_words == 1)
		return version(line.json);
	if (!strcmp(command->noun, "completion")) {
		if (line.n_words != 2 || strcmp(line.words[1], "bash"))
			return usage_error("completion is there for: bash");
		vg_completion_bash(stdout);
		return fflush(stdout) ? FAILED : DONE;
	}
	if (!strcmp(command->noun, "manual")) {
		if (line.n_words != 2 || vg_manual(line.words[1], stdout))
			return usage_error("manual pages are: vigilctl, vigild, vigil.yaml");
		return fflush(stdout) ? FAILED : DONE;
	}
	return ask(command, line.words + n_used, line.n_words - n_used, &line);
}
