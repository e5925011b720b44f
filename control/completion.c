#include "control/completion.h"

#include <string.h>

#include "control/ctl/command.h"
#include "control/replay/options.h"

static void write_nouns(FILE *out)
{
	size_t n;
	const struct vg_command *all = vg_commands(&n);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(all[i].noun, all[i - 1].noun))
			fprintf(out, "%s%s", i ? " " : "", all[i].noun);
}

static void write_verbs(FILE *out)
{
	size_t n;
	const struct vg_command *all = vg_commands(&n);
	for (size_t i = 0; i < n; i++) {
		int begins = !i || strcmp(all[i].noun, all[i - 1].noun);
		int ends = i + 1 == n || strcmp(all[i].noun, all[i + 1].noun);
		if (!all[i].verb)
			continue;
		if (begins)
			fprintf(out, "\t%s) words=\"", all[i].noun);
		fprintf(out, "%s%s", begins ? "" : " ", all[i].verb);
		if (ends)
			fputs("\" ;;\n", out);
	}
}

static void write_options(FILE *out)
{
	static const enum vg_run_command commands[] = { VG_RUN_CMD_REPLAY, VG_RUN_CMD_SCAN, VG_RUN_CMD_HASH };
	size_t n;
	const struct vg_run_option *all = vg_run_options(&n);
	for (size_t c = 0; c < sizeof(commands) / sizeof(commands[0]); c++) {
		fprintf(out, "\t%s) words=\"", vg_run_command_str(commands[c]));
		for (size_t i = 0; i < n; i++)
			if (all[i].commands & commands[c])
				fprintf(out, "--%s ", all[i].name);
		fputs("\"; files=1 ;;\n", out);
	}
}

void vg_completion_bash(FILE *out)
{
	fputs("# bash completion of vigilctl, made by `vigilctl completion bash`\n"
	      "_vigilctl()\n{\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} noun= words= files= i skip=\n"
	      "\tCOMPREPLY=()\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tif [ -n \"$skip\" ]; then skip=; continue; fi\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t-s | --socket | --run-dir) skip=1 ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) noun=${COMP_WORDS[i]}; break ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $noun in\n"
	      "\t'') words=\"-j --json -s --socket --run-dir --help --version ",
	      out);
	write_nouns(out);
	fputs("\" ;;\n", out);
	write_verbs(out);
	write_options(out);
	fputs("\tesac\n"
	      "\tif [ -n \"$noun\" ] && [ -z \"$files\" ] && [ $((COMP_CWORD - i)) -gt 1 ]; then words=; fi\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "\tif [ -n \"$files\" ] && [ \"${word#-}\" = \"$word\" ]; then COMPREPLY=($(compgen -f -- \"$word\")); "
	      "fi\n"
	      "}\n"
	      "complete -o filenames -F _vigilctl vigilctl\n",
	      out);
}
