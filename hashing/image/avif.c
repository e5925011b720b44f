/* avif: libavif over the whole file (dav1d or libaom behind it), one thread. Rotation and mirroring that the file
 * asks for are left to the dihedral variants, as EXIF orientation is. */
#include <avif/avif.h>

#include "hashing/image/luma_priv.h"

static enum vg_err meaning(avifResult result)
{
	switch (result) {
	case AVIF_RESULT_OK:
		return VG_OK;
	case AVIF_RESULT_OUT_OF_MEMORY:
		return VG_EBUDGET;
	case AVIF_RESULT_NO_CODEC_AVAILABLE:
	case AVIF_RESULT_UNSUPPORTED_DEPTH:
	case AVIF_RESULT_NOT_IMPLEMENTED:
		return VG_EUNSUPPORTED;
	default:
		return VG_ECORRUPT;
	}
}

static enum vg_err put(struct vg_image *image, const avifImage *picture)
{
	avifRGBImage rgb;
	enum vg_err err = vg_luma_fits(image, picture->width, picture->height, 11);

	if (err)
		return err;
	avifRGBImageSetDefaults(&rgb, picture);
	rgb.format = AVIF_RGB_FORMAT_RGB;
	rgb.depth = 8;
	rgb.ignoreAlpha = AVIF_TRUE;
	rgb.rowBytes = picture->width * 3;
	rgb.pixels = malloc((size_t)rgb.rowBytes * picture->height);
	if (!rgb.pixels)
		return VG_EBUDGET;
	err = meaning(avifImageYUVToRGB(picture, &rgb));
	if (!err)
		err = vg_luma_put_whole(image, picture->width, picture->height, picture->height, VG_PIXELS_RGB, 3,
					rgb.pixels, rgb.rowBytes);
	free(rgb.pixels);
	return err;
}

static enum vg_err walk(struct vg_image *image, avifDecoder *decoder)
{
	uint32_t n_frames = decoder->imageCount > 0 ? (uint32_t)decoder->imageCount : 1;
	enum vg_err err = vg_luma_fits(image, decoder->image->width, decoder->image->height, 11);

	for (uint32_t idx = 0; !err && idx < n_frames; idx++) {
		if (vg_luma_cpu_ns() > image->deadline_ns)
			return VG_EBUDGET;
		err = meaning(avifDecoderNextImage(decoder));
		if (err || !vg_luma_wants(image, idx, n_frames))
			continue;
		err = put(image, decoder->image);
		if (!err && !vg_luma_frame(image, idx))
			break;
	}
	return err;
}

enum vg_err vg_luma_avif(struct vg_image *image, const struct vg_chain *bytes)
{
	struct vg_span file;
	avifDecoder *decoder;
	enum vg_err err = vg_luma_flat(image, bytes, &file);

	if (err)
		return err;
	decoder = avifDecoderCreate();
	if (!decoder)
		return VG_EBUDGET;
	decoder->maxThreads = 1;
	decoder->ignoreExif = decoder->ignoreXMP = AVIF_TRUE;
	decoder->strictFlags = AVIF_STRICT_DISABLED;
	err = meaning(avifDecoderSetIOMemory(decoder, file.at, file.n_bytes));
	if (!err)
		err = meaning(avifDecoderParse(decoder));
	if (!err)
		err = walk(image, decoder);
	avifDecoderDestroy(decoder);
	return err;
}
