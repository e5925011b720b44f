/* videos: the shares that a search finds are those of comparing each frame with each, by scan and by bands; work is
 * bounded, and what is given where it was cut short is true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <vigil/video_match.h>

#include "hashing/index/videos.h"
#include "tests/lib/index_make.h"
#include "tests/lib/picture.h"
#include "tests/lib/tables_make.h"

#define N_VIDEOS 40u
#define N_SCENES 30u

static uint64_t seed;
static uint8_t scenes[N_SCENES][32];
static struct vg_frame_hash film[VG_FRAMES_MAX];
static struct vg_video_found given[N_VIDEOS];
static unsigned n_given;
static uint8_t *index_bytes;
static struct vg_index_make make;
static struct vg_index_view view;

static void near_scene(uint8_t *hash, unsigned max_bits)
{
	memcpy(hash, scenes[vg_random(&seed) % N_SCENES], 32);
	for (unsigned k = vg_random(&seed) % (max_bits + 1); k; k--)
		hash[vg_random(&seed) % 32] ^= (uint8_t)(1u << vg_random(&seed) % 8);
}
static uint32_t draw_film(uint32_t n)
{
	memset(film, 0, sizeof(film));
	for (uint32_t i = 0; i < n; i++) {
		near_scene(film[i].pdq, i % 40);
		if (i && i % 7 == 0)
			memcpy(film[i].pdq, film[i - 1].pdq, 32); /* a still */
		film[i].frame_no = 10 + i;
		film[i].quality = i % 11 ? 80 : 49;
	}
	return n;
}
static void draw_lists(void)
{
	static uint8_t values[300][32];
	size_t n_bytes;
	memset(&make, 0, sizeof(make));
	for (unsigned i = 0; i < sizeof(scenes); i++)
		scenes[i / 32][i % 32] = (uint8_t)vg_random(&seed);
	for (unsigned l = 0; l < 4; l++) {
		uint32_t list = vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
		make.lists[list].frame_distance = (uint8_t)(31 - 7 * l);
		make.lists[list].query_percent = (uint8_t)(25 * l);
		make.lists[list].compared_percent = (uint8_t)(l == 3 ? 40 : 0);
	}
	for (unsigned i = 0; i < N_VIDEOS; i++) {
		uint32_t n = 1 + (uint32_t)vg_random(&seed) % 300;
		for (uint32_t k = 0; k < n; k++)
			near_scene(values[k], 20);
		vg_index_make_video(&make, i % 4, (const void *)values, n);
	}
	index_bytes = vg_index_make_bytes(&make, 1, &n_bytes);
	assert_int_equal(vg_index_open(index_bytes, n_bytes, &view), VG_OK);
}
static void drop_lists(void)
{
	free(index_bytes);
	vg_index_make_free(&make);
}
static void on_given(void *ctx, const struct vg_video_found *found)
{
	(void)ctx;
	assert_true(n_given < N_VIDEOS);
	for (unsigned i = 0; i < n_given; i++)
		assert_int_not_equal(given[i].video_idx, found->video_idx);
	given[n_given++] = *found;
}
/* What was given is exactly what comparing all says. */
static void check(uint32_t n_frames, int all)
{
	static uint8_t values[VG_FRAMES_MAX][32];
	static uint32_t frame_nos[VG_FRAMES_MAX];
	uint32_t n_values = vg_frames_distinct(film, n_frames, values, frame_nos), n_match = 0;
	for (uint32_t i = 0; i < N_VIDEOS; i++) {
		const struct vg_index_list *list = &view.lists[view.entries[view.videos[i].entry_idx].list_idx];
		struct vg_video_share share = vg_video_compare((const void *)values, n_values,
							       view.frames + view.videos[i].first_frame,
							       view.videos[i].n_frames, list->frame_distance);
		unsigned query = vg_video_percent(share.n_query, n_values), k = 0;
		unsigned compared = vg_video_percent(share.n_compared, view.videos[i].n_frames);
		int matches = vg_video_matches(list, query, compared, share.n_query);
		while (k < n_given && given[k].video_idx != i)
			k++;
		if (all)
			assert_int_equal(k < n_given, matches);
		n_match += (uint32_t)matches;
		if (k == n_given)
			continue;
		assert_true(matches);
		assert_int_equal(given[k].query_percent, query);
		assert_int_equal(given[k].compared_percent, compared);
		assert_int_equal(given[k].frame_no, frame_nos[share.first_query]);
	}
	assert_true(n_given <= n_match);
}

static void the_shares_are_those_of_comparing_each_with_each_by_both_ways(void **state)
{
	struct vg_videos videos;
	unsigned n_all = 0;
	(void)state;
	draw_lists();
	struct vg_bands bands = vg_bands_make((const void *)view.frames, view.n_frames);
	for (unsigned way = 0; way < 2; way++) {
		assert_int_equal(vg_videos_init(&videos, vg_hamming_select(), &view, way ? &bands : NULL), VG_OK);
		for (unsigned round = 0; round < 30; round++) {
			uint32_t n = draw_film((uint32_t)vg_random(&seed) % (round == 7 ? VG_FRAMES_MAX : 200));
			n_given = 0;
			if (round == 15)
				videos.batch = 0x7fffff01u; /* as after years: numbers begin anew */
			assert_true(vg_videos_search(&videos, film, n, on_given, NULL));
			check(n, 1);
			n_all += n_given;
		}
		vg_videos_fini(&videos);
	}
	assert_true(n_all > 0);
	vg_bands_make_free(&bands);
	drop_lists();
}

static void a_search_cut_short_says_so_and_gives_nothing_that_is_not_so(void **state)
{
	struct vg_videos videos;
	(void)state;
	draw_lists();
	assert_int_equal(vg_videos_init(&videos, vg_hamming_select(), &view, NULL), VG_OK);
	videos.max_looks = view.n_frames * 3;
	for (unsigned round = 0; round < 10; round++) {
		uint32_t n = draw_film(400);
		n_given = 0;
		assert_false(vg_videos_search(&videos, film, n, on_given, NULL));
		check(n, 0);
	}
	vg_videos_fini(&videos);
	drop_lists();
}

static void without_good_frames_or_videos_nothing_is_found(void **state)
{
	struct vg_videos videos;
	struct vg_index_view empty = { .base = NULL };
	(void)state;
	draw_lists();
	make.lists[0].query_percent = 0;
	assert_int_equal(vg_videos_init(&videos, vg_hamming_select(), &view, NULL), VG_OK);
	n_given = 0;
	assert_true(vg_videos_search(&videos, film, 0, on_given, NULL));
	draw_film(50);
	for (unsigned i = 0; i < 50; i++)
		film[i].quality = 49;
	assert_true(vg_videos_search(&videos, film, 50, on_given, NULL));
	assert_int_equal(n_given, 0);
	vg_videos_fini(&videos);
	assert_int_equal(vg_videos_init(&videos, vg_hamming_select(), &empty, NULL), VG_OK);
	draw_film(50);
	assert_true(vg_videos_search(&videos, film, 50, on_given, NULL));
	assert_int_equal(n_given, 0);
	vg_videos_fini(&videos);
	drop_lists();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shares_are_those_of_comparing_each_with_each_by_both_ways),
		cmocka_unit_test(a_search_cut_short_says_so_and_gives_nothing_that_is_not_so),
		cmocka_unit_test(without_good_frames_or_videos_nothing_is_found),
	};
	seed = (uint64_t)time(NULL);
	print_message("seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
