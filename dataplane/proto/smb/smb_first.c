/* How SMB is recognised: a NetBIOS message with one of its marks, or NetBIOS's own greeting before it. */
#include <string.h>

#include <vigil/bytes.h>

#include "dataplane/proto/smb/smb_priv.h"

/* b as far as it goes equals text. */
static int agrees(const uint8_t *b, uint32_t n, const char *text, uint32_t n_text)
{
	return !memcmp(b, text, n < n_text ? n : n_text);
}

/* RFC 1002 4.3.2: the called name is 32 letters A to P. */
static int is_session_request(const uint8_t *b, uint32_t n)
{
	if (!agrees(b, n, "\x81\x00\x00\x44\x20", 5))
		return 0;
	for (uint32_t i = 5; i < n && i < 37; i++)
		if (b[i] < 'A' || b[i] > 'P')
			return 0;
	return 1;
}

enum vg_app vg_smb_first(const uint8_t *b, uint32_t n)
{
	if (b[0] == 0x81)
		return !is_session_request(b, n) ? VG_APP_UNKNOWN : n >= 12 ? VG_APP_SMB : VG_APP_NONE;
	if (b[0] == 0x82 || b[0] == 0x85) { /* accepted; keep-alive: a message follows */
		if (!agrees(b + 1, n - 1, "\0\0\0", 3))
			return VG_APP_UNKNOWN;
		if (n <= 4)
			return VG_APP_NONE;
		b += 4;
		n -= 4;
	}
	if (b[0])
		return VG_APP_UNKNOWN;
	if (n >= 5 && b[4] < VG_SMB_MARK_COMPRESSED)
		return VG_APP_UNKNOWN;
	if (n > 5 && !agrees(b + 5, n - 5, "SMB", 3))
		return VG_APP_UNKNOWN;
	if (n >= 4 && (vg_be24(b + 1) < 16 || vg_be24(b + 1) > VG_SMB_MAX_RECORD))
		return VG_APP_UNKNOWN;
	return n >= 8 ? VG_APP_SMB : VG_APP_NONE;
}

int vg_smb_begins(const uint8_t *bytes, uint32_t n_bytes)
{
	return n_bytes >= VG_SMB_HUNT_BYTES && vg_smb_is_record(bytes);
}
