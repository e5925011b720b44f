#pragma once
/* digest_table: what `vigilctl hash` prints, from the object lines of its run. Foreign texts are shown with control
 * characters replaced. One thread. */
#include <stddef.h>
#include <stdio.h>

#include <vigil/err.h>

/* Reads the object lines at `objects_path` and prints, in the order of `paths`, one block for each file: its
 * digests, PDQ and quality, of a film each hashed frame as a line of a vPDQ file; members indented below their
 * container. *n_missing = paths without any line. as_json: the lines themselves, in that order. VG_OK, VG_EIO,
 * VG_ECORRUPT. */
enum vg_err vg_digest_table(const char *objects_path, const char *const *paths, size_t n_paths, int as_json, FILE *out,
			    size_t *n_missing);
