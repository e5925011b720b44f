/* What a link is to get is a numbered list of messages, and how many were sent is all its state: a slow reader blocks
 * nobody. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/config_snapshot.h>
#include <vigil/log.h>
#include <vigil/memfd.h>
#include <vigil/msg.h>
#include <vigil/sock.h>

#include "forward/server/server.h"

#define ROOM         "forward/server"
#define MAX_LINKS    12u
#define MAX_NEW      4u /* links that have not said HELLO, and how long they may take */
#define HELLO_MAX_NS 5000000000ull

enum link_kind { LINK_NONE, LINK_NEW, LINK_WAITING, LINK_INSPECTOR, LINK_CONTROL };
struct link {
	int fd;
	enum link_kind kind;
	uint32_t n_sent;
	uint64_t since_ns;
};
enum seat_state { SEAT_FREE, SEAT_COMING, SEAT_HERE, SEAT_LEAVING };
/* The inspector's place: there is one. */
struct seat {
	enum seat_state state;
	uint32_t epoch;
	int in_fd[VG_FORWARD_MAX_PAIRS];
	void *in[VG_FORWARD_MAX_PAIRS];
};
struct vg_forward_server {
	int listen_fd;
	uid_t uid;
	gid_t group; /* of the socket: the programs among themselves */
	uint32_t n_pairs;
	uint64_t boot_id;
	struct vg_ring *const *rings;
	const int *stats_fds;
	struct seat seat;
	struct link links[MAX_LINKS];
};

/* ---- the seat ---- */

static size_t in_bytes(const struct vg_ring *ring)
{
	return vg_frame_ring_in_bytes(&ring->geometry, (int)ring->is_inspect_first);
}

static void seat_free(struct vg_forward_server *s)
{
	for (uint32_t i = 0; i < s->n_pairs; i++) {
		if (s->seat.in[i])
			munmap(s->seat.in[i], in_bytes(s->rings[i]));
		if (s->seat.in_fd[i] >= 0)
			close(s->seat.in_fd[i]);
		s->seat.in[i] = NULL;
		s->seat.in_fd[i] = -1;
	}
	s->seat.state = SEAT_FREE;
}

/* The page an inspector writes: made here so that its size is sealed before it has it. */
static enum vg_err seat_take(struct vg_forward_server *s)
{
	for (uint32_t i = 0; i < s->n_pairs; i++) {
		s->seat.in_fd[i] = vg_memfd_new("vigil-tail", in_bytes(s->rings[i]));
		if (s->seat.in_fd[i] >= 0)
			s->seat.in[i] = vg_memfd_map(s->seat.in_fd[i], in_bytes(s->rings[i]), PROT_READ);
		if (!s->seat.in[i] || vg_memfd_seal(s->seat.in_fd[i], VG_SEALS_PEER)) {
			seat_free(s);
			return VG_ENOMEM;
		}
	}
	s->seat.epoch++;
	s->seat.state = SEAT_COMING;
	for (uint32_t i = 0; i < s->n_pairs; i++) {
		s->rings[i]->in = s->seat.in[i];
		atomic_store_explicit(&s->rings[i]->state, VG_RING_OFFERED, memory_order_release);
	}
	return VG_OK;
}

/* Asks the thread to let its ring go; 1: it has. */
static int ring_leave(struct vg_ring *ring)
{
	uint32_t state = atomic_load_explicit(&ring->state, memory_order_acquire);
	if (state == VG_RING_OFFERED)
		return atomic_compare_exchange_strong(&ring->state, &state, VG_RING_VACANT);
	if (state == VG_RING_ATTACHED)
		(void)atomic_compare_exchange_strong(&ring->state, &state, VG_RING_LEAVING);
	if (state == VG_RING_CUT)
		atomic_store_explicit(&ring->state, VG_RING_VACANT, memory_order_release);
	return atomic_load_explicit(&ring->state, memory_order_acquire) == VG_RING_VACANT;
}

static void seat_step(struct vg_forward_server *s)
{
	uint32_t n_attached = 0, n_vacant = 0;
	if (s->seat.state == SEAT_FREE)
		return;
	for (uint32_t i = 0; i < s->n_pairs; i++) {
		if (s->seat.state == SEAT_LEAVING) {
			n_vacant += (uint32_t)ring_leave(s->rings[i]);
			continue;
		}
		uint32_t state = atomic_load_explicit(&s->rings[i]->state, memory_order_acquire);
		n_attached += state == VG_RING_ATTACHED;
		if (state == VG_RING_CUT) {
			vg_log(VG_LOG_WARN, ROOM, "the inspector broke the rules of its ring and is put off");
			s->seat.state = SEAT_LEAVING;
		}
	}
	if (s->seat.state == SEAT_COMING && n_attached == s->n_pairs) {
		s->seat.state = SEAT_HERE;
		vg_log(VG_LOG_INFO, ROOM, "an inspector has the rings (epoch %u)", s->seat.epoch);
	}
	if (s->seat.state == SEAT_LEAVING && n_vacant == s->n_pairs)
		seat_free(s);
}

/* ---- links ---- */

static void link_close(struct vg_forward_server *s, struct link *l)
{
	if (l->kind == LINK_INSPECTOR && s->seat.state != SEAT_FREE) {
		vg_log(VG_LOG_INFO, ROOM, "the inspector is gone; frames pass unseen until one comes");
		s->seat.state = SEAT_LEAVING;
	}
	close(l->fd);
	*l = (struct link){ .fd = -1 };
}

static void close_all_of(struct vg_forward_server *s, enum link_kind kind)
{
	for (uint32_t i = 0; i < MAX_LINKS; i++)
		if (s->links[i].kind == kind)
			link_close(s, &s->links[i]);
}

static uint32_t link_n_due(const struct vg_forward_server *s, const struct link *l)
{
	if (l->kind == LINK_INSPECTOR)
		return s->seat.state == SEAT_HERE ? 1 + s->n_pairs : 1;
	return l->kind == LINK_CONTROL ? 1 + s->n_pairs : 0;
}

static enum vg_err message_send(const struct vg_forward_server *s, const struct link *l)
{
	uint32_t pair = l->n_sent - 1;
	if (!l->n_sent) {
		struct vg_msg_welcome m = { .head = vg_msg_head(VG_MSG_WELCOME, sizeof(m)),
					    .boot_id = s->boot_id,
					    .n_cores = s->n_pairs };
		return vg_sock_send(l->fd, &m, sizeof(m), NULL, 0);
	}
	if (l->kind == LINK_CONTROL) {
		struct vg_msg_stats m = { .head = vg_msg_head(VG_MSG_STATS, sizeof(m)), .core_idx = pair };
		return vg_sock_send(l->fd, &m, sizeof(m), &s->stats_fds[pair], 1);
	}
	struct vg_msg_frames m = { .head = vg_msg_head(VG_MSG_FRAMES, sizeof(m)),
				   .pair_idx = pair,
				   .epoch = s->seat.epoch,
				   .start_idx = atomic_load_explicit(&s->rings[pair]->start_idx, memory_order_acquire),
				   .geometry = s->rings[pair]->geometry,
				   .is_inspect_first = s->rings[pair]->is_inspect_first,
				   .hold_ms = s->rings[pair]->hold_ms };
	int fds[2] = { s->rings[pair]->out_fd, s->seat.in_fd[pair] };
	return vg_sock_send(l->fd, &m, sizeof(m), fds, 2);
}

static void link_send(struct vg_forward_server *s, struct link *l)
{
	while (l->n_sent < link_n_due(s, l)) {
		enum vg_err err = message_send(s, l);
		if (err == VG_EAGAIN)
			return;
		if (err) {
			link_close(s, l);
			return;
		}
		l->n_sent++;
	}
}

static void hello_take(struct vg_forward_server *s, struct link *l, const struct vg_msg_hello *m)
{
	if (m->role == VG_ROLE_CONTROL) {
		close_all_of(s, LINK_CONTROL);
		l->kind = LINK_CONTROL;
	} else if (m->role == VG_ROLE_INSPECTOR) {
		close_all_of(s, LINK_WAITING);
		close_all_of(s, LINK_INSPECTOR);
		l->kind = LINK_WAITING;
	} else {
		vg_log(VG_LOG_WARN, ROOM, "a link as role %u is refused", m->role);
		link_close(s, l);
	}
}

static void link_read(struct vg_forward_server *s, struct link *l)
{
	union {
		struct vg_msg_head head;
		struct vg_msg_hello hello;
		uint8_t room[256];
	} m;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err = vg_sock_recv(l->fd, &m, sizeof(m), &n_bytes, fds, &n_fds);
	if (err == VG_EAGAIN)
		return;
	while (!err && n_fds)
		close(fds[--n_fds]);
	if (!err && l->kind == LINK_NEW && vg_msg_is(&m.head, n_bytes, VG_MSG_HELLO, sizeof(m.hello))) {
		hello_take(s, l, &m.hello);
		return;
	}
	if (err != VG_ECLOSED)
		vg_log(VG_LOG_WARN, ROOM, "a peer of the forward socket broke the protocol");
	link_close(s, l);
}

static void link_accept(struct vg_forward_server *s)
{
	uint32_t n_new = 0, spare = MAX_LINKS;
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	for (uint32_t i = 0; i < MAX_LINKS; i++) {
		n_new += s->links[i].kind == LINK_NEW;
		if (s->links[i].kind == LINK_NONE)
			spare = i;
	}
	if (spare == MAX_LINKS || n_new >= MAX_NEW || !vg_sock_peer_is_ours(fd, s->uid, s->group)) {
		vg_log(VG_LOG_WARN, ROOM, "a peer of the forward socket is refused");
		close(fd);
		return;
	}
	s->links[spare] = (struct link){ .fd = fd, .kind = LINK_NEW, .since_ns = vg_mono_now().ns };
}

static void links_tidy(struct vg_forward_server *s)
{
	uint64_t now_ns = vg_mono_now().ns;
	seat_step(s);
	for (uint32_t i = 0; i < MAX_LINKS; i++) {
		struct link *l = &s->links[i];
		if (l->kind == LINK_WAITING && s->seat.state == SEAT_FREE) {
			if (seat_take(s)) {
				vg_log(VG_LOG_ERROR, ROOM, "no memory for an inspector's page");
				link_close(s, l);
				continue;
			}
			l->kind = LINK_INSPECTOR;
		}
		if ((l->kind == LINK_NEW && now_ns - l->since_ns > HELLO_MAX_NS) ||
		    (l->kind == LINK_INSPECTOR && s->seat.state == SEAT_LEAVING))
			link_close(s, l);
		else if (l->kind != LINK_NONE)
			link_send(s, l);
	}
}

void vg_forward_server_poll(struct vg_forward_server *s, int timeout_ms)
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
		if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) && s->links[of[i]].fd == fds[i].fd)
			link_read(s, &s->links[of[i]]);
	links_tidy(s);
}

struct vg_forward_server *vg_forward_server_create(const char *run_dir, uint64_t boot_id, struct vg_ring *const *rings,
						   const int *stats_fds, uint32_t n_pairs)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct vg_forward_server *s;
	struct stat file;
	if (!n_pairs || n_pairs > VG_FORWARD_MAX_PAIRS)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->n_pairs = n_pairs;
	s->uid = geteuid();
	s->boot_id = boot_id;
	s->rings = rings;
	s->stats_fds = stats_fds;
	memset(s->seat.in_fd, 0xff, sizeof(s->seat.in_fd));
	for (uint32_t i = 0; i < MAX_LINKS; i++)
		s->links[i].fd = -1;
	s->listen_fd = -1;
	if ((size_t)snprintf(path, sizeof(path), "%s/forward.sock", run_dir) < sizeof(path))
		s->listen_fd = vg_sock_listen(path);
	if (s->listen_fd >= 0 && !stat(path, &file)) {
		s->group = file.st_gid;
		return s;
	}
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	vg_log(VG_LOG_ERROR, ROOM, "cannot listen on forward.sock in the run folder");
	free(s);
	return NULL;
}

void vg_forward_server_destroy(struct vg_forward_server *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < MAX_LINKS; i++)
		if (s->links[i].kind != LINK_NONE)
			close(s->links[i].fd);
	seat_free(s); /* the threads have ended: nobody reads these any more */
	close(s->listen_fd);
	free(s);
}
