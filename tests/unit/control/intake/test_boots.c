#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include <vigil/memfd.h>

#include "control/intake/boots.h"

static struct vg_msg_welcome welcome(uint64_t boot_id, uint32_t n_cores, uint32_t n_hashers)
{
	return (struct vg_msg_welcome){ vg_msg_head(VG_MSG_WELCOME, sizeof(struct vg_msg_welcome)), boot_id, n_cores,
					n_hashers };
}

static enum vg_err give_attr(struct vg_boots *b, uint32_t core, uint32_t hasher, uint32_t n_attr, uint32_t generation)
{
	int fd = vg_memfd_new("attr", vg_attr_bytes(n_attr));
	struct vg_attr_slot *at = vg_memfd_map(fd, vg_attr_bytes(n_attr), PROT_READ | PROT_WRITE);
	at[1].boot_id = 42;
	atomic_store(&at[1].generation, generation);
	assert_int_equal(vg_memfd_seal(fd, VG_SEALS_OURS), VG_OK);
	struct vg_msg_attr m = { vg_msg_head(VG_MSG_ATTR, sizeof(m)), core, hasher, n_attr, 0 };
	enum vg_err err = vg_boots_attr(b, &m, fd);
	munmap(at, vg_attr_bytes(n_attr));
	close(fd);
	return err;
}

static enum vg_err give_page(struct vg_boots *b, uint32_t core, uint32_t magic, int seals)
{
	int fd = vg_memfd_new("page", VG_STATS_BYTES);
	assert_int_equal(pwrite(fd, &magic, 4, 0), 4);
	assert_int_equal(vg_memfd_seal(fd, seals), VG_OK);
	struct vg_msg_stats m = { vg_msg_head(VG_MSG_STATS, sizeof(m)), core, 0 };
	enum vg_err err = vg_boots_stats(b, &m, fd);
	close(fd);
	return err;
}

static void a_boot_is_ready_when_all_of_it_is_here(void **state)
{
	struct vg_boots *b = vg_boots_create();
	struct vg_msg_welcome w = welcome(9, 1, 2);
	struct vg_attribution copy;
	uint64_t boot_id;
	(void)state;
	assert_int_equal(vg_boots_welcome(b, &w), VG_OK);
	assert_int_equal(give_attr(b, 0, 0, 4, 3), VG_OK);
	assert_int_equal(give_attr(b, 0, 0, 4, 3), VG_ECONFLICT);
	assert_int_equal(give_attr(b, 1, 0, 4, 3), VG_ERANGE);
	assert_int_equal(give_attr(b, 0, 2, 4, 3), VG_ERANGE);
	assert_int_equal(give_page(b, 1, VG_STATS_MAGIC, VG_SEALS_OURS), VG_ERANGE);
	assert_int_equal(give_page(b, 0, 1, VG_SEALS_OURS), VG_ECORRUPT);
	assert_int_equal(give_page(b, 0, VG_STATS_MAGIC, F_SEAL_GROW), VG_ESEAL);
	assert_int_equal(give_page(b, 0, VG_STATS_MAGIC, VG_SEALS_OURS), VG_OK);
	assert_false(vg_boots_ready(b, &boot_id));
	assert_int_equal(give_attr(b, 0, 1, 4, 7), VG_OK);
	assert_true(vg_boots_ready(b, &boot_id));
	assert_int_equal(boot_id, 9);
	assert_int_equal(vg_boots_read(b, 9, 0, 1, (uint64_t)7 << 32 | 1, &copy), VG_OK);
	assert_int_equal(copy.boot_id, 42);
	assert_int_equal(vg_boots_read(b, 9, 0, 0, (uint64_t)7 << 32 | 1, &copy), VG_ENOTFOUND);
	assert_int_equal(vg_boots_read(b, 9, 0, 1, (uint64_t)7 << 32 | 4, &copy), VG_ERANGE);
	assert_int_equal(vg_boots_read(b, 9, 1, 0, (uint64_t)3 << 32 | 1, &copy), VG_ENOTFOUND);
	assert_int_equal(vg_boots_read(b, 8, 0, 0, (uint64_t)3 << 32 | 1, &copy), VG_ENOTFOUND);
	vg_boots_destroy(b);
}

static void the_boot_before_is_kept_and_the_one_before_that_is_not(void **state)
{
	struct vg_boots *b = vg_boots_create();
	(void)state;
	for (uint64_t id = 1; id <= 3; id++) {
		struct vg_msg_welcome w = welcome(id, 1, 1);
		assert_int_equal(vg_boots_welcome(b, &w), VG_OK);
		assert_int_equal(give_attr(b, 0, 0, 4, (uint32_t)id), VG_OK);
	}
	struct vg_attribution copy;
	assert_true(vg_boots_knows(b, 3) && vg_boots_knows(b, 2));
	assert_false(vg_boots_knows(b, 1) || vg_boots_knows(b, 0));
	assert_int_equal(vg_boots_read(b, 2, 0, 0, (uint64_t)2 << 32 | 1, &copy), VG_OK);
	assert_int_equal(vg_boots_read(b, 3, 0, 0, (uint64_t)3 << 32 | 1, &copy), VG_OK);
	vg_boots_destroy(b);
}

static void a_welcome_out_of_range_is_refused(void **state)
{
	struct vg_boots *b = vg_boots_create();
	struct vg_msg_welcome bad[] = { welcome(0, 1, 1), welcome(1, 0, 1), welcome(1, 65, 1), welcome(1, 1, 0),
					welcome(1, 1, 65) };
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(bad); i++)
		assert_int_equal(vg_boots_welcome(b, &bad[i]), VG_ERANGE);
	vg_boots_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boot_is_ready_when_all_of_it_is_here),
		cmocka_unit_test(the_boot_before_is_kept_and_the_one_before_that_is_not),
		cmocka_unit_test(a_welcome_out_of_range_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
