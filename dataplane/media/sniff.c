/* Magic numbers, all anchored at the first byte. Sources: the formats' own specifications; ISO base media brands of
 * ISO/IEC 14496-12, 23008-12 and AV1's. */
#include "dataplane/media/sniff_priv.h"

static const struct vg_sniff_row rows[] = {
	{ VG_KIND_JPEG, "^\\xff\\xd8\\xff" },
	{ VG_KIND_PNG, "^\\x89PNG\\r\\n\\x1a\\n" },
	{ VG_KIND_GIF, "^GIF8[79]a" },
	{ VG_KIND_WEBP, "^RIFF....WEBP" },
	{ VG_KIND_BMP, "^BM.{4}\\x00{4}.{4}[\\x0c\\x28\\x34\\x38\\x40\\x6c\\x7c]\\x00\\x00\\x00" },
	{ VG_KIND_TIFF, "^(II[\\x2a\\x2b]\\x00|MM\\x00[\\x2a\\x2b])" },
	{ VG_KIND_AVIF, "^.{4}ftyp(avif|avis|mif1.{4}(.{4}){0,8}avi[fs])" },
	{ VG_KIND_HEIF, "^.{4}ftyp(heic|heix|heim|heis|hevc|hevx|hevm|hevs|mif1|mif2|msf1)" },
	{ VG_KIND_JXL, "^(\\xff\\x0a|\\x00\\x00\\x00\\x0cJXL \\r\\n\\x87\\n)" },
	{ VG_KIND_JP2, "^(\\x00\\x00\\x00\\x0cjP  \\r\\n\\x87\\n|\\xff\\x4f\\xff\\x51)" },
	{ VG_KIND_MP4, "^.{4}(ftyp|moov|styp|moof)" },
	{ VG_KIND_MP4, "^[\\x00\\x01].{3}(mdat|wide|free|skip|pnot)" },
	{ VG_KIND_MP4, "^([^\\x20-\\x7f]...|.[^\\x20-\\x7f]..|..[^\\x20-\\x7f].|...[^\\x20-\\x7f])mdat" },
	{ VG_KIND_MATROSKA, "^\\x1a\\x45\\xdf\\xa3" },
	{ VG_KIND_AVI, "^RIFF....AVI " },
	{ VG_KIND_FLV, "^FLV\\x01" },
	{ VG_KIND_MPEG_PS, "^\\x00\\x00\\x01[\\xb3\\xba]" },
	{ VG_KIND_OGG, "^OggS\\x00" },
	{ VG_KIND_ASF, "^\\x30\\x26\\xb2\\x75\\x8e\\x66\\xcf\\x11" },
	{ VG_KIND_MPEG_TS, "^(.{4})?\\x47\\x40[\\x00\\x11][\\x10-\\x1f\\x30-\\x3f]" },
	{ VG_KIND_MPEG_TS,
	  "^(.{4})?\\x47[\\x00-\\x7f].[\\x10-\\x3f\\x90-\\xbf\\xd0-\\xff].{184}(.{4}|.{16})?\\x47[\\x00-\\x7f]."
	  "[\\x10-\\x3f\\x90-\\xbf\\xd0-\\xff]" },
	{ VG_KIND_ZIP, "^PK(\\x03\\x04|\\x05\\x06|\\x07\\x08)" },
	{ VG_KIND_RAR, "^Rar!\\x1a\\x07" },
	{ VG_KIND_7Z, "^7z\\xbc\\xaf\\x27\\x1c" },
	{ VG_KIND_GZIP, "^\\x1f\\x8b\\x08" },
	{ VG_KIND_BZIP2, "^BZh[1-9](\\x31\\x41\\x59\\x26\\x53\\x59|\\x17\\x72\\x45\\x38\\x50\\x90)" },
	{ VG_KIND_XZ, "^\\xfd7zXZ\\x00" },
	{ VG_KIND_ZSTD, "^\\x28\\xb5\\x2f\\xfd" },
	{ VG_KIND_PDF, "^%PDF-" },
	{ VG_KIND_CAB, "^MSCF\\x00{4}" },
	{ VG_KIND_OLE, "^\\xd0\\xcf\\x11\\xe0\\xa1\\xb1\\x1a\\xe1" },
	{ VG_KIND_TAR, "^.{257}ustar" },
	{ VG_KIND_PSD, "^8BPS\\x00" },
	{ VG_KIND_ICO, "^\\x00\\x00[\\x01\\x02]\\x00[^\\x00]\\x00.{3}\\x00.{6}\\x00\\x00.{4}" },
	{ VG_KIND_JPEG, "^[\\r\\n\\x00 ]{1,32}\\xff\\xd8\\xff" },
	{ VG_KIND_MIME, "^(?i)(received|return-path|from|mime-version|date|subject|message-id|delivered-to|to|reply-to|"
			"dkim-signature|authentication-results|arc-[a-z-]{1,32}|x-[a-z0-9-]{1,40}|content-type):" },
	{ VG_KIND_MIME, "^From [^\\n]{1,120}\\n[A-Za-z-]{1,40}:" },
};

const struct vg_sniff_row *vg_sniff_rows(uint32_t *n_rows)
{
	*n_rows = VG_ARRAY_LEN(rows);
	return rows;
}

/* Keeps the first row of the table among those that fit; Hyperscan names them by where they end. */
static int row_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	unsigned *best = context;
	(void)from;
	(void)to;
	(void)flags;
	if (id < *best)
		*best = id;
	return 0;
}

enum vg_kind vg_sniff(const struct vg_sniff *sniff, const uint8_t *bytes, size_t n_bytes)
{
	unsigned best = VG_ARRAY_LEN(rows);
	unsigned n = n_bytes < VG_SNIFF_BYTES ? (unsigned)n_bytes : VG_SNIFF_BYTES;
	if (!n || hs_scan(sniff->database, (const char *)bytes, n, 0, sniff->scratch, row_found, &best) != HS_SUCCESS)
		return VG_KIND_UNKNOWN;
	return best < VG_ARRAY_LEN(rows) ? rows[best].kind : VG_KIND_UNKNOWN;
}
