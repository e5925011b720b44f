/* verify: claims that a request was for a listed URL: believed by the attribution record and the list only, and never
 * more than a person's look is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/intake/verify.h"
#include "control/lists/list_url.h"
#include "tests/lib/index_make.h"

static struct vg_index_make make;
static struct vg_index_view view;
static uint8_t *index_bytes;
static struct vg_attribution a;
static struct vg_msg_record r;
static int is_suppressed;

static int begin(void **state)
{
	static const struct {
		const char *url;
		enum vg_action action;
	} entries[] = { { "example.org/bad", VG_ACTION_ALERT },
			{ "example.org/stop", VG_ACTION_BLOCK },
			{ "example.org/report", VG_ACTION_REPORT },
			{ "example.org/both", VG_ACTION_REPORT_BLOCK } };
	uint8_t value[VG_LIST_URL_VALUE];
	size_t n_bytes;

	(void)state;
	memset(&make, 0, sizeof(make));
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t list = vg_index_make_list(&make, entries[i].action, VG_ACTION_REVIEW, 31);
		assert_null(vg_list_url_value(entries[i].url, value));
		(void)vg_index_make_add(&make, list, VG_ALGO_URL, value);
	}
	index_bytes = vg_index_make_bytes(&make, 5, &n_bytes);
	assert_int_equal(vg_index_open(index_bytes, n_bytes, &view), VG_OK);
	memset(&a, 0, sizeof(a));
	a.boot_id = 7;
	a.state = VG_STATE_COMPLETE;
	a.flags = VG_ATTR_LISTED;
	a.n_host = (uint16_t)strlen(strcpy(a.host, "Example.org:80"));
	a.n_url = (uint16_t)strlen(strcpy(a.url, "/x/../%62ad/1.jpg"));
	r = (struct vg_msg_record){ .seq = 1,
				    .boot_id = 7,
				    .object_id = 1ull << 32,
				    .generation = 5,
				    .state = VG_STATE_COMPLETE,
				    .flags = VG_RECORD_LISTED };
	is_suppressed = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(index_bytes);
	vg_index_make_free(&make);
	return 0;
}

static int suppressed(void *ctx, enum vg_algo algo, const uint8_t *value, const char *list, const char *entry_id)
{
	(void)ctx;
	(void)value;
	(void)list;
	(void)entry_id;
	return algo == VG_ALGO_URL && is_suppressed;
}

static enum vg_refusal claim(struct vg_verified *v)
{
	static const uint8_t bytes[16] = "0123456789abcde";
	struct vg_verify_args args = {
		.record = &r, .view = &view, .attribution = &a, .bytes = bytes, .suppressed = suppressed
	};
	enum vg_refusal refusal = vg_verify_fields(&r, 1);

	return refusal ? refusal : vg_verify_match(&args, v);
}

static void url_is(const char *url)
{
	a.n_url = (uint16_t)strlen(strcpy(a.url, url));
}

static void a_request_for_a_listed_url_is_believed_without_any_bytes(void **state)
{
	struct vg_verified v;

	(void)state;
	assert_int_equal(claim(&v), VG_REFUSE_NONE);
	assert_int_equal(v.n_hits, 1);
	assert_int_equal(v.hits[0].algo, VG_ALGO_URL);
	assert_int_equal(v.hits[0].entry_idx, 0);
	assert_int_equal(v.hit_action[0], VG_ACTION_ALERT);
	assert_true(v.url_only);
	assert_false(v.exact);
}

static void a_url_never_asks_for_a_report(void **state)
{
	static const struct {
		const char *url;
		enum vg_action action;
	} rows[] = { { "/report/x", VG_ACTION_REVIEW }, { "/both", VG_ACTION_BLOCK }, { "/stop?x", VG_ACTION_BLOCK } };
	struct vg_verified v;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		url_is(rows[i].url);
		assert_int_equal(claim(&v), VG_REFUSE_NONE);
		assert_int_equal(v.hit_action[0], rows[i].action);
	}
}

static void a_hasher_that_claims_what_the_dataplane_did_not_mark_lies(void **state)
{
	struct vg_verified v;

	(void)state;
	a.flags = 0;
	assert_int_equal(claim(&v), VG_REFUSE_NOT_LISTED);
}

static void a_dataplane_that_marks_what_no_list_has_is_refused(void **state)
{
	static const char *const urls[] = { "/badly", "/", "", "/other/bad", "/?/bad", "/x%252fbad" };
	struct vg_verified v;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		url_is(urls[i]);
		assert_int_equal(claim(&v), VG_REFUSE_URL);
	}
	url_is("/bad");
	a.n_host = (uint16_t)strlen(strcpy(a.host, "example.org.evil.test"));
	assert_int_equal(claim(&v), VG_REFUSE_URL);
	memset(a.host, 'a', sizeof(a.host));
	a.n_host = sizeof(a.host); /* no host of any list */
	assert_int_equal(claim(&v), VG_REFUSE_URL);
	a.n_host = 0;
	assert_int_equal(claim(&v), VG_REFUSE_URL);
}

/* The host counts that the dataplane wrote down, whatever the target says of one. */
static void an_absolute_target_is_only_its_path(void **state)
{
	struct vg_verified v;

	(void)state;
	url_is("http://innocent.test/bad/1");
	assert_int_equal(claim(&v), VG_REFUSE_NONE);
	a.n_host = (uint16_t)strlen(strcpy(a.host, "innocent.test"));
	url_is("http://example.org/bad/1");
	assert_int_equal(claim(&v), VG_REFUSE_URL);
}

static void what_is_suppressed_is_no_claim(void **state)
{
	struct vg_verified v;

	(void)state;
	is_suppressed = 1;
	assert_int_equal(claim(&v), VG_REFUSE_SUPPRESSED);
}

static void the_bytes_are_tied_to_the_record_as_always(void **state)
{
	struct vg_verified v;

	(void)state;
	r.n_bytes = r.n_sample_bytes = 16;
	assert_int_equal(claim(&v), VG_REFUSE_HEAD); /* the record's body was empty */
	a.body_bytes = 16;
	a.n_head = 16;
	memcpy(a.head, "0123456789abcde", 16);
	assert_int_equal(claim(&v), VG_REFUSE_NONE);
	a.head[3] ^= 1;
	assert_int_equal(claim(&v), VG_REFUSE_HEAD);
	a.head[3] ^= 1;
	r.flags |= VG_RECORD_HAS_DIGESTS; /* which are wrong */
	assert_int_equal(claim(&v), VG_REFUSE_DIGEST);
}

static void members_and_resources_have_no_url_of_their_own(void **state)
{
	struct vg_verified v;

	(void)state;
	r.flags |= VG_RECORD_MEMBER_OF;
	r.member_no = 1;
	assert_int_equal(claim(&v), VG_REFUSE_FIELDS);
	r.flags = VG_RECORD_LISTED | VG_RECORD_RESOURCE;
	r.member_no = UINT32_MAX;
	assert_int_equal(claim(&v), VG_REFUSE_FIELDS);
	r.flags = 0; /* and without the flag there is no match without hits */
	r.member_no = 0;
	assert_int_equal(claim(&v), VG_REFUSE_FIELDS);
	r.flags = VG_RECORD_LISTED;
	r.n_hits = 1;
	r.hits[0].algo = VG_ALGO_URL; /* a hasher names no URL */
	assert_int_equal(claim(&v), VG_REFUSE_FIELDS);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_for_a_listed_url_is_believed_without_any_bytes),
		T(a_url_never_asks_for_a_report),
		T(a_hasher_that_claims_what_the_dataplane_did_not_mark_lies),
		T(a_dataplane_that_marks_what_no_list_has_is_refused),
		T(an_absolute_target_is_only_its_path),
		T(what_is_suppressed_is_no_claim),
		T(the_bytes_are_tied_to_the_record_as_always),
		T(members_and_resources_have_no_url_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
