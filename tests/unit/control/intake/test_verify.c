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
#include "tests/lib/index_make.h"

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

/* Ten frames, of which n_alike are near the listed video's eight. */
static void film_of(struct vg_frame_hash film[10], const uint8_t (*video)[32], unsigned n_alike)
{
	memset(film, 0, 10 * sizeof(*film));
	for (unsigned i = 0; i < 10; i++) {
		memset(film[i].pdq, 0x11 * (int)(i + 1), 32);
		if (i < n_alike)
			memcpy(film[i].pdq, video[i % 8], 32);
		film[i].pdq[0] ^= (uint8_t)i; /* still near, and all distinct */
		film[i].frame_no = 30 * i + 5;
		film[i].timestamp_ms = 1000 * i;
		film[i].quality = 100;
	}
}

static void the_shares_of_a_film_are_computed_anew(void **state)
{
	static uint8_t video[8][32];
	struct vg_frame_hash film[10];
	struct vg_index_make make = { .n_lists = 0 };
	struct vg_index_view view;
	size_t n_bytes;
	(void)state;
	for (unsigned i = 0; i < 8; i++)
		for (unsigned k = 0; k < 32; k++)
			video[i][k] = (uint8_t)(k * 37 + i * 101 + (i << (k % 7)) + 0x80);
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	make.lists[0].file_distance = 31; /* must not file a film */
	uint32_t other = vg_index_make_add(&make, 0, VG_ALGO_PDQ, video[0]);
	uint32_t entry = vg_index_make_video(&make, 0, (const void *)video, 8);
	uint8_t *bytes = vg_index_make_bytes(&make, 1, &n_bytes);
	assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_OK);
	struct vg_msg_record r = { .n_frames = 10, .flags = VG_RECORD_HAS_FRAMES };
	struct vg_hit hit = { .entry_idx = entry, .algo = VG_ALGO_VPDQ, .query_percent = 80, .compared_percent = 100 };
	hit.frame_idx = 5;
	film_of(film, (const void *)video, 8);
	assert_int_equal(vg_verify_frames(&r, film), VG_REFUSE_NONE);
	assert_int_equal(vg_verify_video(&r, film, &view, &hit), VG_REFUSE_NONE);
	for (unsigned i = 0; i < 5; i++) {
		struct vg_hit lie = hit;
		lie.query_percent += i == 0;
		lie.compared_percent -= i == 1;
		lie.frame_idx += i == 2;
		lie.entry_idx = i == 3 ? other : lie.entry_idx;
		r.n_frames = i == 4 ? 9 : 10;
		assert_int_equal(vg_verify_video(&r, film, &view, &lie), i == 3 ? VG_REFUSE_ENTRY : VG_REFUSE_PERCENT);
	}
	r.n_frames = 10;
	film_of(film, (const void *)video, 7); /* true, but below the list's share */
	hit.query_percent = 70;
	hit.compared_percent = 87;
	assert_int_equal(vg_verify_video(&r, film, &view, &hit), VG_REFUSE_PERCENT);
	for (unsigned i = 0; i < 4; i++) {
		film_of(film, (const void *)video, 8);
		film[3].quality = i == 0 ? 101 : 100;
		film[3].reserved[2] = i == 1;
		film[3].frame_no = i == 2 ? film[2].frame_no : film[3].frame_no;
		film[3].timestamp_ms = i == 3 ? 1 : film[3].timestamp_ms;
		assert_int_equal(vg_verify_frames(&r, film), VG_REFUSE_FRAMES);
	}
	assert_int_equal(vg_verify_frames(&r, NULL), VG_REFUSE_FRAMES);
	free(bytes);
	vg_index_make_free(&make);
}

/* Each field of a film's record out of its bounds. */
static void a_films_record_has_its_bounds(void **state)
{
	struct vg_msg_record honest = { .seq = 1, .boot_id = 7, .object_id = 1ull << 32, .generation = 1, .n_hits = 1 };
	struct vg_msg_record r;
	(void)state;
	honest.n_bytes = honest.n_sample_bytes = 10;
	honest.flags = VG_RECORD_HAS_FRAMES;
	honest.n_frames = VG_FRAMES_MAX;
	honest.hits[0] = (struct vg_hit){ .algo = VG_ALGO_VPDQ, .query_percent = 100, .compared_percent = 100 };
	assert_int_equal(vg_verify_fields(&honest, 1), VG_REFUSE_NONE);
	for (unsigned i = 0; i < 7; i++) {
		r = honest;
		r.n_frames = (uint16_t)(i == 0 ? VG_FRAMES_MAX + 1 : i == 1 ? 0 : VG_FRAMES_MAX);
		r.flags = i == 2 ? 0 : r.flags;
		r.hits[0].query_percent = i == 3 ? 101 : 100;
		r.hits[0].compared_percent = i == 4 ? 255 : 100;
		r.hits[0].distance = i == 5;
		r.hits[0].variant = i == 6;
		assert_int_equal(vg_verify_fields(&r, 1), VG_REFUSE_FIELDS);
	}
	r = honest; /* shares are films' only */
	r.flags |= VG_RECORD_HAS_PDQ;
	r.hits[0].algo = VG_ALGO_PDQ;
	assert_int_equal(vg_verify_fields(&r, 1), VG_REFUSE_FIELDS);
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

static void what_plugins_say_has_its_bounds(void **state)
{
	struct vg_msg_record r = { .seq = 1, .object_id = 1ull << 32 };

	(void)state;
	assert_int_equal(vg_verify_fields(&r, 0), VG_REFUSE_NONE);
	r.plugins.n = 1;
	assert_int_equal(vg_verify_fields(&r, 0), VG_REFUSE_FIELDS);
	r.plugins.at[0] = (struct vg_plugin_value){ "average_hash", 8, 100, 0, 1 };
	assert_int_equal(vg_verify_fields(&r, 0), VG_REFUSE_NONE);
	r.plugins.at[0].n_bytes = 257;
	assert_int_equal(vg_verify_fields(&r, 0), VG_REFUSE_FIELDS);
}

static void one_that_grows_is_tied_to_its_beginning_or_its_end(void **state)
{
	uint8_t bytes[3000];
	struct vg_attribution a = {
		.boot_id = 7, .resource = 9, .range_total = UINT64_MAX, .n_head = 64, .state = VG_STATE_COMPLETE
	};
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
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 >> 3);
	EVP_Digest(bytes, sizeof(bytes), honest.md5, NULL, EVP_md5(), NULL);
	EVP_Digest(bytes, sizeof(bytes), honest.sha1, NULL, EVP_sha1(), NULL);
	EVP_Digest(bytes, sizeof(bytes), honest.sha256, NULL, EVP_sha256(), NULL);
	memcpy(a.head, bytes + 1000, 64);
	a.range_off = UINT64_MAX; /* appended: it lies at the end */
	a.flags = VG_ATTR_PIECE | VG_ATTR_GROWS | VG_ATTR_APPENDED;
	a.body_bytes = 2000;
	assert_int_equal(claim_resource(&a, &honest, bytes), VG_REFUSE_LOOKUP);
	a.body_bytes = 1999;
	assert_int_equal(claim_resource(&a, &honest, bytes), VG_REFUSE_HEAD);
	a.flags = VG_ATTR_GROWS; /* its beginning */
	assert_int_equal(claim_resource(&a, &honest, bytes), VG_REFUSE_HEAD);
	memcpy(a.head, bytes, 64);
	assert_int_equal(claim_resource(&a, &honest, bytes), VG_REFUSE_LOOKUP);
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
		cmocka_unit_test(what_plugins_say_has_its_bounds),
		cmocka_unit_test(one_that_grows_is_tied_to_its_beginning_or_its_end),
		cmocka_unit_test(a_resource_is_tied_to_the_piece_that_completed_it),
		cmocka_unit_test(every_refusal_has_a_word_of_its_own),
		cmocka_unit_test(the_shares_of_a_film_are_computed_anew),
		cmocka_unit_test(a_films_record_has_its_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
