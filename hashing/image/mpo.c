/* mpo: the pictures behind the first one of a JPEG file, where its APP2 segment "MPF" says that there are some (CIPA
 * DC-007: stereo pairs, bursts, large previews). */
#include <string.h>

#include "hashing/image/luma_priv.h"

#define HEAD_LOOK_BYTES 65536u
#define TAG_ENTRIES     0xb002u
#define ENTRY_BYTES     16u

struct index {
	const uint8_t *at; /* the MP header: offsets are counted from here */
	uint32_t n_bytes;
	bool little;
	uint64_t file_off;
};

static uint32_t u32(const struct index *m, uint32_t off)
{
	return m->little ? vg_le32(m->at + off) : vg_be32(m->at + off);
}
static uint32_t u16(const struct index *m, uint32_t off)
{
	return m->little ? vg_le16(m->at + off) : vg_be16(m->at + off);
}

/* Walks the segments before the first scan. */
static bool find_index(const uint8_t *head, size_t n_head, struct index *m)
{
	size_t off = 0;

	while (off + 1 < n_head && (head[off] != 0xff || head[off + 1] != 0xd8))
		off++;
	for (off += 2; off + 4 < n_head && head[off] == 0xff;) {
		unsigned marker = head[off + 1], n = vg_be16(head + off + 2);
		if (marker == 0xda || n < 2 || off + 2 + n > n_head)
			return false;
		if (marker == 0xe2 && n >= 2 + 4 + 8 && !memcmp(head + off + 4, "MPF", 4)) {
			*m = (struct index){ .at = head + off + 8, .n_bytes = n - 6, .file_off = off + 8 };
			m->little = m->at[0] == 'I';
			return true;
		}
		off += 2 + n;
	}
	return false;
}

/* Where the list of pictures lies in the index, and how many there are. */
static uint32_t find_entries(const struct index *m, uint32_t *off)
{
	uint32_t ifd = u32(m, 4), n_tags;

	if (ifd > m->n_bytes || m->n_bytes - ifd < 2)
		return 0;
	n_tags = u16(m, ifd);
	for (uint32_t i = 0; i < n_tags && ifd + 2 + (i + 1) * 12 <= m->n_bytes; i++) {
		uint32_t tag = ifd + 2 + i * 12, n = u32(m, tag + 4);
		*off = u32(m, tag + 8);
		if (u16(m, tag) == TAG_ENTRIES && *off <= m->n_bytes && n <= m->n_bytes - *off)
			return n / ENTRY_BYTES;
	}
	return 0;
}

enum vg_err vg_luma_mpo(struct vg_image *image, const struct vg_chain *bytes)
{
	uint8_t head[HEAD_LOOK_BYTES];
	struct index m;
	uint32_t entries_off = 0, n;
	size_t n_head = vg_chain_copy(bytes, 0, head, sizeof(head));

	if (!find_index(head, n_head, &m))
		return VG_OK;
	n = find_entries(&m, &entries_off);
	for (uint32_t i = 1; i < n && !image->enough; i++) {
		uint32_t entry = entries_off + i * ENTRY_BYTES;
		uint64_t n_picture = u32(&m, entry + 4), off = m.file_off + u32(&m, entry + 8);
		struct vg_span file;
		if (off >= bytes->n_bytes || !vg_luma_wants(image, i, n))
			continue;
		enum vg_err err = vg_luma_flat(image, bytes, &file);
		if (err)
			return err;
		file.at += off;
		file.n_bytes = n_picture && n_picture < file.n_bytes - off ? n_picture : file.n_bytes - off;
		(void)vg_luma_jpeg(image, &(struct vg_chain){ &file, 1, file.n_bytes });
		(void)vg_luma_frame(image, i);
	}
	return VG_OK;
}
