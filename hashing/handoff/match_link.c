/* Unacknowledged records are a ring in order of seq. On a link, `n_sent` of them (from the oldest) have been sent; a
 * new link starts at 0 again. Records go only after this link's first index was answered, as msg.h orders it. */
#include "hashing/handoff/match_link.h"

#include <vigil/log.h>
#include <vigil/msg_objects.h>
#include <vigil/sock.h>

#define MAX_MESSAGES 64 /* received in one serve: a flood must not keep us from the lanes */

struct kept {
	struct vg_msg_record record;
	int memfd;
	bool sent_before;
};
struct vg_match_link {
	struct vg_match_link_setup setup;
	int fd; /* -1 = nobody */
	bool greeted, has_answered, wants_objects, blocked;
	int index_fd, tables_fd;
	uint64_t index_generation;
	struct vg_msg_index_taken answer; /* an answer that did not fit into the socket yet */
	bool answer_waits;
	struct kept *ring;            /* VG_LINK_MAX_RECORDS */
	uint64_t first_seq, next_seq; /* first_seq .. next_seq-1 wait */
	uint32_t n_sent;              /* of these, on this link */
	uint64_t spooled_bytes;
};

static struct kept *kept_at(struct vg_match_link *l, uint64_t seq)
{
	return &l->ring[seq % VG_LINK_MAX_RECORDS];
}

static void drop_index(struct vg_match_link *l)
{
	if (l->index_fd >= 0)
		close(l->index_fd);
	if (l->tables_fd >= 0)
		close(l->tables_fd);
	l->index_fd = l->tables_fd = -1;
}

static void hang_up(struct vg_match_link *l, const char *why)
{
	if (l->fd < 0)
		return;
	close(l->fd);
	l->fd = -1;
	drop_index(l);
	l->greeted = l->has_answered = l->answer_waits = l->blocked = false;
	l->n_sent = 0;
	vg_count(l->setup.stats, VG_H_LINK_LOST, 1);
	vg_log(VG_LOG_INFO, "hashing/handoff", "link to vigild ended: %s", why);
}

void vg_match_link_destroy(struct vg_match_link *link)
{
	if (!link)
		return;
	if (link->fd >= 0)
		close(link->fd);
	drop_index(link);
	for (uint64_t seq = link->first_seq; seq < link->next_seq; seq++)
		if (kept_at(link, seq)->memfd >= 0)
			close(kept_at(link, seq)->memfd);
	close(link->setup.listen_fd);
	free(link->ring);
	free(link);
}

struct vg_match_link *vg_match_link_create(const struct vg_match_link_setup *setup)
{
	struct vg_match_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->setup = *setup;
	l->fd = l->index_fd = l->tables_fd = -1;
	l->first_seq = l->next_seq = 1;
	l->ring = calloc(VG_LINK_MAX_RECORDS, sizeof(*l->ring));
	if (!l->ring) {
		free(l);
		return NULL;
	}
	return l;
}

void vg_match_link_poll(const struct vg_match_link *link, struct pollfd fds[VG_LINK_N_FDS])
{
	fds[0] = (struct pollfd){ .fd = link->setup.listen_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = link->fd, .events = (short)(POLLIN | (link->blocked ? POLLOUT : 0)) };
}

static void accept_new(struct vg_match_link *l)
{
	int fd;

	while ((fd = accept4(l->setup.listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		hang_up(l, "another vigild connected");
		l->fd = fd;
	}
}

static void greet(struct vg_match_link *l, const struct vg_msg_control_hello *hello)
{
	struct vg_msg_hasher_hello answer = { .head = vg_msg_head(VG_MSG_HASHER_HELLO, sizeof(answer)),
					      .hasher_idx = l->setup.hasher_idx,
					      .boot_id = l->setup.boot_id };

	l->wants_objects = hello->flags & VG_HELLO_WANT_OBJECTS;
	l->greeted = true;
	if (vg_sock_send(l->fd, &answer, sizeof(answer), &l->setup.stats_fd, 1))
		hang_up(l, "hello could not be sent");
}

static uint64_t memfd_bytes(const struct vg_msg_record *r)
{
	return vg_record_memfd_bytes(r->n_sample_bytes, r->n_frames);
}

/* A film in no list: whoever asked for objects gets its frames beside it. */
static bool is_frames_alone(const struct vg_msg_record *r)
{
	return !r->n_hits && r->n_frames && !r->n_sample_bytes;
}

/* Everything up to seq is durable. False where it acknowledges what it never got. */
static bool on_ack(struct vg_match_link *l, uint64_t seq)
{
	if (seq >= l->first_seq + l->n_sent)
		return false;
	while (l->first_seq <= seq) {
		struct kept *k = kept_at(l, l->first_seq);
		if (k->memfd >= 0) {
			close(k->memfd);
			l->spooled_bytes -= memfd_bytes(&k->record);
		}
		k->memfd = -1;
		l->first_seq++;
		l->n_sent--;
		vg_count(l->setup.stats, VG_H_ACKED, 1);
		l->setup.acked(l->setup.ctx, k->record.core_idx, k->record.object_id);
	}
	return true;
}

/* One message of vigild's. True where it was as it must be; descriptors it keeps are taken out of fds. */
static bool on_message(struct vg_match_link *l, const void *msg, size_t n_bytes, int *fds, size_t n_fds)
{
	const struct vg_msg_head *head = msg;

	if (vg_msg_is(head, n_bytes, VG_MSG_CONTROL_HELLO, sizeof(struct vg_msg_control_hello))) {
		if (l->greeted || n_fds)
			return false;
		greet(l, msg);
		return true;
	}
	if (!l->greeted)
		return false;
	if (vg_msg_is(head, n_bytes, VG_MSG_INDEX, sizeof(struct vg_msg_index))) {
		const struct vg_msg_index *m = msg;
		if (n_fds != 1 && n_fds != 2)
			return false;
		drop_index(l);
		l->index_fd = fds[0];
		l->tables_fd = n_fds == 2 ? fds[1] : -1;
		l->index_generation = m->generation;
		fds[0] = fds[n_fds - 1] = -1;
		return true;
	}
	if (vg_msg_is(head, n_bytes, VG_MSG_ACK, sizeof(struct vg_msg_ack)))
		return !n_fds && on_ack(l, ((const struct vg_msg_ack *)msg)->seq);
	return false;
}

static void receive(struct vg_match_link *l)
{
	union {
		struct vg_msg_head head;
		uint8_t room[128];
	} msg;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;

	for (int i_msg = 0; i_msg < MAX_MESSAGES && l->fd >= 0; i_msg++) {
		enum vg_err err = vg_sock_recv(l->fd, &msg, sizeof(msg), &n_bytes, fds, &n_fds);
		bool good;
		if (err == VG_EAGAIN)
			return;
		if (err) {
			hang_up(l, vg_err_str(err));
			return;
		}
		good = n_bytes >= sizeof(msg.head) && on_message(l, &msg, n_bytes, fds, n_fds);
		for (size_t i = 0; i < n_fds; i++)
			if (fds[i] >= 0)
				close(fds[i]);
		if (!good)
			hang_up(l, "it sent a message that is none");
	}
}

static void send_answer(struct vg_match_link *l)
{
	enum vg_err err = vg_sock_send(l->fd, &l->answer, sizeof(l->answer), NULL, 0);

	l->blocked = err == VG_EAGAIN;
	if (l->blocked)
		return;
	l->answer_waits = false;
	l->has_answered = true;
	if (err)
		hang_up(l, vg_err_str(err));
}

/* How many records from seq on go as one message: those without descriptors do. */
static uint32_t n_together(struct vg_match_link *l, uint64_t seq)
{
	uint32_t n = 0;

	while (n < VG_MSG_MAX_OBJECTS && seq + n < l->next_seq && kept_at(l, seq + n)->memfd < 0)
		n++;
	return n ? n : 1;
}

static enum vg_err send_some(struct vg_match_link *l, uint64_t seq, uint32_t n)
{
	struct kept *first = kept_at(l, seq);
	struct iovec pieces[1 + VG_MSG_MAX_OBJECTS];
	struct vg_msg_head head = vg_msg_head(VG_MSG_OBJECTS, sizeof(head) + n * sizeof(first->record));

	if (n == 1)
		return vg_sock_send(l->fd, &first->record, sizeof(first->record), &first->memfd, first->memfd >= 0);
	pieces[0] = (struct iovec){ .iov_base = &head, .iov_len = sizeof(head) };
	for (uint32_t i = 0; i < n; i++)
		pieces[1 + i] = (struct iovec){ .iov_base = &kept_at(l, seq + i)->record,
						.iov_len = sizeof(first->record) };
	return vg_sock_send_pieces(l->fd, pieces, 1 + n, NULL, 0);
}

static void send_records(struct vg_match_link *l)
{
	l->blocked = false;
	while (l->fd >= 0 && l->has_answered && l->first_seq + l->n_sent < l->next_seq) {
		uint64_t seq = l->first_seq + l->n_sent;
		uint32_t n = n_together(l, seq);
		enum vg_err err = send_some(l, seq, n);
		if (err == VG_EAGAIN) {
			l->blocked = true;
			return;
		}
		if (err) {
			hang_up(l, vg_err_str(err));
			return;
		}
		for (uint32_t i = 0; i < n; i++) {
			struct kept *k = kept_at(l, seq + i);
			vg_count(l->setup.stats, k->sent_before ? VG_H_RESENT : VG_H_SENT, 1);
			k->sent_before = true;
		}
		l->n_sent += n;
	}
}

static void send_waiting(struct vg_match_link *l)
{
	if (l->fd >= 0 && l->answer_waits)
		send_answer(l);
	if (l->fd >= 0 && !l->answer_waits)
		send_records(l);
}

void vg_match_link_serve(struct vg_match_link *link)
{
	accept_new(link);
	receive(link);
	send_waiting(link);
}

void vg_match_link_serve_ready(struct vg_match_link *link, const struct pollfd fds[VG_LINK_N_FDS])
{
	int fd = link->fd;

	if (fds[0].revents)
		accept_new(link);
	if (fds[1].revents || link->fd != fd) /* a new vigild may have spoken already */
		receive(link);
	send_waiting(link);
}

enum vg_err vg_match_link_put(struct vg_match_link *link, const struct vg_msg_record *record, int memfd)
{
	struct kept *k = kept_at(link, link->next_seq);

	if (vg_match_link_waiting(link) >= VG_LINK_MAX_RECORDS)
		return VG_EFULL;
	k->record = *record;
	k->record.head = vg_msg_head(memfd >= 0 && !is_frames_alone(record) ? VG_MSG_MATCH : VG_MSG_OBJECT,
				     sizeof(k->record));
	k->record.seq = link->next_seq++;
	k->memfd = memfd;
	k->sent_before = false;
	if (memfd >= 0)
		link->spooled_bytes += memfd_bytes(record);
	return VG_OK;
}

bool vg_match_link_full(const struct vg_match_link *link)
{
	return vg_match_link_waiting(link) >= VG_LINK_MAX_RECORDS / 2 || link->spooled_bytes > link->setup.spool_bytes;
}

uint32_t vg_match_link_waiting(const struct vg_match_link *link)
{
	return (uint32_t)(link->next_seq - link->first_seq);
}

bool vg_match_link_up(const struct vg_match_link *link)
{
	return link->fd >= 0;
}

bool vg_match_link_wants_objects(const struct vg_match_link *link)
{
	return link->wants_objects;
}

int vg_match_link_take_index(struct vg_match_link *link, uint64_t *generation, int *tables_fd)
{
	int fd = link->index_fd;

	*generation = link->index_generation;
	*tables_fd = link->tables_fd;
	link->index_fd = link->tables_fd = -1;
	return fd;
}

void vg_match_link_index_taken(struct vg_match_link *link, uint64_t generation, enum vg_err err)
{
	if (link->fd < 0)
		return;
	link->answer = (struct vg_msg_index_taken){ .head = vg_msg_head(VG_MSG_INDEX_TAKEN, sizeof(link->answer)),
						    .generation = generation,
						    .err = err };
	link->answer_waits = true;
	vg_match_link_serve(link);
}
