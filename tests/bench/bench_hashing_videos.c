/* A film of 600 frames (ten minutes at one a second) among 4,000 listed videos of 250 frames, 1 M in all, random: none
 * is like another; then one that is a listed video. */
#include <stdio.h>
#include <stdlib.h>

#include "hashing/index/videos.h"
#include "tests/bench/bench.h"
#include "tests/lib/index_make.h"
#include "tests/lib/picture.h"
#include "tests/lib/tables_make.h"

#define N_FILM   600u
#define N_VIDEOS 4000u
#define N_EACH   250u

struct job {
	struct vg_videos videos;
	struct vg_frame_hash film[N_FILM];
	unsigned n_found;
};

static void on_found(void *ctx, const struct vg_video_found *found)
{
	struct job *job = ctx;
	job->n_found += found->query_percent > 0;
}
static void search(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	while (n_times--)
		(void)vg_videos_search(&job->videos, job->film, N_FILM, on_found, job);
}
static void random_bytes(uint64_t *seed, uint8_t *at, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		at[i] = (uint8_t)vg_random(seed);
}

int main(void)
{
	static uint8_t values[N_EACH][32];
	static struct job job;
	struct vg_index_make make = { .n_lists = 0 };
	struct vg_index_view view;
	uint64_t seed = 9;
	size_t n_bytes;
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < N_VIDEOS; i++) {
		random_bytes(&seed, values[0], sizeof(values));
		vg_index_make_video(&make, 0, (const void *)values, N_EACH);
	}
	uint8_t *bytes = vg_index_make_bytes(&make, 1, &n_bytes);
	if (vg_index_open(bytes, n_bytes, &view))
		return 1;
	struct vg_bands bands = vg_bands_make((const void *)view.frames, view.n_frames);
	if (vg_videos_init(&job.videos, vg_hamming_select(), &view, &bands))
		return 1;
	for (unsigned i = 0; i < N_FILM; i++) {
		random_bytes(&seed, job.film[i].pdq, 32);
		job.film[i].quality = 100;
	}
	vg_bench_print("film_600_of_1m_stranger", vg_bench_time_s(search, &job, 0.05) * 1e3, "ms");
	for (unsigned i = 0; i < N_FILM; i++)
		memcpy(job.film[i].pdq, values[i % N_EACH], 32);
	vg_bench_print("film_600_of_1m_listed", vg_bench_time_s(search, &job, 0.05) * 1e3, "ms");
	vg_videos_fini(&job.videos);
	vg_bands_make_free(&bands);
	free(bytes);
	vg_index_make_free(&make);
	return job.n_found ? 0 : 1;
}
