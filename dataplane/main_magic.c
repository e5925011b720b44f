/* Runs while Vigil is built: writes the table of magic numbers, compiled and serialized, as a C file to stdout. */
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/media/sniff_table.h"

int main(void)
{
	char why[256], *bytes = NULL;
	hs_database_t *database = vg_sniff_table_compile(1, why, sizeof(why));
	size_t n_bytes = 0;

	if (!database || hs_serialize_database(database, &bytes, &n_bytes) != HS_SUCCESS) {
		fprintf(stderr, "the magic table does not compile: %s\n", database ? "out of memory" : why);
		return 1;
	}
	puts("/* Written by dataplane/main_magic.c of the rows in dataplane/media/sniff.c. */\n"
	     "#include \"dataplane/media/sniff_table.h\"\n\nconst uint8_t vg_magic_bytes[] = {");
	for (size_t i = 0; i < n_bytes; i++)
		printf("%u,%s", (uint8_t)bytes[i], i % 32 == 31 ? "\n" : "");
	puts("\n};\nconst size_t vg_magic_n_bytes = sizeof(vg_magic_bytes);");
	free(bytes);
	hs_free_database(database);
	return fflush(stdout) != 0;
}
