/* plugin: what a plug-in must be to be loaded, and what becomes of what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <vigil/trusted_path.h>

#include "hashing/plugin/plugin.h"

static uint32_t quality_said = 40;
static int code_said;

static int hash(void *state, const struct vg_plugin_picture *picture, uint8_t *value, uint32_t *quality)
{
	(void)state;
	memset(value, picture->luma[0], VG_PLUGIN_VALUE_BYTES); /* all the room there is */
	value[1] = picture->luma[(picture->n_rows - 1) * picture->stride + picture->n_cols - 1];
	*quality = quality_said;
	return code_said;
}

static const struct vg_plugin_spec shown; /* nothing is said of it */

static int init_fails(void **state)
{
	(void)state;
	return 5;
}

static struct vg_plugin good(const char *algo, uint32_t n_value_bytes)
{
	struct vg_plugin p = {
		.abi = VG_PLUGIN_ABI, .n_bytes = sizeof(p), .n_value_bytes = n_value_bytes, .hash = hash
	};
	memcpy(p.algo, algo, strlen(algo));
	return p;
}

static void what_is_no_plugin_of_this_version_is_refused(void **state)
{
	struct vg_plugins *plugins = vg_plugins_create();
	struct vg_plugin p[] = { good("a", 8),   good("a", 8), good("", 8),    good("A", 8),
				 good("a-b", 8), good("a", 0), good("a", 257), good("pdq", 8),
				 good("a", 8),   good("a", 8), good("a", 8),   good("a", 8) };
	static const enum vg_err want[] = { VG_EVERSION, VG_EVERSION,  VG_EINVAL, VG_EINVAL, VG_EINVAL, VG_EINVAL,
					    VG_EINVAL,   VG_ECONFLICT, VG_EINVAL, VG_EINVAL, VG_EINVAL, VG_EINVAL };
	char why[256];

	(void)state;
	p[0].abi = 3;
	p[1].n_bytes--;
	p[8].hash = NULL;
	p[9].init = init_fails;
	p[10].reserved = 1;
	memset(p[11].algo, 'a', sizeof(p[11].algo)); /* no NUL */
	for (unsigned i = 0; i < VG_ARRAY_LEN(p); i++) {
		why[0] = 0;
		assert_int_equal(vg_plugins_add(plugins, &p[i], &shown, why, sizeof(why)), want[i]);
		assert_true(strlen(why) > 10);
	}
	assert_int_equal(vg_plugins_n(plugins), 0);
	quality_said = 101;
	p[0] = good("a", 8);
	assert_int_equal(vg_plugins_add(plugins, &p[0], &shown, why, sizeof(why)), VG_EINVAL);
	quality_said = 40;
	vg_plugins_destroy(plugins);
}

static void names_and_room_are_given_once(void **state)
{
	struct vg_plugins *plugins = vg_plugins_create();
	struct vg_plugin a = good("a", 200), again = good("a", 8), wide = good("b", 57), b = good("b", 53),
			 c = good("c", 1), d = good("d", 1), e = good("e", 1);
	char why[256];

	(void)state;
	assert_int_equal(vg_plugins_add(plugins, &a, &shown, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_plugins_add(plugins, &again, &shown, why, sizeof(why)), VG_ECONFLICT);
	assert_int_equal(vg_plugins_add(plugins, &wide, &shown, why, sizeof(why)), VG_EFULL);
	assert_int_equal(vg_plugins_add(plugins, &b, &shown, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_plugins_add(plugins, &c, &shown, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_plugins_add(plugins, &d, &shown, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_plugins_add(plugins, &e, &shown, why, sizeof(why)), VG_EFULL);
	assert_int_equal(vg_plugins_n(plugins), 4);
	vg_plugins_destroy(plugins);
}

static void each_value_lies_behind_the_one_before(void **state)
{
	struct vg_plugins *plugins = vg_plugins_create();
	struct vg_plugin a = good("a", 3), b = good("b", 2);
	float *at = aligned_alloc(64, 2 * VG_LUMA_STRIDE * sizeof(*at));
	struct vg_luma luma = { .at = at, .n_rows = 2, .n_cols = 3, .width = 3, .height = 2 };
	struct vg_plugin_values out;
	char why[256];

	(void)state;
	for (unsigned i = 0; i < 2 * VG_LUMA_STRIDE; i++)
		at[i] = 200.6f;
	at[0] = 9.4f;
	at[VG_LUMA_STRIDE + 2] = 255.0f;
	assert_int_equal(vg_plugins_add(plugins, &a, &shown, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_plugins_add(plugins, &b, &shown, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_plugins_hash(plugins, &luma, &out), 0);
	assert_true(vg_plugin_values_ok(&out));
	assert_int_equal(out.n, 2);
	assert_string_equal(out.at[0].algo, "a");
	assert_string_equal(out.at[1].algo, "b");
	assert_int_equal(out.at[1].quality, 40);
	assert_memory_equal(out.bytes, "\x09\xff\x09\x09\xff\x00", 6); /* never more of a value than was said */
	code_said = 1;
	assert_int_equal(vg_plugins_hash(plugins, &luma, &out), 2);
	assert_int_equal(out.n, 0);
	code_said = 0;
	quality_said = UINT32_MAX;
	assert_int_equal(vg_plugins_hash(plugins, &luma, &out), 2);
	quality_said = 40;
	luma.eighths = 4; /* decoded smaller: not the plane that was promised */
	assert_int_equal(vg_plugins_hash(plugins, &luma, &out), 2);
	free(at);
	vg_plugins_destroy(plugins);
}

static void values_from_anywhere_are_checked(void **state)
{
	const struct vg_plugin_values good_one = { .n = 2, .at = { { "a", 200, 100, 0, 0 }, { "b_2", 56, 0, 0, 1 } } };
	struct vg_plugin_values v = good_one;

	(void)state;
	assert_true(vg_plugin_values_ok(&v));
	v.n = VG_PLUGIN_MAX + 1;
	assert_false(vg_plugin_values_ok(&v));
	v = good_one, v.at[1].n_bytes = 57;
	assert_false(vg_plugin_values_ok(&v));
	v = good_one, v.at[1].n_bytes = 0;
	assert_false(vg_plugin_values_ok(&v));
	v = good_one, v.at[0].quality = 101;
	assert_false(vg_plugin_values_ok(&v));
	v = good_one, v.at[1] = v.at[0], v.at[0].n_bytes = v.at[1].n_bytes = 8; /* one name twice */
	assert_false(vg_plugin_values_ok(&v));
	v = good_one, v.at[0].algo[0] = '"';
	assert_false(vg_plugin_values_ok(&v));
	v = good_one, v.at[0].algo[5] = 'x'; /* behind the NUL */
	assert_false(vg_plugin_values_ok(&v));
}

static void code_is_loaded_only_where_nobody_but_root_can_change_it(void **state)
{
	char dir[] = "/tmp/vigil-plugin-XXXXXX", path[64], link[64], why[256];
	struct vg_plugins *plugins = vg_plugins_create();
	struct vg_plugin_spec file_spec = { .path = path };
	FILE *file;

	(void)state;
	if (geteuid()) {
		vg_plugins_destroy(plugins);
		skip();
	}
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/p.so", dir);
	snprintf(link, sizeof(link), "%s/l.so", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(chmod(path, 0644), 0);
	assert_null(vg_trusted_path_fault(path));
	assert_int_equal(vg_plugins_load(plugins, &file_spec, why, sizeof(why)), VG_EINVAL); /* empty */
	assert_non_null(strstr(why, "cannot be loaded"));
	assert_non_null(strstr(vg_trusted_path_fault("p.so"), "absolute"));
	assert_non_null(strstr(vg_trusted_path_fault("/no/such/thing.so"), "not there"));
	assert_non_null(strstr(vg_trusted_path_fault(dir), "regular file"));
	assert_int_equal(symlink(path, link), 0);
	assert_non_null(strstr(vg_trusted_path_fault(link), "symbolic link"));
	assert_int_equal(chmod(path, 0664), 0);
	assert_non_null(strstr(vg_trusted_path_fault(path), "go-w"));
	assert_int_equal(vg_plugins_load(plugins, &file_spec, why, sizeof(why)), VG_EINVAL);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chown(path, 1, 1), 0);
	assert_non_null(strstr(vg_trusted_path_fault(path), "root"));
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_non_null(strstr(vg_trusted_path_fault(path), "folder"));
	assert_int_equal(chmod(dir, 01777), 0); /* sticky is enough above, not for its own folder */
	assert_non_null(strstr(vg_trusted_path_fault(path), "folder"));
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chown(dir, 1, 1), 0);
	assert_non_null(strstr(vg_trusted_path_fault(path), "folder"));
	unlink(link);
	unlink(path);
	rmdir(dir);
	vg_plugins_destroy(plugins);
}

static void it_is_what_the_configuration_says_or_is_refused(void **state)
{
	struct vg_plugins *plugins = vg_plugins_create();
	struct vg_plugin p = good("a", 8);
	struct vg_plugin_spec spec = { "a", 3, "/p.so" };
	struct vg_index_group group = { .algo = "a", .version = 3, .n_value_bytes = 8 };
	char why[256];

	(void)state;
	p.abi = 1, p.n_bytes = VG_PLUGIN_BYTES_V1; /* says nothing of versions */
	p.algo_version = 3, p.distance = VG_PLUGIN_DISTANCE_HAMMING;
	assert_int_equal(vg_plugins_add(plugins, &p, &spec, why, sizeof(why)), VG_EINVAL);
	assert_non_null(strstr(why, "is a@0 (it names no version to search by), not a@3"));
	p = good("a", 8);
	p.algo_version = 3; /* without a distance */
	assert_int_equal(vg_plugins_add(plugins, &p, &spec, why, sizeof(why)), VG_EINVAL);
	p.distance = VG_PLUGIN_DISTANCE_HAMMING + 1;
	assert_int_equal(vg_plugins_add(plugins, &p, &spec, why, sizeof(why)), VG_EINVAL);
	p.distance = VG_PLUGIN_DISTANCE_HAMMING;
	spec.version = 2;
	assert_int_equal(vg_plugins_add(plugins, &p, &spec, why, sizeof(why)), VG_EINVAL);
	spec.version = 3, spec.algo[0] = 'b';
	assert_int_equal(vg_plugins_add(plugins, &p, &spec, why, sizeof(why)), VG_EINVAL);
	assert_non_null(strstr(why, "is a@3, not b@3"));
	spec.algo[0] = 'a';
	assert_false(vg_plugins_serve(plugins, &group));
	assert_int_equal(vg_plugins_add(plugins, &p, &spec, why, sizeof(why)), VG_OK);
	assert_true(vg_plugins_serve(plugins, &group));
	group.n_value_bytes = 9;
	assert_false(vg_plugins_serve(plugins, &group));
	group.n_value_bytes = 8, group.version = 4;
	assert_false(vg_plugins_serve(plugins, &group));
	vg_plugins_destroy(plugins);
}

static void an_item_of_the_configuration_is_a_path_or_says_what_it_is(void **state)
{
	static const char *const bad[] = { "",
					   "p.so",
					   "a@1",
					   "a@1:p.so",
					   "a@:/p",
					   "@1:/p",
					   "a@0:/p",
					   "a@01:/p",
					   "A@1:/p",
					   "a@1 :/p",
					   "a@-1:/p",
					   "a@1234567890:/p",
					   "abcdefghijklmnop@1:/p" };
	struct vg_plugin_spec spec;

	(void)state;
	assert_true(vg_plugin_spec_parse("/a@1:/p.so", &spec));
	assert_string_equal(spec.algo, "");
	assert_string_equal(spec.path, "/a@1:/p.so");
	assert_true(vg_plugin_spec_parse("abcdefghijklmno@123456789:/p@2:/q", &spec));
	assert_string_equal(spec.algo, "abcdefghijklmno");
	assert_int_equal(spec.version, 123456789);
	assert_string_equal(spec.path, "/p@2:/q");
	for (unsigned i = 0; i < VG_ARRAY_LEN(bad); i++)
		assert_false(vg_plugin_spec_parse(bad[i], &spec));
}

static void what_is_searched_is_said_by_the_index(void **state)
{
	struct vg_plugins *plugins = vg_plugins_create();
	struct vg_plugin p = good("a", 8);
	struct vg_index_group groups[] = { { .algo = "b", .version = 1, .n_value_bytes = 8, .n_plugins = 2 },
					   { .algo = "a", .version = 1, .n_value_bytes = 8, .n_plugins = 1 } };
	struct vg_index_view view = { .groups = groups, .n_groups = 1 };
	char why[256];

	(void)state;
	p.algo_version = 1, p.distance = VG_PLUGIN_DISTANCE_HAMMING;
	assert_int_equal(vg_plugins_add(plugins, &p, &shown, why, sizeof(why)), VG_OK);
	assert_false(vg_plugins_search(NULL, &view));
	assert_false(vg_plugins_search(plugins, &view));
	view.n_groups = 2;
	assert_true(vg_plugins_search(plugins, &view));
	vg_plugins_destroy(plugins);
}

static void the_first_that_does_not_load_is_named_by_the_exit_code(void **state)
{
	struct vg_hashing_conf *conf = calloc(1, sizeof(*conf));
	struct vg_plugins *plugins;

	(void)state;
	assert_int_equal(vg_plugins_load_all(conf, &plugins), 0);
	assert_null(plugins);
	conf->n_plugins = 1;
	strcpy(conf->plugins[0], "/no/such/thing.so");
	assert_int_equal(vg_plugins_load_all(conf, &plugins), VG_HASHING_EXIT_PLUGIN);
	vg_plugins_destroy(plugins);
	strcpy(conf->plugins[0], "neither");
	assert_int_equal(vg_plugins_load_all(conf, &plugins), VG_HASHING_EXIT_PLUGIN);
	vg_plugins_destroy(plugins);
	free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_plugin_of_this_version_is_refused),
		cmocka_unit_test(names_and_room_are_given_once),
		cmocka_unit_test(each_value_lies_behind_the_one_before),
		cmocka_unit_test(values_from_anywhere_are_checked),
		cmocka_unit_test(it_is_what_the_configuration_says_or_is_refused),
		cmocka_unit_test(an_item_of_the_configuration_is_a_path_or_says_what_it_is),
		cmocka_unit_test(what_is_searched_is_said_by_the_index),
		cmocka_unit_test(the_first_that_does_not_load_is_named_by_the_exit_code),
		cmocka_unit_test(code_is_loaded_only_where_nobody_but_root_can_change_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
