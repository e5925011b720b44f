/* webp: libwebp over the whole file. A still picture is decoded step by step, so that of a cut one the rows that are
 * there count; an animation's frames are put together by libwebpdemux. No threads. */
#include <stdlib.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "hashing/image/luma_priv.h"

static enum vg_err still(struct vg_image *image, const struct vg_span *file, const WebPBitstreamFeatures *f)
{
	uint32_t width = (uint32_t)f->width, height = (uint32_t)f->height;
	size_t stride = (size_t)width * 3;
	WebPDecoderConfig config;
	WebPIDecoder *decoder = NULL;
	int last_y = 0;
	enum vg_err err = vg_luma_fits(image, width, height, 8);
	uint8_t *rgb = err ? NULL : malloc(stride * height);

	if (err)
		return err;
	if (!rgb || !WebPInitDecoderConfig(&config)) {
		free(rgb);
		return VG_EBUDGET;
	}
	config.output.colorspace = MODE_RGB;
	config.output.is_external_memory = 1;
	config.output.u.RGBA = (WebPRGBABuffer){ .rgba = rgb, .stride = (int)stride, .size = stride * height };
	decoder = WebPIDecode(NULL, 0, &config);
	VP8StatusCode status = decoder ? WebPIUpdate(decoder, file->at, file->n_bytes) : VP8_STATUS_OUT_OF_MEMORY;
	if (status == VP8_STATUS_OK)
		last_y = (int)height;
	else if (decoder && !WebPIDecGetRGB(decoder, &last_y, NULL, NULL, NULL))
		last_y = 0;
	err = status == VP8_STATUS_OUT_OF_MEMORY ? VG_EBUDGET : last_y <= 0 ? VG_ECORRUPT : VG_OK;
	if (!err)
		err = vg_luma_put_whole(image, width, height, (uint32_t)last_y, VG_PIXELS_RGB, 3, rgb, stride);
	WebPIDelete(decoder);
	free(rgb);
	return err;
}

static enum vg_err frames(struct vg_image *image, WebPAnimDecoder *decoder, const WebPAnimInfo *info)
{
	enum vg_err err = VG_OK;
	uint32_t idx = 0;

	for (; !err && WebPAnimDecoderHasMoreFrames(decoder); idx++) {
		uint8_t *canvas;
		int ms;
		if (vg_luma_cpu_ns() > image->deadline_ns)
			return VG_EBUDGET;
		if (!WebPAnimDecoderGetNext(decoder, &canvas, &ms))
			return VG_ECORRUPT;
		if (!vg_luma_wants(image, idx, info->frame_count))
			continue;
		err = vg_luma_put_whole(image, info->canvas_width, info->canvas_height, info->canvas_height,
					VG_PIXELS_RGB, 4, canvas, (size_t)info->canvas_width * 4);
		if (!err && !vg_luma_frame(image, idx))
			break;
	}
	return err;
}

static enum vg_err animation(struct vg_image *image, const struct vg_span *file, const WebPBitstreamFeatures *f)
{
	const WebPData data = { file->at, file->n_bytes };
	WebPAnimDecoderOptions options;
	WebPAnimDecoder *decoder;
	WebPAnimInfo info;
	enum vg_err err = vg_luma_fits(image, (uint32_t)f->width, (uint32_t)f->height, 16);

	if (err)
		return err;
	if (!WebPAnimDecoderOptionsInit(&options))
		return VG_EUNSUPPORTED;
	options.use_threads = 0;
	options.color_mode = MODE_RGBA;
	decoder = WebPAnimDecoderNew(&data, &options);
	if (!decoder)
		return VG_ECORRUPT;
	if (!WebPAnimDecoderGetInfo(decoder, &info))
		err = VG_ECORRUPT;
	if (!err)
		err = vg_luma_fits(image, info.canvas_width, info.canvas_height, 16);
	if (!err)
		err = frames(image, decoder, &info);
	WebPAnimDecoderDelete(decoder);
	return err;
}

enum vg_err vg_luma_webp(struct vg_image *image, const struct vg_chain *bytes)
{
	WebPBitstreamFeatures features;
	struct vg_span file;
	enum vg_err err = vg_luma_flat(image, bytes, &file);

	if (err)
		return err;
	if (WebPGetFeatures(file.at, file.n_bytes, &features) != VP8_STATUS_OK)
		return VG_ECORRUPT;
	return features.has_animation ? animation(image, &file, &features) : still(image, &file, &features);
}
