/* tiff: libtiff over a chain; every page that libtiff can make RGBA of, strip by strip or tile row by tile row, as
 * stored (its orientation tag is ignored). */
#include <stdlib.h>

#include <tiffio.h>

#include "hashing/image/luma_priv.h"

#define MAX_PAGES 1000u

struct job {
	struct vg_image *image;
	struct vg_chain_reader reader;
	bool warned;
	bool unsupported;
};

static void go_to(struct job *job, uint64_t off)
{
	vg_chain_reader_init(&job->reader, job->reader.chain);
	(void)vg_chain_skip(&job->reader, off);
}
static tmsize_t on_read(thandle_t ctx, void *to, tmsize_t n_bytes)
{
	struct job *job = ctx;
	return n_bytes > 0 ? (tmsize_t)vg_chain_read(&job->reader, to, (size_t)n_bytes) : 0;
}
static tmsize_t on_write(thandle_t ctx, void *from, tmsize_t n_bytes)
{
	(void)ctx, (void)from, (void)n_bytes;
	return 0;
}
static toff_t on_seek(thandle_t ctx, toff_t off, int whence)
{
	struct job *job = ctx;
	uint64_t n = job->reader.chain->n_bytes;
	uint64_t to = whence == SEEK_SET ? off : whence == SEEK_CUR ? job->reader.off + off : n + off;
	go_to(job, to < n ? to : n);
	return to;
}
static toff_t on_size(thandle_t ctx)
{
	return ((struct job *)ctx)->reader.chain->n_bytes;
}
static int on_close(thandle_t ctx)
{
	(void)ctx;
	return 0;
}
static int on_error(TIFF *tiff, void *ctx, const char *module, const char *format, va_list args)
{
	(void)tiff, (void)module, (void)format, (void)args;
	((struct job *)ctx)->warned = true;
	return 1;
}
static int on_warning(TIFF *tiff, void *ctx, const char *module, const char *format, va_list args)
{
	(void)tiff, (void)ctx, (void)module, (void)format, (void)args;
	return 1;
}

static TIFF *open_tiff(struct job *job)
{
	TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
	TIFF *tiff;

	if (!options)
		return NULL;
	TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)job->image->limits.max_memory_bytes);
	TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, job);
	TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, job);
	tiff = TIFFClientOpenExt("", "rm", job, on_read, on_write, on_seek, on_close, on_size, NULL, NULL, options);
	TIFFOpenOptionsFree(options);
	return tiff;
}

/* How many rows libtiff decodes in one go. */
static uint32_t rows_at_once(TIFF *tiff, uint32_t height)
{
	uint32_t n = 0;
	if (TIFFIsTiled(tiff))
		(void)TIFFGetField(tiff, TIFFTAG_TILELENGTH, &n);
	else
		(void)TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &n);
	return !n || n > height ? height : n;
}

static enum vg_err rows(struct job *job, TIFFRGBAImage *rgba, uint32_t n_at_once)
{
	struct vg_image *image = job->image;
	uint32_t *raster = malloc((size_t)rgba->width * n_at_once * sizeof(*raster));
	struct vg_pixel_row row = { .pixels = VG_PIXELS_RGB, .pixel_bytes = 4, .n_pixels = rgba->width };
	enum vg_err err = raster ? VG_OK : VG_EBUDGET;

	rgba->col_offset = 0;
	for (uint32_t y = 0; !err && y < rgba->height && !vg_luma_full(image); y += n_at_once) {
		uint32_t n = rgba->height - y < n_at_once ? rgba->height - y : n_at_once;
		rgba->row_offset = (int)y;
		if (vg_luma_late(image))
			err = VG_EBUDGET;
		else if (!TIFFRGBAImageGet(rgba, raster, rgba->width, n))
			err = VG_ECORRUPT;
		for (uint32_t r = 0; !err && r < n; r++) {
			row.y = y + r;
			row.at = (const uint8_t *)(raster + (size_t)r * rgba->width);
			vg_luma_put(image, &row);
		}
	}
	free(raster);
	return err;
}

static enum vg_err page(struct job *job, TIFF *tiff)
{
	TIFFRGBAImage rgba;
	char why[1024];
	uint32_t width = 0, height = 0, n_at_once;
	enum vg_err err;

	(void)TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
	(void)TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
	err = vg_luma_fits(job->image, width, height, 0);
	if (err)
		return err;
	n_at_once = rows_at_once(tiff, height);
	err = vg_luma_fits(job->image, width, n_at_once, 4);
	if (err == VG_EBUDGET)
		return err;
	if (!TIFFRGBAImageOK(tiff, why) || !TIFFRGBAImageBegin(&rgba, tiff, 0, why))
		return VG_EUNSUPPORTED;
	rgba.req_orientation = rgba.orientation;
	job->warned = false;
	err = vg_luma_begin(job->image, rgba.width, rgba.height, 0);
	if (!err)
		err = rows(job, &rgba, n_at_once);
	TIFFRGBAImageEnd(&rgba);
	if (err == VG_ECORRUPT && job->image->n_rows_put)
		err = VG_OK;
	job->image->luma.partial = job->warned || job->image->end_row < job->image->luma.n_rows;
	return err;
}

enum vg_err vg_luma_tiff(struct vg_image *image, const struct vg_chain *bytes)
{
	struct job job = { .image = image };
	enum vg_err first = VG_ECORRUPT, err;
	uint32_t n_pages, idx = 0;
	TIFF *tiff;

	vg_chain_reader_init(&job.reader, bytes);
	tiff = open_tiff(&job);
	if (!tiff)
		return VG_ECORRUPT;
	n_pages = TIFFNumberOfDirectories(tiff);
	do {
		if (vg_luma_cpu_ns() > image->deadline_ns)
			break;
		if (!vg_luma_wants(image, idx, n_pages))
			continue;
		err = page(&job, tiff);
		first = idx ? first : err;
		if (!err && !vg_luma_frame(image, idx))
			break;
	} while (++idx < MAX_PAGES && TIFFReadDirectory(tiff));
	TIFFClose(tiff);
	return first;
}
