/* seen: what is found was put with the same bytes and index; random against a plain list of what was put last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hashing/match/seen.h"
#include "tests/lib/picture.h"

static struct vg_seen_key key_of(unsigned which, uint64_t epoch)
{
	struct vg_seen_key key = { .n_bytes = which % 3, .index_epoch = epoch };
	key.digests.sha256[0] = (uint8_t)(which / 3 + 1);
	return key;
}

static void what_is_found_is_what_was_put_last_for_these_bytes_and_this_index(void **state)
{
	enum { N_KEYS = 60, N_EPOCHS = 3 };
	uint64_t seed = 20261124, epoch = 0;
	unsigned last[N_KEYS] = { 0 }, n_found = 0;
	uint64_t last_epoch[N_KEYS] = { 0 };
	struct vg_seen *seen = vg_seen_create(30);
	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 1; i < 20000; i++) {
		unsigned which = (unsigned)(vg_random(&seed) % N_KEYS);
		epoch = i / (20000 / N_EPOCHS);
		struct vg_seen_key key = key_of(which, epoch);
		if (vg_random(&seed) % 2) {
			struct vg_seen_verdict v = { .n_hits = (uint8_t)(i % 9) };
			memcpy(v.pdq, &i, sizeof(i));
			vg_seen_put(seen, &key, &v);
			assert_non_null(vg_seen_get(seen, &key));
			last[which] = i;
			last_epoch[which] = epoch;
			continue;
		}
		const struct vg_seen_verdict *v = vg_seen_get(seen, &key);
		if (v) {
			n_found++;
			assert_int_equal(last_epoch[which], epoch);
			assert_int_equal(v->n_hits, last[which] % 9);
			assert_memory_equal(v->pdq, &last[which], sizeof(unsigned));
		}
	}
	assert_true(n_found > 1000);
	vg_seen_destroy(seen);
}

static void other_bytes_or_no_digest_are_not_found_and_the_size_is_bounded(void **state)
{
	struct vg_seen *seen = vg_seen_create(1);
	struct vg_seen_verdict v = { .n_hits = 1 };
	struct vg_seen_key key = { .n_bytes = 5 }, other;
	unsigned n_kept = 0;
	(void)state;
	assert_null(vg_seen_create(0));
	assert_null(vg_seen_create(VG_SEEN_MAX_ENTRIES + 1));
	vg_seen_put(seen, &key, &v);
	assert_null(vg_seen_get(seen, &key));
	key.digests.sha256[31] = 1;
	vg_seen_put(seen, &key, &v);
	other = key;
	other.digests.md5[0] = 1;
	assert_non_null(vg_seen_get(seen, &key));
	assert_null(vg_seen_get(seen, &other));
	other = key;
	other.n_bytes++;
	assert_null(vg_seen_get(seen, &other));
	for (unsigned i = 0; i < 20; i++) {
		other.n_bytes = i;
		vg_seen_put(seen, &other, &v);
	}
	for (unsigned i = 0; i < 20; i++) {
		other.n_bytes = i;
		n_kept += vg_seen_get(seen, &other) != NULL;
	}
	assert_int_equal(n_kept, 4);
	vg_seen_destroy(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_found_is_what_was_put_last_for_these_bytes_and_this_index),
		cmocka_unit_test(other_bytes_or_no_digest_are_not_found_and_the_size_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
