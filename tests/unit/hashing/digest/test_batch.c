/* batch: many streams, pieces of random lengths in random order, runs, drains and forgotten ones in between, on every
 * tier that runs here, against OpenSSL over the whole of each stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "hashing/digest/batch_priv.h"
#include "tests/lib/guard.h"
#include "tests/lib/picture.h"

#define N_STREAMS 90u
#define MAX_BYTES 20000u

struct stream {
	struct vg_digests *d;
	uint8_t *bytes;
	size_t n, n_lent;
	unsigned mask;
	bool done;
};

static void begin(struct stream *s, unsigned mask, uint64_t *seed)
{
	static uint8_t text[MAX_BYTES];
	unsigned kind = vg_random(seed) % 4;

	s->n = kind == 0   ? vg_random(seed) % 130
	       : kind == 1 ? 64 * (vg_random(seed) % 20)
			   : vg_random(seed) % MAX_BYTES;
	for (size_t i = 0; i < s->n; i++)
		text[i] = (uint8_t)vg_random(seed);
	s->bytes = vg_guard_copy(text, s->n);
	s->n_lent = 0;
	s->mask = mask;
	s->done = false;
	vg_digests_init(s->d, mask);
}

static void check_one(const uint8_t *got, const EVP_MD *algo, const struct stream *s, bool asked)
{
	uint8_t expected[32] = { 0 };
	unsigned n = (unsigned)EVP_MD_get_size(algo);

	if (asked)
		EVP_Digest(s->bytes, s->n, expected, NULL, algo, NULL);
	assert_memory_equal(got, expected, n);
}

static void end(struct vg_batch *b, struct stream *s)
{
	struct vg_digest_values out;

	vg_batch_drain(b, s->d);
	assert_false(vg_batch_waits(s->d));
	vg_digests_done(s->d, &out);
	check_one(out.md5, EVP_md5(), s, s->mask & VG_DIGEST_MD5);
	check_one(out.sha1, EVP_sha1(), s, s->mask & VG_DIGEST_SHA1);
	check_one(out.sha256, EVP_sha256(), s, s->mask & VG_DIGEST_SHA256);
	vg_guard_free(s->bytes, s->n);
	s->done = true;
}

/* The next piece of a stream, or its end. False: it had ended before. */
static bool go_on(struct vg_batch *b, struct stream *s, uint64_t *seed)
{
	size_t n = s->n - s->n_lent, max = vg_random(seed) % 3 ? 70 : 6000;

	if (s->done)
		return false;
	n = n > max ? 1 + vg_random(seed) % max : n;
	if (s->n_lent < s->n && (vg_random(seed) % 8 || vg_batch_waits(s->d)))
		vg_batch_lend(b, s->d, s->bytes + s->n_lent, n);
	else if (s->n_lent < s->n)
		vg_digests_feed(s->d, s->bytes + s->n_lent, n); /* nothing waits: as well at once */
	else
		end(b, s);
	s->n_lent += s->done ? 0 : n;
	return true;
}

static void once(const struct vg_wide_tier *tier, unsigned mask, uint32_t n_pieces, uint64_t *seed)
{
	struct stream s[N_STREAMS];
	struct vg_batch *b;
	uint32_t n_open = N_STREAMS;

	setenv("VIGIL_FORCE_ISA", vg_isa_str(tier->isa), 1);
	b = vg_batch_create(n_pieces);
	assert_string_equal(vg_batch_tier(b), vg_isa_str(tier->isa));
	b->tier = tier; /* with SHA extensions and without: both have as many lanes */
	for (uint32_t i = 0; i < N_STREAMS; i++) {
		s[i].d = vg_digests_create();
		begin(&s[i], mask ? mask : (unsigned)(vg_random(seed) % 8), seed);
	}
	while (n_open) {
		uint32_t i = (uint32_t)(vg_random(seed) % N_STREAMS);
		if (!go_on(b, &s[i], seed))
			continue;
		n_open -= s[i].done;
		if (vg_random(seed) % 200 == 0)
			vg_batch_run(b);
		if (vg_random(seed) % 2000 == 0) {
			vg_batch_run_all(b);
			assert_int_equal(vg_batch_bytes(b), 0);
			assert_int_equal(vg_batch_streams(b), 0);
		}
	}
	vg_batch_run_all(b);
	assert_int_equal(vg_batch_bytes(b), 0);
	assert_int_equal(vg_batch_streams(b), 0);
	for (uint32_t i = 0; i < N_STREAMS; i++)
		vg_digests_destroy(s[i].d);
	vg_batch_destroy(b);
	unsetenv("VIGIL_FORCE_ISA");
}

static void streams_side_by_side_are_as_streams_alone(void **state)
{
	unsigned n_tiers;
	const struct vg_wide_tier *const *tiers = vg_wide_tiers(&n_tiers);
	uint64_t seed = 4711;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned t = 0; t < n_tiers; t++)
		for (unsigned mask = 0; vg_wide_runs_here(tiers[t]) && mask < 8; mask++) /* 0: each its own */
			once(tiers[t], mask, mask & 1 ? 37 : 4096, &seed);
}

static void a_run_leaves_what_is_too_few_for_the_lanes(void **state)
{
	static uint8_t bytes[6400];
	struct vg_batch *b = vg_batch_create(100);
	struct vg_digests *d[64];

	(void)state;
	for (unsigned i = 0; i < vg_batch_lanes(b); i++) {
		d[i] = vg_digests_create();
		vg_digests_init(d[i], VG_DIGEST_ALL);
		vg_batch_lend(b, d[i], bytes, i ? 640 : sizeof(bytes));
	}
	assert_int_equal(vg_batch_streams(b), vg_batch_lanes(b));
	vg_batch_run(b);
	if (vg_batch_lanes(b) > 1) {
		assert_true(vg_batch_waits(d[0]));
		assert_int_equal(vg_batch_streams(b), 1);
		assert_int_equal(vg_batch_bytes(b), sizeof(bytes) - 640);
	}
	vg_batch_drain(b, d[0]);
	for (unsigned i = 0; i < vg_batch_lanes(b); i++) {
		assert_false(vg_batch_waits(d[i]));
		vg_digests_destroy(d[i]);
	}
	vg_batch_destroy(b);
	vg_batch_destroy(NULL);
}

static void a_forgotten_stream_is_not_touched_again(void **state)
{
	struct vg_batch *b = vg_batch_create(4);
	struct vg_digests *gone = vg_digests_create(), *stays = vg_digests_create();
	struct stream s = { .d = stays, .mask = VG_DIGEST_ALL };
	uint64_t seed = 3;

	(void)state;
	vg_digests_init(gone, VG_DIGEST_ALL);
	begin(&s, VG_DIGEST_ALL, &seed);
	vg_batch_lend(b, gone, (const uint8_t *)4096, 100); /* nothing may read there */
	vg_batch_lend(b, stays, s.bytes, s.n);
	vg_batch_lend(b, gone, (const uint8_t *)8192, 100);
	vg_batch_forget(b, gone);
	vg_batch_forget(b, gone);
	assert_false(vg_batch_waits(gone));
	end(b, &s);
	assert_int_equal(vg_batch_bytes(b), 0);
	vg_digests_destroy(gone);
	vg_digests_destroy(stays);
	vg_batch_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_side_by_side_are_as_streams_alone),
		cmocka_unit_test(a_run_leaves_what_is_too_few_for_the_lanes),
		cmocka_unit_test(a_forgotten_stream_is_not_touched_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
