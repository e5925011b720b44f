/* What comes as a memfd over the reporter's socket: a packed case, a text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/memfd.h>

#include "control/outbox/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_case *c = calloc(1, sizeof(*c));
	struct vg_case_file *files;
	char *text;
	size_t n;
	int fd = vg_memfd_new("fuzz", 0);

	if (c && fd >= 0 && write(fd, data, size) == (ssize_t)size && !vg_memfd_seal(fd, VG_SEALS_FINAL)) {
		if (!vg_link_case_unpack(fd, c, &files)) {
			if (memchr(c->origin.url, 0, sizeof(c->origin.url)) == NULL)
				abort();
			free(files);
		}
		if (!vg_link_text_unpack(fd, &text, &n)) {
			if (text[n])
				abort();
			free(text);
		}
	}
	close(fd);
	free(c);
	return 0;
}
