#pragma once
/* keys: key pairs as files. A public key is 64 hex digits and a line break (0644), a secret key likewise (0600).
 * Cold. */
#include <stdint.h>

#include <vigil/err.h>

/* Two custodian key pairs for demo and replay: DIR/custodian-1.pub, .key, custodian-2.pub, .key, and the folder is
 * stamped (DIR/STAMP holds "demo"): production refuses it. Existing pairs are kept. Production custodians make theirs
 * on another machine. */
enum vg_err vg_custodian_keygen(const char *dir);
/* Reads one key file. VG_EIO not readable, VG_EINVAL not 64 hex digits. */
enum vg_err vg_key_read(const char *path, uint8_t key[32]);
/* Writes one key file with `mode`: temporary name, fsync, rename, fsync of the folder. */
enum vg_err vg_key_write(const char *path, const uint8_t key[32], unsigned mode);
/* True where DIR/STAMP says demo. */
int vg_dir_is_demo(const char *dir);
