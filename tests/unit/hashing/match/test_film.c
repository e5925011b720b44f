/* film: a film's frames in the record and behind the sample of a match; hits of a frame in a list of pictures; what
 * cannot be decoded is counted by its kind and reason; a head is decoded as far as it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <vigil/memfd.h>

#include "hashing/match/match_priv.h"
#include "tests/lib/index_make.h"

#define FOLDER "tests/data/films/"

struct fixture {
	struct vg_match match;
	struct vg_stats_page stats;
	uint8_t *film;
	size_t n_film;
	struct vg_span span;
	struct vg_digest_values digests;
};

static uint64_t count_of(struct fixture *f, unsigned counter)
{
	return atomic_load(&f->stats.counters[counter]);
}

static struct vg_match_file load(struct fixture *f, const char *name)
{
	char path[256];
	FILE *file;
	snprintf(path, sizeof(path), FOLDER "%s", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s", path);
	fseek(file, 0, SEEK_END);
	f->n_film = (size_t)ftell(file);
	rewind(file);
	free(f->film);
	f->film = malloc(f->n_film);
	assert_int_equal(fread(f->film, 1, f->n_film, file), f->n_film);
	fclose(file);
	f->span = (struct vg_span){ f->film, f->n_film };
	return (struct vg_match_file){ .bytes = { &f->span, 1, f->n_film },
				       .n_bytes = f->n_film,
				       .digests = &f->digests,
				       .may_decode = true,
				       .may_decode_film = true };
}

static void the_sampled_frames_are_in_the_record(void **state)
{
	struct fixture *f = *state;
	struct vg_match_file file = load(f, "h264.mp4");
	struct vg_msg_record r = { .flags = 0 };
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.kind, VG_KIND_MP4);
	assert_int_equal(r.flags, VG_RECORD_HAS_FRAMES | VG_RECORD_HAS_PDQ | VG_RECORD_HAS_DIGESTS);
	assert_int_equal(r.n_frames, 2);
	assert_int_equal(f->match.frames[1].frame_no, 10);
	assert_int_equal(f->match.frames[1].timestamp_ms, 1000);
	assert_true(f->match.frames[1].quality > 90);
	assert_memory_equal(r.pdq, f->match.frames[0].pdq, sizeof(r.pdq)); /* in no list: the first one's */
	assert_int_equal(count_of(f, VG_H_VIDEOS), 1);
	assert_int_equal(count_of(f, VG_H_VIDEO_FRAMES), 2);
	assert_int_equal(count_of(f, VG_H_VIDEO_DECODED), 20);
}

/* An index of one picture. */
static void take(struct fixture *f, uint64_t generation, const uint8_t *pdq)
{
	struct vg_index_make make = { .n_lists = 0 };
	size_t n_bytes;
	uint8_t *bytes;
	int fd;
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	vg_index_make_add(&make, 0, VG_ALGO_PDQ, pdq);
	bytes = vg_index_make_bytes(&make, generation, &n_bytes);
	fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	assert_int_equal(vg_index_take(f->match.index, fd, -1, generation), VG_OK);
	close(fd);
	free(bytes);
	vg_index_make_free(&make);
}

static void a_frame_is_found_in_a_list_of_pictures(void **state)
{
	struct fixture *f = *state;
	struct vg_match_file file = load(f, "vp9.webm");
	struct vg_msg_record r = { .flags = 0 };
	vg_match_file(&f->match, &file, &r);
	take(f, 7, f->match.frames[1].pdq);
	r = (struct vg_msg_record){ .flags = 0 };
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.n_hits, 1);
	assert_int_equal(r.hits[0].algo, VG_ALGO_PDQ);
	assert_int_equal(r.hits[0].frame_idx, 10);
	assert_int_equal(r.hits[0].distance, 0);
	assert_memory_equal(r.pdq, f->match.frames[1].pdq, sizeof(r.pdq));
}

static void frames_lie_behind_the_sample(void **state)
{
	struct fixture *f = *state;
	struct vg_match_file file = load(f, "mpeg4.mov");
	struct vg_msg_record r = { .flags = 0 };
	static const uint64_t most[] = { UINT64_MAX, 1000, 0 };
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.n_frames, 2);
	for (unsigned i = 0; i < VG_ARRAY_LEN(most); i++) {
		uint64_t n_sample, n_all;
		size_t n_map = 0;
		int fd;
		assert_int_equal(vg_match_sample(&file.bytes, most[i], f->match.frames, r.n_frames, &fd, &n_sample),
				 VG_OK);
		assert_int_equal(n_sample, most[i] < f->n_film ? most[i] : f->n_film);
		n_all = vg_record_memfd_bytes(n_sample, r.n_frames);
		assert_int_equal(vg_memfd_check(fd, VG_SEALS_FINAL, n_all, n_all, &n_map), VG_OK);
		uint8_t *at = vg_memfd_map(fd, n_map, PROT_READ);
		assert_memory_equal(at, f->film, n_sample);
		assert_memory_equal(at + vg_record_frames_off(n_sample), f->match.frames,
				    r.n_frames * sizeof(struct vg_frame_hash));
		munmap(at, n_map);
		close(fd);
	}
}

static void a_head_is_decoded_as_far_as_it_goes(void **state)
{
	struct fixture *f = *state;
	struct vg_match_file file = load(f, "h264.mp4");
	struct vg_msg_record r = { .flags = 0 };
	f->span.n_bytes = file.bytes.n_bytes = f->n_film / 2;
	file.digests = NULL;
	file.may_decode = false;
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.flags, VG_RECORD_HAS_FRAMES | VG_RECORD_HAS_PDQ | VG_RECORD_PART_FILM);
	assert_int_equal(r.n_frames, 1);
	assert_int_equal(count_of(f, VG_H_VIDEOS_PARTIAL), 1);
	file = load(f, "moov_last.mp4");
	f->span.n_bytes = file.bytes.n_bytes = f->n_film / 2;
	r = (struct vg_msg_record){ .flags = 0 };
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.n_frames, 0);
	assert_int_equal(r.flags, VG_RECORD_HAS_DIGESTS);
	assert_int_equal(count_of(f, VG_H_VIDEO_MP4_CUT), 1);
}

static void what_gives_no_frame_is_counted_by_reason(void **state)
{
	struct fixture *f = *state;
	struct vg_match_file file = load(f, "sound.mp4");
	struct vg_msg_record r = { .flags = 0 };
	f->match.deadline_ns = 1;
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.flags, VG_RECORD_HAS_DIGESTS | VG_RECORD_OVER_BUDGET);
	assert_int_equal(count_of(f, VG_H_VIDEO_MP4_BUDGET), 1);
	f->match.deadline_ns = 0;
	file = load(f, "vp8.webm");
	memset(f->film + 64, 0, f->n_film - 64);
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(count_of(f, VG_H_VIDEO_MATROSKA) + count_of(f, VG_H_VIDEO_MATROSKA_SORT), 1);
	file = load(f, "flv1.flv");
	file.may_decode_film = false;
	r = (struct vg_msg_record){ .flags = 0 };
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.flags, VG_RECORD_HAS_DIGESTS | VG_RECORD_NO_DECODE);
}

static void a_film_in_no_list_is_not_decoded_again(void **state)
{
	struct fixture *f = *state;
	struct vg_match_file file = load(f, "h264.flv");
	struct vg_msg_record r = { .flags = 0 };
	f->match.seen = vg_seen_create(64);
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(count_of(f, VG_H_VIDEOS), 1);
	r = (struct vg_msg_record){ .flags = 0 };
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(r.flags, VG_RECORD_HAS_DIGESTS);
	assert_int_equal(r.n_hits + r.n_frames, 0);
	assert_int_equal(count_of(f, VG_H_VIDEOS), 1);
	assert_int_equal(count_of(f, VG_H_SEEN), 1);
	file.exact = true; /* somebody wants to see its frames */
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(count_of(f, VG_H_VIDEOS), 2);
	assert_int_equal(r.n_frames, 2);
	file.exact = false;
	take(f, 8, f->match.frames[1].pdq); /* another list: that one has it */
	for (unsigned i = 0; i < 2; i++) {
		r = (struct vg_msg_record){ .flags = 0 };
		vg_match_file(&f->match, &file, &r);
		assert_int_equal(r.n_hits, 1);
		assert_int_equal(r.n_frames, 2);
	}
	assert_int_equal(count_of(f, VG_H_VIDEOS), 4);
	file = load(f, "cut.mp4"); /* what is damaged is looked at each time */
	f->digests.md5[0] = 2;
	vg_match_file(&f->match, &file, &r);
	vg_match_file(&f->match, &file, &r);
	assert_int_equal(count_of(f, VG_H_VIDEOS), 6);
	vg_seen_destroy(f->match.seen);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->match = (struct vg_match){ .pdq = vg_pdq_create(),
				      .video = vg_video_create(NULL),
				      .frames = calloc(VG_FRAMES_MAX, sizeof(*f->match.frames)),
				      .index = vg_index_create(),
				      .stats = &f->stats };
	f->digests.md5[0] = f->digests.sha1[0] = f->digests.sha256[0] = 1;
	*state = f;
	return f->match.pdq && f->match.video && f->match.frames && f->match.index ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	vg_pdq_destroy(f->match.pdq);
	vg_video_destroy(f->match.video);
	vg_index_destroy(f->match.index);
	free(f->match.frames);
	free(f->film);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_sampled_frames_are_in_the_record, setup, teardown),
		cmocka_unit_test_setup_teardown(a_frame_is_found_in_a_list_of_pictures, setup, teardown),
		cmocka_unit_test_setup_teardown(frames_lie_behind_the_sample, setup, teardown),
		cmocka_unit_test_setup_teardown(a_head_is_decoded_as_far_as_it_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_film_in_no_list_is_not_decoded_again, setup, teardown),
		cmocka_unit_test_setup_teardown(what_gives_no_frame_is_counted_by_reason, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
