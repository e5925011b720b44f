#pragma once
/* sha256: FIPS 180-4, for the first bytes of bodies whose length is a known one: short and plain. Pure, any thread. */
#include <stddef.h>
#include <stdint.h>

struct vg_sha256 {
	uint32_t state[8];
	uint64_t n_bytes;
	uint8_t block[64];
};
void vg_sha256_init(struct vg_sha256 *s);
void vg_sha256_feed(struct vg_sha256 *s, const uint8_t *bytes, size_t n_bytes);
void vg_sha256_done(struct vg_sha256 *s, uint8_t digest[32]);
