/* A table of fixed signatures, then the few formats that need a second look. */
#include "hashing/unpack/kind.h"

#include <string.h>

#include <vigil/base.h>

struct signature {
	uint16_t off, n_bytes;
	uint16_t kind;
	const char *bytes;
};

static const struct signature signatures[] = {
	{ 0, 3, VG_KIND_JPEG, "\xff\xd8\xff" },
	{ 0, 8, VG_KIND_PNG, "\x89PNG\r\n\x1a\n" },
	{ 0, 6, VG_KIND_GIF, "GIF87a" },
	{ 0, 6, VG_KIND_GIF, "GIF89a" },
	{ 0, 4, VG_KIND_TIFF, "II*\0" },
	{ 0, 4, VG_KIND_TIFF, "MM\0*" },
	{ 0, 12, VG_KIND_JXL, "\0\0\0\x0cJXL \r\n\x87\n" },
	{ 0, 2, VG_KIND_JXL, "\xff\x0a" },
	{ 0, 12, VG_KIND_JP2, "\0\0\0\x0cjP  \r\n\x87\n" },
	{ 0, 4, VG_KIND_JP2, "\xff\x4f\xff\x51" },
	{ 0, 4, VG_KIND_MATROSKA, "\x1a\x45\xdf\xa3" },
	{ 0, 4, VG_KIND_FLV, "FLV\x01" },
	{ 0, 4, VG_KIND_MPEG_PS, "\0\0\x01\xba" },
	{ 0, 4, VG_KIND_MPEG_PS, "\0\0\x01\xb3" },
	{ 0, 4, VG_KIND_OGG, "OggS" },
	{ 0, 8, VG_KIND_ASF, "\x30\x26\xb2\x75\x8e\x66\xcf\x11" },
	{ 0, 4, VG_KIND_ZIP, "PK\x03\x04" },
	{ 0, 4, VG_KIND_ZIP, "PK\x05\x06" },
	{ 0, 6, VG_KIND_RAR, "Rar!\x1a\x07" },
	{ 0, 6, VG_KIND_7Z, "7z\xbc\xaf\x27\x1c" },
	{ 0, 3, VG_KIND_GZIP, "\x1f\x8b\x08" },
	{ 0, 3, VG_KIND_BZIP2, "BZh" },
	{ 0, 6, VG_KIND_XZ,
	  "\xfd"
	  "7zXZ\0" },
	{ 0, 4, VG_KIND_ZSTD, "\x28\xb5\x2f\xfd" },
	{ 0, 5, VG_KIND_PDF, "%PDF-" },
	{ 257, 5, VG_KIND_TAR, "ustar" },
};

/* ISO base media: the brand after `ftyp` tells pictures from films. */
static unsigned ftyp_kind(const uint8_t *brand)
{
	static const char pictures[][5] = { "heic", "heix", "heim", "heis", "hevc",
					    "hevx", "mif1", "msf1", "avif", "avis" };

	for (size_t i = 0; i < VG_ARRAY_LEN(pictures); i++)
		if (!memcmp(brand, pictures[i], 4))
			return VG_KIND_HEIF;
	return VG_KIND_MP4;
}

unsigned vg_kind_of(const uint8_t *head, size_t n_head)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(signatures); i++) {
		const struct signature *s = &signatures[i];
		if (n_head >= (size_t)s->off + s->n_bytes && !memcmp(head + s->off, s->bytes, s->n_bytes))
			return s->kind;
	}
	if (n_head >= 12 && !memcmp(head, "RIFF", 4)) {
		if (!memcmp(head + 8, "WEBP", 4))
			return VG_KIND_WEBP;
		if (!memcmp(head + 8, "AVI ", 4))
			return VG_KIND_AVI;
	}
	if (n_head >= 12 && !memcmp(head + 4, "ftyp", 4))
		return ftyp_kind(head + 8);
	/* BMP: "BM", then a header size that one of its versions has. */
	if (n_head >= 18 && head[0] == 'B' && head[1] == 'M' && !head[15] && !head[16] && !head[17] &&
	    (head[14] == 12 || head[14] == 40 || head[14] == 52 || head[14] == 56 || head[14] == 64 ||
	     head[14] == 108 || head[14] == 124))
		return VG_KIND_BMP;
	if (n_head >= 377 && head[0] == 0x47 && head[188] == 0x47 && head[376] == 0x47)
		return VG_KIND_MPEG_TS;
	return VG_KIND_UNKNOWN;
}
