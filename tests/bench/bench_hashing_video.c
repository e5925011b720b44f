/* Films: what hashing their frames costs beyond decoding them, paired in one run: every frame, and one a second (the
 * default). The films are drawn: a picture that moves, with grain, coded as H.264 by the encoder FFmpeg has. */
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include <vigil/media.h>

#include "hashing/pdq/wide.h"
#include "hashing/video/video.h"
#include "tests/bench/bench.h"
#include "tests/lib/film_hash.h"
#include "tests/lib/picture.h"

#define N_FRAMES 60
#define FPS      30
#define STEP     2 /* pixels a frame */

static void must(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "bench_hashing_video: %s\n", what);
		exit(1);
	}
}

static void drain(AVCodecContext *codec, AVFormatContext *format, AVPacket *packet)
{
	while (avcodec_receive_packet(codec, packet) == 0) {
		av_packet_rescale_ts(packet, codec->time_base, format->streams[0]->time_base);
		must(av_write_frame(format, packet) >= 0, "muxer");
		av_packet_unref(packet);
	}
}

/* A window of a larger drawn picture that moves on, in the planes of YUV 4:2:0. */
static void draw(AVFrame *frame, const uint8_t *drawn, uint32_t width, unsigned n, uint64_t *seed)
{
	must(av_frame_make_writable(frame) >= 0, "frame");
	for (int y = 0; y < frame->height; y++)
		for (int x = 0; x < frame->width; x++)
			frame->data[0][y * frame->linesize[0] + x] =
				(uint8_t)(16 + drawn[(size_t)y * width + (size_t)x + n * STEP] * 3 / 4 +
					  vg_random(seed) % 8);
	for (int p = 1; p < 3; p++)
		for (int y = 0; y < frame->height / 2; y++)
			for (int x = 0; x < frame->width / 2; x++)
				frame->data[p][y * frame->linesize[p] + x] =
					(uint8_t)(128 + drawn[(size_t)y * width + (size_t)x * 2 + n * STEP] / 8 - 16);
	frame->pts = n;
}

static uint8_t *encode(int width, int height, size_t *n_bytes)
{
	const AVCodec *encoder = avcodec_find_encoder_by_name("libx264");
	AVCodecContext *codec = avcodec_alloc_context3(encoder);
	AVFormatContext *format = NULL;
	AVFrame *frame = av_frame_alloc();
	AVPacket *packet = av_packet_alloc();
	uint32_t wide = (uint32_t)width + N_FRAMES * STEP;
	uint8_t *drawn = vg_picture_draw(wide, (uint32_t)height, 1, 3), *bytes = NULL;
	uint64_t seed = 1;
	must(encoder && codec && frame && packet, "no H.264 encoder here");
	codec->width = frame->width = width;
	codec->height = frame->height = height;
	codec->pix_fmt = AV_PIX_FMT_YUV420P;
	codec->time_base = (AVRational){ 1, FPS };
	codec->framerate = (AVRational){ FPS, 1 };
	(void)av_opt_set(codec->priv_data, "preset", "veryfast", 0);
	(void)av_opt_set(codec->priv_data, "crf", "23", 0);
	codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	must(avcodec_open2(codec, encoder, NULL) >= 0, "encoder");
	must(avformat_alloc_output_context2(&format, NULL, "matroska", NULL) >= 0, "muxer");
	AVStream *stream = avformat_new_stream(format, NULL);
	must(stream && avcodec_parameters_from_context(stream->codecpar, codec) >= 0, "stream");
	stream->avg_frame_rate = codec->framerate;
	must(avio_open_dyn_buf(&format->pb) >= 0 && avformat_write_header(format, NULL) >= 0, "header");
	frame->format = codec->pix_fmt;
	must(av_frame_get_buffer(frame, 0) >= 0, "frame");
	for (unsigned n = 0; n < N_FRAMES; n++) {
		draw(frame, drawn, wide, n, &seed);
		must(avcodec_send_frame(codec, frame) >= 0, "encoding");
		drain(codec, format, packet);
	}
	(void)avcodec_send_frame(codec, NULL);
	drain(codec, format, packet);
	must(av_write_trailer(format) >= 0, "trailer");
	*n_bytes = (size_t)avio_close_dyn_buf(format->pb, &bytes);
	avformat_free_context(format);
	avcodec_free_context(&codec);
	av_frame_free(&frame);
	av_packet_free(&packet);
	free(drawn);
	return bytes;
}

struct job {
	struct vg_video *video;
	struct vg_pdq *pdq; /* NULL: frames are made, but not hashed */
	struct vg_chain chain;
	uint32_t n_frames;
};

static bool on_frame(void *ctx, const struct vg_film_frame *frame)
{
	struct job *job = ctx;
	struct vg_pdq_result result;
	if (job->pdq)
		film_hash(job->pdq, frame, &result);
	job->n_frames++;
	return true;
}

static void run(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	struct vg_film film = { .kind = VG_KIND_MATROSKA,
				.bytes = &job->chain,
				.n_bytes = job->chain.n_bytes,
				.on_frame = on_frame,
				.ctx = job };
	struct vg_film_end end;
	while (n_times--) {
		must(vg_video_frames(job->video, &film, &end) == VG_OK && end.n_decoded == N_FRAMES, "decoding");
	}
}

static void bench(const char *name, int width, int height, struct vg_pdq *pdq)
{
	size_t n_bytes;
	uint8_t *bytes = encode(width, height, &n_bytes);
	struct vg_span span = { bytes, n_bytes };
	static const struct {
		const char *name;
		int32_t ms;
		int hashes;
	} rows[] = { { "decode", 3600000, 0 }, { "every_frame", -1, 1 }, { "every_second", 1000, 1 } };
	double decode_s = 0;
	char text[80];
	for (unsigned i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct job job = { vg_video_create(&(struct vg_video_limits){ .ms_per_hash = rows[i].ms }),
				   rows[i].hashes ? pdq : NULL,
				   { &span, 1, n_bytes },
				   0 };
		double s = vg_bench_time_s(run, &job, 0.02);
		decode_s = i ? decode_s : s;
		snprintf(text, sizeof(text), "video_%s_%s", name, rows[i].name);
		vg_bench_print(text, s * 1e3 / N_FRAMES, "ms/frame");
		snprintf(text, sizeof(text), "video_%s_%s_to_decode", name, rows[i].name);
		if (i)
			vg_bench_print(text, s / decode_s, "x");
		vg_video_destroy(job.video);
	}
	av_free(bytes);
}

int main(void)
{
	struct vg_pdq *pdq = vg_pdq_create();
	must(pdq != NULL, "memory");
	bench("sd", 640, 360, pdq);
	bench("hd", 1920, 1080, pdq);
	vg_pdq_destroy(pdq);
	return 0;
}
