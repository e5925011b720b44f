#pragma once
/* sock: local sequenced-packet sockets (unix(7) SOCK_SEQPACKET) with descriptors beside the message. Cold code only.
 * One message = one datagram of a fixed struct that begins with `struct vg_msg_head` (msg.h). */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <vigil/err.h>

#define VG_SOCK_MAX_FDS 8

/* Listening socket at path, mode 0660, non-blocking, close-on-exec; an old socket file there is replaced. fd or -1.
 * */
static inline int vg_sock_listen(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;
	if (strlen(path) >= sizeof(at.sun_path))
		return -1;
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || chmod(path, 0660) || listen(fd, 64)) {
		close(fd);
		return -1;
	}
	return fd;
}
/* Connected blocking socket, or -1 with errno (ENOENT, ECONNREFUSED: nobody there yet). */
static inline int vg_sock_connect(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;
	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at))) {
		int saved = errno;
		close(fd);
		errno = saved;
		fd = -1;
	}
	return fd;
}
/* Sends one message, of several pieces (<= IOV_MAX), with up to VG_SOCK_MAX_FDS descriptors (they stay open here).
 * VG_OK, VG_EAGAIN (would block), VG_ECLOSED or VG_EIO. */
static inline enum vg_err vg_sock_send_pieces(int fd, struct iovec *pieces, size_t n_pieces, const int *fds,
					      size_t n_fds)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int) * VG_SOCK_MAX_FDS)];
	} control;
	struct msghdr m = { .msg_iov = pieces, .msg_iovlen = n_pieces };
	size_t n_bytes = 0;
	for (size_t i = 0; i < n_pieces; i++)
		n_bytes += pieces[i].iov_len;
	ssize_t n;
	if (n_fds > VG_SOCK_MAX_FDS)
		return VG_EINVAL;
	if (n_fds) {
		memset(&control, 0, sizeof(control));
		m.msg_control = control.room;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
	}
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)n_bytes)
		return VG_OK;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return VG_EAGAIN;
	return n < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) ? VG_ECLOSED : VG_EIO;
}
/* The same of one piece. */
static inline enum vg_err vg_sock_send(int fd, const void *msg, size_t n_bytes, const int *fds, size_t n_fds)
{
	struct iovec piece = { .iov_base = (void *)(uintptr_t)msg, .iov_len = n_bytes };
	return vg_sock_send_pieces(fd, &piece, 1, fds, n_fds);
}
/* Receives one whole message into msg (at most cap_bytes; a longer one is VG_EPROTO). Descriptors go to fds (room for
 * VG_SOCK_MAX_FDS), *n_fds says how many; they are the caller's, close-on-exec. On any error none are left open. */
static inline enum vg_err vg_sock_recv(int fd, void *msg, size_t cap_bytes, size_t *n_bytes, int *fds, size_t *n_fds)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int) * VG_SOCK_MAX_FDS)];
	} control;
	struct iovec iov = { .iov_base = msg, .iov_len = cap_bytes };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)
	};
	ssize_t n;
	*n_fds = 0;
	*n_bytes = 0;
	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? VG_EAGAIN : errno == ECONNRESET ? VG_ECLOSED : VG_EIO;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			size_t k = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			for (size_t i = 0; i < k; i++) {
				int got;
				memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
				if (*n_fds < VG_SOCK_MAX_FDS)
					fds[(*n_fds)++] = got;
				else
					close(got);
			}
		}
	*n_bytes = (size_t)n;
	if (n > 0 && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return VG_OK;
	while (*n_fds)
		close(fds[--*n_fds]);
	return n == 0 ? VG_ECLOSED : VG_EPROTO;
}
/* Who the peer of a connection is says the kernel: root, our own user, or a member of `group` (the socket's: with a
 * user
 * of its own for each program they meet there). 0: somebody else. */
static inline int vg_sock_peer_is_ours(int fd, uid_t uid, gid_t group)
{
	struct ucred peer;
	gid_t groups[64];
	socklen_t n_peer = sizeof(peer), n_bytes = sizeof(groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n_peer))
		return 0;
	if (!peer.uid || peer.uid == uid || peer.gid == group)
		return 1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n_bytes))
		return 0;
	for (size_t i = 0; i < n_bytes / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return 1;
	return 0;
}
