#pragma once
/* read_file: a whole file, for test programs. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* NULL where it cannot be read; freed by the caller. */
static inline uint8_t *read_file(const char *path, size_t *n_bytes)
{
	FILE *file = fopen(path, "rb");
	uint8_t *at = NULL;
	long size = 0;
	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
		goto out;
	at = malloc((size_t)size + 1);
	if (at && fread(at, 1, (size_t)size, file) != (size_t)size) {
		free(at);
		at = NULL;
	}
	*n_bytes = (size_t)size;
out:
	if (file)
		fclose(file);
	return at;
}
