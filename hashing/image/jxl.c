/* jxl: libjxl over the whole file, without a parallel runner, its memory counted. Animations are walked twice: the
 * heads of the frames tell how many there are. */
#include <stdlib.h>

#include <jxl/decode.h>

#include "hashing/image/luma_priv.h"

#define PIXEL_BYTES 3u
#define HEAD_BYTES  64u /* before each block of memory: its size */

struct job {
	struct vg_image *image;
	JxlBasicInfo info;
	uint64_t n_memory_bytes;
	uint8_t *rgb;
	uint32_t n_frames, frame_idx;
	bool too_much;
};

static void *on_alloc(void *ctx, size_t n_bytes)
{
	struct job *job = ctx;
	uint64_t *head;

	if (n_bytes > job->image->limits.max_memory_bytes ||
	    job->n_memory_bytes + n_bytes > job->image->limits.max_memory_bytes) {
		job->too_much = true;
		return NULL;
	}
	head = aligned_alloc(HEAD_BYTES, (n_bytes + 2 * HEAD_BYTES - 1) & ~(size_t)(HEAD_BYTES - 1));
	if (!head)
		return NULL;
	*head = n_bytes;
	job->n_memory_bytes += n_bytes;
	return (uint8_t *)head + HEAD_BYTES;
}

static void on_free(void *ctx, void *at)
{
	struct job *job = ctx;
	uint64_t *head = at ? (uint64_t *)(void *)((uint8_t *)at - HEAD_BYTES) : NULL;

	if (!head)
		return;
	job->n_memory_bytes -= *head;
	free(head);
}

static enum vg_err on_info(struct job *job, JxlDecoder *decoder)
{
	enum vg_err err;

	if (JxlDecoderGetBasicInfo(decoder, &job->info) != JXL_DEC_SUCCESS)
		return VG_ECORRUPT;
	err = vg_luma_fits(job->image, job->info.xsize, job->info.ysize, 16);
	if (err)
		return err;
	job->rgb = calloc((size_t)job->info.xsize * job->info.ysize, PIXEL_BYTES);
	return job->rgb ? VG_OK : VG_EBUDGET;
}

/* A frame is there, or what came of it. False: no more are wanted. */
static enum vg_err give(struct job *job, bool whole)
{
	struct vg_image *image = job->image;
	enum vg_err err = vg_luma_put_whole(image, job->info.xsize, job->info.ysize, job->info.ysize, VG_PIXELS_RGB,
					    PIXEL_BYTES, job->rgb, (size_t)job->info.xsize * PIXEL_BYTES);

	image->luma.partial = !whole;
	if (!err)
		(void)vg_luma_frame(image, job->frame_idx);
	return err;
}

static enum vg_err on_buffer(struct job *job, JxlDecoder *decoder)
{
	const JxlPixelFormat format = { PIXEL_BYTES, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0 };

	if (!job->rgb || JxlDecoderSetImageOutBuffer(decoder, &format, job->rgb,
						     (size_t)job->info.xsize * job->info.ysize * PIXEL_BYTES))
		return VG_ECORRUPT;
	return VG_OK;
}

static enum vg_err refused(const struct job *job)
{
	return job->too_much ? VG_EBUDGET : VG_ECORRUPT;
}

/* count: only the frames' heads are looked at. */
static enum vg_err walk(struct job *job, JxlDecoder *decoder, bool count)
{
	enum vg_err err = VG_OK;

	while (!err && !job->image->enough) {
		JxlDecoderStatus status = JxlDecoderProcessInput(decoder);
		if (vg_luma_cpu_ns() > job->image->deadline_ns)
			return VG_EBUDGET;
		if (status == JXL_DEC_SUCCESS)
			return VG_OK;
		if (status == JXL_DEC_BASIC_INFO)
			err = on_info(job, decoder);
		else if (status == JXL_DEC_FRAME && count)
			job->n_frames++;
		else if (status == JXL_DEC_NEED_IMAGE_OUT_BUFFER)
			err = on_buffer(job, decoder);
		else if (status == JXL_DEC_FULL_IMAGE) {
			if (vg_luma_wants(job->image, job->frame_idx, job->n_frames))
				err = give(job, true);
			job->frame_idx++;
		} else if (status == JXL_DEC_NEED_MORE_INPUT && !count) { /* cut */
			if (job->rgb && JxlDecoderFlushImage(decoder) == JXL_DEC_SUCCESS)
				return give(job, false);
			return VG_ECORRUPT;
		} else if (status != JXL_DEC_FRAME) {
			return refused(job);
		}
	}
	return err;
}

static enum vg_err run(struct job *job, const struct vg_span *file, int events, bool count)
{
	const JxlMemoryManager memory = { job, on_alloc, on_free };
	JxlDecoder *decoder = JxlDecoderCreate(&memory);
	enum vg_err err = VG_EBUDGET;

	if (decoder && JxlDecoderSubscribeEvents(decoder, events) == JXL_DEC_SUCCESS &&
	    JxlDecoderSetInput(decoder, file->at, file->n_bytes) == JXL_DEC_SUCCESS)
		err = walk(job, decoder, count); /* the input stays open: closed, it prints what is missing */
	JxlDecoderDestroy(decoder);
	return err;
}

enum vg_err vg_luma_jxl(struct vg_image *image, const struct vg_chain *bytes)
{
	struct job job = { .image = image };
	struct vg_span file;
	enum vg_err err = vg_luma_flat(image, bytes, &file);

	if (err)
		return err;
	/* A cut file has fewer heads than frames; what there are of them count. */
	(void)run(&job, &file, JXL_DEC_FRAME, true);
	err = run(&job, &file, JXL_DEC_BASIC_INFO | JXL_DEC_FULL_IMAGE, false);
	free(job.rgb);
	return err;
}
