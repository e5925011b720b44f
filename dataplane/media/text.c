#include "dataplane/media/text.h"

#define ENOUGH_BYTES 64u /* a file of pictures has a control character among its first 64 bytes */
#define LEAST_BYTES  24u /* base64 of what tells a format has as many */

int vg_media_is_text(const uint8_t *bytes, size_t n_bytes)
{
	size_t n = n_bytes < ENOUGH_BYTES ? n_bytes : ENOUGH_BYTES;

	for (size_t i = 0; i < n; i++)
		if ((bytes[i] < ' ' && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r') || bytes[i] == 0x7f)
			return 0;
	return n >= LEAST_BYTES;
}
