/* heif: libheif over the whole file (libde265 behind it), no threads. The primary picture first, then the others on
 * its level; rotation, mirroring and cropping are applied by the library, since here they make the picture. */
#include <stdlib.h>

#include <libheif/heif.h>

#include "hashing/image/luma_priv.h"

#define MAX_SIDE 65535

/* libheif asks libde265 for a worker thread whatever it was told, and the sandbox allows none: this one stands in for
 * the library's function (the linker takes the program's first), and libde265 then decodes in the thread that asks. */
__attribute__((visibility("default"))) int de265_start_worker_threads(void *decoder, int n_threads);
int de265_start_worker_threads(void *decoder, int n_threads)
{
	(void)decoder, (void)n_threads;
	return 0; /* DE265_OK */
}

static enum vg_err meaning(struct heif_error error)
{
	switch (error.code) {
	case heif_error_Ok:
		return VG_OK;
	case heif_error_Memory_allocation_error:
		return VG_EBUDGET;
	case heif_error_Unsupported_feature:
	case heif_error_Unsupported_filetype:
	case heif_error_Decoder_plugin_error:
		return error.code == heif_error_Decoder_plugin_error ? VG_ECORRUPT : VG_EUNSUPPORTED;
	default:
		return VG_ECORRUPT;
	}
}

static enum vg_err put(struct vg_image *image, const struct heif_image *picture)
{
	int width = heif_image_get_width(picture, heif_channel_interleaved);
	int height = heif_image_get_height(picture, heif_channel_interleaved);
	int stride = 0;
	const uint8_t *rgb = heif_image_get_plane_readonly(picture, heif_channel_interleaved, &stride);

	if (width <= 0 || height <= 0 || stride < 3 * width || !rgb)
		return VG_ECORRUPT;
	return vg_luma_put_whole(image, (uint32_t)width, (uint32_t)height, (uint32_t)height, VG_PIXELS_RGB, 3, rgb,
				 (size_t)stride);
}

static enum vg_err one(struct vg_image *image, struct heif_context *heif, heif_item_id id)
{
	struct heif_decoding_options *options = heif_decoding_options_alloc();
	struct heif_image_handle *handle = NULL;
	struct heif_image *picture = NULL;
	enum vg_err err = options ? meaning(heif_context_get_image_handle(heif, id, &handle)) : VG_EBUDGET;

	if (!err) {
		int width = heif_image_handle_get_width(handle), height = heif_image_handle_get_height(handle);
		err = vg_luma_fits(image, width > 0 ? (uint64_t)width : 0, height > 0 ? (uint64_t)height : 0, 10);
	}
	if (!err) {
		options->convert_hdr_to_8bit = 1;
		options->decoder_id = "aom"; /* of AV1: dav1d would begin threads */
		err = meaning(
			heif_decode_image(handle, &picture, heif_colorspace_RGB, heif_chroma_interleaved_RGB, options));
	}
	if (!err)
		err = put(image, picture);
	heif_image_release(picture);
	heif_image_handle_release(handle);
	heif_decoding_options_free(options);
	return err;
}

static enum vg_err walk(struct vg_image *image, struct heif_context *heif)
{
	heif_item_id ids[64], primary = 0;
	enum vg_err first = VG_ECORRUPT;
	int n = heif_context_get_list_of_top_level_image_IDs(heif, ids, VG_ARRAY_LEN(ids));
	uint32_t idx = 0;

	if (!meaning(heif_context_get_primary_image_ID(heif, &primary))) {
		first = one(image, heif, primary);
		if (!first && !vg_luma_frame(image, idx))
			return VG_OK;
		idx++;
	}
	for (int i = 0; i < n && vg_luma_cpu_ns() <= image->deadline_ns; i++) {
		if (ids[i] == primary || !vg_luma_wants(image, idx++, (uint32_t)n))
			continue;
		if (!one(image, heif, ids[i]) && !vg_luma_frame(image, idx - 1))
			break;
	}
	return first;
}

enum vg_err vg_luma_heif(struct vg_image *image, const struct vg_chain *bytes)
{
	struct heif_context *heif;
	struct vg_span file;
	enum vg_err err = vg_luma_flat(image, bytes, &file);

	if (err)
		return err;
	heif = heif_context_alloc();
	if (!heif)
		return VG_EBUDGET;
	heif_context_set_max_decoding_threads(heif, 0);
	heif_context_set_maximum_image_size_limit(heif, MAX_SIDE); /* ours are checked above */
	err = meaning(heif_context_read_from_memory_without_copy(heif, file.at, file.n_bytes, NULL));
	if (!err)
		err = walk(image, heif);
	heif_context_free(heif);
	return err;
}
