#include "dataplane/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_all(int fd, void *to, size_t n_bytes)
{
	for (size_t done = 0; done < n_bytes;) {
		ssize_t n = read(fd, (uint8_t *)to + done, n_bytes - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

enum vg_err vg_resume_load(struct vg_resume *r, const char *run_dir)
{
	char path[PATH_MAX];
	struct vg_feed_resume head;
	enum vg_err err = VG_ECORRUPT;
	int fd;

	memset(r, 0, sizeof(*r));
	if ((size_t)snprintf(path, sizeof(path), "%s/resume", run_dir) >= sizeof(path))
		return VG_EIO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? VG_OK : VG_EIO;
	if (!read_all(fd, &head, sizeof(head)) || head.magic != VG_RESUME_MAGIC || head.n_path > VG_RESUME_MAX_PATH ||
	    head.n_keys > VG_RESUME_MAX_KEYS || !read_all(fd, r->path, head.n_path))
		goto out;
	r->has_path = head.has_path != 0;
	r->n_keys = head.n_keys;
	r->keys = calloc(head.n_keys ? head.n_keys : 1, sizeof(*r->keys));
	err = !r->keys ? VG_ENOMEM : read_all(fd, r->keys, head.n_keys * sizeof(*r->keys)) ? VG_OK : VG_ECORRUPT;
	if (!err)
		qsort(r->keys, r->n_keys, sizeof(*r->keys), by_value);
out:
	close(fd);
	if (err)
		vg_resume_fini(r);
	return err;
}

void vg_resume_fini(struct vg_resume *r)
{
	free(r->keys);
	memset(r, 0, sizeof(*r));
}

/* The end of a name, then the slash, then all other bytes: so names compare as the walk sorts them. */
static unsigned rank(char c)
{
	return !c ? 0 : c == '/' ? 1 : (unsigned)(unsigned char)c + 1;
}

int vg_resume_order(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (int)rank(*a) - (int)rank(*b);
}

bool vg_resume_is_done(const struct vg_resume *r, const char *below, uint64_t path_key)
{
	if (r->has_path && vg_resume_order(below, r->path) <= 0)
		return true;
	return r->n_keys && bsearch(&path_key, r->keys, r->n_keys, sizeof(*r->keys), by_value);
}

/* FNV-1a with 64 bits, then mixed. */
uint64_t vg_feed_path_key(const char *path, const struct stat *st)
{
	uint64_t key = UINT64_C(0xcbf29ce484222325);

	for (; *path; path++)
		key = (key ^ (unsigned char)*path) * UINT64_C(0x100000001b3);
	key ^= (uint64_t)st->st_ino * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)st->st_dev << 32;
	key = (key ^ key >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return key ^ key >> 32;
}
