/* object_line: the fixed fields of --objects, and that hostile records cannot break a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include <vigil/base.h>

#include "control/replay/object_line.h"
#include "tests/lib/guard.h"
#include "tests/lib/index_make.h"

static char line[VG_OBJECT_LINE_MAX];

static json_t *line_of(const struct vg_object_facts *facts)
{
	size_t n = vg_object_line(facts, line, sizeof(line));
	assert_true(n > 0);
	assert_int_equal(line[n - 1], '\n');
	assert_null(memchr(line, '\n', n - 1));
	json_t *root = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	assert_non_null(root);
	return root;
}
static const char *text(const json_t *root, const char *key)
{
	return json_string_value(json_object_get(root, key));
}
static void assert_null_at(const json_t *root, const char *key)
{
	assert_true(json_is_null(json_object_get(root, key)));
}
static void fill(struct vg_attribution *a, struct vg_msg_record *r)
{
	memset(a, 0, sizeof(*a));
	memset(r, 0, sizeof(*r));
	a->ip_version = 4;
	a->proto = VG_PROTO_HTTP;
	a->direction = VG_UPLOAD;
	memcpy(a->src_ip, "\x0a\x00\x00\x01", 4);
	memcpy(a->dst_ip, "\x0a\x00\x00\x02", 4);
	a->src_port = 40000;
	a->dst_port = 80;
	a->n_host = (uint16_t)snprintf(a->host, sizeof(a->host), "pictures.example");
	a->n_url = (uint16_t)snprintf(a->url, sizeof(a->url), "/up?x=1");
	a->n_filename = (uint16_t)snprintf(a->filename, sizeof(a->filename), "a.jpg");
	r->kind = VG_KIND_JPEG;
	r->state = VG_STATE_COMPLETE;
	r->n_bytes = 1234;
	r->flags = VG_RECORD_HAS_DIGESTS | VG_RECORD_HAS_PDQ | VG_RECORD_LAST;
	r->pdq_quality = 88;
	memset(r->md5, 0x11, sizeof(r->md5));
	memset(r->raw_md5, 0x22, sizeof(r->raw_md5));
}

static void what_was_undone_is_said_where_anything_was(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "x", &r, &a, NULL, NULL };
	(void)state;
	fill(&a, &r);
	a.codings = VG_CODING_GZIP;
	a.flags = VG_ATTR_CHUNKED;
	r.transfer = VG_TRANSFER_BASE64; /* of no member */
	json_t *root = line_of(&facts);
	assert_string_equal(text(root, "codings"), "gzip, chunked");
	assert_null(json_object_get(root, "transfer"));
	json_decref(root);
	r.flags |= VG_RECORD_MEMBER_OF;
	r.n_field = UINT16_MAX; /* a lie is bounded */
	memcpy(r.field, "ph\x01to", 5);
	root = line_of(&facts);
	assert_string_equal(text(root, "transfer"), "base64");
	assert_int_equal(json_string_length(json_object_get(root, "field")), VG_RECORD_FIELD);
	json_decref(root);
}

static void a_line_has_every_field_of_the_contract(void **state)
{
	static const char *const keys[] = { "capture",  "proto",       "direction", "src_ip", "src_port", "dst_ip",
					    "dst_port", "client_ip",   "host",      "url",    "filename", "type",
					    "size",     "state",       "md5",       "sha1",   "sha256",   "raw_md5",
					    "pdq",      "pdq_quality", "parent",    "member", "matches" };
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "dir/x.pcap", &r, &a, NULL, NULL };
	(void)state;
	fill(&a, &r);
	json_t *root = line_of(&facts);
	for (size_t i = 0; i < VG_ARRAY_LEN(keys); i++)
		assert_non_null(json_object_get(root, keys[i]));
	assert_int_equal(json_object_size(root), VG_ARRAY_LEN(keys));
	assert_string_equal(text(root, "capture"), "dir/x.pcap");
	assert_string_equal(text(root, "proto"), "http");
	assert_string_equal(text(root, "direction"), "upload");
	assert_string_equal(text(root, "src_ip"), "10.0.0.1");
	assert_string_equal(text(root, "client_ip"), "10.0.0.1");
	assert_string_equal(text(root, "type"), "image/jpeg");
	assert_string_equal(text(root, "md5"), "11111111111111111111111111111111");
	assert_null_at(root, "raw_md5");
	assert_null_at(root, "parent");
	assert_null_at(root, "member");
	assert_int_equal(json_integer_value(json_object_get(root, "size")), 1234);
	assert_int_equal(json_array_size(json_object_get(root, "matches")), 0);
	json_decref(root);
}
static void what_has_a_hole_has_no_digests_and_what_stopped_has(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "x", &r, &a, NULL, NULL };
	(void)state;
	for (unsigned s = VG_STATE_TRUNCATED; s < VG_STATE_N; s++) {
		fill(&a, &r);
		r.state = (uint8_t)s;
		r.flags |= VG_RECORD_CODED;
		json_t *root = line_of(&facts);
		static const char *const keys[] = { "md5", "sha1", "sha256", "raw_md5" };
		for (size_t i = 0; i < VG_ARRAY_LEN(keys); i++)
			if (s == VG_STATE_GAP)
				assert_null_at(root, keys[i]);
			else
				assert_true(json_is_string(json_object_get(root, keys[i])));
		assert_string_equal(text(root, "state"), vg_state_str(s));
		json_decref(root);
	}
}
static void a_coded_body_has_both_digests(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "x", &r, &a, NULL, NULL };
	(void)state;
	fill(&a, &r);
	r.flags |= VG_RECORD_CODED;
	json_t *root = line_of(&facts);
	assert_string_equal(text(root, "raw_md5"), "22222222222222222222222222222222");
	json_decref(root);
}
static void a_member_names_its_parent_and_path(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "x", &r, &a, NULL, NULL };
	(void)state;
	fill(&a, &r);
	r.flags |= VG_RECORD_MEMBER_OF;
	r.n_member = (uint16_t)snprintf(r.member, sizeof(r.member), "C:\\dir\\photo.png");
	memset(r.parent_sha256, 0xab, sizeof(r.parent_sha256));
	json_t *root = line_of(&facts);
	assert_string_equal(text(root, "member"), "C:\\dir\\photo.png");
	assert_string_equal(text(root, "filename"), "photo.png");
	assert_int_equal(strlen(text(root, "parent")), 64);
	json_decref(root);
}
static void files_have_no_network(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "x", &r, &a, NULL, NULL };
	(void)state;
	fill(&a, &r);
	a.ip_version = 0;
	a.proto = VG_PROTO_FILE;
	json_t *root = line_of(&facts);
	assert_string_equal(text(root, "proto"), "file");
	assert_null_at(root, "src_ip");
	assert_null_at(root, "dst_port");
	assert_null_at(root, "client_ip");
	assert_null_at(root, "direction");
	json_decref(root);
}
static void the_client_is_whom_a_trusted_proxy_names(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "x", &r, &a, NULL, NULL };
	(void)state;
	fill(&a, &r);
	a.n_forwarded = (uint16_t)snprintf(a.forwarded, sizeof(a.forwarded), "2001:DB8::7");
	a.flags |= VG_ATTR_CLIENT;
	json_t *root = line_of(&facts);
	assert_string_equal(text(root, "client_ip"), "2001:db8::7");
	assert_null(json_object_get(root, "claimed_ip"));
	json_decref(root);
}
static void whom_anybody_names_stands_beside_the_client(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "x", &r, &a, NULL, NULL };
	(void)state;
	fill(&a, &r);
	a.n_forwarded = (uint16_t)snprintf(a.forwarded, sizeof(a.forwarded), "203.0.113.9");
	for (unsigned direction = 0; direction < 2; direction++) {
		a.direction = (uint8_t)direction;
		json_t *root = line_of(&facts);
		assert_string_equal(text(root, "client_ip"), direction == VG_UPLOAD ? "10.0.0.1" : "10.0.0.2");
		assert_string_equal(text(root, "claimed_ip"), "203.0.113.9");
		json_decref(root);
	}
	for (unsigned is_trusted = 0; is_trusted < 2; is_trusted++) { /* what is no address is nobody's */
		a.n_forwarded = (uint16_t)snprintf(a.forwarded, sizeof(a.forwarded), "unknown\" , \"x");
		a.flags = is_trusted ? VG_ATTR_CLIENT : 0;
		a.direction = VG_DOWNLOAD;
		json_t *root = line_of(&facts);
		assert_string_equal(text(root, "client_ip"), "10.0.0.2");
		assert_null(json_object_get(root, "claimed_ip"));
		json_decref(root);
	}
}
static void matches_stand_in_the_order_of_the_lists(void **state)
{
	struct vg_index_make m = { 0 };
	struct vg_index_view view;
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "x", &r, &a, &view, NULL };
	uint8_t value[32] = { 1 };
	size_t n;
	(void)state;
	vg_index_make_list(&m, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < 3; i++)
		vg_index_make_add(&m, 0, i ? VG_ALGO_PDQ : VG_ALGO_MD5, value);
	uint8_t *base = vg_index_make_bytes(&m, 1, &n);
	assert_int_equal(vg_index_open(base, n, &view), VG_OK);
	fill(&a, &r);
	r.n_hits = 255; /* a lie: only VG_RECORD_MAX_HITS are there */
	r.hits[0] = (struct vg_hit){ .entry_idx = 2, .algo = VG_ALGO_PDQ, .distance = 4 };
	r.hits[1] = (struct vg_hit){ .entry_idx = 4000000, .algo = VG_ALGO_PDQ };
	r.hits[2] = (struct vg_hit){ .entry_idx = 0, .algo = VG_ALGO_MD5 };
	for (unsigned i = 3; i < VG_RECORD_MAX_HITS; i++)
		r.hits[i].entry_idx = 4000000;
	json_t *root = line_of(&facts);
	json_t *matches = json_object_get(root, "matches");
	assert_int_equal(json_array_size(matches), 2);
	assert_string_equal(text(json_array_get(matches, 0), "algo"), "md5");
	assert_string_equal(text(json_array_get(matches, 0), "list"), "list");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(matches, 1), "distance")), 4);
	json_decref(root);
	free(base);
	vg_index_make_free(&m);
}
/* Every byte of record and attribution random, lengths clamped as vg_attribution_read() does. */
static void any_record_makes_one_legal_line(void **state)
{
	unsigned seed = (unsigned)getpid();
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "\xff\"\n", &r, &a, NULL, NULL };
	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned round = 0; round < 500; round++) {
		for (size_t i = 0; i < sizeof(a); i++)
			((uint8_t *)&a)[i] = (uint8_t)rand_r(&seed);
		for (size_t i = 0; i < sizeof(r); i++)
			((uint8_t *)&r)[i] = (uint8_t)rand_r(&seed);
		r.n_bytes >>= 1; /* what a JSON reader takes as integer */
		a.n_host %= VG_ATTR_HOST + 1;
		a.n_url %= VG_ATTR_URL + 1;
		a.n_filename %= VG_ATTR_FILENAME + 1;
		a.n_forwarded %= VG_ATTR_FORWARDED + 1;
		json_decref(line_of(&facts));
	}
}
static void a_film_says_its_frames_and_lists_them_where_asked(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	static struct vg_frame_hash frames[VG_FRAMES_MAX];
	struct vg_object_facts facts = { "x", &r, &a, NULL, NULL };
	json_t *object;
	(void)state;
	fill(&a, &r);
	object = line_of(&facts);
	assert_null(json_object_get(object, "frames"));
	json_decref(object);
	r.flags |= VG_RECORD_HAS_FRAMES | VG_RECORD_PART_FILM;
	r.n_frames = VG_FRAMES_MAX;
	object = line_of(&facts);
	assert_int_equal(json_integer_value(json_object_get(object, "frames")), VG_FRAMES_MAX);
	assert_string_equal(json_string_value(json_object_get(object, "film")), "part");
	assert_null(json_object_get(object, "vpdq"));
	json_decref(object);
	for (unsigned i = 0; i < VG_FRAMES_MAX; i++) {
		frames[i] =
			(struct vg_frame_hash){ .frame_no = UINT32_MAX, .timestamp_ms = UINT32_MAX, .quality = 255 };
		memset(frames[i].pdq, 0xab, 32);
	}
	frames[0] = (struct vg_frame_hash){ .frame_no = 7, .timestamp_ms = 1033, .quality = 99, .pdq = { 0x0f } };
	facts.frames = frames;
	object = line_of(&facts); /* also fits its buffer */
	assert_int_equal(json_array_size(json_object_get(object, "vpdq")), VG_FRAMES_MAX);
	assert_string_equal(json_string_value(json_array_get(json_object_get(object, "vpdq"), 0)),
			    "7,99,0f00000000000000000000000000000000000000000000000000000000000000,1.033");
	json_decref(object);
}
static void a_short_buffer_gives_no_line(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { "x", &r, &a, NULL, NULL };
	char small[100];
	(void)state;
	fill(&a, &r);
	assert_int_equal(vg_object_line(&facts, small, sizeof(small)), 0);
}

static void what_plugins_say_stands_by_their_names(void **state)
{
	struct vg_attribution a;
	struct vg_msg_record r;
	struct vg_object_facts facts = { .record = &r, .attr = &a, .capture = "c.pcap" };

	(void)state;
	fill(&a, &r);
	json_t *root = line_of(&facts);
	assert_null(json_object_get(root, "plugins"));
	json_decref(root);
	r.plugins = (struct vg_plugin_values){ .n = 2, .at = { { "one", 2, 7, 0, 0 }, { "two", 254, 100, 0, 3 } } };
	memset(r.plugins.bytes, 0xab, sizeof(r.plugins.bytes));
	r.plugins.bytes[2] = 0x01;
	root = line_of(&facts);
	const json_t *one = json_object_get(json_object_get(root, "plugins"), "one");
	const json_t *two = json_object_get(json_object_get(root, "plugins"), "two");
	assert_string_equal(text(one, "value"), "abab");
	assert_int_equal(json_integer_value(json_object_get(one, "quality")), 7);
	assert_int_equal(strlen(text(two, "value")), 508);
	assert_memory_equal(text(two, "value"), "01ab", 4);
	json_decref(root);
	r.plugins.at[1].algo[0] = '"'; /* nothing of what cannot be */
	root = line_of(&facts);
	assert_null(json_object_get(root, "plugins"));
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_undone_is_said_where_anything_was),
		cmocka_unit_test(a_line_has_every_field_of_the_contract),
		cmocka_unit_test(what_has_a_hole_has_no_digests_and_what_stopped_has),
		cmocka_unit_test(a_coded_body_has_both_digests),
		cmocka_unit_test(a_member_names_its_parent_and_path),
		cmocka_unit_test(files_have_no_network),
		cmocka_unit_test(the_client_is_whom_a_trusted_proxy_names),
		cmocka_unit_test(whom_anybody_names_stands_beside_the_client),
		cmocka_unit_test(matches_stand_in_the_order_of_the_lists),
		cmocka_unit_test(any_record_makes_one_legal_line),
		cmocka_unit_test(a_film_says_its_frames_and_lists_them_where_asked),
		cmocka_unit_test(a_short_buffer_gives_no_line),
		cmocka_unit_test(what_plugins_say_stands_by_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
