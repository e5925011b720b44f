#pragma once
/* worker_make: a whole worker inside a test: a real lane, a real match link with a fake vigild on its other end, an
 * index of the test's own, and every record that arrives kept. Everything aborts where it cannot be. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <vigil/memfd.h>

#include "hashing/worker.h"
#include "tests/lib/index_make.h"
#include "tests/lib/lane_make.h"
#include "tests/lib/vigild_make.h"

#define VG_WORKER_MAKE_RECORDS 8192

struct vg_worker_make {
	char path[64];
	struct vg_lane_make maker, other; /* other: where there are two lanes */
	struct vg_intake *lane, *lanes[2];
	struct vg_stats_page stats;
	struct vg_match match;
	struct vg_match_link *link;
	struct vg_worker *worker;
	struct vg_vigild_make vigild;
	struct vg_index_make index;
	struct {
		struct vg_msg_record record;
		int memfd;
	} got[VG_WORKER_MAKE_RECORDS];
	uint32_t n_got, n_done, n_matched, n_waits;
	uint64_t last_done, index_generation;
	int refuse_to_wait;
};

static inline void vg_worker_make_acked(void *ctx, uint32_t core_idx, uint64_t object_id)
{
	struct vg_worker_make *m = ctx;
	vg_worker_acked(m->worker, core_idx, object_id);
}
/* Everything that has arrived at vigild. */
static inline void vg_worker_make_receive(struct vg_worker_make *m)
{
	union vg_vigild_message msg;
	int memfd;
	vg_match_link_serve(m->link);
	while (vg_vigild_receive(&m->vigild, &msg, &memfd) == 1) {
		if (msg.head.type != VG_MSG_OBJECT && msg.head.type != VG_MSG_MATCH)
			continue;
		if (m->n_got == VG_WORKER_MAKE_RECORDS)
			abort();
		m->got[m->n_got].record = msg.record;
		m->got[m->n_got++].memfd = memfd;
		vg_match_link_serve(m->link);
	}
}
static inline void vg_worker_make_ack_all(struct vg_worker_make *m)
{
	vg_worker_make_receive(m);
	if (m->n_got)
		vg_vigild_ack(&m->vigild, m->got[m->n_got - 1].record.seq);
	vg_match_link_serve(m->link);
}
static inline bool vg_worker_make_wait(void *ctx)
{
	struct vg_worker_make *m = ctx;
	m->n_waits++;
	vg_worker_make_ack_all(m);
	return !m->refuse_to_wait;
}
static inline void vg_worker_make_forget(struct vg_worker_make *m)
{
	for (uint32_t i = 0; i < m->n_got; i++)
		if (m->got[i].memfd >= 0)
			close(m->got[i].memfd);
	m->n_got = 0;
}
/* Takes all that is in the lane, then the returns. */
static inline void vg_worker_make_step(struct vg_worker_make *m)
{
	struct vg_return r;
	/* As many idle ones as end all waiting for others' digests. */
	for (unsigned n_idle = 0; n_idle < VG_WORKER_BULK_IDLE + 2; n_idle++)
		while (vg_worker_step(m->worker))
			;
	vg_worker_make_receive(m);
	while (vg_lane_make_return(&m->maker, &r))
		if (r.type == VG_RETURN_DONE) {
			m->n_done++;
			m->n_matched += r.verdict;
			m->last_done = r.object_id;
		}
}
/* Publishes the index as it is now. */
static inline void vg_worker_make_index(struct vg_worker_make *m)
{
	size_t n_bytes;
	uint8_t *bytes = vg_index_make_bytes(&m->index, ++m->index_generation, &n_bytes);
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	if (vg_index_take(m->match.index, fd, -1, m->index_generation))
		abort();
	free(bytes);
	close(fd);
}
/* Connects as vigild and gives an index over the link, as in life. */
static inline void vg_worker_make_connect(struct vg_worker_make *m, uint32_t flags)
{
	uint64_t generation;
	int index = vg_memfd_new("i", 1), taken;
	vg_vigild_connect(&m->vigild, m->path);
	vg_vigild_say_hello(&m->vigild, flags);
	vg_vigild_send_index(&m->vigild, index, 1);
	vg_match_link_serve(m->link);
	taken = vg_match_link_take_index(m->link, &generation, &(int){ -1 });
	vg_match_link_index_taken(m->link, generation, VG_OK);
	close(index);
	close(taken);
}
static inline struct vg_hashing_conf vg_worker_make_conf(void)
{
	return (struct vg_hashing_conf){ .max_unpacked_bytes = 64 << 20,
					 .max_ratio = 2000,
					 .max_members = 20,
					 .max_pixels = 1 << 24,
					 .sample_bytes = 1000,
					 .spool_bytes = 1 << 20,
					 .resource_hold_bytes = 16 << 20,
					 .resource_hold_ms = 60000 };
}
static inline struct vg_worker_make *vg_worker_make_create_lanes(const struct vg_hashing_conf *conf, uint32_t flags,
								 uint32_t n_lanes)
{
	struct vg_worker_make *m = calloc(1, sizeof(*m));
	if (!m)
		abort();
	snprintf(m->path, sizeof(m->path), "/tmp/vigil-test-worker.%d", getpid());
	vg_lane_make_init(&m->maker, 2048, 16, 32);
	if (vg_intake_create(&m->maker.geometry, m->maker.fds, 0, 0, &m->stats, &m->lane))
		abort();
	m->lanes[0] = m->lane;
	if (n_lanes == 2) {
		vg_lane_make_init(&m->other, 2048, 16, 32);
		if (vg_intake_create(&m->other.geometry, m->other.fds, 1, 0, &m->stats, &m->lanes[1]))
			abort();
	}
	m->match = (struct vg_match){
		.image = vg_image_create(NULL), .pdq = vg_pdq_create(), .index = vg_index_create(), .stats = &m->stats
	};
	struct vg_match_link_setup link = { .listen_fd = vg_sock_listen(m->path),
					    .stats_fd = m->maker.fds[0],
					    .boot_id = 7,
					    .spool_bytes = conf->spool_bytes,
					    .stats = &m->stats,
					    .acked = vg_worker_make_acked,
					    .ctx = m };
	m->link = vg_match_link_create(&link);
	struct vg_worker_setup setup = { .lanes = m->lanes,
					 .n_lanes = n_lanes,
					 .link = m->link,
					 .match = &m->match,
					 .stats = &m->stats,
					 .conf = *conf,
					 .boot_id = 7,
					 .wait = vg_worker_make_wait,
					 .ctx = m };
	m->worker = vg_worker_create(&setup);
	if (!m->worker)
		abort();
	vg_worker_make_connect(m, flags);
	return m;
}
static inline struct vg_worker_make *vg_worker_make_create(const struct vg_hashing_conf *conf, uint32_t flags)
{
	return vg_worker_make_create_lanes(conf, flags, 1);
}
static inline void vg_worker_make_destroy(struct vg_worker_make *m)
{
	vg_worker_make_forget(m);
	vg_vigild_close(&m->vigild);
	vg_worker_destroy(m->worker);
	vg_match_link_destroy(m->link);
	vg_index_destroy(m->match.index);
	vg_pdq_destroy(m->match.pdq);
	vg_image_destroy(m->match.image);
	vg_intake_destroy(m->lane);
	vg_lane_make_fini(&m->maker);
	if (m->lanes[1]) {
		vg_intake_destroy(m->lanes[1]);
		vg_lane_make_fini(&m->other);
	}
	vg_index_make_free(&m->index);
	unlink(m->path);
	free(m);
}
static inline uint64_t vg_worker_make_count(struct vg_worker_make *m, unsigned counter)
{
	return atomic_load(&m->stats.counters[counter]);
}
