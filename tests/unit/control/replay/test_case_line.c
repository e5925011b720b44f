/* case_line: why and what became of it, at the limits of every text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include "control/ctl/handlers.h"
#include "control/replay/case_line.h"

static char line[VG_CASE_LINE_MAX];

static json_t *line_of(const struct vg_case *c, int64_t report_id)
{
	size_t n = vg_case_line(c, report_id, line, sizeof(line));
	assert_true(n > 0);
	json_t *root = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	return root;
}
static void the_deciding_hit_is_exact_then_nearest(void **state)
{
	struct vg_case_file files[2] = { { .n_hits = 2 }, { .n_hits = 1 } };
	struct vg_case c = { .name = "VG-2026-000001", .state = VG_CASE_FILED, .n_files = 2, .files = files };
	(void)state;
	files[0].hits[0] = (struct vg_case_hit){ .algo = VG_ALGO_PDQ, .distance = 9 };
	files[0].hits[1] = (struct vg_case_hit){ .algo = VG_ALGO_PDQ, .distance = 4, .entry_id = "near" };
	files[1].hits[0] = (struct vg_case_hit){ .algo = VG_ALGO_PDQ, .distance = 4 };
	assert_ptr_equal(vg_case_best_hit(&c), &files[0].hits[1]);
	files[1].n_hits = 2;
	files[1].hits[1] = (struct vg_case_hit){ .algo = VG_ALGO_MD5, .exact = 1, .list = "l", .generation = 3 };
	json_t *root = line_of(&c, 77);
	assert_string_equal(json_string_value(json_object_get(root, "why")), "exact");
	assert_string_equal(json_string_value(json_object_get(root, "list")), "l");
	assert_string_equal(json_string_value(json_object_get(root, "state")), "filed");
	assert_int_equal(json_integer_value(json_object_get(root, "report_id")), 77);
	assert_int_equal(json_integer_value(json_object_get(root, "generation")), 3);
	assert_true(json_is_false(json_object_get(root, "file_viewed")));
	assert_int_equal(json_array_size(json_object_get(root, "files")), 2);
	assert_int_equal(json_integer_value(json_object_get(root, "vlan")), 0);
	assert_int_equal(json_array_size(json_object_get(root, "tunnels")), 0);
	assert_true(json_is_null(json_object_get(root, "codings")));
	assert_string_equal(json_string_value(json_object_get(root, "clock")), "unknown");
	json_decref(root);
}
static void a_case_without_files_is_a_line(void **state)
{
	struct vg_case c = { .state = VG_CASE_COUNTED };
	(void)state;
	assert_null(vg_case_best_hit(&c));
	json_t *root = line_of(&c, 0);
	assert_true(json_is_null(json_object_get(root, "why")));
	assert_true(json_is_null(json_object_get(root, "report_id")));
	assert_true(json_is_null(json_object_get(root, "evidence")));
	json_decref(root);
}
static void the_largest_case_fits(void **state)
{
	static struct vg_case_file files[VG_CASE_LINE_FILES + 3];
	struct vg_case c = { .n_files = VG_CASE_LINE_FILES + 3, .files = files };
#define FILL(field) memset(field, 1, sizeof(field) - 1)
	(void)state;
	FILL(c.name);
	FILL(c.reason);
	FILL(c.origin.url);
	FILL(c.origin.src_ip);
	FILL(c.origin.dst_ip);
	c.origin.codings = VG_CODING_MESSAGES * 0x01010101u;
	c.origin.is_chunked = 1;
	c.origin.clock = VG_CLOCK_SYNCED;
	c.origin.clock_max_error_us = INT64_MAX;
	c.origin.n_tunnels = VG_CASE_TUNNELS;
	for (unsigned i = 0; i < VG_CASE_TUNNELS; i++) {
		c.origin.tunnels[i].id = UINT32_MAX;
		FILL(c.origin.tunnels[i].src_ip);
		FILL(c.origin.tunnels[i].dst_ip);
	}
	for (unsigned f = 0; f < c.n_files; f++) {
		FILL(files[f].evidence_id);
		FILL(files[f].filename);
		FILL(files[f].member);
		FILL(files[f].field);
		files[f].transfer = VG_TRANSFER_QUOTED;
		files[f].n_hits = 8;
		for (unsigned h = 0; h < 8; h++) {
			FILL(files[f].hits[h].list);
			FILL(files[f].hits[h].entry_id);
		}
	}
	json_t *root = line_of(&c, INT64_MAX), *file = json_array_get(json_object_get(root, "files"), 0);
	assert_string_equal(json_string_value(json_object_get(file, "transfer")), "quoted-printable");
	assert_int_equal(json_string_length(json_object_get(file, "field")), sizeof(files[0].field) - 1);
	assert_string_equal(json_string_value(json_object_get(root, "clock")), "synchronised");
	assert_int_equal(json_array_size(json_object_get(root, "files")), VG_CASE_LINE_FILES);
	assert_int_equal(json_integer_value(json_object_get(root, "n_files")), VG_CASE_LINE_FILES + 3);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_deciding_hit_is_exact_then_nearest),
		cmocka_unit_test(a_case_without_files_is_a_line),
		cmocka_unit_test(the_largest_case_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
