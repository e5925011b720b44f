/* video_codecs: what of FFmpeg is open here, of hundreds of readers and decoders: what films on the web are in, and
 * what old collections are in. Nothing that fetches (HLS, DASH, concat, image sequences), no capture, no sound. */
#include <string.h>

#include <libavutil/mem.h>

#include <vigil/media.h>

#include "hashing/video/video_priv.h"

#define DECODERS(X)                 \
	X(H264, "h264")             \
	X(HEVC, "hevc")             \
	X(AV1, "libdav1d")          \
	X(VP8, "vp8")               \
	X(VP9, "vp9")               \
	X(MPEG4, "mpeg4")           \
	X(MSMPEG4V1, "msmpeg4v1")   \
	X(MSMPEG4V2, "msmpeg4v2")   \
	X(MSMPEG4V3, "msmpeg4")     \
	X(MPEG1VIDEO, "mpeg1video") \
	X(MPEG2VIDEO, "mpeg2video") \
	X(H263, "h263")             \
	X(H263P, "h263p")           \
	X(FLV1, "flv")              \
	X(VP6, "vp6")               \
	X(VP6F, "vp6f")             \
	X(VP6A, "vp6a")             \
	X(THEORA, "theora")         \
	X(WMV1, "wmv1")             \
	X(WMV2, "wmv2")             \
	X(WMV3, "wmv3")             \
	X(VC1, "vc1")               \
	X(MJPEG, "mjpeg")           \
	X(PNG, "png")               \
	X(PRORES, "prores")         \
	X(DNXHD, "dnxhd")           \
	X(DVVIDEO, "dvvideo")       \
	X(SVQ1, "svq1")             \
	X(SVQ3, "svq3")             \
	X(CINEPAK, "cinepak")

struct decoder {
	enum AVCodecID id;
	const char *name;
};
struct reader {
	unsigned kind;
	const char *name;
};

static const struct decoder decoders[] = {
#define X(id, name) { AV_CODEC_ID_##id, name },
	DECODERS(X)
#undef X
};
static const struct reader readers[] = {
	{ VG_KIND_MP4, "mov" }, { VG_KIND_MATROSKA, "matroska" }, { VG_KIND_AVI, "avi" },
	{ VG_KIND_FLV, "flv" }, { VG_KIND_MPEG_PS, "mpeg" },      { VG_KIND_OGG, "ogg" },
	{ VG_KIND_ASF, "asf" }, { VG_KIND_MPEG_TS, "mpegts" },
};

const AVInputFormat *vg_codecs_reader(unsigned kind, const uint8_t *head, size_t n_head)
{
	/* A sequence header where a pack header would be: MPEG-1/2 video without a container. */
	if (kind == VG_KIND_MPEG_PS && n_head >= 4 && head[3] == 0xb3)
		return av_find_input_format("mpegvideo");
	for (size_t i = 0; i < VG_ARRAY_LEN(readers); i++)
		if (readers[i].kind == kind)
			return av_find_input_format(readers[i].name);
	return NULL;
}

const AVCodec *vg_codecs_decoder(enum AVCodecID id)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(decoders); i++)
		if (decoders[i].id == id)
			return avcodec_find_decoder_by_name(decoders[i].name);
	return NULL;
}

const char *vg_codecs_whitelist(void)
{
#define X(id, name) name ","
	return DECODERS(X) "none";
#undef X
}

const char *vg_codecs_readers(void)
{
	return "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpeg,mpegvideo,ogg,asf,mpegts";
}

void vg_codecs_warm(void)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(decoders); i++) {
		const AVCodec *codec = avcodec_find_decoder_by_name(decoders[i].name);
		AVCodecContext *context = codec ? avcodec_alloc_context3(codec) : NULL;
		if (!context)
			continue;
		context->thread_count = 1;
		context->width = context->height = context->coded_width = context->coded_height = 64;
		(void)avcodec_open2(context, codec,
				    NULL); /* some ask for headers: they have made their tables by then */
		avcodec_free_context(&context);
	}
}
