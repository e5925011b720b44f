/* Records of messages: events at any cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hashing/unpack/messages.h"

static void records_give_the_same_events_at_any_cut(void **state)
{
	static const uint8_t bytes[] = "\0\0\0\1\0\0\0\0\0\0\0\2ab"  /* begins */
				       "\0\0\0\2\0\0\0\0\0\0\0\1c"   /* ends */
				       "\0\0\0\3\0\0\0\0\0\0\0\0"    /* an empty message */
				       "\0\0\0\1\0\0\0\0\0\0\0\5de"; /* cut short */
	(void)state;

	for (size_t piece = 1; piece < sizeof(bytes); piece++) {
		struct vg_messages m = { 0 };
		char log[64];
		size_t n = 0;
		for (size_t at = 0; at < sizeof(bytes) - 1; at += piece) {
			size_t n_in = sizeof(bytes) - 1 - at;
			struct vg_span in = { bytes + at, n_in < piece ? n_in : piece }, data;
			for (enum vg_messages_event e; (e = vg_messages_next(&m, &in, &data)) != VG_MESSAGES_MORE;) {
				if (e == VG_MESSAGES_DATA)
					memcpy(log + n, data.at, data.n_bytes);
				else
					log[n] = e == VG_MESSAGES_BEGIN ? '(' : ')';
				n += e == VG_MESSAGES_DATA ? data.n_bytes : 1;
			}
		}
		log[n] = 0;
		assert_string_equal(log, "(abc)()(de");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(records_give_the_same_events_at_any_cut) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
