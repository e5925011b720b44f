#pragma once
/* schema: cybertip.xsd (control/report/, Vigil's own), compiled into the program, and validation against it. One
 * thread. */
#include <stddef.h>

#include <vigil/base.h>
#include <vigil/err.h>

struct vg_schema;
void vg_schema_destroy(struct vg_schema *schema);
/* Parses the built-in schema; NULL only when memory is short. */
VG_DEALLOC(vg_schema_destroy)
struct vg_schema *vg_schema_create(void);
/* VG_OK, or VG_EINVAL with the first complaint (no content of the document: element names and kinds only) in `why`.
 * */
enum vg_err vg_schema_check(struct vg_schema *schema, const char *document, size_t n_bytes, char *why, size_t cap);
