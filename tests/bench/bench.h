#pragma once
/* bench: a figure is the median of several rounds of thread CPU time, printed as `name value unit`. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VG_BENCH_ROUNDS 7

typedef void (*vg_bench_fn)(void *ctx, unsigned n_times);

static inline double vg_bench_now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
static inline int vg_bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}
/* Seconds of one call of fn's work: median of VG_BENCH_ROUNDS rounds of at least min_s each. */
static inline double vg_bench_time_s(vg_bench_fn fn, void *ctx, double min_s)
{
	double rounds[VG_BENCH_ROUNDS], took = 0;
	unsigned n_times = 1;
	fn(ctx, 1); /* warm */
	for (;; n_times *= 2) {
		double begin = vg_bench_now_s();
		fn(ctx, n_times);
		took = vg_bench_now_s() - begin;
		if (took >= min_s || n_times > 1u << 24)
			break;
	}
	for (unsigned i = 0; i < VG_BENCH_ROUNDS; i++) {
		double begin = vg_bench_now_s();
		fn(ctx, n_times);
		rounds[i] = (vg_bench_now_s() - begin) / n_times;
	}
	qsort(rounds, VG_BENCH_ROUNDS, sizeof(*rounds), vg_bench_compare);
	return rounds[VG_BENCH_ROUNDS / 2];
}
static inline void vg_bench_print(const char *name, double value, const char *unit)
{
	printf("%s %.*f %s\n", name, value < 10 ? 3 : value < 1000 ? 1 : 0, value, unit);
	fflush(stdout);
}

#define VG_BENCH_LARGE_MIB 8192ul /* what the large rows want to find available; they take about half */

/* Are the large rows to be run: as the setting says (1 or 0), else where memory suffices. If not, a line says why. */
static inline bool vg_bench_large(const char *what, const char *setting)
{
	const char *said = getenv(setting);
	unsigned long kib = 0;
	char line[128];
	if (said && *said) {
		if (strcmp(said, "0"))
			return true;
		printf("# %s is left out: %s=0\n", what, setting);
		return false;
	}
	FILE *in = fopen("/proc/meminfo", "r");
	while (in && fgets(line, sizeof(line), in) && sscanf(line, "MemAvailable: %lu", &kib) != 1)
		;
	if (in)
		fclose(in);
	if (kib / 1024 >= VG_BENCH_LARGE_MIB)
		return true;
	printf("# %s is left out: %lu MiB of memory available, %lu wanted (%s=1 runs it all the same)\n", what,
	       kib / 1024, VG_BENCH_LARGE_MIB, setting);
	return false;
}
