/* verify, plug-ins: a claimed distance is computed anew, of values and entries that must be of one algorithm and
 * version, and that one configured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/intake/verify.h"
#include "tests/lib/index_make_plugin.h"

static const uint8_t listed[8] = { 0xff, 0xe0, 0xc0, 0x80, 0x80, 0x80, 0xc0, 0xe0 };
static struct vg_index_make make;
static struct vg_index_view view;
static uint8_t *bytes;
static uint32_t other_entry, entry;

static int set_up(void **state)
{
	size_t n_bytes;
	(void)state;
	vg_index_make_list(&make, VG_ACTION_REPORT_BLOCK, VG_ACTION_REVIEW, 31);
	make.lists[0].file_distance = 31; /* must not file by what a plug-in says */
	other_entry = vg_index_make_add(&make, 0, VG_ALGO_PDQ, (const uint8_t[32]){ 9 });
	vg_index_make_plugin(&make, 0, "average_hash", 1, 3, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	entry = vg_index_make_plugin(&make, 0, "average_hash", 1, 3, listed, 8);
	vg_index_make_plugin(&make, 0, "average_hash", 2, 3, listed, 8);
	bytes = vg_index_make_bytes(&make, 5, &n_bytes);
	return vg_index_open(bytes, n_bytes, &view);
}

static int tear_down(void **state)
{
	(void)state;
	free(bytes);
	vg_index_make_free(&make);
	return 0;
}

static struct vg_msg_record honest(void)
{
	struct vg_msg_record r = { .seq = 1,
				   .boot_id = 7,
				   .object_id = 1ull << 32,
				   .generation = 5,
				   .n_bytes = 4,
				   .n_sample_bytes = 4,
				   .flags = VG_RECORD_HAS_PDQ | VG_RECORD_HAS_DIGESTS,
				   .state = VG_STATE_COMPLETE,
				   .n_hits = 1 };
	r.hits[0] = (struct vg_hit){ .entry_idx = entry, .algo = VG_ALGO_PLUGIN, .distance = 2 };
	r.plugins.n = 2;
	r.plugins.at[0] = (struct vg_plugin_value){ "first", 3, 100, 0, 1 };
	r.plugins.at[1] = (struct vg_plugin_value){ "average_hash", 8, 60, 0, 1 };
	memcpy(r.plugins.bytes + 3, listed, 8);
	r.plugins.bytes[3] ^= 0x81; /* two bits */
	return r;
}

static int declared(void *ctx, const char algo[VG_PLUGIN_ALGO_BYTES], uint32_t version)
{
	(void)ctx;
	return !strcmp(algo, "average_hash") && version == 1;
}

static enum vg_refusal claim(const struct vg_msg_record *record, vg_verify_declared_fn fn, struct vg_verified *v)
{
	static const uint8_t body[4] = "abc";
	struct vg_attribution a = { .boot_id = 7, .body_bytes = 4, .state = VG_STATE_COMPLETE };
	struct vg_msg_record r = *record;
	SHA256(body, 4, r.sha256);
	struct vg_verify_args args = { .record = &r, .view = &view, .attribution = &a, .bytes = body, .declared = fn };
	enum vg_refusal refusal = vg_verify_fields(&r, 1);
	return refusal ? refusal : vg_verify_match(&args, v);
}

static void an_honest_claim_waits_for_a_person(void **state)
{
	struct vg_msg_record r = honest();
	struct vg_verified v;
	(void)state;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_NONE);
	assert_int_equal(v.n_hits, 1);
	assert_int_equal(v.hits[0].distance, 2);
	assert_false(v.exact || v.hit_exact[0]);
	assert_int_equal(v.hit_action[0], VG_ACTION_REVIEW);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct vg_msg_record r;
	struct vg_verified v;
	(void)state;
	r = honest(), r.hits[0].distance = 1; /* nearer than it is */
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_DISTANCE);
	r = honest(), r.hits[0].distance = 0;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_DISTANCE);
	r = honest(), r.plugins.bytes[4] ^= 3, r.hits[0].distance = 4; /* true, and too far */
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_DISTANCE);
	r = honest(), r.plugins.bytes[4] ^= 3; /* another value */
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_DISTANCE);
	r = honest(), r.hits[0].entry_idx = other_entry;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_ENTRY);
	r = honest(), r.hits[0].entry_idx = 99;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_ENTRY);
	r = honest(), r.hits[0].entry_idx = entry - 1; /* the value of another entry */
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_DISTANCE);
	r = honest(), r.hits[0].entry_idx = entry + 1; /* of another version */
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_PLUGIN);
	r = honest(), r.hits[0].entry_idx = entry + 1, r.plugins.at[1].version = 2; /* not configured */
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_PLUGIN);
	r = honest(), r.plugins.at[1].algo[0] = 'b';
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_PLUGIN);
	r = honest(), r.plugins.at[1].n_bytes = 7;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_PLUGIN);
	r = honest(), r.plugins.at[1].quality = 0;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_PLUGIN);
	r = honest(), r.plugins.n = 1;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_PLUGIN);
	r = honest();
	assert_int_equal(claim(&r, NULL, &v), VG_REFUSE_PLUGIN);
}

static void a_claim_out_of_its_bounds_is_not_looked_at(void **state)
{
	struct vg_msg_record r;
	struct vg_verified v;
	(void)state;
	r = honest(), r.hits[0].variant = 1;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_FIELDS);
	r = honest(), r.hits[0].frame_idx = 1;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_FIELDS);
	r = honest(), r.hits[0].query_percent = 1;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_FIELDS);
	r = honest(), r.hits[0].distance = 513;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_FIELDS);
	r = honest(), r.flags = VG_RECORD_HAS_DIGESTS; /* of what was not decoded */
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_FIELDS);
	r = honest(), r.hits[0].algo = VG_ALGO_N;
	assert_int_equal(claim(&r, declared, &v), VG_REFUSE_FIELDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_claim_waits_for_a_person),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(a_claim_out_of_its_bounds_is_not_looked_at),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
