/* video: every container and codec over the drawn films of tests/data/films: a second of one picture, then a second of
 * another. Sampled as vPDQ says, near the hashes of the pictures; cut or broken anywhere refused or partial, never read
 * past the end; budgets hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <vigil/media.h>

#include "hashing/image/luma.h"
#include "hashing/pdq/wide.h"
#include "hashing/unpack/kind.h"
#include "hashing/video/video_priv.h"
#include "tests/lib/guard.h"

#define FOLDER   "tests/data/films/"
#define MAX_SEEN 64
#define N_CUTS   6

/* Decoded frames; the frame numbers of those sampled once a second. */
static const struct {
	const char *name;
	unsigned kind, n_decoded, n_frames, second;
} films[] = {
	{ "h264.mp4", VG_KIND_MP4, 20, 2, 10 },       { "moov_last.mp4", VG_KIND_MP4, 20, 2, 10 },
	{ "fragments.mp4", VG_KIND_MP4, 20, 2, 10 },  { "hevc.mp4", VG_KIND_MP4, 20, 2, 10 },
	{ "av1.mp4", VG_KIND_MP4, 20, 2, 10 },        { "mpeg4.mov", VG_KIND_MP4, 20, 2, 10 },
	{ "prores.mov", VG_KIND_MP4, 11, 2, 10 },     { "svq1.mov", VG_KIND_MP4, 20, 2, 10 },
	{ "dnxhd.mov", VG_KIND_MP4, 11, 2, 10 },      { "vp8.webm", VG_KIND_MATROSKA, 20, 2, 10 },
	{ "vp9.webm", VG_KIND_MATROSKA, 20, 2, 10 },  { "h264.mkv", VG_KIND_MATROSKA, 20, 2, 10 },
	{ "mjpeg.avi", VG_KIND_AVI, 11, 2, 10 },      { "msmpeg4.avi", VG_KIND_AVI, 20, 2, 10 },
	{ "msmpeg4v2.avi", VG_KIND_AVI, 20, 2, 10 },  { "mpeg4.avi", VG_KIND_AVI, 20, 2, 10 },
	{ "cinepak.avi", VG_KIND_AVI, 11, 2, 10 },    { "flv1.flv", VG_KIND_FLV, 20, 2, 10 },
	{ "h264.flv", VG_KIND_FLV, 20, 2, 10 },       { "mpeg2.ts", VG_KIND_MPEG_TS, 20, 1, 0 },
	{ "h264.ts", VG_KIND_MPEG_TS, 20, 2, 10 },    { "mpeg2.mpg", VG_KIND_MPEG_PS, 50, 2, 25 },
	{ "mpeg1.mpg", VG_KIND_MPEG_PS, 50, 2, 25 },  { "bare.m2v", VG_KIND_MPEG_PS, 50, 2, 25 },
	{ "theora.ogv", VG_KIND_OGG, 2, 1, 0 },       { "wmv1.asf", VG_KIND_ASF, 20, 2, 10 },
	{ "wmv2.wmv", VG_KIND_ASF, 20, 2, 10 },       { "h263.3gp", VG_KIND_MP4, 20, 2, 10 },
	{ "disc.m2ts", VG_KIND_MPEG_TS, 20, 2, 10 },  { "mdat_first.mov", VG_KIND_MP4, 11, 2, 10 },
	{ "moov_first.mov", VG_KIND_MP4, 11, 2, 10 }, { "wide_first.mov", VG_KIND_MP4, 11, 2, 10 },
	{ "sound.mp4", VG_KIND_MP4, 20, 2, 10 },      { "cover.m4a", VG_KIND_MP4, 1, 1, 0 },
};

struct fixture {
	struct vg_pdq *pdq;
	uint8_t wanted[2][VG_PDQ_BYTES];
	uint64_t seed;
};
struct seen {
	struct vg_pdq *pdq;
	unsigned n, stop_at;
	struct vg_film_frame frames[MAX_SEEN];
	struct vg_pdq_result hashes[MAX_SEEN];
};

static uint8_t *load(const char *folder, const char *name, size_t *n_bytes)
{
	char path[256];
	FILE *file;
	uint8_t *at;
	snprintf(path, sizeof(path), "%s%s", folder, name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s", path);
	fseek(file, 0, SEEK_END);
	*n_bytes = (size_t)ftell(file);
	rewind(file);
	at = malloc(*n_bytes);
	assert_int_equal(fread(at, 1, *n_bytes, file), *n_bytes);
	fclose(file);
	return at;
}

static int distance(const uint8_t *a, const uint8_t *b)
{
	int n = 0;
	for (unsigned i = 0; i < VG_PDQ_BYTES; i++)
		n += __builtin_popcount(a[i] ^ b[i]);
	return n;
}

static bool on_frame(void *ctx, const struct vg_film_frame *frame)
{
	struct seen *s = ctx;
	struct vg_pdq_wide_picture picture = { frame->rgb, frame->stride_bytes, frame->width, frame->height,
					       VG_PDQ_RGB };
	assert_true(s->n < MAX_SEEN);
	s->frames[s->n] = *frame;
	vg_pdq_hash_wide(s->pdq, &picture, &s->hashes[s->n]);
	s->n++;
	return s->n != s->stop_at;
}

/* The bytes end at a page nobody may touch, in pieces of some size. */
static enum vg_err decode(struct vg_video *video, const uint8_t *at, size_t n_there, uint64_t n_bytes, size_t piece,
			  struct seen *seen, struct vg_film_end *end)
{
	uint8_t *copy = vg_guard_copy(at, n_there);
	size_t n_spans = (n_there + piece - 1) / piece;
	struct vg_span *spans = calloc(n_spans + 1, sizeof(*spans));
	struct vg_chain chain = { spans, (uint32_t)n_spans, n_there };
	struct vg_film film = { .kind = vg_kind_of(copy, n_there),
				.bytes = &chain,
				.n_bytes = n_bytes,
				.on_frame = on_frame,
				.ctx = seen };
	enum vg_err err;
	for (size_t i = 0; i < n_spans; i++)
		spans[i] = (struct vg_span){ copy + i * piece, i + 1 < n_spans ? piece : n_there - i * piece };
	err = vg_video_frames(video, &film, end);
	free(spans);
	vg_guard_free(copy, n_there);
	return err;
}

static void every_film_is_sampled_once_a_second(void **state)
{
	struct fixture *f = *state;
	struct vg_video *video = vg_video_create(NULL);
	for (unsigned i = 0; i < VG_ARRAY_LEN(films); i++) {
		struct seen seen = { .pdq = f->pdq };
		struct vg_film_end end;
		size_t n;
		uint8_t *at = load(FOLDER, films[i].name, &n);
		enum vg_err err;
		assert_int_equal(vg_kind_of(at, n), films[i].kind);
		err = decode(video, at, n, n, i % 2 ? 1000 : 65536, &seen, &end);
		if (err || end.n_decoded != films[i].n_decoded || seen.n != films[i].n_frames || end.over_budget)
			fail_msg("%s: %s, %u of %u frames", films[i].name, vg_err_str(err), seen.n, end.n_decoded);
		if (end.partial)
			fail_msg("%s: partial", films[i].name);
		assert_int_equal(end.n_frames, seen.n);
		for (unsigned k = 0; k < seen.n; k++) {
			int d = distance(seen.hashes[k].hash, f->wanted[k]);
			if (d > 31 || seen.hashes[k].quality < 90)
				fail_msg("%s: frame %u lies %d away", films[i].name, k, d);
			assert_int_equal(seen.frames[k].frame_no, k ? films[i].second : 0);
			assert_int_equal(seen.frames[k].timestamp_ms, k * 1000);
		}
		free(at);
	}
	vg_video_destroy(video);
}

static void the_pace_is_a_setting(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int32_t ms;
		unsigned n, last_no, last_ms;
	} paces[] = { { -1, 20, 19, 1900 },
		      { 500, 4, 15, 1500 },
		      { 50, 20, 19, 1900 },
		      { 250, 10, 18, 1800 },
		      { 10000, 1, 0, 0 } };
	size_t n;
	uint8_t *at = load(FOLDER, "h264.mp4", &n);
	for (unsigned i = 0; i < VG_ARRAY_LEN(paces); i++) {
		struct vg_video *video = vg_video_create(&(struct vg_video_limits){ .ms_per_hash = paces[i].ms });
		struct seen seen = { .pdq = f->pdq };
		struct vg_film_end end;
		assert_int_equal(decode(video, at, n, n, n, &seen, &end), VG_OK);
		assert_int_equal(seen.n, paces[i].n);
		assert_int_equal(seen.frames[seen.n - 1].frame_no, paces[i].last_no);
		assert_int_equal(seen.frames[seen.n - 1].timestamp_ms, paces[i].last_ms);
		vg_video_destroy(video);
	}
	free(at);
}

static void what_is_there_of_a_film_is_decoded(void **state)
{
	struct fixture *f = *state;
	struct vg_video *video = vg_video_create(&(struct vg_video_limits){ .ms_per_hash = -1 });
	struct vg_film_end end;
	struct seen seen = { .pdq = f->pdq };
	size_t n;
	uint8_t *at = load(FOLDER, "h264.mp4", &n);
	assert_int_equal(decode(video, at, n * 2 / 3, n, n, &seen, &end), VG_OK);
	assert_true(end.partial && end.n_frames > 2 && end.n_frames < 20);
	free(at);
	at = load(FOLDER, "cut.mp4", &n); /* nobody knows that it was longer, but its own index */
	seen.n = 0;
	assert_int_equal(decode(video, at, n, n, n, &seen, &end), VG_OK);
	assert_true(end.partial && end.n_frames > 2);
	free(at);
	at = load(FOLDER, "moov_last.mp4", &n);
	seen.n = 0;
	assert_int_equal(decode(video, at, n * 2 / 3, n, n, &seen, &end), VG_ECORRUPT);
	assert_int_equal(seen.n, 0);
	assert_true(end.partial);
	free(at);
	vg_video_destroy(video);
}

/* Cut and with some bytes turned: whatever comes of it, it ends, and the next film is read as ever. */
static void broken_films_do_no_harm(void **state)
{
	struct fixture *f = *state;
	struct vg_video *video = vg_video_create(&(struct vg_video_limits){ .ms_per_hash = -1, .max_ms = 2000 });
	unsigned n_ok = 0, n_bad = 0;
	print_message("seed %llu\n", (unsigned long long)f->seed);
	for (unsigned i = 0; i < VG_ARRAY_LEN(films); i++) {
		size_t n;
		uint8_t *at = load(FOLDER, films[i].name, &n);
		for (unsigned cut = 0; cut < 2 * N_CUTS; cut++) {
			struct seen seen = { .pdq = f->pdq, .stop_at = MAX_SEEN };
			struct vg_film_end end;
			size_t n_there = cut < N_CUTS ? n * cut / N_CUTS : n;
			uint8_t *broken = malloc(n);
			memcpy(broken, at, n);
			for (unsigned k = 0; cut >= N_CUTS && k < 1u << (cut - N_CUTS); k++) {
				f->seed = f->seed * 6364136223846793005u + 1442695040888963407u;
				broken[(f->seed >> 33) % n] ^= (uint8_t)(1u << (f->seed >> 30) % 8);
			}
			if (decode(video, broken, n_there, n, 4096, &seen, &end) == VG_OK)
				n_ok++;
			else
				n_bad++;
			assert_true(end.n_frames == seen.n);
			free(broken);
		}
		free(at);
	}
	print_message("%u decoded, %u refused\n", n_ok, n_bad);
	vg_video_destroy(video);
}

static void budgets_keep_the_frames_so_far(void **state)
{
	struct fixture *f = *state;
	static const struct {
		struct vg_video_limits limits;
		enum vg_err err;
		unsigned n;
	} cases[] = {
		{ { .ms_per_hash = -1, .max_frames = 5 }, VG_OK, 5 },
		{ { .ms_per_hash = -1, .max_packets = 8 }, VG_OK, 0 },
		{ { .max_pixels = 160 * 120 - 1 }, VG_ERANGE, 0 },
		{ { .max_side = 159 }, VG_ERANGE, 0 },
		{ { .min_side = 121 }, VG_ESMALL, 0 },
	};
	size_t n;
	uint8_t *at = load(FOLDER, "mpeg4.mov", &n);
	for (unsigned i = 0; i < VG_ARRAY_LEN(cases); i++) {
		struct vg_video *video = vg_video_create(&cases[i].limits);
		struct seen seen = { .pdq = f->pdq };
		struct vg_film_end end;
		assert_int_equal(decode(video, at, n, n, n, &seen, &end), cases[i].err);
		assert_int_equal(end.over_budget, cases[i].err == VG_OK);
		if (cases[i].n)
			assert_int_equal(seen.n, cases[i].n);
		vg_video_destroy(video);
	}
	free(at);
}

static void a_deadline_that_has_passed_ends_it_at_once(void **state)
{
	struct fixture *f = *state;
	struct vg_video *video = vg_video_create(NULL);
	struct seen seen = { .pdq = f->pdq };
	struct vg_film_end end;
	size_t n;
	uint8_t *at = load(FOLDER, "h264.mp4", &n);
	struct vg_span span = { at, n };
	struct vg_chain chain = { &span, 1, n };
	struct vg_film film = { VG_KIND_MP4, &chain, n, 1, on_frame, &seen };
	assert_int_equal(vg_video_frames(video, &film, &end), VG_EBUDGET);
	assert_true(end.over_budget && !end.n_frames);
	free(at);
	vg_video_destroy(video);
}

static void the_callback_ends_it(void **state)
{
	struct fixture *f = *state;
	struct vg_video *video = vg_video_create(&(struct vg_video_limits){ .ms_per_hash = -1 });
	struct seen seen = { .pdq = f->pdq, .stop_at = 3 };
	struct vg_film_end end;
	size_t n;
	uint8_t *at = load(FOLDER, "vp9.webm", &n);
	assert_int_equal(decode(video, at, n, n, n, &seen, &end), VG_OK);
	assert_int_equal(seen.n, 3);
	assert_false(end.over_budget);
	free(at);
	vg_video_destroy(video);
}

static void only_kinds_of_films_have_a_reader(void **state)
{
	struct vg_video *video = vg_video_create(NULL);
	(void)state;
	for (unsigned kind = 0; kind < 64; kind++) {
		const AVInputFormat *reader = vg_codecs_reader(kind, (const uint8_t *)"\0\0\1\xba", 4);
		assert_int_equal(reader != NULL, VG_KIND_IS_VIDEO(kind) && vg_kind_str(kind)[0] == 'v');
	}
	assert_null(vg_codecs_decoder(AV_CODEC_ID_EXR));
	vg_video_destroy(video);
}

/* A playlist names files; an MP4 may name others for its samples: neither is followed. */
static void references_to_other_files_are_not_followed(void **state)
{
	struct fixture *f = *state;
	struct vg_video *video = vg_video_create(NULL);
	struct vg_film_end end;
	static const char list[] = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n";
	static const char concat[] = "ffconcat version 1.0\nfile /etc/passwd\n";
	const char *const texts[] = { list, concat };
	static const unsigned kinds[] = { VG_KIND_MP4,     VG_KIND_MATROSKA, VG_KIND_AVI, VG_KIND_FLV,
					  VG_KIND_MPEG_PS, VG_KIND_MPEG_TS,  VG_KIND_OGG, VG_KIND_ASF };
	for (unsigned t = 0; t < VG_ARRAY_LEN(texts); t++)
		for (unsigned k = 0; k < VG_ARRAY_LEN(kinds); k++) {
			struct seen seen = { .pdq = f->pdq };
			struct vg_span span = { (const uint8_t *)texts[t], strlen(texts[t]) };
			struct vg_chain chain = { &span, 1, span.n_bytes };
			struct vg_film film = { kinds[k], &chain, span.n_bytes, 0, on_frame, &seen };
			assert_int_not_equal(vg_video_frames(video, &film, &end), VG_OK);
		}
	vg_video_destroy(video);
}

/* The reader gives what a plain copy of the bytes gives, wherever one goes. */
static void the_reader_is_the_file(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[20000], got[3000];
	struct vg_span spans[40];
	struct vg_chain chain = { spans, 40, sizeof(bytes) };
	struct vg_film_io io;
	AVIOContext *reader;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	for (unsigned i = 0; i < 40; i++)
		spans[i] = (struct vg_span){ bytes + i * 500, 500 };
	vg_film_io_init(&io, &chain, UINT64_MAX, UINT64_MAX);
	reader = vg_film_io_open(&io);
	assert_non_null(reader);
	assert_int_equal(avio_size(reader), sizeof(bytes));
	for (unsigned i = 0; i < 2000; i++) {
		f->seed = f->seed * 6364136223846793005u + 1442695040888963407u;
		int64_t off = (int64_t)(f->seed >> 33) % (int64_t)sizeof(bytes), n = (int64_t)(f->seed >> 20) % 3000;
		int64_t there = (int64_t)sizeof(bytes) - off;
		assert_int_equal(avio_seek(reader, off, SEEK_SET), off);
		there = n < there ? n : there;
		int got_n = avio_read(reader, got, (int)n);
		assert_true(got_n == there || (got_n < 0 && !there));
		if (there > 0)
			assert_memory_equal(got, bytes + off, (size_t)there);
	}
	vg_film_io_close(&reader);
	assert_null(reader);
}

static void warming_up_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct vg_video *video = vg_video_create(NULL);
	struct seen seen = { .pdq = f->pdq };
	struct vg_film_end end;
	size_t n;
	uint8_t *at = load(FOLDER, "h264.mp4", &n);
	vg_video_warm(video);
	assert_int_equal(decode(video, at, n, n, n, &seen, &end), VG_OK);
	free(at);
	vg_video_destroy(video);
	vg_video_destroy(NULL);
}

static int setup(void **state)
{
	static struct fixture f;
	struct vg_image *image = vg_image_create(NULL);
	static const char *const names[] = { "a.png", "b.png" };
	f.pdq = vg_pdq_create();
	f.seed = (uint64_t)time(NULL);
	for (unsigned i = 0; i < 2; i++) {
		size_t n;
		uint8_t *at = load("tests/data/formats/", names[i], &n);
		struct vg_span span = { at, n };
		struct vg_chain chain = { &span, 1, n };
		struct vg_luma luma;
		struct vg_pdq_result result;
		if (vg_image_luma(image, VG_KIND_PNG, &chain, &luma))
			return -1;
		vg_pdq_hash(f.pdq, &luma, &result);
		memcpy(f.wanted[i], result.hash, sizeof(f.wanted[i]));
		free(at);
	}
	vg_image_destroy(image);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	vg_pdq_destroy(f->pdq);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_film_is_sampled_once_a_second),
		cmocka_unit_test(the_pace_is_a_setting),
		cmocka_unit_test(what_is_there_of_a_film_is_decoded),
		cmocka_unit_test(broken_films_do_no_harm),
		cmocka_unit_test(budgets_keep_the_frames_so_far),
		cmocka_unit_test(a_deadline_that_has_passed_ends_it_at_once),
		cmocka_unit_test(the_callback_ends_it),
		cmocka_unit_test(only_kinds_of_films_have_a_reader),
		cmocka_unit_test(references_to_other_files_are_not_followed),
		cmocka_unit_test(the_reader_is_the_file),
		cmocka_unit_test(warming_up_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
