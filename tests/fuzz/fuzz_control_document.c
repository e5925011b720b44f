/* A case whose every byte comes from the wire: its documents must satisfy the schema. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/report/document.h"
#include "control/report/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void must_be_valid(struct vg_schema *schema, char *text, size_t n)
{
	char why[200];
	if (!text || vg_schema_check(schema, text, n, why, sizeof(why)))
		abort();
	free(text);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vg_schema *schema;
	struct vg_reporter_card card = { .email = "abuse@hoster.example" };
	struct vg_case *c = calloc(1, sizeof(*c));
	struct vg_case_file *file = calloc(1, sizeof(*file));
	size_t n;
	int fd;

	schema = schema ? schema : vg_schema_create();
	if (!c || !file || !schema)
		abort();
	memcpy(&c->origin, data, size < sizeof(c->origin) ? size : sizeof(c->origin));
	if (size > sizeof(c->origin)) {
		size -= sizeof(c->origin);
		memcpy(file, data + sizeof(c->origin), size < sizeof(*file) ? size : sizeof(*file));
	}
	file->n_hits %= 9;
	c->files = file;
	c->n_files = 1;
	/* The way it goes: through the link, which ends every text. */
	fd = vg_link_case_pack(c);
	free(file);
	if (vg_link_case_unpack(fd, c, &file))
		abort();
	close(fd);
	for (int minimal = 0; minimal < 2; minimal++) {
		char *text = vg_doc_report(c, &card, minimal, 1795600000000000000, &n);
		must_be_valid(schema, text, n);
		text = vg_doc_file(c, 0, 1, "f", minimal, 1795600000000000000, &n);
		must_be_valid(schema, text, n);
	}
	free(file);
	free(c);
	return 0;
}
