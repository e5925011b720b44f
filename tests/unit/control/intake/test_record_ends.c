/* Bodies that stopped before the length that was said, without a hole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/intake_up.h"

static void a_body_that_stopped_is_believed_by_its_recomputed_bytes(void **state)
{
	struct rig *r = *state;
	struct vg_attribution *a = &r->attr[RIG_CORE][0][RIG_SLOT];
	static const uint8_t ends[] = { VG_STATE_TRUNCATED, VG_STATE_ABORTED };
	struct vg_msg_record m = r->valid;
	for (size_t i = 0; i < VG_ARRAY_LEN(ends); i++) {
		atomic_store(&a->state, ends[i]);
		m.state = ends[i];
		rig_record(r, &m, rig_whole(r));
		assert_int_equal(r->n_matches, (int)i + 1);
		assert_true(r->last_exact && !r->last_held && !r->last_partial);
		assert_int_equal(r->last_action, VG_ACTION_REPORT);
	}
}

static void a_lie_about_a_body_that_stopped_is_refused(void **state)
{
	struct rig *r = *state;
	struct vg_attribution *a = &r->attr[RIG_CORE][0][RIG_SLOT];
	struct vg_msg_record m = r->valid;
	atomic_store(&a->state, VG_STATE_TRUNCATED);
	rig_record(r, &m, rig_whole(r)); /* says complete: the dataplane does not */
	assert_int_equal(rig_refused(r, VG_REFUSE_ATTRIBUTION), 1);
	m.state = VG_STATE_TRUNCATED;
	m.sha256[0] ^= 1;
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(rig_refused(r, VG_REFUSE_DIGEST), 1);
	m.sha256[0] ^= 1;
	a->body_bytes++;
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(rig_refused(r, VG_REFUSE_HEAD), 1);
	a->body_bytes--;
	m.n_sample_bytes--; /* the digests of all, the bytes of less */
	rig_record(r, &m, rig_memfd(r, RIG_N_BYTES - 1, VG_SEALS_FINAL));
	assert_int_equal(rig_refused(r, VG_REFUSE_FIELDS), 1);
	assert_int_equal(r->n_matches, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_up, rig_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_body_that_stopped_is_believed_by_its_recomputed_bytes),
		T(a_lie_about_a_body_that_stopped_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
