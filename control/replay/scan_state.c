#include "control/replay/scan_state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <vigil/bytes.h>
#include <vigil/config_snapshot.h>

#define FIRST_WINDOW 1024u

/* A file of this batch, by its number in it. */
struct file {
	bool done;
	uint64_t key;
	char *below; /* below its path; NULL: too long for its record */
	size_t path_idx;
};
struct vg_scan_state {
	char *path, *key, *lock_path;
	int lock_fd;
	char *const *paths;
	size_t n_paths;
	size_t path_idx; /* of the last file that is done with all before it */
	char *below;     /* NULL: none yet */
	uint64_t n_files, objects_bytes;
	uint64_t *keys; /* of files behind it */
	uint32_t n_keys, n_keys_room;
	/* this batch: from file base + 1 on, a ring */
	size_t first_path;
	uint64_t base;
	struct file *ring;
	uint64_t n_ring;
};

static void clear_window(struct vg_scan_state *s)
{
	for (uint64_t i = 0; i < s->n_ring; i++)
		free(s->ring[i].below);
	free(s->ring);
	s->ring = NULL;
	s->n_ring = s->base = 0;
}

static void release(struct vg_scan_state *s)
{
	clear_window(s);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->lock_path);
	free(s->path);
	free(s->key);
	free(s->below);
	free(s->keys);
	free(s);
}

void vg_scan_state_destroy(struct vg_scan_state *s)
{
	if (s)
		release(s);
}

static int add_key(struct vg_scan_state *s, uint64_t key)
{
	if (s->n_keys == s->n_keys_room) {
		uint32_t n = s->n_keys_room ? 2 * s->n_keys_room : 256;
		uint64_t *more = n <= VG_RESUME_MAX_KEYS ? realloc(s->keys, n * sizeof(*more)) : NULL;
		if (!more)
			return -1;
		s->keys = more;
		s->n_keys_room = n;
	}
	s->keys[s->n_keys++] = key;
	return 0;
}

/* Paths are bytes: in the file they are hex digits. */
static char *text_from_hex(const char *hex)
{
	size_t n = hex ? strlen(hex) / 2 : 0;
	char *text = hex ? calloc(1, n + 1) : NULL;
	if (text && (strlen(hex) != 2 * n || (n && vg_unhex(hex, (uint8_t *)text, n)))) {
		free(text);
		text = NULL;
	}
	return text;
}

static enum vg_err read_state(struct vg_scan_state *s, const json_t *root)
{
	const json_t *keys = json_object_get(root, "done"), *below = json_object_get(root, "after");
	json_int_t path_idx = json_integer_value(json_object_get(root, "path_idx"));
	json_int_t n_files = json_integer_value(json_object_get(root, "files"));
	json_int_t objects_bytes = json_integer_value(json_object_get(root, "objects_bytes"));
	if (path_idx < 0 || (size_t)path_idx >= s->n_paths || n_files < 0 || objects_bytes < 0 || !json_is_array(keys))
		return VG_ECORRUPT;
	s->path_idx = (size_t)path_idx;
	s->n_files = (uint64_t)n_files;
	s->objects_bytes = (uint64_t)objects_bytes;
	if (json_is_string(below)) {
		s->below = text_from_hex(json_string_value(below));
		if (!s->below || strlen(s->below) > VG_RESUME_MAX_PATH)
			return VG_ECORRUPT;
	}
	for (size_t i = 0; i < json_array_size(keys); i++) {
		char *end;
		const char *text = json_string_value(json_array_get(keys, i));
		uint64_t key = text ? strtoull(text, &end, 16) : 0;
		if (!text || !*text || *end || add_key(s, key))
			return VG_ECORRUPT;
	}
	return VG_OK;
}

/* Two scans with one state would undo each other's: the lock goes with its process. */
static int lock(struct vg_scan_state *s, char *why, size_t n_why)
{
	if (asprintf(&s->lock_path, "%s.lock", s->path) < 0) {
		s->lock_path = NULL;
		return -1;
	}
	s->lock_fd = open(s->lock_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0)
		snprintf(why, n_why, "%s: %s", s->lock_path, strerror(errno));
	else if (!flock(s->lock_fd, LOCK_EX | LOCK_NB))
		return 0;
	else
		snprintf(why, n_why, "%s: a scan that still runs is using it", s->path);
	return -1;
}

static int load(struct vg_scan_state *s, char *why, size_t n_why)
{
	json_error_t at;
	json_t *root;
	const char *key;
	int bad = 1;
	if (access(s->path, F_OK) && errno == ENOENT)
		return 0;
	root = json_load_file(s->path, JSON_REJECT_DUPLICATES, &at);
	key = json_string_value(json_object_get(root, "scan"));
	if (!root)
		snprintf(why, n_why, "%s: %s", s->path, at.text);
	else if (!key || strcmp(key, s->key))
		snprintf(why, n_why,
			 "%s: is the state of another scan: other paths, lists, options or --objects; remove it to "
			 "begin anew",
			 s->path);
	else if (read_state(s, root))
		snprintf(why, n_why, "%s: is no state of a scan", s->path);
	else
		bad = 0;
	json_decref(root);
	return bad;
}

struct vg_scan_state *vg_scan_state_open(const char *path, const char *key, char *const *paths, size_t n_paths,
					 char *why, size_t n_why)
{
	struct vg_scan_state *s = calloc(1, sizeof(*s));
	snprintf(why, n_why, "out of memory");
	if (!s)
		return NULL;
	s->path = strdup(path);
	s->key = strdup(key);
	s->paths = paths;
	s->n_paths = n_paths;
	s->lock_fd = -1;
	if (s->path && s->key && !lock(s, why, n_why) && !load(s, why, n_why))
		return s;
	release(s);
	return NULL;
}

size_t vg_scan_state_path_idx(const struct vg_scan_state *s)
{
	return s->path_idx;
}

uint64_t vg_scan_state_objects_bytes(const struct vg_scan_state *s)
{
	return s->objects_bytes;
}

uint64_t vg_scan_state_n_files(const struct vg_scan_state *s)
{
	return s->n_files;
}

enum vg_err vg_scan_state_begin(struct vg_scan_state *s, size_t first_path, const char *run_dir)
{
	char path[PATH_MAX];
	struct vg_feed_resume head = { .magic = VG_RESUME_MAGIC };
	int goes_on = first_path == s->path_idx && (s->below || s->n_keys);
	FILE *out;
	int bad;
	clear_window(s);
	s->first_path = first_path;
	if ((size_t)snprintf(path, sizeof(path), "%s/resume", run_dir) >= sizeof(path))
		return VG_EIO;
	if (!goes_on)
		return unlink(path) && errno != ENOENT ? VG_EIO : VG_OK;
	out = fopen(path, "we");
	if (!out)
		return VG_EIO;
	head.has_path = s->below != NULL;
	head.n_path = s->below ? (uint32_t)strlen(s->below) : 0;
	head.n_keys = s->n_keys;
	bad = fwrite(&head, sizeof(head), 1, out) != 1 ||
	      fwrite(s->below ? s->below : "", 1, head.n_path, out) != head.n_path ||
	      (s->n_keys && fwrite(s->keys, sizeof(*s->keys), s->n_keys, out) != s->n_keys);
	return fclose(out) || bad ? VG_EIO : VG_OK;
}

/* The file's path below the path that was given; NULL where its record has not all of it. */
static char *below_of(const struct vg_scan_state *s, const struct vg_attribution *attr, size_t path_idx)
{
	char root[PATH_MAX];
	size_t n_root;
	if (path_idx >= s->n_paths || !realpath(s->paths[path_idx], root) || attr->n_url >= VG_ATTR_URL)
		return NULL;
	n_root = strlen(root);
	if (attr->n_url < n_root || memcmp(attr->url, root, n_root))
		return NULL;
	n_root += attr->n_url > n_root && attr->url[n_root] == '/';
	return strndup(attr->url + n_root, attr->n_url - n_root);
}

/* Room for file number n of the batch; the oldest are given up where too many wait for them. */
static int widen(struct vg_scan_state *s, uint64_t n)
{
	uint64_t n_new = s->n_ring ? s->n_ring : FIRST_WINDOW;
	struct file *more;
	while (n - s->base > n_new)
		n_new *= 2;
	if (n_new == s->n_ring)
		return 0;
	if (n_new > VG_SCAN_MAX_WINDOW)
		return -1;
	more = calloc(n_new, sizeof(*more));
	if (!more)
		return -1;
	for (uint64_t i = 1; i <= s->n_ring; i++)
		more[(s->base + i) % n_new] = s->ring[(s->base + i) % s->n_ring];
	free(s->ring);
	s->ring = more;
	s->n_ring = n_new;
	return 0;
}

static void advance(struct vg_scan_state *s, int by_force)
{
	while (s->n_ring && (s->ring[(s->base + 1) % s->n_ring].done || by_force)) {
		struct file *f = &s->ring[(s->base + 1) % s->n_ring];
		by_force = 0;
		if (f->done && f->below) {
			free(s->below);
			s->below = f->below;
			s->path_idx = f->path_idx;
		} else if (f->done) {
			(void)add_key(s, f->key);
		}
		*f = (struct file){ 0 };
		s->base++;
	}
}

void vg_scan_state_done(struct vg_scan_state *s, const struct vg_attribution *attr)
{
	uint64_t n = attr->flow_id;
	struct file *f;
	if (n <= s->base)
		return;
	while (widen(s, n))
		advance(s, 1);
	f = &s->ring[n % s->n_ring];
	if (f->done)
		return;
	f->done = true;
	f->key = attr->path_key;
	f->path_idx = s->first_path + attr->capture_idx;
	f->below = below_of(s, attr, f->path_idx);
	s->n_files++;
	advance(s, 0);
}

void vg_scan_state_batch_done(struct vg_scan_state *s, size_t next_path)
{
	clear_window(s);
	free(s->below);
	s->below = NULL;
	s->n_keys = 0;
	s->path_idx = next_path;
}

static json_t *to_json(const struct vg_scan_state *s)
{
	json_t *keys = json_array(), *root;
	size_t n = s->below ? strlen(s->below) : 0;
	char *hex = s->below ? malloc(2 * n + 1) : NULL;
	char text[24];
	if (hex)
		vg_hex((const uint8_t *)s->below, n, hex);
	for (uint32_t i = 0; i < s->n_keys; i++) {
		snprintf(text, sizeof(text), "%llx", (unsigned long long)s->keys[i]);
		json_array_append_new(keys, json_string(text));
	}
	for (uint64_t i = 0; i < s->n_ring; i++)
		if (s->ring[i].done) {
			snprintf(text, sizeof(text), "%llx", (unsigned long long)s->ring[i].key);
			json_array_append_new(keys, json_string(text));
		}
	root = json_pack("{s:s, s:I, s:s?, s:I, s:I, s:o}", "scan", s->key, "path_idx", (json_int_t)s->path_idx,
			 "after", hex, "files", (json_int_t)s->n_files, "objects_bytes", (json_int_t)s->objects_bytes,
			 "done", keys);
	free(hex);
	return root;
}

enum vg_err vg_scan_state_save(struct vg_scan_state *s, uint64_t objects_bytes)
{
	char beside[PATH_MAX];
	enum vg_err err = VG_EIO;
	json_t *root;
	int fd;
	s->objects_bytes = objects_bytes;
	if ((size_t)snprintf(beside, sizeof(beside), "%s.new", s->path) >= sizeof(beside))
		return VG_EIO;
	root = to_json(s);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (root && fd >= 0 && !json_dumpfd(root, fd, JSON_INDENT(1)) && !fsync(fd))
		err = VG_OK;
	if (fd >= 0 && close(fd))
		err = VG_EIO;
	if (!err && rename(beside, s->path))
		err = VG_EIO;
	json_decref(root);
	return err;
}

void vg_scan_state_remove(struct vg_scan_state *s)
{
	(void)unlink(s->path);
	(void)unlink(s->lock_path);
}
