/* epoch_keys: a secret that is meant to be destroyed must lie in one known place only. The first epoch of a folder is
 * numbered by the time it was made, so that a reporter that lost its folder comes with a newer epoch and not with
 * another key of a known one: new matches can be filed, and only those of the lost epoch need a custodian. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/evidence/keys.h"
#include "control/report/epoch_keys.h"

static void path_of(const struct vg_epoch_keys *keys, uint64_t epoch, const char *end, char path[4096])
{
	snprintf(path, 4096, "%s/epoch-%" PRIu64 ".%s", keys->dir, epoch, end);
}
/* Writes the secret half first: a public half alone would seal what cannot be opened. */
static enum vg_err make(struct vg_epoch_keys *keys, uint64_t epoch)
{
	uint8_t pk[32], sk[32];
	char path[4096];
	enum vg_err err;

	crypto_box_keypair(pk, sk);
	path_of(keys, epoch, "key", path);
	err = vg_key_write(path, sk, 0600);
	sodium_memzero(sk, sizeof(sk));
	path_of(keys, epoch, "pub", path);
	if (!err)
		err = vg_key_write(path, pk, 0644);
	if (!err) {
		keys->epoch = epoch;
		memcpy(keys->public_key, pk, sizeof(pk));
	}
	return err;
}

enum vg_err vg_epoch_keys_load(const struct vg_epoch_keys *keys, uint64_t epoch, uint8_t public_key[32],
			       uint8_t secret_key[32])
{
	char path[4096];

	path_of(keys, epoch, "key", path);
	if (vg_key_read(path, secret_key))
		return VG_ENOTFOUND;
	return crypto_scalarmult_base(public_key, secret_key) ? VG_ECORRUPT : VG_OK;
}

enum vg_err vg_epoch_keys_init(struct vg_epoch_keys *keys, const char *dir)
{
	uint64_t newest = 0;
	uint8_t sk[32];
	struct dirent *entry;
	enum vg_err err;
	DIR *d;

	memset(keys, 0, sizeof(*keys));
	if (sodium_init() < 0 || snprintf(keys->dir, sizeof(keys->dir), "%s", dir) >= (int)sizeof(keys->dir) ||
	    (mkdir(dir, 0700) && errno != EEXIST) || !(d = opendir(dir)))
		return VG_EIO;
	while ((entry = readdir(d))) {
		uint64_t epoch = 0;
		int n = 0;
		if (sscanf(entry->d_name, "epoch-%" SCNu64 ".pub%n", &epoch, &n) == 1 && n > 0 && !entry->d_name[n] &&
		    epoch > newest)
			newest = epoch;
	}
	closedir(d);
	if (!newest)
		return make(keys, (uint64_t)time(NULL));
	err = vg_epoch_keys_load(keys, newest, keys->public_key, sk);
	sodium_memzero(sk, sizeof(sk));
	keys->epoch = newest;
	return err;
}
enum vg_err vg_epoch_keys_rotate(struct vg_epoch_keys *keys, uint64_t epoch)
{
	if (epoch == keys->epoch)
		return VG_OK;
	return epoch == keys->epoch + 1 ? make(keys, epoch) : VG_ECONFLICT;
}
enum vg_err vg_epoch_keys_destroy(struct vg_epoch_keys *keys, uint64_t epoch)
{
	static const char blank[64];
	char path[4096];
	int fd, bad;

	if (epoch >= keys->epoch)
		return VG_ECONFLICT;
	path_of(keys, epoch, "key", path);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno != ENOENT)
		return VG_EIO;
	if (fd >= 0) {
		/* What the file system keeps of old blocks is beyond us; the disk is to be encrypted
		 * (docs/operations.md). */
		bad = pwrite(fd, blank, sizeof(blank), 0) != (ssize_t)sizeof(blank) || fsync(fd);
		close(fd);
		if (bad || (unlink(path) && errno != ENOENT))
			return VG_EIO;
	}
	path_of(keys, epoch, "pub", path);
	(void)unlink(path);
	fd = open(keys->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return VG_EIO;
	bad = fsync(fd);
	close(fd);
	return bad ? VG_EIO : VG_OK;
}
