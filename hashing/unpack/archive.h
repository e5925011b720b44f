#pragma once
/* archive: the files of an archive by libarchive, from memory only: ZIP (stored, deflated, zip64 and what else
 * libarchive knows), 7z, RAR 4 and 5, CAB, tar in its dialects, and gzip, bzip2, xz, zstd around a tar or around a
 * single file (unpacked by packed.h). Of what is cut off, all that decodes is given: whole entries, and the last one as
 * far as it goes. Fed a chain; libarchive allocates; no names are trusted, no file is written, no program is run. One
 * thread. */
#include <vigil/err.h>

#include "hashing/chain/chain.h"
#include "hashing/unpack/budget.h"
#include "hashing/unpack/entry.h"

/* Walks an archive of a kind (enum vg_kind); charges and counts in budget: bytes and time here, encrypted entries and
 * broken archives too; members are the sink's business. VG_OK: walked to its end or until the sink or the budget
 * stopped it; VG_ECORRUPT: it broke (counted); VG_EUNSUPPORTED: not a kind for libarchive; VG_EBUDGET: no memory. */
enum vg_err vg_archive_walk(unsigned kind, const struct vg_chain *bytes, struct vg_budget *budget,
			    const struct vg_entry_sink *sink);

/* The same over bytes that come piece by piece: read(ctx) gives the next one, {NULL, 0} at the end. What needs
 * seeking (7z) is VG_EUNSUPPORTED. */
typedef struct vg_span (*vg_archive_read_fn)(void *ctx);
enum vg_err vg_archive_walk_forward(unsigned kind, vg_archive_read_fn read, void *ctx, struct vg_budget *budget,
				    const struct vg_entry_sink *sink);

/* Start-up: lets the library do what it does on its first use, before the sandbox closes. */
void vg_archive_warm(void);
