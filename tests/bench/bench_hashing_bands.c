/* Radius search at 31 bits (the most, margin included), eight variants in turn by scan (best tier) and by bands over
 * the same hashes, and one hash by bands: half of them random, half 48 to 96 bits away from published hashes of real
 * pictures (../shared/data/pdq/hashlists haystack.txt less near duplicates; random ones where it is absent). Queries
 * are random, or others of those published hashes, which meet the buckets that real pictures fill. Every query's
 * hits are compared between the two. 10 M (3.2 GB) only where memory suffices; BANDS_LARGE=1 or 0 decides. */
#include <string.h>

#include "hashing/index/bands.h"
#include "hashing/index/hamming.h"
#include "tests/bench/bench.h"
#include "tests/lib/picture.h"
#include "tests/lib/tables_make.h"

#define N_QUERIES 64u

struct job {
	struct vg_index_pdq *records;
	uint64_t n, *sketch, n_sketch, n_hits, n_asked;
	const struct vg_hamming_tier *tier;
	struct vg_bands bands;
	uint8_t queries[N_QUERIES][8][32];
	const uint8_t (*now)[32];
};
static uint8_t centres[4096][32];
static unsigned n_centres;

static void check(void *ctx, uint32_t idx)
{
	struct job *job = ctx;
	for (unsigned v = 0; v < 8; v++)
		if (vg_hamming_distance(job->records[idx].value, job->now[v]) <= 31) {
			job->n_hits += idx;
			return;
		}
}
static void by_scan(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	for (; n_times--; job->n_asked++) {
		struct vg_hamming_query q[8];
		uint32_t candidates[256], n;
		job->now = job->queries[job->n_asked % N_QUERIES];
		for (unsigned v = 0; v < 8; v++)
			memcpy(&q[v], job->now[v], sizeof(q[v]));
		for (uint64_t next = 0; next < job->n;) {
			n = job->tier->scan(job->sketch, job->sketch + job->n_sketch, job->n, &next, q, 8, 31,
					    candidates, 256);
			for (uint32_t i = 0; i < n; i++)
				check(job, candidates[i]);
		}
	}
}
static struct {
	uint32_t at[65536], n;
} once; /* hits of one query, each to be counted once */
static void by_band(void *ctx, uint32_t idx)
{
	(void)ctx;
	once.at[once.n < 65535 ? once.n++ : once.n] = idx;
}
static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}
static void by_bands(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	for (; n_times--; job->n_asked++) {
		job->now = job->queries[job->n_asked % N_QUERIES];
		once.n = 0;
		(void)vg_bands_search(&job->bands, job->now, 8, 31, by_band, NULL);
		qsort(once.at, once.n, sizeof(once.at[0]), compare);
		for (uint32_t i = 0; i < once.n; i++)
			if (!i || once.at[i] != once.at[i - 1])
				check(job, once.at[i]);
	}
}
static void one_by_bands(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	for (; n_times--; job->n_asked++) {
		once.n = 0;
		(void)vg_bands_search(&job->bands, &job->queries[job->n_asked / 8 % N_QUERIES][job->n_asked % 8], 1, 31,
				      by_band, NULL);
		job->n_hits += once.n;
	}
}
static void random_bytes(uint64_t *seed, void *at, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		((uint8_t *)at)[i] = (uint8_t)vg_random(seed);
}
static void load_centres(uint64_t *seed)
{
	const char *shared = getenv("VIGIL_SHARED");
	char path[512], line[256];
	snprintf(path, sizeof(path), "%s/data/pdq/hashlists/haystack.txt", shared ? shared : "../shared");
	FILE *in = fopen(path, "r");
	while (in && n_centres < 4096 && fgets(line, sizeof(line), in)) {
		unsigned i = 0, byte;
		for (; i < 32 && sscanf(line + 2 * i, "%2x", &byte) == 1; i++)
			centres[n_centres][i] = (uint8_t)byte;
		for (unsigned k = 0; k < n_centres; k++)
			i = vg_hamming_distance(centres[k], centres[n_centres]) < 64 ? 0 : i;
		n_centres += i == 32;
	}
	if (in)
		fclose(in);
	printf("# %u published hashes\n", n_centres);
	for (; n_centres < 32; n_centres++)
		random_bytes(seed, centres[n_centres], 32);
}
static void fill(struct job *job, uint64_t *seed)
{
	for (uint64_t i = 0; i < job->n; i++) {
		uint8_t *value = job->records[i].value;
		random_bytes(seed, value, 32);
		if (i % 2) {
			memcpy(value, centres[vg_random(seed) % (n_centres / 2)], 32);
			for (unsigned k = 48 + (unsigned)(vg_random(seed) % 49); k--;) {
				unsigned bit = (unsigned)(vg_random(seed) % 256);
				value[bit / 8] ^= (uint8_t)(1 << bit % 8);
			}
		}
		memcpy(job->sketch + i, value, 8);
		memcpy(job->sketch + job->n_sketch + i, value + 8, 8);
	}
}
static int compare_both(struct job *job, uint64_t *seed, const char *size, int real)
{
	char name[80];
	uint64_t hits[2];
	for (unsigned q = 0; q < N_QUERIES; q++) {
		random_bytes(seed, job->queries[q], sizeof(job->queries[q]));
		for (unsigned v = 0; real && v < 8; v++)
			memcpy(job->queries[q][v], centres[n_centres / 2 + vg_random(seed) % (n_centres / 2)], 32);
	}
	for (unsigned way = 0; way < 2; way++) {
		job->n_hits = job->n_asked = 0;
		(way ? by_bands : by_scan)(job, N_QUERIES);
		hits[way] = job->n_hits;
	}
	double scan_s = vg_bench_time_s(by_scan, job, 0.02), bands_s = vg_bench_time_s(by_bands, job, 0.02);
	snprintf(name, sizeof(name), "pdq_%s_%s_scan", size, real ? "real" : "random");
	vg_bench_print(name, scan_s * 1e6, "us");
	snprintf(name, sizeof(name), "pdq_%s_%s_bands", size, real ? "real" : "random");
	vg_bench_print(name, bands_s * 1e6, "us");
	snprintf(name, sizeof(name), "pdq_%s_%s_bands_to_scan", size, real ? "real" : "random");
	vg_bench_print(name, scan_s / bands_s, "x");
	snprintf(name, sizeof(name), "pdq_%s_%s_bands_one_hash", size, real ? "real" : "random");
	vg_bench_print(name, 1e-3 / vg_bench_time_s(one_by_bands, job, 0.02), "k/s");
	if (hits[0] != hits[1])
		printf("%s: NOT THE SAME HITS\n", name);
	return hits[0] != hits[1];
}

int main(void)
{
	static const struct {
		uint64_t n;
		const char *name;
	} sizes[] = { { 20000, "20k" }, { 100000, "100k" }, { 1000000, "1m" }, { 10000000, "10m" } };
	uint64_t seed = 5;
	char name[80];
	int bad = 0;
	load_centres(&seed);
	unsigned n_sizes = vg_bench_large("pdq_10m", "BANDS_LARGE") ? 4 : 3;
	for (unsigned s = 0; s < n_sizes; s++) {
		struct job *job = calloc(1, sizeof(*job));
		if (!job)
			return 1;
		job->n = sizes[s].n;
		job->n_sketch = (job->n + 7) / 8 * 8;
		job->records = calloc(job->n, sizeof(*job->records));
		job->sketch = calloc(2 * job->n_sketch, 8);
		job->tier = vg_hamming_select();
		if (!job->records || !job->sketch)
			return 1;
		fill(job, &seed);
		double begin = vg_bench_now_s();
		job->bands = vg_bands_make(job->records, job->n);
		snprintf(name, sizeof(name), "pdq_%s_bands_build", sizes[s].name);
		vg_bench_print(name, (vg_bench_now_s() - begin) * 1e3, "ms");
		bad |= compare_both(job, &seed, sizes[s].name, 0);
		bad |= compare_both(job, &seed, sizes[s].name, 1);
		vg_bands_make_free(&job->bands);
		free(job->records);
		free(job->sketch);
		free(job);
	}
	return bad;
}
