/* video_io: every byte that FFmpeg gets passes here. Seeking back walks the chain from its beginning: chains are short,
 * and each seek costs one of the film's questions for the time. */
#include <stdio.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "hashing/video/video_priv.h"

int vg_film_io_late(void *ctx)
{
	struct vg_film_io *io = ctx;

	if (!io->late && io->n_asked++ % 16 == 0)
		io->late = vg_video_cpu_ns() > io->deadline_ns;
	return io->late;
}

/* Puts the reader where FFmpeg wants to go on. False: behind the end. */
static bool go_there(struct vg_film_io *io)
{
	if (io->off < io->at.off)
		vg_chain_reader_init(&io->at, io->at.chain);
	(void)vg_chain_skip(&io->at, io->off - io->at.off);
	return io->off == io->at.off;
}

static int read_some(void *ctx, uint8_t *to, int n_wanted)
{
	struct vg_film_io *io = ctx;
	size_t n;

	if (vg_film_io_late(io) || io->spent)
		return AVERROR_EXIT;
	if (n_wanted <= 0)
		return AVERROR(EINVAL);
	n = go_there(io) ? vg_chain_read(&io->at, to, (size_t)n_wanted) : 0;
	io->n_read += n;
	io->off += n;
	io->spent = io->n_read > io->max_read;
	return n ? (int)n : AVERROR_EOF;
}

static int64_t seek(void *ctx, int64_t off, int whence)
{
	struct vg_film_io *io = ctx;
	int64_t n_bytes = (int64_t)io->at.chain->n_bytes;

	if (vg_film_io_late(io))
		return AVERROR_EXIT;
	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return n_bytes;
	if (whence == SEEK_END || whence == SEEK_CUR) {
		int64_t base = whence == SEEK_END ? n_bytes : (int64_t)io->off;
		if (__builtin_add_overflow(off, base, &off))
			return AVERROR(EINVAL);
	} else if (whence != SEEK_SET) {
		return AVERROR(EINVAL);
	}
	if (off < 0)
		return AVERROR(EINVAL);
	io->off = (uint64_t)off;
	return off;
}

void vg_film_io_init(struct vg_film_io *io, const struct vg_chain *chain, uint64_t max_read, uint64_t deadline_ns)
{
	*io = (struct vg_film_io){ .max_read = max_read, .deadline_ns = deadline_ns };
	vg_chain_reader_init(&io->at, chain);
}

AVIOContext *vg_film_io_open(struct vg_film_io *io)
{
	uint8_t *window = av_malloc(VG_FILM_IO_BYTES);
	AVIOContext *reader;

	if (!window)
		return NULL;
	reader = avio_alloc_context(window, VG_FILM_IO_BYTES, 0, io, read_some, NULL, seek);
	if (!reader)
		av_free(window);
	return reader;
}

void vg_film_io_close(AVIOContext **reader)
{
	if (!*reader)
		return;
	av_freep(&(*reader)->buffer); /* FFmpeg may have put another in the place of ours */
	avio_context_free(reader);
}
