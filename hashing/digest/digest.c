/* digest: bytes arrive in spans of some KiB; each span goes through all algorithms while it is in the first-level
 * cache. */
#include "hashing/digest/digest.h"

#include <openssl/evp.h>
#include <string.h>

#include "hashing/digest/digest_priv.h"

/* Small enough that a piece stays in the first-level cache for the second and third algorithm. */
#define PIECE_BYTES 16384u

void vg_digests_init(struct vg_digests *d, unsigned algo_mask)
{
	d->mask = algo_mask & VG_DIGEST_ALL;
	for (unsigned i = 0; i < VG_DIGEST_N; i++)
		if (d->mask >> i & 1)
			VG_INVARIANT_HOT(EVP_DigestInit_ex2(d->states[i], d->algos[i], NULL) == 1);
}

void vg_digests_feed(struct vg_digests *d, const uint8_t *bytes, size_t n_bytes)
{
	while (n_bytes) {
		size_t n = n_bytes < PIECE_BYTES ? n_bytes : PIECE_BYTES;
		for (unsigned i = 0; i < VG_DIGEST_N; i++)
			if (d->mask >> i & 1)
				VG_INVARIANT_HOT(EVP_DigestUpdate(d->states[i], bytes, n) == 1);
		bytes += n;
		n_bytes -= n;
	}
}

void vg_digests_done(struct vg_digests *d, struct vg_digest_values *out)
{
	uint8_t *values[VG_DIGEST_N] = { out->md5, out->sha1, out->sha256 };
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < VG_DIGEST_N; i++)
		if (d->mask >> i & 1)
			VG_INVARIANT_HOT(EVP_DigestFinal_ex(d->states[i], values[i], NULL) == 1);
	d->mask = 0;
}

enum vg_err vg_digests_copy(struct vg_digests *to, const struct vg_digests *from)
{
	to->mask = 0;
	for (unsigned i = 0; i < VG_DIGEST_N; i++)
		if ((from->mask >> i & 1) && EVP_MD_CTX_copy_ex(to->states[i], from->states[i]) != 1)
			return VG_ENOMEM;
	to->mask = from->mask;
	return VG_OK;
}
