/* pieces: objects that are ranges, parts and broken transfers of one file come out as that file, judged once, tied to
 * the object that completed it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <zlib.h>

#include "hashing/pieces.h"
#include "tests/lib/picture.h"
#include "tests/lib/worker_make.h"

#define N_FILE 300000u

struct fixture {
	struct vg_worker_make *m;
	uint8_t *file;
	uint32_t slot;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct vg_hashing_conf conf = vg_worker_make_conf();
	uint64_t seed = 5;
	conf.resource_hold_bytes = 2 << 20; /* kept whole: up to 512 KiB */
	f->m = vg_worker_make_create(&conf, VG_HELLO_WANT_OBJECTS);
	vg_index_make_list(&f->m->index, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	f->file = malloc(4 * N_FILE);
	for (size_t i = 0; i < 4 * N_FILE; i++)
		f->file[i] = (uint8_t)vg_random(&seed);
	*state = f;
	return 0;
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_worker_make_destroy(f->m);
	free(f->file);
	free(f);
	return 0;
}

static uint32_t list_md5(struct fixture *f, size_t n)
{
	uint8_t md5[16];
	EVP_Digest(f->file, n, md5, NULL, EVP_md5(), NULL);
	uint32_t entry = vg_index_make_add(&f->m->index, 0, VG_ALGO_MD5, md5);
	vg_worker_make_index(f->m);
	return entry;
}

struct body {
	const void *bytes;
	size_t n;
	uint64_t off, total;
	uint32_t part_no, flags, open_flags, codings;
	uint8_t proto;
	const char *boundary;
	enum vg_state state;
	bool at_once; /* what follows is there before the worker's next step */
};
/* One object of resource 77, from OPEN to the verdict. */
static void transfer(struct fixture *f, const struct body *b)
{
	uint64_t id = vg_lane_make_id(f->slot % 32, f->slot + 1);
	struct vg_attribution *a = vg_lane_make_record(&f->m->maker, id);
	a->resource = 77;
	a->flags = b->flags;
	a->range_off = b->off;
	a->range_total = b->total;
	a->part_no = b->part_no;
	if (b->boundary) {
		a->n_boundary = (uint16_t)strlen(b->boundary);
		memcpy(a->boundary, b->boundary, a->n_boundary);
	}
	a->codings = b->codings;
	a->proto = b->proto;
	vg_lane_make_open(&f->m->maker, id, b->codings, VG_OPEN_RESOURCE | b->open_flags);
	for (size_t at = 0; at < b->n; at += 30000) {
		vg_lane_make_data(&f->m->maker, id, at, (const uint8_t *)b->bytes + at,
				  (uint32_t)(b->n - at < 30000 ? b->n - at : 30000));
		if (!b->at_once)
			vg_worker_make_step(f->m);
	}
	vg_lane_make_close(&f->m->maker, id, b->state ? b->state : VG_STATE_COMPLETE, b->n);
	f->slot += b->at_once;
	if (b->at_once)
		return;
	vg_worker_make_step(f->m);
	vg_worker_make_ack_all(f->m);
	vg_worker_make_step(f->m);
	f->slot++;
}
static void range(struct fixture *f, size_t off, size_t n, size_t total, uint32_t open_flags)
{
	transfer(f, &(struct body){ .bytes = f->file + off,
				    .n = n,
				    .off = off,
				    .total = total,
				    .flags = VG_ATTR_PIECE,
				    .open_flags = open_flags });
}

/* The only record of a resource among those that came: its place. */
static unsigned resource_record(const struct fixture *f)
{
	unsigned found = UINT32_MAX;
	for (unsigned i = 0; i < f->m->n_got; i++)
		if (f->m->got[i].record.flags & VG_RECORD_RESOURCE) {
			assert_int_equal(found, UINT32_MAX);
			found = i;
		}
	return found;
}
static const struct vg_msg_record *check_whole(const struct fixture *f, size_t n)
{
	uint8_t md5[16];
	unsigned i = resource_record(f);
	const struct vg_msg_record *r;
	assert_int_not_equal(i, UINT32_MAX);
	r = &f->m->got[i].record;
	EVP_Digest(f->file, n, md5, NULL, EVP_md5(), NULL);
	assert_memory_equal(r->md5, md5, 16);
	assert_int_equal(r->n_bytes, n);
	assert_int_equal(r->state, VG_STATE_COMPLETE);
	assert_int_equal(r->member_no, UINT32_MAX);
	assert_true(r->flags & VG_RECORD_LAST);
	return r;
}

static void ranges_become_the_file_and_match_with_all_its_bytes(void **state)
{
	struct fixture *f = *state;
	list_md5(f, N_FILE);
	range(f, 200000, 100000, N_FILE, 0);
	range(f, 0, 100000, N_FILE, 0);
	assert_int_equal(resource_record(f), UINT32_MAX);
	range(f, 90000, 120000, N_FILE, 0);
	const struct vg_msg_record *r = check_whole(f, N_FILE);
	assert_int_equal(r->n_hits, 1);
	assert_int_equal(r->n_sample_bytes, N_FILE);
	uint8_t *sealed = vg_memfd_map(f->m->got[resource_record(f)].memfd, N_FILE, PROT_READ);
	assert_memory_equal(sealed, f->file, N_FILE);
	munmap(sealed, N_FILE);
	assert_int_equal(f->m->n_done, 3);
	assert_int_equal(f->m->n_matched, 1);
}

static void a_broken_transfer_and_the_rest_of_it_are_one(void **state)
{
	struct fixture *f = *state;
	transfer(f, &(struct body){ .bytes = f->file, .n = 100000, .total = N_FILE, .state = VG_STATE_ABORTED });
	range(f, 100000, 200000, N_FILE, 0);
	check_whole(f, N_FILE);
}

static void a_large_file_is_digested_as_it_comes_in_pieces_or_is_gone_on_with(void **state)
{
	struct fixture *f = *state;
	size_t n = 4 * N_FILE;
	list_md5(f, n);
	range(f, 0, 500000, n, VG_OPEN_DIGEST_ONLY);
	range(f, 700000, n - 700000, n, VG_OPEN_DIGEST_ONLY);
	range(f, 500000, 200000, n, 0);
	const struct vg_msg_record *r = check_whole(f, n);
	assert_true(r->flags & VG_RECORD_PARTIAL);
	assert_int_equal(r->n_sample_bytes, 1000);
	assert_int_equal(r->n_hits, 1);
	vg_worker_make_forget(f->m);
	transfer(f, &(struct body){ .bytes = f->file,
				    .n = 700000,
				    .total = n,
				    .state = VG_STATE_ABORTED,
				    .open_flags = VG_OPEN_DIGEST_ONLY });
	range(f, 600000, n - 600000, n, VG_OPEN_DIGEST_ONLY);
	check_whole(f, n);
}

static void parts_of_byteranges_are_pieces_and_no_files(void **state)
{
	struct fixture *f = *state;
	char *body = malloc(N_FILE + 1000);
	size_t n = 0;
	for (unsigned i = 0; i < 2; i++) {
		unsigned half = N_FILE / 2;
		n += (size_t)sprintf(body + n,
				     "\r\n--mark\r\nContent-Type: image/png\r\nContent-Range: bytes %u-%u/%u\r\n\r\n",
				     i * half, (i + 1) * half - 1, N_FILE);
		memcpy(body + n, f->file + i * half, half);
		n += half;
	}
	n += (size_t)sprintf(body + n, "\r\n--mark--\r\n");
	transfer(f, &(struct body){ .bytes = body,
				    .n = n,
				    .off = UINT64_MAX,
				    .total = UINT64_MAX,
				    .flags = VG_ATTR_PIECE,
				    .boundary = "mark" });
	check_whole(f, N_FILE);
	for (unsigned i = 0; i < f->m->n_got; i++)
		assert_false(f->m->got[i].record.flags & VG_RECORD_MEMBER_OF);
	free(body);
}

static void parts_of_an_upload_are_the_file_once_it_is_completed(void **state)
{
	static const char end[] = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part>"
				  "<Part><<PartNumber>7</PartNumber></Part></CompleteMultipartUpload>";
	struct fixture *f = *state;
	struct body part = { .off = UINT64_MAX, .total = UINT64_MAX, .flags = VG_ATTR_PIECE };
	part.part_no = 7;
	part.bytes = f->file + 100000;
	part.n = N_FILE - 100000;
	transfer(f, &part);
	part.part_no = 1;
	part.bytes = f->file;
	part.n = 100000;
	transfer(f, &part);
	assert_int_equal(resource_record(f), UINT32_MAX);
	transfer(f, &(struct body){ .bytes = end,
				    .n = sizeof(end) - 1,
				    .off = UINT64_MAX,
				    .total = UINT64_MAX,
				    .flags = VG_ATTR_ALL_PARTS });
	check_whole(f, N_FILE);
}

static void behind_a_hole_nothing_of_a_piece_is_believed(void **state)
{
	struct fixture *f = *state;
	uint64_t id = vg_lane_make_id(1, 1);
	struct vg_attribution *a = vg_lane_make_record(&f->m->maker, id);
	a->resource = 77;
	a->flags = VG_ATTR_PIECE;
	a->range_total = 3000;
	vg_lane_make_open(&f->m->maker, id, 0, VG_OPEN_RESOURCE);
	vg_lane_make_data(&f->m->maker, id, 0, f->file, 1000);
	vg_lane_make_gap(&f->m->maker, id, 1000, 1000);
	vg_lane_make_data(&f->m->maker, id, 2000, f->file + 2000, 1000);
	vg_lane_make_close(&f->m->maker, id, VG_STATE_GAP, 2000);
	vg_worker_make_step(f->m);
	f->slot = 5;
	range(f, 1000, 1000, 3000, 0);
	assert_int_equal(resource_record(f), UINT32_MAX);
	range(f, 2000, 1000, 3000, 0);
	check_whole(f, 3000);
}

/* An upload that broke off, or ended before it was gone on with: held, digest-only, appended without a place. */
static void an_upload_that_is_gone_on_with_is_one_file(void **state)
{
	static const enum vg_state ends[] = { VG_STATE_ABORTED, VG_STATE_COMPLETE };
	struct fixture *f = *state;
	struct body first = { .bytes = f->file, .n = 100000, .total = UINT64_MAX };
	struct body rest = { .bytes = f->file + 100000, .n = N_FILE - 100000, .total = UINT64_MAX };
	list_md5(f, N_FILE);
	first.flags = VG_ATTR_GROWS | VG_ATTR_ANEW;
	rest.flags = VG_ATTR_GROWS | VG_ATTR_APPENDED | VG_ATTR_PIECE;
	for (unsigned i = 0; i < 8; i++) {
		first.state = ends[i & 1];
		first.open_flags = i & 2 ? VG_OPEN_DIGEST_ONLY : 0;
		rest.open_flags = i & 4 ? VG_OPEN_DIGEST_ONLY : 0;
		rest.off = i & 1 ? UINT64_MAX : 100000;
		transfer(f, &first);
		assert_int_equal(resource_record(f), UINT32_MAX);
		transfer(f, &rest);
		assert_int_equal(check_whole(f, N_FILE)->n_hits, 1);
		vg_worker_make_forget(f->m);
	}
}

static void a_large_upload_is_digested_on_where_it_ended(void **state)
{
	struct fixture *f = *state;
	size_t n = 4 * N_FILE;
	list_md5(f, n);
	for (unsigned i = 0; i < 2; i++) {
		transfer(f, &(struct body){ .bytes = f->file,
					    .n = 700000,
					    .total = UINT64_MAX,
					    .flags = VG_ATTR_GROWS | VG_ATTR_ANEW,
					    .state = i ? VG_STATE_COMPLETE : VG_STATE_ABORTED,
					    .open_flags = VG_OPEN_DIGEST_ONLY });
		transfer(f, &(struct body){ .bytes = f->file + 700000,
					    .n = n - 700000,
					    .off = 700000,
					    .total = UINT64_MAX,
					    .flags = VG_ATTR_GROWS | VG_ATTR_PIECE,
					    .open_flags = VG_OPEN_DIGEST_ONLY });
		assert_int_equal(check_whole(f, n)->n_hits, 1);
		vg_worker_make_forget(f->m);
	}
}

/* As MODE Z sends it: every transfer is a stream of its own. */
static size_t deflated(const uint8_t *bytes, size_t n_bytes, uint8_t *to)
{
	uLongf n = compressBound(n_bytes);
	assert_int_equal(compress2(to, &n, bytes, n_bytes, 1), Z_OK);
	return n;
}

static void what_is_sent_compressed_is_gone_on_with_where_it_ended(void **state)
{
	struct fixture *f = *state;
	uint8_t *z = malloc(compressBound(4 * N_FILE));
	size_t sizes[] = { N_FILE, 4 * N_FILE };
	list_md5(f, sizes[0]);
	list_md5(f, sizes[1]);
	for (unsigned i = 0; i < 8; i++) {
		size_t n = sizes[i >> 2], n_first = n / 3;
		uint32_t open_flags = i >> 2 || i & 1 ? VG_OPEN_DIGEST_ONLY : 0, off_known = i & 2;
		vg_worker_make_forget(f->m);
		transfer(f, &(struct body){ .bytes = z,
					    .n = deflated(f->file, n_first, z),
					    .total = UINT64_MAX,
					    .flags = VG_ATTR_GROWS | VG_ATTR_ANEW,
					    .state = off_known ? VG_STATE_COMPLETE : VG_STATE_ABORTED,
					    .codings = VG_CODING_DEFLATE,
					    .proto = VG_PROTO_FTP,
					    .open_flags = open_flags });
		assert_int_equal(resource_record(f), UINT32_MAX);
		transfer(f, &(struct body){ .bytes = z,
					    .n = deflated(f->file + n_first, n - n_first, z),
					    .off = off_known ? n_first : UINT64_MAX,
					    .total = UINT64_MAX,
					    .flags = VG_ATTR_GROWS | VG_ATTR_APPENDED | VG_ATTR_PIECE,
					    .codings = VG_CODING_DEFLATE,
					    .proto = VG_PROTO_FTP,
					    .open_flags = open_flags });
		assert_int_equal(check_whole(f, n)->n_hits, 1);
	}
	free(z);
}

/* Its digests still wait for others when it is gone on with. */
static void what_follows_at_once_follows_all_the_same(void **state)
{
	struct fixture *f = *state;
	uint8_t *z[2] = { malloc(compressBound(N_FILE)), malloc(compressBound(N_FILE)) };
	size_t n_first = 20000, n_second = 60000, n[2];
	n[0] = deflated(f->file, n_first, z[0]);
	n[1] = deflated(f->file + n_first, n_second, z[1]);
	for (unsigned i = 0; i < 8; i++) {
		bool coded = i & 1;
		struct body first = { .bytes = coded ? z[0] : f->file,
				      .n = coded ? n[0] : n_first,
				      .total = UINT64_MAX,
				      .flags = VG_ATTR_GROWS | VG_ATTR_ANEW,
				      .codings = coded ? VG_CODING_DEFLATE : 0,
				      .open_flags = (i & 2 ? VG_OPEN_DIGEST_ONLY : 0) | VG_OPEN_ALL_FILES,
				      .at_once = true };
		struct body second = { .bytes = coded ? z[1] : f->file + n_first,
				       .n = coded ? n[1] : n_second,
				       .off = i & 4 ? n_first : UINT64_MAX,
				       .total = UINT64_MAX,
				       .flags = VG_ATTR_GROWS | VG_ATTR_PIECE | (i & 4 ? 0 : VG_ATTR_APPENDED),
				       .codings = first.codings,
				       .open_flags = VG_OPEN_DIGEST_ONLY | VG_OPEN_ALL_FILES };
		transfer(f, &first);
		transfer(f, &second);
		for (unsigned k = 0; k < 50; k++) {
			vg_worker_make_step(f->m);
			vg_worker_make_ack_all(f->m);
		}
		check_whole(f, n_first + n_second);
		vg_worker_make_forget(f->m);
	}
	free(z[0]);
	free(z[1]);
}

static void a_compressed_download_that_broke_off_is_gone_on_with(void **state)
{
	struct fixture *f = *state;
	uint8_t *z = malloc(compressBound(N_FILE));
	struct body first = { .bytes = z,
			      .n = deflated(f->file, N_FILE, z) / 2,
			      .total = N_FILE,
			      .state = VG_STATE_ABORTED,
			      .codings = VG_CODING_DEFLATE };
	list_md5(f, N_FILE);
	first.proto = VG_PROTO_HTTP; /* there ranges are of the coded bytes */
	transfer(f, &first);
	range(f, 100000, N_FILE - 100000, N_FILE, 0);
	assert_int_equal(resource_record(f), UINT32_MAX);
	f->m->n_got = 0;
	first.proto = VG_PROTO_FTP;
	transfer(f, &first);
	check_whole(f, N_FILE);
	free(z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ranges_become_the_file_and_match_with_all_its_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_broken_transfer_and_the_rest_of_it_are_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_large_file_is_digested_as_it_comes_in_pieces_or_is_gone_on_with,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(parts_of_byteranges_are_pieces_and_no_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parts_of_an_upload_are_the_file_once_it_is_completed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_upload_that_is_gone_on_with_is_one_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_large_upload_is_digested_on_where_it_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_sent_compressed_is_gone_on_with_where_it_ended, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_follows_at_once_follows_all_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_compressed_download_that_broke_off_is_gone_on_with, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(behind_a_hole_nothing_of_a_piece_is_believed, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
