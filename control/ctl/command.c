#include "control/ctl/command.h"

#include <stdio.h>
#include <string.h>

#include <vigil/base.h>

#include "control/ctl/handlers.h"

#define READ     VG_RIGHT_READ
#define OPERATOR VG_RIGHT_OPERATOR
#define OFFICER  VG_RIGHT_OFFICER
#define AUDITOR  VG_RIGHT_AUDITOR
#define LOCAL    VG_COMMAND_LOCAL
#define AUDITED  VG_COMMAND_AUDITED
#define WANTS(name)        \
	{                  \
		name, 0, 0 \
	}
#define MAY(name)          \
	{                  \
		name, 1, 0 \
	}
#define REST(name)         \
	{                  \
		name, 0, 1 \
	}
#define MAYREST(name)      \
	{                  \
		name, 1, 1 \
	}

static const struct vg_command commands[] = {
	{ "audit",
	  "show",
	  { MAY("ROWS") },
	  AUDITOR,
	  AUDITED,
	  "the newest rows of the audit log (20)",
	  "id:Row time:Time who:Who what:What subject:Subject details:Details",
	  vg_ctl_audit_show },
	{ "audit", "verify", { { 0 } }, AUDITOR, AUDITED, "walk the whole hash chain", NULL, vg_ctl_audit_verify },
	{ "cases",
	  "approve",
	  { WANTS("CASE"), MAYREST("REASON") },
	  OFFICER,
	  AUDITED,
	  "a person's word: this case shall be reported",
	  NULL,
	  vg_ctl_cases_approve },
	{ "cases",
	  "dismiss",
	  { WANTS("CASE"), REST("REASON") },
	  OFFICER,
	  AUDITED,
	  "a person's word: this case shall not be reported",
	  NULL,
	  vg_ctl_cases_dismiss },
	{ "cases",
	  "frames",
	  { WANTS("CASE") },
	  OFFICER | AUDITOR,
	  AUDITED,
	  "the hashed frames of a case's films (vPDQ)",
	  "frame:Frame quality:Quality pdq:PDQ time:Seconds file:File",
	  vg_ctl_cases_frames },
	{ "cases",
	  "list",
	  { MAY("STATE") },
	  OFFICER | AUDITOR,
	  AUDITED,
	  "cases, oldest first",
	  "id:Case state:State action:Action why:Why distance:Distance list:List entry:Entry "
	  "report_id:Report created:Created",
	  vg_ctl_cases_list },
	{ "cases",
	  "show",
	  { WANTS("CASE") },
	  OFFICER | AUDITOR,
	  AUDITED,
	  "all about one case but its bytes",
	  NULL,
	  vg_ctl_cases_show },
	{ "completion", NULL, { WANTS("SHELL") }, READ, LOCAL, "print the completion script (bash)", NULL, NULL },
	{ "hash", NULL, { REST("FILE") }, READ, LOCAL, "digests, PDQ and quality of files", NULL, NULL },
	{ "help", NULL, { MAYREST("COMMAND") }, READ, LOCAL, "what can be asked for", NULL, NULL },
	{ "lists",
	  "build",
	  { MAY("BUILD") },
	  READ,
	  0,
	  "how far the reading of the lists is, or how BUILD ended",
	  NULL,
	  vg_ctl_lists_build },
	{ "lists",
	  "reload",
	  { { 0 } },
	  OPERATOR,
	  AUDITED | VG_COMMAND_BUILDS,
	  "read all list files again and publish a new generation",
	  NULL,
	  vg_ctl_lists_reload },
	{ "lists",
	  "show",
	  { { 0 } },
	  READ,
	  0,
	  "the lists in use and their generation",
	  "name:List entries:Entries action:Exact perceptual_action:Perceptual "
	  "match_distance:Distance videos:Videos frames:Frames source:Source",
	  vg_ctl_lists_show },
	{ "lists",
	  "suppress",
	  { WANTS("ENTRY"), MAY("LIST") },
	  OPERATOR,
	  AUDITED | VG_COMMAND_BUILDS,
	  "stop matching an entry at once (of one list, or of all)",
	  NULL,
	  vg_ctl_lists_suppress },
	{ "lists",
	  "unsuppress",
	  { WANTS("ENTRY"), MAY("LIST") },
	  OPERATOR,
	  AUDITED | VG_COMMAND_BUILDS,
	  "take a suppression back",
	  NULL,
	  vg_ctl_lists_unsuppress },
	{ "manual",
	  NULL,
	  { WANTS("PAGE") },
	  READ,
	  LOCAL,
	  "print a manual page: vigilctl, vigild, vigil.yaml",
	  NULL,
	  NULL },
	{ "replay", NULL, { REST("CAPTURE") }, READ, LOCAL, "the whole appliance over captures", NULL, NULL },
	{ "reports",
	  "list",
	  { MAY("STATE") },
	  OFFICER | AUDITOR,
	  AUDITED,
	  "reports and how far they are",
	  "case:Case state:State report_id:Report files:Files uploaded:Uploaded attempts:Tries "
	  "last:Last next_try:Next queued:Queued",
	  vg_ctl_reports_list },
	{ "reports",
	  "retry",
	  { WANTS("CASE") },
	  OFFICER,
	  AUDITED,
	  "try a waiting, held or failed report now",
	  NULL,
	  vg_ctl_reports_retry },
	{ "reports",
	  "show",
	  { WANTS("CASE") },
	  OFFICER | AUDITOR,
	  AUDITED,
	  "one report and every call made for it",
	  NULL,
	  vg_ctl_reports_show },
	{ "scan", NULL, { REST("PATH") }, READ, LOCAL, "the hashing programs over files and folders", NULL, NULL },
	{ "stats",
	  NULL,
	  { MAY("PREFIX") },
	  READ,
	  0,
	  "all counters",
	  "name:Counter value:Value help:Meaning",
	  vg_ctl_stats },
	{ "status",
	  NULL,
	  { { 0 } },
	  READ,
	  0,
	  "one screen: programs, link, lists, cases, reports",
	  NULL,
	  vg_ctl_status },
	{ "version", NULL, { { 0 } }, READ, LOCAL, "version and build id", NULL, NULL },
};

const struct vg_command *vg_commands(size_t *n_commands)
{
	*n_commands = VG_ARRAY_LEN(commands);
	return commands;
}

static void add_choice(char *why, size_t n_why, const char *choice)
{
	size_t n = strlen(why);
	snprintf(why + n, n_why - n, "%s%s", n && why[n - 1] != ' ' ? ", " : "", choice);
}

/* The noun that `word` names, or NULL: whole, or as the only one that begins so. */
static const char *find_noun(const char *word, char *why, size_t n_why)
{
	const char *found = NULL;
	unsigned n_found = 0;
	snprintf(why, n_why, "'%.40s' could be: ", word);
	for (size_t i = 0; i < VG_ARRAY_LEN(commands); i++) {
		const char *noun = commands[i].noun;
		if ((found && !strcmp(found, noun)) || strncmp(noun, word, strlen(word)))
			continue;
		add_choice(why, n_why, noun);
		if (!strcmp(noun, word))
			return noun;
		found = noun;
		n_found++;
	}
	if (!n_found)
		snprintf(why, n_why, "no such command: '%.40s'", word);
	return n_found == 1 ? found : NULL;
}

static const struct vg_command *find_verb(const char *noun, const char *word, char *why, size_t n_why)
{
	const struct vg_command *found = NULL;
	unsigned n_found = 0;
	snprintf(why, n_why, "'%s %.40s' could be: ", noun, word);
	for (size_t i = 0; i < VG_ARRAY_LEN(commands); i++) {
		const char *verb = commands[i].verb;
		if (strcmp(commands[i].noun, noun) || strncmp(verb, word, strlen(word)))
			continue;
		if (!strcmp(verb, word))
			return &commands[i];
		add_choice(why, n_why, verb);
		found = &commands[i];
		n_found++;
	}
	if (n_found == 1)
		return found;
	if (n_found)
		return NULL;
	snprintf(why, n_why, "'%s' has no '%.40s', but: ", noun, word);
	for (size_t i = 0; i < VG_ARRAY_LEN(commands); i++)
		if (!strcmp(commands[i].noun, noun))
			add_choice(why, n_why, commands[i].verb);
	return NULL;
}

const struct vg_command *vg_command_find(const char *const *words, size_t n_words, size_t *n_used, char *why,
					 size_t n_why)
{
	const char *noun;
	*n_used = 0;
	if (!n_words || !words[0][0]) {
		snprintf(why, n_why, "no command");
		return NULL;
	}
	noun = find_noun(words[0], why, n_why);
	if (!noun)
		return NULL;
	for (size_t i = 0; i < VG_ARRAY_LEN(commands); i++)
		if (!strcmp(commands[i].noun, noun) && !commands[i].verb) {
			*n_used = 1;
			return &commands[i];
		}
	*n_used = 2;
	return find_verb(noun, n_words > 1 ? words[1] : "", why, n_why);
}

enum vg_err vg_command_check(const struct vg_command *command, size_t n_args, char *why, size_t n_why)
{
	size_t most = 0;
	char usage[200];
	vg_command_usage(command, usage, sizeof(usage));
	for (; most < VG_COMMAND_ARGS && command->args[most].name; most++) {
		if (most >= n_args && !command->args[most].is_optional) {
			snprintf(why, n_why, "%s is missing: %s", command->args[most].name, usage);
			return VG_EINVAL;
		}
		if (command->args[most].is_rest)
			return VG_OK;
	}
	if (n_args <= most)
		return VG_OK;
	snprintf(why, n_why, "too many arguments: %s", usage);
	return VG_EINVAL;
}

void vg_command_usage(const struct vg_command *command, char *text, size_t n_text)
{
	int n = snprintf(text, n_text, "%s%s%s", command->noun, command->verb ? " " : "",
			 command->verb ? command->verb : "");
	for (unsigned i = 0; i < VG_COMMAND_ARGS && command->args[i].name; i++) {
		const struct vg_command_arg *arg = &command->args[i];
		if (n < 0 || (size_t)n >= n_text)
			return;
		n += snprintf(text + n, n_text - (size_t)n, " %s%s%s%s", arg->is_optional ? "[" : "", arg->name,
			      arg->is_rest ? "..." : "", arg->is_optional ? "]" : "");
	}
}
