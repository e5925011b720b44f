/* record: the frames of a film in no list come alone in a memfd beside its OBJECT: given on where that is sealed and of
 * exactly their size, refused otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/intake_up.h"

#define N_FRAMES 3

static struct vg_msg_record film(struct rig *r)
{
	struct vg_msg_record m = r->valid;
	m.head.type = VG_MSG_OBJECT;
	m.flags |= VG_RECORD_HAS_FRAMES;
	m.n_frames = N_FRAMES;
	m.n_hits = 0;
	m.n_sample_bytes = 0;
	return m;
}

static void frames_alone_are_given_on(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = film(r);
	rig_record(r, &m, rig_memfd(r, vg_record_memfd_bytes(0, N_FRAMES), VG_SEALS_FINAL));
	assert_int_equal(r->n_objects, 1);
	assert_int_equal(r->n_refused, 0);
}

static void another_memfd_is_refused(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = film(r);
	const uint64_t n = vg_record_memfd_bytes(0, N_FRAMES);
	rig_record(r, &m, rig_memfd(r, n - 1, VG_SEALS_FINAL));
	rig_record(r, &m, rig_memfd(r, n + 1, VG_SEALS_FINAL));
	rig_record(r, &m, rig_memfd(r, n, 0));
	rig_record(r, &m, rig_memfd(r, n, VG_SEALS_OURS));
	rig_record(r, &m, -1);
	m.n_sample_bytes = 64;
	rig_record(r, &m, rig_memfd(r, vg_record_memfd_bytes(64, N_FRAMES), VG_SEALS_FINAL));
	assert_int_equal(rig_refused(r, VG_REFUSE_MEMFD), 6);
	assert_int_equal(r->n_objects, 0);
}

static void frames_without_their_flag_or_too_many_are_refused(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = film(r);
	m.flags &= ~VG_RECORD_HAS_FRAMES;
	rig_record(r, &m, rig_memfd(r, vg_record_memfd_bytes(0, N_FRAMES), VG_SEALS_FINAL));
	m = film(r);
	m.n_frames = VG_FRAMES_MAX + 1;
	rig_record(r, &m, rig_memfd(r, vg_record_memfd_bytes(0, VG_FRAMES_MAX + 1), VG_SEALS_FINAL));
	assert_int_equal(rig_refused(r, VG_REFUSE_FIELDS), 2);
	m = film(r); /* none announced, one sent */
	m.flags &= ~VG_RECORD_HAS_FRAMES;
	m.n_frames = 0;
	rig_record(r, &m, rig_memfd(r, vg_record_memfd_bytes(0, N_FRAMES), VG_SEALS_FINAL));
	assert_int_equal(rig_refused(r, VG_REFUSE_MEMFD), 1);
	assert_int_equal(r->n_objects, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_up_with, rig_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(frames_alone_are_given_on),
		T(another_memfd_is_refused),
		T(frames_without_their_flag_or_too_many_are_refused),
	};
	(void)setenv("VIGIL_LOG", "error", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
