/* inspect: entries of connections that have ended. */
#include "tests/lib/packet_story.h"

/* Short connections, one after the other, 20 ms each, to a table that holds 10 s of them but not two minutes. */
static void what_has_ended_leaves_room_for_others_read_or_not(void **state)
{
	static const uint64_t seed[3] = { 1, 2, 3 };
	static const char *const texts[2] = { "\x16\x03\x01\x02\x10\x01", REQUEST };
	struct story s;

	(void)state;
	set_up(&s);
	vg_inspect_destroy(s.inspect);
	s.conf.idle_timeout_ms = 120000;
	s.inspect = vg_inspect_create(&s.conf, seed, s.stats, s.proto);
	for (unsigned i = 0; i < 3000; i++) {
		const char *text = texts[i & 1];
		s.client_port = (uint16_t)(1000 + i);
		shake_hands(&s);
		say(&s, CLIENT, ACK, 0, text);
		say(&s, CLIENT, FIN | ACK, len(text), "");
		if (i % 3)
			say(&s, SERVER, FIN | ACK, 0, "");
		else
			say(&s, SERVER, RST | ACK, 0, "");
		s.clock_ns += 14 * MS;
	}
	assert_int_equal(s.stats->counters[VG_C_FLOWS_EVICTED], 0);
	assert_int_equal(s.stats->counters[VG_C_FLOWS_AGED], 0);
	assert_true(s.stats->counters[VG_C_FLOWS_CLOSED] > 2900);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_ended_leaves_room_for_others_read_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
