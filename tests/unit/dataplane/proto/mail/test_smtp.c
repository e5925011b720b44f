/* SMTP: what is a message and where it ends, pipelined, refused, in chunks, one-sided, with holes. */
#include "tests/lib/talks.h"

#define MAIL                                          \
	">EHLO a.example\r\n", "<250-x\r\n250 y\r\n", \
		">MAIL FROM:<me@a> SIZE=9\r\nRCPT TO:<you@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
#define UP "up DATA a.example mailto:you@b?from=me@a "

static const struct vg_talk talks[] = {
	{ "data",
	  { "<220 hi\r\n", MAIL, "<250 1\r\n250 2\r\n250 3\r\n354 go\r\n",
	    ">Subject: x\r\n\r\n..a\r\n.b\r\n.\r\nQUIT\r\n" },
	  UP "0: Subject: x.....a..b.. = complete\n",
	  0,
	  0 },
	{ "two messages in a session",
	  { MAIL, "<354\r\n", ">1\r\n.\r\nMAIL FROM:<x@y>\r\nRCPT TO:<z@w>\r\nDATA\r\n", "<250 ok\r\n354\r\n",
	    ">2\r\n.\r\n" },
	  UP "0: 1.. = complete\nup DATA a.example mailto:z@w?from=x@y 0: 2.. = complete\n",
	  0,
	  0 },
	{ "refused", { MAIL, "<554 no\r\n", ">RSET\r\nQUIT\r\n" }, "", 0, 0 },
	{ "one recipient refused",
	  { MAIL, "<250 1\r\n550 2\r\n250 3\r\n354 go\r\n", ">hi\r\n.\r\n" },
	  UP "0: hi.. = complete\n",
	  0,
	  0 },
	{ "no server to see", { MAIL, ">From: a\r\n\r\n.\r\nQUIT\r\n" }, UP "0: From: a.... = complete\n", 0, 0 },
	{ "no server, and refused", { MAIL, ">RSET\r\nQUIT\r\n" }, "", 0, 0 },
	{ "chunks",
	  { ">EHLO h\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nBDAT 5\r\nab\r\n.BDAT 3 LAST\r\n\r\nxNOOP\r\n" },
	  "up BDAT h mailto:b?from=a 0: ab.....x = complete\n",
	  0,
	  0 },
	{ "an empty last chunk",
	  { ">EHLO h\r\nBDAT 3\r\nabcBDAT 0 LAST\r\n" },
	  "up BDAT h  0: abc = complete\n",
	  0,
	  0 },
	{ "a hole in a message",
	  { MAIL, "<354\r\n", ">abc", "(7", ">def\r\n.\r\n" },
	  UP "0: abc{7}def.. = gap\n",
	  0,
	  0 },
	{ "a hole in a chunk",
	  { ">EHLO h\r\nBDAT 10 LAST\r\nabc", "(4", ">xyzNOOP\r\n" },
	  "up BDAT h  0: abc{4}xyz = gap\n",
	  0,
	  0 },
	{ "cut", { MAIL, "<354\r\n", ">abc\r\n", "E" }, UP "0: abc.. = truncated\n", 0, 0 },
	{ "reset", { MAIL, "<354\r\n", ">abc\r\n", "R" }, UP "0: abc.. = aborted\n", 0, 0 },
	{ "a dot that is none",
	  { MAIL, "<354\r\n", ">a.\r\n.\rx\r\n\r.\r\n.\r\n" },
	  UP "0: a....x...... = complete\n",
	  0,
	  0 },
};

static void messages_come_out_the_same_however_they_are_cut(void **state)
{
	(void)state;
	vg_talks_hold(talks, sizeof(talks) / sizeof(talks[0]), VG_APP_SMTP, VG_CONF_MAIL);
}

static void tls_is_let_go(void **state)
{
	static const struct vg_talk talk = {
		"tls", { ">EHLO a\r\nSTARTTLS\r\n", "<220 go\r\n", ">\x16\x03\x01\x02" }, "", 0, 1
	};
	(void)state;
	vg_talk_hold(&talk, VG_APP_SMTP, VG_CONF_MAIL, VG_TALK_WHOLE);
}

static void without_the_setting_nobody_looks(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 2 };
	struct vg_talks *t = aligned_alloc(64, (sizeof(*t) + 63) & ~(size_t)63);
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_body_sink sink;
	struct vg_recogniser rows[VG_APP_N];
	(void)state;
	memset(t, 0, sizeof(*t));
	sink = vg_body_log_sink(&t->log);
	struct vg_proto *p = vg_proto_create(&conf, &t->stats, &sink, vg_protocols);
	assert_null(vg_proto_flow_take(p, VG_APP_SMTP, &ident));
	for (uint32_t i = vg_proto_recognisers(p, rows); i--;)
		assert_true(rows[i].app != VG_APP_SMTP && rows[i].app != VG_APP_POP3 && rows[i].app != VG_APP_IMAP);
	vg_proto_destroy(p);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_out_the_same_however_they_are_cut),
		cmocka_unit_test(tls_is_let_go),
		cmocka_unit_test(without_the_setting_nobody_looks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
