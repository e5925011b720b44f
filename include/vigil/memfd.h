#pragma once
/* memfd: shared memory across a trust boundary. Every memfd has one writer; before any other process gets it, it is
 * sized, mapped by its writer and sealed (fcntl(2) F_ADD_SEALS): without seals a read-only mapping could be made
 * writable again, and a truncation kills the reader by SIGBUS. Cold code only. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/err.h>

/* Written by us through our own mapping, read by others. */
#define VG_SEALS_OURS  (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)
/* Made by us, written by the peer: only the size is fixed. */
#define VG_SEALS_PEER  (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
/* A finished snapshot: nobody writes any more. */
#define VG_SEALS_FINAL (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

/* A new empty memfd of n_bytes, sealable, close-on-exec. Returns the fd or -1. */
static inline int vg_memfd_new(const char *name, size_t n_bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && ftruncate(fd, (off_t)n_bytes)) {
		close(fd);
		fd = -1;
	}
	return fd;
}
/* Maps n_bytes shared; prot is PROT_READ or PROT_READ|PROT_WRITE. NULL on failure. Not in core dumps. */
static inline void *vg_memfd_map(int fd, size_t n_bytes, int prot)
{
	void *at = mmap(NULL, n_bytes, prot, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return NULL;
	(void)madvise(at, n_bytes, MADV_DONTDUMP);
	return at;
}
/* The same, beginning at a multiple of 2 MiB, so that large pages are mapped as such where the memfd has them. */
static inline void *vg_memfd_map_large(int fd, size_t n_bytes, int prot)
{
	const size_t large = 2u << 20, n = (n_bytes + 4095) & ~(size_t)4095;
	uint8_t *at = mmap(NULL, n + large, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), *begin;
	if (at == MAP_FAILED)
		return vg_memfd_map(fd, n_bytes, prot);
	begin = (uint8_t *)(((uintptr_t)at + large - 1) & ~(uintptr_t)(large - 1));
	if (begin > at)
		(void)munmap(at, (size_t)(begin - at));
	if (begin < at + large)
		(void)munmap(begin + n, (size_t)(at + large - begin));
	if (mmap(begin, n_bytes, prot, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		(void)munmap(begin, n);
		return NULL;
	}
	(void)madvise(begin, n_bytes, MADV_DONTDUMP);
	return begin;
}
static inline enum vg_err vg_memfd_seal(int fd, int seals)
{
	return fcntl(fd, F_ADD_SEALS, seals) ? VG_EIO : VG_OK;
}
/* Checks a memfd that came from elsewhere: has all of `seals`, and min_bytes <= size <= max_bytes. */
static inline enum vg_err vg_memfd_check(int fd, int seals, size_t min_bytes, size_t max_bytes, size_t *n_bytes)
{
	struct stat st;
	int have = fcntl(fd, F_GET_SEALS);
	if (have < 0 || (have & seals) != seals)
		return VG_ESEAL;
	if (fstat(fd, &st) || st.st_size < 0 || (size_t)st.st_size < min_bytes || (size_t)st.st_size > max_bytes)
		return VG_ERANGE;
	*n_bytes = (size_t)st.st_size;
	return VG_OK;
}
