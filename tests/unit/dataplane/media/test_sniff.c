/* Kinds by first bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/media/sniff_priv.h"
#include "tests/lib/guard.h"

static const struct {
	enum vg_kind kind;
	const char *bytes;
	size_t n_bytes, n_needed; /* bytes that must be there to know */
} rows[] = {
#define ROW(kind, bytes, n_needed)                       \
	{                                                \
		kind, bytes, sizeof(bytes) - 1, n_needed \
	}
	ROW(VG_KIND_JPEG, "\xff\xd8\xff\xe0\0\x10JFIF\0", 3),
	ROW(VG_KIND_PNG, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 8),
	ROW(VG_KIND_GIF, "GIF89a\1\0\1\0", 6),
	ROW(VG_KIND_GIF, "GIF87a", 6),
	ROW(VG_KIND_WEBP, "RIFF\0\1\2\3WEBPVP8 ", 12),
	ROW(VG_KIND_BMP, "BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0xx", 18),
	ROW(VG_KIND_TIFF, "II*\0\x08\0\0\0", 4),
	ROW(VG_KIND_TIFF, "MM\0*\0\0\0\x08", 4),
	ROW(VG_KIND_TIFF, "MM\0+\0\x08\0\0", 4),
	ROW(VG_KIND_HEIF,
	    "\0\0\0\x18"
	    "ftypheic\0\0\0\0",
	    12),
	ROW(VG_KIND_AVIF,
	    "\0\0\0\x1c"
	    "ftypmif1\0\0\0\0mif1avif",
	    24),
	ROW(VG_KIND_AVIF,
	    "\0\0\0\x1c"
	    "ftypavif\0\0\0\0",
	    12),
	ROW(VG_KIND_MP4,
	    "\0\0\0\x18"
	    "ftypisom\0\0\2\0",
	    8),
	ROW(VG_KIND_MP4,
	    "\0\0\0\x18"
	    "ftyphei",
	    8),
	ROW(VG_KIND_MP4, "\0\0\x10\0moov\0\0\0\x6cmvhd", 8),
	ROW(VG_KIND_MP4, "\0\0\0\x08wide\0\0\0\0mdat", 8),
	ROW(VG_KIND_JXL, "\xff\x0a\1", 2),
	ROW(VG_KIND_JXL, "\0\0\0\x0cJXL \r\n\x87\n", 12),
	ROW(VG_KIND_JP2, "\0\0\0\x0cjP  \r\n\x87\n", 12),
	ROW(VG_KIND_MATROSKA, "\x1a\x45\xdf\xa3\x9f", 4),
	ROW(VG_KIND_AVI, "RIFF\0\0\0\0AVI LIST", 12),
	ROW(VG_KIND_FLV, "FLV\1\5\0", 4),
	ROW(VG_KIND_MPEG_PS, "\0\0\1\xba\x44", 4),
	ROW(VG_KIND_OGG, "OggS\0\2", 5),
	ROW(VG_KIND_ASF, "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", 8),
	ROW(VG_KIND_MPEG_TS, "\x47\x40\0\x10\0\0\xb0", 4),
	ROW(VG_KIND_MP4, "\0\0\0\1mdat\0\0\0\1", 8),
	ROW(VG_KIND_MP4, "\x45\x46\1\x47mdat\xff\xd8", 8),
	ROW(VG_KIND_UNKNOWN, "the mdat of a film begins", 0),
	ROW(VG_KIND_UNKNOWN, "free as in free beer", 0),
	ROW(VG_KIND_ZIP, "PK\3\4\x14\0", 4),
	ROW(VG_KIND_RAR, "Rar!\x1a\7\1\0", 6),
	ROW(VG_KIND_7Z, "7z\xbc\xaf\x27\x1c\0\4", 6),
	ROW(VG_KIND_GZIP, "\x1f\x8b\x08\0", 3),
	ROW(VG_KIND_BZIP2, "BZh9\x31\x41\x59\x26\x53\x59", 10),
	ROW(VG_KIND_XZ,
	    "\xfd"
	    "7zXZ\0\0\4",
	    6),
	ROW(VG_KIND_ZSTD, "\x28\xb5\x2f\xfd\4", 4),
	ROW(VG_KIND_PDF, "%PDF-1.7", 5),
	ROW(VG_KIND_OLE, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8),
	ROW(VG_KIND_CAB, "MSCF\0\0\0\0", 8),
	ROW(VG_KIND_PSD, "8BPS\0\1", 5),
	ROW(VG_KIND_ICO, "\0\0\1\0\1\0\x20\x20\0\0\1\0\x20\0\xa8\x10\0\0\x16\0\0\0", 22),
	ROW(VG_KIND_MIME, "Received: from a by b", 9),
	ROW(VG_KIND_MIME, "MIME-Version: 1.0", 13),
	ROW(VG_KIND_JPEG, "\r\n\xff\xd8\xff\xe0", 5),
	ROW(VG_KIND_UNKNOWN, "<!doctype html>", 0),
	ROW(VG_KIND_UNKNOWN, "RIFF\0\0\0\0WAVEfmt ", 0),
	ROW(VG_KIND_UNKNOWN, "BM is a text that begins like a bitmap", 0),
	ROW(VG_KIND_UNKNOWN, "x\xff\xd8\xff", 0),
#undef ROW
};

static void each_row_of_the_table_knows_its_kind(void **state)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		uint8_t *copy = vg_guard_copy(rows[i].bytes, rows[i].n_bytes);
		enum vg_kind kind = vg_sniff(*state, copy, rows[i].n_bytes);
		if (kind != rows[i].kind)
			fail_msg("row %zu is %s, not %s", i, vg_kind_str(kind), vg_kind_str(rows[i].kind));
		vg_guard_free(copy, rows[i].n_bytes);
	}
}

static void a_transport_stream_may_begin_with_any_packet(void **state)
{
	static const unsigned packets[] = { 188, 192, 204 };
	for (unsigned i = 0; i < 3; i++) {
		uint8_t head[VG_SNIFF_BYTES] = { 0 }, *copy;
		unsigned off = packets[i] == 192 ? 4 : 0;
		memcpy(head + off, "\x47\1\0\x11", 4);
		memcpy(head + off + packets[i], "\x47\1\0\x12", 4);
		copy = vg_guard_copy(head, sizeof(head));
		assert_int_equal(vg_sniff(*state, copy, sizeof(head)), VG_KIND_MPEG_TS);
		copy[off + packets[i] + 3] = 'T'; /* as text has it: scrambled in a way that there is not */
		assert_int_equal(vg_sniff(*state, copy, sizeof(head)), VG_KIND_UNKNOWN);
		vg_guard_free(copy, sizeof(head));
	}
}

static void fewer_bytes_than_the_magic_are_not_that_kind(void **state)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++)
		for (size_t n = 0; rows[i].n_needed && n < rows[i].n_needed; n++) {
			uint8_t *copy = vg_guard_copy(rows[i].bytes, n);
			assert_int_not_equal(vg_sniff(*state, copy, n), rows[i].kind);
			vg_guard_free(copy, n);
		}
}

static void bytes_behind_the_first_64_change_nothing(void **state)
{
	uint8_t bytes[400];
	unsigned seed = (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 2000; round++) {
		size_t i = (size_t)random() % VG_ARRAY_LEN(rows);
		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)random();
		memcpy(bytes, rows[i].bytes, rows[i].n_bytes);
		enum vg_kind kind = vg_sniff(*state, bytes, sizeof(bytes));
		assert_int_equal(vg_sniff(*state, bytes, VG_SNIFF_BYTES), kind);
	}
}

static void the_table_of_the_build_answers_like_one_compiled_here(void **state)
{
	char why[256];
	struct vg_sniff stored = { vg_sniff_table_stored(), NULL },
			fresh = { vg_sniff_table_compile(0, why, 256), NULL };
	unsigned seed = (unsigned)time(NULL), n_known = 0;

	(void)state;
	print_message("seed %u, %zu bytes\n", seed, vg_magic_n_bytes);
	srandom(seed);
	assert_non_null(stored.database);
	assert_non_null(fresh.database);
	assert_int_equal(hs_alloc_scratch(stored.database, &stored.scratch), HS_SUCCESS);
	assert_int_equal(hs_alloc_scratch(fresh.database, &fresh.scratch), HS_SUCCESS);
	for (unsigned round = 0; round < 50000; round++) {
		uint8_t bytes[VG_SNIFF_BYTES];
		size_t i = (size_t)random() % VG_ARRAY_LEN(rows), n = 1 + (size_t)random() % sizeof(bytes);
		enum vg_kind kind;

		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = random() % 4 ? (uint8_t)random() : 0;
		memcpy(bytes, rows[i].bytes, rows[i].n_bytes);
		if (round % 2) /* and now and then one that is not quite it */
			bytes[(size_t)random() % (rows[i].n_bytes + 1)] ^= (uint8_t)(1u << random() % 8);
		kind = vg_sniff(&fresh, bytes, n);
		assert_int_equal(vg_sniff(&stored, bytes, n), kind);
		n_known += kind != VG_KIND_UNKNOWN;
	}
	assert_true(n_known > 20000);
	hs_free_scratch(stored.scratch);
	hs_free_scratch(fresh.scratch);
	hs_free_database(stored.database);
	hs_free_database(fresh.database);
}

static int sniff_make(void **state)
{
	*state = vg_sniff_create();
	return *state ? 0 : -1;
}

static int sniff_free(void **state)
{
	vg_sniff_destroy(*state);
	vg_sniff_destroy(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_table_knows_its_kind),
		cmocka_unit_test(a_transport_stream_may_begin_with_any_packet),
		cmocka_unit_test(fewer_bytes_than_the_magic_are_not_that_kind),
		cmocka_unit_test(the_table_of_the_build_answers_like_one_compiled_here),
		cmocka_unit_test(bytes_behind_the_first_64_change_nothing),
	};
	return cmocka_run_group_tests(tests, sniff_make, sniff_free);
}
