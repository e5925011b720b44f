/* Data connections: how bodies begin and end. */
#include "tests/lib/ftp_bench.h"

#define LOGIN(type)                                                                       \
	{ '<', "220 ready\r\n", 0 }, { '>', "USER ann\r\nTYPE " type "\r\nPASV\r\n", 0 }, \
	{                                                                                 \
		'<', "331 who\r\n200 ok\r\n227 (10,0,0,1,16,1)\r\n", 0                    \
	}
#define DATA                                      \
	{                                         \
		'N', NULL, FTP_PORTS(4097, 50000) \
	}

static const struct ftp_talk talks[] = {
	{ "the server's 226 makes whole what ends by time-out",
	  0,
	  { LOGIN("I"),
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "abc", 0 },
	    { '<', "150 go\r\n226 done\r\n", 0 },
	    { 'T', NULL, 0 } },
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a: abc = complete\n" },
	{ "its 426 makes aborted what ended by FIN, however late it is said",
	  0,
	  { LOGIN("I"),
	    { '>', "STOR a\r\n", 0 },
	    DATA,
	    { '<', "150 go\r\n", 0 },
	    { 'u', "abc", 0 },
	    { 'f', NULL, 0 },
	    { 'F', NULL, 0 },
	    { 'X', NULL, 0 },
	    { '<', "426 broken\r\n", 0 } },
	  "up STOR  ftp://ann@10.0.0.1/a 0 file=a flags=c00: abc = aborted\n" },
	{ "a RST without a word is an abort, with all announced bytes it is whole",
	  0,
	  { LOGIN("I"),
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { '<', "150 x (3 bytes)\r\n", 0 },
	    { 'd', "ab", 0 },
	    { 'R', NULL, 0 },
	    { 'E', NULL, 0 },
	    { 'X', NULL, 0 } },
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a: ab = aborted\n" },
	{ "all announced bytes, then a RST",
	  0,
	  { LOGIN("I"),
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { '<', "150 x (3 bytes)\r\n", 0 },
	    { 'd', "abc", 0 },
	    { 'R', NULL, 0 },
	    { 'E', NULL, 0 } },
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a: abc = complete\n" },
	{ "fewer bytes than announced and a FIN",
	  0,
	  { LOGIN("I"),
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { '<', "150 x (9 bytes)\r\n", 0 },
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { 'E', NULL, 0 } },
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a: abc = truncated\n" },
	{ "a hole is a hole, whatever the server says",
	  0,
	  { LOGIN("I"),
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "abc", 0 },
	    { 'g', NULL, 7 },
	    { 'd', "def", 0 },
	    { 'F', NULL, 0 },
	    { '<', "150 go\r\n226 done\r\n", 0 } },
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a: abc{7}def = gap\n" },
	{ "text is read both ways",
	  0,
	  { LOGIN("A"),
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "x\r\n\r\r\ny\rz\r", 0 },
	    { 'F', NULL, 0 },
	    { '<', "150 go\r\n226 done\r\n", 0 } },
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a flags=8: x.....y.z. = complete\n"
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a flags=8: x...y.z. = complete\n" },
	{ "text with a bare line end was sent as it is",
	  0,
	  { LOGIN("A"),
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "x\r\ny\nz", 0 },
	    { 'F', NULL, 0 },
	    { '<', "150 go\r\n226 done\r\n", 0 } },
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a flags=8: x.y = aborted\n"
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a flags=8: x..y.z = complete\n" },
	{ "listings are no bodies",
	  0,
	  { LOGIN("A"), { '>', "LIST\r\n", 0 }, DATA, { 'd', "a b c\r\n", 0 }, { '!', NULL, 0 } },
	  "" },
	{ "nobody announced it, but it begins like a file",
	  0,
	  { { 'N', NULL, FTP_PORTS(4000, 50000) },
	    { 'd', "GIF89a and so on", 0 },
	    { 'u', "answer", 0 },
	    { 'F', NULL, 0 } },
	  "down    0: GIF89a and so on = complete\n" },
	{ "nobody announced it, and it does not",
	  0,
	  { { 'N', NULL, FTP_PORTS(4000, 50000) }, { 'd', "something else", 0 }, { 'F', NULL, 0 } },
	  "" },
	{ "coded by deflate",
	  0,
	  { LOGIN("I\r\nMODE Z"),
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a coded=2: abc = complete\n" },
	{ "an empty direction and an empty file are no bodies",
	  0,
	  { LOGIN("I"), { '>', "RETR a\r\n", 0 }, DATA, { 'F', NULL, 0 }, { '<', "150 go\r\n226 done\r\n", 0 } },
	  "" },
};

static void data_connections_end_as_the_server_says(void **state)
{
	ftp_hold_all(*state, talks, VG_ARRAY_LEN(talks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(data_connections_end_as_the_server_says, ftp_bench_open,
						ftp_bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
