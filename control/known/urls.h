#pragma once
/* urls: listed URLs of a list generation as the dataplane gets them (include/vigil/url_table.h, VG_MSG_URLS). Cold. */
#include <stdint.h>

#include <vigil/err.h>
#include <vigil/index_format.h>

/* A memfd sealed VG_SEALS_FINAL with the table of view's URLs; view NULL: an empty one. What is suppressed is in no
 * view; hashes of two URLs that are the same stand for both. VG_OK and *fd; VG_EIO, VG_ENOMEM, VG_EFULL (too many). */
enum vg_err vg_urls_table(const struct vg_index_view *view, uint64_t generation, int *fd);
