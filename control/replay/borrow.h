#pragma once
/* borrow: what a run takes from a --config file: its sections dataplane, hashing and test_endpoint. The sections
 * that name lists, reporting, evidence and vigild's own things are blanked out before the text is even parsed: a
 * replay never reads them. Messages keep the file's line numbers. */
#include <stddef.h>

#include <vigil/err.h>

#include "control/config/config.h"

/* Blanks the sections that a run does not read: every line of theirs becomes empty. text[0 .. n_text) is changed in
 * place. VG_OK, or VG_EINVAL with "name:line: what" (no YAML, or no sections in block style). */
enum vg_err vg_run_borrow_blank(const char *name, char *text, size_t n_text, char *why, size_t n_why);
/* Defaults, then the borrowed sections of the file at `path` (NULL: defaults alone). Relative paths of test_endpoint
 * are taken from the file's folder. VG_OK, VG_ENOTFOUND, VG_EINVAL with the reason in why. */
enum vg_err vg_run_borrow(const char *path, struct vg_config *config, char *why, size_t n_why);
