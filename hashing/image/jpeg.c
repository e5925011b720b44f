/* jpeg: libjpeg-turbo over a chunk chain. Its errors come back by longjmp to one place; a decompressor lives for one
 * picture only, so that no table of one picture is seen by the next. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "hashing/image/luma_priv.h"
#include "hashing/image/scans.h"

#define MISALIGN 8u
#define MAX_JUNK 4096u
#define JPEG_SOI 0xd8
#define SLACK    128u /* what its vector code may write behind a row */

struct job {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct jpeg_source_mgr source;
	struct jpeg_progress_mgr progress;
	struct vg_image *image;
	struct vg_chain_reader reader;
	enum vg_err err;
	int at_end;       /* the decoder wanted more than there is */
	int damaged;      /* a warning said that picture data is missing or wrong */
	bool first_scans; /* an early look: the rest is not read */
	jmp_buf back;
};

static void stop(struct job *job, enum vg_err err)
{
	job->err = err;
	longjmp(job->back, 1);
}

/* ---- libjpeg's error manager ---- */
static void on_error(j_common_ptr jpeg)
{
	enum vg_err err = VG_ECORRUPT;
	switch (jpeg->err->msg_code) {
	case JERR_OUT_OF_MEMORY:
	case JERR_NO_BACKING_STORE:
		err = VG_EBUDGET;
		break;
	case JERR_IMAGE_TOO_BIG:
		err = VG_ERANGE;
		break;
	case JERR_BAD_PRECISION:   /* 12 bits per sample */
	case JERR_SOF_UNSUPPORTED: /* lossless, hierarchical */
	case JERR_CONVERSION_NOTIMPL:
	case JERR_ARITH_NOTIMPL:
		err = VG_EUNSUPPORTED;
		break;
	}
	stop(jpeg->client_data, err);
}
static void on_message(j_common_ptr jpeg, int level)
{
	struct job *job = jpeg->client_data;
	if (level >= 0)
		return;
	switch (jpeg->err->msg_code) {
	case JWRN_HIT_MARKER:
	case JWRN_HUFF_BAD_CODE:
	case JWRN_ARITH_BAD_CODE:
	case JWRN_MUST_RESYNC:
	case JWRN_BOGUS_PROGRESSION:
		job->damaged = 1;
	}
}
static void on_text(j_common_ptr jpeg)
{
	(void)jpeg;
}

/* ---- libjpeg's source manager: span after span, then an end-of-image marker for ever ---- */
static void source_begin(j_decompress_ptr jpeg)
{
	(void)jpeg;
}
static boolean source_fill(j_decompress_ptr jpeg)
{
	static const uint8_t end_of_image[2] = { 0xff, JPEG_EOI };
	struct job *job = jpeg->client_data;
	struct vg_span span = vg_chain_next(&job->reader, SIZE_MAX);
	if (!span.n_bytes) {
		job->at_end = 1;
		span = (struct vg_span){ end_of_image, sizeof(end_of_image) };
	}
	jpeg->src->next_input_byte = span.at;
	jpeg->src->bytes_in_buffer = span.n_bytes;
	return TRUE;
}
static void source_skip(j_decompress_ptr jpeg, long n_bytes)
{
	struct job *job = jpeg->client_data;
	if (n_bytes <= 0)
		return;
	size_t n = (size_t)n_bytes < jpeg->src->bytes_in_buffer ? (size_t)n_bytes : jpeg->src->bytes_in_buffer;
	jpeg->src->next_input_byte += n;
	jpeg->src->bytes_in_buffer -= n;
	vg_chain_skip(&job->reader, (uint64_t)n_bytes - n);
}
static void source_end(j_decompress_ptr jpeg)
{
	(void)jpeg;
}

/* Called for every row of blocks read or written: budgets of scans and time. */
static void on_progress(j_common_ptr jpeg)
{
	struct job *job = jpeg->client_data;
	if ((uint32_t)job->jpeg.input_scan_number > job->image->limits.max_scans || vg_luma_late(job->image))
		stop(job, VG_EBUDGET);
}

static void choose_output(struct jpeg_decompress_struct *jpeg, struct vg_pixel_row *row)
{
	switch (jpeg->jpeg_color_space) {
	case JCS_YCbCr:
	case JCS_RGB:
		jpeg->out_color_space = JCS_RGB;
		row->pixels = VG_PIXELS_RGB;
		break;
	case JCS_CMYK:
	case JCS_YCCK:
		jpeg->out_color_space = JCS_CMYK;
		row->pixels = jpeg->saw_Adobe_marker ? VG_PIXELS_CMYK : VG_PIXELS_CMYK_INK;
		break;
	case JCS_GRAYSCALE:
		jpeg->out_color_space = JCS_GRAYSCALE;
		row->pixels = VG_PIXELS_GREY;
		break;
	default: /* two components, or more than four: the first is taken for grey */
		jpeg->out_color_space = jpeg->jpeg_color_space;
		row->pixels = VG_PIXELS_GREY;
	}
}

/* Luma alone, and no larger than it must be; false: as the reference decodes. */
static bool choose_scale(struct job *job, uint32_t *eighths)
{
	struct jpeg_decompress_struct *jpeg = &job->jpeg;

	*eighths = 8;
	if (!job->image->scaled || (jpeg->jpeg_color_space != JCS_YCbCr && jpeg->jpeg_color_space != JCS_GRAYSCALE))
		return false;
	*eighths = vg_scaled_choose(jpeg->image_width, jpeg->image_height);
	jpeg->out_color_space = JCS_GRAYSCALE;
	jpeg->scale_num = *eighths;
	jpeg->scale_denom = 8;
	return true;
}

static void read_rows(struct job *job, struct vg_pixel_row *row, uint32_t eighths)
{
	struct jpeg_decompress_struct *jpeg = &job->jpeg;
	/* Not aligned on purpose: libjpeg-turbo writes aligned rows past the cache (MOVNT), and we read them at
	 * once. */
	JSAMPROW line = jpeg->mem->alloc_large((j_common_ptr)jpeg, JPOOL_IMAGE,
					       (size_t)row->n_pixels * row->pixel_bytes + MISALIGN + SLACK);

	line += MISALIGN;
	row->at = line;
	while (!vg_luma_full(job->image) && jpeg->output_scanline < jpeg->output_height) {
		row->y = jpeg->output_scanline;
		if (jpeg_read_scanlines(jpeg, &line, 1) != 1)
			stop(job, VG_ECORRUPT);
		if (eighths < 8)
			vg_luma_put_scaled(job->image, row->y, line);
		else
			vg_luma_put(job->image, row);
	}
}

/* Reads scan after scan until the first coefficients of luma are known; scans.h has seen that it will be so. */
static void read_first_scans(struct job *job)
{
	struct jpeg_decompress_struct *jpeg = &job->jpeg;
	unsigned n_known = 0;
	int what;

	while (n_known < VG_SCANS_LOW && (what = jpeg_consume_input(jpeg)) != JPEG_REACHED_EOI) {
		if (what == JPEG_SUSPENDED)
			stop(job, VG_ECORRUPT);
		for (n_known = 0; what == JPEG_SCAN_COMPLETED && n_known < VG_SCANS_LOW; n_known++)
			if (jpeg->coef_bits[0][n_known] < 0)
				break;
	}
	jpeg_start_output(jpeg, jpeg->input_scan_number);
}

static void decode(struct job *job)
{
	struct jpeg_decompress_struct *jpeg = &job->jpeg;
	struct vg_pixel_row row = { .pixels = VG_PIXELS_GREY };
	uint32_t eighths;
	enum vg_err err;

	jpeg_create_decompress(jpeg);
	jpeg->client_data = job;
	jpeg->src = &job->source;
	jpeg->progress = &job->progress;
	jpeg->mem->max_memory_to_use = (long)job->image->limits.max_memory_bytes;
	(void)jpeg_read_header(jpeg, TRUE);
	if (!choose_scale(job, &eighths))
		choose_output(jpeg, &row);
	err = eighths < 8 ? vg_luma_begin_scaled(job->image, jpeg->image_width, jpeg->image_height, eighths)
			  : vg_luma_begin(job->image, jpeg->image_width, jpeg->image_height, 0);
	if (err)
		stop(job, err);
	jpeg->dct_method = JDCT_ISLOW;
	jpeg->do_fancy_upsampling = TRUE;
	jpeg->do_block_smoothing = !job->first_scans;
	jpeg->buffered_image = job->first_scans;
	(void)jpeg_start_decompress(jpeg);
	if (job->first_scans)
		read_first_scans(job);
	if (jpeg->output_width != vg_scaled_n(jpeg->image_width, eighths) ||
	    jpeg->output_height != vg_scaled_n(jpeg->image_height, eighths))
		stop(job, VG_EUNSUPPORTED);
	row.pixel_bytes = (uint32_t)jpeg->output_components;
	row.n_pixels = jpeg->output_width;
	read_rows(job, &row, eighths);
	/* A picture of one scan may lack its end marker; one of several lacks detail then. */
	job->image->luma.partial = job->damaged || (job->at_end && !job->first_scans && jpeg_has_multiple_scans(jpeg));
}

/* Junk before the picture (line ends, headers of another layer) is passed over. */
static void find_begin(struct vg_chain_reader *r)
{
	static const uint8_t sign[3] = { 0xff, JPEG_SOI, 0xff };
	const struct vg_chain *chain = r->chain;
	uint8_t head[MAX_JUNK];
	size_t n = vg_chain_copy(chain, 0, head, sizeof(head));
	const uint8_t *at = memmem(head, n, sign, sizeof(sign));

	if (at)
		(void)vg_chain_skip(r, (uint64_t)(at - head));
}

/* The only place that libjpeg's errors come back to; nothing of the job is a local variable here. */
static enum vg_err decode_or_stop(struct job *job)
{
	if (setjmp(job->back))
		return job->err;
	decode(job);
	return VG_OK;
}

/* Are the first scans of this file here, and the last word on what they say? */
static enum vg_err look_at_scans(struct job *job)
{
	struct vg_chain_reader r = job->reader;
	struct vg_scans scans = { .n_bytes = 0 };
	struct vg_span piece;

	while (!scans.odd && (piece = vg_chain_next(&r, SIZE_MAX)).n_bytes)
		vg_scans_feed(&scans, piece.at, piece.n_bytes);
	job->first_scans = !scans.odd && scans.ready;
	return job->first_scans ? VG_OK : scans.odd ? VG_EUNSUPPORTED : VG_EAGAIN;
}

enum vg_err vg_luma_jpeg(struct vg_image *image, const struct vg_chain *bytes)
{
	struct job job;
	memset(&job, 0, sizeof(job));
	job.image = image;
	vg_chain_reader_init(&job.reader, bytes);
	find_begin(&job.reader);
	if (image->early) {
		enum vg_err early = look_at_scans(&job);
		if (early)
			return early;
	}
	job.jpeg.err = jpeg_std_error(&job.errors);
	job.jpeg.client_data = &job;
	job.errors.error_exit = on_error;
	job.errors.emit_message = on_message;
	job.errors.output_message = on_text;
	job.source.init_source = source_begin;
	job.source.fill_input_buffer = source_fill;
	job.source.skip_input_data = source_skip;
	job.source.resync_to_restart = jpeg_resync_to_restart;
	job.source.term_source = source_end;
	job.progress.progress_monitor = on_progress;
	enum vg_err err = decode_or_stop(&job);
	jpeg_destroy_decompress(&job.jpeg);
	return err;
}
