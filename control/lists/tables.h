#pragma once
/* tables: the search tables of an index (vigil/bands_format.h), made once for all hashers: 256 bytes a hash and 4 MiB,
 * in a memfd that is sealed before anybody else has it. */
#include <stdint.h>

#include <vigil/bands_format.h>
#include <vigil/err.h>

#define VG_TABLES_MAX_THREADS 4u /* that sort; all are over when this returns */

/* VG_OK and *fd, sealed VG_SEALS_FINAL, the caller's; -1 where no section has so many hashes that tables are worth it.
 * VG_EIO, VG_ENOMEM: there is no room for them; hashers then scan, which finds the same. */
enum vg_err vg_tables_build(const struct vg_index_view *view, int *fd, uint64_t *n_bytes);
