#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <vigil/base.h>
#include <vigil/bytes.h>

#include "control/intake/verify.h"

/* The published hashes of one picture turned and mirrored: computed from its one DCT (reference, dihedral test). */
static const char *const published[VG_VERIFY_VARIANTS] = {
	"d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22",
	"f0a10efd51c83d429053d48d0fffbc52e34e0e17ada956a9d29685211ea9e58f",
	"adad5a64b5a102e55b62a88052dacd5ae63b847fc337b4b766b399361bc93188",
	"a5f0b457248995e8c1065c275aaa56d8b61ba4bdf8fcfc0383c32f8b0bfc4f05",
	"d8f80f31e0f457b00637f5d5038f980fb36ed12a9662c1e233e64c634e9c64dd",
	"8dada49991a1bd1a5362577742da32a5e63b7b80c2364b4866b346c91bc9ce77",
	"f0a1e10271ccc0bd90530b720fff038de34ef1e8ada9a956d6967ade5ea91a50",
	"a5f44ba8a4996a17cd06a1d85aaaa927b61b5b42f8fc03fc83c3d0740bfcb0fa",
};

static void a_turned_hash_is_close_to_the_published_one(void **state)
{
	uint8_t original[32], expected[32], turned[32];
	(void)state;
	vg_unhex(published[0], original, 32);
	for (unsigned v = 0; v < VG_VERIFY_VARIANTS; v++) {
		vg_unhex(published[v], expected, 32);
		vg_verify_variant(original, v, turned);
		unsigned d = vg_verify_distance(turned, expected);
		print_message("variant %u: %u bits off\n", v, d);
		assert_in_range(d, 0, v ? VG_VERIFY_SLACK : 0);
	}
}

static void distance_counts_bits(void **state)
{
	uint8_t a[32] = { 0 }, b[32];
	(void)state;
	memset(b, 0xff, 32);
	assert_int_equal(vg_verify_distance(a, a), 0);
	assert_int_equal(vg_verify_distance(a, b), 256);
	b[31] = 0xfe;
	assert_int_equal(vg_verify_distance(a, b), 255);
}

static void every_refusal_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VG_REFUSAL_N; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(vg_refusal_str(i), vg_refusal_str(k));
	assert_string_equal(vg_refusal_str(VG_REFUSAL_N), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turned_hash_is_close_to_the_published_one),
		cmocka_unit_test(distance_counts_bits),
		cmocka_unit_test(every_refusal_has_a_word_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
