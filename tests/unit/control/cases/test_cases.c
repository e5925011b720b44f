#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/cases/cases.h"
#include "tests/lib/match_make.h"
#include "tests/lib/scratch.h"

struct fixture {
	struct scratch scratch;
	struct vg_store *store;
	struct vg_audit *audit;
	struct vg_cases *cases;
};

static int set_up(void **state)
{
	static struct fixture f;
	char why[VG_STORE_WHY];
	scratch_init(&f.scratch);
	f.store = vg_store_open(scratch_path(&f.scratch, "c.db"), why, sizeof(why));
	f.audit = f.store ? vg_audit_create(f.store) : NULL;
	f.cases = f.audit ? vg_cases_create(f.store, f.audit, 3600ll * 1000000000) : NULL;
	*state = &f;
	return !f.cases;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(vg_audit_verify(f->audit, NULL, NULL, NULL), VG_OK);
	vg_cases_destroy(f->cases);
	vg_audit_destroy(f->audit);
	vg_store_close(f->store);
	scratch_fini(&f->scratch);
	return 0;
}

static struct vg_case_added add(struct fixture *f, const struct vg_case_match *m)
{
	struct vg_case_added preview, added;
	assert_int_equal(vg_cases_preview(f->cases, m, &preview), VG_OK);
	assert_int_equal(vg_store_begin(f->store), VG_OK);
	assert_int_equal(vg_cases_add(f->cases, m, &added), VG_OK);
	assert_int_equal(vg_store_commit(f->store), VG_OK);
	assert_int_equal(preview.is_new, added.is_new);
	assert_int_equal(preview.is_known, added.is_known);
	assert_int_equal(preview.state, added.state);
	if (!added.is_new)
		assert_int_equal(preview.case_id, added.case_id);
	return added;
}

static void a_match_is_loaded_as_it_was_added(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	struct vg_case c;
	strcpy(m.file.evidence_id, "0123456789abcdef0123456789abcdef");
	struct vg_case_added a = add(f, &m);
	assert_true(a.is_new);
	assert_int_equal(vg_cases_load(f->cases, a.case_id, &c), VG_OK);
	assert_int_equal(c.state, VG_CASE_QUEUED);
	assert_int_equal(c.action, VG_ACTION_REPORT);
	assert_true(!strncmp(c.name, "VG-20", 5) && !strcmp(c.name + 7, "-000001"));
	assert_false(c.perceptual_only || c.fileviewed);
	assert_memory_equal(&c.origin, &m.origin, sizeof(c.origin));
	assert_int_equal(c.n_files, 1);
	m.file.id = c.files[0].id;
	assert_memory_equal(&c.files[0], &m.file, sizeof(m.file));
	assert_int_equal(vg_cases_find(f->cases, c.name), a.case_id);
	assert_int_equal(vg_cases_find(f->cases, "1"), a.case_id);
	assert_int_equal(vg_cases_find(f->cases, "VG-2026-9"), 0);
	assert_int_equal(vg_cases_find(f->cases, ""), 0);
	vg_case_free(&c);
	assert_int_equal(vg_cases_load(f->cases, 99, &c), VG_ENOTFOUND);
}

static void count_frame(void *ctx, const struct vg_frame_hash *frame)
{
	unsigned *n = ctx;
	assert_int_equal(frame->frame_no, 7 * *n);
	assert_int_equal(frame->pdq[3], 0x42);
	(*n)++;
}

static void a_film_keeps_its_frames_and_shares(void **state)
{
	struct fixture *f = *state;
	struct vg_frame_hash frames[5];
	struct vg_case_match m = match_make(1);
	struct vg_case c;
	unsigned n = 0;
	for (unsigned i = 0; i < 5; i++) {
		memset(&frames[i], 0x42, sizeof(frames[i]));
		frames[i].frame_no = 7 * i;
	}
	m.frames = frames;
	m.file.n_frames = 5;
	m.file.hits[0].algo = VG_ALGO_VPDQ;
	m.file.hits[0].exact = 0;
	m.file.hits[0].query_percent = 91;
	m.file.hits[0].compared_percent = 12;
	m.file.hits[0].frame = 30;
	struct vg_case_added a = add(f, &m);
	assert_int_equal(vg_cases_load(f->cases, a.case_id, &c), VG_OK);
	assert_int_equal(c.files[0].n_frames, 5);
	assert_int_equal(c.files[0].hits[0].query_percent, 91);
	assert_int_equal(c.files[0].hits[0].compared_percent, 12);
	assert_int_equal(c.files[0].hits[0].frame, 30);
	assert_int_equal(vg_cases_frames(f->cases, c.files[0].id, count_frame, &n), VG_OK);
	assert_int_equal(n, 5);
	vg_case_free(&c);
	struct vg_case_match picture = match_make(2);
	a = add(f, &picture);
	assert_int_equal(vg_cases_frames(f->cases, a.file_id, count_frame, &n), VG_ENOTFOUND);
}

static void the_same_record_again_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	int64_t n_before, n_after;
	struct vg_case_added first = add(f, &m);
	vg_audit_verify(f->audit, &n_before, NULL, NULL);
	struct vg_case_added again = add(f, &m);
	vg_audit_verify(f->audit, &n_after, NULL, NULL);
	assert_true(again.is_known && !again.is_new);
	assert_int_equal(again.case_id, first.case_id);
	assert_int_equal(n_before, n_after);
	m.member_no = 1; /* another part of the same body is another record */
	m.file.sha256[3] = 9;
	assert_true(add(f, &m).is_new);
}

static void the_same_content_of_the_same_party_is_one_case(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1), n;
	struct vg_case_added first = add(f, &m);
	n = m;
	n.object_id++;
	strcpy(n.origin.dst_ip, "198.51.100.77");
	struct vg_case_added second = add(f, &n);
	assert_false(second.is_new || second.is_known);
	assert_int_equal(second.case_id, first.case_id);
	n.object_id++;
	strcpy(n.origin.src_ip, "203.0.113.8");
	assert_true(add(f, &n).is_new);
	n.object_id++;
	strcpy(n.origin.forwarded_ip, "192.0.2.1");
	assert_true(add(f, &n).is_new);
	/* a client that a trusted proxy named is the same one behind another proxy */
	n.object_id++;
	n.origin.is_client = 1;
	assert_true(add(f, &n).is_new);
	n.object_id++;
	strcpy(n.origin.src_ip, "203.0.113.9");
	assert_false(add(f, &n).is_new);
	n.object_id++;
	n.file.sha256[9] ^= 1;
	assert_true(add(f, &n).is_new);
}

static void the_profile_and_what_was_cut_stay_with_a_case(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	struct vg_case c;
	strcpy(m.origin.profile, "eu");
	m.origin.is_cut = 4;
	struct vg_case_added added = add(f, &m);
	assert_int_equal(vg_cases_load(f->cases, added.case_id, &c), VG_OK);
	assert_string_equal(c.origin.profile, "eu");
	assert_int_equal(c.origin.is_cut, 1);
	vg_case_free(&c);
}

static void tenants_with_the_same_private_address_are_two_parties(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	strcpy(m.origin.src_ip, "10.0.0.7");
	assert_true(add(f, &m).is_new);
	m.object_id++;
	assert_false(add(f, &m).is_new);
	m.object_id++;
	m.origin.vlan_outer++;
	assert_true(add(f, &m).is_new);
	m.object_id++;
	m.origin.tunnels[0].id++;
	assert_true(add(f, &m).is_new);
	strcpy(m.origin.src_ip, "203.0.113.7"); /* there is one of that, wherever it is seen */
	m.object_id++;
	assert_true(add(f, &m).is_new);
	m.object_id++;
	m.origin.vlan_outer++;
	assert_false(add(f, &m).is_new);
}

static void downloads_fold_by_host_whoever_fetches(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	m.origin.direction = VG_DOWNLOAD;
	assert_true(add(f, &m).is_new);
	m.object_id++;
	strcpy(m.origin.dst_ip, "203.0.113.99");
	strcpy(m.origin.src_ip, "198.51.100.3");
	assert_false(add(f, &m).is_new);
	m.object_id++;
	strcpy(m.origin.host, "other.test");
	assert_true(add(f, &m).is_new);
	m.object_id++;
	m.origin.host[0] = 0;
	assert_true(add(f, &m).is_new);
	m.object_id++;
	assert_false(add(f, &m).is_new);
}

static void a_window_that_is_over_opens_a_new_case(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	assert_true(add(f, &m).is_new);
	vg_cases_destroy(f->cases);
	f->cases = vg_cases_create(f->store, f->audit, 0);
	m.object_id++;
	assert_true(add(f, &m).is_new);
}

static void what_weighs_more_is_not_folded_away(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	m.hit_actions[0] = VG_ACTION_REVIEW;
	assert_true(add(f, &m).is_new);
	m.object_id++;
	m.hit_actions[0] = VG_ACTION_REPORT;
	struct vg_case_added stricter = add(f, &m);
	assert_true(stricter.is_new);
	m.object_id++;
	m.hit_actions[0] = VG_ACTION_COUNT;
	assert_int_equal(add(f, &m).case_id, stricter.case_id);
	struct vg_case_match p = match_make(2);
	p.file.partial = 1;
	p.hit_actions[0] = VG_ACTION_REVIEW;
	assert_true(add(f, &p).is_new);
	p.object_id++;
	assert_false(add(f, &p).is_new);
	p.object_id++;
	p.file.partial = 0;
	assert_true(add(f, &p).is_new);
	struct vg_case_match h = match_make(3);
	h.held = 1;
	strcpy(h.reason, "brake");
	struct vg_case_added held = add(f, &h);
	assert_int_equal(held.state, VG_CASE_HELD);
	h.object_id++;
	assert_int_equal(add(f, &h).case_id, held.case_id);
	h.object_id++;
	h.held = 0;
	struct vg_case_added open = add(f, &h);
	assert_true(open.is_new);
	assert_int_equal(open.state, VG_CASE_QUEUED);
}

static void policy_is_the_strictest_hit_and_partial_is_never_filed(void **state)
{
	struct vg_case_match m = match_make(1);
	(void)state;
	m.file.n_hits = 3;
	m.hit_actions[0] = VG_ACTION_COUNT;
	m.hit_actions[1] = VG_ACTION_REVIEW;
	m.hit_actions[2] = VG_ACTION_ALERT;
	m.hit_actions[3] = VG_ACTION_REPORT; /* of no hit */
	assert_int_equal(vg_cases_policy(&m), VG_ACTION_REVIEW);
	m.hit_actions[2] = VG_ACTION_REPORT;
	assert_int_equal(vg_cases_policy(&m), VG_ACTION_REPORT);
	m.file.partial = 1;
	assert_int_equal(vg_cases_policy(&m), VG_ACTION_REVIEW);
	m.file.n_hits = 0;
	assert_int_equal(vg_cases_policy(&m), VG_ACTION_COUNT);
}

static void every_action_has_its_state(void **state)
{
	static const enum vg_case_state expected[] = { VG_CASE_COUNTED, VG_CASE_ALERTED, VG_CASE_REVIEW,
						       VG_CASE_QUEUED,  VG_CASE_ALERTED, VG_CASE_QUEUED };
	static const char *const said[] = { "count", "alert", "review", "report", "block", "report+block" };
	struct fixture *f = *state;
	int64_t n[VG_CASE_STATE_N], oldest[VG_CASE_STATE_N];
	for (unsigned action = 0; action < VG_ACTION_N; action++) {
		struct vg_case_match m = match_make(action + 1);
		m.hit_actions[0] = (uint8_t)action;
		m.origin.hold = vg_action_blocks(action) ? VG_HOLD_STOPPED : VG_HOLD_NONE;
		m.origin.hold_passed_bytes = 101;
		m.origin.body_bytes = 1000;
		struct vg_case_added a = add(f, &m);
		struct vg_case c;
		assert_int_equal(a.state, expected[action]);
		assert_int_equal(vg_cases_load(f->cases, a.case_id, &c), VG_OK);
		assert_string_equal(vg_case_action_str(&c), said[action]);
		assert_int_equal(c.blocks, vg_action_blocks(action));
		assert_int_equal(c.origin.hold, m.origin.hold);
		assert_int_equal(vg_case_passed_percent(&c.origin), vg_action_blocks(action) ? 11 : 100);
		vg_case_free(&c);
	}
	assert_int_equal(vg_cases_count(f->cases, n, oldest), VG_OK);
	assert_int_equal(n[VG_CASE_QUEUED], 2);
	assert_int_equal(n[VG_CASE_FILED], 0);
	assert_true(oldest[VG_CASE_REVIEW] > 0);
	assert_int_equal(oldest[VG_CASE_FILED], 0);
}

static void hostile_texts_become_legal_ones(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	struct vg_case c;
	strcpy(m.origin.url, "/a\x01\xff\xc0\xaf\xed\xa0\x80\xef\xbf\xbf<&\">");
	strcpy(m.file.field, "\x02<\xff");
	memset(m.file.filename, 0xc3, sizeof(m.file.filename)); /* not even terminated */
	m.file.n_hits = 1000;
	struct vg_case_added a = add(f, &m);
	assert_int_equal(vg_cases_load(f->cases, a.case_id, &c), VG_OK);
	assert_non_null(strstr(c.origin.url, "<&\">"));
	assert_string_equal(c.files[0].field, "\xef\xbf\xbd<\xef\xbf\xbd");
	assert_null(strchr(c.origin.url, 1));
	assert_true(!strncmp(c.files[0].filename, "\xef\xbf\xbd", 3));
	assert_int_equal(c.files[0].n_hits, VG_CASE_HITS);
	vg_case_free(&c);
}

static int count_case(void *ctx, const struct vg_case *c)
{
	unsigned *n = ctx;
	(void)c;
	return ++*n == 3;
}

static void cases_are_listed_oldest_first_by_state_and_until_enough(void **state)
{
	struct fixture *f = *state;
	struct vg_cases_filter filter = { .state = -1 };
	unsigned n = 0;
	for (unsigned i = 1; i <= 5; i++) {
		struct vg_case_match m = match_make(i);
		m.hit_actions[0] = i & 1 ? VG_ACTION_REPORT : VG_ACTION_REVIEW;
		add(f, &m);
	}
	assert_int_equal(vg_cases_list(f->cases, &filter, count_case, &n), VG_OK);
	assert_int_equal(n, 3);
	n = 0;
	filter.state = VG_CASE_REVIEW;
	vg_cases_list(f->cases, &filter, count_case, &n);
	assert_int_equal(n, 2);
	n = 0;
	filter = (struct vg_cases_filter){ .state = -1, .after_id = 4 };
	vg_cases_list(f->cases, &filter, count_case, &n);
	assert_int_equal(n, 1);
	n = 0;
	filter = (struct vg_cases_filter){ .state = -1, .max_rows = 2 };
	vg_cases_list(f->cases, &filter, count_case, &n);
	assert_int_equal(n, 2);
}

static void a_person_decides_a_review_once(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	struct vg_case c;
	m.hit_actions[0] = VG_ACTION_REVIEW;
	int64_t id = add(f, &m).case_id;
	assert_int_equal(vg_cases_approve(f->cases, id, "", "x"), VG_EINVAL);
	assert_int_equal(vg_cases_dismiss(f->cases, id, "uid:1", ""), VG_EINVAL);
	assert_int_equal(vg_cases_approve(f->cases, 77, "uid:1", "x"), VG_ENOTFOUND);
	assert_int_equal(vg_cases_approve(f->cases, id, "uid:1", "looked at"), VG_OK);
	assert_int_equal(vg_cases_approve(f->cases, id, "uid:1", "again"), VG_ECONFLICT);
	assert_int_equal(vg_cases_dismiss(f->cases, id, "uid:1", "no"), VG_ECONFLICT);
	assert_int_equal(vg_cases_load(f->cases, id, &c), VG_OK);
	assert_int_equal(c.state, VG_CASE_QUEUED);
	assert_string_equal(c.approved_by, "uid:1");
	vg_case_free(&c);
	m = match_make(2);
	m.held = 1;
	id = add(f, &m).case_id;
	assert_int_equal(vg_cases_dismiss(f->cases, id, "uid:1", "false \"alarm\""), VG_OK);
	assert_int_equal(vg_cases_load(f->cases, id, &c), VG_OK);
	assert_int_equal(c.state, VG_CASE_DISMISSED);
	assert_string_equal(c.reason, "false \"alarm\"");
	vg_case_free(&c);
	m.object_id++;
	m.held = 0;
	assert_true(add(f, &m).is_new); /* a dismissed case takes nothing more */
}

static void the_outbox_moves_a_case_along_allowed_ways_only(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	int64_t id = add(f, &m).case_id;
	assert_int_equal(vg_cases_set_state(f->cases, id, VG_CASE_FILING, VG_CASE_FILED, "vigild", NULL), VG_ECONFLICT);
	assert_int_equal(vg_cases_set_state(f->cases, id, VG_CASE_QUEUED, VG_CASE_REVIEW, "vigild", NULL),
			 VG_ECONFLICT);
	assert_int_equal(vg_cases_set_state(f->cases, id, VG_CASE_QUEUED, VG_CASE_FILING, "vigild", NULL), VG_OK);
	vg_store_begin(f->store);
	assert_int_equal(vg_cases_set_state(f->cases, id, VG_CASE_QUEUED, VG_CASE_FILING, "vigild", NULL),
			 VG_ECONFLICT);
	assert_int_equal(vg_cases_set_state(f->cases, id, VG_CASE_FILING, VG_CASE_FILED, "vigild", NULL), VG_OK);
	assert_int_equal(vg_store_commit(f->store), VG_OK); /* a refused move does not spoil the transaction */
	assert_int_equal(vg_cases_set_state(f->cases, id, VG_CASE_FILED, VG_CASE_QUEUED, "vigild", NULL), VG_ECONFLICT);
	assert_int_equal(vg_cases_dismiss(f->cases, id, "uid:1", "late"), VG_ECONFLICT);
}

static void note_evidence(void *ctx, const char *evidence_id)
{
	strcat(ctx, evidence_id);
}

static void kept_evidence_is_named(void **state)
{
	struct fixture *f = *state;
	struct vg_case_match m = match_make(1);
	char ids[100] = "";
	strcpy(m.file.evidence_id, "abc");
	add(f, &m);
	m = match_make(2);
	add(f, &m);
	assert_int_equal(vg_cases_evidence(f->cases, note_evidence, ids), VG_OK);
	assert_string_equal(ids, "abc");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_match_is_loaded_as_it_was_added),
		T(a_film_keeps_its_frames_and_shares),
		T(the_same_record_again_changes_nothing),
		T(the_same_content_of_the_same_party_is_one_case),
		T(the_profile_and_what_was_cut_stay_with_a_case),
		T(tenants_with_the_same_private_address_are_two_parties),
		T(downloads_fold_by_host_whoever_fetches),
		T(a_window_that_is_over_opens_a_new_case),
		T(what_weighs_more_is_not_folded_away),
		T(policy_is_the_strictest_hit_and_partial_is_never_filed),
		T(every_action_has_its_state),
		T(hostile_texts_become_legal_ones),
		T(cases_are_listed_oldest_first_by_state_and_until_enough),
		T(a_person_decides_a_review_once),
		T(the_outbox_moves_a_case_along_allowed_ways_only),
		T(kept_evidence_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
