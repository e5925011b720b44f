#pragma once
/* digest_priv: the inside of struct vg_digests. */
#include <openssl/evp.h>

#include "hashing/digest/digest.h"

#define VG_DIGEST_N 3

struct vg_digests {
	EVP_MD *algos[VG_DIGEST_N]; /* MD5, SHA-1, SHA-256: bit i of the mask */
	EVP_MD_CTX *states[VG_DIGEST_N];
	unsigned mask; /* of the stream in hand */
};
