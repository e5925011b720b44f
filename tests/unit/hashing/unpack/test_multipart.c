/* multipart: the same parts from the same body cut at every byte, at random, and with a hole; against a list of what
 * was put in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/base.h>

#include "hashing/unpack/multipart.h"
#include "tests/lib/guard.h"
#include "tests/lib/picture.h"

#define MAX_PARTS 8

struct seen {
	struct {
		char name[64], bytes[512];
		size_t n_bytes;
		uint64_t begin_off, end_off;
		enum vg_part_end how;
		bool whole, ended;
	} parts[MAX_PARTS];
	unsigned n_parts;
};

static void on_begin(void *ctx, const struct vg_part_head *head, uint64_t begin_off)
{
	struct seen *s = ctx;
	assert_true(s->n_parts < MAX_PARTS);
	memcpy(s->parts[s->n_parts].name, head->filename, head->n_filename);
	s->parts[s->n_parts++].begin_off = begin_off;
}
static void on_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct seen *s = ctx;
	assert_true(s->n_parts && s->parts[s->n_parts - 1].n_bytes + n_bytes <= 512);
	memcpy(s->parts[s->n_parts - 1].bytes + s->parts[s->n_parts - 1].n_bytes, bytes, n_bytes);
	s->parts[s->n_parts - 1].n_bytes += n_bytes;
}
static void on_end(void *ctx, uint64_t end_off, enum vg_part_end how)
{
	struct seen *s = ctx;
	assert_false(s->parts[s->n_parts - 1].ended);
	s->parts[s->n_parts - 1].ended = true;
	s->parts[s->n_parts - 1].end_off = end_off;
	s->parts[s->n_parts - 1].how = how;
	s->parts[s->n_parts - 1].whole = how == VG_PART_WHOLE;
}

static void begin(struct vg_multipart *m, struct seen *s, const char *boundary)
{
	struct vg_multipart_sink sink = { s, on_begin, on_bytes, on_end };
	memset(s, 0, sizeof(*s));
	assert_int_equal(vg_multipart_init(m, boundary, strlen(boundary), &sink), VG_OK);
}

static void feed(struct vg_multipart *m, const char *bytes, size_t n)
{
	uint8_t *at = vg_guard_copy(bytes, n);
	(void)vg_multipart_feed(m, at, n);
	vg_guard_free(at, n);
}

/* Tricks: a boundary's beginning in the data, a longer word that begins like it, CR CR LF, an empty part. */
#define B "AaB03x"
static const char body[] = "preamble\r\n--" B "\r\n"
			   "Content-Disposition: form-data; filename=one\r\n\r\n"
			   "data\r\n--AaB03\r\r\n--" B "y stays\r\n--" B "-z\r\n\r\n"
			   "\r\n--" B " \t\r\n"
			   "Content-Disposition: form-data; filename=empty\r\n\r\n"
			   "\r\n--" B "\r\n"
			   "Content-Disposition: form-data; filename=bare\r\n\r\n"
			   "--" B "\r\n"
			   "\r\n"
			   "no head\r"
			   "\r\n--" B "--\r\nepilogue\r\n--" B "\r\n\r\nnot a part";
static const char one[] = "data\r\n--AaB03\r\r\n--" B "y stays\r\n--" B "-z\r\n\r\n";

static void check_body(const struct seen *s)
{
	assert_int_equal(s->n_parts, 4);
	assert_string_equal(s->parts[0].name, "one");
	assert_int_equal(s->parts[0].n_bytes, strlen(one));
	assert_memory_equal(s->parts[0].bytes, one, strlen(one));
	assert_string_equal(s->parts[1].name, "empty");
	assert_int_equal(s->parts[1].n_bytes, 0);
	assert_string_equal(s->parts[2].name, "bare");
	assert_int_equal(s->parts[2].n_bytes, 0);
	assert_int_equal(s->parts[3].n_bytes, 8);
	assert_memory_equal(s->parts[3].bytes, "no head\r", 8);
	for (unsigned i = 0; i < s->n_parts; i++) {
		assert_true(s->parts[i].whole && s->parts[i].ended);
		assert_int_equal(s->parts[i].end_off - s->parts[i].begin_off, s->parts[i].n_bytes);
		assert_memory_equal(body + s->parts[i].begin_off, s->parts[i].bytes, s->parts[i].n_bytes);
	}
}

static void parts_are_the_same_wherever_the_body_is_cut(void **state)
{
	static struct vg_multipart m;
	static struct seen s;
	size_t n = strlen(body);
	(void)state;
	for (size_t cut = 0; cut <= n; cut++) {
		begin(&m, &s, B);
		feed(&m, body, cut);
		feed(&m, body + cut, n - cut);
		vg_multipart_end(&m);
		check_body(&s);
	}
	begin(&m, &s, B);
	for (size_t i = 0; i < n; i++)
		feed(&m, body + i, 1);
	vg_multipart_end(&m);
	check_body(&s);
}

static void parts_are_the_same_at_random_cuts(void **state)
{
	static struct vg_multipart m;
	static struct seen s;
	uint64_t seed = 3;
	size_t n = strlen(body);
	(void)state;
	for (int round = 0; round < 300; round++) {
		begin(&m, &s, B);
		for (size_t i = 0; i < n;) {
			size_t k = 1 + vg_random(&seed) % 40;
			k = k < n - i ? k : n - i;
			feed(&m, body + i, k);
			i += k;
		}
		vg_multipart_end(&m);
		check_body(&s);
	}
}

static void a_body_cut_short_ends_its_part_not_whole(void **state)
{
	static struct vg_multipart m;
	static struct seen s;
	(void)state;
	for (size_t end = 0; end < strlen(body); end++) {
		begin(&m, &s, B);
		feed(&m, body, end);
		vg_multipart_end(&m);
		for (unsigned i = 0; i < s.n_parts; i++) {
			assert_true(s.parts[i].ended);
			assert_int_equal(s.parts[i].end_off - s.parts[i].begin_off, s.parts[i].n_bytes);
			assert_true(s.parts[i].whole || i + 1 == s.n_parts);
			assert_true(s.parts[i].how != VG_PART_HOLE);
		}
	}
}

/* What a form is without its closing boundary, or with a beginning of it. */
static void a_part_without_its_boundary_ends_with_its_last_byte(void **state)
{
	static const char *const ends[] = { "", "\r\n", "\r\n--", "\r\n--AaB0", "\r\n--AaB03x" };
	static struct vg_multipart m;
	static struct seen s;
	char text[128];
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(ends); i++) {
		int n = snprintf(text, sizeof(text), "--" B "\r\nContent-Disposition: x; filename=a\r\n\r\npicture%s",
				 ends[i]);
		begin(&m, &s, B);
		feed(&m, text, (size_t)n);
		vg_multipart_end(&m);
		assert_int_equal(s.n_parts, 1);
		assert_int_equal(s.parts[0].n_bytes, 7);
		assert_int_equal(s.parts[0].how, i + 1 < VG_ARRAY_LEN(ends) ? VG_PART_CUT : VG_PART_WHOLE);
	}
}

static void behind_a_hole_the_next_boundary_is_found(void **state)
{
	static struct vg_multipart m;
	static struct seen s;
	const char *first = "--" B "\r\nContent-Disposition: x; filename=a\r\n\r\nbegin";
	const char *second = "end\r\n--" B "\r\nContent-Disposition: x; filename=b\r\n\r\nwhole\r\n--" B "--";
	(void)state;
	begin(&m, &s, B);
	feed(&m, first, strlen(first));
	vg_multipart_gap(&m);
	feed(&m, second, strlen(second));
	vg_multipart_end(&m);
	assert_int_equal(s.n_parts, 2);
	assert_int_equal(s.parts[0].how, VG_PART_HOLE);
	assert_int_equal(s.parts[0].n_bytes, 5);
	assert_true(s.parts[1].whole);
	assert_memory_equal(s.parts[1].bytes, "whole", 5);
}

static void a_boundary_that_cannot_be_one_is_refused(void **state)
{
	static struct vg_multipart m;
	char long_one[80];
	struct vg_multipart_sink sink = { NULL, on_begin, on_bytes, on_end };
	(void)state;
	memset(long_one, 'b', sizeof(long_one));
	assert_int_equal(vg_multipart_init(&m, "", 0, &sink), VG_EINVAL);
	assert_int_equal(vg_multipart_init(&m, "a\rb", 3, &sink), VG_EINVAL);
	assert_int_equal(vg_multipart_init(&m, long_one, 71, &sink), VG_EINVAL);
	assert_int_equal(vg_multipart_init(&m, long_one, 70, &sink), VG_OK);
}

static void a_header_longer_than_its_room_does_not_hide_the_part(void **state)
{
	static struct vg_multipart m;
	static struct seen s;
	char filler[1000];
	const char *head = "--" B "\r\nContent-Disposition: x; filename=a\r\nX: ", *rest = "\r\n\r\ndata\r\n--" B "--";
	(void)state;
	memset(filler, 'f', sizeof(filler));
	begin(&m, &s, B);
	feed(&m, head, strlen(head));
	for (int i = 0; i < 30; i++)
		feed(&m, filler, sizeof(filler));
	feed(&m, rest, strlen(rest));
	vg_multipart_end(&m);
	assert_int_equal(s.n_parts, 1);
	assert_string_equal(s.parts[0].name, "a");
	assert_memory_equal(s.parts[0].bytes, "data", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_the_same_wherever_the_body_is_cut),
		cmocka_unit_test(parts_are_the_same_at_random_cuts),
		cmocka_unit_test(a_body_cut_short_ends_its_part_not_whole),
		cmocka_unit_test(a_part_without_its_boundary_ends_with_its_last_byte),
		cmocka_unit_test(behind_a_hole_the_next_boundary_is_found),
		cmocka_unit_test(a_boundary_that_cannot_be_one_is_refused),
		cmocka_unit_test(a_header_longer_than_its_room_does_not_hide_the_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
