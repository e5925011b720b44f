/* Early looks and turns in a whole worker: a progressive JPEG near a listed hash is asked to be kept while it comes,
 * and is a match only once it is whole; of closed objects the watched one goes first, then the small before the large.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/media.h>

#include "tests/lib/picture.h"
#include "tests/lib/worker_make.h"

static int set_up(void **state)
{
	struct vg_hashing_conf conf = vg_worker_make_conf();
	struct vg_worker_make *m = vg_worker_make_create(&conf, 0);
	m->match.scaled = true;
	vg_index_make_list(&m->index, VG_ACTION_REPORT_BLOCK, VG_ACTION_REVIEW, 31);
	*state = m;
	return 0;
}
static int tear_down(void **state)
{
	vg_worker_make_destroy(*state);
	return 0;
}

static uint8_t *jpeg(uint32_t seed, int progressive, size_t *n)
{
	const struct vg_picture_jpeg how = { 1000, 700, 3, 80, progressive, 2, 0 };
	uint8_t *pixels = vg_picture_draw(1000, 700, 3, seed), *bytes = vg_picture_to_jpeg(&how, pixels, n);
	free(pixels);
	return bytes;
}
/* Lists the exact PDQ of a picture. */
static void list(struct vg_worker_make *m, const uint8_t *bytes, size_t n)
{
	struct vg_span span = { bytes, n };
	struct vg_luma luma;
	struct vg_pdq_result result;
	assert_int_equal(vg_image_luma(m->match.image, VG_KIND_JPEG, &(struct vg_chain){ &span, 1, n }, &luma), VG_OK);
	vg_pdq_hash(m->match.pdq, &luma, &result);
	vg_index_make_add(&m->index, 0, VG_ALGO_PDQ, result.hash);
	vg_worker_make_index(m);
}
static void begin(struct vg_worker_make *m, uint64_t id, unsigned kind, uint32_t flags)
{
	vg_lane_make_record(&m->maker, id);
	vg_lane_make_put(&m->maker, &(struct vg_desc){ .type = VG_DESC_OPEN,
						       .kind = (uint8_t)kind,
						       .object_id = id,
						       .flags = flags,
						       .open = { UINT64_MAX, 0 } });
}
/* All returns that wait, by type; KEEP's object in *kept. */
static unsigned count_returns(struct vg_worker_make *m, unsigned type, uint64_t *object_id)
{
	struct vg_return r;
	unsigned n = 0;
	while (vg_lane_make_return(&m->maker, &r))
		if (r.type == type) {
			*object_id = r.object_id;
			n++;
		}
	return n;
}
static void work(struct vg_worker_make *m)
{
	while (vg_worker_step(m->worker))
		;
	vg_worker_make_receive(m);
}

static void an_early_hit_asks_to_be_kept_and_is_a_match_only_when_whole(void **state)
{
	struct vg_worker_make *m = *state;
	uint64_t id = vg_lane_make_id(4, 2), other = vg_lane_make_id(5, 2), kept = 0;
	size_t n, n_other;
	uint8_t *bytes = jpeg(3, 1, &n), *strange = jpeg(99, 1, &n_other);
	unsigned n_kept = 0;
	list(m, bytes, n);
	begin(m, id, VG_KIND_JPEG, VG_OPEN_HOLD);
	begin(m, other, VG_KIND_JPEG, 0);
	for (size_t at = 0; at < n; at += 1000) { /* all but its end is here: nothing is said but that */
		vg_lane_make_data(&m->maker, id, at, bytes + at, n - at < 1000 ? (uint32_t)(n - at) : 1000);
		work(m);
		n_kept += count_returns(m, VG_RETURN_KEEP, &kept);
		if (at < n / 10)
			assert_int_equal(n_kept, 0);
		if (at > n / 2)
			assert_int_equal(n_kept, 1);
	}
	assert_int_equal(kept, id);
	vg_lane_make_body(&m->maker, other, strange, n_other, 4096);
	work(m);
	assert_int_equal(count_returns(m, VG_RETURN_KEEP, &kept), 0);
	assert_int_equal(m->n_got, 0);
	assert_int_equal(vg_worker_make_count(m, VG_H_EARLY), 2);
	assert_int_equal(vg_worker_make_count(m, VG_H_EARLY_NEAR), 1);
	assert_int_equal(vg_worker_make_count(m, VG_H_EARLY_MATCHED), 0);
	vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, n);
	vg_lane_make_close(&m->maker, other, VG_STATE_COMPLETE, n_other);
	work(m);
	assert_int_equal(m->n_got, 1);
	assert_int_equal(m->got[0].record.object_id, id);
	assert_int_equal(m->got[0].record.hits[0].distance, 0); /* of the whole picture, exactly */
	assert_int_equal(vg_worker_make_count(m, VG_H_EARLY_MATCHED), 1);
	free(bytes);
	free(strange);
}

/* A file whose beginning looks like a listed picture and whose end is another one. */
static void an_early_hit_that_turns_out_otherwise_is_no_match(void **state)
{
	struct vg_worker_make *m = *state;
	uint64_t id = vg_lane_make_id(6, 1), kept = 0;
	size_t n;
	uint8_t *bytes = jpeg(3, 1, &n);
	list(m, bytes, n);
	begin(m, id, VG_KIND_JPEG, 0);
	vg_lane_make_body(&m->maker, id, bytes, n / 2, 4096);
	work(m);
	assert_int_equal(count_returns(m, VG_RETURN_KEEP, &kept), 1);
	m->index.n_records[VG_ALGO_PDQ] = 0; /* the list changed meanwhile */
	vg_index_make_add(&m->index, 0, VG_ALGO_MD5, (const uint8_t[16]){ 1 });
	vg_worker_make_index(m);
	vg_lane_make_data(&m->maker, id, n / 2, bytes + n / 2, 1000);
	vg_lane_make_close(&m->maker, id, VG_STATE_ABORTED, n / 2 + 1000);
	work(m);
	assert_int_equal(m->n_got, 0);
	assert_int_equal(vg_worker_make_count(m, VG_H_EARLY_NEAR), 1);
	assert_int_equal(vg_worker_make_count(m, VG_H_EARLY_MATCHED), 0);
	free(bytes);
}

static void baseline_pictures_and_exact_runs_get_no_early_look(void **state)
{
	struct vg_worker_make *m = *state;
	size_t n, n_progressive;
	uint8_t *bytes = jpeg(3, 0, &n), *progressive = jpeg(3, 1, &n_progressive);
	begin(m, vg_lane_make_id(1, 1), VG_KIND_JPEG, 0);
	vg_lane_make_body(&m->maker, vg_lane_make_id(1, 1), bytes, n, 4096);
	begin(m, vg_lane_make_id(2, 1), VG_KIND_JPEG, VG_OPEN_NO_DECODE);
	vg_lane_make_body(&m->maker, vg_lane_make_id(2, 1), progressive, n_progressive, 4096);
	work(m);
	m->match.scaled = false;
	begin(m, vg_lane_make_id(3, 1), VG_KIND_JPEG, 0);
	vg_lane_make_body(&m->maker, vg_lane_make_id(3, 1), progressive, n_progressive, 4096);
	work(m);
	assert_int_equal(vg_worker_make_count(m, VG_H_EARLY), 0);
	free(bytes);
	free(progressive);
}

static void the_watched_goes_first_then_the_small_before_the_large(void **state)
{
	struct vg_worker_make *m = *state;
	static uint8_t bytes[200000];
	const struct {
		uint32_t n_bytes, flags;
	} objects[] = { { 150000, 0 }, { 200, 0 }, { 190000, VG_OPEN_HOLD }, { 90000, 0 }, { 100, 0 } };
	static const uint32_t turns[] = { 2, 4, 1, 3, 0 };
	struct vg_return r;
	unsigned n = 0;
	for (uint32_t i = 0; i < 5; i++) {
		uint64_t id = vg_lane_make_id(i, 1);
		begin(m, id, VG_KIND_UNKNOWN, objects[i].flags);
		vg_lane_make_body(&m->maker, id, bytes, objects[i].n_bytes, 65536);
		vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, objects[i].n_bytes);
	}
	work(m);
	while (vg_lane_make_return(&m->maker, &r))
		if (r.type == VG_RETURN_DONE)
			assert_int_equal((uint32_t)r.object_id, turns[n++]);
	assert_int_equal(n, 5);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(an_early_hit_asks_to_be_kept_and_is_a_match_only_when_whole),
		T(an_early_hit_that_turns_out_otherwise_is_no_match),
		T(baseline_pictures_and_exact_runs_get_no_early_look),
		T(the_watched_goes_first_then_the_small_before_the_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
