#include "control/manual.h"

#include <string.h>

#include "control/config/options.h"
#include "control/ctl/client.h"
#include "control/ctl/command.h"
#include "control/replay/options.h"

/* Text as it shall be read: nothing in it is markup. */
static void put(FILE *out, const char *text)
{
	for (int at_begin = 1; *text; at_begin = *text++ == '\n') {
		if (at_begin && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
	}
}

static void item(FILE *out, const char *head, const char *text)
{
	fputs(".TP\n.B ", out);
	put(out, head);
	fputc('\n', out);
	put(out, text);
	fputc('\n', out);
}

static void head(FILE *out, const char *name, int section, const char *about)
{
	fprintf(out, ".TH %s %d \"\" \"Vigil %s\" \"Vigil\"\n.SH NAME\n%s \\- %s\n", name, section, VG_VERSION, name,
		about);
}

static void run_options(FILE *out, enum vg_run_command command)
{
	size_t n;
	const struct vg_run_option *options = vg_run_options(&n);
	for (size_t i = 0; i < n; i++) {
		char name[64];
		if (!(options[i].commands & command))
			continue;
		snprintf(name, sizeof(name), "--%s%s%s", options[i].name, options[i].value ? " " : "",
			 options[i].value ? options[i].value : "");
		item(out, name, options[i].help);
	}
}

static void page_vigilctl(FILE *out)
{
	static const enum vg_run_command runs[] = { VG_RUN_CMD_REPLAY, VG_RUN_CMD_SCAN, VG_RUN_CMD_HASH };
	size_t n;
	const struct vg_command *commands = vg_commands(&n);
	char usage[200];
	head(out, "vigilctl", 8, "operate Vigil; replay captures; scan and hash files");
	fputs(".SH SYNOPSIS\n.B vigilctl\n[\\-s SOCKET | \\-\\-run\\-dir DIR] [\\-j] COMMAND [ARGUMENT]...\n"
	      ".SH DESCRIPTION\nNouns and verbs may be cut as far as they stay unambiguous. What reads case data or "
	      "changes "
	      "something is written to the audit log with the user who asked.\n.SH COMMANDS\n",
	      out);
	for (size_t i = 0; i < n; i++) {
		vg_command_usage(&commands[i], usage, sizeof(usage));
		item(out, usage, commands[i].help);
	}
	fputs(".SH OPTIONS\n", out);
	item(out, "-s, --socket SOCKET", "the operators' socket (" VG_CTL_DEFAULT_SOCKET ")");
	item(out, "--run-dir DIR", "its folder");
	item(out, "-j, --json", "print JSON");
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		fprintf(out, ".SH OPTIONS OF %s\n", vg_run_command_str(runs[i]));
		run_options(out, runs[i]);
	}
	fputs(".SH EXIT STATUS\n", out);
	put(out,
	    "0 ok, 1 failed, 2 usage, 3 vigild not reachable, 4 not permitted, 5 not found, 6 conflict or invalid, "
	    "75 try again later. replay, scan and hash: 0 done, 1 failed, 2 usage.\n");
	fputs(".SH SEE ALSO\n.BR vigild (8),\n.BR vigil.yaml (5)\n", out);
}

static void page_vigild(FILE *out)
{
	head(out, "vigild", 8, "Vigil's control: lists, cases, evidence, audit, operators' socket");
	fputs(".SH SYNOPSIS\n.B vigild\n\\-c FILE [\\-\\-supervise] | \\-T \\-c FILE | \\-\\-dump\\-config [\\-c FILE] "
	      "| \\-c FILE "
	      "\\-\\-run SPEC\n.SH OPTIONS\n",
	      out);
	item(out, "-c FILE", "the configuration, see vigil.yaml(5)");
	item(out, "-T", "check the configuration and the files it names, then exit: 0 good, 6 not, with file and line");
	item(out, "--supervise", "start the other programs, keep them running, end them with vigild");
	item(out, "--dump-config", "print the configuration in effect; without -c every key with its meaning");
	item(out, "--run SPEC", "one foreground run, as vigilctl replay, scan and hash write it");
	fputs(".SH SIGNALS\n", out);
	put(out, "TERM and INT end in order, USR2 reads the list files again.\n");
	fputs(".SH ENVIRONMENT\n", out);
	item(out, "VIGIL_LOG", "error, warn, info (the default) or debug; the log is standard error");
	fputs(".SH SEE ALSO\n.BR vigilctl (8),\n.BR vigil.yaml (5)\n", out);
}

static void limits(const struct vg_option *o, FILE *out)
{
	if (o->type == VG_OPTION_U32 || o->type == VG_OPTION_U64)
		fprintf(out, "From %llu to %llu", (unsigned long long)o->min, (unsigned long long)o->max);
	else if (o->type == VG_OPTION_DISTANCE)
		fprintf(out, "From 0 to %llu", (unsigned long long)o->max);
	else if (o->type == VG_OPTION_CHOICE)
		fprintf(out, "One of %s", o->choices);
	else if (o->type == VG_OPTION_TEXTS || o->type == VG_OPTION_PATHS)
		fprintf(out, "A list of at most %zu", o->n_items);
	else
		fprintf(out, "%s",
			o->type == VG_OPTION_BOOL   ? "yes or no"
			: o->type == VG_OPTION_PATH ? "A path"
						    : "A text");
	if (o->unit[0]) {
		fputc(' ', out);
		put(out, o->unit);
	}
	if (o->preset[0]) {
		fputs("; default ", out);
		put(out, o->preset);
	}
	fputs(".\n", out);
}

static void page_yaml(FILE *out)
{
	head(out, "vigil.yaml", 5, "configuration of Vigil");
	fputs(".SH DESCRIPTION\n", out);
	put(out,
	    "One YAML file of the sections below. A key that is left out keeps its default; an unknown key, a key "
	    "given "
	    "twice or a value out of range is refused with file and line. Relative paths are taken from the file's "
	    "folder. Secrets are named by path, never written here.\n");
	for (size_t s = 0; s < vg_n_option_sections; s++) {
		fprintf(out, ".SH %s\n", vg_option_sections[s].name);
		put(out, vg_option_sections[s].help);
		fputc('\n', out);
		for (size_t i = 0; i < vg_n_options; i++)
			if (!strcmp(vg_options[i].section, vg_option_sections[s].name)) {
				item(out, vg_options[i].key, vg_options[i].help);
				limits(&vg_options[i], out);
			}
	}
	fputs(".SH SEE ALSO\n.BR vigild (8),\n.BR vigilctl (8)\n", out);
}

int vg_manual(const char *page, FILE *out)
{
	if (!strcmp(page, "vigilctl"))
		page_vigilctl(out);
	else if (!strcmp(page, "vigild"))
		page_vigild(out);
	else if (!strcmp(page, "vigil.yaml"))
		page_yaml(out);
	else
		return -1;
	return 0;
}
