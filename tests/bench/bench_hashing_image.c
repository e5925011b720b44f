/* Pictures by size and format: decode and hash exactly as the reference does, decoded smaller, and of progressive ones
 * by their first scans; what of it is entropy decoding (libjpeg-turbo alone, coefficients only), transform (the rest of
 * the decode; the other libraries give both only together: decode), hash (PDQ with its eight variants) and look-up
 * (1 M hashes, a miss). All pictures are drawn here. */
#include <string.h>

#include <vigil/media.h>

#include "hashing/image/scans.h"
#include "hashing/index/snapshot.h"
#include "hashing/pdq/pdq.h"
#include "tests/bench/bench.h"
#include "tests/lib/encode_more.h"
#include "tests/lib/index_make.h"

#define N_LISTED 1000000u

struct job {
	struct vg_image *image;
	struct vg_pdq *pdq; /* NULL: decode only */
	struct vg_index *index;
	struct vg_luma luma;
	struct vg_pdq_result result;
	struct vg_span span;
	unsigned kind;
	bool early;
};

static void decode(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	struct vg_chain chain = { &job->span, 1, job->span.n_bytes };
	while (n_times--) {
		enum vg_err err = job->early ? vg_image_early(job->image, &chain, &job->luma)
					     : vg_image_luma(job->image, job->kind, &chain, &job->luma);
		if (err) {
			fprintf(stderr, "bench_hashing_image: %s\n", vg_err_str(err));
			exit(1);
		}
		if (job->pdq)
			vg_pdq_hash(job->pdq, &job->luma, &job->result);
	}
}
static void hash(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	while (n_times--)
		vg_pdq_hash(job->pdq, &job->luma, &job->result);
}
static void look_up(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	struct vg_hit hit;
	while (n_times--)
		(void)vg_index_query(job->index, NULL, &job->result, &hit, 1);
}
static void look_up_with_margin(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	while (n_times--)
		(void)vg_index_may_hit(job->index, &job->result);
}
static void entropy(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	while (n_times--) {
		struct jpeg_decompress_struct jpeg;
		struct jpeg_error_mgr errors;
		jpeg.err = jpeg_std_error(&errors);
		jpeg_create_decompress(&jpeg);
		jpeg_mem_src(&jpeg, job->span.at, job->span.n_bytes);
		jpeg_read_header(&jpeg, TRUE);
		(void)jpeg_read_coefficients(&jpeg);
		jpeg_destroy_decompress(&jpeg);
	}
}

static struct vg_index *list(void)
{
	struct vg_index_make make = { .n_lists = 0 };
	struct vg_index *index = vg_index_create();
	uint64_t seed = 1, value[4];
	size_t n_bytes;
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < N_LISTED; i++) {
		for (unsigned k = 0; k < 4; k++)
			value[k] = vg_random(&seed);
		vg_index_make_add(&make, 0, VG_ALGO_PDQ, (const uint8_t *)value);
	}
	uint8_t *bytes = vg_index_make_bytes(&make, 1, &n_bytes);
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	if (!index || vg_index_take(index, fd, -1, 1))
		exit(1);
	close(fd);
	free(bytes);
	vg_index_make_free(&make);
	return index;
}

static void print(const char *format, const char *size, const char *what, double value, const char *unit)
{
	char name[96];
	snprintf(name, sizeof(name), "%s_%s_%s", format, size, what);
	vg_bench_print(name, value, unit);
}

/* The parts of an exact decode: entropy, the rest of it, the hash, the look-up. */
static void split(struct job *job, const char *format, const char *size)
{
	struct job only = *job;
	only.pdq = NULL;
	double decode_s = vg_bench_time_s(decode, &only, 0.02), hash_s = vg_bench_time_s(hash, job, 0.02);
	double both_s = decode_s + hash_s;
	if (job->kind == VG_KIND_JPEG) {
		double entropy_s = vg_bench_time_s(entropy, job, 0.02);
		print(format, size, "entropy", 100 * entropy_s / both_s, "%");
		print(format, size, "transform", 100 * (decode_s - entropy_s) / both_s, "%");
	} else {
		print(format, size, "decode", 100 * decode_s / both_s, "%");
	}
	print(format, size, "hash", hash_s * 1e6, "us");
	print(format, size, "look_up", vg_bench_time_s(look_up, job, 0.02) * 1e6, "us");
	print(format, size, "look_up_margin", vg_bench_time_s(look_up_with_margin, job, 0.02) * 1e6, "us");
}

static void bench(struct job *job, const char *format, const char *size, const uint8_t *bytes, size_t n_bytes)
{
	double exact_s, s;
	struct vg_scans scans = { .n_bytes = 0 };
	job->span = (struct vg_span){ bytes, n_bytes };
	job->early = false;
	vg_image_scaled(job->image, false);
	exact_s = vg_bench_time_s(decode, job, 0.02);
	print(format, size, "exact", exact_s * 1e3, "ms");
	print(format, size, "exact_rate", 1 / exact_s, "pictures/s");
	print(format, size, "exact_bytes", (double)n_bytes / exact_s / 1e6, "MB/s");
	split(job, format, size);
	if (job->kind != VG_KIND_JPEG)
		return;
	vg_image_scaled(job->image, true);
	s = vg_bench_time_s(decode, job, 0.02);
	print(format, size, "scaled", s * 1e3, "ms");
	print(format, size, "scaled_to_exact", exact_s / s, "x");
	vg_scans_feed(&scans, bytes, n_bytes);
	if (!scans.ready)
		return;
	job->early = true;
	job->span.n_bytes = scans.ready_off + 2;
	s = vg_bench_time_s(decode, job, 0.02);
	print(format, size, "early_after", 100 * (double)job->span.n_bytes / (double)n_bytes, "%");
	print(format, size, "early", s * 1e3, "ms");
	print(format, size, "early_to_exact", exact_s / s, "x");
}

static void bench_jpegs(struct job *job, const char *size, const struct rgb *drawn)
{
	job->kind = VG_KIND_JPEG;
	for (int progressive = 0; progressive < 2; progressive++) {
		const struct vg_picture_jpeg how = { drawn->width, drawn->height, 3, 85, progressive, 2, 0 };
		size_t n_bytes;
		uint8_t *bytes = vg_picture_to_jpeg(&how, drawn->at, &n_bytes);
		bench(job, progressive ? "jpeg_progressive" : "jpeg", size, bytes, n_bytes);
		free(bytes);
	}
}

/* The others; a large one only where it does not take too long to make. */
static void bench_others(struct job *job, const char *size, const struct rgb *drawn)
{
	static const struct {
		const char *name;
		unsigned kind;
		struct bytes (*encode)(const struct rgb *p, int quality);
		int quality;
		uint32_t max_width;
	} formats[] = {
		{ "webp", VG_KIND_WEBP, to_webp, 80, 4000 }, { "png", VG_KIND_PNG, to_png, 0, 4000 },
		{ "gif", VG_KIND_GIF, to_gif, 0, 1920 },     { "avif", VG_KIND_AVIF, to_avif, 80, 1920 },
		{ "heic", VG_KIND_HEIF, to_heic, 80, 1920 }, { "jxl", VG_KIND_JXL, to_jxl, 80, 1920 },
		{ "jp2", VG_KIND_JP2, to_jp2, 80, 1920 },    { "tiff", VG_KIND_TIFF, to_tiff, 0, 1920 },
		{ "bmp", VG_KIND_BMP, to_bmp, 0, 1920 },
	};
	for (unsigned i = 0; i < VG_ARRAY_LEN(formats); i++) {
		if (drawn->width > formats[i].max_width)
			continue;
		struct bytes b = formats[i].encode(drawn, formats[i].quality);
		job->kind = formats[i].kind;
		if (b.n)
			bench(job, formats[i].name, size, b.at, b.n);
		else
			printf("# %s %s: the library has no encoder for it here\n", formats[i].name, size);
		free(b.at);
	}
}

int main(void)
{
	static const struct {
		const char *name;
		uint32_t width, height;
	} sizes[] = { { "vga", 640, 480 }, { "1080p", 1920, 1080 }, { "12mp", 4000, 3000 } };
	struct job job = { .image = vg_image_create(NULL), .pdq = vg_pdq_create(), .index = list() };
	if (!job.image || !job.pdq)
		return 1;
	for (unsigned i = 0; i < VG_ARRAY_LEN(sizes); i++) {
		uint32_t w = sizes[i].width, h = sizes[i].height;
		struct rgb drawn = { w, h, vg_picture_draw(w, h, 3, 2) };
		uint64_t seed = 1;
		for (size_t p = 0; p < (size_t)w * h * 3; p++) /* grain, as photographs have */
			drawn.at[p] = (uint8_t)(drawn.at[p] / 4 * 3 + 16 + vg_random(&seed) % 16);
		bench_jpegs(&job, sizes[i].name, &drawn);
		bench_others(&job, sizes[i].name, &drawn);
		free(drawn.at);
	}
	vg_index_destroy(job.index);
	vg_pdq_destroy(job.pdq);
	vg_image_destroy(job.image);
	return 0;
}
