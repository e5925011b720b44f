/* NFS 3 as conversations and the bodies they carry. */
#include "tests/lib/nfs_talk.h"

#define NAME(fid, text, size) "> lookup3 1 fid=1 name=" text, "< lookup3 1 fid=" fid " size=" size

static const struct talk talks[] = {
	{ "a file is read",
	  0,
	  { NAME("7", "d", "0"), "> lookup3 2 fid=7 name=a.jpg", "< lookup3 2 fid=8 size=5", "> read3 3 fid=8 n=9",
	    "< read3 3 data=hello size=5 kind=1" },
	  "down READ  nfs:///d/a.jpg 0 file=a.jpg: hello = complete\n" },
	{ "a file is written and committed",
	  0,
	  { "> create3 1 fid=1 name=n", "< create3 1 fid=7 size=0", "> write3 2 fid=7 data=hello", "< write3 2 size=5",
	    "> write3 3 fid=7 off=5 data=you", "< write3 3 size=8", "> commit3 4 fid=7", "< commit3 4 size=8" },
	  "up WRITE  nfs:///n 0 file=n flags=c00: helloyou = complete\n" },
	{ "written at once stable",
	  0,
	  { NAME("7", "n", "0"), "> write3 2 fid=7 data=hello", "< write3 2 size=5 kind=2" },
	  "up WRITE  nfs:///n 0 file=n flags=c00: hello = complete\n" },
	{ "not committed, but all of the file is there",
	  0,
	  { NAME("7", "n", "0"), "> write3 2 fid=7 data=hello", "< write3 2 size=5", "E" },
	  "up WRITE  nfs:///n 0 file=n flags=c00: hello = complete\n" },
	{ "not answered, and a part of a file that has more",
	  0,
	  { NAME("7", "n", "0"), "> write3 2 fid=7 data=hello", "E" },
	  "up WRITE  nfs:///n 0 file=n flags=c00: hello = truncated\n" },
	{ "a part of a file that has more",
	  0,
	  { NAME("7", "n", "0"), "> write3 2 fid=7 data=hello", "< write3 2 size=9", "E" },
	  "up WRITE  nfs:///n 0 file=n flags=c00: hello = truncated\n" },
	{ "what rests is ended with the next message",
	  0,
	  { NAME("7", "n", "0"), "> write3 2 fid=7 data=hello", "< write3 2 size=5 kind=2", "t 900", "> null 3",
	    "< null 3", "> write3 4 fid=7 off=5 data=you", "< write3 4 size=8 kind=2", "t 1100", "> null 5",
	    "> write3 6 fid=7 data=new", "< write3 6 size=8 kind=2" },
	  "up WRITE  nfs:///n 0 file=n flags=c00: helloyou = complete\nup WRITE  nfs:///n 0 file=n flags=c00: new = "
	  "truncated\n" },
	{ "replies out of order, in two fragments",
	  0,
	  { NAME("8", "o", "9"), "> read3 2 fid=8 n=3", "> read3 3 fid=8 off=3 n=3 pad=30", "> read3 4 fid=8 off=6 n=3",
	    "< read3 4 data=ghi size=9 kind=1 pad=126", "< read3 3 data=def size=9 pad=127",
	    "< read3 2 data=abc size=9 pad=20" },
	  "down READ  nfs:///o 0 file=o: abcdefghi = complete\n" },
	{ "replies heard before their calls",
	  0,
	  { "> null 1", "< lookup3 2 fid=8 size=6", "< read3 3 data=abc size=6", "< read3 4 data=def size=6",
	    "> lookup3 2 fid=1 name=o", "> read3 3 fid=8 n=3", "> read3 4 fid=8 off=3 n=3" },
	  "down READ  nfs:///o 0 file=o: abcdef = complete\n" },
	{ "read again from its beginning: another transfer",
	  0,
	  { NAME("8", "o", "3"), "> read3 2 fid=8 n=3", "< read3 2 data=abc size=3", "> read3 3 fid=8 n=3",
	    "< read3 3 data=xyz size=3" },
	  "down READ  nfs:///o 0 file=o: abc = complete\ndown READ  nfs:///o 0 file=o: xyz = complete\n" },
	{ "emptied, then written",
	  0,
	  { NAME("8", "o", "9"), "> setattr3 2 fid=8 size=0", "> write3 3 fid=8 data=abc", "< write3 3 size=3 kind=2" },
	  "up WRITE  nfs:///o 0 file=o flags=c00: abc = complete\n" },
	{ "midway, and a gap over records",
	  1,
	  { "x 80000028ffff", "> read3 2 fid=8 n=3", "X 8000", "< read3 2 data=abc size=6", ")99", "X 616263",
	    "> read3 3 fid=8 off=3 n=3", "< read3 3 data=def size=6" },
	  "down READ   0 flags=2: abcdef = complete\n" },
	{ "gaps inside of data and of a head",
	  0,
	  { NAME("8", "o", "8"), ">~82,2 write3 2 fid=8 data=abcdef", "> read3 3 fid=8 n=4",
	    "<~50,8 read3 3 data=abcd size=8", "> read3 4 fid=8 off=4 n=4", "< read3 4 data=efgh size=8", "E" },
	  "up WRITE  nfs:///o 0 file=o flags=400: ab{2}ef = gap\ndown READ  nfs:///o 0 file=o: {4}efgh = gap\n" },
	{ "lookups that fail, data of nobody",
	  0,
	  { "> lookup3 1 fid=1 name=x", "< lookup3 1 status=2", "< read3 9 data=abc size=3", "> read3 4 fid=8 n=2",
	    "< read3 4 data=abc size=3" },
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
