#pragma once
/* media: the kinds, states and reasons that more than one program must name alike. */
#include <stdint.h>

#include <vigil/codings.h>

/* Kind of a body by its first bytes, never by what a header claims. Text: as objects lines and metrics name it. */
#define VG_KIND_TABLE(X)                                        \
	X(VG_KIND_UNKNOWN, 0, "application/octet-stream")       \
	X(VG_KIND_JPEG, 1, "image/jpeg")                        \
	X(VG_KIND_PNG, 2, "image/png")                          \
	X(VG_KIND_GIF, 3, "image/gif")                          \
	X(VG_KIND_WEBP, 4, "image/webp")                        \
	X(VG_KIND_BMP, 5, "image/bmp")                          \
	X(VG_KIND_TIFF, 6, "image/tiff")                        \
	X(VG_KIND_HEIF, 7, "image/heif")                        \
	X(VG_KIND_JXL, 8, "image/jxl")                          \
	X(VG_KIND_JP2, 9, "image/jp2")                          \
	X(VG_KIND_ICO, 10, "image/vnd.microsoft.icon")          \
	X(VG_KIND_PSD, 11, "image/vnd.adobe.photoshop")         \
	X(VG_KIND_AVIF, 12, "image/avif")                       \
	X(VG_KIND_MP4, 16, "video/mp4")                         \
	X(VG_KIND_MATROSKA, 17, "video/x-matroska")             \
	X(VG_KIND_AVI, 18, "video/x-msvideo")                   \
	X(VG_KIND_FLV, 19, "video/x-flv")                       \
	X(VG_KIND_MPEG_PS, 20, "video/mpeg")                    \
	X(VG_KIND_OGG, 21, "video/ogg")                         \
	X(VG_KIND_ASF, 22, "video/x-ms-asf")                    \
	X(VG_KIND_MPEG_TS, 23, "video/mp2t")                    \
	X(VG_KIND_ZIP, 32, "application/zip")                   \
	X(VG_KIND_RAR, 33, "application/vnd.rar")               \
	X(VG_KIND_7Z, 34, "application/x-7z-compressed")        \
	X(VG_KIND_GZIP, 35, "application/gzip")                 \
	X(VG_KIND_BZIP2, 36, "application/x-bzip2")             \
	X(VG_KIND_XZ, 37, "application/x-xz")                   \
	X(VG_KIND_TAR, 38, "application/x-tar")                 \
	X(VG_KIND_ZSTD, 39, "application/zstd")                 \
	X(VG_KIND_PDF, 40, "application/pdf")                   \
	X(VG_KIND_CAB, 41, "application/vnd.ms-cab-compressed") \
	X(VG_KIND_OLE, 42, "application/x-ole-storage")         \
	X(VG_KIND_MULTIPART, 48, "multipart/form-data")         \
	X(VG_KIND_MIME, 49, "message/rfc822")                   \
	X(VG_KIND_TEXT, 50, "text/plain")
enum vg_kind {
#define X(sym, val, txt) sym = val,
	VG_KIND_TABLE(X)
#undef X
};
#define VG_KIND_IS_IMAGE(k)     ((k) >= 1 && (k) < 16)
#define VG_KIND_IS_VIDEO(k)     ((k) >= 16 && (k) < 32)
#define VG_KIND_IS_ARCHIVE(k)   ((k) >= 32 && (k) < 48)
/* Files lie inside: worth opening, whatever its name. */
#define VG_KIND_IS_CONTAINER(k) (VG_KIND_IS_ARCHIVE(k) || (k) == VG_KIND_MIME)

static inline const char *vg_kind_str(unsigned kind)
{
	switch (kind) {
#define X(sym, val, txt) \
	case val:        \
		return txt;
		VG_KIND_TABLE(X)
#undef X
	}
	return "application/octet-stream";
}

/* How a transferred body ended. COMPLETE: every byte from first to last was seen. TRUNCATED: began, and the capture or
 * the connection stopped before its end. GAP: an inner part is missing. ABORTED: the sender reset. */
enum vg_state { VG_STATE_OPEN, VG_STATE_COMPLETE, VG_STATE_TRUNCATED, VG_STATE_GAP, VG_STATE_ABORTED, VG_STATE_N };
static inline const char *vg_state_str(unsigned state)
{
	static const char *const names[] = { "open", "complete", "truncated", "gap", "aborted" };
	return state < VG_STATE_N ? names[state] : "unknown";
}

enum vg_direction { VG_DOWNLOAD, VG_UPLOAD };
static inline const char *vg_direction_str(unsigned direction)
{
	return direction ? "upload" : "download";
}

/* Where a body came from; `proto` of an object line. */
enum vg_proto_id {
	VG_PROTO_NONE,
	VG_PROTO_HTTP, /* HTTP/1 */
	VG_PROTO_FILE,
	VG_PROTO_HTTP2,
	VG_PROTO_WEBSOCKET,
	VG_PROTO_FTP,
	VG_PROTO_TFTP,
	VG_PROTO_SMB,
	VG_PROTO_NFS,
	VG_PROTO_SMTP,
	VG_PROTO_IMAP,
	VG_PROTO_POP3,
	VG_PROTO_RSYNC,
	VG_PROTO_FASTCGI,
	VG_PROTO_RAW, /* carved out of a stream that nobody understands */
	VG_PROTO_N
};
static inline const char *vg_proto_str(unsigned proto)
{
	static const char *const names[] = { "unknown", "http", "file", "http2", "websocket", "ftp",     "tftp", "smb",
					     "nfs",     "smtp", "imap", "pop3",  "rsync",     "fastcgi", "raw" };
	return proto < VG_PROTO_N ? names[proto] : "unknown";
}

/* List algorithms. */
enum vg_algo {
	VG_ALGO_NONE,
	VG_ALGO_MD5,
	VG_ALGO_SHA1,
	VG_ALGO_SHA256,
	VG_ALGO_PDQ,
	VG_ALGO_VPDQ,
	VG_ALGO_URL,
	VG_ALGO_PLUGIN, /* of one of the names in plugin.h */
	VG_ALGO_N
};
static inline const char *vg_algo_str(unsigned algo)
{
	static const char *const names[] = { "none", "md5", "sha1", "sha256", "pdq", "vpdq", "url", "plugin" };
	return algo < VG_ALGO_N ? names[algo] : "unknown";
}
/* A digest of all bytes, which vigild recomputes; the others are perceptual. */
static inline int vg_algo_is_exact(unsigned algo)
{
	return algo >= VG_ALGO_MD5 && algo <= VG_ALGO_SHA256;
}
/* PDQ quality below which a hash is noise: use >= 50 (PDQ reference, README). */
#define VG_PDQ_MIN_QUALITY   50
/* Greatest Hamming distance of a match (PDQ reference); the most that a list may ask for (near.h): a person decides. */
#define VG_PDQ_MAX_DISTANCE  31
#define VG_PDQ_WIDE_DISTANCE 63
/* What a list says shall happen to its matches. BLOCK and REPORT_BLOCK also stop the transfer, on inspect-first links;
 * the case is then that of ALERT and of REPORT (vg_action_case()). */
enum vg_action {
	VG_ACTION_COUNT,
	VG_ACTION_ALERT,
	VG_ACTION_REVIEW,
	VG_ACTION_REPORT,
	VG_ACTION_BLOCK,
	VG_ACTION_REPORT_BLOCK,
	VG_ACTION_N
};
static inline const char *vg_action_str(unsigned action)
{
	static const char *const names[] = { "count", "alert", "review", "report", "block", "report+block" };
	return action < VG_ACTION_N ? names[action] : "unknown";
}
static inline int vg_action_blocks(unsigned action)
{
	return action == VG_ACTION_BLOCK || action == VG_ACTION_REPORT_BLOCK;
}
static inline unsigned vg_action_case(unsigned action)
{
	return action == VG_ACTION_BLOCK          ? VG_ACTION_ALERT
	       : action == VG_ACTION_REPORT_BLOCK ? VG_ACTION_REPORT
						  : action;
}

/* What became of a body on an inspect-first link. PENDING: not decided yet. PASSED: there was nothing to stop.
 * STOPPED: its last bytes, at least, did not pass. The others passed, although a list asked to stop it: LATE = the
 * verdict came after hold_ms, UNHELD = it could not be held (pressure, a late inspector), BRAKE = too many stops. */
enum vg_hold_outcome {
	VG_HOLD_NONE,
	VG_HOLD_PENDING,
	VG_HOLD_PASSED,
	VG_HOLD_STOPPED,
	VG_HOLD_LATE,
	VG_HOLD_UNHELD,
	VG_HOLD_BRAKE,
	VG_HOLD_N
};
static inline const char *vg_hold_str(unsigned outcome)
{
	static const char *const names[] = { "none", "pending", "passed", "stopped", "late", "unheld", "brake" };
	return outcome < VG_HOLD_N ? names[outcome] : "unknown";
}
