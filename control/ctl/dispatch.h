#pragma once
/* dispatch: one request line in, one answer line out.
 *   > {"hello":1}                                  < {"return":"OK","hello":1,"version":"…","rights":[…]}
 *   > {"command":"cases show","arguments":["7"]}   < {"return":"OK","message":…}
 *                                                  < {"return":"NOK","code":5,"message":"what is wrong"}
 * code is the exit code vigilctl ends with. What needs a right the peer has not is refused; what reads case data or
 * changes something is in the audit log before it is answered. One thread. */
#include "control/ctl/handlers.h"
#include "control/ctl/server.h"

struct vg_ctl_request {
	json_t *root; /* owns the texts */
	const struct vg_command *command;
	const char *args[VG_COMMAND_ARGS];
	unsigned n_args;
	int is_hello, hello;
};
/* Reads a request line; foreign bytes. VG_OK, or VG_EINVAL with the reason in why. Fini it in either case. */
enum vg_err vg_ctl_request_parse(const char *line, size_t n_bytes, struct vg_ctl_request *request, char *why,
				 size_t n_why);
void vg_ctl_request_fini(struct vg_ctl_request *request);
/* Exit code of vigilctl for an error of a handler (DESIGN.md section 3). */
int vg_ctl_code(enum vg_err err);
/* A vg_ctl_line_fn; ctx is a struct vg_ctl_env. */
char *vg_ctl_dispatch(void *ctx, struct vg_ctl_peer *peer, const char *line, size_t n_bytes);
