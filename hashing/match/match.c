/* Exact digests are asked for whole files only; pictures are decoded as far as they go. */
#include "hashing/match/match.h"

#include <vigil/memfd.h>

#include "hashing/unpack/kind.h"

/* Decodes a picture and hashes it. False where there is no hash; everything is counted here. */
static bool perceptual(struct vg_match *m, const struct vg_match_file *file, unsigned kind, struct vg_pdq_result *pdq)
{
	struct vg_luma luma;
	enum vg_err err;

	if (m->before_decode)
		m->before_decode(m->hook_ctx, file->n_bytes);
	err = vg_image_luma(m->image, kind, &file->bytes, &luma);
	switch (err) {
	case VG_OK:
		break;
	case VG_EUNSUPPORTED:
		vg_count(m->stats, VG_H_IMAGES_UNSUPPORTED, 1);
		return false;
	case VG_ERANGE:
		vg_count(m->stats, VG_H_IMAGES_LARGE, 1);
		return false;
	default:
		vg_count(m->stats, VG_H_IMAGES_BAD, 1);
		return false;
	}
	vg_count(m->stats, VG_H_IMAGES, 1);
	vg_count(m->stats, VG_H_IMAGES_PARTIAL, luma.partial != 0);
	vg_pdq_hash(m->pdq, &luma, pdq);
	vg_count(m->stats, VG_H_PDQ, 1);
	vg_count(m->stats, VG_H_PDQ_LOW, pdq->quality < VG_PDQ_MIN_QUALITY);
	return true;
}

void vg_match_file(struct vg_match *match, const struct vg_match_file *file, struct vg_msg_record *record)
{
	uint8_t head[VG_KIND_HEAD_BYTES];
	struct vg_pdq_result pdq = { .quality = 0 };
	bool has_pdq = false;

	record->kind = (uint8_t)vg_kind_of(head, vg_chain_copy(&file->bytes, 0, head, sizeof(head)));
	record->n_bytes = file->n_bytes;
	record->generation = vg_index_generation(match->index);
	record->n_hits = 0;
	if (file->digests) {
		memcpy(record->md5, file->digests->md5, sizeof(record->md5));
		memcpy(record->sha1, file->digests->sha1, sizeof(record->sha1));
		memcpy(record->sha256, file->digests->sha256, sizeof(record->sha256));
		record->flags |= VG_RECORD_HAS_DIGESTS;
	}
	if (VG_KIND_IS_IMAGE(record->kind)) {
		if (!file->may_decode)
			record->flags |= VG_RECORD_NO_DECODE;
		else if (!match->no_pdq)
			has_pdq = perceptual(match, file, record->kind, &pdq);
	}
	if (has_pdq) {
		memcpy(record->pdq, pdq.hash, sizeof(record->pdq));
		record->pdq_quality = (uint8_t)(pdq.quality < 0 ? 0 : pdq.quality > 100 ? 100 : pdq.quality);
		record->flags |= VG_RECORD_HAS_PDQ;
	}
	if (!file->digests && !has_pdq)
		return;
	vg_count(match->stats, VG_H_QUERIES, 1);
	record->n_hits = (uint8_t)vg_index_query(match->index, file->digests, has_pdq ? &pdq : NULL, record->hits,
						 VG_RECORD_MAX_HITS);
}

enum vg_err vg_match_sample(const struct vg_chain *bytes, uint64_t max_bytes, int *fd, uint64_t *n_sample_bytes)
{
	size_t n = bytes->n_bytes < max_bytes ? bytes->n_bytes : max_bytes;
	int made = vg_memfd_new("vigil-match", n);
	void *at;

	*fd = -1;
	*n_sample_bytes = n;
	if (made < 0)
		return VG_EIO;
	if (n) {
		at = vg_memfd_map(made, n, PROT_READ | PROT_WRITE);
		if (!at)
			goto failed;
		(void)vg_chain_copy(bytes, 0, at, n);
		munmap(at, n);
	}
	if (vg_memfd_seal(made, VG_SEALS_FINAL))
		goto failed;
	*fd = made;
	return VG_OK;
failed:
	close(made);
	return VG_EIO;
}
