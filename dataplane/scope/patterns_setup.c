/* The compiler stays loaded. What it makes is scanned by the runtime of the same package. */
#include <stdio.h>

#include <vigil/late.h>

#include "dataplane/scope/patterns.h"

#define LIBRARY "libhs.so.5" /* Hyperscan 5.x */

struct compiler {
	__typeof__(hs_compile_multi) *compile;
	__typeof__(hs_free_compile_error) *free_error;
};
static const struct vg_late_symbol symbols[] = {
	{ "hs_compile_multi", offsetof(struct compiler, compile) },
	{ "hs_free_compile_error", offsetof(struct compiler, free_error) },
};

hs_database_t *vg_patterns_compile(const char *const *texts, const unsigned *flags, const unsigned *ids, unsigned n,
				   int for_any_cpu, char *why, size_t n_why)
{
	const hs_platform_info_t any = { .tune = HS_TUNE_FAMILY_GENERIC };
	hs_compile_error_t *error = NULL;
	hs_database_t *database = NULL;
	struct compiler hs;

	if (vg_late_load(LIBRARY, symbols, sizeof(symbols) / sizeof(symbols[0]), &hs)) {
		snprintf(why, n_why, "%s", dlerror());
		return NULL;
	}
	if (hs.compile(texts, flags, ids, n, HS_MODE_BLOCK, for_any_cpu ? &any : NULL, &database, &error) == HS_SUCCESS)
		return database;
	if (error && error->expression >= 0)
		snprintf(why, n_why, "pattern %d: %s", error->expression, error->message);
	else
		snprintf(why, n_why, "%s", error ? error->message : "unknown");
	hs.free_error(error);
	return NULL;
}
