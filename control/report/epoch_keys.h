#pragma once
/* epoch_keys: the reporter's evidence keys in its own state folder: epoch-<n>.key (0600) and .pub. The newest one's
 * public half goes to vigild; an older one stays until vigild says that its epoch is settled, and is then destroyed.
 * Cold. */
#include <stdint.h>

#include <vigil/err.h>

struct vg_epoch_keys {
	char dir[3072];
	uint64_t epoch; /* the newest */
	uint8_t public_key[32];
};
/* Finds the newest pair in dir (made 0700 where absent), or makes the first, numbered by the seconds since 1970. */
enum vg_err vg_epoch_keys_init(struct vg_epoch_keys *keys, const char *dir);
/* Makes the pair of `epoch` (newest + 1; VG_OK as well where it is the newest already). VG_ECONFLICT otherwise. */
enum vg_err vg_epoch_keys_rotate(struct vg_epoch_keys *keys, uint64_t epoch);
/* Overwrites and removes an older epoch's secret key. VG_ECONFLICT: the newest. VG_OK where it is gone. */
enum vg_err vg_epoch_keys_destroy(struct vg_epoch_keys *keys, uint64_t epoch);
/* Reads one pair; the caller wipes secret_key. VG_ENOTFOUND. */
enum vg_err vg_epoch_keys_load(const struct vg_epoch_keys *keys, uint64_t epoch, uint8_t public_key[32],
			       uint8_t secret_key[32]);
