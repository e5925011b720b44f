/* sha256: published vectors (FIPS 180-4 examples), and any cut gives the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/bytes.h>

#include "dataplane/scope/sha256.h"

static void expect(const char *text, size_t n_times, const char *hex)
{
	struct vg_sha256 s;
	uint8_t digest[32];
	char is[65];
	vg_sha256_init(&s);
	for (size_t i = 0; i < n_times; i++)
		vg_sha256_feed(&s, (const uint8_t *)text, strlen(text));
	vg_sha256_done(&s, digest);
	vg_hex(digest, sizeof(digest), is);
	assert_string_equal(is, hex);
}

static void the_published_examples_come_out(void **state)
{
	(void)state;
	expect("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	expect("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void any_cut_and_any_length_is_one_digest(void **state)
{
	uint8_t bytes[300], whole[32], cut[32];
	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct vg_sha256 s;
		vg_sha256_init(&s);
		vg_sha256_feed(&s, bytes, n);
		vg_sha256_done(&s, whole);
		vg_sha256_init(&s);
		for (size_t at = 0; at < n; at++)
			vg_sha256_feed(&s, bytes + at, 1);
		vg_sha256_done(&s, cut);
		assert_memory_equal(whole, cut, sizeof(cut));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_published_examples_come_out),
					    cmocka_unit_test(any_cut_and_any_length_is_one_digest) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
