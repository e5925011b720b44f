/* Undecided flows are searched for pictures, if the configuration wants it, until a protocol is known. */
#include "tests/lib/packet_story.h"

#define CC     "cccccccccccccccccccccccccccccccccccccccccccccccccc"
#define LENGTH "\1\1" CC CC CC CC CC "ccccc"
#define JPEG   "\xff\xd8\xff\xfe" LENGTH "\xff\xd9"
#define SHOWN  "......" CC CC CC CC CC "ccccc.."

static void a_picture_in_a_strange_stream_is_found_wherever_it_stands(void **state)
{
	struct story s;

	(void)state;
	set_up_with(&s, 100, 10, VG_CONF_CARVE);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, "?? " JPEG "?");
	expect(&s, "up    0: " SHOWN " = complete\n");
	for (uint32_t i = 0; i < 100; i++)
		say(&s, SERVER, ACK, 4 * i, "....");
	say(&s, SERVER, ACK, 400, "!! " JPEG);
	expect(&s, "down    0: " SHOWN " = complete\n");
	say(&s, SERVER, ACK, len("!! " JPEG) + 400, HEAD(3) "abc"); /* a protocol begins late */
	expect(&s, "down    200 flags=2: abc = complete\n");
	tear_down(&s);
}

static void a_protocol_that_is_known_in_time_takes_the_flow_from_carving(void **state)
{
	struct story s;

	(void)state;
	set_up_with(&s, 100, 10, VG_CONF_CARVE);
	shake_hands(&s);
	say(&s, SERVER, ACK, 0, "noise\xff\xd8\xff\xfe" LENGTH);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, len("noise\xff\xd8\xff\xfe" LENGTH), HEAD(3) "abc");
	assert_non_null(strstr(s.log->text, "200"));
	assert_non_null(strstr(s.log->text, ": abc = complete\n"));
	assert_int_equal(s.log->n_opened, 2);
	tear_down(&s);
}

static void a_hole_and_an_end_reach_the_body_that_is_carved(void **state)
{
	struct story s;

	(void)state;
	set_up_with(&s, 100, 10, VG_CONF_CARVE);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, "?? \xff\xd8\xff\xfe\1\1");
	say(&s, CLIENT, ACK, 109, "abc");
	s.clock_ns += 2000 * MS;
	say(&s, CLIENT, ACK, 112, "d");
	say(&s, CLIENT, FIN | ACK, 113, "");
	expect(&s, "up    0: ......{100}abcd = gap\n");
	tear_down(&s);
}

static void nothing_is_carved_unless_it_is_wanted(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, "?? " JPEG "?");
	expect(&s, "");
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_in_a_strange_stream_is_found_wherever_it_stands),
		cmocka_unit_test(a_protocol_that_is_known_in_time_takes_the_flow_from_carving),
		cmocka_unit_test(a_hole_and_an_end_reach_the_body_that_is_carved),
		cmocka_unit_test(nothing_is_carved_unless_it_is_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
