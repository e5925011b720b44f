/* Start-up opens everything there will ever be, in an order that lets the others start when they like: snapshot,
 * listener, lanes; then the sandbox closes, and the loop has only what it holds. The loop sleeps in ppoll(2), longer
 * the longer nothing came; the lanes have no descriptor to wait on (their other side never makes a system call for
 * us). */
#include "hashing/run.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/memfd.h>
#include <vigil/plugin_notice.h>
#include <vigil/sock.h>

#include "hashing/crash.h"
#include "hashing/handoff/handover.h"
#include "hashing/sandbox.h"
#include "hashing/unpack/archive.h"
#include "hashing/worker.h"

#define ROOM           "hashing"
#define IDLE_MIN_NS    200000u  /* first sleep when the lanes are empty */
#define IDLE_BULK_NS   1000000u /* the first one where no verdict is waited for: more comes together, fewer wake-ups */
#define IDLE_MAX_NS    2000000u /* and the longest: what it may add to a verdict's latency */
#define WAIT_NS        50000000u
#define RETRY_MIN_MS   10
#define RETRY_MAX_MS   500
#define STOP_GRACE_MS  2000 /* after TERM, for what vigild may still acknowledge */
#define N_FDS          (VG_LINK_N_FDS + 2)
#define MAX_PATH_BYTES 96 /* of a socket's (unix(7): 108) */

struct run {
	char path[MAX_PATH_BYTES + 32];
	const char *run_dir;
	uint32_t hasher_idx;
	struct vg_hashing_conf conf;
	int signal_fd, listen_fd, stats_fd;
	struct vg_stats_page *stats;
	struct vg_handover handover;
	struct vg_intake *lanes[VG_LANE_MAX_CORES];
	struct vg_match match;
	struct vg_match_link *link;
	struct vg_worker *worker;
	bool stop, dataplane_gone, has_index;
	int refused_plugin; /* exit code that says which; 0: none */
};

static const char usage[] =
	"usage: vigil-hashing --run-dir DIR --hasher N\n"
	"Looks into transferred bodies: unpacks, digests, decodes and compares them with the hash lists.\n"
	"  --run-dir DIR  run folder with hashing.snapshot and handover.sock; hasher-N.sock is made there\n"
	"  --hasher N     which hasher this is, from 0\n"
	"  --help, --version\n";

/* 0: go on; else the exit code + 1. */
static int parse(struct run *r, int argc, char **argv)
{
	static const struct option options[] = { { "run-dir", required_argument, NULL, 'r' },
						 { "hasher", required_argument, NULL, 'n' },
						 { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'v' },
						 { NULL, 0, NULL, 0 } };
	bool has_idx = false;
	char *end;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			r->run_dir = optarg;
			break;
		case 'n':
			r->hasher_idx = (uint32_t)strtoul(optarg, &end, 10);
			has_idx = *optarg && !*end && r->hasher_idx < VG_LANE_MAX_HASHERS;
			break;
		case 'h':
			fputs(usage, stdout);
			return 1;
		case 'v':
			printf("vigil-hashing %s (%s)\n", VG_VERSION, VG_BUILD_ID);
			return 1;
		default:
			fputs(usage, stderr);
			return 3;
		}
	}
	if (!r->run_dir || !has_idx || optind != argc || strlen(r->run_dir) >= MAX_PATH_BYTES) {
		fputs(usage, stderr);
		return 3;
	}
	return 0;
}

static const char *in_run_dir(struct run *r, const char *format)
{
	char name[32];

	/* The names are ours, with at most one number in them. */
	if (!strcmp(format, "hasher"))
		snprintf(name, sizeof(name), "hasher-%u.sock", r->hasher_idx);
	else
		snprintf(name, sizeof(name), "%s", format);
	snprintf(r->path, sizeof(r->path), "%s/%s", r->run_dir, name);
	return r->path;
}

/* Looks whether we are to end; waits for that up to timeout_ms. */
static bool stopped(struct run *r, int timeout_ms)
{
	struct pollfd p = { .fd = r->signal_fd, .events = POLLIN };

	if (!r->stop && poll(&p, 1, timeout_ms) > 0)
		r->stop = true;
	return r->stop;
}

static void sane(struct vg_hashing_conf *c)
{
	c->max_unpacked_bytes = c->max_unpacked_bytes ? c->max_unpacked_bytes : 1ull << 30;
	c->max_ratio = c->max_ratio ? c->max_ratio : 2048;
	c->max_members = c->max_members ? c->max_members : 1000;
	c->sample_bytes = c->sample_bytes > 64u << 20 ? 64u << 20 : c->sample_bytes;
	c->resource_hold_bytes = c->resource_hold_bytes ? c->resource_hold_bytes : 128u << 20;
	c->resource_hold_ms = c->resource_hold_ms ? c->resource_hold_ms : 60000;
	c->spool_bytes = c->spool_bytes ? c->spool_bytes : 256u << 20;
	c->max_depth = c->max_depth ? c->max_depth : 6;
	c->max_object_ms = c->max_object_ms ? c->max_object_ms : 30000;
	c->max_film_frames = c->max_film_frames && c->max_film_frames < VG_FRAMES_MAX ? c->max_film_frames
										      : VG_FRAMES_MAX;
	c->ms_per_frame = c->ms_per_frame < 1u << 30 ? c->ms_per_frame : 1u << 30;
}

static enum vg_err load_conf(struct run *r)
{
	int fd = open(in_run_dir(r, "hashing.snapshot"), O_RDONLY | O_CLOEXEC);
	ssize_t n;
	enum vg_err err;

	if (fd < 0)
		return VG_EAGAIN;
	n = read(fd, &r->conf, sizeof(r->conf));
	close(fd);
	if (n != (ssize_t)sizeof(r->conf))
		return VG_ECORRUPT;
	err = vg_snapshot_check(&r->conf, sizeof(r->conf));
	if (!err && r->conf.n_plugins > VG_PLUGIN_MAX)
		err = VG_ERANGE;
	for (uint32_t i = 0; !err && i < r->conf.n_plugins; i++)
		err = strnlen(r->conf.plugins[i], VG_SNAPSHOT_PLUGIN) < VG_SNAPSHOT_PLUGIN ? VG_OK : VG_ECORRUPT;
	sane(&r->conf);
	return err;
}

/* Tries again and again what answers VG_EAGAIN, with back-off, until we are told to end (then VG_ECLOSED). */
static enum vg_err until_there(struct run *r, enum vg_err (*step)(struct run *), const char *what)
{
	enum vg_err err;
	int wait_ms = RETRY_MIN_MS;

	while ((err = step(r)) == VG_EAGAIN) {
		if (wait_ms == RETRY_MAX_MS)
			vg_log(VG_LOG_DEBUG, ROOM, "waiting for %s", what);
		if (stopped(r, wait_ms))
			return VG_ECLOSED;
		wait_ms = wait_ms * 2 < RETRY_MAX_MS ? wait_ms * 2 : RETRY_MAX_MS;
	}
	if (err)
		vg_log(VG_LOG_ERROR, ROOM, "%s: %s", what, vg_err_str(err));
	return err;
}

static enum vg_err get_lanes(struct run *r)
{
	return vg_handover_get(in_run_dir(r, "handover.sock"), r->hasher_idx, &r->handover);
}

static enum vg_err make_signals(struct run *r)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return VG_EIO;
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signal_fd < 0 ? VG_EIO : VG_OK;
}

static enum vg_err make_stats(struct run *r)
{
	r->stats_fd = vg_memfd_new("vigil-stats", VG_STATS_BYTES);
	if (r->stats_fd < 0)
		return VG_EIO;
	r->stats = vg_memfd_map(r->stats_fd, VG_STATS_BYTES, PROT_READ | PROT_WRITE);
	if (!r->stats)
		return VG_EIO;
	r->stats->magic = VG_STATS_MAGIC;
	r->stats->n_counters = VG_H_N;
	return vg_memfd_seal(r->stats_fd, VG_SEALS_OURS);
}

/* Everything a library does on its first use is done here, outside the sandbox. */
static void warm(struct run *r)
{
	static const uint8_t no_picture[] = { 0xff, 0xd8, 0xff, 0xd9 };
	struct vg_digests *d = vg_digests_create();
	struct vg_digest_values values;

	if (d) {
		vg_digests_init(d, VG_DIGEST_ALL);
		vg_digests_feed(d, no_picture, sizeof(no_picture));
		vg_digests_done(d, &values);
	}
	vg_digests_destroy(d);
	vg_image_warm(r->match.image);
	vg_video_warm(r->match.video);
	vg_archive_warm();
	(void)vg_mono_now();
}

static bool wait_for_link(void *ctx);

static void on_acked(void *ctx, uint32_t core_idx, uint64_t object_id)
{
	struct run *r = ctx;

	vg_worker_acked(r->worker, core_idx, object_id);
}

static enum vg_err make_rooms(struct run *r, const struct vg_hashing_hooks *hooks)
{
	struct vg_image_limits limits = { .max_pixels = r->conf.max_pixels,
					  .max_memory_bytes = r->conf.max_picture_bytes,
					  .min_side = r->conf.min_picture_side,
					  .max_frames = r->conf.max_frames };
	struct vg_video_limits film = { .min_side = r->conf.min_picture_side,
					.max_frames = r->conf.max_film_frames,
					.max_ms = r->conf.max_object_ms,
					.ms_per_hash = r->conf.ms_per_frame ? (int32_t)r->conf.ms_per_frame : -1 };
	struct vg_match_link_setup link = { .listen_fd = r->listen_fd,
					    .stats_fd = r->stats_fd,
					    .hasher_idx = r->hasher_idx,
					    .boot_id = r->handover.boot_id,
					    .spool_bytes = r->conf.spool_bytes,
					    .stats = r->stats,
					    .acked = on_acked,
					    .ctx = r };
	struct vg_worker_setup worker = { .lanes = r->lanes,
					  .n_lanes = r->handover.n_cores,
					  .match = &r->match,
					  .stats = r->stats,
					  .conf = r->conf,
					  .boot_id = r->handover.boot_id,
					  .wait = wait_for_link,
					  .ctx = r };

	r->match = (struct vg_match){ .image = vg_image_create(&limits),
				      .video = vg_video_create(&film),
				      .frames = calloc(VG_FRAMES_MAX, sizeof(*r->match.frames)),
				      .pdq = vg_pdq_create(),
				      .index = vg_index_create(),
				      .stats = r->stats,
				      .no_pdq = r->conf.flags & VG_HCONF_NO_PDQ,
				      .scaled = r->conf.flags & VG_HCONF_SCALED,
				      .before_decode = hooks ? hooks->before_decode : NULL,
				      .hook_ctx = hooks ? hooks->ctx : NULL };
	r->link = vg_match_link_create(&link);
	if (r->conf.seen_before_entries)
		r->match.seen = vg_seen_create(r->conf.seen_before_entries);
	if (!r->match.image || !r->match.video || !r->match.frames || !r->match.pdq || !r->match.index || !r->link ||
	    (r->conf.seen_before_entries && !r->match.seen))
		return VG_ENOMEM;
	r->listen_fd = -1; /* the link's now */
	worker.link = r->link;
	r->worker = vg_worker_create(&worker);
	return r->worker ? VG_OK : VG_ENOMEM;
}

static enum vg_err map_lanes(struct run *r)
{
	for (uint32_t i = 0; i < r->handover.n_cores; i++) {
		const struct vg_handover_lane *l = &r->handover.lanes[i];
		enum vg_err err = vg_intake_create(&l->msg.geometry, l->fds, i, l->msg.start_idx, r->stats,
						   &r->lanes[i]);
		if (err) {
			vg_log(VG_LOG_ERROR, ROOM, "lane of core %u: %s", i, vg_err_str(err));
			return err;
		}
	}
	vg_handover_close_lanes(&r->handover);
	return VG_OK;
}

static enum vg_err start(struct run *r, const struct vg_hashing_hooks *hooks)
{
	char empty_dir[MAX_PATH_BYTES + 32];
	enum vg_err err = make_signals(r);

	if (!err)
		err = until_there(r, load_conf, "hashing.snapshot");
	if (!err && hooks && hooks->configured && hooks->configured(hooks->ctx, &r->conf))
		return VG_EIO;
	if (!err)
		err = make_stats(r);
	if (err)
		return err;
	r->listen_fd = vg_sock_listen(in_run_dir(r, "hasher"));
	if (r->listen_fd < 0) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: cannot listen there: %s", r->path, strerror(errno));
		return VG_EIO;
	}
	err = until_there(r, get_lanes, "the hand-over socket");
	if (!err)
		err = map_lanes(r);
	if (!err)
		err = make_rooms(r, hooks);
	if (err)
		return err;
	r->refused_plugin = vg_plugins_load_all(&r->conf, &r->match.plugins);
	vg_plugin_notice_write(r->run_dir, r->hasher_idx, vg_plugin_refused(r->refused_plugin));
	err = r->refused_plugin ? VG_EINVAL : VG_OK;
	if (err)
		return err;
	warm(r);
	err = vg_crash_install();
	if (!err) /* twice what the purse allows: a library that never comes back to ask for time */
		err = vg_crash_limit(2ull * r->conf.max_object_ms,
				     2ull * r->conf.max_object_ms * VG_WORKER_WALL_FACTOR);
	if (err)
		return err;
	snprintf(empty_dir, sizeof(empty_dir), "%s", in_run_dir(r, "empty"));
	err = vg_hashing_sandbox_close(empty_dir);
	if (err)
		vg_log(VG_LOG_ERROR, ROOM, "sandbox: %s", vg_err_str(err));
	return err;
}

static void take_index(struct run *r)
{
	uint64_t generation;
	int tables_fd, fd = vg_match_link_take_index(r->link, &generation, &tables_fd);
	enum vg_err err;

	if (fd < 0)
		return;
	err = vg_index_take(r->match.index, fd, tables_fd, generation);
	close(fd);
	if (tables_fd >= 0)
		close(tables_fd);
	if (err)
		vg_log(VG_LOG_WARN, ROOM, "index generation %llu refused: %s", (unsigned long long)generation,
		       vg_err_str(err));
	else
		atomic_store_explicit(&r->stats->counters[VG_H_INDEX_GENERATION], generation, memory_order_relaxed);
	if (!err)
		r->match.search_plugins = vg_plugins_search(r->match.plugins, vg_index_peek(r->match.index));
	r->has_index |= !err;
	vg_match_link_index_taken(r->link, generation, err);
}

/* Waits up to timeout_ns for anything that has a descriptor, then serves it. */
static void look_around(struct run *r, uint64_t timeout_ns)
{
	struct pollfd fds[N_FDS];
	struct timespec t = { .tv_sec = (time_t)(timeout_ns / 1000000000u),
			      .tv_nsec = (long)(timeout_ns % 1000000000u) };

	vg_match_link_poll(r->link, fds);
	fds[VG_LINK_N_FDS] = (struct pollfd){ .fd = r->stop ? -1 : r->signal_fd, .events = POLLIN };
	fds[VG_LINK_N_FDS + 1] = (struct pollfd){ .fd = r->dataplane_gone ? -1 : r->handover.fd, .events = POLLIN };
	if (ppoll(fds, N_FDS, &t, NULL) <= 0) { /* a signal: they say nothing */
		for (unsigned i = 0; i < N_FDS; i++)
			fds[i].revents = 0;
	} else {
		r->stop |= fds[VG_LINK_N_FDS].revents != 0;
		/* It says nothing more on this link: whatever happens there is its end. */
		r->dataplane_gone |= fds[VG_LINK_N_FDS + 1].revents != 0;
	}
	vg_match_link_serve_ready(r->link, fds);
}

static bool wait_for_link(void *ctx)
{
	struct run *r = ctx;

	look_around(r, WAIT_NS);
	take_index(r); /* a new vigild takes no record before its index is answered */
	return !r->stop;
}

/* Nobody feeds us any more: what is in the lanes is worked off, what is open ends. True when that is done. */
static bool finish_without_dataplane(struct run *r, uint32_t n_taken)
{
	if (n_taken || vg_match_link_full(r->link) || (!r->has_index && vg_worker_pending(r->worker)))
		return false;
	vg_worker_close_all(r->worker);
	return !vg_match_link_waiting(r->link);
}

static int loop(struct run *r)
{
	uint64_t idle_ns = 0, min_ns = r->conf.flags & VG_HCONF_NOBODY_WAITS ? IDLE_BULK_NS : IDLE_MIN_NS;

	while (!r->stop) {
		uint32_t n_taken = r->has_index ? vg_worker_step(r->worker) : 0;
		if (vg_worker_gave_up(r->worker))
			return r->stop ? 0 : 1;
		if (vg_worker_broken(r->worker) && !r->dataplane_gone) {
			vg_log(VG_LOG_ERROR, ROOM, "a lane's words cannot be true: leaving this dataplane");
			r->dataplane_gone = true;
		}
		if (r->dataplane_gone && finish_without_dataplane(r, n_taken))
			return vg_worker_broken(r->worker);
		idle_ns = n_taken ? 0 : idle_ns < min_ns ? min_ns : idle_ns * 2;
		idle_ns = idle_ns < IDLE_MAX_NS ? idle_ns : IDLE_MAX_NS;
		look_around(r, !n_taken && !r->has_index ? WAIT_NS : idle_ns);
		take_index(r);
	}
	return 0;
}

/* After TERM: what waits is sent and acknowledged, as far as the grace goes. The rest is offered to the next hasher.
 * */
static void say_goodbye(struct run *r)
{
	uint64_t until_ns = vg_mono_now().ns + STOP_GRACE_MS * 1000000ull;

	while (vg_match_link_up(r->link) && vg_match_link_waiting(r->link) && vg_mono_now().ns < until_ns)
		look_around(r, WAIT_NS);
}

static void end(struct run *r)
{
	vg_worker_destroy(r->worker);
	vg_match_link_destroy(r->link);
	vg_seen_destroy(r->match.seen);
	vg_index_destroy(r->match.index);
	vg_plugins_destroy(r->match.plugins);
	vg_pdq_destroy(r->match.pdq);
	vg_image_destroy(r->match.image);
	vg_video_destroy(r->match.video);
	free(r->match.frames);
	for (uint32_t i = 0; i < VG_LANE_MAX_CORES; i++)
		vg_intake_destroy(r->lanes[i]);
	vg_handover_fini(&r->handover);
	if (r->stats)
		munmap(r->stats, VG_STATS_BYTES);
	const int fds[] = { r->signal_fd, r->listen_fd, r->stats_fd };
	for (size_t i = 0; i < VG_ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int vg_hashing_run(int argc, char **argv, const struct vg_hashing_hooks *hooks)
{
	struct run *r = calloc(1, sizeof(*r));
	int code;

	if (!r)
		return 1;
	r->signal_fd = r->listen_fd = r->stats_fd = r->handover.fd = -1;
	for (uint32_t i = 0; i < VG_LANE_MAX_CORES; i++)
		for (int k = 0; k < 3; k++)
			r->handover.lanes[i].fds[k] = -1;
	code = parse(r, argc, argv);
	if (code) {
		free(r);
		return code - 1;
	}
	if (start(r, hooks)) {
		code = r->stop ? 0 : r->refused_plugin ? r->refused_plugin : 1;
	} else {
		vg_log(VG_LOG_INFO, ROOM, "hasher %u: %u lanes, pdq %s", r->hasher_idx, r->handover.n_cores,
		       vg_pdq_tier(r->match.pdq));
		code = loop(r);
		say_goodbye(r);
	}
	end(r);
	free(r);
	return code;
}
