#pragma once
/* stamp: STATE/STAMP says what a state folder is for: "demo", "test" or "production". Cases of one must never be
 * filed as another's, so a stamp is set once and then must fit. */
#include <stddef.h>

#include <vigil/err.h>

#include "control/config/config.h"

/* Checks the folder's stamp against what is wanted, and sets it where there is none and the folder holds no database
 * yet (or the database was made without reporting). demo: "demo" in any environment but production. Environment off
 * takes any stamp but needs none. *is_demo: the folder is a demo's, whatever was asked. VG_OK, VG_ECONFLICT with
 * what to do in why, VG_EIO. */
enum vg_err vg_stamp_check(const char *state_dir, unsigned environment, int demo, int *is_demo, char *why,
			   size_t n_why);
