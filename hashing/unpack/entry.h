#pragma once
/* entry: what walking a container gives, one file after the other, for archives, documents and messages alike. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/codings.h>

/* A walk calls begin, bytes (any number of times), end for each file, and stops where begin or bytes says false. All
 * is borrowed for the call. */
struct vg_entry_sink {
	void *ctx;
	/* is_file: it was sent as a file; else it is one only if its bytes are of a kind of ours. */
	bool (*begin)(void *ctx, const char *name, size_t n_name, bool is_file);
	bool (*bytes)(void *ctx, const uint8_t *bytes, size_t n_bytes);
	/* whole: to its end, unbroken. */
	void (*end)(void *ctx, bool whole);
	/* Behind a begin: this was undone of the file's bytes. NULL: nobody asks. */
	void (*coded)(void *ctx, enum vg_transfer_coding transfer);
};
