/* vigil-feed: plays the dataplane for `vigilctl scan` and `hash`: each file of the snapshot's ports (files and
 * folders) is one object, handed over as a transferred body would be. One thread: feeds, serves the hand-over socket,
 * and stays until vigild has seen DRAINED. Exit 0, or 1 where a file could not be read, 2 on a usage error. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/config_snapshot.h>
#include <vigil/log.h>
#include <vigil/memfd.h>

#include "dataplane/handoff/server.h"
#include "dataplane/resume.h"

#define ROOM       "vigil-feed"
/* Bytes read at a time. */
#define READ_BYTES 65536u
/* Folders inside folders. */
#define MAX_DEPTH  64u
/* How often the hand-over socket is looked after while waiting. */
#define POLL_MS    5

struct feed {
	struct vg_dataplane_conf conf;
	struct vg_stats_page *stats;
	struct vg_handoff *handoff;
	struct vg_media *media;
	struct vg_body_sink sink;
	struct vg_handoff_server *server;
	uint64_t boot_id, n_files;
	struct vg_resume resume;
	size_t n_root; /* of the port's own path, that files below it begin with */
	int stats_fd, n_failed;
};

/* The only thing a signal handler may touch. */
static _Atomic int stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	atomic_store_explicit(&stopped, 1, memory_order_relaxed);
}

static int is_stopped(void)
{
	return atomic_load_explicit(&stopped, memory_order_relaxed);
}

static void look_after(struct feed *f, int timeout_ms)
{
	vg_handoff_server_poll(f->server, timeout_ms);
	vg_handoff_poll(f->handoff, vg_mono_now().ns);
}

/* The hand-over waits for a hasher: the socket it may come (back) by is served by this very thread. */
static int wait_serving(void *ctx, uint64_t *mono_ns)
{
	struct feed *f = ctx;
	vg_handoff_server_poll(f->server, 1);
	*mono_ns = vg_mono_now().ns;
	return is_stopped();
}

static void file_failed(struct feed *f, const char *path)
{
	fprintf(stderr, "vigil-feed: %s: %s\n", path, strerror(errno));
	f->n_failed++;
	vg_count(f->stats, VG_C_FILES_UNREADABLE, 1);
}

static uint16_t text_put(const char *text, char *field, size_t cap)
{
	size_t n = strlen(text);
	n = n < cap ? n : cap;
	memcpy(field, text, n);
	return (uint16_t)n;
}

/* filename: the path as it was given or found; url: where it is on this machine. */
static void card_fill(struct feed *f, struct vg_attribution *card, const char *path, uint32_t port, uint64_t n_bytes,
		      uint64_t path_key)
{
	char *absolute = realpath(path, NULL);
	memset(card, 0, sizeof(*card));
	card->flow_id = ++f->n_files;
	card->capture_idx = port;
	card->path_key = path_key;
	card->proto = VG_PROTO_FILE;
	card->direction = VG_UPLOAD;
	card->size_hint = n_bytes;
	card->vlan[0] = card->vlan[1] = 0xffff;
	/* of a path that is too long the end tells more than the beginning */
	size_t n = strlen(path), n_url = absolute ? strlen(absolute) : 0;
	if (n > sizeof(card->filename) || n_url > sizeof(card->url))
		card->flags |= VG_ATTR_HEAD_CUT;
	card->n_filename = text_put(n > sizeof(card->filename) ? path + n - sizeof(card->filename) : path,
				    card->filename, sizeof(card->filename));
	if (absolute)
		card->n_url = text_put(n_url > sizeof(card->url) ? absolute + n_url - sizeof(card->url) : absolute,
				       card->url, sizeof(card->url));
	free(absolute);
}

/* Waits until the next bytes have room. */
static void room_wait(struct feed *f)
{
	while (!is_stopped() && (!vg_handoff_has_room(f->handoff) || !vg_handoff_n_attached(f->handoff)))
		look_after(f, POLL_MS);
}

/* Digests are of what was read; whoever wrote meanwhile may have made something that never was. */
static void file_changed(struct feed *f, const char *path)
{
	vg_count(f->stats, VG_C_FILES_CHANGED, 1);
	vg_log(VG_LOG_WARN, ROOM, "%s: changed while it was read", path);
}

/* A path below its port's, as RUN/resume names it. */
static const char *below(const struct feed *f, const char *path)
{
	size_t n = strlen(path);

	path += n < f->n_root ? n : f->n_root;
	return *path == '/' ? path + 1 : path;
}

/* n: the last read's answer. A reader that was stopped leaves a truncated file, which a resumed scan reads again. */
static unsigned how_it_ended(ssize_t n)
{
	return n < 0 ? VG_STATE_ABORTED : n || is_stopped() ? VG_STATE_TRUNCATED : VG_STATE_COMPLETE;
}

static void file_feed(struct feed *f, const char *path, uint32_t port)
{
	static uint8_t bytes[READ_BYTES];
	struct vg_attribution card;
	struct vg_body *body;
	struct stat st, after;
	uint64_t path_key;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st)) {
		file_failed(f, path);
		goto out;
	}
	path_key = vg_feed_path_key(path, &st);
	if (!S_ISREG(st.st_mode) || !st.st_size || (!port && vg_resume_is_done(&f->resume, below(f, path), path_key))) {
		vg_count(f->stats,
			 !S_ISREG(st.st_mode) ? VG_C_FILES_SPECIAL
			 : !st.st_size        ? VG_C_FILES_EMPTY
					      : VG_C_FILES_BEFORE,
			 1);
		atomic_fetch_add_explicit(&f->stats->progress_bytes, (uint64_t)st.st_size, memory_order_relaxed);
		goto out;
	}
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	room_wait(f);
	card_fill(f, &card, path, port, (uint64_t)st.st_size, path_key);
	body = f->sink.open(f->sink.ctx, &card);
	while (body && !is_stopped() && (n = read(fd, bytes, sizeof(bytes))) > 0) {
		room_wait(f);
		if (f->sink.data(f->sink.ctx, body, bytes, (uint32_t)n, vg_wall_now().ns) != VG_MORE)
			body = NULL;
		vg_count(f->stats, VG_C_RX_BYTES, (uint64_t)n);
		look_after(f, 0);
	}
	if (n < 0)
		file_failed(f, path);
	else if (!n && (fstat(fd, &after) || after.st_size != st.st_size || after.st_mtim.tv_sec != st.st_mtim.tv_sec ||
			after.st_mtim.tv_nsec != st.st_mtim.tv_nsec))
		file_changed(f, path);
	if (body)
		f->sink.close(f->sink.ctx, body, how_it_ended(n), vg_wall_now().ns);
	atomic_fetch_add_explicit(&f->stats->progress_bytes, (uint64_t)st.st_size, memory_order_relaxed);
out:
	if (fd >= 0)
		close(fd);
}

static int is_name(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void path_feed(struct feed *f, const char *path, uint32_t port, unsigned depth)
{
	struct dirent **entries = NULL;
	struct stat st;
	int n = 0;
	if (is_stopped())
		return;
	/* a path that was given may be a link; what is found in folders is not followed */
	if (depth ? lstat(path, &st) : stat(path, &st)) {
		file_failed(f, path);
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		char *real = depth ? NULL : realpath(path, NULL);
		struct stat link;
		if (S_ISREG(st.st_mode))
			file_feed(f, real && !lstat(path, &link) && S_ISLNK(link.st_mode) ? real : path, port);
		else if (!depth) {
			errno = EINVAL;
			file_failed(f, path);
		} else {
			vg_count(f->stats, S_ISLNK(st.st_mode) ? VG_C_FILES_LINK : VG_C_FILES_SPECIAL, 1);
		}
		free(real);
		return;
	}
	if (depth < MAX_DEPTH)
		n = scandir(path, &entries, is_name, by_bytes);
	else
		errno = ELOOP;
	if (n < 0 || depth >= MAX_DEPTH)
		file_failed(f, path);
	for (int i = 0; i < n; i++) {
		char below[PATH_MAX];
		const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
		if ((size_t)snprintf(below, sizeof(below), "%s%s%s", path, slash, entries[i]->d_name) < sizeof(below)) {
			path_feed(f, below, port, depth + 1);
		} else {
			errno = ENAMETOOLONG;
			file_failed(f, path);
		}
		free(entries[i]);
	}
	free(entries);
}

static int snapshot_read(const char *run_dir, struct vg_dataplane_conf *conf)
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd = -1;
	if ((size_t)snprintf(path, sizeof(path), "%s/dataplane.snapshot", run_dir) < sizeof(path))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, conf, sizeof(*conf));
	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)sizeof(*conf) || vg_snapshot_check(conf, sizeof(*conf)) ||
	    !(conf->flags & VG_CONF_FEED_FILES) || conf->n_ports > VG_SNAPSHOT_MAX_PORTS) {
		vg_log(VG_LOG_ERROR, ROOM, "%s is not there or not a snapshot for vigil-feed", path);
		return -1;
	}
	for (uint32_t i = 0; i < conf->n_ports; i++)
		conf->ports[i][VG_SNAPSHOT_PORT - 1] = 0;
	return 0;
}

static int feed_init(struct feed *f, const char *run_dir)
{
	struct vg_media_sink sink;
	struct vg_dataplane_conf *conf = &f->conf;
	if (snapshot_read(run_dir, conf))
		return -1;
	if (vg_resume_load(&f->resume, run_dir)) {
		vg_log(VG_LOG_ERROR, ROOM, "%s/resume cannot be used", run_dir);
		return -1;
	}
	conf->n_cores = 1;
	conf->n_streams = 1;
	if (getrandom(&f->boot_id, sizeof(f->boot_id), 0) != (ssize_t)sizeof(f->boot_id))
		return -1;
	f->stats = vg_handoff_stats_page(&f->stats_fd);
	if (f->stats)
		f->handoff = vg_handoff_create(conf, 0, f->boot_id, f->stats, &stopped);
	if (!f->handoff)
		return -1;
	vg_handoff_media_sink(f->handoff, &sink);
	f->media = vg_media_create(conf, f->stats, &sink);
	if (!f->media)
		return -1;
	vg_media_body_sink(f->media, &f->sink);
	f->server = vg_handoff_server_create(run_dir, conf, f->boot_id, &f->handoff, &f->stats_fd, 1);
	vg_handoff_wait_with(f->handoff, wait_serving, f);
	return f->server ? 0 : -1;
}

static void feed_fini(struct feed *f)
{
	vg_handoff_server_destroy(f->server);
	vg_media_destroy(f->media);
	vg_handoff_destroy(f->handoff);
	vg_resume_fini(&f->resume);
	if (f->stats)
		munmap(f->stats, VG_STATS_BYTES);
	if (f->stats_fd >= 0)
		close(f->stats_fd);
}

static void run(struct feed *f)
{
	/* all hashers first, so that the files are spread evenly */
	while (!is_stopped() && vg_handoff_n_attached(f->handoff) < f->conf.n_hashers)
		look_after(f, POLL_MS);
	for (uint32_t port = 0; port < f->conf.n_ports && !is_stopped(); port++) {
		f->n_root = strlen(f->conf.ports[port]);
		path_feed(f, f->conf.ports[port], port, 0);
	}
	vg_handoff_input_done(f->handoff);
	while (!is_stopped() && !vg_handoff_server_released(f->server))
		look_after(f, POLL_MS);
}

int main(int argc, char **argv)
{
	static struct feed f = { .stats_fd = -1 };
	static const struct option options[] = { { "run-dir", required_argument, NULL, 'r' },
						 { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'v' },
						 { 0 } };
	static const char usage[] =
		"usage: vigil-feed --run-dir DIR\n"
		"Hands the files named in DIR/dataplane.snapshot to the hashers. Started by vigilctl.\n";
	struct sigaction action = { .sa_handler = stop };
	const char *run_dir = NULL;
	int opt, failed;

	while ((opt = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
		if (opt == 'r')
			run_dir = optarg;
		else if (opt == 'h' || opt == 'v')
			return printf("%s", opt == 'h' ? usage : "vigil-feed " VG_VERSION " (" VG_BUILD_ID ")\n") < 0;
		else
			break;
	}
	if (!run_dir || optind != argc || opt != -1) {
		fputs(usage, stderr);
		return 2;
	}
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	failed = feed_init(&f, run_dir);
	if (!failed)
		run(&f);
	feed_fini(&f);
	return failed || f.n_failed ? 1 : 0;
}
