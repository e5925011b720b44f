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
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a flags=c08: x.....y.z. = complete\n"
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a flags=c08: x...y.z. = complete\n" },
	{ "text with a bare line end was sent as it is",
	  0,
	  { LOGIN("A"),
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "x\r\ny\nz", 0 },
	    { 'F', NULL, 0 },
	    { '<', "150 go\r\n226 done\r\n", 0 } },
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a flags=c08: x.y = aborted\n"
	  "down RETR  ftp://ann@10.0.0.1/a 0 file=a flags=c08: x..y.z = complete\n" },
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
	{ "what a server says while a file is uploaded is no part of it, whichever comes first",
	  0,
	  { LOGIN("I\r\nMODE Z"),
	    { '>', "STOR a\r\n", 0 },
	    DATA,
	    { 'd', "x", 0 },
	    { 'u', "abc", 0 },
	    { 'F', NULL, 0 },
	    { 'f', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "down STOR  ftp://ann@10.0.0.1/a 0 file=a coded=2: x = complete\n"
	  "up STOR  ftp://ann@10.0.0.1/a 0 file=a coded=2 flags=c00: abc = complete\n" },
	{ "an empty direction and an empty file are no bodies",
	  0,
	  { LOGIN("I"), { '>', "RETR a\r\n", 0 }, DATA, { 'F', NULL, 0 }, { '<', "150 go\r\n226 done\r\n", 0 } },
	  "" },
};

static void data_connections_end_as_the_server_says(void **state)
{
	ftp_hold_all(*state, talks, VG_ARRAY_LEN(talks));
}

/* The names of the files of a transfer's bodies, as they cross and with other line ends (0: there is no such body). */
static void names_of(struct ftp_bench *b, const char *commands, const char *replies, uint64_t names[2])
{
	struct vg_flow_ident ident = ftp_ident(b, FTP_PORTS(21, 40000), 0);
	unsigned n = 0;
	b->control = vg_proto_flow_take(b->proto, VG_APP_FTP, &ident);
	ftp_feed(b, &b->control, 0, "220 ready\r\n", WHOLE);
	ftp_feed(b, &b->control, 1, "EPRT |1|10.0.0.2|50000|\r\n", WHOLE);
	ftp_feed(b, &b->control, 1, commands, WHOLE);
	ftp_feed(b, &b->control, 0, replies, WHOLE);
	ftp_new_data(b, FTP_PORTS(20, 50000));
	ftp_feed(b, &b->data, !strstr(commands, "RETR"), "a\r\n", WHOLE);
	names[0] = names[1] = 0;
	for (unsigned i = 0; i < VG_LOG_BODIES; i++)
		if (b->log.bodies[i].is_open)
			names[n++] = b->log.bodies[i].card.resource;
	vg_proto_flow_give(b->proto, &b->data);
	vg_proto_flow_give(b->proto, &b->control);
}

static void text_that_is_uploaded_is_two_files_one_of_them_what_binary_is(void **state)
{
	uint64_t text[2], again[2], binary[2], down[2], unique[2], appended[2];
	names_of(*state, "TYPE A\r\nSTOR u1\r\n", "", text);
	names_of(*state, "TYPE A\r\nREST 5\r\nSTOR u1\r\n", "", again);
	names_of(*state, "TYPE I\r\nSTOR u1\r\n", "", binary);
	names_of(*state, "TYPE A\r\nRETR u1\r\n", "", down);
	names_of(*state, "TYPE I\r\nSTOU\r\n", "200 ok\r\n200 ok\r\n150 FILE: u1\r\n", unique);
	names_of(*state, "TYPE I\r\nAPPE u1\r\n", "", appended);
	assert_memory_equal(text, again, sizeof(text));
	assert_true(text[0] && text[1] && text[0] != text[1]);
	assert_true(binary[0] == text[1] && !binary[1]);
	assert_true(down[0] && down[1] && down[0] != down[1]);
	for (unsigned i = 0; i < 4; i++)
		assert_true(down[i & 1] != text[i >> 1]);
	assert_int_equal(unique[0], binary[0]);
	assert_int_equal(appended[0], binary[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(data_connections_end_as_the_server_says, ftp_bench_open,
						ftp_bench_close),
		cmocka_unit_test_setup_teardown(text_that_is_uploaded_is_two_files_one_of_them_what_binary_is,
						ftp_bench_open, ftp_bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
