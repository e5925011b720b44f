#pragma once
/* suppress: what must never match: values and entries, from a file of lines `algo,value`, `url,URL` or
 * `entry,ID[,list]` (comments and blank lines as in list files). Sorted, looked up by halving. One thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/media.h>

struct vg_suppress;

void vg_suppress_destroy(struct vg_suppress *suppress);
/* path "" or NULL = an empty one. NULL with "file:line: what, what to do" in why. */
struct vg_suppress *vg_suppress_load(const char *path, char *why, size_t n_why) VG_DEALLOC(vg_suppress_destroy);
/* The same from an open file, which is read from its beginning and closed; fd -1 = an empty one. name: for why. */
struct vg_suppress *vg_suppress_load_fd(int fd, const char *name, char *why, size_t n_why)
	VG_DEALLOC(vg_suppress_destroy);
/* 1 where the value or the entry (of that list) is named. An empty entry_id is never named. NULL = nothing. */
int vg_suppress_has(const struct vg_suppress *suppress, enum vg_algo algo, const uint8_t *value, const char *list,
		    const char *entry_id);
uint32_t vg_suppress_n(const struct vg_suppress *suppress);
