/* PDQ alone by tier on planes of 512, 256 and 64, and decode + PDQ of drawn JPEGs; ratios to generic of the same
 * run. */
#include <string.h>

#include <vigil/media.h>

#include "hashing/pdq/pdq_priv.h"
#include "tests/bench/bench.h"
#include "tests/lib/picture.h"

struct plane_job {
	struct vg_pdq *pdq;
	struct vg_luma luma;
};
static void hash_plane(void *ctx, unsigned n_times)
{
	struct plane_job *job = ctx;
	struct vg_pdq_result result;
	while (n_times--)
		vg_pdq_hash(job->pdq, &job->luma, &result);
}

struct file_job {
	struct vg_pdq *pdq; /* NULL: decode only */
	struct vg_image *image;
	struct vg_chain chain;
};
static void hash_file(void *ctx, unsigned n_times)
{
	struct file_job *job = ctx;
	struct vg_pdq_result result;
	struct vg_luma luma;
	while (n_times--) {
		enum vg_err err = vg_image_luma(job->image, VG_KIND_JPEG, &job->chain, &luma);
		if (err) {
			fprintf(stderr, "bench_hashing_pdq: %s\n", vg_err_str(err));
			exit(1);
		}
		if (job->pdq)
			vg_pdq_hash(job->pdq, &luma, &result);
	}
}

static void bench_planes(struct vg_pdq *pdq, uint32_t side)
{
	static _Alignas(64) float plane[VG_LUMA_SIDE * VG_LUMA_STRIDE];
	uint8_t *drawn = vg_picture_draw(side, side, 1, 1);
	struct plane_job job = { pdq, { .at = plane, .n_rows = side, .n_cols = side } };
	unsigned n_tiers;
	const struct vg_pdq_tier *const *tiers = vg_pdq_tiers(&n_tiers);
	double generic_s = 0;
	char name[80];
	for (uint32_t i = 0; i < side * side; i++)
		plane[i / side * VG_LUMA_STRIDE + i % side] = drawn[i];
	free(drawn);
	for (unsigned t = n_tiers; t-- > 0;) {
		if (!vg_isa_runs_here(tiers[t]->isa))
			continue;
		pdq->tier = tiers[t];
		double s = vg_bench_time_s(hash_plane, &job, 0.02);
		generic_s = generic_s > 0 ? generic_s : s;
		snprintf(name, sizeof(name), "pdq_%ux%u_%s", side, side, vg_isa_str(tiers[t]->isa));
		vg_bench_print(name, s * 1e6, "us");
		snprintf(name, sizeof(name), "pdq_%ux%u_%s_rate", side, side, vg_isa_str(tiers[t]->isa));
		vg_bench_print(name, 1 / s, "hashes/s");
		snprintf(name, sizeof(name), "pdq_%ux%u_%s_to_generic", side, side, vg_isa_str(tiers[t]->isa));
		vg_bench_print(name, generic_s / s, "x");
	}
	pdq->tier = vg_pdq_select();
}

static void bench_files(struct vg_pdq *pdq, struct vg_image *image)
{
	static const struct {
		const char *name;
		struct vg_picture_jpeg how;
	} files[] = {
		{ "vga", { 640, 480, 3, 85, 0, 2, 0 } },
		{ "1080p", { 1920, 1080, 3, 85, 0, 2, 0 } },
		{ "1080p_progressive", { 1920, 1080, 3, 85, 1, 2, 0 } },
		{ "12mp", { 4000, 3000, 3, 85, 0, 2, 0 } },
	};
	char name[80];
	for (unsigned i = 0; i < VG_ARRAY_LEN(files); i++) {
		size_t n_bytes;
		uint32_t n_spans;
		uint64_t seed = 1;
		uint8_t *drawn = vg_picture_draw(files[i].how.width, files[i].how.height, 3, 2);
		for (size_t p = 0; p < (size_t)files[i].how.width * files[i].how.height * 3; p++)
			drawn[p] = (uint8_t)(drawn[p] / 4 * 3 + 16 +
					     vg_random(&seed) % 16); /* grain, as photographs have */
		uint8_t *bytes = vg_picture_to_jpeg(&files[i].how, drawn, &n_bytes);
		struct vg_span *spans = vg_cut(bytes, n_bytes, 65536, &seed, &n_spans);
		struct file_job job = { pdq, image, { spans, n_spans, n_bytes } }, decode_only = job;
		decode_only.pdq = NULL;
		double s = vg_bench_time_s(hash_file, &job, 0.02),
		       decode_s = vg_bench_time_s(hash_file, &decode_only, 0.02);
		snprintf(name, sizeof(name), "jpeg_%s_size", files[i].name);
		vg_bench_print(name, (double)n_bytes / 1e6, "MB");
		snprintf(name, sizeof(name), "jpeg_%s_decode_pdq", files[i].name);
		vg_bench_print(name, s * 1e3, "ms");
		snprintf(name, sizeof(name), "jpeg_%s_decode_share", files[i].name);
		vg_bench_print(name, 100 * decode_s / s, "%");
		snprintf(name, sizeof(name), "jpeg_%s_decode_pdq_rate", files[i].name);
		vg_bench_print(name, 1 / s, "pictures/s");
		free(spans);
		free(bytes);
		free(drawn);
	}
}

int main(void)
{
	struct vg_pdq *pdq = vg_pdq_create();
	struct vg_image *image = vg_image_create(NULL);
	if (!pdq || !image)
		return 1;
	bench_planes(pdq, 512);
	bench_planes(pdq, 256);
	bench_planes(pdq, 64);
	bench_files(pdq, image);
	vg_pdq_destroy(pdq);
	vg_image_destroy(image);
	return 0;
}
