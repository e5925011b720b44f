/* The compiler stays loaded. What it makes is scanned by the runtime of the same package. */
#include <dlfcn.h>
#include <stdio.h>

#include "dataplane/scope/patterns.h"

#define LIBRARY "libhs.so.5" /* Hyperscan 5.x */

typedef hs_error_t (*compile_fn)(const char *const *, const unsigned *, const unsigned *, unsigned, unsigned,
				 const hs_platform_info_t *, hs_database_t **, hs_compile_error_t **);
typedef hs_error_t (*free_error_fn)(hs_compile_error_t *);

hs_database_t *vg_patterns_compile(const char *const *texts, const unsigned *flags, const unsigned *ids, unsigned n,
				   int for_any_cpu, char *why, size_t n_why)
{
	const hs_platform_info_t any = { .tune = HS_TUNE_FAMILY_GENERIC };
	hs_compile_error_t *error = NULL;
	hs_database_t *database = NULL;
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	compile_fn compile = library ? (compile_fn)dlsym(library, "hs_compile_multi") : NULL;
	free_error_fn free_error = library ? (free_error_fn)dlsym(library, "hs_free_compile_error") : NULL;

	if (!compile || !free_error) {
		snprintf(why, n_why, "%s", dlerror());
		return NULL;
	}
	if (compile(texts, flags, ids, n, HS_MODE_BLOCK, for_any_cpu ? &any : NULL, &database, &error) == HS_SUCCESS)
		return database;
	if (error && error->expression >= 0)
		snprintf(why, n_why, "pattern %d: %s", error->expression, error->message);
	else
		snprintf(why, n_why, "%s", error ? error->message : "unknown");
	free_error(error);
	return NULL;
}
