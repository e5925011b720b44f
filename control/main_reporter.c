/* vigil-reporter: the one program with the network to the reporting endpoint, its credential and the evidence key of
 * the epoch. It connects to vigild, again and again, and carries out one call at a time; kill -9 at any moment is
 * safe, since all that must be remembered is committed by vigild before and after each call. */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libxml/parser.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <vigil/log.h>
#include <vigil/sandbox.h>
#include <vigil/sock.h>

#include "control/evidence/keys.h"
#include "control/outbox/link.h"
#include "control/report/sandbox.h"
#include "control/report/worker.h"

#define ROOM "control/report"

static vg_client_stop stop; /* the signal handler's only way to speak to the loop */

struct reporter {
	const char *run_dir, *state_dir;
	int demo, fd;
	struct vg_epoch_keys keys;
	struct vg_worker worker;
};
union message {
	struct vg_msg_head head;
	struct vg_link_conf conf;
	struct vg_link_do order;
	struct vg_link_epoch epoch;
};

static void on_signal(int signal_no)
{
	(void)signal_no;
	stop = 1;
}
static void wait_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	if (!stop)
		nanosleep(&t, NULL);
}

/* Only one reporter may hold the keys; a second one waits for the first to end. -1 on failure or TERM. */
static int lock_state(const char *state_dir)
{
	char path[4096];
	int fd, said = 0;

	if ((mkdir(state_dir, 0700) && errno != EEXIST) ||
	    snprintf(path, sizeof(path), "%s/reporter.lock", state_dir) >= (int)sizeof(path))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		if (stop || (errno != EWOULDBLOCK && errno != EINTR)) {
			close(fd);
			return -1;
		}
		if (!said++)
			vg_log(VG_LOG_WARN, ROOM, "another vigil-reporter holds the state folder; waiting for its end");
		wait_ms(200);
	}
	return fd;
}

static enum vg_err say_hello(struct reporter *r)
{
	struct vg_link_hello hello = { .head = vg_link_head(VG_LINK_HELLO, sizeof(hello)),
				       .link_version = VG_LINK_VERSION,
				       .demo = (uint32_t)r->demo,
				       .epoch = r->keys.epoch };
	memcpy(hello.public_key, r->keys.public_key, sizeof(hello.public_key));
	return vg_sock_send(r->fd, &hello, sizeof(hello), NULL, 0);
}
static void take_conf(struct reporter *r, struct vg_link_conf *conf)
{
	conf->url[sizeof(conf->url) - 1] = conf->user[sizeof(conf->user) - 1] = 0;
	conf->password_path[sizeof(conf->password_path) - 1] = conf->ca_path[sizeof(conf->ca_path) - 1] = 0;
	conf->production_key[sizeof(conf->production_key) - 1] = 0;
	vg_client_destroy(r->worker.client);
	r->worker.client = vg_client_create(conf, r->demo, &stop, &r->worker.client_err);
	if (!r->worker.client)
		vg_log(VG_LOG_ERROR, ROOM, "endpoint settings refused: %s", vg_client_fault(r->worker.client_err));
	r->worker.card = conf->card;
}
static enum vg_err take_epoch(struct reporter *r, const struct vg_link_epoch *order)
{
	struct vg_link_key key = { .head = vg_link_head(VG_LINK_KEY, sizeof(key)),
				   .order = order->order,
				   .epoch = order->epoch };
	key.err = order->order == VG_EPOCH_ROTATE    ? vg_epoch_keys_rotate(&r->keys, order->epoch)
		  : order->order == VG_EPOCH_DESTROY ? vg_epoch_keys_destroy(&r->keys, order->epoch)
						     : VG_EINVAL;
	if (order->order == VG_EPOCH_ROTATE && !key.err)
		memcpy(key.public_key, r->keys.public_key, sizeof(key.public_key));
	return vg_sock_send(r->fd, &key, sizeof(key), NULL, 0);
}
static enum vg_err take_order(struct reporter *r, struct vg_link_do *order, const int *fds, size_t n_fds)
{
	struct vg_link_result result;
	int out_fds[2];
	size_t n_out;
	enum vg_err err;

	order->file_id[sizeof(order->file_id) - 1] = 0;
	vg_worker_do(&r->worker, order, fds, n_fds, &result, out_fds, &n_out);
	err = vg_sock_send(r->fd, &result, sizeof(result), out_fds, n_out);
	while (n_out)
		close(out_fds[--n_out]);
	return err;
}
/* One message of vigild; anything unexpected ends the link. */
static enum vg_err take_message(struct reporter *r)
{
	union message m;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err = vg_sock_recv(r->fd, &m, sizeof(m), &n_bytes, fds, &n_fds);

	if (err)
		return err;
	if (vg_link_is(&m, n_bytes, VG_LINK_CONF, sizeof(m.conf)))
		take_conf(r, &m.conf);
	else if (vg_link_is(&m, n_bytes, VG_LINK_DO, sizeof(m.order)))
		err = take_order(r, &m.order, fds, n_fds);
	else if (vg_link_is(&m, n_bytes, VG_LINK_EPOCH, sizeof(m.epoch)))
		err = take_epoch(r, &m.epoch);
	else
		err = VG_EPROTO;
	while (n_fds)
		close(fds[--n_fds]);
	return err;
}
static void serve(struct reporter *r)
{
	enum vg_err err = say_hello(r);
	while (!err && !stop) {
		struct pollfd p = { .fd = r->fd, .events = POLLIN };
		if (poll(&p, 1, 1000) > 0)
			err = take_message(r);
	}
	if (err && err != VG_ECLOSED)
		vg_log(VG_LOG_WARN, ROOM, "link to vigild ended: %s", vg_err_str(err));
}
static void run(struct reporter *r)
{
	char path[4096];
	long pause_ms = 50;

	snprintf(path, sizeof(path), "%s/reporter.sock", r->run_dir);
	while (!stop) {
		r->fd = vg_sock_connect(path);
		if (r->fd < 0) {
			wait_ms(pause_ms);
			pause_ms = pause_ms < 1000 ? pause_ms * 2 : 1000;
			continue;
		}
		pause_ms = 50;
		serve(r);
		close(r->fd);
		wait_ms(50);
	}
}

static int usage(FILE *to, int code)
{
	fprintf(to, "usage: vigil-reporter --run-dir DIR --state-dir DIR\n"
		    "Files reports for vigild: connects to DIR/reporter.sock, keeps its evidence keys in the state "
		    "folder.\n"
		    "  --help  --version\n");
	return code;
}
static int begin(struct reporter *r)
{
	struct sigaction action = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	/* Nothing of the environment may steer libcurl or OpenSSL (proxies, key logs, other trust). */
	const char *level = getenv("VIGIL_LOG");
	char kept[16] = "";
	snprintf(kept, sizeof(kept), "%s", level ? level : "");
	clearenv();
	if (kept[0])
		setenv("VIGIL_LOG", kept, 1);
	umask(077);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	if (vg_sandbox_quiet() || sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT))
		return -1;
	xmlInitParser();
	if (lock_state(r->state_dir) < 0)
		return -1;
	r->demo = vg_dir_is_demo(r->state_dir);
	r->worker.keys = &r->keys;
	r->worker.client_err = VG_EAGAIN;
	r->worker.schema = vg_schema_create();
	if (!r->worker.schema || vg_epoch_keys_init(&r->keys, r->state_dir))
		return -1;
	return vg_reporter_sandbox() ? -1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "run-dir", required_argument, NULL, 'r' },
						 { "state-dir", required_argument, NULL, 's' },
						 { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'V' },
						 { 0 } };
	struct reporter r = { .fd = -1 };
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case 'r':
			r.run_dir = optarg;
			break;
		case 's':
			r.state_dir = optarg;
			break;
		case 'h':
			return usage(stdout, 0);
		case 'V':
			printf("vigil-reporter %s (%s)\n", VG_VERSION, VG_BUILD_ID);
			return 0;
		default:
			return usage(stderr, 2);
		}
	if (!r.run_dir || !r.state_dir || optind != argc)
		return usage(stderr, 2);
	if (begin(&r)) {
		if (!stop)
			vg_log(VG_LOG_ERROR, ROOM, "cannot start: state folder or keys not usable: %s",
			       strerror(errno));
		return stop ? 0 : 1;
	}
	run(&r);
	vg_client_destroy(r.worker.client);
	vg_schema_destroy(r.worker.schema);
	curl_global_cleanup();
	xmlCleanupParser();
	return 0;
}
