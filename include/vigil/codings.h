#pragma once
/* codings: what was around the bytes of a body or of a file in it, and is undone before they are digested. */
#include <stdint.h>

/* Content codings (RFC 9110 8.4.1) in the order they were applied: up to 4, one per byte of a uint32_t, first applied
 * in the lowest byte, 0 = no more. The decoder undoes the highest set byte first. AWS_CHUNKED: S3's signed chunks, no
 * coding of HTTP but undone like one. MESSAGES: messages of a WebSocket whose compression hangs together (RFC 7692
 * 7.2.3): records of a be32 of flags (FIRST: a message begins, LAST: it ends with this one), a be64 of length and so
 * many bytes of raw deflate without the tail of a message; undone, they are the parts of a multipart with the body's
 * boundary. ZSTD_MESSAGES: the same, but the bytes of all records are one zstd stream (rsync). */
enum vg_coding {
	VG_CODING_NONE,
	VG_CODING_GZIP,
	VG_CODING_DEFLATE,
	VG_CODING_BR,
	VG_CODING_UNKNOWN,
	VG_CODING_AWS_CHUNKED,
	VG_CODING_MESSAGES,
	VG_CODING_ZSTD,
	VG_CODING_LZMA, /* also xz */
	VG_CODING_ZSTD_MESSAGES,
	VG_CODING_N
};
static inline const char *vg_coding_str(unsigned coding)
{
	static const char *const names[] = {
		"none", "gzip", "deflate",    "br", "unknown", "aws-chunked", "permessage-deflate",
		"zstd", "lzma", "zstd-stream"
	};
	return coding < VG_CODING_N ? names[coding] : "unknown";
}
#define VG_MESSAGES_RECORD_BYTES 12u
#define VG_MESSAGES_FIRST        1u
#define VG_MESSAGES_LAST         2u

/* What mail, forms and texts do to a file so that it passes as text (RFC 2045 6; uuencode). */
enum vg_transfer_coding { VG_TRANSFER_PLAIN, VG_TRANSFER_BASE64, VG_TRANSFER_QUOTED, VG_TRANSFER_UU, VG_TRANSFER_N };
static inline const char *vg_transfer_str(unsigned coding)
{
	static const char *const names[] = { "none", "base64", "quoted-printable", "uuencode" };
	return coding < VG_TRANSFER_N ? names[coding] : "unknown";
}
