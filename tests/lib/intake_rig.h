#pragma once
/* intake_rig: the parts of intake_make.h: vigild's intake between a dataplane and a hasher that are played by the
 * test, in one thread: 2 cores, 2 hashers, hasher 0 linked. The list has the content's sha256 (entry 0), its md5 in
 * a second list (entry 2) and a PDQ hash (entry 1). Attribution slot 3 of core 1, hasher 0 holds the object. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vigil/bytes.h>
#include <vigil/memfd.h>
#include <vigil/sock.h>

#include "control/intake/intake.h"
#include "tests/lib/attr_put.h"
#include "tests/lib/scratch.h"

#define RIG_BOOT    0x1122334455667788u
#define RIG_CORE    1u
#define RIG_SLOT    3u
#define RIG_N_ATTR  8u
#define RIG_OBJECT  ((uint64_t)5 << 32 | RIG_SLOT)
#define RIG_N_BYTES 5000u
#define RIG_PDQ     "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"

struct rig {
	struct scratch scratch;
	struct vg_loop *loop;
	struct vg_lists *lists;
	struct vg_intake *intake;
	struct vg_attribution attr[2][2][RIG_N_ATTR]; /* core, hasher; written to `slots` by rig_settle() */
	struct vg_attr_slot *slots[2][2];
	int attr_fd[2][2], listen_fd[3], dataplane_fd, hasher_fd;
	uint64_t seq;
	uint8_t content[RIG_N_BYTES];
	struct vg_msg_record valid; /* an exact match by sha256 */
	/* what the hooks saw */
	int n_matches, n_objects, n_drained, n_refused, last_held, last_exact, last_partial, last_host_bytes;
	uint8_t last_action;
	enum vg_err answer;
};

static inline int rig_page(uint32_t n_bytes, int seals, void **at)
{
	int fd = vg_memfd_new("rig", n_bytes);
	*at = fd < 0 ? NULL : vg_memfd_map(fd, n_bytes, PROT_READ | PROT_WRITE);
	if (!*at || (seals && vg_memfd_seal(fd, seals)))
		abort();
	return fd;
}
static inline enum vg_err rig_on_match(void *ctx, const struct vg_intake_match *m)
{
	struct rig *r = ctx;
	if (r->answer)
		return r->answer;
	r->n_matches++;
	r->last_held = m->held;
	r->last_host_bytes = m->attribution->n_host + m->attribution->ip_version;
	r->last_exact = m->verified->exact;
	r->last_partial = m->verified->partial;
	r->last_action = m->verified->hit_action[0];
	return VG_OK;
}
static inline enum vg_err rig_on_object(void *ctx, const struct vg_intake_object *o)
{
	struct rig *r = ctx;
	if (!o->attribution)
		abort();
	r->n_objects++;
	return r->answer;
}
static inline void rig_on_drained(void *ctx, uint64_t boot_id)
{
	struct rig *r = ctx;
	r->n_drained += boot_id == RIG_BOOT;
}
static inline void rig_on_refused(void *ctx, uint32_t hasher_idx, unsigned refusal)
{
	struct rig *r = ctx;
	r->n_refused += hasher_idx == 0 && refusal != VG_REFUSE_NONE;
}
/* Runs the loop until nothing has happened for some milliseconds. */
static inline void rig_settle(struct rig *r)
{
	for (uint32_t i = 0; i < 4 * RIG_N_ATTR; i++)
		attr_put(r->slots[i / 2 / RIG_N_ATTR][i / RIG_N_ATTR % 2], RIG_N_ATTR, i % RIG_N_ATTR,
			 &r->attr[i / 2 / RIG_N_ATTR][i / RIG_N_ATTR % 2][i % RIG_N_ATTR]);
	for (int i = 0; i < 8; i++)
		if (vg_loop_step(r->loop, 4))
			abort();
}
static inline int rig_accept(struct rig *r, int listen_fd)
{
	for (int i = 0; i < 500; i++) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			return fd;
		(void)vg_loop_step(r->loop, 10);
	}
	return -1;
}
static inline void rig_send(int fd, const void *msg, size_t n_bytes, const int *fds, size_t n_fds)
{
	if (vg_sock_send(fd, msg, n_bytes, fds, n_fds))
		abort();
}
/* The next message of that type from intake, others are passed over; 0 where none comes, -1 where the link is
 * closed. */
static inline int rig_receive(int fd, enum vg_msg_type type, void *msg, size_t n_msg)
{
	uint8_t bytes[1024];
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	for (;;) {
		enum vg_err err = vg_sock_recv(fd, bytes, sizeof(bytes), &n_bytes, fds, &n_fds);
		if (err)
			return err == VG_EAGAIN ? 0 : -1;
		for (size_t i = 0; i < n_fds; i++)
			close(fds[i]);
		if (!vg_msg_is((void *)bytes, n_bytes, type, n_msg))
			continue;
		memcpy(msg, bytes, n_msg);
		return 1;
	}
}
