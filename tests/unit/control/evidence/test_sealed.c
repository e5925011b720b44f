/* The sealed file: every reader opens it, nobody else does, and no change to it goes unseen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/memfd.h>

#include "control/evidence/sealed.h"

#define CHUNK_ON_DISK (VG_SEALED_CHUNK + 17u)
#define HEAD_BYTES    (64u + 3 * (4 + 16 + 48 + 48) + 24)

struct box {
	uint8_t pk[3][32], sk[3][32];
	uint8_t *plain;
	size_t n_plain;
	int fd; /* the sealed file */
	size_t n_sealed;
};

static void seal(struct box *b, size_t n_plain)
{
	struct vg_sealed_info info = { .epoch = 7, .n_bytes = n_plain, .created_ns = 1 };
	struct vg_sealed_key keys[3];
	int in = vg_memfd_new("plain", n_plain);

	b->plain = malloc(n_plain + 1);
	b->n_plain = n_plain;
	randombytes_buf(b->plain, n_plain);
	assert_int_equal(pwrite(in, b->plain, n_plain, 0), n_plain);
	for (int i = 0; i < 3; i++) {
		crypto_box_keypair(b->pk[i], b->sk[i]);
		keys[i].reader = i < 2 ? VG_SEALED_CUSTODIAN : VG_SEALED_REPORTER;
		memcpy(keys[i].public_key, b->pk[i], 32);
	}
	randombytes_buf(info.id, 16);
	b->fd = vg_memfd_new("sealed", 0);
	assert_int_equal(vg_sealed_write(b->fd, in, &info, keys, 3), VG_OK);
	b->n_sealed = (size_t)lseek(b->fd, 0, SEEK_END);
	close(in);
}
static void done(struct box *b)
{
	free(b->plain);
	close(b->fd);
}
struct collect {
	uint8_t *at;
	size_t n;
};
static int collect(void *user, const uint8_t *bytes, size_t n_bytes)
{
	struct collect *c = user;
	memcpy(c->at + c->n, bytes, n_bytes);
	c->n += n_bytes;
	return 0;
}
static enum vg_err open_with(struct box *b, int reader, int *same)
{
	struct collect c = { malloc(b->n_plain + VG_SEALED_CHUNK), 0 };
	enum vg_err err;
	lseek(b->fd, 0, SEEK_SET);
	err = vg_evidence_open(b->fd, b->pk[reader], b->sk[reader], collect, &c);
	if (same)
		*same = c.n == b->n_plain && !memcmp(c.at, b->plain, c.n);
	free(c.at);
	return err;
}

static void every_reader_opens_it_at_every_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072, 300000 };
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int reader = 0; reader < 3; reader++) {
			struct box b;
			int same;
			seal(&b, sizes[i]);
			assert_int_equal(open_with(&b, reader, &same), VG_OK);
			assert_true(same);
			assert_int_equal(b.n_sealed,
					 HEAD_BYTES + sizes[i] + 17 * (sizes[i] ? (sizes[i] + 65535) / 65536 : 1));
			done(&b);
		}
}
static void another_key_does_not_open_it(void **state)
{
	struct box b;
	(void)state;
	seal(&b, 1000);
	crypto_box_keypair(b.pk[0], b.sk[0]);
	assert_int_equal(open_with(&b, 0, NULL), VG_EDENIED);
	/* The right name with the wrong secret. */
	crypto_box_keypair(b.sk[0], b.sk[1]);
	assert_int_equal(open_with(&b, 1, NULL), VG_ECORRUPT);
	done(&b);
}
static void plaintext_is_not_in_the_file(void **state)
{
	struct box b;
	uint8_t *all;
	(void)state;
	seal(&b, 5000);
	all = malloc(b.n_sealed);
	assert_int_equal(pread(b.fd, all, b.n_sealed, 0), b.n_sealed);
	for (size_t at = 0; at + 16 <= b.n_plain; at += 500)
		assert_null(memmem(all, b.n_sealed, b.plain + at, 16));
	free(all);
	done(&b);
}
static void any_changed_byte_is_found(void **state)
{
	struct box b;
	(void)state;
	seal(&b, 140000);
	for (size_t at = 0; at < b.n_sealed; at += at < HEAD_BYTES + 64 ? 1 : 997) {
		uint8_t old, changed;
		enum vg_err err;
		if (at >= 64 + 2 * 116 + 20 && at < 64 + 3 * 116)
			continue; /* another reader's wrap: covered by the head's digest below */
		assert_int_equal(pread(b.fd, &old, 1, (off_t)at), 1);
		changed = old ^ 0x41;
		assert_int_equal(pwrite(b.fd, &changed, 1, (off_t)at), 1);
		err = open_with(&b, 0, NULL);
		assert_int_not_equal(err, VG_OK);
		assert_int_equal(pwrite(b.fd, &old, 1, (off_t)at), 1);
	}
	/* Also a change in the wrap of somebody else. */
	uint8_t x = 0;
	assert_int_equal(pwrite(b.fd, &x, 1, 64 + 2 * 116 + 50), 1);
	assert_int_not_equal(open_with(&b, 0, NULL), VG_OK);
	done(&b);
}
static void truncation_at_any_place_is_found(void **state)
{
	struct box b;
	(void)state;
	seal(&b, 140000);
	for (size_t n = b.n_sealed - 1; n > 0; n = n > 4000 ? n - 3989 : n - 1) {
		assert_int_equal(ftruncate(b.fd, (off_t)n), 0);
		assert_int_not_equal(open_with(&b, 2, NULL), VG_OK);
	}
	done(&b);
}
static void truncation_to_whole_chunks_is_found(void **state)
{
	struct box b;
	(void)state;
	seal(&b, 3 * 65536);
	assert_int_equal(ftruncate(b.fd, HEAD_BYTES + 2 * CHUNK_ON_DISK), 0);
	assert_int_equal(open_with(&b, 2, NULL), VG_ECORRUPT);
	done(&b);
}
static void reordered_and_repeated_chunks_are_found(void **state)
{
	struct box b;
	uint8_t *one = malloc(CHUNK_ON_DISK), *two = malloc(CHUNK_ON_DISK);
	(void)state;
	seal(&b, 3 * 65536);
	assert_int_equal(pread(b.fd, one, CHUNK_ON_DISK, HEAD_BYTES), CHUNK_ON_DISK);
	assert_int_equal(pread(b.fd, two, CHUNK_ON_DISK, HEAD_BYTES + CHUNK_ON_DISK), CHUNK_ON_DISK);
	assert_int_equal(pwrite(b.fd, two, CHUNK_ON_DISK, HEAD_BYTES), CHUNK_ON_DISK);
	assert_int_equal(open_with(&b, 1, NULL), VG_ECORRUPT);
	assert_int_equal(pwrite(b.fd, one, CHUNK_ON_DISK, HEAD_BYTES), CHUNK_ON_DISK);
	assert_int_equal(pwrite(b.fd, one, CHUNK_ON_DISK, HEAD_BYTES + CHUNK_ON_DISK), CHUNK_ON_DISK);
	assert_int_equal(open_with(&b, 1, NULL), VG_ECORRUPT);
	free(one);
	free(two);
	done(&b);
}
static void bytes_after_the_end_are_found(void **state)
{
	struct box b;
	(void)state;
	seal(&b, 1000);
	assert_int_equal(pwrite(b.fd, "x", 1, (off_t)b.n_sealed), 1);
	assert_int_equal(open_with(&b, 1, NULL), VG_ECORRUPT);
	done(&b);
}
static void a_wrap_cannot_be_moved_to_another_file(void **state)
{
	struct box a, b;
	uint8_t wraps[3 * 116];
	(void)state;
	seal(&a, 1000);
	seal(&b, 1000);
	assert_int_equal(pread(a.fd, wraps, sizeof(wraps), 64), sizeof(wraps));
	assert_int_equal(pwrite(b.fd, wraps, sizeof(wraps), 64), sizeof(wraps));
	memcpy(b.pk, a.pk, sizeof(a.pk));
	memcpy(b.sk, a.sk, sizeof(a.sk));
	assert_int_equal(open_with(&b, 0, NULL), VG_ECORRUPT);
	done(&a);
	done(&b);
}
static void a_source_shorter_than_said_is_an_error(void **state)
{
	struct vg_sealed_info info = { .n_bytes = 100 };
	struct vg_sealed_key key = { VG_SEALED_CUSTODIAN, { 9 } };
	int in = vg_memfd_new("plain", 99), out = vg_memfd_new("sealed", 0);
	(void)state;
	assert_int_equal(vg_sealed_write(out, in, &info, &key, 1), VG_EIO);
	assert_int_equal(vg_sealed_write(out, in, &info, &key, 0), VG_EINVAL);
	close(in);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reader_opens_it_at_every_size),
		cmocka_unit_test(another_key_does_not_open_it),
		cmocka_unit_test(plaintext_is_not_in_the_file),
		cmocka_unit_test(any_changed_byte_is_found),
		cmocka_unit_test(truncation_at_any_place_is_found),
		cmocka_unit_test(truncation_to_whole_chunks_is_found),
		cmocka_unit_test(reordered_and_repeated_chunks_are_found),
		cmocka_unit_test(bytes_after_the_end_are_found),
		cmocka_unit_test(a_wrap_cannot_be_moved_to_another_file),
		cmocka_unit_test(a_source_shorter_than_said_is_an_error),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
