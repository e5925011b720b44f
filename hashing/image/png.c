/* png: libpng over a chunk chain. Its errors come back by longjmp to one place. Only the chunks that make the picture
 * are looked at (IHDR, PLTE, tRNS, IDAT); wrong checksums are passed over, since viewers differ. Interlaced pictures
 * come as their seven passes, each pixel put where it belongs, without a whole picture in memory. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "hashing/image/luma_priv.h"

#define MAX_CHUNK_BYTES (8u << 20)
#define PIECE_BYTES     8192u

struct job {
	png_structp png;
	png_infop info;
	uint8_t *line;
	struct vg_image *image;
	struct vg_chain_reader reader;
	enum vg_err err;
	jmp_buf back;
};

_Noreturn static void stop(struct job *job, enum vg_err err)
{
	job->err = err;
	longjmp(job->back, 1);
}
_Noreturn static void on_error(png_structp png, png_const_charp text)
{
	(void)text;
	stop(png_get_error_ptr(png), VG_ECORRUPT);
}
static void on_warning(png_structp png, png_const_charp text)
{
	(void)png, (void)text;
}
static void on_read(png_structp png, png_bytep to, size_t n_bytes)
{
	struct job *job = png_get_io_ptr(png);
	if (vg_chain_read(&job->reader, to, n_bytes) != n_bytes)
		stop(job, VG_ECORRUPT);
	/* libpng asks for picture data in pieces of this size; a piece that is not there whole is lost with its
	 * rows, so that the last ones are small. */
	uint64_t n_left = vg_chain_left(&job->reader);
	png_set_compression_buffer_size(png, n_left > 2 * PIECE_BYTES ? PIECE_BYTES : n_left > 512 ? 256 : 1);
}

/* Rows of 8-bit grey or RGB, maybe with alpha behind, whatever the file holds. */
static void choose_output(struct job *job, struct vg_pixel_row *row)
{
	png_set_expand(job->png); /* palette to RGB, 1, 2, 4 bits to 8, tRNS to alpha */
	png_set_strip_16(job->png);
	png_read_update_info(job->png, job->info);
	row->pixels = png_get_color_type(job->png, job->info) & PNG_COLOR_MASK_COLOR ? VG_PIXELS_RGB : VG_PIXELS_GREY;
	row->pixel_bytes = png_get_channels(job->png, job->info);
	job->line = malloc(png_get_rowbytes(job->png, job->info));
	if (!job->line)
		stop(job, VG_EBUDGET);
	row->at = job->line;
}

static void next_row(struct job *job, struct vg_pixel_row *row)
{
	if (vg_luma_late(job->image))
		stop(job, VG_EBUDGET);
	png_read_row(job->png, job->line, NULL);
	vg_luma_put(job->image, row);
}

static void decode(struct job *job)
{
	struct vg_pixel_row row = { 0 };
	png_set_read_fn(job->png, job, on_read);
	png_set_user_limits(job->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* ours are checked below */
	png_set_chunk_malloc_max(job->png, MAX_CHUNK_BYTES);
	png_set_chunk_cache_max(job->png, 1);
	png_set_keep_unknown_chunks(job->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_set_crc_action(job->png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
	png_read_info(job->png, job->info);
	uint32_t width = png_get_image_width(job->png, job->info), height = png_get_image_height(job->png, job->info);
	int by_passes = png_get_interlace_type(job->png, job->info) != PNG_INTERLACE_NONE;
	enum vg_err err = vg_luma_begin(job->image, width, height, by_passes);
	if (err)
		stop(job, err);
	choose_output(job, &row);
	if (!by_passes) {
		for (row.n_pixels = width; row.y < height && !vg_luma_full(job->image); row.y++)
			next_row(job, &row);
		return;
	}
	for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
		uint32_t n_rows = PNG_PASS_ROWS(height, pass);
		row.n_pixels = PNG_PASS_COLS(width, pass);
		row.x = PNG_PASS_START_COL(pass);
		row.x_shift = PNG_PASS_COL_SHIFT(pass);
		row.n_rows = 8u >> pass / 2; /* what a viewer shows of a picture that is still coming */
		row.n_cols = 8u >> (pass + 1) / 2;
		for (uint32_t i = 0; row.n_pixels && i < n_rows; i++) {
			row.y = PNG_ROW_FROM_PASS_ROW(i, pass);
			next_row(job, &row);
		}
	}
}

/* The only place that libpng's errors come back to; nothing of the job is a local variable here. */
static enum vg_err decode_or_stop(struct job *job)
{
	if (setjmp(job->back))
		return job->err;
	job->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, job, on_error, on_warning);
	job->info = job->png ? png_create_info_struct(job->png) : NULL;
	if (!job->info)
		return VG_EBUDGET;
	decode(job);
	return VG_OK;
}

enum vg_err vg_luma_png(struct vg_image *image, const struct vg_chain *bytes)
{
	struct job job;
	memset(&job, 0, sizeof(job));
	job.image = image;
	vg_chain_reader_init(&job.reader, bytes);
	enum vg_err err = decode_or_stop(&job);
	png_destroy_read_struct(&job.png, &job.info, NULL);
	free(job.line);
	return err;
}
