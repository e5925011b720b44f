#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/config/value.h"

struct target {
	uint32_t small, count;
	uint64_t large;
	char text[8], texts[2][8];
};
static const struct vg_option small = {
	"s", "small", VG_OPTION_U32, offsetof(struct target, small), 2, 9, "2", "", "", 0, 0, "h"
};
static const struct vg_option large = {
	"s", "large", VG_OPTION_U64, offsetof(struct target, large), 0, UINT64_MAX, "0", "", "", 0, 0, "h"
};
static const struct vg_option path = { "s", "path", VG_OPTION_PATH, offsetof(struct target, text), 0, 7, "", "", "", 0,
				       0,   "h" };
static const struct vg_option texts = {
	"s", "texts", VG_OPTION_TEXTS, offsetof(struct target, texts), 1, 7, "", "", "", offsetof(struct target, count),
	2,   "h"
};

static void a_number_stays_within_its_limits(void **state)
{
	static const char *const bad[] = { "1", "10", "", " 3", "3 ", "0x3", "3K", "+3", "-3", "4294967298" };
	struct target t = { .small = 77 };
	char why[200];
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(vg_value_set(&small, &t, bad[i], "", why, sizeof(why)), -1);
	assert_int_equal(t.small, 77);
	assert_int_equal(vg_value_set(&small, &t, "9", "", why, sizeof(why)), 0);
	assert_int_equal(t.small, 9);
}

static void a_large_number_takes_a_suffix_and_never_wraps(void **state)
{
	struct target t = { 0 };
	char why[200];
	(void)state;
	assert_int_equal(vg_value_set(&large, &t, "3G", "", why, sizeof(why)), 0);
	assert_int_equal(t.large, 3ull << 30);
	assert_int_equal(vg_value_set(&large, &t, "16777215T", "", why, sizeof(why)), 0);
	assert_int_equal(vg_value_set(&large, &t, "16777216T", "", why, sizeof(why)), -1);
	assert_int_equal(vg_value_set(&large, &t, "18446744073709551615", "", why, sizeof(why)), 0);
	assert_int_equal(vg_value_set(&large, &t, "18446744073709551616", "", why, sizeof(why)), -1);
	assert_int_equal(vg_value_set(&large, &t, "1GB", "", why, sizeof(why)), -1);
}

static void seconds_have_up_to_three_decimals(void **state)
{
	static const struct vg_option seconds = {
		"s", "seconds", VG_OPTION_SECONDS, offsetof(struct target, small), 0, 3600000, "1.0", "seconds", "", 0,
		0,   "h"
	};
	static const char *const bad[] = { "", ".", "1.", ".5", "1.0000", "3600.001", "-1", "1e3", "1.-5", "00000000" };
	static const struct {
		const char *text;
		uint32_t ms;
		const char *written;
	} good[] = { { "1.0", 1000, "1.000" },        { "0", 0, "0.000" },
		     { "0.25", 250, "0.250" },        { "2", 2000, "2.000" },
		     { "3600", 3600000, "3600.000" }, { "0.001", 1, "0.001" } };
	struct target t = { .small = 77 };
	char why[200], written[32] = { 0 };
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(vg_value_set(&seconds, &t, bad[i], "", why, sizeof(why)), -1);
	assert_int_equal(t.small, 77);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		FILE *out = fmemopen(written, sizeof(written), "w");
		assert_int_equal(vg_value_set(&seconds, &t, good[i].text, "", why, sizeof(why)), 0);
		assert_int_equal(t.small, good[i].ms);
		vg_value_write(&seconds, &t, out);
		fclose(out);
		assert_string_equal(written, good[i].written);
	}
}

static void a_relative_path_gets_its_folder_and_must_fit(void **state)
{
	struct target t = { 0 };
	char why[200];
	(void)state;
	assert_int_equal(vg_value_set(&path, &t, "abc", "/d", why, sizeof(why)), 0);
	assert_string_equal(t.text, "/d/abc");
	assert_int_equal(vg_value_set(&path, &t, "/abc", "/d", why, sizeof(why)), 0);
	assert_string_equal(t.text, "/abc");
	assert_int_equal(vg_value_set(&path, &t, "", "/d", why, sizeof(why)), 0);
	assert_string_equal(t.text, "");
	assert_int_equal(vg_value_set(&path, &t, "abcde", "/d", why, sizeof(why)), -1);
	assert_int_equal(vg_value_set(&path, &t, "a\tb", "/d", why, sizeof(why)), -1);
}

static void a_sequence_takes_as_many_items_as_it_has_room_for(void **state)
{
	struct target t = { 0 };
	char why[200], *text = NULL;
	size_t n;
	(void)state;
	assert_int_equal(vg_value_set(&texts, &t, "one", "", why, sizeof(why)), 0);
	assert_int_equal(vg_value_set(&texts, &t, "t\"o", "", why, sizeof(why)), 0);
	assert_int_equal(vg_value_set(&texts, &t, "three", "", why, sizeof(why)), -1);
	assert_int_equal(t.count, 2);
	FILE *out = open_memstream(&text, &n);
	vg_value_write(&texts, &t, out);
	fclose(out);
	assert_string_equal(text, "[\"one\", \"t\\\"o\"]");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_stays_within_its_limits),
		cmocka_unit_test(a_large_number_takes_a_suffix_and_never_wraps),
		cmocka_unit_test(seconds_have_up_to_three_decimals),
		cmocka_unit_test(a_relative_path_gets_its_folder_and_must_fit),
		cmocka_unit_test(a_sequence_takes_as_many_items_as_it_has_room_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
