/* vigil-dataplane: frames in, media objects out to the hashers. Reads RUN/dataplane.snapshot, opens its ports and its
 * hand-over socket, closes its sandbox, starts a worker per core; the main thread then serves the socket. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include <vigil/clock.h>
#include <vigil/log.h>

#include "dataplane/card/card.h"
#include "dataplane/eal.h"
#include "dataplane/handoff/server.h"
#include "dataplane/port/watch.h"
#include "dataplane/sandbox.h"
#include "dataplane/worker.h"

#define ROOM         "dataplane"
#define POLL_MS      2
#define WATCH_NS     200000000u  /* how often the ports are looked at */
#define STOP_WAIT_NS 2000000000u /* after TERM: for verdicts that are still out */
#define URLS_WAIT_NS 10000000000ull

struct dataplane {
	struct vg_dataplane_conf conf;
	struct vg_shared shared;
	struct vg_worker *workers[VG_LANE_MAX_CORES];
	struct vg_steer *steers[VG_LANE_MAX_CORES];
	struct vg_handoff *handoffs[VG_LANE_MAX_CORES];
	int stats_fds[VG_LANE_MAX_CORES];
	struct vg_cards *cards; /* NULL: no card drops anything for us */
	struct vg_handoff_server *server;
	int signal_fd;
	uint64_t next_watch_ns;
};

static int read_snapshot(const char *run_dir, struct vg_dataplane_conf *conf)
{
	char path[4096];
	size_t n_bytes = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/dataplane.snapshot", run_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && n_bytes < sizeof(*conf)) {
		ssize_t got = read(fd, (char *)conf + n_bytes, sizeof(*conf) - n_bytes);
		if (got <= 0)
			break;
		n_bytes += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	if (n_bytes != sizeof(*conf) || vg_snapshot_check(conf, sizeof(*conf))) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: %s", path, fd < 0 ? strerror(errno) : "not a snapshot of this version");
		return -1;
	}
	for (uint32_t i = 0; i < VG_SNAPSHOT_MAX_PORTS; i++)
		conf->ports[i][VG_SNAPSHOT_PORT - 1] = 0;
	if (!conf->n_cores || conf->n_cores > VG_LANE_MAX_CORES || conf->n_hashers > VG_LANE_MAX_HASHERS ||
	    !conf->n_ports || conf->n_ports > VG_SNAPSHOT_MAX_PORTS || !conf->n_flows || !conf->n_streams ||
	    !conf->idle_timeout_ms || conf->rx_idle > VG_RX_INTERRUPT || !conf->hole_timeout_ms || !conf->loop ||
	    vg_lane_check(&conf->lane) || (conf->flags & VG_CONF_FEED_FILES)) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: a value is out of range", path);
		return -1;
	}
	return 0;
}

/* Becomes the program of the same name over DPDK's shared build, where a port needs a driver that is not in this one.
 * Returns where this is that program, 0, or where there is none. */
static int take_drivers(const struct vg_dataplane_conf *conf, const char *run_dir)
{
	static const char suffix[] = "-cards";
	char path[4096];
	ssize_t n;

	if (vg_eal_is_virtual(conf))
		return 0;
	n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(suffix));
	if (n < (ssize_t)sizeof(suffix))
		return -1;
	path[n] = 0;
	if (!strcmp(path + n - (sizeof(suffix) - 1), suffix))
		return 0;
	memcpy(path + n, suffix, sizeof(suffix));
	execl(path, "vigil-dataplane", "--run-dir", run_dir, NULL);
	vg_log(VG_LOG_ERROR, ROOM, "%s: %s: it has the drivers of cards", path, strerror(errno));
	return -1;
}

/* TERM and INT come by descriptor; a peer that is gone is an answer of send(). */
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* A thread of its own receives where several workers would stand before one queue. */
static int needs_dispatcher(const struct vg_dataplane_conf *conf)
{
	return conf->n_cores > 1;
}

static int has_single_queue(const struct vg_ports *ports)
{
	for (uint32_t i = 0; i < ports->n_ports; i++)
		if (ports->ports[i].n_queues <= 1)
			return 1;
	return 0;
}

/* Where cards share out, workers hand each other what these could not hash. */
static int connect_workers(struct dataplane *dp)
{
	struct vg_stats_page *stats[VG_LANE_MAX_CORES];

	for (uint32_t i = 0; i < dp->conf.n_cores; i++)
		stats[i] = dp->workers[i]->stats;
	if (vg_steers_create(dp->steers, dp->shared.ports, stats, dp->conf.n_cores))
		return -1;
	for (uint32_t i = 0; i < dp->conf.n_cores; i++)
		dp->workers[i]->steer = dp->steers[i];
	return 0;
}

/* What vigild knows is to be stopped; of no use where nothing can be. */
static enum vg_err take_known(void *ctx, const struct vg_msg_known *msg, int fd)
{
	struct dataplane *dp = ctx;
	enum vg_err err = dp->workers[0]->hold ? vg_known_take(vg_hold_known(dp->workers[0]->hold), msg, fd) : VG_OK;

	if (err)
		vg_log(VG_LOG_ERROR, ROOM, "the table of known objects is refused: %s", vg_err_str(err));
	return err;
}

/* Listed URLs: for each core. */
static enum vg_err take_urls(void *ctx, const struct vg_msg_urls *msg, int fd)
{
	struct dataplane *dp = ctx;
	enum vg_err err = VG_OK;

	for (uint32_t i = 0; i < dp->conf.n_cores && !err; i++)
		err = vg_urls_take(&dp->workers[i]->urls, msg, fd);
	if (!err)
		atomic_store(&dp->shared.awaits_urls, 0);
	if (err)
		vg_log(VG_LOG_ERROR, ROOM, "the table of listed URLs is refused: %s", vg_err_str(err));
	return err;
}

/* Cards that can drop what is opaque; where none can, workers do, as always. */
static void connect_cards(struct dataplane *dp)
{
	struct vg_stats_page *stats[VG_LANE_MAX_CORES];

	for (uint32_t i = 0; i < dp->conf.n_cores; i++)
		stats[i] = dp->workers[i]->stats;
	dp->cards = vg_cards_create(&dp->conf, dp->shared.ports, &vg_card_rte_flow, stats, dp->conf.n_cores);
	for (uint32_t i = 0; i < dp->conf.n_cores && dp->cards; i++) {
		dp->workers[i]->offload = dp->cards->ends[i];
		vg_inspect_offload(dp->workers[i]->inspect, dp->cards->ends[i]);
	}
}

static int open_all(struct dataplane *dp, const char *run_dir)
{
	struct vg_dataplane_conf *conf = &dp->conf;
	struct vg_shared *shared = &dp->shared;

	shared->conf = conf;
	atomic_store(&shared->awaits_urls, (conf->flags & VG_CONF_REPLAY) != 0);
	if (getrandom(&shared->boot_id, sizeof(shared->boot_id), 0) != (ssize_t)sizeof(shared->boot_id))
		return -1;
	if (vg_eal_start(conf, run_dir, 1 + conf->n_cores + (uint32_t)needs_dispatcher(conf)))
		return -1;
	shared->ports = vg_ports_create(conf, conf->n_cores);
	if (!shared->ports)
		return -1;
	if (needs_dispatcher(conf) && has_single_queue(shared->ports)) {
		shared->dispatch = vg_dispatch_create(shared->ports, conf, conf->n_cores, &shared->stop);
		if (!shared->dispatch)
			return -1;
	}
	for (uint32_t i = 0; i < conf->n_cores; i++) {
		dp->workers[i] = vg_worker_create(shared, i);
		if (!dp->workers[i])
			return -1;
		dp->handoffs[i] = dp->workers[i]->handoff;
		dp->stats_fds[i] = dp->workers[i]->stats_fd;
	}
	if (shared->ports->rss.n_queues && connect_workers(dp))
		return -1;
	connect_cards(dp);
	if (!(conf->flags & VG_CONF_REPLAY))
		vg_ports_watch_begin(shared->ports, dp->workers[0]->stats, conf->n_cores);
	dp->server = vg_handoff_server_create(run_dir, conf, shared->boot_id, dp->handoffs, dp->stats_fds,
					      conf->n_cores);
	if (dp->server)
		vg_handoff_server_on_known(dp->server, take_known, take_urls, dp);
	return dp->server ? 0 : -1;
}

static int run_dispatch(void *arg)
{
	vg_dispatch_run(arg);
	return 0;
}

static int launch(struct dataplane *dp)
{
	unsigned lcore = rte_get_next_lcore(-1, 1, 0);

	for (uint32_t i = 0; i < dp->conf.n_cores; i++) {
		if (rte_eal_remote_launch(vg_worker_run, dp->workers[i], lcore))
			return -1;
		lcore = rte_get_next_lcore(lcore, 1, 0);
	}
	return dp->shared.dispatch ? rte_eal_remote_launch(run_dispatch, dp->shared.dispatch, lcore) : 0;
}

/* Live ports; a replay's losses are looked at by its first worker. */
static void watch(struct dataplane *dp, uint64_t now_ns)
{
	const struct vg_dispatch *dispatch = dp->shared.dispatch;

	if ((dp->conf.flags & VG_CONF_REPLAY) || now_ns < dp->next_watch_ns)
		return;
	dp->next_watch_ns = now_ns + WATCH_NS;
	vg_ports_watch(dp->shared.ports, dp->workers[0]->stats,
		       dispatch ? atomic_load_explicit(&dispatch->n_missed, memory_order_relaxed) : 0);
}

/* Serves the hand-over socket until a signal, or until a replay's end has been taken note of. */
static void serve(struct dataplane *dp)
{
	struct signalfd_siginfo info;
	uint64_t stopped_ns = 0, begun_ns = vg_mono_now().ns;

	while (!vg_handoff_server_released(dp->server)) {
		vg_handoff_server_poll(dp->server, POLL_MS);
		watch(dp, vg_mono_now().ns);
		if (dp->cards)
			vg_cards_poll(dp->cards, vg_mono_now().ns);
		if (vg_mono_now().ns - begun_ns > URLS_WAIT_NS) /* there is no vigild */
			atomic_store(&dp->shared.awaits_urls, 0);
		if (!stopped_ns && read(dp->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
			stopped_ns = vg_mono_now().ns;
			atomic_store(&dp->shared.stop, 1);
		}
		if (!stopped_ns && vg_ports_are_cut(dp->shared.ports)) {
			vg_log(VG_LOG_WARN, ROOM,
			       "the forwarder is gone: this inspector ends, the next finds it again");
			stopped_ns = vg_mono_now().ns;
			atomic_store(&dp->shared.stop, 1);
		}
		if (stopped_ns &&
		    (vg_handoff_server_drained(dp->server) || vg_mono_now().ns - stopped_ns > STOP_WAIT_NS))
			break;
	}
	atomic_store(&dp->shared.stop, 1);
	atomic_store(&dp->shared.quit, 1);
	rte_eal_mp_wait_lcore();
	if (dp->cards)
		vg_cards_clear(dp->cards);
}

static int run(const char *run_dir)
{
	static const char lost[] = "a replay lost packets for want of buffers: its result is not complete";
	struct dataplane *dp = calloc(1, sizeof(*dp));
	int code = 1;

	if (!dp || read_snapshot(run_dir, &dp->conf) || take_drivers(&dp->conf, run_dir))
		goto out;
	dp->signal_fd = catch_signals();
	if (dp->signal_fd < 0 || open_all(dp, run_dir))
		goto out;
	if (vg_dataplane_sandbox()) {
		vg_log(VG_LOG_ERROR, ROOM, "the sandbox cannot be closed");
		goto out;
	}
	if (dp->cards)
		vg_cards_rehearse(dp->cards);
	if (launch(dp))
		goto out;
	serve(dp);
	code = atomic_load(&dp->shared.n_lost) != 0;
	if (code)
		vg_log(VG_LOG_ERROR, ROOM, "%s", lost);
	/* Inside the sandbox nothing can be taken down in order (no unlink); the kernel does it. */
	if (VG_DATAPLANE_IS_SANDBOXED)
		_exit(code);
out:
	if (dp) {
		vg_handoff_server_destroy(dp->server);
		for (uint32_t i = 0; i < VG_LANE_MAX_CORES; i++)
			vg_worker_destroy(dp->workers[i]);
		vg_cards_destroy(dp->cards);
		vg_steers_destroy(dp->steers, dp->conf.n_cores);
		vg_dispatch_destroy(dp->shared.dispatch);
		vg_ports_destroy(dp->shared.ports);
	}
	free(dp);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "run-dir", required_argument, NULL, 'r' },
						 { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'v' },
						 { 0 } };
	const char *run_dir = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'r':
			run_dir = optarg;
			break;
		case 'h':
			puts("usage: vigil-dataplane --run-dir DIR\n"
			     "Inspects the ports that DIR/dataplane.snapshot names and hands media to hashers over\n"
			     "DIR/handover.sock. TERM stops it in order. Exit 0 done, 1 failed, 2 usage.");
			return 0;
		case 'v':
			puts("vigil-dataplane " VG_VERSION " (" VG_BUILD_ID ")");
			return 0;
		default:
			return 2;
		}
	}
	if (!run_dir || optind != argc) {
		fputs("usage: vigil-dataplane --run-dir DIR\n", stderr);
		return 2;
	}
	return run(run_dir);
}
