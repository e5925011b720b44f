/* SMB's recogniser, texts and limits; what messages mean is in test_smb1.c and test_smb2.c. */
#include "tests/lib/smb_talk.h"

#include "dataplane/proto/smb/smb_text.h"

static void the_first_bytes_tell(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t n;
		enum vg_app app;
	} cases[] = {
		{ "\0", 1, VG_APP_NONE },
		{ "\0\0\0\x40\xfeSM", 7, VG_APP_NONE },
		{ "\0\0\0\x40\xfeSMB", 8, VG_APP_SMB },
		{ "\0\0\0\x40\xffSMB", 8, VG_APP_SMB },
		{ "\0\0\1\0\xfdSMB", 8, VG_APP_SMB },
		{ "\0\0\0\x40\xfbSMB", 8, VG_APP_UNKNOWN },
		{ "\0\0\0\x40\xffSMX", 8, VG_APP_UNKNOWN },
		{ "\0\0\0\1\xffSMB", 8, VG_APP_UNKNOWN },
		{ "\0\xff\0\1", 4, VG_APP_UNKNOWN },
		{ "\1\0\0\x40\xffSMB", 8, VG_APP_UNKNOWN },
		{ "\x81\0\0\x44\x20", 5, VG_APP_NONE },
		{ "\x81\0\0\x44\x20"
		  "CKFDENEC",
		  13, VG_APP_SMB },
		{ "\x81\0\0\x44\x20"
		  "ckFDENEC",
		  13, VG_APP_UNKNOWN },
		{ "\x82\0\0\0", 4, VG_APP_NONE },
		{ "\x82\0\0\0\0\0\0\x40\xffSMB", 12, VG_APP_SMB },
		{ "\x82\1\0\0", 4, VG_APP_UNKNOWN },
		{ "GET / HT", 8, VG_APP_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *at = vg_guard_copy(cases[i].bytes, cases[i].n);
		assert_int_equal(vg_smb_first(at, cases[i].n), cases[i].app);
		(void)vg_smb_begins(at, cases[i].n);
		vg_guard_free(at, cases[i].n);
	}
}

static void a_record_in_the_middle_is_found_only_where_it_is_one(void **state)
{
	uint8_t record[VG_SMB_MAKE_BYTES];
	uint32_t n = vg_smb_record(record, "read 1 fid=7 n=3", 0);
	(void)state;
	assert_true(vg_smb_begins(record, n));
	assert_false(vg_smb_begins(record, VG_SMB_HUNT_BYTES - 1));
	record[16] = 0x13; /* no such command */
	assert_false(vg_smb_begins(record, n));
	record[16] = 8;
	record[8] = 65; /* no such head */
	assert_false(vg_smb_begins(record, n));
	n = vg_smb_record(record, "read1 1 fid=7 n=3", 0);
	assert_true(vg_smb_begins(record, n));
}

static void names_become_utf8(void **state)
{
	static const struct {
		const char *from;
		size_t n_from, cap;
		const char *to;
		int cut;
	} cases[] = {
		{ "a\0\\\0b\0", 6, 9, "a/b", 0 },
		{ "\xe4\0\xac\x20", 4, 9, "\xc3\xa4\xe2\x82\xac", 0 },
		{ "\x3d\xd8\x00\xde", 4, 9, "\xf0\x9f\x98\x80", 0 },
		{ "\x3d\xd8"
		  "a\0",
		  4, 9,
		  "\xef\xbf\xbd"
		  "a",
		  0 },
		{ "\x00\xde", 2, 9, "\xef\xbf\xbd", 0 },
		{ "a\0b\0", 4, 1, "a", 1 },
		{ "a\0\xe4\0", 4, 2, "a", 1 },
		{ "a\0\0\0b\0", 6, 9, "a", 0 },
		{ "a\0b", 3, 9, "a", 0 },
	};
	char text[16];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int cut = 0;
		uint8_t *at = vg_guard_copy(cases[i].from, cases[i].n_from);
		size_t n = vg_smb_text_add(text, 0, cases[i].cap, at, cases[i].n_from, 1, &cut);
		assert_int_equal(n, strlen(cases[i].to));
		assert_memory_equal(text, cases[i].to, n);
		assert_int_equal(cut, cases[i].cut);
		vg_guard_free(at, cases[i].n_from);
	}
}

static void a_user_is_read_whatever_its_token_claims(void **state)
{
	uint8_t token[256], changed[256];
	uint32_t n = vg_ntlm_put(token + 9, "ann") + 9;
	char text[96];
	int cut = 0;
	(void)state;
	memset(token, 0x60, 9);
	assert_int_equal(vg_smb_text_user(text, sizeof(text), token, n, &cut), 7);
	assert_memory_equal(text, "DOM;ann", 7);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *at = vg_guard_copy(token, i);
		(void)vg_smb_text_user(text, sizeof(text), at, i, &cut);
		vg_guard_free(at, i);
		for (unsigned value = 0; value < 256; value += 51) {
			memcpy(changed, token, n);
			changed[i] = (uint8_t)value;
			at = vg_guard_copy(changed, n);
			assert_true(vg_smb_text_user(text, 5, at, n, &cut) <= 5);
			vg_guard_free(at, n);
		}
	}
}

static void one_line(struct bench *b, struct vg_proto_flow **flow, unsigned dir, const char *line)
{
	static uint8_t record[VG_SMB_MAKE_BYTES];
	uint32_t n = vg_smb_record(record, line, (int)dir);
	assert_int_equal(vg_proto_feed(b->proto, flow, dir, record, n, 1), VG_MORE);
}

static void at_a_limit_the_oldest_is_given_up(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_SMB, &ident);
	const struct vg_smb_flow *smb = vg_smb_flow_of(flow);
	char line[128];
	b->log.n_text = 0;
	one_line(b, &flow, 0, "write 1 fid=1 data=first");
	for (unsigned i = 2; i < VG_SMB_MAX_FILES + 2; i++) {
		snprintf(line, sizeof(line), "close %u fid=%u", i, i);
		one_line(b, &flow, 0, line);
	}
	assert_string_equal(b->log.text, "up WRITE   0: first = truncated\n");
	assert_int_equal(smb->files.n_items, VG_SMB_MAX_FILES);
	assert_int_equal(b->stats.counters[VG_C_SMB_SHED_FILES], 1);
	for (unsigned i = 0; i < VG_SMB_MAX_ASKS; i++) {
		snprintf(line, sizeof(line), "read %u fid=5 off=%u n=1", 1000 + i, i);
		one_line(b, &flow, 0, line);
	}
	assert_int_equal(smb->asks.n_items, VG_SMB_MAX_ASKS);
	assert_int_equal(b->stats.counters[VG_C_SMB_SHED_ASKS], VG_SMB_MAX_FILES);
	for (unsigned i = 0; i < VG_SMB_MAX_TREES + 3; i++) {
		snprintf(line, sizeof(line), "tree %u name=\\\\h\\%u", 5000 + i, i);
		one_line(b, &flow, 0, line);
	}
	assert_int_equal(smb->trees.n_items, VG_SMB_MAX_TREES);
	assert_int_equal(b->stats.counters[VG_C_SMB_SHED_TREES], 3);
	vg_proto_flow_give(b->proto, &flow);
}

static void noise_is_survived_and_ends_in_the_end(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_SMB, &ident);
	static uint8_t noise[1 << 16];
	unsigned seed = (unsigned)time(NULL), n = 0;
	printf("seed %u\n", seed);
	srandom(seed);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(random() | 1);
	while (vg_proto_feed(b->proto, &flow, n++ & 1, noise, sizeof(noise), 1) == VG_MORE)
		assert_true(n < 4 * (VG_SMB_MAX_STRANGE_BYTES / sizeof(noise)));
	vg_proto_flow_give(b->proto, &flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_bytes_tell),
		cmocka_unit_test(a_record_in_the_middle_is_found_only_where_it_is_one),
		cmocka_unit_test(names_become_utf8),
		cmocka_unit_test(a_user_is_read_whatever_its_token_claims),
		cmocka_unit_test(at_a_limit_the_oldest_is_given_up),
		cmocka_unit_test(noise_is_survived_and_ends_in_the_end),
	};
	return cmocka_run_group_tests(tests, bench_open, bench_close);
}
