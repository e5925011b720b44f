/* Maps a lane and makes its private tables; nothing here runs once objects flow. */
#include <vigil/memfd.h>

#include "hashing/intake/intake.h"

static const void *map_checked(int fd, int seals, size_t want_bytes, int prot, enum vg_err *err)
{
	size_t n_bytes;
	void *at;

	*err = vg_memfd_check(fd, seals, want_bytes, want_bytes, &n_bytes);
	if (*err)
		return NULL;
	at = vg_memfd_map(fd, n_bytes, prot);
	if (!at)
		*err = VG_EIO;
	return at;
}

enum vg_err vg_intake_create(const struct vg_lane_geometry *geometry, const int fds[3], uint32_t core_idx,
			     uint64_t start_idx, struct vg_stats_page *stats, struct vg_intake **lane)
{
	struct vg_intake *l;
	enum vg_err err = vg_lane_check(geometry);
	size_t attr_bytes;

	*lane = NULL;
	if (err)
		return err;
	attr_bytes = vg_attr_bytes(geometry->n_attr);
	l = calloc(1, sizeof(*l));
	if (!l)
		return VG_ENOMEM;
	l->geometry = *geometry;
	l->stats = stats;
	l->core_idx = core_idx;
	l->tail = l->head = start_idx;
	l->objects = calloc(geometry->n_attr, sizeof(*l->objects));
	l->links = calloc(vg_lane_n_chunks(geometry), sizeof(*l->links));
	if (!l->objects || !l->links) {
		err = VG_ENOMEM;
		goto out;
	}
	l->out = map_checked(fds[0], VG_SEALS_OURS, vg_lane_out_bytes(geometry), PROT_READ, &err);
	if (!l->out)
		goto out;
	l->in = (void *)(uintptr_t)map_checked(fds[1], VG_SEALS_PEER, vg_lane_in_bytes(geometry),
					       PROT_READ | PROT_WRITE, &err);
	if (!l->in)
		goto out;
	l->attr = map_checked(fds[2], VG_SEALS_OURS, attr_bytes, PROT_READ, &err);
	if (!l->attr)
		goto out;
	vg_intake_publish(l);
	*lane = l;
	l = NULL;
out:
	vg_intake_destroy(l);
	return err;
}

void vg_intake_destroy(struct vg_intake *lane)
{
	if (!lane)
		return;
	if (lane->out)
		munmap((void *)(uintptr_t)lane->out, vg_lane_out_bytes(&lane->geometry));
	if (lane->in)
		munmap(lane->in, vg_lane_in_bytes(&lane->geometry));
	if (lane->attr)
		munmap((void *)(uintptr_t)lane->attr, vg_attr_bytes(lane->geometry.n_attr));
	free(lane->objects);
	free(lane->links);
	free(lane);
}
