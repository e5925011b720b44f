#pragma once
/* daemon: vigild's rooms wired together: state folder and its stamp, store, audit, lists, cases, evidence, outbox,
 * intake, supervise, operators' socket, metrics, and a foreground run (replay, scan). Opening order is the order of
 * the walk, closing the reverse. One thread. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/config/config.h"
#include "control/loop/loop.h"
#include "control/replay/spec.h"

#define VG_DAEMON_WHY 512

struct vg_daemon;
struct vg_daemon_conf {
	const struct vg_config *config; /* kept by the caller while the daemon lives */
	const struct vg_run_spec *spec; /* a foreground run: the state folder is stamped demo; NULL = production */
	int supervise;                  /* start and keep the other programs (a run always does) */
};

void vg_daemon_destroy(struct vg_daemon *daemon);
/* Opens everything, removes what an earlier end left half done and starts the programs. NULL with the reason in why.
 * */
struct vg_daemon *vg_daemon_create(struct vg_loop *loop, const struct vg_daemon_conf *conf, char *why, size_t n_why)
	VG_DEALLOC(vg_daemon_destroy);
/* TERM: ends a run, stops the programs in order, then stops the loop. Again: at once. */
void vg_daemon_stop(struct vg_daemon *daemon);
/* Reads the list files again, as `vigilctl lists reload`: done with VG_OK where they are small (control.lists_inline),
 * begun otherwise. While one is under way another is kept for when it ends (VG_OK). */
enum vg_err vg_daemon_reload_lists(struct vg_daemon *daemon, char *why, size_t n_why);
/* Exit code of a run; 0 without one. */
int vg_daemon_exit_code(const struct vg_daemon *daemon);
