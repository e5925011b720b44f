#pragma once
/* sniff_table: the table of magic numbers as Hyperscan compiles it, at build time (main_magic.c) or here. Cold. */
#include <stddef.h>
#include <stdint.h>

#include <hs/hs.h>

/* For every CPU that Hyperscan runs on, or for this one; the caller frees it. NULL: why says it in n_why bytes. */
hs_database_t *vg_sniff_table_compile(int for_any_cpu, char *why, size_t n_why);
/* The table of the build, for every CPU that Hyperscan runs on; NULL: it does not fit this Hyperscan. */
hs_database_t *vg_sniff_table_stored(void);
/* hs_serialize_database()'s bytes; the Makefile has main_magic.c write them. */
extern const uint8_t vg_magic_bytes[];
extern const size_t vg_magic_n_bytes;
