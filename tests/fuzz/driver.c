/* Feeds files to a fuzz target, so that every corpus is a regression test without clang. Each input lies in an
 * allocation
 * of exactly its size, so that a sanitizer sees one byte past the end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat st;
		FILE *file = fopen(argv[i], "rb");
		if (!file || fstat(fileno(file), &st) || st.st_size > 64 << 20) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			return 1;
		}
		uint8_t *data = malloc(st.st_size ? (size_t)st.st_size : 1);
		if (!data)
			return 1;
		size_t n = fread(data, 1, (size_t)st.st_size, file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, n);
		free(data);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
