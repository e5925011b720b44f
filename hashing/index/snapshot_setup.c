/* snapshot_setup: takes a generation up: seals, size, map, header and references, checksum; then sketches and
 * bands for the search. */
#include <string.h>
#include <sys/mman.h>

#include <openssl/evp.h>

#include <vigil/memfd.h>

#include "hashing/index/snapshot_priv.h"

static void let_go(struct vg_index *index)
{
	if (index->map)
		(void)munmap(index->map, index->n_map_bytes);
	for (unsigned algo = VG_ALGO_MD5; algo < VG_ALGO_PDQ; algo++)
		vg_exact_fini(&index->exact[algo]);
	vg_bands_destroy(index->bands);
	free(index->sketch);
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
static enum vg_err check_sum(const struct vg_index_view *view, const EVP_MD *sha256)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	const size_t n_header = sizeof(*view->header);
	if (EVP_Digest(view->base + n_header, view->header->n_bytes - n_header, sum, NULL, sha256, NULL) != 1)
		return VG_ENOMEM;
	return memcmp(sum, view->header->sha256, sizeof(view->header->sha256)) ? VG_ECORRUPT : VG_OK;
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
		{ &h->videos, sizeof(*view->videos) },
		{ &h->frames, sizeof(*view->frames) },
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

static enum vg_err make_sketch(struct vg_index *index)
{
	const struct vg_index_view *view = &index->view;
	index->n_sketch = (view->n_pdq + VG_HAMMING_PAD - 1) / VG_HAMMING_PAD * VG_HAMMING_PAD;
	for (uint64_t i = 0; i < view->n_lists; i++)
		if (view->lists[i].match_distance > index->max_distance)
			index->max_distance = view->lists[i].match_distance;
	if (index->max_distance > VG_PDQ_MAX_DISTANCE)
		index->max_distance = VG_PDQ_MAX_DISTANCE;
	if (!view->n_pdq)
		return VG_OK;
	index->sketch = aligned_alloc(VG_CACHE_LINE, 2 * index->n_sketch * sizeof(*index->sketch));
	if (!index->sketch)
		return VG_ENOMEM;
	memset(index->sketch, 0, 2 * index->n_sketch * sizeof(*index->sketch));
	for (uint64_t i = 0; i < view->n_pdq; i++) {
		memcpy(index->sketch + i, view->pdq[i].value, 8);
		memcpy(index->sketch + index->n_sketch + i, view->pdq[i].value + 8, 8);
	}
	return VG_OK;
}

enum vg_err vg_index_take(struct vg_index *index, int fd, uint64_t generation)
{
	struct vg_index fresh = {
		.tier = index->tier, .sha256 = index->sha256, .generation = generation, .epoch = index->epoch + 1
	};
	enum vg_err err = vg_memfd_check(fd, VG_SEALS_FINAL, sizeof(struct vg_index_header), VG_INDEX_MAX_BYTES,
					 &fresh.n_map_bytes);
	if (err)
		return err;
	fresh.map = vg_memfd_map(fd, fresh.n_map_bytes, PROT_READ);
	if (!fresh.map)
		return VG_EIO;
	err = vg_index_open(fresh.map, fresh.n_map_bytes, &fresh.view);
	if (!err)
		err = check_layout(&fresh.view);
	if (!err)
		err = check_sum(&fresh.view, index->sha256);
	if (!err && fresh.view.header->generation != generation)
		err = VG_EVERSION;
	if (!err)
		err = check_order(&fresh.view);
	if (!err)
		err = make_sketch(&fresh);
	if (err) {
		let_go(&fresh);
		return err;
	}
	let_go(index); /* first: two generations of bands would be much memory. Without them, the scan finds the same */
	*index = fresh;
	for (enum vg_algo algo = VG_ALGO_MD5; algo < VG_ALGO_PDQ; algo++)
		vg_exact_init(&index->exact[algo], &index->view, algo);
	if (index->view.n_pdq >= VG_BANDS_MIN_HASHES && index->view.n_pdq <= VG_BANDS_MAX_HASHES)
		index->bands = vg_bands_create(index->view.pdq, index->view.n_pdq);
	return VG_OK;
}
