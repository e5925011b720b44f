#pragma once
/* What the parts of daemon share. */
#include "control/audit/audit.h"
#include "control/cases/cases.h"
#include "control/commit.h"
#include "control/ctl/dispatch.h"
#include "control/daemon.h"
#include "control/intake/intake.h"
#include "control/known/known.h"
#include "control/lists/lists.h"
#include "control/lists/rebuild.h"
#include "control/ports/port_watch.h"
#include "control/replay/run.h"
#include "control/stats/http.h"
#include "control/store/store.h"
#include "control/supervise/supervise.h"

struct vg_daemon {
	struct vg_loop *loop;
	const struct vg_config *config;
	const struct vg_run_spec *spec;
	int is_demo, supervises, is_stopping, exit_code, lock_fd;
	int64_t started_ns;
	struct vg_store *store;
	struct vg_audit *audit;
	struct vg_lists *lists;
	struct vg_rebuild *rebuild; /* NULL in a foreground run */
	int reads_again;            /* asked for by a signal while one was under way */
	char *undo_rows;            /* the suppress file before the change that is being built; NULL = none */
	char undo_path[VG_CONFIG_PATH + 16];
	struct vg_cases *cases;
	struct vg_evidence *evidence;
	struct vg_outbox *outbox;
	struct vg_intake *intake;
	struct vg_knowns *knowns; /* NULL: no pair is inspect-first */
	int urls_fd;              /* the table of listed URLs that the dataplane has; -1: none yet */
	uint64_t n_urls_tables;
	struct vg_forward_link *forward; /* NULL: nothing is inline */
	struct vg_port_watch *ports;     /* NULL in replays */
	struct vg_supervise *programs;
	struct vg_ctl_env ctl_env;
	struct vg_ctl_server *ctl;
	struct vg_stats_http *http;
	struct vg_run *run;
	struct vg_commit_rooms commit;
	struct vg_dataplane_conf *dataplane_conf; /* of the batch that waits for its start */
	uint64_t start_timer, full_logged_ns, refused_begin_ns;
	uint32_t n_refused_audited;
	/* of each hasher that ended for it: 1 + the place of the plug-in that did not load; until it is linked again */
	uint8_t refused_plugins[VG_LANE_MAX_HASHERS];
};

/* daemon_lists.c: the lists of the start, and of each reload. */
enum vg_err vg_daemon_open_lists(struct vg_daemon *daemon, char *why, size_t n_why);
/* As struct vg_ctl_env has it. */
enum vg_err vg_daemon_reload_for_ctl(void *daemon, const struct vg_ctl_undo *undo, uint64_t *build_id, char *why,
				     size_t n_why);
/* daemon_urls.c: gives the dataplane the listed URLs of the lists in use; VG_EIO: logged, it keeps what it has. */
enum vg_err vg_daemon_publish_urls(struct vg_daemon *daemon);
/* daemon_hooks.c: what intake, outbox and supervise tell. */
struct vg_intake_hooks vg_daemon_intake_hooks(struct vg_daemon *daemon);
void vg_daemon_on_outbox(void *ctx, const struct vg_outbox_event *event);
void vg_daemon_on_died(void *ctx, unsigned role, uint32_t hasher_idx, int wait_status, int will_restart);
/* daemon_run.c: a foreground run's wishes, and the programs of production. */
struct vg_run_ops vg_daemon_run_ops(struct vg_daemon *daemon);
enum vg_err vg_daemon_start_programs(struct vg_daemon *daemon);
/* The inline links first of all; nothing where there are none. */
enum vg_err vg_daemon_start_forward(struct vg_daemon *daemon);
