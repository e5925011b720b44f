#pragma once
/* options: command lines of `vigilctl replay|scan|hash`: one table of options for parsing, --help and completion.
 * Silly input is refused here, before anything is started. Pure but for reading the named files' first bytes; one
 * thread. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <vigil/err.h>

#define VG_RUN_MAX_LISTS 64

enum vg_run_command { VG_RUN_CMD_REPLAY = 1, VG_RUN_CMD_SCAN = 2, VG_RUN_CMD_HASH = 4 };
struct vg_run_option {
	const char *name;  /* without the dashes */
	char letter;       /* 0 = none */
	const char *value; /* what its value is called, NULL = takes none */
	unsigned commands; /* enum vg_run_command, as bits */
	const char *help;
};
const struct vg_run_option *vg_run_options(size_t *n_options);

struct vg_run_args {
	enum vg_run_command command;
	const char *config, *objects, *cases, *report_to, *state, *resume; /* NULL = not given; borrowed from argv */
	const char *lists[VG_RUN_MAX_LISTS];
	uint8_t is_urls[VG_RUN_MAX_LISTS]; /* of each: a list of URLs */
	unsigned n_lists;
	uint32_t n_cores, n_hashers; /* 0 = as the configuration says */
	uint32_t loop;
	int all_files, pace, json, help;
	const char *const *paths; /* points into argv, which is reordered: options first */
	size_t n_paths;
};
/* Parses argv[0 .. n_argv) (behind the command's word). VG_OK, or VG_EINVAL with `why` fit for the terminal. */
enum vg_err vg_run_args_parse(enum vg_run_command command, const char **argv, size_t n_argv, struct vg_run_args *args,
			      char *why, size_t n_why);
/* Is it a capture? pcap and pcapng by their first bytes. VG_OK, VG_EIO, VG_EINVAL with the reason in why. */
enum vg_err vg_capture_check(const char *path, char *why, size_t n_why);
void vg_run_help(enum vg_run_command command, FILE *out);
/* "replay" and so on. */
const char *vg_run_command_str(enum vg_run_command command);
