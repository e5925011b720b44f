/* SMB 1 as conversations and the bodies they carry. */
#include "tests/lib/smb_talk.h"

#define OPEN(name, fid, size) "> create1 1 name=" name, "< create1 1 fid=" fid " size=" size
#define CLOSE(fid)            "> close1 90 fid=" fid, "< close1 90"
#define SHARE                 "> tree1 70 name=\\\\srv\\pub tree=0", "< tree1 70"

static const struct talk talks[] = {
	{ "a file is read",
	  0,
	  { "> setup1 1 user=ann", "< setup1 1", SHARE, OPEN("\\a\\b", "7", "5"), "> read1 2 fid=7 n=5",
	    "< read1 2 data=hello", CLOSE("7") },
	  "down READ srv smb://DOM;ann@srv/pub/a/b 0 file=b: hello = complete\n" },
	{ "a file is written, with padding",
	  0,
	  { SHARE, OPEN("\\n", "7", "0"), "> write1 2 fid=7 pad=5 data=hello", "< write1 2",
	    "> write1 3 fid=7 off=5 data=x", CLOSE("7") },
	  "up WRITE srv smb://srv/pub/n 0 file=n flags=c00: hellox = complete\n" },
	{ "the old commands",
	  0,
	  { "> openold 1 name=\\o", "< openold 1 fid=7 size=6", "> readold 2 fid=7 n=3", "< readold 2 data=abc",
	    "> readold 3 fid=7 off=3 n=3", "< readold 3 data=def", "> writeold 4 fid=7 data=uvw",
	    "> writeclose 5 fid=7 off=3 data=xyz", "< writeclose 5" },
	  "down READ  smb:///o 0 file=o: abcdef = complete\nup WRITE  smb:///o 0 file=o flags=400: uvwxyz = "
	  "complete\n" },
	{ "a chain of opening and reading",
	  0,
	  { "> openx 1 name=\\o + read1 1 fid=65535 n=9", "< openx 1 fid=7 size=3 + read1 1 data=abc", CLOSE("7") },
	  "down READ  smb:///o 0 file=o: abc = complete\n" },
	{ "a chain of writing and closing",
	  0,
	  { OPEN("\\o", "7", "0"), "> write1 2 fid=7 data=abc + close1 2 fid=7", "< write1 2 + close1 2" },
	  "up WRITE  smb:///o 0 file=o flags=c00: abc = complete\n" },
	{ "a chain of reading and closing",
	  0,
	  { OPEN("\\o", "7", "9"), "> read1 2 fid=7 n=3 + close1 2 fid=7", "< read1 2 data=abc + close1 2" },
	  "down READ  smb:///o 0 file=o: abc = truncated\n" },
	{ "answers out of order",
	  0,
	  { OPEN("\\o", "7", "6"), "> read1 2 fid=7 n=3", "> read1 3 fid=7 off=3 n=3", "< read1 3 data=def",
	    "< read1 2 data=abc", CLOSE("7") },
	  "down READ  smb:///o 0 file=o: abcdef = complete\n" },
	{ "pipes and folders are none",
	  0,
	  { "> tree1 1 name=\\\\s\\IPC$ tree=0", "< tree1 1 kind=2 tree=3", "> create1 2 name=\\srvsvc tree=3",
	    "< create1 2 fid=9 tree=3", "> write1 3 fid=9 tree=3 data=rpc", "> create1 4 name=\\d",
	    "< create1 4 fid=8 attr=10", "> create1 5 name=\\e opt=1", "> create1 6 name=\\pipe",
	    "< create1 6 fid=8 kind=1" },
	  "" },
	{ "an open that fails, a close that fails",
	  0,
	  { "> create1 1 name=\\o", "< create1 1 status=c0000034", OPEN("\\p", "7", "0"), "> write1 2 fid=7 data=z",
	    "> close1 3 fid=7", "< close1 3 status=c0000008", "> write1 4 fid=7 off=1 data=y", "E" },
	  "up WRITE  smb:///p 0 file=p flags=c00: zy = truncated\n" },
	{ "midway",
	  1,
	  { "> read1 2 fid=7 n=3", "< read1 2 data=abc", "> read1 3 fid=7 off=3 n=3", "< read1 3 data=d", "E" },
	  "down READ   0 flags=2: abcd = complete\n" },
	{ "written nothing at a place: the file ends there",
	  0,
	  { OPEN("\\o", "7", "9"), "> writeold 2 fid=7 data=abc", "> writeold 3 fid=7 off=3", CLOSE("7") },
	  "up WRITE  smb:///o 0 file=o flags=400: abc = complete\n" },
	{ "a gap inside of data",
	  0,
	  { OPEN("\\o", "7", "0"), ">~71,2 write1 2 fid=7 pad=1 data=abcdef", CLOSE("7") },
	  "up WRITE  smb:///o 0 file=o flags=c00: ab{2}ef = gap\n" },
	{ "answers heard before their requests",
	  0,
	  { SHARE, "< create1 2 fid=7 size=3", "< read1 3 data=abc", "< close1 4", "> create1 2 name=\\o",
	    "> read1 3 fid=7 n=3", "> close1 4 fid=7" },
	  "down READ srv smb://srv/pub/o 0 file=o: abc = complete\n" },
	{ "requests heard before the answers they rest on",
	  0,
	  { SHARE, "> create1 2 name=\\o", "> write1 3 fid=7 data=abc", "> close1 4 fid=7", "< create1 2 fid=7",
	    "< write1 3", "< close1 4" },
	  "up WRITE srv smb://srv/pub/o 0 file=o flags=c00: abc = complete\n" },
	{ "what contradicts itself",
	  0,
	  { OPEN("\\o", "7", "0"), "> write1 2 fid=7 data=abc short=900", "> read1 3 fid=7 n=2", "< read1 3 data=abc",
	    "x 00000023ff534d422f000000000000000000000000000000000000000000000000000000000000",
	    "x 00000023ff534d422f000000000000000000000000000000000000000000000000000000ff0000",
	    "> write1 4 fid=7 data=z", CLOSE("7") },
	  "up WRITE  smb:///o 0 file=o flags=c00: z = complete\n" },
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
