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

static void the_first_start_makes_epoch_one_and_later_ones_keep_it(void **state)
{
	struct vg_epoch_keys a, b;
	uint8_t pk[32], sk[32];
	char path[200];
	struct stat st;
	(void)state;
	assert_int_equal(vg_epoch_keys_init(&a, dir), VG_OK);
	assert_int_equal(a.epoch, 1);
	assert_int_equal(vg_epoch_keys_init(&b, dir), VG_OK);
	assert_memory_equal(a.public_key, b.public_key, 32);
	assert_int_equal(vg_epoch_keys_load(&b, 1, pk, sk), VG_OK);
	assert_memory_equal(pk, a.public_key, 32);
	snprintf(path, sizeof(path), "%s/epoch-1.key", dir);
	assert_true(!stat(path, &st) && (st.st_mode & 0777) == 0600);
}
static void rotation_goes_one_epoch_at_a_time(void **state)
{
	struct vg_epoch_keys a, b;
	uint8_t pk[32], sk[32], first[32];
	(void)state;
	assert_int_equal(vg_epoch_keys_init(&a, dir), VG_OK);
	memcpy(first, a.public_key, 32);
	assert_int_equal(vg_epoch_keys_rotate(&a, 1), VG_OK);
	assert_memory_equal(first, a.public_key, 32);
	assert_int_equal(vg_epoch_keys_rotate(&a, 3), VG_ECONFLICT);
	assert_int_equal(vg_epoch_keys_rotate(&a, 2), VG_OK);
	assert_memory_not_equal(first, a.public_key, 32);
	assert_int_equal(vg_epoch_keys_load(&a, 1, pk, sk), VG_OK);
	assert_int_equal(vg_epoch_keys_init(&b, dir), VG_OK);
	assert_int_equal(b.epoch, 2);
}
static void only_older_epochs_are_destroyed_and_stay_so(void **state)
{
	struct vg_epoch_keys a;
	uint8_t pk[32], sk[32];
	(void)state;
	assert_int_equal(vg_epoch_keys_init(&a, dir), VG_OK);
	assert_int_equal(vg_epoch_keys_destroy(&a, 1), VG_ECONFLICT);
	assert_int_equal(vg_epoch_keys_rotate(&a, 2), VG_OK);
	assert_int_equal(vg_epoch_keys_destroy(&a, 1), VG_OK);
	assert_int_equal(vg_epoch_keys_destroy(&a, 1), VG_OK);
	assert_int_equal(vg_epoch_keys_load(&a, 1, pk, sk), VG_ENOTFOUND);
	assert_int_equal(vg_epoch_keys_load(&a, 2, pk, sk), VG_OK);
}
static void a_lost_secret_half_is_an_error_and_not_a_new_key(void **state)
{
	struct vg_epoch_keys a, b;
	char path[200];
	(void)state;
	assert_int_equal(vg_epoch_keys_init(&a, dir), VG_OK);
	snprintf(path, sizeof(path), "%s/epoch-1.key", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_not_equal(vg_epoch_keys_init(&b, dir), VG_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_start_makes_epoch_one_and_later_ones_keep_it, make_dir,
						drop_dir),
		cmocka_unit_test_setup_teardown(rotation_goes_one_epoch_at_a_time, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(only_older_epochs_are_destroyed_and_stay_so, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(a_lost_secret_half_is_an_error_and_not_a_new_key, make_dir, drop_dir),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
