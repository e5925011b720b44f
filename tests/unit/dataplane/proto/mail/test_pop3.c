/* POP3: messages behind the right replies, with the client's side and without it. */
#include "tests/lib/talks.h"

static const struct vg_talk talks[] = {
	{ "retr and top",
	  { "<+OK hi\r\n", ">USER a\r\n", "<+OK\r\n", ">PASS b\r\n", "<+OK\r\n", ">LIST\r\n", "<+OK\r\n1 9\r\n.\r\n",
	    ">RETR 1\r\n", "<+OK 9 octets\r\nA: b\r\n\r\n..x\r\n.\r\n", ">TOP 2 0\r\n", "<+OK\r\nC: d\r\n.\r\n" },
	  "down RETR  RETR 1 0: A: b.....x.. = complete\ndown RETR  TOP 2 0 0: C: d.. = complete\n",
	  0,
	  0 },
	{ "refused", { "<+OK hi\r\n", ">RETR 9\r\nQUIT\r\n", "<-ERR\r\n+OK bye\r\n" }, "", 0, 0 },
	{ "server only",
	  { "<+OK hi\r\n+OK\r\n+OK 9 octets\r\nAb: b\r\n\r\nx\r\n.\r\n+OK bye\r\n" },
	  "down RETR   0: Ab: b....x.. = complete\n",
	  0,
	  0 },
	{ "a hole",
	  { "<+OK hi\r\n", ">RETR 1\r\n", "<+OK\r\nabc", ")5", "<def\r\n.\r\n+OK\r\n" },
	  "down RETR  RETR 1 0: abc{5}def.. = gap\n",
	  0,
	  0 },
};

static void messages_come_out_the_same_however_they_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		vg_talk_hold(&talks[i], VG_APP_POP3, VG_CONF_MAIL, VG_TALK_WHOLE);
		if (i == 2) /* what a header looks like needs a few bytes together */
			continue;
		vg_talks_hold(&talks[i], 1, VG_APP_POP3, VG_CONF_MAIL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_out_the_same_however_they_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
