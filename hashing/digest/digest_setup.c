/* digest_setup: fetches the algorithms once and makes their states, so that nothing is looked up or allocated per
 * object. */
#include <openssl/evp.h>

#include "hashing/digest/digest_priv.h"

static void release(struct vg_digests *d)
{
	for (unsigned i = 0; i < VG_DIGEST_N; i++) {
		EVP_MD_CTX_free(d->states[i]);
		EVP_MD_free(d->algos[i]);
	}
	free(d);
}

void vg_digests_destroy(struct vg_digests *d)
{
	if (d)
		release(d);
}

struct vg_digests *vg_digests_create(void)
{
	static const char *const names[VG_DIGEST_N] = { "MD5", "SHA1", "SHA256" };
	struct vg_digests *d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	for (unsigned i = 0; i < VG_DIGEST_N; i++) {
		d->algos[i] = EVP_MD_fetch(NULL, names[i], NULL);
		d->states[i] = EVP_MD_CTX_new();
		if (!d->algos[i] || !d->states[i] || EVP_DigestInit_ex2(d->states[i], d->algos[i], NULL) != 1)
			goto fail;
	}
	return d;
fail:
	release(d);
	return NULL;
}
