/* The cold half of known.h: tables that come, and go once nobody reads them. */
#include <string.h>
#include <unistd.h>

#include <vigil/memfd.h>

#include "dataplane/hold/known.h"

#define NAP_US   2000
#define MAX_NAPS 100

static size_t table_bytes(uint32_t n_heads)
{
	return (size_t)n_heads * sizeof(struct vg_known_head);
}

static void drop(struct vg_known_table *table)
{
	if (table->heads)
		munmap((void *)(uintptr_t)table->heads, table_bytes(table->n_heads));
	memset(table, 0, sizeof(*table));
}

static int is_ascending(const struct vg_known_head *heads, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (heads[i].n_bytes < heads[i - 1].n_bytes ||
		    (heads[i].n_bytes == heads[i - 1].n_bytes &&
		     memcmp(heads[i].sha256, heads[i - 1].sha256, sizeof(heads[i].sha256)) <= 0))
			return 0;
	return 1;
}

enum vg_err vg_known_take(struct vg_known *known, const struct vg_msg_known *msg, int fd)
{
	const struct vg_known_table *now = atomic_load(&known->offered);
	struct vg_known_table *next = now == &known->tables[0] ? &known->tables[1] : &known->tables[0];
	size_t n_bytes, want = table_bytes(msg->n_heads);
	enum vg_err err;
	if (!msg->n_heads || msg->n_heads > VG_KNOWN_MAX_HEADS)
		return VG_ERANGE;
	err = vg_memfd_check(fd, VG_SEALS_FINAL, want, want, &n_bytes);
	if (err)
		return err;
	for (unsigned i = 0; i < MAX_NAPS && now && atomic_load(&known->taken) != now; i++)
		usleep(NAP_US);
	if (now && atomic_load(&known->taken) != now)
		return VG_EAGAIN;
	drop(next);
	next->heads = vg_memfd_map(fd, n_bytes, PROT_READ);
	if (!next->heads)
		return VG_EIO;
	next->n_heads = msg->n_heads;
	next->generation = msg->generation;
	if (!is_ascending(next->heads, next->n_heads)) {
		drop(next);
		return VG_ECORRUPT;
	}
	atomic_store_explicit(&known->offered, next, memory_order_release);
	return VG_OK;
}

void vg_known_destroy(struct vg_known *known)
{
	drop(&known->tables[0]);
	drop(&known->tables[1]);
}
