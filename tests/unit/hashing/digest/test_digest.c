/* digest: the published vectors, and that neither cuts nor the object before make a difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/bytes.h>

#include "hashing/digest/digest.h"
#include "tests/lib/guard.h"

static struct vg_digest_values digest(struct vg_digests *d, const void *bytes, size_t n_bytes)
{
	struct vg_digest_values out;
	vg_digests_init(d, VG_DIGEST_ALL);
	vg_digests_feed(d, bytes, n_bytes);
	vg_digests_done(d, &out);
	return out;
}
static void assert_hex(const uint8_t *bytes, size_t n_bytes, const char *expected)
{
	char text[65];
	vg_hex(bytes, n_bytes, text);
	assert_string_equal(text, expected);
}

/* RFC 1321 A.5. */
static void md5_gives_the_vectors_of_rfc_1321(void **state)
{
	static const char *const vectors[][2] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "a", "0cc175b9c0f1b6a831c399e269772661" },
		{ "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		  "d174ab98d277d9f5a5611c2c9f419d9f" },
		{ "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
		  "57edf4a22be3c955ac49da2e2107b67a" },
	};
	for (size_t i = 0; i < VG_ARRAY_LEN(vectors); i++) {
		struct vg_digest_values v = digest(*state, vectors[i][0], strlen(vectors[i][0]));
		assert_hex(v.md5, sizeof(v.md5), vectors[i][1]);
	}
}

/* FIPS 180-2 appendices A and B, and the empty message. */
static void sha_gives_the_vectors_of_fips_180(void **state)
{
	static const char *const vectors[][3] = {
		{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	};
	for (size_t i = 0; i < VG_ARRAY_LEN(vectors); i++) {
		struct vg_digest_values v = digest(*state, vectors[i][0], strlen(vectors[i][0]));
		assert_hex(v.sha1, sizeof(v.sha1), vectors[i][1]);
		assert_hex(v.sha256, sizeof(v.sha256), vectors[i][2]);
	}
	char *million = malloc(1000000);
	assert_non_null(million);
	memset(million, 'a', 1000000);
	struct vg_digest_values v = digest(*state, million, 1000000);
	assert_hex(v.sha1, sizeof(v.sha1), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
	assert_hex(v.sha256, sizeof(v.sha256), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

static void a_stream_cut_anywhere_gives_the_same(void **state)
{
	uint8_t bytes[300], *guarded;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	guarded = vg_guard_copy(bytes, sizeof(bytes));
	struct vg_digest_values whole = digest(*state, guarded, sizeof(bytes)), parts;
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		vg_digests_init(*state, VG_DIGEST_ALL);
		vg_digests_feed(*state, guarded, cut);
		vg_digests_feed(*state, guarded + cut, sizeof(bytes) - cut);
		vg_digests_done(*state, &parts);
		assert_memory_equal(&parts, &whole, sizeof(parts));
	}
	vg_guard_free(guarded, sizeof(bytes));
}

static void a_long_span_gives_what_short_ones_give(void **state)
{
	const size_t n_bytes = 100001;
	uint8_t *bytes = malloc(n_bytes);
	assert_non_null(bytes);
	for (size_t i = 0; i < n_bytes; i++)
		bytes[i] = (uint8_t)(i * i >> 5);
	struct vg_digest_values whole = digest(*state, bytes, n_bytes), parts;
	vg_digests_init(*state, VG_DIGEST_ALL);
	for (size_t i = 0; i < n_bytes; i += 777)
		vg_digests_feed(*state, bytes + i, n_bytes - i < 777 ? n_bytes - i : 777);
	vg_digests_done(*state, &parts);
	assert_memory_equal(&parts, &whole, sizeof(parts));
	free(bytes);
}

static void what_was_not_asked_for_is_zero(void **state)
{
	static const struct vg_digest_values none;
	struct vg_digest_values out;
	vg_digests_init(*state, VG_DIGEST_SHA1);
	vg_digests_feed(*state, (const uint8_t *)"abc", 3);
	vg_digests_done(*state, &out);
	assert_memory_equal(out.md5, none.md5, sizeof(out.md5));
	assert_memory_equal(out.sha256, none.sha256, sizeof(out.sha256));
	assert_hex(out.sha1, sizeof(out.sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

static void a_begun_stream_is_forgotten_by_the_next(void **state)
{
	struct vg_digest_values clean = digest(*state, "abc", 3), after;
	vg_digests_init(*state, VG_DIGEST_ALL);
	vg_digests_feed(*state, (const uint8_t *)"left over", 9);
	after = digest(*state, "abc", 3);
	assert_memory_equal(&clean, &after, sizeof(clean));
}

static void a_copy_goes_its_own_way(void **state)
{
	struct vg_digests *copy = vg_digests_create();
	struct vg_digest_values ab, abc, expected = digest(*state, "abc", 3);
	assert_non_null(copy);
	vg_digests_init(*state, VG_DIGEST_ALL);
	vg_digests_feed(*state, (const uint8_t *)"ab", 2);
	vg_digests_copy(copy, *state);
	vg_digests_done(*state, &ab);
	vg_digests_feed(copy, (const uint8_t *)"c", 1);
	vg_digests_done(copy, &abc);
	assert_memory_equal(&abc, &expected, sizeof(abc));
	assert_memory_not_equal(&ab, &expected, sizeof(ab));
	vg_digests_destroy(copy);
	vg_digests_destroy(NULL);
}

static int make(void **state)
{
	*state = vg_digests_create();
	return *state ? 0 : -1;
}
static int unmake(void **state)
{
	vg_digests_destroy(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5_gives_the_vectors_of_rfc_1321),
		cmocka_unit_test(sha_gives_the_vectors_of_fips_180),
		cmocka_unit_test(a_stream_cut_anywhere_gives_the_same),
		cmocka_unit_test(a_long_span_gives_what_short_ones_give),
		cmocka_unit_test(what_was_not_asked_for_is_zero),
		cmocka_unit_test(a_begun_stream_is_forgotten_by_the_next),
		cmocka_unit_test(a_copy_goes_its_own_way),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
