#pragma once
/* late: a library that only some runs need is loaded by these and costs the others nothing. Its functions lie in a
 * struct of pointers, each declared as __typeof__(function) *. Cold: before a sandbox closes. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

struct vg_late_symbol {
	const char *name;
	size_t off; /* of its pointer in the struct */
};

/* Loads the library (its name with the version of its ABI), which then stays, and fills the struct `into`. Returns 0,
 * or -1 with the reason in dlerror(). */
static inline int vg_late_load(const char *library, const struct vg_late_symbol *symbols, size_t n_symbols, void *into)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return -1;
	for (size_t i = 0; i < n_symbols; i++) {
		void *at = dlsym(handle, symbols[i].name);

		if (!at)
			return -1;
		memcpy((char *)into + symbols[i].off, &at, sizeof(at));
	}
	return 0;
}
