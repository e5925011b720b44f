/* test-hashing_scaled FILE.jpg...: what scaled luma decoding does to PDQ: the distance of the scaled hash to the exact
 * one, by exact quality, and both times; then what searching by the scaled hash would miss: over all pairs of a
 * picture and the exact hash of another within 31 bits (any variant), how many lie beyond 31 + margin by the scaled
 * hash, or are lost to its quality. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vigil/media.h>

#include "hashing/image/scaled.h"
#include "hashing/index/hamming.h"
#include "hashing/pdq/pdq.h"
#include "hashing/unpack/kind.h"
#include "tests/lib/read_file.h"

#define MAX_FILES 20000u

struct picture {
	struct vg_pdq_result exact, scaled;
	uint32_t width, height;
	double exact_s, scaled_s;
};

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
static bool hash(struct vg_image *image, struct vg_pdq *pdq, const struct vg_chain *chain, bool scaled,
		 struct picture *p)
{
	struct vg_luma luma;
	double begin = now_s();
	vg_image_scaled(image, scaled);
	if (vg_image_luma(image, VG_KIND_JPEG, chain, &luma))
		return false;
	vg_pdq_hash(pdq, &luma, scaled ? &p->scaled : &p->exact);
	*(scaled ? &p->scaled_s : &p->exact_s) = now_s() - begin;
	p->width = luma.width;
	p->height = luma.height;
	return true;
}
static uint32_t nearest(const struct vg_pdq_result *r, const uint8_t *value)
{
	uint32_t best = 256;
	for (unsigned v = 0; v < VG_PDQ_N_VARIANTS; v++) {
		uint32_t d = vg_hamming_distance(r->variants[v], value);
		best = d < best ? d : best;
	}
	return best;
}

static void print_distances(const struct picture *p, uint32_t n, int min_quality)
{
	uint32_t of[257] = { 0 }, n_all = 0, sum = 0, at = 0, p95 = 0, p99 = 0, largest = 0, beyond = 0;
	uint32_t n_crossed = 0, q_most = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t d = vg_hamming_distance(p[i].exact.hash, p[i].scaled.hash);
		int q = abs(p[i].exact.quality - p[i].scaled.quality);
		if (p[i].exact.quality < min_quality)
			continue;
		of[d]++;
		n_all++;
		sum += d;
		largest = d > largest ? d : largest;
		beyond += d > 10;
		q_most = (uint32_t)q > q_most ? (uint32_t)q : q_most;
		n_crossed += (p[i].exact.quality >= VG_PDQ_MIN_QUALITY) != (p[i].scaled.quality >= VG_PDQ_MIN_QUALITY);
	}
	for (uint32_t d = 0; d <= 256; d++) {
		at += of[d];
		p95 = at * 100 < n_all * 95 ? d + 1 : p95;
		p99 = at * 100 < n_all * 99 ? d + 1 : p99;
	}
	printf("quality >= %d: n %u mean %.2f p95 %u p99 %u max %u, over 10 bits %u, identical %.0f %%; quality "
	       "differs by "
	       "at most %u, %u cross 50\n",
	       min_quality, n_all, n_all ? (double)sum / n_all : 0, p95, p99, largest, beyond,
	       n_all ? 100.0 * of[0] / n_all : 0, q_most, n_crossed);
}

static void print_recall(const struct picture *p, uint32_t n)
{
	static const uint32_t margins[] = { 0, 2, 4, 6, 8, 10, 12 };
	uint32_t n_pairs = 0, n_edge = 0, lost[8] = { 0 }, lost_edge[8] = { 0 }, n_extra[8] = { 0 }, n_quality = 0;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < n; k++) {
			uint32_t exact, scaled;
			if (i == k || p[i].exact.quality < VG_PDQ_MIN_QUALITY)
				continue;
			exact = nearest(&p[i].exact, p[k].exact.hash);
			scaled = nearest(&p[i].scaled, p[k].exact.hash);
			n_pairs += exact <= 31;
			n_edge += exact <= 31 && exact >= 26;
			n_quality += exact <= 31 && p[i].scaled.quality < VG_PDQ_MIN_QUALITY;
			for (unsigned m = 0; m < VG_ARRAY_LEN(margins); m++) {
				lost[m] += exact <= 31 && scaled > 31 + margins[m];
				lost_edge[m] += exact <= 31 && exact >= 26 && scaled > 31 + margins[m];
				n_extra[m] += exact > 31 && scaled <= 31 + margins[m];
			}
		}
	printf("pairs within 31 bits: %u, of these at 26 .. 31: %u; lost to quality %u\n", n_pairs, n_edge, n_quality);
	for (unsigned m = 0; m < VG_ARRAY_LEN(margins); m++)
		printf("margin %2u: lost %u (%.4f %%), of the edge %u (%.3f %%); decoded twice for nothing %u\n",
		       margins[m], lost[m], n_pairs ? 100.0 * lost[m] / n_pairs : 0, lost_edge[m],
		       n_edge ? 100.0 * lost_edge[m] / n_edge : 0, n_extra[m]);
}

int main(int argc, char **argv)
{
	struct vg_image *image = vg_image_create(NULL);
	struct vg_pdq *pdq = vg_pdq_create();
	struct picture *pictures = calloc(MAX_FILES, sizeof(*pictures));
	uint32_t n = 0;
	double exact_s = 0, scaled_s = 0;
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	if (!image || !pdq || !pictures || argc < 2) {
		fprintf(stderr, "usage: test-hashing_scaled [-v] FILE.jpg...\n");
		return 2;
	}
	for (int i = 1 + verbose; i < argc && n < MAX_FILES; i++) {
		size_t n_bytes = 0;
		uint8_t *at = read_file(argv[i], &n_bytes);
		struct vg_span span = { at, n_bytes };
		struct vg_chain chain = { &span, 1, n_bytes };
		struct picture *p = &pictures[n];
		if (at && hash(image, pdq, &chain, false, p) && hash(image, pdq, &chain, true, p)) {
			n++;
			exact_s += p->exact_s;
			scaled_s += p->scaled_s;
			if (verbose)
				printf("%s %ux%u q %d %d distance %u, %.2f ms %.2f ms\n", argv[i], p->width, p->height,
				       p->exact.quality, p->scaled.quality,
				       vg_hamming_distance(p->exact.hash, p->scaled.hash), p->exact_s * 1e3,
				       p->scaled_s * 1e3);
		}
		free(at);
	}
	printf("%u pictures, exact %.1f ms, scaled %.1f ms, %.2f x\n", n, exact_s * 1e3, scaled_s * 1e3,
	       exact_s / scaled_s);
	print_distances(pictures, n, 80);
	print_distances(pictures, n, 50);
	print_distances(pictures, n, 0);
	print_recall(pictures, n);
	free(pictures);
	vg_image_destroy(image);
	vg_pdq_destroy(pdq);
	return 0;
}
