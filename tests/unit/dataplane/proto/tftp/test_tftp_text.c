/* Requests and options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/proto/tftp/tftp_text.h"
#include "tests/lib/guard.h"

static int ask(const char *bytes, size_t n, struct vg_tftp_request *request)
{
	uint8_t *copy = vg_guard_copy(bytes, n);
	int is_one = vg_tftp_request_read((struct vg_span){ copy, n }, request);
	vg_guard_free(copy, n);
	return is_one;
}
#define ASK(text) ask(text, sizeof(text) - 1, &request)

static void requests_are_names_modes_and_options_in_any_order(void **state)
{
	struct vg_tftp_request request;
	(void)state;
	assert_int_equal(ASK("\0\1a.jpg\0OcTet\0BLKSIZE\0001428\0tsize\0000\0windowsize\00016\0"), 1);
	assert_int_equal(request.is_write, 0);
	assert_int_equal(request.is_text, 0);
	assert_int_equal(request.name.n_bytes, 5);
	assert_int_equal(request.options.blksize, 1428);
	assert_int_equal(request.options.windowsize, 16);
	assert_int_equal(request.options.tsize, 0);
	assert_int_equal(ASK("\0\2b\0netascii\0"), 1);
	assert_int_equal(request.is_write, 1);
	assert_int_equal(request.is_text, 1);
	assert_int_equal(request.options.blksize, VG_TFTP_NONE);
	assert_true(request.options.tsize == UINT64_MAX);
}

static void what_is_no_request_is_none(void **state)
{
	struct vg_tftp_request request;
	(void)state;
	assert_int_equal(ASK("\0\3a.jpg\0octet\0"), 0);
	assert_int_equal(ASK("\0\1a.jpg\0octet"), 0);
	assert_int_equal(ASK("\0\1\0octet\0"), 0);
	assert_int_equal(ASK("\0\1a\nb\0octet\0"), 0);
	assert_int_equal(ASK("\0\1a.jpg\0binary\0"), 0);
	assert_int_equal(ASK("\0\1a.jpg"), 0);
	assert_int_equal(ASK("\0\1"), 0);
	assert_int_equal(ASK(""), 0);
}

static void options_out_of_their_limits_do_not_count(void **state)
{
	struct vg_tftp_request request;
	(void)state;
	assert_int_equal(ASK("\0\1a\0octet\0blksize\0007\0blksize\00065465\0windowsize\0000\0tsize\0x\0blksize\0"), 1);
	assert_int_equal(request.options.blksize, VG_TFTP_NONE);
	assert_int_equal(request.options.windowsize, VG_TFTP_NONE);
	assert_true(request.options.tsize == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_names_modes_and_options_in_any_order),
		cmocka_unit_test(what_is_no_request_is_none),
		cmocka_unit_test(options_out_of_their_limits_do_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
