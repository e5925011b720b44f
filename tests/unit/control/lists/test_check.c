/* check: an index or tables that are not what they must be are refused, and nothing is stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/lists/check.h"
#include "control/lists/tables.h"
#include "tests/lib/index_make.h"
#include "tests/lib/scratch.h"

struct fixture {
	struct scratch scratch;
	uint8_t *index, *other; /* two indexes of many hashes, generations 5 and 6 */
	size_t n_index, n_other;
	struct vg_check check;
};

static uint8_t *index_of(uint64_t number, size_t *n_bytes)
{
	struct vg_index_make make = { .n_lists = 0 };
	uint32_t x = (uint32_t)number;
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < VG_BANDS_MIN_HASHES + 5; i++) {
		uint32_t value[8];
		for (unsigned k = 0; k < 8; k++)
			value[k] = x = x * 1664525u + 1013904223u;
		vg_index_make_add(&make, 0, VG_ALGO_PDQ, (const void *)value);
	}
	uint8_t *bytes = vg_index_make_bytes(&make, number, n_bytes);
	vg_index_make_free(&make);
	return bytes;
}

static int set_up(void **state)
{
	static struct fixture f;
	memset(&f, 0, sizeof(f));
	scratch_init(&f.scratch);
	f.index = index_of(5, &f.n_index);
	f.other = index_of(6, &f.n_other);
	vg_check_init(&f.check);
	f.check.number = 5;
	f.check.dir = f.scratch.dir;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_check_fini(&f->check);
	free(f->index);
	free(f->other);
	scratch_fini(&f->scratch);
	return 0;
}

static int memfd_of(const uint8_t *bytes, size_t n_bytes, int seals)
{
	int fd = vg_memfd_new("test", n_bytes);
	assert_true(fd >= 0 && pwrite(fd, bytes, n_bytes, 0) == (ssize_t)n_bytes);
	assert_int_equal(vg_memfd_seal(fd, seals), VG_OK);
	return fd;
}

static int tables_of(const uint8_t *index, size_t n_bytes)
{
	struct vg_index_view view;
	uint64_t n_tables;
	int fd;
	assert_int_equal(vg_index_open(index, n_bytes, &view), VG_OK);
	assert_int_equal(vg_tables_build(&view, &fd, &n_tables), VG_OK);
	assert_true(fd >= 0);
	return fd;
}

/* The same bytes, one of them changed, sealed again. */
static int spoilt(int fd, size_t at)
{
	size_t n_bytes = 0;
	assert_int_equal(vg_memfd_check(fd, VG_SEALS_FINAL, 1, SIZE_MAX >> 1, &n_bytes), VG_OK);
	uint8_t *bytes = malloc(n_bytes);
	assert_int_equal(pread(fd, bytes, n_bytes, 0), n_bytes);
	bytes[at < n_bytes ? at : n_bytes - 1 - (at - n_bytes) % n_bytes] ^= 1;
	int again = memfd_of(bytes, n_bytes, VG_SEALS_FINAL);
	free(bytes);
	close(fd);
	return again;
}

static void refused(struct fixture *f, enum vg_err err)
{
	vg_check_next(&f->check);
	assert_int_equal(f->check.err, err);
	assert_non_null(strstr(f->check.why, "refused"));
	assert_int_equal(scratch_count(f->scratch.dir), 0);
}

static void a_good_index_and_its_tables_are_stored_and_ready(void **state)
{
	struct fixture *f = *state;
	f->check.index_fd = memfd_of(f->index, f->n_index, VG_SEALS_FINAL);
	f->check.tables.fd = tables_of(f->index, f->n_index);
	vg_check_next(&f->check);
	assert_int_equal(f->check.err, VG_OK);
	assert_int_equal(f->check.next.generation.view.n_pdq, VG_BANDS_MIN_HASHES + 5);
	assert_true(f->check.next.tables.fd >= 0 && f->check.next.tables.n_bytes > 0);
	assert_int_equal(scratch_count(f->scratch.dir), 1);
}

static void an_index_that_can_still_be_written_or_shrunk_is_refused(void **state)
{
	struct fixture *f = *state;
	f->check.index_fd = memfd_of(f->index, f->n_index, VG_SEALS_PEER);
	refused(f, VG_ESEAL);
	vg_check_fini(&f->check);
	f->check.dir = f->scratch.dir;
	f->check.index_fd = memfd_of(f->index, f->n_index, F_SEAL_WRITE | F_SEAL_GROW);
	refused(f, VG_ESEAL);
}

static void an_index_of_another_size_is_refused(void **state)
{
	struct fixture *f = *state;
	static const size_t cuts[] = { 64, 1, 4096 };
	for (unsigned i = 0; i < 3; i++) {
		f->check.index_fd = memfd_of(f->index, f->n_index - cuts[i], VG_SEALS_FINAL);
		refused(f, VG_ECORRUPT);
		vg_check_fini(&f->check);
		f->check.dir = f->scratch.dir;
	}
	f->check.index_fd = memfd_of(f->index, 16, VG_SEALS_FINAL);
	refused(f, VG_ERANGE);
}

static void an_index_with_a_changed_byte_or_another_number_is_refused(void **state)
{
	struct fixture *f = *state;
	f->check.index_fd = spoilt(memfd_of(f->index, f->n_index, VG_SEALS_FINAL), f->n_index / 2);
	refused(f, VG_ECORRUPT);
	vg_check_fini(&f->check);
	f->check.dir = f->scratch.dir;
	f->check.number = 7;
	f->check.index_fd = memfd_of(f->index, f->n_index, VG_SEALS_FINAL);
	refused(f, VG_EVERSION);
}

static void tables_of_another_index_spoilt_or_unsealed_are_refused(void **state)
{
	struct fixture *f = *state;
	for (unsigned i = 0; i < 4; i++) {
		f->check.number = 5;
		f->check.dir = f->scratch.dir;
		f->check.index_fd = memfd_of(f->index, f->n_index, VG_SEALS_FINAL);
		f->check.tables.fd = i ? tables_of(f->index, f->n_index) : tables_of(f->other, f->n_other);
		if (i == 1) /* an entry: only the checksum sees it */
			f->check.tables.fd = spoilt(f->check.tables.fd, SIZE_MAX / 2);
		if (i == 2) /* where a value's entries begin */
			f->check.tables.fd = spoilt(f->check.tables.fd, sizeof(struct vg_tables_header) + 65);
		if (i == 3) {
			close(f->check.tables.fd);
			f->check.tables.fd = memfd_of(f->index, f->n_index, VG_SEALS_OURS);
		}
		refused(f, i == 0 ? VG_EVERSION : i == 3 ? VG_ESEAL : VG_ECORRUPT);
		vg_check_fini(&f->check);
	}
}

static void something_that_is_no_memfd_is_refused(void **state)
{
	struct fixture *f = *state;
	int pair[2];
	assert_int_equal(pipe(pair), 0);
	f->check.index_fd = pair[0];
	refused(f, VG_ESEAL);
	close(pair[1]);
}

static void a_folder_that_is_gone_stores_nothing(void **state)
{
	struct fixture *f = *state;
	f->check.dir = "/nonexistent/vigil";
	f->check.index_fd = memfd_of(f->index, f->n_index, VG_SEALS_FINAL);
	vg_check_next(&f->check);
	assert_int_equal(f->check.err, VG_EIO);
	assert_non_null(strstr(f->check.why, "could not be written"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_index_and_its_tables_are_stored_and_ready),
		TEST(an_index_that_can_still_be_written_or_shrunk_is_refused),
		TEST(an_index_of_another_size_is_refused),
		TEST(an_index_with_a_changed_byte_or_another_number_is_refused),
		TEST(tables_of_another_index_spoilt_or_unsealed_are_refused),
		TEST(something_that_is_no_memfd_is_refused),
		TEST(a_folder_that_is_gone_stores_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
