/* evidence: vigild's half: it seals and hands sealed files out, and has no key that opens one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/bytes.h>
#include <vigil/clock.h>
#include <vigil/log.h>

#include "control/evidence/evidence.h"
#include "control/evidence/keys.h"
#include "control/evidence/sealed.h"
#include "control/store/store.h"

#define ROOM     "control/evidence"
#define N_ID     32
#define SUFFIX   ".vge"
#define N_SUFFIX 4
#define PARTIAL  ".part"

struct vg_evidence {
	struct vg_store *store;
	int dir_fd, without_reporter;
	unsigned n_custodians;
	uint64_t epoch;                                            /* 0 = none yet */
	struct vg_sealed_key keys[VG_EVIDENCE_MAX_CUSTODIANS + 1]; /* custodians, then the reporter */
};

static const char *const steps[] = {
	"CREATE TABLE evidence_epochs(epoch INTEGER PRIMARY KEY, public_key BLOB NOT NULL, created_ns INTEGER NOT NULL,"
	" destroyed_ns INTEGER);"
	"CREATE TABLE evidence_files(id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, n_bytes INTEGER NOT NULL,"
	" created_ns INTEGER NOT NULL, removed_ns INTEGER);"
	"CREATE INDEX evidence_files_epoch ON evidence_files(epoch) WHERE removed_ns IS NULL",
};

static enum vg_err read_custodians(struct vg_evidence *ev, const struct vg_evidence_conf *conf)
{
	if (conf->n_custodians < VG_EVIDENCE_MIN_CUSTODIANS || conf->n_custodians > VG_EVIDENCE_MAX_CUSTODIANS)
		return VG_EINVAL;
	for (unsigned i = 0; i < conf->n_custodians; i++) {
		enum vg_err err = vg_key_read(conf->custodian_paths[i], ev->keys[i].public_key);
		if (err) {
			vg_log(VG_LOG_ERROR, ROOM, "custodian key %u cannot be read: %s", i + 1, vg_err_str(err));
			return err;
		}
		ev->keys[i].reader = VG_SEALED_CUSTODIAN;
		for (unsigned k = 0; k < i; k++)
			if (!memcmp(ev->keys[i].public_key, ev->keys[k].public_key, 32)) {
				vg_log(VG_LOG_ERROR, ROOM, "custodian keys %u and %u are the same", k + 1, i + 1);
				return VG_EINVAL;
			}
	}
	ev->n_custodians = conf->n_custodians;
	return VG_OK;
}
static enum vg_err load_epoch(struct vg_evidence *ev)
{
	sqlite3_stmt *q = vg_store_query(ev->store,
					 "SELECT epoch, public_key FROM evidence_epochs WHERE destroyed_ns IS NULL"
					 " ORDER BY epoch DESC LIMIT 1",
					 "");
	enum vg_err err = q ? vg_store_step(ev->store, q) : VG_EIO;
	ev->epoch = 0;
	if (!err) {
		struct vg_sealed_key *key = &ev->keys[ev->n_custodians];
		key->reader = VG_SEALED_REPORTER;
		err = vg_store_blob(q, 1, key->public_key, 32);
		if (!err)
			ev->epoch = (uint64_t)sqlite3_column_int64(q, 0);
	} else if (err == VG_ENOTFOUND) {
		err = VG_OK;
	}
	if (q)
		vg_store_reset(q);
	return err;
}
static int has_end(const char *name, const char *end)
{
	size_t n = strlen(name), n_end = strlen(end);
	return n > n_end && !strcmp(name + n - n_end, end);
}
/* Calls fn for each entry of the folder; fn may unlink it. */
static void each_entry(struct vg_evidence *ev, void (*fn)(struct vg_evidence *, const char *, void *), void *user)
{
	int fd = openat(ev->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		fn(ev, entry->d_name, user);
	closedir(dir);
}
static void drop_partial(struct vg_evidence *ev, const char *name, void *user)
{
	(void)user;
	if (has_end(name, PARTIAL))
		(void)unlinkat(ev->dir_fd, name, 0);
}

void vg_evidence_destroy(struct vg_evidence *ev)
{
	if (!ev)
		return;
	if (ev->dir_fd >= 0)
		close(ev->dir_fd);
	free(ev);
}
struct vg_evidence *vg_evidence_create(struct vg_store *store, const struct vg_evidence_conf *conf, enum vg_err *err)
{
	struct vg_evidence *ev = calloc(1, sizeof(*ev));

	*err = VG_ENOMEM;
	if (!ev)
		return NULL;
	ev->store = store;
	ev->dir_fd = -1;
	ev->without_reporter = conf->without_reporter;
	*err = VG_EIO;
	if (sodium_init() < 0 || (mkdir(conf->dir, 0700) && errno != EEXIST))
		goto out;
	ev->dir_fd = open(conf->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ev->dir_fd < 0)
		goto out;
	*err = read_custodians(ev, conf);
	if (!*err)
		*err = vg_store_migrate(store, "evidence", steps, VG_ARRAY_LEN(steps));
	if (!*err)
		*err = load_epoch(ev);
	if (!*err)
		each_entry(ev, drop_partial, NULL);
out:
	if (*err) {
		if (ev->dir_fd >= 0)
			close(ev->dir_fd);
		free(ev);
		ev = NULL;
	}
	return ev;
}

enum vg_err vg_evidence_take_reporter_key(struct vg_evidence *ev, uint64_t epoch, const uint8_t public_key[32])
{
	uint8_t known[32];
	sqlite3_stmt *q;
	enum vg_err err;

	if (!epoch || epoch > INT64_MAX)
		return VG_EINVAL;
	q = vg_store_query(ev->store, "SELECT public_key, destroyed_ns FROM evidence_epochs WHERE epoch = ?", "i",
			   (int64_t)epoch);
	err = q ? vg_store_step(ev->store, q) : VG_EIO;
	if (!err) {
		int destroyed = sqlite3_column_type(q, 1) != SQLITE_NULL;
		err = vg_store_blob(q, 0, known, 32);
		if (!err && (destroyed || memcmp(known, public_key, 32)))
			err = VG_ECONFLICT;
	} else if (err == VG_ENOTFOUND) {
		err = vg_store_exec(ev->store,
				    "INSERT INTO evidence_epochs(epoch, public_key, created_ns) VALUES(?,?,?)", "ibi",
				    (int64_t)epoch, public_key, (size_t)32, vg_wall_now().ns);
	}
	if (q)
		vg_store_reset(q);
	return err ? err : load_epoch(ev);
}
uint64_t vg_evidence_epoch(const struct vg_evidence *ev)
{
	return ev->epoch;
}

/* Name of the sealed file; VG_EINVAL where id is no evidence id (it also comes from the store, but it names a path).
 * */
static enum vg_err name_of(const char *id, char name[N_ID + N_SUFFIX + 1])
{
	if (strlen(id) != N_ID || strspn(id, "0123456789abcdef") != N_ID)
		return VG_EINVAL;
	memcpy(name, id, N_ID);
	memcpy(name + N_ID, SUFFIX, N_SUFFIX + 1);
	return VG_OK;
}

enum vg_err vg_evidence_seal(struct vg_evidence *ev, int memfd, uint64_t n_bytes, char id[VG_EVIDENCE_ID])
{
	char name[N_ID + N_SUFFIX + 1], part[sizeof(name) + sizeof(PARTIAL)];
	struct vg_sealed_info info = { .epoch = ev->epoch, .n_bytes = n_bytes, .created_ns = vg_wall_now().ns };
	unsigned n_keys = ev->n_custodians + (ev->epoch ? 1 : 0);
	enum vg_err err;
	int fd;

	if (!ev->epoch && !ev->without_reporter)
		return VG_EAGAIN;
	if (n_bytes > VG_EVIDENCE_MAX_BYTES)
		return VG_ERANGE;
	randombytes_buf(info.id, sizeof(info.id));
	vg_hex(info.id, sizeof(info.id), id);
	(void)name_of(id, name);
	snprintf(part, sizeof(part), "%s%s", name, PARTIAL);
	fd = openat(ev->dir_fd, part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return VG_EIO;
	err = vg_sealed_write(fd, memfd, &info, ev->keys, n_keys);
	if (!err && fsync(fd))
		err = VG_EIO;
	if (close(fd) && !err)
		err = VG_EIO;
	if (!err && (renameat(ev->dir_fd, part, ev->dir_fd, name) || fsync(ev->dir_fd)))
		err = VG_EIO;
	if (err) {
		(void)unlinkat(ev->dir_fd, part, 0);
		(void)unlinkat(ev->dir_fd, name, 0);
		return err;
	}
	err = vg_store_exec(ev->store, "INSERT INTO evidence_files(id, epoch, n_bytes, created_ns) VALUES(?,?,?,?)",
			    "tiii", id, (int64_t)ev->epoch, (int64_t)n_bytes, info.created_ns);
	if (err)
		(void)unlinkat(ev->dir_fd, name, 0);
	return err;
}

int vg_evidence_fd(const struct vg_evidence *ev, const char *id)
{
	char name[N_ID + N_SUFFIX + 1];
	return name_of(id, name) ? -1 : openat(ev->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}
uint64_t vg_evidence_epoch_of(const struct vg_evidence *ev, const char *id)
{
	sqlite3_stmt *q = vg_store_query(ev->store, "SELECT epoch FROM evidence_files WHERE id = ?", "t", id);
	uint64_t epoch = q && !vg_store_step(ev->store, q) ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
	if (q)
		vg_store_reset(q);
	return epoch;
}

enum vg_err vg_evidence_remove(struct vg_evidence *ev, const char *id)
{
	char name[N_ID + N_SUFFIX + 1];
	enum vg_err err = name_of(id, name);

	if (err)
		return err;
	if ((unlinkat(ev->dir_fd, name, 0) && errno != ENOENT) || fsync(ev->dir_fd))
		return VG_EIO;
	return vg_store_exec(ev->store, "UPDATE evidence_files SET removed_ns = ? WHERE id = ? AND removed_ns IS NULL",
			     "it", vg_wall_now().ns, id);
}

static void drop_unknown(struct vg_evidence *ev, const char *name, void *user)
{
	unsigned *n_removed = user;
	char id[N_ID + 1];
	sqlite3_stmt *q;
	enum vg_err err;

	if (strlen(name) != N_ID + N_SUFFIX || !has_end(name, SUFFIX))
		return;
	memcpy(id, name, N_ID);
	id[N_ID] = 0;
	q = vg_store_query(ev->store, "SELECT 1 FROM evidence_files WHERE id = ? AND removed_ns IS NULL", "t", id);
	err = q ? vg_store_step(ev->store, q) : VG_EIO;
	if (q)
		vg_store_reset(q);
	if (err == VG_ENOTFOUND && !unlinkat(ev->dir_fd, name, 0))
		++*n_removed;
}
unsigned vg_evidence_sweep(struct vg_evidence *ev)
{
	unsigned n_removed = 0;
	each_entry(ev, drop_unknown, &n_removed);
	if (n_removed)
		vg_log(VG_LOG_WARN, ROOM, "removed %u sealed files that no case was committed for", n_removed);
	return n_removed;
}

enum vg_err vg_evidence_each_of_epoch(struct vg_evidence *ev, uint64_t epoch, vg_evidence_id_fn *fn, void *user)
{
	sqlite3_stmt *q = vg_store_query(
		ev->store, "SELECT id FROM evidence_files WHERE epoch = ? AND removed_ns IS NULL ORDER BY id", "i",
		(int64_t)epoch);
	enum vg_err err = q ? VG_OK : VG_EIO;
	char id[VG_EVIDENCE_ID];

	while (!err && !(err = vg_store_step(ev->store, q))) {
		vg_store_text(q, 0, id, sizeof(id));
		fn(user, id);
	}
	if (q)
		vg_store_reset(q);
	return err == VG_ENOTFOUND ? VG_OK : err;
}
enum vg_err vg_evidence_epoch_destroyed(struct vg_evidence *ev, uint64_t epoch)
{
	enum vg_err err = epoch == ev->epoch ? VG_ECONFLICT : VG_OK;
	if (!err)
		err = vg_store_exec(ev->store, "UPDATE evidence_epochs SET destroyed_ns = ? WHERE epoch = ?", "ii",
				    vg_wall_now().ns, (int64_t)epoch);
	return err;
}
