/* Tables that come, and go once nobody reads them. */
#include <string.h>
#include <unistd.h>

#include <vigil/memfd.h>

#include "dataplane/scope/sha256.h"
#include "dataplane/scope/urls.h"

#define NAP_US    2000
#define MAX_NAPS  100
#define MAX_BYTES (sizeof(struct vg_url_table_header) + (size_t)VG_URL_MAX_SLOTS * sizeof(struct vg_url_slot))

static void drop(struct vg_url_map *map)
{
	if (map->header)
		munmap((void *)(uintptr_t)map->header,
		       sizeof(*map->header) + (size_t)map->n_slots * sizeof(*map->slots));
	memset(map, 0, sizeof(*map));
}

static enum vg_err check(const void *base, size_t n_bytes)
{
	const struct vg_url_table_header *h = base;
	struct vg_sha256 sum;
	uint8_t sha256[32];
	enum vg_err err = vg_url_table_check(base, n_bytes);

	if (err)
		return err;
	vg_sha256_init(&sum);
	vg_sha256_feed(&sum, (const uint8_t *)base + sizeof(*h), n_bytes - sizeof(*h));
	vg_sha256_done(&sum, sha256);
	return memcmp(sha256, h->sha256, sizeof(sha256)) ? VG_ECORRUPT : VG_OK;
}

/* The place that no worker reads: not the one offered, nor one that the worker has not let go. */
static struct vg_url_map *place(struct vg_urls *urls)
{
	const struct vg_url_map *now = atomic_load(&urls->offered);

	for (unsigned i = 0; i < MAX_NAPS && now && atomic_load(&urls->taken) != now; i++)
		usleep(NAP_US);
	if (now && atomic_load(&urls->taken) != now)
		return NULL;
	return now == &urls->maps[0] ? &urls->maps[1] : &urls->maps[0];
}

enum vg_err vg_urls_take(struct vg_urls *urls, const struct vg_msg_urls *msg, int fd)
{
	struct vg_url_map *next;
	void *base;
	size_t n_bytes;
	enum vg_err err = vg_memfd_check(fd, VG_SEALS_FINAL, sizeof(struct vg_url_table_header), MAX_BYTES, &n_bytes);

	if (msg->profiles != urls->profiles)
		return VG_ECONFLICT;
	if (err)
		return err;
	next = place(urls);
	if (!next)
		return VG_EAGAIN;
	base = vg_memfd_map(fd, n_bytes, PROT_READ);
	if (!base)
		return VG_EIO;
	err = check(base, n_bytes);
	if (err) {
		munmap(base, n_bytes);
		return err;
	}
	drop(next);
	next->header = base;
	next->slots = (const void *)(next->header + 1);
	next->n_slots = next->header->n_slots;
	next->n_domains = next->header->n_domains;
	atomic_store_explicit(&urls->offered, next, memory_order_release);
	return VG_OK;
}

void vg_urls_fini(struct vg_urls *urls)
{
	drop(&urls->maps[0]);
	drop(&urls->maps[1]);
}
