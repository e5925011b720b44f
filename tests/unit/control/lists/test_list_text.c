#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>

#include "control/lists/list_text.h"
#include "tests/lib/guard.h"

#define MD5    "0123456789abcdef0123456789ABCDEF"
#define SHA1   MD5 "01234567"
#define SHA256 MD5 MD5
#define ZEROS  "0000000000000000000000000000000000000000000000000000000000000000"

struct rows {
	unsigned n, n_videos, n_frames, n_good;
	char ids[200]; /* of the videos */
	struct vg_list_row last;
	struct vg_list_plugin plugin;
	char id[200], entry_class[100], note[300];
	enum vg_err answer;
};

static enum vg_err on_row(void *ctx, const struct vg_list_row *row)
{
	struct rows *r = ctx;
	r->n++;
	r->last = *row;
	if (row->plugin)
		r->plugin = *row->plugin;
	if (row->algo == VG_ALGO_VPDQ && row->n_value) {
		r->n_frames++;
		r->n_good += row->quality >= 50;
		assert_int_equal(row->value[1], 0x23);
	} else if (row->algo == VG_ALGO_VPDQ) {
		r->n_videos++;
		strcat(strcat(r->ids, row->id), ";");
	}
	strcpy(r->id, row->id);
	strcpy(r->entry_class, row->entry_class);
	strcpy(r->note, row->note);
	return r->answer;
}

/* Feeds text in pieces of n_piece bytes. */
static enum vg_err parse(const char *text, size_t n_piece, struct rows *rows, struct vg_list_text *parser)
{
	size_t n = strlen(text);
	enum vg_err err = VG_OK;
	memset(rows, 0, sizeof(*rows));
	vg_list_text_init(parser, on_row, rows);
	parser->default_id = "film";
	for (size_t at = 0; at < n && !err; at += n_piece) {
		size_t n_now = n - at < n_piece ? n - at : n_piece;
		uint8_t *copy = vg_guard_copy(text + at, n_now);
		err = vg_list_text_feed(parser, (const char *)copy, n_now);
		vg_guard_free(copy, n_now);
	}
	return err ? err : vg_list_text_end(parser);
}

static void a_plugins_value_has_its_name_version_and_distance(void **state)
{
	static const char *const bad[][2] = {
		{ "plugin", "NAME@VERSION" },
		{ "plugin,a,3,00ff", "NAME@VERSION" },
		{ "plugin,a@0,3,00ff", "NAME@VERSION" },
		{ "plugin,a@1x,3,00ff", "NAME@VERSION" },
		{ "plugin,A@1,3,00ff", "NAME@VERSION" },
		{ "plugin,abcdefghijklmnop@1,3,00ff", "NAME@VERSION" },
		{ "plugin,a@1", "hex digits" },
		{ "plugin,a@1,3", "hex digits" },
		{ "plugin,a@1,3,0ff", "hex digits" },
		{ "plugin,a@1,3,00fg", "hex digits" },
		{ "plugin,a@1,,00ff", "distance" },
		{ "plugin,a@1,-1,00ff", "distance" },
		{ "plugin,a@1,99999,00ff", "distance" },
		{ "plugin,a@1,5,00ff", "by chance" },
		{ "plugin,a@1,4,0000", "blank" },
		{ "plugin,a@1,4,ffff", "blank" },
	};
	struct rows r;
	struct vg_list_text p;
	char line[700];
	(void)state;
	for (size_t n_piece = 1; n_piece < 60; n_piece++) {
		assert_int_equal(parse("plugin , average_hash@12 , 3, 00FF01 ,E-1,A1,a, note", n_piece, &r, &p), VG_OK);
		assert_int_equal(r.n, 1);
		assert_int_equal(r.last.algo, VG_ALGO_PLUGIN);
		assert_string_equal(r.plugin.algo, "average_hash");
		assert_int_equal(r.plugin.version, 12);
		assert_int_equal(r.plugin.max_distance, 3);
		assert_int_equal(r.plugin.n_value_bytes, 3);
		assert_memory_equal(r.plugin.value, "\x00\xff\x01", 3);
		assert_string_equal(r.id, "E-1");
		assert_string_equal(r.note, "a, note");
	}
	for (size_t i = 0; i < VG_ARRAY_LEN(bad); i++) {
		assert_int_equal(parse(bad[i][0], 7, &r, &p), VG_EINVAL);
		assert_non_null(strstr(p.why, bad[i][1]));
	}
	strcpy(line, "plugin,a@1,0,");
	for (unsigned i = 0; i <= VG_PLUGIN_VALUE_BYTES; i++)
		strcat(line, "a5");
	assert_int_equal(parse(line, 64, &r, &p), VG_EINVAL);
	line[strlen(line) - 2] = 0;
	assert_int_equal(parse(line, 64, &r, &p), VG_OK);
}

static void every_algorithm_and_field_is_read(void **state)
{
	struct rows r;
	struct vg_list_text p;
	(void)state;
	static const char text[] = "\xef\xbb\xbf# head\r\n\n   \t\nmd5," MD5 "\nsha1 , " SHA1 ",E-1\r\nsha256," SHA256
				   ",E 2,A1\n  # in between\npdq," SHA256 ",E3,,a note, with, commas ";
	for (size_t n_piece = 1; n_piece < sizeof(text); n_piece++) {
		assert_int_equal(parse(text, n_piece, &r, &p), VG_OK);
		assert_int_equal(r.n, 4);
		assert_int_equal(r.last.algo, VG_ALGO_PDQ);
		assert_int_equal(r.last.n_value, 32);
		assert_int_equal(r.last.value[15], 0xef);
		assert_int_equal(r.last.line, 8);
		assert_string_equal(r.id, "E3");
		assert_string_equal(r.entry_class, "");
		assert_string_equal(r.note, "a note, with, commas");
	}
}

static void videos_are_read_by_lines_and_as_json(void **state)
{
	struct rows r;
	struct vg_list_text p;
	(void)state;
	static const char text[] = "\xef\xbb\xbf# head\r\nvideo,V 1,A1,a note, with commas\r\n0,100," SHA256
				   ",0.000\r\n"
				   "30,49," SHA256 ",1.000\n\n# between\n 60 , 50 , " SHA256 " , 2.000,more\nmd5," MD5
				   ",E\nvideo,V2\n [ \"" SHA256 ",100,0.0\",\r\n\t\"" SHA256 ",7,1\" ]\r\n"
				   "video,V3\n1,100," SHA256 ",0";
	for (size_t n_piece = 1; n_piece < sizeof(text); n_piece++) {
		assert_int_equal(parse(text, n_piece, &r, &p), VG_OK);
		assert_int_equal(r.n, 10);
		assert_int_equal(r.n_videos, 3);
		assert_int_equal(r.n_frames, 6);
		assert_int_equal(r.n_good, 4);
		assert_string_equal(r.ids, "V 1;V2;V3;");
		assert_int_equal(r.last.line, 13);
	}
}

static void a_file_of_frames_alone_is_one_video_with_the_files_name(void **state)
{
	static const char *const texts[] = { "0,100," SHA256 ",0.000\n1,100," SHA256 ",0.033\n",
					     "[\"" SHA256 ",100,0.0\", \"" SHA256 ",100,0.033\"]" };
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(texts); i++) {
		struct rows r = { .n = 0 };
		struct vg_list_text p;
		vg_list_text_init(&p, on_row, &r);
		p.default_id = "film";
		assert_int_equal(vg_list_text_feed(&p, texts[i], strlen(texts[i])), VG_OK);
		assert_int_equal(vg_list_text_end(&p), VG_OK);
		assert_int_equal(r.n_frames, 2);
		assert_string_equal(r.ids, "film;");
	}
}

static void a_bad_line_is_refused_with_its_number(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *word;
	} bad[] = {
		{ "md5," MD5 "\nmd6," MD5 "\n", 2, "none of" },
		{ "md5\n", 1, "no value" },
		{ "md5,\n", 1, "32 hex" },
		{ "md5," MD5 "0\n", 1, "32 hex" },
		{ "md5,0123456789abcdef0123456789abcdeg\n", 1, "32 hex" },
		{ "sha1," MD5 "\n", 1, "40 hex" },
		{ "sha256," SHA1 "\n", 1, "64 hex" },
		{ "MD5," MD5 "\n", 1, "none of" },
		{ "md5 " MD5 "\n", 1, "none of" },
		{ MD5 "\n", 1, "none of" },
		{ "\n\nvpdq,file.vpdq\n", 3, "video,entry_id" },
		{ "video\n", 1, "no name" },
		{ "video,V1\nmd5," MD5 "\n", 2, "no frames" },
		{ "video,V1\n", 2, "no frames" },
		{ "md5," MD5 "\n0,100," SHA256 ",0.000\n", 2, "of no video" },
		{ "0,100," MD5 ",0.000\n", 1, "64 hex" },
		{ "0,101," SHA256 ",0.000\n", 1, "0 to 100" },
		{ "0,1.5," SHA256 ",0.000\n", 1, "0 to 100" },
		{ "0,100," SHA256 "\n", 1, "number of seconds" },
		{ "0,100," SHA256 ",1.2.3\n", 1, "number of seconds" },
		{ "0x,100," SHA256 ",0\n", 1, "algorithm" },
		{ "01234567890,100," SHA256 ",0\n", 1, "frame,quality" },
		{ "0,50," ZEROS ",0.000\n", 1, "blank" },
		{ "[\"" SHA256 ",100\"]\n", 1, "number of seconds" },
		{ "video,V\n[\n\"" SHA256 ",100,0\",\n]\n", 4, "JSON" },
		{ "[\"" SHA256 ",100,0\" \"\"]", 1, "JSON" },
		{ "[\"" SHA256 ",100,0\"", 1, "no end" },
		{ "[]", 1, "no frames" },
		{ "[\"a\\u0041\"]", 1, "hash,quality" },
		{ "[\"" SHA256 ",100,0\"]\n[\"" SHA256 ",100,0\"]\n", 2, "of no video" },
		{ "video,V\n0,100," SHA256 ",0\n[\"" SHA256 ",100,0\"]\n", 3, "second list" },
		{ "md5,d41d8cd98f00b204e9800998ecf8427e\n", 1, "empty file" },
		{ "sha1,da39a3ee5e6b4b0d3255bfef95601890afd80709\n", 1, "empty file" },
		{ "sha256,e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n", 1, "empty file" },
		{ "pdq,0000000000000000000000000000000000000000000000000000000000000000\n", 1, "blank" },
		{ "pdq,ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n", 1, "blank" },
		{ "md5," MD5 ",a\x01z\n", 1, "control" },
	};
	struct rows r;
	struct vg_list_text p;
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(bad); i++) {
		assert_int_equal(parse(bad[i].text, 1000, &r, &p), VG_EINVAL);
		assert_int_equal(p.line, bad[i].line);
		if (!strstr(p.why, bad[i].word))
			fail_msg("%s: %s", bad[i].text, p.why);
	}
}

static void a_line_has_a_longest_length(void **state)
{
	struct rows r;
	struct vg_list_text p;
	char text[VG_LIST_TEXT_LINE + 64];
	(void)state;
	memset(text, ' ', sizeof(text));
	text[sizeof(text) - 1] = 0;
	text[VG_LIST_TEXT_LINE] = '\n';
	assert_int_equal(parse(text, 100, &r, &p), VG_OK);
	text[VG_LIST_TEXT_LINE] = ' ';
	assert_int_equal(parse(text, 100, &r, &p), VG_EINVAL);
	snprintf(text, sizeof(text), "md5," MD5 ",%0200d\n", 1);
	assert_int_equal(parse(text, 100, &r, &p), VG_EINVAL);
	assert_non_null(strstr(p.why, "at most"));
}

static void what_the_callback_says_ends_it(void **state)
{
	struct rows r = { .answer = VG_EFULL };
	struct vg_list_text p;
	(void)state;
	vg_list_text_init(&p, on_row, &r);
	assert_int_equal(vg_list_text_feed(&p, "md5," MD5 "\nmd5," MD5 "\n", 76), VG_EFULL);
	assert_int_equal(r.n, 1);
	assert_string_equal(p.why, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_and_field_is_read),
		cmocka_unit_test(a_plugins_value_has_its_name_version_and_distance),
		cmocka_unit_test(videos_are_read_by_lines_and_as_json),
		cmocka_unit_test(a_file_of_frames_alone_is_one_video_with_the_files_name),
		cmocka_unit_test(a_bad_line_is_refused_with_its_number),
		cmocka_unit_test(a_line_has_a_longest_length),
		cmocka_unit_test(what_the_callback_says_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
