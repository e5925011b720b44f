/* See urls.h. */
#include "control/known/urls.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vigil/memfd.h>
#include <vigil/url_table.h>

#define MIN_SLOTS 64u

/* 0, or -1: too crowded there. not_for: bit per profile for which these flags do not hold. */
static int put(struct vg_url_slot *slots, uint32_t n_slots, uint64_t hash, uint32_t flags, uint8_t not_for)
{
	for (uint32_t i = 0; i < VG_URL_MAX_PROBES; i++) {
		struct vg_url_slot *s = &slots[(hash + i) & (n_slots - 1)];
		if (s->hash && s->hash != hash)
			continue;
		s->hash = hash;
		if (flags & VG_URL_LISTED)
			s->not_listed = s->flags & VG_URL_LISTED ? s->not_listed & not_for : not_for;
		if (flags & VG_URL_BLOCK)
			s->not_blocked = s->flags & VG_URL_BLOCK ? s->not_blocked & not_for : not_for;
		s->flags |= flags;
		return 0;
	}
	return -1;
}

static int fill(const struct vg_index_view *view, struct vg_url_slot *slots, struct vg_url_table_header *h)
{
	h->n_urls = h->n_domains = 0;
	for (uint64_t i = 0; view && i < view->n_urls; i++) {
		uint32_t entry_idx = view->urls[i].entry_idx, flags = VG_URL_LISTED;
		uint64_t hash, under;
		if (entry_idx >= view->n_entries)
			continue;
		memcpy(&hash, view->urls[i].value, sizeof(hash));
		memcpy(&under, view->urls[i].value + 8, sizeof(under));
		const struct vg_index_list *list = &view->lists[view->entries[entry_idx].list_idx];
		if (vg_action_blocks(list->action))
			flags |= VG_URL_BLOCK;
		if (!hash || put(slots, h->n_slots, hash, flags, list->not_profiles) ||
		    (under && put(slots, h->n_slots, under, VG_URL_UNDER, 0)))
			return -1;
		h->n_urls++;
		h->n_domains += !under;
	}
	return 0;
}

static enum vg_err write_out(const struct vg_url_table_header *h, const struct vg_url_slot *slots, int *fd)
{
	size_t n_slots = h->n_slots * sizeof(*slots), n_bytes = sizeof(*h) + n_slots;
	uint8_t *at;
	*fd = vg_memfd_new("vigil-urls", n_bytes);
	at = *fd < 0 ? NULL : vg_memfd_map(*fd, n_bytes, PROT_READ | PROT_WRITE);
	if (at) {
		memcpy(at, h, sizeof(*h));
		memcpy(at + sizeof(*h), slots, n_slots);
		munmap(at, n_bytes);
		if (!vg_memfd_seal(*fd, VG_SEALS_FINAL))
			return VG_OK;
	}
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return VG_EIO;
}

enum vg_err vg_urls_table(const struct vg_index_view *view, uint64_t generation, int *fd)
{
	struct vg_url_table_header h = { .magic = VG_URL_TABLE_MAGIC,
					 .version = VG_URL_TABLE_VERSION,
					 .n_slots = MIN_SLOTS,
					 .generation = generation };
	uint64_t n = view ? view->n_urls : 0;
	enum vg_err err = VG_EFULL;
	*fd = -1;
	while (h.n_slots < 4 * n) /* each may bring its host */
		h.n_slots *= 2;
	for (; err == VG_EFULL && h.n_slots <= VG_URL_MAX_SLOTS; h.n_slots *= 2) {
		struct vg_url_slot *slots = calloc(h.n_slots, sizeof(*slots));
		if (!slots)
			return VG_ENOMEM;
		if (!fill(view, slots, &h)) {
			err = EVP_Digest(slots, h.n_slots * sizeof(*slots), h.sha256, NULL, EVP_sha256(), NULL)
				      ? VG_OK
				      : VG_EIO;
			if (!err)
				err = write_out(&h, slots, fd);
		}
		free(slots);
	}
	return err;
}
