/* One digest's look-up among 10 M MD5, that misses (nearly every one) or hits, by binary search of all and by range. */
#include <string.h>

#include "hashing/index/exact.h"
#include "tests/bench/bench.h"
#include "tests/lib/picture.h"

#define N_RECORDS 10000000u
#define N_ASKED   65536u

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

static void in_both_ways(struct job *job, const char *what)
{
	char name[64];
	job->now = &job->none;
	double all_s = vg_bench_time_s(look_up, job, 0.02);
	job->now = &job->exact;
	double range_s = vg_bench_time_s(look_up, job, 0.02);
	snprintf(name, sizeof(name), "exact_10m_%s_binary_search", what);
	vg_bench_print(name, all_s * 1e9, "ns");
	snprintf(name, sizeof(name), "exact_10m_%s_by_range", what);
	vg_bench_print(name, range_s * 1e9, "ns");
}

int main(void)
{
	struct job *job = calloc(1, sizeof(*job));
	struct vg_index_md5 *md5 = calloc(N_RECORDS, sizeof(*md5));
	uint64_t seed = 9, step = UINT64_MAX / N_RECORDS;
	if (!job || !md5)
		return 1;
	for (uint64_t i = 0; i < N_RECORDS; i++) { /* sorted: one in each step */
		uint64_t word = __builtin_bswap64(i * step + vg_random(&seed) % step);
		memcpy(md5[i].value, &word, 8);
	}
	job->view.md5 = md5;
	job->view.n_md5 = job->view.n_entries = N_RECORDS;
	double begin = vg_bench_now_s();
	vg_exact_init(&job->exact, &job->view, VG_ALGO_MD5);
	vg_bench_print("exact_10m_build", (vg_bench_now_s() - begin) * 1e3, "ms");
	for (unsigned i = 0; i < N_ASKED; i++)
		for (unsigned k = 0; k < 16; k++)
			job->asked[i][k] = (uint8_t)vg_random(&seed);
	in_both_ways(job, "miss");
	for (unsigned i = 0; i < N_ASKED; i++)
		memcpy(job->asked[i], md5[vg_random(&seed) % N_RECORDS].value, 16);
	in_both_ways(job, "hit");
	vg_exact_fini(&job->exact);
	free(md5);
	free(job);
	return 0;
}
