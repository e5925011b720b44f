/* The reporter's evidence keys: made, kept, rotated, destroyed. */
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

#include "control/report/epoch_keys.h"

static char dir[100];
static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/vigil-epochs-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	strcat(dir, "/state");
	return 0;
}
static int drop_dir(void **state)
{
	char command[150];
	(void)state;
	dir[strlen(dir) - 6] = 0;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void the_first_start_makes_an_epoch_and_later_ones_keep_it(void **state)
{
	struct vg_epoch_keys a, b;
	uint8_t pk[32], sk[32];
	char path[200];
	struct stat st;
	(void)state;
	assert_int_equal(vg_epoch_keys_init(&a, dir), VG_OK);
	assert_true(a.epoch > 1700000000);
	assert_int_equal(vg_epoch_keys_init(&b, dir), VG_OK);
	assert_memory_equal(a.public_key, b.public_key, 32);
	assert_int_equal(vg_epoch_keys_load(&b, a.epoch, pk, sk), VG_OK);
	assert_memory_equal(pk, a.public_key, 32);
	snprintf(path, sizeof(path), "%s/epoch-%llu.key", dir, (unsigned long long)a.epoch);
	assert_true(!stat(path, &st) && (st.st_mode & 0777) == 0600);
}
static void rotation_goes_one_epoch_at_a_time(void **state)
{
	struct vg_epoch_keys a, b;
	uint8_t pk[32], sk[32], first[32];
	(void)state;
	assert_int_equal(vg_epoch_keys_init(&a, dir), VG_OK);
	memcpy(first, a.public_key, 32);
	uint64_t n = a.epoch;
	assert_int_equal(vg_epoch_keys_rotate(&a, n), VG_OK);
	assert_memory_equal(first, a.public_key, 32);
	assert_int_equal(vg_epoch_keys_rotate(&a, n + 2), VG_ECONFLICT);
	assert_int_equal(vg_epoch_keys_rotate(&a, n + 1), VG_OK);
	assert_memory_not_equal(first, a.public_key, 32);
	assert_int_equal(vg_epoch_keys_load(&a, n, pk, sk), VG_OK);
	assert_int_equal(vg_epoch_keys_init(&b, dir), VG_OK);
	assert_int_equal(b.epoch, n + 1);
}
static void only_older_epochs_are_destroyed_and_stay_so(void **state)
{
	struct vg_epoch_keys a;
	uint8_t pk[32], sk[32];
	(void)state;
	assert_int_equal(vg_epoch_keys_init(&a, dir), VG_OK);
	uint64_t n = a.epoch;
	assert_int_equal(vg_epoch_keys_destroy(&a, n), VG_ECONFLICT);
	assert_int_equal(vg_epoch_keys_rotate(&a, n + 1), VG_OK);
	assert_int_equal(vg_epoch_keys_destroy(&a, n), VG_OK);
	assert_int_equal(vg_epoch_keys_destroy(&a, n), VG_OK);
	assert_int_equal(vg_epoch_keys_load(&a, n, pk, sk), VG_ENOTFOUND);
	assert_int_equal(vg_epoch_keys_load(&a, n + 1, pk, sk), VG_OK);
}
static void a_lost_secret_half_is_an_error_and_not_a_new_key(void **state)
{
	struct vg_epoch_keys a, b;
	char path[200];
	(void)state;
	assert_int_equal(vg_epoch_keys_init(&a, dir), VG_OK);
	snprintf(path, sizeof(path), "%s/epoch-%llu.key", dir, (unsigned long long)a.epoch);
	assert_int_equal(unlink(path), 0);
	assert_int_not_equal(vg_epoch_keys_init(&b, dir), VG_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_start_makes_an_epoch_and_later_ones_keep_it, make_dir,
						drop_dir),
		cmocka_unit_test_setup_teardown(rotation_goes_one_epoch_at_a_time, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(only_older_epochs_are_destroyed_and_stay_so, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(a_lost_secret_half_is_an_error_and_not_a_new_key, make_dir, drop_dir),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
