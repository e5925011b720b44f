#include "control/ports/forward_link.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <vigil/log.h>
#include <vigil/msg.h>
#include <vigil/sock.h>

#include "control/intake/boots.h"

#define ROOM    "control/ports"
#define TICK_MS 200

struct pair {
	const struct vg_stats_page *page;
	uint64_t gone[VG_F_N]; /* of forwarders that ended */
};
struct vg_forward_link {
	struct vg_loop *loop;
	char path[PATH_MAX];
	int fd; /* -1 = not connected */
	uint32_t n_said, n_seen;
	uint64_t timer;
	struct pair pairs[VG_FORWARD_MAX_PAIRS];
};

static uint64_t load(const struct vg_stats_page *page, unsigned counter)
{
	return atomic_load_explicit(&page->counters[counter], memory_order_relaxed);
}

static void forget_pages(struct vg_forward_link *link)
{
	for (uint32_t i = 0; i < VG_FORWARD_MAX_PAIRS; i++) {
		struct pair *pair = &link->pairs[i];
		for (unsigned k = 0; pair->page && k < VG_F_N; k++)
			pair->gone[k] += k == VG_F_INSPECTOR_HERE ? 0 : load(pair->page, k);
		if (pair->page)
			munmap((void *)(uintptr_t)pair->page, VG_STATS_BYTES);
		pair->page = NULL;
	}
	link->n_said = 0;
}

static void drop(struct vg_forward_link *link)
{
	if (link->fd < 0)
		return;
	vg_loop_unwatch(link->loop, link->fd);
	close(link->fd);
	link->fd = -1;
	forget_pages(link);
}

static enum vg_err take(struct vg_forward_link *link, const void *message, size_t n_bytes, const int *fds, size_t n_fds)
{
	const struct vg_msg_head *head = message;
	enum vg_err err;
	if (vg_msg_is(head, n_bytes, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome)) && !n_fds && !link->n_said) {
		const struct vg_msg_welcome *m = message;
		if (!m->n_cores || m->n_cores > VG_FORWARD_MAX_PAIRS)
			return VG_ERANGE;
		link->n_said = m->n_cores;
		link->n_seen = link->n_said > link->n_seen ? link->n_said : link->n_seen;
		return VG_OK;
	}
	if (vg_msg_is(head, n_bytes, VG_MSG_STATS, sizeof(struct vg_msg_stats)) && n_fds == 1) {
		const struct vg_msg_stats *m = message;
		if (m->core_idx >= link->n_said)
			return VG_ERANGE;
		if (link->pairs[m->core_idx].page)
			return VG_ECONFLICT;
		link->pairs[m->core_idx].page = vg_stats_page_map(fds[0], &err);
		return err;
	}
	return VG_EPROTO;
}

static void on_link(void *ctx, int fd, uint32_t events)
{
	struct vg_forward_link *link = ctx;
	union {
		struct vg_msg_head head;
		uint8_t bytes[1024];
	} message;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err = VG_OK;
	(void)events;
	while (!err) {
		err = vg_sock_recv(fd, &message, sizeof(message), &n_bytes, fds, &n_fds);
		if (err)
			break;
		if (n_bytes < sizeof(message.head))
			memset(&message, 0, sizeof(message));
		err = take(link, &message, n_bytes, fds, n_fds);
		while (n_fds)
			close(fds[--n_fds]);
		if (err)
			vg_log(VG_LOG_ERROR, ROOM, "the forwarder's link broke its rules: %s", vg_err_str(err));
	}
	if (err != VG_EAGAIN)
		drop(link);
}

static void on_tick(void *ctx)
{
	struct vg_forward_link *link = ctx;
	struct vg_msg_hello hello = { vg_msg_head(VG_MSG_HELLO, sizeof(hello)), VG_ROLE_CONTROL, 0 };
	int flags;
	if (link->fd >= 0)
		return;
	link->fd = vg_sock_connect(link->path);
	if (link->fd < 0)
		return;
	flags = fcntl(link->fd, F_GETFL);
	if (flags < 0 || fcntl(link->fd, F_SETFL, flags | O_NONBLOCK) ||
	    vg_loop_watch(link->loop, link->fd, EPOLLIN, on_link, link)) {
		close(link->fd);
		link->fd = -1;
	} else if (vg_sock_send(link->fd, &hello, sizeof(hello), NULL, 0)) {
		drop(link);
	}
}

static void release(struct vg_forward_link *link)
{
	if (link->timer)
		vg_loop_cancel(link->loop, link->timer);
	drop(link);
	free(link);
}

struct vg_forward_link *vg_forward_link_create(struct vg_loop *loop, const char *run_dir)
{
	struct vg_forward_link *link = calloc(1, sizeof(*link));
	if (!link)
		return NULL;
	link->loop = loop;
	link->fd = -1;
	snprintf(link->path, sizeof(link->path), "%.4000s/forward.sock", run_dir);
	link->timer = vg_loop_every(loop, TICK_MS, on_tick, link);
	if (link->timer)
		return link;
	release(link);
	return NULL;
}

void vg_forward_link_destroy(struct vg_forward_link *link)
{
	if (link)
		release(link);
}

int vg_forward_link_is_up(const struct vg_forward_link *link)
{
	for (uint32_t i = 0; i < link->n_said; i++)
		if (!link->pairs[i].page)
			return 0;
	return link->n_said != 0;
}

uint32_t vg_forward_link_n_pairs(const struct vg_forward_link *link)
{
	return link->n_seen;
}

const struct vg_stats_page *vg_forward_link_page(const struct vg_forward_link *link, uint32_t pair)
{
	return pair < VG_FORWARD_MAX_PAIRS ? link->pairs[pair].page : NULL;
}

void vg_forward_link_sum(const struct vg_forward_link *link, int pair, uint64_t counters[VG_F_N])
{
	memset(counters, 0, VG_F_N * sizeof(*counters));
	for (uint32_t i = 0; i < link->n_seen; i++) {
		const struct pair *p = &link->pairs[i];
		if (pair >= 0 && i != (uint32_t)pair)
			continue;
		for (unsigned k = 0; k < VG_F_N; k++)
			counters[k] += p->gone[k] + (p->page ? load(p->page, k) : 0);
	}
}
