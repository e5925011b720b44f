/* Key files and the custodians' pairs of demo and replay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/evidence/keys.h"

static char dir[64], path[200];
static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/vigil-keys-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}
static int drop_dir(void **state)
{
	char command[100];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}
static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}
static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(in_dir(name), "w");
	fputs(text, file);
	fclose(file);
}

static void a_key_is_read_as_it_was_written(void **state)
{
	uint8_t key[32], again[32];
	struct stat st;
	(void)state;
	randombytes_buf(key, sizeof(key));
	assert_int_equal(vg_key_write(in_dir("a.key"), key, 0600), VG_OK);
	assert_int_equal(vg_key_read(path, again), VG_OK);
	assert_memory_equal(key, again, 32);
	assert_true(!stat(path, &st) && (st.st_mode & 0777) == 0600);
}
static void what_is_no_key_is_refused(void **state)
{
	static const char *const texts[] = { "", "\n", "abc\n",
					     "zz00000000000000000000000000000000000000000000000000000000000000",
					     "00000000000000000000000000000000000000000000000000000000000000000" };
	uint8_t key[32];
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_text("bad", texts[i]);
		assert_int_equal(vg_key_read(path, key), VG_EINVAL);
	}
	assert_int_equal(vg_key_read(in_dir("not-there"), key), VG_EIO);
}
static void custodian_pairs_are_made_once_and_stamped(void **state)
{
	uint8_t pk[2][32], sk[32], again[32];
	struct stat st;
	(void)state;
	assert_int_equal(vg_custodian_keygen(dir), VG_OK);
	assert_true(vg_dir_is_demo(dir));
	assert_int_equal(vg_key_read(in_dir("custodian-1.pub"), pk[0]), VG_OK);
	assert_int_equal(vg_key_read(in_dir("custodian-2.pub"), pk[1]), VG_OK);
	assert_memory_not_equal(pk[0], pk[1], 32);
	assert_int_equal(vg_key_read(in_dir("custodian-1.key"), sk), VG_OK);
	assert_true(!stat(path, &st) && (st.st_mode & 0777) == 0600);
	crypto_scalarmult_base(again, sk);
	assert_memory_equal(again, pk[0], 32);
	assert_int_equal(vg_custodian_keygen(dir), VG_OK);
	assert_int_equal(vg_key_read(in_dir("custodian-1.pub"), again), VG_OK);
	assert_memory_equal(again, pk[0], 32);
}
static void halves_that_do_not_fit_are_in_conflict(void **state)
{
	uint8_t pk[32];
	(void)state;
	assert_int_equal(vg_custodian_keygen(dir), VG_OK);
	randombytes_buf(pk, sizeof(pk));
	assert_int_equal(vg_key_write(in_dir("custodian-2.pub"), pk, 0644), VG_OK);
	assert_int_equal(vg_custodian_keygen(dir), VG_ECONFLICT);
}
static void only_a_stamped_folder_is_a_demo(void **state)
{
	(void)state;
	assert_false(vg_dir_is_demo(dir));
	write_text("STAMP", "production\n");
	assert_false(vg_dir_is_demo(dir));
	write_text("STAMP", "demo\n");
	assert_true(vg_dir_is_demo(dir));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_key_is_read_as_it_was_written, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(what_is_no_key_is_refused, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(custodian_pairs_are_made_once_and_stamped, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(halves_that_do_not_fit_are_in_conflict, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(only_a_stamped_folder_is_a_demo, make_dir, drop_dir),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
