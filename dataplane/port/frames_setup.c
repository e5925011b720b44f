/* The cold half of frames.h: the link to vigil-forward. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/memfd.h>
#include <vigil/msg.h>
#include <vigil/sock.h>

#include "dataplane/port/frames.h"

#define ROOM     "dataplane/port"
#define RETRY_US 20000

static void release(struct vg_frames_link *link)
{
	if (!link)
		return;
	for (uint32_t i = 0; i < VG_FORWARD_MAX_PAIRS; i++) {
		struct vg_frames *f = &link->pairs[i];
		if (f->out)
			munmap((void *)(uintptr_t)f->out, vg_frame_ring_out_bytes(&f->geometry));
		if (f->in)
			munmap(f->in, vg_frame_ring_in_bytes(&f->geometry, f->is_inspect_first));
	}
	if (link->fd >= 0)
		close(link->fd);
	free(link);
}

static int connect_until(const char *path, uint64_t end_ns)
{
	for (;;) {
		int fd = vg_sock_connect(path);
		if (fd >= 0 || (errno != ENOENT && errno != ECONNREFUSED) || vg_mono_now().ns > end_ns)
			return fd;
		usleep(RETRY_US);
	}
}

/* The next message, waiting until end_ns. */
static enum vg_err receive(int fd, uint64_t end_ns, void *msg, size_t cap_bytes, size_t *n_bytes, int *fds,
			   size_t *n_fds)
{
	uint64_t now_ns = vg_mono_now().ns;
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	*n_fds = 0;
	if (poll(&wait, 1, now_ns < end_ns ? (int)((end_ns - now_ns) / 1000000) : 0) <= 0)
		return VG_EAGAIN;
	return vg_sock_recv(fd, msg, cap_bytes, n_bytes, fds, n_fds);
}

static enum vg_err take_ring(struct vg_frames *f, const struct vg_msg_frames *m, const int *fds)
{
	size_t n_want, n_out, n_in, n_want_in;

	if (f->out || vg_frame_ring_check(&m->geometry) || m->is_inspect_first > 1)
		return VG_EPROTO;
	n_want = vg_frame_ring_out_bytes(&m->geometry);
	n_want_in = vg_frame_ring_in_bytes(&m->geometry, (int)m->is_inspect_first);
	if (vg_memfd_check(fds[0], VG_SEALS_OURS, n_want, n_want, &n_out) ||
	    vg_memfd_check(fds[1], VG_SEALS_PEER, n_want_in, n_want_in, &n_in))
		return VG_ESEAL;
	f->geometry = m->geometry;
	f->out = vg_memfd_map(fds[0], n_out, PROT_READ);
	f->in = vg_memfd_map(fds[1], n_in, PROT_READ | PROT_WRITE);
	if (!f->out || !f->in)
		return VG_ENOMEM;
	f->slots = (const struct vg_frame_slot *)(const void *)((const uint8_t *)f->out + VG_FRAME_RING_PAGE);
	f->area = (const uint8_t *)f->out + vg_frame_ring_area_off(&f->geometry);
	f->is_inspect_first = (uint8_t)m->is_inspect_first;
	f->hold_ms = m->hold_ms;
	f->words = (_Atomic uint64_t *)(void *)((uint8_t *)f->in + VG_FRAME_RING_PAGE);
	f->start_idx = f->next = m->start_idx;
	return VG_OK;
}

union message {
	struct vg_msg_head head;
	struct vg_msg_welcome welcome;
	struct vg_msg_frames frames;
	uint8_t room[256];
};

static enum vg_err take_message(struct vg_frames_link *link, const union message *m, size_t n_bytes, const int *fds,
				size_t n_fds)
{
	if (!link->n_pairs) {
		if (!vg_msg_is(&m->head, n_bytes, VG_MSG_WELCOME, sizeof(m->welcome)) || n_fds || !m->welcome.n_cores ||
		    m->welcome.n_cores > VG_FORWARD_MAX_PAIRS)
			return VG_EPROTO;
		link->n_pairs = m->welcome.n_cores;
		return VG_OK;
	}
	if (!vg_msg_is(&m->head, n_bytes, VG_MSG_FRAMES, sizeof(m->frames)) || n_fds != 2 ||
	    m->frames.pair_idx >= link->n_pairs)
		return VG_EPROTO;
	return take_ring(&link->pairs[m->frames.pair_idx], &m->frames, fds);
}

/* WELCOME, then a ring of each pair. */
static enum vg_err take_all(struct vg_frames_link *link, uint64_t end_ns)
{
	struct vg_msg_hello hello = { .head = vg_msg_head(VG_MSG_HELLO, sizeof(hello)), .role = VG_ROLE_INSPECTOR };
	union message m;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err = vg_sock_send(link->fd, &hello, sizeof(hello), NULL, 0);

	for (uint32_t n = 0; !err && n <= link->n_pairs; n++) {
		err = receive(link->fd, end_ns, &m, sizeof(m), &n_bytes, fds, &n_fds);
		if (!err)
			err = take_message(link, &m, n_bytes, fds, n_fds);
		while (n_fds)
			close(fds[--n_fds]);
	}
	return err;
}

struct vg_frames_link *vg_frames_link_create(const char *path, uint32_t wait_ms)
{
	struct vg_frames_link *link = calloc(1, sizeof(*link));
	uint64_t end_ns = vg_mono_now().ns + wait_ms * 1000000ull;
	enum vg_err err;

	if (!link)
		return NULL;
	link->fd = connect_until(path, end_ns);
	if (link->fd < 0) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: no forwarder: %s", path, strerror(errno));
		release(link);
		return NULL;
	}
	err = take_all(link, end_ns);
	if (!err)
		return link;
	vg_log(VG_LOG_ERROR, ROOM, "%s: the forwarder's rings: %s", path, vg_err_str(err));
	release(link);
	return NULL;
}

void vg_frames_link_destroy(struct vg_frames_link *link)
{
	release(link);
}

int vg_frames_link_is_closed(const struct vg_frames_link *link)
{
	uint8_t byte;
	ssize_t n = recv(link->fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_PEEK);
	return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}
