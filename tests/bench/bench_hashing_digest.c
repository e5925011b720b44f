/* Digests of one stream, fed in 16 KiB spans. */
#include "hashing/digest/digest.h"
#include "tests/bench/bench.h"

#define SPAN_BYTES  16384u
#define TOTAL_BYTES (1u << 20)

struct job {
	struct vg_digests *digests;
	unsigned mask;
	size_t n_bytes; /* per object */
	uint8_t bytes[SPAN_BYTES];
};
static void digest(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	struct vg_digest_values out;
	while (n_times--) {
		vg_digests_init(job->digests, job->mask);
		for (size_t done = 0; done < job->n_bytes; done += SPAN_BYTES)
			vg_digests_feed(job->digests, job->bytes,
					job->n_bytes < SPAN_BYTES ? job->n_bytes : SPAN_BYTES);
		vg_digests_done(job->digests, &out);
	}
}

int main(void)
{
	static const struct {
		const char *name;
		unsigned mask;
	} kinds[] = { { "digest_md5", VG_DIGEST_MD5 },
		      { "digest_sha1", VG_DIGEST_SHA1 },
		      { "digest_sha256", VG_DIGEST_SHA256 },
		      { "digest_all_three", VG_DIGEST_ALL } };
	static struct job job;
	job.digests = vg_digests_create();
	if (!job.digests)
		return 1;
	for (size_t i = 0; i < sizeof(job.bytes); i++)
		job.bytes[i] = (uint8_t)(i * 167 >> 3);
	for (unsigned i = 0; i < VG_ARRAY_LEN(kinds); i++) {
		job.mask = kinds[i].mask;
		job.n_bytes = TOTAL_BYTES;
		vg_bench_print(kinds[i].name, TOTAL_BYTES / vg_bench_time_s(digest, &job, 0.02) / 1e9, "GB/s");
	}
	job.n_bytes = 1000;
	vg_bench_print("digest_all_three_1000_bytes", 1 / vg_bench_time_s(digest, &job, 0.02), "objects/s");
	vg_digests_destroy(job.digests);
	return 0;
}
