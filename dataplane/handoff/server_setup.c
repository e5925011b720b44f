/* The hand-over socket. What a link is to get is a numbered list of messages, and how many of them were sent is all
 * the state there is, so that a slow reader blocks nobody. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/memfd.h>
#include <vigil/msg.h>
#include <vigil/sock.h>

#include "dataplane/handoff/handoff_priv.h"
#include "dataplane/handoff/server.h"

#define ROOM         "dataplane/handoff"
/* Links that have not said HELLO, and how long they may take. */
#define MAX_NEW      8u
#define HELLO_MAX_NS 5000000000ull
#define MAX_LINKS    (VG_LANE_MAX_HASHERS + 1 + MAX_NEW)

/* WAITING: a hasher whose forerunner is dead while a worker still holds its lane. */
enum link_kind { LINK_NONE, LINK_NEW, LINK_WAITING, LINK_HASHER, LINK_CONTROL };
struct link {
	int fd;
	enum link_kind kind;
	uint32_t hasher_idx, n_sent;
	uint64_t since_ns;
};
enum hasher_state { HASHER_FREE, HASHER_COMING, HASHER_HERE, HASHER_LEAVING };
struct hasher {
	enum hasher_state state;
	uint32_t epoch;
	int in_fd[VG_LANE_MAX_CORES];
	void *in[VG_LANE_MAX_CORES];
};
struct vg_handoff_server {
	int listen_fd, drained_sent, released;
	uid_t uid;
	gid_t group; /* of the socket: the programs among themselves */
	uint32_t n_cores, n_hashers;
	uint64_t boot_id, complain_ns; /* complain: not before */
	struct vg_lane_geometry geometry;
	struct vg_handoff *const *cores;
	const int *stats_fds;
	vg_handoff_known_fn *on_known;
	vg_handoff_urls_fn *on_urls;
	void *known_ctx;
	struct link links[MAX_LINKS];
	struct hasher hashers[VG_LANE_MAX_HASHERS];
};

static struct vg_lane *lane_of(const struct vg_handoff_server *s, uint32_t core, uint32_t hasher_idx)
{
	return &s->cores[core]->lanes[hasher_idx];
}

/* ---- hashers coming and going ---- */

static void in_free(struct vg_handoff_server *s, struct hasher *h)
{
	for (uint32_t core = 0; core < s->n_cores; core++) {
		if (h->in[core])
			munmap(h->in[core], vg_lane_in_bytes(&s->geometry));
		if (h->in_fd[core] >= 0)
			close(h->in_fd[core]);
		h->in[core] = NULL;
		h->in_fd[core] = -1;
	}
}

/* The pages a hasher writes: made here so that their size is sealed before it has them. */
static enum vg_err in_make(struct vg_handoff_server *s, struct hasher *h)
{
	size_t n_bytes = vg_lane_in_bytes(&s->geometry);
	for (uint32_t core = 0; core < s->n_cores; core++) {
		h->in_fd[core] = vg_memfd_new("vigil-in", n_bytes);
		if (h->in_fd[core] >= 0)
			h->in[core] = vg_memfd_map(h->in_fd[core], n_bytes, PROT_READ);
		if (!h->in[core] || vg_memfd_seal(h->in_fd[core], VG_SEALS_PEER)) {
			in_free(s, h);
			return VG_ENOMEM;
		}
	}
	return VG_OK;
}

static enum vg_err hasher_come(struct vg_handoff_server *s, uint32_t idx)
{
	struct hasher *h = &s->hashers[idx];
	if (in_make(s, h))
		return VG_ENOMEM;
	h->epoch++;
	h->state = HASHER_COMING;
	for (uint32_t core = 0; core < s->n_cores; core++) {
		struct vg_lane *lane = lane_of(s, core, idx);
		lane->in = h->in[core];
		lane->epoch = h->epoch;
		atomic_store_explicit(&lane->state, VG_LANE_OFFERED, memory_order_release);
	}
	return VG_OK;
}

/* Asks the worker to let a lane go; 1: it has. */
static int lane_leave(struct vg_lane *lane)
{
	uint32_t state = atomic_load_explicit(&lane->state, memory_order_acquire);
	if (state == VG_LANE_OFFERED)
		return atomic_compare_exchange_strong(&lane->state, &state, VG_LANE_VACANT);
	if (state == VG_LANE_ATTACHED)
		(void)atomic_compare_exchange_strong(&lane->state, &state, VG_LANE_LEAVING);
	if (state == VG_LANE_CUT)
		atomic_store_explicit(&lane->state, VG_LANE_VACANT, memory_order_release);
	return atomic_load_explicit(&lane->state, memory_order_acquire) == VG_LANE_VACANT;
}

static void hasher_step(struct vg_handoff_server *s, uint32_t idx)
{
	struct hasher *h = &s->hashers[idx];
	uint32_t n_attached = 0, n_vacant = 0;
	if (h->state == HASHER_FREE)
		return;
	for (uint32_t core = 0; core < s->n_cores; core++) {
		struct vg_lane *lane = lane_of(s, core, idx);
		if (h->state == HASHER_LEAVING) {
			n_vacant += (uint32_t)lane_leave(lane);
			continue;
		}
		switch (atomic_load_explicit(&lane->state, memory_order_acquire)) {
		case VG_LANE_ATTACHED:
			n_attached++;
			break;
		case VG_LANE_CUT:
			vg_log(VG_LOG_WARN, ROOM, "hasher %u broke the rules of its lane and is put off", idx);
			h->state = HASHER_LEAVING;
			break;
		default:
			break;
		}
	}
	if (h->state == HASHER_COMING && n_attached == s->n_cores) {
		h->state = HASHER_HERE;
		vg_log(VG_LOG_INFO, ROOM, "hasher %u has its lanes (epoch %u)", idx, h->epoch);
	}
	if (h->state == HASHER_LEAVING && n_vacant == s->n_cores) {
		in_free(s, h);
		h->state = HASHER_FREE;
	}
}

/* ---- links ---- */

static void link_close(struct vg_handoff_server *s, struct link *l)
{
	if (l->kind == LINK_HASHER && s->hashers[l->hasher_idx].state != HASHER_FREE) {
		vg_log(VG_LOG_INFO, ROOM, "hasher %u is gone", l->hasher_idx);
		s->hashers[l->hasher_idx].state = HASHER_LEAVING;
		hasher_step(s, l->hasher_idx);
	}
	if (l->kind == LINK_CONTROL && s->drained_sent)
		s->released = 1;
	close(l->fd);
	*l = (struct link){ .fd = -1 };
}

static int is_drained(const struct vg_handoff_server *s)
{
	for (uint32_t core = 0; core < s->n_cores; core++) {
		struct vg_stats_page *stats = s->cores[core]->stats;
		if (!atomic_load_explicit(&stats->input_done, memory_order_acquire) ||
		    atomic_load_explicit(&stats->n_objects_out, memory_order_acquire))
			return 0;
	}
	return 1;
}

/* Messages a link may have by now. */
static uint32_t link_n_due(const struct vg_handoff_server *s, const struct link *l)
{
	if (l->kind == LINK_HASHER)
		return s->hashers[l->hasher_idx].state == HASHER_HERE ? 1 + s->n_cores : 1;
	if (l->kind == LINK_CONTROL)
		return 1 + s->n_cores * s->n_hashers + s->n_cores + (uint32_t)is_drained(s);
	return 0;
}

static enum vg_err welcome_send(const struct vg_handoff_server *s, const struct link *l)
{
	struct vg_msg_welcome m = { .head = vg_msg_head(VG_MSG_WELCOME, sizeof(m)),
				    .boot_id = s->boot_id,
				    .n_cores = s->n_cores,
				    .n_hashers = s->n_hashers };
	return vg_sock_send(l->fd, &m, sizeof(m), NULL, 0);
}

static enum vg_err lane_send(const struct vg_handoff_server *s, const struct link *l, uint32_t core)
{
	const struct hasher *h = &s->hashers[l->hasher_idx];
	const struct vg_lane *lane = lane_of(s, core, l->hasher_idx);
	struct vg_msg_lane m = { .head = vg_msg_head(VG_MSG_LANE, sizeof(m)),
				 .core_idx = core,
				 .epoch = h->epoch,
				 .start_idx = lane->start_idx,
				 .geometry = s->geometry };
	int fds[3] = { lane->out_fd, h->in_fd[core], lane->attr_fd };
	return vg_sock_send(l->fd, &m, sizeof(m), fds, 3);
}

/* Message number n of vigild's list. */
static enum vg_err control_send(struct vg_handoff_server *s, const struct link *l, uint32_t n)
{
	enum vg_err err;
	uint32_t n_attr = s->n_cores * s->n_hashers;
	if (n < n_attr) {
		uint32_t core = n / s->n_hashers, hasher_idx = n % s->n_hashers;
		struct vg_msg_attr m = { .head = vg_msg_head(VG_MSG_ATTR, sizeof(m)),
					 .core_idx = core,
					 .hasher_idx = hasher_idx,
					 .n_attr = s->geometry.n_attr };
		return vg_sock_send(l->fd, &m, sizeof(m), &lane_of(s, core, hasher_idx)->attr_fd, 1);
	}
	if (n < n_attr + s->n_cores) {
		struct vg_msg_stats m = { .head = vg_msg_head(VG_MSG_STATS, sizeof(m)), .core_idx = n - n_attr };
		return vg_sock_send(l->fd, &m, sizeof(m), &s->stats_fds[n - n_attr], 1);
	}
	struct vg_msg_drained m = { .head = vg_msg_head(VG_MSG_DRAINED, sizeof(m)) };
	err = vg_sock_send(l->fd, &m, sizeof(m), NULL, 0);
	if (!err)
		s->drained_sent = 1;
	return err;
}

static void link_send(struct vg_handoff_server *s, struct link *l)
{
	while (l->n_sent < link_n_due(s, l)) {
		enum vg_err err = !l->n_sent               ? welcome_send(s, l)
				  : l->kind == LINK_HASHER ? lane_send(s, l, l->n_sent - 1)
							   : control_send(s, l, l->n_sent - 1);
		if (err == VG_EAGAIN)
			return;
		if (err) {
			link_close(s, l);
			return;
		}
		l->n_sent++;
	}
}

static struct link *link_find(struct vg_handoff_server *s, enum link_kind kind, uint32_t hasher_idx)
{
	for (uint32_t i = 0; i < MAX_LINKS; i++)
		if (s->links[i].kind == kind && s->links[i].hasher_idx == hasher_idx)
			return &s->links[i];
	return NULL;
}

/* Closes a link whose peer ended it, should that not have been noticed yet. */
static void link_look(struct vg_handoff_server *s, struct link *l)
{
	uint8_t byte;
	ssize_t n = l ? recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) : 1;
	if (!n || (n < 0 && errno == ECONNRESET))
		link_close(s, l);
}

/* 1: taken, or it waits for its lane. */
static int hasher_take(struct vg_handoff_server *s, struct link *l, uint32_t idx)
{
	if (idx >= s->n_hashers)
		return 0;
	link_look(s, link_find(s, LINK_HASHER, idx));
	link_look(s, link_find(s, LINK_WAITING, idx));
	if (s->hashers[idx].state == HASHER_LEAVING && !link_find(s, LINK_WAITING, idx))
		l->kind = LINK_WAITING;
	else if (s->hashers[idx].state == HASHER_FREE && !hasher_come(s, idx))
		l->kind = LINK_HASHER;
	else
		return 0;
	l->hasher_idx = idx;
	return 1;
}

static int control_take(struct vg_handoff_server *s, struct link *l)
{
	link_look(s, link_find(s, LINK_CONTROL, 0));
	if (link_find(s, LINK_CONTROL, 0))
		return 0;
	l->kind = LINK_CONTROL;
	return 1;
}

static void link_refuse(struct vg_handoff_server *s, struct link *l, uint32_t role, uint32_t hasher_idx)
{
	vg_log(VG_LOG_WARN, ROOM, "a link as role %u, index %u is refused", role, hasher_idx);
	link_close(s, l);
}

static void hello_take(struct vg_handoff_server *s, struct link *l, const struct vg_msg_hello *m)
{
	if (!(m->role == VG_ROLE_CONTROL  ? control_take(s, l)
	      : m->role == VG_ROLE_HASHER ? hasher_take(s, l, m->hasher_idx)
					  : 0))
		link_refuse(s, l, m->role, m->hasher_idx);
}

/* The lane is free at last, or it takes too long. */
static void link_wait(struct vg_handoff_server *s, struct link *l, uint64_t now_ns)
{
	if (s->hashers[l->hasher_idx].state == HASHER_FREE && !hasher_come(s, l->hasher_idx))
		l->kind = LINK_HASHER;
	else if (now_ns - l->since_ns > HELLO_MAX_NS)
		link_refuse(s, l, VG_ROLE_HASHER, l->hasher_idx);
}

union message {
	struct vg_msg_head head;
	struct vg_msg_hello hello;
	struct vg_msg_known known;
	struct vg_msg_urls urls;
	uint8_t room[256];
};

/* What vigild says after its HELLO; 1: it was taken. */
static int control_take_table(struct vg_handoff_server *s, const union message *m, size_t n_bytes, int fd)
{
	if (s->on_known && vg_msg_is(&m->head, n_bytes, VG_MSG_KNOWN, sizeof(m->known)))
		return !s->on_known(s->known_ctx, &m->known, fd);
	if (vg_msg_is(&m->head, n_bytes, VG_MSG_URLS, sizeof(m->urls))) /* files have no requests */
		return !s->on_urls || !s->on_urls(s->known_ctx, &m->urls, fd);
	return 0;
}

static void link_read(struct vg_handoff_server *s, struct link *l)
{
	union message m;
	int fds[VG_SOCK_MAX_FDS], is_known;
	size_t n_bytes, n_fds;
	enum vg_err err = vg_sock_recv(l->fd, &m, sizeof(m), &n_bytes, fds, &n_fds);
	if (err == VG_EAGAIN)
		return;
	is_known = !err && l->kind == LINK_CONTROL && n_fds == 1 && control_take_table(s, &m, n_bytes, fds[0]);
	while (!err && n_fds)
		close(fds[--n_fds]);
	if (!err && l->kind == LINK_NEW && vg_msg_is(&m.head, n_bytes, VG_MSG_HELLO, sizeof(m.hello))) {
		hello_take(s, l, &m.hello);
		return;
	}
	if (is_known)
		return;
	if (err != VG_ECLOSED)
		vg_log(VG_LOG_WARN, ROOM, "a peer of the hand-over socket broke the protocol");
	link_close(s, l);
}

/* A peer that went away meanwhile is nothing to tell; want of descriptors is, once in a while. */
static void accept_complain(struct vg_handoff_server *s)
{
	int why = errno;
	uint64_t now_ns = vg_mono_now().ns;
	if (why == EAGAIN || why == EINTR || why == ECONNABORTED || now_ns < s->complain_ns)
		return;
	s->complain_ns = now_ns + HELLO_MAX_NS;
	vg_log(VG_LOG_ERROR, ROOM, "no peer of the hand-over socket can be accepted: %s", strerror(why));
}

static void link_accept(struct vg_handoff_server *s)
{
	uint32_t n_new = 0, spare = MAX_LINKS;
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		accept_complain(s);
		return;
	}
	for (uint32_t i = 0; i < MAX_LINKS; i++) {
		n_new += s->links[i].kind == LINK_NEW || s->links[i].kind == LINK_WAITING;
		if (s->links[i].kind == LINK_NONE)
			spare = i;
	}
	if (spare == MAX_LINKS || n_new >= MAX_NEW || !vg_sock_peer_is_ours(fd, s->uid, s->group)) {
		vg_log(VG_LOG_WARN, ROOM, "a peer of the hand-over socket is refused");
		close(fd);
		return;
	}
	s->links[spare] = (struct link){ .fd = fd, .kind = LINK_NEW, .since_ns = vg_mono_now().ns };
}

static void links_tidy(struct vg_handoff_server *s)
{
	uint64_t now_ns = vg_mono_now().ns;
	for (uint32_t idx = 0; idx < s->n_hashers; idx++)
		hasher_step(s, idx);
	for (uint32_t i = 0; i < MAX_LINKS; i++) {
		struct link *l = &s->links[i];
		if ((l->kind == LINK_NEW && now_ns - l->since_ns > HELLO_MAX_NS) ||
		    (l->kind == LINK_HASHER && s->hashers[l->hasher_idx].state == HASHER_LEAVING))
			link_close(s, l);
		else if (l->kind == LINK_WAITING)
			link_wait(s, l, now_ns);
		else if (l->kind != LINK_NONE)
			link_send(s, l);
	}
}

void vg_handoff_server_poll(struct vg_handoff_server *s, int timeout_ms)
{
	struct pollfd fds[1 + MAX_LINKS];
	uint32_t of[1 + MAX_LINKS];
	nfds_t n = 1;

	links_tidy(s);
	fds[0] = (struct pollfd){ .fd = s->listen_fd, .events = POLLIN };
	for (uint32_t i = 0; i < MAX_LINKS; i++) {
		struct link *l = &s->links[i];
		if (l->kind == LINK_NONE)
			continue;
		of[n] = i;
		fds[n++] = (struct pollfd){ .fd = l->fd,
					    .events = (short)(POLLIN | (l->n_sent < link_n_due(s, l) ? POLLOUT : 0)) };
	}
	if (poll(fds, n, timeout_ms) <= 0)
		return;
	if (fds[0].revents & POLLIN)
		link_accept(s);
	for (nfds_t i = 1; i < n; i++)
		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			link_read(s, &s->links[of[i]]);
	links_tidy(s);
}

void vg_handoff_server_on_known(struct vg_handoff_server *s, vg_handoff_known_fn *known, vg_handoff_urls_fn *urls,
				void *ctx)
{
	s->on_known = known;
	s->on_urls = urls;
	s->known_ctx = ctx;
}

int vg_handoff_server_drained(const struct vg_handoff_server *s)
{
	return s->drained_sent;
}

int vg_handoff_server_released(const struct vg_handoff_server *s)
{
	return s->released;
}

struct vg_handoff_server *vg_handoff_server_create(const char *run_dir, const struct vg_dataplane_conf *conf,
						   uint64_t boot_id, struct vg_handoff *const *cores,
						   const int *stats_fds, uint32_t n_cores)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct vg_handoff_server *s;
	struct stat file;
	if (!n_cores || n_cores > VG_LANE_MAX_CORES || !conf->n_hashers || conf->n_hashers > VG_LANE_MAX_HASHERS)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->n_cores = n_cores;
	s->n_hashers = conf->n_hashers;
	s->uid = geteuid();
	s->boot_id = boot_id;
	s->geometry = conf->lane;
	s->cores = cores;
	s->stats_fds = stats_fds;
	for (uint32_t i = 0; i < MAX_LINKS; i++)
		s->links[i].fd = -1;
	for (uint32_t i = 0; i < VG_LANE_MAX_HASHERS; i++)
		memset(s->hashers[i].in_fd, 0xff, sizeof(s->hashers[i].in_fd));
	s->listen_fd = -1;
	if ((size_t)snprintf(path, sizeof(path), "%s/handover.sock", run_dir) < sizeof(path))
		s->listen_fd = vg_sock_listen(path);
	if (s->listen_fd >= 0 && !stat(path, &file)) {
		s->group = file.st_gid;
		return s;
	}
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	vg_log(VG_LOG_ERROR, ROOM, "cannot listen on handover.sock in the run folder");
	free(s);
	return NULL;
}

void vg_handoff_server_destroy(struct vg_handoff_server *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < MAX_LINKS; i++)
		if (s->links[i].kind != LINK_NONE)
			close(s->links[i].fd);
	/* the workers have ended: nobody reads these any more */
	for (uint32_t idx = 0; idx < s->n_hashers; idx++)
		in_free(s, &s->hashers[idx]);
	close(s->listen_fd); /* its file stays: a sandbox may have closed over us, and the next one replaces it */
	free(s);
}
