/* coding: what zlib and brotli made comes back, at any cut, stacked, mislabelled, cut short, broken, and within
 * budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/media.h>

#include "hashing/unpack/coding.h"
#include "tests/lib/coded.h"
#include "tests/lib/guard.h"
#include "tests/lib/picture.h"

#define N_TEXT 70000

struct fixture {
	struct vg_coding_stack *stack;
	struct vg_budget budget;
	struct vg_coding_result result;
	uint8_t text[N_TEXT];
	uint8_t *got;
	bool may_guess;
	size_t n_got;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint64_t seed = 5;
	for (size_t i = 0; i < N_TEXT; i++)
		f->text[i] = (uint8_t)("ab cd"[vg_random(&seed) % 5] + (i / 1000) % 20);
	f->stack = vg_coding_create();
	*state = f;
	return !f->stack;
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_coding_destroy(f->stack);
	free(f->got);
	free(f);
	return 0;
}

static void sink(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct fixture *f = ctx;
	assert_true(n_bytes && n_bytes <= VG_CODING_PIECE);
	f->got = realloc(f->got, f->n_got + n_bytes);
	memcpy(f->got + f->n_got, bytes, n_bytes);
	f->n_got += n_bytes;
}

/* Feeds in pieces of n_piece (0 = random) and ends. */
static enum vg_step undo(struct fixture *f, uint32_t codings, const void *bytes, size_t n, size_t n_piece)
{
	enum vg_step step = VG_MORE;
	uint64_t seed = n;
	f->n_got = 0;
	f->budget.n_fed = f->budget.n_made = 0;
	f->budget.spent = false;
	if (!f->budget.max_bytes)
		f->budget = (struct vg_budget){ .max_bytes = 1 << 30, .max_ratio = 100000 };
	vg_coding_begin(f->stack, codings, f->may_guess, &f->budget, sink, f);
	for (size_t i = 0; i < n && step == VG_MORE;) {
		size_t k = n_piece ? n_piece : 1 + vg_random(&seed) % 5000;
		uint8_t *at;
		k = k < n - i ? k : n - i;
		at = vg_guard_copy((const uint8_t *)bytes + i, k);
		step = vg_coding_feed(f->stack, at, k);
		vg_guard_free(at, k);
		i += k;
	}
	vg_coding_end(f->stack, &f->result);
	return step;
}

static void check_text(struct fixture *f, size_t n)
{
	assert_int_equal(f->n_got, n);
	assert_memory_equal(f->got, f->text, n);
	assert_false(f->result.bad);
}

static void every_coding_comes_back_at_any_cut(void **state)
{
	struct fixture *f = *state;
	struct vg_coded all[] = { vg_coded_gzip(f->text, 3000), vg_coded_deflate(f->text, 3000, 15),
				  vg_coded_deflate(f->text, 3000, -15), vg_coded_brotli(f->text, 3000) };
	uint32_t codings[] = { VG_CODING_GZIP, VG_CODING_DEFLATE, VG_CODING_DEFLATE, VG_CODING_BR };
	for (int i = 0; i < 4; i++) {
		for (size_t piece = 1; piece < all[i].n_bytes + 1; piece += 1 + piece / 2) {
			assert_int_equal(undo(f, codings[i], all[i].at, all[i].n_bytes, piece), VG_MORE);
			check_text(f, 3000);
			assert_true(f->result.coded && !f->result.wrong_label && !f->result.unknown);
		}
		free(all[i].at);
	}
}

static void a_large_body_passes_in_pieces(void **state)
{
	struct fixture *f = *state;
	struct vg_coded c = vg_coded_gzip(f->text, N_TEXT), b = vg_coded_brotli(f->text, N_TEXT);
	undo(f, VG_CODING_GZIP, c.at, c.n_bytes, 0);
	check_text(f, N_TEXT);
	undo(f, VG_CODING_BR, b.at, b.n_bytes, 0);
	check_text(f, N_TEXT);
	free(c.at);
	free(b.at);
}

static void many_gzip_members_are_one_body_and_junk_behind_them_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct vg_coded c = vg_coded_gzip(f->text, 100);
	for (size_t at = 100; at < 40000; at += 100)
		c = vg_coded_join(c, vg_coded_gzip(f->text + at, 100));
	for (int piece = 0; piece < 4; piece++) {
		undo(f, VG_CODING_GZIP, c.at, c.n_bytes, (size_t)piece * 7);
		check_text(f, 40000);
	}
	struct vg_coded junk = { malloc(3), 3 };
	memcpy(junk.at, "\x1fzz", 3);
	c = vg_coded_join(c, junk);
	undo(f, VG_CODING_GZIP, c.at, c.n_bytes, 1);
	check_text(f, 40000);
	free(c.at);
}

static void stacked_codings_are_undone_last_first(void **state)
{
	struct fixture *f = *state;
	struct vg_coded a = vg_coded_gzip(f->text, N_TEXT), b = vg_coded_brotli(a.at, a.n_bytes),
			c = vg_coded_deflate(b.at, b.n_bytes, -15), d = vg_coded_gzip(c.at, c.n_bytes);
	undo(f, VG_CODING_GZIP | VG_CODING_BR << 8 | VG_CODING_DEFLATE << 16 | (uint32_t)VG_CODING_GZIP << 24, d.at,
	     d.n_bytes, 0);
	check_text(f, N_TEXT);
	free(a.at), free(b.at), free(c.at), free(d.at);
}

static void bytes_are_believed_over_their_label(void **state)
{
	struct fixture *f = *state;
	struct vg_coded gz = vg_coded_gzip(f->text, 5000);
	undo(f, VG_CODING_DEFLATE, gz.at, gz.n_bytes, 0);
	check_text(f, 5000);
	assert_true(f->result.wrong_label && f->result.coded);
	undo(f, VG_CODING_GZIP, f->text, 5000, 0);
	check_text(f, 5000);
	assert_true(f->result.wrong_label && !f->result.coded);
	static const char picture[] = "\xff\xd8\xff\xe0 a picture that is not coded";
	undo(f, VG_CODING_BR, picture, sizeof(picture), 3);
	assert_int_equal(f->n_got, sizeof(picture));
	assert_true(f->result.wrong_label && !f->result.bad);
	undo(f, VG_CODING_GZIP, "short", 5, 0);
	assert_int_equal(f->n_got, 5);
	free(gz.at);
}

static void an_unknown_coding_is_passed_through_and_said(void **state)
{
	struct fixture *f = *state;
	undo(f, VG_CODING_UNKNOWN, f->text, 100, 0);
	assert_true(f->result.unknown && !f->result.coded);
	assert_int_equal(f->n_got, 100);
}

static void a_coding_of_another_name_is_known_by_its_bytes_or_guessed(void **state)
{
	struct fixture *f = *state;
	struct vg_coded gz = vg_coded_gzip(f->text, 5000), raw = vg_coded_deflate(f->text, 5000, -15);
	undo(f, VG_CODING_UNKNOWN, gz.at, gz.n_bytes, 0);
	check_text(f, 5000);
	assert_true(f->result.coded && !f->result.unknown && !f->result.guessed);
	undo(f, VG_CODING_UNKNOWN, raw.at, raw.n_bytes, 0);
	assert_int_equal(f->n_got, raw.n_bytes); /* a guess is not for everybody */
	assert_true(f->result.unknown);
	f->may_guess = true;
	undo(f, VG_CODING_UNKNOWN, raw.at, raw.n_bytes, 0);
	check_text(f, 5000);
	assert_true(f->result.coded && f->result.guessed && !f->result.unknown);
	free(gz.at);
	free(raw.at);
}

static void one_coding_under_two_labels_is_undone_once(void **state)
{
	struct fixture *f = *state;
	struct vg_coded raw = vg_coded_deflate("words that nobody coded twice", 29, -15);
	undo(f, VG_CODING_DEFLATE | VG_CODING_DEFLATE << 8, raw.at, raw.n_bytes, 0);
	assert_int_equal(f->n_got, 29);
	assert_true(f->result.coded && f->result.wrong_label && !f->result.bad);
	undo(f, VG_CODING_BR, "\xff words brotli breaks on at once", 33, 0);
	assert_false(f->result.coded && !f->result.bad);
	free(raw.at);
}

static void reserved_flags_of_a_gzip_header_hide_nothing(void **state)
{
	struct fixture *f = *state;
	struct vg_coded gz = vg_coded_gzip(f->text, 5000);
	gz.at[3] |= 0xe0;
	undo(f, VG_CODING_GZIP, gz.at, gz.n_bytes, 1);
	check_text(f, 5000);
	free(gz.at);
}

static void an_empty_body_is_empty_whatever_its_label(void **state)
{
	struct fixture *f = *state;
	for (uint32_t coding = VG_CODING_NONE; coding <= VG_CODING_UNKNOWN; coding++) {
		undo(f, coding, "", 0, 0);
		assert_int_equal(f->n_got, 0);
		assert_false(f->result.bad || f->result.coded);
	}
}

static void a_coding_cut_short_gives_its_beginning_and_is_bad(void **state)
{
	struct fixture *f = *state;
	struct vg_coded gz = vg_coded_gzip(f->text, N_TEXT), br = vg_coded_brotli(f->text, N_TEXT);
	for (size_t end = 12; end < gz.n_bytes; end += 997) {
		undo(f, VG_CODING_GZIP, gz.at, end, 0);
		assert_true(f->result.bad);
		assert_memory_equal(f->got, f->text, f->n_got);
	}
	undo(f, VG_CODING_BR, br.at, br.n_bytes - 1, 0);
	assert_true(f->result.bad);
	assert_memory_equal(f->got, f->text, f->n_got);
	free(gz.at);
	free(br.at);
}

static void a_broken_coding_stops_and_never_reads_past_its_input(void **state)
{
	struct fixture *f = *state;
	struct vg_coded all[] = { vg_coded_gzip(f->text, 4000), vg_coded_brotli(f->text, 4000) };
	uint64_t seed = 11;
	unsigned n_bad = 0;
	for (int round = 0; round < 600; round++) {
		struct vg_coded *c = &all[round & 1];
		size_t at = vg_random(&seed) % c->n_bytes;
		uint8_t was = c->at[at];
		c->at[at] ^= (uint8_t)(1 + vg_random(&seed) % 255);
		undo(f, round & 1 ? VG_CODING_BR : VG_CODING_GZIP, c->at, c->n_bytes, 0);
		n_bad += f->result.bad || f->result.wrong_sum;
		c->at[at] = was;
	}
	assert_true(n_bad > 300);
	free(all[0].at);
	free(all[1].at);
}

static void a_bomb_stops_at_its_bytes_and_at_its_ratio(void **state)
{
	struct fixture *f = *state;
	size_t n = 64 << 20;
	uint8_t *zeros = calloc(1, n);
	struct vg_coded gz = vg_coded_gzip(zeros, n);
	f->budget = (struct vg_budget){ .max_bytes = 5 << 20, .max_ratio = 0 };
	assert_int_equal(undo(f, VG_CODING_GZIP, gz.at, gz.n_bytes, 0), VG_BAD);
	assert_true(f->budget.spent && f->n_got <= 5 << 20);
	f->budget = (struct vg_budget){ .max_bytes = 1 << 30, .max_ratio = 100 };
	assert_int_equal(undo(f, VG_CODING_GZIP, gz.at, gz.n_bytes, 0), VG_BAD);
	assert_true(f->budget.spent && f->n_got >= 1 << 19 && f->n_got < 8 << 20);
	struct vg_coded twice = vg_coded_gzip(gz.at, gz.n_bytes);
	f->budget = (struct vg_budget){ .max_bytes = 3 << 20, .max_ratio = 0 };
	assert_int_equal(undo(f, VG_CODING_GZIP | VG_CODING_GZIP << 8, twice.at, twice.n_bytes, 0), VG_BAD);
	assert_true(f->budget.n_made <= 3 << 20);
	free(twice.at);
	free(gz.at);
	free(zeros);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(every_coding_comes_back_at_any_cut),
		T(a_large_body_passes_in_pieces),
		T(many_gzip_members_are_one_body_and_junk_behind_them_is_left_alone),
		T(stacked_codings_are_undone_last_first),
		T(bytes_are_believed_over_their_label),
		T(an_unknown_coding_is_passed_through_and_said),
		T(a_coding_of_another_name_is_known_by_its_bytes_or_guessed),
		T(one_coding_under_two_labels_is_undone_once),
		T(reserved_flags_of_a_gzip_header_hide_nothing),
		T(an_empty_body_is_empty_whatever_its_label),
		T(a_coding_cut_short_gives_its_beginning_and_is_bad),
		T(a_broken_coding_stops_and_never_reads_past_its_input),
		T(a_bomb_stops_at_its_bytes_and_at_its_ratio),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
