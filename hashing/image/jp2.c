/* jp2: OpenJPEG over a chain, JP2 files and bare codestreams, one thread; cut ones are decoded as far as they go.
 * Components of any depth and subsampling are brought to 8-bit RGB or grey here. */
#include <stdlib.h>

#include <openjpeg.h>

#include "hashing/image/jp2_head.h"
#include "hashing/image/luma_priv.h"

#define COMPONENT_BYTES 8u /* of a sample while it is decoded */

struct job {
	struct vg_chain_reader reader;
	bool warned;
};

static OPJ_SIZE_T on_read(void *to, OPJ_SIZE_T n_bytes, void *ctx)
{
	struct job *job = ctx;
	size_t n = vg_chain_read(&job->reader, to, n_bytes);
	return n ? n : (OPJ_SIZE_T)-1;
}
static OPJ_OFF_T on_skip(OPJ_OFF_T n_bytes, void *ctx)
{
	struct job *job = ctx;
	return n_bytes < 0 ? -1 : (OPJ_OFF_T)vg_chain_skip(&job->reader, (uint64_t)n_bytes);
}
static OPJ_BOOL on_seek(OPJ_OFF_T off, void *ctx)
{
	struct job *job = ctx;
	const struct vg_chain *chain = job->reader.chain;
	if (off < 0 || (uint64_t)off > chain->n_bytes)
		return OPJ_FALSE;
	vg_chain_reader_init(&job->reader, chain);
	(void)vg_chain_skip(&job->reader, (uint64_t)off);
	return OPJ_TRUE;
}
static void on_warning(const char *text, void *ctx)
{
	struct job *job = ctx;
	(void)text;
	job->warned = true;
}
static void on_error(const char *text, void *ctx)
{
	on_warning(text, ctx);
}

/* A sample as 8 bits; components may be coarser than the picture. */
static uint8_t sample(const opj_image_comp_t *c, uint32_t x, uint32_t y)
{
	uint32_t cx = x / (c->dx ? c->dx : 1), cy = y / (c->dy ? c->dy : 1);
	if (!c->data || !c->w || !c->h)
		return 0;
	cx = cx < c->w ? cx : c->w - 1;
	cy = cy < c->h ? cy : c->h - 1;
	int64_t v = c->data[(size_t)cy * c->w + cx] + (c->sgnd ? (int64_t)1 << (c->prec - 1) : 0);
	v = c->prec > 8 ? v >> (c->prec - 8) : c->prec < 8 ? v * 255 / (((int64_t)1 << c->prec) - 1) : v;
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static uint8_t clamp(float v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5f);
}

/* ITU-T T.871 (JFIF) colours. */
static void from_ycc(uint8_t *p)
{
	float y = p[0], cb = (float)p[1] - 128, cr = (float)p[2] - 128;
	p[0] = clamp(y + 1.402f * cr);
	p[1] = clamp(y - 0.344136f * cb - 0.714136f * cr);
	p[2] = clamp(y + 1.772f * cb);
}

static enum vg_err put(struct vg_image *image, const opj_image_t *picture)
{
	static uint8_t const n_of[] = { 1, 1, 1, 3, 4 };
	uint32_t width = picture->x1 - picture->x0, height = picture->y1 - picture->y0;
	unsigned n_comps = n_of[picture->numcomps < 4 ? picture->numcomps : 4];
	bool is_cmyk = n_comps == 4 && picture->color_space == OPJ_CLRSPC_CMYK;
	bool is_ycc = n_comps >= 3 && (picture->color_space == OPJ_CLRSPC_SYCC ||
				       (picture->color_space != OPJ_CLRSPC_SRGB && picture->comps[1].dx > 1));
	struct vg_pixel_row row = { .pixels = n_comps == 1 ? VG_PIXELS_GREY
					      : is_cmyk    ? VG_PIXELS_CMYK_INK
							   : VG_PIXELS_RGB,
				    .pixel_bytes = 4,
				    .n_pixels = width };
	enum vg_err err = vg_luma_begin(image, width, height, 0);
	uint8_t *line = err ? NULL : malloc((size_t)width * 4);

	if (err)
		return err;
	if (!line)
		return VG_EBUDGET;
	row.at = line;
	for (; row.y < height && !vg_luma_full(image); row.y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint8_t *p = line + x * 4ul;
			for (unsigned c = 0; c < n_comps; c++)
				p[c] = sample(&picture->comps[c], x, row.y);
			if (is_ycc)
				from_ycc(p);
		}
		vg_luma_put(image, &row);
	}
	free(line);
	return VG_OK;
}

static enum vg_err check(const struct vg_image *image, const opj_image_t *picture)
{
	uint64_t width = picture->x1 > picture->x0 ? picture->x1 - picture->x0 : 0;
	uint64_t height = picture->y1 > picture->y0 ? picture->y1 - picture->y0 : 0;

	if (!picture->numcomps || picture->numcomps > 64)
		return VG_EUNSUPPORTED;
	for (uint32_t c = 0; c < picture->numcomps; c++)
		if (!picture->comps[c].prec || picture->comps[c].prec > 31)
			return VG_EUNSUPPORTED;
	return vg_luma_fits(image, width, height, picture->numcomps * COMPONENT_BYTES);
}

static enum vg_err decode(struct vg_image *image, struct job *job, opj_codec_t *codec, opj_stream_t *stream)
{
	opj_dparameters_t parameters;
	opj_image_t *picture = NULL;
	enum vg_err err = VG_ECORRUPT;

	opj_set_default_decoder_parameters(&parameters);
	opj_set_warning_handler(codec, on_warning, job);
	opj_set_error_handler(codec, on_error, job);
	opj_stream_set_user_data(stream, job, NULL);
	opj_stream_set_user_data_length(stream, job->reader.chain->n_bytes);
	opj_stream_set_read_function(stream, on_read);
	opj_stream_set_skip_function(stream, on_skip);
	opj_stream_set_seek_function(stream, on_seek);
	if (opj_setup_decoder(codec, &parameters) && opj_decoder_set_strict_mode(codec, OPJ_FALSE) &&
	    opj_read_header(stream, codec, &picture)) {
		err = check(image, picture);
		job->warned = false;
		if (!err && !opj_decode(codec, stream, picture))
			err = VG_ECORRUPT;
		if (!err)
			err = put(image, picture);
		image->luma.partial = job->warned;
	}
	opj_image_destroy(picture);
	return err;
}

enum vg_err vg_luma_jp2(struct vg_image *image, const struct vg_chain *bytes)
{
	uint8_t head[4] = { 0 };
	struct job job = { .warned = false };
	opj_stream_t *stream;
	opj_codec_t *codec;
	uint64_t n_wanted;
	enum vg_err err = vg_jp2_cost(bytes, &n_wanted);

	if (err || n_wanted > image->limits.max_memory_bytes)
		return err ? err : VG_EBUDGET;
	err = VG_EBUDGET;
	stream = opj_stream_create(1u << 16, OPJ_TRUE);

	(void)vg_chain_copy(bytes, 0, head, sizeof(head));
	codec = opj_create_decompress(head[0] == 0xff ? OPJ_CODEC_J2K : OPJ_CODEC_JP2);
	vg_chain_reader_init(&job.reader, bytes);
	if (stream && codec)
		err = decode(image, &job, codec, stream);
	opj_destroy_codec(codec);
	opj_stream_destroy(stream);
	return err;
}
