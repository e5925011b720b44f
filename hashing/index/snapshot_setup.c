/* snapshot_setup: takes a generation up: seals, size, map, header and references, checksum; the same for its search
 * tables; then what each hasher keeps for itself. */
#include <string.h>
#include <sys/mman.h>

#include <openssl/evp.h>

#include <vigil/memfd.h>

#include "hashing/index/snapshot_priv.h"

static void let_go(struct vg_index *index)
{
	if (index->map)
		(void)munmap(index->map, index->n_map_bytes);
	if (index->tables)
		(void)munmap(index->tables, index->n_tables_bytes);
	for (unsigned algo = VG_ALGO_MD5; algo < VG_ALGO_PDQ; algo++)
		vg_exact_fini(&index->exact[algo]);
	vg_near_fini(&index->near);
	vg_videos_fini(&index->videos);
}

void vg_index_destroy(struct vg_index *index)
{
	if (!index)
		return;
	let_go(index);
	EVP_MD_free(index->sha256);
	free(index);
}

struct vg_index *vg_index_create(void)
{
	struct vg_index *index = calloc(1, sizeof(*index));
	if (!index)
		return NULL;
	index->tier = vg_hamming_select();
	index->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!index->sha256) {
		free(index);
		return NULL;
	}
	return index;
}

/* The SHA-256 of what follows the header is the one that the header names. */
static enum vg_err check_sum(const uint8_t *base, size_t n_header, size_t n_bytes, const uint8_t *want,
			     const EVP_MD *sha256)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	if (EVP_Digest(base + n_header, n_bytes - n_header, sum, NULL, sha256, NULL) != 1)
		return VG_ENOMEM;
	return memcmp(sum, want, 32) ? VG_ECORRUPT : VG_OK;
}

/* The header is outside the checksum, so that it must be the only one that fits: sections lie one behind the other
 * in the order of the format, from the header to the end, and what pads them is zero. */
static enum vg_err check_layout(const struct vg_index_view *view)
{
	const struct vg_index_header *h = view->header;
	const struct {
		const struct vg_index_section *section;
		size_t n_item_bytes;
	} order[] = {
		{ &h->lists, sizeof(*view->lists) },
		{ &h->entries, sizeof(*view->entries) },
		{ &h->md5, sizeof(*view->md5) },
		{ &h->sha1, sizeof(*view->sha1) },
		{ &h->sha256s, sizeof(*view->sha256) },
		{ &h->pdq, sizeof(*view->pdq) },
		{ &h->urls, sizeof(*view->urls) },
		{ &h->videos, sizeof(*view->videos) },
		{ &h->frames, sizeof(*view->frames) },
		{ &h->groups, sizeof(*view->groups) },
		{ &h->plugins, sizeof(*view->plugins) },
		{ &h->plugin_values, 1 },
		{ &h->strings, 1 },
	};
	uint64_t end = sizeof(*h);
	for (size_t i = 0; i <= VG_ARRAY_LEN(order); i++) {
		uint64_t begin = i < VG_ARRAY_LEN(order) ? order[i].section->off : h->n_bytes;
		if (begin != (end + VG_INDEX_ALIGN - 1) / VG_INDEX_ALIGN * VG_INDEX_ALIGN)
			return VG_ECORRUPT;
		for (; end < begin; end++)
			if (view->base[end])
				return VG_ECORRUPT;
		if (i < VG_ARRAY_LEN(order))
			end = begin + order[i].section->n_items * order[i].n_item_bytes;
	}
	return h->reserved ? VG_ECORRUPT : VG_OK;
}

/* The exact sections are sorted: else look-ups would miss what is there. */
static int in_order(const void *records, uint64_t n_records, size_t n_value)
{
	const uint8_t *at = records;
	for (uint64_t i = 1; i < n_records; i++, at += n_value + 4)
		if (memcmp(at, at + n_value + 4, n_value) > 0)
			return 0;
	return 1;
}

static enum vg_err check_order(const struct vg_index_view *view)
{
	return in_order(view->md5, view->n_md5, 16) && in_order(view->sha1, view->n_sha1, 20) &&
			       in_order(view->sha256, view->n_sha256, 32)
		       ? VG_OK
		       : VG_ECORRUPT;
}

/* Tables are for this index or none: a hasher does not go on with half of what it was given. */
static enum vg_err take_tables(struct vg_index *index, int fd)
{
	enum vg_err err;
	if (fd < 0)
		return VG_OK;
	err = vg_memfd_check(fd, VG_SEALS_FINAL, sizeof(struct vg_tables_header), VG_TABLES_MAX_BYTES,
			     &index->n_tables_bytes);
	if (err)
		return err;
	index->tables = vg_memfd_map_large(fd, index->n_tables_bytes, PROT_READ);
	if (!index->tables)
		return VG_EIO;
	err = vg_tables_open(index->tables, index->n_tables_bytes, &index->view, &index->pdq_bands,
			     &index->frame_bands);
	return err ? err
		   : check_sum(index->tables, sizeof(struct vg_tables_header), index->n_tables_bytes,
			       ((const struct vg_tables_header *)index->tables)->sha256, index->sha256);
}

static enum vg_err make_searches(struct vg_index *index)
{
	uint32_t max_distance = 0;
	enum vg_err err;
	for (uint64_t i = 0; i < index->view.n_lists; i++)
		if (index->view.lists[i].match_distance > max_distance)
			max_distance = index->view.lists[i].match_distance;
	for (enum vg_algo algo = VG_ALGO_MD5; algo < VG_ALGO_PDQ; algo++)
		vg_exact_init(&index->exact[algo], &index->view, algo);
	err = vg_near_init(&index->near, index->tier, index->view.pdq, index->view.n_pdq, max_distance,
			   &index->pdq_bands);
	return err ? err : vg_videos_init(&index->videos, index->tier, &index->view, &index->frame_bands);
}

static enum vg_err check_index(struct vg_index *index, int fd, int tables_fd, uint64_t generation)
{
	enum vg_err err = vg_memfd_check(fd, VG_SEALS_FINAL, sizeof(struct vg_index_header), VG_INDEX_MAX_BYTES,
					 &index->n_map_bytes);
	if (err)
		return err;
	index->map = vg_memfd_map(fd, index->n_map_bytes, PROT_READ);
	if (!index->map)
		return VG_EIO;
	err = vg_index_open(index->map, index->n_map_bytes, &index->view);
	if (!err)
		err = check_layout(&index->view);
	if (!err)
		err = check_sum(index->map, sizeof(struct vg_index_header), index->n_map_bytes,
				index->view.header->sha256, index->sha256);
	if (!err && index->view.header->generation != generation)
		err = VG_EVERSION;
	if (!err)
		err = check_order(&index->view);
	return err ? err : take_tables(index, tables_fd);
}

enum vg_err vg_index_take(struct vg_index *index, int fd, int tables_fd, uint64_t generation)
{
	struct vg_index fresh = {
		.tier = index->tier, .sha256 = index->sha256, .generation = generation, .epoch = index->epoch + 1
	};
	enum vg_err err = check_index(&fresh, fd, tables_fd, generation);
	if (!err)
		err = make_searches(&fresh);
	if (err) {
		let_go(&fresh);
		return err;
	}
	let_go(index);
	*index = fresh;
	index->near.bands = fresh.near.bands ? &index->pdq_bands : NULL;
	index->videos.view = &index->view;
	index->videos.near.bands = fresh.videos.near.bands ? &index->frame_bands : NULL;
	return VG_OK;
}
