#pragma once
/* patterns: Hyperscan's compiler. The programs are linked with its runtime only; the compiler (C++) is loaded where
 * something is to be compiled: patterns of the configuration, at build time the table of magic numbers, and that table
 * again where the one of the build does not fit this Hyperscan. Cold, before the sandbox closes. */
#include <stddef.h>

#include <hs/hs.h>

/* n patterns for hs_scan(), in block mode, with their HS_FLAG_* and ids; for every CPU that Hyperscan runs on, or for
 * this one alone. The caller frees it by hs_free_database(). NULL: why says it, as a text of at most n_why bytes. */
hs_database_t *vg_patterns_compile(const char *const *texts, const unsigned *flags, const unsigned *ids, unsigned n,
				   int for_any_cpu, char *why, size_t n_why);
