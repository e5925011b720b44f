/* video_setup: makes a film reader: limits with their defaults; what FFmpeg does on first use. */
#include <string.h>

#include <libavutil/log.h>
#include <libavutil/mem.h>

#include <vigil/media.h>

#include "hashing/video/video_priv.h"

#define MIN_SIDE 5u    /* of vPDQ */
#define MAX_SIDE 8192u /* of a film, and of vg_pdq_hash_wide() */

static void default_limits(struct vg_video_limits *l)
{
	l->max_pixels = l->max_pixels ? l->max_pixels : 8192ull * 4320;
	l->max_alloc_bytes = l->max_alloc_bytes ? l->max_alloc_bytes : 128u << 20;
	l->max_side = l->max_side && l->max_side < MAX_SIDE ? l->max_side : MAX_SIDE;
	l->min_side = l->min_side > MIN_SIDE ? l->min_side : MIN_SIDE;
	l->max_frames = l->max_frames ? l->max_frames : 4096;
	l->max_packets = l->max_packets ? l->max_packets : 4000000;
	l->max_reads = l->max_reads ? l->max_reads : 8;
	l->max_ms = l->max_ms ? l->max_ms : 30000;
	l->ms_per_hash = l->ms_per_hash ? l->ms_per_hash : 1000;
}

/* Whoever sends broken films must not fill our log. */
static void say_nothing(void *object, int level, const char *format, va_list args)
{
	(void)object, (void)level, (void)format, (void)args;
}

/* The body of destroy, for create to use as well (gcc checks create/destroy pairs by name). */
static void discard(struct vg_video *video)
{
	av_packet_free(&video->packet);
	av_frame_free(&video->frame);
	free(video->rgb);
	free(video);
}

void vg_video_destroy(struct vg_video *video)
{
	if (video)
		discard(video);
}

struct vg_video *vg_video_create(const struct vg_video_limits *limits)
{
	struct vg_video *video = calloc(1, sizeof(*video));

	if (!video)
		return NULL;
	if (limits)
		video->limits = *limits;
	default_limits(&video->limits);
	av_log_set_callback(say_nothing);
	av_max_alloc(video->limits.max_alloc_bytes); /* for this process: there is one of us in it */
	video->packet = av_packet_alloc();
	video->frame = av_frame_alloc();
	if (video->packet && video->frame)
		return video;
	discard(video);
	return NULL;
}

static bool no_frame(void *ctx, const struct vg_film_frame *frame)
{
	(void)ctx, (void)frame;
	return false;
}

void vg_video_warm(struct vg_video *video)
{
	static const unsigned kinds[] = { VG_KIND_MP4,     VG_KIND_MATROSKA, VG_KIND_AVI, VG_KIND_FLV,
					  VG_KIND_MPEG_PS, VG_KIND_MPEG_TS,  VG_KIND_OGG, VG_KIND_ASF };
	static const int formats[] = { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV422P,
				       AV_PIX_FMT_YUV420P10, AV_PIX_FMT_RGBA };
	static const uint8_t nothing[64];
	struct vg_span span = { nothing, sizeof(nothing) };
	const struct vg_chain chain = { &span, 1, sizeof(nothing) };
	struct vg_film_end end;

	vg_codecs_warm();
	for (size_t i = 0; i < VG_ARRAY_LEN(kinds); i++) /* broken on purpose */
		(void)vg_video_frames(
			video,
			&(struct vg_film){
				.kind = kinds[i], .bytes = &chain, .n_bytes = chain.n_bytes, .on_frame = no_frame },
			&end);
	for (size_t i = 0; i < VG_ARRAY_LEN(formats); i++) {
		struct vg_film_frame picture;
		AVFrame *frame = av_frame_alloc();
		if (!frame)
			return;
		frame->width = frame->height = 64;
		frame->format = formats[i];
		if (av_frame_get_buffer(frame, 0) == 0)
			(void)vg_picture_rgb(video, frame, &picture);
		av_frame_free(&frame);
	}
	sws_freeContext(video->sws);
	video->sws = NULL;
}
