#pragma once
/* server: the operators' socket RUN/ctl.sock: local stream, one JSON object per line in both directions, first line
 * of the client is {"hello":1}. Every client is bounded: lines, answers not yet taken, time, number; one that goes
 * beyond is cut off and disturbs nobody. Who a client is comes from the kernel (unix(7) SO_PEERCRED, SO_PEERGROUPS).
 * One thread. */
#include <stddef.h>
#include <sys/types.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/config/config.h"
#include "control/loop/loop.h"

#define VG_CTL_PROTOCOL    1
#define VG_CTL_SOCKET      "ctl.sock"
#define VG_CTL_MAX_CLIENTS 32
#define VG_CTL_MAX_LINE    65536u      /* of a request, line break included */
#define VG_CTL_MAX_ANSWER  (16u << 20) /* bytes an answer may have */
#define VG_CTL_LINE_MS     10000       /* from a line's first byte to its break; for an answer to be taken */
#define VG_CTL_IDLE_MS     300000      /* between two requests */
#define VG_CTL_MAX_GROUPS  256

struct vg_ctl_peer {
	uid_t uid;
	pid_t pid;
	unsigned rights; /* enum vg_ctl_right */
	int said_hello;
};
/* Answers one line (NUL-terminated, without its break): a malloc'ed text without line break, at most
 * VG_CTL_MAX_ANSWER; NULL cuts the client off. May set said_hello. */
typedef char *(*vg_ctl_line_fn)(void *ctx, struct vg_ctl_peer *peer, const char *line, size_t n_bytes);

struct vg_ctl_server;
void vg_ctl_server_destroy(struct vg_ctl_server *server);
/* Listens at path (mode 0660; group: control.operator_group where it is there). The groups of `control` give rights;
 * root and our own user have all. NULL with the reason in why. */
struct vg_ctl_server *vg_ctl_server_create(struct vg_loop *loop, const char *path,
					   const struct vg_config_control *control, vg_ctl_line_fn fn, void *ctx,
					   char *why, size_t n_why) VG_DEALLOC(vg_ctl_server_destroy);
/* Clients connected now; clients cut off for what they did since the start. */
unsigned vg_ctl_server_n_clients(const struct vg_ctl_server *server);
unsigned long vg_ctl_server_n_cut(const struct vg_ctl_server *server);
