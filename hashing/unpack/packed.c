/* libarchive's filters unpack into a block of 64 KiB and lose what is in it when the input ends early; so the libraries
 * are asked directly, and each call gives what it made. */
#include "hashing/unpack/packed.h"

#include <string.h>

#include <vigil/media.h>

#define GZIP_FLAGS_OFF 3u
#define GZIP_FLAGS     0x1fu /* RFC 1952 2.3.1; the others are reserved: passed over, so that nobody hides behind one */
#define WINDOW_LOG_MAX 27    /* zstd: 128 MiB, what its own tool accepts */

bool vg_packed_reads(unsigned kind)
{
	return kind == VG_KIND_GZIP || kind == VG_KIND_BZIP2 || kind == VG_KIND_XZ || kind == VG_KIND_ZSTD;
}

static struct vg_span past(struct vg_span in, size_t n_bytes)
{
	return n_bytes ? (struct vg_span){ in.at + n_bytes, in.n_bytes - n_bytes }
		       : in; /* at the end there is no place */
}

/* A decoder for the stream that begins here. False: no memory. */
static bool stream_begin(struct vg_packed *p)
{
	p->made_any = false;
	p->n_head = 0;
	switch (p->kind) {
	case VG_KIND_GZIP:
		if ((p->z.state ? inflateReset(&p->z) : inflateInit2(&p->z, 15 + 16)) != Z_OK ||
		    inflateValidate(&p->z, 0) != Z_OK)
			return false;
		p->head = (gz_header){ .name = (Bytef *)p->name, .name_max = sizeof(p->name) };
		return p->is_another || inflateGetHeader(&p->z, &p->head) == Z_OK;
	case VG_KIND_BZIP2:
		(void)BZ2_bzDecompressEnd(&p->bz);
		p->bz = (bz_stream){ 0 };
		return BZ2_bzDecompressInit(&p->bz, 0, 0) == BZ_OK;
	case VG_KIND_XZ:
		return lzma_stream_decoder(&p->xz, VG_PACKED_MAX_MEMORY, LZMA_IGNORE_CHECK) == LZMA_OK;
	default:
		if (!p->zstd && !(p->zstd = ZSTD_createDStream()))
			return false;
		return !ZSTD_isError(ZSTD_initDStream(p->zstd)) &&
		       !ZSTD_isError(ZSTD_DCtx_setParameter(p->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX));
	}
}

/* The decoders: unpack p->in into p->piece, say how many bytes that made; VG_DONE at the stream's end. */
static enum vg_step inflate_some(struct vg_packed *p, size_t *n_made)
{
	bool in_head = p->n_head <= GZIP_FLAGS_OFF && p->in.n_bytes;
	uint8_t byte = in_head ? *p->in.at : 0;
	int r;

	if (p->n_head == GZIP_FLAGS_OFF)
		byte &= GZIP_FLAGS;
	p->z.next_in = in_head ? &byte : (z_const Bytef *)(uintptr_t)p->in.at;
	p->z.avail_in = in_head ? 1 : (uInt)p->in.n_bytes;
	p->z.next_out = p->piece;
	p->z.avail_out = sizeof(p->piece);
	r = inflate(&p->z, Z_NO_FLUSH);
	*n_made = sizeof(p->piece) - p->z.avail_out;
	p->n_head += in_head;
	p->in = past(p->in, in_head ? 1 - p->z.avail_in : p->in.n_bytes - p->z.avail_in);
	return r == Z_STREAM_END ? VG_DONE : r == Z_OK || r == Z_BUF_ERROR ? VG_MORE : VG_BAD;
}

static enum vg_step bunzip_some(struct vg_packed *p, size_t *n_made)
{
	int r;

	p->bz.next_in = (char *)(uintptr_t)p->in.at;
	p->bz.avail_in = (unsigned)p->in.n_bytes;
	p->bz.next_out = (char *)p->piece;
	p->bz.avail_out = sizeof(p->piece);
	r = BZ2_bzDecompress(&p->bz);
	*n_made = sizeof(p->piece) - p->bz.avail_out;
	p->in = past(p->in, p->in.n_bytes - p->bz.avail_in);
	return r == BZ_STREAM_END ? VG_DONE : r == BZ_OK ? VG_MORE : VG_BAD;
}

static enum vg_step unxz_some(struct vg_packed *p, size_t *n_made)
{
	lzma_ret r;

	p->xz.next_in = p->in.at;
	p->xz.avail_in = p->in.n_bytes;
	p->xz.next_out = p->piece;
	p->xz.avail_out = sizeof(p->piece);
	r = lzma_code(&p->xz, LZMA_RUN);
	*n_made = sizeof(p->piece) - p->xz.avail_out;
	p->in = past(p->in, p->in.n_bytes - p->xz.avail_in);
	return r == LZMA_STREAM_END ? VG_DONE : r == LZMA_OK || r == LZMA_BUF_ERROR ? VG_MORE : VG_BAD;
}

static enum vg_step unzstd_some(struct vg_packed *p, size_t *n_made)
{
	ZSTD_inBuffer from = { p->in.at, p->in.n_bytes, 0 };
	ZSTD_outBuffer to = { p->piece, sizeof(p->piece), 0 };
	size_t left = ZSTD_decompressStream(p->zstd, &to, &from);

	*n_made = to.pos;
	p->in = past(p->in, from.pos);
	return ZSTD_isError(left) ? VG_BAD : left ? VG_MORE : VG_DONE;
}

static enum vg_step unpack_some(struct vg_packed *p, size_t *n_made)
{
	switch (p->kind) {
	case VG_KIND_GZIP:
		return inflate_some(p, n_made);
	case VG_KIND_BZIP2:
		return bunzip_some(p, n_made);
	case VG_KIND_XZ:
		return unxz_some(p, n_made);
	default:
		return unzstd_some(p, n_made);
	}
}

/* Behind a whole stream: zeros (padding of xz and of tapes), another stream, or what is none. */
static void between(struct vg_packed *p)
{
	uint8_t first = p->kind == VG_KIND_GZIP ? 0x1f : p->kind == VG_KIND_BZIP2 ? 'B' : 0xfd;

	if (p->at_end) {
		p->state = VG_PACKED_DONE;
	} else if (!*p->in.at) {
		p->in = past(p->in, 1);
	} else if (p->kind == VG_KIND_ZSTD || *p->in.at == first) { /* zstd: also frames to be skipped */
		p->is_another = true;
		p->state = stream_begin(p) ? VG_PACKED_IN : VG_PACKED_BROKEN;
	} else {
		p->state = VG_PACKED_DONE;
	}
}

enum vg_err vg_packed_begin(struct vg_packed *p, unsigned kind, vg_packed_read_fn read, void *ctx)
{
	memset(p, 0, offsetof(struct vg_packed, piece));
	p->xz = (lzma_stream)LZMA_STREAM_INIT;
	p->kind = kind;
	p->read = read;
	p->ctx = ctx;
	p->state = VG_PACKED_BROKEN;
	if (!vg_packed_reads(kind))
		return VG_EUNSUPPORTED;
	if (!stream_begin(p))
		return VG_EBUDGET;
	p->state = VG_PACKED_IN;
	return VG_OK;
}

enum vg_step vg_packed_next(struct vg_packed *p, struct vg_span *piece)
{
	while (p->state == VG_PACKED_IN || p->state == VG_PACKED_BETWEEN) {
		enum vg_step step;
		size_t n_made = 0, n_in;
		if (!p->in.n_bytes && !p->at_end) {
			p->in = p->read(p->ctx);
			p->at_end = !p->in.n_bytes;
		}
		if (p->state == VG_PACKED_BETWEEN) {
			between(p);
			continue;
		}
		n_in = p->in.n_bytes;
		step = unpack_some(p, &n_made);
		p->made_any |= n_made != 0;
		if (step == VG_DONE)
			p->state = VG_PACKED_BETWEEN;
		else if (step == VG_BAD)
			p->state = p->is_another && !p->made_any ? VG_PACKED_DONE : VG_PACKED_BROKEN;
		else if (!n_made && p->in.n_bytes == n_in) /* no more input, or a decoder that does not go on */
			p->state = VG_PACKED_BROKEN;
		if (!n_made)
			continue;
		*piece = (struct vg_span){ p->piece, n_made };
		return VG_MORE;
	}
	return p->state == VG_PACKED_DONE ? VG_DONE : VG_BAD;
}

const char *vg_packed_name(const struct vg_packed *p)
{
	return memchr(p->name, 0, sizeof(p->name)) ? p->name : "";
}

void vg_packed_end(struct vg_packed *p)
{
	if (p->z.state)
		(void)inflateEnd(&p->z);
	(void)BZ2_bzDecompressEnd(&p->bz);
	lzma_end(&p->xz);
	(void)ZSTD_freeDStream(p->zstd);
	p->zstd = NULL;
	p->state = VG_PACKED_BROKEN;
}
