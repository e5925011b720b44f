/* Control connections: who is who, what is let go, what is left to others. */
#include "tests/lib/ftp_bench.h"

#define LOGIN                                              \
	{ '<', "220 ready\r\n", 0 },                       \
	{                                                  \
		'>', "USER ann\r\nPASS x\r\nTYPE I\r\n", 0 \
	}

static const struct ftp_talk talks[] = {
	{ "a greeting of several lines, a name with blanks, a client that names itself",
	  0,
	  { { '<', "220-hello\r\n227 not a reply (1,2,3,4,5,6)\r\n220 ready\r\n", 0 },
	    { '>', "HOST files.example\r\nUSER ann\r\nCLNT NcFTP 3\r\nTYPE I\r\nPASV\r\n", 0 },
	    { '<', "331 who\r\n230 in\r\n200 ok\r\n200 ok\r\n227 Entering Passive Mode (10,0,0,1,16,1).\r\n", 0 },
	    { '>', "RETR a b.jpg\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(4097, 50000) },
	    { '<', "150 Opening BINARY mode data connection for a b.jpg (4 bytes).\r\n", 0 },
	    { 'd', "data", 0 },
	    { 'F', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "down RETR files.example ftp://ann@files.example/a b.jpg 0 file=a b.jpg agent=NcFTP 3: data = complete\n" },
	{ "what goes on in TLS is let go",
	  0,
	  { { '<', "220 ready\r\n", 0 }, { '>', "AUTH TLS\r\n", 0 }, { '<', "234 go on\r\n", 0 }, { '!', NULL, 0 } },
	  "" },
	{ "TLS that the server refuses changes nothing",
	  0,
	  { { '<', "220 ready\r\n", 0 },
	    { '>', "AUTH TLS\r\n", 0 },
	    { '<', "534 no\r\n", 0 },
	    { '>', "TYPE I\r\nPORT 10,0,0,2,195,80\r\nSTOR up.png\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'u', "bytes", 0 },
	    { 'f', NULL, 0 },
	    { 'E', NULL, 0 } },
	  "up STOR  ftp://10.0.0.1/up.png 0 file=up.png flags=c00: bytes = complete\n" },
	{ "one CR belongs to a line's end, and a line with another one is no reply",
	  0,
	  { LOGIN,
	    { '<', "331 who\r\n230 in\r\n200 ok\r\n", 0 },
	    { '>', "PORT 10,0,0,2,195,80\r\nSTOR up.png\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'u', "bytes", 0 },
	    { 'f', NULL, 0 },
	    { '<', "426\r\r\n", 0 },
	    { 'E', NULL, 0 } },
	  "up STOR  ftp://ann@10.0.0.1/up.png 0 file=up.png flags=c00: bytes = complete\n" },
	{ "a mail server greets alike: nobody takes the flow on here",
	  0,
	  { { '<', "220 mx ESMTP\r\n", 0 }, { '>', "EHLO me\r\n", 0 }, { '!', NULL, 0 } },
	  "" },
	{ "only the server is seen",
	  1,
	  { { '<', "227 Entering Passive Mode (10,0,0,1,16,1)\r\n", 0 },
	    { '<', "150 Opening BINARY mode data connection for x.gif (3 bytes)\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(4097, 50000) },
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "down   ftp://10.0.0.1/x.gif 0 file=x.gif: abc = complete\n" },
	{ "only the client is seen, and it listens",
	  1,
	  { { '>', "PORT 10,0,0,2,195,80\r\nRETR x.gif\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 50000) },
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 } },
	  "down RETR  ftp://10.0.0.1/x.gif 0 file=x.gif: abc = complete\n" },
	{ "a hole in the control connection costs a line, not the rest",
	  0,
	  { LOGIN,
	    { ')', NULL, 100 },
	    { '<', "d of a line\r\n229 Extended (|||4097|)\r\n", 0 },
	    { '>', "RETR y\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(4097, 50000) },
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "down RETR  ftp://ann@10.0.0.1/y 0 file=y: abc = complete\n" },
	{ "other lines than FTP's are borne for a while only",
	  1,
	  { { '>', "NICK\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n", 0 },
	    { '>', "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n", 0 },
	    { '!', NULL, 0 } },
	  "" },
};

static void conversations_give_their_bodies_however_they_are_cut(void **state)
{
	ftp_hold_all(*state, talks, VG_ARRAY_LEN(talks));
}

static void ftp_is_known_by_its_first_bytes(void **state)
{
	static const struct {
		const char *bytes;
		enum vg_app app;
	} rows[] = {
		{ "220 ready", VG_APP_FTP },
		{ "220-hello", VG_APP_FTP },
		{ "22", VG_APP_NONE },
		{ "221 bye", VG_APP_UNKNOWN },
		{ "USER ann\r\n", VG_APP_FTP },
		{ "USER an", VG_APP_NONE },
		{ "USER a b c :real name\r\n", VG_APP_UNKNOWN },
		{ "auth tls\r\n", VG_APP_FTP },
		{ "PORT 10,0,0,2,195,80\r\n", VG_APP_FTP },
		{ "PORTAL\r\n", VG_APP_UNKNOWN },
		{ "GET / HTTP/1.1\r\n", VG_APP_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		uint8_t *copy = vg_guard_copy(rows[i].bytes, strlen(rows[i].bytes));
		if (vg_ftp_first(copy, (uint32_t)strlen(rows[i].bytes)) != rows[i].app)
			fail_msg("%s", rows[i].bytes);
		vg_guard_free(copy, strlen(rows[i].bytes));
	}
	assert_int_equal(vg_ftp_begins((const uint8_t *)"227 (1,2,3,4,5,6)\r\n", 19), 1);
	assert_int_equal(vg_ftp_begins((const uint8_t *)"EPRT |1|1.2.3.4|99|\r\n", 21), 1);
	assert_int_equal(vg_ftp_begins((const uint8_t *)"227 nothing\r\n", 13), 0);
}

static void a_packet_tells_which_endpoints_it_announces(void **state)
{
	struct vg_flow_key key = ftp_key(FTP_PORTS(21, 40000));
	struct vg_endpoint at[2];
	int is_control;
	static const char nat[] = "200 ok\r\n227 Entering Passive Mode (192,168,1,9,16,1).\r\n";
	(void)state;
	assert_int_equal(vg_ftp_endpoints(&key, 0, (const uint8_t *)nat, sizeof(nat) - 1, at, &is_control), 2);
	assert_int_equal(is_control, 1);
	assert_int_equal(at[0].port, 4097);
	assert_int_equal(at[0].ip[0], 10);
	assert_int_equal(at[1].ip[0], 192);
	assert_int_equal(vg_ftp_endpoints(&key, 1, (const uint8_t *)"EPRT |2|::5|99|\r\n", 17, at, &is_control), 2);
	assert_int_equal(at[1].ip[15], 5);
	assert_int_equal(at[1].network[8], 6);
	assert_int_equal(vg_ftp_endpoints(&key, 1, (const uint8_t *)"USER ann\r\n", 10, at, &is_control), 0);
	assert_int_equal(is_control, 1);
	assert_int_equal(vg_ftp_endpoints(&key, 1, (const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18, at, &is_control), 0);
	assert_int_equal(is_control, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_however_they_are_cut, ftp_bench_open,
						ftp_bench_close),
		cmocka_unit_test(ftp_is_known_by_its_first_bytes),
		cmocka_unit_test(a_packet_tells_which_endpoints_it_announces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
