/* All memory of the room, made before the sandbox closes. */
#include <stdlib.h>
#include <sys/mman.h>

#include <vigil/pages.h>

#include "hashing/resource/resource_priv.h"

static void discard(struct vg_resources *rs)
{
	if (rs->memory)
		munmap(rs->memory, (size_t)rs->n_blocks * VG_RESOURCE_BLOCK);
	for (uint32_t i = 0; rs->all && i < rs->setup.n_resources; i++)
		vg_digests_destroy(rs->all[i].stream);
	for (uint32_t i = 0; i < rs->n_streams; i++)
		vg_digests_destroy(rs->streams[i]);
	vg_digests_destroy(rs->spare);
	vg_pages_free(rs->tables, rs->n_table_bytes);
	free(rs);
}

void vg_resources_destroy(struct vg_resources *rs)
{
	if (rs)
		discard(rs);
}

static uint32_t power_above(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

/* The next table in the one block that they share: all of it is written below, and a block of this size comes in huge
 * pages where there are any, not in five hundred others. NULL while the block is only being measured. */
static void *cut_table(struct vg_resources *rs, size_t n_bytes)
{
	size_t at = rs->n_table_bytes;

	rs->n_table_bytes += (n_bytes + 63) & ~(size_t)63;
	return rs->tables ? (uint8_t *)rs->tables + at : NULL;
}

static void cut_tables(struct vg_resources *rs)
{
	rs->n_table_bytes = 0;
	rs->all = cut_table(rs, rs->setup.n_resources * sizeof(*rs->all));
	rs->buckets = cut_table(rs, rs->n_buckets * sizeof(*rs->buckets));
	rs->blocks = cut_table(rs, rs->n_blocks * sizeof(*rs->blocks));
	rs->block_buckets = cut_table(rs, rs->n_block_buckets * sizeof(*rs->block_buckets));
	rs->spans = cut_table(rs, ((size_t)rs->n_blocks + VG_RESOURCE_EXTENTS) * sizeof(*rs->spans));
}

static bool make_tables(struct vg_resources *rs)
{
	rs->n_buckets = power_above(rs->setup.n_resources);
	rs->n_block_buckets = power_above(rs->n_blocks);
	cut_tables(rs);
	rs->tables = vg_pages_new(rs->n_table_bytes);
	if (!rs->tables)
		return false;
	cut_tables(rs);
	for (uint32_t i = 0; i < rs->n_buckets; i++)
		rs->buckets[i] = VG_RESOURCE_NONE;
	for (uint32_t i = 0; i < rs->n_block_buckets; i++)
		rs->block_buckets[i] = VG_RESOURCE_NONE;
	for (uint32_t i = 0; i < rs->setup.n_resources; i++)
		rs->all[i].next_idx = i + 1 < rs->setup.n_resources ? i + 1 : VG_RESOURCE_NONE;
	for (uint32_t i = 0; i < rs->n_blocks; i++)
		rs->blocks[i].next_idx = i + 1 < rs->n_blocks ? i + 1 : VG_RESOURCE_NONE;
	for (unsigned i = 0; i < 2; i++)
		rs->lines[i] = (struct vg_resource_line){ VG_RESOURCE_NONE, VG_RESOURCE_NONE };
	return true;
}

struct vg_resources *vg_resources_create(const struct vg_resources_setup *setup)
{
	struct vg_resources *rs = calloc(1, sizeof(*rs));

	if (!rs)
		return NULL;
	rs->setup = *setup;
	rs->digests = VG_DIGEST_ALL;
	rs->setup.n_resources += !setup->n_resources;
	rs->n_blocks = (uint32_t)(setup->hold_bytes / VG_RESOURCE_BLOCK);
	rs->n_blocks += !rs->n_blocks;
	rs->memory = mmap(NULL, (size_t)rs->n_blocks * VG_RESOURCE_BLOCK, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (rs->memory == MAP_FAILED)
		rs->memory = NULL;
	if (!rs->memory || !make_tables(rs))
		goto out;
	(void)madvise(rs->memory, (size_t)rs->n_blocks * VG_RESOURCE_BLOCK, MADV_DONTDUMP);
	rs->spare = vg_digests_create();
	if (!rs->spare)
		goto out;
	for (; rs->n_streams < VG_RESOURCE_MAX_STREAMS; rs->n_streams++)
		if (!(rs->streams[rs->n_streams] = vg_digests_create()))
			goto out;
	return rs;
out:
	discard(rs);
	return NULL;
}
