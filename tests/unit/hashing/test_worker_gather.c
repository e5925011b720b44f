/* worker_gather: which digests are made, when closed bodies are finished, and that nobody who is waited for waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "tests/lib/picture.h"
#include "tests/lib/worker_make.h"

static int set_up(void **state)
{
	struct vg_hashing_conf conf = vg_worker_make_conf();
	struct vg_worker_make *m = vg_worker_make_create(&conf, 0);
	vg_index_make_list(&m->index, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	*state = m;
	return 0;
}
static int tear_down(void **state)
{
	vg_worker_make_destroy(*state);
	return 0;
}

static void add(struct vg_worker_make *m, enum vg_algo algo, const void *bytes, size_t n)
{
	uint8_t value[32];
	EVP_Digest(bytes, n, value, NULL,
		   algo == VG_ALGO_MD5    ? EVP_md5()
		   : algo == VG_ALGO_SHA1 ? EVP_sha1()
					  : EVP_sha256(),
		   NULL);
	vg_index_make_add(&m->index, 0, algo, value);
	vg_worker_make_index(m);
}
static void send_body(struct vg_worker_make *m, uint64_t id, const char *text, unsigned flags)
{
	vg_lane_make_record(&m->maker, id);
	vg_lane_make_open(&m->maker, id, 0, flags);
	vg_lane_make_body(&m->maker, id, text, strlen(text), 5);
}
static void finish(struct vg_worker_make *m, uint64_t id, size_t n)
{
	vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, n);
	vg_worker_make_step(m);
	vg_worker_make_ack_all(m);
}
static bool is_none(const uint8_t *value, size_t n)
{
	static const uint8_t none[32];
	return !memcmp(value, none, n);
}

static void only_what_a_list_needs_is_made_and_sha256(void **state)
{
	struct vg_worker_make *m = *state;
	add(m, VG_ALGO_SHA256, "first", 5);
	send_body(m, vg_lane_make_id(1, 1), "first", 0);
	finish(m, vg_lane_make_id(1, 1), 5);
	assert_int_equal(m->n_got, 1);
	assert_true(is_none(m->got[0].record.md5, 16) && is_none(m->got[0].record.sha1, 20));
	assert_false(is_none(m->got[0].record.sha256, 32));
	add(m, VG_ALGO_MD5, "second", 6);
	send_body(m, vg_lane_make_id(2, 1), "second", 0);
	finish(m, vg_lane_make_id(2, 1), 6);
	assert_int_equal(m->n_got, 2);
	assert_false(is_none(m->got[1].record.md5, 16));
	assert_true(is_none(m->got[1].record.sha1, 20));
}

static void a_list_that_comes_midway_is_asked_about_a_body_that_is_held(void **state)
{
	struct vg_worker_make *m = *state;
	add(m, VG_ALGO_SHA256, "other", 5);
	send_body(m, vg_lane_make_id(1, 1), "a body of some length", 0);
	vg_worker_make_step(m);
	add(m, VG_ALGO_SHA1, "a body of some length", 21);
	finish(m, vg_lane_make_id(1, 1), 21);
	assert_int_equal(m->n_got, 1);
	assert_int_equal(m->got[0].record.hits[0].algo, VG_ALGO_SHA1);
	assert_int_equal(vg_worker_make_count(m, VG_H_DIGESTS_LATE), 0);
}

static void one_that_was_let_go_is_counted(void **state)
{
	struct vg_worker_make *m = *state;
	add(m, VG_ALGO_SHA256, "other", 5);
	send_body(m, vg_lane_make_id(1, 1), "a body of some length", VG_OPEN_DIGEST_ONLY);
	vg_worker_make_step(m);
	add(m, VG_ALGO_SHA1, "a body of some length", 21);
	finish(m, vg_lane_make_id(1, 1), 21);
	assert_int_equal(m->n_got, 0);
	assert_int_equal(vg_worker_make_count(m, VG_H_DIGESTS_LATE), 1);
}

static void a_body_that_frames_wait_for_goes_before_all(void **state)
{
	struct vg_worker_make *m = *state;
	struct vg_return r;
	uint64_t first = 0;
	add(m, VG_ALGO_SHA256, "other", 5);
	/* More than a burst, so that the intake is not idle when the burst ends. */
	for (uint32_t i = 0; i < 20; i++) {
		send_body(m, vg_lane_make_id(i % 10, 1 + i / 10), i == 5 ? "watched" : "not watched",
			  i == 5 ? VG_OPEN_HOLD : 0);
		vg_lane_make_close(&m->maker, vg_lane_make_id(i % 10, 1 + i / 10), VG_STATE_COMPLETE, i == 5 ? 7 : 11);
		if (i == 9) {
			vg_worker_step(m->worker);
			while (vg_lane_make_return(&m->maker, &r))
				first = first ? first : r.object_id;
			vg_worker_make_step(m);
		}
	}
	assert_int_equal(first, vg_lane_make_id(5, 1));
	vg_worker_make_step(m);
	assert_int_equal(vg_worker_outstanding(m->worker), 0);
}

static void a_digest_that_the_configuration_forces_is_the_only_one(void **state)
{
	struct vg_hashing_conf conf = vg_worker_make_conf();
	struct vg_worker_make *m = NULL;
	(void)state;
	conf.flags = VG_DIGEST_MD5 << VG_HCONF_DIGESTS_SHIFT;
	m = vg_worker_make_create(&conf, VG_HELLO_WANT_OBJECTS);
	send_body(m, vg_lane_make_id(1, 1), "abc", 0);
	finish(m, vg_lane_make_id(1, 1), 3);
	assert_int_equal(m->n_got, 1);
	assert_false(is_none(m->got[0].record.md5, 16));
	assert_true(is_none(m->got[0].record.sha256, 32));
	vg_worker_make_destroy(m);
}

/* The first body's digests wait through idle steps for others, and not for ever. */
static void where_nobody_waits_digests_wait_for_others(void **state)
{
	struct vg_hashing_conf conf = vg_worker_make_conf();
	struct vg_worker_make *m = NULL;
	(void)state;
	for (unsigned patient = 0; patient < 2; patient++) {
		unsigned n_steps = 0;
		conf.flags |= patient ? VG_HCONF_NOBODY_WAITS : 0;
		m = vg_worker_make_create(&conf, VG_HELLO_WANT_OBJECTS);
		vg_worker_make_index(m);
		send_body(m, vg_lane_make_id(1, 1), "abc", 0);
		vg_lane_make_close(&m->maker, vg_lane_make_id(1, 1), VG_STATE_COMPLETE, 3);
		for (vg_worker_step(m->worker); vg_worker_outstanding(m->worker) && n_steps < 100; n_steps++) {
			vg_worker_step(m->worker);
			vg_worker_make_ack_all(m);
		}
		if (patient)
			assert_in_range(n_steps, VG_WORKER_BULK_IDLE, VG_WORKER_BULK_IDLE + 3);
		else
			assert_in_range(n_steps, 0, 3);
		vg_worker_make_destroy(m);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(only_what_a_list_needs_is_made_and_sha256),
		T(a_list_that_comes_midway_is_asked_about_a_body_that_is_held),
		T(one_that_was_let_go_is_counted),
		T(a_body_that_frames_wait_for_goes_before_all),
		cmocka_unit_test(a_digest_that_the_configuration_forces_is_the_only_one),
		cmocka_unit_test(where_nobody_waits_digests_wait_for_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
