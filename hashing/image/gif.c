/* gif: giflib's record interface over a chain, frames put together on a canvas of our own, because an animation's
 * frames are patches. GIF89a: disposal (23. c. iv), transparency, interlacing (appendix E). */
#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

#include "hashing/image/luma_priv.h"

#define MAX_FRAMES_SEEN 100000u

struct job {
	struct vg_image *image;
	struct vg_chain_reader reader;
	GifFileType *gif;
	uint32_t width, height;
	uint8_t *canvas, *saved; /* RGB; saved: what disposal "previous" goes back to */
	uint8_t line[65536];
	GraphicsControlBlock control;
	uint32_t n_frames; /* in the file */
	bool damaged;
};

static int on_read(GifFileType *gif, GifByteType *to, int n_bytes)
{
	struct job *job = gif->UserData;
	return n_bytes > 0 ? (int)vg_chain_read(&job->reader, to, (size_t)n_bytes) : 0;
}

/* Sub-blocks up to the empty one. False at the end of the file. */
static bool skip_blocks(struct vg_chain_reader *r)
{
	uint8_t n;
	while (vg_chain_read(r, &n, 1) == 1 && n)
		if (vg_chain_skip(r, n) != n)
			return false;
	return vg_chain_left(r) != 0;
}

/* How many pictures follow each other, by their heads alone. */
static uint32_t count_frames(const struct vg_chain *bytes)
{
	struct vg_chain_reader r;
	uint8_t head[13], code, image[9];
	uint32_t n = 0;

	vg_chain_reader_init(&r, bytes);
	if (vg_chain_read(&r, head, sizeof(head)) != sizeof(head))
		return 0;
	if (head[10] & 0x80)
		(void)vg_chain_skip(&r, 3ull << ((head[10] & 7) + 1));
	while (n < MAX_FRAMES_SEEN && vg_chain_read(&r, &code, 1) == 1 && code != 0x3b) {
		if (code == 0x2c) {
			n++;
			if (vg_chain_read(&r, image, sizeof(image)) != sizeof(image))
				break;
			(void)vg_chain_skip(&r, 1 + (image[8] & 0x80 ? 3ull << ((image[8] & 7) + 1) : 0));
		} else if (code == 0x21) {
			(void)vg_chain_skip(&r, 1);
		} else {
			continue; /* junk between blocks: giflib decides what it is worth */
		}
		if (!skip_blocks(&r))
			break;
	}
	return n;
}

static void colour(const ColorMapObject *map, unsigned idx, uint8_t *to)
{
	memset(to, 0, 3);
	if (map && (int)idx < map->ColorCount)
		memcpy(to, (uint8_t[]){ map->Colors[idx].Red, map->Colors[idx].Green, map->Colors[idx].Blue }, 3);
}

/* Fills a rectangle, already cut to the canvas, with the background. */
static void clear(struct job *job, uint32_t x, uint32_t y, uint32_t n_cols, uint32_t n_rows)
{
	uint8_t rgb[3];
	colour(job->gif->SColorMap, (unsigned)job->gif->SBackGroundColor, rgb);
	for (uint32_t r = y; r < y + n_rows; r++)
		for (uint32_t c = x; c < x + n_cols; c++)
			memcpy(job->canvas + ((size_t)r * job->width + c) * 3, rgb, 3);
}

static void put_line(struct job *job, uint32_t idx, uint32_t y, uint32_t x, uint32_t n_cols)
{
	const GifImageDesc *d = &job->gif->Image;
	const ColorMapObject *map = d->ColorMap ? d->ColorMap : job->gif->SColorMap;

	if (y >= job->height)
		return;
	for (uint32_t c = 0; c < n_cols; c++) {
		unsigned value = job->line[c];
		if ((int)value == job->control.TransparentColor && idx)
			continue;
		colour(map, value, job->canvas + ((size_t)y * job->width + x + c) * 3);
	}
}

static uint32_t cut(uint32_t from, uint32_t n, uint32_t end)
{
	return from >= end ? 0 : n < end - from ? n : end - from;
}

/* Draws the picture whose descriptor was read. False where its data broke. */
static bool draw(struct job *job, uint32_t idx)
{
	static const uint8_t first[] = { 0, 4, 2, 1 }, step[] = { 8, 8, 4, 2 };
	const GifImageDesc *d = &job->gif->Image;
	uint32_t x = (uint32_t)d->Left, y = (uint32_t)d->Top, n_rows = (uint32_t)d->Height;
	uint32_t n_cols = cut(x, (uint32_t)d->Width, job->width);

	for (unsigned pass = 0; pass < (d->Interlace ? 4u : 1u); pass++)
		for (uint32_t r = d->Interlace ? first[pass] : 0; r < n_rows; r += d->Interlace ? step[pass] : 1) {
			if (DGifGetLine(job->gif, job->line, d->Width) == GIF_ERROR)
				return false;
			put_line(job, idx, y + r, x, n_cols);
		}
	return true;
}

static void dispose(struct job *job)
{
	const GifImageDesc *d = &job->gif->Image;
	uint32_t x = (uint32_t)d->Left, y = (uint32_t)d->Top;

	if (job->control.DisposalMode == DISPOSE_BACKGROUND)
		clear(job, x < job->width ? x : 0, y < job->height ? y : 0, cut(x, (uint32_t)d->Width, job->width),
		      cut(y, (uint32_t)d->Height, job->height));
	else if (job->control.DisposalMode == DISPOSE_PREVIOUS && job->saved)
		memcpy(job->canvas, job->saved, (size_t)job->width * job->height * 3);
	job->control = (GraphicsControlBlock){ .TransparentColor = NO_TRANSPARENT_COLOR };
}

/* Frames that say of themselves that they vanish: keep what is under them. */
static void save(struct job *job)
{
	size_t n = (size_t)job->width * job->height * 3;
	if (job->control.DisposalMode != DISPOSE_PREVIOUS)
		return;
	job->saved = job->saved ? job->saved : malloc(n);
	if (job->saved)
		memcpy(job->saved, job->canvas, n);
}

static enum vg_err make_canvas(struct job *job)
{
	enum vg_err err;
	job->width = (uint32_t)job->gif->SWidth;
	job->height = (uint32_t)job->gif->SHeight;
	if (!job->width || !job->height) { /* some writers leave it to the first picture */
		job->width = (uint32_t)(job->gif->Image.Left + job->gif->Image.Width);
		job->height = (uint32_t)(job->gif->Image.Top + job->gif->Image.Height);
	}
	err = vg_luma_fits(job->image, job->width, job->height, 6);
	if (err)
		return err;
	job->canvas = malloc((size_t)job->width * job->height * 3);
	if (!job->canvas)
		return VG_EBUDGET;
	clear(job, 0, 0, job->width, job->height);
	return VG_OK;
}

static enum vg_err picture(struct job *job, uint32_t idx, bool *go_on)
{
	enum vg_err err = VG_OK;
	bool whole;

	if (DGifGetImageDesc(job->gif) == GIF_ERROR)
		return VG_ECORRUPT;
	if (!job->canvas)
		err = make_canvas(job);
	if (err)
		return err;
	save(job);
	whole = draw(job, idx);
	if (whole && !vg_luma_wants(job->image, idx, job->n_frames)) {
		dispose(job);
		return VG_OK;
	}
	err = vg_luma_put_whole(job->image, job->width, job->height, job->height, VG_PIXELS_RGB, 3, job->canvas,
				(size_t)job->width * 3);
	job->image->luma.partial = !whole;
	*go_on = !err && vg_luma_frame(job->image, idx) && whole;
	dispose(job);
	return err;
}

static enum vg_err extension(struct job *job)
{
	GifByteType *block;
	int code;

	if (DGifGetExtension(job->gif, &code, &block) == GIF_ERROR)
		return VG_ECORRUPT;
	if (code == GRAPHICS_EXT_FUNC_CODE && block)
		(void)DGifExtensionToGCB(block[0], block + 1, &job->control);
	while (block)
		if (DGifGetExtensionNext(job->gif, &block) == GIF_ERROR)
			return VG_ECORRUPT;
	return VG_OK;
}

static enum vg_err walk(struct job *job)
{
	uint32_t idx = 0;
	bool go_on = true;
	enum vg_err err = VG_OK;

	while (go_on && !err) {
		GifRecordType type;
		if (vg_luma_cpu_ns() > job->image->deadline_ns)
			return VG_EBUDGET;
		if (DGifGetRecordType(job->gif, &type) == GIF_ERROR)
			return VG_ECORRUPT;
		if (type == TERMINATE_RECORD_TYPE)
			break;
		if (type == IMAGE_DESC_RECORD_TYPE)
			err = picture(job, idx++, &go_on);
		else if (type == EXTENSION_RECORD_TYPE)
			err = extension(job);
	}
	return err;
}

enum vg_err vg_luma_gif(struct vg_image *image, const struct vg_chain *bytes)
{
	struct job *job = calloc(1, sizeof(*job));
	enum vg_err err = VG_ECORRUPT;
	int why = 0;

	if (!job)
		return VG_EBUDGET;
	job->image = image;
	job->n_frames = count_frames(bytes);
	job->control.TransparentColor = NO_TRANSPARENT_COLOR;
	vg_chain_reader_init(&job->reader, bytes);
	job->gif = DGifOpen(job, on_read, &why);
	if (job->gif)
		err = walk(job);
	if (job->gif)
		(void)DGifCloseFile(job->gif, &why);
	free(job->canvas);
	free(job->saved);
	free(job);
	return err;
}
