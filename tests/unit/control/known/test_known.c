/* known: what was verified and is to be stopped comes into the table, once, and leaves it with its list entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include <vigil/bytes.h>
#include <vigil/memfd.h>

#include "control/known/known.h"
#include "tests/lib/rooms.h"

struct rig {
	struct rooms *rooms;
	struct vg_knowns *knowns;
	uint8_t *bytes;
	struct vg_msg_record record;
	struct vg_verified verified;
	struct vg_intake_match match;
};

static void list_is(struct rig *r, const char *text, unsigned action)
{
	rooms_write(r->rooms->list_path, text);
	r->rooms->config->lists[0].action = action;
	assert_int_equal(rooms_reload(r->rooms, r->rooms->why, sizeof(r->rooms->why)), VG_OK);
}

static const char *line_of(const struct rig *r, char line[128])
{
	char hex[65];
	vg_hex(r->record.sha256, 32, hex);
	snprintf(line, 128, "sha256,%s,entry-9\n", hex);
	return line;
}

static int rig_open(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char line[128];
	r->rooms = rooms_create();
	r->bytes = calloc(1, 40000);
	for (unsigned i = 0; i < 40000; i++)
		r->bytes[i] = (uint8_t)(i * 13 + (i >> 8));
	r->record.n_bytes = r->record.n_sample_bytes = 40000;
	EVP_Digest(r->bytes, 40000, r->record.sha256, NULL, EVP_sha256(), NULL);
	r->verified.n_hits = 1;
	r->verified.exact = r->verified.hit_exact[0] = 1;
	r->verified.hit_action[0] = VG_ACTION_REPORT_BLOCK;
	r->match = (struct vg_intake_match){ .record = &r->record, .verified = &r->verified, .bytes = r->bytes };
	list_is(r, line_of(r, line), VG_ACTION_REPORT_BLOCK);
	r->knowns = vg_knowns_create(r->rooms->store, r->rooms->lists);
	assert_non_null(r->knowns);
	*state = r;
	return 0;
}

static int rig_close(void **state)
{
	struct rig *r = *state;
	vg_knowns_destroy(r->knowns);
	rooms_destroy(r->rooms);
	free(r->bytes);
	free(r);
	return 0;
}

/* The heads in the table behind the first one, which is always the empty object. */
static uint32_t heads(const struct rig *r, struct vg_known_head *last)
{
	struct vg_intake_known t = vg_knowns_table(r->knowns);
	size_t n_bytes = 0, want = t.n_heads * sizeof(*last);
	assert_int_equal(vg_memfd_check(t.fd, VG_SEALS_FINAL, want, want, &n_bytes), VG_OK);
	const struct vg_known_head *at = vg_memfd_map(t.fd, n_bytes, PROT_READ);
	assert_int_equal(at[0].n_bytes, 0);
	*last = at[t.n_heads - 1];
	munmap((void *)(uintptr_t)at, n_bytes);
	return t.n_heads - 1;
}

static void a_verified_match_is_known_by_its_length_and_first_bytes(void **state)
{
	struct rig *r = *state;
	struct vg_known_head head;
	uint8_t digest[32];
	int is_new;
	assert_int_equal(heads(r, &head), 0);
	assert_int_equal(vg_knowns_add(r->knowns, &r->match, &is_new), VG_OK);
	assert_true(is_new);
	assert_int_equal(heads(r, &head), 1);
	EVP_Digest(r->bytes, VG_KNOWN_HEAD_BYTES, digest, NULL, EVP_sha256(), NULL);
	assert_int_equal(head.n_bytes, 40000);
	assert_memory_equal(head.sha256, digest, sizeof(digest));
	uint64_t generation = vg_knowns_table(r->knowns).generation;
	assert_int_equal(vg_knowns_add(r->knowns, &r->match, &is_new), VG_OK); /* once is enough */
	assert_false(is_new);
	assert_int_equal(vg_knowns_table(r->knowns).generation, generation);
	vg_knowns_destroy(r->knowns); /* a restart */
	r->knowns = vg_knowns_create(r->rooms->store, r->rooms->lists);
	assert_int_equal(heads(r, &head), 1);
}

static void it_leaves_with_its_list_entry_its_action_or_by_suppression(void **state)
{
	struct rig *r = *state;
	struct vg_known_head head;
	char line[128];
	assert_int_equal(vg_knowns_add(r->knowns, &r->match, NULL), VG_OK);
	list_is(r, line_of(r, line), VG_ACTION_REPORT);
	assert_int_equal(vg_knowns_refresh(r->knowns), VG_OK);
	assert_int_equal(heads(r, &head), 0);
	list_is(r, line_of(r, line), VG_ACTION_BLOCK);
	assert_int_equal(vg_knowns_refresh(r->knowns), VG_OK);
	assert_int_equal(heads(r, &head), 1);
	rooms_write(r->rooms->suppress_path, "entry,entry-9\n");
	list_is(r, line_of(r, line), VG_ACTION_BLOCK);
	assert_int_equal(vg_knowns_refresh(r->knowns), VG_OK);
	assert_int_equal(heads(r, &head), 0);
	rooms_write(r->rooms->suppress_path, "");
	list_is(r, "md5,00112233445566778899aabbccddeeff,entry-1\n", VG_ACTION_BLOCK);
	assert_int_equal(vg_knowns_refresh(r->knowns), VG_OK);
	assert_int_equal(heads(r, &head), 0);
}

static void what_is_not_a_whole_body_to_be_stopped_is_not_remembered(void **state)
{
	static const uint32_t flags[] = { VG_RECORD_CODED, VG_RECORD_MEMBER_OF, VG_RECORD_PARTIAL };
	struct rig *r = *state;
	struct vg_known_head head;
	for (unsigned i = 0; i < VG_ARRAY_LEN(flags); i++) {
		r->record.flags = flags[i];
		assert_int_equal(vg_knowns_add(r->knowns, &r->match, NULL), VG_OK);
	}
	r->record.flags = 0;
	r->verified.hit_action[0] = VG_ACTION_REPORT;
	assert_int_equal(vg_knowns_add(r->knowns, &r->match, NULL), VG_OK);
	r->verified.hit_action[0] = VG_ACTION_BLOCK;
	r->verified.hit_exact[0] = 0;
	assert_int_equal(vg_knowns_add(r->knowns, &r->match, NULL), VG_OK);
	r->verified.hit_exact[0] = 1;
	r->verified.partial = 1;
	assert_int_equal(vg_knowns_add(r->knowns, &r->match, NULL), VG_OK);
	assert_int_equal(heads(r, &head), 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		T(a_verified_match_is_known_by_its_length_and_first_bytes),
		T(it_leaves_with_its_list_entry_its_action_or_by_suppression),
		T(what_is_not_a_whole_body_to_be_stopped_is_not_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
