/* List queries at one million entries: PDQ radius 31 that misses (nearly every query in life), with all eight
 * variants and with one, by tier; exact look-ups, missing and hitting; taking a generation up. */
#include <string.h>

#include "hashing/index/snapshot_priv.h"
#include "tests/bench/bench.h"
#include "tests/lib/index_make.h"
#include "tests/lib/picture.h"

#define N_ENTRIES 1000000u

struct job {
	struct vg_index *index;
	struct vg_digest_values *digests; /* 1024 of them */
	struct vg_pdq_result *pdq;        /* 16 */
	unsigned use_digests, n_done, fd;
	uint32_t n_hits;
};
static void query(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	struct vg_hit hits[8];
	for (; n_times--; job->n_done++)
		job->n_hits += vg_index_query(job->index, job->use_digests ? &job->digests[job->n_done % 1024] : NULL,
					      job->use_digests ? NULL : &job->pdq[job->n_done % 16], hits, 8);
}
static void scan_one(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	const struct vg_index *index = job->index;
	uint32_t candidates[VG_NEAR_MAX_CANDIDATES];
	for (; n_times--; job->n_done++) {
		struct vg_hamming_query one;
		memcpy(&one, job->pdq[job->n_done % 16].hash, sizeof(one));
		for (uint64_t next = 0; next < index->view.n_pdq;)
			job->n_hits += index->tier->scan(index->near.sketch, index->near.sketch + index->near.n_sketch,
							 index->view.n_pdq, &next, &one, 1, 31, candidates,
							 VG_NEAR_MAX_CANDIDATES);
	}
}
static void take(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	while (n_times--)
		if (vg_index_take(job->index, (int)job->fd, -1, 1))
			abort();
}
static void random_bytes(uint64_t *seed, void *at, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		((uint8_t *)at)[i] = (uint8_t)vg_random(seed);
}

static void bench_pdq(struct job *job)
{
	unsigned n_tiers;
	const struct vg_hamming_tier *const *tiers = vg_hamming_tiers(&n_tiers);
	double generic_s = 0;
	char name[80];
	job->use_digests = 0;
	for (unsigned t = n_tiers; t-- > 0;) {
		if (!vg_isa_runs_here(tiers[t]->isa))
			continue;
		job->index->tier = tiers[t];
		double s = vg_bench_time_s(query, job, 0.02), one_s = vg_bench_time_s(scan_one, job, 0.02);
		generic_s = generic_s > 0 ? generic_s : s;
		snprintf(name, sizeof(name), "index_pdq_1m_8_variants_%s", vg_isa_str(tiers[t]->isa));
		vg_bench_print(name, 1 / s, "queries/s");
		snprintf(name, sizeof(name), "index_pdq_1m_1_hash_%s", vg_isa_str(tiers[t]->isa));
		vg_bench_print(name, 1 / one_s, "queries/s");
		snprintf(name, sizeof(name), "index_pdq_1m_8_variants_%s_to_generic", vg_isa_str(tiers[t]->isa));
		vg_bench_print(name, generic_s / s, "x");
	}
	job->index->tier = vg_hamming_select();
}

/* What a list pays that asks for more than 31 bits: a pass over all hashes, and over what its sketch does not tell. */
static void bench_wide(struct job *job)
{
	static const uint32_t distances[] = { 31, 37, 41, 50, 63 };
	double first_s = 0;
	char name[80];
	job->use_digests = 0;
	for (unsigned i = 0; i < sizeof(distances) / sizeof(*distances); i++) {
		job->index->near.max_distance = distances[i];
		double s = vg_bench_time_s(query, job, 0.02);
		first_s = i ? first_s : s;
		snprintf(name, sizeof(name), "index_pdq_1m_scan_distance_%u", distances[i]);
		vg_bench_print(name, s * 1e6, "us-a-picture");
		snprintf(name, sizeof(name), "index_pdq_1m_scan_distance_%u_to_31", distances[i]);
		vg_bench_print(name, s / first_s, "x");
	}
	job->index->near.max_distance = 31;
}

int main(void)
{
	struct vg_index_make make = { 0 };
	struct job job = {
		vg_index_create(), calloc(1024, sizeof(*job.digests)), calloc(16, sizeof(*job.pdq)), 0, 0, 0, 0
	};
	uint64_t seed = 1;
	uint8_t value[32];
	size_t n_bytes;
	if (!job.index || !job.digests || !job.pdq)
		return 1;
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (uint32_t i = 0; i < N_ENTRIES; i++) {
		random_bytes(&seed, value, sizeof(value));
		vg_index_make_add(&make, 0, VG_ALGO_PDQ, value);
		vg_index_make_record(&make, VG_ALGO_MD5, value, i);
		if (i % 1000 == 0) /* every second of the look-ups below hits */
			memcpy(job.digests[i / 500 % 1024].md5, value, 16);
	}
	uint8_t *bytes = vg_index_make_bytes(&make, 1, &n_bytes);
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	free(bytes);
	vg_index_make_free(&make);
	job.fd = (unsigned)fd;
	vg_bench_print("index_take_1m", vg_bench_time_s(take, &job, 0.02) * 1e3, "ms");
	for (unsigned i = 0; i < 16; i++) {
		random_bytes(&seed, job.pdq[i].variants, sizeof(job.pdq[i].variants));
		memcpy(job.pdq[i].hash, job.pdq[i].variants[0], 32);
		job.pdq[i].quality = 100;
	}
	bench_pdq(&job);
	bench_wide(&job);
	for (unsigned i = 0; i < 1024; i++) {
		random_bytes(&seed, job.digests[i].sha1, 20);
		random_bytes(&seed, job.digests[i].sha256, 32);
		if (i % 2)
			random_bytes(&seed, job.digests[i].md5, 16);
	}
	job.use_digests = 1;
	vg_bench_print("index_exact_1m", 1 / vg_bench_time_s(query, &job, 0.02), "queries/s");
	close(fd);
	vg_index_destroy(job.index);
	free(job.digests);
	free(job.pdq);
	return 0;
}
