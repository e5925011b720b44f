/* The dataplane speaks first about everything but who we are; a wrong word of its ends the try. */
#include "hashing/handoff/handover.h"

#include <poll.h>

#include <vigil/sock.h>

/* The next message within the time limit. VG_EAGAIN where none came or the peer went away. */
static enum vg_err receive(int fd, void *msg, size_t cap_bytes, size_t *n_bytes, int *fds, size_t *n_fds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	enum vg_err err;

	if (poll(&p, 1, VG_HANDOVER_ANSWER_MS) <= 0)
		return VG_EAGAIN;
	err = vg_sock_recv(fd, msg, cap_bytes, n_bytes, fds, n_fds);
	return err == VG_ECLOSED || err == VG_EIO ? VG_EAGAIN : err;
}

static enum vg_err get_welcome(struct vg_handover *h)
{
	struct vg_msg_welcome w;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err = receive(h->fd, &w, sizeof(w), &n_bytes, fds, &n_fds);

	if (err)
		return err;
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	if (n_fds || n_bytes < sizeof(w.head) || !vg_msg_is(&w.head, n_bytes, VG_MSG_WELCOME, sizeof(w)) ||
	    !w.n_cores || w.n_cores > VG_LANE_MAX_CORES)
		return VG_EPROTO;
	h->boot_id = w.boot_id;
	h->n_cores = w.n_cores;
	return VG_OK;
}

static enum vg_err get_lane(struct vg_handover *h)
{
	struct vg_msg_lane m;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	struct vg_handover_lane *lane;
	enum vg_err err = receive(h->fd, &m, sizeof(m), &n_bytes, fds, &n_fds);

	if (err)
		return err;
	if (n_fds != 3 || n_bytes < sizeof(m.head) || !vg_msg_is(&m.head, n_bytes, VG_MSG_LANE, sizeof(m)) ||
	    m.core_idx >= h->n_cores || h->lanes[m.core_idx].fds[0] >= 0 || vg_lane_check(&m.geometry))
		goto refused;
	lane = &h->lanes[m.core_idx];
	lane->msg = m;
	memcpy(lane->fds, fds, sizeof(lane->fds));
	return VG_OK;
refused:
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	return VG_EPROTO;
}

enum vg_err vg_handover_get(const char *path, uint32_t hasher_idx, struct vg_handover *handover)
{
	struct vg_msg_hello hello = { .head = vg_msg_head(VG_MSG_HELLO, sizeof(hello)),
				      .role = VG_ROLE_HASHER,
				      .hasher_idx = hasher_idx };
	enum vg_err err;

	memset(handover, 0, sizeof(*handover));
	for (uint32_t i = 0; i < VG_LANE_MAX_CORES; i++)
		for (int k = 0; k < 3; k++)
			handover->lanes[i].fds[k] = -1;
	handover->fd = vg_sock_connect(path);
	if (handover->fd < 0)
		return VG_EAGAIN;
	err = vg_sock_send(handover->fd, &hello, sizeof(hello), NULL, 0);
	err = err ? VG_EAGAIN : get_welcome(handover);
	for (uint32_t i = 0; !err && i < handover->n_cores; i++)
		err = get_lane(handover);
	if (err)
		vg_handover_fini(handover);
	return err;
}

void vg_handover_close_lanes(struct vg_handover *handover)
{
	for (uint32_t i = 0; i < VG_LANE_MAX_CORES; i++)
		for (int k = 0; k < 3; k++) {
			if (handover->lanes[i].fds[k] >= 0)
				close(handover->lanes[i].fds[k]);
			handover->lanes[i].fds[k] = -1;
		}
}

void vg_handover_fini(struct vg_handover *handover)
{
	vg_handover_close_lanes(handover);
	if (handover->fd >= 0)
		close(handover->fd);
	handover->fd = -1;
}
