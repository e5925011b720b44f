/* packed: every stream comes out byte for byte however its input is cut into pieces; what is cut off gives its
 * beginning and says so; streams one behind the other are one file; what is no stream behind one is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/base.h>
#include <vigil/media.h>

#include "hashing/unpack/packed.h"
#include "tests/lib/guard.h"

#define N_FILE   300000u
#define N_PACKED (2 * N_FILE)

static const unsigned kinds[] = { VG_KIND_GZIP, VG_KIND_BZIP2, VG_KIND_XZ, VG_KIND_ZSTD };
static uint8_t file[N_FILE], packed[2 * N_PACKED], made[4 * N_FILE];

/* Letters: they pack to about half. */
static int set_up(void **state)
{
	uint64_t x = 3;
	(void)state;
	for (size_t i = 0; i < N_FILE; i++, x = x * 6364136223846793005u + 1442695040888963407u)
		file[i] = (uint8_t)('a' + (x >> 56) % 16);
	return 0;
}

static size_t pack(unsigned kind, const uint8_t *bytes, size_t n_bytes, uint8_t *to)
{
	unsigned n_bz = N_PACKED;
	size_t n = 0;
	gz_header head = { .name = (Bytef *)(uintptr_t) "one.jpg" };
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)bytes,
		       .avail_in = (uInt)n_bytes,
		       .next_out = to,
		       .avail_out = N_PACKED };
	switch (kind) {
	case VG_KIND_GZIP:
		assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
		assert_int_equal(deflateSetHeader(&z, &head), Z_OK);
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		n = z.total_out;
		deflateEnd(&z);
		return n;
	case VG_KIND_BZIP2:
		assert_int_equal(BZ2_bzBuffToBuffCompress((char *)to, &n_bz, (char *)(uintptr_t)bytes,
							  (unsigned)n_bytes, 1, 0, 0),
				 BZ_OK);
		return n_bz;
	case VG_KIND_XZ:
		assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, bytes, n_bytes, to, &n, N_PACKED),
				 LZMA_OK);
		return n;
	default:
		n = ZSTD_compress(to, N_PACKED, bytes, n_bytes, 1);
		assert_false(ZSTD_isError(n));
		return n;
	}
}

struct source {
	const uint8_t *at;
	size_t n_bytes, n_piece;
	unsigned n_asked_after_end;
};
static struct vg_span next_piece(void *ctx)
{
	struct source *s = ctx;
	struct vg_span piece = { s->at, s->n_bytes < s->n_piece ? s->n_bytes : s->n_piece };
	s->n_asked_after_end += !s->n_bytes;
	s->at += piece.n_bytes;
	s->n_bytes -= piece.n_bytes;
	return piece;
}

/* Unpacks bytes that end at a guard page into `made`; how many came out. */
static size_t unpack(unsigned kind, const uint8_t *bytes, size_t n_bytes, size_t n_piece, enum vg_step *how)
{
	static struct vg_packed p;
	uint8_t *copy = vg_guard_copy(bytes, n_bytes);
	struct source source = { copy, n_bytes, n_piece, 0 };
	struct vg_span piece;
	size_t n = 0;
	assert_int_equal(vg_packed_begin(&p, kind, next_piece, &source), VG_OK);
	while ((*how = vg_packed_next(&p, &piece)) == VG_MORE) {
		assert_true(piece.n_bytes && piece.n_bytes <= sizeof(made) - n);
		memcpy(made + n, piece.at, piece.n_bytes);
		n += piece.n_bytes;
	}
	assert_true(source.n_asked_after_end <= 1);
	assert_int_equal(vg_packed_next(&p, &piece), *how);
	if (n && kind == VG_KIND_GZIP)
		assert_string_equal(vg_packed_name(&p), "one.jpg");
	vg_packed_end(&p);
	vg_guard_free(copy, n_bytes);
	return n;
}

static void a_stream_comes_out_however_its_input_is_cut(void **state)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 65536, 61, 1 };
	(void)state;
	for (unsigned k = 0; k < VG_ARRAY_LEN(kinds); k++)
		for (unsigned i = 0; i < VG_ARRAY_LEN(pieces); i++) {
			size_t n = pack(kinds[k], file, N_FILE, packed);
			enum vg_step how;
			assert_int_equal(unpack(kinds[k], packed, n, pieces[i], &how), N_FILE);
			assert_int_equal(how, VG_DONE);
			assert_memory_equal(made, file, N_FILE);
		}
	assert_false(vg_packed_reads(VG_KIND_ZIP));
}

static void what_is_cut_off_gives_its_beginning_and_says_so(void **state)
{
	(void)state;
	for (unsigned k = 0; k < VG_ARRAY_LEN(kinds); k++) {
		size_t n = pack(kinds[k], file, N_FILE, packed), n_last = 0;
		for (unsigned cut = 1; cut <= 40; cut++) {
			size_t n_cut = cut < 40 ? n * cut / 40 : n - 1;
			enum vg_step how;
			size_t n_made = unpack(kinds[k], packed, n_cut, cut % 2 ? 1000 : SIZE_MAX / 2, &how);
			assert_int_equal(how, VG_BAD);
			assert_true(n_made >= n_last && n_made <= N_FILE);
			assert_memory_equal(made, file, n_made);
			n_last = n_made;
			if (kinds[k] == VG_KIND_GZIP || kinds[k] == VG_KIND_XZ) /* all but what is in hand */
				assert_true(n_made + 70000 > N_FILE * cut / 40);
		}
		assert_true(n_last > N_FILE / 2);
	}
}

static void a_short_one_that_is_cut_off_gives_what_decodes(void **state)
{
	static const unsigned to_the_byte[] = { VG_KIND_GZIP, VG_KIND_XZ };
	(void)state;
	for (unsigned k = 0; k < VG_ARRAY_LEN(to_the_byte); k++) {
		size_t n = pack(to_the_byte[k], file, 4000, packed);
		enum vg_step how;
		size_t n_made = unpack(to_the_byte[k], packed, n / 2, SIZE_MAX / 2, &how);
		assert_int_equal(how, VG_BAD);
		assert_true(n_made > 1000);
		assert_memory_equal(made, file, n_made);
	}
}

static void streams_one_behind_the_other_are_one_file(void **state)
{
	static const uint8_t skippable[] = { 0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c' };
	(void)state;
	for (unsigned k = 0; k < VG_ARRAY_LEN(kinds); k++)
		for (unsigned piece = 1; piece < 5000; piece += 4990) {
			size_t n = pack(kinds[k], file, 5000, packed);
			enum vg_step how;
			if (kinds[k] == VG_KIND_XZ) { /* stream padding */
				memset(packed + n, 0, 8);
				n += 8;
			}
			if (kinds[k] == VG_KIND_ZSTD) {
				memcpy(packed + n, skippable, sizeof(skippable));
				n += sizeof(skippable);
			}
			n += pack(kinds[k], file + 5000, 7000, packed + n);
			assert_int_equal(unpack(kinds[k], packed, n, piece, &how), 12000);
			assert_int_equal(how, VG_DONE);
			assert_memory_equal(made, file, 12000);
			/* the second one is cut off */
			assert_true(unpack(kinds[k], packed, n - 1000, piece, &how) >= 5000);
			assert_int_equal(how, VG_BAD);
		}
}

static void what_is_no_stream_behind_one_is_left_alone(void **state)
{
	static const char *const junk[] = { "\0\0\0", "junk", "\x1f\x1f\x1f\x1f", "BZZZ", "\xfd\x6e\x6f" };
	(void)state;
	for (unsigned k = 0; k < VG_ARRAY_LEN(kinds); k++)
		for (unsigned i = 0; i < VG_ARRAY_LEN(junk); i++) {
			size_t n = pack(kinds[k], file, 5000, packed);
			enum vg_step how;
			memcpy(packed + n, junk[i], 3);
			assert_int_equal(unpack(kinds[k], packed, n + 3, 7, &how), 5000);
			/* three bytes may be the beginning of another */
			assert_true(how == VG_DONE || (i && how == VG_BAD));
		}
}

static void reserved_flags_and_wrong_sums_of_gzip_hide_nothing(void **state)
{
	size_t n = pack(VG_KIND_GZIP, file, 5000, packed);
	enum vg_step how;
	(void)state;
	packed[3] |= 0xe0;
	packed[n - 5] ^= 0xff;
	packed[n - 1] ^= 0xff;
	n += pack(VG_KIND_GZIP, file + 5000, 5000, packed + n);
	assert_int_equal(unpack(VG_KIND_GZIP, packed, n, 1, &how), 10000);
	assert_int_equal(how, VG_DONE);
	assert_memory_equal(made, file, 10000);
}

static void what_breaks_gives_what_came_before(void **state)
{
	(void)state;
	for (unsigned k = 0; k < VG_ARRAY_LEN(kinds); k++) {
		size_t n = pack(kinds[k], file, N_FILE, packed), n_made;
		enum vg_step how;
		memset(packed + n * 3 / 4, 0xff, n / 4);
		n_made = unpack(kinds[k], packed, n, 4096, &how);
		assert_int_equal(how, VG_BAD);
		assert_true(n_made > N_FILE / 3);
		assert_memory_equal(made, file, N_FILE / 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_comes_out_however_its_input_is_cut),
		cmocka_unit_test(what_is_cut_off_gives_its_beginning_and_says_so),
		cmocka_unit_test(a_short_one_that_is_cut_off_gives_what_decodes),
		cmocka_unit_test(streams_one_behind_the_other_are_one_file),
		cmocka_unit_test(what_is_no_stream_behind_one_is_left_alone),
		cmocka_unit_test(reserved_flags_and_wrong_sums_of_gzip_hide_nothing),
		cmocka_unit_test(what_breaks_gives_what_came_before),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
