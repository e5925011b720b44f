/* Texts end with a NUL; options are pairs of them, in any order, of any case. */
#include <string.h>

#include "dataplane/proto/tftp/tftp_text.h"

#define MIN_BLKSIZE 8u     /* RFC 2348 */
#define MAX_BLKSIZE 65464u /* the same */
#define MAX_NAME    512u

/* The next text of *rest; 0: none that ends. */
static int next_text(struct vg_span *rest, struct vg_span *text)
{
	const uint8_t *end = rest->n_bytes ? memchr(rest->at, 0, rest->n_bytes) : NULL;

	if (!end)
		return 0;
	*text = (struct vg_span){ rest->at, (size_t)(end - rest->at) };
	rest->at = end + 1;
	rest->n_bytes -= text->n_bytes + 1;
	return 1;
}

static int is_word(struct vg_span text, const char *word)
{
	return text.n_bytes == strlen(word) && !strncasecmp((const char *)text.at, word, text.n_bytes);
}

static uint64_t number(struct vg_span text)
{
	uint64_t n = 0;

	if (!text.n_bytes || text.n_bytes > 18)
		return UINT64_MAX;
	for (size_t i = 0; i < text.n_bytes; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return UINT64_MAX;
		n = n * 10 + (uint64_t)(text.at[i] - '0');
	}
	return n;
}

void vg_tftp_options_read(struct vg_span rest, struct vg_tftp_options *options)
{
	struct vg_span name, value;

	*options = (struct vg_tftp_options){ VG_TFTP_NONE, VG_TFTP_NONE, UINT64_MAX };
	while (next_text(&rest, &name) && next_text(&rest, &value)) {
		uint64_t n = number(value);

		if (is_word(name, "blksize") && n >= MIN_BLKSIZE && n <= MAX_BLKSIZE)
			options->blksize = (uint32_t)n;
		else if (is_word(name, "windowsize") && n >= 1 && n <= 65535)
			options->windowsize = (uint32_t)n;
		else if (is_word(name, "tsize"))
			options->tsize = n;
	}
}

int vg_tftp_request_read(struct vg_span datagram, struct vg_tftp_request *request)
{
	struct vg_span rest = datagram, mode;

	if (datagram.n_bytes < 6 || datagram.at[0] || (datagram.at[1] != 1 && datagram.at[1] != 2))
		return 0;
	rest.at += 2;
	rest.n_bytes -= 2;
	if (!next_text(&rest, &request->name) || !request->name.n_bytes || request->name.n_bytes > MAX_NAME ||
	    !next_text(&rest, &mode))
		return 0;
	for (size_t i = 0; i < request->name.n_bytes; i++)
		if (request->name.at[i] < ' ')
			return 0;
	request->is_write = datagram.at[1] == 2;
	request->is_text = !is_word(mode, "octet");
	if (request->is_text && !is_word(mode, "netascii") && !is_word(mode, "mail"))
		return 0;
	vg_tftp_options_read(rest, &request->options);
	return 1;
}
