/* worker: digest-only bodies through bounded memory, acknowledgements before DONE, back-pressure, an end without a
 * dataplane, empty pools, and many interleaved objects against their own list of digests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "tests/lib/coded.h"
#include "tests/lib/picture.h"
#include "tests/lib/worker_make.h"

static int set_up(void **state)
{
	struct vg_hashing_conf conf = vg_worker_make_conf();
	struct vg_worker_make *m = vg_worker_make_create(&conf, VG_HELLO_WANT_OBJECTS);
	vg_index_make_list(&m->index, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	*state = m;
	return 0;
}
static int tear_down(void **state)
{
	vg_worker_make_destroy(*state);
	return 0;
}

static void list_md5(struct vg_worker_make *m, const void *bytes, size_t n)
{
	uint8_t md5[16];
	EVP_Digest(bytes, n, md5, NULL, EVP_md5(), NULL);
	vg_index_make_add(&m->index, 0, VG_ALGO_MD5, md5);
	vg_worker_make_index(m);
}
static void check_md5(const uint8_t got[16], const void *bytes, size_t n)
{
	uint8_t md5[16];
	EVP_Digest(bytes, n, md5, NULL, EVP_md5(), NULL);
	assert_memory_equal(got, md5, 16);
}
static uint8_t *noise(size_t n)
{
	uint8_t *at = malloc(n);
	uint64_t seed = n;
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)vg_random(&seed);
	return at;
}

static void done_waits_for_the_acknowledgement_of_every_record(void **state)
{
	struct vg_worker_make *m = *state;
	uint64_t id = vg_lane_make_id(3, 1);
	vg_lane_make_record(&m->maker, id);
	vg_lane_make_open(&m->maker, id, 0, 0);
	vg_lane_make_body(&m->maker, id, "abc", 3, 3);
	vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, 3);
	vg_worker_make_step(m);
	assert_int_equal(m->n_got, 1);
	assert_int_equal(m->n_done, 0);
	assert_int_equal(vg_worker_outstanding(m->worker), 1);
	vg_worker_make_ack_all(m);
	vg_worker_make_step(m);
	assert_int_equal(m->n_done, 1);
	assert_int_equal(m->n_matched, 0);
	assert_int_equal(m->maker.n_chunks_out, 0);
	assert_int_equal(vg_worker_outstanding(m->worker), 0);
}

static void without_records_done_comes_at_once(void **state)
{
	struct vg_worker_make *m = *state;
	uint64_t id = vg_lane_make_id(3, 1);
	vg_vigild_close(&m->vigild);
	vg_worker_make_connect(m, 0);
	vg_lane_make_open(&m->maker, id, 0, 0);
	vg_lane_make_body(&m->maker, id, "abc", 3, 3);
	vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, 3);
	vg_worker_make_step(m);
	assert_int_equal(m->n_got, 0);
	assert_int_equal(m->n_done, 1);
}

static void a_digest_only_body_of_any_size_passes_through_few_chunks(void **state)
{
	struct vg_worker_make *m = *state;
	size_t n = 3000000;
	uint8_t *bytes = noise(n);
	uint64_t id = vg_lane_make_id(1, 5);
	list_md5(m, bytes, n);
	vg_lane_make_record(&m->maker, id);
	vg_lane_make_open(&m->maker, id, 0, VG_OPEN_DIGEST_ONLY);
	for (size_t at = 0; at < n; at += 4096) {
		vg_lane_make_data(&m->maker, id, at, bytes + at, n - at < 4096 ? (uint32_t)(n - at) : 4096);
		vg_worker_make_step(m);
		assert_int_equal(m->maker.n_chunks_out, 0);
	}
	vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, n);
	vg_worker_make_step(m);
	assert_int_equal(m->n_got, 1);
	check_md5(m->got[0].record.md5, bytes, n);
	assert_true(m->got[0].record.flags & VG_RECORD_PARTIAL);
	assert_int_equal(m->got[0].record.n_hits, 1);
	assert_int_equal(m->got[0].record.n_sample_bytes, 1000);
	uint8_t *head = vg_memfd_map(m->got[0].memfd, 1000, PROT_READ);
	assert_memory_equal(head, bytes, 1000);
	munmap(head, 1000);
	vg_worker_make_ack_all(m);
	vg_worker_make_step(m);
	assert_int_equal(m->n_matched, 1);
	free(bytes);
}

static void an_object_that_is_moved_down_midway_loses_nothing(void **state)
{
	struct vg_worker_make *m = *state;
	size_t n = 50000;
	uint8_t *bytes = noise(n);
	struct vg_coded gz = vg_coded_gzip(bytes, n);
	for (uint32_t round = 1; round <= 2; round++) {
		uint64_t id = vg_lane_make_id(1, round);
		const uint8_t *at = round == 1 ? bytes : gz.at;
		size_t n_body = round == 1 ? n : gz.n_bytes, half = n_body / 2;
		vg_lane_make_record(&m->maker, id);
		vg_lane_make_open(&m->maker, id, round == 1 ? 0 : VG_CODING_GZIP, 0);
		vg_lane_make_body(&m->maker, id, at, half, 1000);
		vg_worker_make_step(m);
		assert_true(m->maker.n_chunks_out > 0);
		vg_lane_make_put(&m->maker, &(struct vg_desc){ .type = VG_DESC_DIGEST_ONLY, .object_id = id });
		vg_worker_make_step(m);
		assert_int_equal(m->maker.n_chunks_out, 0);
		vg_lane_make_data(&m->maker, id, half, at + half, (uint32_t)(n_body - half));
		vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, n_body);
		vg_worker_make_step(m);
		assert_int_equal(m->n_got, round);
		check_md5(m->got[round - 1].record.md5, bytes, n);
		assert_int_equal(m->got[round - 1].record.n_bytes, n);
		assert_int_equal(m->got[round - 1].record.state, VG_STATE_COMPLETE);
		vg_worker_make_ack_all(m);
	}
	free(bytes);
	free(gz.at);
}

static void a_digest_only_form_still_gives_its_small_pictures(void **state)
{
	struct vg_worker_make *m = *state;
	uint64_t id = vg_lane_make_id(2, 1);
	uint8_t *pixels = vg_picture_draw(200, 200, 3, 9), *jpeg;
	size_t n_jpeg, n = 0;
	char *body = calloc(1, 1 << 20);
	struct vg_attribution *a = vg_lane_make_record(&m->maker, id);
	jpeg = vg_picture_to_jpeg(&(struct vg_picture_jpeg){ .width = 200, .height = 200, .n_channels = 3 }, pixels,
				  &n_jpeg);
	n = (size_t)sprintf(body, "--b\r\nContent-Disposition: form-data; filename=p.jpg\r\n\r\n");
	memcpy(body + n, jpeg, n_jpeg);
	n += n_jpeg;
	n += (size_t)sprintf(body + n, "\r\n--b--");
	list_md5(m, jpeg, n_jpeg);
	a->n_boundary = 1;
	a->boundary[0] = 'b';
	vg_lane_make_open(&m->maker, id, 0, VG_OPEN_DIGEST_ONLY);
	vg_lane_make_body(&m->maker, id, body, n, 700);
	vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, n);
	vg_worker_make_step(m);
	assert_int_equal(m->n_got, 2);
	assert_true(m->got[1].record.flags & VG_RECORD_HAS_PDQ);
	assert_false(m->got[1].record.flags & VG_RECORD_PARTIAL);
	assert_int_equal(m->got[1].record.n_sample_bytes, n_jpeg);
	assert_int_equal(m->got[1].record.n_hits, 1);
	free(pixels);
	free(jpeg);
	free(body);
}

static void a_full_spool_stops_intake_and_loses_nothing(void **state)
{
	struct vg_worker_make *m = *state;
	size_t n = 60000;
	uint8_t *bytes = noise(n);
	list_md5(m, bytes, n);
	for (uint32_t i = 0; i < 30; i++) {
		uint64_t id = vg_lane_make_id(i, 1);
		vg_lane_make_record(&m->maker, id);
		vg_lane_make_open(&m->maker, id, 0, 0);
		vg_lane_make_body(&m->maker, id, bytes, n, 4096);
		vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, n);
		vg_worker_make_step(m);
	}
	assert_true(vg_match_link_full(m->link));
	assert_true(m->n_got < 30 && m->n_got * n >= 1 << 20);
	for (int round = 0; round < 10 && m->n_done < 30; round++) {
		vg_worker_make_ack_all(m);
		vg_worker_make_step(m);
	}
	assert_int_equal(m->n_got, 30);
	assert_int_equal(m->n_done, 30);
	assert_int_equal(m->n_matched, 30);
	free(bytes);
}

static void objects_still_open_when_the_dataplane_goes_end_truncated(void **state)
{
	struct vg_worker_make *m = *state;
	for (uint32_t i = 0; i < 5; i++) {
		vg_lane_make_record(&m->maker, vg_lane_make_id(i, 1));
		vg_lane_make_open(&m->maker, vg_lane_make_id(i, 1), 0, i & 1 ? VG_OPEN_DIGEST_ONLY : 0);
		vg_lane_make_body(&m->maker, vg_lane_make_id(i, 1), "some bytes", 10, 10);
	}
	vg_worker_make_step(m);
	vg_worker_close_all(m->worker);
	vg_worker_make_step(m);
	assert_int_equal(m->n_got, 5);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(m->got[i].record.state, VG_STATE_TRUNCATED);
		assert_false(m->got[i].record.flags & VG_RECORD_HAS_DIGESTS); /* nobody says how many bytes it had */
	}
	vg_worker_make_ack_all(m);
	assert_int_equal(vg_worker_outstanding(m->worker), 0);
}

static void a_lane_whose_words_cannot_be_true_is_left(void **state)
{
	struct vg_worker_make *m = *state;
	assert_false(vg_worker_broken(m->worker));
	atomic_store(&((struct vg_lane_out *)m->maker.out)->head, 1ull << 40);
	assert_int_equal(vg_worker_step(m->worker), 0);
	assert_true(vg_worker_broken(m->worker));
}

struct body {
	uint8_t *plain;
	struct vg_coded sent;
	size_t n, at;
	bool open;
};

static void begin_body(struct vg_worker_make *m, struct body *o, uint32_t i, uint32_t round, uint64_t *seed)
{
	o->n = vg_random(seed) % 30000;
	o->plain = noise(o->n + 1);
	if (i & 1)
		o->sent = vg_coded_gzip(o->plain, o->n);
	else
		o->sent = (struct vg_coded){ memcpy(malloc(o->n + 1), o->plain, o->n), o->n };
	o->at = 0;
	o->open = true;
	vg_lane_make_record(&m->maker, vg_lane_make_id(i, round));
	vg_lane_make_open(&m->maker, vg_lane_make_id(i, round), i & 1 ? VG_CODING_GZIP : 0, 0);
}

/* The next descriptor of a body, whichever it is. */
static void go_on(struct vg_worker_make *m, struct body *o, uint64_t id, uint64_t *seed)
{
	size_t left = o->sent.n_bytes - o->at, k = 1 + vg_random(seed) % 4000;

	if (!left) {
		vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, o->sent.n_bytes);
		o->open = false;
	} else if (vg_random(seed) % 30 == 0) {
		vg_lane_make_put(&m->maker, &(struct vg_desc){ .type = VG_DESC_DIGEST_ONLY, .object_id = id });
	} else {
		k = k < left ? k : left;
		vg_lane_make_data(&m->maker, id, o->at, o->sent.at + o->at, (uint32_t)k);
		o->at += k;
	}
}

/* Every slot open at once, data of all in random order and size, moved down at random, half of them coded. */
static void many_interleaved_objects_keep_their_own_bytes(void **state)
{
	struct vg_worker_make *m = *state;
	uint64_t seed = 2024;

	for (uint32_t round = 1; round <= 5; round++) {
		struct body o[32];
		uint32_t n_open = 32;
		vg_worker_make_forget(m);
		for (uint32_t i = 0; i < 32; i++)
			begin_body(m, &o[i], i, round, &seed);
		while (n_open) {
			uint32_t i = vg_random(&seed) % 32;
			if (!o[i].open)
				continue;
			go_on(m, &o[i], vg_lane_make_id(i, round), &seed);
			n_open -= !o[i].open;
			if (vg_random(&seed) % 20 == 0)
				vg_worker_make_step(m);
		}
		vg_worker_make_step(m);
		assert_int_equal(m->n_got, 32);
		for (uint32_t k = 0; k < 32; k++) {
			struct body *mine = &o[(uint32_t)m->got[k].record.object_id];
			check_md5(m->got[k].record.md5, mine->plain, mine->n);
			assert_int_equal(m->got[k].record.n_bytes, mine->n);
		}
		vg_worker_make_ack_all(m);
		vg_worker_make_step(m);
		assert_int_equal(m->n_done, 32 * round);
		assert_int_equal(m->maker.n_chunks_out, 0);
		for (uint32_t i = 0; i < 32; i++)
			free(o[i].plain), free(o[i].sent.at);
	}
	assert_int_equal(vg_worker_make_count(m, VG_H_DESC_BAD), 0);
	assert_int_equal(vg_worker_make_count(m, VG_H_OBJECTS), 160);
}

static void a_worker_that_may_not_wait_gives_up_without_done(void **state)
{
	struct vg_worker_make *m = *state;
	struct vg_return r;
	m->refuse_to_wait = 1;
	vg_lane_make_record(&m->maker, vg_lane_make_id(0, 1));
	vg_lane_make_open(&m->maker, vg_lane_make_id(0, 1), 0, 0);
	vg_worker_make_step(m);
	while (vg_match_link_put(m->link, &(struct vg_msg_record){ .core_idx = 9 }, -1) == VG_OK)
		;
	vg_lane_make_close(&m->maker, vg_lane_make_id(0, 1), VG_STATE_COMPLETE, 0);
	assert_int_equal(vg_worker_step(m->worker), 0); /* nothing is taken while the link is full */
	vg_worker_close_all(m->worker);
	assert_true(vg_worker_gave_up(m->worker));
	assert_int_equal(vg_worker_outstanding(m->worker), 1);
	assert_false(vg_lane_make_return(&m->maker, &r));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(done_waits_for_the_acknowledgement_of_every_record),
		T(without_records_done_comes_at_once),
		T(a_digest_only_body_of_any_size_passes_through_few_chunks),
		T(an_object_that_is_moved_down_midway_loses_nothing),
		T(a_digest_only_form_still_gives_its_small_pictures),
		T(a_full_spool_stops_intake_and_loses_nothing),
		T(objects_still_open_when_the_dataplane_goes_end_truncated),
		T(a_lane_whose_words_cannot_be_true_is_left),
		T(many_interleaved_objects_keep_their_own_bytes),
		T(a_worker_that_may_not_wait_gives_up_without_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
