/* Each row: bytes at a place, and more bytes behind them where the first are few. Left out on purpose, because other
 * protocols begin like that: MPEG program and transport streams, bare JPEG XL codestreams, BMP. */
#include <string.h>

#include "dataplane/detect/magic.h"

struct row {
	uint8_t n, off2, n2;
	char head[12], more[8];
};

static const struct row rows[] = {
	{ 3, 0, 0, "\xff\xd8\xff", "" },
	{ 8, 0, 0, "\x89PNG\r\n\x1a\n", "" },
	{ 6, 0, 0, "GIF87a", "" },
	{ 6, 0, 0, "GIF89a", "" },
	{ 4, 8, 4, "RIFF", "WEBP" },
	{ 4, 8, 4, "RIFF", "AVI " },
	{ 4, 0, 0, "II*\0", "" },
	{ 4, 0, 0, "MM\0*", "" },
	{ 2, 4, 4, "\0\0", "ftyp" }, /* HEIF, AVIF, MP4: the first box is short (ISO/IEC 14496-12 4.3) */
	{ 12, 0, 0, "\0\0\0\x0cJXL \r\n\x87\n", "" },
	{ 12, 0, 0, "\0\0\0\x0cjP  \r\n\x87\n", "" },
	{ 4, 0, 0, "\x1a\x45\xdf\xa3", "" },
	{ 5, 0, 0, "FLV\x01\x05", "" },
	{ 5, 0, 0, "FLV\x01\x01", "" },
	{ 5, 0, 0, "OggS\0", "" },
	{ 8, 0, 0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "" },
	{ 4, 0, 0, "PK\x03\x04", "" },
	{ 6, 0, 0, "Rar!\x1a\x07", "" },
	{ 6, 0, 0, "7z\xbc\xaf\x27\x1c", "" },
	{ 3, 0, 0, "\x1f\x8b\x08", "" },
	{ 6, 0, 0,
	  "\xfd"
	  "7zXZ\0",
	  "" },
	{ 4, 0, 0, "\x28\xb5\x2f\xfd", "" },
	{ 5, 0, 0, "%PDF-", "" },
};

enum vg_app vg_magic_first(const uint8_t *bytes, uint32_t n_bytes)
{
	enum vg_app said = VG_APP_UNKNOWN;

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		uint32_t end2 = (uint32_t)row->off2 + row->n2;
		uint32_t n = n_bytes < row->n ? n_bytes : row->n, n2 = 0;

		if (row->n2 && n_bytes > row->off2)
			n2 = n_bytes < end2 ? n_bytes - row->off2 : row->n2;
		if (memcmp(bytes, row->head, n) || memcmp(bytes + (n2 ? row->off2 : 0), row->more, n2))
			continue;
		if (n == row->n && n2 == row->n2)
			return VG_APP_FTP_DATA;
		said = VG_APP_NONE;
	}
	return said;
}
