/* peer: the reporter's socket. A reporter is trusted with one case at a time, not with our memory: every message is
 * checked for type, size and job, its texts are terminated here, and documents come as sealed memfds of bounded size.
 * */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/sock.h>

#include "control/outbox/outbox_priv.h"

union message {
	struct vg_msg_head head;
	struct vg_link_hello hello;
	struct vg_link_result result;
	struct vg_link_key key;
};

void vg_peer_drop(struct vg_outbox *ob, const char *why)
{
	if (ob->peer_fd < 0)
		return;
	if (why)
		vg_log(VG_LOG_WARN, VG_OUTBOX_ROOM, "the reporter's link ends: %s", why);
	vg_loop_unwatch(ob->loop, ob->peer_fd);
	close(ob->peer_fd);
	ob->peer_fd = -1;
	ob->peer_ready = 0;
	/* What was under way stands as in_flight in the store and is taken up from there. */
	memset(&ob->job, 0, sizeof(ob->job));
}
enum vg_err vg_peer_order(struct vg_outbox *ob, const struct vg_link_do *order, const int *fds, size_t n_fds)
{
	return ob->peer_fd < 0 ? VG_ECLOSED : vg_sock_send(ob->peer_fd, order, sizeof(*order), fds, n_fds);
}

static enum vg_err take_hello(struct vg_outbox *ob, const struct vg_link_hello *hello)
{
	uint64_t before = vg_evidence_epoch(ob->evidence);
	enum vg_err err;

	if (ob->peer_ready || hello->link_version != VG_LINK_VERSION)
		return VG_EVERSION;
	if (hello->demo && ob->conf.link.environment == VG_ENVIRONMENT_PRODUCTION)
		return VG_EDENIED;
	err = vg_evidence_take_reporter_key(ob->evidence, hello->epoch, hello->public_key);
	if (err) {
		if (err == VG_ECONFLICT)
			vg_outbox_emit(ob, VG_OUTBOX_EV_ALARM, NULL, 0,
				       "the reporter came with another evidence key than before: its state folder was "
				       "changed");
		return err;
	}
	if (before && hello->epoch > before)
		vg_outbox_emit(
			ob, VG_OUTBOX_EV_ALARM, NULL, 0,
			"the reporter came with a newer evidence key; if its state folder was lost, older evidence "
			"needs a custodian");
	err = vg_sock_send(ob->peer_fd, &ob->conf.link, sizeof(ob->conf.link), NULL, 0);
	ob->peer_ready = !err;
	return err;
}

#define END(text) ((text)[sizeof(text) - 1] = 0)
static enum vg_err take_result(struct vg_outbox *ob, struct vg_link_result *r, const int *fds, size_t n_fds)
{
	char *texts[2] = { NULL, NULL };
	size_t n_bytes, n_have = 0;
	enum vg_err err = VG_OK;

	if (!ob->job.row_id || r->job != ob->job.id || r->call != ob->job.call || r->outcome >= VG_OUTCOME_N ||
	    (r->has & ~(VG_HAS_DOCUMENT | VG_HAS_ANSWER)))
		return VG_EPROTO;
	END(r->file_id);
	END(r->request_id);
	END(r->description);
	for (unsigned i = 0; i < 2 && !err; i++)
		if (r->has & (1u << i))
			err = n_have < n_fds ? vg_link_text_unpack(fds[n_have++], &texts[i], &n_bytes) : VG_EPROTO;
	if (!err && n_have != n_fds)
		err = VG_EPROTO;
	if (!err)
		vg_turn_end(ob, r, texts[0], texts[1]);
	free(texts[0]);
	free(texts[1]);
	return err;
}
static enum vg_err take_key(struct vg_outbox *ob, const struct vg_link_key *key)
{
	if (key->err) {
		vg_log(VG_LOG_ERROR, VG_OUTBOX_ROOM, "the reporter could not change its key of epoch %llu: %s",
		       (unsigned long long)key->epoch, vg_err_str((enum vg_err)key->err));
		return VG_OK;
	}
	if (key->order == VG_EPOCH_ROTATE)
		return vg_evidence_take_reporter_key(ob->evidence, key->epoch, key->public_key);
	return key->order == VG_EPOCH_DESTROY ? vg_evidence_epoch_destroyed(ob->evidence, key->epoch) : VG_EPROTO;
}

static void on_peer(void *ctx, int fd, uint32_t events)
{
	struct vg_outbox *ob = ctx;
	union message m;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err = vg_sock_recv(fd, &m, sizeof(m), &n_bytes, fds, &n_fds);

	(void)events;
	if (err == VG_EAGAIN)
		return;
	if (!err && vg_link_is(&m, n_bytes, VG_LINK_HELLO, sizeof(m.hello)))
		err = take_hello(ob, &m.hello);
	else if (!err && ob->peer_ready && vg_link_is(&m, n_bytes, VG_LINK_RESULT, sizeof(m.result)))
		err = take_result(ob, &m.result, fds, n_fds);
	else if (!err && ob->peer_ready && vg_link_is(&m, n_bytes, VG_LINK_KEY, sizeof(m.key)))
		err = take_key(ob, &m.key);
	else if (!err)
		err = VG_EPROTO;
	while (n_fds)
		close(fds[--n_fds]);
	if (err)
		vg_peer_drop(ob, err == VG_ECLOSED ? NULL : vg_err_str(err));
	vg_outbox_pump(ob);
}
static void on_listen(void *ctx, int listen_fd, uint32_t events)
{
	struct vg_outbox *ob = ctx;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	vg_peer_drop(ob, "a newer one connected");
	if (vg_loop_watch(ob->loop, fd, EPOLLIN, on_peer, ob))
		close(fd);
	else
		ob->peer_fd = fd;
}
enum vg_err vg_outbox_listen(struct vg_outbox *ob, const char *run_dir)
{
	char path[4096];
	enum vg_err err;

	if (ob->listen_fd >= 0 || snprintf(path, sizeof(path), "%s/reporter.sock", run_dir) >= (int)sizeof(path))
		return VG_EINVAL;
	ob->listen_fd = vg_sock_listen(path);
	if (ob->listen_fd < 0)
		return VG_EIO;
	err = vg_loop_watch(ob->loop, ob->listen_fd, EPOLLIN, on_listen, ob);
	if (err) {
		close(ob->listen_fd);
		ob->listen_fd = -1;
	}
	return err;
}

enum vg_err vg_outbox_rotate_epoch(struct vg_outbox *ob)
{
	struct vg_link_epoch order = { .head = vg_link_head(VG_LINK_EPOCH, sizeof(order)),
				       .order = VG_EPOCH_ROTATE,
				       .epoch = vg_evidence_epoch(ob->evidence) + 1 };
	return ob->peer_ready ? vg_sock_send(ob->peer_fd, &order, sizeof(order), NULL, 0) : VG_ECLOSED;
}

struct unsettled {
	struct vg_outbox *ob;
	uint64_t epoch;
	int found;
};
static int find_unsettled(void *ctx, const struct vg_case *c)
{
	struct unsettled *u = ctx;
	int is_settled = c->state == VG_CASE_FILED || c->state == VG_CASE_DISMISSED || c->state == VG_CASE_ALERTED ||
			 c->state == VG_CASE_COUNTED;
	for (unsigned i = 0; i < c->n_files && !is_settled; i++)
		if (c->files[i].evidence_id[0] &&
		    vg_evidence_epoch_of(u->ob->evidence, c->files[i].evidence_id) == u->epoch)
			u->found = 1;
	return u->found;
}
enum vg_err vg_outbox_destroy_epoch(struct vg_outbox *ob, uint64_t epoch)
{
	struct vg_link_epoch order = { .head = vg_link_head(VG_LINK_EPOCH, sizeof(order)),
				       .order = VG_EPOCH_DESTROY,
				       .epoch = epoch };
	struct vg_cases_filter all = { .state = -1, .max_rows = UINT32_MAX };
	struct unsettled u = { ob, epoch, 0 };
	enum vg_err err;

	if (!epoch || epoch >= vg_evidence_epoch(ob->evidence))
		return VG_ECONFLICT;
	err = vg_cases_list(ob->cases, &all, find_unsettled, &u);
	if (err)
		return err;
	if (u.found)
		return VG_ECONFLICT;
	return ob->peer_ready ? vg_sock_send(ob->peer_fd, &order, sizeof(order), NULL, 0) : VG_ECLOSED;
}
