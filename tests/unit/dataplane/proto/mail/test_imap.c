/* IMAP: literals of both directions; secrets and short ones are none. */
#include "tests/lib/talks.h"

static const struct vg_talk talks[] = {
	{ "fetch",
	  { "<* OK ready\r\n", ">a LOGIN u {24}\r\n", "<+ go\r\n", ">secretsecretsecretsecret\r\n", "<a OK\r\n",
	    ">b FETCH 1 BODY[]\r\n", "<* 1 FETCH (BODY[] {20}\r\n01234567890123456789 UID {3}\r\nabc)\r\nb OK\r\n" },
	  "down FETCH  * 1 FETCH (BODY[] {20} 0: 01234567890123456789 = complete\n",
	  0,
	  0 },
	{ "append",
	  { "<* OK\r\n", ">c APPEND box {18+}\r\nmessage {9}\r\nabcde\r\nd NOOP\r\n" },
	  "up APPEND  c APPEND box {18+} 0: message {9}..abcde = complete\n",
	  0,
	  0 },
	{ "a hole",
	  { "<* OK\r\n* 1 FETCH (RFC822 {20}\r\nabc", ")10", "<defghij)\r\n* 2 FETCH (RFC822 {16}\r\nabcd", ")90",
	    "<xx\r\n" },
	  "down FETCH  * 1 FETCH (RFC822 {20} 0: abc{10}defghij = gap\ndown FETCH  * 2 FETCH (RFC822 {16} 0: abcd{90} "
	  "= "
	  "gap\n",
	  0,
	  0 },
	{ "no literal", { "<* OK\r\n* x {abc}\r\n* y {99999999999999}\r\n* z 12}\r\n* {0}\r\n" }, "", 0, 0 },
};

static void literals_come_out_the_same_however_they_are_cut(void **state)
{
	(void)state;
	vg_talks_hold(talks, sizeof(talks) / sizeof(talks[0]), VG_APP_IMAP, VG_CONF_MAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_come_out_the_same_however_they_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
