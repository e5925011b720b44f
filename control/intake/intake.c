/* The links. A link that is lost or breaks the protocol is closed and tried again; what was not acknowledged on it
 * comes again on the next. Hashers are called only once the dataplane's memory is here: without it nothing could be
 * checked. */
#include "control/intake/intake.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/msg_objects.h>
#include <vigil/sock.h>

#include "control/intake/intake_priv.h"

#define TICK_MS        20
#define MAX_WAIT_MS    500
#define MAX_IN_A_ROW   64             /* messages of one link before the others have a turn */
#define PATIENCE_MS    1000           /* after a match that could not be made durable */
#define BOOT_NS        10000000000ull /* a boot that is not here by then, with another one linked, will not come */
#define DATAPLANE_LINK VG_INTAKE_GONE

static int is_dataplane(const struct vg_intake_link *link)
{
	return link->hasher_idx == DATAPLANE_LINK;
}

static void drop(struct vg_intake_link *link, uint64_t wait_ms)
{
	struct vg_intake *intake = link->intake;
	if (link->fd < 0)
		return;
	vg_loop_unwatch(intake->loop, link->fd);
	close(link->fd);
	if (link->page) {
		vg_intake_page_gone(intake, 1, link->page);
		munmap((void *)(uintptr_t)link->page, VG_STATS_BYTES);
	}
	link->page = NULL;
	link->fd = -1;
	intake->counts.n_links_lost += link->has_hello;
	link->has_hello = link->waits_for_room = 0;
	link->index_sent = link->index_taken = link->known_sent = link->urls_sent = 0;
	link->seq = link->seq_acked = 0;
	link->wait_ms = wait_ms;
	link->next_try_ns = vg_mono_now().ns + wait_ms * 1000000u;
}

/* A full socket is asked again at the next tick. */
static enum vg_err flush_known(struct vg_intake_link *link)
{
	const struct vg_intake_known *known = &link->intake->known;
	struct vg_msg_known m = { vg_msg_head(VG_MSG_KNOWN, sizeof(m)), known->generation, known->n_heads, 0 };
	enum vg_err err;
	if (!known->generation || known->generation == link->known_sent)
		return VG_OK;
	err = vg_sock_send(link->fd, &m, sizeof(m), &known->fd, 1);
	if (!err)
		link->known_sent = known->generation;
	return err == VG_EAGAIN ? VG_OK : err;
}

static enum vg_err flush_urls(struct vg_intake_link *link)
{
	const struct vg_intake_urls *urls = &link->intake->urls;
	struct vg_msg_urls m = { vg_msg_head(VG_MSG_URLS, sizeof(m)), urls->generation, urls->profiles };
	enum vg_err err;
	if (!urls->generation || urls->generation == link->urls_sent)
		return VG_OK;
	err = vg_sock_send(link->fd, &m, sizeof(m), &urls->fd, 1);
	if (!err)
		link->urls_sent = urls->generation;
	return err == VG_EAGAIN ? VG_OK : err;
}

/* Sends what is due: the index, the acknowledgement. A full socket is asked again when it has room. */
static enum vg_err flush(struct vg_intake_link *link)
{
	struct vg_intake *intake = link->intake;
	struct vg_lists_info info;
	enum vg_err err = VG_OK;
	if (!link->has_hello)
		return VG_OK;
	if (is_dataplane(link)) {
		err = flush_known(link);
		return err ? err : flush_urls(link);
	}
	vg_lists_info(intake->lists, &info);
	if (info.generation && info.generation != link->index_sent) {
		struct vg_msg_index m = { vg_msg_head(VG_MSG_INDEX, sizeof(m)), info.generation };
		int fds[] = { vg_lists_fd(intake->lists), vg_lists_tables_fd(intake->lists) };
		err = vg_sock_send(link->fd, &m, sizeof(m), fds, fds[1] >= 0 ? 2 : 1);
		if (!err)
			link->index_sent = info.generation;
	}
	if (!err && link->seq != link->seq_acked) {
		struct vg_msg_ack m = { vg_msg_head(VG_MSG_ACK, sizeof(m)), link->seq };
		err = vg_sock_send(link->fd, &m, sizeof(m), NULL, 0);
		if (!err)
			link->seq_acked = link->seq;
	}
	if (link->waits_for_room != (err == VG_EAGAIN)) {
		link->waits_for_room = err == VG_EAGAIN;
		(void)vg_loop_rewatch(intake->loop, link->fd, link->waits_for_room ? EPOLLIN | EPOLLOUT : EPOLLIN);
	}
	return err == VG_EAGAIN ? VG_OK : err;
}

int vg_intake_awaits_boot(const struct vg_intake *intake, uint64_t boot_id)
{
	if (!vg_boots_ready(intake->boots, NULL) || vg_lists_expected(intake->lists))
		return 1;
	if (!boot_id || vg_boots_knows(intake->boots, boot_id))
		return 0;
	return !intake->dataplane.has_hello || vg_mono_now().ns - intake->welcome_ns < BOOT_NS;
}

static enum vg_err take_hasher_hello(struct vg_intake_link *link, const struct vg_msg_hasher_hello *m, int *fds,
				     size_t n_fds)
{
	struct ucred peer;
	socklen_t n_peer = sizeof(peer);
	enum vg_err err;
	if (n_fds != 1 || m->hasher_idx != link->hasher_idx || link->has_hello)
		return VG_EPROTO;
	/* Without an index it takes nothing from its lanes: what it would find could not be checked yet. */
	if (vg_intake_awaits_boot(link->intake, m->boot_id))
		return VG_EAGAIN;
	link->page = vg_stats_page_map(fds[0], &err);
	if (err)
		return err;
	if (!getsockopt(link->fd, SOL_SOCKET, SO_PEERCRED, &peer, &n_peer))
		vg_brake_peer(&link->brake, peer.pid);
	link->boot_id = m->boot_id;
	link->has_hello = 1;
	link->intake->counts.n_links++;
	return VG_OK;
}

/* One after the other, until one cannot be taken or ends the link. */
static enum vg_err take_objects(struct vg_intake_link *link, const struct vg_msg_head *head, uint32_t n_objects)
{
	const struct vg_msg_record *records = (const void *)(head + 1);
	enum vg_err err = VG_OK;
	int fd = link->fd;
	for (uint32_t i = 0; i < n_objects && !err && link->fd == fd; i++)
		err = vg_msg_is(&records[i].head, sizeof(records[i]), VG_MSG_OBJECT, sizeof(records[i]))
			      ? vg_intake_record(link, &records[i], sizeof(records[i]), NULL, 0)
			      : VG_EPROTO;
	return err;
}

static enum vg_err on_hasher_message(struct vg_intake_link *link, const void *message, size_t n_bytes, int *fds,
				     size_t n_fds)
{
	const struct vg_msg_head *head = message;
	uint32_t n_objects = link->has_hello && !n_fds ? vg_msg_n_objects(head, n_bytes) : 0;
	enum vg_err err = VG_EPROTO;
	if (vg_msg_is(head, n_bytes, VG_MSG_HASHER_HELLO, sizeof(struct vg_msg_hasher_hello))) {
		err = take_hasher_hello(link, message, fds, n_fds);
	} else if (vg_msg_is(head, n_bytes, VG_MSG_INDEX_TAKEN, sizeof(struct vg_msg_index_taken)) && link->has_hello &&
		   !n_fds) {
		const struct vg_msg_index_taken *m = message;
		err = m->generation == link->index_sent ? VG_OK : VG_EPROTO;
		if (!err && m->err) {
			link->intake->counts.n_index_refused++;
			vg_log(VG_LOG_ERROR, "control/intake", "hasher %u refused list generation %llu",
			       link->hasher_idx, (unsigned long long)m->generation);
		} else if (!err) {
			link->index_taken = m->generation;
		}
	} else if (n_objects) {
		err = take_objects(link, head, n_objects);
	} else if (link->has_hello) {
		return vg_intake_record(link, message, n_bytes, fds, n_fds);
	}
	if (err == VG_EPROTO) {
		link->intake->counts.n_refused[VG_REFUSE_MESSAGE]++;
		vg_brake_lie(&link->brake);
	}
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	return err;
}

static enum vg_err take_welcome(struct vg_intake *intake, const struct vg_msg_welcome *m)
{
	uint64_t boot_id;
	(void)vg_boots_ready(intake->boots, &boot_id);
	for (uint32_t i = 0; i < VG_LANE_MAX_CORES && boot_id != m->boot_id; i++)
		if (vg_boots_page(intake->boots, i))
			vg_intake_page_gone(intake, 0, vg_boots_page(intake->boots, i));
	return vg_boots_welcome(intake->boots, m);
}

static enum vg_err on_dataplane_message(struct vg_intake_link *link, const void *message, size_t n_bytes, int *fds,
					size_t n_fds)
{
	struct vg_intake *intake = link->intake;
	const struct vg_msg_head *head = message;
	uint64_t boot_id;
	enum vg_err err = VG_EPROTO;
	if (vg_msg_is(head, n_bytes, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome)) && !n_fds && !link->has_hello) {
		err = take_welcome(intake, message);
		link->has_hello = !err;
		intake->welcome_ns = vg_mono_now().ns;
	} else if (link->has_hello && vg_msg_is(head, n_bytes, VG_MSG_ATTR, sizeof(struct vg_msg_attr)) && n_fds == 1) {
		err = vg_boots_attr(intake->boots, message, fds[0]);
	} else if (link->has_hello && vg_msg_is(head, n_bytes, VG_MSG_STATS, sizeof(struct vg_msg_stats)) &&
		   n_fds == 1) {
		err = vg_boots_stats(intake->boots, message, fds[0]);
	} else if (link->has_hello && vg_msg_is(head, n_bytes, VG_MSG_DRAINED, sizeof(struct vg_msg_drained)) &&
		   !n_fds) {
		err = VG_OK;
		(void)vg_boots_ready(intake->boots, &boot_id);
		if (intake->hooks.drained)
			intake->hooks.drained(intake->hooks.ctx, boot_id);
	}
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	if (err)
		vg_log(VG_LOG_ERROR, "control/intake", "the dataplane's hand-over link broke its rules: %s",
		       vg_err_str(err));
	return err;
}

static void on_link(void *ctx, int fd, uint32_t events)
{
	struct vg_intake_link *link = ctx;
	union {
		struct vg_msg_head head;
		struct vg_msg_record aligned;
		uint8_t bytes[VG_MSG_MAX_BYTES];
	} message;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err = VG_OK;
	(void)events;
	for (unsigned i = 0; i < MAX_IN_A_ROW && !err; i++) {
		err = vg_sock_recv(fd, &message, sizeof(message), &n_bytes, fds, &n_fds);
		if (err)
			break;
		if (n_bytes < sizeof(message.head))
			memset(&message, 0, sizeof(message));
		err = is_dataplane(link) ? on_dataplane_message(link, &message, n_bytes, fds, n_fds)
					 : on_hasher_message(link, &message, n_bytes, fds, n_fds);
		if (link->fd != fd) /* a hook ended the link */
			return;
		if (err == VG_EAGAIN) { /* not durable: what was before it is acknowledged, the rest comes again */
			link->intake->counts.n_waits++;
			(void)flush(link);
			drop(link, link->has_hello ? PATIENCE_MS : TICK_MS);
			return;
		}
		if (message.head.type == VG_MSG_MATCH) /* digests and a commit: now the others have a turn */
			break;
	}
	if (err == VG_EAGAIN) /* the socket is empty */
		err = VG_OK;
	if (!err)
		err = flush(link);
	if (err)
		drop(link, TICK_MS);
}

static void try_connect(struct vg_intake_link *link)
{
	struct vg_intake *intake = link->intake;
	char path[PATH_MAX];
	enum vg_err err;
	if (is_dataplane(link))
		snprintf(path, sizeof(path), "%s/handover.sock", intake->conf.run_dir);
	else
		snprintf(path, sizeof(path), "%s/hasher-%u.sock", intake->conf.run_dir, link->hasher_idx);
	link->wait_ms = link->wait_ms * 2 > MAX_WAIT_MS ? MAX_WAIT_MS : link->wait_ms * 2;
	link->wait_ms = link->wait_ms < TICK_MS ? TICK_MS : link->wait_ms;
	link->next_try_ns = vg_mono_now().ns + link->wait_ms * 1000000u;
	link->fd = vg_sock_connect(path);
	if (link->fd < 0)
		return;
	int flags = fcntl(link->fd, F_GETFL);
	if (flags < 0 || fcntl(link->fd, F_SETFL, flags | O_NONBLOCK) ||
	    vg_loop_watch(intake->loop, link->fd, EPOLLIN, on_link, link)) {
		close(link->fd);
		link->fd = -1;
		return;
	}
	if (is_dataplane(link)) {
		struct vg_msg_hello m = { vg_msg_head(VG_MSG_HELLO, sizeof(m)), VG_ROLE_CONTROL, 0 };
		err = vg_sock_send(link->fd, &m, sizeof(m), NULL, 0);
	} else {
		struct vg_msg_control_hello m = { vg_msg_head(VG_MSG_CONTROL_HELLO, sizeof(m)),
						  intake->hooks.object ? VG_HELLO_WANT_OBJECTS : 0, 0 };
		err = vg_sock_send(link->fd, &m, sizeof(m), NULL, 0);
	}
	if (err)
		drop(link, TICK_MS);
}

static void on_tick(void *ctx)
{
	struct vg_intake *intake = ctx;
	uint64_t now_ns = vg_mono_now().ns;
	if (intake->dataplane.fd < 0 && now_ns >= intake->dataplane.next_try_ns)
		try_connect(&intake->dataplane);
	if (intake->dataplane.fd >= 0 && flush(&intake->dataplane))
		drop(&intake->dataplane, TICK_MS);
	if (!vg_boots_ready(intake->boots, NULL))
		return;
	for (uint32_t i = 0; i < intake->conf.n_hashers; i++)
		if (intake->hashers[i].fd < 0 && now_ns >= intake->hashers[i].next_try_ns)
			try_connect(&intake->hashers[i]);
}

static void release(struct vg_intake *intake)
{
	if (intake->timer)
		vg_loop_cancel(intake->loop, intake->timer);
	drop(&intake->dataplane, 0);
	for (uint32_t i = 0; intake->hashers && i < intake->conf.n_hashers; i++)
		drop(&intake->hashers[i], 0);
	vg_boots_destroy(intake->boots);
	free(intake->hashers);
	free(intake);
}

void vg_intake_destroy(struct vg_intake *intake)
{
	if (intake)
		release(intake);
}

static void link_init(struct vg_intake_link *link, struct vg_intake *intake, uint32_t hasher_idx)
{
	link->intake = intake;
	link->hasher_idx = hasher_idx;
	link->fd = -1;
	vg_brake_init(&link->brake, intake->conf.matches_per_minute);
	vg_brake_init(&link->url_brake, intake->conf.matches_per_minute);
}

struct vg_intake *vg_intake_create(struct vg_loop *loop, struct vg_lists *lists, const struct vg_intake_conf *conf,
				   const struct vg_intake_hooks *hooks)
{
	struct vg_intake *intake = aligned_alloc(64, (sizeof(*intake) + 63) & ~(size_t)63);
	if (!intake)
		return NULL;
	memset(intake, 0, sizeof(*intake));
	intake->loop = loop;
	intake->lists = lists;
	intake->conf = *conf;
	intake->hooks = *hooks;
	intake->gone[0].magic = intake->gone[1].magic = VG_STATS_MAGIC;
	link_init(&intake->dataplane, intake, DATAPLANE_LINK);
	intake->boots = vg_boots_create();
	intake->hashers = calloc(conf->n_hashers ? conf->n_hashers : 1, sizeof(*intake->hashers));
	for (uint32_t i = 0; intake->hashers && i < conf->n_hashers; i++)
		link_init(&intake->hashers[i], intake, i);
	intake->timer = vg_loop_every(loop, TICK_MS, on_tick, intake);
	if (intake->boots && intake->hashers && intake->timer && conf->n_hashers <= VG_LANE_MAX_HASHERS)
		return intake;
	release(intake);
	return NULL;
}

void vg_intake_publish(struct vg_intake *intake)
{
	for (uint32_t i = 0; i < intake->conf.n_hashers; i++)
		if (intake->hashers[i].fd >= 0 && flush(&intake->hashers[i]))
			drop(&intake->hashers[i], TICK_MS);
}

void vg_intake_know(struct vg_intake *intake, const struct vg_intake_known *known)
{
	intake->known = *known;
	if (intake->dataplane.fd >= 0 && flush(&intake->dataplane))
		drop(&intake->dataplane, TICK_MS);
}

void vg_intake_know_urls(struct vg_intake *intake, const struct vg_intake_urls *urls)
{
	intake->urls = *urls;
	if (intake->dataplane.fd >= 0 && flush(&intake->dataplane))
		drop(&intake->dataplane, TICK_MS);
}
