/* video_picture: as the reference makes its pictures: swscale, SWS_AREA, RGB24, the frame's own size. What the frame
 * says of its colour space is not asked for, nor does the reference ask. */
#include <libavutil/pixdesc.h>

#include "hashing/video/video_priv.h"

#define RGB_ALIGN 64u /* converters write in blocks, also beyond the last pixel */

enum vg_err vg_picture_fits(const struct vg_video_limits *limits, int width, int height)
{
	if (width <= 0 || height <= 0 || (uint32_t)width > limits->max_side || (uint32_t)height > limits->max_side ||
	    (uint64_t)width * (uint64_t)height > limits->max_pixels)
		return VG_ERANGE;
	return (uint32_t)width < limits->min_side || (uint32_t)height < limits->min_side ? VG_ESMALL : VG_OK;
}

/* Room for a picture; the one of the frame before serves where it is large enough. */
static bool make_room(struct vg_video *video, size_t n_bytes)
{
	if (video->n_rgb >= n_bytes)
		return true;
	free(video->rgb);
	video->rgb = aligned_alloc(RGB_ALIGN, n_bytes);
	video->n_rgb = video->rgb ? n_bytes : 0;
	return video->rgb != NULL;
}

enum vg_err vg_picture_rgb(struct vg_video *video, const AVFrame *frame, struct vg_film_frame *out)
{
	enum vg_err err = vg_picture_fits(&video->limits, frame->width, frame->height);
	size_t stride;

	if (err)
		return err;
	stride = ((size_t)frame->width * 3 + 2 * RGB_ALIGN - 1) / RGB_ALIGN * RGB_ALIGN;
	if (!make_room(video, stride * (size_t)(frame->height + 1)))
		return VG_EBUDGET;
	video->sws = sws_getCachedContext(video->sws, frame->width, frame->height, frame->format, frame->width,
					  frame->height, AV_PIX_FMT_RGB24, SWS_AREA, NULL, NULL, NULL);
	if (!video->sws)
		return VG_EUNSUPPORTED;
	uint8_t *const to[4] = { video->rgb, NULL, NULL, NULL };
	const int strides[4] = { (int)stride, 0, 0, 0 };
	if (sws_scale(video->sws, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, to,
		      strides) != frame->height)
		return VG_ECORRUPT;
	out->rgb = video->rgb;
	out->stride_bytes = stride;
	out->width = (uint32_t)frame->width;
	out->height = (uint32_t)frame->height;
	return VG_OK;
}
