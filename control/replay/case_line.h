#pragma once
/* case_line: one case as one JSON line, for `--cases`: what matched, why, and what became of it. Without times, so
 * that two replays give the same set (but for report ids, which the endpoint gives). Pure, any thread. */
#include <stddef.h>

#include "control/cases/case.h"

/* A case of VG_CASE_LINE_FILES files fits; further files are counted, not listed. */
#define VG_CASE_LINE_MAX   262144u
#define VG_CASE_LINE_FILES 8

/* Writes the line with its line break; report_id 0 = null. Returns its length, 0 where cap (VG_CASE_LINE_MAX always
 * suffices) is too small. */
size_t vg_case_line(const struct vg_case *c, int64_t report_id, char *line, size_t cap);
