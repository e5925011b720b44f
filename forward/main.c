/* vigil-forward: a bump in the wire. Reads RUN/forward.snapshot, waits until no other forwarder holds RUN/forward.lock,
 * opens its ports and its socket, closes its sandbox and sends every frame of a port out of its peer until TERM. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/memfd.h>

#include "forward/eal.h"
#include "forward/hold/hold.h"
#include "forward/port/pairs.h"
#include "forward/port/watch.h"
#include "forward/pump/pump.h"
#include "forward/sandbox.h"
#include "forward/server/server.h"
#include "forward/snapshot.h"

#define ROOM        "forward"
#define POLL_MS     5
#define LOST_NS     200000000u /* how often the ports are looked at */
#define IDLE_ROUNDS 4096u      /* empty polls before a thread sleeps, where it may */

struct forward {
	struct vg_forward_conf conf;
	struct vg_pairs *pairs;
	struct vg_ring *rings[VG_FORWARD_MAX_PAIRS];
	struct vg_stats_page *stats[VG_FORWARD_MAX_PAIRS];
	int stats_fds[VG_FORWARD_MAX_PAIRS];
	struct vg_forward_server *server;
	int signal_fd, lock_fd;
	_Atomic int stop;
};
struct thread {
	struct forward *forward;
	struct vg_pump pump;
	struct vg_hold *hold; /* NULL: the pair is forward-first */
};

static uint32_t burst(struct thread *t, unsigned direction, uint64_t mono_ns, int64_t wall_ns)
{
	return t->hold ? vg_hold_burst(t->hold, direction, mono_ns, wall_ns)
		       : vg_pump_burst(&t->pump, direction, mono_ns, wall_ns);
}

/* One thread per pair: both directions in turn. */
static int run_pair(void *arg)
{
	struct thread *t = arg;
	uint32_t idle_us = t->forward->conf.idle_us, n_idle = 0;

	while (!atomic_load_explicit(&t->forward->stop, memory_order_relaxed)) {
		uint64_t mono_ns = vg_mono_now().ns;
		int64_t wall_ns = vg_wall_now().ns;
		uint32_t n = burst(t, VG_FRAME_A_TO_B, mono_ns, wall_ns) + burst(t, VG_FRAME_B_TO_A, mono_ns, wall_ns);
		n_idle = n || (t->hold && vg_hold_is_waiting(t->hold)) ? 0 : n_idle + 1;
		if (idle_us && n_idle > IDLE_ROUNDS)
			usleep(idle_us);
		else if (!n)
			rte_pause();
	}
	return 0;
}

static int go_first(void *arg)
{
	static const struct sched_param least = { .sched_priority = 1 };
	(void)arg;
	return sched_setscheduler(0, SCHED_FIFO, &least);
}

/* The pairs' threads, while they still may: the sandbox has no such call. */
static void go_first_all(const struct forward *f)
{
	unsigned lcore = rte_get_next_lcore(-1, 1, 0);

	for (uint32_t i = 0; i < f->conf.n_pairs; i++) {
		if (rte_eal_remote_launch(go_first, NULL, lcore) || rte_eal_wait_lcore(lcore))
			vg_log(VG_LOG_WARN, ROOM, "realtime: not allowed (CAP_SYS_NICE); pair %u takes fair shares", i);
		lcore = rte_get_next_lcore(lcore, 1, 0);
	}
}

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

static int was_told_to_stop(const struct forward *f)
{
	struct signalfd_siginfo info;
	return read(f->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

/* Two forwarders on one pair would send every frame twice, and see each other's. 0: ours; 1: told to stop meanwhile. */
static int take_lock(struct forward *f, const char *run_dir)
{
	char path[PATH_MAX];
	int has_said = 0;

	if (snprintf(path, sizeof(path), "%s/forward.lock", run_dir) >= (int)sizeof(path))
		return -1;
	f->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (f->lock_fd < 0) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: %s", path, strerror(errno));
		return -1;
	}
	while (flock(f->lock_fd, LOCK_EX | LOCK_NB)) {
		struct pollfd wait = { .fd = f->signal_fd, .events = POLLIN };
		if (!has_said++)
			vg_log(VG_LOG_WARN, ROOM, "another vigil-forward runs here; this one takes over when it ends");
		if (poll(&wait, 1, POLL_MS) > 0 && was_told_to_stop(f))
			return 1;
	}
	return 0;
}

static int make_ring(struct forward *f, uint32_t idx)
{
	f->stats_fds[idx] = vg_memfd_new("vigil-stats", VG_STATS_BYTES);
	if (f->stats_fds[idx] >= 0)
		f->stats[idx] = vg_memfd_map(f->stats_fds[idx], VG_STATS_BYTES, PROT_READ | PROT_WRITE);
	if (!f->stats[idx] || vg_memfd_seal(f->stats_fds[idx], VG_SEALS_OURS))
		return -1;
	f->stats[idx]->magic = VG_STATS_MAGIC;
	f->stats[idx]->n_counters = VG_F_N;
	f->rings[idx] = vg_ring_create(&f->conf.ring, f->stats[idx]);
	if (!f->rings[idx])
		return -1;
	f->rings[idx]->is_inspect_first = f->conf.is_inspect_first[idx];
	f->rings[idx]->hold_ms = f->conf.hold_ms;
	return 0;
}

/* Memory and EAL: what takes longest of a start, and touches no port. */
static int prepare(struct forward *f, const char *run_dir)
{
	for (uint32_t i = 0; i < f->conf.n_pairs; i++)
		if (make_ring(f, i)) {
			vg_log(VG_LOG_ERROR, ROOM, "no memory for the ring of pair %u", i);
			return -1;
		}
	return vg_forward_eal_start(&f->conf, run_dir) ? -1 : 0;
}

static int open_links(struct forward *f, const char *run_dir)
{
	uint64_t boot_id;

	if (getrandom(&boot_id, sizeof(boot_id), 0) != (ssize_t)sizeof(boot_id))
		return -1;
	f->pairs = vg_pairs_create(&f->conf);
	if (!f->pairs)
		return -1;
	for (uint32_t i = 0; i < f->conf.n_pairs; i++)
		vg_pairs_watch_begin(&f->pairs->pairs[i], f->stats[i], f->conf.pairs[i][0], f->conf.pairs[i][1]);
	f->server = vg_forward_server_create(run_dir, boot_id, f->rings, f->stats_fds, f->conf.n_pairs);
	return f->server ? 0 : -1;
}

static struct vg_hold *make_hold(const struct forward *f, struct vg_pump *pump)
{
	struct vg_hold_conf conf = { .wait_ns = f->conf.inspect_wait_us * 1000ull,
				     .hold_ns = f->conf.hold_ms * 1000000ull,
				     .stops_per_minute = f->conf.stops_per_minute,
				     .pool = f->pairs->pool };
	struct vg_hold *hold = vg_hold_create(pump, &conf);
	if (!hold)
		vg_log(VG_LOG_ERROR, ROOM, "no memory for the frames of pair %u that wait", pump->pair_idx);
	return hold;
}

static int launch(struct forward *f, struct thread *threads)
{
	unsigned lcore = rte_get_next_lcore(-1, 1, 0);

	for (uint32_t i = 0; i < f->conf.n_pairs; i++) {
		threads[i].forward = f;
		threads[i].pump = (struct vg_pump){ { f->pairs->pairs[i].eth_id[0], f->pairs->pairs[i].eth_id[1] },
						    (uint16_t)i,
						    f->rings[i],
						    f->stats[i] };
		if (f->conf.is_inspect_first[i] && !(threads[i].hold = make_hold(f, &threads[i].pump)))
			return -1;
		if (rte_eal_remote_launch(run_pair, &threads[i], lcore))
			return -1;
		lcore = rte_get_next_lcore(lcore, 1, 0);
	}
	return 0;
}

static void watch(struct forward *f)
{
	for (uint32_t i = 0; i < f->conf.n_pairs; i++)
		vg_pairs_watch(&f->pairs->pairs[i], f->stats[i]);
}

static void serve(struct forward *f)
{
	uint64_t lost_ns = 0;

	while (!was_told_to_stop(f)) {
		uint64_t now_ns = vg_mono_now().ns;
		if (now_ns - lost_ns >= LOST_NS) {
			lost_ns = now_ns;
			watch(f);
		}
		vg_forward_server_poll(f->server, POLL_MS);
	}
	atomic_store(&f->stop, 1);
	rte_eal_mp_wait_lcore();
}

static int run(const char *run_dir)
{
	struct forward *f = calloc(1, sizeof(*f));
	struct thread *threads = calloc(VG_FORWARD_MAX_PAIRS, sizeof(*threads));
	int code = 1, locked, has_pci;

	if (!f || !threads || vg_forward_snapshot_read(run_dir, &f->conf))
		goto out;
	f->signal_fd = catch_signals();
	/* One that waits for another's end prepares meanwhile; EAL takes PCI devices, though, and those are in use. */
	has_pci = vg_forward_eal_has_pci(&f->conf);
	if (f->signal_fd < 0 || (!has_pci && prepare(f, run_dir)))
		goto out;
	locked = take_lock(f, run_dir);
	if (locked) {
		code = locked < 0;
		goto out;
	}
	/* Scanning shall wait for forwarding where both share a core; without the right to, it is fair shares. */
	(void)setpriority(PRIO_PROCESS, 0, -20);
	if ((has_pci && prepare(f, run_dir)) || open_links(f, run_dir))
		goto out;
	if (f->conf.flags & VG_CONF_REALTIME)
		go_first_all(f);
	if (vg_forward_sandbox()) {
		vg_log(VG_LOG_ERROR, ROOM, "the sandbox cannot be closed");
		goto out;
	}
	if (launch(f, threads))
		goto out;
	vg_log(VG_LOG_INFO, ROOM, "%u pairs are forwarded", f->conf.n_pairs);
	serve(f);
	code = 0;
	/* Inside the sandbox nothing can be taken down in order; the kernel does it. */
	if (VG_FORWARD_IS_SANDBOXED)
		_exit(code);
out:
	if (f) {
		vg_forward_server_destroy(f->server);
		for (uint32_t i = 0; i < VG_FORWARD_MAX_PAIRS; i++)
			vg_ring_destroy(f->rings[i]);
		vg_pairs_destroy(f->pairs);
	}
	free(threads);
	free(f);
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
			puts("usage: vigil-forward --run-dir DIR\n"
			     "Sends every frame of the port pairs that DIR/forward.snapshot names out of the peer port "
			     "and\n"
			     "gives copies to the inspector over DIR/forward.sock. TERM ends it, and the link with "
			     "it.\n"
			     "Exit 0 done, 1 failed, 2 usage.");
			return 0;
		case 'v':
			puts("vigil-forward " VG_VERSION " (" VG_BUILD_ID ")");
			return 0;
		default:
			return 2;
		}
	}
	if (!run_dir || optind != argc) {
		fputs("usage: vigil-forward --run-dir DIR\n", stderr);
		return 2;
	}
	return run(run_dir);
}
