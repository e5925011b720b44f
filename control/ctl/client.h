#pragma once
/* client: vigilctl's end of the operators' socket: one connection, one request, one answer. Blocking with a time
 * limit. */
#include <jansson.h>
#include <stddef.h>

#include "control/ctl/command.h"

#define VG_CTL_DEFAULT_SOCKET "/run/vigil/ctl.sock"
#define VG_CTL_ANSWER_MS      120000 /* a list reload may take a while */

/* Asks vigild at `socket_path` for `command` with its arguments. Returns the exit code (0, or 1, 2, 3, 4, 5, 6, 75)
 * and on 0 the answer in *message (new reference), else what to tell the operator in why. */
int vg_ctl_ask(const char *socket_path, const struct vg_command *command, const char *const *args, size_t n_args,
	       json_t **message, char *why, size_t n_why);
