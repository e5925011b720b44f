#pragma once
/* video_priv: the inside of struct vg_video, and the parts of FFmpeg that its files share. */
#include <time.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>

#include "hashing/video/video.h"

#define VG_FILM_IO_BYTES 32768 /* FFmpeg's window on the chain */

/* The chain as FFmpeg reads it. */
struct vg_film_io {
	struct vg_chain_reader at;
	uint64_t off; /* wanted; may lie behind the end */
	uint64_t n_read, max_read;
	uint64_t deadline_ns;
	uint32_t n_asked;
	bool late, spent;
};

struct vg_video {
	struct vg_video_limits limits;
	struct vg_film_io io;
	AVPacket *packet;
	AVFrame *frame;
	struct SwsContext *sws;
	uint8_t *rgb; /* of one frame */
	size_t n_rgb;
	/* The film in hand. */
	const struct vg_film *film;
	struct vg_film_end *end;
	AVFormatContext *format;
	AVCodecContext *codec;
	int stream_idx;
	uint32_t frame_mod, n_packets;
	double fps; /* 0: not known */
	enum vg_err err;
	bool enough;
};

/* Processor time of this thread. */
static inline uint64_t vg_video_cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* video_io.c: begins a film. */
void vg_film_io_init(struct vg_film_io *io, const struct vg_chain *chain, uint64_t max_read, uint64_t deadline_ns);
/* A reader over it, with a buffer of its own; NULL: no memory. Ends with vg_film_io_close(). */
AVIOContext *vg_film_io_open(struct vg_film_io *io);
void vg_film_io_close(AVIOContext **reader);
/* True once its time is used up; a system call on every 16th question. */
int vg_film_io_late(void *io);

/* video_codecs.c: the container reader of a kind (head: first bytes, for kinds that two have), or NULL. */
const AVInputFormat *vg_codecs_reader(unsigned kind, const uint8_t *head, size_t n_head);
/* The decoder for a codec, or NULL: not on the list. */
const AVCodec *vg_codecs_decoder(enum AVCodecID id);
/* The names of all decoders on the list, with commas, as FFmpeg's codec_whitelist. */
const char *vg_codecs_whitelist(void);
/* The same of container readers. */
const char *vg_codecs_readers(void);
/* Opens each decoder and reader once. */
void vg_codecs_warm(void);

/* video_picture.c: the frame as RGB in video->rgb. VG_OK, VG_ERANGE, VG_ESMALL, VG_EBUDGET, VG_EUNSUPPORTED. */
enum vg_err vg_picture_rgb(struct vg_video *video, const AVFrame *frame, struct vg_film_frame *out);
/* Is this a size that may be decoded? */
enum vg_err vg_picture_fits(const struct vg_video_limits *limits, int width, int height);
