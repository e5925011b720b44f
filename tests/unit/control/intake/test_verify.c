#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>

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

/* A resource put together is believed as far as its piece says where it lies and how large the whole is. What is honest
 * comes as far as the look-up, which finds nothing here. */
static enum vg_refusal claim_resource(const struct vg_attribution *a, const struct vg_msg_record *r,
				      const uint8_t *bytes)
{
	static const struct vg_index_header header = { .generation = 1 };
	static const struct vg_index_entry entry;
	static const struct vg_index_list list;
	struct vg_index_view view = {
		.header = &header, .entries = &entry, .lists = &list, .n_entries = 1, .n_lists = 1
	};
	struct vg_verified v;
	struct vg_verify_args args = { .record = r, .view = &view, .attribution = a, .bytes = bytes };
	enum vg_refusal refusal = vg_verify_fields(r, 1);
	return refusal ? refusal : vg_verify_match(&args, &v);
}

static void a_resource_is_tied_to_the_piece_that_completed_it(void **state)
{
	uint8_t bytes[3000];
	struct vg_attribution a = { .boot_id = 7,
				    .resource = 9,
				    .flags = VG_ATTR_PIECE,
				    .range_off = 1000,
				    .range_total = sizeof(bytes),
				    .n_head = 64,
				    .body_bytes = 500,
				    .state = VG_STATE_COMPLETE };
	struct vg_msg_record honest = { .seq = 1,
					.boot_id = 7,
					.object_id = 1ull << 32,
					.generation = 1,
					.n_bytes = sizeof(bytes),
					.n_sample_bytes = sizeof(bytes),
					.flags = VG_RECORD_RESOURCE | VG_RECORD_HAS_DIGESTS,
					.member_no = UINT32_MAX,
					.state = VG_STATE_COMPLETE,
					.n_hits = 1,
					.hits = { { .algo = VG_ALGO_MD5 } } };
	struct vg_msg_record r;
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 >> 3);
	memcpy(a.head, bytes + 1000, 64);
	EVP_Digest(bytes, sizeof(bytes), honest.md5, NULL, EVP_md5(), NULL);
	EVP_Digest(bytes, sizeof(bytes), honest.sha1, NULL, EVP_sha1(), NULL);
	EVP_Digest(bytes, sizeof(bytes), honest.sha256, NULL, EVP_sha256(), NULL);
	assert_int_equal(claim_resource(&a, &honest, bytes), VG_REFUSE_LOOKUP);
	a.resource = 0; /* the piece is of no resource */
	assert_int_equal(claim_resource(&a, &honest, bytes), VG_REFUSE_HEAD);
	a.resource = 9;
	a.range_total = 3001; /* of another size */
	assert_int_equal(claim_resource(&a, &honest, bytes), VG_REFUSE_HEAD);
	a.range_total = sizeof(bytes);
	a.range_off = 1001; /* other bytes stand where the piece lies */
	assert_int_equal(claim_resource(&a, &honest, bytes), VG_REFUSE_HEAD);
	a.range_off = 1000;
	r = honest; /* a flag does not free a body's or a member's record from its own ties */
	r.member_no = 0;
	assert_int_equal(claim_resource(&a, &r, bytes), VG_REFUSE_FIELDS);
	r = honest;
	r.flags |= VG_RECORD_MEMBER_OF;
	assert_int_equal(claim_resource(&a, &r, bytes), VG_REFUSE_FIELDS);
	r = honest;
	r.state = VG_STATE_TRUNCATED;
	assert_int_equal(claim_resource(&a, &r, bytes), VG_REFUSE_FIELDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turned_hash_is_close_to_the_published_one),
		cmocka_unit_test(distance_counts_bits),
		cmocka_unit_test(a_resource_is_tied_to_the_piece_that_completed_it),
		cmocka_unit_test(every_refusal_has_a_word_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
