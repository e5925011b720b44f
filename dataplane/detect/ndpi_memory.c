/* See ndpi_memory.h. */
#include <stdlib.h>

#include "dataplane/detect/ndpi_memory_priv.h"

/* Whose memory the hooks serve: they are given no context, and a thread is one core. */
static _Thread_local struct vg_ndpi_memory *here;

static void put(struct vg_ndpi_memory *m, uint32_t block, unsigned order)
{
	m->order[block] = (uint8_t)order;
	m->unit[block] = VG_NDPI_FREE;
	m->prev[block] = VG_NDPI_NONE;
	m->next[block] = m->first[order];
	if (m->first[order] != VG_NDPI_NONE)
		m->prev[m->first[order]] = block;
	m->first[order] = block;
}

static void pull(struct vg_ndpi_memory *m, uint32_t block)
{
	unsigned order = m->order[block];

	if (m->prev[block] == VG_NDPI_NONE)
		m->first[order] = m->next[block];
	else
		m->next[m->prev[block]] = m->next[block];
	if (m->next[block] != VG_NDPI_NONE)
		m->prev[m->next[block]] = m->prev[block];
	m->unit[block] = VG_NDPI_INSIDE;
}

/* A block of 64 << order bytes: the smallest free one that is large enough, halved until it fits. */
static void *take(struct vg_ndpi_memory *m, unsigned order)
{
	unsigned from = order;
	uint32_t block;

	while (from < VG_NDPI_ORDERS && m->first[from] == VG_NDPI_NONE)
		from++;
	if (from >= VG_NDPI_ORDERS)
		return NULL;
	block = m->first[from];
	pull(m, block);
	while (from-- > order)
		put(m, block + (1u << from), from);
	m->order[block] = (uint8_t)order;
	m->unit[block] = VG_NDPI_TAKEN;
	m->n_used += (size_t)VG_NDPI_UNIT_BYTES << order;
	return m->bytes + (size_t)block * VG_NDPI_UNIT_BYTES;
}

static void give(struct vg_ndpi_memory *m, size_t off)
{
	uint32_t block = (uint32_t)(off / VG_NDPI_UNIT_BYTES);
	unsigned order = m->order[block];

	VG_INVARIANT(off % VG_NDPI_UNIT_BYTES == 0 && m->unit[block] == VG_NDPI_TAKEN);
	m->unit[block] = VG_NDPI_INSIDE;
	m->n_used -= (size_t)VG_NDPI_UNIT_BYTES << order;
	for (; order + 1 < VG_NDPI_ORDERS; order++) {
		uint32_t buddy = block ^ (1u << order);

		if (m->unit[buddy] != VG_NDPI_FREE || m->order[buddy] != order)
			break;
		pull(m, buddy);
		block &= ~(1u << order);
	}
	put(m, block, order);
}

void *vg_ndpi_memory_malloc(size_t n_bytes)
{
	unsigned order = 0;

	if (!here)
		return malloc(n_bytes ? n_bytes : 1);
	if (n_bytes > VG_NDPI_BYTES)
		return NULL;
	while (((size_t)VG_NDPI_UNIT_BYTES << order) < n_bytes)
		order++;
	return take(here, order);
}

void vg_ndpi_memory_free(void *at)
{
	uintptr_t off = here ? (uintptr_t)at - (uintptr_t)here->bytes : 0;

	if (!at)
		return;
	if (here && off < VG_NDPI_BYTES)
		give(here, off);
	else
		free(at);
}

void vg_ndpi_memory_enter(struct vg_ndpi_memory *memory)
{
	here = memory;
}

void vg_ndpi_memory_leave(void)
{
	here = NULL;
}

int vg_ndpi_memory_has_room(const struct vg_ndpi_memory *m)
{
	for (unsigned order = VG_NDPI_CALL_ORDER; order < VG_NDPI_ORDERS; order++)
		if (m->first[order] != VG_NDPI_NONE)
			return 1;
	return 0;
}

size_t vg_ndpi_memory_n_used(const struct vg_ndpi_memory *m)
{
	return m->n_used;
}
