/* Digests, paired in one run: OpenSSL over one stream in 16 KiB spans, one stream of ours, and many streams side by
 * side on each tier that runs here, each from 64 KiB of its own, as
 * chunks of the arena lie. */
#include <openssl/evp.h>

#include "hashing/digest/batch.h"
#include "hashing/digest/wide.h"
#include "tests/bench/bench.h"

#define SPAN_BYTES  16384u
#define CHUNK_BYTES 65536u
#define N_STREAMS   64u

struct job {
	struct vg_digests *digests[N_STREAMS];
	struct vg_batch *batch;
	EVP_MD_CTX *evp;
	unsigned mask;
	uint32_t n_streams;
	size_t n_bytes; /* of each stream */
	uint8_t *bytes;
};

static void openssl(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	const EVP_MD *algos[] = { EVP_md5(), EVP_sha1(), EVP_sha256() };
	uint8_t out[32];

	while (n_times--)
		for (size_t done = 0; done < job->n_bytes; done += SPAN_BYTES)
			for (unsigned i = 0; i < VG_ARRAY_LEN(algos); i++)
				if (job->mask >> i & 1) {
					size_t left = job->n_bytes - done;
					(void)EVP_DigestInit_ex(job->evp, algos[i], NULL);
					(void)EVP_DigestUpdate(job->evp, job->bytes + done,
							       left < SPAN_BYTES ? left : SPAN_BYTES);
					(void)EVP_DigestFinal_ex(job->evp, out, NULL);
				}
}

static void alone(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	struct vg_digest_values out;

	while (n_times--) {
		vg_digests_init(job->digests[0], job->mask);
		for (size_t done = 0; done < job->n_bytes; done += SPAN_BYTES)
			vg_digests_feed(job->digests[0], job->bytes + done,
					job->n_bytes - done < SPAN_BYTES ? job->n_bytes - done : SPAN_BYTES);
		vg_digests_done(job->digests[0], &out);
	}
}

static void beside(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	struct vg_digest_values out;

	while (n_times--) {
		for (uint32_t i = 0; i < job->n_streams; i++) {
			vg_digests_init(job->digests[i], job->mask);
			vg_batch_lend(job->batch, job->digests[i], job->bytes + (size_t)i * CHUNK_BYTES, job->n_bytes);
		}
		vg_batch_run_all(job->batch);
		for (uint32_t i = 0; i < job->n_streams; i++)
			vg_digests_done(job->digests[i], &out);
	}
}

/* Each figure in turn; GB/s. */
static void measure(struct job *job, const char *what, unsigned mask)
{
	static const uint32_t counts[] = { 2, 4, 8, 16, 32, 64 };
	static const char *const tiers[] = { "avx512", "avx2", "generic" };
	char name[96];
	double reference = 0, s;

	job->mask = mask;
	job->n_bytes = CHUNK_BYTES;
	reference = (double)job->n_bytes / vg_bench_time_s(openssl, job, 0.02) / 1e9;
	snprintf(name, sizeof(name), "digest_%s_openssl", what);
	vg_bench_print(name, reference, "GB/s");
	s = (double)job->n_bytes / vg_bench_time_s(alone, job, 0.02) / 1e9;
	snprintf(name, sizeof(name), "digest_%s_1_stream", what);
	vg_bench_print(name, s, "GB/s");
	for (unsigned t = 0; t < VG_ARRAY_LEN(tiers); t++) {
		setenv("VIGIL_FORCE_ISA", tiers[t], 1);
		job->batch = vg_batch_create(N_STREAMS);
		for (unsigned i = 0; job->batch && i < VG_ARRAY_LEN(counts); i++) {
			if (strcmp(vg_batch_tier(job->batch), tiers[t]) || (t == 2 && counts[i] != 16))
				continue;
			job->n_streams = counts[i];
			s = (double)job->n_bytes * counts[i] / vg_bench_time_s(beside, job, 0.02) / 1e9;
			snprintf(name, sizeof(name), "digest_%s_%s_%u_streams", what, tiers[t], counts[i]);
			vg_bench_print(name, s, "GB/s");
			snprintf(name, sizeof(name), "digest_%s_%s_%u_streams_to_openssl", what, tiers[t], counts[i]);
			vg_bench_print(name, s / reference, "x");
		}
		vg_batch_destroy(job->batch);
	}
	unsetenv("VIGIL_FORCE_ISA");
}

int main(void)
{
	static struct job job;

	job.bytes = malloc((size_t)N_STREAMS * CHUNK_BYTES);
	job.evp = EVP_MD_CTX_new();
	if (!job.bytes || !job.evp)
		return 1;
	for (size_t i = 0; i < (size_t)N_STREAMS * CHUNK_BYTES; i++)
		job.bytes[i] = (uint8_t)(i * 167 >> 3);
	for (uint32_t i = 0; i < N_STREAMS; i++)
		if (!(job.digests[i] = vg_digests_create()))
			return 1;
	measure(&job, "md5", VG_DIGEST_MD5);
	measure(&job, "sha1", VG_DIGEST_SHA1);
	measure(&job, "sha256", VG_DIGEST_SHA256);
	measure(&job, "all_three", VG_DIGEST_ALL);
	job.n_bytes = 1000;
	vg_bench_print("digest_all_three_1000_bytes", 1 / vg_bench_time_s(alone, &job, 0.02), "objects/s");
	vg_bench_print("digest_all_three_1000_bytes_openssl", 1 / vg_bench_time_s(openssl, &job, 0.02), "objects/s");
	for (uint32_t i = 0; i < N_STREAMS; i++)
		vg_digests_destroy(job.digests[i]);
	EVP_MD_CTX_free(job.evp);
	free(job.bytes);
	return 0;
}
