/* Files in text: found whatever is around them and however the text is cut; words of ordinary text are no files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/unpack/embedded.h"
#include "tests/lib/guard.h"

struct seen {
	uint8_t bytes[65536];
	size_t n, n_begun, n_whole, n_broken;
	bool open;
};
static void begin(void *ctx)
{
	struct seen *s = ctx;
	assert_false(s->open);
	s->open = true;
	s->n_begun++;
}
static void bytes(void *ctx, const uint8_t *at, size_t n)
{
	struct seen *s = ctx;
	assert_true(s->open && s->n + n <= sizeof(s->bytes));
	memcpy(s->bytes + s->n, at, n);
	s->n += n;
}
static void end(void *ctx, bool whole)
{
	struct seen *s = ctx;
	assert_true(s->open);
	s->open = false;
	s->n_whole += whole;
	s->n_broken += !whole;
}

static void feed(struct seen *s, const char *text, size_t max_piece, size_t gap_at)
{
	struct vg_embedded e;
	struct vg_embedded_sink sink = { s, begin, bytes, end };
	size_t n = strlen(text);
	memset(s, 0, sizeof(*s));
	vg_embedded_init(&e, &sink);
	for (size_t at = 0; at < n;) {
		size_t k = 1 + (size_t)random() % max_piece;
		k = k < n - at ? k : n - at;
		if (at < gap_at && at + k > gap_at)
			k = gap_at - at;
		uint8_t *copy = vg_guard_copy(text + at, k);
		vg_embedded_feed(&e, copy, k);
		vg_guard_free(copy, k);
		at += k;
		if (at == gap_at)
			vg_embedded_gap(&e);
	}
	vg_embedded_end(&e);
	assert_false(s->open);
}

/* A file that begins like a JPEG, and its base64 with the given letters, escapes and line length. */
static size_t file_make(uint8_t *file, size_t n)
{
	static const uint8_t magic[] = { 0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0 };
	for (size_t i = 0; i < n; i++)
		file[i] = (uint8_t)random();
	memcpy(file, magic, sizeof(magic));
	return n;
}
enum style { STANDARD, URL_SAFE, JSON_SLASH, JSON_U, PERCENT_ALL, LINES, LINES_ESCAPED, NO_PADDING, N_STYLES };
static size_t encode(const uint8_t *file, size_t n, enum style style, char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t at = 0, n_line = 0;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t group = (uint32_t)file[i] << 16 | (i + 1 < n ? file[i + 1] : 0u) << 8 |
				 (i + 2 < n ? file[i + 2] : 0u);
		unsigned n_letters = i + 2 < n ? 4 : i + 1 < n ? 3 : 2;
		for (unsigned k = 0; k < 4; k++) {
			char c = k < n_letters ? letters[group >> (18 - 6 * k) & 63] : '=';
			if (c == '=' && style == NO_PADDING)
				continue;
			if (style == URL_SAFE && (c == '+' || c == '/'))
				c = c == '+' ? '-' : '_';
			if (style == JSON_SLASH && c == '/')
				at += (size_t)sprintf(text + at, "\\/");
			else if (style == JSON_U && (c == '+' || c == '/' || c == '='))
				at += (size_t)sprintf(text + at, "\\u00%02x", (unsigned)c);
			else if (style == PERCENT_ALL && at && (c == '+' || c == '/' || c == '='))
				at += (size_t)sprintf(text + at, "%%%02X", (unsigned)c);
			else
				text[at++] = c;
			if (++n_line % 76)
				continue;
			if (style == LINES)
				at += (size_t)sprintf(text + at, "\r\n");
			if (style == LINES_ESCAPED)
				at += (size_t)sprintf(text + at, "\\n");
		}
	}
	text[at] = 0;
	return at;
}

static void a_file_is_found_in_any_style_and_with_any_cuts(void **state)
{
	static const char *const frames[][2] = { { "{\"image\":\"", "\",\"n\":1}" },
						 { "<img src=\"data:image/jpeg;base64,", "\">" },
						 { "a{background:url(data:;base64,", ")}" },
						 { "<x>\n", "\n</x>" },
						 { "", "" } };
	uint8_t *file = malloc(20000);
	char *coded = malloc(200000), *text = malloc(200100);
	struct seen *s = malloc(sizeof(*s));
	unsigned seed = (unsigned)time(NULL);
	(void)state;
	printf("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 400; round++) {
		size_t n = file_make(file, 20 + (size_t)random() % 5000);
		enum style style = (enum style)(round % N_STYLES);
		const char *const *frame = frames[round % 5];
		encode(file, n, style, coded);
		sprintf(text, "%s%s%s", frame[0], coded, frame[1]);
		feed(s, text, round % 3 ? 4000 : 3, SIZE_MAX);
		assert_int_equal(s->n_begun, 1);
		assert_int_equal(s->n_whole, 1);
		assert_int_equal(s->n, n);
		assert_memory_equal(s->bytes, file, n);
	}
	free(file);
	free(coded);
	free(text);
	free(s);
}

static void words_and_numbers_are_no_files(void **state)
{
	static const char text[] =
		"{\"id\":\"c2hvcnQ\",\"sha256\":\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f"
		"00a08\", \"thisIsAVeryLongCamelCaseIdentifierThatGoesOnAndOn\": \"\\\\u0041\\u12\"} %";
	struct seen *s = malloc(sizeof(*s));
	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		feed(s, text, piece, SIZE_MAX);
		assert_int_equal(s->n_begun, 0);
	}
	free(s);
}

/* "/wo" is how a JPEG XL codestream begins. */
static void paths_are_no_files_and_a_codestream_is_one(void **state)
{
	static const char paths[] =
		"<a href=\"/wordpress/wp-content/uploads/2024/a.html\"><a href=\"/world/news/politics/article/1\">"
		"<a "
		"href=/work_in_progress/Reports/OfTheYear/All/>{\"x\":\"\\/wolves\\/in\\/the\\/woods\\/of\\/north\"}";
	struct seen *s = malloc(sizeof(*s));
	char coded[1000], text[2000];
	uint8_t file[300];
	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		feed(s, paths, piece, SIZE_MAX);
		assert_int_equal(s->n_begun, 0);
	}
	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)(i * 37);
	memcpy(file, "\xff\x0a", 2);
	for (enum style style = STANDARD; style < N_STYLES; style++) {
		encode(file, sizeof(file), style, coded);
		snprintf(text, sizeof(text), "%s \"%s\"", paths, coded);
		feed(s, text, 30, SIZE_MAX);
		assert_int_equal(s->n_begun, 1);
		assert_int_equal(s->n_whole, 1);
		assert_memory_equal(s->bytes, file, sizeof(file));
	}
	free(s);
}

static void a_hole_ends_a_file_and_none_begins_behind_it_in_the_same_run(void **state)
{
	uint8_t file[6000];
	char *coded = malloc(20000);
	struct seen *s = malloc(sizeof(*s));
	(void)state;
	size_t n = file_make(file, sizeof(file));
	memcpy(file + 3000, file, 11); /* looks like a beginning */
	encode(file, n, STANDARD, coded);
	feed(s, coded, 100, 4000);
	assert_int_equal(s->n_begun, 1);
	assert_int_equal(s->n_broken, 1);
	assert_memory_equal(s->bytes, file, s->n);
	assert_int_equal(s->n, 3000);
	free(coded);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_found_in_any_style_and_with_any_cuts),
		cmocka_unit_test(words_and_numbers_are_no_files),
		cmocka_unit_test(paths_are_no_files_and_a_codestream_is_one),
		cmocka_unit_test(a_hole_ends_a_file_and_none_begins_behind_it_in_the_same_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
