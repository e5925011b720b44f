/* Commands and replies, and what of them is in the card. */
#include "tests/lib/ftp_bench.h"

static const struct ftp_talk talks[] = {
	{ "the working directory is part of the name, once the server agrees",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE I\r\nCWD /pub\r\n", 0 },
	    { '<', "200 ok\r\n250 ok\r\n", 0 },
	    { '>', "CWD nowhere\r\n", 0 },
	    { '<', "550 no\r\n", 0 },
	    { '>', "CWD img\r\n", 0 },
	    { '<', "250 ok\r\n", 0 },
	    { '>', "PWD\r\n", 0 },
	    { '<', "257 \"/pub/img\"\r\n", 0 },
	    { '>', "CDUP\r\n", 0 },
	    { '<', "250 ok\r\n", 0 },
	    { '>', "PORT 10,0,0,2,195,80\r\nRETR a/./b.jpg\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "200 ok\r\n150 go\r\n226 done\r\n", 0 } },
	  "down RETR  ftp://10.0.0.1/pub/a/b.jpg 0 file=b.jpg: abc = complete\n" },
	{ "a piece: REST",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE I\r\nREST 100\r\nPORT 10,0,0,2,195,80\r\nRETR a\r\n", 0 },
	    { '<', "200 ok\r\n350 ok\r\n200 ok\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "150 go (103 bytes)\r\n226 done\r\n", 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a flags=10: abc = complete\n" },
	{ "a server that refuses REST",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE I\r\nREST 100\r\n", 0 },
	    { '<', "200 ok\r\n502 no\r\n", 0 },
	    { '>', "PORT 10,0,0,2,195,80\r\nRETR a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "200 ok\r\n150 go\r\n226 done\r\n", 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a: abc = complete\n" },
	{ "appended where SIZE said that it ends",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE I\r\nSIZE a\r\n", 0 },
	    { '<', "200 ok\r\n213 77\r\n", 0 },
	    { '>', "EPRT |1|10.0.0.2|50000|\r\nAPPE a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'u', "abc", 0 },
	    { 'f', NULL, 0 },
	    { '<', "200 ok\r\n150 go\r\n226 done\r\n", 0 } },
	  "up APPE  ftp://10.0.0.1/a 0 file=a flags=1410 at=77: abc = complete\n" },
	{ "appended where nobody said that it ends, whatever REST says",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE I\r\nREST 5\r\nEPRT |1|10.0.0.2|50000|\r\nAPPE a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'u', "abc", 0 },
	    { 'f', NULL, 0 },
	    { '<', "200 ok\r\n350 ok\r\n200 ok\r\n150 go\r\n226 done\r\n", 0 } },
	  "up APPE  ftp://10.0.0.1/a 0 file=a flags=1410 at=-1: abc = complete\n" },
	{ "gone on with: REST and STOR",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE I\r\nEPRT |1|10.0.0.2|50000|\r\nREST 100\r\nSTOR a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'u', "abc", 0 },
	    { 'f', NULL, 0 },
	    { '<', "200 ok\r\n200 ok\r\n350 ok\r\n150 go\r\n226 done\r\n", 0 } },
	  "up STOR  ftp://10.0.0.1/a 0 file=a flags=410 at=100: abc = complete\n" },
	{ "the server names what STOU stored",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE I\r\nEPRT |1|10.0.0.2|50000|\r\nSTOU\r\n", 0 },
	    { '<', "200 ok\r\n200 ok\r\n150 FILE: u1.png\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'u', "abc", 0 },
	    { 'f', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "up STOU  ftp://10.0.0.1/u1.png 0 file=u1.png flags=c00: abc = complete\n" },
	{ "text that is gone on with: offsets of both sorts",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE A\r\nEPRT |1|10.0.0.2|50000|\r\nREST 100\r\nSTOR a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'u', "ab\r\nc", 0 },
	    { 'f', NULL, 0 },
	    { '<', "200 ok\r\n200 ok\r\n350 ok\r\n150 go\r\n226 done\r\n", 0 } },
	  "up STOR  ftp://10.0.0.1/a 0 file=a flags=418 at=100: ab..c = complete\n"
	  "up STOR  ftp://10.0.0.1/a 0 file=a flags=418 at=100: ab.c = complete\n" },
	{ "text appended where SIZE said that the file ends: not how much crossed",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE I\r\nSIZE a\r\n", 0 },
	    { '<', "200 ok\r\n213 77\r\n", 0 },
	    { '>', "TYPE A\r\nEPRT |1|10.0.0.2|50000|\r\nAPPE a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'u', "ab\r\nc", 0 },
	    { 'f', NULL, 0 },
	    { '<', "200 ok\r\n200 ok\r\n150 go\r\n226 done\r\n", 0 } },
	  "up APPE  ftp://10.0.0.1/a 0 file=a flags=1418 at=-1: ab..c = complete\n"
	  "up APPE  ftp://10.0.0.1/a 0 file=a flags=1418 at=77: ab.c = complete\n" },
	{ "the same where SIZE was asked of text",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE A\r\nSIZE a\r\n", 0 },
	    { '<', "200 ok\r\n213 77\r\n", 0 },
	    { '>', "EPRT |1|10.0.0.2|50000|\r\nAPPE a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'u', "ab\r\nc", 0 },
	    { 'f', NULL, 0 },
	    { '<', "200 ok\r\n150 go\r\n226 done\r\n", 0 } },
	  "up APPE  ftp://10.0.0.1/a 0 file=a flags=1418 at=77: ab..c = complete\n"
	  "up APPE  ftp://10.0.0.1/a 0 file=a flags=1418 at=-1: ab.c = complete\n" },
	{ "a server that refuses to go on with text",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE A\r\nREST 100\r\n", 0 },
	    { '<', "200 ok\r\n501 not in ASCII mode\r\n", 0 },
	    { '>', "EPRT |1|10.0.0.2|50000|\r\nRETR a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'd', "ab\r\nc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "200 ok\r\n150 go\r\n226 done\r\n", 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a flags=c08: ab..c = complete\n"
	  "down RETR  ftp://10.0.0.1/a 0 file=a flags=c08: ab.c = complete\n" },
	{ "urgent bytes before ABOR, 426 then 226",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "TYPE I\r\nEPRT |1|10.0.0.2|50000|\r\nRETR a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'd', "abc", 0 },
	    { '>',
	      "\xff\xf4\xff\xf2"
	      "ABOR\r\n",
	      0 },
	    { 'F', NULL, 0 },
	    { '<', "200 ok\r\n200 ok\r\n150 go\r\n426 aborted\r\n226 closed\r\n", 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a: abc = aborted\n" },
};

static void commands_and_replies_make_names_places_and_ends(void **state)
{
	ftp_hold_all(*state, talks, VG_ARRAY_LEN(talks));
}

/* n commands without an answer. */
static void more_commands_than_can_wait_start_the_pairing_over(void **state)
{
	struct ftp_bench *b = *state;
	struct vg_flow_ident ident = ftp_ident(b, FTP_PORTS(21, 40000), 0);

	b->control = vg_proto_flow_take(b->proto, VG_APP_FTP, &ident);
	for (unsigned i = 0; i < 3 * VG_FTP_MAX_WAITING; i++)
		ftp_feed(b, &b->control, 1, "NOOP\r\n", WHOLE);
	for (unsigned i = 0; i < 4 * VG_FTP_MAX_WAITING; i++)
		ftp_feed(b, &b->control, 0, "200 ok\r\n", WHOLE);
	assert_non_null(b->control);
	vg_proto_flow_give(b->proto, &b->control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(commands_and_replies_make_names_places_and_ends, ftp_bench_open,
						ftp_bench_close),
		cmocka_unit_test_setup_teardown(more_commands_than_can_wait_start_the_pairing_over, ftp_bench_open,
						ftp_bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
