#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/bytes.h>

#include "control/lists/lists.h"
#include "tests/lib/scratch.h"

#define A "0123456789abcdef0123456789abcdef"
#define B "1123456789abcdef0123456789abcdef"

struct fixture {
	struct scratch scratch;
	struct vg_lists *lists;
	struct vg_config_list conf[2];
	char why[VG_LISTS_WHY], dir[200];
};

static int set_up(void **state)
{
	static struct fixture f;
	scratch_init(&f.scratch);
	snprintf(f.dir, sizeof(f.dir), "%s/lists", f.scratch.dir);
	f.lists = vg_lists_create(f.dir, f.why, sizeof(f.why));
	for (int i = 0; i < 2; i++) {
		vg_config_list_defaults(&f.conf[i]);
		strcpy(f.conf[i].name, i ? "two" : "one");
		strcpy(f.conf[i].file, scratch_path(&f.scratch, i ? "two.txt" : "one.txt"));
	}
	*state = &f;
	return !f.lists;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_lists_destroy(f->lists);
	scratch_fini(&f->scratch);
	return 0;
}

static uint64_t generation(struct fixture *f)
{
	struct vg_lists_info info;
	vg_lists_info(f->lists, &info);
	return info.generation;
}

static uint32_t n_found(const struct vg_index_view *view, const char *hex)
{
	uint8_t value[16];
	uint32_t found[8];
	vg_unhex(hex, value, 16);
	return view ? vg_index_find(view, VG_ALGO_MD5, value, found, 8) : 0;
}

static enum vg_err reload(struct fixture *f, const char *one, const char *suppress)
{
	const char *suppress_path = suppress ? scratch_write(&f->scratch, "s.txt", suppress) : "";
	scratch_write(&f->scratch, "one.txt", one);
	return vg_lists_reload(f->lists, f->conf, 1, suppress_path, f->why, sizeof(f->why));
}

static void a_reload_makes_the_next_generation_and_keeps_the_old(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(generation(f), 0);
	assert_int_equal(vg_lists_fd(f->lists), -1);
	assert_int_equal(reload(f, "md5," A ",E\n", NULL), VG_OK);
	assert_int_equal(generation(f), 1);
	assert_int_equal(reload(f, "md5," B ",E\n", NULL), VG_OK);
	assert_int_equal(generation(f), 2);
	assert_int_equal(n_found(vg_lists_view(f->lists, 2), B), 1);
	assert_int_equal(n_found(vg_lists_view(f->lists, 2), A), 0);
	assert_int_equal(n_found(vg_lists_view(f->lists, 1), A), 1);
	assert_null(vg_lists_view(f->lists, 3));
	assert_null(vg_lists_view(f->lists, 0));
}

static void the_same_lists_again_are_the_same_generation(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(reload(f, "md5," A ",E\n", NULL), VG_OK);
	int fd = vg_lists_fd(f->lists);
	assert_int_equal(reload(f, "# a comment more\nmd5," A ",E\n", NULL), VG_OK);
	assert_int_equal(generation(f), 1);
	assert_int_equal(vg_lists_fd(f->lists), fd);
	f->conf[0].action = VG_ACTION_REPORT;
	assert_int_equal(reload(f, "md5," A ",E\n", NULL), VG_OK);
	assert_int_equal(generation(f), 2);
}

static void one_bad_line_changes_nothing(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(reload(f, "md5," A ",E\n", NULL), VG_OK);
	assert_int_equal(reload(f, "md5," B "\nmd5,xx\n", NULL), VG_EINVAL);
	assert_non_null(strstr(f->why, "one.txt:2: "));
	assert_int_equal(generation(f), 1);
	assert_int_equal(n_found(vg_lists_view(f->lists, 1), A), 1);
	assert_int_equal(reload(f, "md5," B "\n", "rubbish\n"), VG_EINVAL);
	assert_non_null(strstr(f->why, "s.txt:1: "));
	scratch_write(&f->scratch, "one.txt", "md5," B "\n");
	assert_int_equal(vg_lists_reload(f->lists, f->conf, 2, "", f->why, sizeof(f->why)), VG_EINVAL);
	assert_non_null(strstr(f->why, "two.txt"));
	assert_int_equal(generation(f), 1);
	assert_int_equal(scratch_count(f->dir), 1);
}

static void a_restart_goes_on_where_it_was_and_numbers_only_grow(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(reload(f, i & 1 ? "md5," A ",E\n" : "md5," B ",E\n", NULL), VG_OK);
	assert_int_equal(scratch_count(f->dir), 2);
	vg_lists_destroy(f->lists);
	f->lists = vg_lists_create(f->dir, f->why, sizeof(f->why));
	assert_int_equal(generation(f), 4);
	assert_int_equal(n_found(vg_lists_view(f->lists, 4), A), 1);
	assert_int_equal(n_found(vg_lists_view(f->lists, 3), B), 1);
	char path[300];
	snprintf(path, sizeof(path), "%s/%020d.idx", f->dir, 4);
	int fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "x", 1, 500), 1);
	close(fd);
	vg_lists_destroy(f->lists);
	f->lists = vg_lists_create(f->dir, f->why, sizeof(f->why));
	assert_int_equal(generation(f), 3); /* the damaged one is passed over */
	assert_int_equal(reload(f, "md5," A ",F\n", NULL), VG_OK);
	assert_int_equal(generation(f), 5); /* and its number is not used again */
}

static void what_is_suppressed_is_left_out_and_known(void **state)
{
	struct fixture *f = *state;
	struct vg_lists_info info;
	uint8_t value[16];
	vg_unhex(A, value, 16);
	assert_int_equal(reload(f, "md5," A ",E\nmd5," B ",F\nmd5," B ",F\n", "md5," A "\nentry,G,one\n"), VG_OK);
	vg_lists_info(f->lists, &info);
	assert_int_equal(info.n_md5, 1);
	assert_int_equal(info.n_left_out, 1);
	assert_int_equal(info.n_folded, 1);
	assert_int_equal(info.n_suppressed, 2);
	assert_int_equal(n_found(vg_lists_view(f->lists, 1), A), 0);
	assert_true(vg_lists_suppressed(f->lists, VG_ALGO_MD5, value, "one", "E"));
	value[0] ^= 1;
	assert_true(vg_lists_suppressed(f->lists, VG_ALGO_MD5, value, "one", "G"));
	assert_false(vg_lists_suppressed(f->lists, VG_ALGO_MD5, value, "two", "G"));
}

/* n different frames, the first of them numbered `from`. */
static void add_frames(char *text, unsigned from, unsigned n, unsigned quality)
{
	for (unsigned i = 0; i < n; i++)
		sprintf(text + strlen(text), "%u,%u,%064x,%u.000\n", i, quality, from + i + 1, i);
}

static void videos_are_entries_with_distinct_good_frames(void **state)
{
	struct fixture *f = *state;
	static char text[1 << 16];
	struct vg_lists_info info;
	strcpy(text, "md5," A ",E\nvideo,V1,A1,first\n");
	add_frames(text, 10, 20, 50);
	add_frames(text, 10, 20, 100); /* the same again */
	add_frames(text, 500, 7, 49);
	strcat(text, "video,V2\n");
	add_frames(text, 10, 3, 49); /* none is good enough */
	strcat(text, "video,V3\n");
	add_frames(text, 25, 5, 77);
	assert_int_equal(reload(f, text, NULL), VG_OK);
	vg_lists_info(f->lists, &info);
	assert_int_equal(info.n_videos, 2);
	assert_int_equal(info.n_frames, 25);
	assert_int_equal(info.n_blank_videos, 1);
	const struct vg_index_view *view = vg_lists_view(f->lists, 1);
	assert_int_equal(view->lists[0].n_entries, 3);
	assert_string_equal(view->strings + view->entries[view->videos[0].entry_idx].id_off, "V1");
	assert_string_equal(view->strings + view->entries[view->videos[0].entry_idx].note_off, "first");
	assert_int_equal(view->videos[0].n_frames, 20);
	assert_int_equal(view->videos[1].first_frame, 20);
	assert_int_equal(view->lists[0].frame_distance, 31);
	assert_int_equal(view->lists[0].query_percent, 80);
	/* Withdrawn like any other entry; the frames of the next stay. */
	assert_int_equal(reload(f, text, "entry,V1\n"), VG_OK);
	vg_lists_info(f->lists, &info);
	assert_int_equal(info.n_videos, 1);
	assert_int_equal(info.n_frames, 5);
	assert_int_equal(info.n_left_out, 1);
	assert_true(vg_lists_suppressed(f->lists, VG_ALGO_VPDQ, info.sha256, "one", "V1"));
	assert_false(vg_lists_suppressed(f->lists, VG_ALGO_VPDQ, info.sha256, "one", "V3"));
}

static void plugins_values_are_taken_where_one_is_declared_and_warned_of_elsewhere(void **state)
{
	static const char text[] = "md5," A ",E\nplugin,ah@1,2,00ff,P1,A1,first\nplugin,ah@2,2,00ff,P2\n"
				   "plugin,ah@1,3,00ff,P1,A1\nplugin,other@1,2,01ff,P3\nplugin,ah@2,0,11ff,P4\n";
	struct fixture *f = *state;
	struct vg_config_hashing *conf = calloc(1, sizeof(*conf));
	struct vg_lists_info info;
	conf->n_plugins = 2;
	strcpy(conf->plugins[0], "/other.so");
	strcpy(conf->plugins[1], "ah@1:/ah.so");
	vg_lists_declare(f->lists, conf);
	free(conf);
	assert_int_equal(reload(f, text, NULL), VG_OK);
	vg_lists_info(f->lists, &info);
	assert_int_equal(info.n_plugins, 1);
	assert_int_equal(info.n_unserved, 3);
	assert_int_equal(info.n_folded, 1);
	assert_non_null(strstr(vg_lists_warning(f->lists, 0), "one.txt:3: 2 values of ah@2"));
	assert_non_null(strstr(vg_lists_warning(f->lists, 1), "one.txt:5: 1 values of other@1"));
	assert_null(vg_lists_warning(f->lists, 2));
	const struct vg_index_view *view = vg_lists_view(f->lists, 1);
	assert_int_equal(view->lists[0].n_entries, 2);
	assert_int_equal(view->plugins[0].max_distance, 3);
	assert_string_equal(view->strings + view->entries[view->plugins[0].entry_idx].id_off, "P1");
	assert_true(vg_lists_declared(f->lists, "ah\0\0\0\0\0\0\0\0\0\0\0\0\0", 1));
	assert_false(vg_lists_declared(f->lists, "ah\0\0\0\0\0\0\0\0\0\0\0\0\0", 2));
	assert_int_equal(reload(f, "plugin,ah@1,2,00ff\n\nplugin,ah@1,2,00ff00\n", NULL),
			 VG_EINVAL); /* another length */
	assert_non_null(strstr(f->why, "one.txt:3: other values of this plug-in's"));
	assert_int_equal(reload(f, "plugin,ah@1,2,00ff,P1\nplugin,ah@1,2,01ff,P2\n", "entry,P1\n"), VG_OK);
	vg_lists_info(f->lists, &info);
	assert_int_equal(info.n_plugins, 1);
	assert_int_equal(info.n_left_out, 1);
	assert_int_equal(info.n_unserved, 0);
	assert_null(vg_lists_warning(f->lists, 0));
}

static void a_file_of_frames_is_a_video_of_the_files_name_and_a_long_one_is_thinned_out(void **state)
{
	struct fixture *f = *state;
	static char text[(VG_VIDEO_MAX_FRAMES + 200) * 96];
	struct vg_lists_info info;
	add_frames(text, 0, VG_VIDEO_MAX_FRAMES + 100, 100);
	assert_int_equal(reload(f, text, NULL), VG_OK);
	vg_lists_info(f->lists, &info);
	assert_int_equal(info.n_videos, 1);
	assert_int_equal(info.n_thinned_videos, 1);
	assert_int_equal(info.n_frames, VG_VIDEO_MAX_FRAMES);
	const struct vg_index_view *view = vg_lists_view(f->lists, 1);
	assert_string_equal(view->strings + view->entries[view->videos[0].entry_idx].id_off, "one");
	assert_int_equal(view->frames[0].value[31], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_reload_makes_the_next_generation_and_keeps_the_old, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_same_lists_again_are_the_same_generation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_bad_line_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_restart_goes_on_where_it_was_and_numbers_only_grow, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_suppressed_is_left_out_and_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plugins_values_are_taken_where_one_is_declared_and_warned_of_elsewhere,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(videos_are_entries_with_distinct_good_frames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_of_frames_is_a_video_of_the_files_name_and_a_long_one_is_thinned_out, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
