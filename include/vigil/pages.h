#pragma once
/* pages: memory for tables that are made once and live as long as their program: zeroed, mapped on first touch (what is
 * never used costs nothing), and asked for in huge pages, because a table of a million flows has more ordinary pages
 * than any TLB has places. A kernel without transparent huge pages gives ordinary ones. Cold code only, no locks. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define VG_PAGES_HUGE ((size_t)2 << 20)

/* Bytes that are mapped for a table of n_bytes: whole pages, from 2 MiB on whole huge pages. */
static inline size_t vg_pages_bytes(size_t n_bytes)
{
	size_t page = n_bytes < VG_PAGES_HUGE ? 4096 : VG_PAGES_HUGE;
	return (n_bytes + !n_bytes + page - 1) & ~(page - 1);
}

/* At least n_bytes (0 counts as 1), aligned to a cache line. NULL: out of memory. */
static inline void *vg_pages_new(size_t n_bytes)
{
#ifdef __SANITIZE_ADDRESS__ /* there calloc tells who reads past the end */
	size_t n_mapped = (n_bytes + !n_bytes + 63) & ~(size_t)63;
	void *at = aligned_alloc(64, n_mapped);
	return at ? __builtin_memset(at, 0, n_mapped) : NULL;
#else
	size_t n_mapped = vg_pages_bytes(n_bytes), n_over = n_mapped < VG_PAGES_HUGE ? 0 : VG_PAGES_HUGE;
	uint8_t *at;
	size_t n_before;

	if (n_mapped < n_bytes || n_mapped + n_over < n_mapped)
		return NULL;
	at = mmap(NULL, n_mapped + n_over, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	if (!n_over)
		return at;
	n_before = -(uintptr_t)at & (VG_PAGES_HUGE - 1);
	if (n_before)
		(void)munmap(at, n_before);
	if (n_over - n_before)
		(void)munmap(at + n_before + n_mapped, n_over - n_before);
	(void)madvise(at + n_before, n_mapped, MADV_HUGEPAGE);
	return at + n_before;
#endif
}

/* Memory of vg_pages_new(n_bytes); NULL is nothing. */
static inline void vg_pages_free(void *at, size_t n_bytes)
{
#ifdef __SANITIZE_ADDRESS__
	(void)n_bytes;
	free(at);
#else
	if (at)
		(void)munmap(at, vg_pages_bytes(n_bytes));
#endif
}
