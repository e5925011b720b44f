#pragma once
/* command: the one table of what an operator can ask for: noun, verb, arguments, right, help and handler. vigild's
 * dispatch, vigilctl's parsing, --help, abbreviations and shell completion are all made from it. Pure, any thread. */
#include <jansson.h>
#include <stddef.h>

#include <vigil/err.h>

#define VG_COMMAND_ARGS  3u
#define VG_COMMAND_WORDS 64u /* words of one command line, arguments included */

/* Rights of a peer on the operators' socket, as bits; a command needs at least one of its own. */
enum vg_ctl_right {
	VG_RIGHT_READ = 1,     /* whoever may open the socket: nothing about cases */
	VG_RIGHT_OPERATOR = 2, /* lists, programs */
	VG_RIGHT_OFFICER = 4,  /* cases and reports */
	VG_RIGHT_AUDITOR = 8,  /* audit; may read cases */
	VG_RIGHT_ALL = 15
};
#define VG_COMMAND_LOCAL   1u /* vigilctl does it itself, vigild is not asked */
#define VG_COMMAND_AUDITED 2u /* reads case data or changes something: dispatch writes who asked for what */
#define VG_COMMAND_BUILDS  4u /* may only begin to read the lists: vigilctl asks `lists build` for the rest */

struct vg_ctl_env;
/* One request under way in vigild. */
struct vg_ctl_call {
	const struct vg_ctl_env *env;
	const struct vg_command *command;
	const char *args[VG_COMMAND_ARGS]; /* NULL where left out */
	const char *who;                   /* "uid:1000" */
	json_t *result;                    /* set by the handler on VG_OK: object or array; dispatch owns it */
	char why[512];                     /* set by the handler otherwise: what is wrong and what to do */
};
typedef enum vg_err (*vg_command_fn)(struct vg_ctl_call *call);

struct vg_command_arg {
	const char *name;         /* NULL ends the row; in capitals */
	int is_optional, is_rest; /* is_rest: takes all further words, joined by blanks */
};
struct vg_command {
	const char *noun, *verb; /* verb NULL: the noun is the whole command */
	struct vg_command_arg args[VG_COMMAND_ARGS];
	unsigned rights, flags;
	const char *help;
	const char *columns; /* of the human table, "key:Title key:Title"; NULL: key and value lines */
	vg_command_fn run;   /* NULL for local commands */
};
/* The table, by noun, then verb. */
const struct vg_command *vg_commands(size_t *n_commands);

/* Finds the command that words[0 .. n_words) begin with; nouns and verbs may be cut as far as they stay unambiguous.
 * *n_used = words that named it. NULL where there is none; why (n_why bytes) then says what was possible. */
const struct vg_command *vg_command_find(const char *const *words, size_t n_words, size_t *n_used, char *why,
					 size_t n_why);
/* Checks the number of arguments. VG_OK, or VG_EINVAL with `why` naming what is missing or too much. */
enum vg_err vg_command_check(const struct vg_command *command, size_t n_args, char *why, size_t n_why);
/* "cases dismiss CASE REASON…" into text. */
void vg_command_usage(const struct vg_command *command, char *text, size_t n_text);
