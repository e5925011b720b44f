#pragma once
/* intake_up: a rig (intake_make.h) for each test, and taken down after it. */
#include "tests/lib/intake_make.h"

/* Set-up and tear-down of a test: a rig with its dataplane and a hasher at work. rig_up_with: objects are
 * wanted. */
static inline int rig_begin(void **state, int with_objects)
{
	struct rig *r = malloc(sizeof(*r));
	rig_init(r, with_objects, 1000);
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	*state = r;
	return 0;
}
static inline int rig_up(void **state)
{
	return rig_begin(state, 0);
}
static inline int rig_up_with(void **state)
{
	return rig_begin(state, 1);
}
static inline int rig_down(void **state)
{
	rig_fini(*state);
	free(*state);
	return 0;
}
/* The whole content as a match carries it. */
static inline int rig_whole(struct rig *r)
{
	return rig_memfd(r, RIG_N_BYTES, VG_SEALS_FINAL);
}
