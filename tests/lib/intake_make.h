#pragma once
/* intake_make: vigild's intake between a dataplane and a hasher that are played by the test, in one thread: 2 cores,
 * 2 hashers, hasher 0 linked. The list has the content's sha256 (entry 0), its md5 in a second list (entry 2) and a PDQ
 * hash (entry 1). Attribution slot 3 of core 1, hasher 0 holds the object. */
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
	struct vg_attribution *attr[2][2]; /* core, hasher */
	int attr_fd[2][2], listen_fd[3], dataplane_fd, hasher_fd;
	uint64_t seq;
	uint8_t content[RIG_N_BYTES];
	struct vg_msg_record valid; /* an exact match by sha256 */
	/* what the hooks saw */
	int n_matches, n_objects, n_drained, n_refused, last_held, last_exact, last_partial;
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
/* The next message of that type from intake, others are passed over; 0 where none comes, -1 where the link is closed. */
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
/* Plays a dataplane that starts: welcome, memory of all lanes, stats pages. */
static inline void rig_dataplane(struct rig *r, uint64_t boot_id)
{
	r->dataplane_fd = rig_accept(r, r->listen_fd[2]);
	struct vg_msg_welcome w = { vg_msg_head(VG_MSG_WELCOME, sizeof(w)), boot_id, 2, 2 };
	rig_send(r->dataplane_fd, &w, sizeof(w), NULL, 0);
	for (uint32_t core = 0; core < 2; core++) {
		struct vg_stats_page *page;
		int fd = rig_page(VG_STATS_BYTES, 0, (void **)&page);
		page->magic = VG_STATS_MAGIC;
		page->n_counters = VG_C_N;
		vg_count(page, VG_C_RX_PACKETS, 10 + core);
		munmap(page, VG_STATS_BYTES);
		if (vg_memfd_seal(fd, VG_SEALS_OURS))
			abort();
		struct vg_msg_stats s = { vg_msg_head(VG_MSG_STATS, sizeof(s)), core, 0 };
		rig_send(r->dataplane_fd, &s, sizeof(s), &fd, 1);
		close(fd);
		for (uint32_t hasher = 0; hasher < 2; hasher++) {
			struct vg_msg_attr a = { vg_msg_head(VG_MSG_ATTR, sizeof(a)), core, hasher, RIG_N_ATTR, 0 };
			rig_send(r->dataplane_fd, &a, sizeof(a), &r->attr_fd[core][hasher], 1);
		}
	}
	rig_settle(r);
}
/* Plays hasher 0: hello, index taken. */
static inline void rig_hasher(struct rig *r)
{
	struct vg_stats_page *page;
	struct vg_msg_index index;
	r->hasher_fd = rig_accept(r, r->listen_fd[0]);
	int fd = rig_page(VG_STATS_BYTES, 0, (void **)&page);
	page->magic = VG_STATS_MAGIC;
	vg_count(page, VG_H_OBJECTS, 3);
	munmap(page, VG_STATS_BYTES);
	struct vg_msg_hasher_hello h = { vg_msg_head(VG_MSG_HASHER_HELLO, sizeof(h)), 0, 0, RIG_BOOT };
	if (vg_memfd_seal(fd, VG_SEALS_OURS))
		abort();
	rig_send(r->hasher_fd, &h, sizeof(h), &fd, 1);
	close(fd);
	rig_settle(r);
	if (rig_receive(r->hasher_fd, VG_MSG_INDEX, &index, sizeof(index)) != 1)
		abort();
	struct vg_msg_index_taken t = { vg_msg_head(VG_MSG_INDEX_TAKEN, sizeof(t)), index.generation, VG_OK, 0 };
	rig_send(r->hasher_fd, &t, sizeof(t), NULL, 0);
	rig_settle(r);
	r->seq = 0;
}
static inline void rig_lists(struct rig *r)
{
	struct vg_config_list conf[2];
	char text[400], hex[65], why[VG_LISTS_WHY], dir[100];
	for (int i = 0; i < 2; i++) {
		vg_config_list_defaults(&conf[i]);
		strcpy(conf[i].name, i ? "second" : "first");
		conf[i].action = i ? VG_ACTION_COUNT : VG_ACTION_REPORT;
	}
	vg_hex(r->valid.sha256, 32, hex);
	snprintf(text, sizeof(text), "sha256,%s,E0\npdq,%s,E2\n", hex, RIG_PDQ);
	strcpy(conf[0].file, scratch_write(&r->scratch, "first.txt", text));
	vg_hex(r->valid.md5, 16, hex);
	snprintf(text, sizeof(text), "md5,%s,E1\n", hex);
	strcpy(conf[1].file, scratch_write(&r->scratch, "second.txt", text));
	snprintf(dir, sizeof(dir), "%s/lists", r->scratch.dir);
	r->lists = vg_lists_create(dir, why, sizeof(why));
	if (!r->lists || vg_lists_reload(r->lists, conf, 2, "", why, sizeof(why)))
		abort();
}
static inline void rig_object(struct rig *r)
{
	struct vg_attribution *a = &r->attr[RIG_CORE][0][RIG_SLOT];
	a->boot_id = RIG_BOOT;
	a->core_idx = RIG_CORE;
	a->body_bytes = a->size_hint = RIG_N_BYTES;
	a->kind = VG_KIND_JPEG;
	a->proto = VG_PROTO_HTTP;
	a->n_head = VG_ATTR_HEAD_BYTES;
	memcpy(a->head, r->content, VG_ATTR_HEAD_BYTES);
	atomic_store(&a->generation, 5);
	atomic_store(&a->state, VG_STATE_COMPLETE);
}
static inline void rig_init(struct rig *r, int with_objects, uint32_t per_minute)
{
	memset(r, 0, sizeof(*r));
	scratch_init(&r->scratch);
	for (unsigned i = 0; i < RIG_N_BYTES; i++)
		r->content[i] = (uint8_t)(i * 7 + i / 251);
	struct vg_msg_record *v = &r->valid;
	*v = (struct vg_msg_record){ .head = vg_msg_head(VG_MSG_MATCH, sizeof(*v)),
				     .boot_id = RIG_BOOT,
				     .object_id = RIG_OBJECT,
				     .generation = 1,
				     .n_bytes = RIG_N_BYTES,
				     .n_sample_bytes = RIG_N_BYTES,
				     .core_idx = RIG_CORE,
				     .kind = VG_KIND_JPEG,
				     .state = VG_STATE_COMPLETE,
				     .n_hits = 1,
				     .pdq_quality = 90,
				     .flags = VG_RECORD_HAS_DIGESTS | VG_RECORD_HAS_PDQ | VG_RECORD_LAST };
	EVP_Digest(r->content, RIG_N_BYTES, v->md5, NULL, EVP_md5(), NULL);
	EVP_Digest(r->content, RIG_N_BYTES, v->sha1, NULL, EVP_sha1(), NULL);
	EVP_Digest(r->content, RIG_N_BYTES, v->sha256, NULL, EVP_sha256(), NULL);
	vg_unhex(RIG_PDQ, v->pdq, 32);
	v->hits[0] = (struct vg_hit){ .entry_idx = 0, .algo = VG_ALGO_SHA256 };
	rig_lists(r);
	for (int core = 0; core < 2; core++)
		for (int hasher = 0; hasher < 2; hasher++)
			r->attr_fd[core][hasher] = rig_page(RIG_N_ATTR * sizeof(struct vg_attribution), VG_SEALS_OURS,
							    (void **)&r->attr[core][hasher]);
	rig_object(r);
	r->listen_fd[0] = vg_sock_listen(scratch_path(&r->scratch, "hasher-0.sock"));
	r->listen_fd[1] = vg_sock_listen(scratch_path(&r->scratch, "hasher-1.sock"));
	r->listen_fd[2] = vg_sock_listen(scratch_path(&r->scratch, "handover.sock"));
	struct vg_intake_conf conf = { .run_dir = r->scratch.dir, .n_hashers = 2, .matches_per_minute = per_minute };
	struct vg_intake_hooks hooks = { r, rig_on_match, with_objects ? rig_on_object : NULL, rig_on_refused,
					 rig_on_drained };
	r->loop = vg_loop_create();
	r->intake = vg_intake_create(r->loop, r->lists, &conf, &hooks);
	if (!r->intake)
		abort();
}
static inline void rig_fini(struct rig *r)
{
	vg_intake_destroy(r->intake);
	vg_loop_destroy(r->loop);
	vg_lists_destroy(r->lists);
	for (int i = 0; i < 4; i++) {
		munmap(r->attr[i / 2][i % 2], RIG_N_ATTR * sizeof(struct vg_attribution));
		close(r->attr_fd[i / 2][i % 2]);
	}
	for (int i = 0; i < 3; i++)
		close(r->listen_fd[i]);
	close(r->dataplane_fd);
	close(r->hasher_fd);
	scratch_fini(&r->scratch);
}
/* A memfd of n_bytes of the content (and zeros behind it) with these seals. */
static inline int rig_memfd(const struct rig *r, size_t n_bytes, int seals)
{
	int fd = vg_memfd_new("rig-match", n_bytes);
	size_t n = n_bytes < RIG_N_BYTES ? n_bytes : RIG_N_BYTES;
	if (fd < 0 || pwrite(fd, r->content, n, 0) != (ssize_t)n || (seals && vg_memfd_seal(fd, seals)))
		abort();
	return fd;
}
/* Sends a record with the next number and memfd (-1 = none, closed here) and lets intake work it. */
static inline void rig_record(struct rig *r, const struct vg_msg_record *record, int memfd)
{
	struct vg_msg_record m = *record;
	m.seq = ++r->seq;
	rig_send(r->hasher_fd, &m, sizeof(m), &memfd, memfd >= 0);
	if (memfd >= 0)
		close(memfd);
	rig_settle(r);
}
static inline uint64_t rig_refused(const struct rig *r, unsigned refusal)
{
	struct vg_intake_counts counts;
	vg_intake_counts(r->intake, &counts);
	return counts.n_refused[refusal];
}
/* The newest ACK, 0 where there is none, UINT64_MAX where the link is closed. */
static inline uint64_t rig_acked(struct rig *r)
{
	struct vg_msg_ack ack;
	uint64_t seq = 0;
	int got;
	while ((got = rig_receive(r->hasher_fd, VG_MSG_ACK, &ack, sizeof(ack))) == 1)
		seq = ack.seq;
	return got < 0 ? UINT64_MAX : seq;
}
