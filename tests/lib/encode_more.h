#pragma once
/* encode_more: packed RGB pictures to AVIF, HEIC, JPEG XL and JPEG 2000 (encode.h has the rest and the rules). */
#include <avif/avif.h>
#include <jxl/encode.h>
#include <libheif/heif.h>
#if __has_include(<openjpeg.h>)
#include <openjpeg.h>
#else /* test programs have no include path of its own for it */
#include <openjpeg-2.5/openjpeg.h>
#endif

#include "tests/lib/encode.h"

static inline struct bytes to_avif(const struct rgb *p, int quality)
{
	avifImage *image = avifImageCreate((int)p->width, (int)p->height, 8, AVIF_PIXEL_FORMAT_YUV420);
	avifEncoder *encoder = avifEncoderCreate();
	avifRWData out = AVIF_DATA_EMPTY;
	avifRGBImage rgb;
	struct bytes b;
	avifRGBImageSetDefaults(&rgb, image);
	rgb.format = AVIF_RGB_FORMAT_RGB;
	rgb.pixels = p->at;
	rgb.rowBytes = p->width * 3;
	avifImageRGBToYUV(image, &rgb);
	encoder->speed = 10;
	encoder->minQuantizer = encoder->maxQuantizer = (100 - quality) * 63 / 100;
	avifEncoderWrite(encoder, image, &out);
	b = (struct bytes){ room(out.size), out.size };
	memcpy(b.at, out.data, out.size);
	avifRWDataFree(&out);
	avifEncoderDestroy(encoder);
	avifImageDestroy(image);
	return b;
}

static inline struct heif_error heif_out(struct heif_context *ctx, const void *data, size_t n, void *to)
{
	struct bytes *b = to;
	(void)ctx;
	b->at = room(n);
	b->n = n;
	memcpy(b->at, data, n);
	return (struct heif_error){ heif_error_Ok, heif_suberror_Unspecified, "" };
}

static inline struct bytes to_heic(const struct rgb *p, int quality)
{
	struct heif_context *ctx = heif_context_alloc();
	struct heif_encoder *encoder = NULL;
	struct heif_image *image = NULL;
	struct heif_writer writer = { 1, heif_out };
	struct bytes b = { NULL, 0 };
	int stride;
	uint8_t *to;
	if (heif_context_get_encoder_for_format(ctx, heif_compression_HEVC, &encoder).code)
		goto out;
	heif_encoder_set_lossy_quality(encoder, quality);
	heif_image_create((int)p->width, (int)p->height, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &image);
	heif_image_add_plane(image, heif_channel_interleaved, (int)p->width, (int)p->height, 8);
	to = heif_image_get_plane(image, heif_channel_interleaved, &stride);
	for (uint32_t y = 0; y < p->height; y++)
		memcpy(to + (size_t)y * (size_t)stride, pixel(p, 0, y), (size_t)p->width * 3);
	if (!heif_context_encode_image(ctx, image, encoder, NULL, NULL).code)
		heif_context_write(ctx, &writer, &b);
out:
	heif_image_release(image);
	heif_encoder_release(encoder);
	heif_context_free(ctx);
	return b;
}

static inline struct bytes to_jxl(const struct rgb *p, int quality)
{
	const JxlPixelFormat format = { 3, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0 };
	JxlEncoder *encoder = JxlEncoderCreate(NULL);
	JxlEncoderFrameSettings *how = JxlEncoderFrameSettingsCreate(encoder, NULL);
	JxlEncoderStatus status = JXL_ENC_ERROR;
	JxlColorEncoding colours;
	JxlBasicInfo info;
	size_t n_room = 4096 + (size_t)p->width * p->height * 4, left = n_room;
	struct bytes b = { room(n_room), 0 };
	uint8_t *next = b.at;
	JxlEncoderInitBasicInfo(&info);
	info.xsize = p->width;
	info.ysize = p->height;
	info.bits_per_sample = 8;
	info.num_color_channels = 3;
	JxlColorEncodingSetToSRGB(&colours, JXL_FALSE);
	JxlEncoderFrameSettingsSetOption(how, JXL_ENC_FRAME_SETTING_EFFORT, 3);
	JxlEncoderSetFrameDistance(how, 0.1f + (float)(100 - quality) * 0.09f);
	if (!JxlEncoderSetBasicInfo(encoder, &info) && !JxlEncoderSetColorEncoding(encoder, &colours) &&
	    !JxlEncoderAddImageFrame(how, &format, p->at, (size_t)p->width * p->height * 3)) {
		JxlEncoderCloseInput(encoder);
		status = JxlEncoderProcessOutput(encoder, &next, &left);
	}
	b.n = status == JXL_ENC_SUCCESS ? n_room - left : 0;
	JxlEncoderDestroy(encoder);
	return b;
}

static inline opj_image_t *jp2_image(const struct rgb *p)
{
	opj_image_cmptparm_t parts[3];
	memset(parts, 0, sizeof(parts));
	for (unsigned c = 0; c < 3; c++) {
		parts[c].dx = parts[c].dy = 1;
		parts[c].w = p->width;
		parts[c].h = p->height;
		parts[c].prec = 8;
	}
	opj_image_t *image = opj_image_create(3, parts, OPJ_CLRSPC_SRGB);
	if (!image)
		abort();
	image->x1 = p->width;
	image->y1 = p->height;
	for (size_t i = 0; i < (size_t)p->width * p->height; i++)
		for (unsigned c = 0; c < 3; c++)
			image->comps[c].data[i] = p->at[i * 3 + c];
	return image;
}

/* Irreversible, in a tenth of the bytes at quality 60. */
static inline struct bytes to_jp2(const struct rgb *p, int quality)
{
	int fd = memfd_create("jp2", MFD_CLOEXEC);
	char path[64];
	opj_image_t *image = jp2_image(p);
	opj_codec_t *codec = opj_create_compress(OPJ_CODEC_JP2);
	opj_stream_t *stream;
	opj_cparameters_t how;
	bool ok;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opj_set_default_encoder_parameters(&how);
	how.irreversible = how.tcp_mct = how.cp_disto_alloc = how.tcp_numlayers = 1;
	how.tcp_rates[0] = 1 + (float)(100 - quality) * 0.225f;
	stream = opj_stream_create_default_file_stream(path, OPJ_FALSE);
	ok = stream && opj_setup_encoder(codec, &how, image) && opj_start_compress(codec, image, stream) &&
	     opj_encode(codec, stream) && opj_end_compress(codec, stream);
	opj_stream_destroy(stream);
	opj_destroy_codec(codec);
	opj_image_destroy(image);
	struct bytes b = encoded_fd(fd);
	b.n = ok ? b.n : 0;
	return b;
}
