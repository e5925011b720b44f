#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>

#include <vigil/memfd.h>

#include "control/lists/build.h"
#include "control/lists/generation.h"
#include "tests/lib/scratch.h"

static void make(struct vg_generation *g, uint64_t number)
{
	struct vg_build *b = vg_build_create();
	struct vg_config_list list;
	struct vg_list_row row = {
		.algo = VG_ALGO_SHA1, .n_value = 20, .value = { 1, 2, 3 }, .id = "E", .entry_class = "A1", .note = ""
	};
	uint64_t n_bytes, n_folded;
	int fd;
	vg_config_list_defaults(&list);
	strcpy(list.name, "l");
	assert_int_equal(vg_build_list(b, &list), VG_OK);
	assert_int_equal(vg_build_row(b, &row), VG_OK);
	assert_int_equal(vg_build_finish(b, number, 1, &fd, &n_bytes, &n_folded), VG_OK);
	assert_int_equal(vg_generation_take(g, fd), VG_OK);
	vg_build_destroy(b);
}

static void what_was_stored_loads_again(void **state)
{
	struct scratch scratch;
	struct vg_generation g, again;
	uint64_t numbers[2];
	(void)state;
	scratch_init(&scratch);
	for (uint64_t i = 8; i < 12; i++) {
		make(&g, i);
		assert_int_equal(vg_generation_store(&g, scratch.dir), VG_OK);
		vg_generation_fini(&g);
	}
	assert_int_equal(vg_generation_list(scratch.dir, numbers, 2), 2);
	assert_int_equal(numbers[0], 11);
	assert_int_equal(numbers[1], 10);
	assert_int_equal(vg_generation_load(&again, scratch.dir, 11), VG_OK);
	assert_true((fcntl(again.fd, F_GET_SEALS) & VG_SEALS_FINAL) == VG_SEALS_FINAL);
	assert_int_equal(again.view.n_sha1, 1);
	vg_generation_fini(&again);
	vg_generation_remove(scratch.dir, 11);
	assert_int_equal(vg_generation_load(&again, scratch.dir, 11), VG_ENOTFOUND);
	scratch_fini(&scratch);
}

static void a_changed_byte_anywhere_is_found(void **state)
{
	struct scratch scratch;
	struct vg_generation g, again;
	(void)state;
	scratch_init(&scratch);
	make(&g, 1);
	assert_int_equal(vg_generation_store(&g, scratch.dir), VG_OK);
	const char *path = scratch_path(&scratch, "00000000000000000001.idx");
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	for (uint64_t at = 0; at < g.n_bytes + 32; at += at < sizeof(struct vg_index_header) ? 1 : 13) {
		uint8_t byte, changed;
		assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
		changed = byte ^ 0x10;
		assert_int_equal(pwrite(fd, &changed, 1, (off_t)at), 1);
		enum vg_err err = vg_generation_load(&again, scratch.dir, 1);
		if (!err)
			vg_generation_fini(&again);
		assert_int_not_equal(err, VG_OK);
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	}
	assert_int_equal(ftruncate(fd, (off_t)g.n_bytes - 64), 0);
	assert_int_equal(vg_generation_load(&again, scratch.dir, 1), VG_ECORRUPT);
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_int_equal(vg_generation_load(&again, scratch.dir, 1), VG_ECORRUPT);
	close(fd);
	vg_generation_fini(&g);
	scratch_fini(&scratch);
}

static void an_unsealed_memfd_is_not_taken(void **state)
{
	struct vg_generation g, other;
	(void)state;
	make(&g, 1);
	int fd = vg_memfd_new("x", g.n_bytes);
	assert_int_equal(pwrite(fd, g.base, g.n_bytes, 0), (ssize_t)g.n_bytes);
	assert_int_equal(vg_generation_take(&other, fd), VG_ESEAL);
	assert_int_equal(vg_memfd_seal(fd, VG_SEALS_FINAL), VG_OK);
	assert_int_equal(vg_generation_take(&other, fd), VG_OK);
	vg_generation_fini(&other);
	vg_generation_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_stored_loads_again),
		cmocka_unit_test(a_changed_byte_anywhere_is_found),
		cmocka_unit_test(an_unsealed_memfd_is_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
