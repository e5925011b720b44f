/* video: container -> packets of the chosen stream -> frames. What is broken in the middle is passed over, as a player
 * would; what came of it is said in the end. */
#include "hashing/video/video.h"

#include <math.h>

#include "hashing/video/video_priv.h"

#define HEAD_BYTES  16
#define MAX_STREAMS 64
#define READ_BASE   (64ull << 20) /* beyond max_reads: a small film's readers look twice */
#define NO_DEADLINE UINT64_MAX

/* A film may name other files: there are none here. */
static int open_nothing(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options)
{
	(void)format, (void)url, (void)flags, (void)options;
	*io = NULL;
	return AVERROR(EPERM);
}

static enum vg_err meaning(const struct vg_video *v, int averror)
{
	if (v->io.late || v->io.spent || averror == AVERROR(ENOMEM))
		return VG_EBUDGET;
	return averror == AVERROR_DECODER_NOT_FOUND || averror == AVERROR_PATCHWELCOME || averror == AVERROR(ENOSYS)
		       ? VG_EUNSUPPORTED
		       : VG_ECORRUPT;
}

static enum vg_err open_container(struct vg_video *v, AVIOContext *reader)
{
	uint8_t head[HEAD_BYTES];
	size_t n_head = vg_chain_copy(v->film->bytes, 0, head, sizeof(head));
	const AVInputFormat *input = vg_codecs_reader(v->film->kind, head, n_head);
	int err;

	if (!input)
		return VG_EUNSUPPORTED;
	v->format = avformat_alloc_context();
	if (!v->format)
		return VG_EBUDGET;
	v->format->pb = reader;
	v->format->flags |= AVFMT_FLAG_CUSTOM_IO;
	v->format->io_open = open_nothing;
	v->format->interrupt_callback = (AVIOInterruptCB){ vg_film_io_late, &v->io };
	v->format->max_streams = MAX_STREAMS;
	v->format->codec_whitelist = av_strdup(vg_codecs_whitelist());
	v->format->format_whitelist = av_strdup(vg_codecs_readers());
	v->format->protocol_whitelist = av_strdup("none");
	if (!v->format->codec_whitelist || !v->format->format_whitelist || !v->format->protocol_whitelist)
		return VG_EBUDGET;
	err = avformat_open_input(&v->format, "", input, NULL); /* frees and clears it where it fails */
	if (err < 0)
		return meaning(v, err);
	err = avformat_find_stream_info(v->format, NULL);
	return v->io.late || v->io.spent ? VG_EBUDGET : err < 0 && !v->format->nb_streams ? meaning(v, err) : VG_OK;
}

/* The first film stream that is no cover picture, else the cover picture. */
static int find_stream(const AVFormatContext *format)
{
	int found = -1, cover = -1;

	for (int i = (int)format->nb_streams - 1; i >= 0; i--)
		if (format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO) {
			if (format->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC)
				cover = i;
			else
				found = i;
		}
	return found >= 0 ? found : cover;
}

static void set_pace(struct vg_video *v, const AVStream *stream)
{
	AVRational rate = stream->avg_frame_rate.num ? stream->avg_frame_rate : stream->r_frame_rate;
	double mod;

	v->fps = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
	mod = v->limits.ms_per_hash < 0 ? 0 : v->limits.ms_per_hash / 1000.0 * v->fps;
	v->frame_mod = mod < 1 ? 1 : mod > UINT32_MAX ? UINT32_MAX : (uint32_t)mod;
}

static enum vg_err open_decoder(struct vg_video *v)
{
	const AVCodecParameters *par;
	const AVCodec *codec;
	enum vg_err err = VG_OK;
	int averror;

	v->stream_idx = find_stream(v->format);
	if (v->stream_idx < 0)
		return VG_EUNSUPPORTED;
	par = v->format->streams[v->stream_idx]->codecpar;
	codec = vg_codecs_decoder(par->codec_id);
	if (!codec)
		return VG_EUNSUPPORTED;
	if (par->width || par->height)
		err = vg_picture_fits(&v->limits, par->width, par->height);
	if (err)
		return err;
	v->codec = avcodec_alloc_context3(codec);
	if (!v->codec)
		return VG_EBUDGET;
	if (avcodec_parameters_to_context(v->codec, par) < 0)
		return VG_EBUDGET;
	v->codec->thread_count = 1;
	v->codec->max_pixels = (int64_t)v->limits.max_pixels;
	averror = avcodec_open2(v->codec, codec, NULL);
	if (averror < 0)
		return meaning(v, averror);
	set_pace(v, v->format->streams[v->stream_idx]);
	for (unsigned i = 0; i < v->format->nb_streams; i++)
		if ((int)i != v->stream_idx)
			v->format->streams[i]->discard = AVDISCARD_ALL;
	return VG_OK;
}

/* The reference divides in single precision and prints three decimals. */
static uint32_t timestamp_ms(const struct vg_video *v, uint32_t frame_no)
{
	double ms = v->fps > 0 ? (double)((float)frame_no / (float)v->fps) * 1000 : 0;

	return ms < UINT32_MAX ? (uint32_t)llrint(ms) : UINT32_MAX;
}

static void take_frame(struct vg_video *v, const AVFrame *frame)
{
	struct vg_film_frame out = { .frame_no = v->end->n_decoded++ };
	enum vg_err err;

	out.damaged = frame->decode_error_flags || frame->flags & AV_FRAME_FLAG_CORRUPT;
	v->end->partial |= out.damaged;
	if (out.frame_no % v->frame_mod)
		return;
	if (v->end->n_frames == v->limits.max_frames) {
		v->end->over_budget = v->enough = true;
		return;
	}
	err = vg_picture_rgb(v, frame, &out);
	if (err) {
		v->err = v->err ? v->err : err;
		v->end->partial = true;
		return;
	}
	out.timestamp_ms = timestamp_ms(v, out.frame_no);
	v->end->n_frames++;
	v->enough = !v->film->on_frame(v->film->ctx, &out);
}

/* packet NULL: there are no more; what the decoder still holds comes out. */
static void decode_packet(struct vg_video *v, const AVPacket *packet)
{
	int err = avcodec_send_packet(v->codec, packet);

	v->end->partial |= err < 0 && err != AVERROR_EOF && err != AVERROR(EAGAIN);
	while (!v->enough) {
		if (vg_film_io_late(&v->io)) {
			v->end->over_budget = v->enough = true;
			return;
		}
		err = avcodec_receive_frame(v->codec, v->frame);
		if (err < 0)
			break;
		take_frame(v, v->frame);
		av_frame_unref(v->frame);
	}
	v->end->partial |= err < 0 && err != AVERROR_EOF && err != AVERROR(EAGAIN);
}

static void decode_all(struct vg_video *v)
{
	while (!v->enough) {
		int err = av_read_frame(v->format, v->packet);
		if (v->io.late || v->io.spent || ++v->n_packets > v->limits.max_packets) {
			v->end->over_budget = v->enough = true;
		} else if (err == AVERROR(EAGAIN)) {
			continue;
		} else if (err < 0) {
			v->end->partial |= err != AVERROR_EOF;
			break;
		} else if (v->packet->stream_index == v->stream_idx) {
			v->end->partial |= (v->packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
			decode_packet(v, v->packet);
		}
		av_packet_unref(v->packet);
	}
	if (!v->enough)
		decode_packet(v, NULL);
}

enum vg_err vg_video_frames(struct vg_video *v, const struct vg_film *film, struct vg_film_end *end)
{
	uint64_t own_ns = vg_video_cpu_ns() + v->limits.max_ms * 1000000ull;
	uint64_t deadline_ns = film->deadline_ns && film->deadline_ns < own_ns ? film->deadline_ns : own_ns;
	AVIOContext *reader;
	enum vg_err err;

	*end = (struct vg_film_end){ .partial = film->bytes->n_bytes < film->n_bytes };
	v->film = film;
	v->end = end;
	v->err = VG_OK;
	v->enough = false;
	v->n_packets = 0;
	vg_film_io_init(&v->io, film->bytes, READ_BASE + v->limits.max_reads * film->bytes->n_bytes, deadline_ns);
	reader = vg_film_io_open(&v->io);
	if (!reader)
		return VG_EBUDGET;
	err = open_container(v, reader);
	if (!err)
		err = open_decoder(v);
	if (!err)
		decode_all(v);
	avcodec_free_context(&v->codec);
	avformat_close_input(&v->format);
	vg_film_io_close(&reader);
	sws_freeContext(v->sws);
	v->sws = NULL;
	end->over_budget |= v->io.late || v->io.spent;
	if (end->n_frames)
		return VG_OK;
	return err ? err : end->over_budget ? VG_EBUDGET : v->err ? v->err : VG_ECORRUPT;
}
