#include "control/replay/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/evidence/keys.h"

/* The longest socket name below the run folder. */
#define LONGEST_SOCKET "/hasher-63.sock"
#define FOLDER         "vigil-run-" /* and six letters of mkdtemp(3) */
#define LOCK           "run.lock"

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path) && errno != ENOENT ? -1 : 0;
}
static void remove_dir(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Locks a new folder: the file has its name only once it is locked. -1: it has no lock, nobody will remove it. The
 * descriptor stays open across exec, so that the lock outlives a killed vigilctl as long as its vigild runs. */
static int lock_dir(const char *dir)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	int fd;
	snprintf(path, sizeof(path), "%s/" LOCK, dir);
	snprintf(fresh, sizeof(fresh), "%s/" LOCK ".new", dir);
	fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB) && !rename(fresh, path))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Removes dir where it is a folder of ours whose run is dead. */
static void sweep_one(const char *dir)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;
	if (lstat(dir, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 077 ||
	    snprintf(path, sizeof(path), "%s/" LOCK, dir) >= (int)sizeof(path))
		return;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		remove_dir(dir);
	close(fd);
}
static void sweep(const char *tmp)
{
	DIR *in = opendir(tmp);
	const struct dirent *entry;
	char path[PATH_MAX];
	while (in && (entry = readdir(in)))
		if (!strncmp(entry->d_name, FOLDER, strlen(FOLDER)) && strlen(entry->d_name) == strlen(FOLDER) + 6 &&
		    snprintf(path, sizeof(path), "%s/%s", tmp, entry->d_name) < (int)sizeof(path))
			sweep_one(path);
	if (in)
		closedir(in);
}

/* A folder that is there already: ours, nobody else's to enter, and without a state. */
static enum vg_err check_dir(const char *dir, char *why, size_t n_why)
{
	char path[PATH_MAX];
	struct stat st;
	snprintf(path, sizeof(path), "%s/vigil.db", dir);
	if (stat(dir, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid()) {
		snprintf(why, n_why, "--state %s: is no folder of ours", dir);
		return VG_EDENIED;
	}
	if (!access(path, F_OK)) {
		snprintf(why, n_why, "--state %s: holds the state of an earlier run; name a new folder", dir);
		return VG_ECONFLICT;
	}
	if (!(st.st_mode & 077))
		return VG_OK;
	if (!rmdir(dir) && !mkdir(dir, 0700))
		return VG_OK;
	snprintf(why, n_why, "--state %s: others may enter it; chmod 700 it or name a new folder", dir);
	return VG_EDENIED;
}

static enum vg_err make_dir(struct vg_private *private, const char *state, char *why, size_t n_why)
{
	const char *tmp = getenv("TMPDIR");
	char whole[PATH_MAX], pattern[PATH_MAX];
	if (state) {
		if (mkdir(state, 0700) && errno != EEXIST) {
			snprintf(why, n_why, "--state %s: %s", state, strerror(errno));
			return VG_EIO;
		}
		enum vg_err err = check_dir(state, why, n_why);
		if (err)
			return err;
		private->keep = 1;
	} else {
		tmp = tmp && *tmp == '/' ? tmp : "/tmp";
		sweep(tmp);
		if (strcmp(tmp, "/tmp"))
			sweep("/tmp");
		snprintf(pattern, sizeof(pattern), "%s/" FOLDER "XXXXXX", tmp);
		state = mkdtemp(pattern);
		if (!state) {
			snprintf(why, n_why, "%s: no private folder can be made: %s", pattern, strerror(errno));
			return VG_EIO;
		}
	}
	if (!realpath(state, whole) || strlen(whole) >= sizeof(private->dir) - 64) {
		snprintf(why, n_why, "%s: cannot be used as state folder", state);
		return VG_EIO;
	}
	strcpy(private->dir, whole);
	if (!private->keep)
	private->locks[0] = lock_dir(whole);
	return VG_OK;
}

enum vg_err vg_private_make(struct vg_private *private, const char *state, char *why, size_t n_why)
{
	enum vg_err err;
	memset(private, 0, sizeof(*private));
	private->locks[0] = private->locks[1] = -1;
	err = make_dir(private, state, why, n_why);
	if (err)
		return err;
	if (strlen(private->dir) + strlen("/run" LONGEST_SOCKET) < sizeof(((struct sockaddr_un *)0)->sun_path)) {
		snprintf(private->run_dir, sizeof(private->run_dir), "%.*s/run", (int)sizeof(private->dir) - 8,
			 private->dir);
		err = mkdir(private->run_dir, 0700) && errno != EEXIST ? VG_EIO : VG_OK;
	} else {
		strcpy(private->run_dir, "/tmp/" FOLDER "XXXXXX");
		err = mkdtemp(private->run_dir) ? VG_OK : VG_EIO;
		private->locks[1] = err ? -1 : lock_dir(private->run_dir);
	}
	snprintf(private->config_path, sizeof(private->config_path), "%s/vigil.yaml", private->dir);
	snprintf(private->spec_path, sizeof(private->spec_path), "%s/run.json", private->dir);
	snprintf(private->objects_path, sizeof(private->objects_path), "%s/objects.jsonl", private->dir);
	if (!err)
		err = vg_custodian_keygen(private->dir);
	if (err) {
		snprintf(why, n_why, "%s: run folder or keys cannot be made: %s", private->dir, vg_err_str(err));
		vg_private_remove(private);
	}
	return err;
}

/* A list is called by its file's name without folder and ending; the second of one name gets a number. */
static enum vg_err put_list(struct vg_config *config, const char *path, int is_urls, char *why, size_t n_why)
{
	struct vg_config_list *list = &config->lists[config->n_lists];
	const char *base = strrchr(path, '/');
	char whole[PATH_MAX], name[sizeof(list->name) - 16];
	unsigned n_same = 1;
	char *dot;
	if (!realpath(path, whole) || access(whole, R_OK)) {
		snprintf(why, n_why, "--list %s: %s", path, strerror(errno));
		return VG_EIO;
	}
	if (config->n_lists == VG_CONFIG_MAX_LISTS || strlen(whole) >= sizeof(list->file)) {
		snprintf(why, n_why, "--list %s: too many lists or too long a path", path);
		return VG_EINVAL;
	}
	vg_config_list_defaults(list);
	strcpy(list->file, whole);
	snprintf(name, sizeof(name), "%.100s", base ? base + 1 : path);
	dot = strrchr(name, '.');
	if (dot && dot > name)
		*dot = 0;
	snprintf(list->name, sizeof(list->name), "%s", name);
	for (uint32_t i = 0; i < config->n_lists; i++)
		if (!strcmp(config->lists[i].name, list->name)) {
			snprintf(list->name, sizeof(list->name), "%s-%u", name, ++n_same);
			i = UINT32_MAX; /* from the beginning: the new name may be taken too */
		}
	strcpy(list->source, "--list");
	list->kind = is_urls ? VG_LIST_URLS : VG_LIST_HASHES;
	list->action = is_urls ? VG_ACTION_ALERT : VG_ACTION_REPORT;
	list->perceptual_action = VG_ACTION_REVIEW;
	config->n_lists++;
	return VG_OK;
}

static void put_reporter(struct vg_config *config, const struct vg_config_endpoint *endpoint)
{
	struct vg_config_reporting *r = &config->reporting;
	config->test_endpoint = *endpoint;
	r->environment = endpoint->url[0] ? VG_ENV_TEST : VG_ENV_OFF;
	r->retry_min_s = 1;
	strcpy(r->company, "Vigil replay");
	strcpy(r->platform, "replay of captures");
	strcpy(r->first_name, "Replay");
	strcpy(r->last_name, "Test");
	strcpy(r->email, "replay@vigil.invalid");
}

static enum vg_err write_config(const struct vg_config *config, const char *path)
{
	FILE *out = fopen(path, "we");
	int bad;
	if (!out)
		return VG_EIO;
	fputs("# Written by vigilctl for one run. Its state is stamped demo and can never report to production.\n",
	      out);
	vg_config_dump(config, out, 0);
	bad = ferror(out);
	return fclose(out) || bad ? VG_EIO : VG_OK;
}

/* Of a profile's lists of URLs those that were given by --url-list; where none was, none of these holds there. */
static void keep_url_lists(struct vg_config *config, struct vg_config_profile *profile)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < profile->n_url_lists; i++)
		for (uint32_t k = 0; k < config->n_lists; k++)
			if (!strcmp(config->lists[k].name, profile->url_lists[i]) && n <= i)
				memmove(profile->url_lists[n++], profile->url_lists[i], sizeof(profile->url_lists[i]));
	if (profile->n_url_lists && !n)
		strcpy(profile->url_lists[n++], "none");
	profile->n_url_lists = n;
}

enum vg_err vg_private_fill(struct vg_private *private, struct vg_config *config, const struct vg_run_args *args,
			    const struct vg_config_endpoint *endpoint, const struct vg_run_spec *spec, char *why,
			    size_t n_why)
{
	for (unsigned i = 0; i < args->n_lists; i++) {
		enum vg_err err = put_list(config, args->lists[i], args->is_urls[i], why, n_why);
		if (err)
			return err;
	}
	for (uint32_t i = 0; i < config->n_profiles; i++)
		keep_url_lists(config, &config->profiles[i]);
	put_reporter(config, endpoint);
	config->dataplane.n_cores = spec->n_cores;
	config->hashing.n_hashers = spec->n_hashers;
	if (spec->all_files)
		config->dataplane.object_min_bytes = 0;
	config->control.metrics_port = 0;
	config->control.matches_per_minute = 1000000;
	strcpy(config->control.appliance_id, "vigil-replay");
	strcpy(config->control.run_dir, private->run_dir);
	strcpy(config->control.state_dir, private->dir);
	config->evidence.n_custodian_keys = 2;
	for (unsigned i = 0; i < 2; i++)
		snprintf(config->evidence.custodian_keys[i], sizeof(config->evidence.custodian_keys[i]),
			 "%.*s/custodian-%u.pub", (int)sizeof(config->evidence.custodian_keys[i]) - 32, private->dir,
			 i + 1);
	if (write_config(config, private->config_path) || vg_run_spec_write(spec, private->spec_path)) {
		snprintf(why, n_why, "%s: cannot be written: %s", private->dir, strerror(errno));
		return VG_EIO;
	}
	return VG_OK;
}

void vg_private_remove(struct vg_private *private)
{
	if (private->keep || !private->dir[0])
		return;
	remove_dir(private->dir);
	if (strncmp(private->run_dir, private->dir, strlen(private->dir)))
		remove_dir(private->run_dir);
	for (unsigned i = 0; i < 2; i++) {
		if (private->locks[i] >= 0)
			close(private->locks[i]);
		private->locks[i] = -1;
	}
}
