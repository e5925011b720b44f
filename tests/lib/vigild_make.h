#pragma once
/* vigild_make: vigild's side of one match link inside a test, step by step and never blocking. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <vigil/msg.h>
#include <vigil/msg_objects.h>
#include <vigil/sock.h>

struct vg_vigild_make {
	int fd;
	int stats_fd; /* what came with the hello */
	struct vg_msg_hasher_hello hello;
	struct vg_msg_record objects[VG_MSG_MAX_OBJECTS]; /* that came in one message */
	uint32_t n_objects, n_received;                   /* of these, and how many were told */
	uint32_t n_together;                              /* messages of several so far */
};
union vg_vigild_message {
	struct vg_msg_head head;
	struct vg_msg_hasher_hello hello;
	struct vg_msg_index_taken taken;
	struct vg_msg_record record;
};

static inline void vg_vigild_connect(struct vg_vigild_make *v, const char *path)
{
	v->fd = vg_sock_connect(path);
	v->stats_fd = -1;
	v->n_objects = v->n_received = v->n_together = 0;
	if (v->fd < 0 || fcntl(v->fd, F_SETFL, O_NONBLOCK))
		abort();
}
static inline void vg_vigild_close(struct vg_vigild_make *v)
{
	if (v->stats_fd >= 0)
		close(v->stats_fd);
	close(v->fd);
	v->fd = v->stats_fd = -1;
}
static inline void vg_vigild_say_hello(struct vg_vigild_make *v, uint32_t flags)
{
	struct vg_msg_control_hello m = { .head = vg_msg_head(VG_MSG_CONTROL_HELLO, sizeof(m)), .flags = flags };
	if (vg_sock_send(v->fd, &m, sizeof(m), NULL, 0))
		abort();
}
static inline void vg_vigild_send_index(struct vg_vigild_make *v, int memfd, uint64_t generation)
{
	struct vg_msg_index m = { .head = vg_msg_head(VG_MSG_INDEX, sizeof(m)), .generation = generation };
	if (vg_sock_send(v->fd, &m, sizeof(m), &memfd, 1))
		abort();
}
static inline void vg_vigild_ack(struct vg_vigild_make *v, uint64_t seq)
{
	struct vg_msg_ack m = { .head = vg_msg_head(VG_MSG_ACK, sizeof(m)), .seq = seq };
	if (vg_sock_send(v->fd, &m, sizeof(m), NULL, 0))
		abort();
}
/* The next message, or 0 where none waits, -1 where the link is closed. *memfd: -1 or the caller's. Objects that come
 * together are told one after the other. */
static inline int vg_vigild_receive(struct vg_vigild_make *v, union vg_vigild_message *m, int *memfd)
{
	_Alignas(8) uint8_t message[VG_MSG_MAX_BYTES];
	const struct vg_msg_head *head = (const void *)message;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err;
	*memfd = -1;
	if (v->n_received == v->n_objects) {
		err = vg_sock_recv(v->fd, message, sizeof(message), &n_bytes, fds, &n_fds);
		if (err)
			return err == VG_EAGAIN ? 0 : -1;
		if (n_bytes < sizeof(*head) || head->n_bytes != n_bytes || n_fds > 1)
			abort();
		if (n_fds)
			*memfd = fds[0];
		v->n_objects = vg_msg_n_objects(head, n_bytes);
		v->n_received = 0;
		v->n_together += v->n_objects != 0;
		if (v->n_objects && n_fds)
			abort();
		memcpy(v->objects, head + 1, v->n_objects * sizeof(v->objects[0]));
		if (!v->n_objects) {
			if (n_bytes > sizeof(*m))
				abort();
			memcpy(m, message, n_bytes);
			return 1;
		}
	}
	m->record = v->objects[v->n_received++];
	return 1;
}
