#pragma once
/* daemon: vigild's rooms wired together: state folder and its stamp, store, audit, lists, cases, evidence, outbox,
 * intake, supervise, ctl, stats. The commit of a match is here (daemon_match.c): evidence first, then one transaction
 * of case, outbox row and audit; only then the hasher hears ACK. One thread. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "control/audit/audit.h"
#include "control/cases/cases.h"
#include "control/config/config.h"
#include "control/intake/intake.h"
#include "control/lists/lists.h"
#include "control/loop/loop.h"
#include "control/store/store.h"
#include "control/supervise/supervise.h"

#define VG_DAEMON_WHY 512

struct vg_daemon;
struct vg_daemon_conf {
	const struct vg_config *config; /* kept by the caller while the daemon lives */
	int demo;      /* replay, scan, demo: the state folder is stamped demo and can never report to production */
	int supervise; /* start and keep the other programs */
};

void vg_daemon_destroy(struct vg_daemon *daemon);
/* Opens everything and removes what an earlier end left half done. NULL with the reason in why. */
struct vg_daemon *vg_daemon_create(struct vg_loop *loop, const struct vg_daemon_conf *conf, char *why, size_t n_why)
	VG_DEALLOC(vg_daemon_destroy);

/* The rooms, borrowed. */
struct vg_store *vg_daemon_store(struct vg_daemon *daemon);
struct vg_audit *vg_daemon_audit(struct vg_daemon *daemon);
struct vg_cases *vg_daemon_cases(struct vg_daemon *daemon);
struct vg_lists *vg_daemon_lists(struct vg_daemon *daemon);
struct vg_intake *vg_daemon_intake(struct vg_daemon *daemon);
struct vg_supervise *vg_daemon_supervise(struct vg_daemon *daemon);
