#include "control/ctl/server.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <vigil/clock.h>

#include "control/ctl/command.h"

#define SWEEP_MS 500

struct client {
	struct vg_ctl_server *server;
	int fd; /* -1 = free */
	struct vg_ctl_peer peer;
	char *in; /* VG_CTL_MAX_LINE + 1 bytes */
	size_t n_in;
	char *out; /* one answer at a time; the next line is taken when it is gone */
	size_t n_out, out_off;
	uint64_t since_ns; /* of the oldest byte of an unfinished line or answer, or of the last word */
};
struct vg_ctl_server {
	struct vg_loop *loop;
	char *path;
	int fd;
	uint64_t timer;
	vg_ctl_line_fn fn;
	void *ctx;
	gid_t operators, officers, auditors; /* (gid_t)-1 = no such group */
	unsigned n_clients;
	unsigned long n_cut;
	struct client clients[VG_CTL_MAX_CLIENTS];
};

static gid_t gid_of(const char *group)
{
	const struct group *g = group[0] ? getgrnam(group) : NULL;
	return g ? g->gr_gid : (gid_t)-1;
}

/* root and our own user may all; else what the groups give, and reading for whoever the file's mode let in. */
static unsigned rights_of(const struct vg_ctl_server *server, int fd, const struct ucred *cred)
{
	gid_t groups[VG_CTL_MAX_GROUPS];
	socklen_t n_bytes = sizeof(groups);
	unsigned rights = VG_RIGHT_READ;
	size_t n_groups;
	if (cred->uid == 0 || cred->uid == geteuid())
		return VG_RIGHT_ALL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n_bytes))
		n_bytes = 0;
	n_groups = n_bytes / sizeof(groups[0]);
	for (size_t i = 0; i <= n_groups; i++) {
		gid_t gid = i < n_groups ? groups[i] : cred->gid;
		if (gid == (gid_t)-1)
			continue;
		rights |= gid == server->operators ? VG_RIGHT_OPERATOR : 0;
		rights |= gid == server->officers ? VG_RIGHT_OFFICER : 0;
		rights |= gid == server->auditors ? VG_RIGHT_AUDITOR : 0;
	}
	return rights;
}

static void drop(struct client *c)
{
	vg_loop_unwatch(c->server->loop, c->fd);
	close(c->fd);
	free(c->in);
	free(c->out);
	c->server->n_clients--;
	*c = (struct client){ .server = c->server, .fd = -1 };
}

static void cut(struct client *c)
{
	c->server->n_cut++;
	drop(c);
}

/* Sends what it can. 0 = go on, -1 = the client is gone. */
static int push(struct client *c)
{
	while (c->out_off < c->n_out) {
		ssize_t n = send(c->fd, c->out + c->out_off, c->n_out - c->out_off, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			vg_loop_rewatch(c->server->loop, c->fd, EPOLLOUT);
			return 0;
		}
		if (n <= 0) {
			drop(c);
			return -1;
		}
		c->out_off += (size_t)n;
	}
	if (c->out) {
		free(c->out);
		c->out = NULL;
		c->n_out = c->out_off = 0;
		c->since_ns = vg_mono_now().ns;
		vg_loop_rewatch(c->server->loop, c->fd, EPOLLIN);
	}
	return 0;
}

/* Answers the first whole line. 1 = did, 0 = none is there, -1 = the client is gone. */
static int answer(struct client *c)
{
	char *end = memchr(c->in, '\n', c->n_in);
	size_t n_line, n_rest;
	if (!end) {
		if (c->n_in < VG_CTL_MAX_LINE)
			return 0;
		cut(c);
		return -1;
	}
	n_line = (size_t)(end - c->in);
	n_rest = c->n_in - n_line - 1;
	*end = 0;
	c->out = c->server->fn(c->server->ctx, &c->peer, c->in, n_line);
	c->n_out = c->out ? strnlen(c->out, VG_CTL_MAX_ANSWER + 1u) : 0;
	if (!c->out || c->n_out > VG_CTL_MAX_ANSWER) {
		cut(c);
		return -1;
	}
	c->out[c->n_out++] = '\n'; /* in place of the NUL */
	c->out_off = 0;
	memmove(c->in, end + 1, n_rest);
	c->n_in = n_rest;
	c->since_ns = vg_mono_now().ns;
	return push(c) ? -1 : 1;
}

static void on_client(void *ctx, int fd, uint32_t events)
{
	struct client *c = ctx;
	ssize_t n;
	if (events & EPOLLOUT) {
		if (!push(c))
			while (c->fd >= 0 && !c->out && c->n_in && answer(c) == 1)
				;
		return;
	}
	if (c->out || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
		if (events & (EPOLLHUP | EPOLLERR))
			drop(c);
		return;
	}
	n = recv(fd, c->in + c->n_in, VG_CTL_MAX_LINE - c->n_in, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	if (!c->n_in)
		c->since_ns = vg_mono_now().ns;
	c->n_in += (size_t)n;
	while (!c->out && answer(c) == 1)
		;
}

/* Lines that came while an answer waited are taken up here at the latest. */
static void sweep(void *ctx)
{
	struct vg_ctl_server *server = ctx;
	uint64_t now_ns = vg_mono_now().ns;
	for (unsigned i = 0; i < VG_CTL_MAX_CLIENTS; i++) {
		struct client *c = &server->clients[i];
		uint64_t limit_ms = c->out || c->n_in || !c->peer.said_hello ? VG_CTL_LINE_MS : VG_CTL_IDLE_MS;
		if (c->fd < 0)
			continue;
		if (now_ns - c->since_ns > limit_ms * 1000000u)
			cut(c);
		else
			while (c->fd >= 0 && !c->out && c->n_in && answer(c) == 1)
				;
	}
}

static void on_connect(void *ctx, int listen_fd, uint32_t events)
{
	struct vg_ctl_server *server = ctx;
	struct client *c = NULL;
	struct ucred cred;
	socklen_t n_cred = sizeof(cred);
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	(void)events;
	if (fd < 0)
		return;
	for (unsigned i = 0; i < VG_CTL_MAX_CLIENTS && !c; i++)
		if (server->clients[i].fd < 0)
			c = &server->clients[i];
	if (!c || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n_cred)) {
		server->n_cut++;
		close(fd);
		return;
	}
	c->in = malloc(VG_CTL_MAX_LINE + 1);
	if (!c->in || vg_loop_watch(server->loop, fd, EPOLLIN, on_client, c)) {
		free(c->in);
		c->in = NULL;
		close(fd);
		return;
	}
	c->fd = fd;
	c->since_ns = vg_mono_now().ns;
	c->peer = (struct vg_ctl_peer){ cred.uid, cred.pid, rights_of(server, fd, &cred), 0 };
	server->n_clients++;
}

static int listen_at(const char *path, gid_t group, char *why, size_t n_why)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = -1;
	if (strlen(path) >= sizeof(at.sun_path)) {
		snprintf(why, n_why, "%s: longer than a socket's name may be (%zu bytes)", path,
			 sizeof(at.sun_path) - 1);
		return -1;
	}
	strcpy(at.sun_path, path);
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    (group != (gid_t)-1 && chown(path, (uid_t)-1, group) && errno != EPERM) || chmod(path, 0660) ||
	    listen(fd, VG_CTL_MAX_CLIENTS)) {
		snprintf(why, n_why, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static void release(struct vg_ctl_server *server)
{
	for (unsigned i = 0; i < VG_CTL_MAX_CLIENTS; i++)
		if (server->clients[i].fd >= 0)
			drop(&server->clients[i]);
	vg_loop_cancel(server->loop, server->timer);
	if (server->fd >= 0) {
		vg_loop_unwatch(server->loop, server->fd);
		close(server->fd);
		(void)unlink(server->path);
	}
	free(server->path);
	free(server);
}

void vg_ctl_server_destroy(struct vg_ctl_server *server)
{
	if (server)
		release(server);
}

struct vg_ctl_server *vg_ctl_server_create(struct vg_loop *loop, const char *path,
					   const struct vg_config_control *control, vg_ctl_line_fn fn, void *ctx,
					   char *why, size_t n_why)
{
	struct vg_ctl_server *server = calloc(1, sizeof(*server));
	if (!server)
		return NULL;
	snprintf(why, n_why, "out of memory");
	server->loop = loop;
	server->fn = fn;
	server->ctx = ctx;
	server->path = strdup(path);
	server->operators = gid_of(control->operator_group);
	server->officers = gid_of(control->officer_group);
	server->auditors = gid_of(control->auditor_group);
	for (unsigned i = 0; i < VG_CTL_MAX_CLIENTS; i++)
		server->clients[i] = (struct client){ .server = server, .fd = -1 };
	server->fd = server->path ? listen_at(path, server->operators, why, n_why) : -1;
	if (server->fd >= 0)
		server->timer = vg_loop_every(loop, SWEEP_MS, sweep, server);
	if (server->timer && !vg_loop_watch(loop, server->fd, EPOLLIN, on_connect, server))
		return server;
	release(server);
	return NULL;
}

unsigned vg_ctl_server_n_clients(const struct vg_ctl_server *server)
{
	return server->n_clients;
}

unsigned long vg_ctl_server_n_cut(const struct vg_ctl_server *server)
{
	return server->n_cut;
}
