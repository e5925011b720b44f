/* seen: a set, against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/replay/seen.h"

static void a_key_is_new_once(void **state)
{
	struct vg_seen seen;
	(void)state;
	vg_seen_init(&seen);
	for (unsigned round = 0; round < 2; round++)
		for (uint64_t object = 1; object < 20000; object++)
			assert_int_equal(vg_seen_add(&seen, vg_seen_key(9, 1, 2, object << 32 | (object & 7), 0)),
					 !round);
	assert_int_equal(seen.n_used, 19999);
	vg_seen_fini(&seen);
}
static void every_part_of_the_name_counts(void **state)
{
	struct vg_seen seen;
	(void)state;
	vg_seen_init(&seen);
	for (uint64_t boot = 0; boot < 6; boot++)
		for (uint32_t core = 0; core < 6; core++)
			for (uint32_t hasher = 0; hasher < 6; hasher++)
				for (uint64_t object = 0; object < 6; object++)
					for (uint32_t member = 0; member < 6; member++)
						assert_int_equal(vg_seen_add(&seen, vg_seen_key(boot, core, hasher,
												object, member)),
								 1);
	vg_seen_fini(&seen);
	assert_int_equal(vg_seen_add(&seen, vg_seen_key(0, 0, 0, 0, 0)), 1);
	vg_seen_fini(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_new_once),
		cmocka_unit_test(every_part_of_the_name_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
