#pragma once
/* sniff: the kind of a body by its first bytes (Hyperscan block mode over one table of magic numbers). One struct per
 * core (it holds Hyperscan's scratch); hs_scan() allocates nothing. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/media.h>

/* More bytes than this change no answer. */
#define VG_SNIFF_BYTES 272u /* tar: its magic lies at 257 */

struct vg_sniff;
/* Compiles the table. NULL: out of memory, or a CPU without SSSE3. Cold. */
void vg_sniff_destroy(struct vg_sniff *sniff);
struct vg_sniff *vg_sniff_create(void) VG_DEALLOC(vg_sniff_destroy);
/* Kind of a body that begins with these bytes; VG_KIND_UNKNOWN where no row fits. Looks at VG_SNIFF_BYTES at most. */
enum vg_kind vg_sniff(const struct vg_sniff *sniff, const uint8_t *bytes, size_t n_bytes);
