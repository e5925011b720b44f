/* NFS 4 as conversations and the bodies they carry. */
#include "tests/lib/nfs_talk.h"

static const struct talk talks[] = {
	{ "a file is opened, read and closed",
	  0,
	  { "> lookup4 1 fid=1 name=d", "< lookup4 1 fid=6", "> open4 2 fid=6 name=a", "< open4 2 fid=7 size=5",
	    "> read4 3 fid=7 n=3", "> read4 4 fid=7 off=3 n=9", "< read4 4 data=lo kind=1", "< read4 3 data=hel",
	    "> close4 5 fid=7", "< close4 5" },
	  "down READ  nfs:///d/a 0 file=a: hello = complete\n" },
	{ "a file is written and closed",
	  0,
	  { "> open4 2 fid=6 name=a", "< open4 2 fid=7", "> write4 3 fid=7 off=3 data=def", "> write4 4 fid=7 data=abc",
	    "< write4 3", "< write4 4", "> close4 5 fid=7", "< close4 5" },
	  "up WRITE  nfs:///a 0 file=a flags=c00: abcdef = complete\n" },
	{ "all stable, no close seen; not stable",
	  0,
	  { "> open4 2 fid=6 name=a", "< open4 2 fid=7", "> write4 3 fid=7 data=abc", "< write4 3 kind=2",
	    "> write4 4 fid=8 data=x", "< write4 4", "E" },
	  "up WRITE  nfs:///a 0 file=a flags=c00: abc = complete\nup WRITE   0 flags=400: x = truncated\n" },
	{ "an open that fails",
	  0,
	  { "> open4 2 fid=6 name=a", "< open4 2 status=2", "> write4 3 fid=7 data=abc", "> close4 5 fid=7",
	    "< close4 5" },
	  "up WRITE   0 flags=400: abc = complete\n" },
};

static void conversations_give_their_bodies_at_any_cut(void **state)
{
	talks_hold(*state, talks, sizeof(talks) / sizeof(talks[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations_give_their_bodies_at_any_cut),
	};
	return cmocka_run_group_tests(tests, bench_open, bench_close);
}
