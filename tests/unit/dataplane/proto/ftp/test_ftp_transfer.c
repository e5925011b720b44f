/* What the two connections share: each may be seen first, and each may end first. */
#include "tests/lib/ftp_bench.h"

#define LOGIN                                                  \
	{ '<', "220 ready\r\n", 0 }, { '>', "TYPE I\r\n", 0 }, \
	{                                                      \
		'<', "200 ok\r\n", 0                           \
	}
#define PASV                                      \
	{ '>', "PASV\r\n", 0 },                   \
	{                                         \
		'<', "227 (10,0,0,1,16,1)\r\n", 0 \
	}
#define DATA                                      \
	{                                         \
		'N', NULL, FTP_PORTS(4097, 50000) \
	}

static const struct ftp_talk talks[] = {
	{ "data before the command",
	  0,
	  { LOGIN,
	    PASV,
	    DATA,
	    { 'u', "abc", 0 },
	    { '>', "STOR a\r\n", 0 },
	    { 'u', "def", 0 },
	    { 'f', NULL, 0 },
	    { '<', "150 go\r\n226 done\r\n", 0 } },
	  "up STOR  ftp://10.0.0.1/a 0 file=a: abcdef = complete\n" },
	{ "data before the announcement, where it begins like a file",
	  0,
	  { LOGIN,
	    DATA,
	    { 'u', "%PDF-1.7 abc", 0 },
	    { '<', "227 (10,0,0,1,16,1)\r\n", 0 },
	    { '>', "STOR a\r\n", 0 },
	    { 'u', "def", 0 },
	    { 'f', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "up STOR  ftp://10.0.0.1/a 0 file=a: %PDF-1.7 abcdef = complete\n" },
	{ "an address behind NAT: the server's own counts too",
	  0,
	  { LOGIN,
	    { '<', "227 Entering Passive Mode (192,168,1,9,16,1)\r\n", 0 },
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a: abc = complete\n" },
	{ "no announcement at all: the client listens at its own port",
	  0,
	  { LOGIN,
	    { '>', "RETR a\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(20, 40000) },
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a: abc = complete\n" },
	{ "an announcement is forgotten",
	  0,
	  { LOGIN, PASV, { 't', NULL, 121 }, DATA, { 'd', "abc", 0 }, { 'F', NULL, 0 } },
	  "" },
	{ "an announcement is for one connection",
	  0,
	  { LOGIN,
	    PASV,
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "226 done\r\n", 0 },
	    DATA,
	    { 'd', "def", 0 },
	    { 'F', NULL, 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a: abc = complete\n" },
	{ "the control connection ends first",
	  0,
	  { LOGIN,
	    PASV,
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "abc", 0 },
	    { 'E', NULL, 0 },
	    { 'd', "def", 0 },
	    { 'F', NULL, 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a: abcdef = complete\n" },
	{ "the data connection ends first, and the control connection says nothing more",
	  0,
	  { LOGIN,
	    PASV,
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { 'X', NULL, 0 },
	    { 'E', NULL, 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a: abc = complete\n" },
	{ "the next transfer begins before the last was answered",
	  0,
	  { LOGIN,
	    PASV,
	    { '>', "RETR a\r\n", 0 },
	    DATA,
	    { 'd', "abc", 0 },
	    { 'F', NULL, 0 },
	    { '<', "229 (|||4098|)\r\n", 0 },
	    { '>', "RETR b\r\n", 0 },
	    { 'N', NULL, FTP_PORTS(4098, 50001) },
	    { 'd', "def", 0 },
	    { 'F', NULL, 0 },
	    { '<', "226 done\r\n", 0 } },
	  "down RETR  ftp://10.0.0.1/a 0 file=a: abc = complete\n"
	  "down RETR  ftp://10.0.0.1/b 0 file=b: def = complete\n" },
};

static void whichever_connection_is_seen_first_the_body_has_its_names(void **state)
{
	ftp_hold_all(*state, talks, VG_ARRAY_LEN(talks));
}

static void without_a_free_state_bodies_have_no_names_and_it_is_counted(void **state)
{
	struct ftp_bench *b = *state;
	struct vg_pool *pool = &vg_ftp_of(b->proto)->transfers;
	static const struct ftp_talk talk = {
		"full", 0, { LOGIN, PASV, DATA, { 'd', "abc", 0 }, { 'E', NULL, 0 } }, ""
	};
	void *all[4096];
	uint32_t n = 0;

	while (n < VG_ARRAY_LEN(all) && (all[n] = vg_pool_take(pool)))
		n++;
	b->control = NULL;
	struct vg_flow_ident ident = ftp_ident(b, FTP_PORTS(21, 40000), 0);
	b->control = vg_proto_flow_take(b->proto, VG_APP_FTP, &ident);
	for (size_t i = 0; talk.steps[i].what; i++)
		ftp_take(b, &talk.steps[i], WHOLE);
	vg_proto_flow_give(b->proto, &b->data);
	assert_int_not_equal(b->stats.counters[VG_C_FTP_NO_STATE], 0);
	while (n)
		vg_pool_give(pool, all[--n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whichever_connection_is_seen_first_the_body_has_its_names,
						ftp_bench_open, ftp_bench_close),
		cmocka_unit_test_setup_teardown(without_a_free_state_bodies_have_no_names_and_it_is_counted,
						ftp_bench_open, ftp_bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
