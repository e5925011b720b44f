/* Sealed evidence from a disk that somebody else had in hand: the key is the reader's, the bytes are not. */
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <vigil/memfd.h>

#include "control/evidence/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static int nothing(void *user, const uint8_t *bytes, size_t n_bytes)
{
	(void)user, (void)bytes, (void)n_bytes;
	return 0;
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_sealed_info info;
	uint8_t pk[32], sk[32], seed[32] = { 1 };
	int fd = vg_memfd_new("fuzz", 0);

	if (fd < 0 || sodium_init() < 0)
		return 0;
	crypto_box_seed_keypair(pk, sk, seed);
	if (write(fd, data, size) == (ssize_t)size) {
		lseek(fd, 0, SEEK_SET);
		(void)vg_sealed_peek(fd, &info);
		lseek(fd, 0, SEEK_SET);
		(void)vg_evidence_open(fd, pk, sk, nothing, NULL);
	}
	close(fd);
	return 0;
}
