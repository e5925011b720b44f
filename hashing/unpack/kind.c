/* A table of fixed signatures, then the few formats that need a second look. */
#include "hashing/unpack/kind.h"

#include <stdbool.h>
#include <string.h>

#include <vigil/base.h>
#include <vigil/bytes.h>

#define MAX_JUNK 64 /* before a picture */

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
	{ 0, 4, VG_KIND_TIFF, "II+\0" },
	{ 0, 4, VG_KIND_TIFF, "MM\0+" },
	{ 0, 5, VG_KIND_PSD, "8BPS\0" },
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
	{ 0, 4, VG_KIND_ZIP, "PK\x07\x08" },
	{ 0, 8, VG_KIND_CAB, "MSCF\0\0\0\0" },
	{ 0, 6, VG_KIND_RAR, "Rar!\x1a\x07" },
	{ 0, 6, VG_KIND_7Z, "7z\xbc\xaf\x27\x1c" },
	{ 0, 3, VG_KIND_GZIP, "\x1f\x8b\x08" },
	{ 0, 3, VG_KIND_BZIP2, "BZh" },
	{ 0, 6, VG_KIND_XZ,
	  "\xfd"
	  "7zXZ\0" },
	{ 0, 4, VG_KIND_ZSTD, "\x28\xb5\x2f\xfd" },
	{ 0, 5, VG_KIND_PDF, "%PDF-" },
	{ 0, 8, VG_KIND_OLE, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" },
	{ 257, 5, VG_KIND_TAR, "ustar" },
};

/* ISO base media: the brand after `ftyp` tells pictures from films; the compatible brands behind it tell what a picture
 * of the general sort is coded in. */
static unsigned ftyp_kind(const uint8_t *head, size_t n_head)
{
	static const char hevc[][5] = { "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs" };
	size_t n_box = vg_be32(head) < n_head ? vg_be32(head) : n_head;

	for (size_t off = 8; off + 4 <= n_box; off += off == 8 ? 8 : 4) {
		if (!memcmp(head + off, "avif", 4) || !memcmp(head + off, "avis", 4))
			return VG_KIND_AVIF;
		for (size_t i = 0; i < VG_ARRAY_LEN(hevc); i++)
			if (!memcmp(head + off, hevc[i], 4))
				return VG_KIND_HEIF;
	}
	return !memcmp(head + 8, "mif1", 4) || !memcmp(head + 8, "mif2", 4) || !memcmp(head + 8, "msf1", 4)
		       ? VG_KIND_HEIF
		       : VG_KIND_MP4;
}

/* QuickTime before ISO gave it a first box, and fragments on their own: an atom that films begin with, as large as such
 * a one is, and what it holds, or what follows where that is still in the head (QuickTime File Format, "Movie
 * Atoms"). */
static bool is_atom(const uint8_t *head, size_t n_head)
{
	static const char next[][5] = { "moov", "mdat", "wide", "free", "skip", "pnot", "PICT", "uuid", "ftyp" };
	static const char in_moov[][5] = { "mvhd", "cmov", "rmra", "trak", "iods",
					   "udta", "prfl", "clip", "meta", "free" };
	uint32_t n_atom = n_head >= 16 ? vg_be32(head) : 0;
	bool is_large = n_atom == 1;

	if (n_head < 16 || (!is_large && n_atom < 8))
		return false;
	if (!memcmp(head + 4, "mdat", 4)) /* no text: its size would be one of letters */
		return is_large ? !vg_be16(head + 8)
				: head[0] < ' ' || head[1] < ' ' || head[2] < ' ' || head[3] < ' ' ||
					  (head[0] | head[1] | head[2] | head[3]) & 0x80;
	if (is_large || head[0] > 1)
		return false;
	if (!memcmp(head + 4, "moof", 4))
		return !memcmp(head + 12, "mfhd", 4);
	if (!memcmp(head + 4, "styp", 4))
		return n_atom >= 16 && n_atom < 1024;
	if (!memcmp(head + 4, "moov", 4)) {
		for (size_t i = 0; i < VG_ARRAY_LEN(in_moov); i++)
			if (!memcmp(head + 12, in_moov[i], 4))
				return vg_be32(head + 8) >= 8 && vg_be32(head + 8) <= n_atom - 8;
		return false;
	}
	if (memcmp(head + 4, "wide", 4) && memcmp(head + 4, "free", 4) && memcmp(head + 4, "skip", 4) &&
	    memcmp(head + 4, "pnot", 4))
		return false;
	if (n_atom + 8ul > n_head) /* what fills up may be long */
		return head[4] != 'w' && head[4] != 'p';
	for (size_t i = 0; i < VG_ARRAY_LEN(next); i++)
		if (!memcmp(head + n_atom + 4, next[i], 4))
			return true;
	return false;
}

/* MPEG transport streams (ISO/IEC 13818-1, 2.4.3): three packets, behind a time stamp each on a disc, with sixteen
 * bytes of correction behind each on the air. Of letters alone no packet can be made: they would be scrambled in a way
 * that there is not. */
static bool is_packets(const uint8_t *head, size_t n_head, size_t n_packet, size_t off)
{
	for (unsigned i = 0; i < 3; i++, off += n_packet)
		if (n_head < off + 4 || head[off] != 0x47 || head[off + 1] & 0x80 || !(head[off + 3] & 0x30) ||
		    (head[off + 3] & 0xc0) == 0x40)
			return false;
	return true;
}

/* Icons and cursors have no name in them: type 1 or 2, few pictures, the first one's entry as it must be. */
static bool is_icon(const uint8_t *head, size_t n_head)
{
	return n_head >= 22 && !head[0] && !head[1] && (head[2] == 1 || head[2] == 2) && !head[3] && head[4] &&
	       !head[5] && !head[9] && vg_le32(head + 14) >= 40 && vg_le32(head + 18) == 6 + 16u * head[4];
}

/* The old tar has no magic: its header's own checksum is one. */
static bool is_old_tar(const uint8_t *head, size_t n_head)
{
	unsigned sum = 0, said = 0, n_digits = 0;

	if (n_head < 512 || !head[0])
		return false;
	for (unsigned i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : head[i];
	for (unsigned i = 148; i < 156; i++)
		if (head[i] >= '0' && head[i] <= '7') {
			said = said * 8 + (head[i] - '0');
			n_digits++;
		}
	return n_digits >= 4 && sum == said;
}

/* A message begins with header lines: a name that messages have, and somewhere in the head what makes it MIME. */
static bool is_message(const uint8_t *head, size_t n_head)
{
	static const char *const first[] = {
		"received:", "return-path:",    "from:",         "mime-version:", "date:",
		"subject:",  "message-id:",     "content-type:", "delivered-to:", "to:",
		"x-",        "dkim-signature:", "reply-to:",     "from ",         "authentication-results:",
		"arc-"
	};
	static const char *const sure[] = { "\nfrom:",
					    "\nmime-version:",
					    "\ncontent-type:",
					    "\nmessage-id:",
					    "\nreceived:",
					    "\nsubject:",
					    "\ncontent-transfer-encoding:" };
	char text[VG_KIND_HEAD_BYTES + 1];
	bool begins = false;

	for (size_t i = 0; i < n_head; i++) {
		if (!head[i])
			return false;
		text[i] = (char)(head[i] >= 'A' && head[i] <= 'Z' ? head[i] + 32 : head[i]);
	}
	text[n_head] = 0;
	for (size_t i = 0; i < VG_ARRAY_LEN(first); i++)
		begins |= !strncmp(text, first[i], strlen(first[i]));
	for (size_t i = 0; begins && i < VG_ARRAY_LEN(sure); i++)
		if (strstr(text, sure[i]))
			return true;
	return begins && (!strncmp(text, "mime-version:", 13) || !strncmp(text, "content-type: multipart/", 24));
}

/* Line ends, white space, a byte order mark or zeros before a picture: how many. */
static size_t n_junk(const uint8_t *head, size_t n_head)
{
	size_t n = n_head >= 3 && !memcmp(head, "\xef\xbb\xbf", 3) ? 3 : 0;
	while (n < n_head && n < MAX_JUNK &&
	       (!head[n] || head[n] == '\r' || head[n] == '\n' || head[n] == ' ' || head[n] == '\t'))
		n++;
	return n;
}

static unsigned exact_kind(const uint8_t *head, size_t n_head)
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
		return ftyp_kind(head, n_head);
	/* BMP: "BM", then a header size that one of its versions has. */
	if (n_head >= 18 && head[0] == 'B' && head[1] == 'M' && !head[15] && !head[16] && !head[17] &&
	    (head[14] == 12 || head[14] == 40 || head[14] == 52 || head[14] == 56 || head[14] == 64 ||
	     head[14] == 108 || head[14] == 124))
		return VG_KIND_BMP;
	if (is_atom(head, n_head))
		return VG_KIND_MP4;
	if (is_packets(head, n_head, 188, 0) || is_packets(head, n_head, 192, 4) || is_packets(head, n_head, 204, 0))
		return VG_KIND_MPEG_TS;
	return is_icon(head, n_head)      ? VG_KIND_ICO
	       : is_old_tar(head, n_head) ? VG_KIND_TAR
	       : is_message(head, n_head) ? VG_KIND_MIME
					  : VG_KIND_UNKNOWN;
}

unsigned vg_kind_of(const uint8_t *head, size_t n_head)
{
	unsigned kind;
	size_t n;

	n_head = n_head < VG_KIND_HEAD_BYTES ? n_head : VG_KIND_HEAD_BYTES;
	kind = exact_kind(head, n_head);
	n = kind == VG_KIND_UNKNOWN ? n_junk(head, n_head) : 0;
	/* JPEG only: its decoder finds the beginning. */
	return n && n_head - n >= 3 && !memcmp(head + n, "\xff\xd8\xff", 3) ? VG_KIND_JPEG : kind;
}
