/* Stream by stream, each copied into one piece first. What a stream is, its first bytes say, or its name. */
#include "hashing/unpack/ole.h"

#include <stdlib.h>
#include <string.h>

#include <vigil/media.h>

#include "hashing/unpack/compound.h"
#include "hashing/unpack/kind.h"

#define HEAD_BYTES    8u      /* of a record ([MS-ODRAW] 2.2.1) */
#define BLIP_IDS      16u     /* one digest before the picture, or two */
#define THUMB_BYTES   64u     /* of header before a thumbnail, at most */
#define DIB_BYTES     40u     /* BITMAPINFOHEADER */
#define BMP_BYTES     14u     /* the header that a BMP file has before it */
#define BIFF_DRAWING  0x00ebu /* MsoDrawingGroup ([MS-XLS] 2.4.171) */
#define BIFF_CONTINUE 0x003cu

struct walk {
	struct vg_budget *budget;
	const struct vg_entry_sink *sink;
	const struct vg_compound_stream *stream;
	bool stopped;
};

/* One file of one or two pieces (`lead` may be empty). */
static void give(struct walk *w, const struct vg_span *lead, const uint8_t *at, size_t n, bool is_file, bool whole)
{
	if (!vg_budget_make(w->budget, lead->n_bytes + n) ||
	    !w->sink->begin(w->sink->ctx, w->stream->name, w->stream->n_name, is_file)) {
		w->stopped = true;
		return;
	}
	w->stopped = (lead->n_bytes && !w->sink->bytes(w->sink->ctx, lead->at, lead->n_bytes)) ||
		     !w->sink->bytes(w->sink->ctx, at, n);
	w->sink->end(w->sink->ctx, whole && !w->stopped);
}

/* A bitmap without its file header: one is made. */
static void give_dib(struct walk *w, const uint8_t *at, size_t n, bool whole)
{
	uint8_t head[BMP_BYTES] = { 'B', 'M' };
	uint32_t n_bits = vg_le16(at + 14), n_colours = vg_le32(at + 32), n_file = (uint32_t)n + BMP_BYTES, off;

	n_colours = n_colours > 256 ? 256 : n_colours;
	if (!n_colours && n_bits <= 8)
		n_colours = 1u << n_bits;
	off = BMP_BYTES + DIB_BYTES + 4 * n_colours + (vg_le32(at + 16) == 3 ? 12 : 0); /* BI_BITFIELDS' masks */
	memcpy(head + 2, &n_file, 4);
	memcpy(head + 10, &off, 4);
	give(w, &(struct vg_span){ head, BMP_BYTES }, at, n, false, whole);
}

/* Where the picture of a record begins behind its header: a digest or two of it, and a mark, come first. 0: none. */
static size_t picture_off(unsigned type, const uint8_t *body, size_t n)
{
	for (size_t off = BLIP_IDS + 1; off <= 2 * BLIP_IDS + 1; off += BLIP_IDS) {
		if (off + DIB_BYTES > n)
			return 0;
		if (type == 0xf01f ? vg_le32(body + off) == DIB_BYTES && vg_le16(body + off + 12) == 1
				   : VG_KIND_IS_IMAGE(vg_kind_of(body + off, n - off)))
			return off;
	}
	return 0;
}

/* Pictures by their records, wherever in the stream they lie. */
static void pictures(struct walk *w, const uint8_t *at, size_t n)
{
	const struct vg_span none = { NULL, 0 };

	for (size_t i = 0; i + HEAD_BYTES < n && !w->stopped; i++) {
		const uint8_t *found = memchr(at + i + 3, 0xf0, n - i - 3);
		unsigned type;
		size_t n_said, n_body, off;
		if (!found || !vg_budget_time(w->budget))
			return;
		i = (size_t)(found - at) - 3;
		type = vg_le16(at + i + 2);
		if (i + HEAD_BYTES >= n || ((type < 0xf01d || type > 0xf01f) && type != 0xf029 && type != 0xf02a))
			continue;
		n_said = vg_le32(at + i + 4);
		n_body = n_said < n - i - HEAD_BYTES ? n_said : n - i - HEAD_BYTES;
		off = picture_off(type, at + i + HEAD_BYTES, n_body);
		if (!off)
			continue;
		if (type == 0xf01f)
			give_dib(w, at + i + HEAD_BYTES + off, n_body - off, n_body == n_said);
		else
			give(w, &none, at + i + HEAD_BYTES + off, n_body - off, false, n_body == n_said);
		i += HEAD_BYTES + n_body - 1;
	}
}

/* A workbook cuts its pictures into records of 8 KiB: puts them together in place; how many bytes. */
static size_t joined_drawings(uint8_t *at, size_t n)
{
	size_t n_out = 0;
	bool in_drawing = false;

	for (size_t off = 0; off + 4 <= n;) {
		unsigned type = vg_le16(at + off);
		size_t n_body = vg_le16(at + off + 2);
		off += 4;
		n_body = n_body < n - off ? n_body : n - off;
		in_drawing = type == BIFF_DRAWING || (in_drawing && type == BIFF_CONTINUE);
		if (in_drawing) {
			memmove(at + n_out, at + off, n_body);
			n_out += n_body;
		}
		off += n_body;
	}
	return n_out;
}

/* OLE 1's native data: size, a word, label, path, 8 bytes, a path and its length, size, bytes. False: it is not. */
static bool native_data(struct walk *w, const uint8_t *at, size_t n)
{
	const struct vg_span none = { NULL, 0 };
	size_t off = 6, n_path, n_data;

	for (int i = 0; i < 2; i++) {
		const uint8_t *end = off < n ? memchr(at + off, 0, n - off) : NULL;
		if (!end)
			return false;
		off = (size_t)(end - at) + 1;
	}
	if (n - off < 8)
		return false;
	n_path = vg_le32(at + off + 4);
	off += 8;
	if (n_path > n - off || n - off - n_path < 4)
		return false;
	off += n_path;
	n_data = vg_le32(at + off);
	off += 4;
	if (!n_data)
		return false;
	give(w, &none, at + off, n_data < n - off ? n_data : n - off, true, n_data <= n - off);
	return true;
}

static void one_stream(struct walk *w, uint8_t *at, size_t n, bool whole)
{
	const struct vg_span none = { NULL, 0 };
	const char *name = w->stream->name;
	unsigned kind = vg_kind_of(at, n);

	if (VG_KIND_IS_IMAGE(kind) || VG_KIND_IS_VIDEO(kind) || VG_KIND_IS_CONTAINER(kind)) {
		give(w, &none, at, n, true, whole);
		return;
	}
	if (!strncmp(name, "__substg1.0_37010102", 20)) { /* PidTagAttachDataBinary */
		give(w, &none, at, n, true, whole);
		return;
	}
	if (!strcmp(name, "EncryptedPackage")) {
		w->budget->n_encrypted++;
		return;
	}
	if (!strcmp(name, "_Ole10Native") && native_data(w, at, n))
		return;
	if (!strcmp(name, "Workbook") || !strcmp(name, "Book"))
		n = joined_drawings(at, n);
	for (size_t i = 4; i < THUMB_BYTES && i + 8 < n; i++)
		if (!memcmp(at + i, "\xff\xd8\xff", 3) || !memcmp(at + i, "\x89PNG\r\n\x1a\n", 8)) {
			/* In a record of a picture it lies as deep, too: its length is known there. */
			if (i >= HEAD_BYTES + BLIP_IDS + 1 && at[i - HEAD_BYTES - BLIP_IDS - 1 + 3] == 0xf0)
				break;
			if (i >= HEAD_BYTES + 2 * BLIP_IDS + 1 && at[i - HEAD_BYTES - 2 * BLIP_IDS - 1 + 3] == 0xf0)
				break;
			give(w, &none, at + i, n - i, false, whole);
			return;
		}
	pictures(w, at, n);
}

enum vg_err vg_ole_walk(const struct vg_span *bytes, struct vg_budget *budget, const struct vg_entry_sink *sink)
{
	struct vg_compound c;
	struct vg_compound_stream stream;
	struct walk w = { budget, sink, &stream, false };
	uint64_t n_left = (uint64_t)VG_OLE_MAX_COPIES * bytes->n_bytes;
	uint8_t *copy;

	budget->n_containers++;
	if (!vg_compound_open(&c, bytes))
		return VG_EUNSUPPORTED;
	copy = malloc(bytes->n_bytes);
	if (!copy)
		return VG_EBUDGET;
	while (!w.stopped && vg_budget_time(budget) && vg_compound_next(&c, &stream)) {
		size_t n = vg_compound_read(&c, &stream, copy, bytes->n_bytes);
		if (n > n_left) {
			budget->spent = true;
			break;
		}
		n_left -= n;
		budget->n_bad += n < stream.n_bytes;
		if (n)
			one_stream(&w, copy, n, n == stream.n_bytes);
	}
	free(copy);
	return VG_OK;
}
