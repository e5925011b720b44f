/* keys: key files as text, so that an operator can carry and compare them. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/bytes.h>

#include "control/evidence/keys.h"

static enum vg_err sync_folder(const char *path)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	int fd, bad;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return VG_EIO;
	bad = fsync(fd);
	close(fd);
	return bad ? VG_EIO : VG_OK;
}

static enum vg_err write_file(const char *path, const char *text, size_t n_text, unsigned mode)
{
	char temporary[4096];
	int fd, bad;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return VG_EINVAL;
	(void)unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return VG_EIO;
	bad = write(fd, text, n_text) != (ssize_t)n_text || fchmod(fd, mode) || fsync(fd);
	bad |= close(fd) != 0;
	if (bad || rename(temporary, path)) {
		(void)unlink(temporary);
		return VG_EIO;
	}
	return sync_folder(path);
}

enum vg_err vg_key_write(const char *path, const uint8_t key[32], unsigned mode)
{
	char text[66];
	enum vg_err err;

	vg_hex(key, 32, text);
	text[64] = '\n';
	err = write_file(path, text, 65, mode);
	sodium_memzero(text, sizeof(text));
	return err;
}

enum vg_err vg_key_read(const char *path, uint8_t key[32])
{
	char text[80];
	ssize_t n;
	enum vg_err err = VG_EINVAL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return VG_EIO;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n < 0)
		return VG_EIO;
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
		n--;
	if (n == 64 && !vg_unhex(text, key, 32))
		err = VG_OK;
	sodium_memzero(text, sizeof(text));
	return err;
}

static enum vg_err keygen_one(const char *dir, unsigned idx)
{
	char public_path[4096], secret_path[4096];
	uint8_t pk[32], sk[32], again[32];
	enum vg_err err;

	if (snprintf(public_path, sizeof(public_path), "%s/custodian-%u.pub", dir, idx) >= (int)sizeof(public_path) ||
	    snprintf(secret_path, sizeof(secret_path), "%s/custodian-%u.key", dir, idx) >= (int)sizeof(secret_path))
		return VG_EINVAL;
	if (!vg_key_read(public_path, pk) && !vg_key_read(secret_path, sk)) {
		/* A kept pair must be one. */
		crypto_scalarmult_base(again, sk);
		sodium_memzero(sk, sizeof(sk));
		return memcmp(again, pk, 32) ? VG_ECONFLICT : VG_OK;
	}
	crypto_box_keypair(pk, sk);
	/* The secret half first: a public half without it would seal what nobody can open. */
	err = vg_key_write(secret_path, sk, 0600);
	sodium_memzero(sk, sizeof(sk));
	return err ? err : vg_key_write(public_path, pk, 0644);
}

enum vg_err vg_custodian_keygen(const char *dir)
{
	char path[4096];
	enum vg_err err;

	if (sodium_init() < 0 || (mkdir(dir, 0700) && errno != EEXIST) ||
	    snprintf(path, sizeof(path), "%s/STAMP", dir) >= (int)sizeof(path))
		return VG_EIO;
	err = write_file(path, "demo\n", 5, 0644);
	for (unsigned idx = 1; idx <= 2 && !err; idx++)
		err = keygen_one(dir, idx);
	return err;
}

int vg_dir_is_demo(const char *dir)
{
	char path[4096], text[16] = "";
	ssize_t n = -1;
	int fd;

	if (snprintf(path, sizeof(path), "%s/STAMP", dir) >= (int)sizeof(path))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT && errno != ENOTDIR; /* a stamp that cannot be read counts as one */
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n < 0 || !strncmp(text, "demo", 4);
}
