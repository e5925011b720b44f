/* Resources by their names, and two lines of them by age: those of which more is awaited, and uploads that ended and
 * may yet be gone on with, which make room first. */
#include "hashing/resource/resource_priv.h"

static uint32_t bucket_of(const struct vg_resources *rs, uint64_t name)
{
	return (uint32_t)((name * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (rs->n_buckets - 1);
}

uint32_t vg_resource_find(const struct vg_resources *rs, uint64_t name)
{
	uint32_t idx = rs->buckets[bucket_of(rs, name)];

	while (idx != VG_RESOURCE_NONE && rs->all[idx].name != name)
		idx = rs->all[idx].next_idx;
	return idx;
}

static struct vg_resource_line *line_of(struct vg_resources *rs, const struct vg_resource *r)
{
	return &rs->lines[r->is_settled];
}

static void line_leave(struct vg_resources *rs, uint32_t idx)
{
	struct vg_resource *r = &rs->all[idx];

	*(r->older == VG_RESOURCE_NONE ? &line_of(rs, r)->oldest : &rs->all[r->older].newer) = r->newer;
	*(r->newer == VG_RESOURCE_NONE ? &line_of(rs, r)->newest : &rs->all[r->newer].older) = r->older;
}

static void line_join(struct vg_resources *rs, uint32_t idx)
{
	struct vg_resource *r = &rs->all[idx];
	struct vg_resource_line *line = line_of(rs, r);

	r->older = line->newest;
	r->newer = VG_RESOURCE_NONE;
	*(r->older == VG_RESOURCE_NONE ? &line->oldest : &rs->all[r->older].newer) = idx;
	line->newest = idx;
}

void vg_resource_touch(struct vg_resources *rs, uint32_t idx, uint64_t now_ns)
{
	line_leave(rs, idx);
	rs->all[idx].seen_ns = now_ns;
	rs->all[idx].is_settled = false;
	line_join(rs, idx);
}

void vg_resource_settle(struct vg_resources *rs, uint32_t idx)
{
	line_leave(rs, idx);
	rs->all[idx].is_settled = true;
	line_join(rs, idx);
}

void vg_resource_forget(struct vg_resources *rs, uint32_t idx)
{
	struct vg_resource *r = &rs->all[idx];
	uint32_t *link = &rs->buckets[bucket_of(rs, r->name)];

	vg_resource_store_give_all(rs, idx);
	if (r->stream)
		rs->streams[rs->n_streams++] = r->stream;
	r->stream = NULL;
	while (*link != idx)
		link = &rs->all[*link].next_idx;
	*link = r->next_idx;
	line_leave(rs, idx);
	r->name = r->epoch = 0;
	r->next_idx = rs->first_free;
	rs->first_free = idx;
}

void vg_resource_let_go(struct vg_resources *rs, uint32_t idx, unsigned counter)
{
	vg_count(rs->setup.stats, rs->all[idx].is_settled ? VG_H_RESOURCES_LEFT : counter, 1);
	vg_resource_forget(rs, idx);
}

bool vg_resource_make_room(struct vg_resources *rs, uint32_t except_idx)
{
	for (unsigned i = 2; i--;) {
		uint32_t idx = rs->lines[i].oldest;
		if (idx == except_idx && idx != VG_RESOURCE_NONE)
			idx = rs->all[idx].newer;
		if (idx == VG_RESOURCE_NONE)
			continue;
		vg_resource_let_go(rs, idx, VG_H_RESOURCES_FULL);
		return true;
	}
	return false;
}

bool vg_resource_stream_begin(struct vg_resources *rs, uint32_t idx)
{
	uint32_t victim = rs->lines[1].oldest;

	while (!rs->n_streams && victim != VG_RESOURCE_NONE && (victim == idx || !rs->all[victim].stream))
		victim = rs->all[victim].newer;
	if (!rs->n_streams && victim != VG_RESOURCE_NONE)
		vg_resource_let_go(rs, victim, VG_H_RESOURCES_FULL);
	if (!rs->n_streams)
		return false;
	rs->all[idx].stream = rs->streams[--rs->n_streams];
	vg_digests_init(rs->all[idx].stream, rs->digests);
	return true;
}

uint32_t vg_resource_make(struct vg_resources *rs, uint64_t name, uint64_t total, enum vg_resource_kind kind,
			  uint64_t now_ns)
{
	uint32_t idx, bucket = bucket_of(rs, name);

	if (rs->first_free == VG_RESOURCE_NONE)
		(void)vg_resource_make_room(rs, VG_RESOURCE_NONE);
	idx = rs->first_free;
	rs->first_free = rs->all[idx].next_idx;
	rs->all[idx] = (struct vg_resource){ .name = name,
					     .total = total,
					     .epoch = ++rs->epoch,
					     .first_block = VG_RESOURCE_NONE,
					     .next_idx = rs->buckets[bucket],
					     .seen_ns = now_ns,
					     .kind = kind };
	rs->buckets[bucket] = idx;
	line_join(rs, idx);
	vg_count(rs->setup.stats, VG_H_RESOURCES, 1);
	if (kind == VG_RESOURCE_SIZED && total > rs->setup.keep_bytes && !vg_resource_stream_begin(rs, idx)) {
		vg_resource_let_go(rs, idx, VG_H_RESOURCES_FULL);
		return VG_RESOURCE_NONE;
	}
	return idx;
}

void vg_resource_age(struct vg_resources *rs, uint64_t now_ns)
{
	for (unsigned i = 0; i < 2; i++)
		for (uint32_t idx; (idx = rs->lines[i].oldest) != VG_RESOURCE_NONE;) {
			uint64_t seen_ns = rs->all[idx].seen_ns;
			if (now_ns <= seen_ns || now_ns - seen_ns <= rs->setup.age_ns)
				break;
			vg_resource_let_go(rs, idx, VG_H_RESOURCES_AGED);
		}
}
