/* verdict: what leaves the hasher for one body of each sort: plain, coded, mislabelled, broken, multipart, both,
 * with a hole, cut, empty, without decoding; its digests, hits, flags and sealed bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "hashing/worker_priv.h"
#include "tests/lib/coded.h"
#include "tests/lib/picture.h"
#include "tests/lib/worker_make.h"

struct fixture {
	struct vg_worker_make *m;
	uint8_t *jpeg, *png;
	size_t n_jpeg, n_png;
	uint32_t generation;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct vg_hashing_conf conf = vg_worker_make_conf();
	uint8_t *pixels = vg_picture_draw(300, 200, 3, 1);
	f->jpeg = vg_picture_to_jpeg(&(struct vg_picture_jpeg){ .width = 300, .height = 200, .n_channels = 3 }, pixels,
				     &f->n_jpeg);
	f->png = vg_picture_to_png(
		&(struct vg_picture_png){
			.width = 300, .height = 200, .bit_depth = 8, .color_type = 2, .row_bytes = 900 },
		pixels, &f->n_png);
	free(pixels);
	f->m = vg_worker_make_create(&conf, VG_HELLO_WANT_OBJECTS);
	vg_index_make_list(&f->m->index, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	*state = f;
	return 0;
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_worker_make_destroy(f->m);
	free(f->jpeg);
	free(f->png);
	free(f);
	return 0;
}

static void md5_of(const void *bytes, size_t n, uint8_t md5[16])
{
	EVP_Digest(bytes, n, md5, NULL, EVP_md5(), NULL);
}
static void sha256_of(const void *bytes, size_t n, uint8_t sha256[32])
{
	EVP_Digest(bytes, n, sha256, NULL, EVP_sha256(), NULL);
}
static uint32_t list_md5(struct fixture *f, const void *bytes, size_t n)
{
	uint8_t md5[16];
	md5_of(bytes, n, md5);
	uint32_t entry = vg_index_make_add(&f->m->index, 0, VG_ALGO_MD5, md5);
	vg_worker_make_index(f->m);
	return entry;
}
static void check_digests(const struct vg_msg_record *r, const void *bytes, size_t n)
{
	uint8_t md5[16], sha256[32];
	md5_of(bytes, n, md5);
	sha256_of(bytes, n, sha256);
	assert_true(r->flags & VG_RECORD_HAS_DIGESTS);
	assert_int_equal(r->n_bytes, n);
	assert_memory_equal(r->md5, md5, 16);
	assert_memory_equal(r->sha256, sha256, 32);
}
static void check_sealed(int memfd, const void *bytes, size_t n)
{
	size_t n_got;
	assert_int_equal(vg_memfd_check(memfd, VG_SEALS_FINAL, n, n, &n_got), VG_OK);
	void *at = n ? vg_memfd_map(memfd, n, PROT_READ) : NULL;
	if (n) {
		assert_memory_equal(at, bytes, n);
		munmap(at, n);
	}
}

struct sent {
	uint32_t codings, flags;
	const char *boundary;
	unsigned state;
	size_t gap_at; /* 0 = none */
};
/* Sends one body, steps, and gives back how many records came (all not yet acknowledged). */
static uint32_t walk(struct fixture *f, const void *bytes, size_t n, struct sent how)
{
	uint32_t generation = ++f->generation;
	uint64_t id = vg_lane_make_id(generation % 32, generation);
	struct vg_attribution *a = vg_lane_make_record(&f->m->maker, id);
	struct vg_lane_make *l = &f->m->maker;
	size_t first = how.gap_at ? how.gap_at : n;

	vg_worker_make_forget(f->m);
	if (how.boundary) {
		a->n_boundary = (uint16_t)strlen(how.boundary);
		memcpy(a->boundary, how.boundary, a->n_boundary);
	}
	vg_lane_make_open(l, id, how.codings, how.flags);
	vg_lane_make_body(l, id, bytes, first, 1000);
	if (how.gap_at) {
		vg_lane_make_gap(l, id, first, 50);
		for (size_t at = first; at < n; at += 1000)
			vg_lane_make_data(l, id, at + 50, (const uint8_t *)bytes + at,
					  n - at < 1000 ? (uint32_t)(n - at) : 1000);
	}
	vg_lane_make_close(l, id, how.state ? how.state : VG_STATE_COMPLETE, n);
	vg_worker_make_step(f->m);
	return f->m->n_got;
}
static const struct vg_msg_record *record(struct fixture *f, uint32_t idx)
{
	assert_true(idx < f->m->n_got);
	return &f->m->got[idx].record;
}

/* A form with one field and a file for each given part. */
struct file {
	const char *name;
	const void *bytes;
	size_t n;
};
static struct vg_coded form(const struct file *files, unsigned n_files)
{
	struct vg_coded c = { calloc(1, 1 << 20), 0 };
	c.n_bytes = (size_t)sprintf((char *)c.at, "--XX\r\nContent-Disposition: form-data; name=f\r\n\r\nvalue");
	for (unsigned i = 0; i < n_files; i++) {
		c.n_bytes += (size_t)sprintf((char *)c.at + c.n_bytes,
					     "\r\n--XX\r\nContent-Disposition: form-data; name=u; filename=\"%s\"\r\n"
					     "Content-Type: application/octet-stream\r\n\r\n",
					     files[i].name);
		memcpy(c.at + c.n_bytes, files[i].bytes, files[i].n);
		c.n_bytes += files[i].n;
	}
	c.n_bytes += (size_t)sprintf((char *)c.at + c.n_bytes, "\r\n--XX--\r\n");
	return c;
}

static void a_plain_picture_gives_kind_digests_and_pdq(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(walk(f, f->jpeg, f->n_jpeg, (struct sent){ 0 }), 1);
	check_digests(record(f, 0), f->jpeg, f->n_jpeg);
	assert_int_equal(record(f, 0)->kind, VG_KIND_JPEG);
	assert_int_equal(record(f, 0)->state, VG_STATE_COMPLETE);
	assert_int_equal(record(f, 0)->n_hits, 0);
	assert_int_equal(record(f, 0)->flags, VG_RECORD_HAS_DIGESTS | VG_RECORD_HAS_PDQ | VG_RECORD_LAST);
	assert_int_equal(record(f, 0)->boot_id, 7);
	assert_true(record(f, 0)->pdq_quality >= 50);
	assert_int_equal(f->m->got[0].memfd, -1);
	assert_int_equal(atomic_load(&f->m->maker.in->decoding), 0);
}

static void an_exact_hit_leaves_with_all_its_bytes_sealed(void **state)
{
	struct fixture *f = *state;
	uint32_t entry = list_md5(f, f->png, f->n_png);
	assert_int_equal(walk(f, f->png, f->n_png, (struct sent){ 0 }), 1);
	assert_int_equal(record(f, 0)->head.type, VG_MSG_MATCH);
	assert_int_equal(record(f, 0)->n_hits, 1);
	assert_int_equal(record(f, 0)->hits[0].entry_idx, entry);
	assert_int_equal(record(f, 0)->generation, 1);
	assert_int_equal(record(f, 0)->n_sample_bytes, f->n_png);
	assert_false(record(f, 0)->flags & VG_RECORD_PARTIAL);
	check_sealed(f->m->got[0].memfd, f->png, f->n_png);
}

static void the_same_picture_in_another_format_hits_by_its_pdq(void **state)
{
	struct fixture *f = *state;
	walk(f, f->jpeg, f->n_jpeg, (struct sent){ 0 });
	vg_index_make_add(&f->m->index, 0, VG_ALGO_PDQ, record(f, 0)->pdq);
	vg_worker_make_index(f->m);
	assert_int_equal(walk(f, f->png, f->n_png, (struct sent){ 0 }), 1);
	assert_int_equal(record(f, 0)->n_hits, 1);
	assert_int_equal(record(f, 0)->hits[0].algo, VG_ALGO_PDQ);
	assert_true(record(f, 0)->hits[0].distance <= 31);
	check_sealed(f->m->got[0].memfd, f->png, f->n_png);
}

static void a_coded_picture_is_judged_decoded_and_keeps_its_raw_digests(void **state)
{
	struct fixture *f = *state;
	struct vg_coded gz = vg_coded_gzip(f->jpeg, f->n_jpeg), br = vg_coded_brotli(gz.at, gz.n_bytes);
	uint8_t md5[16], sha256[32];
	list_md5(f, f->jpeg, f->n_jpeg);
	assert_int_equal(walk(f, br.at, br.n_bytes, (struct sent){ .codings = VG_CODING_GZIP | VG_CODING_BR << 8 }), 1);
	check_digests(record(f, 0), f->jpeg, f->n_jpeg);
	md5_of(br.at, br.n_bytes, md5);
	sha256_of(br.at, br.n_bytes, sha256);
	assert_memory_equal(record(f, 0)->raw_md5, md5, 16);
	assert_memory_equal(record(f, 0)->raw_sha256, sha256, 32);
	assert_true(record(f, 0)->flags & VG_RECORD_CODED && record(f, 0)->flags & VG_RECORD_HAS_PDQ);
	assert_false(record(f, 0)->flags & VG_RECORD_BAD_CODING);
	assert_int_equal(record(f, 0)->n_hits, 1);
	check_sealed(f->m->got[0].memfd, f->jpeg, f->n_jpeg);
	free(gz.at);
	free(br.at);
}

static void a_label_that_lies_leaves_the_bytes_as_they_are(void **state)
{
	struct fixture *f = *state;
	static const uint32_t labels[] = { VG_CODING_GZIP, VG_CODING_DEFLATE, VG_CODING_BR, VG_CODING_UNKNOWN };
	static const char text[] = "plain words that no decoder can make sense of, at some length";
	list_md5(f, f->jpeg, f->n_jpeg);
	for (size_t i = 0; i < VG_ARRAY_LEN(labels); i++) {
		assert_int_equal(walk(f, f->jpeg, f->n_jpeg, (struct sent){ .codings = labels[i] }), 1);
		check_digests(record(f, 0), f->jpeg, f->n_jpeg);
		assert_true(record(f, 0)->flags & VG_RECORD_BAD_CODING);
		assert_false(record(f, 0)->flags & VG_RECORD_CODED);
		assert_int_equal(record(f, 0)->n_hits, 1);
		check_sealed(f->m->got[0].memfd, f->jpeg, f->n_jpeg);
		assert_int_equal(vg_worker_make_count(f->m, VG_H_CODING_BAD), 2 * i + 1);
		walk(f, text, sizeof(text), (struct sent){ .codings = labels[i] });
		if (!(record(f, 0)->flags & VG_RECORD_CODED))
			check_digests(record(f, 0), text, sizeof(text));
	}
}

static void a_coding_that_breaks_is_matched_in_both_readings(void **state)
{
	struct fixture *f = *state;
	struct vg_coded gz = vg_coded_gzip(f->png, f->n_png);
	gz.at[gz.n_bytes / 2] ^= 0x55;
	gz.at[gz.n_bytes / 2 + 1] ^= 0xaa;
	assert_int_equal(walk(f, gz.at, gz.n_bytes, (struct sent){ .codings = VG_CODING_GZIP }), 1);
	assert_true(record(f, 0)->flags & VG_RECORD_CODED && record(f, 0)->flags & VG_RECORD_BAD_CODING);
	assert_int_equal(record(f, 0)->kind, VG_KIND_PNG);
	assert_int_equal(record(f, 0)->n_hits, 0);
	list_md5(f, gz.at, gz.n_bytes);
	assert_int_equal(walk(f, gz.at, gz.n_bytes, (struct sent){ .codings = VG_CODING_GZIP }), 1);
	assert_int_equal(record(f, 0)->n_hits, 1);
	assert_false(record(f, 0)->flags & VG_RECORD_CODED);
	check_sealed(f->m->got[0].memfd, gz.at, gz.n_bytes);
	free(gz.at);
}

static void a_form_gives_its_body_and_each_of_its_files(void **state)
{
	struct fixture *f = *state;
	struct file files[] = { { "a.jpg", f->jpeg, f->n_jpeg },
				{ "t.txt", "some text", 9 },
				{ "b.png", f->png, f->n_png },
				{ "", "", 0 } };
	struct vg_coded body = form(files, 4), gz = vg_coded_gzip(body.at, body.n_bytes);
	uint8_t sha256[32];
	sha256_of(body.at, body.n_bytes, sha256);
	list_md5(f, f->png, f->n_png);
	for (int coded = 0; coded < 2; coded++) {
		struct vg_coded *c = coded ? &gz : &body;
		struct sent how = { .boundary = "XX", .codings = coded ? VG_CODING_GZIP : 0 };
		assert_int_equal(walk(f, c->at, c->n_bytes, how), 4);
		check_digests(record(f, 0), body.at, body.n_bytes);
		assert_int_equal(record(f, 0)->kind, VG_KIND_MULTIPART);
		assert_int_equal(record(f, 0)->member_no, 0);
		for (uint32_t i = 0; i < 3; i++) {
			const struct vg_msg_record *r = record(f, i + 1);
			check_digests(r, files[i].bytes, files[i].n);
			assert_int_equal(r->member_no, i + 1);
			assert_true(r->flags & VG_RECORD_MEMBER_OF);
			assert_int_equal(r->n_member, strlen(files[i].name));
			assert_memory_equal(r->member, files[i].name, r->n_member);
			assert_memory_equal(r->parent_sha256, sha256, 32);
			assert_int_equal(r->state, VG_STATE_COMPLETE);
			assert_true(!(r->flags & VG_RECORD_LAST) == (i != 2));
		}
		assert_int_equal(record(f, 1)->kind, VG_KIND_JPEG);
		assert_true(record(f, 1)->flags & VG_RECORD_HAS_PDQ);
		assert_int_equal(record(f, 3)->n_hits, 1);
		check_sealed(f->m->got[3].memfd, f->png, f->n_png);
	}
	free(body.at);
	free(gz.at);
}

static void a_body_with_a_hole_keeps_the_files_that_are_whole(void **state)
{
	struct fixture *f = *state;
	struct file files[] = { { "a.jpg", f->jpeg, f->n_jpeg }, { "b.png", f->png, f->n_png } };
	struct vg_coded body = form(files, 2);
	list_md5(f, f->png, f->n_png);
	assert_int_equal(walk(f, body.at, body.n_bytes,
			      (struct sent){ .boundary = "XX", .state = VG_STATE_GAP, .gap_at = f->n_jpeg / 2 }),
			 3);
	assert_int_equal(record(f, 0)->state, VG_STATE_GAP);
	assert_false(record(f, 0)->flags & VG_RECORD_HAS_DIGESTS);
	assert_int_equal(record(f, 1)->state, VG_STATE_GAP);
	assert_false(record(f, 1)->flags & VG_RECORD_HAS_DIGESTS);
	assert_true(record(f, 1)->flags & VG_RECORD_HAS_PDQ); /* as far as it goes */
	assert_int_equal(record(f, 2)->state, VG_STATE_COMPLETE);
	assert_int_equal(record(f, 2)->n_hits, 1);
	check_sealed(f->m->got[2].memfd, f->png, f->n_png);
	free(body.at);
}

static void a_picture_cut_short_is_hashed_and_matched_by_what_came(void **state)
{
	struct fixture *f = *state;
	size_t n = f->n_jpeg * 3 / 4;
	list_md5(f, f->jpeg, n);
	assert_int_equal(walk(f, f->jpeg, n, (struct sent){ .state = VG_STATE_TRUNCATED }), 1);
	check_digests(record(f, 0), f->jpeg, n);
	assert_int_equal(record(f, 0)->n_hits, 1);
	assert_int_equal(record(f, 0)->state, VG_STATE_TRUNCATED);
	check_sealed(f->m->got[0].memfd, f->jpeg, n);
	assert_true(record(f, 0)->flags & VG_RECORD_HAS_PDQ);
	assert_int_equal(vg_worker_make_count(f->m, VG_H_IMAGES_PARTIAL), 1);
	assert_int_equal(walk(f, f->jpeg, f->n_jpeg, (struct sent){ .state = VG_STATE_GAP, .gap_at = n }), 1);
	assert_int_equal(record(f, 0)->n_hits, 0);
	assert_false(record(f, 0)->flags & VG_RECORD_HAS_DIGESTS);
	assert_int_equal(vg_worker_make_count(f->m, VG_H_IMAGES_PARTIAL), 2);
}

static void a_body_shorter_than_its_length_is_matched_exactly(void **state)
{
	struct fixture *f = *state;
	static const unsigned ends[] = { VG_STATE_TRUNCATED, VG_STATE_ABORTED };
	static const uint32_t ways[] = { 0, VG_OPEN_DIGEST_ONLY, VG_OPEN_HOLD };
	struct vg_coded gz = vg_coded_gzip(f->jpeg, f->n_jpeg);
	list_md5(f, f->jpeg, f->n_jpeg);
	for (size_t i = 0; i < VG_ARRAY_LEN(ends) * VG_ARRAY_LEN(ways); i++) {
		struct sent how = { .state = ends[i % 2], .flags = ways[i / 2] };
		assert_int_equal(walk(f, f->jpeg, f->n_jpeg, how), 1);
		check_digests(record(f, 0), f->jpeg, f->n_jpeg);
		assert_int_equal(record(f, 0)->n_hits, 1);
		assert_int_equal(record(f, 0)->state, how.state);
		how.codings = VG_CODING_GZIP;
		assert_int_equal(walk(f, gz.at, gz.n_bytes, how), 1); /* the coding ends, the length goes on */
		check_digests(record(f, 0), f->jpeg, f->n_jpeg);
		assert_int_equal(record(f, 0)->n_hits, 1);
		assert_int_equal(record(f, 0)->state, how.state);
		assert_int_equal(record(f, 0)->flags & VG_RECORD_BAD_CODING, 0);
	}
	free(gz.at);
}

static void a_hole_leaves_no_digests_whatever_the_end_says(void **state)
{
	struct fixture *f = *state;
	static const unsigned ends[] = { VG_STATE_TRUNCATED, VG_STATE_ABORTED, VG_STATE_COMPLETE, VG_STATE_GAP };
	list_md5(f, f->jpeg, f->n_jpeg);
	for (size_t i = 0; i < 2 * VG_ARRAY_LEN(ends); i++) {
		struct sent how = { .state = ends[i / 2], .gap_at = 5000, .flags = i & 1 ? VG_OPEN_DIGEST_ONLY : 0 };
		assert_int_equal(walk(f, f->jpeg, f->n_jpeg, how), 1);
		assert_int_equal(record(f, 0)->n_hits, 0);
		assert_false(record(f, 0)->flags & VG_RECORD_HAS_DIGESTS);
	}
}

static void an_object_that_crashed_a_decoder_is_still_opened(void **state)
{
	struct fixture *f = *state;
	struct vg_coded gz = vg_coded_gzip(f->jpeg, f->n_jpeg);
	list_md5(f, f->jpeg, f->n_jpeg);
	assert_int_equal(
		walk(f, gz.at, gz.n_bytes, (struct sent){ .codings = VG_CODING_GZIP, .flags = VG_OPEN_NO_DECODE }), 1);
	check_digests(record(f, 0), f->jpeg, f->n_jpeg);
	assert_true(record(f, 0)->flags & VG_RECORD_NO_DECODE);
	assert_false(record(f, 0)->flags & VG_RECORD_HAS_PDQ);
	assert_int_equal(record(f, 0)->n_hits, 1);
	assert_int_equal(vg_worker_make_count(f->m, VG_H_IMAGES), 0);
	free(gz.at);
}

static void an_object_that_crashed_again_gets_digests_only(void **state)
{
	struct fixture *f = *state;
	struct vg_coded gz = vg_coded_gzip(f->jpeg, f->n_jpeg);
	unsigned flags = VG_OPEN_NO_DECODE | VG_OPEN_NO_UNPACK;
	list_md5(f, gz.at, gz.n_bytes);
	assert_int_equal(walk(f, gz.at, gz.n_bytes, (struct sent){ .codings = VG_CODING_GZIP, .flags = flags }), 1);
	check_digests(record(f, 0), gz.at, gz.n_bytes);
	assert_true(record(f, 0)->flags & VG_RECORD_NO_DECODE);
	assert_int_equal(record(f, 0)->n_hits, 1);
	walk(f, f->jpeg, f->n_jpeg, (struct sent){ .flags = VG_OPEN_NO_DECODE });
	assert_true(record(f, 0)->flags & VG_RECORD_NO_DECODE);
	assert_false(record(f, 0)->flags & VG_RECORD_HAS_PDQ);
	assert_int_equal(vg_worker_make_count(f->m, VG_H_IMAGES), 0);
	free(gz.at);
}

static void an_empty_body_is_a_body(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(walk(f, "", 0, (struct sent){ 0 }), 1);
	check_digests(record(f, 0), "", 0);
	list_md5(f, "", 0);
	assert_int_equal(walk(f, "", 0, (struct sent){ .codings = VG_CODING_GZIP }), 1);
	assert_int_equal(record(f, 0)->n_hits, 1);
	check_sealed(f->m->got[0].memfd, "", 0);
}

static void a_bomb_is_stopped_and_the_next_object_is_none_the_worse(void **state)
{
	struct fixture *f = *state;
	size_t n = 200 << 20;
	uint8_t *zeros = calloc(1, n);
	struct vg_coded gz = vg_coded_gzip(zeros, n);
	free(zeros);
	assert_int_equal(walk(f, gz.at, gz.n_bytes, (struct sent){ .codings = VG_CODING_GZIP }), 1);
	assert_int_equal(vg_worker_make_count(f->m, VG_H_BUDGET), 1);
	assert_true(record(f, 0)->flags & VG_RECORD_BAD_CODING);
	vg_worker_make_ack_all(f->m);
	vg_worker_make_step(f->m);
	assert_int_equal(walk(f, f->jpeg, f->n_jpeg, (struct sent){ 0 }), 1);
	check_digests(record(f, 0), f->jpeg, f->n_jpeg);
	free(gz.at);
}

static void more_files_than_the_budget_are_counted_and_left_out(void **state)
{
	struct fixture *f = *state;
	struct file files[30];
	for (int i = 0; i < 30; i++)
		files[i] = (struct file){ "x.txt", "xyz", 3 };
	struct vg_coded body = form(files, 30);
	assert_int_equal(walk(f, body.at, body.n_bytes, (struct sent){ .boundary = "XX" }), 21);
	assert_int_equal(vg_worker_make_count(f->m, VG_H_BUDGET), 1);
	free(body.at);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_plain_picture_gives_kind_digests_and_pdq),
		T(an_exact_hit_leaves_with_all_its_bytes_sealed),
		T(the_same_picture_in_another_format_hits_by_its_pdq),
		T(a_coded_picture_is_judged_decoded_and_keeps_its_raw_digests),
		T(a_label_that_lies_leaves_the_bytes_as_they_are),
		T(a_coding_that_breaks_is_matched_in_both_readings),
		T(a_form_gives_its_body_and_each_of_its_files),
		T(a_body_with_a_hole_keeps_the_files_that_are_whole),
		T(a_picture_cut_short_is_hashed_and_matched_by_what_came),
		T(a_body_shorter_than_its_length_is_matched_exactly),
		T(a_hole_leaves_no_digests_whatever_the_end_says),
		T(an_object_that_crashed_a_decoder_is_still_opened),
		T(an_object_that_crashed_again_gets_digests_only),
		T(an_empty_body_is_a_body),
		T(a_bomb_is_stopped_and_the_next_object_is_none_the_worse),
		T(more_files_than_the_budget_are_counted_and_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
