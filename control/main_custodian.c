/* vigil-custodian: the offline half of the evidence store. Run on a machine of its own: it makes a custodian's key pair
 * (only the public half goes to the appliance) and opens sealed evidence that was carried there, for a lawful order. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/bytes.h>
#include <vigil/sandbox.h>

#include "control/evidence/keys.h"
#include "control/evidence/sealed.h"

static const char help[] =
	"usage: vigil-custodian keygen NAME            make NAME.pub (for the appliance) and NAME.key (keep it "
	"offline)\n"
	"       vigil-custodian show FILE.vge          the head of a sealed file: id, epoch, size, time\n"
	"       vigil-custodian open KEY FILE.vge OUT  open it with the key file KEY into OUT (made new, mode 0600)\n"
	"Evidence is sealed to at least two custodians; either can open it. Opening is an act of its own: note who "
	"ordered\n"
	"it, and remove OUT as soon as it was handed over. Exit: 0 ok, 1 failed, 2 usage, 5 not there.\n";

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "vigil-custodian: %s: %s\n", what, why);
	return errno == ENOENT ? 5 : 1;
}
static int keygen(const char *name)
{
	uint8_t public_key[32], secret_key[32];
	char path[4096];
	struct stat st;
	enum vg_err err;

	for (int secret = 0; secret < 2; secret++) {
		if (snprintf(path, sizeof(path), "%s.%s", name, secret ? "key" : "pub") >= (int)sizeof(path))
			return fail(name, "the name is too long");
		if (!lstat(path, &st)) {
			errno = EEXIST;
			return fail(path, "is there already; a key is never overwritten");
		}
	}
	crypto_box_keypair(public_key, secret_key);
	err = vg_key_write(path, secret_key, 0600);
	sodium_memzero(secret_key, sizeof(secret_key));
	if (err)
		return fail(path, vg_err_str(err));
	snprintf(path, sizeof(path), "%s.pub", name);
	if ((err = vg_key_write(path, public_key, 0644)) != VG_OK)
		return fail(path, vg_err_str(err));
	printf("%s.pub  for evidence.custodian_keys of the appliance\n%s.key  never leaves the custodian\n", name,
	       name);
	return 0;
}
static int show(const char *path)
{
	struct vg_sealed_info info;
	char id[33];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum vg_err err;

	if (fd < 0)
		return fail(path, strerror(errno));
	err = vg_sealed_peek(fd, &info);
	close(fd);
	errno = 0;
	if (err)
		return fail(path, vg_err_str(err));
	vg_hex(info.id, sizeof(info.id), id);
	printf("id       %s\nepoch    %" PRIu64 "\nbytes    %" PRIu64 "\nsealed   %" PRId64
	       " s since 1970 UTC\n(not authenticated before the file is opened)\n",
	       id, info.epoch, info.n_bytes, info.created_ns / 1000000000);
	return 0;
}
static int write_piece(void *user, const uint8_t *bytes, size_t n_bytes)
{
	const int *fd = user;
	while (n_bytes) {
		ssize_t n = write(*fd, bytes, n_bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes += n;
		n_bytes -= (size_t)n;
	}
	return 0;
}
static int open_file(const char *key_path, const char *path, const char *out_path)
{
	uint8_t public_key[32], secret_key[32];
	enum vg_err err = vg_key_read(key_path, secret_key);
	int fd, out;

	if (err)
		return fail(key_path, err == VG_EINVAL ? "is no key file (64 hex digits)" : strerror(errno));
	crypto_scalarmult_base(public_key, secret_key);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(path, strerror(errno));
	out = open(out_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out < 0) {
		close(fd);
		return fail(out_path, strerror(errno));
	}
	err = vg_evidence_open(fd, public_key, secret_key, write_piece, &out);
	sodium_memzero(secret_key, sizeof(secret_key));
	close(fd);
	if (!err && fsync(out))
		err = VG_EIO;
	close(out);
	errno = 0;
	if (!err)
		return 0;
	unlink(out_path);
	return fail(path, err == VG_EDENIED ? "is not sealed to this key" : vg_err_str(err));
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return fputs(help, stdout) < 0;
	if (argc == 2 && !strcmp(argv[1], "--version"))
		return printf("vigil-custodian %s (%s)\n", VG_VERSION, VG_BUILD_ID) < 0;
	if (sodium_init() < 0 || vg_sandbox_quiet())
		return fail("start", "libsodium or the process limits refuse");
	umask(077);
	if (argc == 3 && !strcmp(argv[1], "keygen"))
		return keygen(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "show"))
		return show(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "open"))
		return open_file(argv[2], argv[3], argv[4]);
	fputs(help, stderr);
	return 2;
}
