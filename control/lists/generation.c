#include "control/lists/generation.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vigil/memfd.h>

#define MAX_INDEX_BYTES (1ull << 36)

enum vg_err vg_generation_take(struct vg_generation *g, int fd)
{
	uint8_t sha256[32];
	size_t n_bytes;
	memset(g, 0, sizeof(*g));
	g->fd = -1;
	enum vg_err err = vg_memfd_check(fd, VG_SEALS_FINAL, sizeof(struct vg_index_header), MAX_INDEX_BYTES, &n_bytes);
	if (err)
		return err;
	void *base = vg_memfd_map(fd, n_bytes, PROT_READ);
	if (!base)
		return VG_EIO;
	err = vg_index_open(base, n_bytes, &g->view);
	if (!err && (!EVP_Digest((const uint8_t *)base + sizeof(struct vg_index_header),
				 n_bytes - sizeof(struct vg_index_header), sha256, NULL, EVP_sha256(), NULL) ||
		     memcmp(sha256, g->view.header->sha256, sizeof(sha256)) != 0))
		err = VG_ECORRUPT;
	if (err) {
		munmap(base, n_bytes);
		memset(&g->view, 0, sizeof(g->view));
		return err;
	}
	g->fd = fd;
	g->base = base;
	g->n_bytes = n_bytes;
	return VG_OK;
}

void vg_generation_fini(struct vg_generation *g)
{
	if (g->base)
		munmap(g->base, g->n_bytes);
	if (g->base && g->fd >= 0)
		close(g->fd);
	memset(g, 0, sizeof(*g));
	g->fd = -1;
}

int vg_generation_same(const struct vg_generation *a, const struct vg_generation *b)
{
	return a->base && b->base && a->n_bytes == b->n_bytes &&
	       !memcmp(a->view.header->sha256, b->view.header->sha256, sizeof(a->view.header->sha256));
}

static int path_of(char *path, size_t n_path, const char *dir, uint64_t number, const char *ending)
{
	return snprintf(path, n_path, "%s/%020" PRIu64 "%s", dir, number, ending) < (int)n_path ? 0 : -1;
}

static int write_all(int fd, const uint8_t *at, uint64_t n)
{
	while (n) {
		ssize_t done = write(fd, at, n > 1u << 30 ? 1u << 30 : (size_t)n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		at += done;
		n -= (uint64_t)done;
	}
	return 0;
}

static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int bad = fd < 0 || fsync(fd);
	if (fd >= 0)
		close(fd);
	return bad ? -1 : 0;
}

enum vg_err vg_generation_store(const struct vg_generation *g, const char *dir)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	if (path_of(path, sizeof(path), dir, g->view.header->generation, ".idx") ||
	    path_of(temporary, sizeof(temporary), dir, g->view.header->generation, ".tmp"))
		return VG_EINVAL;
	(void)unlink(temporary);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return VG_EIO;
	uint8_t header_sha256[32];
	int bad = !EVP_Digest(g->base, sizeof(struct vg_index_header), header_sha256, NULL, EVP_sha256(), NULL);
	bad = bad || write_all(fd, g->base, g->n_bytes) || write_all(fd, header_sha256, sizeof(header_sha256)) ||
	      fsync(fd);
	bad = close(fd) || bad;
	if (!bad)
		bad = rename(temporary, path) || sync_dir(dir);
	if (bad)
		(void)unlink(temporary);
	return bad ? VG_EIO : VG_OK;
}

static enum vg_err copy_in(int file, int memfd, uint64_t n_bytes)
{
	uint8_t *at = vg_memfd_map(memfd, n_bytes, PROT_READ | PROT_WRITE);
	uint64_t done = 0;
	if (!at)
		return VG_EIO;
	while (done < n_bytes) {
		ssize_t got = pread(file, at + done, n_bytes - done, (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (uint64_t)got;
	}
	uint8_t stored[32], computed[32];
	int is_whole = done == n_bytes &&
		       pread(file, stored, sizeof(stored), (off_t)n_bytes) == (ssize_t)sizeof(stored) &&
		       EVP_Digest(at, sizeof(struct vg_index_header), computed, NULL, EVP_sha256(), NULL) &&
		       !memcmp(stored, computed, sizeof(stored));
	munmap(at, n_bytes);
	return is_whole ? vg_memfd_seal(memfd, VG_SEALS_FINAL) : VG_ECORRUPT;
}

enum vg_err vg_generation_load(struct vg_generation *g, const char *dir, uint64_t number)
{
	char path[PATH_MAX];
	struct stat st;
	int memfd = -1;
	memset(g, 0, sizeof(*g));
	g->fd = -1;
	if (path_of(path, sizeof(path), dir, number, ".idx"))
		return VG_EINVAL;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum vg_err err = file < 0 ? VG_ENOTFOUND : VG_OK;
	if (!err && (fstat(file, &st) || st.st_size < (off_t)sizeof(struct vg_index_header) + 32 ||
		     (uint64_t)st.st_size > MAX_INDEX_BYTES))
		err = VG_ECORRUPT;
	if (!err && (memfd = vg_memfd_new("vigil-index", (size_t)st.st_size - 32)) < 0)
		err = VG_EIO;
	if (!err)
		err = copy_in(file, memfd, (uint64_t)st.st_size - 32);
	if (!err)
		err = vg_generation_take(g, memfd);
	if (!err && g->view.header->generation != number) {
		vg_generation_fini(g);
		memfd = -1;
		err = VG_ECORRUPT;
	}
	if (err && memfd >= 0)
		close(memfd);
	if (file >= 0)
		close(file);
	return err;
}

static int greatest_first(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return left < right ? 1 : left > right ? -1 : 0;
}

size_t vg_generation_list(const char *dir, uint64_t *numbers, size_t max)
{
	DIR *d = opendir(dir);
	size_t n = 0;
	if (!d)
		return 0;
	for (struct dirent *e; (e = readdir(d));) {
		char *end;
		uint64_t number = strtoull(e->d_name, &end, 10);
		if (end != e->d_name + 20 || strcmp(end, ".idx") != 0 || !number)
			continue;
		if (n < max) {
			numbers[n++] = number;
			continue;
		}
		qsort(numbers, n, sizeof(*numbers), greatest_first);
		if (number > numbers[n - 1])
			numbers[n - 1] = number;
	}
	closedir(d);
	if (n)
		qsort(numbers, n, sizeof(*numbers), greatest_first);
	return n;
}

void vg_generation_remove(const char *dir, uint64_t number)
{
	char path[PATH_MAX];
	if (!path_of(path, sizeof(path), dir, number, ".idx"))
		(void)unlink(path);
}
