#include "control/intake/boots.h"

#include <stdlib.h>
#include <string.h>

#include <vigil/memfd.h>

#define N_LANES (VG_LANE_MAX_CORES * VG_LANE_MAX_HASHERS)

struct boot {
	uint64_t boot_id; /* 0 = none */
	uint32_t n_cores, n_hashers, n_attrs, n_pages;
	struct {
		const struct vg_attr_slot *records;
		uint32_t n_attr;
		size_t n_bytes;
	} lanes[N_LANES]; /* core * VG_LANE_MAX_HASHERS + hasher */
	const struct vg_stats_page *pages[VG_LANE_MAX_CORES];
};
struct vg_boots {
	struct boot *now, *before;
};

static void unmap(const void *at, size_t n_bytes)
{
	if (at)
		munmap((void *)(uintptr_t)at, n_bytes);
}

static void forget(struct boot *b)
{
	for (uint32_t i = 0; i < N_LANES; i++)
		unmap(b->lanes[i].records, b->lanes[i].n_bytes);
	for (uint32_t i = 0; i < VG_LANE_MAX_CORES; i++)
		unmap(b->pages[i], VG_STATS_BYTES);
	memset(b, 0, sizeof(*b));
}

static void release(struct vg_boots *boots)
{
	if (boots->now)
		forget(boots->now);
	if (boots->before)
		forget(boots->before);
	free(boots->now);
	free(boots->before);
	free(boots);
}

struct vg_boots *vg_boots_create(void)
{
	struct vg_boots *boots = calloc(1, sizeof(*boots));
	if (!boots)
		return NULL;
	boots->now = calloc(1, sizeof(*boots->now));
	boots->before = calloc(1, sizeof(*boots->before));
	if (boots->now && boots->before)
		return boots;
	release(boots);
	return NULL;
}

void vg_boots_destroy(struct vg_boots *boots)
{
	if (boots)
		release(boots);
}

enum vg_err vg_boots_welcome(struct vg_boots *boots, const struct vg_msg_welcome *welcome)
{
	if (!welcome->boot_id || !welcome->n_cores || welcome->n_cores > VG_LANE_MAX_CORES || !welcome->n_hashers ||
	    welcome->n_hashers > VG_LANE_MAX_HASHERS)
		return VG_ERANGE;
	if (boots->now->boot_id != welcome->boot_id) {
		struct boot *oldest = boots->before;
		forget(oldest);
		boots->before = boots->now;
		boots->now = oldest;
	} else {
		forget(boots->now);
	}
	boots->now->boot_id = welcome->boot_id;
	boots->now->n_cores = welcome->n_cores;
	boots->now->n_hashers = welcome->n_hashers;
	return VG_OK;
}

enum vg_err vg_boots_attr(struct vg_boots *boots, const struct vg_msg_attr *attr, int fd)
{
	struct boot *b = boots->now;
	size_t n_bytes, want;
	if (attr->core_idx >= b->n_cores || attr->hasher_idx >= b->n_hashers || !attr->n_attr ||
	    attr->n_attr > VG_LANE_MAX_SLOTS)
		return VG_ERANGE;
	want = vg_attr_bytes(attr->n_attr);
	uint32_t lane = attr->core_idx * VG_LANE_MAX_HASHERS + attr->hasher_idx;
	if (b->lanes[lane].records)
		return VG_ECONFLICT;
	enum vg_err err = vg_memfd_check(fd, VG_SEALS_OURS, want, want + VG_LANE_PAGE, &n_bytes);
	if (err)
		return err;
	void *at = vg_memfd_map(fd, want, PROT_READ);
	if (!at)
		return VG_EIO;
	b->lanes[lane].records = at;
	b->lanes[lane].n_attr = attr->n_attr;
	b->lanes[lane].n_bytes = want;
	b->n_attrs++;
	return VG_OK;
}

const struct vg_stats_page *vg_stats_page_map(int fd, enum vg_err *err)
{
	size_t n_bytes;
	*err = vg_memfd_check(fd, VG_SEALS_OURS, VG_STATS_BYTES, VG_STATS_BYTES, &n_bytes);
	if (*err)
		return NULL;
	const struct vg_stats_page *page = vg_memfd_map(fd, VG_STATS_BYTES, PROT_READ);
	if (!page)
		*err = VG_EIO;
	else if (page->magic != VG_STATS_MAGIC)
		*err = VG_ECORRUPT;
	if (!*err)
		return page;
	unmap(page, VG_STATS_BYTES);
	return NULL;
}

enum vg_err vg_boots_stats(struct vg_boots *boots, const struct vg_msg_stats *stats, int fd)
{
	enum vg_err err;
	if (stats->core_idx >= boots->now->n_cores)
		return VG_ERANGE;
	if (boots->now->pages[stats->core_idx])
		return VG_ECONFLICT;
	boots->now->pages[stats->core_idx] = vg_stats_page_map(fd, &err);
	boots->now->n_pages += !err;
	return err;
}

int vg_boots_ready(const struct vg_boots *boots, uint64_t *boot_id)
{
	const struct boot *b = boots->now;
	if (boot_id)
		*boot_id = b->boot_id;
	return b->boot_id && b->n_attrs == b->n_cores * b->n_hashers && b->n_pages == b->n_cores;
}

static const struct boot *find(const struct vg_boots *boots, uint64_t boot_id)
{
	if (!boot_id)
		return NULL;
	return boots->now->boot_id == boot_id ? boots->now : boots->before->boot_id == boot_id ? boots->before : NULL;
}

int vg_boots_knows(const struct vg_boots *boots, uint64_t boot_id)
{
	return find(boots, boot_id) != NULL;
}

enum vg_err vg_boots_read(const struct vg_boots *boots, uint64_t boot_id, uint32_t core_idx, uint32_t hasher_idx,
			  uint64_t object_id, struct vg_attribution *copy)
{
	const struct boot *b = find(boots, boot_id);
	if (!b || core_idx >= b->n_cores || hasher_idx >= b->n_hashers)
		return VG_ENOTFOUND;
	uint32_t lane = core_idx * VG_LANE_MAX_HASHERS + hasher_idx;
	if (!b->lanes[lane].records)
		return VG_ENOTFOUND;
	return vg_attribution_read(b->lanes[lane].records, b->lanes[lane].n_attr, object_id, copy);
}

const struct vg_stats_page *vg_boots_page(const struct vg_boots *boots, uint32_t core_idx)
{
	return core_idx < VG_LANE_MAX_CORES ? boots->now->pages[core_idx] : NULL;
}

uint32_t vg_boots_n_cores(const struct vg_boots *boots)
{
	return boots->now->n_cores;
}
