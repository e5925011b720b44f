#pragma once
/* generation: one mapped index generation, and its file on disk: DIR/<20 digits>.idx, 0600: the index, then the SHA-256
 * of its header (the index's own checksum covers what is behind it). One thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>
#include <vigil/index_format.h>

struct vg_generation {
	int fd; /* sealed memfd, -1 = none */
	void *base;
	uint64_t n_bytes;
	struct vg_index_view view;
};
/* Takes the sealed memfd over: maps it and checks seals, offsets and checksum. On failure fd stays the caller's. */
enum vg_err vg_generation_take(struct vg_generation *g, int fd);
/* Unmaps and closes; nothing where there is none. */
void vg_generation_fini(struct vg_generation *g);
/* 1 where both are there and hold the same entries. */
int vg_generation_same(const struct vg_generation *a, const struct vg_generation *b);
/* Writes the file: temporary name, fsync, rename, fsync of the folder. */
enum vg_err vg_generation_store(const struct vg_generation *g, const char *dir);
/* Reads DIR's file of that number into a memfd, seals and takes it. VG_ECORRUPT where its number is another. */
enum vg_err vg_generation_load(struct vg_generation *g, const char *dir, uint64_t number);
/* The numbers of the files in dir, greatest first, at most max; returns how many. */
size_t vg_generation_list(const char *dir, uint64_t *numbers, size_t max);
/* Removes that number's file. */
void vg_generation_remove(const char *dir, uint64_t number);
