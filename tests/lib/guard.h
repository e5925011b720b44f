#pragma once
/* guard: copies of test input that end at a page nobody may touch, so that one byte read too far ends the test. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define VG_GUARD_PAGE 4096u

static inline size_t vg_guard_pages_bytes(size_t n_bytes)
{
	return (n_bytes + VG_GUARD_PAGE - 1) / VG_GUARD_PAGE * VG_GUARD_PAGE;
}
/* n_bytes at the end of their pages, followed by the guard; n_bytes 0 gives the guard's own address. Never NULL. */
static inline uint8_t *vg_guard_copy(const void *bytes, size_t n_bytes)
{
	size_t n_room = vg_guard_pages_bytes(n_bytes);
	uint8_t *at = mmap(NULL, n_room + VG_GUARD_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED || mprotect(at + n_room, VG_GUARD_PAGE, PROT_NONE))
		abort();
	if (n_bytes)
		memcpy(at + n_room - n_bytes, bytes, n_bytes);
	return at + n_room - n_bytes;
}
/* Releases what vg_guard_copy(…, n_bytes) gave. */
static inline void vg_guard_free(uint8_t *at, size_t n_bytes)
{
	size_t n_room = vg_guard_pages_bytes(n_bytes);
	(void)munmap(at + n_bytes - n_room, n_room + VG_GUARD_PAGE);
}
