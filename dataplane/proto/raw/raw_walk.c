/* JPEG: ITU-T T.81 B.1; PNG: ISO/IEC 15948 5.3; GIF89a 15 to 27; WebP: RFC 9649 2.3; MP4: ISO/IEC 14496-12 4.2. A head
 * is decided when it is there whole; between heads are runs that only pass by. */
#include "dataplane/proto/raw/raw_walk.h"

#include <string.h>

#include <vigil/bytes.h>

enum { JPEG_MARKER, JPEG_LENGTH, JPEG_SCAN_LENGTH, JPEG_SCAN };
enum { PNG_CHUNK, PNG_LAST };
enum { GIF_SCREEN, GIF_BLOCK, GIF_CODE_SIZE, GIF_PIECES };
enum { MP4_BOX, MP4_LARGE };

struct magic {
	uint8_t kind, n, off2, n2, n_eaten;
	char head[9], more[9];
};
static const struct magic magics[] = {
	{ VG_RAW_JPEG, 3, 0, 0, 2, "\xff\xd8\xff", "" },
	{ VG_RAW_PNG, 8, 12, 4, 8, "\x89PNG\r\n\x1a\n", "IHDR" },
	{ VG_RAW_PNG, 8, 12, 4, 8, "\x89PNG\r\n\x1a\n", "CgBI" },
	{ VG_RAW_GIF, 6, 0, 0, 6, "GIF87a", "" },
	{ VG_RAW_GIF, 6, 0, 0, 6, "GIF89a", "" },
	{ VG_RAW_WEBP, 4, 8, 7, 0, "RIFF", "WEBPVP8" },
	{ VG_RAW_MP4, 2, 4, 4, 0, "\0\0", "ftyp" },
};
#define N_MAGICS (sizeof(magics) / sizeof(magics[0]))

static int is_first(uint8_t c)
{
	return c == 0xff || c == 0x89 || c == 'G' || c == 'R' || c == 0;
}

uint32_t vg_raw_find(const uint8_t *bytes, uint32_t n_bytes)
{
	for (uint32_t i = 0; i < n_bytes; i++) {
		if (!is_first(bytes[i]))
			continue;
		if (i + 1 == n_bytes || bytes[i + 1] == 0xd8 || bytes[i + 1] == 'P' || bytes[i + 1] == 'I' ||
		    bytes[i + 1] == 0)
			return i;
	}
	return n_bytes;
}

/* As far as bytes go: 1 = all is there, 0 = not yet, -1 = it is something else. */
static int is_magic(const struct magic *m, const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t n = n_bytes < m->n ? n_bytes : m->n, n2 = 0;

	if (n_bytes > m->off2)
		n2 = n_bytes - m->off2 < m->n2 ? n_bytes - m->off2 : m->n2;
	if (memcmp(bytes, m->head, n) || (n2 && memcmp(bytes + m->off2, m->more, n2)))
		return -1;
	return n == m->n && n2 == m->n2;
}

/* What may follow SOI: tables, frames, application data, comments. */
static int is_jpeg_first(uint8_t marker)
{
	return marker == 0xc4 || marker == 0xdb || marker == 0xdd || marker >= 0xe0 ||
	       (marker >= 0xc0 && marker <= 0xcf && marker != 0xc8);
}

static enum vg_raw_said begin(struct vg_raw_walk *w, const struct magic *m, const uint8_t *b, uint32_t n)
{
	*w = (struct vg_raw_walk){ .kind = m->kind, .skip = m->n_eaten };
	switch (m->kind) {
	case VG_RAW_JPEG:
		if (n < 4)
			return VG_RAW_NEEDS;
		return is_jpeg_first(b[3]) && b[3] != 0xff ? VG_RAW_END : VG_RAW_BROKEN;
	case VG_RAW_WEBP:
		if (n < 16)
			return VG_RAW_NEEDS;
		w->skip = 8 + (uint64_t)vg_le32(b + 4) + (vg_le32(b + 4) & 1);
		return vg_le32(b + 4) >= 12 ? VG_RAW_END : VG_RAW_BROKEN;
	case VG_RAW_MP4:
		return vg_be32(b) >= 16 ? VG_RAW_END : VG_RAW_BROKEN;
	default:
		return VG_RAW_END;
	}
}

enum vg_raw_said vg_raw_begins(struct vg_raw_walk *walk, const uint8_t *bytes, uint32_t n_bytes)
{
	enum vg_raw_said said = VG_RAW_BROKEN;

	for (uint32_t i = 0; i < N_MAGICS; i++) {
		int is = is_magic(&magics[i], bytes, n_bytes);
		if (is > 0)
			return begin(walk, &magics[i], bytes, n_bytes);
		if (!is)
			said = VG_RAW_NEEDS;
	}
	return said;
}

/* A marker: in a scan those that are data or restart it are passed over. */
static enum vg_raw_said jpeg_marker(struct vg_raw_walk *w, const uint8_t *b, uint32_t n, uint32_t *n_eaten)
{
	int in_scan = w->state == JPEG_SCAN;

	if (b[0] != 0xff)
		return VG_RAW_BROKEN;
	if (n < 2)
		return VG_RAW_NEEDS;
	*n_eaten = b[1] == 0xff ? 1 : 2; /* fill bytes */
	if (b[1] == 0xff || b[1] == 0x01 || (b[1] >= 0xd0 && b[1] <= 0xd7) || (in_scan && !b[1]))
		return VG_RAW_MORE;
	if (b[1] == 0xd9)
		return VG_RAW_END;
	if (b[1] == 0xd8 || b[1] < 0xc0) {
		*n_eaten = 0;
		return VG_RAW_BROKEN;
	}
	w->state = b[1] == 0xda ? JPEG_SCAN_LENGTH : JPEG_LENGTH;
	return VG_RAW_MORE;
}

static enum vg_raw_said jpeg(struct vg_raw_walk *w, const uint8_t *b, uint32_t n, uint32_t *n_eaten)
{
	if (w->state == JPEG_MARKER)
		return jpeg_marker(w, b, n, n_eaten);
	if (w->state == JPEG_SCAN) {
		const uint8_t *ff = memchr(b, 0xff, n);
		if (ff == b)
			return jpeg_marker(w, b, n, n_eaten);
		*n_eaten = ff ? (uint32_t)(ff - b) : n;
		return VG_RAW_MORE;
	}
	if (n < 2)
		return VG_RAW_NEEDS;
	if (vg_be16(b) < 2)
		return VG_RAW_BROKEN;
	w->skip = vg_be16(b) - 2u;
	w->state = w->state == JPEG_SCAN_LENGTH ? JPEG_SCAN : JPEG_MARKER;
	*n_eaten = 2;
	return VG_RAW_MORE;
}

static int is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

static enum vg_raw_said png(struct vg_raw_walk *w, const uint8_t *b, uint32_t n, uint32_t *n_eaten)
{
	if (w->state == PNG_LAST) /* the CRC of IEND has passed, but for its last byte */
		return *n_eaten = 1, VG_RAW_END;
	if (n < 8)
		return VG_RAW_NEEDS;
	if (b[0] & 0x80 || !is_letter(b[4]) || !is_letter(b[5]) || !is_letter(b[6]) || !is_letter(b[7]))
		return VG_RAW_BROKEN;
	*n_eaten = 8;
	w->skip = (uint64_t)vg_be32(b) + 4;
	if (!memcmp(b + 4, "IEND", 4)) {
		w->skip--;
		w->state = PNG_LAST;
	}
	return VG_RAW_MORE;
}

static uint32_t gif_table_bytes(uint8_t packed)
{
	return packed & 0x80 ? 3u * (2u << (packed & 7)) : 0;
}

static enum vg_raw_said gif(struct vg_raw_walk *w, const uint8_t *b, uint32_t n, uint32_t *n_eaten)
{
	static const uint8_t wants[] = { [GIF_SCREEN] = 7, [GIF_BLOCK] = 1, [GIF_CODE_SIZE] = 1, [GIF_PIECES] = 1 };
	uint32_t want = wants[w->state];

	if (w->state == GIF_BLOCK)
		want = b[0] == 0x2c ? 10 : b[0] == 0x21 ? 2 : 1;
	if (n < want)
		return VG_RAW_NEEDS;
	switch (w->state) {
	case GIF_SCREEN:
		w->skip = gif_table_bytes(b[4]);
		w->state = GIF_BLOCK;
		break;
	case GIF_BLOCK:
		if (b[0] != 0x2c && b[0] != 0x21 && b[0] != 0x3b && b[0])
			return VG_RAW_BROKEN;
		w->skip = b[0] == 0x2c ? gif_table_bytes(b[9]) : 0;
		w->state = b[0] == 0x2c ? GIF_CODE_SIZE : b[0] == 0x21 ? GIF_PIECES : GIF_BLOCK;
		break;
	case GIF_CODE_SIZE:
		if (!b[0] || b[0] > 11)
			return VG_RAW_BROKEN;
		w->state = GIF_PIECES;
		break;
	default:
		w->skip = b[0];
		w->state = b[0] ? GIF_PIECES : GIF_BLOCK;
		*n_eaten = 1;
		return VG_RAW_MORE;
	}
	*n_eaten = want;
	return want == 1 && b[0] == 0x3b && w->state == GIF_BLOCK ? VG_RAW_END : VG_RAW_MORE;
}

/* The boxes that stand outermost (ISO/IEC 14496-12 table 1, and QuickTime's). */
static int is_box(const uint8_t *type)
{
	static const char types[] = "ftypmoovmdatfreeskipwidemoofmframetauuidsidxssixstyppdinemsgprftpnotudta";

	for (uint32_t i = 0; i + 4 < sizeof(types); i += 4)
		if (!memcmp(types + i, type, 4))
			return 1;
	return 0;
}

static enum vg_raw_said mp4(struct vg_raw_walk *w, const uint8_t *b, uint32_t n, uint32_t *n_eaten)
{
	uint64_t size;

	if (n < 8)
		return VG_RAW_NEEDS;
	if (w->state == MP4_LARGE) {
		size = vg_be64(b);
		if (size < 16 || size >= UINT64_MAX >> 1)
			return VG_RAW_BROKEN;
		w->skip = size - 16;
		w->state = MP4_BOX;
		*n_eaten = 8;
		return VG_RAW_MORE;
	}
	size = vg_be32(b);
	if (!is_box(b + 4) || (size > 1 && size < 8) || (w->has_index && !memcmp(b + 4, "ftyp", 4)))
		return w->has_index ? VG_RAW_END : VG_RAW_BROKEN;
	if (!memcmp(b + 4, "moov", 4) || !memcmp(b + 4, "moof", 4) || !memcmp(b + 4, "meta", 4))
		w->has_index = 1;
	*n_eaten = 8;
	w->skip = size ? size - 8 : UINT64_MAX; /* 0: to the end */
	if (size == 1) {
		w->skip = 0;
		w->state = MP4_LARGE;
	}
	return VG_RAW_MORE;
}

enum vg_raw_said vg_raw_walk(struct vg_raw_walk *w, const uint8_t *bytes, uint32_t n_bytes, uint32_t *n_eaten)
{
	*n_eaten = 0;
	if (w->skip) {
		*n_eaten = w->skip < n_bytes ? (uint32_t)w->skip : n_bytes;
		w->skip -= w->skip == UINT64_MAX ? 0 : *n_eaten;
		return w->kind == VG_RAW_WEBP && !w->skip ? VG_RAW_END : VG_RAW_MORE;
	}
	switch (w->kind) {
	case VG_RAW_JPEG:
		return jpeg(w, bytes, n_bytes, n_eaten);
	case VG_RAW_PNG:
		return png(w, bytes, n_bytes, n_eaten);
	case VG_RAW_GIF:
		return gif(w, bytes, n_bytes, n_eaten);
	case VG_RAW_MP4:
		return mp4(w, bytes, n_bytes, n_eaten);
	default:
		return VG_RAW_BROKEN;
	}
}

int vg_raw_pass(struct vg_raw_walk *w, uint64_t n_missing)
{
	if (w->skip == UINT64_MAX || (w->kind == VG_RAW_JPEG && w->state == JPEG_SCAN && !w->skip))
		return 1;
	if (!n_missing || n_missing > w->skip || (w->kind == VG_RAW_WEBP && n_missing == w->skip))
		return 0;
	w->skip -= n_missing;
	return 1;
}

int vg_raw_is_whole(const struct vg_raw_walk *w)
{
	return w->kind == VG_RAW_MP4 && w->has_index && w->state == MP4_BOX && (!w->skip || w->skip == UINT64_MAX);
}
