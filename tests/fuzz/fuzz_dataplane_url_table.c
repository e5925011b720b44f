/* A table of listed URLs of any bytes: what passes the check can be searched for anything. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>
#include <vigil/url_table.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = { "example.org", "a.b.c.example.org", "x" };
	struct vg_url_table_header h;
	uint8_t *copy;

	if (size < sizeof(h))
		return 0;
	memcpy(&h, data, sizeof(h));
	h.magic = VG_URL_TABLE_MAGIC;
	h.version = VG_URL_TABLE_VERSION;
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	memcpy(copy, &h, sizeof(h));
	if (!vg_url_table_check(copy, size))
		for (size_t i = 0; i < VG_ARRAY_LEN(hosts); i++) {
			struct vg_url u = { .n_text = 0 };
			VG_INVARIANT(!vg_url_host(&u, (const uint8_t *)hosts[i], strlen(hosts[i])));
			(void)vg_url_find((const void *)(copy + sizeof(h)), h.n_slots, h.n_domains, 0, &u,
					  (const uint8_t *)"/a/b?c&d", 8);
		}
	free(copy);
	return 0;
}
