#pragma once
/* intake_make: plays dataplane and hasher against vigild's intake; see intake_rig.h for what they hold. */
#include "tests/lib/intake_rig.h"

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
			r->attr_fd[core][hasher] = rig_page(vg_attr_bytes(RIG_N_ATTR), VG_SEALS_OURS,
							    (void **)&r->slots[core][hasher]);
	rig_object(r);
	r->listen_fd[0] = vg_sock_listen(scratch_path(&r->scratch, "hasher-0.sock"));
	r->listen_fd[1] = vg_sock_listen(scratch_path(&r->scratch, "hasher-1.sock"));
	r->listen_fd[2] = vg_sock_listen(scratch_path(&r->scratch, "handover.sock"));
	struct vg_intake_conf conf = { .run_dir = r->scratch.dir,
				       .n_hashers = 2,
				       .matches_per_minute = per_minute,
				       .max_sample_bytes = 2 * RIG_N_BYTES };
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
		munmap(r->slots[i / 2][i % 2], vg_attr_bytes(RIG_N_ATTR));
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
