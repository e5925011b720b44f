/* vigild's half of the evidence: it seals for custodians and reporter, and can open nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/memfd.h>

#include "control/evidence/evidence.h"
#include "control/evidence/keys.h"
#include "control/evidence/sealed.h"
#include "control/store/store.h"

struct house {
	char dir[64], evidence[100], pub[2][120], key[120];
	struct vg_store *store;
	struct vg_evidence *ev;
	uint8_t pk[32], sk[32]; /* the reporter's */
	struct vg_evidence_conf conf;
};
static void open_house(struct house *h)
{
	char path[100], why[VG_STORE_WHY];
	enum vg_err err;
	snprintf(path, sizeof(path), "%s/vigil.db", h->dir);
	h->store = vg_store_open(path, why, sizeof(why));
	assert_non_null(h->store);
	h->ev = vg_evidence_create(h->store, &h->conf, &err);
	assert_non_null(h->ev);
}
static void close_house(struct house *h)
{
	vg_evidence_destroy(h->ev);
	vg_store_close(h->store);
}
static int make_house(void **state)
{
	struct house *h = calloc(1, sizeof(*h));
	char dir[64] = "/tmp/vigil-evidence-XXXXXX";
	assert_non_null(mkdtemp(dir));
	memcpy(h->dir, dir, sizeof(dir));
	assert_int_equal(vg_custodian_keygen(dir), VG_OK);
	snprintf(h->evidence, sizeof(h->evidence), "%s/evidence", dir);
	h->conf = (struct vg_evidence_conf){ .dir = h->evidence, .n_custodians = 2 };
	for (int i = 0; i < 2; i++) {
		snprintf(h->pub[i], sizeof(h->pub[i]), "%s/custodian-%d.pub", dir, i + 1);
		h->conf.custodian_paths[i] = h->pub[i];
	}
	snprintf(h->key, sizeof(h->key), "%s/custodian-1.key", dir);
	crypto_box_keypair(h->pk, h->sk);
	open_house(h);
	*state = h;
	return 0;
}
static int drop_house(void **state)
{
	struct house *h = *state;
	char command[100];
	close_house(h);
	snprintf(command, sizeof(command), "rm -rf %s", h->dir);
	free(h);
	return system(command);
}
static int some_bytes(size_t n)
{
	int fd = vg_memfd_new("match", n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pwrite(fd, &(char){ (char)(i * 7) }, 1, (off_t)i), 1);
	assert_int_equal(vg_memfd_seal(fd, VG_SEALS_FINAL), VG_OK);
	return fd;
}
static int check_bytes(void *user, const uint8_t *bytes, size_t n_bytes)
{
	size_t *at = user;
	for (size_t i = 0; i < n_bytes; i++)
		assert_int_equal(bytes[i], (uint8_t)((*at)++ * 7));
	return 0;
}
static unsigned n_files(struct house *h)
{
	DIR *dir = opendir(h->evidence);
	unsigned n = 0;
	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void nothing_is_sealed_before_a_reporter_was_seen(void **state)
{
	struct house *h = *state;
	char id[VG_EVIDENCE_ID];
	int fd = some_bytes(10);
	assert_int_equal(vg_evidence_epoch(h->ev), 0);
	assert_int_equal(vg_evidence_seal(h->ev, fd, 10, id), VG_EAGAIN);
	assert_int_equal(n_files(h), 0);
	close(fd);
}
static void reporter_and_each_custodian_open_what_was_sealed(void **state)
{
	struct house *h = *state;
	char id[VG_EVIDENCE_ID], path[200];
	uint8_t pk[32], sk[32];
	struct stat st;
	size_t at = 0;
	int fd = some_bytes(1000), sealed;

	assert_int_equal(vg_evidence_take_reporter_key(h->ev, 1, h->pk), VG_OK);
	assert_int_equal(vg_evidence_seal(h->ev, fd, 1000, id), VG_OK);
	assert_int_equal(strlen(id), 32);
	snprintf(path, sizeof(path), "%s/%s.vge", h->evidence, id);
	assert_true(!stat(path, &st) && (st.st_mode & 0777) == 0600);
	sealed = vg_evidence_fd(h->ev, id);
	assert_true(sealed >= 0);
	assert_int_equal(vg_evidence_open(sealed, h->pk, h->sk, check_bytes, &at), VG_OK);
	assert_int_equal(at, 1000);
	for (int i = 0; i < 2; i++) {
		at = 0;
		h->key[strlen(h->key) - 5] = (char)('1' + i);
		assert_int_equal(vg_key_read(h->pub[i], pk), VG_OK);
		assert_int_equal(vg_key_read(h->key, sk), VG_OK);
		lseek(sealed, 0, SEEK_SET);
		assert_int_equal(vg_evidence_open(sealed, pk, sk, check_bytes, &at), VG_OK);
		assert_int_equal(at, 1000);
	}
	close(sealed);
	close(fd);
}
static void the_epoch_is_kept_and_never_changes_its_key(void **state)
{
	struct house *h = *state;
	uint8_t other[32] = { 1 };
	char id[VG_EVIDENCE_ID];
	int fd = some_bytes(10);

	assert_int_equal(vg_evidence_take_reporter_key(h->ev, 0, h->pk), VG_EINVAL);
	assert_int_equal(vg_evidence_take_reporter_key(h->ev, 3, h->pk), VG_OK);
	assert_int_equal(vg_evidence_take_reporter_key(h->ev, 3, other), VG_ECONFLICT);
	close_house(h);
	open_house(h);
	assert_int_equal(vg_evidence_epoch(h->ev), 3);
	assert_int_equal(vg_evidence_seal(h->ev, fd, 10, id), VG_OK);
	assert_int_equal(vg_evidence_epoch_of(h->ev, id), 3);
	assert_int_equal(vg_evidence_epoch_destroyed(h->ev, 3), VG_ECONFLICT);
	assert_int_equal(vg_evidence_take_reporter_key(h->ev, 4, other), VG_OK);
	assert_int_equal(vg_evidence_epoch_destroyed(h->ev, 3), VG_OK);
	assert_int_equal(vg_evidence_take_reporter_key(h->ev, 3, h->pk), VG_ECONFLICT);
	close(fd);
}
static void a_rolled_back_seal_is_swept_and_a_committed_one_stays(void **state)
{
	struct house *h = *state;
	char lost[VG_EVIDENCE_ID], kept[VG_EVIDENCE_ID], path[200];
	int fd = some_bytes(10);

	assert_int_equal(vg_evidence_take_reporter_key(h->ev, 1, h->pk), VG_OK);
	assert_int_equal(vg_evidence_seal(h->ev, fd, 10, kept), VG_OK);
	assert_int_equal(vg_store_begin(h->store), VG_OK);
	assert_int_equal(vg_evidence_seal(h->ev, fd, 10, lost), VG_OK);
	vg_store_rollback(h->store);
	snprintf(path, sizeof(path), "%s/%032d.vge.part", h->evidence, 1);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	close_house(h);
	open_house(h);
	assert_int_equal(n_files(h), 2);
	assert_int_equal(vg_evidence_sweep(h->ev), 1);
	assert_int_equal(n_files(h), 1);
	assert_true(vg_evidence_fd(h->ev, lost) < 0);
	int left = vg_evidence_fd(h->ev, kept);
	assert_true(left >= 0);
	close(left);
	close(fd);
}
static void removal_is_for_good(void **state)
{
	struct house *h = *state;
	char id[VG_EVIDENCE_ID];
	int fd = some_bytes(10);
	assert_int_equal(vg_evidence_take_reporter_key(h->ev, 1, h->pk), VG_OK);
	assert_int_equal(vg_evidence_seal(h->ev, fd, 10, id), VG_OK);
	assert_int_equal(vg_evidence_remove(h->ev, id), VG_OK);
	assert_int_equal(vg_evidence_remove(h->ev, id), VG_OK);
	assert_true(vg_evidence_fd(h->ev, id) < 0);
	assert_int_equal(n_files(h), 0);
	close(fd);
}
static void ids_that_are_paths_name_nothing(void **state)
{
	static const char *const ids[] = { "",
					   "../vigil.db",
					   "../../etc/passwd",
					   "0123",
					   "0123456789abcdef0123456789abcdeF",
					   "0123456789abcdef0123456789abcdef0" };
	struct house *h = *state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_true(vg_evidence_fd(h->ev, ids[i]) < 0);
		assert_int_equal(vg_evidence_remove(h->ev, ids[i]), VG_EINVAL);
	}
}
static void fewer_than_two_custodians_are_refused(void **state)
{
	struct house *h = *state;
	struct vg_evidence_conf conf = h->conf;
	enum vg_err err;
	conf.n_custodians = 1;
	assert_null(vg_evidence_create(h->store, &conf, &err));
	assert_int_equal(err, VG_EINVAL);
	conf.n_custodians = 2;
	conf.custodian_paths[1] = conf.custodian_paths[0];
	assert_null(vg_evidence_create(h->store, &conf, &err));
	assert_int_equal(err, VG_EINVAL);
	conf.custodian_paths[1] = "/nonexistent";
	assert_null(vg_evidence_create(h->store, &conf, &err));
	assert_int_equal(err, VG_EIO);
}

int main(void)
{
#define HOUSE(test) cmocka_unit_test_setup_teardown(test, make_house, drop_house)
	const struct CMUnitTest tests[] = {
		HOUSE(nothing_is_sealed_before_a_reporter_was_seen),
		HOUSE(reporter_and_each_custodian_open_what_was_sealed),
		HOUSE(the_epoch_is_kept_and_never_changes_its_key),
		HOUSE(a_rolled_back_seal_is_swept_and_a_committed_one_stays),
		HOUSE(removal_is_for_good),
		HOUSE(ids_that_are_paths_name_nothing),
		HOUSE(fewer_than_two_custodians_are_refused),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
