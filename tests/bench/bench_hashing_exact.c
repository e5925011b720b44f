/* One digest's look-up among 100 k, 1 M and 10 M MD5, that misses (nearly every one) or hits, by binary search of
 * all and by lines. */
#include <string.h>

#include "hashing/index/exact.h"
#include "tests/bench/bench.h"
#include "tests/lib/picture.h"

#define N_ASKED 65536u

struct job {
	struct vg_index_view view;
	struct vg_exact exact, none;
	const struct vg_exact *now;
	uint8_t asked[N_ASKED][16];
	uint32_t at, n_found;
};

static void look_up(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	uint32_t entries[4];
	while (n_times--)
		job->n_found += vg_exact_find(job->now, &job->view, VG_ALGO_MD5, job->asked[job->at++ % N_ASKED],
					      entries, 4);
}

static void in_both_ways(struct job *job, const char *count, const char *what)
{
	char name[64];
	job->now = &job->none;
	double all_s = vg_bench_time_s(look_up, job, 0.02);
	job->now = &job->exact;
	double line_s = vg_bench_time_s(look_up, job, 0.02);
	snprintf(name, sizeof(name), "exact_%s_%s_binary_search", count, what);
	vg_bench_print(name, all_s * 1e9, "ns");
	snprintf(name, sizeof(name), "exact_%s_%s", count, what);
	vg_bench_print(name, line_s * 1e9, "ns");
}

static int measure(struct job *job, uint32_t n, const char *count)
{
	struct vg_index_md5 *md5 = calloc(n, sizeof(*md5));
	uint64_t seed = 9, step = UINT64_MAX / n;
	char name[64];
	if (!md5)
		return 1;
	for (uint64_t i = 0; i < n; i++) { /* sorted: one in each step */
		uint64_t word = __builtin_bswap64(i * step + vg_random(&seed) % step);
		memcpy(md5[i].value, &word, 8);
		word = vg_random(&seed);
		memcpy(md5[i].value + 8, &word, 8);
	}
	job->view.md5 = md5;
	job->view.n_md5 = job->view.n_entries = n;
	double begin = vg_bench_now_s();
	vg_exact_init(&job->exact, &job->view, VG_ALGO_MD5);
	snprintf(name, sizeof(name), "exact_%s_build", count);
	vg_bench_print(name, (vg_bench_now_s() - begin) * 1e3, "ms");
	snprintf(name, sizeof(name), "exact_%s_own", count);
	vg_bench_print(name, (double)sizeof(*job->exact.lines) * job->exact.n_lines / n, "bytes-a-record");
	for (unsigned i = 0; i < N_ASKED; i++)
		for (unsigned k = 0; k < 16; k++)
			job->asked[i][k] = (uint8_t)vg_random(&seed);
	in_both_ways(job, count, "miss");
	for (unsigned i = 0; i < N_ASKED; i++)
		memcpy(job->asked[i], md5[vg_random(&seed) % n].value, 16);
	in_both_ways(job, count, "hit");
	vg_exact_fini(&job->exact);
	free(md5);
	return 0;
}

int main(void)
{
	struct job *job = calloc(1, sizeof(*job));
	if (!job)
		return 1;
	int failed = measure(job, 100000, "100k") || measure(job, 1000000, "1m") || measure(job, 10000000, "10m");
	free(job);
	return failed;
}
