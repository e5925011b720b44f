/* NFS 2 as conversations and the bodies they carry. */
#include "tests/lib/nfs_talk.h"

static const struct talk talks[] = {
	{ "a file is read",
	  0,
	  { "> lookup2 1 fid=1 name=d", "< lookup2 1 fid=7", "> lookup2 2 fid=7 name=a.jpg", "< lookup2 2 fid=8 size=5",
	    "> read2 3 fid=8 n=9", "< read2 3 data=hello size=5" },
	  "down READ  nfs:///d/a.jpg 0 file=a.jpg: hello = complete\n" },
	{ "in pieces, answered out of order",
	  0,
	  { "> lookup2 1 fid=1 name=o", "< lookup2 1 fid=8 size=8", "> read2 2 fid=8 n=3", "> read2 3 fid=8 off=3 n=3",
	    "> read2 4 fid=8 off=6 n=3", "< read2 4 data=gh size=8", "< read2 2 data=abc size=8",
	    "< read2 3 data=def size=8" },
	  "down READ  nfs:///o 0 file=o: abcdefgh = complete\n" },
	{ "a file is made and written",
	  0,
	  { "> create2 1 fid=1 name=n", "< create2 1 fid=7", "> write2 2 fid=7 data=hello", "< write2 2 size=5",
	    "> write2 3 fid=7 off=5 data=you", "< write2 3 size=8" },
	  "up WRITE  nfs:///n 0 file=n flags=c00: helloyou = complete\n" },
	{ "emptied, then written",
	  0,
	  { "> lookup2 1 fid=1 name=n", "< lookup2 1 fid=7 size=9", "> setattr2 2 fid=7 size=0",
	    "> write2 3 fid=7 data=abc", "< write2 3 size=3" },
	  "up WRITE  nfs:///n 0 file=n flags=c00: abc = complete\n" },
	{ "a write that was not answered",
	  0,
	  { "> write2 3 fid=7 data=abc", "E" },
	  "up WRITE   0 flags=400: abc = truncated\n" },
	{ "a read that failed, more than was asked for, data of nobody",
	  0,
	  { "> read2 1 fid=7 n=3", "< read2 1 status=70", "> read2 2 fid=7 n=2", "< read2 2 data=abc size=3",
	    "< read2 9 data=abc size=3" },
	  "" },
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
