#pragma once
/* supervise: starts the other programs (roles.h), restarts them with back-off when they die, ends them in order. No
 * zombie and no orphan is left when it is destroyed. Children get clean signal masks, no descriptors but stdio, and
 * VIGIL_LOG. One thread (the loop's), SIGCHLD through the loop. */
#include <stdint.h>
#include <sys/types.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/err.h>

#include "control/config/config.h"
#include "control/loop/loop.h"
#include "control/supervise/roles.h"

#define VG_SUPERVISE_CALM_MS 10000 /* alive that long: the back-off (roles.h) starts anew */

struct vg_supervise;
/* A child ended: wait_status as waitpid(2); will_restart = it comes again. */
typedef void (*vg_supervise_died_fn)(void *ctx, unsigned role, uint32_t hasher_idx, int wait_status, int will_restart);

void vg_supervise_destroy(struct vg_supervise *supervise); /* kills what still runs and reaps it */
struct vg_supervise *vg_supervise_create(struct vg_loop *loop, const struct vg_config_programs *programs,
					 const char *run_dir, const char *state_dir, vg_supervise_died_fn died,
					 void *ctx) VG_DEALLOC(vg_supervise_destroy);
/* Writes RUN/dataplane.snapshot, hashing.snapshot or forward.snapshot (beside, fsync, rename). The head is filled
 * in here. */
enum vg_err vg_supervise_write_dataplane(const char *run_dir, struct vg_dataplane_conf *conf);
enum vg_err vg_supervise_write_hashing(const char *run_dir, struct vg_hashing_conf *conf);
enum vg_err vg_supervise_write_forward(const char *run_dir, struct vg_forward_conf *conf);
/* The snapshots that a configuration means. VG_EINVAL where they cannot be (too large together). */
enum vg_err vg_supervise_dataplane_conf(const struct vg_config *config, struct vg_dataplane_conf *conf);
enum vg_err vg_supervise_hashing_conf(const struct vg_config *config, struct vg_hashing_conf *conf);
void vg_supervise_forward_conf(const struct vg_config *config, struct vg_forward_conf *conf);

/* Starts a child and keeps it alive until it is stopped; once: it is not restarted however it ends. */
enum vg_err vg_supervise_start(struct vg_supervise *supervise, unsigned role, uint32_t hasher_idx, int once);
/* TERM to the children of the roles in role_mask (1u << role), in the order of the table, KILL after their patience;
 * done is called from the loop, never from within, when none of them runs any more. Another call while one is under
 * way joins the masks and replaces done. */
void vg_supervise_stop(struct vg_supervise *supervise, unsigned role_mask, void (*done)(void *ctx), void *ctx);
#define VG_SUPERVISE_ALL ((1u << VG_PROGRAM_N) - 1)
/* Children of a role that run or wait for their restart; pid of one, 0 = not running. */
unsigned vg_supervise_n_running(const struct vg_supervise *supervise, unsigned role);
pid_t vg_supervise_pid(const struct vg_supervise *supervise, unsigned role, uint32_t hasher_idx);
uint64_t vg_supervise_n_restarts(const struct vg_supervise *supervise, unsigned role, uint32_t hasher_idx);
