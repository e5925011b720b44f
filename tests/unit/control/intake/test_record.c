#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/intake_up.h"

static void a_true_claim_is_given_on_and_acknowledged(void **state)
{
	struct rig *r = *state;
	rig_record(r, &r->valid, rig_whole(r));
	assert_int_equal(r->n_matches, 1);
	assert_int_equal(r->n_refused, 0);
	assert_true(r->last_exact);
	assert_false(r->last_held);
	assert_false(r->last_partial);
	assert_int_equal(r->last_action, VG_ACTION_REPORT);
	assert_int_equal(rig_acked(r), 1);
}

/* Lies: each changes one thing of a true claim. */
static void wrong_boot(struct vg_msg_record *m)
{
	m->boot_id++;
}
static void stale_generation(struct vg_msg_record *m)
{
	m->generation = 9;
}
static void no_generation(struct vg_msg_record *m)
{
	m->generation = 0;
}
static void foreign_record(struct vg_msg_record *m)
{
	m->object_id = (uint64_t)5 << 32 | 1; /* lives in hasher 1's memory only */
}
static void reused_record(struct vg_msg_record *m)
{
	m->object_id = (uint64_t)4 << 32 | RIG_SLOT;
}
static void slot_out_of_range(struct vg_msg_record *m)
{
	m->object_id = (uint64_t)5 << 32 | RIG_N_ATTR;
}
static void other_core(struct vg_msg_record *m)
{
	m->core_idx = 0;
}
static void core_out_of_range(struct vg_msg_record *m)
{
	m->core_idx = 64;
}
static void core_not_there(struct vg_msg_record *m)
{
	m->core_idx = 2;
}
static void unknown_entry(struct vg_msg_record *m)
{
	m->hits[0].entry_idx = 3;
}
static void huge_entry(struct vg_msg_record *m)
{
	m->hits[0].entry_idx = UINT32_MAX;
}
static void entry_of_another_digest(struct vg_msg_record *m)
{
	m->hits[0].entry_idx = 2;
}
static void entry_of_another_algorithm(struct vg_msg_record *m)
{
	m->hits[0].algo = VG_ALGO_MD5;
}
static void no_algorithm(struct vg_msg_record *m)
{
	m->hits[0].algo = 0;
}
static void too_many_hits(struct vg_msg_record *m)
{
	m->n_hits = 9;
}
static void no_hits(struct vg_msg_record *m)
{
	m->n_hits = 0;
}
static void distance_on_exact(struct vg_msg_record *m)
{
	m->hits[0].distance = 3;
}
static void long_member(struct vg_msg_record *m)
{
	m->n_member = 257;
}
static void member_of_a_plain_body(struct vg_msg_record *m)
{
	m->flags |= VG_RECORD_MEMBER_OF;
	m->member_no = 1;
}
static void member_flag_alone(struct vg_msg_record *m)
{
	m->flags |= VG_RECORD_MEMBER_OF;
}
static void coded_though_it_is_not(struct vg_msg_record *m)
{
	m->flags |= VG_RECORD_CODED;
}
static void unknown_flag(struct vg_msg_record *m)
{
	m->flags |= 1u << 20;
}
static void longer_than_its_memfd(struct vg_msg_record *m)
{
	m->n_bytes++;
	m->n_sample_bytes++;
}
static void sample_larger_than_file(struct vg_msg_record *m)
{
	m->flags |= VG_RECORD_PARTIAL;
	m->n_bytes--;
}
static void whole_though_it_is_a_sample(struct vg_msg_record *m)
{
	m->n_bytes++;
}
static void wrong_sha256(struct vg_msg_record *m)
{
	m->sha256[7] ^= 1;
}
static void wrong_md5(struct vg_msg_record *m)
{
	m->md5[0] ^= 0x80;
}
static void wrong_sha1(struct vg_msg_record *m)
{
	m->sha1[19] ^= 1;
}
static void other_state(struct vg_msg_record *m)
{
	m->state = VG_STATE_ABORTED;
}
static void state_out_of_range(struct vg_msg_record *m)
{
	m->state = VG_STATE_N;
}
static void pdq_hit(struct vg_msg_record *m, unsigned distance)
{
	m->hits[0] = (struct vg_hit){ .entry_idx = 1, .algo = VG_ALGO_PDQ, .distance = (uint16_t)distance };
}
static void pdq_entry_is_exact(struct vg_msg_record *m)
{
	pdq_hit(m, 0);
	m->hits[0].entry_idx = 0;
}
static void pdq_distance_too_small(struct vg_msg_record *m)
{
	pdq_hit(m, 0);
	m->pdq[3] ^= 3;
}
static void pdq_distance_too_large(struct vg_msg_record *m)
{
	pdq_hit(m, VG_PDQ_WIDE_DISTANCE + 1);
}
static void pdq_far_away(struct vg_msg_record *m)
{
	pdq_hit(m, 31);
	memset(m->pdq, 0x5a, 32);
}
static void pdq_of_low_quality(struct vg_msg_record *m)
{
	pdq_hit(m, 0);
	m->pdq_quality = 49;
}
static void pdq_turned_far_away(struct vg_msg_record *m)
{
	pdq_hit(m, 2);
	m->hits[0].variant = 1;
}
static void pdq_variant_out_of_range(struct vg_msg_record *m)
{
	pdq_hit(m, 0);
	m->hits[0].variant = 8;
}
static void partial_of_another_digest(struct vg_msg_record *m)
{
	m->flags |= VG_RECORD_PARTIAL;
	m->sha256[0] ^= 1;
}
static void second_hit_is_a_lie(struct vg_msg_record *m)
{
	m->n_hits = 2;
	m->hits[1] = (struct vg_hit){ .entry_idx = 0, .algo = VG_ALGO_MD5 };
}
static void no_object(struct vg_msg_record *m)
{
	m->object_id = 0;
}

static const struct {
	void (*lie)(struct vg_msg_record *m);
	unsigned refusal;
} lies[] = {
	{ wrong_boot, VG_REFUSE_BOOT },
	{ stale_generation, VG_REFUSE_GENERATION },
	{ no_generation, VG_REFUSE_FIELDS },
	{ foreign_record, VG_REFUSE_ATTRIBUTION },
	{ reused_record, VG_REFUSE_ATTRIBUTION },
	{ slot_out_of_range, VG_REFUSE_ATTRIBUTION },
	{ other_core, VG_REFUSE_ATTRIBUTION },
	{ core_out_of_range, VG_REFUSE_FIELDS },
	{ core_not_there, VG_REFUSE_ATTRIBUTION },
	{ unknown_entry, VG_REFUSE_ENTRY },
	{ huge_entry, VG_REFUSE_ENTRY },
	{ entry_of_another_digest, VG_REFUSE_LOOKUP },
	{ entry_of_another_algorithm, VG_REFUSE_LOOKUP },
	{ no_algorithm, VG_REFUSE_FIELDS },
	{ too_many_hits, VG_REFUSE_FIELDS },
	{ no_hits, VG_REFUSE_FIELDS },
	{ distance_on_exact, VG_REFUSE_FIELDS },
	{ long_member, VG_REFUSE_FIELDS },
	{ member_of_a_plain_body, VG_REFUSE_HEAD },
	{ member_flag_alone, VG_REFUSE_FIELDS },
	{ coded_though_it_is_not, VG_REFUSE_HEAD },
	{ unknown_flag, VG_REFUSE_FIELDS },
	{ longer_than_its_memfd, VG_REFUSE_MEMFD },
	{ sample_larger_than_file, VG_REFUSE_FIELDS },
	{ whole_though_it_is_a_sample, VG_REFUSE_FIELDS },
	{ wrong_sha256, VG_REFUSE_DIGEST },
	{ wrong_md5, VG_REFUSE_DIGEST },
	{ wrong_sha1, VG_REFUSE_DIGEST },
	{ other_state, VG_REFUSE_ATTRIBUTION },
	{ state_out_of_range, VG_REFUSE_FIELDS },
	{ pdq_entry_is_exact, VG_REFUSE_ENTRY },
	{ pdq_distance_too_small, VG_REFUSE_DISTANCE },
	{ pdq_distance_too_large, VG_REFUSE_FIELDS },
	{ pdq_far_away, VG_REFUSE_DISTANCE },
	{ pdq_of_low_quality, VG_REFUSE_DISTANCE },
	{ pdq_turned_far_away, VG_REFUSE_DISTANCE },
	{ pdq_variant_out_of_range, VG_REFUSE_FIELDS },
	{ partial_of_another_digest, VG_REFUSE_LOOKUP },
	{ second_hit_is_a_lie, VG_REFUSE_LOOKUP },
	{ no_object, VG_REFUSE_FIELDS },
};

static void every_lie_is_refused_counted_and_reaches_nobody(void **state)
{
	struct rig *r = *state;
	struct vg_attribution *foreign = &r->attr[RIG_CORE][1][1];
	*foreign = r->attr[RIG_CORE][0][RIG_SLOT];
	foreign->hasher_idx = 1;
	for (size_t i = 0; i < VG_ARRAY_LEN(lies); i++) {
		struct vg_msg_record m = r->valid;
		uint64_t before = rig_refused(r, lies[i].refusal);
		lies[i].lie(&m);
		rig_record(r, &m, rig_whole(r));
		if (r->n_matches || rig_refused(r, lies[i].refusal) != before + 1)
			fail_msg("lie %zu: %d matches, not refused as %s", i, r->n_matches,
				 vg_refusal_str(lies[i].refusal));
		assert_int_equal(r->n_refused, (int)i + 1);
		assert_int_equal(rig_acked(r), i + 1);
	}
}

static void a_memfd_that_could_change_is_refused(void **state)
{
	static const int seals[] = { 0, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, VG_SEALS_OURS,
				     F_SEAL_WRITE | F_SEAL_SEAL, VG_SEALS_FINAL & ~F_SEAL_SEAL };
	struct rig *r = *state;
	for (size_t i = 0; i < VG_ARRAY_LEN(seals); i++)
		rig_record(r, &r->valid, rig_memfd(r, RIG_N_BYTES, seals[i]));
	rig_record(r, &r->valid, rig_memfd(r, RIG_N_BYTES - 1, VG_SEALS_FINAL));
	rig_record(r, &r->valid, rig_memfd(r, RIG_N_BYTES + 1, VG_SEALS_FINAL));
	rig_record(r, &r->valid, open("/dev/zero", O_RDONLY));
	rig_record(r, &r->valid, open("/proc/self/exe", O_RDONLY));
	rig_record(r, &r->valid, -1);
	struct vg_msg_record two = r->valid;
	int fds[] = { rig_whole(r), rig_whole(r) };
	two.seq = ++r->seq;
	rig_send(r->hasher_fd, &two, sizeof(two), fds, 2);
	rig_settle(r);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(rig_refused(r, VG_REFUSE_MEMFD), VG_ARRAY_LEN(seals) + 6);
	assert_int_equal(r->n_matches, 0);
}

static void a_huge_sparse_memfd_is_not_even_read(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid;
	struct vg_attribution *a = &r->attr[RIG_CORE][0][RIG_SLOT];
	a->body_bytes = m.n_bytes = m.n_sample_bytes = 1ull << 40;
	rig_record(r, &m, rig_memfd(r, 1ull << 40, VG_SEALS_FINAL));
	assert_int_equal(rig_refused(r, VG_REFUSE_MEMFD), 1);
	assert_int_equal(r->n_matches, 0);
}

static void bytes_that_do_not_fit_the_record_are_refused(void **state)
{
	struct rig *r = *state;
	struct vg_attribution *a = &r->attr[RIG_CORE][0][RIG_SLOT];
	a->head[10] ^= 1;
	rig_record(r, &r->valid, rig_whole(r));
	a->head[10] ^= 1;
	a->body_bytes++;
	rig_record(r, &r->valid, rig_whole(r));
	a->body_bytes--;
	assert_int_equal(rig_refused(r, VG_REFUSE_HEAD), 2);
	assert_int_equal(r->n_matches, 0);
}

static void after_a_lie_true_claims_are_held(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid;
	struct vg_intake_hasher h;
	wrong_md5(&m);
	rig_record(r, &m, rig_whole(r));
	rig_record(r, &r->valid, rig_whole(r));
	assert_int_equal(r->n_matches, 1);
	assert_true(r->last_held);
	vg_intake_hasher(r->intake, 0, &h);
	assert_true(h.braked);
}

static void an_old_generation_or_boot_is_no_lie(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid;
	stale_generation(&m);
	rig_record(r, &m, rig_whole(r));
	rig_record(r, &r->valid, rig_whole(r));
	assert_false(r->last_held);
}

static void a_known_file_whose_record_is_lost_is_held_and_laid_to_nobody(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid;
	for (uint64_t boot = RIG_BOOT + 1; boot < RIG_BOOT + 3; boot++) { /* two dataplanes later */
		close(r->dataplane_fd);
		rig_settle(r);
		rig_dataplane(r, boot);
	}
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(r->n_matches, 1);
	assert_true(r->last_held);
	assert_int_equal(r->last_host_bytes, 0);
	m.flags |= VG_RECORD_PARTIAL;
	rig_record(r, &m, rig_whole(r));
	m.flags &= ~VG_RECORD_PARTIAL;
	pdq_hit(&m, 0);
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(rig_refused(r, VG_REFUSE_BOOT), 2);
	m = r->valid;
	wrong_md5(&m);
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(rig_refused(r, VG_REFUSE_DIGEST), 1);
	assert_int_equal(r->n_matches, 1);
}

static void a_head_sample_goes_to_review_only(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid;
	m.flags |= VG_RECORD_PARTIAL;
	m.n_sample_bytes = 4096;
	rig_record(r, &m, rig_memfd(r, 4096, VG_SEALS_FINAL));
	assert_int_equal(r->n_matches, 1);
	assert_true(r->last_partial);
}

static void a_perceptual_claim_is_recomputed_and_reviewed(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid;
	pdq_hit(&m, 2);
	m.pdq[3] ^= 3;
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(r->n_matches, 1);
	assert_false(r->last_exact);
	assert_int_equal(r->last_action, VG_ACTION_REVIEW);
}

static void a_picture_that_was_cut_off_is_reviewed_and_no_lie(void **state)
{
	struct rig *r = *state;
	struct vg_attribution *a = &r->attr[RIG_CORE][0][RIG_SLOT];
	static const uint8_t ends[] = { VG_STATE_TRUNCATED, VG_STATE_GAP, VG_STATE_ABORTED };
	struct vg_msg_record m = r->valid;
	pdq_hit(&m, 0);
	m.flags &= ~VG_RECORD_HAS_DIGESTS; /* whole files have digests */
	for (size_t i = 0; i < VG_ARRAY_LEN(ends); i++) {
		atomic_store(&a->state, ends[i]);
		m.state = ends[i];
		rig_record(r, &m, rig_whole(r));
		assert_int_equal(r->n_matches, (int)i + 1);
		assert_true(!r->last_exact && !r->last_held && r->last_action == VG_ACTION_REVIEW);
	}
	atomic_store(&a->state, VG_STATE_OPEN); /* its dataplane died */
	m.state = VG_STATE_TRUNCATED;
	m.n_bytes = m.n_sample_bytes = RIG_N_BYTES / 2;
	rig_record(r, &m, rig_memfd(r, RIG_N_BYTES / 2, VG_SEALS_FINAL));
	assert_int_equal(r->n_matches, 4);
	r->valid.state = VG_STATE_TRUNCATED; /* but nothing exact stands on a record without its size */
	rig_record(r, &r->valid, rig_whole(r));
	assert_int_equal(r->n_matches, 4);
	assert_int_equal(rig_refused(r, VG_REFUSE_ATTRIBUTION), 1);
}

static void a_whole_part_of_a_form_that_was_cut_off_is_taken(void **state)
{
	struct rig *r = *state;
	struct vg_attribution *a = &r->attr[RIG_CORE][0][RIG_SLOT];
	struct vg_msg_record m = r->valid;
	m.flags |= VG_RECORD_MEMBER_OF;
	m.member_no = 1;
	a->kind = VG_KIND_MULTIPART;
	a->n_boundary = 3;
	a->body_bytes = RIG_N_BYTES + 400;
	atomic_store(&a->state, VG_STATE_TRUNCATED);
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(r->n_matches, 1);
	assert_true(r->last_exact && !r->last_held && r->last_action == VG_ACTION_REPORT);
}

static void a_suppressed_entry_is_refused_without_blame(void **state)
{
	struct rig *r = *state;
	char why[VG_LISTS_WHY];
	scratch_write(&r->scratch, "s.txt", "entry,E0\n");
	/* A new generation without any list; the hasher still matched in the old one. */
	assert_int_equal(vg_lists_reload(r->lists, NULL, 0, scratch_path(&r->scratch, "s.txt"), why, sizeof(why)),
			 VG_OK);
	rig_record(r, &r->valid, rig_whole(r));
	assert_int_equal(rig_refused(r, VG_REFUSE_SUPPRESSED), 1);
	assert_int_equal(r->n_matches, 0);
	struct vg_msg_record m = r->valid;
	entry_of_another_digest(&m);
	m.hits[0].algo = VG_ALGO_MD5;
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(r->n_matches, 1);
	assert_false(r->last_held);
}

static void objects_are_refused_where_nobody_asked_for_them(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid;
	m.head.type = VG_MSG_OBJECT;
	rig_record(r, &m, -1);
	assert_int_equal(r->n_objects, 0);
	assert_int_equal(r->n_refused, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_up, rig_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_true_claim_is_given_on_and_acknowledged),
		T(every_lie_is_refused_counted_and_reaches_nobody),
		T(a_memfd_that_could_change_is_refused),
		T(a_huge_sparse_memfd_is_not_even_read),
		T(bytes_that_do_not_fit_the_record_are_refused),
		T(after_a_lie_true_claims_are_held),
		T(an_old_generation_or_boot_is_no_lie),
		T(a_known_file_whose_record_is_lost_is_held_and_laid_to_nobody),
		T(a_head_sample_goes_to_review_only),
		T(a_perceptual_claim_is_recomputed_and_reviewed),
		T(a_picture_that_was_cut_off_is_reviewed_and_no_lie),
		T(a_whole_part_of_a_form_that_was_cut_off_is_taken),
		T(a_suppressed_entry_is_refused_without_blame),
		T(objects_are_refused_where_nobody_asked_for_them),
	};
	(void)setenv("VIGIL_LOG", "error", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
